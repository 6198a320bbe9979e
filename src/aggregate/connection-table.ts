// The connections that are known, and those of the open interval. Text of addresses is made once, when a connection is first
// seen.

import type { ConnectionRecord, SocketRecord } from '../record/generated/types.ts'
import type { NameTable } from '../record/name-table.ts'
import { NO_IFACE } from '../record/record-batch.ts'
import { busiestFirst } from './connection-order.ts'
import { Connection } from './connection.ts'
import { type Ends, endsKey, socketEnds } from './ends.ts'
import type { KnownSockets } from './known-sockets.ts'
import type { RemoteNamer } from './port.ts'
import type { ProcessAccount } from './process-table.ts'
import { TrafficRows } from './traffic-rows.ts'

/** Row of no connection. */
export const NO_CONNECTION = -1
/** Some 400 bytes each. What finds no room is counted for its process, and `folded_flows` says so. */
const MAX_CONNECTIONS = 1 << 17
/** That are kept until the name of their remote is known. */
const MAX_NAMELESS = 1 << 12

export class ConnectionTable {
  /** By endsKey: the first of a list of different processes' connections, mostly of one. */
  private readonly byEnds = new Map<string, Connection>()
  private size = 0
  private readonly sockets: KnownSockets
  private readonly names: RemoteNamer | undefined
  private readonly isKept: boolean
  private readonly ifaces: NameTable
  private readonly traffic = new TrafficRows()
  /** By row: the connection, whether it is in `touched`, and the interface of the latest packet, or NO_IFACE. */
  private readonly byRow: Array<Connection | undefined> = []
  private readonly isTouched = new Uint8Array(MAX_CONNECTIONS)
  private readonly iface = new Uint16Array(MAX_CONNECTIONS)
  /** Rows of those with a record in the open interval. */
  private touched: number[] = []
  /** Written without the name of their remote, which is on its way: they are written once more when it has come. */
  private readonly nameless = new Set<Connection>()
  private nowUs = 0
  /** Flows without room, since the interval began. */
  private folded = 0

  /** @param isKept false: nobody asks for connections, and there are none */
  constructor(sockets: KnownSockets, ifaces: NameTable, names: RemoteNamer | undefined, isKept = true) {
    this.sockets = sockets
    this.ifaces = ifaces
    this.names = names
    this.isKept = isKept
  }

  get count(): number {
    return this.size
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
    const key = endsKey(ends)
    const known = this.find(process, key)
    if (known !== undefined) return known
    if (this.size >= MAX_CONNECTIONS) {
      this.folded++
      return undefined
    }
    const connection = new Connection(this.traffic.take(), process, ends, key)
    this.size++
    this.byRow[connection.row] = connection
    this.iface[connection.row] = NO_IFACE
    connection.lastUs = this.nowUs
    connection.beginning = this.names?.begin(process, ends, nowUs, earliestUs, false)
    connection.next = this.byEnds.get(key)
    this.byEnds.set(key, connection)
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
    const connection = this.find(process, endsKey(socketEnds(record, record.remote_ip)))
    if (connection === undefined) return
    connection.isCounted = false
    this.drop(connection)
  }

  /** It begins anew between the same ends. */
  restart(connection: Connection, initiated: 'in' | 'out', nowUs: number): void {
    connection.initiated = initiated
    connection.beginning = this.names?.begin(connection.process, connection.ends, nowUs, nowUs, true)
  }

  /** @param row of a connection. @returns it */
  at(row: number): Connection {
    return this.byRow[row] as Connection
  }

  /** Adds to what it has moved. @param iface in tables.ifaces, or NO_IFACE: not told */
  add(row: number, isTx: boolean, bytes: number, packets: number, iface: number): void {
    this.touch(row)
    this.traffic.add(row, isTx, bytes, packets)
    if (iface !== NO_IFACE) this.iface[row] = iface
  }

  /** Corrects its totals: see Traffic.correct. */
  correct(row: number, isTx: boolean, bytes: number, packets: number): void {
    this.touch(row)
    this.traffic.correct(row, isTx, bytes, packets)
  }

  /** An account that added to it is gone. */
  release(connection: Connection): void {
    connection.accounts--
    this.drop(connection)
  }

  /** Counts for each process its connections with traffic. Before the records of processes are made. */
  countForProcesses(): void {
    const { touched, traffic } = this
    for (const row of touched)
      if (traffic.packets(row) + traffic.bytes(row) > 0) this.at(row).process.connections++
  }

  /** Records of those that were touched, busiest first. */
  records(tsUs: number, seconds: number): ConnectionRecord[] {
    this.touchNamed()
    const connections = this.touched.map(row => this.at(row))
    const records = connections.map(connection => this.record(connection, tsUs, seconds))
    return busiestFirst(connections, this.traffic).map(place => records[place] as ConnectionRecord)
  }

  /** A new interval. @returns flows that found no room in the one that ended */
  endInterval(): number {
    for (const row of this.touched) {
      this.traffic.beginInterval(row)
      this.isTouched[row] = 0
      const connection = this.at(row)
      connection.lastUs = this.nowUs
      this.drop(connection)
    }
    this.touched = []
    const { folded } = this
    this.folded = 0
    return folded
  }

  get isCrowded(): boolean {
    return this.size > MAX_CONNECTIONS / 2
  }

  /** Forgets what nothing has been counted for since `beforeUs`. */
  sweep(beforeUs: number): void {
    for (const connection of this.byRow)
      if (
        connection !== undefined &&
        connection.accounts === 0 &&
        connection.lastUs < beforeUs &&
        this.isTouched[connection.row] === 0 &&
        !this.mayGoOn(connection)
      )
        this.forget(connection)
  }

  /** Its socket is open: it stays, with its totals, however long it rests, while there is room. */
  private mayGoOn({ ends, endsKey: key }: Connection): boolean {
    return ends.proto === 'tcp' && !this.isCrowded && this.sockets.isOpen(key)
  }

  private record(connection: Connection, tsUs: number, seconds: number): ConnectionRecord {
    const iface = this.iface[connection.row] as number
    if (iface !== NO_IFACE) connection.iface = this.ifaces.get(iface)
    if (connection.facts === undefined || connection.facts.isOver)
      connection.facts = this.sockets.factsOf(connection.endsKey)
    const record = connection.record(this.traffic, tsUs, seconds)
    this.names?.label(record, connection.ends, connection.beginning)
    this.noteName(connection, record)
    return record
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
      if (name === 'known') this.touch(connection.row)
      else this.drop(connection)
    }
  }

  private touch(row: number): void {
    if (this.isTouched[row] !== 0) return
    this.isTouched[row] = 1
    this.touched.push(row)
  }

  private find(process: ProcessAccount, key: string): Connection | undefined {
    let connection = this.byEnds.get(key)
    while (connection !== undefined && connection.process !== process) connection = connection.next
    return connection
  }

  /** Takes it out of the list of those between its ends. */
  private unlink(connection: Connection): void {
    const { endsKey: key, next } = connection
    const first = this.byEnds.get(key)
    if (first !== connection) {
      let before = first
      while (before !== undefined && before.next !== connection) before = before.next
      if (before !== undefined) before.next = next
    } else if (next !== undefined) this.byEnds.set(key, next)
    else this.byEnds.delete(key)
  }

  private forget(connection: Connection): void {
    const { row } = connection
    this.unlink(connection)
    this.size--
    this.nameless.delete(connection)
    this.byRow[row] = undefined
    this.traffic.release(row)
  }

  /** Forgets the connection when nothing adds to it any more, but not before its record is written. */
  private drop(connection: Connection): void {
    const { accounts, isCounted, row } = connection
    if (accounts > 0 || isCounted || this.isTouched[row] !== 0 || this.nameless.has(connection)) return
    if (!this.mayGoOn(connection)) this.forget(connection)
  }
}
