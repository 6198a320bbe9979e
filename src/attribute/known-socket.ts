// A socket as the attribute stage knows it: its tuple, who holds it, and when it was there.

import { parseAddress } from '../record/address.ts'
import type { SocketRecord } from '../record/generated/types.ts'
import { NO_OWNER, type OwnerTable } from '../record/owner-table.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_RAW, IPPROTO_TCP, protocolNumber } from '../record/protocol.ts'
import { OwnerSpans, type OwnerTurn } from './owner-turns.ts'

/** A process that has the socket open. */
interface Holder {
  owner: number
  readonly pid: number
  readonly fds: Set<number | null>
  record: SocketRecord
}

/** Raw sockets that take one protocol say so as local port; 255 takes none. */
const ANY = 0

export class KnownSocket {
  /** Index in SocketTable.stamps. */
  readonly slot: number
  /** In SocketTable. */
  identity: string
  protocol = 0
  readonly local = new Uint32Array(4)
  readonly remote = new Uint32Array(4)
  localPort = 0
  remotePort = 0
  isConnected = false
  isListening = false
  /** Not bound to an address: takes packets to any. An IPv6 one takes IPv4 as well, unless v6only. */
  isWildcard = false
  isV6 = false
  v6only = false
  /** Takes packets of this interface alone. */
  boundTo: string | undefined
  /** In another network namespace than the packets. */
  isForeign = false
  /** Latest record of it. */
  record: SocketRecord
  /** Its life, us: it was certainly there from sureFrom to sureTo, and certainly not before `from`, nor after `to`. */
  from = -Infinity
  sureFrom = Infinity
  sureTo = Infinity
  /** Another connection with the same tuple began then: what comes is not this one's any more. */
  succeededUs = Infinity
  to = Infinity
  /** The kernel said at this time that it is there, when it was asked for it, us. */
  foundUs = -Infinity
  /** Where the kernel names the owner for each remote of a datagram socket: the socket as it was first told of. */
  readonly first: KnownSocket | undefined
  /** The stage has told the stages after it of this socket. */
  isAnnounced = false
  /** Next of those whose tuples have the same hash. */
  next: KnownSocket | undefined
  private readonly holders = new Map<string, Holder>()
  /** The kernel itself named this one. */
  private kernelOwner = NO_OWNER
  /** It has had several owners, and who had it when is known; undefined for nearly all. */
  private spans: OwnerSpans | undefined
  /** Who was found to hold it, before the kernel told of turns. */
  private holderBefore: number | undefined

  constructor(slot: number, identity: string, record: SocketRecord, first?: KnownSocket) {
    this.first = first
    this.slot = slot
    this.identity = identity
    this.record = record
  }

  get isClosed(): boolean {
    return this.to !== Infinity
  }

  get isNamedByKernel(): boolean {
    return this.kernelOwner !== NO_OWNER || this.spans !== undefined
  }

  /** Owner of its traffic at this time: NO_OWNER when nobody is known, or it was changing hands then. */
  ownerAt(us: number): number {
    return this.spans === undefined ? this.owner : this.spans.ownerAt(us)
  }

  /** Where owners have taken turns. */
  get turns(): OwnerSpans | undefined {
    return this.spans
  }

  /** Latest owner of its traffic: NO_OWNER when nobody is known, or several are (isShared). */
  get owner(): number {
    if (this.kernelOwner !== NO_OWNER) return this.kernelOwner
    const holder = this.soleHolder()
    return holder === undefined ? NO_OWNER : holder.owner
  }

  /** Several processes hold it, and which of them uses it cannot be told. */
  get isShared(): boolean {
    if (this.isNamedByKernel) return false
    return this.holders.size > 1 && this.soleHolder() === undefined
  }

  /** Calls back with the numbers of all owners that it has, or had. */
  forEachOwner(visit: (owner: number) => void): void {
    visit(this.kernelOwner)
    if (this.holderBefore !== undefined) visit(this.holderBefore)
    for (const { owner } of this.holders.values()) visit(owner)
    this.spans?.forEachOwner(visit)
  }

  /** Takes what the record says of the socket itself. @returns whether its tuple is another one now */
  describe(record: SocketRecord, ownNetns: string | undefined): boolean {
    const protocol = socketProtocol(record.proto)
    const local = parseAddress(record.local_ip) ?? unspecified
    const isConnected = record.remote_ip !== undefined
    const remote = (isConnected ? parseAddress(record.remote_ip as string) : undefined) ?? unspecified
    const remotePort = record.remote_port ?? 0
    const isSame =
      this.protocol === protocol &&
      this.localPort === record.local_port &&
      this.remotePort === remotePort &&
      this.isConnected === isConnected &&
      local.every((word, i) => word === this.local[i]) &&
      remote.every((word, i) => word === this.remote[i])
    this.protocol = protocol
    this.local.set(local)
    this.remote.set(remote)
    this.localPort = record.local_port
    this.remotePort = remotePort
    this.isConnected = isConnected
    this.isListening = record.state === 'listen'
    this.isV6 = record.local_ip.includes(':')
    this.isWildcard =
      local[0] === 0 && local[1] === 0 && local[3] === 0 && local[2] === (this.isV6 ? 0 : 0xffff)
    this.v6only = record.v6only === true
    this.boundTo = record.bound_iface
    this.isForeign = ownNetns !== undefined && record.netns !== undefined && record.netns !== ownNetns
    this.record = record
    return !isSame
  }

  /** The record's process holds it. @returns whether that changes whose the socket is */
  hold(record: SocketRecord, owners: OwnerTable): boolean {
    if (record.pid === null) return false
    const before = this.owner
    const wasShared = this.isShared
    const owner = owners.intern(record.pid, record.start_time ?? null, record.process, record.user ?? null)
    if (record.attribution === 'kernel') this.kernelOwner = owner
    const key = holderKey(record)
    const holder = this.holders.get(key)
    if (holder === undefined) {
      this.holders.set(key, { owner, pid: record.pid, fds: new Set([record.fd ?? null]), record })
    } else {
      holder.owner = owner
      holder.record = record
      holder.fds.add(record.fd ?? null)
    }
    return this.owner !== before || this.isShared !== wasShared
  }

  /** Takes who had it when, all that is known of it. */
  takeTurns(turns: readonly OwnerTurn[], owners: OwnerTable): void {
    const { first = this } = this
    if (this.spans === undefined) this.holderBefore = first.heldBy()
    // Those of one socket with many remotes are alike.
    const { spans } = first
    this.spans =
      spans?.turns === turns && spans.holder === this.holderBefore
        ? spans
        : new OwnerSpans(turns, owners, this.holderBefore)
  }

  /** The kernel has named a process, and by this record it names another one. */
  isOfOther(record: SocketRecord, owners: OwnerTable): boolean {
    if (this.kernelOwner === NO_OWNER || record.attribution !== 'kernel' || record.pid === null) return false
    const { pid, startTime } = owners.get(this.kernelOwner)
    return pid !== record.pid || startTime !== (record.start_time ?? null)
  }

  /**
   * The record's process has closed it. The last one that held it stays its owner: late packets are still its.
   * @returns how many holders are left
   */
  release(record: SocketRecord): number {
    const holder = this.holders.get(holderKey(record))
    if (record.pid === null || holder === undefined) return this.holders.size
    holder.fds.delete(record.fd ?? null)
    if (holder.fds.size > 0) return this.holders.size
    if (this.holders.size === 1) return 0
    this.holders.delete(holderKey(record))
    return this.holders.size
  }

  /** What to tell later stages: the owner's record, if it has one. */
  get ownerRecord(): SocketRecord {
    return this.soleHolder()?.record ?? this.record
  }

  /** Owner that holds it; NO_OWNER: several do; undefined: none was found. */
  private heldBy(): number | undefined {
    return this.holders.size === 0 ? undefined : (this.soleHolder()?.owner ?? NO_OWNER)
  }

  private soleHolder(): Holder | undefined {
    let found: Holder | undefined
    for (const holder of this.holders.values()) {
      // systemd and launchd open sockets for services and keep a copy (systemd.socket(5)); the service is the one that talks.
      if (holder.pid === 1 && this.holders.size > 1) continue
      if (found !== undefined && found.owner !== holder.owner) return undefined
      found = holder
    }
    return found
  }
}

const unspecified = [0, 0, 0, 0] as const

function holderKey(record: SocketRecord): string {
  return `${record.pid} ${record.start_time ?? ''}`
}

/** Number of a socket's protocol: raw sockets are "raw", with the protocol they take as local port. */
export function socketProtocol(name: string): number {
  return name === 'raw' ? IPPROTO_RAW : (protocolNumber(name) ?? ANY)
}

/** What tells sockets apart: the cookie, else the inode, else all that is known of it. */
export function socketIdentity(record: SocketRecord): string {
  if (record.cookie !== undefined) return `c${record.cookie}`
  if (record.inode !== undefined) return `i${record.inode}`
  const { netns, proto, local_ip, local_port, remote_ip, remote_port } = record
  return `${netns ?? ''} ${proto} ${local_ip} ${local_port} ${remote_ip ?? ''} ${remote_port ?? ''}`
}

/** Whether packets for its port can be its, whatever their remote: it listens, or is a datagram socket without a peer. */
export function isOpenToAll(socket: KnownSocket): boolean {
  if (socket.protocol === IPPROTO_TCP) return socket.isListening
  return !socket.isConnected || isPortless(socket.protocol)
}

/** Raw and ICMP sockets have no ports: all of a protocol are looked at. */
function isPortless(protocol: number): boolean {
  return protocol === IPPROTO_RAW || protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6
}
