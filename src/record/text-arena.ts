// Texts side by side in one array, so that writing one of thousands costs a few misses of the cache and no call. A section is
// where the text begins: a word with its length in bytes, then the bytes, four a word, the first in the low bits.

const FIRST = 1 << 14
/** Words; beyond it the arena is full, and all is to be forgotten. */
const FULL = 1 << 23

export class TextArena {
  words = new Int32Array(FIRST)
  private used = 0

  get isFull(): boolean {
    return this.used > FULL
  }

  /** @returns the text's section */
  add(text: string): number {
    const bytes = Buffer.from(text, 'utf8')
    const section = this.used
    this.used += 1 + ((bytes.length + 3) >> 2)
    while (this.used > this.words.length) {
      const words = new Int32Array(this.words.length * 2)
      words.set(this.words)
      this.words = words
    }
    this.words.fill(0, section, this.used)
    this.words[section] = bytes.length
    for (let i = 0; i < bytes.length; i++) {
      const at = section + 1 + (i >> 2)
      this.words[at] = (this.words[at] as number) | ((bytes[i] as number) << (8 * (i & 3)))
    }
    return section
  }

  clear(): void {
    this.used = 0
  }
}
