// Finds what a run of bytes was decoded to the last time: an open-addressing table from bytes to a number. Costs about a
// nanosecond a byte, and makes no string.

const SLOTS = 1 << 16
const MOST = SLOTS / 2
const ARENA = 1 << 23

export class SectionCache {
  private readonly hashes = new Uint32Array(SLOTS)
  private readonly starts = new Uint32Array(SLOTS)
  /** 0: the slot is free. */
  private readonly lengths = new Uint16Array(SLOTS)
  private readonly values = new Uint32Array(SLOTS)
  private readonly arena = new Uint8Array(ARENA)
  private used = 0
  private count = 0

  /** FNV-1a, 32 bit, one step: callers hash while they look for the end of the section. */
  static readonly start = 0x811c9dc5

  /** @returns the value, or -1 */
  find(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const length = to - from
    let slot = (hash ^ (hash >>> 16)) & (SLOTS - 1)
    for (;;) {
      const known = this.lengths[slot] as number
      if (known === 0) return -1
      if (
        known === length &&
        this.hashes[slot] === hash >>> 0 &&
        this.equal(bytes, from, length, this.starts[slot] as number)
      ) {
        return this.values[slot] as number
      }
      slot = (slot + 1) & (SLOTS - 1)
    }
  }

  /** Keeps the value; when the cache is full it begins anew. */
  set(bytes: Uint8Array, from: number, to: number, hash: number, value: number): void {
    const length = to - from
    if (length === 0 || length > 0xffff) return
    if (this.count >= MOST || this.used + length > ARENA) this.clear()
    let slot = (hash ^ (hash >>> 16)) & (SLOTS - 1)
    while (this.lengths[slot] !== 0) slot = (slot + 1) & (SLOTS - 1)
    this.hashes[slot] = hash
    this.starts[slot] = this.used
    this.lengths[slot] = length
    this.values[slot] = value
    this.arena.set(bytes.subarray(from, to), this.used)
    this.used += length
    this.count++
  }

  clear(): void {
    this.lengths.fill(0)
    this.used = 0
    this.count = 0
  }

  private equal(bytes: Uint8Array, from: number, length: number, at: number): boolean {
    const { arena } = this
    for (let i = 0; i < length; i++) if (bytes[from + i] !== arena[at + i]) return false
    return true
  }
}
