// Texts side by side in one array, so that writing one of thousands costs a few misses of the cache and no call. A section is
// where the text begins: a word with its length in bytes, then the bytes.

import { SHORTEST_WIDE, copyText } from './wide-text.ts'

const FIRST = 1 << 14
/** Words; beyond it the arena is full, and all is to be forgotten. */
const FULL = 1 << 23

export class TextArena {
  private words = new Int32Array(FIRST)
  private view = new DataView(this.words.buffer)
  private used = 0

  get isFull(): boolean {
    return this.used > FULL
  }

  /** @returns the text's section */
  add(text: string): number {
    const bytes = Buffer.from(text, 'utf8')
    if (bytes.length < SHORTEST_WIDE) throw new RangeError(`text too short: ${text}`)
    const section = this.used
    this.used += 1 + ((bytes.length + 3) >> 2)
    while (this.used > this.words.length) {
      const words = new Int32Array(this.words.length * 2)
      words.set(this.words)
      this.words = words
      this.view = new DataView(words.buffer)
    }
    this.words[section] = bytes.length
    for (const [i, byte] of bytes.entries()) this.view.setUint8(4 * section + 4 + i, byte)
    return section
  }

  /** Writes the section at `at`. @returns behind it */
  copy(section: number, to: DataView, at: number): number {
    return copyText(to, at, this.view, 4 * section + 4, this.words[section] as number)
  }

  clear(): void {
    this.used = 0
  }
}
