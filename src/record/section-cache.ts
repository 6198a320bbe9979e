// Finds what a run of bytes was decoded to the last time: sections are numbered as they are added, and found by their bytes
// through an open-addressing table. Bytes are compared eight at a time, so that a section of a hundred and fifty costs some
// twenty steps, and no string is made. It begins small and grows with what it is given.

const FIRST_SLOTS = 1 << 9
const MOST_SECTIONS = 1 << 16
const FIRST_ARENA = 1 << 16
const LARGEST_ARENA = 1 << 24
const LONGEST = 0xffff
/** Words of the end of a section that its hash is made of: where ports and addresses are. */
const HASHED = 24
const FREE = -1

export class SectionCache {
  /** Hash and section of each slot, side by side. */
  private slots = new Int32Array(2 * FIRST_SLOTS).fill(FREE)
  /** Begin and length of each section in the arena, side by side. */
  private places = new Int32Array(FIRST_SLOTS)
  private hashes = new Int32Array(FIRST_SLOTS / 2)
  private arena = new Uint8Array(FIRST_ARENA)
  private arenaView = new DataView(this.arena.buffer)
  private used = 0
  private count = 0

  /** Number of the section that is the same `length` bytes as those at `at`, or -1. */
  find(view: DataView, at: number, length: number): number {
    const hash = hashOf(view, at, length)
    const { slots, places } = this
    const mask = slots.length / 2 - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const section = slots[2 * slot + 1] as number
      if (section === FREE) return -1
      if (slots[2 * slot] !== hash || places[2 * section + 1] !== length) continue
      if (this.equals(view, at, length, places[2 * section] as number)) return section
    }
  }

  /** Length of the section when its bytes are those at `at`, which end before `end`; else -1. */
  match(section: number, view: DataView, at: number, end: number): number {
    const length = this.places[2 * section + 1] as number
    return at + length <= end && this.equals(view, at, length, this.places[2 * section] as number)
      ? length
      : -1
  }

  /**
   * Adds a section that is not known.
   * @returns its number; the first again, with all others forgotten, when there is no more room; -1 when it is too long
   */
  add(view: DataView, at: number, length: number): number {
    if (length === 0 || length > LONGEST) return -1
    if (this.count >= MOST_SECTIONS || this.used + length > LARGEST_ARENA) this.clear()
    if (this.count >= this.slots.length / 4) this.growSlots()
    if (this.used + length > this.arena.length) this.growArena()
    const section = this.count++
    const start = this.used
    for (let i = 0; i < length; i++) this.arena[start + i] = view.getUint8(at + i)
    this.used += length
    this.places[2 * section] = start
    this.places[2 * section + 1] = length
    this.hashes[section] = hashOf(view, at, length)
    this.place(section)
    return section
  }

  clear(): void {
    this.slots.fill(FREE)
    this.used = 0
    this.count = 0
  }

  private place(section: number): void {
    const { slots } = this
    const hash = this.hashes[section] as number
    const mask = slots.length / 2 - 1
    let slot = hash & mask
    while (slots[2 * slot + 1] !== FREE) slot = (slot + 1) & mask
    slots[2 * slot] = hash
    slots[2 * slot + 1] = section
  }

  private growSlots(): void {
    const { places, hashes } = this
    const size = this.slots.length * 4
    this.slots = new Int32Array(size).fill(FREE)
    this.places = new Int32Array(size / 2)
    this.places.set(places)
    this.hashes = new Int32Array(size / 4)
    this.hashes.set(hashes)
    for (let section = 0; section < this.count; section++) this.place(section)
  }

  private growArena(): void {
    const arena = new Uint8Array(this.arena.length * 2)
    arena.set(this.arena)
    this.arena = arena
    this.arenaView = new DataView(arena.buffer)
  }

  // Eight bytes of text are compared as one number. No two different texts are equal numbers: that takes a zero byte, which
  // JSON has nowhere. Texts that are no number (NaN: not ASCII) differ even from themselves, and are decoded anew.
  private equals(view: DataView, at: number, length: number, start: number): boolean {
    const { arenaView } = this
    let i = 0
    for (; i + 8 <= length; i += 8)
      if (view.getFloat64(at + i, true) !== arenaView.getFloat64(start + i, true)) return false
    for (; i < length; i++) if (view.getUint8(at + i) !== arenaView.getUint8(start + i)) return false
    return true
  }
}

/** In two lanes, which the processor works on side by side. */
function hashOf(view: DataView, at: number, length: number): number {
  let even = 0x811c9dc5 ^ length
  let odd = 0
  const end = at + length
  let i = Math.max(at, end - 4 * HASHED)
  for (; i + 8 <= end; i += 8) {
    even = Math.imul(((even << 13) | (even >>> 19)) ^ view.getInt32(i, true), 0x9e3779b1)
    odd = Math.imul(((odd << 11) | (odd >>> 21)) ^ view.getInt32(i + 4, true), 0x85ebca6b)
  }
  for (; i < end; i++) even = Math.imul(even ^ view.getUint8(i), 0x01000193)
  const hash = even ^ ((odd << 7) | (odd >>> 25))
  return hash ^ (hash >>> 15)
}
