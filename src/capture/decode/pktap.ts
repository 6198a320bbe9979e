// Apple's PKTAP header (LINKTYPE_PKTAP; bsd/net/pktap.h of XNU): the link type, interface and process of the frame behind it.
// Little-endian, as the machines that write it are. Version 1 has fields in fixed places, 108 bytes of them at least; version 2
// has 40 bytes, and offsets to its texts.

import { FRAME_IN, FRAME_OUT, FRAME_UNKNOWN } from '../port.ts'

export const LINKTYPE_PKTAP = 258

const V1_SIZE = 108
const V2_SIZE = 40
const TYPE_PACKET = 1
const FLAGS = 36
const FLAG_IN = 1
const FLAG_OUT = 2
/** Another process than the socket's last user: that on whose behalf the packet is. */
const FLAG_DELEGATED = 4
const FLAG_V2 = 0x80000
const IFNAME_LENGTH = 24
const COMM_LENGTH = 17

export interface PktapHeader {
  readonly length: number
  /** Of the frame behind it. */
  readonly linkType: number
  readonly direction: number
  /** Empty where it is not told. */
  readonly iface: string
  /** -1 where it is not told; 0 is the kernel. */
  readonly pid: number
  readonly process: string
}

/** Undefined where there is none, or it is cut. */
export function readPktap(frame: DataView, at: number, end: number): PktapHeader | undefined {
  if (end - at < V2_SIZE) return undefined
  const view = new DataView(frame.buffer, frame.byteOffset + at, end - at)
  const flags = view.getUint32(FLAGS, true)
  const direction = (flags & FLAG_OUT) !== 0 ? FRAME_OUT : (flags & FLAG_IN) !== 0 ? FRAME_IN : FRAME_UNKNOWN
  const isV2 = (flags & FLAG_V2) !== 0
  const length = isV2 ? view.getUint8(0) : view.getUint32(0, true)
  if (length < (isV2 ? V2_SIZE : V1_SIZE) || length > view.byteLength) return undefined
  const header = new DataView(view.buffer, view.byteOffset, length)
  const isDelegated = (flags & FLAG_DELEGATED) !== 0
  if (isV2) {
    const delegate = isDelegated ? view.getInt32(32, true) : -1
    return {
      length,
      linkType: view.getUint16(6, true),
      direction,
      iface: textAt(header, view.getUint8(3), IFNAME_LENGTH),
      pid: delegate > 0 ? delegate : view.getInt32(28, true),
      process: textAt(header, view.getUint8(delegate > 0 ? 5 : 4), COMM_LENGTH),
    }
  }
  if (view.getUint32(4, true) !== TYPE_PACKET) return undefined
  const delegate = isDelegated ? view.getInt32(84, true) : -1
  return {
    length,
    linkType: view.getUint32(8, true),
    direction,
    iface: textAt(header, 12, IFNAME_LENGTH),
    pid: delegate > 0 ? delegate : view.getInt32(52, true),
    process: textAt(header, delegate > 0 ? 88 : 56, COMM_LENGTH),
  }
}

const utf8 = new TextDecoder()

/** Text up to a NUL, `length` bytes, or the header's end. An offset of 0 means that there is none. */
function textAt(header: DataView, offset: number, length: number): string {
  if (offset === 0 || offset >= header.byteLength) return ''
  const most = Math.min(length, header.byteLength - offset)
  const field = new Uint8Array(header.buffer, header.byteOffset + offset, most)
  const end = field.indexOf(0)
  return utf8.decode(end < 0 ? field : field.subarray(0, end))
}
