// Puts counters and owners together: whose bytes are these, and since when. Conservation is its law: what the kernel has
// counted is handed out once, to the owner of that time, to nobody with a reason, or waits; nothing is dropped.

import type { SocketRecord } from '../../record/generated/types.ts'
import type { RecordBatch } from '../../record/record-batch.ts'
import { Counters } from '../counters.ts'
import type { SocketSink } from '../port.ts'
import type { OwnerEvent } from './ebpf-event.ts'
import { type Flow, FlowReader } from './ebpf-flow.ts'
import { FoldedReader } from './ebpf-folded.ts'
import type { EbpfKernel } from './ebpf-kernel.ts'
import { MAX_FLOWS, PACKETS_FORWARDED, PACKETS_OF_SOCKET } from './ebpf-layout.ts'
import type { ListedSockets } from './ebpf-listed.ts'
import { type RecordMaker, counterFields } from './ebpf-record.ts'
import type { KernelSocket, KernelSockets } from './ebpf-socket.ts'

/** For so long bytes without an owner wait for one, and a handshake for its accepted socket. */
const HOLD_US = 1_500_000
/** A closed socket's entry is freed when it has rested for so long; who had it is remembered for late packets. */
const REST_US = 2_000_000
/** From the first packet of a handshake until its connection is used, mostly. */
const HANDSHAKE_US = 1_000_000
const REMEMBER_US = 60_000_000
const MAX_REMEMBERED = 65_536
/** An accepted connection that no event has named by then is looked up. */
const YOUNG_US = 500_000
/** Reads of the whole table because sockets with many remotes changed hands: at most so many between two collections. */
const MAX_ROUGH_READS = 32
const MAX_QUEUED = 4096
/** From this share of the table on, the flows that have rested for longest are freed. */
const FULL = 0.75
/** Scans of sock_diag and /proc for sockets without an owner: at most one in this time. */
const SCAN_EVERY_US = 250_000

export class EbpfAccounts {
  private readonly sockets: KernelSockets
  private readonly records: RecordMaker
  private readonly listed: ListedSockets
  private readonly reader: FlowReader
  private readonly folded: FoldedReader
  private readonly maxFlows: number
  private readonly ownOnly: boolean
  /** New flows since the last poll. */
  private news: Flow[] = []
  /** Closed sockets that somebody was told of, and is not told yet that they are closed. */
  private closed: KernelSocket[] = []
  /** Flows whose owner a poll has told, by cookie, until their socket is closed. */
  private readonly named = new Map<number, Flow[]>()
  /** Closed sockets, with the time of that. */
  private readonly released = new Map<KernelSocket, number>()
  /** Of owners that changed between two collections. */
  private queued: SocketRecord[] = []
  /** Handshakes that wait for their connection to be accepted, and young connections, by tuple. */
  private readonly handshakes = new Map<string, Flow>()
  private readonly young = new Map<string, Flow>()
  private scannedUs = -Infinity
  private hasScanned = false
  private roughReads = 0
  /** Somebody takes the counters; somebody asks for owners. */
  private isCollecting = false
  private isPolled = false
  private repairedEvents = 0
  /** There are flows that this host forwards. */
  private hasForwarded = false

  constructor(
    kernel: EbpfKernel,
    sockets: KernelSockets,
    records: RecordMaker,
    listed: ListedSockets,
    options: { readonly netns: 'own' | 'all'; readonly maxFlows?: number },
  ) {
    this.sockets = sockets
    this.records = records
    this.listed = listed
    this.reader = new FlowReader(kernel.flows, flow => this.onNewFlow(flow))
    this.folded = new FoldedReader(kernel)
    this.maxFlows = options.maxFlows ?? MAX_FLOWS
    this.ownOnly = options.netns === 'own'
  }

  get degraded(): string[] {
    const { lostEvents, hasAny } = this.folded
    const degraded = []
    if (lostEvents > 0)
      degraded.push(`${lostEvents} events of sockets found no room: their owners were looked up in /proc`)
    if (hasAny)
      degraded.push(
        `more than ${this.maxFlows} flows at a time: what found no room is counted without its remote`,
      )
    return degraded
  }

  onRelease(socket: KernelSocket, nowUs: number): void {
    if (this.released.has(socket)) return
    this.released.set(socket, nowUs)
    if (this.named.has(socket.cookie) || (this.isPolled && this.listed.has(socket.cookie)))
      this.closed.push(socket)
  }

  /** What has been counted until now belongs to the owner until now. See BeforeChange. */
  beforeChange(socket: KernelSocket, event: OwnerEvent, nowUs: number): boolean {
    const flow = this.reader.ofConnection(socket.cookie, nowUs)
    if (flow !== undefined) {
      flow.advance(event.rxBytes, event.txBytes, event.rxPackets, event.txPackets)
      this.settle(flow, socket, nowUs)
      return true
    }
    // Many remotes: all are read now. It happens SHARED_AFTER times to a socket at most; who makes it happen to many sockets
    // makes them nobody's, not us slow.
    if (++this.roughReads > MAX_ROUGH_READS) {
      socket.isShared = true
      return false
    }
    this.reader.read(nowUs)
    for (const other of this.reader.flows())
      if (other.cookie === socket.cookie) this.settle(other, socket, nowUs)
    return false
  }

  /** See SocketSource.tellClosed. */
  tellClosed(sink: SocketSink, nowUs: number): void {
    for (const socket of this.closed.splice(0)) {
      const { cookie, releasedUs } = socket
      const named = this.named.get(cookie) ?? []
      this.named.delete(cookie)
      for (const flow of named) this.tellClose(flow, socket, sink, nowUs)
      for (const record of this.listed.takeClosed(cookie))
        sink.socket({ ...record, ts: (releasedUs ?? nowUs) / 1e6, event: 'close' }, releasedUs)
    }
  }

  private tellClose(flow: Flow, socket: KernelSocket, sink: SocketSink, nowUs: number): void {
    const { releasedUs } = socket
    sink.socket(this.records.name(releasedUs ?? nowUs, flow, socket, 'close'), releasedUs)
  }

  /** See EbpfSource.poll. */
  poll(sink: SocketSink, nowUs: number): void {
    this.isPolled = true
    this.tellClosed(sink, nowUs)
    this.reader.read(nowUs)
    this.news = this.news.filter(flow => {
      const socket = this.sockets.of(flow.cookie)
      // Nobody yet: an accepted connection that has not been read, or a socket that was there before.
      if (socket.owner === undefined && nowUs - flow.seenUs < HOLD_US) return true
      if (socket.owner !== undefined && !socket.isShared && !flow.isHandshake) {
        // No event tells when the kernel made the socket of an accepted connection: shortly before it was first used.
        const isAccepted = flow.isConnected && socket.firstUs !== undefined
        const madeUs = socket.madeUs ?? (isAccepted ? (socket.firstUs as number) - HANDSHAKE_US : undefined)
        sink.socket(this.records.name(madeUs ?? nowUs, flow, socket, 'open'), madeUs)
        if (socket.isReleased) this.tellClose(flow, socket, sink, nowUs)
        else {
          const others = this.named.get(flow.cookie)
          if (others === undefined) this.named.set(flow.cookie, [flow])
          else others.push(flow)
        }
      }
      return false
    })
    this.roughReads = 0
    if (this.isCollecting) return
    // Who only asks for owners leaves the counters; what is kept of them is bounded all the same.
    if (this.queued.length > MAX_QUEUED) this.queued.length = 0
    this.free(undefined, nowUs)
  }

  /** See EbpfSource.collect. */
  collect(batch: RecordBatch, nowUs: number, isLast: boolean): void {
    this.isCollecting = true
    this.reader.read(nowUs)
    this.matchHandshakes(nowUs)
    const isRepairDue = this.folded.lostEvents > this.repairedEvents
    if (isRepairDue || this.hasNameless(nowUs, isLast)) this.lookUp(nowUs, isLast)
    for (const record of this.queued.splice(0)) batch.append(record)
    if (this.hasForwarded) this.passOverCounted()
    for (const flow of this.reader.flows()) this.tell(flow, batch, nowUs, isLast)
    this.folded.read((cookie, counters) => batch.append(this.foldedRecord(cookie, counters, nowUs)))
    this.free(batch, nowUs)
    this.keepLatestNews(nowUs)
    this.roughReads = 0
  }

  /** For who polls as well, when packets of a socket are seen; who does not must not make them pile up. */
  private keepLatestNews(nowUs: number): void {
    this.news = this.news.filter(flow => nowUs - flow.seenUs < HOLD_US)
    if (this.news.length > MAX_QUEUED) this.news.splice(0, this.news.length - MAX_QUEUED)
  }

  private onNewFlow(flow: Flow): void {
    if (flow.origin === PACKETS_FORWARDED) this.hasForwarded = true
    if (flow.origin !== PACKETS_OF_SOCKET) return
    this.news.push(flow)
    if (flow.isHandshake) this.handshakes.set(flow.tuple, flow)
    else if (flow.isConnected) this.young.set(flow.tuple, flow)
  }

  /** The listener's packets of a connection go to whoever accepts it. */
  private matchHandshakes(nowUs: number): void {
    for (const [tuple, handshake] of this.handshakes) {
      const connection = this.young.get(tuple)
      if (connection !== undefined) {
        this.reader.remove(handshake)
        connection.pending.add(handshake.pending)
        this.handshakes.delete(tuple)
      } else if (nowUs - handshake.seenUs > HOLD_US) this.handshakes.delete(tuple)
    }
    for (const [tuple, connection] of this.young)
      if (nowUs - connection.seenUs > HOLD_US) this.young.delete(tuple)
  }

  /**
   * Whether a scan may name somebody. Events name every socket that is made from now on, but for those that accept() makes:
   * where reads and writes are not told, or do not come. What the first scan has not listed is the kernel's own.
   */
  private hasNameless(nowUs: number, isLast: boolean): boolean {
    for (const flow of this.reader.flows()) {
      if (flow.origin !== PACKETS_OF_SOCKET) continue
      if (flow.pending.isZero || flow.isLookedUp || flow.isHandshake || !this.isWanted(flow)) continue
      if (this.hasScanned && !flow.isConnected) continue
      if (this.isNameless(this.sockets.of(flow.cookie)) && this.isSettled(flow, nowUs, isLast)) return true
    }
    return false
  }

  /**
   * Packets that this host forwards for a container of its own are counted there, with their process: not twice. (NAT of
   * what leaves comes behind the hook, that of what arrives before it: the addresses are the container's.)
   */
  private passOverCounted(): void {
    const counted = new Set<string>()
    const forwarded: Flow[] = []
    for (const flow of this.reader.flows()) {
      if (flow.origin === PACKETS_FORWARDED) forwarded.push(flow)
      else if (this.isWanted(flow) && !this.records.isOwn(flow)) counted.add(flow.ends)
    }
    this.hasForwarded = forwarded.length > 0
    for (const flow of forwarded)
      if (counted.has(flow.ends) || counted.has(flow.endsReversed)) flow.pending.set(zero)
  }

  private isNameless(socket: KernelSocket): boolean {
    return socket.owner === undefined && !socket.isShared
  }

  /** An accepted connection may be handed on at once, and then its first holder is not its owner. */
  private isSettled(flow: Flow, nowUs: number, isLast: boolean): boolean {
    return !flow.isConnected || isLast || nowUs - flow.seenUs >= YOUNG_US
  }

  /** Asks sock_diag and /proc about the sockets that no event has named. */
  private lookUp(nowUs: number, isLast: boolean): void {
    if (nowUs - this.scannedUs < SCAN_EVERY_US && !isLast) return
    this.scannedUs = nowUs
    this.hasScanned = true
    this.listed.scan(nowUs)
    for (const flow of this.reader.flows()) {
      const socket = this.sockets.of(flow.cookie)
      if (!this.isNameless(socket) || !this.isSettled(flow, nowUs, isLast)) continue
      flow.isLookedUp = true
      const records = this.listed.of(flow.cookie)
      if (records !== undefined) this.sockets.onListed(socket, [...records])
    }
    if (this.folded.lostEvents === this.repairedEvents) return
    // The events that were lost may have been closes.
    this.repairedEvents = this.folded.lostEvents
    for (const socket of this.sockets.values()) {
      if (this.listed.has(socket.cookie)) continue
      socket.isReleased = true
      this.onRelease(socket, nowUs)
    }
  }

  private isWanted(flow: Flow): boolean {
    return !this.ownOnly || this.records.isOwn(flow)
  }

  private tell(flow: Flow, batch: RecordBatch, nowUs: number, isLast: boolean): void {
    if (flow.pending.isZero) return
    if (!this.isWanted(flow)) {
      flow.pending.set(zero)
      return
    }
    const socket = this.sockets.of(flow.cookie)
    const isNameless = flow.origin === PACKETS_OF_SOCKET && this.isNameless(socket)
    const waits = flow.isHandshake || (isNameless && !flow.isLookedUp)
    if (waits && !isLast && nowUs - flow.seenUs <= HOLD_US) return
    batch.append(this.records.make(nowUs, flow, socket, flow.isTold ? 'update' : 'open', flow.pending))
    flow.pending.set(zero)
    flow.isTold = true
  }

  /** Puts a record with what is pending aside, under the present owner. */
  private settle(flow: Flow, socket: KernelSocket, nowUs: number): void {
    if (flow.pending.isZero || flow.isHandshake || !this.isWanted(flow)) return
    this.queued.push(this.records.make(nowUs, flow, socket, flow.isTold ? 'update' : 'open', flow.pending))
    flow.pending.set(zero)
    flow.isTold = true
  }

  private foldedRecord(cookie: number | undefined, counters: Counters, nowUs: number): SocketRecord {
    const owner =
      cookie === undefined
        ? ({ pid: null, process: 'unknown', attribution: 'none', reason: 'ambiguous' } as const)
        : { ...this.records.owner(this.sockets.of(cookie), undefined), cookie: String(cookie) }
    return {
      type: 'socket',
      ts: nowUs / 1e6,
      // Only sockets with many remotes fill the table: datagrams, mostly.
      proto: 'udp',
      local_ip: '0.0.0.0',
      local_port: 0,
      state: 'unknown',
      ...owner,
      event: 'update',
      ...counterFields(counters),
    }
  }

  /** Frees the entries of closed sockets that have come to rest, and when the map fills up, those that have rested longest. */
  private free(batch: RecordBatch | undefined, nowUs: number): void {
    const room = this.maxFlows * FULL
    const isFull = this.reader.count > room
    const resting: Flow[] = []
    for (const flow of this.reader.flows()) {
      const isOver = flow.isHandshake
        ? !this.handshakes.has(flow.tuple)
        : flow.origin !== PACKETS_OF_SOCKET || this.sockets.get(flow.cookie)?.isReleased === true
      if (isOver && nowUs - flow.changedUs > REST_US && (flow.pending.isZero || !this.isCollecting))
        this.remove(flow, batch, nowUs)
      else if (isFull) resting.push(flow)
    }
    if (isFull) {
      resting.sort((a, b) => a.changedUs - b.changedUs)
      for (const flow of resting.slice(0, Math.ceil(this.reader.count - room / 2)))
        this.remove(flow, batch, nowUs)
    }
    for (const [socket, atUs] of this.released) {
      if (nowUs - atUs < REMEMBER_US && this.released.size < MAX_REMEMBERED) break
      this.released.delete(socket)
      this.sockets.forget(socket)
    }
  }

  private remove(flow: Flow, batch: RecordBatch | undefined, nowUs: number): void {
    this.reader.remove(flow)
    if (this.handshakes.get(flow.tuple) === flow) this.handshakes.delete(flow.tuple)
    if (this.young.get(flow.tuple) === flow) this.young.delete(flow.tuple)
    const socket = this.sockets.of(flow.cookie)
    if (batch === undefined || !this.isWanted(flow) || (!flow.isTold && flow.pending.isZero)) return
    batch.append(this.records.make(nowUs, flow, socket, socket.isReleased ? 'close' : 'update', flow.pending))
  }
}

const zero: Readonly<Counters> = new Counters()
