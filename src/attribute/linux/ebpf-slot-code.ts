// The short way of the programs that count. A flow that has moved some packets gets a slot of its own: one cache line in an
// array that user space has mapped, at a place that follows from the packet, found without a call and without hashing. The
// packet is compared with the whole key that stands there: it is counted in its own flow's slot, or not in a slot.
//
// A slot is taken by the first flow that needs it and finds it free, and only user space frees it (ebpf-slots.ts). What meets
// another flow's slot goes the long way, to the flow's entry in `flows`; entry and slot together are what it has moved.

import { helper, skb, sock, tcpSock } from '../../native/linux/bpf/helper.ts'
import {
  type Register,
  add,
  and,
  atomicAdd,
  bigEndian,
  call,
  compareExchange,
  div,
  exit,
  jump,
  jumpIf,
  label,
  load,
  load64,
  loadMapValue,
  lsh,
  mov,
  mov32,
  mul,
  rsh,
  store,
  sub,
} from '../../native/linux/bpf/instruction.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../../record/protocol.ts'
import {
  MAX_SLOTS,
  SLOT_BUSY,
  TAKES_SLOT_AFTER,
  WATCH_DNS,
  WATCH_NONE,
  flowKey,
  flowValue,
  slot,
} from './ebpf-layout.ts'
import { type Code, V4_MAPPED_WORD, packet, within } from './ebpf-packet-code.ts'
import { type SocketTypes, castTo, cookieOf } from './ebpf-socket-code.ts'

const SLOT_SHIFT = Math.log2(slot.size)
const SOCK_RAW = 3
/** First byte of an IPv4 header without options. */
const PLAIN_IPV4 = 0x45
const IPV6_VERSION = 0x60
const IPV4_HEADER = 20
const IPV6_HEADER = 40
const UDP_HEADER = 8
const TCP_HEADER = 20
const TCP_DATA_OFFSET = 12
/** Spreads remotes: 2^31 divided by the golden ratio, odd. */
const SPREAD = 0x4f1bbcdd
/** Beside the number of a slot on the stack: none, as such packets have no slot; and that it is for a TCP connection. */
const NO_SLOT = -1
const OF_CONNECTION = 1 << 30

/** to = address of the slot whose number is in `number`, which is lost. */
function slotAt(to: Register, number: Register, map: number): Code {
  return [and(number, MAX_SLOTS - 1), lsh(number, SLOT_SHIFT), ...loadMapValue(to, map), add(to, number)]
}

/** r9 = the slot that may be the flow's of the UDP packet at r2, else to `unslotted`; its number to the stack. */
function findUdp(isV6: boolean, isSource: boolean, map: number, number: number): Code {
  const name = isV6 ? 'v6' : 'v4'
  const header = isV6 ? IPV6_HEADER : IPV4_HEADER
  const [source, destination] = isV6 ? [8, 24] : [12, 16]
  const [remote, local] = isSource ? [source, destination] : [destination, source]
  const ends = (member: number): number => slot.ends + member - flowKey.remoteIp
  const lastWord = isV6 ? 12 : 0
  return [
    label(`${name}-udp`),
    load('u32', 'r4', 'r2', remote + lastWord),
    load('u16', 'r5', 'r2', header + (isSource ? 0 : 2)),
    bigEndian('r5', 16),
    load('u32', 'r3', 'r2', local + lastWord),
    mov('r1', 'r4'),
    add('r1', 'r5'),
    mul('r1', SPREAD),
    rsh('r1', 16),
    add('r1', 'r8'),
    and('r1', MAX_SLOTS - 1),
    store('u64', 'r10', number, 'r1'),
    ...slotAt('r9', 'r1', map),
    load('u64', 'r1', 'r9', slot.cookie),
    jumpIf('r1', '!=', 'r8', 'unslotted'),
    load('u32', 'r1', 'r9', ends(flowKey.localWord)),
    jumpIf('r1', '!=', 'r3', 'unslotted'),
    load('u16', 'r1', 'r9', ends(flowKey.remotePort)),
    jumpIf('r1', '!=', 'r5', 'unslotted'),
    ...(isV6
      ? [0, 8].flatMap(word => [
          load('u64', 'r1', 'r9', ends(flowKey.remoteIp + word)),
          load('u64', 'r3', 'r2', remote + word),
          jumpIf('r1', '!=', 'r3', 'unslotted'),
        ])
      : [
          load('u32', 'r1', 'r9', ends(flowKey.remoteIp + 12)),
          jumpIf('r1', '!=', 'r4', 'unslotted'),
          load('u32', 'r1', 'r9', ends(flowKey.remoteIp + 8)),
          mov32('r3', V4_MAPPED_WORD),
          jumpIf('r1', '!=', 'r3', 'unslotted'),
          load('u64', 'r1', 'r9', ends(flowKey.remoteIp)),
          jumpIf('r1', '!=', 0, 'unslotted'),
        ]),
    mov('r8', header + UDP_HEADER),
  ]
}

/** r3 = bytes and r5 = packets of a super-packet of r3 bytes, r8 of them headers, and segments of r4. See segments(). */
function segments(): Code {
  return [
    jumpIf('r3', '<=', 'r8', 'slow'),
    mov('r5', 'r3'),
    sub('r5', 'r8'),
    add('r5', 'r4'),
    sub('r5', 1),
    div('r5', 'r4'),
    mov('r1', 'r5'),
    sub('r1', 1),
    mul('r1', 'r8'),
    add('r3', 'r1'),
  ]
}

function lengths(): Code {
  return [load('u32', 'r3', 'r6', skb.len), load('u32', 'r4', 'r6', skb.gso_size), mov('r5', 1)]
}

function count(egress: boolean): Code {
  return [
    atomicAdd('u64', 'r9', egress ? slot.txBytes : slot.rxBytes, 'r3'),
    atomicAdd('u64', 'r9', egress ? slot.txPackets : slot.rxPackets, 'r5'),
  ]
}

const pass: Code = [mov('r0', 1), exit()]

/** What else is told of a connection. */
function connection(types: SocketTypes | undefined): Code {
  const [srtt, retransmits] =
    types === undefined ? [tcpSock.srtt_us, tcpSock.total_retrans] : [types.srtt, types.retransmits]
  return [
    load('u32', 'r1', 'r7', sock.state),
    store('u8', 'r9', slot.state, 'r1'),
    ...(types === undefined
      ? [mov('r1', 'r7'), call(helper.tcp_sock), jumpIf('r0', '==', 0, 'slot-done')]
      : castTo('r7', types.tcpSock, types)),
    load('u32', 'r1', 'r0', srtt),
    store('u32', 'r9', slot.srtt, 'r1'),
    load('u32', 'r1', 'r0', retransmits),
    store('u32', 'r9', slot.retransmits, 'r1'),
    label('slot-done'),
  ]
}

/**
 * Counts the packet in r6 of the socket in r7 in its flow's slot, and ends the program. Goes on when it has none, with the
 * number of the slot that it might have at `number` on the stack.
 * @param unless goes to `unslotted` when the long way has to be gone for the flow of a datagram, slot r9; keeps r8
 */
export function countInSlot(
  egress: boolean,
  map: number,
  types: SocketTypes | undefined,
  number: number,
  unless: Code = [],
): Code {
  return [
    ...cookieOf('r7', 'r8', types),
    // Not the cookie of a free slot.
    jumpIf('r8', '==', 0, 'slow'),
    ...packet(),
    // No datagram is shorter.
    ...within(IPV4_HEADER + UDP_HEADER, 'slow'),
    load('u8', 'r1', 'r2', 0),
    jumpIf('r1', '!=', PLAIN_IPV4, 'not-v4'),
    load('u8', 'r1', 'r2', 9),
    mov('r0', IPV4_HEADER),
    jumpIf('r1', '==', IPPROTO_TCP, 'tcp'),
    jumpIf('r1', '!=', IPPROTO_UDP, 'slow'),
    ...findUdp(false, !egress, map, number),
    label('udp'),
    ...unless,
    ...lengths(),
    jumpIf('r4', '!=', 0, 'udp-segments'),
    label('udp-count'),
    ...count(egress),
    ...pass,

    label('tcp'),
    // A listener's packets are those of connections to come.
    load('u16', 'r1', 'r7', sock.dst_port),
    jumpIf('r1', '==', 0, 'slow'),
    mov('r1', 'r8'),
    ...slotAt('r9', 'r1', map),
    load('u64', 'r1', 'r9', slot.cookie),
    jumpIf('r1', '!=', 'r8', 'unslotted-tcp'),
    ...lengths(),
    jumpIf('r4', '==', 0, 'tcp-count'),
    mov('r8', 'r0'),
    ...packet(),
    add('r2', 'r8'),
    mov('r1', 'r2'),
    add('r1', TCP_HEADER),
    jumpIf('r1', '>', 'r3', 'slow'),
    // The upper four bits: length of the TCP header in 32-bit words.
    load('u8', 'r1', 'r2', TCP_DATA_OFFSET),
    rsh('r1', 4),
    lsh('r1', 2),
    add('r8', 'r1'),
    load('u32', 'r3', 'r6', skb.len),
    ...segments(),
    label('tcp-count'),
    ...count(egress),
    ...(egress ? [] : connection(types)),
    ...pass,

    label('udp-segments'),
    ...segments(),
    jump('udp-count'),

    label('not-v4'),
    and('r1', 0xf0),
    jumpIf('r1', '!=', IPV6_VERSION, 'slow'),
    ...within(IPV6_HEADER + UDP_HEADER, 'slow'),
    load('u8', 'r1', 'r2', 6),
    mov('r0', IPV6_HEADER),
    jumpIf('r1', '==', IPPROTO_TCP, 'tcp'),
    jumpIf('r1', '!=', IPPROTO_UDP, 'slow'),
    ...findUdp(true, !egress, map, number),
    jump('udp'),

    label('unslotted-tcp'),
    and('r8', MAX_SLOTS - 1),
    add('r8', OF_CONNECTION),
    store('u64', 'r10', number, 'r8'),
    jump('unslotted'),
    label('slow'),
    store('u64', 'r10', number, NO_SLOT),
    label('unslotted'),
  ]
}

/**
 * Gives the flow in r9, whose key is on the stack at `key`, the slot at `number` there, if it is free and the flow needs it.
 * A few packets are not worth one; and those that tell names are looked at on the long way, the first of every flow.
 */
export function takeSlot(map: number, key: number, number: number): Code {
  return [
    load('u64', 'r1', 'r10', number),
    jumpIf('r1', '==', NO_SLOT, 'slot-left'),
    load('u8', 'r2', 'r9', flowValue.watch),
    jumpIf('r2', '==', WATCH_DNS, 'slot-left'),
    load('u8', 'r2', 'r9', flowValue.socketType),
    jumpIf('r2', '==', SOCK_RAW, 'slot-left'),
    load('u64', 'r2', 'r9', flowValue.rxPackets),
    load('u64', 'r3', 'r9', flowValue.txPackets),
    add('r2', 'r3'),
    jumpIf('r2', '<', TAKES_SLOT_AFTER, 'slot-left'),
    store('u8', 'r9', flowValue.watch, WATCH_NONE),
    mov('r5', 'r1'),
    ...slotAt('r4', 'r1', map),
    load('u64', 'r0', 'r4', slot.cookie),
    jumpIf('r0', '!=', 0, 'slot-left'),
    ...load64('r3', SLOT_BUSY),
    compareExchange('r4', slot.cookie, 'r3'),
    jumpIf('r0', '!=', 0, 'slot-left'),
    ...[0, 8, 16].flatMap(word => [
      load('u64', 'r1', 'r10', key + flowKey.remoteIp + word),
      store('u64', 'r4', slot.ends + word, 'r1'),
    ]),
    jumpIf('r5', '<', OF_CONNECTION, 'slot-filled'),
    load('u32', 'r1', 'r7', sock.state),
    store('u8', 'r4', slot.state, 'r1'),
    label('slot-filled'),
    mov('r0', 'r3'),
    load('u64', 'r1', 'r10', key + flowKey.cookie),
    compareExchange('r4', slot.cookie, 'r1'),
    label('slot-left'),
  ]
}

type CounterOffsets = Record<'rxBytes' | 'txBytes' | 'rxPackets' | 'txPackets', number>

/** Adds what a connection's slot has counted to the four numbers at r9; r7 its cookie. */
export function addConnectionSlot(map: number, to: CounterOffsets): Code {
  return [mov('r1', 'r7'), ...addSlot(map, to, [])]
}

/** The same of another flow, whose key is on the stack at `key` and the number of the slot that it might have at `number`. */
export function addFlowSlot(map: number, to: CounterOffsets, key: number, number: number): Code {
  const isOfFlow = [0, 8, 16].flatMap(word => [
    load('u64', 'r1', 'r10', key + flowKey.remoteIp + word),
    load('u64', 'r3', 'r2', slot.ends + word),
    jumpIf('r1', '!=', 'r3', 'no-slot'),
  ])
  return [
    load('u64', 'r1', 'r10', number),
    jumpIf('r1', '==', NO_SLOT, 'no-slot'),
    ...addSlot(map, to, isOfFlow),
  ]
}

/** r1 the slot's number. */
function addSlot(map: number, to: CounterOffsets, unless: Code): Code {
  const one = (from: number, at: number): Code => [
    load('u64', 'r1', 'r2', from),
    load('u64', 'r3', 'r9', at),
    add('r1', 'r3'),
    store('u64', 'r9', at, 'r1'),
  ]
  return [
    ...slotAt('r2', 'r1', map),
    load('u64', 'r1', 'r2', slot.cookie),
    jumpIf('r1', '!=', 'r7', 'no-slot'),
    ...unless,
    ...one(slot.rxBytes, to.rxBytes),
    ...one(slot.txBytes, to.txBytes),
    ...one(slot.rxPackets, to.rxPackets),
    ...one(slot.txPackets, to.txPackets),
    label('no-slot'),
  ]
}
