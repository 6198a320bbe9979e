// Puts counters and owners together: whose bytes are these, and since when. Conservation is its law: what the kernel has
// counted is handed out once, to the owner of that time, to nobody with a reason, or waits; nothing is dropped.

import { CLOCK_MONOTONIC, clockUs } from '../../native/linux/clock.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import type { RecordBatch } from '../../record/record-batch.ts'
import { Counters } from '../counters.ts'
import type { SocketSink } from '../port.ts'
import type { OwnerEvent } from './ebpf-event.ts'
import type { Flow } from './ebpf-flow.ts'
import { FlowReader } from './ebpf-flow-reader.ts'
import { FoldedReader } from './ebpf-folded.ts'
import { Handshakes } from './ebpf-handshakes.ts'
import type { EbpfKernel } from './ebpf-kernel.ts'
import type { EventLosses } from './ebpf-losses.ts'
import { KernelShare, isWatched } from './ebpf-kernel-share.ts'
import {
  EVENT_EXEC,
  MAX_FLOWS,
  PACKETS_FORWARDED,
  PACKETS_OF_KERNEL,
  PACKETS_OF_SOCKET,
} from './ebpf-layout.ts'
import type { ListedSockets } from './ebpf-listed.ts'
import { OwnerLookup, isNameless } from './ebpf-lookup.ts'
import { SocketNames } from './ebpf-names.ts'
import type { RecordMaker } from './ebpf-record.ts'
import { FlowSlots } from './ebpf-slots.ts'
import type { KernelSocket, KernelSockets } from './ebpf-socket.ts'
import { OwnerSums } from './ebpf-sums.ts'

/** For so long bytes without an owner wait for one, and a handshake for its accepted socket. */
const HOLD_US = 1_500_000
/** A closed socket's entry is freed when it has rested for so long; who had it is remembered for late packets. */
const REST_US = 2_000_000
const REMEMBER_US = 60_000_000
const MAX_REMEMBERED = 65_536
/** Reads of the whole table because sockets with many remotes changed hands: at most so many between two collections. */
const MAX_ROUGH_READS = 32
const MAX_QUEUED = 4096
/**
 * Of a socket with many remotes, what came until the counters were read so soon after it changed hands is the old owner's;
 * where it took longer, what the two have moved is nobody's: on a machine that is busy it may take seconds.
 */
const PROMPT_US = 20_000
/** From this share of the table on, the flows that have rested for longest are freed. */
const FULL = 0.75
/** From this share on it may be full before long. */
const CROWDED = 0.1

export class EbpfAccounts {
  private readonly sockets: KernelSockets
  private readonly records: RecordMaker
  private readonly reader: FlowReader
  private readonly folded: FoldedReader
  private readonly losses: EventLosses
  private readonly names: SocketNames
  private readonly handshakes = new Handshakes(HOLD_US)
  private readonly lookup: OwnerLookup
  private readonly maxFlows: number
  private readonly ownOnly: boolean
  /** Where remotes are not asked for; undefined: each flow has its records. */
  private readonly sums: OwnerSums | undefined
  /** Of our own raw sockets, which stand for the kernel. */
  private readonly watched: ReadonlySet<number> | undefined
  private readonly kernelShare = new KernelShare()
  /** Closed sockets, with the time of that. */
  private readonly released = new Map<KernelSocket, number>()
  /** Of owners that changed between two collections. */
  private queued: SocketRecord[] = []
  private roughReads = 0
  /** When the counters were read, by CLOCK_MONOTONIC. */
  private readFromUs = -Infinity
  private readUntilUs = -Infinity
  /** Somebody takes the counters. */
  private isCollecting = false
  /** There are flows that this host forwards. */
  private hasForwarded = false

  constructor(
    kernel: EbpfKernel,
    sockets: KernelSockets,
    records: RecordMaker,
    listed: ListedSockets,
    losses: EventLosses,
    options: { readonly netns: 'own' | 'all'; readonly maxFlows?: number; readonly remotes?: boolean },
    watched?: ReadonlySet<number>,
  ) {
    this.sockets = sockets
    this.records = records
    this.reader = new FlowReader(kernel.flows, kernel.slots && new FlowSlots(kernel.slots), flow =>
      this.onNewFlow(flow),
    )
    this.folded = new FoldedReader(kernel)
    this.losses = losses
    this.names = new SocketNames(sockets, records, listed, HOLD_US)
    this.lookup = new OwnerLookup(sockets, listed)
    this.maxFlows = options.maxFlows ?? MAX_FLOWS
    this.ownOnly = options.netns === 'own'
    this.watched = watched
    this.sums = options.remotes === false ? new OwnerSums(records) : undefined
  }

  get degraded(): string[] {
    const { hasAny } = this.folded
    const { count: lostEvents } = this.losses
    const degraded = []
    if (lostEvents > 0)
      degraded.push(`${lostEvents} events of sockets found no room: their owners were looked up in /proc`)
    if (hasAny)
      degraded.push(
        `more than ${this.maxFlows} flows at a time: what found no room is counted without its remote`,
      )
    return degraded
  }

  /** The next collection is urgent: sockets of before have not been listed, or the kernel's table may be full before long. */
  get isUrgent(): boolean {
    return !this.lookup.hasRun || this.reader.count > this.maxFlows * CROWDED
  }

  onRelease(socket: KernelSocket, nowUs: number): void {
    if (this.released.has(socket)) return
    this.released.set(socket, nowUs)
    this.names.close(socket)
  }

  /** Events were lost, and nobody collects, which would repair it. */
  get isRepairDue(): boolean {
    return !this.isCollecting && this.lookup.isRepairDue(this.losses.count)
  }

  /** After a scan: sockets that it has not listed were closed at this time or later. */
  repair(sinceUs: number, nowUs: number): void {
    this.lookup.repair(this.losses.count, socket => {
      socket.releasedUs ??= sinceUs
      this.onRelease(socket, nowUs)
    })
  }

  /** What has been counted until now belongs to the owner until now. See BeforeChange. */
  beforeChange(socket: KernelSocket, event: OwnerEvent, nowUs: number): boolean {
    const flow = this.reader.of(event.flow, nowUs)
    if (flow !== undefined) {
      flow.advanceTo(event)
      // An exec tells no counters; of other events, the counters may have been read later than they happened.
      const later = event.kind === EVENT_EXEC ? zero : flow.takeLater(event)
      this.settle(flow, socket, nowUs)
      flow.pending.add(later)
      this.reader.moved.add(flow)
      if (flow.isConnected) return true
    }
    const eventUs = event.monotonicNs / 1000
    if (this.readFromUs < eventUs) {
      // What other remotes there may be: all are read now. It happens SHARED_AFTER times to a socket at most; who makes it happen to
      // many sockets makes them nobody's, not us slow.
      if (++this.roughReads > MAX_ROUGH_READS) {
        socket.isShared = true
        return false
      }
      this.read(nowUs)
    }
    const { isDoubtful } = socket
    // What came between the event and the reading is not the old owner's. Who execs stays the same process.
    if (event.kind !== EVENT_EXEC && this.readUntilUs - eventUs > PROMPT_US) socket.isDoubtful = true
    let isExact = flow !== undefined
    for (const other of this.reader.moved) {
      if (other.cookie !== socket.cookie || other === flow) continue
      isExact = false
      this.settle(other, socket, nowUs)
    }
    socket.isDoubtful = isDoubtful
    return isExact
  }

  private read(nowUs: number): void {
    this.readFromUs = clockUs(CLOCK_MONOTONIC)
    this.reader.read(nowUs)
    this.readUntilUs = clockUs(CLOCK_MONOTONIC)
  }

  /** See SocketSource.tellClosed. */
  tellClosed(sink: SocketSink, nowUs: number): void {
    this.names.tellClosed(sink, nowUs)
  }

  /** See EbpfSource.poll. */
  poll(sink: SocketSink, nowUs: number): void {
    this.read(nowUs)
    this.names.tell(sink, nowUs)
    this.roughReads = 0
    if (this.isCollecting) return
    // Who only asks for owners leaves the counters; what is kept of them is bounded all the same.
    if (this.queued.length > MAX_QUEUED) this.queued.length = 0
    this.free(undefined, nowUs)
  }

  /** See EbpfSource.collect. @param drain reads the events that there are */
  collect(batch: RecordBatch, nowUs: number, isLast: boolean, drain: () => void): void {
    const isFirst = !this.isCollecting
    this.isCollecting = true
    const { reader, lookup, folded, losses } = this
    this.read(nowUs)
    // Who had the sockets until then.
    drain()
    this.handshakes.match(nowUs, (handshake, connection) => {
      reader.remove(handshake, nowUs)
      connection.pending.add(handshake.pending)
      reader.moved.add(connection)
    })
    const isScanDue = !isFirst && !lookup.hasRun
    if (isScanDue || lookup.isRepairDue(losses.count) || this.hasNameless(nowUs, isLast))
      lookup.run(reader.flows(), losses.count, nowUs, isLast, socket => this.onRelease(socket, nowUs))
    for (const record of this.queued.splice(0)) batch.append(record)
    if (this.watched !== undefined)
      this.kernelShare.settle(reader.moved, flow => this.isOfOwnProcess(flow), isLast)
    if (this.hasForwarded) this.passOverCounted()
    for (const flow of reader.moved) this.tell(flow, batch, nowUs, isLast)
    folded.read((cookie, counters) => batch.append(this.foldedRecord(cookie, counters, nowUs)))
    reader.takeRest((cookie, counters) => batch.append(this.foldedRecord(cookie, counters, nowUs)))
    this.free(batch, nowUs)
    this.sums?.drain(batch, nowUs)
    this.names.keepLatest(nowUs)
    this.roughReads = 0
  }

  private onNewFlow(flow: Flow): void {
    if (this.watched?.has(flow.cookie) === true) flow.origin = PACKETS_OF_KERNEL
    if (flow.origin === PACKETS_FORWARDED) this.hasForwarded = true
    if (flow.origin !== PACKETS_OF_SOCKET) return
    this.names.add(flow)
    this.handshakes.add(flow)
  }

  private isOfOwnProcess(flow: Flow): boolean {
    return this.records.isOwn(flow) && this.sockets.get(flow.cookie)?.owner !== undefined
  }

  private hasNameless(nowUs: number, isLast: boolean): boolean {
    for (const flow of this.reader.moved)
      if (this.lookup.mayName(flow, nowUs, isLast) && this.isWanted(flow)) return true
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

  private isWanted(flow: Flow): boolean {
    return !this.ownOnly || this.records.isOwn(flow)
  }

  /** Hands out what is pending, unless it waits for its owner. */
  private tell(flow: Flow, batch: RecordBatch, nowUs: number, isLast: boolean): void {
    if (!flow.pending.isZero && this.isWanted(flow)) {
      const socket = this.sockets.of(flow.cookie)
      const waits =
        flow.isHandshake || (flow.origin === PACKETS_OF_SOCKET && isNameless(socket) && !flow.isLookedUp)
      if (waits && !isLast && nowUs - flow.seenUs <= HOLD_US) return
      if (this.sums !== undefined) this.sums.add(flow, socket)
      else
        batch.append(this.records.refill(nowUs, flow, socket, flow.isTold ? 'update' : 'open', flow.pending))
      flow.isTold = true
    }
    flow.pending.set(zero)
    this.reader.moved.delete(flow)
  }

  /** Puts a record with what is pending aside, under the present owner. */
  private settle(flow: Flow, socket: KernelSocket, nowUs: number): void {
    if (flow.pending.isZero || flow.isHandshake || !this.isWanted(flow)) return
    if (this.sums !== undefined) this.sums.add(flow, socket)
    else
      this.queued.push(this.records.make(nowUs, flow, socket, flow.isTold ? 'update' : 'open', flow.pending))
    flow.pending.set(zero)
    flow.isTold = true
  }

  private foldedRecord(cookie: number | undefined, counters: Counters, nowUs: number): SocketRecord {
    return this.records.folded(nowUs, cookie === undefined ? undefined : this.sockets.of(cookie), counters)
  }

  /** Frees the entries of closed sockets that have come to rest, and when the map fills up, those that have rested longest. */
  private free(batch: RecordBatch | undefined, nowUs: number): void {
    const room = this.maxFlows * FULL
    const isFull = this.reader.count > room
    const resting: Flow[] = []
    for (const flow of this.reader.flows()) {
      const rests = nowUs - flow.changedUs > REST_US && (flow.pending.isZero || !this.isCollecting)
      if (rests && this.isOver(flow)) this.remove(flow, batch, nowUs)
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

  /** Nothing comes of it any more. */
  private isOver(flow: Flow): boolean {
    if (flow.isHandshake) return !this.handshakes.isWaiting(flow)
    if (isWatched(flow)) return !this.kernelShare.isOwing(flow)
    return flow.origin !== PACKETS_OF_SOCKET || this.sockets.get(flow.cookie)?.isReleased === true
  }

  private remove(flow: Flow, batch: RecordBatch | undefined, nowUs: number): void {
    this.reader.remove(flow, nowUs)
    this.handshakes.forget(flow)
    this.kernelShare.forget(flow)
    const socket = this.sockets.of(flow.cookie)
    if (batch === undefined || !this.isWanted(flow) || (!flow.isTold && flow.pending.isZero)) return
    if (this.sums !== undefined) this.sums.add(flow, socket)
    else
      batch.append(
        this.records.make(nowUs, flow, socket, socket.isReleased ? 'close' : 'update', flow.pending),
      )
  }
}

const zero: Readonly<Counters> = new Counters()
