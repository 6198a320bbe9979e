// What is known of each flow's owner, in a row of 64 bytes, one line of the cache, so that a packet of a known flow costs a few
// array reads: 6 ns (test/bench/attribute.bench.ts, Node 20). An entry is good while the stamps of its sockets have not changed, for
// packets of its time: a tuple changes hands.

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
import type { SocketTable } from './socket-table.ts'

/** Words of a flow in `rows`. */
const ROW = 16
const OWNER = 0
const PEER = 1
const VERDICT = 2
const SLOT = 3
const PEER_SLOT = 4
/** Sum of the stamps of the two slots: either one only counts up. */
const STAMP_SUM = 5
/** Its packets have waited as long as they may. */
const WAITED = 6
/** Number of the interface on which the flow is counted, and 1; 0: all. */
const COUNTED_AT = 7
/**
 * Numbers of 8 bytes, in `times`, over the same memory: from and until when the entry holds, when was asked, and when
 * the flow was last counted where COUNTED_AT says, us.
 */
const TIMES = 8
const FROM = 4
const UNTIL = 5
const ASKED = 6
const COUNTED = 7

// Bits of VERDICT: dir of the packets, attribution, reason, dir as it is to be written, and KNOWN.
const DIR = 7
const ATTRIBUTION_SHIFT = 3
const REASON_SHIFT = 6
const NEW_DIR_SHIFT = 10
const KNOWN = 1 << 13
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
}

export class FlowOwners {
  private readonly tables: Tables
  private readonly sockets: SocketTable
  private rows: Uint32Array
  private times: Float64Array
  /** Flows that there is room for. */
  private capacity = 0

  constructor(tables: Tables, sockets: SocketTable) {
    this.tables = tables
    this.sockets = sockets
    this.rows = new Uint32Array(0)
    this.times = new Float64Array(0)
    this.grow()
    tables.flows.onEvict(flows => {
      for (const flow of flows) this.rows.fill(0, flow * ROW, (flow + 1) * ROW)
    })
  }

  /** Call before a batch is looked at: there may be more flows than before. */
  grow(): void {
    const { capacity } = this.tables.flows
    if (this.capacity >= capacity) return
    this.capacity = capacity
    const { rows } = this
    this.rows = new Uint32Array(capacity * ROW)
    this.rows.set(rows)
    this.times = new Float64Array(this.rows.buffer)
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
    const { stamps } = this.sockets
    for (let row = from; row < length; row++) {
      const given = attribution[row] as number
      if (given !== 0 && given !== ATTRIBUTION_KERNEL) continue
      const flow = flows[row] as number
      if (flow === NO_FLOW) {
        if (given !== 0) continue
        return row
      }
      const at = flow * ROW
      if (given === 0 && rows[at + COUNTED_AT] !== 0 && this.isPassingBy(batch, row, flow)) {
        owner[row] = peer[row] = NO_OWNER
        attribution[row] = ATTRIBUTION_NONE
        reason[row] = REASON_NOT_LOCAL
        continue
      }
      const verdict = rows[at + VERDICT] as number
      if (given !== 0 && (verdict & KNOWN) !== 0 && (dir[row] !== DIR_LOCAL || peer[row] !== NO_OWNER))
        continue
      if (
        (verdict & (KNOWN | DIR)) !== (KNOWN | (dir[row] as number)) ||
        ((stamps[rows[at + SLOT] as number] as number) +
          (stamps[rows[at + PEER_SLOT] as number] as number)) >>>
          0 !==
          rows[at + STAMP_SUM] ||
        ((tcpFlags[row] as number) & 0x12) === 0x02 ||
        !isOfTime(times, flow, ts[row] as number)
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
    const { rows, times } = this
    const at = flow * ROW
    rows[at + OWNER] = verdict.owner
    rows[at + PEER] = verdict.peer
    rows[at + VERDICT] =
      KNOWN |
      verdict.dir |
      (verdict.attribution << ATTRIBUTION_SHIFT) |
      (verdict.reason << REASON_SHIFT) |
      (verdict.newDir << NEW_DIR_SHIFT)
    rows[at + SLOT] = verdict.slot
    rows[at + PEER_SLOT] = verdict.peerSlot
    rows[at + STAMP_SUM] = this.stampSum(at)
    times[flow * TIMES + FROM] = verdict.fromUs
    times[flow * TIMES + UNTIL] = verdict.untilUs
    rows[at + COUNTED_AT] = onlyAt === undefined ? 0 : onlyAt + 1
    times[flow * TIMES + COUNTED] = tsUs
  }

  /** Fills in what is remembered of the flow for packets of this time. @returns false when nothing is */
  recall(flow: number, tsUs: number, into: RowOwner): boolean {
    const at = flow * ROW
    const verdict = this.rows[at + VERDICT] as number
    if ((verdict & KNOWN) === 0 || !isOfTime(this.times, flow, tsUs)) return false
    if (this.stampSum(at) !== this.rows[at + STAMP_SUM]) return false
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
    return this.times[flow * TIMES + ASKED] as number
  }

  markAsked(flow: number, nowUs: number): void {
    this.times[flow * TIMES + ASKED] = nowUs
  }

  hasWaited(flow: number): boolean {
    return this.rows[flow * ROW + WAITED] !== 0
  }

  /** @param hasWaited in vain; false: there was an answer, and the next packet without one may wait again */
  setWaited(flow: number, hasWaited: boolean): void {
    this.rows[flow * ROW + WAITED] = Number(hasWaited)
  }

  private stampSum(at: number): number {
    const { stamps } = this.sockets
    const { rows } = this
    return (
      ((stamps[rows[at + SLOT] as number] as number) + (stamps[rows[at + PEER_SLOT] as number] as number)) >>>
      0
    )
  }

  /** The packet was seen, and counted, on another interface before. */
  private isPassingBy(batch: RecordBatch, row: number, flow: number): boolean {
    const tsUs = batch.ts[row] as number
    const here = (batch.iface[row] as number) + 1
    const at = flow * ROW + COUNTED_AT
    const counted = flow * TIMES + COUNTED
    if (this.rows[at] !== here && tsUs - (this.times[counted] as number) < REROUTED_US) return true
    this.rows[at] = here
    this.times[counted] = tsUs
    return false
  }
}

function isOfTime(times: Float64Array, flow: number, tsUs: number): boolean {
  const at = flow * TIMES
  return tsUs >= (times[at + FROM] as number) && tsUs < (times[at + UNTIL] as number)
}
