// A packet as programs find it that are given the kernel's own struct sk_buff, not the context of a socket filter: where its
// members are (BTF tells), and the code that reads interface, addresses, ports and length by their addresses.

import { helper } from '../../native/linux/bpf/helper.ts'
import {
  type Register,
  add,
  and,
  bigEndian,
  call,
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
import type { KernelTypes } from '../../native/linux/bpf/kernel-types.ts'
import { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../../record/protocol.ts'
import type { CounterOptions } from './ebpf-counter-program.ts'
import { flowKey, flowValue } from './ebpf-layout.ts'
import { type Code, V4_MAPPED_WORD } from './ebpf-packet-code.ts'

const members = {
  skb: { struct: 'sk_buff', names: ['head', 'tail', 'end', 'network_header', 'dev', 'skb_iif'] },
  device: { struct: 'net_device', names: ['ifindex', 'nd_net'] },
  net: { struct: 'net', names: ['net_cookie'] },
  shared: { struct: 'skb_shared_info', names: ['gso_size', 'gso_segs'] },
  hook: { struct: 'nf_hook_state', names: ['in', 'out'] },
  sock: { struct: 'sock_common', names: ['skc_state', 'skc_cookie'] },
} as const
export type Offsets = Record<string, number>

export interface StrayOffsets {
  readonly of: Offsets
  /** Values of SKB_DROP_REASON_…, which kernels number differently. */
  readonly noSocket: number | undefined
  readonly filtered: number | undefined
  readonly kfreeSkb: number | undefined
}

/** Undefined where the kernel does not tell its types. */
export function strayOffsets(types: KernelTypes | undefined): StrayOffsets | undefined {
  if (types === undefined) return undefined
  const of: Offsets = {}
  for (const { struct, names } of Object.values(members)) {
    for (const name of names) {
      const offset = types.memberOffset(struct, name)
      // net.net_cookie: Linux 5.12. Without it namespaces cannot be told apart.
      if (offset === undefined) return undefined
      of[name] = offset
    }
  }
  return {
    of,
    noSocket: types.enumerator('skb_drop_reason', 'SKB_DROP_REASON_NO_SOCKET'),
    filtered: types.enumerator('skb_drop_reason', 'SKB_DROP_REASON_NETFILTER_DROP'),
    kfreeSkb: types.tracepoint('kfree_skb'),
  }
}

// On the stack, below r10.
export const KEY = -flowKey.size
export const VALUE = KEY - flowValue.size
/** The first bytes of the packet: an IPv6 header, or one of IPv4. */
const HEADER = VALUE - 40
const PORTS = HEADER - 8
const SCRATCH = PORTS - 8
export const NETNS = SCRATCH - 8
/** Interface by which the packet came, and by which it leaves; 0: none, or one that is not counted. */
export const IN = NETNS - 8
export const OUT = IN - 8
export const BYTES = OUT - 8
export const SEGMENTS = BYTES - 8
/** PACKETS_OF_…, and the cookie of the socket, where there is one. */
export const ORIGIN = SEGMENTS - 8
export const COOKIE = ORIGIN - 8

/** Reads kernel memory at the address in `from` to the stack. */
function read(to: number, size: number, from: Register, offset: number): Code {
  return [
    mov('r3', from),
    add('r3', offset),
    mov('r1', 'r10'),
    add('r1', to),
    mov('r2', size),
    call(helper.probe_read_kernel),
  ]
}

/** The index of the net_device in `device` to the stack when it is to be counted, else 0; its namespace to NETNS. */
export function interfaceOf(
  name: string,
  device: Register,
  to: number,
  of: Offsets,
  options: CounterOptions,
): Code {
  const code: Code = [
    store('u64', 'r10', to, 0),
    jumpIf(device, '==', 0, `${name}-none`),
    ...read(to, 4, device, of['ifindex'] as number),
    ...read(SCRATCH, 8, device, of['nd_net'] as number),
    load('u64', 'r3', 'r10', SCRATCH),
    ...read(NETNS, 8, 'r3', of['net_cookie'] as number),
  ]
  if (options.ifindexes.length > 0) {
    code.push(load('u32', 'r1', 'r10', to))
    for (const ifindex of options.ifindexes) code.push(jumpIf('r1', '==', ifindex, `${name}-none`))
    code.push(store('u64', 'r10', to, 0))
  }
  return [...code, label(`${name}-none`)]
}

/** Words of an address from HEADER to VALUE. */
function address(from: number, to: number, isV6: boolean): Code {
  if (!isV6) {
    return [
      load('u32', 'r1', 'r10', HEADER + from),
      store('u64', 'r10', to, 0),
      store('u32', 'r10', to + 8, V4_MAPPED_WORD),
      store('u32', 'r10', to + 12, 'r1'),
    ]
  }
  return [0, 8].flatMap(word => [
    load('u64', 'r1', 'r10', HEADER + from + word),
    store('u64', 'r10', to + word, 'r1'),
  ])
}

/**
 * From the skb in r6: addresses, ports and protocol into VALUE, bytes on the wire into BYTES. r7 becomes the address of the
 * transport header, r8 the length of the IP header. A packet that is not IP goes to `out`.
 */
export function packetOf(of: Offsets): Code {
  const { remoteIp, localIp, remotePort, localPort, protocol } = flowValue
  return [
    load('u64', 'r7', 'r6', of['head'] as number),
    load('u16', 'r1', 'r6', of['network_header'] as number),
    add('r7', 'r1'),
    ...read(HEADER, 40, 'r7', 0),
    load('u8', 'r1', 'r10', HEADER),
    mov('r8', 'r1'),
    rsh('r1', 4),
    jumpIf('r1', '==', 6, 'v6'),
    jumpIf('r1', '!=', 4, 'out'),
    and('r8', 0x0f),
    lsh('r8', 2),
    load('u16', 'r9', 'r10', HEADER + 2),
    bigEndian('r9', 16),
    ...address(12, VALUE + remoteIp, false),
    ...address(16, VALUE + localIp, false),
    load('u8', 'r1', 'r10', HEADER + 9),
    jump('ip'),
    label('v6'),
    mov('r8', 40),
    load('u16', 'r9', 'r10', HEADER + 4),
    bigEndian('r9', 16),
    add('r9', 40),
    ...address(8, VALUE + remoteIp, true),
    ...address(24, VALUE + localIp, true),
    load('u8', 'r1', 'r10', HEADER + 6),
    label('ip'),
    store('u64', 'r10', BYTES, 'r9'),
    store('u8', 'r10', VALUE + protocol, 'r1'),
    add('r7', 'r8'),
    jumpIf('r1', '==', IPPROTO_TCP, 'ports'),
    jumpIf('r1', '==', IPPROTO_UDP, 'ports'),
    jumpIf('r1', '!=', IPPROTO_UDPLITE, 'portless'),
    label('ports'),
    ...read(PORTS, 4, 'r7', 0),
    load('u16', 'r1', 'r10', PORTS),
    bigEndian('r1', 16),
    store('u16', 'r10', VALUE + remotePort, 'r1'),
    load('u16', 'r1', 'r10', PORTS + 2),
    bigEndian('r1', 16),
    store('u16', 'r10', VALUE + localPort, 'r1'),
    label('portless'),
  ]
}

/** A super-packet of GRO: SEGMENTS, and the headers that they repeat into BYTES. */
export function segments(of: Offsets): Code {
  return [
    load('u64', 'r9', 'r6', of['head'] as number),
    load('u32', 'r1', 'r6', of['end'] as number),
    add('r9', 'r1'),
    store('u64', 'r10', SCRATCH, 0),
    ...read(SCRATCH, 2, 'r9', of['gso_segs'] as number),
    load('u64', 'r9', 'r10', SCRATCH),
    jumpIf('r9', '<=', 1, 'one-segment'),
    store('u64', 'r10', SEGMENTS, 'r9'),
    mov('r1', 8),
    load('u8', 'r2', 'r10', VALUE + flowValue.protocol),
    jumpIf('r2', '!=', IPPROTO_TCP, 'header-known'),
    // The upper four bits: length of the TCP header in 32-bit words.
    ...read(SCRATCH, 1, 'r7', 12),
    load('u8', 'r1', 'r10', SCRATCH),
    rsh('r1', 4),
    lsh('r1', 2),
    label('header-known'),
    add('r1', 'r8'),
    sub('r9', 1),
    mul('r9', 'r1'),
    load('u64', 'r1', 'r10', BYTES),
    add('r1', 'r9'),
    store('u64', 'r10', BYTES, 'r1'),
    label('one-segment'),
  ]
}

/**
 * Its first bytes, from the IP header on, as many as lie in one piece: their number to r8, at most that of BYTES, and their
 * address to r7.
 */
export function linearPart(of: Offsets): Code {
  return [
    load('u64', 'r7', 'r6', of['head'] as number),
    load('u32', 'r8', 'r6', of['tail'] as number),
    load('u16', 'r1', 'r6', of['network_header'] as number),
    add('r7', 'r1'),
    jumpIf('r8', '<=', 'r1', 'out'),
    sub('r8', 'r1'),
    load('u64', 'r1', 'r10', BYTES),
    jumpIf('r8', '<=', 'r1', 'in-one-piece'),
    mov('r8', 'r1'),
    label('in-one-piece'),
  ]
}
