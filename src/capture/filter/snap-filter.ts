// The program that runs in the Linux kernel for each packet: which packets are counted, and how many bytes of each are
// handed over - the headers, and the whole of what is read for names (DNS; the first packets of TLS and QUIC when asked).
//
// A load that misses the packet makes the kernel drop it without counting, so every load of a field that a short packet
// may lack is guarded by the packet's length: nothing is left out because it is malformed. (SKF_NET_OFF loads need no
// link-type cases, but cannot be guarded, and miss headers that lie outside the linear part of the kernel's buffer.)

import { BpfAssembler, NEXT } from './bpf-assembler.ts'
import {
  SKF_AD_HATYPE,
  SKF_AD_IFINDEX,
  SKF_AD_PKTTYPE,
  SKF_AD_PROTOCOL,
  type BpfProgram,
} from './classic-bpf.ts'

/**
 * Bytes of headers: Ethernet with two VLAN tags 22, IPv4 with all options 60, the fixed TCP header 20, which makes 102; or
 * IPv6 40, TCP 20, and 46 for extension headers. TCP options are not read: the header's length is in its fixed part.
 */
export const HEADER_SNAPLEN = 128

/** More than any packet has. */
export const WHOLE_PACKET = 262144

/** sll_pkttype, linux/if_packet.h */
const PACKET_OTHERHOST = 3
const PACKET_OUTGOING = 4
/** sll_hatype, linux/if_arp.h */
const ARPHRD_ETHER = 1
const ARPHRD_LOOPBACK = 772
const ETH_P_IP = 0x0800
const ETH_P_IPV6 = 0x86dd
const ETH_P_8021Q = 0x8100
const ETH_P_8021AD = 0x88a8
const IPPROTO_TCP = 6
const IPPROTO_UDP = 17
/** DNS, multicast DNS (RFC 6762), LLMNR (RFC 4795). */
const DNS_PORTS = [53, 5353, 5355]
/** Ethernet with one tag, and the IPv4 header: the loads before the transport header need no more. */
const LEAST_IP = 18 + 20

// The beginning of a TLS record that begins a ClientHello (RFC 8446 sec. 4, 5.1), and of a QUIC Initial packet: one byte, then
// the version (RFC 9000 sec. 17.2.2, RFC 9369 sec. 3.2; drafts 29 to 32).
const TLS_HANDSHAKE = 0x16
const TLS_MAJOR_VERSION = 3
const TLS_CLIENT_HELLO = 1
const QUIC_VERSIONS = [1, 0xff00001d, 0xff00001e, 0xff00001f, 0xff000020]
const QUIC_INITIAL = 0xc0
const QUIC_V2 = 0x6b3343cf
const QUIC_V2_INITIAL = 0xd0

// The rest of a ClientHello that fills more than a segment, on interfaces that do not segment themselves, begins with anything:
// to the port of HTTPS, the last segment of what a program writes is handed over when it begins with no TLS record.
const HTTPS_PORT = 443
const TCP_PUSH = 0x08
/** Content types of TLS records. */
const TLS_FIRST_CONTENT = 0x14
const TLS_LAST_CONTENT = 0x17
/** Longer ones were not segmented yet, and hold the whole of it from its beginning. */
const LONGEST_SEGMENT = 1600

// Words of the program's memory.
const PROTOCOL = 0
const DESTINATION_PORT = 1
const TCP_FLAGS = 2

export interface SnapFilterOptions {
  /** Bytes kept of a packet of which only the headers are read. */
  readonly snaplen: number
  /** Packets that are not for this host count too. */
  readonly promisc: boolean
  /** Keep packets from and to the ports of DNS whole. */
  readonly dns: boolean
  /** Refuse all packets but those. */
  readonly dnsOnly: boolean
  /** Keep the packets whole in which a client tells a server's name: the ClientHello of TLS, Initial packets of QUIC. */
  readonly serverNames: boolean
  /** Interfaces to take packets of; all when absent. */
  readonly onlyInterfaces?: readonly number[]
  /** Interfaces whose packets another interface shows as well. */
  readonly exceptInterfaces?: readonly number[]
  /** What the user wants to see; compiled for frames that start at the Ethernet header, and at the IP header. */
  readonly expression?: { readonly ethernet: BpfProgram; readonly ip: BpfProgram }
}

/** The program, for SO_ATTACH_FILTER on an AF_PACKET socket of type SOCK_RAW. */
export function compileSnapFilter(options: SnapFilterOptions): BpfProgram {
  const a = new BpfAssembler()
  selectInterfaces(a, options)
  selectPacketTypes(a, options.promisc)
  if (options.expression !== undefined) {
    a.loadAncillary(SKF_AD_HATYPE).ifEqual(ARPHRD_ETHER, 'ethernet').ifEqual(ARPHRD_LOOPBACK, 'ethernet')
    a.include(options.expression.ip, 'wanted')
    a.label('ethernet').include(options.expression.ethernet, 'wanted')
  }
  a.label('wanted')
  keepHeaders(a, options, { front: 0, findNetwork, ifOutgoing })
  return a.assemble()
}

/** What is kept of each packet. */
export type SnapLengths = Pick<SnapFilterOptions, 'snaplen' | 'dns' | 'dnsOnly' | 'serverNames'>

/** How packets come from a capture device. */
export interface PacketLayout {
  /** Bytes before the link header. */
  readonly front: number
  /**
   * Sets X to the network header, and goes to 'ipv4' or 'ipv6', or to 'headers' for everything else. It may load what
   * LEAST_IP bytes from the link header on hold.
   */
  readonly findNetwork: (a: BpfAssembler) => void
  /** Goes to the label for packets that this host sends, where that can be told, else always; 'headers' for the others. */
  readonly ifOutgoing: (a: BpfAssembler, label: 'whole') => void
}

/** Ends the program: keeps the headers of a packet, or all of it where names may be told. */
export function keepHeaders(a: BpfAssembler, options: SnapLengths, layout: PacketLayout): void {
  const { front, findNetwork } = layout
  if (options.dns || options.dnsOnly || options.serverNames) {
    // What is no longer than the headers is handed over whole in any case.
    const least = options.dnsOnly ? LEAST_IP : Math.max(LEAST_IP, options.snaplen + 1)
    a.loadLength().ifAtLeast(front + least, NEXT, 'headers')
    findNetwork(a)
    findTransport(a)
    keepNames(a, options, layout)
  }
  a.label('headers').keep(options.dnsOnly ? 0 : front + options.snaplen)
  a.label('whole').keep(WHOLE_PACKET)
  a.label('refuse').keep(0)
}

function selectInterfaces(a: BpfAssembler, { onlyInterfaces, exceptInterfaces }: SnapFilterOptions): void {
  if (onlyInterfaces !== undefined) {
    a.loadAncillary(SKF_AD_IFINDEX)
    for (const index of onlyInterfaces) a.ifEqual(index, 'interface')
    a.jump('refuse')
  } else if (exceptInterfaces !== undefined && exceptInterfaces.length > 0) {
    a.loadAncillary(SKF_AD_IFINDEX)
    for (const index of exceptInterfaces) a.ifEqual(index, 'refuse')
  }
  a.label('interface')
}

/**
 * Other hosts' packets are not this host's traffic. Loopback hands over each packet twice, when it leaves and when it has
 * arrived; the arrived one is counted: so do the interface's own counters (drivers/net/loopback.c), tcpdump does the same,
 * and the other is missing for what a program sends past the queues (PACKET_QDISC_BYPASS).
 */
function selectPacketTypes(a: BpfAssembler, promisc: boolean): void {
  a.loadAncillary(SKF_AD_PKTTYPE)
  if (!promisc) a.ifEqual(PACKET_OTHERHOST, 'refuse')
  a.ifEqual(PACKET_OUTGOING, NEXT, 'counted')
  a.loadAncillary(SKF_AD_HATYPE).ifEqual(ARPHRD_LOOPBACK, 'refuse')
  a.label('counted')
}

/**
 * Sets X to the network header: 14, 18 behind a VLAN tag that the driver could not take off, 0 on interfaces without link
 * header (the few with another one carry too little DNS to be worth their cases).
 */
function findNetwork(a: BpfAssembler): void {
  a.loadAncillary(SKF_AD_HATYPE).ifEqual(ARPHRD_ETHER, 'linkHeader').ifEqual(ARPHRD_LOOPBACK, 'linkHeader')
  a.loadX(0).loadAncillary(SKF_AD_PROTOCOL).jump('network')
  a.label('linkHeader')
  findBehindEthernet(a, 0)
}

function ifOutgoing(a: BpfAssembler, label: 'whole'): void {
  a.loadAncillary(SKF_AD_PKTTYPE).ifEqual(PACKET_OUTGOING, label, 'headers')
}

/** As findNetwork, for frames that begin with an Ethernet header, `front` bytes into the packet. */
export function findBehindEthernet(a: BpfAssembler, front: number): void {
  a.loadHalf(front + 12)
    .ifEqual(ETH_P_8021Q, 'tagged')
    .ifEqual(ETH_P_8021AD, 'tagged')
  a.loadX(front + 14).jump('network')
  a.label('tagged')
    .loadX(front + 18)
    .loadHalf(front + 16)
  a.label('network').ifEqual(ETH_P_IP, 'ipv4').ifEqual(ETH_P_IPV6, 'ipv6').jump('headers')
}

/**
 * Sets X to the first byte of the TCP or UDP header, of which eight bytes are there, and memory word 0 to the protocol; goes
 * to 'headers' for everything else. IPv6 with extension headers and later fragments go there too: DNS is not sent in them,
 * or not readable.
 */
function findTransport(a: BpfAssembler): void {
  a.label('ipv4').loadHalfAtX(6).ifAnyBit(0x1fff, 'headers')
  a.loadByteAtX(9).store(PROTOCOL)
  a.loadByteAtX(0).and(0xf).shiftLeft(2).addX().setX().jump('transport')
  a.label('ipv6').loadByteAtX(6).store(PROTOCOL)
  a.getX().add(40).setX()
  a.label('transport').load(PROTOCOL).ifEqual(IPPROTO_UDP, 'ports').ifEqual(IPPROTO_TCP, 'ports', 'headers')
  // LEAST_IP is behind us: no underflow.
  a.label('ports').loadLength().subtract(8).ifAtLeastX(NEXT, 'headers')
}

function keepNames(a: BpfAssembler, { dns, dnsOnly, serverNames }: SnapLengths, layout: PacketLayout): void {
  if (dns || dnsOnly) {
    for (const portOff of [0, 2]) {
      a.loadHalfAtX(portOff)
      for (const port of DNS_PORTS) a.ifEqual(port, 'whole')
    }
  }
  if (serverNames) keepServerNames(a, layout)
}

/** @see client-hello.ts and quic-initial.ts, which read them: what these do not read need not be handed over. */
function keepServerNames(a: BpfAssembler, { front, ifOutgoing }: PacketLayout): void {
  a.load(PROTOCOL).ifEqual(IPPROTO_TCP, 'tcp')
  a.loadLength().subtract(13).ifAtLeastX(NEXT, 'headers')
  a.loadWordAtX(9)
  for (const version of QUIC_VERSIONS) a.ifEqual(version, 'quic')
  a.ifEqual(QUIC_V2, 'quic2', 'headers')
  a.label('quic').loadByteAtX(8).and(0xf0).ifEqual(QUIC_INITIAL, 'whole', 'headers')
  a.label('quic2').loadByteAtX(8).and(0xf0).ifEqual(QUIC_V2_INITIAL, 'whole', 'headers')

  a.label('tcp').loadHalfAtX(2).store(DESTINATION_PORT)
  a.loadLength().subtract(14).ifAtLeastX(NEXT, 'headers')
  a.loadByteAtX(13).store(TCP_FLAGS)
  // The TCP header's length, in the high half of its byte 12, is in 32-bit words.
  a.loadByteAtX(12).and(0xf0).shiftRight(2).addX().setX()
  a.loadLength().subtract(6).ifAtLeastX(NEXT, 'headers')
  a.loadByteAtX(1).ifEqual(TLS_MAJOR_VERSION, NEXT, 'rest')
  a.loadByteAtX(0).ifEqual(TLS_HANDSHAKE, 'handshake')
  a.ifAtLeast(TLS_FIRST_CONTENT, NEXT, 'rest').ifAtLeast(TLS_LAST_CONTENT + 1, 'rest', 'headers')
  a.label('handshake').loadByteAtX(5).ifEqual(TLS_CLIENT_HELLO, 'whole', 'headers')

  a.label('rest').load(DESTINATION_PORT).ifEqual(HTTPS_PORT, NEXT, 'headers')
  a.load(TCP_FLAGS).ifAnyBit(TCP_PUSH, NEXT, 'headers')
  a.loadLength().ifAtLeast(front + LONGEST_SEGMENT, 'headers')
  ifOutgoing(a, 'whole')
}
