// A process by sysctl(3): KERN_PROC_PID tells of any user's its name, user and start time, which tells apart two that had the
// same pid; KERN_PROCARGS2 tells the command line of one's own, or to root. Layout of the latter (bsd/kern/kern_sysctl.c):
//
//   u32 argc · path of the executable · NULs up to alignment · argc strings, NUL-terminated · the environment
//
// The environment is never read: the buffer is cleared behind the arguments.

import { hasCode } from '../system-error.ts'
import {
  CTL_KERN,
  KERN_ARGMAX,
  KERN_PROC,
  KERN_PROCARGS2,
  KERN_PROC_PID,
  kinfo_proc,
} from './generated/process.ts'
import { sysctl } from './libsystem.ts'
import { textOf, viewOf } from './struct.ts'

export interface ProcessInfo {
  readonly pid: number
  readonly ppid: number
  readonly uid: number
  /** At most 16 bytes. */
  readonly comm: string
  /** Seconds since the epoch. */
  readonly startTime: number
}

const { fields, size: KINFO_SIZE } = kinfo_proc
const info = new Uint8Array(KINFO_SIZE)
/** Where the kernel does not tell: bsd/sys/syslimits.h. */
const ARG_MAX = 1024 * 1024
/** Arguments that are read; a command line is cut far before. */
const MAX_ARGUMENTS = 1024

let argumentArea: Uint8Array | undefined

/** Undefined when there is no such process. @throws SystemError */
export function readProcessInfo(pid: number): ProcessInfo | undefined {
  // For a pid that is not there the call succeeds with no bytes.
  const length = sysctl('sysctl(KERN_PROC_PID)', [CTL_KERN, KERN_PROC, KERN_PROC_PID, pid], info)
  return length < KINFO_SIZE ? undefined : parseProcessInfo(viewOf(info))
}

export function parseProcessInfo(view: DataView): ProcessInfo {
  const seconds = fields['kp_proc.p_un.__p_starttime.tv_sec'].get(view, 0)
  const microseconds = fields['kp_proc.p_un.__p_starttime.tv_usec'].get(view, 0)
  return {
    pid: fields['kp_proc.p_pid'].get(view, 0),
    ppid: fields['kp_eproc.e_ppid'].get(view, 0),
    uid: fields['kp_eproc.e_ucred.cr_uid'].get(view, 0),
    comm: fields['kp_proc.p_comm'].text(view, 0),
    // Records tell hundredths.
    startTime: Math.max(0, Math.round(seconds * 100 + microseconds / 10_000) / 100),
  }
}

/** The arguments of a process; undefined when they may not be known, or it is gone. @throws SystemError */
export function readArguments(pid: number): string[] | undefined {
  // A buffer that is too small would get the end of the area.
  argumentArea ??= new Uint8Array(readArgMax())
  let length
  try {
    length = sysctl('sysctl(KERN_PROCARGS2)', [CTL_KERN, KERN_PROCARGS2, pid], argumentArea)
  } catch (error) {
    // EINVAL: of another user, gone, or a process of the kernel.
    if (hasCode(error, 'EINVAL', 'EPERM', 'EACCES', 'ESRCH', 'EIO', 'ENOMEM')) return undefined
    throw error
  }
  const area = argumentArea.subarray(0, length)
  try {
    return parseArguments(area)
  } finally {
    area.fill(0)
  }
}

/** @param area what KERN_PROCARGS2 gave; a process may have written anything into it. Undefined when there are none */
export function parseArguments(area: Uint8Array): string[] | undefined {
  if (area.length < 4) return undefined
  const count = Math.min(viewOf(area).getUint32(0, true), MAX_ARGUMENTS)
  let at = area.indexOf(0, 4)
  if (at < 0) return undefined
  while (at < area.length && area[at] === 0) at++
  const found: string[] = []
  while (found.length < count && at < area.length) {
    const end = area.indexOf(0, at)
    // The last one was cut off: what stands here may be anything.
    if (end < 0) break
    found.push(textOf(area.subarray(at, end)))
    at = end + 1
  }
  return found
}

function readArgMax(): number {
  const into = new Uint8Array(4)
  try {
    const length = sysctl('sysctl(KERN_ARGMAX)', [CTL_KERN, KERN_ARGMAX], into)
    const size = length === 4 ? viewOf(into).getInt32(0, true) : 0
    return size >= 4096 && size <= 16 * ARG_MAX ? size : ARG_MAX
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EPERM', 'EACCES')) return ARG_MAX
    throw error
  }
}
