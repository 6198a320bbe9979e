// Finds whose the packets of a flow are: which end of it is here, and whose that end is. Runs once for a flow, and again when
// its sockets change.

import { META_PORTS } from '../record/flow-table.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../record/protocol.ts'
import {
  ATTRIBUTION_KERNEL,
  ATTRIBUTION_NONE,
  DIR_FORWARD,
  DIR_IN,
  DIR_LOCAL,
  DIR_NONE,
  DIR_OUT,
  FRAGMENT_LATER,
  REASON_FRAGMENT,
  REASON_NOT_LOCAL,
  REASON_NO_SOCKET,
  REASON_OTHER_NETNS,
  type RecordBatch,
  type Tables,
} from '../record/record-batch.ts'
import { EndFinder, type Looks, WantedPacket } from './end-finder.ts'
import { DESTINATION, FlowEnds, SOURCE } from './flow-ends.ts'
import type { FlowOwners, Verdict } from './flow-owners.ts'
import type { KnownSocket } from './known-socket.ts'
import { Match, isForMany } from './match.ts'
import type { SocketSource } from './port.ts'
import { NEVER_CHANGES, NO_SOCKET, type SocketTable } from './socket-table.ts'

/** Of tcp_flags, RFC 9293 sec. 3.1. */
const SYN = 0x02
const SYN_ACK = 0x12

export class FlowResolver {
  /** A packet has come of which nothing tells which end is here. */
  lacksAddresses = false
  private readonly tables: Tables
  private readonly flowOwners: FlowOwners
  private readonly ends: FlowEnds
  private readonly looks: Looks
  private readonly finder: EndFinder
  private readonly packet = new WantedPacket()
  private readonly match = new Match()
  private readonly peerMatch = new Match()

  /** @param onNamed called for each socket that gave a flow its owner */
  constructor(
    tables: Tables,
    sockets: SocketTable,
    flowOwners: FlowOwners,
    source: SocketSource,
    looks: Looks,
    onNamed: (socket: KnownSocket) => void,
  ) {
    this.looks = looks
    this.tables = tables
    this.flowOwners = flowOwners
    this.ends = new FlowEnds(tables)
    this.finder = new EndFinder(sockets, flowOwners, this.ends, source, looks, onNamed)
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
    const tsUs = batch.ts[row] as number
    const { packet } = this
    packet.flow = flow
    packet.iface = this.tables.ifaces.get(batch.iface[row] as number)
    packet.isSyn = ((batch.tcpFlags[row] as number) & SYN_ACK) === SYN
    packet.tsUs = tsUs
    // The wall clock may be a little behind the kernel's.
    packet.seenUs = Math.min(tsUs, arrivedUs)
    packet.nowUs = nowUs
    const verdict = this.judge(flow, dir, batch.fragment[row] === FRAGMENT_LATER)
    const waits = this.match.isUnsettled || this.peerMatch.isUnsettled
    if (waits && mayWait && !this.flowOwners.hasWaited(flow)) return false
    // In vain, if what there was to know is known.
    if (!waits || this.looks.polledUs >= packet.seenUs) this.flowOwners.setWaited(flow, waits)
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
    this.flowOwners.remember(flow, verdict, onlyAt, tsUs)
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
      return this.verdict(dir, dir === DIR_NONE ? this.recordedDirection(flow) : dir, false)
    }
    switch (dir) {
      case DIR_IN:
        this.end(false, true, match)
        break
      case DIR_OUT:
        this.end(true, true, match)
        break
      case DIR_LOCAL:
        this.end(true, true, match)
        this.end(false, true, peerMatch)
        return this.verdict(dir, dir, true)
      case DIR_FORWARD:
        return this.passing(dir)
      default:
        return this.recorded(flow)
    }
    return this.verdict(dir, dir, false)
  }

  /** A packet of neither end's host, unless one of them is in another network namespace of this one. */
  private passing(dir: number): Verdict {
    const { match, peerMatch } = this
    this.end(true, false, match)
    this.end(false, false, peerMatch)
    if (match.owner !== NO_OWNER && peerMatch.owner !== NO_OWNER) return this.verdict(dir, DIR_LOCAL, true)
    if (match.owner !== NO_OWNER) return this.verdict(dir, DIR_OUT, false)
    if (peerMatch.owner !== NO_OWNER) {
      this.end(false, false, match)
      return this.verdict(dir, DIR_IN, false)
    }
    if (match.reason === REASON_NO_SOCKET) {
      match.reason = peerMatch.socket === undefined ? REASON_NOT_LOCAL : REASON_OTHER_NETNS
    }
    return this.verdict(dir, dir, false)
  }

  /** A recording that does not tell which end is here. */
  private recorded(flow: number): Verdict {
    const { match, peerMatch } = this
    const dir = this.recordedDirection(flow)
    if (dir === DIR_LOCAL) {
      this.end(true, true, match)
      this.end(false, true, peerMatch)
      return this.verdict(DIR_NONE, dir, true)
    }
    if (dir !== DIR_NONE) {
      this.end(dir === DIR_OUT, true, match)
      return this.verdict(DIR_NONE, dir, false)
    }
    if (this.ends.knowsLocalAddresses) return this.passing(DIR_NONE)
    // Without any address nothing can be said to be here, but what is somebody's very tuple.
    this.lacksAddresses = true
    match.reason = REASON_NOT_LOCAL
    return this.verdict(DIR_NONE, DIR_NONE, false)
  }

  /** What the dump's addresses say; DIR_NONE where neither end is one of them. */
  private recordedDirection(flow: number): number {
    const toHere = this.ends.isLocal(flow, DESTINATION)
    if (this.ends.isLocal(flow, SOURCE)) return toHere ? DIR_LOCAL : DIR_OUT
    if (toHere) return DIR_IN
    // Multicast and broadcast go to addresses that are no interface's.
    const isForHere = this.ends.knowsLocalAddresses && isForMany(this.ends.address(flow, DESTINATION))
    return isForHere ? DIR_IN : DIR_NONE
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
      whileSeen:
        match.isWhileSeen && peerMatch.untilUs === Infinity
          ? match.slot
          : hasPeer && peerMatch.isWhileSeen && match.untilUs === Infinity
            ? peerMatch.slot
            : NO_SOCKET,
    }
  }

  /** @param isSource the end is the packet's source. @param isHere it is an address of this host */
  private end(isSource: boolean, isHere: boolean, into: Match): void {
    this.finder.find(this.packet, isSource, isHere, into)
  }
}
