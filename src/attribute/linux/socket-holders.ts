// Who holds a socket: from its inode to the processes that have it open, all of them, so that a socket that several share
// is never charged to one by chance. Work is in proportion to what has changed: the likely processes are read first.

import { performance } from 'node:perf_hooks'
import { startTime } from '../../native/linux/proc.ts'
import { ProcessTable, type LinuxProcess } from './process-table.ts'

/** Processes that were found to have new sockets lately: where the next ones will be. */
const MAX_ACTIVE = 16
/**
 * A search everywhere goes on for so long at a time, and then rests for so many times as long. The first goes to its end. (A
 * connection that begins meanwhile is looked at after it: it should still be there.)
 */
const SEARCH_MS = 8
const SEARCH_COST_FACTOR = 10
/**
 * A socket that nobody was found to have, though all were read, is looked for again after this, or ten times the time that
 * the search took, then after four times as long, and so on: it is the kernel's, or of a process that we may not see.
 */
const FIRST_RETRY_US = 50_000
const RETRY_FACTOR = 4
const LAST_RETRY_US = 300_000_000
/** Start times of processes are this far from those of sockets, at most. */
const START_TIME_SLACK_US = 2_000_000
/** Descriptors that are read anew in each look, to notice those that were closed or handed on: some 2 ms. */
const RECHECK_DESCRIPTORS = 1000

interface Missing {
  tries: number
  nextTryUs: number
}

export interface SocketHoldersOwner {
  /** The socket's holders are others now, or have another name. */
  changed(inode: number): void
  /** The socket was made after this, us since the epoch: older children of a process have not inherited it. */
  bornAfterUs(inode: number): number
}

export class SocketHolders {
  readonly processes: ProcessTable
  private readonly byInode = new Map<number, LinuxProcess[]>()
  private readonly active: LinuxProcess[] = []
  private readonly missing = new Map<number, Missing>()
  private readonly owner: SocketHoldersOwner
  private searchCostUs = 0
  private wanted = new Set<number>()
  private nextSearchUs = -Infinity
  private isFirst = true
  /** What is left of a search everywhere, the likely ones last; and the sockets that it was begun for. */
  private unread: LinuxProcess[] = []
  private sought = new Set<number>()
  private recheckBudget = 0
  private recheckQueue: LinuxProcess[] = []

  constructor(owner: SocketHoldersOwner) {
    this.owner = owner
    this.processes = new ProcessTable({
      opened: (process, inode) => this.opened(process, inode),
      closed: (process, inode) => this.closed(process, inode),
      renamed: inode => owner.changed(inode),
    })
  }

  of(inode: number): readonly LinuxProcess[] {
    return this.byInode.get(inode) ?? nobody
  }

  /**
   * Finds the holders of sockets: reads the processes that are likely to have them and, when that does not do, all.
   * @param inodes of sockets that have no known holder
   * @param likely processes to begin with
   * @param everywhere read all processes, if these do not do
   */
  search(inodes: Iterable<number>, likely: Iterable<LinuxProcess>, nowUs: number, everywhere: boolean): void {
    const wanted = new Set<number>()
    for (const inode of inodes) {
      if (this.byInode.has(inode)) continue
      const missing = this.missing.get(inode)
      if (missing === undefined || missing.nextTryUs <= nowUs) wanted.add(inode)
    }
    if (wanted.size === 0) return
    this.wanted = wanted
    this.processes.round++
    // For one that is being searched for everywhere the likely processes have been read before.
    if ([...wanted].some(inode => !this.sought.has(inode))) this.searchLikely(likely)
    if (everywhere && wanted.size > 0 && nowUs >= this.nextSearchUs) this.searchEverywhere(nowUs)
    this.wanted = new Set()
  }

  private searchLikely(likely: Iterable<LinuxProcess>): void {
    for (const process of likely) {
      this.readIfWanted(process)
      for (const child of this.processes.childrenOf(process)) this.readIfWanted(child)
    }
    // The youngest first: a process that lives shortly must be read before it is gone.
    if (this.wanted.size > 0) for (const process of this.processes.refresh()) this.readIfWanted(process)
    for (const process of this.active.slice()) this.readIfWanted(process)
    for (const process of this.processes.recent().slice()) this.readIfWanted(process)
  }

  /**
   * Reads one process after the other, those that have sockets first, for some milliseconds; the next call goes on where this
   * one has stopped.
   */
  private searchEverywhere(nowUs: number): void {
    const { wanted } = this
    if (this.unread.length === 0) {
      this.processes.refresh()
      const all = [...this.processes.all()]
      this.unread = [
        ...all.filter(process => process.sockets.size === 0),
        // The cheap ones are read first.
        ...all.filter(process => process.sockets.size > 0).sort((a, b) => b.sockets.size - a.sockets.size),
      ]
      this.sought = new Set(wanted)
      this.searchCostUs = 0
    }
    const startedMs = performance.now()
    const deadlineMs = startedMs + (this.isFirst ? Infinity : SEARCH_MS)
    while (wanted.size > 0 && this.unread.length > 0 && performance.now() < deadlineMs) {
      this.processes.read(this.unread.pop() as LinuxProcess)
    }
    if (wanted.size === 0) this.unread = []
    const costUs = (performance.now() - startedMs) * 1000
    this.searchCostUs += costUs
    if (this.unread.length === 0) {
      // Everywhere was looked since these were first wanted.
      for (const inode of wanted) if (this.sought.has(inode)) this.miss(inode, nowUs)
    }
    this.nextSearchUs = this.isFirst ? nowUs : nowUs + costUs * SEARCH_COST_FACTOR
    this.isFirst = false
  }

  /** Reads the holders of a socket again, and who may have got it from them. */
  reread(inode: number): void {
    const held = this.of(inode)
    if (held.length === 0) return
    this.processes.round++
    for (const process of held) {
      this.processes.read(process)
      this.readRelatives(process, inode)
    }
  }

  /** A socket is gone: nothing need be remembered of it. */
  forget(inode: number): void {
    this.missing.delete(inode)
  }

  /**
   * Reads holders again whose sockets may have changed hands: of `doubtful` sockets now, of all others by and by. Those of
   * `young` sockets may be about to leave them to processes that they make.
   */
  recheck(doubtful: Iterable<number>, young: Iterable<number>): void {
    this.processes.round++
    for (const inode of doubtful) for (const process of this.of(inode)) this.processes.read(process)
    let isListed = false
    for (const inode of young) {
      for (const process of this.of(inode)) {
        if (!isListed) this.processes.refresh()
        isListed = true
        this.processes.read(process)
        this.readRelatives(process, inode)
      }
    }
    this.recheckBudget = Math.min(this.recheckBudget + RECHECK_DESCRIPTORS, 100 * RECHECK_DESCRIPTORS)
    if (this.recheckQueue.length === 0) {
      this.recheckQueue = [...this.processes.all()].filter(process => process.sockets.size > 0)
    }
    for (let process = this.recheckQueue.at(-1); process !== undefined; process = this.recheckQueue.at(-1)) {
      if (process.sockets.size > this.recheckBudget) return
      this.recheckBudget -= process.sockets.size + 1
      this.recheckQueue.pop()
      this.processes.read(process)
    }
  }

  /** Nobody was found, though everywhere was looked that we may look. */
  isHidden(inode: number): boolean {
    return this.missing.has(inode) && this.processes.hasDenied
  }

  private readIfWanted(process: LinuxProcess): void {
    if (this.wanted.size > 0) this.processes.read(process)
  }

  private opened(process: LinuxProcess, inode: number): void {
    const holders = this.byInode.get(inode)
    if (holders === undefined) this.byInode.set(inode, [process])
    else holders.push(process)
    this.missing.delete(inode)
    if (this.wanted.delete(inode)) this.found(process, inode)
    this.owner.changed(inode)
  }

  private found(process: LinuxProcess, inode: number): void {
    const at = this.active.indexOf(process)
    if (at >= 0) this.active.splice(at, 1)
    this.active.unshift(process)
    if (this.active.length > MAX_ACTIVE) this.active.pop()
    this.readRelatives(process, inode)
  }

  /** Reads who else may have it: a process inherits it from its parent, and leaves it to children, when it is made. */
  private readRelatives(process: LinuxProcess, inode: number): void {
    const bornAfterUs = this.owner.bornAfterUs(inode) - START_TIME_SLACK_US
    const mayInherit = (other: LinuxProcess) => startTime(other.startTicks) * 1e6 >= bornAfterUs
    for (const child of this.processes.childrenOf(process)) if (mayInherit(child)) this.processes.read(child)
    const parent = mayInherit(process) ? this.processes.parentOf(process) : undefined
    if (parent === undefined) return
    this.processes.read(parent)
    if (!parent.sockets.has(inode)) return
    for (const sibling of this.processes.childrenOf(parent))
      if (mayInherit(sibling)) this.processes.read(sibling)
  }

  private closed(process: LinuxProcess, inode: number): void {
    const holders = this.byInode.get(inode)
    if (holders === undefined) return
    const left = holders.filter(holder => holder !== process)
    if (left.length === 0) this.byInode.delete(inode)
    else this.byInode.set(inode, left)
    this.owner.changed(inode)
  }

  private miss(inode: number, nowUs: number): void {
    const tries = this.missing.get(inode)?.tries ?? 0
    const first = Math.max(FIRST_RETRY_US, this.searchCostUs * SEARCH_COST_FACTOR)
    const delay = Math.min(first * RETRY_FACTOR ** tries, LAST_RETRY_US)
    this.missing.set(inode, { tries: tries + 1, nextTryUs: nowUs + delay })
  }
}

const nobody: readonly LinuxProcess[] = []
