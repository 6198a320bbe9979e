// What moved between two ends for one process. The two directions of a connection are two flows; here they meet. Text of
// addresses is made once, when a connection is first seen.

import type { ConnectionRecord, SocketRecord } from '../record/generated/types.ts'
import { type Ends, endsKey, socketEnds } from './ends.ts'
import type { Beginning } from './names/beginnings.ts'
import type { ProcessAccount } from './process-table.ts'
import type { RemoteNamer } from './port.ts'
import type { KnownSockets, SocketFacts } from './known-sockets.ts'
import { Traffic, byTraffic, rate } from './traffic.ts'

/** Some 400 bytes each. What finds no room is counted for its process, and `folded_flows` says so. */
const MAX_CONNECTIONS = 1 << 17
/** Bytes of a connection in an interval, up to which they are sorted as numbers: 64 GiB. */
const MOST_RANKED = 2 ** 36 - 1
/** That are kept until the name of their remote is known. */
const MAX_NAMELESS = 1 << 12

export class Connection extends Traffic {
  readonly key: string
  /** endsKey(ends). */
  readonly endsKey: string
  readonly process: ProcessAccount
  readonly ends: Ends
  iface: string | undefined
  dir: ConnectionRecord['dir']
  attribution: ConnectionRecord['attribution']
  reason: ConnectionRecord['reason']
  initiated: 'in' | 'out' | undefined
  /** Known to who names remotes. */
  beginning: Beginning | undefined
  /** Of its socket; undefined until they are found. */
  facts: SocketFacts | undefined
  /** Accounts of packets that add to it: it stays as long as there are any. */
  accounts = 0
  /** A socket's counters add to it: it stays until the socket closes. */
  isCounted = false
  /** Start of the interval that last touched it, us. */
  lastUs = 0

  /** @param key connectionKey(process, endsKey) */
  constructor(process: ProcessAccount, ends: Ends, endsKey: string, key: string) {
    super()
    this.key = key
    this.endsKey = endsKey
    this.process = process
    this.ends = ends
  }

  // Field by field: thousands are made at the end of an interval, and spreading costs four times as much.
  record(tsUs: number, seconds: number): ConnectionRecord {
    const { process, ends, facts } = this
    const { proto, localIp, localPort, remoteIp, remotePort } = ends
    const record: ConnectionRecord = {
      type: 'connection',
      ts: tsUs / 1e6,
      interval: seconds,
      pid: process.pid,
      start_time: process.startTime,
      process: process.process,
      user: process.user,
      proto,
      local_ip: localIp,
      local_port: localPort as number,
      remote_ip: remoteIp,
      remote_port: remotePort as number,
      rx_bytes: this.rxBytes,
      tx_bytes: this.txBytes,
      rx_packets: this.rxPackets,
      tx_packets: this.txPackets,
      rx_rate: rate(this.rxBytes, seconds),
      tx_rate: rate(this.txBytes, seconds),
      rx_bytes_total: this.rxBytesTotal,
      tx_bytes_total: this.txBytesTotal,
      rx_packets_total: this.rxPacketsTotal,
      tx_packets_total: this.txPacketsTotal,
      layer: process.layer,
    }
    if (localPort === undefined) delete record.local_port
    if (remotePort === undefined) delete record.remote_port
    const initiated =
      this.initiated ?? facts?.initiated ?? (process.listensAt(proto, localPort) ? 'in' : undefined)
    if (initiated !== undefined) record.initiated = initiated
    if (this.iface !== undefined) record.iface = this.iface
    if (this.dir !== undefined) record.dir = this.dir
    if (this.attribution !== undefined) record.attribution = this.attribution
    if (this.reason !== undefined) record.reason = this.reason
    if (facts === undefined) return record
    record.state = facts.state
    if (facts.rttUs !== undefined) record.rtt_us = facts.rttUs
    if (facts.jitterUs !== undefined) record.jitter_us = facts.jitterUs
    if (facts.retransmits !== undefined) record.retransmits = facts.retransmits
    return record
  }
}

export class ConnectionTable {
  private readonly connections = new Map<string, Connection>()
  private readonly sockets: KnownSockets
  private readonly names: RemoteNamer | undefined
  private readonly isKept: boolean
  private touched: Connection[] = []
  /** Written without the name of their remote, which is on its way: they are written once more when it has come. */
  private readonly nameless = new Set<Connection>()
  private nowUs = 0
  /** Flows without room, since the interval began. */
  private folded = 0

  /** @param isKept false: nobody asks for connections, and there are none */
  constructor(sockets: KnownSockets, names: RemoteNamer | undefined, isKept = true) {
    this.sockets = sockets
    this.names = names
    this.isKept = isKept
  }

  get count(): number {
    return this.connections.size
  }

  /** A new interval begins. */
  begin(startUs: number): void {
    this.nowUs = startUs
  }

  /**
   * The process's connection between these ends, new or known; undefined when there is no room for another.
   * @param earliestUs when it may have begun, if it is new
   */
  of(process: ProcessAccount, ends: Ends, nowUs: number, earliestUs = nowUs): Connection | undefined {
    if (!this.isKept) return undefined
    const of = endsKey(ends)
    const key = connectionKey(process, of)
    let connection = this.connections.get(key)
    if (connection !== undefined) return connection
    if (this.connections.size >= MAX_CONNECTIONS) {
      this.folded++
      return undefined
    }
    connection = new Connection(process, ends, of, key)
    connection.lastUs = this.nowUs
    connection.beginning = this.names?.begin(process, ends, nowUs, earliestUs, false)
    this.connections.set(key, connection)
    return connection
  }

  /** The connection of a socket record with counters; undefined when it names no remote, or there is no room. */
  ofSocket(process: ProcessAccount, record: SocketRecord): Connection | undefined {
    if (!this.isKept) return undefined
    if (record.remote_ip === undefined) {
      this.folded++
      return undefined
    }
    // Counters tell at the end of an interval what has been since it began.
    const connection = this.of(process, socketEnds(record, record.remote_ip), record.ts * 1e6, this.nowUs)
    if (connection === undefined) return undefined
    connection.isCounted = true
    connection.iface = record.iface ?? connection.iface
    connection.dir = record.dir ?? connection.dir
    connection.attribution = record.attribution
    connection.reason = record.reason
    return connection
  }

  /** Nothing comes of this socket any more. */
  closeSocket(process: ProcessAccount, record: SocketRecord): void {
    if (record.remote_ip === undefined || !this.isKept) return
    const connection = this.connections.get(
      connectionKey(process, endsKey(socketEnds(record, record.remote_ip))),
    )
    if (connection === undefined) return
    connection.isCounted = false
    this.drop(connection)
  }

  /** It begins anew between the same ends. */
  restart(connection: Connection, initiated: 'in' | 'out', nowUs: number): void {
    connection.initiated = initiated
    connection.beginning = this.names?.begin(connection.process, connection.ends, nowUs, nowUs, true)
  }

  /** Its record is to be written when the interval ends. */
  touch(connection: Connection): void {
    if (connection.isTouched) return
    connection.isTouched = true
    connection.lastUs = this.nowUs
    this.touched.push(connection)
  }

  /** An account that added to it is gone. */
  release(connection: Connection): void {
    connection.accounts--
    this.drop(connection)
  }

  /** Counts for each process its connections with traffic. Before the records of processes are made. */
  countForProcesses(): void {
    for (const connection of this.touched)
      if (connection.rxPackets + connection.txPackets + connection.rxBytes + connection.txBytes > 0)
        connection.process.connections++
  }

  /** Records of those that were touched, busiest first. */
  records(tsUs: number, seconds: number): ConnectionRecord[] {
    this.touchNamed()
    return busiestFirst(this.touched).map(connection => {
      if (connection.facts === undefined || connection.facts.isOver)
        connection.facts = this.sockets.factsOf(connection.endsKey)
      const record = connection.record(tsUs, seconds)
      this.names?.label(record, connection.ends, connection.beginning)
      this.noteName(connection, record)
      return record
    })
  }

  /** A new interval. @returns flows that found no room in the one that ended */
  endInterval(): number {
    for (const connection of this.touched) {
      connection.beginInterval()
      this.drop(connection)
    }
    this.touched = []
    const { folded } = this
    this.folded = 0
    return folded
  }

  get isCrowded(): boolean {
    return this.connections.size > MAX_CONNECTIONS / 2
  }

  /** Forgets what nothing has been counted for since `beforeUs`. */
  sweep(beforeUs: number): void {
    for (const connection of this.connections.values())
      if (connection.accounts === 0 && connection.lastUs < beforeUs && !connection.isTouched)
        this.forget(connection)
  }

  private noteName(connection: Connection, record: ConnectionRecord): void {
    const isAwaited =
      record.remote_name === undefined &&
      this.nameless.size < MAX_NAMELESS &&
      this.names?.later(connection.ends) === 'awaited'
    if (isAwaited) this.nameless.add(connection)
    else this.nameless.delete(connection)
  }

  /** Short connections are over before reverse DNS knows whom they were with. */
  private touchNamed(): void {
    for (const connection of this.nameless) {
      const name = this.names?.later(connection.ends)
      if (name === 'awaited') continue
      this.nameless.delete(connection)
      if (name === 'known') this.touch(connection)
      else this.drop(connection)
    }
  }

  private forget(connection: Connection): void {
    this.connections.delete(connection.key)
    this.nameless.delete(connection)
  }

  /** Forgets the connection when nothing adds to it any more, but not before its record is written. */
  private drop(connection: Connection): void {
    const { accounts, isCounted, isTouched } = connection
    if (accounts > 0 || isCounted || isTouched || this.nameless.has(connection)) return
    this.forget(connection)
  }
}

function connectionKey(process: ProcessAccount, ends: string): string {
  return `${process.id} ${ends}`
}

/**
 * Sorted by `compare`: as numbers, each of traffic and place, and only those of equal traffic one with another. To compare two
 * of thousands of connections is a miss of the cache or two, and some ten comparisons fall to each: a fifth of what
 * the end of an interval costs (test/bench/pipeline.bench.ts).
 */
function busiestFirst(connections: Connection[]): Connection[] {
  const { length } = connections
  const keys = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const { rxBytes, txBytes } = connections[i] as Connection
    const traffic = rxBytes + txBytes
    // More, or nonsense from a foreign stream, does not fit with the place into the 53 bits of a number.
    const isRanked = Number.isInteger(traffic) && traffic >= 0 && traffic <= MOST_RANKED
    if (!isRanked || length > MAX_CONNECTIONS) return connections.sort(compare)
    keys[i] = (MOST_RANKED - traffic) * MAX_CONNECTIONS + i
  }
  keys.sort()
  const sorted = Array.from(keys, key => connections[key % MAX_CONNECTIONS] as Connection)
  const rankOf = (place: number): number => Math.floor((keys[place] as number) / MAX_CONNECTIONS)
  for (let from = 0, to = 1; from < length; from = to++) {
    while (to < length && rankOf(to) === rankOf(from)) to++
    if (to - from > 1)
      for (const [i, connection] of sorted.slice(from, to).sort(compare).entries())
        sorted[from + i] = connection
  }
  return sorted
}

/** A total order that does not depend on the order of arrival. */
function compare(a: Connection, b: Connection): number {
  return byTraffic(a, b) || (a.process.pid ?? Infinity) - (b.process.pid ?? Infinity) || byEnds(a, b)
}

function byEnds(
  { ends: a, process: { startTime: aTime } }: Connection,
  { ends: b, process }: Connection,
): number {
  return (
    byText(a.proto, b.proto) ||
    byText(a.localIp, b.localIp) ||
    (a.localPort ?? 0) - (b.localPort ?? 0) ||
    byText(a.remoteIp, b.remoteIp) ||
    (a.remotePort ?? 0) - (b.remotePort ?? 0) ||
    (aTime ?? 0) - (process.startTime ?? 0)
  )
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
