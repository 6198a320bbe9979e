// IPv4 (RFC 791 sec. 3.1) and IPv6 (RFC 8200) headers: addresses, length, fragment, and the protocol behind the extension
// headers. The outermost header only: what a tunnel carries is not looked at.

import { V4_MAPPED } from '../../record/address.ts'
import { META_IPV6 } from '../../record/flow-table.ts'
import { FRAGMENT_FIRST, FRAGMENT_LATER } from '../../record/record-batch.ts'
import type { Decoded } from './decoded.ts'
import { decodeTransport } from './transport.ts'

const IPPROTO_HOPOPTS = 0
const IPPROTO_ROUTING = 43
const IPPROTO_FRAGMENT = 44
const IPPROTO_DSTOPTS = 60
const IPPROTO_SHIM6 = 140

/** Whichever version the first four bits say. @param wire bytes on the wire from `at` on @returns false when it is not IP */
export function decodeIp(view: DataView, at: number, end: number, wire: number, into: Decoded): boolean {
  if (at >= end) return false
  const version = view.getUint8(at) >> 4
  if (version === 4) return decodeIpv4(view, at, end, wire, into)
  return version === 6 && decodeIpv6(view, at, end, wire, into)
}

export function decodeIpv4(view: DataView, at: number, end: number, wire: number, into: Decoded): boolean {
  if (end - at < 20) return false
  // Version, header length, type of service, total length.
  const first = view.getUint32(at)
  const header = ((first >>> 24) & 15) * 4
  if (first >>> 28 !== 4 || header < 20) return false
  const said = first & 0xffff
  // 0: a packet that the interface will cut into segments (TCP segmentation offload), as long as the frame is.
  const total = said === 0 ? wire : said
  into.version = 4
  into.proto = view.getUint8(at + 9)
  const { addresses } = into
  addresses[0] = addresses[1] = addresses[4] = addresses[5] = 0
  addresses[2] = addresses[6] = V4_MAPPED
  addresses[3] = view.getUint32(at + 12)
  addresses[7] = view.getUint32(at + 16)
  into.ipBytes = total
  into.headerBytes = header
  const fragment = view.getUint16(at + 6)
  if ((fragment & 0x1fff) !== 0) {
    into.fragment = FRAGMENT_LATER
    return true
  }
  if ((fragment & 0x2000) !== 0) into.fragment = FRAGMENT_FIRST
  decodeTransport(view, at + header, Math.min(end, at + total), into)
  return true
}

export function decodeIpv6(view: DataView, at: number, end: number, wire: number, into: Decoded): boolean {
  if (end - at < 40 || view.getUint8(at) >> 4 !== 6) return false
  const payload = view.getUint16(at + 4)
  into.version = 6
  // Source and destination lie side by side.
  for (let i = 0; i < 8; i++) into.addresses[i] = view.getUint32(at + 8 + 4 * i)
  let next = view.getUint8(at + 6)
  // 0: a jumbogram (RFC 2675) or a packet that the interface will cut, as long as the frame is.
  into.ipBytes = payload === 0 && next !== 59 ? Math.max(wire, 40) : 40 + payload
  const stop = Math.min(end, at + into.ipBytes)
  let here = at + 40
  // Each extension header is 8 bytes or more: the packet's length bounds the walk.
  for (;;) {
    if (next === IPPROTO_FRAGMENT) {
      if (stop - here < 8) break
      const fragment = view.getUint16(here + 2)
      next = view.getUint8(here)
      here += 8
      if ((fragment & 0xfff8) !== 0) {
        into.fragment = FRAGMENT_LATER
        break
      }
      if ((fragment & 1) !== 0) into.fragment = FRAGMENT_FIRST
    } else if (isOptions(next)) {
      // Of one that is cut behind its first two bytes all is known that the walk needs.
      if (stop - here < 2) break
      next = view.getUint8(here)
      here += (view.getUint8(here + 1) + 1) * 8
    } else break
  }
  into.proto = next
  into.headerBytes = here - at
  if (into.fragment !== FRAGMENT_LATER) decodeTransport(view, here, stop, into)
  return true
}

function isOptions(next: number): boolean {
  return (
    next === IPPROTO_HOPOPTS || next === IPPROTO_ROUTING || next === IPPROTO_DSTOPTS || next === IPPROTO_SHIM6
  )
}

/** FlowTable's meta of what was decoded, without META_PORTS. */
export function flowMeta(decoded: Decoded): number {
  return decoded.proto | (decoded.version === 6 ? META_IPV6 : 0)
}
