// Who holds which socket, from events as they come and from scans where events are silent. A packet belongs to the process
// that had last created, connected, written, read or bound its socket when it passed; before anyone had, to the first that
// did. A change is exact for TCP, and where another process sends on a connected datagram socket; for other uses, and for
// exec, it counts from when its event is read, milliseconds later. What several processes share in turns, so that nothing
// tells whose a packet was, belongs to nobody. For who has the packets themselves the turns are kept, with their times
// (owner-turns.ts).

import type { SocketRecord } from '../../record/generated/types.ts'
import { IPPROTO_TCP } from '../../record/protocol.ts'
import { type OwnerTurn, type TurnOwner, withTurn } from '../owner-turns.ts'
import type { OwnerEvent } from './ebpf-event.ts'
import { EVENT_CREATE, EVENT_EXEC, EVENT_RELEASE, EVENT_SHARED, SEVERAL_USERS } from './ebpf-layout.ts'
import { OwnerProcess, ProcessTable, processOfRecord } from './ebpf-process.ts'

/** Uses of a socket that no event tells of. */
export interface LostUse {
  /** SEVERAL_USERS: more than one process. */
  readonly pid: number
  /** The last time. */
  readonly monotonicNs: number
  /** The first time was not before this, us since the epoch. */
  readonly sinceUs: number
}

export class KernelSocket {
  readonly cookie: number
  owner: OwnerProcess | undefined = undefined
  /** kernel: events named the owner; socket: a scan did. */
  attribution: 'kernel' | 'socket' = 'kernel'
  /** Several processes take turns. */
  isShared = false
  /** Others than its owner have used it, and nothing tells when. */
  isDoubtful = false
  /** Who has used it since the last event of that, where events were lost. */
  lost: LostUse | undefined = undefined
  /** Its last descriptor is closed; packets may follow. */
  isReleased = false
  /** When it was made, where an event has told; when events first told of it, and when it was closed: us since the epoch. */
  madeUs: number | undefined
  firstUs: number | undefined
  releasedUs: number | undefined
  /** Why a scan that has listed it found no owner: a reason, or nobody holds it. */
  listed: SocketRecord['reason'] | 'unheld' = undefined
  /** Who had it when, where that was more than one, or is not always known. */
  turns: readonly OwnerTurn[] | undefined
  /** Of the last turn. */
  lastUser: OwnerProcess | 'nobody' | undefined
  /** Processes that had it before. */
  private past: OwnerProcess[] | undefined

  constructor(cookie: number) {
    this.cookie = cookie
  }

  /** Nobody can be named for its packets, though it may have an owner. */
  get isAmbiguous(): boolean {
    return this.isShared || this.isDoubtful
  }

  setOwner(owner: OwnerProcess, attribution: 'kernel' | 'socket'): void {
    if (this.owner !== undefined) {
      this.owner.sockets--
      ;(this.past ??= []).push(this.owner)
    }
    owner.sockets++
    this.owner = owner
    this.attribution = attribution
  }

  /** Whose its packets are. */
  get user(): OwnerProcess | 'nobody' | undefined {
    return this.isAmbiguous ? 'nobody' : this.owner
  }

  /** The process had it before, gave it up, and has it again. */
  returnsTo(owner: OwnerProcess): boolean {
    return this.past?.includes(owner) === true
  }

  forget(): void {
    if (this.owner !== undefined) this.owner.sockets--
  }
}

/**
 * Told before an owner changes: what has been counted until now is the old one's.
 * @returns whether the event itself says how much that is (a TCP connection), so that any number of turns is told apart
 */
export type BeforeChange = (socket: KernelSocket, event: OwnerEvent) => boolean

export class KernelSockets {
  private readonly sockets = new Map<number, KernelSocket>()
  private readonly processes = new ProcessTable()
  private readonly beforeChange: BeforeChange
  /** Have lost events, and may have others from before those that have not been read yet. */
  private readonly unsettled = new Set<KernelSocket>()
  /** Have turns that nobody was told of yet. */
  private readonly passed = new Set<KernelSocket>()
  /** When events were last read, us since the epoch: what is lost was lost after that. */
  readUs = -Infinity

  constructor(beforeChange: BeforeChange) {
    this.beforeChange = beforeChange
  }

  get count(): number {
    return this.sockets.size
  }

  get degraded(): readonly string[] {
    return this.processes.degraded
  }

  get(cookie: number): KernelSocket | undefined {
    return this.sockets.get(cookie)
  }

  /** The socket, made if it is not known: one that was there before us, or whose event was lost. */
  of(cookie: number): KernelSocket {
    let socket = this.sockets.get(cookie)
    if (socket === undefined) {
      socket = new KernelSocket(cookie)
      this.sockets.set(cookie, socket)
    }
    return socket
  }

  /**
   * @param atUs when it happened, us since the epoch
   * @param isListed a scan has told who holds the socket
   * @returns the socket that it is about; undefined for an event of a process
   */
  onEvent(event: OwnerEvent, atUs = event.monotonicNs / 1000, isListed = false): KernelSocket | undefined {
    const process = this.processes.of(event)
    if (event.kind === EVENT_EXEC) {
      this.onExec(event, process, atUs)
      return undefined
    }
    const socket = this.of(event.cookie)
    const before = socket.user
    const isNews = event.kind !== EVENT_CREATE && isListed
    this.onUse(socket, event, process)
    // A connection that has moved nothing yet, as its maker told of it: what comes now is not the maker's.
    const isFirstUse =
      event.protocol === IPPROTO_TCP && socket.madeUs !== undefined && event.rxPackets + event.txPackets === 0
    this.pass(socket, before ?? (isNews ? 'holder' : undefined), atUs, isFirstUse)
    return socket
  }

  /** Sockets that have passed from process to process since the last call. */
  takePassed(): readonly KernelSocket[] {
    if (this.passed.size === 0) return none
    const passed = [...this.passed]
    this.passed.clear()
    return passed
  }

  private onUse(socket: KernelSocket, event: OwnerEvent, process: OwnerProcess): void {
    if (event.kind === EVENT_RELEASE) {
      // Who closes it last has had it; that says nothing new of one whose users are known.
      if (socket.owner === undefined) socket.setOwner(process, 'kernel')
      if (socket.lost !== undefined) this.unsettled.add(socket)
      socket.isReleased = true
      return
    }
    if (event.kind === EVENT_SHARED) {
      if (!socket.isShared) this.beforeChange(socket, event)
      socket.isShared = true
      return
    }
    if (socket.lost !== undefined && event.monotonicNs > socket.lost.monotonicNs)
      this.endDoubt(socket, socket.lost, event)
    if (socket.owner === process) {
      socket.attribution = 'kernel'
      return
    }
    // A scan had named the same process already: the fuller description stays.
    if (socket.owner !== undefined && isSameProcess(socket.owner, process)) {
      socket.setOwner(process, 'kernel')
      return
    }
    if (socket.owner !== undefined && event.kind !== EVENT_CREATE) {
      const isExact = this.beforeChange(socket, event)
      if (!isExact && socket.returnsTo(process)) socket.isShared = true
    }
    socket.setOwner(process, 'kernel')
  }

  /** What a scan says of a socket that has no owner yet. Two processes that hold it: nobody, until one of them uses it. */
  onListed(socket: KernelSocket, records: readonly SocketRecord[]): void {
    socket.listed = 'unheld'
    const pids = new Set<number>()
    for (const record of records) {
      if (record.reason !== undefined) socket.listed = record.reason
      if (record.pid !== null) pids.add(record.pid)
    }
    const [first] = records.filter(record => record.pid !== null)
    const isOthers = first !== undefined && socket.lost !== undefined && socket.lost.pid !== first.pid
    if (pids.size > 1 || isOthers) socket.listed = 'ambiguous'
    const owner = first === undefined || pids.size > 1 || isOthers ? undefined : processOfRecord(first)
    if (owner !== undefined) socket.setOwner(owner, 'socket')
  }

  /** Events of the use of a socket were lost. Events from before that may still come: settleLosses(). */
  lostUser(cookie: number, pid: number, monotonicNs: number): void {
    const socket = this.of(cookie)
    const isAlone = socket.lost === undefined || socket.lost.pid === pid
    const sinceUs = socket.lost?.sinceUs ?? this.readUs
    socket.lost = { pid: isAlone ? pid : SEVERAL_USERS, monotonicNs, sinceUs }
    this.unsettled.add(socket)
  }

  /** Of any of the sockets a use may not have been told. */
  lostUsers(monotonicNs: number): void {
    for (const { cookie } of this.sockets.values()) this.lostUser(cookie, SEVERAL_USERS, monotonicNs)
  }

  /** Events from before the losses have been read. */
  settleLosses(): void {
    for (const socket of this.unsettled) {
      const { lost, owner } = socket
      if (lost === undefined || owner === undefined || owner.fields.pid === lost.pid) continue
      const before = socket.user
      socket.isDoubtful = true
      this.pass(socket, before, lost.sinceUs)
    }
    this.unsettled.clear()
  }

  forget(socket: KernelSocket): void {
    socket.forget()
    this.passed.delete(socket)
    this.sockets.delete(socket.cookie)
  }

  values(): IterableIterator<KernelSocket> {
    return this.sockets.values()
  }

  /** From this event on it is known again whose the socket is; what came before it may be another's, and is nobody's then. */
  private endDoubt(socket: KernelSocket, lost: LostUse, event: OwnerEvent): void {
    const pid = socket.owner === undefined ? event.tgid : socket.owner.fields.pid
    if (lost.pid !== pid) {
      const before = socket.user
      socket.isDoubtful = true
      this.pass(socket, before, lost.sinceUs)
      this.beforeChange(socket, event)
    }
    socket.isDoubtful = false
    socket.lost = undefined
  }

  /** @param before whose it was until then; undefined: nobody has been named, and whose it is now it was from the beginning */
  private pass(
    socket: KernelSocket,
    before: OwnerProcess | 'nobody' | 'holder' | undefined,
    atUs: number,
    isFirstUse = false,
  ): void {
    const { user, lastUser: last = before } = socket
    if (user === undefined || user === last) return
    if (last === undefined && user !== 'nobody') return
    if (last instanceof OwnerProcess && user instanceof OwnerProcess && isSameProcess(last, user)) return
    socket.lastUser = user
    const { turns = [{ fromUs: -Infinity, owner: turnOwner(before ?? 'nobody'), isFirstUse: false }] } =
      socket
    socket.turns = withTurn(turns, { fromUs: atUs, owner: turnOwner(user), isFirstUse })
    this.passed.add(socket)
  }

  private onExec(event: OwnerEvent, process: OwnerProcess, atUs: number): void {
    for (const socket of this.sockets.values()) {
      const { owner } = socket
      if (owner === undefined || owner === process || owner.fields.pid !== event.tgid) continue
      if (owner.fields.start_time !== process.fields.start_time) continue
      const before = socket.user
      this.beforeChange(socket, event)
      socket.setOwner(process, 'kernel')
      this.pass(socket, before, atUs)
    }
  }
}

const none: readonly KernelSocket[] = []

function turnOwner(of: OwnerProcess | 'nobody' | 'holder'): TurnOwner {
  return typeof of === 'string' ? of : of.fields
}

function isSameProcess(a: OwnerProcess, b: OwnerProcess): boolean {
  return (
    a.fields.pid === b.fields.pid &&
    a.fields.start_time === b.fields.start_time &&
    a.fields.process === b.fields.process
  )
}
