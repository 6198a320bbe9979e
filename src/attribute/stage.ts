// The attribute stage: fills the owner columns of packets. A packet of a known flow costs a few array reads; one whose owner
// is not known yet waits for it, and what is behind it waits too, so that order is kept. It puts a `socket` record of each
// socket that gave a flow its owner into the stream, before its packets: command line, state, round-trip time.
//
// Live, sockets are looked at when a packet asks for it, and twice a second while there are packets; never when idle.
// A recording (hello.method "file", or all of another time) is matched in its own time, from a recorded dump alone: the sockets
// of now, on this host, say nothing of it.

import { NO_FLOW } from '../record/flow-table.ts'
import type { DnsRecord, SocketRecord } from '../record/generated/types.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import {
  ATTRIBUTION_KERNEL,
  ATTRIBUTION_NONE,
  DIR_LOCAL,
  DIR_NONE,
  REASON_CLOSED_BEFORE_SCAN,
  REASON_KERNEL,
  RecordBatch,
  type SideRecord,
  type Tables,
} from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { FlowOwners } from './flow-owners.ts'
import { FlowResolver } from './flow-resolver.ts'
import { HeldRows } from './held-rows.ts'
import type { KnownSocket } from './known-socket.ts'
import type { SocketSource } from './port.ts'
import {
  asksForOwner,
  copyRowOwner,
  flowOf,
  isOfFlow,
  ownedDns,
  passedHello,
  type RowOwner,
} from './record-owners.ts'
import { ScanDiff } from './scan-diff.ts'
import { SocketLooks } from './socket-looks.ts'
import { withoutNumbers } from './sockets-stage.ts'
import { SocketTable } from './socket-table.ts'
import { StreamOrigin } from './stream-origin.ts'

export interface AttributeOptions {
  /** How long a packet may wait for its owner, us. */
  readonly holdUs?: number
  /** The kernel counts, packets are here for what they tell: of one whose owner it has named nothing more is asked. */
  readonly onlyNames?: boolean
  /** Of netoproc, for hello.stages. */
  readonly version: string
  /** This host's, to tell whether the stream is of another host (hello.boot_id). */
  readonly bootId?: string | undefined
  /** Told what the user should know, once each. */
  readonly warn?: (message: string) => void
  /** The wall clock, us since the epoch. */
  readonly now?: () => number
  /** When this program was started, by that clock; absent: now. */
  readonly startedUs?: number
}

const HOLD_US = 250_000
/** Packets that wait at most; more are passed on before their time. Some 60 bytes each. */
const MAX_HELD = 1 << 17

/** No row: behind the hello, or first. */
const BEFORE_ALL = -1

export class AttributeStage implements Stage {
  private readonly next: Stage
  private readonly tables: Tables
  private readonly source: SocketSource
  private readonly holdUs: number
  private readonly onlyNames: boolean
  private readonly version: string
  private readonly warn: (message: string) => void
  private readonly now: () => number
  private readonly sockets: SocketTable
  private readonly flowOwners: FlowOwners
  private readonly looks: SocketLooks
  private readonly resolver: FlowResolver
  private readonly held: HeldRows
  /** Rows and records on their way out, where the caller's batch cannot be passed on as it is. */
  private out: RecordBatch
  private readonly pending: RecordBatch
  private readonly announced: SocketRecord[] = []
  /** The row that each of them stands before; BEFORE_ALL where sockets are looked at. */
  private readonly announcedAt: number[] = []
  private row = BEFORE_ALL
  private readonly lastRow: RowOwner = { flow: NO_FLOW, dir: 0, owner: 0, attribution: 0, reason: 0, peer: 0 }
  private readonly origin: StreamOrigin
  private hasWarned = false
  private hasToldDirection = false
  private readonly toldDegraded = new Set<string>()
  private hadPackets = false
  /** The sockets could not be looked at: what is still to be passed on names nobody by half a look. */
  private isBlind = false

  constructor(next: Stage, tables: Tables, source: SocketSource, options: AttributeOptions) {
    this.next = next
    this.tables = tables
    this.source = source.tellsChanges === true || source.isRecorded === true ? source : new ScanDiff(source)
    this.holdUs = options.holdUs ?? HOLD_US
    this.onlyNames = options.onlyNames === true
    this.version = options.version
    this.warn = options.warn ?? (() => {})
    this.now = options.now ?? (() => Date.now() * 1000)
    this.origin = new StreamOrigin({
      isRecorded: source.isRecorded === true,
      startedUs: options.startedUs ?? this.now(),
      bootId: options.bootId,
      warn: this.warn,
    })
    const isRecorded = source.isRecorded === true
    this.sockets = new SocketTable(tables.owners, source.netns, isRecorded)
    this.sockets.onRecord((socket, record) => this.follow(socket, record))
    this.flowOwners = new FlowOwners(tables, this.sockets)
    this.looks = new SocketLooks(this.source, this.sockets, this.now)
    this.resolver = new FlowResolver(tables, this.sockets, this.flowOwners, this.source, this.looks, socket =>
      this.announce(socket),
    )
    this.held = new HeldRows(tables)
    tables.owners.onForget(keep => {
      keep(this.lastRow.owner)
      keep(this.lastRow.peer)
      this.flowOwners.keepOwners(keep)
      this.held.forEachOwner(keep)
    })
    this.out = new RecordBatch(tables)
    this.pending = new RecordBatch(tables, 0)
  }

  /** @throws what the source throws, which ends the stream: close() passes on what came before */
  push(batch: RecordBatch): void {
    this.orBlind(() => this.take(batch))
  }

  flush(nowUs: number): number {
    return this.orBlind(() => this.pass(nowUs))
  }

  close(): void {
    try {
      this.release(Infinity)
      this.emitAnnounced()
    } finally {
      this.next.close()
    }
  }

  private orBlind<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      this.isBlind = true
      throw error
    }
  }

  private take(batch: RecordBatch): void {
    const now = this.now()
    if (batch.side.length > 0) this.readSide(batch, now)
    this.origin.see(batch, now)
    if (batch.length > 0) this.looks.readUs = batch.ts[batch.length - 1] as number
    // Records that are not packets ask for no owner: an idle host costs no look at its sockets.
    const asks = this.onlyNames ? asksForOwner(batch) : batch.length > 0
    if (asks || this.looks.isFirst) this.look(now, false)
    if (asks) {
      this.hadPackets = true
      if (!this.origin.isElsewhere && !this.isBlind) this.looks.takeClosed(now)
    }
    let ready = this.attribute(batch, 0, now, now)
    if (ready < batch.length && this.look(now, true)) ready = this.attribute(batch, ready, now, now)
    if (this.held.isEmpty) {
      this.emit(batch, 0, ready)
      if (ready < batch.length) this.held.add(batch, ready, now)
    } else {
      this.held.add(batch, 0, now)
      this.release(now)
    }
  }

  private pass(nowUs: number): number {
    if (this.origin.isRecording) return this.next.flush(nowUs)
    if (this.hadPackets || !this.held.isEmpty) this.look(nowUs, !this.held.isEmpty)
    this.release(nowUs)
    this.emitAnnounced()
    return Math.min(this.next.flush(nowUs), this.wakeUpUs())
  }

  private wakeUpUs(): number {
    const { head } = this.held
    if (head !== undefined) return Math.min(head.arrivedUs + this.holdUs, this.looks.nextUs)
    return this.hadPackets ? this.looks.periodicUs : Infinity
  }

  /** What the stream says of itself: whether it is live, and which addresses are local. */
  private readSide(batch: RecordBatch, now: number): void {
    for (const record of batch.side) {
      if (record.type === 'interface') this.resolver.addLocalAddresses(record.addresses ?? [])
      if (record.type !== 'hello') continue
      for (const { addresses } of record.interfaces ?? []) this.resolver.addLocalAddresses(addresses)
      this.origin.greet(record, now)
    }
  }

  /** Looks at the sockets if it is time to. @returns whether it did */
  private look(now: number, wanted: boolean): boolean {
    if (this.origin.isElsewhere || this.isBlind) return false
    if (this.looks.isFirst) {
      for (const { addresses } of this.source.interfaces?.() ?? []) this.resolver.addLocalAddresses(addresses)
    }
    const { isFirst } = this.looks
    if (!this.looks.look(now, wanted)) return false
    this.tellDegraded(isFirst)
    this.hadPackets = false
    return true
  }

  /** What is missing from the beginning is in hello. */
  private tellDegraded(isFirst: boolean): void {
    for (const reason of this.source.degraded) {
      const text = withoutNumbers(reason)
      if (this.toldDegraded.has(text)) continue
      this.toldDegraded.add(text)
      // Where the kernel counts, who collects tells.
      if (!isFirst && !this.onlyNames) this.warn(reason)
    }
  }

  /**
   * Fills the owner columns of rows from `from` on. Rows behind one that must wait are looked up all the same: their
   * sockets may be gone when it is their turn.
   * @returns the first row that must wait, or batch.length
   */
  private attribute(batch: RecordBatch, from: number, arrivedUs: number, now: number): number {
    const { flowOwners, resolver } = this
    flowOwners.grow()
    const mayWait = !this.origin.isRecording && now < arrivedUs + this.holdUs
    let firstWaiting = batch.length
    for (let row = flowOwners.fill(batch, from); row < batch.length; row = flowOwners.fill(batch, row + 1)) {
      if (this.source.isRecorded === true) this.row = row
      // Of a packet whose sender the kernel named, only a peer on this host is worth waiting for.
      const isNamed = batch.attribution[row] === ATTRIBUTION_KERNEL
      const isEnough = isNamed && batch.dir[row] !== DIR_LOCAL
      const waits = mayWait && !isEnough
      if (isEnough && this.onlyNames) continue
      if (batch.flow[row] === NO_FLOW) setNone(batch, row, REASON_KERNEL)
      else if (this.origin.isElsewhere || this.isBlind) {
        if (!isNamed) setNone(batch, row, REASON_CLOSED_BEFORE_SCAN)
        if (batch.dir[row] === DIR_NONE) this.tellDirection()
      } else if (!resolver.resolve(batch, row, now, arrivedUs, waits) && row < firstWaiting)
        firstWaiting = row
    }
    if (resolver.lacksAddresses) this.tellDirection()
    return firstWaiting
  }

  /** A plain pcap file has no addresses of its host: its sums are not what they seem. */
  private tellDirection(): void {
    if (this.hasToldDirection) return
    this.hasToldDirection = true
    this.warn(
      "this recording does not tell its host's addresses: what was sent and what was received cannot be told apart, and all count as received; --local ADDRESS of netoproc and netoproc-capture tells them",
    )
  }

  /** Passes on what has waited long enough, or has its owner now. */
  private release(now: number): void {
    const { held } = this
    for (let head = held.head; head !== undefined; head = held.head) {
      const { batch, arrivedUs } = head
      const isTooMuch = held.rows > MAX_HELD
      if (isTooMuch && !this.hasWarned) {
        this.hasWarned = true
        this.warn(`more than ${MAX_HELD} packets wait for their owners: some are passed on without`)
      }
      const ready = this.attribute(batch, held.first, isTooMuch ? -Infinity : arrivedUs, now)
      this.emit(batch, held.first, ready)
      if (ready < batch.length) {
        held.advance(ready)
        return
      }
      held.shift()
    }
  }

  /** Hands rows [from, to) on, with the records among them, and behind them where `to` is the end. */
  private emit(batch: RecordBatch, from: number, to: number): void {
    if (from === to && !(to === batch.length && batch.sideAt.at(-1) === to)) return
    const isWhole = from === 0 && to === batch.length
    const isAhead = (this.announcedAt.at(-1) ?? BEFORE_ALL) === BEFORE_ALL
    if (isWhole && isAhead && !batch.side.some(needsChange)) {
      this.emitAnnounced()
      this.next.push(batch)
    } else {
      if (this.out.capacity < batch.capacity) this.out = new RecordBatch(this.tables, batch.capacity)
      const { out } = this
      out.clear()
      out.copyRows(batch, from, to)
      this.changeSide(out)
      this.next.push(out)
    }
    if (to > from) copyRowOwner(batch, to - 1, this.lastRow)
  }

  /**
   * Gives DNS messages their owners, hello its stage, and puts what was announced behind the hello, or first. Of a dump it is put
   * before the first packet that it names: then the records do not depend on where the stream is cut into batches.
   */
  private changeSide(out: RecordBatch): void {
    const records = [...out.side]
    const rows = [...out.sideAt]
    out.side.length = out.sideAt.length = 0
    const add = (record: SideRecord, row: number) => {
      out.side.push(record)
      out.sideAt.push(row)
    }
    let first = 0
    while (rows[first] === 0 && records[first]?.type === 'hello') first++
    for (let k = 0; k < records.length; k++) {
      if (k >= first) this.addAnnounced(add, rows[k] as number)
      const record = records[k] as SideRecord
      const row = rows[k] as number
      if (record.type === 'hello') add(passedHello(record, this.version, this.source.degraded), row)
      else if (record.type === 'dns') add(this.owned(record, out, row), row)
      else add(record, row)
    }
    this.addAnnounced(add, Infinity)
  }

  private addAnnounced(add: (record: SocketRecord, row: number) => void, before: number): void {
    const { announced, announcedAt } = this
    let count = 0
    for (; (announcedAt[count] ?? Infinity) < before; count++)
      add(announced[count] as SocketRecord, Math.max(0, announcedAt[count] as number))
    if (count === 0) return
    announced.splice(0, count)
    announcedAt.splice(0, count)
  }

  /** A DNS message stands behind the packet that completed it. */
  private owned(record: DnsRecord, batch: RecordBatch, row: number): DnsRecord {
    const packet: RowOwner = { ...this.lastRow }
    if (row > 0) copyRowOwner(batch, row - 1, packet)
    if (isOfFlow(record, packet.flow, this.tables)) return ownedDns(record, packet, this.tables)
    const flow = flowOf(record, this.tables)
    this.flowOwners.grow()
    return flow !== NO_FLOW && this.flowOwners.recall(flow, record.ts * 1e6, packet)
      ? ownedDns(record, packet, this.tables)
      : record
  }

  private announce(socket: KnownSocket): void {
    const { first = socket } = socket
    if (first.isAnnounced) return
    first.isAnnounced = true
    const record = socket.ownerRecord
    this.tell(record)
    // It was opened and closed between two looks: nothing more will be told of it, and its holder would hold it for ever.
    if (socket.isClosed && this.source.isRecorded !== true)
      this.tell({ ...record, ts: socket.to / 1e6, event: 'close' })
  }

  private tell(record: SocketRecord): void {
    this.announced.push(record)
    this.announcedAt.push(this.row)
  }

  /** Later stages learn what becomes of a socket that they were told of. */
  private follow(socket: KnownSocket, record: SocketRecord): void {
    if (!socket.isAnnounced || this.source.isRecorded === true) return
    if (record.event === 'close' || record.event === 'update' || record.event === 'open') this.tell(record)
  }

  private emitAnnounced(): void {
    if (this.announced.length === 0) return
    this.announcedAt.length = 0
    for (const record of this.announced.splice(0)) this.pending.append(record)
    this.next.push(this.pending)
    this.pending.clear()
  }
}

function setNone(batch: RecordBatch, row: number, reason: number): void {
  batch.owner[row] = batch.peer[row] = NO_OWNER
  batch.attribution[row] = ATTRIBUTION_NONE
  batch.reason[row] = reason
}

function needsChange(record: SideRecord): boolean {
  return record.type === 'hello' || record.type === 'dns'
}
