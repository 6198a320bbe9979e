// DNS messages in TCP streams, however the segments cut them, and from wherever a stream is seen.

import t from 'tap'
import { DnsStreams } from '../../src/capture/decode/dns-stream.ts'
import { header, nameBytes, u16 } from '../support/dns-messages.ts'

const message = (id: number, name = 'example.com') =>
  Buffer.concat([header(0x0100, [1, 0, 0, 0], id), nameBytes(name), u16(1), u16(1)])
const framed = (bytes: Buffer) => Buffer.concat([u16(bytes.length), bytes])

/** Ids of the messages that one segment after the other gives. */
function idsOf(segments: ReadonlyArray<Buffer>, sequence = 0xffffffd0): number[] {
  const streams = new DnsStreams()
  const ids: number[] = []
  for (const segment of segments) {
    streams.segment(1, sequence, segment, (bytes, from) =>
      ids.push(((bytes[from] as number) << 8) | (bytes[from + 1] as number)),
    )
    sequence = (sequence + segment.length) >>> 0
  }
  return ids
}

t.test('a stream may be cut anywhere', async t => {
  const all = Buffer.concat([1, 2, 3].map(id => framed(message(id))))
  for (let size = 1; size <= all.length; size++) {
    const segments = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
      all.subarray(i * size, (i + 1) * size),
    )
    t.same(idsOf(segments), [1, 2, 3], `${size} bytes`)
  }
})

t.test('what is seen from the middle of a message on does not hide the next ones', async t => {
  const long = Buffer.concat([message(1), Buffer.alloc(3000, 'some text that begins with no length')])
  const parts = framed(long)
  for (const from of [2, 14, 100, 1461]) {
    const segments = [
      parts.subarray(from, 1500),
      parts.subarray(1500),
      framed(message(7)),
      framed(message(8)),
    ]
    t.same(idsOf(segments), [7, 8], `from byte ${from} on`)
  }
  // 1280 bytes would be there, of no DNS message.
  const short = Buffer.concat([u16(500), Buffer.alloc(1278, 0xaa)])
  t.same(idsOf([short, framed(message(9))]), [9])
})

t.test('a message that is all of its segment is one, whatever it counts', async t => {
  const odd = Buffer.concat([header(0x8180, [65535, 65535, 65535, 65535], 5), Buffer.alloc(20)])
  t.same(idsOf([framed(odd), framed(message(6))]), [5, 6])
})
