// From a link type (https://www.tcpdump.org/linktypes.html) to the decoder of its header.

import { FRAME_IN, FRAME_LOCAL, FRAME_OUT, FRAME_UNKNOWN } from '../port.ts'
import type { Decoded } from './decoded.ts'
import { decodeEthernet, decodeEthertype, decodeLlc, decodePppProtocol, decodeSnap } from './ethernet.ts'
import { decodeIp, decodeIpv4, decodeIpv6 } from './ip.ts'
import { LINKTYPE_PKTAP, readPktap } from './pktap.ts'
import { decode80211, decodeAvs, decodeRadiotap } from './wireless.ts'

export type LinkDecoder = (view: DataView, at: number, end: number, wire: number, into: Decoded) => void

/** Undefined for a link type that is not decoded. */
export function linkDecoder(linkType: number): LinkDecoder | undefined {
  return decoders.get(linkType)
}

// BSD loopback encapsulation: the address family, in the byte order of the machine that wrote the file.
const decodeNull: LinkDecoder = (view, at, end, wire, into) => {
  if (end - at < 4) return
  const big = view.getUint32(at)
  const little = view.getUint32(at, true)
  // A family is small: read the other way round it is not. What is large both ways is Cisco's header of serial lines.
  if (big > 0xffff && little > 0xffff) decodeCiscoHdlc(view, at, end, wire, into)
  else decodeFamily(view, at + 4, end, wire - 4, Math.min(big, little), into)
}

const decodeLoop: LinkDecoder = (view, at, end, wire, into) => {
  if (end - at >= 4) decodeFamily(view, at + 4, end, wire - 4, view.getUint32(at), into)
}

function decodeFamily(
  view: DataView,
  at: number,
  end: number,
  wire: number,
  family: number,
  into: Decoded,
): void {
  if (family === 2) decodeIpv4(view, at, end, wire, into)
  // AF_INET6 of Linux 10, NetBSD and OpenBSD 24, FreeBSD 28, macOS 30.
  else if (family === 10 || family === 24 || family === 28 || family === 30)
    decodeIpv6(view, at, end, wire, into)
}

const SLL_HOST = 0
const SLL_OUTGOING = 4
const ARPHRD_LOOPBACK = 772

/** libpcap leaves out what leaves by the loopback interface, because it comes in there as well. */
function cookedDirection(packetType: number, hardwareType: number): number {
  if (packetType === SLL_OUTGOING) return FRAME_OUT
  if (packetType !== SLL_HOST) return FRAME_UNKNOWN
  return hardwareType === ARPHRD_LOOPBACK ? FRAME_LOCAL : FRAME_IN
}

// LINUX_SLL: 0 packet type, 2 ARPHRD, 4 address length, 6 address, 14 protocol.
const decodeSll: LinkDecoder = (view, at, end, wire, into) => {
  if (end - at < 16) return
  into.direction = cookedDirection(view.getUint16(at), view.getUint16(at + 2))
  decodeCooked(view, at + 16, end, wire - 16, view.getUint16(at + 14), into)
}

// LINUX_SLL2: 0 protocol, 4 interface index, 8 ARPHRD, 10 packet type, 11 address length, 12 address.
const decodeSll2: LinkDecoder = (view, at, end, wire, into) => {
  if (end - at < 20) return
  into.direction = cookedDirection(view.getUint8(at + 10), view.getUint16(at + 8))
  decodeCooked(view, at + 20, end, wire - 20, view.getUint16(at), into)
}

function decodeCooked(
  view: DataView,
  at: number,
  end: number,
  wire: number,
  protocol: number,
  into: Decoded,
): void {
  // Below 0x600 the kernel's own numbers for frames without an EtherType (linux/if_ether.h): 4 is 802.2 LLC.
  decodeEthertype(view, at, end, wire, protocol === 4 ? 0 : protocol, into)
}

// PPP in HDLC-like framing (RFC 1662): address 0xff and control 0x03 may stand in front; on serial lines Cisco HDLC's may.
const decodePpp: LinkDecoder = (view, at, end, wire, into) => {
  if (end - at < 2) return
  if (view.getUint8(at) === 0x0f || view.getUint8(at) === 0x8f)
    return decodeCiscoHdlc(view, at, end, wire, into)
  const framed = view.getUint8(at) === 0xff && view.getUint8(at + 1) === 3
  decodePppProtocol(view, framed ? at + 2 : at, end, framed ? wire - 2 : wire, into)
}

// Cisco HDLC (RFC 1547 sec. 4.3.1): address, control, EtherType.
const decodeCiscoHdlc: LinkDecoder = (view, at, end, wire, into) => {
  if (end - at < 4) return
  const protocol = view.getUint16(at + 2)
  if (protocol >= 0x600) decodeEthertype(view, at + 4, end, wire - 4, protocol, into)
}

// FDDI (RFC 1390): frame control, of which the high half is 5 for LLC; two addresses; LLC.
const decodeFddi: LinkDecoder = (view, at, end, wire, into) => {
  if (end - at >= 13 && view.getUint8(at) >> 4 === 5) decodeLlc(view, at + 13, end, wire - 13, into)
}

const NLPID_SNAP = 0x80
const NLPID_IPV6 = 0x8e
const NLPID_IPV4 = 0xcc

// Frame Relay (RFC 2427): an address of two to four bytes, the last with its lowest bit set; 3; a number of the protocol, before
// SNAP's a byte of padding. Cisco's own form has an EtherType behind the address.
const decodeFrameRelay: LinkDecoder = (view, at, end, wire, into) => {
  let here = at + 1
  while (here < at + 3 && here < end && (view.getUint8(here) & 1) === 0) here++
  here++
  if (end - here < 2) return
  if (view.getUint8(here) !== 3) {
    const ethertype = view.getUint16(here)
    if (ethertype >= 0x600) decodeEthertype(view, here + 2, end, wire - (here + 2 - at), ethertype, into)
    return
  }
  here++
  if (view.getUint8(here) === 0 && end - here >= 2) here++
  const protocol = view.getUint8(here++)
  const left = wire - (here - at)
  if (protocol === NLPID_IPV4) decodeIpv4(view, here, end, left, into)
  else if (protocol === NLPID_IPV6) decodeIpv6(view, here, end, left, into)
  else if (protocol === NLPID_SNAP) decodeSnap(view, here, end, left, into)
}

const LINKTYPE_PPI = 192

// Per-packet information (PPI, CACE Technologies): version, flags, length and link type, little-endian; fields; a frame. Neither it
// nor PKTAP stands in it: they could stand in each other without end.
const decodePpi: LinkDecoder = (view, at, end, wire, into) => {
  if (end - at < 8 || view.getUint8(at) !== 0) return
  const length = view.getUint16(at + 2, true)
  const linkType = view.getUint32(at + 4, true)
  if (length < 8 || length > end - at) return
  if (linkType === LINKTYPE_PPI || linkType === LINKTYPE_PKTAP) return
  linkDecoder(linkType)?.(view, at + length, end, wire - length, into)
}

// LINKTYPE_PPP_WITH_DIR: a byte that is 0 for what was received.
const decodePppWithDirection: LinkDecoder = (view, at, end, wire, into) => {
  if (end - at < 1) return
  into.direction = view.getUint8(at) === 0 ? FRAME_IN : FRAME_OUT
  decodePpp(view, at + 1, end, wire - 1, into)
}

// LINKTYPE_NFLOG: 0 address family, 1 version, 2 resource id; then attributes of length, type and value, padded to four bytes.
// Length and type are in the byte order of the host, which the file does not tell but the types do: they are below 256.
const decodeNflog: LinkDecoder = (view, at, end, wire, into) => {
  const NFULA_PAYLOAD = 9
  for (let here = at + 4; here + 4 <= end;) {
    const isLittle = (view.getUint8(here + 3) & 0x7f) === 0
    const length = isLittle ? view.getUint8(here) | (view.getUint8(here + 1) << 8) : view.getUint16(here)
    const type = view.getUint8(here + (isLittle ? 2 : 3))
    if (length < 4) return
    if (type === NFULA_PAYLOAD) {
      const stop = Math.min(end, here + length)
      decodeFamily(view, here + 4, stop, wire - (here + 4 - at), view.getUint8(at), into)
      return
    }
    here += (length + 3) & ~3
  }
}

// LINKTYPE_PPP_ETHER: a PPPoE header of 6 bytes, then PPP.
const decodePppEther: LinkDecoder = (view, at, end, wire, into) => {
  if (end - at >= 8) decodePppProtocol(view, at + 6, end, wire - 6, into)
}

// PKTAP: a header of its own length, then a frame of the link type that it names.
const decodePktap: LinkDecoder = (view, at, end, wire, into) => {
  const header = readPktap(view, at, end)
  if (header === undefined || header.linkType === LINKTYPE_PKTAP) return
  const { length, linkType, direction } = header
  linkDecoder(linkType)?.(view, at + length, end, wire - length, into)
  if (direction !== FRAME_UNKNOWN) into.direction = direction
}

const decoders: ReadonlyMap<number, LinkDecoder> = new Map<number, LinkDecoder>([
  [0, decodeNull],
  [1, decodeEthernet],
  [9, decodePpp],
  [10, decodeFddi],
  [12, decodeIp],
  [14, decodeIp],
  [50, decodePpp],
  [51, decodePppEther],
  // ATM, LLC encapsulation (RFC 2684 sec. 5).
  [100, decodeLlc],
  [101, decodeIp],
  [104, decodeCiscoHdlc],
  [105, decode80211],
  [107, decodeFrameRelay],
  [108, decodeLoop],
  [113, decodeSll],
  [127, decodeRadiotap],
  [163, decodeAvs],
  [LINKTYPE_PPI, decodePpi],
  [204, decodePppWithDirection],
  [228, decodeIpv4],
  [229, decodeIpv6],
  [239, decodeNflog],
  [LINKTYPE_PKTAP, decodePktap],
  [276, decodeSll2],
])
