// Pieces of the programs that name owners: who runs this, and the event that tells of it.

import { helper, sock as cgroupSock, sockAddr } from '../../native/linux/bpf/helper.ts'
import {
  add,
  atomicAdd,
  call,
  jump,
  jumpIf,
  label,
  load,
  loadMap,
  mov,
  rsh,
  store,
} from '../../native/linux/bpf/instruction.ts'
import type { KernelTypes } from '../../native/linux/bpf/kernel-types.ts'
import { event, flowKey, flowValue, totalsValue } from './ebpf-layout.ts'
import type { Code } from './ebpf-packet-code.ts'
import { addConnectionSlot } from './ebpf-slot-code.ts'
import type { SocketTypes } from './ebpf-socket-code.ts'

export interface OwnerMaps {
  readonly events: number
  readonly holders: number
  /** `holders` is storage in the sockets themselves, found without hashing. */
  readonly isInSocket: boolean
  readonly processes: number
  /** Who used a socket last, in one word: unlessKnown(). */
  readonly users: number
  readonly flows: number
  readonly slots: number | undefined
  readonly totals: number
  /** Processes that read from netfilter. */
  readonly filters: number
  /** Who used a socket, where the event of that found no room. */
  readonly lost: number
}

/** Members of task_struct, where the kernel says where they are: start time and name of the process, not of the thread. */
export interface TaskOffsets {
  readonly groupLeader: number
  readonly startBoottime: number
  readonly comm: number
  readonly flags: number
  readonly pid: number
  readonly tgid: number
  readonly cred: number
  /** In struct cred. */
  readonly uid: number
}

export interface OwnerOptions {
  readonly task: TaskOffsets | undefined
  readonly netnsCookie: boolean
  /** Offset of the cookie in struct sock. */
  readonly cookieAt: number | undefined
  /** The kernel lets cgroup_sock_addr programs read sockets. */
  readonly socketTypes: SocketTypes | undefined
}

export function taskOffsets(types: KernelTypes | undefined): TaskOffsets | undefined {
  const groupLeader = types?.memberOffset('task_struct', 'group_leader')
  const startBoottime = types?.memberOffset('task_struct', 'start_boottime')
  const comm = types?.memberOffset('task_struct', 'comm')
  const flags = types?.memberOffset('task_struct', 'flags')
  const pid = types?.memberOffset('task_struct', 'pid')
  const tgid = types?.memberOffset('task_struct', 'tgid')
  const cred = types?.memberOffset('task_struct', 'cred')
  const uid = types?.memberOffset('cred', 'uid')
  if (
    groupLeader === undefined ||
    startBoottime === undefined ||
    comm === undefined ||
    flags === undefined ||
    pid === undefined ||
    tgid === undefined ||
    cred === undefined ||
    uid === undefined
  ) {
    return undefined
  }
  return { groupLeader, startBoottime, comm, flags, pid, tgid, cred, uid }
}

export const COOKIE = -8
export const PROCESS = -16
export const VALUE = -24
export const SCRATCH = -32
const KEY = -32 - flowKey.size
/** Where a program that looks at a packet keeps the packet's socket. */
export const SOCKET = KEY - 8
/** The lowest that these pieces use of the stack. */
export const OWNER_FRAME = SOCKET
const COMM_LENGTH = 16
const counterNames = ['rxBytes', 'txBytes', 'rxPackets', 'txPackets'] as const
/** Where a cgroup_sock context and a cgroup_sock_addr context have type and protocol. */
const contextFields = {
  sock: { type: cgroupSock.type, protocol: cgroupSock.protocol },
  sockAddr: { type: sockAddr.type, protocol: sockAddr.protocol },
} as const
export type Context = keyof typeof contextFields | 'packet' | 'none'

export function lookup(map: number, key: number): Code {
  return [...loadMap('r1', map), mov('r2', 'r10'), add('r2', key), call(helper.map_lookup_elem)]
}

export function update(map: number, key: number, value: number): Code {
  return [
    ...loadMap('r1', map),
    mov('r2', 'r10'),
    add('r2', key),
    mov('r3', 'r10'),
    add('r3', value),
    mov('r4', 0),
    call(helper.map_update_elem),
  ]
}

/** r7 cookie, also at COOKIE. r6 stays the context. */
export function which(): Code {
  return [mov('r1', 'r6'), call(helper.get_socket_cookie), mov('r7', 'r0'), store('u64', 'r10', COOKIE, 'r7')]
}

/** r7 cookie (also at COOKIE), r8 process and thread id, process also at PROCESS. r6 stays the context. */
export function whoAndWhich(): Code {
  return [...which(), ...who()]
}

export function who(): Code {
  return [
    call(helper.get_current_pid_tgid),
    mov('r8', 'r0'),
    mov('r1', 'r8'),
    rsh('r1', 32),
    store('u64', 'r10', PROCESS, 'r1'),
  ]
}

/** Counts one more in `totals`. To `out` where there is none. */
export function countLost(maps: Pick<OwnerMaps, 'totals'>, at: number): Code {
  return [
    store('u32', 'r10', VALUE, 0),
    ...lookup(maps.totals, VALUE),
    jumpIf('r0', '==', 0, 'out'),
    mov('r1', 1),
    atomicAdd('u64', 'r0', at, 'r1'),
  ]
}

/**
 * Puts the event into the ring buffer; its kind is at SCRATCH. Falls through to `out`.
 * @param whenLost what is to be done where it finds no room
 * @param ofPacket what a program that looks at a packet does otherwise, r9 the event: the user's id, and the counters
 */
export function emit(
  maps: OwnerMaps,
  context: Context,
  task: TaskOffsets | undefined,
  netnsCookie: boolean,
  whenLost: Code = [],
  ofPacket?: { readonly user: Code; readonly counters: Code },
): Code {
  const code: Code = [
    ...loadMap('r1', maps.events),
    mov('r2', event.size),
    mov('r3', 0),
    call(helper.ringbuf_reserve),
    jumpIf('r0', '!=', 0, 'reserved'),
    ...countLost(maps, totalsValue.lostEvents),
    ...whenLost,
    jump('out'),
    label('reserved'),
    mov('r9', 'r0'),
  ]
  for (let at = 0; at < event.size; at += 8) code.push(store('u64', 'r9', at, 0))
  code.push(
    load('u64', 'r1', 'r10', SCRATCH),
    store('u8', 'r9', event.kind, 'r1'),
    store('u64', 'r9', event.cookie, 'r7'),
    load('u64', 'r1', 'r10', PROCESS),
    store('u32', 'r9', event.tgid, 'r1'),
    store('u32', 'r9', event.tid, 'r8'),
    call(helper.ktime_get_ns),
    store('u64', 'r9', event.monotonicNs, 'r0'),
    ...(ofPacket?.user ?? [
      call(helper.get_current_uid_gid),
      store('u32', 'r9', event.uid, 'r0'),
      mov('r1', 'r9'),
      add('r1', event.comm),
      mov('r2', COMM_LENGTH),
      call(helper.get_current_comm),
    ]),
  )
  if (context !== 'none' && context !== 'packet') {
    const fields = contextFields[context]
    code.push(
      load('u32', 'r1', 'r6', fields.type),
      store('u8', 'r9', event.socketType, 'r1'),
      load('u32', 'r1', 'r6', fields.protocol),
      store('u8', 'r9', event.protocol, 'r1'),
    )
    if (netnsCookie)
      code.push(mov('r1', 'r6'), call(helper.get_netns_cookie), store('u64', 'r9', event.netnsCookie, 'r0'))
  }
  if (task !== undefined) {
    const read = (to: 'stack' | number, size: number, from: Code): Code => [
      ...from,
      mov('r1', to === 'stack' ? 'r10' : 'r9'),
      add('r1', to === 'stack' ? VALUE : to),
      mov('r2', size),
      call(helper.probe_read_kernel),
    ]
    const leader = (offset: number): Code => [load('u64', 'r3', 'r10', VALUE), add('r3', offset)]
    code.push(
      store('u64', 'r10', VALUE, 0),
      ...read('stack', 8, [call(helper.get_current_task), mov('r3', 'r0'), add('r3', task.groupLeader)]),
      ...read(event.startNs, 8, leader(task.startBoottime)),
      ...read(event.comm, COMM_LENGTH, leader(task.comm)),
    )
  }
  code.push(
    ...(ofPacket?.counters ?? ofConnection(maps)),
    label('submit'),
    mov('r1', 'r9'),
    mov('r2', 0),
    call(helper.ringbuf_submit),
    // exec is told of processes that have had a socket only.
    store('u64', 'r10', VALUE, 1),
    ...update(maps.processes, PROCESS, VALUE),
  )
  return code
}

/** To the event in r9 the counters of the flow in r0. */
export function copyCounters(): Code {
  return counterNames.flatMap(name => [
    load('u64', 'r1', 'r0', flowValue[name]),
    store('u64', 'r9', event[name], 'r1'),
  ])
}

/** To the event in r9 the counters of the connection whose cookie is in r7; to `submit` when there is none. */
function ofConnection(maps: OwnerMaps): Code {
  return [
    store('u64', 'r10', KEY, 'r7'),
    store('u64', 'r10', KEY + 8, 0),
    store('u64', 'r10', KEY + 16, 0),
    store('u64', 'r10', KEY + 24, 0),
    ...lookup(maps.flows, KEY),
    jumpIf('r0', '==', 0, 'submit'),
    ...copyCounters(),
    ...(maps.slots === undefined ? [] : addConnectionSlot(maps.slots, event)),
  ]
}
