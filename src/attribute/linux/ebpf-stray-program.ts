// The programs that count packets that no socket is given: by the tracepoint at which the kernel drops them (skb:kfree_skb with
// its reason; Linux 5.17 with BTF), in every network namespace, those that come for a closed port, for a connection in
// TIME-WAIT (Linux 6.11), or up to a firewall; and forwarded ones, by netfilter's FORWARD hook (Linux 6.4), in ours. They run
// for such packets alone: other traffic pays nothing.
//
// An answer of DNS may come for a closed port: who asked did not wait for it. It is handed over like those that are waited for.

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
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_UDP } from '../../record/protocol.ts'
import type { CounterMaps, CounterOptions } from './ebpf-counter-program.ts'
import { TCP_TIME_WAIT } from '../../native/linux/sock-diag.ts'
import {
  PACKETS_FORWARDED,
  PACKETS_OF_KERNEL,
  PACKETS_OF_NOBODY,
  PACKETS_OF_SOCKET,
  flowKey,
  flowValue,
  foldedValue,
  namePacket,
} from './ebpf-layout.ts'
import { DNS_PORTS, LOOPBACK_IFINDEX, type NameOptions, toRing } from './ebpf-name-code.ts'
import type { Code } from './ebpf-packet-code.ts'
import {
  BYTES,
  COOKIE,
  IN,
  KEY,
  NETNS,
  ORIGIN,
  OUT,
  type Offsets,
  SEGMENTS,
  type StrayOffsets,
  VALUE,
  interfaceOf,
  linearPart,
  packetOf,
  segments,
} from './ebpf-sk-buff-code.ts'

const NF_INET_FORWARD = 2
const NFPROTO_IPV4 = 2
const NFPROTO_IPV6 = 10
/** Behind the filters (NF_IP_PRI_FILTER is 0): what they drop is not forwarded. */
const BEHIND_FILTERS = 1000
const NF_ACCEPT = 1
const BPF_NOEXIST = 1

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

/**
 * @param begin r6 = the skb, r1 on entry the context; IN, OUT, NETNS, ORIGIN and COOKIE set, or to `out`
 * @param isForwarded its flows have both ends in their keys
 * @param pass what the program returns
 */
function strayProgram(
  maps: CounterMaps,
  options: CounterOptions,
  of: Offsets,
  isForwarded: boolean,
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
  code.push(
    store('u64', 'r10', SEGMENTS, 1),
    ...packetOf(of),
    // An echo reply that no ping socket has been given: raw ones may have been, and our own was.
    load('u64', 'r1', 'r10', ORIGIN),
    jumpIf('r1', '!=', PACKETS_OF_NOBODY, 'counts'),
    load('u8', 'r1', 'r10', VALUE + flowValue.protocol),
    jumpIf('r1', '==', IPPROTO_ICMP, 'out'),
    jumpIf('r1', '==', IPPROTO_ICMPV6, 'out'),
    label('counts'),
    ...segments(of),
  )
  const copy = (width: 'u8' | 'u16' | 'u32' | 'u64', from: number, to: number): Code => [
    load(width, 'r1', 'r10', from),
    store(width, 'r10', to, 'r1'),
  ]
  code.push(
    ...copy('u8', ORIGIN, VALUE + flowValue.origin),
    ...copy('u64', COOKIE, KEY + flowKey.cookie),
    ...copy('u32', IN, VALUE + flowValue.ifindex),
    ...copy('u64', NETNS, VALUE + flowValue.netnsCookie),
    ...copy('u64', VALUE + flowValue.remoteIp, KEY + flowKey.remoteIp),
    ...copy('u64', VALUE + flowValue.remoteIp + 8, KEY + flowKey.remoteIp + 8),
    ...copy('u16', VALUE + flowValue.remotePort, KEY + flowKey.remotePort),
  )
  if (isForwarded) {
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
    jump('counted'),
    label('found'),
    ...count('flow', flowValue),
    label('counted'),
    ...(!isForwarded && options.names?.dns === true ? tellAnswer(options.names, of) : []),
    label('out'),
    mov('r0', pass),
    exit(),
  )
  return code
}

/** Hands over what comes from a port of DNS. What came by loopback was handed over when it was sent. */
function tellAnswer(names: NameOptions, of: Offsets): Code {
  const copy = (width: 'u32' | 'u64', from: number, to: number): Code => [
    load(width, 'r1', 'r10', from),
    store(width, 'r9', to, 'r1'),
  ]
  return [
    // Not what a firewall has kept from who asked.
    load('u64', 'r1', 'r10', ORIGIN),
    jumpIf('r1', '!=', PACKETS_OF_NOBODY, 'out'),
    load('u8', 'r1', 'r10', VALUE + flowValue.protocol),
    jumpIf('r1', '!=', IPPROTO_UDP, 'out'),
    load('u64', 'r1', 'r10', IN),
    jumpIf('r1', '==', LOOPBACK_IFINDEX, 'out'),
    load('u64', 'r1', 'r10', SEGMENTS),
    jumpIf('r1', '!=', 1, 'out'),
    load('u16', 'r1', 'r10', VALUE + flowValue.remotePort),
    ...DNS_PORTS.map(port => jumpIf('r1', '==', port, 'answer')),
    jump('out'),
    label('answer'),
    ...linearPart(of),
    ...toRing(
      names,
      KEY,
      [
        mov('r1', 'r9'),
        add('r1', namePacket.size),
        mov('r2', 'r8'),
        mov('r3', 'r7'),
        call(helper.probe_read_kernel),
      ],
      [
        store('u64', 'r9', namePacket.cookie, 0),
        ...copy('u64', NETNS, namePacket.netnsCookie),
        ...copy('u32', IN, namePacket.ifindex),
        ...copy('u32', BYTES, namePacket.length),
        store('u32', 'r9', namePacket.gsoSize, 0),
        store('u64', 'r9', namePacket.isOutgoing, 0),
      ],
    ),
  ]
}

/**
 * Packets that are dropped before a socket has them.
 * @param tellsSocket the tracepoint says which one they were for, so that connections in TIME-WAIT are told
 * @returns undefined: this kernel does not say why it drops a packet
 */
export function refusedProgram(
  maps: CounterMaps,
  options: CounterOptions,
  { of, noSocket, filtered, kfreeSkb }: StrayOffsets,
  tellsSocket: boolean,
): (ProgramDescription & { btfId: number }) | undefined {
  if (noSocket === undefined || kfreeSkb === undefined) return undefined
  const isFrom = (origin: number): Code => [store('u64', 'r10', ORIGIN, origin), jump('device')]
  const begin: Code = [
    // Arguments: the skb, where it is dropped, why, and the socket.
    load('u64', 'r6', 'r1', 0),
    load('u64', 'r8', 'r1', 16),
    ...(tellsSocket ? [load('u64', 'r7', 'r1', 24)] : []),
    store('u64', 'r10', COOKIE, 0),
    store('u64', 'r10', OUT, 0),
    jumpIf('r8', '==', noSocket, 'no-socket'),
    ...(filtered === undefined ? [] : [jumpIf('r8', '==', filtered, 'filtered')]),
    ...(tellsSocket ? ofTimeWait(of) : [jump('out')]),
    label('no-socket'),
    ...isFrom(PACKETS_OF_NOBODY),
    label('filtered'),
    store('u64', 'r10', ORIGIN, PACKETS_OF_KERNEL),
    label('device'),
    load('u64', 'r9', 'r6', of['dev'] as number),
    ...interfaceOf('in', 'r9', IN, of, options),
    // What is dropped on its way out has not been on the wire.
    load('u32', 'r1', 'r6', of['skb_iif'] as number),
    load('u64', 'r2', 'r10', IN),
    jumpIf('r1', '!=', 'r2', 'out'),
  ]
  return {
    name: 'np_refused',
    type: programType.TRACING,
    attachType: attachType.TRACE_RAW_TP,
    btfId: kfreeSkb,
    program: strayProgram(maps, options, of, false, begin, 0),
  }
}

/** To `device` with whose the connection was, when the socket in r7 is what is left of one; else to `out`. */
function ofTimeWait(of: Offsets): Code {
  return [
    jumpIf('r7', '==', 0, 'out'),
    load('u8', 'r1', 'r7', of['skc_state'] as number),
    jumpIf('r1', '!=', TCP_TIME_WAIT, 'out'),
    load('u64', 'r1', 'r7', of['skc_cookie'] as number),
    store('u64', 'r10', COOKIE, 'r1'),
    store('u64', 'r10', ORIGIN, PACKETS_OF_KERNEL),
    jumpIf('r1', '==', 0, 'device'),
    store('u64', 'r10', ORIGIN, PACKETS_OF_SOCKET),
    jump('device'),
  ]
}

export function forwardPrograms(
  maps: CounterMaps,
  options: CounterOptions,
  { of }: StrayOffsets,
): (ProgramDescription & { hook: NetfilterHook })[] {
  const begin: Code = [
    store('u64', 'r10', ORIGIN, PACKETS_FORWARDED),
    store('u64', 'r10', COOKIE, 0),
    // struct bpf_nf_ctx: the hook's state, the skb.
    load('u64', 'r7', 'r1', 0),
    load('u64', 'r6', 'r1', 8),
    load('u64', 'r9', 'r7', of['out'] as number),
    ...interfaceOf('out', 'r9', OUT, of, options),
    load('u64', 'r9', 'r7', of['in'] as number),
    ...interfaceOf('in', 'r9', IN, of, options),
  ]
  const program = strayProgram(maps, options, of, true, begin, NF_ACCEPT)
  return [NFPROTO_IPV4, NFPROTO_IPV6].map(family => ({
    name: family === NFPROTO_IPV4 ? 'np_forward4' : 'np_forward6',
    type: BPF_PROG_TYPE_NETFILTER,
    attachType: BPF_NETFILTER,
    hook: { family, hook: NF_INET_FORWARD, priority: BEHIND_FILTERS },
    program,
  }))
}
