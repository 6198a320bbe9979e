// What the screen knows: the newest record of each process, connection, interface and resolver, and the rates of the last
// minute. Only records come in; time is theirs. Bounded: what has been quiet longest is forgotten first.

import type {
  ConnectionRecord,
  DnsQueryRecord,
  HelloRecord,
  InterfaceRecord,
  IntervalRecord,
  NetoprocRecord,
  ProcessRecord,
  ResolverRecord,
  StatsRecord,
} from '../../record/generated/types.ts'
import { processKey } from '../process-key.ts'
import { CalmRate } from './calm-rate.ts'
import { EventLog } from './event-log.ts'
import { EventWatch } from './event-watch.ts'
import { FoldedProcesses } from './folded-processes.ts'
import { PacketInterfaces } from './packet-interfaces.ts'
import { RateHistory } from './rate-history.ts'
import { Tally } from './tally.ts'
import { UnknownTraffic, reasonOf } from './unknown-traffic.ts'

/** A process, or all traffic of no process that has the same reason. */
export interface ProcessRow {
  readonly key: string
  readonly record: ProcessRecord
  readonly history: RateHistory
  readonly calm: CalmRate
  /** Why nobody could be named; undefined also where that is not told. */
  readonly reason?: string | undefined
}

export interface ConnectionRow {
  readonly key: string
  /** Key of its process. */
  readonly owner: string
  readonly record: ConnectionRecord
  readonly calm: CalmRate
}

export interface InterfaceRow {
  readonly key: string
  readonly record: InterfaceRecord
  /** By minute. */
  readonly history: RateHistory
}

export interface QueryRow {
  readonly key: string
  readonly owner: string
  readonly record: DnsQueryRecord
}

const MOST_PROCESSES = 4096
const MOST_CONNECTIONS = 20_000
const MOST_QUERIES = 1000
const MOST_RESOLVERS = 64
const MOST_INTERFACES = 256
/** Seconds that a connection stays when nothing moves on it any more. */
const CONNECTION_STAYS = 60
/** Intervals after which an interface that is not told of, while others are, is gone. */
const INTERFACE_STAYS = 5
/** Seconds by which records may be late; by more, the clock was set back. */
const LATE = 2

export class Model {
  readonly processes = new Map<string, ProcessRow>()
  readonly connections = new Map<string, ConnectionRow>()
  /** The connection on which each process moves most, by the key of the process. */
  busiest: ReadonlyMap<string, ConnectionRow> = new Map()
  readonly interfaces = new Map<string, InterfaceRow>()
  readonly resolvers = new Map<string, ResolverRecord>()
  /** Oldest first. */
  queries: QueryRow[] = []
  /** Also those that are forgotten. */
  queriesSeen = 0
  hello: HelloRecord | undefined
  interval: IntervalRecord | undefined
  /** End of the last interval, seconds since the epoch; 0 before the first. */
  now = 0
  /** Highest rates so far. */
  peak = { rx: 0, tx: 0 }
  current = { rx: 0, tx: 0 }
  tally = new Tally()
  events = new EventLog()
  readonly watch = new EventWatch(this.events)
  /** Processes and connections that had to make room for others, though they may still move something. */
  forgotten = 0
  /** Processes without a row. */
  folded = new FoldedProcesses()
  /** Of all processes together. */
  history: RateHistory | undefined
  /** Why the source ended; cut: it did not say so. Undefined while it goes on. */
  ended: StatsRecord['reason'] | 'cut'
  private origin: number | undefined
  private readonly unknown = new UnknownTraffic()
  /** Of no process, in the open interval: the connections that tell the reasons come later. */
  private unknownRecords: ProcessRecord[] = []
  private readonly packetInterfaces = new PacketInterfaces()

  /** @returns whether there is something new to show, that is: an interval is complete, or a record stands by itself */
  add(record: NetoprocRecord): boolean {
    if (
      'interval' in record &&
      typeof record.interval === 'number' &&
      this.isSetBack(record.ts, record.interval)
    )
      this.setBack(record.ts - record.interval)
    this.watch.take(record)
    switch (record.type) {
      case 'process':
        this.addProcess(record)
        return false
      case 'connection':
        this.addConnection(record)
        return false
      case 'interface':
        this.addInterface(record)
        return record.interval === undefined
      case 'resolver':
        keepNewest(this.resolvers, `${record.iface ?? ''} ${record.server}`, record, MOST_RESOLVERS)
        return false
      case 'dns_query':
        this.queries.push({ key: String(this.queriesSeen++), owner: processKey(record), record })
        if (this.queries.length >= 2 * MOST_QUERIES) this.queries = this.queries.slice(-MOST_QUERIES)
        return true
      case 'interval':
        this.endInterval(record)
        return true
      case 'hello':
        if (this.hello !== undefined && this.hello.boot_id !== record.boot_id) this.forgetHost()
        this.hello = record
        this.ended = undefined
        return true
      case 'stats':
        if (record.final === true) this.ended = record.reason ?? 'eof'
        return true
      default:
        return false
    }
  }

  /** Bytes per second now: nothing for what was not in the last interval. */
  rate(record: { readonly ts: number; readonly rx_rate?: number; readonly tx_rate?: number }): {
    rx: number
    tx: number
  } {
    return record.ts >= this.now ? { rx: record.rx_rate ?? 0, tx: record.tx_rate ?? 0 } : { rx: 0, tx: 0 }
  }

  /** The newest queries, newest first. */
  newestQueries(): QueryRow[] {
    return this.queries.slice(-MOST_QUERIES).reverse()
  }

  /** As it is now, whatever is added later: what a paused screen shows. */
  copy(): Model {
    const copy = new Model()
    for (const [key, row] of this.processes)
      copy.processes.set(key, { ...row, history: row.history.copy(), calm: row.calm.copy() })
    for (const [key, row] of this.connections) copy.connections.set(key, { ...row, calm: row.calm.copy() })
    for (const [key, row] of this.interfaces)
      copy.interfaces.set(key, { ...row, history: row.history.copy() })
    for (const [key, record] of this.resolvers) copy.resolvers.set(key, record)
    copy.queries = [...this.queries]
    const { busiest, hello, interval, now, forgotten, ended, queriesSeen } = this
    Object.assign(copy, { busiest, hello, interval, now, forgotten, ended, queriesSeen })
    copy.tally = this.tally.copy()
    copy.folded = this.folded.copy()
    copy.events = this.events.copy()
    copy.peak = { ...this.peak }
    copy.current = { ...this.current }
    copy.history = this.history?.copy()
    return copy
  }

  private addProcess(record: ProcessRecord): void {
    if (record.pid === null) this.unknownRecords.push(record)
    else this.keepProcess(processKey(record), record)
  }

  private keepProcess(key: string, record: ProcessRecord, reason?: string): void {
    const end = record.ts
    this.origin ??= end - record.interval
    const known = this.processes.get(key)
    const history = known?.history ?? new RateHistory(1, this.origin)
    const calm = known?.calm ?? new CalmRate()
    history.add(end, record.interval, record.rx_bytes, record.tx_bytes)
    if (record.sockets === 0 && record.rx_bytes + record.tx_bytes === 0) calm.rest()
    else calm.add(record.interval, record.rx_rate, record.tx_rate)
    if (known === undefined) {
      this.folded.takeBack(key)
      if (this.processes.size >= MOST_PROCESSES) this.fold()
    }
    keepNewest(this.processes, key, { key, record, history, calm, reason }, MOST_PROCESSES)
  }

  /** Makes room for a process: of those that have ended, the one that has been quiet for longest has no row any more. */
  private fold(): void {
    let oldest: ProcessRow | undefined
    for (const row of this.processes.values()) {
      oldest ??= row
      if (!hasEnded(row, this)) continue
      oldest = row
      break
    }
    if (oldest === undefined) return
    const { key, record } = oldest
    if (!hasEnded(oldest, this)) this.forgotten++
    this.folded.add(key, record.rx_bytes_total, record.tx_bytes_total)
    this.processes.delete(key)
  }

  private addConnection(record: ConnectionRecord): void {
    const { proto, local_ip, local_port, remote_ip, remote_port, iface } = record
    const process = processKey(record)
    const key = `${process} ${proto} ${local_ip} ${local_port} ${remote_ip} ${remote_port} ${iface}`
    const known = this.connections.get(key)
    // Of a string that is known already the hash is known, too.
    let owner = known?.owner ?? process
    if (record.pid === null) {
      owner = unknownKey(record, reasonOf(record))
      this.unknown.add(record, known?.record)
    } else this.tally.connection(record)
    const calm = known?.calm ?? new CalmRate()
    calm.add(record.interval, record.rx_rate, record.tx_rate)
    if (keepNewest(this.connections, key, { key, owner, record, calm }, MOST_CONNECTIONS)) this.forgotten++
  }

  private addInterface(record: InterfaceRecord): void {
    const known = this.interfaces.get(record.name)
    // Before the first interval interfaces come with totals only; later that would hide their rates.
    if (record.interval === undefined && known?.record.interval !== undefined) return
    const seconds = record.interval ?? 0
    const history = known?.history ?? new RateHistory(60, record.ts - seconds)
    if (seconds > 0) history.add(record.ts, seconds, record.rx_bytes ?? 0, record.tx_bytes ?? 0)
    keepNewest(this.interfaces, record.name, { key: record.name, record, history }, MOST_INTERFACES)
  }

  private endInterval(record: IntervalRecord): void {
    // Where the kernel counts payload and packets are captured too, the interval has two of these.
    if (record.ts === this.now && record.layer !== this.interval?.layer) return
    this.now = record.ts
    this.interval = record
    this.tally.interval(record)
    for (const whole of this.unknownRecords.splice(0)) {
      for (const { reason, record: part } of this.unknown.split(whole))
        this.keepProcess(unknownKey(whole, reason), part, reason)
    }
    this.origin ??= record.ts - record.interval
    this.history ??= new RateHistory(1, this.origin)
    const seconds = record.interval
    const sum = { rx: 0, tx: 0 }
    for (const { record: each, calm } of this.processes.values()) {
      if (each.ts < this.now) {
        calm.add(seconds, 0, 0)
        continue
      }
      // What carries a tunnel is the wrapping of packets that count inside it.
      if (each.carries !== undefined) continue
      sum.rx += each.rx_bytes
      sum.tx += each.tx_bytes
    }
    this.history.add(this.now, seconds, sum.rx, sum.tx)
    if (seconds > 0) this.current = { rx: sum.rx / seconds, tx: sum.tx / seconds }
    this.peak = { rx: Math.max(this.peak.rx, this.current.rx), tx: Math.max(this.peak.tx, this.current.tx) }
    const busiest = new Map<string, ConnectionRow>()
    for (const row of this.connections.values()) {
      if (row.record.ts < this.now) row.calm.add(seconds, 0, 0)
      const other = busiest.get(row.owner)
      if (other === undefined || row.calm.both > other.calm.both) busiest.set(row.owner, row)
    }
    this.busiest = busiest
    if (this.hello?.method === 'file') this.deriveInterfaces(seconds)
    this.forgetQuiet()
  }

  private deriveInterfaces(seconds: number): void {
    const { interfaces, packetInterfaces } = this
    const isTold = (name: string) => interfaces.has(name) && !packetInterfaces.has(name)
    for (const record of packetInterfaces.rollup(this.connections.values(), this.now, seconds, isTold))
      this.addInterface(record)
  }

  /** Rows are in the order of their last record: the oldest come first. */
  private forgetQuiet(): void {
    for (const [key, { record }] of this.connections) {
      if (record.ts > this.now - CONNECTION_STAYS) break
      this.connections.delete(key)
    }
    if (this.hello?.method === 'file') return
    const looks = [...this.interfaces.values()].map(({ record }) => record.ts)
    const last = Math.max(...looks)
    const stays = INTERFACE_STAYS * (this.interval?.interval ?? 0)
    for (const [name, { record }] of this.interfaces)
      if (record.ts < last - stays) this.interfaces.delete(name)
  }

  /** Records of several sources may overlap a little. */
  private isSetBack(end: number, interval: number): boolean {
    return end < this.now - Math.max(LATE, 2 * interval)
  }

  /** What is told now is of `seconds` and later: the clock was set back. What was is as long ago as it was before. */
  private setBack(seconds: number): void {
    const by = this.now - seconds
    const rows = [...this.processes.values(), ...this.connections.values(), ...this.interfaces.values()]
    for (const row of rows) Object.assign(row, { record: { ...row.record, ts: row.record.ts - by } })
    for (const { history } of [...this.processes.values(), ...this.interfaces.values()]) history.shift(by)
    this.history?.shift(by)
    if (this.origin !== undefined) this.origin -= by
    this.now = seconds
  }

  /** What comes is of another host, or of another boot: nothing of what is known is of it. */
  private forgetHost(): void {
    for (const rows of [this.processes, this.connections, this.interfaces, this.resolvers]) rows.clear()
    this.busiest = new Map()
    this.folded = new FoldedProcesses()
    this.unknown.clear()
  }
}

/** It has exited, or holds no socket: nothing more can come of it. */
export function hasEnded({ record }: ProcessRow, { now }: Model): boolean {
  const isBusy = record.ts >= now && record.rx_bytes + record.tx_bytes > 0
  return record.pid !== null && (record.exited === true || (record.sockets === 0 && !isBusy))
}

/** Key of all traffic that nobody could be named for, for this reason. */
function unknownKey(record: { readonly layer?: unknown }, reason: string | undefined): string {
  return `${processKey({ pid: null, layer: record.layer })}${reason === undefined ? '' : ` ${reason}`}`
}

/** Puts the row last. @returns whether there were too many, and the first is forgotten */
function keepNewest<T>(rows: Map<string, T>, key: string, row: T, most: number): boolean {
  rows.delete(key)
  rows.set(key, row)
  return rows.size > most && rows.delete(rows.keys().next().value as string)
}
