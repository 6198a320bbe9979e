// The aggregate stage: consumes packets, sockets and DNS messages, and hands out, for each interval, process, connection,
// interface and DNS records and the interval record that balances them. What it does not know, hello and stats pass through.
//
// Time is that of the records (window.ts). Live, and only while nothing comes, the wall clock of flush() ends an interval:
// a stream that lags behind the clock is not cut by it. Packets count, unless hello says that the kernel counts (method ebpf,
// ntstat): then the counters of socket records do, and packets are there for their DNS messages alone.

import type { HelloRecord, SocketRecord, StatsRecord } from '../record/generated/types.ts'
import { RecordBatch, type SideRecord, type Tables } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { StreamTime, lastTimeUs } from '../record/stream-time.ts'
import { Balance } from './balance.ts'
import { Carriers } from './carriers.ts'
import { ConnectionTable } from './connection-table.ts'
import { DropCounter } from './drop-counter.ts'
import { InterfaceCounters } from './interface-counters.ts'
import { KnownSockets } from './known-sockets.ts'
import { Ledger } from './ledger.ts'
import { PacketAccounts } from './packet-accounts.ts'
import type { DnsObserver, RemoteNamer } from './port.ts'
import { type Layer, ProcessTable } from './process-table.ts'
import { SocketCounters } from './socket-counters.ts'
import { Window } from './window.ts'

export type AggregateKind = 'process' | 'connection' | 'interface' | 'dns'

export interface AggregateOptions {
  readonly intervalUs: number
  /** One rollup of everything, at the end. */
  readonly total: boolean
  readonly by: readonly AggregateKind[]
  /** False: nobody asks for connections, not even how many a process has, and none are kept. */
  readonly connections?: boolean
  /** Of netoproc, for hello.stages. */
  readonly version: string
  /** Who takes the DNS messages; without it they pass through. */
  readonly dns?: DnsObserver | undefined
  readonly names?: RemoteNamer | undefined
  /** When this program was started, us since the epoch; absent: not known. */
  readonly startedUs?: number
}

/**
 * Records that are not packets may come so much later than what they tell of: a look at interfaces, counters collected at
 * the end of an interval; and packets that wait for their owner. An idle interval is closed by the clock as much later.
 */
const GRACE_US = 400_000
/** Who is called by so much later than asked for did not run, as the machine had more to do: what came meanwhile is not read yet. */
const LATE_CALL_US = GRACE_US
/** Flows and processes are forgotten after so long without a packet; sooner when there are many. */
const IDLE_US = 120_000_000
const CROWDED_IDLE_US = 10_000_000
const SWEEP_US = 30_000_000
const CROWDED_SWEEP_US = 5_000_000
/** Methods by which the kernel counts. */
const countingMethods: ReadonlySet<string> = new Set(['ebpf', 'ntstat', 'pcblist_n'])
/** Of these, those that count payload alone. */
const payloadMethods: ReadonlySet<string> = new Set(['ntstat', 'pcblist_n'])
/** Final stats that are kept until the last interval is written. */
const MAX_FINAL = 1024

export class AggregateStage implements Stage {
  private readonly next: Stage
  private readonly options: AggregateOptions
  private readonly by: ReadonlySet<AggregateKind>
  private readonly window: Window
  /** By which a record that is not a packet may be late. */
  private readonly graceUs: number
  private readonly carriers = new Carriers()
  private readonly processes = new ProcessTable(this.carriers)
  private readonly sockets: KnownSockets
  private readonly connections: ConnectionTable
  private readonly balances: Readonly<Record<Layer, Balance>> = { ip: new Balance(), payload: new Balance() }
  private readonly counters: SocketCounters
  private readonly interfaces = new InterfaceCounters()
  private readonly drops = new DropCounter()
  private readonly accounts: PacketAccounts
  private readonly out: RecordBatch
  private hello: HelloRecord | undefined
  /** Undefined until the first record that counts tells, where there is no hello. */
  private kernelCounts: boolean | undefined
  private readonly time: StreamTime
  private isGreeted = false
  private lastUs = -Infinity
  private hasNews = false
  /** Counters were read in the open interval. */
  private hasReading = false
  private quietSinceUs = 0
  /** Lines since the last interval. */
  private malformed = 0
  private sweptUs = -Infinity
  private readonly final: StatsRecord[] = []

  constructor(next: Stage, tables: Tables, options: AggregateOptions) {
    this.next = next
    this.out = new RecordBatch(tables, 0)
    const { ip } = this.balances
    const hasConnections = options.connections !== false
    this.sockets = new KnownSockets(this.processes, hasConnections)
    this.connections = new ConnectionTable(this.sockets, tables.ifaces, options.names, hasConnections)
    this.counters = new SocketCounters(this.processes, this.connections, this.balances, this.carriers)
    const ledger = new Ledger(tables, this.processes, this.connections, ip, this.carriers)
    this.accounts = new PacketAccounts(tables, ledger, ip)
    tables.owners.onForget(() => this.processes.forgetOwners())
    this.options = options
    this.time = new StreamTime(options.startedUs ?? Infinity)
    this.by = new Set(options.by)
    this.window = new Window(options.intervalUs, options.total)
    this.graceUs = Math.min(GRACE_US, this.window.lengthUs / 2)
  }

  push(batch: RecordBatch): void {
    const { side, sideAt, length } = batch
    this.hasNews = true
    let row = 0
    for (let k = 0; k < side.length; k++) {
      row = this.count(batch, row, sideAt[k] as number)
      this.take(side[k] as SideRecord)
    }
    this.count(batch, row, length)
    this.lastUs = lastTimeUs(batch) ?? this.lastUs
    this.emit()
  }

  /** A line of the input could not be read: the interval that closes next tells. */
  missLine(): void {
    this.malformed++
  }

  flush(nowUs: number): number {
    const { window, hello, time } = this
    if (!this.isGreeted && hello !== undefined) time.greet(hello, nowUs)
    this.isGreeted = hello !== undefined
    if (!time.isLive) time.see(this.lastUs, nowUs)
    if (!time.isLive || !window.isOpen || window.isTotal) return this.next.flush(nowUs)
    if (this.hasNews) this.quietSinceUs = nowUs
    this.hasNews = false
    if (nowUs - this.dueUs > LATE_CALL_US) this.quietSinceUs = nowUs
    else if (nowUs >= this.dueUs) {
      this.turn(nowUs - GRACE_US)
      this.emit()
    }
    return Math.min(this.next.flush(nowUs), this.dueUs)
  }

  close(): void {
    if (this.window.isOpen && (this.window.isUsed || this.window.isTotal)) this.closeInterval(true)
    for (const record of this.final) this.out.append(record)
    this.emit()
    this.next.close()
  }

  /** When the clock ends the open interval, if nothing comes until then. */
  private get dueUs(): number {
    return Math.max(this.window.endUs, this.quietSinceUs) + GRACE_US
  }

  /** Counts rows [from, to). @returns `to` */
  private count(batch: RecordBatch, from: number, to: number): number {
    if (from === to) return to
    this.kernelCounts ??= false
    if (this.kernelCounts) return to
    const { window, accounts } = this
    if (!window.isOpen) this.openWindow(batch.ts[from] as number)
    for (let row = from; ;) {
      row = accounts.count(batch, row, to, window)
      if (row > from) window.isUsed = true
      if (row === to) break
      this.turn(batch.ts[row] as number)
    }
    if (window.isTotal) for (let row = from; row < to; row++) window.extend(batch.ts[row] as number)
    return to
  }

  private take(record: SideRecord): void {
    const { out } = this
    switch (record.type) {
      case 'hello':
        this.greet(record)
        break
      case 'socket':
        this.takeSocket(record)
        break
      case 'interface':
        this.reachLate(record.ts * 1e6)
        this.interfaces.take(record)
        this.carriers.take(record)
        break
      case 'dns':
        if (this.options.dns === undefined) out.append(record)
        else {
          this.reachLate(record.ts * 1e6)
          const settled = this.options.dns.take(record)
          if (this.by.has('dns')) for (const each of settled) out.append(each)
        }
        break
      case 'server_name':
        if (this.options.names === undefined) out.append(record)
        else this.options.names.serverName(record)
        break
      case 'stats':
        // Of an empty file it has no time.
        if (this.window.isOpen) this.reachLate(record.ts * 1e6)
        this.drops.take(record.iface, record.dropped)
        if (record.final === true && this.final.length < MAX_FINAL) this.final.push(record)
        else out.append(record)
        break
      default:
        out.append(record)
    }
  }

  private greet(record: HelloRecord): void {
    if (this.hello !== undefined) this.beginSource(record.boot_id !== this.hello.boot_id)
    this.hello = record
    this.isGreeted = false
    this.kernelCounts = countingMethods.has(record.method)
    // Of a file it tells the time of reading.
    if (record.method !== 'file') {
      if (!this.window.isOpen) this.openWindow(record.ts * 1e6)
      this.window.extend(record.ts * 1e6)
    }
    const stage = { tool: 'netoproc-aggregate', version: this.options.version }
    this.out.append({ ...record, stages: [...(record.stages ?? []), stage] })
  }

  /** Another source goes on with the stream: what is known of the one before ends here, and is written before its hello. */
  private beginSource(isOtherBoot: boolean): void {
    const { window, drops, interfaces, sockets } = this
    if (isOtherBoot) this.accounts.forgetAll()
    if (!window.isTotal && window.isOpen) {
      if (window.isUsed) this.closeInterval(false)
      window.isOpen = false
      for (const record of this.final.splice(0)) this.out.append(record)
    }
    drops.begin()
    interfaces.begin(isOtherBoot)
    sockets.begin(isOtherBoot)
    if (isOtherBoot) this.processes.beginBoot()
  }

  private takeSocket(record: SocketRecord): void {
    const isCounter = record.rx_bytes !== undefined || record.tx_bytes !== undefined
    if (isCounter) {
      this.kernelCounts ??= true
      if (this.kernelCounts) this.reachReading(record.ts * 1e6)
    }
    const process = this.sockets.take(record)
    if (isCounter && this.kernelCounts === true) this.counters.take(record, process)
  }

  /**
   * Counters were read. Live the clock ends the intervals in which nothing comes: where it has not, nobody has read them
   * meanwhile, and what has moved did so in all the time since the last reading.
   */
  private reachReading(tsUs: number): void {
    const { window, time } = this
    const isLate = window.emptyUntil(tsUs - this.graceUs) > 0
    if (isLate && time.isLive && window.isOpen && !window.isTotal) {
      if (this.hasReading) this.turn(window.endUs)
      window.stretch(tsUs)
    }
    this.reachLate(tsUs)
    this.hasReading = true
  }

  /** A record comes that may tell of what was before its time. */
  private reachLate(tsUs: number): void {
    const { window } = this
    if (!window.isOpen) this.openWindow(tsUs)
    else if (window.isPast(tsUs - this.graceUs)) this.turn(tsUs - this.graceUs)
    else if (window.isBefore(tsUs)) this.turn(tsUs)
    window.isUsed = true
    window.extend(tsUs)
  }

  /** Closes the open interval and opens that of `tsUs`; short gaps get their empty intervals. */
  private turn(tsUs: number): void {
    const { window } = this
    if (window.isTotal) return
    for (let empty = window.emptyUntil(tsUs); empty >= 0; empty--) {
      this.closeInterval(false)
      this.emit()
      this.openWindow(empty > 0 ? window.endUs : tsUs)
    }
  }

  private openWindow(tsUs: number): void {
    this.window.open(tsUs)
    this.hasReading = false
    this.processes.begin(this.window.startUs)
    this.connections.begin(this.window.startUs)
  }

  /** Puts the records of the interval into the output. */
  private closeInterval(isLast: boolean): void {
    const { window, by, balances, connections, hello, out } = this
    this.accounts.settleAll()
    const tsUs = window.endUs
    const { seconds } = window
    connections.countForProcesses()
    const processes = this.processes.rollup(tsUs, seconds)
    if (by.has('process')) for (const record of processes) out.append(record)
    if (by.has('connection')) for (const record of connections.records(tsUs, seconds)) out.append(record)
    const interfaceBytes = this.interfaces.movedBytes()
    const interfaces = this.interfaces.rollup(tsUs, seconds)
    if (by.has('interface')) for (const record of interfaces) out.append(record)
    const dns = this.options.dns?.rollup(tsUs, isLast) ?? []
    if (by.has('dns')) for (const record of dns) out.append(record)
    const frame = {
      tsUs,
      seconds,
      method: hello?.method ?? 'unknown',
      degraded: hello?.degraded ?? [],
      dropped: this.drops.rollup(),
      interfaceBytes,
      foldedFlows: connections.endInterval(),
      malformed: this.malformed,
    }
    this.malformed = 0
    this.sockets.endInterval()
    this.carriers.endInterval(tsUs)
    // One closes the interval: payload's where the kernel counts that alone.
    const hasPayload = !balances.payload.isEmpty || (balances.ip.isEmpty && payloadMethods.has(frame.method))
    if (hasPayload) out.append(balances.payload.record(frame, 'payload'))
    if (!hasPayload || !balances.ip.isEmpty) out.append(balances.ip.record(frame, 'ip'))
    balances.ip.clear()
    balances.payload.clear()
    this.sweep(tsUs)
  }

  /** Forgets what has rested for long, so that memory does not grow with the run. */
  private sweep(tsUs: number): void {
    const { isCrowded } = this.connections
    if (Math.abs(tsUs - this.sweptUs) < (isCrowded ? CROWDED_SWEEP_US : SWEEP_US)) return
    this.sweptUs = tsUs
    const beforeUs = tsUs - (isCrowded ? CROWDED_IDLE_US : IDLE_US)
    this.accounts.sweep(beforeUs)
    this.connections.sweep(beforeUs)
    this.processes.sweep(tsUs - IDLE_US)
  }

  private emit(): void {
    if (this.out.isEmpty) return
    this.next.push(this.out)
    this.out.clear()
  }
}
