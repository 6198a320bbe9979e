// What moved between two ends for one process. The two directions of a connection are two flows; here they meet. Text of
// addresses is made once, when a connection is first seen.

import type { ConnectionRecord, SocketRecord } from '../record/generated/types.ts'
import { type Ends, endsKey, socketEnds } from './ends.ts'
import type { ProcessAccount } from './process-table.ts'
import type { RemoteNamer } from './port.ts'
import type { KnownSockets, SocketFacts } from './known-sockets.ts'
import { Traffic, byTraffic } from './traffic.ts'

/** Some 400 bytes each. What finds no room is counted for its process, and `folded_flows` says so. */
const MAX_CONNECTIONS = 1 << 17

export class Connection extends Traffic {
  readonly key: string
  readonly process: ProcessAccount
  readonly ends: Ends
  iface: string | undefined
  dir: ConnectionRecord['dir']
  attribution: ConnectionRecord['attribution']
  reason: ConnectionRecord['reason']
  initiated: 'in' | 'out' | undefined
  /** Accounts of packets that add to it: it stays as long as there are any. */
  accounts = 0
  /** A socket's counters add to it: it stays until the socket closes. */
  isCounted = false
  /** Start of the interval that last touched it, us. */
  lastUs = 0

  constructor(key: string, process: ProcessAccount, ends: Ends) {
    super()
    this.key = key
    this.process = process
    this.ends = ends
  }

  record(tsUs: number, seconds: number, facts: SocketFacts | undefined): ConnectionRecord {
    const { process, ends } = this
    const { proto, localIp, localPort, remoteIp, remotePort } = ends
    const initiated =
      this.initiated ?? facts?.initiated ?? (process.listensAt(proto, localPort) ? 'in' : undefined)
    const isNamed = process.pid !== null
    return {
      type: 'connection',
      ts: tsUs / 1e6,
      interval: seconds,
      pid: process.pid,
      ...(isNamed ? { start_time: process.startTime } : {}),
      process: process.process,
      ...(isNamed ? { user: process.user } : {}),
      proto,
      local_ip: localIp,
      ...(localPort === undefined ? {} : { local_port: localPort }),
      remote_ip: remoteIp,
      ...(remotePort === undefined ? {} : { remote_port: remotePort }),
      ...(facts === undefined ? {} : { state: facts.state }),
      ...(initiated === undefined ? {} : { initiated }),
      ...(this.iface === undefined ? {} : { iface: this.iface }),
      ...(this.dir === undefined ? {} : { dir: this.dir }),
      ...(this.attribution === undefined ? {} : { attribution: this.attribution }),
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      layer: process.layer,
      ...this.fields(seconds),
      ...(facts?.rttUs === undefined ? {} : { rtt_us: facts.rttUs }),
      ...(facts?.jitterUs === undefined ? {} : { jitter_us: facts.jitterUs }),
      ...(facts?.retransmits === undefined ? {} : { retransmits: facts.retransmits }),
    }
  }
}

export class ConnectionTable {
  private readonly connections = new Map<string, Connection>()
  private readonly sockets: KnownSockets
  private touched: Connection[] = []
  private nowUs = 0
  /** Flows without room, since the interval began. */
  private folded = 0

  constructor(sockets: KnownSockets) {
    this.sockets = sockets
  }

  get count(): number {
    return this.connections.size
  }

  /** A new interval begins. */
  begin(startUs: number): void {
    this.nowUs = startUs
  }

  /** The process's connection between these ends, new or known; undefined when there is no room for another. */
  of(process: ProcessAccount, ends: Ends): Connection | undefined {
    const key = `${process.id} ${endsKey(ends)}`
    let connection = this.connections.get(key)
    if (connection !== undefined) return connection
    if (this.connections.size >= MAX_CONNECTIONS) {
      this.folded++
      return undefined
    }
    connection = new Connection(key, process, ends)
    connection.lastUs = this.nowUs
    this.connections.set(key, connection)
    return connection
  }

  /** The connection of a socket record with counters; undefined when it names no remote, or there is no room. */
  ofSocket(process: ProcessAccount, record: SocketRecord): Connection | undefined {
    if (record.remote_ip === undefined) {
      this.folded++
      return undefined
    }
    const connection = this.of(process, socketEnds(record, record.remote_ip))
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
    if (record.remote_ip === undefined) return
    const connection = this.connections.get(`${process.id} ${endsKey(socketEnds(record, record.remote_ip))}`)
    if (connection === undefined) return
    connection.isCounted = false
    this.drop(connection)
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
  records(tsUs: number, seconds: number, names: RemoteNamer | undefined): ConnectionRecord[] {
    return this.touched.sort(compare).map(connection => {
      const record = connection.record(tsUs, seconds, this.sockets.factsOf(connection.ends))
      names?.label(record)
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
        this.connections.delete(connection.key)
  }

  /** Forgets the connection when nothing adds to it any more, but not before its record is written. */
  private drop(connection: Connection): void {
    if (connection.accounts > 0 || connection.isCounted || connection.isTouched) return
    this.connections.delete(connection.key)
  }
}

/** A total order that does not depend on the order of arrival. */
function compare(a: Connection, b: Connection): number {
  return byTraffic(a, b) || (a.process.pid ?? Infinity) - (b.process.pid ?? Infinity) || byEnds(a, b)
}

function byEnds(a: Connection, b: Connection): number {
  const left = endsKey(a.ends)
  const right = endsKey(b.ends)
  if (left !== right) return left < right ? -1 : 1
  return (a.process.startTime ?? 0) - (b.process.startTime ?? 0)
}
