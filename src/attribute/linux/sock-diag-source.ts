// This host's sockets by sock_diag, and who holds them by /proc: SocketSource of Linux. Tells changes only. Needs root (or
// CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH) to name other users' processes, and CAP_SYS_ADMIN to look into other network
// namespaces. It does not see who held a socket that was opened and closed between two looks.

import { existsSync } from 'node:fs'
import { ownNetworkNamespace } from '../../native/linux/network-namespace.ts'
import { RouteSocket } from '../../native/linux/rtnetlink.ts'
import { type DiagSocket, SockDiag, TCP_LISTEN } from '../../native/linux/sock-diag.ts'
import { SynWatch } from '../../native/linux/syn-watch.ts'
import { SystemError, hasCode } from '../../native/system-error.ts'
import { NetoprocError, isOutOfDescriptors, outOfDescriptors } from '../../record/error.ts'
import type { HelloRecord, SocketRecord } from '../../record/generated/types.ts'
import { formatAddress } from '../../record/address.ts'
import { IPPROTO_RAW, protocolName } from '../../record/protocol.ts'
import { printable } from '../../record/printable.ts'
import type { LocalTuple, SocketSink, SocketSource } from '../port.ts'
import { ConnectionWatch, type Sighting } from './connection-watch.ts'
import { LinkNames } from './link-names.ts'
import { NamespaceSockets, type SocketChanges } from './namespace-sockets.ts'
import { OtherNamespaces } from './other-namespaces.ts'
import { PortCloses } from './port-closes.ts'
import { SocketHolders } from './socket-holders.ts'
import type { LinuxProcess } from './process-table.ts'
import type { DiagEntry } from './diag-entry.ts'

export interface SockDiagOptions {
  /** own: this network namespace. all: those that processes run in, too. */
  readonly netns: 'own' | 'all'
  /**
   * Look for the process of a connection as soon as it begins, where CAP_NET_RAW allows it, and have the kernel tell of sockets
   * that close. Default true.
   */
  readonly watch?: boolean
  /** Why this source is used and no better one. */
  readonly degraded?: readonly string[]
}

/** Sockets that were opened lately change hands: accepted, then left to a child. Their holders are read again meanwhile. */
const YOUNG_US = 1_000_000

export class SockDiagSource implements SocketSource {
  readonly method = 'sock_diag'
  readonly tellsChanges = true
  readonly degraded: string[] = []
  readonly netns: string
  private readonly ownNetns: number
  private readonly diag = new SockDiag()
  private readonly links = new LinkNames()
  private readonly own: NamespaceSockets
  private readonly others: OtherNamespaces | undefined
  private readonly holders = new SocketHolders({
    changed: inode => this.changedInodes.add(inode),
    bornAfterUs: inode => this.byInode.get(inode)?.bornAfterUs ?? -Infinity,
  })
  private readonly byInode = new Map<number, DiagEntry>()
  private readonly changedInodes = new Set<number>()
  /** Have an inode, and no holder that is known. */
  private readonly ownerless = new Set<DiagEntry>()
  private young: DiagEntry[] = []
  private sink: SocketSink = { socket: () => {} }
  private nowUs = 0
  /** The last look but the present one. */
  private lookedUs = -Infinity
  private isFirst = true
  private readonly watch = new ConnectionWatch(tuple => this.sight(tuple))
  private syns: SynWatch | undefined
  private readonly closes: PortCloses | undefined
  /** What was found out between two calls, for the next one. */
  private readonly queue: SocketRecord[] = []

  /** @throws SystemError where there is no sock_diag */
  constructor(options: SockDiagOptions) {
    this.degraded.push(...(options.degraded ?? []))
    this.ownNetns = ownNetworkNamespace()
    this.netns = String(this.ownNetns)
    this.own = new NamespaceSockets(this.ownNetns, this.host, index => this.links.nameOf(index))
    if (process.geteuid?.() !== 0) {
      this.degraded.push("sockets of other users' processes cannot be named: run with sudo")
    }
    this.holders.processes.refresh()
    this.others =
      options.netns === 'all'
        ? new OtherNamespaces(this.ownNetns, this.holders.processes, this.host, reason =>
            this.degrade(reason),
          )
        : undefined
    this.closes = options.watch === false ? undefined : this.portCloses()
    if (options.watch !== false) this.watchConnections()
  }

  closedUs({ local_port: port, cookie }: SocketRecord): number {
    // Where nobody tells of those that closed, one may have at any time.
    return this.closes?.lastUs(port, Number(cookie)) ?? Infinity
  }

  mayHandOn({ pid, start_time }: SocketRecord): boolean {
    const { processes } = this.holders
    const process = pid === null ? undefined : processes.get(pid)
    if (process === undefined || processes.identify(process).start_time !== start_time) return true
    return processes.mayFork(process)
  }

  interfaces(): NonNullable<HelloRecord['interfaces']> {
    const route = new RouteSocket()
    try {
      const addresses = route.addresses()
      return route.links().map(({ name, index, mtu }) => ({
        name: printable(name, 256),
        index,
        mtu,
        addresses: addresses.filter(of => of.index === index).map(({ words }) => formatAddress(...words)),
      }))
    } finally {
      route.close()
    }
  }

  scan(sink: SocketSink, nowUs: number): void {
    // The look takes some milliseconds, as a connection may do.
    this.syns?.catchUp()
    this.begin(sink, nowUs)
    this.poll(sink)
    this.own.read(this.diag)
    for (const protocol of this.own.withoutDiag) {
      const name = protocol === IPPROTO_RAW ? 'raw' : protocolName(protocol)
      this.degrade(
        `${name} sockets are read from /proc/net: this kernel has no ${name}_diag (modprobe ${name}_diag)`,
      )
    }
    this.others?.read(nowUs)
    this.young = this.young.filter(entry => !entry.isGone && nowUs - entry.metUs < YOUNG_US)
    this.holders.recheck(
      this.doubtful(),
      this.young.map(({ inode }) => inode),
    )
    this.findHolders(true)
    this.tell()
    this.isFirst = false
    this.lookedUs = nowUs
  }

  poll(sink: SocketSink): void {
    for (const record of this.queue.splice(0)) sink.socket(record)
  }

  find(tuple: LocalTuple, sink: SocketSink, nowUs: number): SocketRecord | undefined {
    const found = this.foundNow(tuple)
    if (found === undefined) return undefined
    this.begin(sink, nowUs)
    this.poll(sink)
    const entry = this.own.meet(found)
    if (entry.inode !== 0 && this.holders.of(entry.inode).length === 0) this.findHolders(true)
    this.tell()
    return entry.record
  }

  isBelow(seen: string, bound: string): boolean {
    return this.links.isBelow(seen, bound)
  }

  close(): void {
    this.watch.close()
    this.syns?.close()
    this.closes?.close()
    this.diag.close()
  }

  private portCloses(): PortCloses | undefined {
    try {
      return new PortCloses()
    } catch (error) {
      if (!(error instanceof SystemError) || isOutOfDescriptors(error)) throw error
      this.degrade(`UDP sockets are named only from when they are first seen on: ${error.message}`)
      return undefined
    }
  }

  private watchConnections(): void {
    try {
      this.syns = new SynWatch(syn => this.watch.begun(syn))
    } catch (error) {
      if (!hasCode(error, 'EPERM', 'EACCES')) throw error
      this.degrade('processes of connections of some milliseconds may not be named: needs CAP_NET_RAW')
    }
  }

  private foundNow(tuple: LocalTuple): DiagSocket | undefined {
    const { protocol, isV6, local, localPort, remote, remotePort, iface } = tuple
    const ifindex = iface === undefined ? 0 : this.links.indexOf(iface)
    return this.diag.find(protocol, isV6, local, localPort, remote, remotePort, ifindex)
  }

  /** A connection as it is at this moment. */
  private sight(tuple: LocalTuple): Sighting {
    const found = this.foundNow(tuple)
    if (found === undefined) return absent
    if (found.state === TCP_LISTEN) return listening
    this.begin(this.queueSink, Date.now() * 1000)
    const entry = this.own.meet(found)
    if (entry.inode === 0) return orphaned
    // Whoever has it may have left it to a child.
    this.holders.reread(entry.inode)
    if (this.holders.of(entry.inode).length === 0) this.findHolders(false)
    this.tell()
    const held = this.holders.of(entry.inode)
    return held.length === 0 ? open : { state: 'held', holders: held.map(({ pid }) => pid).join(' ') }
  }

  private readonly queueSink: SocketSink = {
    socket: record => {
      this.queue.push(record)
    },
  }

  private begin(sink: SocketSink, nowUs: number): void {
    this.sink = sink
    this.nowUs = nowUs
  }

  /** Told by NamespaceSockets of what it met. */
  private readonly host: SocketChanges = {
    nowUs: () => this.nowUs,
    met: (entry: DiagEntry): void => {
      entry.metUs = this.nowUs
      entry.isFirstLook = this.isFirst
      entry.bornAfterUs = this.lookedUs
      if (!this.isFirst) this.young.push(entry)
      this.adopt(entry)
    },
    changedInode: (entry: DiagEntry, before: number): void => {
      if (before !== 0) this.drop(entry, before)
      this.adopt(entry)
    },
    updated: (entry: DiagEntry): void => {
      entry.tellUpdate(this.sink, this.nowUs)
    },
    gone: (entry: DiagEntry): void => {
      entry.isGone = true
      this.drop(entry, entry.inode)
      entry.tellClose(this.sink, this.nowUs)
    },
  }

  /** The socket is to be told of, with its holders. */
  private adopt(entry: DiagEntry): void {
    if (entry.inode === 0) {
      entry.tellHolders(nobody, undefined, this.holders.processes, this.sink, this.nowUs)
      return
    }
    this.byInode.set(entry.inode, entry)
    this.changedInodes.add(entry.inode)
    if (this.holders.of(entry.inode).length === 0) this.ownerless.add(entry)
  }

  private drop(entry: DiagEntry, inode: number): void {
    this.ownerless.delete(entry)
    if (this.byInode.get(inode) === entry) this.byInode.delete(inode)
    this.holders.forget(inode)
  }

  /** Sockets whose holders are several. */
  private *doubtful(): Iterable<number> {
    for (const entry of this.byInode.values()) {
      if (entry.isConnected && this.holders.of(entry.inode).length > 1) yield entry.inode
    }
  }

  private findHolders(everywhere: boolean): void {
    if (this.ownerless.size === 0) return
    this.holders.search(
      Array.from(this.ownerless, ({ inode }) => inode),
      this.likely(),
      this.nowUs,
      everywhere,
    )
  }

  /** Whoever listens at the port of a new connection will have accepted it. */
  private *likely(): Iterable<LinuxProcess> {
    for (const entry of this.ownerless) {
      for (const listener of this.own.listenersAt(entry)) yield* this.holders.of(listener.inode)
    }
  }

  private tell(): void {
    for (const inode of this.changedInodes) {
      const entry = this.byInode.get(inode)
      if (entry === undefined) continue
      const held = this.holders.of(inode)
      if (held.length === 0) this.ownerless.add(entry)
      else this.ownerless.delete(entry)
      const reason = held.length === 0 && this.holders.isHidden(inode) ? 'permission' : undefined
      entry.tellHolders(held, reason, this.holders.processes, this.sink, this.nowUs)
    }
    this.changedInodes.clear()
  }

  private degrade(reason: string): void {
    if (!this.degraded.includes(reason)) this.degraded.push(reason)
  }
}

const absent: Sighting = { state: 'absent', holders: '' }
const listening: Sighting = { state: 'listening', holders: '' }
const orphaned: Sighting = { state: 'orphaned', holders: '' }
const open: Sighting = { state: 'open', holders: '' }
const nobody: readonly LinuxProcess[] = []

/** @throws NetoprocError */
export function openSockDiag(options: SockDiagOptions): SocketSource {
  if (!existsSync('/proc/thread-self/ns/net'))
    throw new NetoprocError(
      'fatal',
      'processes are read from /proc, which is not mounted here: mount -t proc proc /proc',
    )
  try {
    return new SockDiagSource(options)
  } catch (error) {
    if (isOutOfDescriptors(error)) throw outOfDescriptors(error)
    if (!(error instanceof SystemError)) throw error
    throw new NetoprocError('fatal', `sockets cannot be listed: ${error.message}`, { cause: error })
  }
}
