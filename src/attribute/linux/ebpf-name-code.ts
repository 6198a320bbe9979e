// Pieces of the programs that count: packets in which names are told (DNS; the first of TLS and QUIC) are handed over whole
// through a ring buffer of their own. No packet socket is needed for them, which would make the kernel clone every packet
// that is sent (dev_queue_xmit_nit); and the socket, so the process, of each is known.
//
// A message between two sockets of one namespace passes both: its sender's is taken. What passes sockets of several
// namespaces, or goes to many sockets, comes several times: see ebpf-name-packets.ts.

import { helper, skb } from '../../native/linux/bpf/helper.ts'
import {
  add,
  and,
  atomicAdd,
  bigEndian,
  call,
  jump,
  jumpIf,
  label,
  load,
  loadMap,
  lsh,
  mov,
  rsh,
  store,
} from '../../native/linux/bpf/instruction.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../../record/protocol.ts'
import {
  FIRST_PACKETS,
  NAME_PACKET_ROOMS,
  WATCH_DNS,
  WATCH_FIRST,
  WATCH_NONE,
  flowValue,
  namePacket,
  totalsValue,
} from './ebpf-layout.ts'
import { type Code, ipHeader, packet, within } from './ebpf-packet-code.ts'

export interface NameOptions {
  /** Ring buffer, and where losses are counted. */
  readonly packets: number
  readonly totals: number
  readonly dns: boolean
  /** Of servers, as clients tell them in TLS and QUIC. */
  readonly serverNames: boolean
  readonly netnsCookie: boolean
}

/** DNS, multicast DNS (RFC 6762), LLMNR (RFC 4795). */
export const DNS_PORTS = [53, 5353, 5355]
export const LOOPBACK_IFINDEX = 1
/** A copy of a multicast that this host sent itself. */
const PACKET_LOOPBACK = 5
const LEAST_IP = 20
const UDP_HEADER = 8
const TCP_HEADER = 20
const TCP_DATA_OFFSET = 12
const TCP_FLAGS = 13
const TCP_PUSH = 0x08

// What capture/filter/snap-filter.ts looks for, and why: RFC 8446 sec. 4 and 5.1, RFC 9000 sec. 17.2.2, RFC 9369 sec. 3.2.
const TLS_HANDSHAKE = 0x16
const TLS_FIRST_CONTENT = 0x14
const TLS_LAST_CONTENT = 0x17
const TLS_MAJOR_VERSION = 3
const TLS_CLIENT_HELLO = 1
const HTTPS_PORT = 443
const LONGEST_SEGMENT = 1600
const QUIC_INITIAL = 0xc0
const QUIC_V2_INITIAL = 0xd0
/** Versions as a little-endian machine loads them. */
const QUIC_VERSIONS = [0x01000000, 0x1d0000ff, 0x1e0000ff, 0x1f0000ff, 0x200000ff]
const QUIC_V2 = 0xcf43336b

/** For a new flow, whose value is on the stack at `value`, with its protocol in r9: which of its packets are looked at. */
export function watch(options: NameOptions, value: number): Code {
  const code: Code = []
  if (options.dns) {
    for (const side of [flowValue.localPort, flowValue.remotePort]) {
      code.push(load('u16', 'r1', 'r10', value + side))
      for (const port of DNS_PORTS) code.push(jumpIf('r1', '==', port, 'watch-dns'))
    }
  }
  if (options.serverNames) {
    code.push(
      jumpIf('r9', '==', IPPROTO_TCP, 'watch-first'),
      jumpIf('r9', '!=', IPPROTO_UDP, 'watched'),
      label('watch-first'),
      store('u8', 'r10', value + flowValue.watch, WATCH_FIRST),
    )
  }
  code.push(jump('watched'))
  if (options.dns) code.push(label('watch-dns'), store('u8', 'r10', value + flowValue.watch, WATCH_DNS))
  return [...code, label('watched')]
}

/**
 * Hands the packet in r6 over, if a name may be told in it. r1 is the flow's `watch`, r9 the flow, or 0 where it found no
 * room. Uses 40 bytes of the stack at `scratch`, has the cookie at `cookie`. All ways go to `out`.
 */
export function tellNames(options: NameOptions, egress: boolean, scratch: number, cookie: number): Code {
  const first = egress && options.serverNames
  return [
    jumpIf('r1', '==', WATCH_NONE, 'out'),
    ...(egress ? [] : [...ownMulticast()]),
    ...(first
      ? [jumpIf('r1', '==', WATCH_DNS, 'tell'), ...firstPackets(scratch)]
      : [jumpIf('r1', '!=', WATCH_DNS, 'out')]),
    label('tell'),
    ...handOver(options, egress, scratch, cookie),
  ]
}

/** What came to this host from itself was taken when it was sent. */
function ownMulticast(): Code {
  return [
    load('u32', 'r2', 'r6', skb.ifindex),
    jumpIf('r2', '==', LOOPBACK_IFINDEX, 'out'),
    load('u32', 'r2', 'r6', skb.pkt_type),
    jumpIf('r2', '==', PACKET_LOOPBACK, 'out'),
  ]
}

/** Reads `length` bytes of the packet, from its byte r8 on, to the stack; to `out` where there are not as many. */
function loadBytes(to: number, length: number): Code {
  return [
    mov('r1', 'r6'),
    mov('r2', 'r8'),
    mov('r3', 'r10'),
    add('r3', to),
    mov('r4', length),
    call(helper.skb_load_bytes),
    jumpIf('r0', '!=', 0, 'out'),
  ]
}

/** Goes to `tell` for the beginning of a TLS or QUIC connection, else to `out`. */
function firstPackets(scratch: number): Code {
  const port = scratch + 16
  const flags = scratch + 24
  const isBeginning = (bytes: number): Code => [
    load('u8', 'r1', 'r10', scratch + 3),
    and('r1', 0xf0),
    jumpIf('r1', '==', bytes, 'tell'),
    jump('out'),
  ]
  return [
    jumpIf('r9', '==', 0, 'look'),
    load('u64', 'r1', 'r9', flowValue.txPackets),
    jumpIf('r1', '<=', FIRST_PACKETS, 'look'),
    store('u8', 'r9', flowValue.watch, WATCH_NONE),
    jump('out'),
    label('look'),
    ...packet(),
    ...ipHeader('look', 'out'),
    mov('r8', 'r5'),
    jumpIf('r1', '==', IPPROTO_TCP, 'look-tcp'),
    jumpIf('r1', '!=', IPPROTO_UDP, 'out'),
    add('r8', UDP_HEADER),
    // The version, behind the first byte, comes to lie where it can be loaded as a word.
    ...loadBytes(scratch + 3, 5),
    load('u32', 'r1', 'r10', scratch + 4),
    ...QUIC_VERSIONS.map(version => jumpIf('r1', '==', version, 'quic')),
    mov('r2', QUIC_V2 | 0),
    lsh('r2', 32),
    rsh('r2', 32),
    jumpIf('r1', '==', 'r2', 'quic2'),
    jump('out'),
    label('quic'),
    ...isBeginning(QUIC_INITIAL),
    label('quic2'),
    ...isBeginning(QUIC_V2_INITIAL),

    label('look-tcp'),
    add('r2', 'r5'),
    ...within(TCP_HEADER, 'out'),
    load('u16', 'r1', 'r2', 2),
    bigEndian('r1', 16),
    store('u64', 'r10', port, 'r1'),
    load('u8', 'r1', 'r2', TCP_FLAGS),
    store('u64', 'r10', flags, 'r1'),
    // The upper four bits: length of the TCP header in 32-bit words.
    load('u8', 'r1', 'r2', TCP_DATA_OFFSET),
    rsh('r1', 4),
    lsh('r1', 2),
    add('r8', 'r1'),
    ...loadBytes(scratch, 6),
    load('u8', 'r1', 'r10', scratch + 1),
    jumpIf('r1', '!=', TLS_MAJOR_VERSION, 'rest'),
    load('u8', 'r1', 'r10', scratch),
    jumpIf('r1', '==', TLS_HANDSHAKE, 'handshake'),
    jumpIf('r1', '<', TLS_FIRST_CONTENT, 'rest'),
    jumpIf('r1', '<=', TLS_LAST_CONTENT, 'out'),
    jump('rest'),
    label('handshake'),
    load('u8', 'r1', 'r10', scratch + 5),
    jumpIf('r1', '==', TLS_CLIENT_HELLO, 'tell'),
    jump('out'),
    // The rest of a ClientHello, where the device leaves segmentation to nobody else, begins with anything.
    label('rest'),
    load('u64', 'r1', 'r10', port),
    jumpIf('r1', '!=', HTTPS_PORT, 'out'),
    load('u64', 'r1', 'r10', flags),
    and('r1', TCP_PUSH),
    jumpIf('r1', '==', 0, 'out'),
    load('u32', 'r1', 'r6', skb.len),
    jumpIf('r1', '>=', LONGEST_SEGMENT, 'out'),
  ]
}

/** The packet of the context in r6 to the ring buffer. */
function handOver(options: NameOptions, egress: boolean, scratch: number, cookie: number): Code {
  const copy = (from: number, to: number): Code => [
    load('u32', 'r1', 'r6', from),
    store('u32', 'r9', to, 'r1'),
  ]
  const fill: Code = [
    load('u64', 'r1', 'r10', cookie),
    store('u64', 'r9', namePacket.cookie, 'r1'),
    store('u64', 'r9', namePacket.netnsCookie, 0),
    ...copy(skb.ifindex, namePacket.ifindex),
    ...copy(skb.len, namePacket.length),
    ...copy(skb.gso_size, namePacket.gsoSize),
    store('u64', 'r9', namePacket.isOutgoing, egress ? 1 : 0),
  ]
  if (options.netnsCookie)
    fill.push(
      mov('r1', 'r6'),
      call(helper.get_netns_cookie),
      store('u64', 'r9', namePacket.netnsCookie, 'r0'),
    )
  const bytes: Code = [
    mov('r1', 'r6'),
    mov('r2', 0),
    mov('r3', 'r9'),
    add('r3', namePacket.size),
    mov('r4', 'r8'),
    call(helper.skb_load_bytes),
  ]
  return [load('u32', 'r8', 'r6', skb.len), ...toRing(options, scratch, bytes, fill)]
}

/**
 * A packet of r8 bytes to the ring buffer, in the smallest room that holds it; a longer one than the largest is cut. All ways go
 * to `out`,.
 * @param bytes copies r8 bytes behind the head of the record at r9, and leaves 0 in r0 if it could
 * @param fill the head but its time and length; keeps r9
 */
export function toRing(
  options: Pick<NameOptions, 'packets' | 'totals'>,
  scratch: number,
  bytes: Code,
  fill: Code,
): Code {
  const largest = NAME_PACKET_ROOMS[NAME_PACKET_ROOMS.length - 1] as number
  const code: Code = [
    jumpIf('r8', '<', LEAST_IP, 'out'),
    jumpIf('r8', '<=', largest, 'room'),
    mov('r8', largest),
    label('room'),
  ]
  for (const room of NAME_PACKET_ROOMS) {
    code.push(
      jumpIf('r8', '>', room, `more-than-${room}`),
      ...loadMap('r1', options.packets),
      mov('r2', namePacket.size + room),
      mov('r3', 0),
      call(helper.ringbuf_reserve),
      jumpIf('r0', '==', 0, 'lost-packet'),
      mov('r9', 'r0'),
      ...bytes,
      jumpIf('r0', '==', 0, 'filled'),
      mov('r1', 'r9'),
      mov('r2', 0),
      call(helper.ringbuf_discard),
      jump('lost-packet'),
      label(`more-than-${room}`),
    )
  }
  return [
    ...code,
    jump('out'),
    label('filled'),
    call(helper.ktime_get_ns),
    store('u64', 'r9', namePacket.monotonicNs, 'r0'),
    store('u32', 'r9', namePacket.captured, 'r8'),
    ...fill,
    mov('r1', 'r9'),
    mov('r2', 0),
    call(helper.ringbuf_submit),
    jump('out'),
    label('lost-packet'),
    store('u32', 'r10', scratch, 0),
    ...loadMap('r1', options.totals),
    mov('r2', 'r10'),
    add('r2', scratch),
    call(helper.map_lookup_elem),
    jumpIf('r0', '==', 0, 'out'),
    mov('r1', 1),
    atomicAdd('u64', 'r0', totalsValue.lostPackets, 'r1'),
  ]
}
