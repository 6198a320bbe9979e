// Capabilities of a thread (capabilities(7), linux/capability.h): which rights this process has, and giving up those that
// it no longer needs.
//
//   cap_user_header  0 u32 version  4 i32 thread
//   cap_user_data    two of: 0 u32 effective  4 u32 permitted  8 u32 inheritable      (capabilities 0-31, then 32-63)

import koffi from 'koffi'
import { checked } from '../system-error.ts'

const VERSION_3 = 0x20080522
const PR_CAP_AMBIENT = 47
const PR_CAP_AMBIENT_CLEAR_ALL = 4
const PR_SET_NO_NEW_PRIVS = 38

const numbers = {
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_SETUID: 7,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const

export type Capability = keyof typeof numbers

const libc = koffi.load('libc.so.6')
const capget = libc.func('int capget(uint8_t *header, _Out_ uint8_t *data)') as (
  header: Uint8Array,
  data: Uint8Array,
) => number
const capset = libc.func('int capset(uint8_t *header, const uint8_t *data)') as (
  header: Uint8Array,
  data: Uint8Array,
) => number
const prctl = libc.func('prctl', 'int', [
  'int',
  'unsigned long',
  'unsigned long',
  'unsigned long',
  'unsigned long',
]) as (option: number, a: number, b: number, c: number, d: number) => number

function header(): Uint8Array {
  return new Uint8Array(Uint32Array.of(VERSION_3, 0).buffer)
}

/** Whether this thread may use the capability now. @throws SystemError */
export function hasCapability(name: Capability): boolean {
  const data = new Uint8Array(24)
  checked('capget', capget(header(), data))
  const number = numbers[name]
  return ((new DataView(data.buffer).getUint32((number >> 5) * 12, true) >>> (number & 31)) & 1) !== 0
}

/**
 * Gives up, for good, every capability but `keep` (of those that are there), and the chance to get others by executing a
 * program.
 *
 * It acts on the thread that calls, which is the one that runs JavaScript: everything that netoproc reads is read there.
 * Linux lets no thread change another: the threads that V8 and libuv have started before keep what they had, those started
 * later have what is kept here. What it is worth: damage done through JavaScript and system calls of this thread is bounded;
 * it is no defence against code that has taken over the process. A process that is still uid 0 keeps root's files, too.
 * @throws SystemError
 */
export function dropCapabilities(keep: readonly Capability[]): void {
  checked('prctl(PR_SET_NO_NEW_PRIVS)', prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
  checked('prctl(PR_CAP_AMBIENT)', prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
  const data = new Uint8Array(24)
  checked('capget', capget(header(), data))
  const view = new DataView(data.buffer)
  for (const half of [0, 1]) {
    let mask = 0
    for (const name of keep) if (numbers[name] >> 5 === half) mask |= 1 << (numbers[name] & 31)
    const permitted = view.getUint32(half * 12 + 4, true) & mask
    view.setUint32(half * 12, permitted, true)
    view.setUint32(half * 12 + 4, permitted, true)
    view.setUint32(half * 12 + 8, 0, true)
  }
  checked('capset', capset(header(), data))
}
