// Pieces of the program that counts what is sent: does the process that sends this datagram have its socket?
//
// A datagram with an address meets a cgroup hook before; one on a connected socket, and any of a raw socket, meets nothing before
// it is counted. It is counted in the task that sends it, with these exceptions: threads of the kernel; a task that serves the
// network's soft interrupt; a process that lets packets go on which netfilter has queued for it; and the callback of a device
// that has encrypted it, whose packet has not the socket's protocol, or port, any more.
//
// Nearly always one word says that it is the process that used the socket last. Else the packet goes the long way, where its
// flow is at hand: the counters, before this datagram is added to them, go with the event.

import { helper, sock } from '../../native/linux/bpf/helper.ts'
import {
  and,
  add,
  call,
  jumpIf,
  label,
  load,
  loadMapValue,
  lsh,
  mov,
  or,
  scoped,
  store,
} from '../../native/linux/bpf/instruction.ts'
import type { KernelTypes } from '../../native/linux/bpf/kernel-types.ts'
import { IPPROTO_UDP } from '../../record/protocol.ts'
import {
  COOKIE,
  OWNER_FRAME,
  type OwnerMaps,
  PROCESS,
  SCRATCH,
  SOCKET,
  type TaskOffsets,
  VALUE,
  copyCounters,
  emit,
  lookup,
  update,
  who,
} from './ebpf-event-code.ts'
import { PF_KTHREAD, ifOtherHolder, unlessKnown, whenUseIsLost } from './ebpf-holder-code.ts'
import { EVENT_SENT, MAX_USERS, PID_BITS, event, flowKey, flowValue, slot } from './ebpf-layout.ts'
import { type Code, ipHeader, packet } from './ebpf-packet-code.ts'
import { addFlowSlot } from './ebpf-slot-code.ts'

const SOCK_DGRAM = 2
const SOCK_RAW = 3
/** Protocols: ESP, AH, IPComp. */
const IPSEC = [50, 51, 108]
const WORD_SHIFT = 3
const LENGTH = OWNER_FRAME - 8
const FLOW = OWNER_FRAME - 16
/** The lowest that these pieces use of the stack. */
export const SENDER_FRAME = FLOW

export interface SenderTypes {
  readonly task: TaskOffsets
  /** In task_struct: not 0 while it serves the network's soft interrupt (Linux 6.11). */
  readonly netContext: number | undefined
}

/** Undefined where the kernel does not tell. Whether it lets programs ask: ebpf-abilities.ts. */
export function senderTypes(
  types: KernelTypes | undefined,
  task: TaskOffsets | undefined,
): SenderTypes | undefined {
  return types === undefined || task === undefined
    ? undefined
    : { task, netContext: types.memberOffset('task_struct', 'bpf_net_context') }
}

/** To `out` where the task that is running does not work for itself. */
export function unlessForOthers({ task, netContext }: SenderTypes): Code {
  return [
    call(helper.get_current_task_btf),
    load('u32', 'r1', 'r0', task.flags),
    jumpIf('r1', '&', PF_KTHREAD, 'out'),
    ...(netContext === undefined ? [] : [load('u64', 'r1', 'r0', netContext), jumpIf('r1', '!=', 0, 'out')]),
  ]
}

/** To `out` where the packet of the flow in r9, socket r7, has been through IPsec. */
function unlessChanged(): Code {
  return [
    ...packet(),
    ...ipHeader('sent', 'out'),
    ...IPSEC.map(protocol => jumpIf('r1', '==', protocol, 'out')),
    // ESP in UDP, for the way through NAT.
    jumpIf('r1', '!=', IPPROTO_UDP, 'as-sent'),
    load('u8', 'r1', 'r9', flowValue.protocol),
    jumpIf('r1', '!=', IPPROTO_UDP, 'as-sent'),
    load('u16', 'r1', 'r9', flowValue.localPort),
    load('u32', 'r2', 'r7', sock.src_port),
    jumpIf('r1', '!=', 'r2', 'out'),
    label('as-sent'),
  ]
}

/** A process that reads from netfilter may get packets from it, to let them go on: it counts as no sender of others' datagrams. */
export function rememberFilter(filters: number): Code {
  return [
    ...who(),
    ...lookup(filters, PROCESS),
    jumpIf('r0', '!=', 0, 'out'),
    store('u64', 'r10', VALUE, 1),
    ...update(filters, PROCESS, VALUE),
  ]
}

/** The user's id to the event in r9. The helper for it is not for programs of packets on every kernel. */
export function userOf(task: TaskOffsets): Code {
  return [
    call(helper.get_current_task_btf),
    load('u64', 'r1', 'r0', task.cred),
    load('u32', 'r1', 'r1', task.uid),
    store('u32', 'r9', event.uid, 'r1'),
  ]
}

/**
 * For the slot in r9 of a flow of datagrams: to `unslotted` unless this process is known to have used its socket last. Some 20 ns
 * (test/bench/ebpf.bench.ts, Linux 6.18 on an AMD EPYC): a call, and a word of memory.
 */
export function ifKnownSender(users: number, { task }: SenderTypes): Code {
  return [
    call(helper.get_current_task_btf),
    load('u32', 'r1', 'r0', task.tgid),
    load('u64', 'r2', 'r9', slot.cookie),
    mov('r3', 'r2'),
    and('r3', MAX_USERS - 1),
    lsh('r3', WORD_SHIFT),
    ...loadMapValue('r4', users),
    add('r4', 'r3'),
    load('u64', 'r4', 'r4', 0),
    lsh('r2', PID_BITS),
    or('r2', 'r1'),
    jumpIf('r2', '!=', 'r4', 'unslotted'),
  ]
}

/**
 * Tells of another process than before that sends a packet of the flow in r9, not counted yet. Keeps r6 to r9.
 * @param key of the flow, on the stack below SENDER_FRAME, as is `number`, that of the slot that it might have
 */
export function tellSender(maps: OwnerMaps, types: SenderTypes, key: number, number: number): Code {
  const { task } = types
  const counters: Code = [
    load('u64', 'r0', 'r10', FLOW),
    ...copyCounters(),
    ...[0, 8, 16].flatMap(word => [
      load('u64', 'r1', 'r10', key + flowKey.remoteIp + word),
      store('u64', 'r9', event.ends + word, 'r1'),
    ]),
    ...(maps.slots === undefined ? [] : addFlowSlot(maps.slots, event, key, number)),
  ]
  return [
    load('u8', 'r1', 'r9', flowValue.socketType),
    jumpIf('r1', '<', SOCK_DGRAM, 'sender-told'),
    jumpIf('r1', '>', SOCK_RAW, 'sender-told'),
    store('u64', 'r10', SOCKET, 'r7'),
    store('u64', 'r10', LENGTH, 'r8'),
    store('u64', 'r10', FLOW, 'r9'),
    load('u64', 'r7', 'r10', key + flowKey.cookie),
    store('u64', 'r10', COOKIE, 'r7'),
    call(helper.get_current_task_btf),
    load('u32', 'r1', 'r0', task.tgid),
    store('u64', 'r10', PROCESS, 'r1'),
    ...scoped('sender', [
      ...unlessKnown(maps.users, PROCESS),
      ...unlessForOthers(types),
      load('u64', 'r7', 'r10', SOCKET),
      ...unlessChanged(),
      ...lookup(maps.filters, PROCESS),
      jumpIf('r0', '!=', 0, 'out'),
      load('u64', 'r7', 'r10', COOKIE),
      call(helper.get_current_task_btf),
      load('u32', 'r8', 'r0', task.pid),
      store('u64', 'r10', SCRATCH, EVENT_SENT),
      ...ifOtherHolder(maps, 'packet'),
      ...emit(maps, 'packet', task, false, whenUseIsLost(maps, 'packet'), { user: userOf(task), counters }),
      label('out'),
    ]),
    load('u64', 'r7', 'r10', SOCKET),
    load('u64', 'r8', 'r10', LENGTH),
    load('u64', 'r9', 'r10', FLOW),
    label('sender-told'),
  ]
}
