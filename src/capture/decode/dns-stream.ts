// DNS messages over TCP (RFC 1035 sec. 4.2.2: a length of two bytes before each), put together from segments that come in
// order. Few streams and few bytes are kept; a stream with a gap is given up until its next message begins a segment.

import { copied, u16 } from './decoded.ts'

interface Stream {
  nextSequence: number
  bytes: Uint8Array
}

const MOST_STREAMS = 256
const LONGEST = 65537
const HEADER_LENGTH = 12
/** A question has a name of a byte, type and class; a record has a TTL and a length besides (RFC 1035 sec. 4.1). */
const SHORTEST_QUESTION = 5
const SHORTEST_RECORD = 11

export class DnsStreams {
  private readonly streams = new Map<number, Stream>()

  /** Takes the payload of one segment; calls back for each whole message, [from, to) of the bytes that it is given. */
  segment(
    flow: number,
    sequence: number,
    payload: Uint8Array,
    onMessage: (bytes: Uint8Array, from: number, to: number) => void,
  ): void {
    if (payload.length === 0) return
    const known = this.streams.get(flow)
    let bytes = payload
    if (known !== undefined) {
      this.streams.delete(flow)
      const overlap = (known.nextSequence - sequence) | 0
      // Retransmitted: what is new in it follows what is there.
      if (overlap >= payload.length) {
        this.streams.set(flow, known)
        return
      }
      if (overlap >= 0) {
        bytes = new Uint8Array(known.bytes.length + payload.length - overlap)
        bytes.set(known.bytes)
        bytes.set(payload.subarray(overlap), known.bytes.length)
      }
    }
    let at = 0
    while (at + 2 <= bytes.length) {
      const length = u16(bytes, at)
      // No message is shorter than its header: this is no DNS, or the stream was joined in its middle.
      if (length < HEADER_LENGTH) return
      const end = at + 2 + length
      if (end !== bytes.length && !mayBeMessage(bytes, at + 2, length)) return
      if (end > bytes.length) break
      onMessage(bytes, at + 2, end)
      at = end
    }
    if (at === bytes.length || bytes.length - at > LONGEST) return
    if (this.streams.size >= MOST_STREAMS) this.streams.delete(this.streams.keys().next().value as number)
    this.streams.set(flow, {
      nextSequence: (sequence + payload.length) >>> 0,
      bytes: copied(bytes, at, bytes.length),
    })
  }

  forget(flows: readonly number[]): void {
    for (const flow of flows) this.streams.delete(flow)
  }
}

/**
 * What a stream was joined in the middle of says in nearly every case that it has more questions and records than it has room for:
 * to wait for its end would hide the messages behind it.
 */
function mayBeMessage(bytes: Uint8Array, at: number, length: number): boolean {
  if (at + HEADER_LENGTH > bytes.length) return true
  const records = u16(bytes, at + 6) + u16(bytes, at + 8) + u16(bytes, at + 10)
  return HEADER_LENGTH + u16(bytes, at + 4) * SHORTEST_QUESTION + records * SHORTEST_RECORD <= length
}
