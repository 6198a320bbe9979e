// This host's sockets as lists of the moment: SocketSource of macOS. Who holds a socket is read from descriptors (libproc), for
// which root is needed where processes are of other users; which sockets there are, and who used each last, from pcblist_n, which
// asks for no privilege. Each makes up for what the other lacks: sockets without a descriptor (stacks in user space, the kernel's
// own), and sockets whose holders may not be looked at. A socket that was opened and closed between two looks is not seen.

import { SystemError } from '../../native/system-error.ts'
import { NetoprocError } from '../../record/error.ts'
import type { HelloRecord, SocketRecord } from '../../record/generated/types.ts'
import type { SocketSink, SocketSource } from '../port.ts'
import { type HeldSocket, type Holder, isAnyDenied, walkDescriptors, walkProcess } from './descriptor-walk.ts'
import { readInterfaces } from './own-interfaces.ts'
import { PcblistCounters } from './pcblist-counters.ts'
import { type Identity, ProcessTable } from './process-table.ts'
import { forEachSocket, probeLists, userOf } from './socket-list.ts'
import { type OwnerFields, cookieOf, describeSocket, isBound, nobody, ownedBy } from './socket-record.ts'

export interface ListedOptions {
  /** Why this source is used and no better one. */
  readonly degraded?: readonly string[]
  /** Counted are sockets of these interfaces alone: pcblist_n does not tell interfaces, so that it cannot count then. */
  readonly interfaces?: readonly string[]
}

export class ListedSource implements SocketSource {
  /** libproc: the lists cannot be used. */
  readonly method: 'pcblist_n' | 'libproc'
  readonly degraded: readonly string[]
  readonly hidesSockets: boolean
  /** Only where there are lists. */
  readonly collect?: NonNullable<SocketSource['collect']>
  readonly processes = new ProcessTable()
  private hasLists: boolean
  /** Whose each socket was in the last look, by cookie; undefined: nobody's that is known. */
  private owners = new Map<string, Identity | undefined>()

  /** @throws SystemError */
  constructor(options: ListedOptions = {}) {
    const isDenied = isAnyDenied()
    const noLists = probeLists()
    this.hasLists = noLists === undefined
    this.hidesSockets = !this.hasLists && isDenied
    this.method = this.hasLists ? 'pcblist_n' : 'libproc'
    this.degraded = [...(options.degraded ?? []), ...reasons(isDenied, noLists)]
    if (!this.hasLists || (options.interfaces?.length ?? 0) > 0) return
    const counters = new PcblistCounters(this.processes)
    this.collect = (batch, nowUs) => counters.collect(batch, nowUs)
  }

  interfaces(): NonNullable<HelloRecord['interfaces']> {
    return readInterfaces()
  }

  scan(sink: SocketSink, nowUs: number): void {
    const { sockets, hasDenied } = walkDescriptors(this.processes, nowUs)
    if (this.hasLists) this.scanLists(sockets, hasDenied, sink, nowUs)
    // Of those that are left the lists did not know: new, or closed since.
    for (const held of sockets.values()) this.tellHolders(held, 0, sink, nowUs)
  }

  close(): void {}

  /** Tells of what the lists have, and takes it out of `held`. */
  private scanLists(
    held: Map<string, HeldSocket>,
    hasDenied: boolean,
    sink: SocketSink,
    nowUs: number,
  ): void {
    const owners = new Map<string, Identity | undefined>()
    const late = new LateWalk(this.processes, nowUs)
    forEachSocket(socket => {
      if (!isBound(socket) || socket.isOver) return
      const cookie = cookieOf(socket)
      const user = userOf(socket)
      const isEffective = socket.effectivePid > 0
      const known = cookie === undefined ? undefined : this.holdersOf(cookie, socket.lastPid, held, late)
      if (known === undefined) {
        const owner = this.ownerOf(user, cookie, nowUs)
        if (cookie !== undefined) owners.set(cookie, owner)
        const fields = owner === undefined ? unowned(user, hasDenied) : ownedBy(owner, isEffective)
        sink.socket({ ...describeSocket(socket, cookie), uid: socket.uid, ...fields, ts: nowUs / 1e6 })
        return
      }
      const { holders } = known
      owners.set(
        cookie as string,
        (holders.find(({ process }) => process.pid === user) ?? (holders[0] as Holder)).process,
      )
      if (isEffective) this.tellServed(known, user, sink, nowUs)
      this.tellHolders(known, user, sink, nowUs)
    })
    this.owners = owners
  }

  /** Takes the socket out of `held`. One that was opened since its process was walked is looked for once more. */
  private holdersOf(
    cookie: string,
    lastPid: number,
    held: Map<string, HeldSocket>,
    late: LateWalk,
  ): HeldSocket | undefined {
    let known = held.get(cookie)
    held.delete(cookie)
    if (!isHeld(known) && lastPid > 0 && !this.owners.has(cookie)) known = late.find(cookie, lastPid)
    return isHeld(known) ? known : undefined
  }

  /** A line for the process that another one, who holds the socket, works for. */
  private tellServed({ record, holders }: HeldSocket, user: number, sink: SocketSink, nowUs: number): void {
    if (holders.some(({ process }) => process.pid === user)) return
    const identity = this.processes.identify(user, nowUs)
    if (identity === undefined) return
    sink.socket({ ...record, ...ownedBy(identity, true), attribution: 'kernel', ts: nowUs / 1e6 })
  }

  /** A line for each descriptor. Of several processes the last user is the one that talks. */
  private tellHolders({ record, holders }: HeldSocket, user: number, sink: SocketSink, nowUs: number): void {
    const isShared = holders.length > 1 && holders.some(({ process }) => process !== holders[0]?.process)
    for (const { process, fd } of holders) {
      // Field by field, and mostly without a copy: spreading ten thousand of them takes longer than reading them.
      const line: SocketRecord = holders.length === 1 ? record : { ...record }
      line.ts = nowUs / 1e6
      line.pid = process.pid
      line.start_time = process.start_time
      line.process = process.process
      line.user = process.user
      line.uid = process.uid
      line.cmdline = process.cmdline
      line.fd = fd
      line.named_by = 'descriptor'
      // Who last used a listener need not be who accepts the next connection.
      if (isShared && process.pid === user && record.state !== 'listen') line.attribution = 'kernel'
      sink.socket(line)
    }
  }

  /** Of a socket without a descriptor that could be read. */
  private ownerOf(pid: number, cookie: string | undefined, nowUs: number): Identity | undefined {
    if (pid <= 0) return undefined
    // A process that has ended may leave a socket behind, and its pid to another process.
    const before = cookie === undefined ? undefined : this.owners.get(cookie)
    if (before?.pid === pid) return before
    const identity = this.processes.identify(pid, nowUs)
    // It was looked at before the list was read.
    return identity === undefined || this.processes.isReused(identity) ? undefined : identity
  }
}

/** Sockets of processes that are walked once more in a look, each once. */
class LateWalk {
  private readonly sockets = new Map<string, HeldSocket>()
  private readonly walked = new Set<number>()
  private readonly processes: ProcessTable
  private readonly nowUs: number

  constructor(processes: ProcessTable, nowUs: number) {
    this.processes = processes
    this.nowUs = nowUs
  }

  /** @throws SystemError */
  find(cookie: string, pid: number): HeldSocket | undefined {
    if (!this.walked.has(pid)) {
      this.walked.add(pid)
      walkProcess(pid, this.processes, this.nowUs, this.sockets)
    }
    return this.sockets.get(cookie)
  }
}

function isHeld(socket: HeldSocket | undefined): socket is HeldSocket {
  return socket !== undefined && socket.holders.length > 0
}

function unowned(pid: number, hasDenied: boolean): OwnerFields {
  if (pid <= 0) return nobody('kernel')
  return nobody(hasDenied ? 'permission' : undefined)
}

function reasons(isDenied: boolean, noLists: string | undefined): string[] {
  if (noLists === undefined) {
    return isDenied
      ? [
          "of other users' sockets the last process that used them is named (so_last_pid): run with sudo to read who holds them",
        ]
      : []
  }
  return isDenied
    ? [`sockets of other users' processes cannot be seen: run with sudo (${noLists})`]
    : [`sockets without a descriptor, as of stacks in user space, are not seen: ${noLists}`]
}

/** @throws NetoprocError */
export function openListed(options: ListedOptions): ListedSource {
  try {
    return new ListedSource(options)
  } catch (error) {
    if (!(error instanceof SystemError)) throw error
    throw new NetoprocError('fatal', `sockets cannot be listed: ${error.message}`, { cause: error })
  }
}
