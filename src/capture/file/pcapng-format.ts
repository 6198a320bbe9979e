// The pcapng file format (draft-ietf-opsawg-pcapng): blocks of type, length, body, length. Sections may differ in byte order;
// each interface has its own link type and time resolution. Blocks that are not packets or interfaces are passed over.

import { formatAddress } from '../../record/address.ts'
import { NetoprocError } from '../../record/error.ts'
import { printable } from '../../record/printable.ts'
import { NO_IFACE } from '../../record/record-batch.ts'
import { u32 } from '../decode/decoded.ts'
import { FRAME_IN, FRAME_OUT, FRAME_UNKNOWN, type Frame } from '../port.ts'
import type { FormatParser, Recording } from './recording.ts'

export const SECTION_HEADER_BLOCK = 0x0a0d0d0a
const INTERFACE_DESCRIPTION_BLOCK = 1
const PACKET_BLOCK = 2
const SIMPLE_PACKET_BLOCK = 3
const ENHANCED_PACKET_BLOCK = 6
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const LONGEST_BLOCK = 128 << 20

interface Interface {
  readonly linkType: number
  readonly snaplen: number
  readonly iface: number
  /** Ticks a second. */
  readonly ticks: number
  readonly offsetSeconds: number
}

export class PcapngFormat implements FormatParser {
  private readonly recording: Recording
  private little = true
  private begun = false
  private interfaces: Interface[] = []
  private hasWarned = false

  constructor(recording: Recording) {
    this.recording = recording
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, frame: Frame): number {
    let at = start
    frame.lieIn(bytes, view)
    while (end - at >= 12) {
      const type = view.getUint32(at, this.little)
      if (view.getUint32(at, false) === SECTION_HEADER_BLOCK) this.beginSection(view, at, at - start)
      const length = view.getUint32(at + 4, this.little)
      if (length < 12 || length % 4 !== 0 || length > LONGEST_BLOCK) {
        throw this.recording.damaged(at - start, `a block of ${length} bytes`)
      }
      if (length > end - at) break
      if (view.getUint32(at + length - 4, this.little) !== length) {
        throw this.recording.damaged(at - start, 'a block whose two lengths differ')
      }
      this.block(type, bytes, view, at + 8, at + length - 4, at - start, frame)
      at += length
    }
    return at - start
  }

  private beginSection(view: DataView, at: number, offset: number): void {
    if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) this.little = true
    else if (view.getUint32(at + 8, false) === BYTE_ORDER_MAGIC) this.little = false
    else throw this.recording.damaged(offset, 'a section without a byte-order magic')
  }

  private block(
    type: number,
    bytes: Uint8Array,
    view: DataView,
    from: number,
    to: number,
    offset: number,
    frame: Frame,
  ): void {
    const { little } = this
    if (view.getUint32(from - 8, false) === SECTION_HEADER_BLOCK) {
      if (to - from < 16) throw this.recording.damaged(offset, 'a section header cut short')
      const major = view.getUint16(from + 4, little)
      const minor = view.getUint16(from + 6, little)
      if (major !== 1 || (minor !== 0 && minor !== 2)) {
        throw new NetoprocError(
          'fatal',
          `${this.recording.name}: pcapng version ${major}.${minor} is not known`,
        )
      }
      this.options(view, from + 16, to, offset, () => {})
      this.interfaces = []
      this.begun = true
    } else if (!this.begun) throw this.recording.damaged(offset, 'no section header')
    else if (type === INTERFACE_DESCRIPTION_BLOCK) this.describe(bytes, view, from, to, offset)
    else if (type === ENHANCED_PACKET_BLOCK || type === PACKET_BLOCK)
      this.packet(type, view, from, to, offset, frame)
    else if (type === SIMPLE_PACKET_BLOCK) this.simplePacket(view, from, to, offset, frame)
  }

  private describe(bytes: Uint8Array, view: DataView, from: number, to: number, offset: number): void {
    if (to - from < 8) throw this.recording.damaged(offset, 'an interface description cut short')
    let name = ''
    let ticks = 1e6
    let offsetSeconds = 0
    const addresses: string[] = []
    this.options(view, from + 8, to, offset, (code, at, length) => {
      if (code === 2)
        name = printable(
          Buffer.from(bytes.buffer, bytes.byteOffset + at, length)
            .toString('utf8')
            .replace(/\0.*$/s, ''),
          256,
        )
      else if (code === 4 && length >= 8) addresses.push(formatAddress(0, 0, 0xffff, u32(bytes, at)))
      else if (code === 5 && length >= 17) {
        addresses.push(
          formatAddress(u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12)),
        )
      } else if (code === 9 && length >= 1) {
        const resolution = bytes[at] as number
        ticks = (resolution & 0x80) !== 0 ? 2 ** (resolution & 0x7f) : 10 ** resolution
      } else if (code === 14 && length >= 8) offsetSeconds = Number(view.getBigInt64(at, this.little))
    })
    this.interfaces.push({
      linkType: view.getUint16(from, this.little),
      snaplen: view.getUint32(from + 4, this.little),
      iface: name === '' ? NO_IFACE : this.recording.internInterface(name),
      ticks,
      offsetSeconds,
    })
    if (addresses.length > 0)
      this.recording.addInterface({ name, index: this.interfaces.length - 1, mtu: 0, addresses })
  }

  private packet(type: number, view: DataView, from: number, to: number, offset: number, frame: Frame): void {
    if (to - from < 20) throw this.recording.damaged(offset, 'a packet block cut short')
    const { little } = this
    const id = type === PACKET_BLOCK ? view.getUint16(from, little) : view.getUint32(from, little)
    const captured = view.getUint32(from + 12, little)
    if (captured > to - from - 20)
      throw this.recording.damaged(offset, `a packet of ${captured} bytes in a shorter block`)
    const at = this.known(id, offset)
    frame.tsUs = this.time(
      timestampUs(view.getUint32(from + 4, little), view.getUint32(from + 8, little), at),
    )
    frame.direction = FRAME_UNKNOWN
    this.options(view, from + 20 + ((captured + 3) & ~3), to, offset, (code, flags, length) => {
      if (code !== 2 || length !== 4) return
      const way = view.getUint32(flags, little) & 3
      frame.direction = way === 1 ? FRAME_IN : way === 2 ? FRAME_OUT : FRAME_UNKNOWN
    })
    this.handOver(from + 20, captured, view.getUint32(from + 16, little), at, frame)
  }

  private simplePacket(view: DataView, from: number, to: number, offset: number, frame: Frame): void {
    if (to - from < 4) throw this.recording.damaged(offset, 'a packet block cut short')
    const at = this.known(0, offset)
    const wire = view.getUint32(from, this.little)
    const captured = Math.min(wire, to - from - 4, at.snaplen === 0 ? Infinity : at.snaplen)
    frame.tsUs = 0
    frame.direction = FRAME_UNKNOWN
    this.handOver(from + 4, captured, wire, at, frame)
  }

  /** A time that records cannot tell is brought to the nearest that they can: its packet counts all the same. */
  private time(us: number): number {
    if (Math.abs(us) <= Number.MAX_SAFE_INTEGER) return us
    if (!this.hasWarned) {
      this.hasWarned = true
      this.recording.warn(
        `${this.recording.name}: there are times beyond the year 2255; the latest is taken instead`,
      )
    }
    return Math.sign(us) * Number.MAX_SAFE_INTEGER
  }

  private handOver(offset: number, captured: number, wire: number, at: Interface, frame: Frame): void {
    frame.offset = offset
    frame.capturedLength = captured
    frame.wireLength = wire
    frame.linkType = at.linkType
    frame.iface = at.iface
    this.recording.frame(frame)
  }

  private known(id: number, offset: number): Interface {
    const found = this.interfaces[id]
    if (found === undefined)
      throw this.recording.damaged(offset, `a packet of interface ${id}, which the file does not describe`)
    return found
  }

  /** Options: u16 code, u16 length, value padded to 4 bytes; code 0 ends them. */
  private options(
    view: DataView,
    from: number,
    to: number,
    offset: number,
    callback: (code: number, at: number, length: number) => void,
  ): void {
    for (let at = from; at + 4 <= to;) {
      const code = view.getUint16(at, this.little)
      const length = view.getUint16(at + 2, this.little)
      if (code === 0) return
      if (length > to - at - 4)
        throw this.recording.damaged(offset, `an option of ${length} bytes in a shorter block`)
      callback(code, at + 4, length)
      at += 4 + ((length + 3) & ~3)
    }
  }
}

/** A 64-bit count of ticks in two halves, to microseconds: exact for the resolutions in use, without BigInt. */
function timestampUs(high: number, low: number, { ticks, offsetSeconds }: Interface): number {
  const count = high * 0x100000000 + low
  if (count <= Number.MAX_SAFE_INTEGER && (ticks === 1e6 || 1e6 % ticks === 0))
    return count * (1e6 / ticks) + offsetSeconds * 1e6
  const exact = (BigInt(high) << 32n) | BigInt(low)
  return Number((exact * 1_000_000n) / BigInt(ticks)) + offsetSeconds * 1e6
}
