// Socket records of flows and their owners.

import { netnsCookie, silentSocket } from '../../native/linux/bpf/socket-cookie.ts'
import { ownNetworkNamespace } from '../../native/linux/network-namespace.ts'
import { RouteChanges } from '../../native/linux/route-changes.ts'
import { RouteSocket } from '../../native/linux/rtnetlink.ts'
import { stateName } from '../../native/linux/sock-diag.ts'
import { formatAddress } from '../../record/address.ts'
import { NetoprocError } from '../../record/error.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import { printable } from '../../record/printable.ts'
import { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, protocolName } from '../../record/protocol.ts'
import { Counters } from '../counters.ts'
import type { Flow } from './ebpf-flow.ts'
import { PACKETS_FORWARDED, PACKETS_OF_KERNEL, PACKETS_OF_NOBODY } from './ebpf-layout.ts'
import type { OwnerProcess } from './ebpf-process.ts'
import type { KernelSocket } from './ebpf-socket.ts'

const SOCK_RAW = 3
const zero: Readonly<Counters> = new Counters()
const portProtocols: ReadonlySet<number> = new Set([IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE])

type OwnerFields = Partial<SocketRecord> & { pid: number | null; process: string }

export class RecordMaker {
  /** The kernel's number of our network namespace; undefined before Linux 5.14. */
  readonly ownCookie: number | undefined
  private readonly ownNetns = String(ownNetworkNamespace())
  /** Inode of a network namespace by the kernel's number of it, as far as events have told. */
  private readonly netns = new Map<number, string>()
  private readonly changes = new RouteChanges()
  private readonly routes = new RouteSocket()
  private ifaces = new Map<number, string>()
  private localAddresses = new Set<string>()

  constructor() {
    const self = silentSocket()
    try {
      this.ownCookie = netnsCookie(self)
    } finally {
      self.close()
    }
    this.read()
  }

  close(): void {
    this.changes.close()
    this.routes.close()
  }

  /** Reads interfaces and addresses again where they have changed. */
  refresh(): void {
    if (this.changes.take()) this.read()
  }

  private read(): void {
    this.ifaces = new Map(this.routes.links().map(link => [link.index, printable(link.name, 256)]))
    this.localAddresses = new Set(this.routes.addresses().map(address => formatAddress(...address.words)))
  }

  /** @throws NetoprocError device */
  ifindexes(names: readonly string[]): number[] {
    return names.map(name => {
      for (const [index, known] of this.ifaces) if (known === name) return index
      throw new NetoprocError(
        'device',
        `no interface ${name}; there are: ${[...this.ifaces.values()].join(' ')}`,
      )
    })
  }

  /** A process of network namespace `netns` has made a socket in the one with this number. */
  learn(cookie: number, netns: string): void {
    if (cookie !== 0) this.netns.set(cookie, netns)
  }

  isOwn(flow: Flow): boolean {
    return this.ownCookie === undefined || flow.netnsCookie === this.ownCookie
  }

  /** @param counters what it has moved since the last record */
  make(
    nowUs: number,
    flow: Flow,
    socket: KernelSocket,
    event: SocketRecord['event'],
    counters: Counters,
  ): SocketRecord {
    return filled({ ...this.recordOf(flow, socket) }, nowUs, flow, socket, event, counters)
  }

  /**
   * As make(), but under one owner it is the flow's one record each time, good until the next call: ten thousand busy flows
   * are ten thousand records a second, of which little is new.
   */
  refill(
    nowUs: number,
    flow: Flow,
    socket: KernelSocket,
    event: SocketRecord['event'],
    counters: Counters,
  ): SocketRecord {
    return filled(this.recordOf(flow, socket), nowUs, flow, socket, event, counters)
  }

  /** A record without counters, for who only asks whose it is. */
  name(nowUs: number, flow: Flow, socket: KernelSocket, event: SocketRecord['event']): SocketRecord {
    const record = this.make(nowUs, flow, socket, event, zero)
    for (const field of counterNames) delete record[field]
    return record
  }

  private recordOf(flow: Flow, socket: KernelSocket): SocketRecord {
    const named = naming(socket)
    if (flow.record === undefined || flow.recordOwner !== socket.owner || flow.recordNaming !== named) {
      flow.record = this.describe(flow, socket)
      flow.recordOwner = socket.owner
      flow.recordNaming = named
    }
    return flow.record
  }

  /** Of several flows that were counted together. @param socket undefined: of several sockets */
  folded(nowUs: number, socket: KernelSocket | undefined, counters: Counters): SocketRecord {
    const owner =
      socket === undefined
        ? ({ pid: null, process: 'unknown', attribution: 'none', reason: 'ambiguous' } as const)
        : { ...this.owner(socket, undefined), cookie: String(socket.cookie) }
    // Only sockets with many remotes fill the table: datagrams, mostly.
    return this.total(nowUs, ofMany('udp', owner), counters)
  }

  /** Of all flows of its owner that are alike: of what all of them have. */
  sum(flow: Flow, socket: KernelSocket): SocketRecord {
    const dir = this.dir(flow)
    return {
      ...ofMany(protocolName(flow.protocol), this.owner(socket, flow)),
      ...(dir === undefined ? {} : { dir }),
    }
  }

  total(nowUs: number, record: SocketRecord, counters: Counters): SocketRecord {
    record.ts = nowUs / 1e6
    return Object.assign(record, counterFields(counters))
  }

  /** What owner() tells, to compare: the process, or of nobody's the reason. */
  whose(flow: Flow, socket: KernelSocket): unknown {
    return ownerOf(socket, flow) ?? this.reason(socket, flow)
  }

  dir(flow: Flow): 'forward' | 'local' | undefined {
    if (flow.origin === PACKETS_FORWARDED) return 'forward'
    return flow.isLoopback || (this.isOwn(flow) && this.localAddresses.has(flow.remoteIp))
      ? 'local'
      : undefined
  }

  private describe(flow: Flow, socket: KernelSocket): SocketRecord {
    const isOwn = this.isOwn(flow)
    const netns = isOwn ? this.ownNetns : this.netns.get(flow.netnsCookie)
    const iface = isOwn ? this.ifaces.get(flow.ifindex) : undefined
    const dir = this.dir(flow)
    const hasPorts = portProtocols.has(flow.protocol)
    return {
      type: 'socket',
      ts: 0,
      proto: protocolName(flow.protocol),
      local_ip: flow.localIp,
      local_port: flow.localPort,
      remote_ip: flow.remoteIp,
      ...(hasPorts ? { remote_port: flow.remotePort } : {}),
      state: '',
      ...this.owner(socket, flow),
      ...(flow.cookie === 0 || flow.origin === PACKETS_OF_KERNEL ? {} : { cookie: String(flow.cookie) }),
      ...(netns === undefined ? {} : { netns }),
      event: 'update',
      ...(iface === undefined ? {} : { iface }),
      ...(dir === undefined ? {} : { dir }),
      ...counterFields(zero),
      ...(flow.rttUs === 0 ? {} : { rtt_us: 0, retransmits: 0 }),
    }
  }

  /** @param flow undefined: several, counted together */
  private owner(socket: KernelSocket, flow: Flow | undefined): OwnerFields {
    const owner = ownerOf(socket, flow)
    if (owner !== undefined) return { ...owner.fields, attribution: socket.attribution }
    return { pid: null, process: 'unknown', attribution: 'none', reason: this.reason(socket, flow) }
  }

  private reason(socket: KernelSocket, flow: Flow | undefined): NonNullable<SocketRecord['reason']> {
    if (flow?.origin === PACKETS_FORWARDED) return 'not_local'
    if (flow?.origin === PACKETS_OF_NOBODY) return 'no_socket'
    if (flow?.origin === PACKETS_OF_KERNEL) return 'kernel'
    if (socket.isAmbiguous) return 'ambiguous'
    // A socket of the kernel itself (the answer to a closed port, an echo reply, a tunnel): held by no process.
    if (socket.listed === 'unheld') return 'kernel'
    if (socket.listed !== undefined) return socket.listed
    if (flow?.socketType === SOCK_RAW) return 'kernel'
    if (flow !== undefined && !this.isOwn(flow)) return 'other_netns'
    return 'closed_before_scan'
  }
}

function filled(
  record: SocketRecord,
  nowUs: number,
  flow: Flow,
  socket: KernelSocket,
  event: SocketRecord['event'],
  counters: Counters,
): SocketRecord {
  record.ts = nowUs / 1e6
  record.state = stateName(flow.protocol, flow.state)
  record.event = event
  record.rx_bytes = counters.rxBytes
  record.tx_bytes = counters.txBytes
  record.rx_packets = counters.rxPackets
  record.tx_packets = counters.txPackets
  const initiated = initiatedBy(flow, socket)
  if (initiated !== undefined) record.initiated = initiated
  if (flow.rttUs !== 0) {
    record.rtt_us = flow.rttUs
    record.retransmits = flow.retransmits
  }
  return record
}

/** Who opened a connection: what a process has made by socket(2) was not accepted, so it has called connect(2). */
function initiatedBy(flow: Flow, socket: KernelSocket): SocketRecord['initiated'] {
  if (flow.protocol !== IPPROTO_TCP || !flow.isConnected) return undefined
  if (flow.isAccepted) return 'in'
  return socket.madeUs === undefined ? undefined : 'out'
}

/** @param flow undefined: several, counted together */
function ownerOf(socket: KernelSocket, flow: Flow | undefined): OwnerProcess | undefined {
  return socket.isAmbiguous || flow?.origin === PACKETS_OF_KERNEL ? undefined : socket.owner
}

/** A record that names no remote, without counters yet. */
function ofMany(proto: string, owner: OwnerFields): SocketRecord {
  return {
    type: 'socket',
    ts: 0,
    proto,
    local_ip: '0.0.0.0',
    local_port: 0,
    state: 'unknown',
    ...owner,
    event: 'update',
  }
}

const counterNames = ['layer', 'rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets'] as const

function counterFields(counters: Readonly<Counters>): Partial<SocketRecord> {
  return {
    layer: 'ip',
    rx_bytes: counters.rxBytes,
    tx_bytes: counters.txBytes,
    rx_packets: counters.rxPackets,
    tx_packets: counters.txPackets,
  }
}

/** What of a socket, beside its owner, decides how a record names it. */
function naming(socket: KernelSocket): string {
  return `${socket.attribution} ${socket.isAmbiguous} ${socket.listed}`
}
