// Sockets by five-tuple and by local port, with the time in which each was there: a port that is used again does not
// inherit the owner before it, and a packet that comes late still finds the socket that it was for.
//
// What a caller remembers of a socket is good as long as its stamp does not change: stamps[slot] counts up when the socket
// is closed, changes hands, or gets a rival. stamps[NO_SOCKET] counts all changes, for whoever remembers that there was none.

import type { SocketRecord } from '../record/generated/types.ts'
import type { OwnerTable } from '../record/owner-table.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../record/protocol.ts'
import { KnownSocket, isOpenToAll, socketIdentity } from './known-socket.ts'
import { type OwnerTurn, nobodys } from './owner-turns.ts'
import type { LocalTuple, SocketSink } from './port.ts'
import { TupleChains, hashOf, hashTuple } from './tuple-chains.ts'

/** Slot 0 is no socket. */
export const NO_SOCKET = 0
/** Slot 1 is no socket either, and its stamp never changes. */
export const NEVER_CHANGES = 1

/** How long a closed socket is kept for packets that belong to it (TCP's last ones come after the process has closed). */
const KEEP_CLOSED_US = 10_000_000
/** Clocks of processes' start times and of packets differ by up to a second and a tick. */
const START_TIME_SLACK_US = 1_500_000
/** In a recording: an event is seen at the next look, a second later at most where netoproc-sockets was not told otherwise. */
const RECORDED_GAP_US = 1_500_000

export type SocketListener = (socket: KnownSocket, record: SocketRecord) => void

export class SocketTable implements SocketSink {
  stamps = new Uint32Array(1024)
  private readonly owners: OwnerTable
  private readonly ownNetns: string | undefined
  private readonly keepClosed: boolean
  private readonly byIdentity = new Map<string, KnownSocket>()
  /** Of the own network namespace, and of others. */
  private readonly own = new TupleChains()
  private readonly foreign = new TupleChains()
  /** Own sockets that are open to all, by protocol and local port. */
  private readonly byPort = new Map<number, KnownSocket[]>()
  private readonly bySlot: Array<KnownSocket | undefined> = []
  private closed: KnownSocket[] = []
  private readonly freeSlots: number[] = []
  private usedSlots = 2
  private notBeforeUs = -Infinity
  private lookedAtUs = -Infinity
  private listener: SocketListener = () => {}

  /**
   * @param ownNetns network namespace of the packets (see SocketSource.netns)
   * @param keepClosed for recordings: closed sockets are never forgotten
   */
  constructor(owners: OwnerTable, ownNetns?: string, keepClosed = false) {
    this.owners = owners
    this.ownNetns = ownNetns
    this.keepClosed = keepClosed
    this.stamp(NO_SOCKET)
    owners.onForget(keep => {
      for (const socket of this.byIdentity.values()) socket.forEachOwner(keep)
    })
  }

  /** Number of sockets, closed ones that are still kept included. */
  get count(): number {
    return this.byIdentity.size
  }

  get hasForeign(): boolean {
    return !this.foreign.isEmpty
  }

  /** Is told of each record, after it has been applied. */
  onRecord(listener: SocketListener): void {
    this.listener = listener
  }

  /** Call before each look at the sockets: what is new then was opened since the last look. */
  beginLook(nowUs: number): void {
    this.notBeforeUs = this.lookedAtUs
    this.lookedAtUs = nowUs
  }

  /** Applies what a source tells of a socket. */
  socket(record: SocketRecord, exactUs?: number): void {
    const identity = this.identify(record)
    let socket = this.byIdentity.get(identity)
    if (record.event === 'close') {
      if (socket !== undefined) this.close(socket, record, exactUs)
      return
    }
    let first = this.byIdentity.get(socketIdentity(record))
    if (
      socket !== undefined &&
      isOfOneRemote(socket.record) &&
      isListed(record) &&
      !sameTuple(socket.record, record)
    ) {
      this.setApart(socket)
      first = socket.first ?? socket
      socket = undefined
    }
    if (socket === undefined) {
      socket = new KnownSocket(this.takeSlot(), identity, record, first)
      this.byIdentity.set(identity, socket)
      this.bySlot[socket.slot] = socket
      this.begin(socket, record, exactUs)
      socket.describe(record, this.ownNetns)
      socket.hold(record, this.owners)
      this.index(socket)
      this.changed(socket)
    } else {
      const wasClosed = socket.isClosed
      if (wasClosed) this.reopen(socket)
      const wasOpenToAll = isOpenToAll(socket)
      this.unindexIfMoved(socket, record)
      // Of a recording all is told before the first packet, and not how often it went to and fro.
      if (this.keepClosed && socket.isOfOther(record, this.owners)) socket.takeTurns(nobodys, this.owners)
      const isOther = socket.hold(record, this.owners)
      if (isOther || wasClosed || wasOpenToAll !== isOpenToAll(socket)) this.changed(socket)
    }
    this.listener(socket, record)
  }

  turns(record: SocketRecord, turns: readonly OwnerTurn[]): void {
    const socket = this.get(record)
    if (socket === undefined) return
    socket.takeTurns(turns, this.owners)
    this.changed(socket)
  }

  get(record: SocketRecord): KnownSocket | undefined {
    return this.byIdentity.get(this.identify(record))
  }

  /** It was certainly there at this time, unless it is known to be closed: seen by a look, or found by asking for it. */
  seenUs({ sureFrom, foundUs, sureTo }: KnownSocket): number {
    return Math.min(sureTo, Math.max(this.lookedAtUs, sureFrom, foundUs))
  }

  /** The same of the socket in a slot; -Infinity where there is none. */
  lastSeenUs(slot: number): number {
    const socket = this.bySlot[slot]
    return socket === undefined ? -Infinity : this.seenUs(socket)
  }

  /** Another connection with the same tuple has begun, at this time: the socket was gone by then. */
  succeed(socket: KnownSocket, us: number): void {
    if (!socket.isClosed) {
      socket.sureTo = Math.min(us, this.seenUs(socket))
      socket.to = us
      if (!this.keepClosed) this.closed.push(socket)
    }
    socket.succeededUs = us
    this.changed(socket)
  }

  /** The socket was found: it is there after all. */
  isThere(socket: KnownSocket, nowUs: number): void {
    socket.foundUs = nowUs
    if (socket.succeededUs === Infinity) return
    this.reopen(socket)
    this.changed(socket)
  }

  /** Calls back with each socket of the very tuple. */
  forEachExact(tuple: LocalTuple, inOtherNamespaces: boolean, visit: (socket: KnownSocket) => void): void {
    const { protocol, local, localPort, remote, remotePort } = tuple
    const hash = hashTuple(protocol, local, localPort, remote, remotePort)
    const chains = inOtherNamespaces ? this.foreign : this.own
    for (let socket = chains.first(hash); socket !== undefined; socket = socket.next) {
      if (
        socket.isConnected &&
        socket.protocol === protocol &&
        socket.localPort === localPort &&
        socket.remotePort === remotePort &&
        sameWords(socket.local, local) &&
        sameWords(socket.remote, remote)
      ) {
        visit(socket)
      }
    }
  }

  /** Sockets that are open to all at the port (raw sockets: that take the protocol). */
  openToAll(protocol: number, port: number): readonly KnownSocket[] {
    return this.byPort.get(portKey(protocol, port)) ?? none
  }

  /** Forgets sockets that were closed some time before `untilUs`: the packets of until then have been read. */
  forgetClosed(untilUs: number): void {
    if (this.keepClosed || this.closed.length === 0) return
    this.closed = this.closed.filter(socket => {
      if (!socket.isClosed) return false
      if (socket.to + KEEP_CLOSED_US > untilUs) return true
      this.forget(socket)
      return false
    })
  }

  /** Where the kernel names owners it does so for each remote: one datagram socket that talks to many is many here. */
  private identify(record: SocketRecord): string {
    const identity = socketIdentity(record)
    if (record.attribution !== 'kernel' || record.remote_ip === undefined || record.proto === 'tcp')
      return identity
    const socket = this.byIdentity.get(identity)
    if (socket === undefined || sameTuple(socket.record, record)) return identity
    return identityOfRemote(record)
  }

  /** It was named for one remote, before the socket itself was listed, which is known by its own identity. */
  private setApart(socket: KnownSocket): void {
    this.byIdentity.delete(socket.identity)
    socket.identity = identityOfRemote(socket.record)
    this.byIdentity.set(socket.identity, socket)
  }

  private begin(socket: KnownSocket, record: SocketRecord, exactUs: number | undefined): void {
    if (exactUs !== undefined) {
      socket.from = socket.sureFrom = exactUs
      return
    }
    const tsUs = record.ts * 1e6
    socket.sureFrom = tsUs
    if (record.event === 'open') socket.from = this.lastLookBefore(tsUs)
    // Of a process that is younger than the packet it cannot be.
    const startUs = (record.start_time ?? -Infinity) * 1e6 - START_TIME_SLACK_US
    if (startUs > socket.from) socket.from = startUs
  }

  /** When the sockets were last looked at, before the look that has seen something at `tsUs`. */
  private lastLookBefore(tsUs: number): number {
    return this.keepClosed ? tsUs - RECORDED_GAP_US : Math.min(this.notBeforeUs, tsUs)
  }

  private reopen(socket: KnownSocket): void {
    socket.sureTo = socket.to = socket.succeededUs = Infinity
  }

  private close(socket: KnownSocket, record: SocketRecord, exactUs: number | undefined): void {
    const wasOwner = socket.owner
    const wasShared = socket.isShared
    // The exact time is that of the last close: nobody holds it any more, whoever was known to.
    if (exactUs === undefined && socket.release(record) > 0) {
      if (socket.owner !== wasOwner || socket.isShared !== wasShared) this.changed(socket)
    } else if (!socket.isClosed) {
      // It was there when it was last looked at, and went since.
      socket.to = exactUs ?? record.ts * 1e6
      socket.sureTo = exactUs ?? Math.max(socket.sureFrom, this.lastLookBefore(socket.to))
      if (!this.keepClosed) this.closed.push(socket)
      this.changed(socket)
    }
    this.listener(socket, record)
  }

  private unindexIfMoved(socket: KnownSocket, record: SocketRecord): void {
    const { protocol, localPort, record: old } = socket
    const hash = hashOf(socket)
    const isForeign = socket.isForeign
    if (sameTuple(old, record)) {
      socket.describe(record, this.ownNetns)
      return
    }
    this.unindex(socket, hash, portKeyOf(protocol, localPort), isForeign)
    socket.describe(record, this.ownNetns)
    this.index(socket)
    this.changed(socket)
  }

  private index(socket: KnownSocket): void {
    const chains = socket.isForeign ? this.foreign : this.own
    chains.add(socket)
    if (socket.isForeign) return
    const key = portKeyOf(socket.protocol, socket.localPort)
    const sharing = this.byPort.get(key)
    if (isOpenToAll(socket)) {
      if (sharing === undefined) this.byPort.set(key, [socket])
      else sharing.push(socket)
    }
  }

  private unindex(socket: KnownSocket, hash: number, key: number, isForeign: boolean): void {
    const chains = isForeign ? this.foreign : this.own
    chains.remove(socket, hash)
    const sharing = this.byPort.get(key)
    if (sharing === undefined) return
    const at = sharing.indexOf(socket)
    if (at >= 0) sharing.splice(at, 1)
    if (sharing.length === 0) this.byPort.delete(key)
  }

  private forget(socket: KnownSocket): void {
    this.byIdentity.delete(socket.identity)
    this.unindex(socket, hashOf(socket), portKeyOf(socket.protocol, socket.localPort), socket.isForeign)
    this.changed(socket)
    this.bySlot[socket.slot] = undefined
    this.freeSlots.push(socket.slot)
  }

  private changed(socket: KnownSocket): void {
    this.stamp(socket.slot)
    this.stamp(NO_SOCKET)
    // Packets that went to whoever is open to all at the port may be this one's now, or no longer.
    for (const other of this.byPort.get(portKeyOf(socket.protocol, socket.localPort)) ?? none)
      this.stamp(other.slot)
    // So may those of others with the same tuple.
    const chains = socket.isForeign ? this.foreign : this.own
    for (let other = chains.first(hashOf(socket)); other !== undefined; other = other.next)
      if (other !== socket) this.stamp(other.slot)
  }

  private stamp(slot: number): void {
    this.stamps[slot] = (this.stamps[slot] as number) + 1
  }

  private takeSlot(): number {
    const free = this.freeSlots.pop()
    if (free !== undefined) return free
    if (this.usedSlots === this.stamps.length) {
      const grown = new Uint32Array(this.stamps.length * 2)
      grown.set(this.stamps)
      this.stamps = grown
    }
    return this.usedSlots++
  }
}

const none: readonly KnownSocket[] = []

/** ICMP datagram sockets are known by an identifier that records do not carry: all have one place. */
function portKeyOf(protocol: number, port: number): number {
  return protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6
    ? portKey(protocol, 0)
    : portKey(protocol, port)
}

function portKey(protocol: number, port: number): number {
  return protocol * 65536 + port
}

export function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0]
}

/** Events tell of packets of a datagram socket, and from or to whom; who lists sockets knows their inode, too. */
function isOfOneRemote(record: SocketRecord): boolean {
  return !isListed(record) && record.remote_ip !== undefined && record.proto !== 'tcp'
}

function isListed(record: SocketRecord): boolean {
  return record.inode !== undefined
}

function identityOfRemote(record: SocketRecord): string {
  return `${socketIdentity(record)} ${record.local_ip} ${record.remote_ip} ${record.remote_port ?? ''}`
}

function sameTuple(a: SocketRecord, b: SocketRecord): boolean {
  return (
    a.local_port === b.local_port &&
    a.remote_port === b.remote_port &&
    a.local_ip === b.local_ip &&
    a.remote_ip === b.remote_ip &&
    a.proto === b.proto &&
    (a.state === 'listen') === (b.state === 'listen')
  )
}
