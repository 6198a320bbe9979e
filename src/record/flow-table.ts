// The one table. Each five-tuple that is seen gets a small number, once, where packets enter (decoder or NDJSON reader);
// every later stage keeps what it knows of a flow in arrays indexed by that number, and nobody hashes or formats an
// address a second time. A flow has a direction: a connection is two flows.
//
// Layout: what tells IPv4 flows apart lies in 16 bytes, which is all that is read of a known one, behind an open-addressing index
// (linear probing, at most a quarter full); the rest of longer addresses, and when a flow was last seen, lie
// apart. So a table of 5,000 flows stays in the second-level cache: test/bench/pipeline.bench.ts.

import { V4_MAPPED, formatAddress, isV4Words } from './address.ts'

/** A row of a batch that has no flow: a frame that is not IP. */
export const NO_FLOW = 0xffffffff

/** In `meta`: bits 0-7 protocol, 8 IPv6, 9 the flow has ports. */
export const META_IPV6 = 0x100
export const META_PORTS = 0x200
/** In `meta`, set here: an address is not IPv4, so all words count. */
const META_WIDE = 0x400

/** Words of a flow in `keys`: the last of each address, and these. */
const KEY = 4
const SOURCE = 0
const DESTINATION = 1
const PORTS = 2
const META = 3
/** Words of a flow in `upper`: the first three of each address. */
const UPPER = 6

/** An entry of the index: 1 + flow in the lower bits, the upper of its hash above; 0 is empty. Four entries for each flow. */
const FLOW_BITS = 21
const FLOW_MASK = (1 << FLOW_BITS) - 1
const SPREAD = 4

/** Told before ids are given to other flows: fold what you keep of them, their rows are still readable. */
export type EvictionListener = (flows: readonly number[]) => void

export class FlowTable {
  /** Upper bound of flow ids at present: arrays indexed by flow need this length. Grows by doubling. */
  capacity: number
  private keys: Uint32Array
  private upper: Uint32Array
  private hashes: Int32Array
  /** Value of `epoch` when it was last seen. */
  private lastSeen: Uint32Array
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
  private readonly seed = (Math.random() * 0x100000000) | 0

  /** @param maxFlows a power of two; beyond it the half that was not seen for longest is let go */
  constructor(maxFlows = 1 << 20, initial = 1 << 12) {
    this.maxFlows = maxFlows
    this.capacity = Math.min(initial, maxFlows)
    this.keys = new Uint32Array(this.capacity * KEY)
    this.upper = new Uint32Array(this.capacity * UPPER)
    this.hashes = new Int32Array(this.capacity)
    this.lastSeen = new Uint32Array(this.capacity)
    this.index = new Int32Array(this.capacity * SPREAD)
    this.mask = this.capacity * SPREAD - 1
  }

  /** Address words of a flow: of its source at 0..3, of its destination at 4..7. IPv4 is held IPv4-mapped. */
  word(flow: number, i: number): number {
    const end = i >> 2
    const at = i & 3
    return (at === 3 ? this.keys[flow * KEY + end] : this.upper[flow * UPPER + end * 3 + at]) as number
  }

  /** Copies the same words. @param at 0, or 4 */
  copyAddress(flow: number, at: 0 | 4, into: Uint32Array): void {
    for (let i = 0; i < 4; i++) into[i] = this.word(flow, at + i)
  }

  /** Source port in the high half, destination port in the low half; 0 without META_PORTS. */
  ports(flow: number): number {
    return this.keys[flow * KEY + PORTS] as number
  }

  meta(flow: number): number {
    return this.keys[flow * KEY + META] as number
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
    this.lastSeen[flow] = this.epoch
  }

  /**
   * The id of the flow of a packet whose addresses are IPv4. What is handed over for each packet are numbers of 32 bits, signed:
   * one of 2^31 or more would be a number on the heap.
   * @param ports as in `ports`
   */
  internV4(meta: number, ports: number, source: number, destination: number): number {
    const hash = hashNarrow(this.seed, meta, ports | 0, source | 0, destination | 0)
    const flow = this.find(hash, meta, ports | 0, source | 0, destination | 0, undefined)
    if (flow >= 0) {
      this.lastSeen[flow] = this.epoch
      return flow
    }
    const { words } = this
    words[0] = words[1] = words[4] = words[5] = 0
    words[2] = words[6] = V4_MAPPED
    words[3] = source
    words[7] = destination
    return this.add(meta, ports, words, hash)
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
    const isWide = (meta & META_IPV6) === 0 && (!isV4Words(s0, s1, s2) || !isV4Words(d0, d1, d2))
    return this.internWords(isWide ? meta | META_WIDE : meta, ports >>> 16, ports & 0xffff, words)
  }

  /**
   * The same for each packet: nothing that is handed over is a number of 2^31 or more, which would be one on the heap.
   * @param meta without META_IPV6 both addresses are IPv4
   * @param words of the addresses, as in `word`
   */
  internWords(meta: number, sourcePort: number, destinationPort: number, words: Uint32Array): number {
    const ports = (sourcePort << 16) | destinationPort
    const source = (words[3] as number) | 0
    const destination = (words[7] as number) | 0
    const isWide = (meta & (META_IPV6 | META_WIDE)) !== 0
    const narrow = hashNarrow(this.seed, meta, ports, source, destination)
    const hash = isWide ? hashUpper(narrow, words) : narrow
    const flow = this.find(hash, meta, ports, source, destination, isWide ? words : undefined)
    if (flow < 0) return this.add(meta, ports, words, hash)
    this.lastSeen[flow] = this.epoch
    return flow
  }

  /** The flow of the packets that go the other way; NO_FLOW when none has been seen. */
  reverseOf(flow: number): number {
    const { words } = this
    const meta = this.meta(flow)
    const ports = this.ports(flow)
    for (let i = 0; i < 8; i++) words[i] = this.word(flow, i ^ 4)
    const source = (words[3] as number) | 0
    const destination = (words[7] as number) | 0
    const swapped = (ports << 16) | (ports >>> 16)
    const isWide = (meta & (META_IPV6 | META_WIDE)) !== 0
    const narrow = hashNarrow(this.seed, meta, swapped, source, destination)
    const hash = isWide ? hashUpper(narrow, words) : narrow
    const reverse = this.find(hash, meta, swapped, source, destination, isWide ? words : undefined)
    return reverse < 0 ? NO_FLOW : reverse
  }

  /** @param upper words of the addresses, where all of them count @returns -1 when there is no such flow */
  private find(
    hash: number,
    meta: number,
    ports: number,
    source: number,
    destination: number,
    upper: Uint32Array | undefined,
  ): number {
    const { keys, index, mask } = this
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = index[slot] as number
      if (entry === 0) return -1
      if (((entry ^ hash) & ~FLOW_MASK) !== 0) continue
      const flow = (entry & FLOW_MASK) - 1
      const at = flow * KEY
      const difference =
        ((keys[at + SOURCE] as number) ^ source) |
        ((keys[at + DESTINATION] as number) ^ destination) |
        ((keys[at + PORTS] as number) ^ ports) |
        ((keys[at + META] as number) ^ meta)
      if (difference === 0 && (upper === undefined || this.hasUpper(flow, upper))) return flow
    }
  }

  private add(meta: number, ports: number, words: Uint32Array, hash: number): number {
    const flow = this.take()
    const at = flow * KEY
    this.keys[at + SOURCE] = words[3] as number
    this.keys[at + DESTINATION] = words[7] as number
    this.keys[at + PORTS] = ports
    this.keys[at + META] = meta
    for (let i = 0; i < 3; i++) {
      this.upper[flow * UPPER + i] = words[i] as number
      this.upper[flow * UPPER + 3 + i] = words[4 + i] as number
    }
    this.hashes[flow] = hash
    this.lastSeen[flow] = this.epoch
    this.insert(flow)
    return flow
  }

  private hasUpper(flow: number, words: Uint32Array): boolean {
    const at = flow * UPPER
    for (let i = 0; i < 3; i++)
      if (this.upper[at + i] !== words[i] || this.upper[at + 3 + i] !== words[4 + i]) return false
    return true
  }

  private insert(flow: number): void {
    const hash = this.hashes[flow] as number
    let slot = hash & this.mask
    while (this.index[slot] !== 0) slot = (slot + 1) & this.mask
    this.index[slot] = (hash & ~FLOW_MASK) | (flow + 1)
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
    this.keys = grown(new Uint32Array(this.capacity * KEY), this.keys)
    this.upper = grown(new Uint32Array(this.capacity * UPPER), this.upper)
    this.hashes = grown(new Int32Array(this.capacity), this.hashes)
    this.lastSeen = grown(new Uint32Array(this.capacity), this.lastSeen)
    this.index = new Int32Array(this.capacity * SPREAD)
    this.mask = this.capacity * SPREAD - 1
    this.reindex()
  }

  private reindex(): void {
    this.index.fill(0)
    const isFree = new Uint8Array(this.used)
    for (const flow of this.free) isFree[flow] = 1
    for (let flow = 0; flow < this.used; flow++) if (isFree[flow] === 0) this.insert(flow)
  }

  /**
   * Lets go the older half (and of equally old flows as many as that takes). Flows of the current epoch stay: rows of
   * the batch that is being filled refer to them, unless the whole table is of this epoch.
   */
  private evict(): void {
    const { lastSeen, epoch } = this
    const seen = (flow: number): number => lastSeen[flow] as number
    const byAge = Array.from({ length: this.used }, (_, flow) => flow).sort((a, b) => seen(a) - seen(b))
    const gone = byAge.slice(0, this.used >> 1).filter(flow => seen(flow) !== epoch)
    if (gone.length === 0) throw new RangeError(`more than ${this.maxFlows} flows in one batch`)
    for (const listener of this.listeners) listener(gone)
    for (let i = gone.length - 1; i >= 0; i--) this.free.push(gone[i] as number)
    this.live -= gone.length
    this.reindex()
  }
}

function hashNarrow(seed: number, meta: number, ports: number, source: number, destination: number): number {
  let hash = Math.imul(seed ^ source, 0x9e3779b1)
  hash = Math.imul((hash ^ (hash >>> 15)) + destination, 0x85ebca6b)
  hash = Math.imul((hash ^ (hash >>> 13)) + ports, 0xc2b2ae35)
  return hash ^ (hash >>> 16) ^ meta
}

function hashUpper(hash: number, words: Uint32Array): number {
  for (let i = 0; i < 3; i++) {
    hash = Math.imul((hash ^ (hash >>> 16)) + (words[i] as number), 0x9e3779b1)
    hash = Math.imul((hash ^ (hash >>> 15)) + (words[4 + i] as number), 0x85ebca6b)
  }
  return hash
}

function grown<T extends Uint32Array | Int32Array>(into: T, from: T): T {
  into.set(from)
  return into
}
