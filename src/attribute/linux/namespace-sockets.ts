// The sockets of one network namespace: reads them, and finds those that are new, gone, or changed.

import {
  ALL_BUT_TIME_WAIT,
  IPPROTO_RAW,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  DiagSocket,
  TCP_LISTEN,
  type SockDiag,
} from '../../native/linux/sock-diag.ts'
import { readProcNet } from '../../native/linux/proc-net.ts'
import { DiagEntry } from './diag-entry.ts'

const dumped = [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_RAW] as const
/** ICMP datagram sockets: /proc/net lists them, sock_diag does not. */
const listed = [1, 58] as const

export interface SocketChanges {
  met(entry: DiagEntry): void
  changedInode(entry: DiagEntry, before: number): void
  updated(entry: DiagEntry): void
  gone(entry: DiagEntry): void
  nowUs(): number
}

export class NamespaceSockets {
  private readonly netns: number
  private readonly changes: SocketChanges
  private readonly ifaceOf: ((index: number) => string) | undefined
  /** By cookie; by -inode those that /proc/net lists without one. */
  private readonly entries = new Map<number, DiagEntry>()
  private readonly listeners = new Map<number, Set<DiagEntry>>()
  /** Protocols that this kernel's sock_diag does not list. */
  private readonly undumped = new Set<number>()
  private readonly listedSocket = new DiagSocket()
  private look = 0

  /** @param ifaceOf names interfaces of the namespace; absent: what sockets are bound to is not told */
  constructor(netns: number, changes: SocketChanges, ifaceOf?: (index: number) => string) {
    this.netns = netns
    this.changes = changes
    this.ifaceOf = ifaceOf
  }

  /** Protocols that had to be read from /proc/net. */
  get withoutDiag(): ReadonlySet<number> {
    return this.undumped
  }

  /** Reads all sockets. Call it in the namespace, with a SockDiag that was made there. */
  read(diag: SockDiag): void {
    this.look++
    for (const protocol of dumped) {
      if (!this.undumped.has(protocol) && !diag.dump(protocol, ALL_BUT_TIME_WAIT, this.visit)) {
        if (protocol !== IPPROTO_TCP) this.undumped.add(protocol)
      }
      if (this.undumped.has(protocol)) readProcNet(protocol, this.listedSocket, this.visit)
    }
    for (const protocol of listed) readProcNet(protocol, this.listedSocket, this.visit)
    for (const [key, entry] of this.entries) {
      if (entry.seenIn === this.look) continue
      this.entries.delete(key)
      this.remove(entry)
    }
  }

  /** Takes one socket, new or known. */
  meet(socket: DiagSocket): DiagEntry {
    const key = socket.cookie > 0 ? socket.cookie : -socket.inode
    const known = this.entries.get(key)
    const boundIface = socket.ifindex === 0 ? undefined : this.ifaceOf?.(socket.ifindex)
    if (known === undefined) {
      const entry = new DiagEntry(socket, this.netns, boundIface)
      entry.seenIn = this.look
      this.entries.set(key, entry)
      if (socket.state === TCP_LISTEN) this.addListener(entry)
      this.changes.met(entry)
      return entry
    }
    known.seenIn = this.look
    const before = known.inode
    const wasListening = known.state === TCP_LISTEN
    if (known.update(socket, boundIface, this.changes.nowUs())) {
      if (wasListening !== (known.state === TCP_LISTEN)) {
        if (wasListening) this.removeListener(known)
        else this.addListener(known)
      }
      this.changes.updated(known)
    }
    if (socket.inode !== before) {
      known.inode = socket.inode
      this.changes.changedInode(known, before)
    }
    return known
  }

  /** TCP sockets that listen at the entry's port. */
  listenersAt(entry: DiagEntry): ReadonlySet<DiagEntry> {
    return (entry.protocol === IPPROTO_TCP ? this.listeners.get(entry.localPort) : undefined) ?? none
  }

  /** The namespace is gone, and all that was in it. */
  clear(): void {
    for (const entry of this.entries.values()) this.remove(entry)
    this.entries.clear()
  }

  private readonly visit = (socket: DiagSocket): void => {
    // A raw socket that is shut down only watches (icmp-watch.ts): it neither sends, nor is what it is given its own.
    if (socket.protocol !== IPPROTO_RAW || !socket.isShutDown) this.meet(socket)
  }

  private remove(entry: DiagEntry): void {
    this.removeListener(entry)
    this.changes.gone(entry)
  }

  private addListener(entry: DiagEntry): void {
    const there = this.listeners.get(entry.localPort)
    if (there === undefined) this.listeners.set(entry.localPort, new Set([entry]))
    else there.add(entry)
  }

  private removeListener(entry: DiagEntry): void {
    const there = this.listeners.get(entry.localPort)
    there?.delete(entry)
    if (there?.size === 0) this.listeners.delete(entry.localPort)
  }
}

const none: ReadonlySet<DiagEntry> = new Set()
