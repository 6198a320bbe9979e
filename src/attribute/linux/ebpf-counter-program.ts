// The programs that count: cgroup_skb, run for each packet that a socket sends (behind routing, before fragmentation) or is
// given (behind defragmentation). A super-packet of GSO or GRO is counted as the packets on the wire that it stands for.
// What they cost a packet: test/bench/ebpf.bench.ts.

import { attachType, helper, programType, skb, sock } from '../../native/linux/bpf/helper.ts'
import type { ProgramDescription } from '../../native/linux/bpf/bpf-program.ts'
import {
  type Instruction,
  type Label,
  type Program,
  add,
  and,
  atomicAdd,
  bigEndian,
  call,
  div,
  exit,
  jump,
  jumpIf,
  label,
  load,
  loadMap,
  lsh,
  mov,
  mul,
  rsh,
  store,
  sub,
} from '../../native/linux/bpf/instruction.ts'
import { flowKey, flowValue, foldedValue } from './ebpf-layout.ts'

export interface CounterMaps {
  readonly flows: number
  readonly folded: number
  readonly totals: number
}

export interface CounterOptions {
  /** Empty: all. */
  readonly ifindexes: readonly number[]
  /** The kernel lets cgroup_skb programs ask for the network namespace. */
  readonly netnsCookie: boolean
}

// On the stack, below r10.
const KEY = -flowKey.size
const VALUE = KEY - flowValue.size
const PACKETS = VALUE - 8
const INDEX = VALUE - 16

const BPF_NOEXIST = 1
const SOCK_RAW = 3
const IPPROTO_TCP = 6
const IPPROTO_UDP = 17
const IPPROTO_UDPLITE = 136
/** skb->protocol is in network order: htons(ETH_P_IPV6). */
const ETH_P_IPV6_BE = 0xdd86
/** Bytes 00 00 ff ff, the third word of an IPv4-mapped address, as stored by a little-endian machine. */
const V4_MAPPED_WORD = 0xffff0000 | 0
const IPV4_HEADER = 20
const IPV4_PROTOCOL = 9
const IPV6_HEADER = 40
const IPV6_NEXT_HEADER = 6
const UDP_HEADER = 8
const TCP_DATA_OFFSET = 12

type Code = (Instruction | Label)[]

/**
 * r2 at the IP header, r3 at the end of what of the packet lies in one piece: the headers do, in both directions. Then, when
 * `length` bytes from r2 on are there, goes on; else to `otherwise`. The verifier wants the comparison before every access.
 */
function packet(): Code {
  return [load('u32', 'r2', 'r6', skb.data), load('u32', 'r3', 'r6', skb.data_end)]
}

function within(length: number, otherwise: string): Code {
  return [mov('r4', 'r2'), add('r4', length), jumpIf('r4', '>', 'r3', otherwise)]
}

/** r1 = protocol, r5 = length of the IP header (extension headers of IPv6 are not walked). Keeps r2 and r3. */
function ipHeader(name: string, otherwise: string, then4: Code = [], then6: Code = []): Code {
  return [
    load('u32', 'r1', 'r6', skb.protocol),
    jumpIf('r1', '==', ETH_P_IPV6_BE, `${name}-v6`),
    ...within(IPV4_HEADER, otherwise),
    ...then4,
    load('u8', 'r5', 'r2', 0),
    and('r5', 0x0f),
    lsh('r5', 2),
    load('u8', 'r1', 'r2', IPV4_PROTOCOL),
    jump(`${name}-ip`),
    label(`${name}-v6`),
    ...within(IPV6_HEADER, otherwise),
    ...then6,
    mov('r5', IPV6_HEADER),
    load('u8', 'r1', 'r2', IPV6_NEXT_HEADER),
    label(`${name}-ip`),
  ]
}

/**
 * A super-packet: every segment but the first repeats the headers. r8 = bytes, and packets on the stack, from gso_size (set
 * by every sender and by GRO; gso_segs is not set by some drivers).
 */
function segments(): Code {
  return [
    store('u64', 'r10', PACKETS, 1),
    load('u32', 'r9', 'r6', skb.gso_size),
    jumpIf('r9', '==', 0, 'segments-known'),
    ...packet(),
    ...ipHeader('gso', 'segments-known'),
    jumpIf('r1', '==', IPPROTO_TCP, 'gso-tcp'),
    add('r5', UDP_HEADER),
    jump('gso-header'),
    label('gso-tcp'),
    add('r2', 'r5'),
    ...within(IPV4_HEADER, 'segments-known'),
    // The upper four bits: length of the TCP header in 32-bit words.
    load('u8', 'r1', 'r2', TCP_DATA_OFFSET),
    rsh('r1', 4),
    lsh('r1', 2),
    add('r5', 'r1'),
    label('gso-header'),
    // packets = ceil((bytes - header) / gso_size); bytes += (packets - 1) * header
    jumpIf('r8', '<=', 'r5', 'segments-known'),
    mov('r2', 'r8'),
    sub('r2', 'r5'),
    add('r2', 'r9'),
    sub('r2', 1),
    div('r2', 'r9'),
    store('u64', 'r10', PACKETS, 'r2'),
    sub('r2', 1),
    mul('r2', 'r5'),
    add('r8', 'r2'),
    label('segments-known'),
  ]
}

/** One end of the packet to the stack: address, IPv4 as IPv4-mapped, and port in host order (what is there for none). */
function endpoint(name: string, isSource: boolean, ip: number, port: number): Code {
  return [
    ...packet(),
    ...ipHeader(
      name,
      `${name}-done`,
      [
        load('u32', 'r1', 'r2', isSource ? 12 : 16),
        store('u64', 'r10', ip, 0),
        store('u32', 'r10', ip + 8, V4_MAPPED_WORD),
        store('u32', 'r10', ip + 12, 'r1'),
      ],
      [
        load('u64', 'r1', 'r2', isSource ? 8 : 24),
        store('u64', 'r10', ip, 'r1'),
        load('u64', 'r1', 'r2', isSource ? 16 : 32),
        store('u64', 'r10', ip + 8, 'r1'),
      ],
    ),
    jumpIf('r1', '==', IPPROTO_TCP, `${name}-ports`),
    jumpIf('r1', '==', IPPROTO_UDP, `${name}-ports`),
    jumpIf('r1', '!=', IPPROTO_UDPLITE, `${name}-done`),
    label(`${name}-ports`),
    add('r2', 'r5'),
    ...within(4, `${name}-done`),
    load('u16', 'r1', 'r2', isSource ? 0 : 2),
    bigEndian('r1', 16),
    store('u16', 'r10', port, 'r1'),
    label(`${name}-done`),
  ]
}

/** Adds r8 bytes and the packets on the stack to the counters at r0. */
function count(
  base: { rxBytes: number; txBytes: number; rxPackets: number; txPackets: number },
  egress: boolean,
): Code {
  return [
    atomicAdd('u64', 'r0', egress ? base.txBytes : base.rxBytes, 'r8'),
    load('u64', 'r1', 'r10', PACKETS),
    atomicAdd('u64', 'r0', egress ? base.txPackets : base.rxPackets, 'r1'),
  ]
}

function lookup(map: number, key: number): Code {
  return [...loadMap('r1', map), mov('r2', 'r10'), add('r2', key), call(helper.map_lookup_elem)]
}

/** The value of a new flow, on the stack, from the packet's own addresses and the socket. */
function newFlow(egress: boolean, options: CounterOptions): Code {
  const code: Code = []
  for (let at = 0; at < flowValue.size; at += 8) code.push(store('u64', 'r10', VALUE + at, 0))
  code.push(
    ...endpoint('local', egress, VALUE + flowValue.localIp, VALUE + flowValue.localPort),
    ...endpoint('remote', !egress, VALUE + flowValue.remoteIp, VALUE + flowValue.remotePort),
    load('u32', 'r1', 'r6', skb.ifindex),
    store('u32', 'r10', VALUE + flowValue.ifindex, 'r1'),
    mov('r1', 'r7'),
    call(helper.sk_fullsock),
    jumpIf('r0', '==', 0, 'out'),
    load('u32', 'r9', 'r0', sock.protocol),
    load('u32', 'r1', 'r0', sock.type),
    store('u8', 'r10', VALUE + flowValue.socketType, 'r1'),
    jumpIf('r1', '!=', SOCK_RAW, 'protocol-known'),
    // A raw socket may send any protocol.
    ...packet(),
    ...ipHeader('raw', 'protocol-known'),
    // 0 is IPv6's hop-by-hop options, before ICMPv6 mostly.
    jumpIf('r1', '==', 0, 'protocol-known'),
    mov('r9', 'r1'),
    label('protocol-known'),
    store('u8', 'r10', VALUE + flowValue.protocol, 'r9'),
    load('u32', 'r1', 'r7', sock.state),
    store('u8', 'r10', VALUE + flowValue.state, 'r1'),
  )
  if (options.netnsCookie) {
    code.push(
      mov('r1', 'r6'),
      call(helper.get_netns_cookie),
      store('u64', 'r10', VALUE + flowValue.netnsCookie, 'r0'),
    )
  }
  return code
}

/** r6 packet, r7 socket, r8 bytes, r9 scratch. Always lets the packet pass (1). */
function counterProgram(maps: CounterMaps, egress: boolean, options: CounterOptions): Program {
  const code: Code = [mov('r6', 'r1'), load('u64', 'r7', 'r6', skb.sk), jumpIf('r7', '==', 0, 'out')]
  if (options.ifindexes.length > 0) {
    code.push(load('u32', 'r1', 'r6', skb.ifindex))
    for (const ifindex of options.ifindexes) code.push(jumpIf('r1', '==', ifindex, 'wanted'))
    code.push(jump('out'), label('wanted'))
  }
  code.push(
    load('u32', 'r8', 'r6', skb.len),
    ...segments(),
    mov('r1', 'r6'),
    call(helper.get_socket_cookie),
    store('u64', 'r10', KEY + flowKey.cookie, 'r0'),
    store('u64', 'r10', KEY + flowKey.remoteIp, 0),
    store('u64', 'r10', KEY + flowKey.remoteIp + 8, 0),
    store('u64', 'r10', KEY + flowKey.remotePort, 0),
    // A TCP connection has one remote for life; a datagram socket may be connected to one after the other.
    load('u16', 'r9', 'r7', sock.dst_port),
    jumpIf('r9', '==', 0, 'many'),
    ...packet(),
    ...ipHeader('kind', 'keyed'),
    jumpIf('r1', '==', IPPROTO_TCP, 'keyed'),
    label('many'),
    ...endpoint('key', !egress, KEY + flowKey.remoteIp, KEY + flowKey.remotePort),
    label('keyed'),
    ...lookup(maps.flows, KEY),
    jumpIf('r0', '!=', 0, 'found'),
    ...newFlow(egress, options),
    ...loadMap('r1', maps.flows),
    mov('r2', 'r10'),
    add('r2', KEY),
    mov('r3', 'r10'),
    add('r3', VALUE),
    // Another processor may have been first: then its entry stands.
    mov('r4', BPF_NOEXIST),
    call(helper.map_update_elem),
    ...lookup(maps.flows, KEY),
    jumpIf('r0', '==', 0, 'no-room'),
    label('found'),
    ...count(flowValue, egress),
  )
  if (!egress) {
    code.push(
      load('u8', 'r1', 'r0', flowValue.protocol),
      jumpIf('r1', '!=', IPPROTO_TCP, 'out'),
      mov('r9', 'r0'),
      load('u32', 'r1', 'r7', sock.state),
      store('u8', 'r9', flowValue.state, 'r1'),
      mov('r1', 'r7'),
      call(helper.tcp_sock),
      jumpIf('r0', '==', 0, 'out'),
      load('u32', 'r1', 'r0', tcpSock.srtt_us),
      store('u32', 'r9', flowValue.srtt, 'r1'),
      load('u32', 'r1', 'r0', tcpSock.total_retrans),
      store('u32', 'r9', flowValue.retransmits, 'r1'),
    )
  }
  code.push(
    jump('out'),
    label('no-room'),
    // Never lost: to the socket's own sum, and when that has no room either, to the sum of all.
    ...lookup(maps.folded, KEY + flowKey.cookie),
    jumpIf('r0', '!=', 0, 'fold'),
  )
  for (let at = 0; at < foldedValue.size; at += 8) code.push(store('u64', 'r10', VALUE + at, 0))
  code.push(
    ...loadMap('r1', maps.folded),
    mov('r2', 'r10'),
    add('r2', KEY + flowKey.cookie),
    mov('r3', 'r10'),
    add('r3', VALUE),
    mov('r4', BPF_NOEXIST),
    call(helper.map_update_elem),
    ...lookup(maps.folded, KEY + flowKey.cookie),
    jumpIf('r0', '!=', 0, 'fold'),
    store('u32', 'r10', INDEX, 0),
    ...lookup(maps.totals, INDEX),
    jumpIf('r0', '==', 0, 'out'),
    label('fold'),
    ...count(foldedValue, egress),
    label('out'),
    mov('r0', 1),
    exit(),
  )
  return code
}

/** struct bpf_tcp_sock (linux/bpf.h). */
const tcpSock = { srtt_us: 4, total_retrans: 52 } as const

export function counterPrograms(maps: CounterMaps, options: CounterOptions): ProgramDescription[] {
  return [
    {
      name: 'np_ingress',
      type: programType.CGROUP_SKB,
      attachType: attachType.CGROUP_INET_INGRESS,
      program: counterProgram(maps, false, options),
    },
    {
      name: 'np_egress',
      type: programType.CGROUP_SKB,
      attachType: attachType.CGROUP_INET_EGRESS,
      program: counterProgram(maps, true, options),
    },
  ]
}
