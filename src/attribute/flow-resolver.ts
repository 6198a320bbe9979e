// Finds whose the packets of a flow are: which end of it is here, what the table of sockets says of that end, and, where
// the system can be asked, what the kernel says. Runs once for a flow, and again when its sockets change.

import { META_PORTS } from '../record/flow-table.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import {
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../record/protocol.ts'
import {
  ATTRIBUTION_BOUND,
  ATTRIBUTION_KERNEL,
  ATTRIBUTION_NONE,
  DIR_FORWARD,
  DIR_IN,
  DIR_LOCAL,
  DIR_NONE,
  DIR_OUT,
  FRAGMENT_LATER,
  REASON_AMBIGUOUS,
  REASON_CLOSED_BEFORE_SCAN,
  REASON_FRAGMENT,
  REASON_KERNEL,
  REASON_NOT_LOCAL,
  REASON_NO_SOCKET,
  REASON_OTHER_NETNS,
  REASON_PERMISSION,
  type RecordBatch,
  type Tables,
} from '../record/record-batch.ts'
import type { FlowOwners, Verdict } from './flow-owners.ts'
import type { KnownSocket } from './known-socket.ts'
import { DESTINATION, FlowEnds, SOURCE } from './flow-ends.ts'
import { Match, Matcher, isForMany } from './match.ts'
import type { LocalTuple, SocketSource } from './port.ts'
import { NEVER_CHANGES, NO_SOCKET, type SocketTable } from './socket-table.ts'

/** Questions to the kernel in a window; beyond them one look at all sockets is cheaper than asking for each. */
const ASK_LIMIT = 64
const ASK_WINDOW_US = 50_000
/** A flow without an owner is not asked for again before this. */
const ASK_AGAIN_US = 1_000_000

/** What the stage lets the resolver do, and when it was last done, us. */
export interface Looks {
  /** All sockets were looked at: a packet seen before then, without a socket, has none. */
  readonly lookedUs: number
  /** The kernel's news were taken; Infinity where there are none to take. */
  readonly polledUs: number
  /** Takes the kernel's news, unless it is too early to do so again. @returns whether it did */
  poll(nowUs: number): boolean
}

export class FlowResolver {
  private readonly tables: Tables
  private readonly sockets: SocketTable
  private readonly flowOwners: FlowOwners
  private readonly source: SocketSource
  private readonly looks: Looks
  private readonly matcher: Matcher
  private readonly ends: FlowEnds
  private readonly onNamed: (socket: KnownSocket) => void
  private readonly match = new Match()
  private readonly peerMatch = new Match()
  private readonly tuple: LocalTuple = {
    protocol: 0,
    isV6: false,
    local: new Uint32Array(4),
    localPort: 0,
    remote: new Uint32Array(4),
    remotePort: 0,
  }
  private askWindowUs = 0
  private asked = 0
  private tsUs = 0
  private seenUs = 0
  private nowUs = 0
  private iface: string | undefined
  private flow = 0

  /** @param onNamed called for each socket that gave a flow its owner */
  constructor(
    tables: Tables,
    sockets: SocketTable,
    flowOwners: FlowOwners,
    source: SocketSource,
    looks: Looks,
    onNamed: (socket: KnownSocket) => void,
  ) {
    this.tables = tables
    this.sockets = sockets
    this.flowOwners = flowOwners
    this.source = source
    this.looks = looks
    this.onNamed = onNamed
    this.matcher = new Matcher(sockets)
    this.ends = new FlowEnds(tables)
  }

  addLocalAddresses(addresses: readonly string[]): void {
    this.ends.addLocalAddresses(addresses)
  }

  /**
   * Finds the owner of a row's flow, and remembers it. A row whose owner the kernel named gets a peer alone.
   * @param arrivedUs when the row came
   * @param mayWait the row may wait for a better answer
   * @returns false when it should: nothing was written
   */
  resolve(batch: RecordBatch, row: number, nowUs: number, arrivedUs: number, mayWait: boolean): boolean {
    const flow = batch.flow[row] as number
    const dir = batch.dir[row] as number
    this.flow = flow
    this.tsUs = batch.ts[row] as number
    // The wall clock may be a little behind the kernel's.
    this.seenUs = Math.min(this.tsUs, arrivedUs)
    this.nowUs = nowUs
    this.iface = this.tables.ifaces.get(batch.iface[row] as number)
    const verdict = this.judge(flow, dir, batch.fragment[row] === FRAGMENT_LATER)
    const waits = this.match.isUnsettled || this.peerMatch.isUnsettled
    if (waits && mayWait && !this.flowOwners.hasWaited(flow)) return false
    // In vain, if what there was to know is known.
    if (!waits || this.looks.polledUs >= this.seenUs) this.flowOwners.setWaited(flow, waits)
    if (batch.attribution[row] === ATTRIBUTION_KERNEL) {
      if (batch.peer[row] === NO_OWNER) batch.peer[row] = verdict.peer
    } else {
      batch.owner[row] = verdict.owner
      batch.peer[row] = verdict.peer
      batch.attribution[row] = verdict.attribution
      batch.reason[row] = verdict.reason
      batch.dir[row] = verdict.newDir
    }
    if (this.match.isOfInterface || this.peerMatch.isOfInterface) return true
    // What this host forwards for a network namespace of its own comes by twice: on its way in, and on its way out.
    const isOnItsWay = dir === DIR_FORWARD && verdict.newDir !== DIR_FORWARD
    const onlyAt = isOnItsWay ? (batch.iface[row] as number) : undefined
    this.flowOwners.remember(flow, verdict, onlyAt, this.tsUs)
    return true
  }

  private judge(flow: number, dir: number, isLaterFragment: boolean): Verdict {
    const meta = this.tables.flows.meta(flow)
    const { match, peerMatch } = this
    match.clear()
    peerMatch.clear()
    const isTransport = (meta & META_PORTS) !== 0
    const protocol = meta & 0xff
    if (!isTransport && (protocol === IPPROTO_TCP || protocol === IPPROTO_UDP || isLaterFragment)) {
      match.reason = REASON_FRAGMENT
      return this.verdict(dir, dir, false)
    }
    switch (dir) {
      case DIR_IN:
        this.end(flow, false, true, match)
        break
      case DIR_OUT:
        this.end(flow, true, true, match)
        break
      case DIR_LOCAL:
        this.end(flow, true, true, match)
        this.end(flow, false, true, peerMatch)
        return this.verdict(dir, dir, true)
      case DIR_FORWARD:
        return this.passing(flow, dir)
      default:
        return this.recorded(flow)
    }
    return this.verdict(dir, dir, false)
  }

  /** A packet of neither end's host, unless one of them is in another network namespace of this one. */
  private passing(flow: number, dir: number): Verdict {
    const { match, peerMatch } = this
    this.end(flow, true, false, match)
    this.end(flow, false, false, peerMatch)
    if (match.owner !== NO_OWNER && peerMatch.owner !== NO_OWNER) return this.verdict(dir, DIR_LOCAL, true)
    if (match.owner !== NO_OWNER) return this.verdict(dir, DIR_OUT, false)
    if (peerMatch.owner !== NO_OWNER) {
      this.end(flow, false, false, match)
      return this.verdict(dir, DIR_IN, false)
    }
    if (match.reason === REASON_NO_SOCKET) {
      match.reason = peerMatch.socket === undefined ? REASON_NOT_LOCAL : REASON_OTHER_NETNS
    }
    return this.verdict(dir, dir, false)
  }

  /** A recording that does not tell which end is here: the dump's addresses do, else its sockets. */
  private recorded(flow: number): Verdict {
    const { match, peerMatch } = this
    const fromHere = this.ends.isLocal(flow, SOURCE)
    const toHere = this.ends.isLocal(flow, DESTINATION)
    if (fromHere && toHere) {
      this.end(flow, true, true, match)
      this.end(flow, false, true, peerMatch)
      return this.verdict(DIR_NONE, DIR_LOCAL, true)
    }
    if (fromHere || toHere) {
      this.end(flow, fromHere, true, match)
      return this.verdict(DIR_NONE, fromHere ? DIR_OUT : DIR_IN, false)
    }
    if (this.ends.knowsLocalAddresses) {
      // Multicast and broadcast go to addresses that are no interface's.
      if (!isForMany(this.ends.address(flow, DESTINATION))) return this.passing(flow, DIR_NONE)
      this.end(flow, false, true, match)
      return this.verdict(DIR_NONE, DIR_IN, false)
    }
    // Without any address nothing can be said to be here, but what is somebody's very tuple.
    match.reason = REASON_NOT_LOCAL
    return this.verdict(DIR_NONE, DIR_NONE, false)
  }

  private verdict(dir: number, newDir: number, hasPeer: boolean): Verdict {
    const { match, peerMatch } = this
    return {
      owner: match.owner,
      peer: hasPeer ? peerMatch.owner : NO_OWNER,
      attribution: match.attribution,
      reason: match.attribution === ATTRIBUTION_NONE ? match.reason : 0,
      dir,
      newDir,
      slot: match.slot,
      peerSlot: hasPeer ? peerMatch.slot : NEVER_CHANGES,
      fromUs: Math.max(match.fromUs, peerMatch.fromUs),
      untilUs: Math.min(match.untilUs, peerMatch.untilUs),
    }
  }

  /** @param isSource the end is the packet's source. @param isHere it is an address of this host */
  private end(flow: number, isSource: boolean, isHere: boolean, into: Match): void {
    const { tuple } = this
    this.ends.fill(tuple, flow, isSource)
    this.matcher.find(tuple, this.tsUs, this.iface, isHere, into)
    const isRecorded = this.source.isRecorded === true
    if (!isRecorded && isTransport(tuple.protocol) && !isExact(into)) this.inquire(isSource, isHere, into)
    if (isHere) this.explain(isSource, into)
    if (into.socket !== undefined && into.owner !== NO_OWNER) this.onNamed(into.socket)
  }

  /** The table has no socket of the very tuple with its owner: takes the kernel's news, then asks it, then wants a look. */
  private inquire(isSource: boolean, isHere: boolean, into: Match): void {
    const { looks, nowUs, seenUs } = this
    if (looks.poll(nowUs)) {
      this.matcher.find(this.tuple, this.tsUs, this.iface, isHere, into)
      if (isExact(into)) return
    }
    const isNone = into.slot === NO_SOCKET && into.owner === NO_OWNER
    if (isHere && isNone && this.wasAsked()) into.isUnsettled = false
    else if (isHere && this.mayAsk(into, isSource)) this.ask(into, isSource)
    else if (isNone && looks.lookedUs < seenUs && (isHere || this.sockets.hasForeign)) into.isUnsettled = true
    // A connection that is being opened: it is the process's that will accept it, if one does.
    if (into.socket?.isListening === true) into.isUnsettled = true
    // News of the time of the packet are still to come.
    if (looks.polledUs < seenUs && !isExact(into)) into.isUnsettled = true
  }

  /** The kernel has said lately that there is no socket. (Both ends of a flow may be asked for at a time.) */
  private wasAsked(): boolean {
    const askedUs = this.flowOwners.lastAskedUs(this.flow)
    return askedUs < this.nowUs && this.nowUs - askedUs < ASK_AGAIN_US
  }

  private mayAsk(found: Match, isSource: boolean): boolean {
    const { source, tuple, nowUs } = this
    if (source.find === undefined) return false
    if (isForMany(tuple.local) || isForMany(tuple.remote)) return false
    // Among several sockets at a port the kernel tells which one a packet goes to, not which one it came from.
    if (isSource && found.hasRivals) return false
    if (nowUs - this.askWindowUs > ASK_WINDOW_US) {
      this.askWindowUs = nowUs
      this.asked = 0
    }
    return this.asked++ < ASK_LIMIT
  }

  private ask(into: Match, isSource: boolean): void {
    const record = this.source.find?.(this.tuple, this.sockets, this.nowUs)
    const socket = record === undefined ? undefined : this.sockets.get(record)
    // Look again: others at the same port may be new as well, and the packet may come from any of them.
    if (socket !== undefined && isSource && !socket.isConnected) {
      this.matcher.find(this.tuple, this.tsUs, this.iface, true, into)
      if (into.hasRivals) return
    }
    if (socket !== undefined) {
      if (this.matcher.settle(socket, this.tsUs, into)) return
      this.matcher.find(this.tuple, this.tsUs, this.iface, true, into)
    }
    // There is none that was there then, so there will be none; what the table has is what there was.
    into.isUnsettled = false
    if (into.slot === NO_SOCKET) this.flowOwners.markAsked(this.flow, this.nowUs)
  }

  /** Finds what can be said where no owner was found. */
  private explain(isSource: boolean, into: Match): void {
    const { protocol } = this.tuple
    if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) this.explainIcmp(isSource, into)
    if (into.attribution !== ATTRIBUTION_NONE) return
    if (into.reason === REASON_AMBIGUOUS && isSource && into.hasRivals) this.inheritFromReverse(into)
    if (into.reason !== REASON_NO_SOCKET) return
    if (this.source.hidesSockets === true && isTransport(protocol)) {
      into.reason = REASON_PERMISSION
      return
    }
    if (!isTransport(protocol)) {
      into.isUnsettled = false
      if (!hasPorts(protocol)) into.reason = REASON_KERNEL
    } else if (isSource) into.reason = REASON_CLOSED_BEFORE_SCAN
  }

  /**
   * The kernel answers echo requests and sends errors itself. Only what this host began, while one process has a socket for
   * it, is that process's.
   */
  private explainIcmp(isSource: boolean, into: Match): void {
    const { flowOwners } = this
    const reverse = this.reverse()
    const began = isSource
      ? !flowOwners.isSeen(reverse) || flowOwners.ownerOf(reverse) === into.owner
      : flowOwners.isSeen(reverse) && flowOwners.ownerOf(reverse) === into.owner
    const isKernels = this.tuple.protocol === IPPROTO_ICMPV6 && isLinkTraffic(this.tuple)
    if (into.attribution === ATTRIBUTION_BOUND && (!began || isKernels)) {
      const { fromUs, untilUs } = into
      into.clear()
      into.fromUs = fromUs
      into.untilUs = untilUs
    }
  }

  /** Of several sockets at a port, the answer comes from the one that the question went to. */
  private inheritFromReverse(into: Match): void {
    const reverse = this.reverse()
    const owner = this.flowOwners.isSeen(reverse) ? this.flowOwners.ownerOf(reverse) : NO_OWNER
    if (owner === NO_OWNER) return
    into.owner = owner
    into.attribution = ATTRIBUTION_BOUND
    into.isUnsettled = false
  }

  private reverse(): number {
    const reverse = this.ends.reverse(this.flow)
    this.flowOwners.grow()
    return reverse
  }
}

/** The owner is that of a socket with the very tuple. */
function isExact(match: Match): boolean {
  return match.owner !== NO_OWNER && match.attribution !== ATTRIBUTION_BOUND
}

/** Protocols whose sockets are listed by five-tuple. */
function isTransport(protocol: number): boolean {
  return protocol === IPPROTO_TCP || protocol === IPPROTO_UDP || protocol === IPPROTO_UDPLITE
}

/** SCTP, DCCP: their sockets are not listed, but a process has one. */
function hasPorts(protocol: number): boolean {
  return protocol === 132 || protocol === 33
}

/** Neighbour discovery, router advertisements, multicast listener reports: the kernel's. */
function isLinkTraffic(tuple: LocalTuple): boolean {
  return (
    isLinkLocal(tuple.local) || isLinkLocal(tuple.remote) || isForMany(tuple.local) || isForMany(tuple.remote)
  )
}

function isLinkLocal(words: Uint32Array): boolean {
  return (words[0] as number) >>> 22 === 0xfe80 >>> 6
}
