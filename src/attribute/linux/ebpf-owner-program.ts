// The programs that name owners: they run in the process that creates, connects, binds, uses or closes a socket, and put
// an event into the ring buffer when a socket is new or changes hands. A process that lives for a millisecond is named.
//
// cgroup hooks, on every kernel since 5.8: sock_create, connect, sendmsg, post_bind, sock_release. A socket that accept()
// made has no creator: tracepoints of the socket layer (with BTF; sock_send_length and sock_recv_length, Linux 6.3) name the
// process at its first read or write; without them its closer is named, or /proc is asked.

import { attachType, programType } from '../../native/linux/bpf/helper.ts'
import type { ProgramDescription } from '../../native/linux/bpf/bpf-program.ts'
import {
  type Program,
  exit,
  jump,
  jumpIf,
  label,
  load,
  mov,
  store,
} from '../../native/linux/bpf/instruction.ts'
import type { KernelTypes } from '../../native/linux/bpf/kernel-types.ts'
import { IPPROTO_TCP } from '../../record/protocol.ts'
import {
  type OwnerMaps,
  type OwnerOptions,
  PROCESS,
  SCRATCH,
  emit,
  lookup,
  who,
  whoAndWhich,
} from './ebpf-event-code.ts'
import {
  forgetHolder,
  ifHolderChanges,
  setHolder,
  unlessKernelThread,
  whenCreationIsLost,
  whenUseIsLost,
} from './ebpf-holder-code.ts'
import { EVENT_ADDRESS, EVENT_CREATE, EVENT_EXEC, EVENT_RELEASE, EVENT_TRANSFER } from './ebpf-layout.ts'
import type { Code } from './ebpf-packet-code.ts'
import { rememberFilter } from './ebpf-sender-code.ts'

const AF_INET = 2
const AF_INET6 = 10
const AF_NETLINK = 16
const NETLINK_NETFILTER = 12

/** Members of struct sock. */
interface SockOffsets {
  readonly family: number
  readonly protocol: number
}

function sockOffsets(types: KernelTypes): SockOffsets | undefined {
  // The first member of struct sock is its sock_common.
  const family = types.memberOffset('sock_common', 'skc_family')
  const protocol = types.memberOffset('sock', 'sk_protocol')
  return family === undefined || protocol === undefined ? undefined : { family, protocol }
}

/** The cgroup hooks; `optional` ones a kernel may lack (sock_release: Linux 5.9). */
export function ownerPrograms(
  maps: OwnerMaps,
  options: OwnerOptions,
): (ProgramDescription & { optional?: boolean })[] {
  const sent = (context: 'sock' | 'sockAddr', change: Code, whenLost: Code): Program => [
    mov('r6', 'r1'),
    ...change,
    ...emit(maps, context, options.task, options.netnsCookie, whenLost),
    label('out'),
    mov('r0', 1),
    exit(),
  ]
  const used = (context: 'sock' | 'sockAddr'): Program =>
    sent(context, ifHolderChanges(maps, context, EVENT_ADDRESS, options), whenUseIsLost(maps, context))
  const create = sent(
    'sock',
    [...whoAndWhich(), store('u64', 'r10', SCRATCH, EVENT_CREATE), ...setHolder(maps, 'sock')],
    whenCreationIsLost(maps, 'sock'),
  )
  const address = used('sockAddr')
  const bound = used('sock')
  const release = sent(
    'sock',
    [...whoAndWhich(), store('u64', 'r10', SCRATCH, EVENT_RELEASE), ...forgetHolder(maps)],
    [],
  )
  const { CGROUP_SOCK, CGROUP_SOCK_ADDR } = programType
  const of = (name: string, type: number, attach: keyof typeof attachType, program: Program) => ({
    name,
    type,
    attachType: attachType[attach],
    program,
  })
  return [
    of('np_create', CGROUP_SOCK, 'CGROUP_INET_SOCK_CREATE', create),
    of('np_connect4', CGROUP_SOCK_ADDR, 'CGROUP_INET4_CONNECT', address),
    of('np_connect6', CGROUP_SOCK_ADDR, 'CGROUP_INET6_CONNECT', address),
    of('np_sendmsg4', CGROUP_SOCK_ADDR, 'CGROUP_UDP4_SENDMSG', address),
    of('np_sendmsg6', CGROUP_SOCK_ADDR, 'CGROUP_UDP6_SENDMSG', address),
    of('np_bind4', CGROUP_SOCK, 'CGROUP_INET4_POST_BIND', bound),
    of('np_bind6', CGROUP_SOCK, 'CGROUP_INET6_POST_BIND', bound),
    { ...of('np_release', CGROUP_SOCK, 'CGROUP_INET_SOCK_RELEASE', release), optional: true },
  ]
}

/** The tracepoints that this kernel has, of those that name who reads and writes, and who becomes another program. */
export function tracePrograms(
  maps: OwnerMaps,
  options: OwnerOptions,
  types: KernelTypes,
): (ProgramDescription & { btfId: number })[] {
  const sock = sockOffsets(types)
  const programs: (ProgramDescription & { btfId: number })[] = []
  const add = (name: string, tracepoint: string, program: Program): boolean => {
    const btfId = types.tracepoint(tracepoint)
    if (btfId === undefined) return false
    programs.push({ name, type: programType.TRACING, attachType: attachType.TRACE_RAW_TP, program, btfId })
    return true
  }
  const end: Code = [label('out'), mov('r0', 0), exit()]
  if (sock !== undefined) {
    // The first argument of all three is the socket. recv comes behind the read, sendmsg_locked before the write.
    const transfer = (sends: boolean): Program => [
      load('u64', 'r6', 'r1', 0),
      load('u16', 'r2', 'r6', sock.family),
      jumpIf('r2', '==', AF_INET, 'inet'),
      ...(sends ? [] : [jumpIf('r2', '==', AF_NETLINK, 'netlink')]),
      jumpIf('r2', '!=', AF_INET6, 'out'),
      label('inet'),
      // Who sends datagrams the cgroup hooks see, and the counter of what is sent (ebpf-sender-code.ts).
      ...(sends ? [load('u16', 'r2', 'r6', sock.protocol), jumpIf('r2', '!=', IPPROTO_TCP, 'out')] : []),
      ...ifHolderChanges(maps, 'none', EVENT_TRANSFER, options, unlessKernelThread(options.task)),
      ...emit(maps, 'none', options.task, false, whenUseIsLost(maps, 'none')),
      ...(sends
        ? []
        : [
            jump('out'),
            label('netlink'),
            load('u16', 'r2', 'r6', sock.protocol),
            jumpIf('r2', '!=', NETLINK_NETFILTER, 'out'),
            ...rememberFilter(maps.filters),
          ]),
      ...end,
    ]
    // Linux 6.16; sock_send_length (6.3) comes too late for the first write, which then counts for who had the socket before.
    if (!add('np_send', 'tcp_sendmsg_locked', transfer(true)))
      add('np_send', 'sock_send_length', transfer(true))
    add('np_receive', 'sock_recv_length', transfer(false))
  }
  add('np_exec', 'sched_process_exec', [
    mov('r6', 'r1'),
    ...who(),
    mov('r7', 0),
    ...lookup(maps.processes, PROCESS),
    jumpIf('r0', '==', 0, 'out'),
    store('u64', 'r10', SCRATCH, EVENT_EXEC),
    ...emit(maps, 'none', options.task, false),
    ...end,
  ])
  return programs
}
