// What is known of each flow's owner. What a packet of a known flow needs is in a row of 32 bytes, half a line of the cache
// (test/bench/attribute.bench.ts). An entry is good while the stamps of its sockets have not changed, for packets of its time: a
// tuple changes hands.

import { NO_FLOW } from '../record/flow-table.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import {
  ATTRIBUTION_KERNEL,
  ATTRIBUTION_NONE,
  DIR_LOCAL,
  REASON_NOT_LOCAL,
  type RecordBatch,
  type Tables,
} from '../record/record-batch.ts'
import type { RowOwner } from './record-owners.ts'
import { NO_SOCKET, type SocketTable } from './socket-table.ts'

/** Words of a flow in `rows`. */
const ROW = 8
const OWNER = 0
const PEER = 1
const VERDICT = 2
/** stamps[NO_SOCKET], which counts all changes of sockets, when the stamps of this flow's were last compared. */
const COMPARED = 3
/** Numbers of 8 bytes of a flow, in `times`, over the same memory: from and until when the entry holds, us. */
const TIMES = 4
const FROM = 2
const UNTIL = 3
/** Words of a flow in `grounds`: what is not read for each packet. */
const GROUNDS = 5
const SLOT = 0
const PEER_SLOT = 1
/** Sum of the stamps of the two slots: either one only counts up. */
const STAMP_SUM = 2
/** Its packets have waited as long as they may. */
const WAITED = 3
/** Number of the interface on which the flow is counted. */
const COUNTED_AT = 4

// Bits of VERDICT: dir of the packets, attribution, reason, dir as it is to be written, and these.
const DIR = 7
const ATTRIBUTION_SHIFT = 3
const REASON_SHIFT = 6
const NEW_DIR_SHIFT = 10
const KNOWN = 1 << 13
/** Counted on one interface alone: COUNTED_AT. */
const ON_ONE = 1 << 14
/** Holds beyond UNTIL as well, up to when the socket of SLOT, or with WHILE_PEER that of PEER_SLOT, was last seen. */
const WHILE_SEEN = 1 << 15
const WHILE_PEER = 1 << 16
/** Changes of sockets since a flow came by: a busy host has some hundreds a second. */
const LATELY = 8192
/** A flow that does not come by where it was counted for so long is counted where it comes by now. */
const REROUTED_US = 1_000_000

/** An answer to be remembered. */
export interface Verdict {
  readonly owner: number
  readonly peer: number
  readonly attribution: number
  readonly reason: number
  /** `dir` of the packets; and what becomes of it. */
  readonly dir: number
  readonly newDir: number
  /** The sockets that it depends on: slots in SocketTable. */
  readonly slot: number
  readonly peerSlot: number
  /** It holds for packets of this time, us. */
  readonly fromUs: number
  readonly untilUs: number
  /** One of the slots: it holds on when its socket is seen to be there later; NO_SOCKET: it does not. */
  readonly whileSeen: number
}

export class FlowOwners {
  private readonly tables: Tables
  private readonly sockets: SocketTable
  private rows: Uint32Array
  private times: Float64Array
  private grounds: Uint32Array
  /** When the kernel was asked, and when the flow was last counted at COUNTED_AT, us. */
  private asked: Float64Array
  private counted: Float64Array
  /** Flows that there is room for. */
  private capacity = 0

  constructor(tables: Tables, sockets: SocketTable) {
    this.tables = tables
    this.sockets = sockets
    this.rows = new Uint32Array(0)
    this.times = new Float64Array(0)
    this.grounds = new Uint32Array(0)
    this.asked = new Float64Array(0)
    this.counted = new Float64Array(0)
    this.grow()
    tables.flows.onEvict(flows => {
      for (const flow of flows) {
        this.rows.fill(0, flow * ROW, (flow + 1) * ROW)
        this.grounds.fill(0, flow * GROUNDS, (flow + 1) * GROUNDS)
        this.asked[flow] = this.counted[flow] = 0
      }
    })
  }

  /** Calls back with the owners and peers of flows that came by lately. Of the others they are looked for anew if they come again. */
  keepOwners(keep: (owner: number) => void): void {
    const { rows } = this
    const changes = this.sockets.stamps[NO_SOCKET] as number
    for (let at = 0; at < this.capacity * ROW; at += ROW) {
      if (((rows[at + VERDICT] as number) & KNOWN) === 0) continue
      if ((changes - (rows[at + COMPARED] as number)) >>> 0 > LATELY) rows.fill(0, at, at + COMPARED + 1)
      else {
        keep(rows[at + OWNER] as number)
        keep(rows[at + PEER] as number)
      }
    }
  }

  /** Call before a batch is looked at: there may be more flows than before. */
  grow(): void {
    const { capacity } = this.tables.flows
    if (this.capacity >= capacity) return
    this.capacity = capacity
    this.rows = grown(new Uint32Array(capacity * ROW), this.rows)
    this.times = new Float64Array(this.rows.buffer)
    this.grounds = grown(new Uint32Array(capacity * GROUNDS), this.grounds)
    this.asked = grown(new Float64Array(capacity), this.asked)
    this.counted = grown(new Float64Array(capacity), this.counted)
  }

  /**
   * Fills the owner columns of rows from `from` on, up to the first row whose flow is not known (any more), or that begins a
   * connection (SYN): it may be another process's than the last with the same five-tuple. A row whose owner the kernel named
   * keeps it, and gets the peer; its flow is to be known all the same, as the socket tells more of it.
   * @returns that row, or batch.length
   */
  fill(batch: RecordBatch, from: number): number {
    const { flow: flows, dir, attribution, reason, owner, peer, tcpFlags, ts, length } = batch
    const { rows, times } = this
    const changes = this.sockets.stamps[NO_SOCKET] as number
    for (let row = from; row < length; row++) {
      const given = attribution[row] as number
      if (given !== 0 && given !== ATTRIBUTION_KERNEL) continue
      const flow = flows[row] as number
      if (flow === NO_FLOW) {
        if (given !== 0) continue
        return row
      }
      const at = flow * ROW
      const verdict = rows[at + VERDICT] as number
      if (given === 0 && (verdict & ON_ONE) !== 0 && this.isPassingBy(batch, row, flow)) {
        owner[row] = peer[row] = NO_OWNER
        attribution[row] = ATTRIBUTION_NONE
        reason[row] = REASON_NOT_LOCAL
        continue
      }
      if (given !== 0 && (verdict & KNOWN) !== 0 && (dir[row] !== DIR_LOCAL || peer[row] !== NO_OWNER))
        continue
      if (
        (verdict & (KNOWN | DIR)) !== (KNOWN | (dir[row] as number)) ||
        (rows[at + COMPARED] !== changes && !this.isUnchanged(flow, changes)) ||
        ((tcpFlags[row] as number) & 0x12) === 0x02 ||
        !(isOfTime(times, flow, ts[row] as number) || this.isStillThere(flow, ts[row] as number))
      ) {
        return row
      }
      if (given !== 0) {
        if (peer[row] === NO_OWNER) peer[row] = rows[at + PEER] as number
        continue
      }
      owner[row] = rows[at + OWNER] as number
      peer[row] = rows[at + PEER] as number
      attribution[row] = (verdict >>> ATTRIBUTION_SHIFT) & 7
      reason[row] = (verdict >>> REASON_SHIFT) & 15
      dir[row] = (verdict >>> NEW_DIR_SHIFT) & 7
    }
    return length
  }

  /**
   * @param onlyAt number of the interface on which it holds, elsewhere the same packets only pass by; undefined: everywhere
   * @param tsUs when the flow was seen
   */
  remember(flow: number, verdict: Verdict, onlyAt: number | undefined, tsUs: number): void {
    const { stamps } = this.sockets
    const { rows, times, grounds } = this
    const at = flow * ROW
    rows[at + OWNER] = verdict.owner
    rows[at + PEER] = verdict.peer
    rows[at + VERDICT] =
      KNOWN |
      verdict.dir |
      (verdict.attribution << ATTRIBUTION_SHIFT) |
      (verdict.reason << REASON_SHIFT) |
      (verdict.newDir << NEW_DIR_SHIFT)
    if (onlyAt !== undefined) rows[at + VERDICT] = (rows[at + VERDICT] as number) | ON_ONE
    if (verdict.whileSeen !== NO_SOCKET)
      rows[at + VERDICT] =
        (rows[at + VERDICT] as number) |
        (verdict.whileSeen === verdict.slot ? WHILE_SEEN : WHILE_SEEN | WHILE_PEER)
    rows[at + COMPARED] = stamps[NO_SOCKET] as number
    times[flow * TIMES + FROM] = verdict.fromUs
    times[flow * TIMES + UNTIL] = verdict.untilUs
    const ground = flow * GROUNDS
    grounds[ground + SLOT] = verdict.slot
    grounds[ground + PEER_SLOT] = verdict.peerSlot
    grounds[ground + STAMP_SUM] = (stamps[verdict.slot] as number) + (stamps[verdict.peerSlot] as number)
    grounds[ground + COUNTED_AT] = onlyAt ?? 0
    this.counted[flow] = tsUs
  }

  /** Fills in what is remembered of the flow for packets of this time. @returns false when nothing is */
  recall(flow: number, tsUs: number, into: RowOwner): boolean {
    const at = flow * ROW
    const verdict = this.rows[at + VERDICT] as number
    if ((verdict & KNOWN) === 0 || !(isOfTime(this.times, flow, tsUs) || this.isStillThere(flow, tsUs)))
      return false
    if (!this.isUnchanged(flow, this.sockets.stamps[NO_SOCKET] as number)) return false
    into.flow = flow
    into.dir = (verdict >>> NEW_DIR_SHIFT) & 7
    into.owner = this.rows[at + OWNER] as number
    into.attribution = (verdict >>> ATTRIBUTION_SHIFT) & 7
    into.reason = (verdict >>> REASON_SHIFT) & 15
    into.peer = this.rows[at + PEER] as number
    return true
  }

  /** Whether an answer was given for the flow, good still or not. */
  isSeen(flow: number): boolean {
    return ((this.rows[flow * ROW + VERDICT] ?? 0) & KNOWN) !== 0
  }

  /** Owner that is remembered, whether it is still good or not. */
  ownerOf(flow: number): number {
    return this.rows[flow * ROW + OWNER] ?? 0
  }

  lastAskedUs(flow: number): number {
    return this.asked[flow] as number
  }

  markAsked(flow: number, nowUs: number): void {
    this.asked[flow] = nowUs
  }

  hasWaited(flow: number): boolean {
    return this.grounds[flow * GROUNDS + WAITED] !== 0
  }

  /** @param hasWaited in vain; false: there was an answer, and the next packet without one may wait again */
  setWaited(flow: number, hasWaited: boolean): void {
    this.grounds[flow * GROUNDS + WAITED] = Number(hasWaited)
  }

  /** Sockets have changed since the flow's were compared, but not those. @param changes stamps[NO_SOCKET] */
  private isUnchanged(flow: number, changes: number): boolean {
    const { grounds } = this
    const { stamps } = this.sockets
    const at = flow * GROUNDS
    const sum =
      (stamps[grounds[at + SLOT] as number] as number) + (stamps[grounds[at + PEER_SLOT] as number] as number)
    if (sum >>> 0 !== grounds[at + STAMP_SUM]) return false
    this.rows[flow * ROW + COMPARED] = changes
    return true
  }

  /** The socket was last seen after the packet: the entry holds up to then. */
  private isStillThere(flow: number, tsUs: number): boolean {
    const verdict = this.rows[flow * ROW + VERDICT] as number
    if ((verdict & WHILE_SEEN) === 0 || tsUs < (this.times[flow * TIMES + FROM] as number)) return false
    const slot = (verdict & WHILE_PEER) === 0 ? SLOT : PEER_SLOT
    const seenUs = this.sockets.lastSeenUs(this.grounds[flow * GROUNDS + slot] as number)
    if (tsUs > seenUs) return false
    this.times[flow * TIMES + UNTIL] = seenUs + 1
    return true
  }

  /** The packet was seen, and counted, on another interface before. */
  private isPassingBy(batch: RecordBatch, row: number, flow: number): boolean {
    const tsUs = batch.ts[row] as number
    const here = batch.iface[row] as number
    const at = flow * GROUNDS + COUNTED_AT
    if (this.grounds[at] !== here && tsUs - (this.counted[flow] as number) < REROUTED_US) return true
    this.grounds[at] = here
    this.counted[flow] = tsUs
    return false
  }
}

function grown<T extends Uint32Array | Float64Array>(into: T, from: T): T {
  into.set(from)
  return into
}

function isOfTime(times: Float64Array, flow: number, tsUs: number): boolean {
  const at = flow * TIMES
  return tsUs >= (times[at + FROM] as number) && tsUs < (times[at + UNTIL] as number)
}
