// Reading a packet's headers in a cgroup_skb program: pieces of programs. The packet begins at its IP header; r6 is the context.

import { skb } from '../../native/linux/bpf/helper.ts'
import {
  type Instruction,
  type Label,
  add,
  and,
  bigEndian,
  div,
  jump,
  jumpIf,
  label,
  load,
  lsh,
  mov,
  mul,
  rsh,
  store,
  sub,
} from '../../native/linux/bpf/instruction.ts'
import { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../../record/protocol.ts'

/** skb->protocol is in network order: htons(ETH_P_IPV6). */
const ETH_P_IPV6_BE = 0xdd86
/** Bytes 00 00 ff ff, the third word of an IPv4-mapped address, as stored by a little-endian machine. */
export const V4_MAPPED_WORD = 0xffff0000 | 0
const IPV4_HEADER = 20
const IPV4_PROTOCOL = 9
const IPV6_HEADER = 40
const IPV6_NEXT_HEADER = 6
/** Hop-by-hop options, of which the jumbo option alone is looked for: 0 u8 next header  1 u8 0  2 u8 0xc2  3 u8 4  4 u32 length. */
const HOP_BY_HOP = 0
const JUMBO_OPTION = 0xc2
const JUMBO_HEADER = 8
const UDP_HEADER = 8
const TCP_DATA_OFFSET = 12

export type Code = (Instruction | Label)[]

/**
 * r2 at the IP header, r3 at the end of what of the packet lies in one piece: the headers do, in both directions. Then, when
 * `length` bytes from r2 on are there, goes on; else to `otherwise`. The verifier wants the comparison before every access.
 */
export function packet(): Code {
  return [load('u32', 'r2', 'r6', skb.data), load('u32', 'r3', 'r6', skb.data_end)]
}

export function within(length: number, otherwise: string): Code {
  return [mov('r4', 'r2'), add('r4', length), jumpIf('r4', '>', 'r3', otherwise)]
}

/**
 * r1 = protocol, r5 = length of the IP header (extension headers of IPv6 are not walked). Keeps r2 and r3, but for BIG TCP: IPv6
 * packets above 64 KiB have a jumbo option (RFC 2675) between here and the device, which the wire never sees. Behind it r2 is
 * moved as if it were not there, and `thenJumbo` runs.
 */
export function ipHeader(
  name: string,
  otherwise: string,
  then4: Code = [],
  then6: Code = [],
  thenJumbo: Code = [],
): Code {
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
    jumpIf('r1', '!=', HOP_BY_HOP, `${name}-ip`),
    ...within(IPV6_HEADER + JUMBO_HEADER, `${name}-ip`),
    load('u8', 'r4', 'r2', IPV6_HEADER + 2),
    jumpIf('r4', '!=', JUMBO_OPTION, `${name}-ip`),
    load('u8', 'r1', 'r2', IPV6_HEADER),
    add('r2', JUMBO_HEADER),
    ...thenJumbo,
    label(`${name}-ip`),
  ]
}

/**
 * A super-packet: every segment but the first repeats the headers. r8 = bytes, and packets on the stack at `packets`, from gso_size (set
 * by every sender and by GRO; gso_segs is not set by some drivers).
 */
export function segments(packets: number): Code {
  return [
    store('u64', 'r10', packets, 1),
    load('u32', 'r9', 'r6', skb.gso_size),
    jumpIf('r9', '==', 0, 'segments-known'),
    ...packet(),
    ...ipHeader('gso', 'segments-known', [], [], [sub('r8', JUMBO_HEADER)]),
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
    store('u64', 'r10', packets, 'r2'),
    sub('r2', 1),
    mul('r2', 'r5'),
    add('r8', 'r2'),
    label('segments-known'),
  ]
}

/**
 * One end of the packet to the stack: address, IPv4 as IPv4-mapped, and port in host order (what is there for none).
 * @param otherWord where the last word of the other end's address goes
 */
export function endpoint(
  name: string,
  isSource: boolean,
  ip: number,
  port: number,
  otherWord?: number,
): Code {
  const other = (at: number): Code =>
    otherWord === undefined ? [] : [load('u32', 'r1', 'r2', at), store('u32', 'r10', otherWord, 'r1')]
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
        ...other(isSource ? 16 : 12),
      ],
      [
        load('u64', 'r1', 'r2', isSource ? 8 : 24),
        store('u64', 'r10', ip, 'r1'),
        load('u64', 'r1', 'r2', isSource ? 16 : 32),
        store('u64', 'r10', ip + 8, 'r1'),
        ...other(isSource ? 36 : 20),
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
