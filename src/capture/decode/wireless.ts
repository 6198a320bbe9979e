// IEEE 802.11 frames (IEEE 802.11-2020 sec. 9.2) and the headers that capture tools put in front of them. Data frames that are
// not encrypted carry LLC/SNAP and so IP; management, control and encrypted frames are counted without addresses.

import type { Decoded } from './decoded.ts'
import { decodeLlc } from './ethernet.ts'

const TYPE_DATA = 2
/** Bits of a data frame's subtype. */
const NO_DATA = 4
const QOS = 8
/** Bits of the second byte of frame control. */
const TO_AND_FROM_DS = 3
const PROTECTED = 0x40
const ORDER = 0x80
/** In QoS control: several frames in one. */
const AGGREGATED = 0x80

export function decode80211(
  view: DataView,
  at: number,
  end: number,
  wire: number,
  into: Decoded,
  isPadded = false,
): void {
  if (end - at < 24) return
  const control = view.getUint8(at)
  const flags = view.getUint8(at + 1)
  const subtype = control >> 4
  const isData = (control & 3) === 0 && ((control >> 2) & 3) === TYPE_DATA
  if (!isData || (subtype & NO_DATA) !== 0 || (flags & PROTECTED) !== 0) return
  let header = (flags & TO_AND_FROM_DS) === TO_AND_FROM_DS ? 30 : 24
  if ((subtype & QOS) !== 0) {
    if (end - at < header + 2 || (view.getUint8(at + header) & AGGREGATED) !== 0) return
    header += (flags & ORDER) === 0 ? 2 : 6
  }
  if (isPadded) header = (header + 3) & ~3
  decodeLlc(view, at + header, end, wire - header, into)
}

const RADIOTAP_MORE = 0x80000000
const RADIOTAP_TSFT = 1
const RADIOTAP_FLAGS = 2
/** In the flags: the 802.11 header is padded to four bytes. */
const DATA_PAD = 0x20

/** Radiotap (https://www.radiotap.org): little-endian; length of the header at 2, which fields are there from 4 on. */
export function decodeRadiotap(view: DataView, at: number, end: number, wire: number, into: Decoded): void {
  if (end - at < 8) return
  const length = view.getUint8(at + 2) | (view.getUint8(at + 3) << 8)
  if (length < 8 || length > end - at) return
  const present = littleEndian(view, at + 4)
  let field = 8
  for (let more = present; (more & RADIOTAP_MORE) !== 0 && field + 4 <= length; field += 4)
    more = littleEndian(view, at + field)
  if ((present & RADIOTAP_TSFT) !== 0) field = ((field + 7) & ~7) + 8
  const isPadded =
    (present & RADIOTAP_FLAGS) !== 0 && field < length && (view.getUint8(at + field) & DATA_PAD) !== 0
  decode80211(view, at + length, end, wire - length, into, isPadded)
}

/** AVS header (LINKTYPE_IEEE802_11_AVS): its length, big-endian, at 4. */
export function decodeAvs(view: DataView, at: number, end: number, wire: number, into: Decoded): void {
  if (end - at < 8 || view.getUint8(at + 4) !== 0 || view.getUint8(at + 5) !== 0) return
  const length = (view.getUint8(at + 6) << 8) | view.getUint8(at + 7)
  if (length >= 8 && length <= end - at) decode80211(view, at + length, end, wire - length, into)
}

function littleEndian(view: DataView, at: number): number {
  return (
    view.getUint8(at) |
    (view.getUint8(at + 1) << 8) |
    (view.getUint8(at + 2) << 16) |
    (view.getUint8(at + 3) << 24)
  )
}
