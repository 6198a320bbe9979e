// The one table. Each five-tuple that is seen gets a small number, once, where packets enter (decoder or NDJSON reader);
// every later stage keeps what it knows of a flow in arrays indexed by that number, and nobody hashes or formats an
// address a second time. A flow has a direction: a connection is two flows.
//
// Layout: columns of typed arrays indexed by flow, and an open-addressing index (linear probing, at most half full) over
// them. Finding a flow costs some 20-40 ns in a table of 5,000 (test/bench/flow-table.bench.ts, Node 20).

import { V4_MAPPED } from './address.ts'

/** A row of a batch that has no flow: a frame that is not IP. */
export const NO_FLOW = 0xffffffff

/** In `meta`: bits 0-7 protocol, 8 IPv6, 9 the flow has ports. */
export const META_IPV6 = 0x100
export const META_PORTS = 0x200

const EMPTY = -1

/** Told before ids are given to other flows: fold what you keep of them, their columns are still readable. */
export type EvictionListener = (flows: readonly number[]) => void

export class FlowTable {
  /** Upper bound of flow ids at present: arrays indexed by flow need this length. Grows by doubling. */
  capacity: number
  /** Source address words of flow f at 8f..8f+3, destination at 8f+4..8f+7. IPv4 is held IPv4-mapped. */
  addresses: Uint32Array
  /** Source port in the high half, destination port in the low half; 0 without META_PORTS. */
  ports: Uint32Array
  meta: Uint32Array
  /** Value of `epoch` when the flow was last seen. */
  private lastSeen: Uint32Array
  private hashes: Uint32Array
  private index: Int32Array
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
    this.addresses = new Uint32Array(this.capacity * 8)
    this.ports = new Uint32Array(this.capacity)
    this.meta = new Uint32Array(this.capacity)
    this.lastSeen = new Uint32Array(this.capacity)
    this.hashes = new Uint32Array(this.capacity)
    this.index = new Int32Array(this.capacity * 2).fill(EMPTY)
    this.mask = this.capacity * 2 - 1
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
    this.lastSeen[flow] = this.epoch
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
    let hash = Math.imul(this.seed ^ s3, 0x9e3779b1)
    hash = Math.imul((hash ^ (hash >>> 15)) + d3, 0x85ebca6b)
    hash = Math.imul((hash ^ (hash >>> 13)) + ports, 0xc2b2ae35)
    if ((meta & META_IPV6) !== 0) {
      hash = Math.imul((hash ^ (hash >>> 16)) + s0, 0x9e3779b1)
      hash = Math.imul((hash ^ (hash >>> 15)) + s1, 0x85ebca6b)
      hash = Math.imul((hash ^ (hash >>> 13)) + s2, 0xc2b2ae35)
      hash = Math.imul((hash ^ (hash >>> 16)) + d0, 0x9e3779b1)
      hash = Math.imul((hash ^ (hash >>> 15)) + d1, 0x85ebca6b)
      hash = Math.imul((hash ^ (hash >>> 13)) + d2, 0xc2b2ae35)
    }
    hash = (hash ^ (hash >>> 16) ^ meta) >>> 0
    const { addresses, index, mask } = this
    let slot = hash & mask
    for (let flow = index[slot] as number; flow !== EMPTY; flow = index[slot] as number) {
      const at = flow * 8
      if (
        this.hashes[flow] === hash &&
        this.ports[flow] === ports &&
        this.meta[flow] === meta &&
        addresses[at + 3] === s3 &&
        addresses[at + 7] === d3 &&
        addresses[at + 2] === s2 &&
        addresses[at + 6] === d2 &&
        addresses[at + 1] === s1 &&
        addresses[at + 5] === d1 &&
        addresses[at] === s0 &&
        addresses[at + 4] === d0
      ) {
        this.lastSeen[flow] = this.epoch
        return flow
      }
      slot = (slot + 1) & mask
    }
    const flow = this.take()
    const at = flow * 8
    this.addresses[at] = s0
    this.addresses[at + 1] = s1
    this.addresses[at + 2] = s2
    this.addresses[at + 3] = s3
    this.addresses[at + 4] = d0
    this.addresses[at + 5] = d1
    this.addresses[at + 6] = d2
    this.addresses[at + 7] = d3
    this.ports[flow] = ports
    this.meta[flow] = meta
    this.hashes[flow] = hash
    this.lastSeen[flow] = this.epoch
    this.insert(flow)
    return flow
  }

  private insert(flow: number): void {
    let slot = (this.hashes[flow] as number) & this.mask
    while (this.index[slot] !== EMPTY) slot = (slot + 1) & this.mask
    this.index[slot] = flow
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
    this.addresses = grown(this.addresses, this.capacity * 8)
    this.ports = grown(this.ports, this.capacity)
    this.meta = grown(this.meta, this.capacity)
    this.lastSeen = grown(this.lastSeen, this.capacity)
    this.hashes = grown(this.hashes, this.capacity)
    this.index = new Int32Array(this.capacity * 2)
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
      (a, b) => (this.lastSeen[a] as number) - (this.lastSeen[b] as number),
    )
    const gone = byAge.slice(0, this.used >> 1).filter(flow => this.lastSeen[flow] !== this.epoch)
    if (gone.length === 0) throw new RangeError(`more than ${this.maxFlows} flows in one batch`)
    for (const listener of this.listeners) listener(gone)
    for (let i = gone.length - 1; i >= 0; i--) this.free.push(gone[i] as number)
    this.live -= gone.length
    this.reindex()
  }
}

function grown(old: Uint32Array, length: number): Uint32Array {
  const next = new Uint32Array(length)
  next.set(old)
  return next
}
