// Walks over a DNS message, or over a part of one, and reads names (RFC 1035 sec. 3.1, 4.1.4). A name has at most 255 octets and
// follows at most MOST_POINTERS pointers, so that it costs little, whatever a message says.

import { u16, u32 } from './decoded.ts'
import { labelText } from './dns-text.ts'

/** The message, or a record's data, ends or makes no sense where something should be. */
export class CutShort extends Error {}

/** A name has at most 127 labels; servers point once, or a few times. Pointers may go forward: some servers' do. */
const MOST_POINTERS = 32
const MOST_OCTETS = 255

export class DnsReader {
  readonly bytes: Uint8Array
  at: number
  /** Of the message: what pointers count from and may point to. */
  private readonly start: number
  private readonly messageEnd: number
  private readonly end: number

  /** Reads [at, end) of the message [start, messageEnd). */
  constructor(bytes: Uint8Array, start: number, messageEnd: number, at: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.messageEnd = messageEnd
    this.at = at
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  /** A reader of the next bytes, which are passed over. @throws CutShort */
  part(length: number): DnsReader {
    const at = this.take(length)
    return new DnsReader(this.bytes, this.start, this.messageEnd, at, this.at)
  }

  /** @returns where the bytes begin */
  take(length: number): number {
    const { at } = this
    if (at + length > this.end) throw new CutShort()
    this.at += length
    return at
  }

  /** @returns where they end */
  takeRest(): number {
    this.at = this.end
    return this.end
  }

  u8(): number {
    return this.bytes[this.take(1)] as number
  }

  u16(): number {
    return u16(this.bytes, this.take(2))
  }

  u32(): number {
    return u32(this.bytes, this.take(4))
  }

  /** Without a final dot. */
  name(): string {
    const { bytes } = this
    let text = ''
    let octets = 1
    let pointers = 0
    let { at, end } = this
    for (;;) {
      if (at >= end) throw new CutShort()
      const length = bytes[at] as number
      const isPointer = (length & 0xc0) === 0xc0
      const next = at + (isPointer ? 2 : 1 + length)
      if (next > end || (!isPointer && length >= 0x40)) throw new CutShort()
      // What is behind the first pointer is elsewhere.
      if (pointers === 0) this.at = next
      if (length === 0) return text === '' ? '.' : text
      if (isPointer) {
        if (++pointers > MOST_POINTERS) throw new CutShort()
        at = this.start + (u16(bytes, at) & 0x3fff)
        end = this.messageEnd
        continue
      }
      octets += length + 1
      if (octets > MOST_OCTETS) throw new CutShort()
      text += (text === '' ? '' : '.') + labelText(bytes, at + 1, next)
      at = next
    }
  }

  /** Over a name that is not kept: its pointer is not followed, which would cost up to 127 labels for two bytes. */
  skipName(): undefined {
    for (;;) {
      const length = this.u8()
      if (length === 0) return
      if (length >= 0x40 && length < 0xc0) throw new CutShort()
      this.take(length >= 0xc0 ? 1 : length)
      if (length >= 0xc0) return
    }
  }
}
