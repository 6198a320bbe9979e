// What is known of each flow's owner, in arrays indexed by flow, so that a packet of a known flow costs a few array reads:
// 6 ns (test/bench/attribute.bench.ts, Node 20). An entry is good while the stamps of its sockets have not changed, for packets of
// its time: a tuple may change hands.

import { NO_FLOW } from '../record/flow-table.ts'
import type { RecordBatch, Tables } from '../record/record-batch.ts'
import type { RowOwner } from './record-owners.ts'
import type { SocketTable } from './socket-table.ts'

// Bits of `verdicts`: dir of the packets, attribution, reason, dir as it is to be written, and KNOWN.
const DIR = 7
const ATTRIBUTION_SHIFT = 3
const REASON_SHIFT = 6
const NEW_DIR_SHIFT = 10
const KNOWN = 1 << 13

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
  private owners: Uint32Array
  private peers: Uint32Array
  private verdicts: Uint16Array
  private slots: Uint32Array
  private peerSlots: Uint32Array
  /** Sum of the two stamps: either one only counts up. */
  private stampSums: Uint32Array
  private fromUs: Float64Array
  private untilUs: Float64Array
  /** When the flow was last asked for, us; and whether its packets have waited as long as they may. */
  private askedUs: Float64Array
  private waited: Uint8Array

  constructor(tables: Tables, sockets: SocketTable) {
    this.tables = tables
    this.sockets = sockets
    this.owners = new Uint32Array(0)
    this.peers = new Uint32Array(0)
    this.verdicts = new Uint16Array(0)
    this.slots = new Uint32Array(0)
    this.peerSlots = new Uint32Array(0)
    this.stampSums = new Uint32Array(0)
    this.fromUs = new Float64Array(0)
    this.untilUs = new Float64Array(0)
    this.askedUs = new Float64Array(0)
    this.waited = new Uint8Array(0)
    this.grow()
    tables.flows.onEvict(flows => {
      for (const flow of flows) {
        this.verdicts[flow] = 0
        this.askedUs[flow] = 0
        this.waited[flow] = 0
      }
    })
  }

  /** Call before a batch is looked at: there may be more flows than before. */
  grow(): void {
    const { capacity } = this.tables.flows
    if (this.owners.length >= capacity) return
    this.owners = copied(new Uint32Array(capacity), this.owners)
    this.peers = copied(new Uint32Array(capacity), this.peers)
    this.verdicts = copied(new Uint16Array(capacity), this.verdicts)
    this.slots = copied(new Uint32Array(capacity), this.slots)
    this.peerSlots = copied(new Uint32Array(capacity), this.peerSlots)
    this.stampSums = copied(new Uint32Array(capacity), this.stampSums)
    this.fromUs = copied(new Float64Array(capacity), this.fromUs)
    this.untilUs = copied(new Float64Array(capacity), this.untilUs)
    this.askedUs = copied(new Float64Array(capacity), this.askedUs)
    this.waited = copied(new Uint8Array(capacity), this.waited)
  }

  /**
   * Fills the owner columns of rows from `from` on, up to the first row whose flow is not known (any more), or that begins a
   * connection (SYN): it may be another process's than the last with the same five-tuple.
   * @returns that row, or batch.length
   */
  fill(batch: RecordBatch, from: number): number {
    const { flow: flows, dir, attribution, reason, owner, peer, tcpFlags, ts, length } = batch
    const { verdicts, slots, peerSlots, stampSums, owners, peers } = this
    const { stamps } = this.sockets
    for (let row = from; row < length; row++) {
      if (attribution[row] !== 0) continue
      const flow = flows[row] as number
      if (flow === NO_FLOW) return row
      const verdict = verdicts[flow] as number
      if (
        (verdict & (KNOWN | DIR)) !== (KNOWN | (dir[row] as number)) ||
        ((stamps[slots[flow] as number] as number) + (stamps[peerSlots[flow] as number] as number)) >>> 0 !==
          stampSums[flow] ||
        ((tcpFlags[row] as number) & 0x12) === 0x02 ||
        !this.isOfTime(flow, ts[row] as number)
      ) {
        return row
      }
      owner[row] = owners[flow] as number
      peer[row] = peers[flow] as number
      attribution[row] = (verdict >>> ATTRIBUTION_SHIFT) & 7
      reason[row] = (verdict >>> REASON_SHIFT) & 15
      dir[row] = (verdict >>> NEW_DIR_SHIFT) & 7
    }
    return length
  }

  remember(flow: number, verdict: Verdict): void {
    const { stamps } = this.sockets
    this.owners[flow] = verdict.owner
    this.peers[flow] = verdict.peer
    this.verdicts[flow] =
      KNOWN |
      verdict.dir |
      (verdict.attribution << ATTRIBUTION_SHIFT) |
      (verdict.reason << REASON_SHIFT) |
      (verdict.newDir << NEW_DIR_SHIFT)
    this.slots[flow] = verdict.slot
    this.peerSlots[flow] = verdict.peerSlot
    this.stampSums[flow] = (stamps[verdict.slot] as number) + (stamps[verdict.peerSlot] as number)
    this.fromUs[flow] = verdict.fromUs
    this.untilUs[flow] = verdict.untilUs
  }

  /** Fills in what is remembered of the flow. @returns false when nothing is */
  recall(flow: number, into: RowOwner): boolean {
    const verdict = this.verdicts[flow] as number
    if ((verdict & KNOWN) === 0) return false
    into.flow = flow
    into.dir = (verdict >>> NEW_DIR_SHIFT) & 7
    into.owner = this.owners[flow] as number
    into.attribution = (verdict >>> ATTRIBUTION_SHIFT) & 7
    into.reason = (verdict >>> REASON_SHIFT) & 15
    into.peer = this.peers[flow] as number
    return true
  }

  /** Whether an answer was given for the flow, good still or not. */
  isSeen(flow: number): boolean {
    return ((this.verdicts[flow] ?? 0) & KNOWN) !== 0
  }

  /** Owner that is remembered, whether it is still good or not. */
  ownerOf(flow: number): number {
    return this.owners[flow] ?? 0
  }

  lastAskedUs(flow: number): number {
    return this.askedUs[flow] as number
  }

  markAsked(flow: number, nowUs: number): void {
    this.askedUs[flow] = nowUs
  }

  hasWaited(flow: number): boolean {
    return this.waited[flow] !== 0
  }

  markWaited(flow: number): void {
    this.waited[flow] = 1
  }

  private isOfTime(flow: number, tsUs: number): boolean {
    return tsUs >= (this.fromUs[flow] as number) && tsUs < (this.untilUs[flow] as number)
  }
}

function copied<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(into: T, from: T): T {
  into.set(from)
  return into
}
