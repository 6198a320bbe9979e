// The programs that count packets of no socket: those that come for a closed port, by the tracepoint at which the kernel drops
// them (skb:kfree_skb with its reason; Linux 5.17 with BTF), in every network namespace; and forwarded ones, by netfilter's
// FORWARD hook (Linux 6.4), in ours. Both run for such packets alone: other traffic pays nothing.
//
// The kernel hands over its own struct sk_buff: members are found by BTF, the packet by reading at its address.

import {
  BPF_NETFILTER,
  BPF_PROG_TYPE_NETFILTER,
  attachType,
  helper,
  programType,
} from '../../native/linux/bpf/helper.ts'
import type { NetfilterHook, ProgramDescription } from '../../native/linux/bpf/bpf-program.ts'
import {
  type Program,
  type Register,
  add,
  and,
  atomicAdd,
  bigEndian,
  call,
  exit,
  jump,
  jumpIf,
  label,
  load,
  load64,
  loadMap,
  lsh,
  mov,
  mul,
  rsh,
  store,
  sub,
} from '../../native/linux/bpf/instruction.ts'
import type { KernelTypes } from '../../native/linux/bpf/kernel-types.ts'
import { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../../record/protocol.ts'
import type { CounterMaps, CounterOptions } from './ebpf-counter-program.ts'
import { PACKETS_FORWARDED, PACKETS_OF_NOBODY, flowKey, flowValue, foldedValue } from './ebpf-layout.ts'
import { type Code, V4_MAPPED_WORD } from './ebpf-packet-code.ts'

const NF_INET_FORWARD = 2
const NFPROTO_IPV4 = 2
const NFPROTO_IPV6 = 10
/** Behind the filters (NF_IP_PRI_FILTER is 0): what they drop is not forwarded. */
const BEHIND_FILTERS = 1000
const NF_ACCEPT = 1
const BPF_NOEXIST = 1

const members = {
  skb: { struct: 'sk_buff', names: ['head', 'end', 'network_header', 'dev'] },
  device: { struct: 'net_device', names: ['ifindex', 'nd_net'] },
  net: { struct: 'net', names: ['net_cookie'] },
  shared: { struct: 'skb_shared_info', names: ['gso_size', 'gso_segs'] },
  hook: { struct: 'nf_hook_state', names: ['in', 'out'] },
} as const
type Offsets = Record<string, number>

export interface StrayOffsets {
  readonly of: Offsets
  /** Value of SKB_DROP_REASON_NO_SOCKET, which kernels number differently. */
  readonly noSocket: number | undefined
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
    kfreeSkb: types.tracepoint('kfree_skb'),
  }
}

// On the stack, below r10.
const KEY = -flowKey.size
const VALUE = KEY - flowValue.size
/** The first bytes of the packet: an IPv6 header, or one of IPv4. */
const HEADER = VALUE - 40
const PORTS = HEADER - 8
const SCRATCH = PORTS - 8
const NETNS = SCRATCH - 8
/** Interface by which the packet came, and by which it leaves; 0: none, or one that is not counted. */
const IN = NETNS - 8
const OUT = IN - 8
const BYTES = OUT - 8
const SEGMENTS = BYTES - 8

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
function interfaceOf(name: string, device: Register, to: number, of: Offsets, options: CounterOptions): Code {
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
function packetOf(of: Offsets): Code {
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
function segments(of: Offsets): Code {
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

function lookup(map: number): Code {
  return [...loadMap('r1', map), mov('r2', 'r10'), add('r2', KEY), call(helper.map_lookup_elem)]
}

/** Adds BYTES and SEGMENTS to the entry in r0 for each side that has an interface. */
function count(
  name: string,
  base: { rxBytes: number; txBytes: number; rxPackets: number; txPackets: number },
): Code {
  const side = (to: string, ifindex: number, bytes: number, packets: number): Code => [
    load('u64', 'r1', 'r10', ifindex),
    jumpIf('r1', '==', 0, `${name}-no-${to}`),
    load('u64', 'r1', 'r10', BYTES),
    atomicAdd('u64', 'r0', bytes, 'r1'),
    load('u64', 'r1', 'r10', SEGMENTS),
    atomicAdd('u64', 'r0', packets, 'r1'),
    label(`${name}-no-${to}`),
  ]
  return [...side('in', IN, base.rxBytes, base.rxPackets), ...side('out', OUT, base.txBytes, base.txPackets)]
}

/** @param begin r6 = the skb, r1 on entry the context; IN, OUT and NETNS set. @param pass what the program returns */
function strayProgram(
  maps: CounterMaps,
  options: CounterOptions,
  of: Offsets,
  origin: number,
  begin: Code,
  pass: number,
): Program {
  const code: Code = [...begin]
  if (options.onlyNetns !== undefined) {
    code.push(
      load('u64', 'r1', 'r10', NETNS),
      ...load64('r2', BigInt(options.onlyNetns)),
      jumpIf('r1', '!=', 'r2', 'out'),
    )
  }
  code.push(
    load('u64', 'r1', 'r10', IN),
    jumpIf('r1', '!=', 0, 'wanted'),
    load('u64', 'r1', 'r10', OUT),
    jumpIf('r1', '==', 0, 'out'),
    label('wanted'),
  )
  for (let at = 0; at < flowValue.size; at += 8) code.push(store('u64', 'r10', VALUE + at, 0))
  for (let at = 0; at < flowKey.size; at += 8) code.push(store('u64', 'r10', KEY + at, 0))
  code.push(store('u64', 'r10', SEGMENTS, 1), ...packetOf(of), ...segments(of))
  const copy = (width: 'u16' | 'u32' | 'u64', from: number, to: number): Code => [
    load(width, 'r1', 'r10', from),
    store(width, 'r10', to, 'r1'),
  ]
  code.push(
    store('u8', 'r10', VALUE + flowValue.origin, origin),
    ...copy('u32', IN, VALUE + flowValue.ifindex),
    ...copy('u64', NETNS, VALUE + flowValue.netnsCookie),
    ...copy('u64', VALUE + flowValue.remoteIp, KEY + flowKey.remoteIp),
    ...copy('u64', VALUE + flowValue.remoteIp + 8, KEY + flowKey.remoteIp + 8),
    ...copy('u16', VALUE + flowValue.remotePort, KEY + flowKey.remotePort),
  )
  if (origin === PACKETS_FORWARDED) {
    code.push(
      ...copy('u16', VALUE + flowValue.localPort, KEY + flowKey.localPort),
      ...copy('u32', VALUE + flowValue.localIp + 12, KEY + flowKey.localWord),
    )
  }
  code.push(
    ...lookup(maps.flows),
    jumpIf('r0', '!=', 0, 'found'),
    ...loadMap('r1', maps.flows),
    mov('r2', 'r10'),
    add('r2', KEY),
    mov('r3', 'r10'),
    add('r3', VALUE),
    mov('r4', BPF_NOEXIST),
    call(helper.map_update_elem),
    ...lookup(maps.flows),
    jumpIf('r0', '!=', 0, 'found'),
    // No room: to the sum of all.
    store('u32', 'r10', KEY, 0),
    ...lookup(maps.totals),
    jumpIf('r0', '==', 0, 'out'),
    ...count('total', foldedValue),
    jump('out'),
    label('found'),
    ...count('flow', flowValue),
    label('out'),
    mov('r0', pass),
    exit(),
  )
  return code
}

/** Packets for closed ports. Undefined: this kernel does not say why it drops a packet. */
export function refusedProgram(
  maps: CounterMaps,
  options: CounterOptions,
  { of, noSocket, kfreeSkb }: StrayOffsets,
): (ProgramDescription & { btfId: number }) | undefined {
  if (noSocket === undefined || kfreeSkb === undefined) return undefined
  const begin: Code = [
    // Arguments: the skb, where it is dropped, why.
    load('u64', 'r2', 'r1', 16),
    jumpIf('r2', '!=', noSocket, 'out'),
    load('u64', 'r6', 'r1', 0),
    store('u64', 'r10', OUT, 0),
    load('u64', 'r9', 'r6', of['dev'] as number),
    ...interfaceOf('in', 'r9', IN, of, options),
  ]
  return {
    name: 'np_refused',
    type: programType.TRACING,
    attachType: attachType.TRACE_RAW_TP,
    btfId: kfreeSkb,
    program: strayProgram(maps, options, of, PACKETS_OF_NOBODY, begin, 0),
  }
}

export function forwardPrograms(
  maps: CounterMaps,
  options: CounterOptions,
  { of }: StrayOffsets,
): (ProgramDescription & { hook: NetfilterHook })[] {
  const begin: Code = [
    // struct bpf_nf_ctx: the hook's state, the skb.
    load('u64', 'r7', 'r1', 0),
    load('u64', 'r6', 'r1', 8),
    load('u64', 'r9', 'r7', of['out'] as number),
    ...interfaceOf('out', 'r9', OUT, of, options),
    load('u64', 'r9', 'r7', of['in'] as number),
    ...interfaceOf('in', 'r9', IN, of, options),
  ]
  const program = strayProgram(maps, options, of, PACKETS_FORWARDED, begin, NF_ACCEPT)
  return [NFPROTO_IPV4, NFPROTO_IPV6].map(family => ({
    name: family === NFPROTO_IPV4 ? 'np_forward4' : 'np_forward6',
    type: BPF_PROG_TYPE_NETFILTER,
    attachType: BPF_NETFILTER,
    hook: { family, hook: NF_INET_FORWARD, priority: BEHIND_FILTERS },
    program,
  }))
}
