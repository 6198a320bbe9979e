// The connections that are known, and those of the open interval. Text of addresses is made once, when a connection is first
// seen.

import type { ConnectionRecord, SocketRecord } from '../record/generated/types.ts'
import { busiestFirst } from './connection-order.ts'
import { Connection, connectionKey } from './connection.ts'
import { type Ends, endsKey, socketEnds } from './ends.ts'
import type { KnownSockets } from './known-sockets.ts'
import type { RemoteNamer } from './port.ts'
import type { ProcessAccount } from './process-table.ts'

/** Some 400 bytes each. What finds no room is counted for its process, and `folded_flows` says so. */
const MAX_CONNECTIONS = 1 << 17
/** That are kept until the name of their remote is known. */
const MAX_NAMELESS = 1 << 12

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
