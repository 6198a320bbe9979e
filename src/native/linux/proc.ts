// What /proc/<pid> tells of a process: proc(5), proc_pid_stat(5), proc_pid_status(5), cgroups(7).

import { readFileSync } from 'node:fs'
import type { ProcDirectory } from './proc-directory.ts'

/** USER_HZ, the unit of times in /proc: 100 on every architecture that netoproc knows. */
const TICKS_PER_SECOND = 100
/** TASK_COMM_LEN without its NUL: a longer name is cut to this. */
const COMM_LENGTH = 15

export interface ProcessStat {
  /** Of the thread-group leader, at most 15 bytes; chosen by the process. */
  readonly comm: string
  readonly ppid: number
  /** Clock ticks since boot. With the pid it is the process's identity. */
  readonly startTicks: number
  /** It has ended, and waits for its parent to ask why. */
  readonly isZombie: boolean
  /** Minor page faults of the children that it has waited for: no child is without. */
  readonly childFaults: number
}

/** @param text of /proc/<pid>/stat. @returns undefined when it is not one */
export function parseStat(text: string): ProcessStat | undefined {
  // A name may contain anything, ") 1 (" too: it ends at the last parenthesis.
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 0 || close < open) return undefined
  const fields = text.slice(close + 2).split(' ')
  const ppid = Number(fields[1])
  const startTicks = Number(fields[19])
  if (!Number.isSafeInteger(ppid) || !Number.isSafeInteger(startTicks)) return undefined
  return {
    comm: text.slice(open + 1, close),
    ppid,
    startTicks,
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    childFaults: Number(fields[8]),
  }
}

let bootSeconds: number | undefined

/**
 * Seconds since the epoch, to 0.01 s. The time of boot is read once: the kernel works it out anew from the present wall
 * clock, and an adjusted clock must not make another process of a known one.
 */
export function startTime(startTicks: number): number {
  if (bootSeconds === undefined) {
    const match = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))
    if (match === null) throw new Error('/proc/stat: no btime')
    bootSeconds = Number(match[1])
  }
  return (bootSeconds * TICKS_PER_SECOND + startTicks) / TICKS_PER_SECOND
}

/** Effective uid, the one that the process acts as. */
export function parseUid(status: string): number | undefined {
  const match = /^Uid:\s+\d+\s+(\d+)/m.exec(status)
  return match === null ? undefined : Number(match[1])
}

/** SIGCHLD is ignored: who does so makes children, and does not wait for them (sigaction(2), SA_NOCLDWAIT). */
export function ignoresChildren(status: string): boolean {
  const match = /^SigIgn:\s+[0-9a-f]*([0-9a-f]{5})$/m.exec(status)
  // Signal 17 is bit 16.
  return match !== null && (parseInt(match[1] as string, 16) & (1 << 16)) !== 0
}

/** Arguments of /proc/<pid>/cmdline: NUL-terminated; a process that set its title may have written anything there. */
export function parseCmdline(text: string): string[] {
  return text
    .replace(/\0+$/, '')
    .split('\0')
    .filter((argument, i) => i > 0 || argument !== '')
}

/**
 * The name by which people know a process: comm, and where that was cut to 15 bytes the whole of it, from the program's
 * file or the first argument, if these begin with it.
 * @param executable target of /proc/<pid>/exe, undefined when it cannot be read
 */
export function processName(comm: string, args: readonly string[], executable: string | undefined): string {
  if (Buffer.byteLength(comm) < COMM_LENGTH) return comm
  for (const path of [executable?.replace(/ \(deleted\)$/, ''), args[0]?.split(' ')[0]]) {
    const base = path?.slice(path.lastIndexOf('/') + 1)
    if (base !== undefined && base.startsWith(comm)) return base
  }
  return comm
}

/** Path of the process's cgroup: the unified hierarchy's, or systemd's or the first one's where v1 is used. */
export function parseCgroup(text: string): string | undefined {
  let best: string | undefined
  for (const line of text.split('\n')) {
    const match = /^(\d+):([^:]*):(.*)$/.exec(line)
    if (match === null || match[3] === '/') continue
    if (match[1] === '0' || match[2] === 'name=systemd') return match[3]
    best ??= match[3]
  }
  return best
}

const containers: ReadonlyArray<readonly [pattern: RegExp, name: string]> = [
  [/docker[-/]([0-9a-f]{12})[0-9a-f]{52}/, 'docker'],
  [/libpod-([0-9a-f]{12})[0-9a-f]{52}/, 'podman'],
  [/cri-containerd[-:]([0-9a-f]{12})[0-9a-f]{52}/, 'cri-containerd'],
  [/crio-([0-9a-f]{12})[0-9a-f]{52}/, 'crio'],
  [/kubepods.*\/([0-9a-f]{12})[0-9a-f]{52}$/, 'kubepods'],
  [/(?:lxc\.payload\.|\/lxc\/|machine-lxc)([^/]+)/, 'lxc'],
]

/**
 * Name of the container or unit that a cgroup path tells of: "docker-1f2e3d4c5b6a", "sshd.service"; undefined when it tells
 * of none. The innermost unit counts: of /user.slice/user@1000.service/app.slice/a.scope it is a.scope.
 */
export function cgroupName(path: string): string | undefined {
  for (const [pattern, name] of containers) {
    const match = pattern.exec(path)
    if (match !== null) return `${name}-${match[1]}`
  }
  const unit = path.split('/').findLast(part => /\.(service|scope|socket|mount)$/.test(part))
  // systemd writes a byte that a path cannot hold as \xNN (systemd.unit(5)).
  return unit?.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

/** The network namespace of a process: inode of /proc/<pid>/ns/net; undefined when it may not be known. */
export function readNetworkNamespace(directory: ProcDirectory): number | undefined {
  const match = /^net:\[(\d+)\]$/.exec(directory.readLink('ns/net') ?? '')
  return match === null ? undefined : Number(match[1])
}
