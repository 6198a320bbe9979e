// What this kernel lets our programs do beyond what all kernels since 5.8 do: found out by loading programs that do it alone.

import type { BpfMap } from '../../native/linux/bpf/bpf-map.ts'
import { ProgramError, type ProgramDescription, loadProgram } from '../../native/linux/bpf/bpf-program.ts'
import { attachType, programType } from '../../native/linux/bpf/helper.ts'
import { type Program, call, exit, label, load, mov } from '../../native/linux/bpf/instruction.ts'
import type { KernelTypes } from '../../native/linux/bpf/kernel-types.ts'
import { socketStorage } from '../../native/linux/bpf/socket-storage.ts'
import { hasCode } from '../../native/system-error.ts'
import { inSocket } from './ebpf-event-code.ts'
import { holderValue } from './ebpf-layout.ts'
import type { Code } from './ebpf-packet-code.ts'

/** Whether the kernel lets programs of this type call a helper that takes the context or nothing. */
export function allows(type: number, attach: number, number: number): boolean {
  try {
    loadProgram({
      name: 'np_probe',
      type,
      attachType: attach,
      program: [call(number), mov('r0', 1), exit()],
    }).close()
    return true
  } catch (error) {
    // EINVAL: unknown, or not for this type. Anything else is not about the helper.
    if (error instanceof ProgramError && hasCode(error, 'EINVAL', 'EACCES')) return false
    throw error
  }
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
  const maps = { events: 0, holders: storage, isInSocket: true, processes: 0, flows: 0, totals: 0 }
  const probe = (socket: Code, result: number): Program => [
    mov('r6', 'r1'),
    ...socket,
    label('out'),
    mov('r0', result),
    exit(),
  ]
  const { CGROUP_SOCK, CGROUP_SOCK_ADDR, TRACING } = programType
  const probes: ProgramDescription[] = [
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
