// The pcap file format (draft-ietf-opsawg-pcap): a header of 24 bytes, then records of 16 bytes and the packet. Both byte
// orders, microseconds and nanoseconds, the "modified" format with 24-byte record headers, and the versions before 2.4, which told
// the two lengths of a packet in the other order.

import { NetoprocError } from '../../record/error.ts'
import type { Frame } from '../port.ts'
import type { FormatParser, Recording } from './recording.ts'

const MAGIC_US = 0xa1b2c3d4
const MAGIC_NS = 0xa1b23c4d
const MAGIC_MODIFIED = 0xa1b2cd34
/** What libpcap's capture length goes up to: a longer packet is damage, unless the file says that it has such. */
const LONGEST_PACKET = 262_144
/** Of link types whose packets are no network's: D-Bus messages (D-Bus specification), EBHSCR, USBPcap. */
const longestOf: ReadonlyMap<number, number> = new Map([
  [231, 128 << 20],
  [279, 8 << 20],
  [249, 1 << 20],
])
/** A capture length above it is a way to say that there is none. */
const MOST_TO_SAY = 128 << 20

/** Undefined when the four bytes are not the magic of a pcap file. */
export function pcapByteOrder(view: DataView): boolean | undefined {
  for (const little of [true, false]) {
    if ([MAGIC_US, MAGIC_NS, MAGIC_MODIFIED].includes(view.getUint32(0, little))) return little
  }
  return undefined
}

export class PcapFormat implements FormatParser {
  private readonly little: boolean
  private readonly recording: Recording
  private linkType = -1
  private nanoseconds = false
  private recordHeader = 16
  private longest = LONGEST_PACKET
  /** Of the version 2: 4 is today's. */
  private minor = 4

  constructor(little: boolean, recording: Recording) {
    this.little = little
    this.recording = recording
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, frame: Frame): number {
    const { little } = this
    let at = start
    if (this.linkType < 0) {
      if (end - at < 24) return 0
      const magic = view.getUint32(at, little)
      const major = view.getUint16(at + 4, little)
      if (major !== 2)
        throw new NetoprocError('fatal', `${this.recording.name}: pcap version ${major} is not known`)
      this.nanoseconds = magic === MAGIC_NS
      if (magic === MAGIC_MODIFIED) this.recordHeader = 24
      // The upper bits hold the length of the frame check sequence.
      this.linkType = view.getUint32(at + 20, little) & 0xffff
      this.minor = view.getUint16(at + 6, little)
      const said = view.getUint32(at + 16, little)
      this.longest = Math.max(longestOf.get(this.linkType) ?? LONGEST_PACKET, said > MOST_TO_SAY ? 0 : said)
      at += 24
    }
    frame.linkType = this.linkType
    frame.lieIn(bytes, view)
    while (end - at >= this.recordHeader) {
      let captured = view.getUint32(at + 8, little)
      let wire = view.getUint32(at + 12, little)
      // Version 2.3 was written in both orders: no more can be captured than there is.
      if (this.minor < 3 || (this.minor === 3 && captured > wire)) [captured, wire] = [wire, captured]
      if (captured > this.longest) {
        throw this.recording.damaged(at - start, `a packet of ${captured} bytes`)
      }
      const body = at + this.recordHeader
      if (captured > end - body) break
      const fraction = view.getUint32(at + 4, little)
      frame.tsUs =
        view.getUint32(at, little) * 1e6 + (this.nanoseconds ? Math.floor(fraction / 1000) : fraction)
      frame.offset = body
      frame.capturedLength = captured
      frame.wireLength = wire
      this.recording.frame(frame)
      at = body + captured
    }
    return at - start
  }
}
