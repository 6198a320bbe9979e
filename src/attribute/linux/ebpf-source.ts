// Exact owners and counters from the kernel, by eBPF. Two uses: as a SocketSource it names owners for a capture
// (`poll`, `scan`); as a source of its own it hands out `socket` records with what each socket has moved (`collect`). Work is
// per socket and interval, never per packet.

import { netnsCookie, silentSocket, socketCookie } from '../../native/linux/bpf/socket-cookie.ts'
import { ownNetworkNamespace } from '../../native/linux/network-namespace.ts'
import { RouteSocket } from '../../native/linux/rtnetlink.ts'
import { stateName } from '../../native/linux/sock-diag.ts'
import { formatAddress } from '../../record/address.ts'
import { NetoprocError } from '../../record/error.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import { protocolName } from '../../record/protocol.ts'
import type { RecordBatch } from '../../record/record-batch.ts'
import type { SocketSink, SocketSource } from '../port.ts'
import { OwnerEvent, u64 } from './ebpf-event.ts'
import { Counters, type Flow, FlowReader } from './ebpf-flow.ts'
import { EbpfKernel, EbpfUnavailableError } from './ebpf-kernel.ts'
import { MAX_FLOWS, foldedValue, totalsValue } from './ebpf-layout.ts'
import type { OwnerProcess } from './ebpf-process.ts'
import { type KernelSocket, KernelSockets } from './ebpf-socket.ts'

/** For so long bytes without an owner wait for one, and a handshake for its accepted socket. */
const HOLD_US = 1_500_000
/** A closed socket's entry is freed when it has rested for so long; who had it is remembered for late packets. */
const REST_US = 2_000_000
const REMEMBER_US = 60_000_000
const MAX_REMEMBERED = 65_536
/** From this share of the map on, the entries that have rested for longest are freed. */
const FULL = 0.75
/** Scans of sock_diag and /proc: at most one in this time. */
const SCAN_EVERY_US = 250_000
const REFRESH_LINKS_US = 5_000_000

export interface EbpfOptions {
  /** By name; empty: all. */
  readonly interfaces: readonly string[]
  readonly netns: 'own' | 'all'
  /** Lists sockets that were there before, and those whose events were lost. Closed with this source. */
  readonly sockets: SocketSource
  /** See EbpfKernel. */
  readonly tracepoints?: boolean
  readonly maxFlows?: number
}

const everythingFolded = { local_ip: '0.0.0.0', local_port: 0, state: 'unknown' } as const

export class EbpfSource implements SocketSource {
  readonly method = 'ebpf'
  /** False once the programs are gone. */
  private readonly kernel: EbpfKernel
  private readonly options: EbpfOptions
  private readonly reader: FlowReader
  private readonly sockets = new KernelSockets((socket, event) => this.beforeChange(socket, event))
  private readonly event = new OwnerEvent()
  private readonly routes = new RouteSocket()
  private readonly ownNetns = String(ownNetworkNamespace())
  private readonly ownCookie: number | undefined
  /** Inode of a network namespace by the kernel's cookie of it, as far as events have told. */
  private readonly netnsByCookie = new Map<number, string>()
  private ifaces = new Map<number, string>()
  private localAddresses = new Set<string>()
  private linksReadUs = -Infinity
  private scannedUs = -Infinity
  /** New flows and closed sockets since the last poll; closed sockets with the time of that. */
  private news: Flow[] = []
  private closed: KernelSocket[] = []
  private readonly released = new Map<KernelSocket, number>()
  /** Of owners that changed between two collections. */
  private queued: SocketRecord[] = []
  /** Handshakes that wait for the connection to be accepted, by tuple; and connections that nobody here created. */
  private readonly handshakes = new Map<string, Flow>()
  private readonly accepted = new Map<string, Flow>()
  private readonly folded = new Map<number, Counters>()
  private readonly overflow = new Counters()
  private lostEvents = 0
  private isRepairDue = true
  private onEvents: (() => void) | undefined
  private nowUs = 0

  /** @throws EbpfUnavailableError */
  constructor(options: EbpfOptions) {
    this.options = options
    const self = silentSocket()
    try {
      this.ownCookie = netnsCookie(self)
    } finally {
      self.close()
    }
    this.refreshLinks(0)
    this.kernel = new EbpfKernel({
      ifindexes: this.ifindexes(),
      ...(options.tracepoints === undefined ? {} : { tracepoints: options.tracepoints }),
      ...(options.maxFlows === undefined ? {} : { maxFlows: options.maxFlows }),
    })
    this.reader = new FlowReader(this.kernel.flows, flow => this.onNewFlow(flow))
    try {
      this.checkPids()
      this.kernel.events.fd.onReadable(() => {
        this.drain()
        this.onEvents?.()
      })
    } catch (error) {
      this.close()
      throw error
    }
  }

  get degraded(): readonly string[] {
    const lost =
      this.lostEvents === 0
        ? []
        : [`${this.lostEvents} events of sockets found no room; their owners were looked up in /proc`]
    const folded =
      this.folded.size === 0 && this.overflow.isZero
        ? []
        : [
            `more than ${this.options.maxFlows ?? MAX_FLOWS} flows at a time: the rest are counted by socket only`,
          ]
    return [...this.kernel.degraded, ...this.options.sockets.degraded, ...lost, ...folded]
  }

  /** Calls back whenever events have been read: for consumers that want to follow at once. */
  follow(callback: () => void): void {
    this.onEvents = callback
  }

  scan(sink: SocketSink, nowUs: number): void {
    this.nowUs = nowUs
    this.drain()
    this.options.sockets.scan(
      {
        socket: record => {
          const socket = record.cookie === undefined ? undefined : this.sockets.get(Number(record.cookie))
          const owner = socket?.attribution === 'kernel' && !socket.isShared ? socket.owner : undefined
          sink.socket(owner === undefined ? record : { ...record, ...owner.fields, attribution: 'kernel' })
        },
      },
      nowUs,
    )
  }

  /** Sockets that have begun to talk, with the owner that the kernel names, and those that were closed. */
  poll(sink: SocketSink, nowUs: number): void {
    this.nowUs = nowUs
    this.drain()
    this.reader.read(nowUs)
    this.news = this.news.filter(flow => {
      const socket = this.sockets.of(flow.cookie)
      // Nobody yet: an accepted connection that has not been read, or one that was there before.
      if (socket.owner === undefined && nowUs - flow.seenUs < HOLD_US) return true
      if (socket.owner !== undefined && !socket.isShared && !flow.isHandshake) {
        sink.socket(this.record(flow, socket, 'open', undefined))
        flow.isTold = true
      }
      return false
    })
    for (const socket of this.closed.splice(0)) {
      const flow = this.reader.ofConnection(socket.cookie, nowUs)
      if (flow?.isTold === true) sink.socket(this.record(flow, socket, 'close', undefined))
    }
    this.free()
  }

  /**
   * Appends a `socket` record for each socket that has moved something since the last call: what, and whose it is.
   * @param isLast hand out what still waits for an owner, too
   */
  collect(batch: RecordBatch, nowUs: number, isLast = false): void {
    this.nowUs = nowUs
    if (nowUs - this.linksReadUs > REFRESH_LINKS_US) this.refreshLinks(nowUs)
    this.drain()
    this.reader.read(nowUs)
    this.matchHandshakes()
    if (this.hasNameless() || this.isRepairDue) this.lookUp(nowUs)
    for (const record of this.queued.splice(0)) batch.append(record)
    for (const flow of this.reader.flows()) this.tell(flow, batch, isLast)
    this.readFolded(batch)
    this.free(batch)
    this.closed.length = 0
    this.news.length = 0
  }

  close(): void {
    this.kernel.close()
    this.routes.close()
    this.options.sockets.close()
  }

  /** Our own socket must come with our own pid: in another pid namespace the kernel's pids are not those of /proc. */
  private checkPids(): void {
    const self = silentSocket()
    let seen: number | undefined
    try {
      const cookie = socketCookie(self)
      this.drain(() => {
        if (this.event.cookie === cookie) seen = this.event.tgid
      })
    } finally {
      self.close()
    }
    if (seen === process.pid) return
    throw new EbpfUnavailableError(
      seen === undefined
        ? 'the kernel does not run the eBPF programs for this process: its cgroup is not below the mounted cgroup2 root'
        : 'netoproc runs in a process-id namespace of its own, whose ids the kernel does not use: run it on the host (docker run --pid=host)',
      false,
    )
  }

  private drain(also?: () => void): void {
    const { event } = this
    this.kernel.events.read((view, at) => {
      event.decode(view, at)
      also?.()
      this.sockets.onEvent(event)
      const socket = this.sockets.get(event.cookie)
      const netns = socket?.owner?.fields.netns
      if (event.netnsCookie !== 0 && netns !== undefined) this.netnsByCookie.set(event.netnsCookie, netns)
      if (socket?.isReleased === true && !this.released.has(socket)) {
        this.released.set(socket, this.nowUs)
        this.closed.push(socket)
      }
    })
  }

  /** What has been counted until now belongs to the owner until now. */
  private beforeChange(socket: KernelSocket, event: OwnerEvent): boolean {
    const flow = this.reader.ofConnection(socket.cookie, this.nowUs)
    if (flow === undefined) {
      // A socket with many remotes: read them all now; it happens SHARED_AFTER times at most.
      this.reader.read(this.nowUs)
      for (const other of this.reader.flows()) if (other.cookie === socket.cookie) this.settle(other, socket)
      return false
    }
    flow.advance(event.rxBytes, event.txBytes, event.rxPackets, event.txPackets)
    this.settle(flow, socket)
    return true
  }

  /** Puts a record with what is pending aside, under the present owner. */
  private settle(flow: Flow, socket: KernelSocket): void {
    if (flow.pending.isZero || flow.isHandshake || !this.isWanted(flow)) return
    this.queued.push(this.record(flow, socket, flow.isTold ? 'update' : 'open', flow.pending))
    flow.pending.set(new Counters())
    flow.isTold = true
  }

  private onNewFlow(flow: Flow): void {
    this.news.push(flow)
    if (flow.isHandshake) this.handshakes.set(flow.tuple, flow)
    else if (flow.isConnected) this.accepted.set(flow.tuple, flow)
  }

  /** The listener's packets of a connection go to whoever accepted it. */
  private matchHandshakes(): void {
    for (const [tuple, handshake] of this.handshakes) {
      const connection = this.accepted.get(tuple)
      if (connection !== undefined) {
        this.reader.remove(handshake)
        connection.pending.add(handshake.pending)
        this.handshakes.delete(tuple)
      } else if (this.nowUs - handshake.seenUs > HOLD_US) this.handshakes.delete(tuple)
    }
    for (const [tuple, connection] of this.accepted) {
      if (this.nowUs - connection.seenUs > HOLD_US) this.accepted.delete(tuple)
    }
  }

  private hasNameless(): boolean {
    for (const flow of this.reader.flows()) {
      if (flow.pending.isZero || !this.isWanted(flow)) continue
      const socket = this.sockets.of(flow.cookie)
      if (socket.owner === undefined && !socket.isShared && this.nowUs - flow.seenUs <= HOLD_US) return true
    }
    return false
  }

  /** Asks sock_diag and /proc about the sockets that no event has named. */
  private lookUp(nowUs: number): void {
    if (nowUs - this.scannedUs < SCAN_EVERY_US) return
    this.scannedUs = nowUs
    const found = new Map<number, SocketRecord[]>()
    const listed = this.isRepairDue ? new Set<number>() : undefined
    this.options.sockets.scan(
      {
        socket: record => {
          if (record.cookie === undefined) return
          const cookie = Number(record.cookie)
          listed?.add(cookie)
          const socket = this.sockets.get(cookie)
          if (socket === undefined || socket.owner !== undefined) return
          const records = found.get(cookie)
          if (records === undefined) found.set(cookie, [record])
          else records.push(record)
        },
      },
      nowUs,
    )
    for (const [cookie, records] of found) this.sockets.onListed(this.sockets.of(cookie), records)
    // Events that were lost may have been closes.
    if (listed !== undefined && this.lostEvents > 0) {
      for (const socket of this.sockets.values()) if (!listed.has(socket.cookie)) socket.isReleased = true
    }
    this.isRepairDue = false
  }

  private isWanted(flow: Flow): boolean {
    return this.options.netns === 'all' || this.ownCookie === undefined || flow.netnsCookie === this.ownCookie
  }

  private tell(flow: Flow, batch: RecordBatch, isLast: boolean): void {
    if (flow.pending.isZero) return
    if (!this.isWanted(flow)) {
      flow.pending.set(new Counters())
      return
    }
    const socket = this.sockets.of(flow.cookie)
    // For its owner, or for the connection that it begins.
    const waits =
      flow.isHandshake || (socket.owner === undefined && !socket.isShared && socket.listed === undefined)
    if (waits && !isLast && this.nowUs - flow.seenUs <= HOLD_US) return
    batch.append(this.record(flow, socket, flow.isTold ? 'update' : 'open', flow.pending))
    flow.pending.set(new Counters())
    flow.isTold = true
  }

  /** Sockets whose flows found no room, and what found no room at all. */
  private readFolded(batch: RecordBatch): void {
    const now = new Counters()
    this.kernel.folded.forEach((keys, key, values, value) => {
      const cookie = u64(keys, key)
      let before = this.folded.get(cookie)
      if (before === undefined) this.folded.set(cookie, (before = new Counters()))
      const delta = difference(values, value, now, before)
      if (delta.isZero) return
      const socket = this.sockets.of(cookie)
      batch.append({
        ...this.ownerOf(socket, undefined),
        ...everythingFolded,
        type: 'socket',
        ts: this.nowUs / 1e6,
        proto: 'udp',
        cookie: String(cookie),
        event: 'update',
        ...countersOf(delta),
      })
    })
    const value = this.kernel.totals.lookup(new Uint8Array(4))
    if (value === undefined) return
    const lost = u64(value, totalsValue.lostEvents)
    if (lost > this.lostEvents) this.isRepairDue = true
    this.lostEvents = lost
    const delta = difference(value, 0, now, this.overflow)
    if (delta.isZero) return
    batch.append({
      ...everythingFolded,
      type: 'socket',
      ts: this.nowUs / 1e6,
      proto: 'udp',
      pid: null,
      process: 'unknown',
      attribution: 'none',
      reason: 'ambiguous',
      event: 'update',
      ...countersOf(delta),
    })
  }

  /** Frees the entries of closed sockets that have come to rest, and when the map fills up, those that have rested longest. */
  private free(batch?: RecordBatch): void {
    const { nowUs } = this
    const resting: Flow[] = []
    for (const flow of this.reader.flows()) {
      const isOver =
        this.sockets.get(flow.cookie)?.isReleased === true ||
        (flow.isHandshake && !this.handshakes.has(flow.tuple))
      if (isOver && nowUs - flow.changedUs > REST_US && flow.pending.isZero) this.remove(flow, batch)
      else resting.push(flow)
    }
    const room = (this.options.maxFlows ?? MAX_FLOWS) * FULL
    if (this.reader.count > room) {
      resting.sort((a, b) => a.changedUs - b.changedUs)
      for (const flow of resting.slice(0, Math.ceil(this.reader.count - room / 2))) this.remove(flow, batch)
    }
    for (const [socket, atUs] of this.released) {
      if (nowUs - atUs < REMEMBER_US && this.released.size < MAX_REMEMBERED) break
      this.released.delete(socket)
      this.sockets.forget(socket)
    }
  }

  private remove(flow: Flow, batch: RecordBatch | undefined): void {
    this.reader.remove(flow)
    const socket = this.sockets.of(flow.cookie)
    if (batch !== undefined && (flow.isTold || !flow.pending.isZero) && this.isWanted(flow)) {
      batch.append(this.record(flow, socket, socket.isReleased ? 'close' : 'update', flow.pending))
    }
  }

  private record(
    flow: Flow,
    socket: KernelSocket,
    event: SocketRecord['event'],
    counters: Counters | undefined,
  ): SocketRecord {
    const hasRemote = !flow.isHandshake || flow.remotePort !== 0
    const isOwn = flow.netnsCookie === this.ownCookie
    const netns = isOwn ? this.ownNetns : this.netnsByCookie.get(flow.netnsCookie)
    const iface = isOwn ? this.ifaces.get(flow.ifindex) : undefined
    return {
      type: 'socket',
      ts: this.nowUs / 1e6,
      proto: protocolName(flow.protocol),
      local_ip: flow.localIp,
      local_port: flow.localPort,
      ...(hasRemote ? { remote_ip: flow.remoteIp, remote_port: flow.remotePort } : {}),
      state: stateName(flow.protocol, flow.state),
      ...this.ownerOf(socket, flow),
      cookie: String(flow.cookie),
      ...(netns === undefined ? {} : { netns }),
      event,
      ...(iface === undefined ? {} : { iface }),
      ...(flow.isLoopback || (isOwn && this.localAddresses.has(flow.remoteIp))
        ? { dir: 'local' as const }
        : {}),
      ...(flow.rttUs === 0 ? {} : { rtt_us: flow.rttUs, retransmits: flow.retransmits }),
      ...(counters === undefined ? {} : countersOf(counters)),
    }
  }

  private ownerOf(socket: KernelSocket, flow: Flow | undefined): OwnerFields {
    const owner: OwnerProcess | undefined = socket.isShared ? undefined : socket.owner
    if (owner !== undefined) return { ...owner.fields, attribution: socket.attribution }
    return { pid: null, process: 'unknown', attribution: 'none', reason: this.reasonOf(socket, flow) }
  }

  private reasonOf(socket: KernelSocket, flow: Flow | undefined): NonNullable<SocketRecord['reason']> {
    if (socket.isShared) return 'ambiguous'
    // A socket of the kernel itself (an answer to a closed port, an echo reply; a tunnel) is created by nobody, held by nobody.
    if (socket.listed === 'listed') return 'kernel'
    if (socket.listed !== undefined) return socket.listed
    if (flow !== undefined && flow.socketType === SOCK_RAW) return 'kernel'
    if (flow !== undefined && this.ownCookie !== undefined && flow.netnsCookie !== this.ownCookie)
      return 'other_netns'
    return 'closed_before_scan'
  }

  private refreshLinks(nowUs: number): void {
    this.linksReadUs = nowUs
    this.ifaces = new Map(this.routes.links().map(link => [link.index, link.name]))
    this.localAddresses = new Set(this.routes.addresses().map(address => formatAddress(...address.words)))
  }

  private ifindexes(): number[] {
    return this.options.interfaces.map(name => {
      for (const [index, known] of this.ifaces) if (known === name) return index
      throw new NetoprocError(
        'device',
        `no interface ${name}; there are: ${[...this.ifaces.values()].join(' ')}`,
      )
    })
  }
}

type OwnerFields = Partial<SocketRecord> & { pid: number | null; process: string }

const SOCK_RAW = 3

function countersOf(counters: Counters): Partial<SocketRecord> {
  return {
    layer: 'ip',
    rx_bytes: counters.rxBytes,
    tx_bytes: counters.txBytes,
    rx_packets: counters.rxPackets,
    tx_packets: counters.txPackets,
  }
}

/** What a folded value has more than `before`, which becomes it. */
function difference(values: DataView, value: number, into: Counters, before: Counters): Counters {
  const rxBytes = u64(values, value + foldedValue.rxBytes)
  const txBytes = u64(values, value + foldedValue.txBytes)
  const rxPackets = u64(values, value + foldedValue.rxPackets)
  const txPackets = u64(values, value + foldedValue.txPackets)
  into.rxBytes = rxBytes - before.rxBytes
  into.txBytes = txBytes - before.txBytes
  into.rxPackets = rxPackets - before.rxPackets
  into.txPackets = txPackets - before.txPackets
  before.rxBytes = rxBytes
  before.txBytes = txBytes
  before.rxPackets = rxPackets
  before.txPackets = txPackets
  return into
}
