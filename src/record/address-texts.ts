// Texts of addresses that come again and again: as one string each, made once. Direct-mapped: an address that is not there
// takes the place of the one that was.

import { formatAddress } from './address.ts'

const PLACES = 1024

export class AddressTexts {
  private readonly words = new Uint32Array(PLACES * 4)
  private readonly texts: string[] = []

  /** Of the address whose words, in host order, begin at `at`. */
  of(words: Uint32Array, at: number): string {
    const w0 = words[at] as number
    const w1 = words[at + 1] as number
    const w2 = words[at + 2] as number
    const w3 = words[at + 3] as number
    const hash = Math.imul(w0 ^ Math.imul(w1 ^ Math.imul(w2 ^ w3, 0x9e3779b1), 0x85ebca6b), 0xc2b2ae35)
    const place = hash >>> 22
    const known = place * 4
    const text = this.texts[place]
    if (
      text !== undefined &&
      this.words[known] === w0 &&
      this.words[known + 1] === w1 &&
      this.words[known + 2] === w2 &&
      this.words[known + 3] === w3
    )
      return text
    this.words[known] = w0
    this.words[known + 1] = w1
    this.words[known + 2] = w2
    this.words[known + 3] = w3
    return (this.texts[place] = formatAddress(w0, w1, w2, w3))
  }
}
