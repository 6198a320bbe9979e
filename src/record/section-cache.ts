// Finds what a run of bytes was decoded to the last time: an open-addressing table from bytes to a number. Bytes are taken
// four at a time, so that a section of a hundred and fifty costs some fifty nanoseconds, and no string is made. It begins
// small and grows with what it is given.

const FIRST_SLOTS = 1 << 9
const MOST_SLOTS = 1 << 16
const FIRST_ARENA = 1 << 16
const LARGEST_ARENA = 1 << 23
const LONGEST = 0xffff

export class SectionCache {
  private hashes = new Uint32Array(FIRST_SLOTS)
  private starts = new Uint32Array(FIRST_SLOTS)
  /** 0: the slot is free. */
  private lengths = new Uint16Array(FIRST_SLOTS)
  private values = new Uint32Array(FIRST_SLOTS)
  private arena = new Uint8Array(FIRST_ARENA)
  private arenaView = new DataView(this.arena.buffer)
  private used = 0
  private count = 0

  /** Of `length` bytes at `at`, 32 bits. Multiply and fold, so that every byte reaches the low bits. */
  static hash(view: DataView, at: number, length: number): number {
    let hash = 0x811c9dc5 ^ length
    let i = 0
    for (; i + 4 <= length; i += 4) {
      hash = Math.imul(hash ^ view.getInt32(at + i, true), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    for (; i < length; i++) hash = Math.imul(hash ^ view.getUint8(at + i), 0x01000193)
    return (hash ^ (hash >>> 16)) >>> 0
  }

  /** @param hash of the same bytes @returns the value, or -1 */
  find(view: DataView, at: number, length: number, hash: number): number {
    const mask = this.lengths.length - 1
    let slot = hash & mask
    for (;;) {
      const known = this.lengths[slot] as number
      if (known === 0) return -1
      if (
        known === length &&
        this.hashes[slot] === hash &&
        this.equals(view, at, length, this.starts[slot] as number)
      ) {
        return this.values[slot] as number
      }
      slot = (slot + 1) & mask
    }
  }

  /** Keeps the value; when the cache is full it begins anew. */
  set(view: DataView, at: number, length: number, hash: number, value: number): void {
    if (length === 0 || length > LONGEST) return
    if (this.count >= MOST_SLOTS / 2 || this.used + length > LARGEST_ARENA) this.clear()
    if (this.count >= this.lengths.length / 2) this.growSlots()
    if (this.used + length > this.arena.length) this.growArena()
    const start = this.used
    for (let i = 0; i < length; i++) this.arena[start + i] = view.getUint8(at + i)
    this.used += length
    this.count++
    this.place(hash, start, length, value)
  }

  clear(): void {
    this.lengths.fill(0)
    this.used = 0
    this.count = 0
  }

  private place(hash: number, start: number, length: number, value: number): void {
    const mask = this.lengths.length - 1
    let slot = hash & mask
    while (this.lengths[slot] !== 0) slot = (slot + 1) & mask
    this.hashes[slot] = hash
    this.starts[slot] = start
    this.lengths[slot] = length
    this.values[slot] = value
  }

  private growSlots(): void {
    const { hashes, starts, lengths, values } = this
    const slots = lengths.length * 4
    this.hashes = new Uint32Array(slots)
    this.starts = new Uint32Array(slots)
    this.lengths = new Uint16Array(slots)
    this.values = new Uint32Array(slots)
    for (let slot = 0; slot < lengths.length; slot++) {
      const length = lengths[slot] as number
      if (length !== 0)
        this.place(hashes[slot] as number, starts[slot] as number, length, values[slot] as number)
    }
  }

  private growArena(): void {
    const arena = new Uint8Array(this.arena.length * 2)
    arena.set(this.arena)
    this.arena = arena
    this.arenaView = new DataView(arena.buffer)
  }

  private equals(view: DataView, at: number, length: number, start: number): boolean {
    const { arenaView } = this
    let i = 0
    for (; i + 4 <= length; i += 4)
      if (view.getInt32(at + i, true) !== arenaView.getInt32(start + i, true)) return false
    for (; i < length; i++) if (view.getUint8(at + i) !== arenaView.getUint8(start + i)) return false
    return true
  }
}
