// The processes of this host and the sockets that each has open. Finding who holds a socket means reading descriptors,
// and a host has tens of thousands of them; so a process is read when there is reason to: it is new, it has just been
// given sockets, it is related to one that has the socket; all are read only for a socket that is found in no other way.

import { performance } from 'node:perf_hooks'
import {
  cgroupName,
  ignoresChildren,
  parseCgroup,
  parseCmdline,
  parseStat,
  parseUid,
  processName,
  readNetworkNamespace,
  startTime,
} from '../../native/linux/proc.ts'
import { forEachPid, openProcess, type ProcDirectory } from '../../native/linux/proc-directory.ts'
import { userName } from '../../native/linux/user-names.ts'
import { printable } from '../../record/printable.ts'

/** kthreadd and its children are the kernel's: they have no descriptors. */
const KTHREADD = 2
/** Processes that count as recent. */
const MAX_RECENT = 32
/** A process is not asked again for children before this. */
const CHILDLESS_MS = 100

/** The owner fields of a socket record. */
export interface Identity {
  readonly pid: number
  readonly start_time: number
  readonly process: string
  readonly user: string | null
  readonly uid: number | null
  readonly cmdline: string | null
  readonly cgroup?: string
}

export class LinuxProcess {
  readonly pid: number
  readonly ppid: number
  readonly startTicks: number
  /** Inode of its network namespace; undefined: not known, or it may not be known. */
  netns: number | undefined
  /** Descriptors by inode of the socket, as last read; several where one was duplicated. */
  sockets = new Map<number, number[]>()
  /** ProcessTable.round in which it was last read. */
  readIn = 0
  /** Of another user, and we are not root. */
  isDenied = false
  isGone = false
  /** It has, or has had, children; and when it was last found to have none, ms. */
  hasForked = false
  childlessMs = -Infinity
  /** Refresh in which it was last listed. */
  listedIn = 0
  comm: string
  identity: Identity | undefined

  constructor(pid: number, ppid: number, startTicks: number, comm: string) {
    this.pid = pid
    this.ppid = ppid
    this.startTicks = startTicks
    this.comm = comm
  }
}

/** Told of a socket that a process has, or has no more; and of those that it has when it becomes another program. */
export interface DescriptorSink {
  opened(process: LinuxProcess, inode: number): void
  closed(process: LinuxProcess, inode: number): void
  renamed(inode: number): void
}

export class ProcessTable {
  private readonly byPid = new Map<number, LinuxProcess>()
  private readonly children = new Map<number, Set<LinuxProcess>>()
  private readonly sink: DescriptorSink
  private readonly recentlyMet: LinuxProcess[] = []
  private listing = 0
  /** Counts searches: a process is read once in each. */
  round = 1
  /** Some process's descriptors could not be read. */
  hasDenied = false

  constructor(sink: DescriptorSink) {
    this.sink = sink
  }

  get count(): number {
    return this.byPid.size
  }

  all(): IterableIterator<LinuxProcess> {
    return this.byPid.values()
  }

  /**
   * Those that were met last, the youngest first: one that was listed while it started opens its sockets after that. (Node takes
   * 40 ms to get there, and a download some more.)
   */
  recent(): readonly LinuxProcess[] {
    return this.recentlyMet
  }

  /** Lists processes. @returns those that are new since the last time, the youngest first */
  refresh(): LinuxProcess[] {
    const listing = ++this.listing
    const fresh: LinuxProcess[] = []
    forEachPid(pid => {
      const known = this.byPid.get(pid)
      if (known !== undefined) known.listedIn = listing
      else {
        const process = this.meet(pid)
        if (process !== undefined) fresh.push(process)
      }
    })
    for (const process of this.byPid.values()) if (process.listedIn !== listing) this.forget(process)
    return fresh.sort((a, b) => b.startTicks - a.startTicks || b.pid - a.pid)
  }

  /** Reads a process's descriptors, unless that was done in this round. Notices a pid that is another process's now. */
  read(process: LinuxProcess): void {
    if (process.readIn === this.round || process.isGone) return
    process.readIn = this.round
    const directory = openProcess(process.pid)
    if (directory === undefined) return this.forget(process)
    try {
      const stat = parseStat(directory.read('stat') ?? '')
      if (stat === undefined || stat.startTicks !== process.startTicks) {
        this.forget(process)
        if (stat !== undefined) this.meetIn(process.pid, directory)
        return
      }
      if (stat.comm !== process.comm) {
        process.comm = stat.comm
        process.identity = undefined
        for (const inode of process.sockets.keys()) this.sink.renamed(inode)
      }
      // A process whose first thread has ended has its descriptors at the others.
      this.readSockets(process, directory, stat.isZombie ? livingThread(directory) : undefined)
    } finally {
      directory.close()
    }
  }

  /** The process's parent and children: who may have inherited a socket, or passed it on. */
  parentOf(process: LinuxProcess): LinuxProcess | undefined {
    return this.byPid.get(process.ppid)
  }

  childrenOf(process: LinuxProcess): ReadonlySet<LinuxProcess> {
    return this.children.get(process.pid) ?? noChildren
  }

  /**
   * Whether the process has children, has had some, or is about to: what it accepts may become theirs. True also of one that is gone:
   * it cannot be asked.
   */
  mayFork(process: LinuxProcess): boolean {
    const now = performance.now()
    if (process.hasForked || now - process.childlessMs < CHILDLESS_MS) return process.hasForked
    process.hasForked = this.childrenOf(process).size > 0 || hasChildren(process)
    process.childlessMs = now
    return process.hasForked
  }

  get(pid: number): LinuxProcess | undefined {
    return this.byPid.get(pid)
  }

  /** Who the process is. Read once, and again when it has become another program. */
  identify(process: LinuxProcess): Identity {
    if (process.identity !== undefined) return process.identity
    const directory = process.isGone ? undefined : openProcess(process.pid)
    try {
      process.identity = readIdentity(process, directory)
    } finally {
      directory?.close()
    }
    return process.identity
  }

  private meet(pid: number): LinuxProcess | undefined {
    const directory = openProcess(pid)
    if (directory === undefined) return undefined
    try {
      return this.meetIn(pid, directory)
    } finally {
      directory.close()
    }
  }

  private meetIn(pid: number, directory: ProcDirectory): LinuxProcess | undefined {
    const stat = parseStat(directory.read('stat') ?? '')
    if (stat === undefined) return undefined
    const process = new LinuxProcess(pid, stat.ppid, stat.startTicks, stat.comm)
    process.listedIn = this.listing
    if (stat.ppid === KTHREADD || pid === KTHREADD) process.isDenied = true
    else process.netns = readNetworkNamespace(directory)
    this.byPid.set(pid, process)
    this.recentlyMet.unshift(process)
    if (this.recentlyMet.length > MAX_RECENT) this.recentlyMet.pop()
    const siblings = this.children.get(stat.ppid)
    if (siblings === undefined) this.children.set(stat.ppid, new Set([process]))
    else siblings.add(process)
    return process
  }

  private readSockets(process: LinuxProcess, directory: ProcDirectory, thread: number | undefined): void {
    if (process.ppid === KTHREADD) return
    const before = process.sockets
    const now = new Map<number, number[]>()
    const add = (inode: number, fd: number) => {
      const fds = now.get(inode)
      if (fds === undefined) now.set(inode, [fd])
      else fds.push(fd)
    }
    const reading = directory.forEachSocket(
      add,
      ring => {
        for (const [inode, fds] of before) if (fds.includes(ring)) add(inode, ring)
      },
      thread,
    )
    if (reading === 'gone') return this.forget(process)
    process.isDenied = reading === 'denied'
    if (process.isDenied) this.hasDenied = true
    // A process that moves to another namespace (ip netns exec, unshare) does so before it opens the sockets that we see.
    if (now.size > before.size) process.netns = readNetworkNamespace(directory)
    process.sockets = now
    for (const inode of before.keys()) if (!now.has(inode)) this.sink.closed(process, inode)
    for (const inode of now.keys()) if (!before.has(inode)) this.sink.opened(process, inode)
  }

  private forget(process: LinuxProcess): void {
    if (process.isGone) return
    process.isGone = true
    if (this.byPid.get(process.pid) === process) this.byPid.delete(process.pid)
    const at = this.recentlyMet.indexOf(process)
    if (at >= 0) this.recentlyMet.splice(at, 1)
    const parent = this.byPid.get(process.ppid)
    if (parent !== undefined) parent.hasForked = true
    const siblings = this.children.get(process.ppid)
    siblings?.delete(process)
    if (siblings?.size === 0) this.children.delete(process.ppid)
    const { sockets } = process
    process.sockets = new Map()
    for (const inode of sockets.keys()) this.sink.closed(process, inode)
  }
}

function livingThread(directory: ProcDirectory): number | undefined {
  const threads: number[] = []
  directory.forEachThread(tid => threads.push(tid))
  return threads.find(tid => parseStat(directory.read(`task/${tid}/stat`) ?? '')?.isZombie === false)
}

function hasChildren({ pid, startTicks }: LinuxProcess): boolean {
  const directory = openProcess(pid)
  try {
    const stat = parseStat(directory?.read('stat') ?? '')
    if (directory === undefined || stat?.startTicks !== startTicks) return true
    const children = directory.read(`task/${pid}/children`)
    return stat.childFaults > 0 || (children ?? '') !== '' || ignoresChildren(directory.read('status') ?? '')
  } finally {
    directory?.close()
  }
}

const noChildren: ReadonlySet<LinuxProcess> = new Set()

function readIdentity(process: LinuxProcess, directory: ProcDirectory | undefined): Identity {
  const args = parseCmdline(directory?.read('cmdline') ?? '')
  const uid = parseUid(directory?.read('status') ?? '')
  const cgroup = cgroupName(parseCgroup(directory?.read('cgroup') ?? '') ?? '')
  return {
    pid: process.pid,
    start_time: startTime(process.startTicks),
    process: printable(processName(process.comm, args, directory?.readLink('exe')), 256),
    user: uid === undefined ? null : printable(userName(uid), 256),
    uid: uid ?? null,
    cmdline: args.length === 0 ? null : printable(args.join(' ')),
    ...(cgroup === undefined ? {} : { cgroup: printable(cgroup, 256) }),
  }
}
