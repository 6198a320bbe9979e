// Classic BPF filters of sockets: socket(7) SO_ATTACH_FILTER, linux/filter.h (struct sock_fprog, struct sock_filter), host byte order.

import koffi from 'koffi'
import type { FileDescriptor } from '../file-descriptor.ts'
import { checked } from '../system-error.ts'
import { SOL_SOCKET } from './libc.ts'

const libc = koffi.load('libc.so.6')
const sockFprog = koffi.struct({ length: 'uint16_t', filter: 'const uint8_t *' })
const setsockopt = libc.func('setsockopt', 'int', [
  'int',
  'int',
  'int',
  koffi.pointer(sockFprog),
  'uint32_t',
]) as (
  fd: number,
  level: number,
  name: number,
  program: { length: number; filter: Uint8Array },
  size: number,
) => number

const SO_ATTACH_FILTER = 26
const INSTRUCTION_SIZE = 8

export interface FilterInstruction {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

/** BPF_RET | BPF_K: nothing passes. */
export const passNothing: readonly FilterInstruction[] = [{ code: 0x06, jt: 0, jf: 0, k: 0 }]

/** Replaces the socket's filter, in one step. @throws SystemError */
export function attachFilter(fd: FileDescriptor, program: readonly FilterInstruction[]): void {
  const filter = new Uint8Array(program.length * INSTRUCTION_SIZE)
  const view = new DataView(filter.buffer)
  for (const [i, { code, jt, jf, k }] of program.entries()) {
    const at = i * INSTRUCTION_SIZE
    view.setUint16(at, code, true)
    view.setUint8(at + 2, jt)
    view.setUint8(at + 3, jf)
    view.setUint32(at + 4, k, true)
  }
  checked(
    'setsockopt(SO_ATTACH_FILTER)',
    setsockopt(
      fd.number,
      SOL_SOCKET,
      SO_ATTACH_FILTER,
      { length: program.length, filter },
      koffi.sizeof(sockFprog),
    ),
  )
}
