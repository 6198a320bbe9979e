// The one table. Each five-tuple that is seen gets a small number, once, where packets enter (decoder or NDJSON reader);
// every later stage keeps what it knows of a flow in arrays indexed by that number, and nobody hashes or formats an
// address a second time. A flow has a direction: a connection is two flows.
//
// Layout: a row of 16 words for each flow, one line of the cache, and an open-addressing index (linear probing, at most half
// full) over them. Finding a flow costs some 20-40 ns in a table of 5,000 (test/bench/pipeline.bench.ts, Node 20).

import { V4_MAPPED, formatAddress } from './address.ts'

/** A row of a batch that has no flow: a frame that is not IP. */
export const NO_FLOW = 0xffffffff

/** In `meta`: bits 0-7 protocol, 8 IPv6, 9 the flow has ports. */
export const META_IPV6 = 0x100
export const META_PORTS = 0x200

/** Words of a flow in `rows`: its addresses (source at 0, destination at 4), then these. */
const ROW = 16
const PORTS = 8
const META = 9
const HASH = 10
/** Value of `epoch` when it was last seen. */
const LAST_SEEN = 11

const EMPTY = -1

/** Told before ids are given to other flows: fold what you keep of them, their rows are still readable. */
export type EvictionListener = (flows: readonly number[]) => void

export class FlowTable {
  /** Upper bound of flow ids at present: arrays indexed by flow need this length. Grows by doubling. */
  capacity: number
  private rows: Uint32Array
  /** Hash and flow of each slot, side by side: one line of the cache tells. */
  private index: Int32Array
  private readonly words = new Uint32Array(8)
  private mask: number
  private used = 0
  private free: number[] = []
  private live = 0
  private epoch = 1
  private readonly maxFlows: number
  private readonly listeners: EvictionListener[] = []
  // Remotes choose the tuples: a secret start value keeps them from choosing the collisions too.
  private readonly seed = (Math.random() * 0x100000000) >>> 0

  /** @param maxFlows a power of two; beyond it the half that was not seen for longest is let go */
  constructor(maxFlows = 1 << 20, initial = 1 << 12) {
    this.maxFlows = maxFlows
    this.capacity = Math.min(initial, maxFlows)
    this.rows = new Uint32Array(this.capacity * ROW)
    this.index = new Int32Array(this.capacity * 4).fill(EMPTY)
    this.mask = this.capacity * 2 - 1
  }

  /** Address words of a flow: of its source at 0..3, of its destination at 4..7. IPv4 is held IPv4-mapped. */
  word(flow: number, i: number): number {
    return this.rows[flow * ROW + i] as number
  }

  /** The same words, in place. @param at 0, or 4 */
  address(flow: number, at: number): Uint32Array {
    return this.rows.subarray(flow * ROW + at, flow * ROW + at + 4)
  }

  /** Source port in the high half, destination port in the low half; 0 without META_PORTS. */
  ports(flow: number): number {
    return this.rows[flow * ROW + PORTS] as number
  }

  meta(flow: number): number {
    return this.rows[flow * ROW + META] as number
  }

  /** Text of the address at word `at`: 0 the source's, 4 the destination's. */
  addressText(flow: number, at: 0 | 4): string {
    return formatAddress(
      this.word(flow, at),
      this.word(flow, at + 1),
      this.word(flow, at + 2),
      this.word(flow, at + 3),
    )
  }

  get count(): number {
    return this.live
  }

  onEvict(listener: EvictionListener): void {
    this.listeners.push(listener)
  }

  /** Call once a batch: "not seen for longest" is counted in batches. */
  nextEpoch(): void {
    this.epoch++
  }

  /** The flow was seen again, found by other means than intern. */
  touch(flow: number): void {
    this.rows[flow * ROW + LAST_SEEN] = this.epoch
  }

  internV4(meta: number, ports: number, source: number, destination: number): number {
    return this.intern(meta, ports, 0, 0, V4_MAPPED, source, 0, 0, V4_MAPPED, destination)
  }

  /** The id of the flow, new or known. All words are unsigned 32 bit, host order. */
  intern(
    meta: number,
    ports: number,
    s0: number,
    s1: number,
    s2: number,
    s3: number,
    d0: number,
    d1: number,
    d2: number,
    d3: number,
  ): number {
    const { words } = this
    words[0] = s0
    words[1] = s1
    words[2] = s2
    words[3] = s3
    words[4] = d0
    words[5] = d1
    words[6] = d2
    words[7] = d3
    return this.internWords(meta, ports >>> 16, ports & 0xffff, words)
  }

  /**
   * The same for each packet: nothing that is handed over is a number of 2^31 or more, which would be one on the heap.
   * @param words of the addresses, as in `addresses`
   */
  internWords(meta: number, sourcePort: number, destinationPort: number, words: Uint32Array): number {
    const ports = (sourcePort << 16) | destinationPort
    let hash = Math.imul(this.seed ^ (words[3] as number), 0x9e3779b1)
    hash = Math.imul((hash ^ (hash >>> 15)) + (words[7] as number), 0x85ebca6b)
    hash = Math.imul((hash ^ (hash >>> 13)) + ports, 0xc2b2ae35)
    if ((meta & META_IPV6) !== 0) {
      hash = Math.imul((hash ^ (hash >>> 16)) + (words[0] as number), 0x9e3779b1)
      hash = Math.imul((hash ^ (hash >>> 15)) + (words[1] as number), 0x85ebca6b)
      hash = Math.imul((hash ^ (hash >>> 13)) + (words[2] as number), 0xc2b2ae35)
      hash = Math.imul((hash ^ (hash >>> 16)) + (words[4] as number), 0x9e3779b1)
      hash = Math.imul((hash ^ (hash >>> 15)) + (words[5] as number), 0x85ebca6b)
      hash = Math.imul((hash ^ (hash >>> 13)) + (words[6] as number), 0xc2b2ae35)
    }
    hash = hash ^ (hash >>> 16) ^ meta
    const { rows, index, mask } = this
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const flow = index[2 * slot + 1] as number
      if (flow === EMPTY) break
      if (index[2 * slot] !== hash) continue
      const at = flow * ROW
      if (rows[at + META] !== meta || ((rows[at + PORTS] as number) | 0) !== ports) continue
      if (!sameAddresses(rows, at, words)) continue
      rows[at + LAST_SEEN] = this.epoch
      return flow
    }
    const flow = this.take()
    const at = flow * ROW
    this.rows.set(words, at)
    this.rows[at + PORTS] = ports
    this.rows[at + META] = meta
    this.rows[at + HASH] = hash
    this.rows[at + LAST_SEEN] = this.epoch
    this.insert(flow)
    return flow
  }

  private insert(flow: number): void {
    const hash = (this.rows[flow * ROW + HASH] as number) | 0
    let slot = hash & this.mask
    while (this.index[2 * slot + 1] !== EMPTY) slot = (slot + 1) & this.mask
    this.index[2 * slot] = hash
    this.index[2 * slot + 1] = flow
  }

  private take(): number {
    if (this.free.length === 0 && this.used === this.capacity) {
      if (this.capacity < this.maxFlows) this.grow()
      else this.evict()
    }
    this.live++
    return this.free.pop() ?? this.used++
  }

  private grow(): void {
    this.capacity *= 2
    const { rows } = this
    this.rows = new Uint32Array(this.capacity * ROW)
    this.rows.set(rows)
    this.index = new Int32Array(this.capacity * 4)
    this.mask = this.capacity * 2 - 1
    this.reindex()
  }

  private reindex(): void {
    this.index.fill(EMPTY)
    const isFree = new Uint8Array(this.used)
    for (const flow of this.free) isFree[flow] = 1
    for (let flow = 0; flow < this.used; flow++) if (isFree[flow] === 0) this.insert(flow)
  }

  /**
   * Lets go the older half (and of equally old flows as many as that takes). Flows of the current epoch stay: rows of
   * the batch that is being filled refer to them, unless the whole table is of this epoch.
   */
  private evict(): void {
    const byAge = Array.from({ length: this.used }, (_, flow) => flow).sort(
      (a, b) => this.lastSeen(a) - this.lastSeen(b),
    )
    const gone = byAge.slice(0, this.used >> 1).filter(flow => this.lastSeen(flow) !== this.epoch)
    if (gone.length === 0) throw new RangeError(`more than ${this.maxFlows} flows in one batch`)
    for (const listener of this.listeners) listener(gone)
    for (let i = gone.length - 1; i >= 0; i--) this.free.push(gone[i] as number)
    this.live -= gone.length
    this.reindex()
  }

  private lastSeen(flow: number): number {
    return this.rows[flow * ROW + LAST_SEEN] as number
  }
}

/** Both directions of a connection, and a host's connections to one server, differ in their last words first. */
function sameAddresses(rows: Uint32Array, at: number, words: Uint32Array): boolean {
  return (
    rows[at + 3] === words[3] &&
    rows[at + 7] === words[7] &&
    rows[at + 2] === words[2] &&
    rows[at + 6] === words[6] &&
    rows[at + 1] === words[1] &&
    rows[at + 5] === words[5] &&
    rows[at] === words[0] &&
    rows[at + 4] === words[4]
  )
}
