// What this kernel lets our programs do beyond what all kernels since 5.8 do: found out by loading programs that do it alone.

import type { BpfMap } from '../../native/linux/bpf/bpf-map.ts'
import { ProgramError, type ProgramDescription, loadProgram } from '../../native/linux/bpf/bpf-program.ts'
import { attachType, helper, programType, skb, sockAddr } from '../../native/linux/bpf/helper.ts'
import {
  type Program,
  add,
  call,
  compareExchange,
  exit,
  jumpIf,
  label,
  load,
  mov,
  store,
} from '../../native/linux/bpf/instruction.ts'
import type { KernelTypes } from '../../native/linux/bpf/kernel-types.ts'
import { socketStorage } from '../../native/linux/bpf/socket-storage.ts'
import { hasCode } from '../../native/system-error.ts'
import { inSocket } from './ebpf-holder-code.ts'
import { event, holderValue } from './ebpf-layout.ts'
import type { Code } from './ebpf-packet-code.ts'
import { SOCKET } from './ebpf-event-code.ts'
import { type SenderTypes, unlessForOthers, userOf } from './ebpf-sender-code.ts'
import { type SocketTypes, castTo } from './ebpf-socket-code.ts'

/** Whether the kernel lets programs of this type call a helper that takes the context or nothing. */
export function allows(type: number, attach: number, number: number): boolean {
  return takes(type, attach, [call(number), mov('r0', 1), exit()])
}

function takes(type: number, attach: number, program: Program): boolean {
  try {
    loadProgram({ name: 'np_probe', type, attachType: attach, program }).close()
    return true
  } catch (error) {
    // EINVAL: unknown, or not for this type; ENOTSUPP (524): not with this JIT. Anything else is not about what is asked.
    if (error instanceof ProgramError && hasCode(error, 'EINVAL', 'EACCES', 'errno 524')) return false
    throw error
  }
}

/** Whether the kernel's programs can compare and exchange: those that give slots out. */
export function exchanges(): boolean {
  return takes(programType.CGROUP_SKB, attachType.CGROUP_INET_EGRESS, [
    mov('r0', 0),
    mov('r1', 1),
    store('u64', 'r10', -8, 0),
    compareExchange('r10', -8, 'r1'),
    mov('r0', 1),
    exit(),
  ])
}

/** Whether programs may read the socket of a packet, and of an address that is sent to, by its type. */
export function readsSockets(types: SocketTypes): boolean {
  const probe = (socket: number): Program => [
    load('u64', 'r6', 'r1', socket),
    jumpIf('r6', '==', 0, 'out'),
    ...castTo('r6', types.sock, types),
    load('u64', 'r1', 'r0', types.cookie),
    ...castTo('r6', types.tcpSock, types),
    load('u32', 'r1', 'r0', types.srtt),
    label('out'),
    mov('r0', 1),
    exit(),
  ]
  const { CGROUP_SKB, CGROUP_SOCK_ADDR } = programType
  return (
    takes(CGROUP_SKB, attachType.CGROUP_INET_INGRESS, probe(skb.sk)) &&
    takes(CGROUP_SOCK_ADDR, attachType.CGROUP_UDP4_SENDMSG, probe(sockAddr.sk))
  )
}

/** Whether programs of packets may ask who sends: Linux 5.11. */
export function seesSenders(types: SenderTypes): boolean {
  const { CGROUP_SKB } = programType
  return (
    allows(CGROUP_SKB, attachType.CGROUP_INET_EGRESS, helper.get_current_task) &&
    takes(CGROUP_SKB, attachType.CGROUP_INET_EGRESS, [
      mov('r9', 'r10'),
      add('r9', -event.size),
      ...unlessForOthers(types),
      ...userOf(types.task),
      load('u32', 'r1', 'r0', types.task.tgid),
      label('out'),
      mov('r0', 1),
      exit(),
    ])
  )
}

/** Storage in sockets, when programs of each kind that we have may ask for it. */
export function storageForAll(types: KernelTypes): BpfMap | undefined {
  let map: BpfMap | undefined
  try {
    map = socketStorage('np_sockets', holderValue.size)
    for (const program of storageProbes(map.fd.number, types)) loadProgram(program).close()
    return map
  } catch (error) {
    map?.close()
    // EPERM: no right to load types, which is none of the programs' own needs.
    if (error instanceof ProgramError || hasCode(error, 'EINVAL', 'EPERM')) return undefined
    throw error
  }
}

/** Programs that do nothing but ask for the storage of a socket, one for each way that ours have to it. */
function storageProbes(storage: number, types: KernelTypes): ProgramDescription[] {
  const maps = { holders: storage }
  const probe = (socket: Code, result: number): Program => [
    mov('r6', 'r1'),
    ...socket,
    label('out'),
    mov('r0', result),
    exit(),
  ]
  const { CGROUP_SKB, CGROUP_SOCK, CGROUP_SOCK_ADDR, TRACING } = programType
  const probes: ProgramDescription[] = [
    {
      name: 'np_probe',
      type: CGROUP_SKB,
      attachType: attachType.CGROUP_INET_EGRESS,
      program: probe(
        [
          load('u64', 'r1', 'r6', skb.sk),
          jumpIf('r1', '==', 0, 'out'),
          store('u64', 'r10', SOCKET, 'r1'),
          ...inSocket(maps, 'packet'),
        ],
        1,
      ),
    },
    {
      name: 'np_probe',
      type: CGROUP_SOCK,
      attachType: attachType.CGROUP_INET_SOCK_CREATE,
      program: probe(inSocket(maps, 'sock'), 1),
    },
    {
      name: 'np_probe',
      type: CGROUP_SOCK_ADDR,
      attachType: attachType.CGROUP_UDP4_SENDMSG,
      program: probe(inSocket(maps, 'sockAddr'), 1),
    },
  ]
  const btfId = types.tracepoint('sock_recv_length')
  if (btfId !== undefined) {
    probes.push({
      name: 'np_probe',
      type: TRACING,
      attachType: attachType.TRACE_RAW_TP,
      btfId,
      program: probe([load('u64', 'r6', 'r6', 0), ...inSocket(maps, 'none')], 0),
    })
  }
  return probes
}
