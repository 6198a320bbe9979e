// The programs that count: cgroup_skb, run for each packet that a socket sends (behind routing, before fragmentation) or is
// given (behind defragmentation). A super-packet of GSO or GRO is counted as the packets on the wire that it stands for.
// The short way is that of ebpf-slot-code.ts; here is the long one. What they cost a packet: test/bench/ebpf.bench.ts.

import { attachType, helper, programType, skb, sock, tcpSock } from '../../native/linux/bpf/helper.ts'
import type { ProgramDescription } from '../../native/linux/bpf/bpf-program.ts'
import {
  type Program,
  add,
  atomicAdd,
  call,
  exit,
  jump,
  jumpIf,
  label,
  load,
  load64,
  loadMap,
  mov,
  store,
} from '../../native/linux/bpf/instruction.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP } from '../../record/protocol.ts'
import { flowKey, flowValue, foldedValue } from './ebpf-layout.ts'
import { type NameOptions, tellNames, watch } from './ebpf-name-code.ts'
import type { OwnerMaps } from './ebpf-event-code.ts'
import { type Code, endpoint, ipHeader, packet, segments, within } from './ebpf-packet-code.ts'
import { SENDER_FRAME, type SenderTypes, ifKnownSender, tellSender } from './ebpf-sender-code.ts'
import { countInSlot, takeSlot } from './ebpf-slot-code.ts'
import type { SocketTypes } from './ebpf-socket-code.ts'

export interface CounterMaps {
  readonly flows: number
  readonly folded: number
  readonly totals: number
  /** Undefined: this kernel's programs cannot give slots out. */
  readonly slots: number | undefined
}

export interface CounterOptions {
  /** Empty: all. */
  readonly ifindexes: readonly number[]
  /** The kernel lets cgroup_skb programs ask for the network namespace. */
  readonly netnsCookie: boolean
  /** Count this network namespace alone; undefined: all. Needs netnsCookie. */
  readonly onlyNetns?: number | undefined
  /** The kernel lets cgroup_skb programs read sockets. */
  readonly socketTypes?: SocketTypes | undefined
  /** Tell of processes that send on others' sockets. */
  readonly senders?: { readonly maps: OwnerMaps; readonly types: SenderTypes } | undefined
  /** Hand over packets that tell names. */
  readonly names?: NameOptions | undefined
}

// On the stack, below r10.
const KEY = SENDER_FRAME - flowKey.size
const VALUE = KEY - flowValue.size
const PACKETS = VALUE - 8
const INDEX = VALUE - 16
const SLOT = VALUE - 24

const BPF_NOEXIST = 1
const SOCK_RAW = 3
/** Types that the other protocol does not use. */
const ICMP_ECHOREPLY = 0
const ICMPV6_ECHO_REPLY = 129

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
    ...(options.names === undefined ? [] : watch(options.names, VALUE)),
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

/**
 * An echo request is answered by the kernel before any socket is looked for: it is counted with its answer, which has its
 * length. r9 the flow of the answer.
 */
function echoRequest(): Code {
  return [
    load('u8', 'r1', 'r9', flowValue.protocol),
    jumpIf('r1', '==', IPPROTO_ICMP, 'icmp'),
    jumpIf('r1', '!=', IPPROTO_ICMPV6, 'counted'),
    label('icmp'),
    ...packet(),
    ...ipHeader('echo', 'out'),
    add('r2', 'r5'),
    ...within(1, 'out'),
    load('u8', 'r1', 'r2', 0),
    jumpIf('r1', '==', ICMP_ECHOREPLY, 'answer'),
    jumpIf('r1', '!=', ICMPV6_ECHO_REPLY, 'out'),
    label('answer'),
    mov('r0', 'r9'),
    ...count(flowValue, false),
    jump('out'),
  ]
}

/** r6 packet, r7 socket, r8 bytes, r9 scratch. Always lets the packet pass (1). */
function counterProgram(maps: CounterMaps, egress: boolean, options: CounterOptions): Program {
  const code: Code = [mov('r6', 'r1'), load('u64', 'r7', 'r6', skb.sk), jumpIf('r7', '==', 0, 'out')]
  if (options.ifindexes.length > 0) {
    code.push(load('u32', 'r1', 'r6', skb.ifindex))
    for (const ifindex of options.ifindexes) code.push(jumpIf('r1', '==', ifindex, 'wanted'))
    code.push(jump('out'), label('wanted'))
  }
  const senders = egress ? options.senders : undefined
  if (maps.slots !== undefined) {
    const unless = senders === undefined ? [] : ifKnownSender(senders.maps.users, senders.types)
    code.push(...countInSlot(egress, maps.slots, options.socketTypes, SLOT, unless))
  }
  // What has a slot is of this namespace: a socket stays in its own.
  if (options.netnsCookie && options.onlyNetns !== undefined) {
    code.push(
      mov('r1', 'r6'),
      call(helper.get_netns_cookie),
      ...load64('r1', BigInt(options.onlyNetns)),
      jumpIf('r0', '!=', 'r1', 'out'),
    )
  }
  code.push(
    load('u32', 'r8', 'r6', skb.len),
    ...segments(PACKETS),
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
    ...endpoint(
      'key',
      !egress,
      KEY + flowKey.remoteIp,
      KEY + flowKey.remotePort,
      // The kernel answers for all namespaces from one socket.
      KEY + flowKey.localWord,
    ),
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
    mov('r9', 'r0'),
    ...(senders === undefined
      ? []
      : [...tellSender(senders.maps, senders.types, KEY, SLOT), mov('r0', 'r9')]),
    ...count(flowValue, egress),
  )
  if (!egress) {
    code.push(
      load('u8', 'r1', 'r9', flowValue.protocol),
      jumpIf('r1', '!=', IPPROTO_TCP, 'counted'),
      load('u32', 'r1', 'r7', sock.state),
      store('u8', 'r9', flowValue.state, 'r1'),
      mov('r1', 'r7'),
      call(helper.tcp_sock),
      jumpIf('r0', '==', 0, 'counted'),
      load('u32', 'r1', 'r0', tcpSock.srtt_us),
      store('u32', 'r9', flowValue.srtt, 'r1'),
      load('u32', 'r1', 'r0', tcpSock.total_retrans),
      store('u32', 'r9', flowValue.retransmits, 'r1'),
    )
  }
  if (egress) code.push(...echoRequest())
  code.push(label('counted'), ...(maps.slots === undefined ? [] : takeSlot(maps.slots, KEY, SLOT)))
  if (options.names !== undefined) {
    code.push(
      load('u8', 'r1', 'r9', flowValue.watch),
      label('names'),
      ...tellNames(options.names, egress, VALUE, KEY + flowKey.cookie),
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
    // Of what is folded, only the remotes are not known: names are told all the same.
    ...(options.names === undefined
      ? []
      : [load('u8', 'r1', 'r10', VALUE + flowValue.watch), mov('r9', 0), jump('names')]),
    label('out'),
    mov('r0', 1),
    exit(),
  )
  return code
}

/** In the order in which they are to be attached. */
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
