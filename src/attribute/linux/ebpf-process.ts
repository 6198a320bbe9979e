// Processes that events tell of: the kernel gives pid, name, user and mostly the start time; /proc adds the rest while the
// process lives, read once, when the first event of it comes. One that is gone by then keeps what the kernel said.

import {
  cgroupName,
  parseCgroup,
  parseCmdline,
  parseStat,
  processName,
  readNetworkNamespace,
  startTime,
} from '../../native/linux/proc.ts'
import { openProcess } from '../../native/linux/proc-directory.ts'
import { userName } from '../../native/linux/user-names.ts'
import { isOutOfDescriptors } from '../../record/error.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import { printable } from '../../record/printable.ts'
import type { OwnerEvent } from './ebpf-event.ts'

/** /proc counts start times in ticks of 10 ms. */
const NS_PER_TICK = 10_000_000
/** Ended processes that nobody refers to are forgotten beyond this many. */
const MAX_PROCESSES = 16384
const NAME_LENGTH = 256

/** The owner fields of a socket record. */
export interface ProcessFields {
  readonly pid: number
  readonly start_time: number | null
  readonly process: string
  readonly user: string | null
  readonly uid: number | null
  readonly cmdline: string | null
  readonly cgroup?: string
  readonly netns?: string
}

/** One process under one name. Another start time is another process; another name, a program that it has become. */
export class OwnerProcess {
  readonly fields: ProcessFields
  /** As the kernel gave it, to see whether it still is. */
  readonly comm: string
  readonly startTicks: number | undefined
  /** Sockets that it holds at present, as far as events tell. */
  sockets = 0

  constructor(fields: ProcessFields, comm: string, startTicks: number | undefined) {
    this.fields = fields
    this.comm = comm
    this.startTicks = startTicks
  }
}

export class ProcessTable {
  private readonly processes = new Map<number, OwnerProcess>()
  private unread = 0

  get degraded(): readonly string[] {
    return this.unread === 0
      ? []
      : [`${this.unread} processes have no command line: no file descriptor was left to read it by`]
  }

  /** The process of an event, as it is at that time. */
  of(event: OwnerEvent): OwnerProcess {
    const known = this.processes.get(event.tgid)
    if (known !== undefined && this.isSame(known, event)) return known
    const process = this.read(event)
    this.processes.set(event.tgid, process)
    if (this.processes.size > MAX_PROCESSES) this.prune()
    return process
  }

  /** Without a descriptor for /proc the kernel's own word must do, as for a process that is gone. */
  private read(event: OwnerEvent): OwnerProcess {
    try {
      return read(event)
    } catch (error) {
      if (!isOutOfDescriptors(error)) throw error
      this.unread++
      return told(event)
    }
  }

  private isSame(known: OwnerProcess, event: OwnerEvent): boolean {
    if (event.startNs !== 0) {
      return known.startTicks === Math.floor(event.startNs / NS_PER_TICK) && known.comm === event.comm
    }
    // No start time in the event, and the name may be a thread's.
    if (event.tid === event.tgid && known.comm !== event.comm) return false
    let directory
    try {
      directory = openProcess(event.tgid)
      const stat = parseStat(directory?.read('stat') ?? '')
      return stat === undefined || stat.startTicks === known.startTicks
    } catch (error) {
      if (!isOutOfDescriptors(error)) throw error
      return false
    } finally {
      directory?.close()
    }
  }

  private prune(): void {
    for (const [pid, process] of this.processes) if (process.sockets <= 0) this.processes.delete(pid)
  }
}

function toldTicksOf({ startNs }: OwnerEvent): number | undefined {
  return startNs === 0 ? undefined : Math.floor(startNs / NS_PER_TICK)
}

/** By what the kernel said with the event. */
function told(event: OwnerEvent): OwnerProcess {
  return process(event, event.comm, toldTicksOf(event), null, undefined, undefined)
}

function read(event: OwnerEvent): OwnerProcess {
  const toldTicks = toldTicksOf(event)
  const directory = openProcess(event.tgid)
  try {
    const stat = parseStat(directory?.read('stat') ?? '')
    // The pid may be another process's by now.
    if (
      directory === undefined ||
      stat === undefined ||
      (toldTicks !== undefined && stat.startTicks !== toldTicks)
    ) {
      return told(event)
    }
    // A thread's name is not the process's.
    const comm = event.startNs === 0 && event.tid !== event.tgid ? stat.comm : event.comm
    const args = parseCmdline(directory.read('cmdline') ?? '')
    // It has become another program since: what /proc says now is not what it was at the time of the event.
    const isStill = stat.comm === comm
    const cgroupPath = parseCgroup(directory.read('cgroup') ?? '')
    return process(
      event,
      isStill ? processName(comm, args, directory.readLink('exe')) : comm,
      stat.startTicks,
      isStill ? args.join(' ') : null,
      cgroupPath === undefined ? undefined : cgroupName(cgroupPath),
      readNetworkNamespace(directory),
      comm,
    )
  } finally {
    directory?.close()
  }
}

function process(
  event: OwnerEvent,
  name: string,
  startTicks: number | undefined,
  cmdline: string | null,
  cgroup: string | undefined,
  netns: number | undefined,
  comm = event.comm,
): OwnerProcess {
  return new OwnerProcess(
    {
      pid: event.tgid,
      start_time: startTicks === undefined ? null : startTime(startTicks),
      process: printable(name, NAME_LENGTH),
      user: printable(userName(event.uid), NAME_LENGTH),
      uid: event.uid,
      cmdline: cmdline === null ? null : printable(cmdline),
      ...(cgroup === undefined ? {} : { cgroup: printable(cgroup) }),
      ...(netns === undefined ? {} : { netns: String(netns) }),
    },
    comm,
    startTicks,
  )
}

/** The process that a scan of /proc found; undefined when it found none. */
export function processOfRecord(record: SocketRecord): OwnerProcess | undefined {
  if (record.pid === null) return undefined
  const { pid, process: name, user, uid, cmdline, cgroup, netns } = record
  return new OwnerProcess(
    {
      pid,
      start_time: record.start_time ?? null,
      process: name,
      user: user ?? null,
      uid: uid ?? null,
      cmdline: cmdline ?? null,
      ...(cgroup === undefined ? {} : { cgroup }),
      ...(netns === undefined ? {} : { netns }),
    },
    name,
    undefined,
  )
}
