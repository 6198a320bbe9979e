// A socket's own members in programs of cgroups: read straight from struct sock where the kernel tells its types and lets us
// (bpf_rdonly_cast, Linux 6.2), else asked for by helpers. A packet is counted in some 15 ns; a call of a function that nothing
// else has in the processor's caches costs as much again.

import { helper } from '../../native/linux/bpf/helper.ts'
import { type Register, call, callKernel, load, mov } from '../../native/linux/bpf/instruction.ts'
import type { KernelTypes } from '../../native/linux/bpf/kernel-types.ts'
import type { Code } from './ebpf-packet-code.ts'

export interface SocketTypes {
  /** Ids in BTF: of the function, and of the types that it makes of a pointer. */
  readonly cast: number
  readonly sock: number
  readonly tcpSock: number
  /** Offsets in them. */
  readonly cookie: number
  readonly srtt: number
  readonly retransmits: number
}

/** Undefined where the kernel has not all of it. Whether it lets programs of cgroups use it: ebpf-abilities.ts. */
export function socketTypes(types: KernelTypes | undefined): SocketTypes | undefined {
  const cast = types?.kernelFunction('bpf_rdonly_cast')
  const sock = types?.struct('sock')
  const tcpSock = types?.struct('tcp_sock')
  // The first member of struct sock is its sock_common.
  const cookie = types?.memberOffset('sock_common', 'skc_cookie')
  const srtt = types?.memberOffset('tcp_sock', 'srtt_us')
  const retransmits = types?.memberOffset('tcp_sock', 'total_retrans')
  if (
    cast === undefined ||
    sock === undefined ||
    tcpSock === undefined ||
    cookie === undefined ||
    srtt === undefined ||
    retransmits === undefined
  )
    return undefined
  return { cast, sock, tcpSock, cookie, srtt, retransmits }
}

/** r0 = what `socket` points to, as the type with this id: its members can be loaded, and nothing else. No call is made. */
export function castTo(socket: Register, type: number, types: SocketTypes): Code {
  return [mov('r1', socket), mov('r2', type), callKernel(types.cast)]
}

/** to = the cookie of the socket, which is that of the context in r6; 0 when it has none yet and types are known. */
export function cookieOf(socket: Register, to: Register, types: SocketTypes | undefined): Code {
  return types === undefined
    ? [mov('r1', 'r6'), call(helper.get_socket_cookie), mov(to, 'r0')]
    : [...castTo(socket, types.sock, types), load('u64', to, 'r0', types.cookie)]
}
