// Ethernet II (IEEE 802.3), with 802.1Q and 802.1ad tags, LLC/SNAP (IEEE 802.2), MPLS (RFC 3032) and PPPoE sessions
// (RFC 2516) in front of IP; and, of bridges and service chains, VN-tag, E-tag, provider backbone, FabricPath, NSH (RFC 8300), Cisco
// metadata and Arista timestamps.

import { ABSENT_16 } from '../../record/record-batch.ts'
import type { Decoded } from './decoded.ts'
import { decodeIp, decodeIpv4, decodeIpv6 } from './ip.ts'

const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const ETHERTYPE_MPLS = 0x8847
const ETHERTYPE_MPLS_MULTICAST = 0x8848
const ETHERTYPE_PPPOE_SESSION = 0x8864
/** Tag of a virtual network interface (IEEE 802.1BR's forerunner): four bytes before the next EtherType. */
const ETHERTYPE_VNTAG = 0x8926
/** A service instance's tag (IEEE 802.1ah), and transparent bridging: another Ethernet frame is behind. */
const ETHERTYPE_PBB = 0x88e7
const ETHERTYPE_BRIDGED = 0x6558
/** A port extender's tag (IEEE 802.1BR): six bytes before the next EtherType. */
const ETHERTYPE_ETAG = 0x893f
/** Cisco FabricPath: two bytes of tree and hop count, then another Ethernet frame. */
const ETHERTYPE_FABRICPATH = 0x8903
/** RFC 8300: the length in words is in the second byte's lower six bits, what follows in the fourth byte. */
const ETHERTYPE_NSH = 0x894f
/** Cisco metadata, which security groups are told in: version, count of fields, fields of four bytes. */
const ETHERTYPE_CISCO_METADATA = 0x8909
/** Arista's header of frames that are copied to a monitor port with their time: subtype, format, the time in 64 or 48 bits. */
const ETHERTYPE_ARISTA = 0xd28b
const ARISTA_TIMESTAMP = 1
const ARISTA_64_BITS = 1
const ARISTA_48_BITS = 2
const NSH_IPV4 = 1
const NSH_IPV6 = 2
const NSH_ETHERNET = 3
const MOST_LAYERS = 8
const MOST_LABELS = 16

export function decodeEthernet(view: DataView, at: number, end: number, wire: number, into: Decoded): void {
  if (end - at < 14) return
  decodeEthertype(view, at + 14, end, wire - 14, view.getUint16(at + 12), into)
}

/** What is behind an EtherType, tags included. @param wire bytes on the wire from `at` on */
export function decodeEthertype(
  view: DataView,
  at: number,
  end: number,
  wire: number,
  ethertype: number,
  into: Decoded,
): void {
  for (; isTag(ethertype); into.layers++) {
    if (end - at < 4 || into.layers >= MOST_LAYERS) {
      into.ethertype = ethertype
      return
    }
    if (into.vlan === ABSENT_16) into.vlan = view.getUint16(at) & 0xfff
    ethertype = view.getUint16(at + 2)
    at += 4
    wire -= 4
  }
  if (into.layers++ < MOST_LAYERS) {
    if (ethertype === ETHERTYPE_VNTAG && end - at >= 6)
      return decodeEthertype(view, at + 6, end, wire - 6, view.getUint16(at + 4), into)
    if (ethertype === ETHERTYPE_ETAG && end - at >= 8)
      return decodeEthertype(view, at + 8, end, wire - 8, view.getUint16(at + 6), into)
    if (ethertype === ETHERTYPE_CISCO_METADATA && end - at >= 4) {
      const length = 2 + 4 * view.getUint8(at + 1)
      return decodeBehind(view, at + length, end, wire - length, ethertype, into)
    }
    if (ethertype === ETHERTYPE_ARISTA && end - at >= 4 && view.getUint16(at) === ARISTA_TIMESTAMP) {
      const format = view.getUint8(at + 3) >> 4
      if (format === ARISTA_64_BITS) return decodeBehind(view, at + 12, end, wire - 12, ethertype, into)
      if (format === ARISTA_48_BITS) return decodeBehind(view, at + 10, end, wire - 10, ethertype, into)
    }
    if (ethertype === ETHERTYPE_FABRICPATH && end - at >= 16)
      return decodeEthernet(view, at + 2, end, wire - 2, into)
    if (ethertype === ETHERTYPE_NSH && end - at >= 8) return decodeNsh(view, at, end, wire, into)
    if (ethertype === ETHERTYPE_PBB && end - at >= 18)
      return decodeEthernet(view, at + 4, end, wire - 4, into)
    if (ethertype === ETHERTYPE_BRIDGED && end - at >= 14) return decodeEthernet(view, at, end, wire, into)
    // Below 0x600 the field is a length (IEEE 802.3 sec. 3.2.6).
    if (ethertype < 0x600) return decodeLlc(view, at, end, wire, into)
  }
  let isIp = false
  if (ethertype === ETHERTYPE_IPV4) isIp = decodeIpv4(view, at, end, wire, into)
  else if (ethertype === ETHERTYPE_IPV6) isIp = decodeIpv6(view, at, end, wire, into)
  else if (ethertype === ETHERTYPE_MPLS || ethertype === ETHERTYPE_MPLS_MULTICAST)
    isIp = decodeMpls(view, at, end, wire, into)
  else if (ethertype === ETHERTYPE_PPPOE_SESSION && end - at >= 8)
    isIp = decodePppProtocol(view, at + 6, end, wire - 6, into)
  if (!isIp && ethertype >= 0x600) into.ethertype = ethertype
}

/** A tag that ends at `at`, where the next EtherType stands. @param tag that of the tag, for where nothing is behind it */
function decodeBehind(
  view: DataView,
  at: number,
  end: number,
  wire: number,
  tag: number,
  into: Decoded,
): void {
  if (end - at < 2) into.ethertype = tag
  else decodeEthertype(view, at + 2, end, wire - 2, view.getUint16(at), into)
}

/** A two-byte PPP protocol number (RFC 1661 sec. 2) and what is behind it. */
export function decodePppProtocol(
  view: DataView,
  at: number,
  end: number,
  wire: number,
  into: Decoded,
): boolean {
  if (end - at < 2) return false
  // An odd first byte is a whole number: protocol field compression (RFC 1661 sec. 6.5).
  const compressed = (view.getUint8(at) & 1) === 1
  const protocol = compressed ? view.getUint8(at) : view.getUint16(at)
  const skip = compressed ? 1 : 2
  if (protocol === 0x21) return decodeIpv4(view, at + skip, end, wire - skip, into)
  if (protocol === 0x57) return decodeIpv6(view, at + skip, end, wire - skip, into)
  // MPLS, one receiver's and many receivers' (RFC 3032 sec. 4.3).
  return (protocol === 0x281 || protocol === 0x283) && decodeMpls(view, at + skip, end, wire - skip, into)
}

function isTag(ethertype: number): boolean {
  return (
    ethertype === 0x8100 ||
    ethertype === 0x88a8 ||
    ethertype === 0x9100 ||
    ethertype === 0x9200 ||
    ethertype === 0x9300
  )
}

/** IEEE 802.2 LLC: IP is behind a SNAP header. */
export function decodeLlc(view: DataView, at: number, end: number, wire: number, into: Decoded): void {
  const isSnap =
    end - at >= 3 &&
    view.getUint8(at) === 0xaa &&
    view.getUint8(at + 1) === 0xaa &&
    view.getUint8(at + 2) === 3
  if (isSnap) decodeSnap(view, at + 3, end, wire - 3, into)
}

/** Only an organization code of zero means that an EtherType follows (RFC 1042). */
export function decodeSnap(view: DataView, at: number, end: number, wire: number, into: Decoded): void {
  if (end - at < 5 || view.getUint8(at) !== 0 || view.getUint16(at + 1) !== 0) return
  const ethertype = view.getUint16(at + 3)
  if (ethertype >= 0x600) decodeEthertype(view, at + 5, end, wire - 5, ethertype, into)
}

function decodeNsh(view: DataView, at: number, end: number, wire: number, into: Decoded): void {
  const length = (view.getUint8(at + 1) & 0x3f) * 4
  const next = view.getUint8(at + 3)
  const behind = at + Math.max(length, 8)
  let isIp = false
  if (next === NSH_ETHERNET) return decodeEthernet(view, behind, end, wire - (behind - at), into)
  if (next === NSH_IPV4) isIp = decodeIpv4(view, behind, end, wire - (behind - at), into)
  else if (next === NSH_IPV6) isIp = decodeIpv6(view, behind, end, wire - (behind - at), into)
  if (!isIp) into.ethertype = ETHERTYPE_NSH
}

/**
 * The label stack does not say what is behind it. IP begins with its version, but so may a frame of a pseudo-wire (RFC 4928
 * sec. 2): its length, too, has to be one that there is room for.
 */
function isLikelyIp(view: DataView, at: number, end: number, wire: number): boolean {
  if (end - at < 20) return false
  if (view.getUint8(at) >> 4 === 6) return 40 + view.getUint16(at + 4) <= wire
  const length = view.getUint16(at + 2)
  return length >= (view.getUint8(at) & 15) * 4 && length <= wire
}

function decodeMpls(view: DataView, at: number, end: number, wire: number, into: Decoded): boolean {
  for (let i = 0; i < MOST_LABELS && end - at >= 4; i++) {
    const bottom = (view.getUint8(at + 2) & 1) === 1
    at += 4
    wire -= 4
    if (bottom) return isLikelyIp(view, at, end, wire) && decodeIp(view, at, end, wire, into)
  }
  return false
}
