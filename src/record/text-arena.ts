// Texts side by side in one array, so that writing one of thousands costs a few misses of the cache and no call. A section is
// where the text begins: a word with its length in bytes, then the bytes.

import { SHORTEST_WIDE, copyText } from './wide-text.ts'

const FIRST = 1 << 14
/** Words; beyond it the arena is full, and all is to be forgotten. */
const FULL = 1 << 23

export class TextArena {
  private words = new Int32Array(FIRST)
  private view = new DataView(this.words.buffer)
  private bytes = Buffer.from(this.words.buffer)
  private used = 0

  get isFull(): boolean {
    return this.used > FULL
  }

  /** @returns the text's section */
  add(text: string): number {
    const section = this.used
    // A character is at most three bytes.
    const most = section + 1 + text.length
    while (most > this.words.length) this.grow()
    const length = this.bytes.write(text, 4 * section + 4)
    if (length < SHORTEST_WIDE) throw new RangeError(`text too short: ${text}`)
    this.words[section] = length
    this.used += 1 + ((length + 3) >> 2)
    return section
  }

  /** Writes the section at `at`. @returns behind it */
  copy(section: number, to: DataView, at: number): number {
    return copyText(to, at, this.view, 4 * section + 4, this.words[section] as number)
  }

  clear(): void {
    this.used = 0
  }

  private grow(): void {
    const words = new Int32Array(this.words.length * 2)
    words.set(this.words)
    this.words = words
    this.view = new DataView(words.buffer)
    this.bytes = Buffer.from(words.buffer)
  }
}
