// Finds what a run of bytes was decoded to the last time. A section is its text with some numbers before it, side by side in
// one arena, and found through an open-addressing table by the text's bytes, as they stand in the line: no string is made, and
// one of thousands of sections costs two misses of the cache. It begins small and grows with what it is given.

import { SHORTEST_WIDE, sameText } from './wide-text.ts'

const FIRST_SLOTS = 1 << 9
const MOST_SECTIONS = 1 << 16
const FIRST_ARENA = 1 << 16
const LARGEST_ARENA = 1 << 24
/** Longest text of a section, in bytes. */
export const LONGEST_SECTION = 4096
/** Bytes of the end of a text that its hash is made of, where ports and addresses are; of a shorter text all. */
const HASHED = 88
const FREE = -1

/** Words of a section before its text: its length in bytes, then the numbers. */
const LENGTH = 0
const HEADER = 4

export class SectionCache {
  /** Hash and section of each slot, side by side. */
  private slots = new Int32Array(2 * FIRST_SLOTS).fill(FREE)
  private words = new Int32Array(FIRST_ARENA / 4)
  private view = new DataView(this.words.buffer)
  private bytes = new Uint8Array(this.words.buffer)
  /** How often all sections were forgotten. */
  clears = 0
  /** In words. */
  private used = 0
  private count = 0
  // Who writes lines chooses the texts: secret factors keep them from choosing the collisions too. Odd, so that none is lost.
  private readonly factors = Int32Array.from({ length: HASHED / 4 }, () => (Math.random() * 0x100000000) | 1)

  /** The section whose text is the `length` bytes at `at`, or -1. */
  find(view: DataView, at: number, length: number): number {
    if (length < SHORTEST_WIDE || length > LONGEST_SECTION) return -1
    const hash = this.hashOf(view, at, length)
    const { slots, words } = this
    const mask = slots.length / 2 - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const section = slots[2 * slot + 1] as number
      if (section === FREE) return -1
      if (slots[2 * slot] !== hash || words[section] !== length) continue
      if (sameText(view, at, this.view, 4 * (section + HEADER), length)) return section
    }
  }

  /** Of the section's text, in bytes. */
  length(section: number): number {
    return this.words[section + LENGTH] as number
  }

  /** Length of the section when its text is at `at`, where at least LONGEST_SECTION bytes can be read; else -1. */
  match(section: number, view: DataView, at: number): number {
    const length = this.words[section + LENGTH] as number
    return sameText(view, at, this.view, 4 * (section + HEADER), length) ? length : -1
  }

  /**
   * Adds a section that is not known. Its numbers are 0.
   * @returns the section; the only one, with all others forgotten, when there is no more room; -1 when it cannot be kept
   */
  add(view: DataView, at: number, length: number): number {
    if (length < SHORTEST_WIDE || length > LONGEST_SECTION) return -1
    const size = HEADER + ((length + 3) >> 2)
    if (this.count >= MOST_SECTIONS || 4 * (this.used + size) > LARGEST_ARENA) this.clear()
    if (this.count >= this.slots.length / 4) this.growSlots()
    if (this.used + size > this.words.length) this.growArena()
    const section = this.used
    this.used += size
    this.count++
    this.words.fill(0, section, section + HEADER)
    this.words[section + LENGTH] = length
    this.bytes.set(new Uint8Array(view.buffer, view.byteOffset + at, length), 4 * (section + HEADER))
    this.place(section)
    return section
  }

  /** @param i 0, 1 or 2 */
  number(section: number, i: number): number {
    return this.words[section + 1 + i] as number
  }

  setNumber(section: number, i: number, value: number): void {
    this.words[section + 1 + i] = value
  }

  clear(): void {
    this.clears++
    this.slots.fill(FREE)
    this.used = 0
    this.count = 0
  }

  private place(section: number): void {
    const { slots } = this
    const hash = this.hashOf(this.view, 4 * (section + HEADER), this.words[section + LENGTH] as number)
    const mask = slots.length / 2 - 1
    let slot = hash & mask
    while (slots[2 * slot + 1] !== FREE) slot = (slot + 1) & mask
    slots[2 * slot] = hash
    slots[2 * slot + 1] = section
  }

  private growSlots(): void {
    this.slots = new Int32Array(this.slots.length * 4).fill(FREE)
    for (let section = 0; section < this.used;) {
      this.place(section)
      section += HEADER + (((this.words[section + LENGTH] as number) + 3) >> 2)
    }
  }

  private growArena(): void {
    const words = new Int32Array(this.words.length * 2)
    words.set(this.words)
    this.words = words
    this.view = new DataView(words.buffer)
    this.bytes = new Uint8Array(words.buffer)
  }

  /** A sum of products: the processor works on several at a time, which a chain of steps would not let it. */
  private hashOf(view: DataView, at: number, length: number): number {
    const { factors } = this
    const end = at + length
    const from = Math.max(at, end - HASHED)
    let hash = length
    let i = 0
    for (let word = from; word + 4 <= end; word += 4)
      hash = (hash + Math.imul(view.getInt32(word, true), factors[i++] as number)) | 0
    hash = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1)
    return hash ^ (hash >>> 13)
  }
}
