// Whose a packet is at one of its ends: what the table of sockets says of that end, then, where the system can be asked and the
// table has no socket of the very tuple, what the kernel's news and its answer say. Questions are few: one look at all sockets
// costs less than many of them.

import { NO_OWNER } from '../record/owner-table.ts'
import { ATTRIBUTION_BOUND } from '../record/record-batch.ts'
import type { FlowEnds } from './flow-ends.ts'
import type { FlowOwners } from './flow-owners.ts'
import type { KnownSocket } from './known-socket.ts'
import { type Match, Matcher, isForMany } from './match.ts'
import type { LocalTuple, SocketSource } from './port.ts'
import { PortProof } from './port-proof.ts'
import { QuestionBudget } from './question-budget.ts'
import { NO_SOCKET, type SocketTable } from './socket-table.ts'
import { UnownedEnds, isTransport } from './unowned-ends.ts'

/** A flow without an owner is not asked for again before this. */
const ASK_AGAIN_US = 1_000_000

/** What the stage lets the finder do, and when it was last done, us. */
export interface Looks {
  /** All sockets were looked at: a packet seen before then, without a socket, has none. */
  readonly lookedUs: number
  /** The kernel's news were taken; Infinity where there are none to take. */
  readonly polledUs: number
  /** Takes the kernel's news, unless it is too early to do so again. @returns whether it did */
  poll(nowUs: number): boolean
}

/** The packet that an owner is wanted for. One object, refilled for each. */
export class WantedPacket {
  flow = 0
  iface: string | undefined
  /** It begins a connection. */
  isSyn = false
  /** When it was captured, us. */
  tsUs = 0
  /** The earlier of that and when the stage had it, by its own clock, us. */
  seenUs = 0
  nowUs = 0
}

export class EndFinder {
  private readonly sockets: SocketTable
  private readonly flowOwners: FlowOwners
  private readonly ends: FlowEnds
  private readonly source: SocketSource
  private readonly looks: Looks
  private readonly onNamed: (socket: KnownSocket) => void
  private readonly matcher: Matcher
  private readonly unowned: UnownedEnds
  private readonly proof: PortProof
  private readonly tuple: LocalTuple = {
    protocol: 0,
    isV6: false,
    local: new Uint32Array(4),
    localPort: 0,
    remote: new Uint32Array(4),
    remotePort: 0,
    isForMany: false,
    iface: undefined,
  }
  private packet = new WantedPacket()
  private readonly questions = new QuestionBudget()
  /** Apart: many new flows must not keep a socket from being proved that all of them are of. */
  private readonly proofs = new QuestionBudget()

  /** @param onNamed called for each socket that gave an end its owner */
  constructor(
    sockets: SocketTable,
    flowOwners: FlowOwners,
    ends: FlowEnds,
    source: SocketSource,
    looks: Looks,
    onNamed: (socket: KnownSocket) => void,
  ) {
    this.sockets = sockets
    this.flowOwners = flowOwners
    this.ends = ends
    this.source = source
    this.looks = looks
    this.onNamed = onNamed
    this.matcher = new Matcher(sockets, source.isBelow?.bind(source))
    this.unowned = new UnownedEnds(flowOwners, ends, source)
    this.proof = new PortProof(sockets, source)
  }

  /** @param isSource the end is the packet's source. @param isHere it is an address of this host */
  find(packet: WantedPacket, isSource: boolean, isHere: boolean, into: Match): void {
    const { tuple, source } = this
    this.packet = packet
    this.ends.fill(tuple, packet.flow, isSource, isHere)
    tuple.iface = packet.iface
    this.lookUp(isSource, isHere, into)
    if (packet.isSyn && isHere && this.isSucceeded(into.socket)) this.lookUp(isSource, isHere, into)
    const isRecorded = source.isRecorded === true
    if (!isRecorded && isTransport(tuple.protocol) && !isExact(into)) this.inquire(isSource, isHere, into)
    if (isHere) {
      this.proof.check(tuple, isSource, packet.tsUs, packet.nowUs, into, () => this.proofs.take(packet.nowUs))
      this.doubtListener(into)
      this.unowned.explain(packet.flow, packet.tsUs, tuple, isSource, into)
    }
    if (into.socket !== undefined && into.owner !== NO_OWNER) this.onNamed(into.socket)
  }

  private lookUp(isSource: boolean, isHere: boolean, into: Match): void {
    this.matcher.find(this.tuple, this.packet.tsUs, isSource, isHere, into)
  }

  /** The table has no socket of the very tuple with its owner: takes the kernel's news, then asks it, then wants a look. */
  private inquire(isSource: boolean, isHere: boolean, into: Match): void {
    const { looks } = this
    const { nowUs, seenUs } = this.packet
    if (looks.poll(nowUs)) {
      this.lookUp(isSource, isHere, into)
      if (isExact(into)) return
    }
    const isNone = into.slot === NO_SOCKET && into.owner === NO_OWNER
    if (isHere && isNone && this.wasAsked()) into.isUnsettled = false
    else if (isHere && this.mayAsk(into)) this.ask(into, isSource)
    else if (isNone && looks.lookedUs < seenUs && (isHere || this.sockets.hasForeign)) into.isUnsettled = true
    // Who looks at all sockets has seen all that may be meant; the kernel may still name the one.
    else if (into.hasRivals && looks.lookedUs >= seenUs && looks.polledUs === Infinity)
      into.isUnsettled = false
    // A connection that is being opened: it is the process's that will accept it, if one does.
    if (into.socket?.isListening === true) into.isUnsettled = true
    // News of the time of the packet are still to come.
    if (looks.polledUs < seenUs && !isExact(into)) into.isUnsettled = true
  }

  /** The kernel has said lately that there is no socket. (Both ends of a flow may be asked for at a time.) */
  private wasAsked(): boolean {
    const { flow, nowUs } = this.packet
    const askedUs = this.flowOwners.lastAskedUs(flow)
    return askedUs < nowUs && nowUs - askedUs < ASK_AGAIN_US
  }

  /**
   * A connection begins whose tuple another one has had: it may be gone without our having looked since. Not needed where
   * closes are told before the packets that come after them.
   * @returns whether it is
   */
  private isSucceeded(socket: KnownSocket | undefined): boolean {
    const { source, sockets, tuple } = this
    const { tsUs, nowUs } = this.packet
    if (source.find === undefined || source.tellClosed !== undefined || source.isRecorded === true)
      return false
    if (socket?.isConnected !== true || socket.isForeign || tsUs <= socket.sureFrom) return false
    const record = this.mayAskMore() ? source.find(tuple, sockets, nowUs) : undefined
    if (record !== undefined && sockets.get(record) === socket) return false
    sockets.succeed(socket, tsUs)
    return true
  }

  /** A connection that came and went unseen is its listener's, unless that one makes children: it may have been one's of them. */
  private doubtListener(into: Match): void {
    const { socket } = into
    if (socket?.isListening !== true || into.owner === NO_OWNER) return
    if (this.source.mayHandOn?.(socket.ownerRecord) === true) into.makeAmbiguous()
  }

  private mayAsk(found: Match): boolean {
    const { tuple } = this
    if (tuple.isForMany || isForMany(tuple.remote)) return false
    // Which of them a packet came from the kernel does not tell; nor to which one of an SO_REUSEPORT group it goes, if a program
    // is attached that decides: sock_diag chooses by hash (reuseport_select_sock() without a packet).
    return !found.hasRivals && this.mayAskMore()
  }

  private mayAskMore(): boolean {
    return this.source.find !== undefined && this.questions.take(this.packet.nowUs)
  }

  private ask(into: Match, isSource: boolean): void {
    const { nowUs, tsUs, flow } = this.packet
    const record = this.source.find?.(this.tuple, this.sockets, nowUs)
    const socket = record === undefined ? undefined : this.sockets.get(record)
    if (socket !== undefined) {
      this.sockets.isThere(socket, nowUs)
      this.lookUp(isSource, true, into)
      // There are others at the port that it may have been as well.
      if (into.hasRivals) return
      if (this.matcher.settle(socket, tsUs, into)) return
    }
    // There is none that was there then, so there will be none; what the table has is what there was.
    into.isUnsettled = false
    if (into.slot === NO_SOCKET) this.flowOwners.markAsked(flow, nowUs)
  }
}

/** The owner is that of a socket with the very tuple, or it is known that nobody can be named for that. */
function isExact(match: Match): boolean {
  if (match.isOfTurn && match.socket?.isConnected === true) return true
  return match.owner !== NO_OWNER && match.attribution !== ATTRIBUTION_BOUND
}
