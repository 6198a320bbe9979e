// Charges what accounts of packets have counted to processes and connections, and in doing so to the interval's balance.

import { NO_OWNER } from '../record/owner-table.ts'
import {
  DIR_FORWARD,
  DIR_IN,
  DIR_LOCAL,
  DIR_NONE,
  DIR_OUT,
  REASON_CLOSED_BEFORE_SCAN,
  REASON_NO_SOCKET,
  attributionNames,
  dirNames,
  reasonNames,
  type Tables,
} from '../record/record-batch.ts'
import { AccountEnds, otherEnd, ownEnd } from './account-ends.ts'
import { NO_ACCOUNT } from './account-rows.ts'
import { type Balance, NOT_ATTRIBUTED } from './balance.ts'
import type { Carriers } from './carriers.ts'
import { type ConnectionTable, NO_CONNECTION } from './connection-table.ts'
import type { Connection } from './connection.ts'
import { flowEnds } from './ends.ts'
import type { ProcessAccount, ProcessTable } from './process-table.ts'

/** What the rows of an account have in common, beside their flow and owners. */
export interface RowKind {
  readonly dir: number
  readonly attribution: number
  readonly reason: number
}

export class Ledger {
  private readonly tables: Tables
  private readonly processes: ProcessTable
  private readonly connections: ConnectionTable
  private readonly balance: Balance
  private readonly carriers: Carriers
  private readonly ends = new AccountEnds()

  constructor(
    tables: Tables,
    processes: ProcessTable,
    connections: ConnectionTable,
    balance: Balance,
    carriers: Carriers,
  ) {
    this.tables = tables
    this.processes = processes
    this.connections = connections
    this.balance = balance
    this.carriers = carriers
  }

  /**
   * Forwarded packets, and those of a recording that does not tell, are shown as received.
   * @param answers an account of the packets that go the other way, or NO_ACCOUNT
   */
  open(
    account: number,
    answers: number,
    flow: number,
    kind: RowKind,
    owner: number,
    peer: number,
    nowUs: number,
  ): void {
    const { dir } = kind
    const isSource = dir === DIR_OUT || dir === DIR_LOCAL
    this.openEnd(ownEnd(account), answers, flow, kind, owner, isSource, nowUs)
    if (dir === DIR_LOCAL) this.openEnd(otherEnd(account), answers, flow, kind, peer, false, nowUs)
    else this.ends.clear(otherEnd(account))
  }

  close(account: number): void {
    for (const end of [ownEnd(account), otherEnd(account)]) {
      const connection = this.ends.connection[end] as number
      if (connection !== NO_CONNECTION) this.connections.release(this.connections.at(connection))
      this.ends.clear(end)
    }
  }

  charge(account: number, iface: number, bytes: number, packets: number): void {
    const own = ownEnd(account)
    const other = otherEnd(account)
    this.balance.packets += packets
    this.balance.bytes += bytes
    this.chargeEnd(own, iface, bytes, packets)
    if (this.ends.process[other] === undefined) {
      if (!this.carriers.isEmpty && this.isCarrying(own)) this.balance.carriedBytes += bytes
      return
    }
    this.balance.localBytes += bytes
    this.chargeEnd(other, iface, bytes, packets)
  }

  /** The owners of what earlier intervals gave to `from` are known now: moves it in the totals. */
  chargeLate(from: number, to: number, bytes: number, packets: number): void {
    if (bytes === 0 && packets === 0) return
    this.correct(ownEnd(from), ownEnd(to), bytes, packets)
    this.correct(otherEnd(from), otherEnd(to), bytes, packets)
  }

  /** The packet begins a TCP connection. */
  markInitiated(account: number, dir: number, nowUs: number): void {
    if (dir === DIR_FORWARD || dir === DIR_NONE) return
    const { isSource } = this.ends
    this.restart(ownEnd(account), isSource[ownEnd(account)] === 1 ? 'out' : 'in', nowUs)
    this.restart(otherEnd(account), 'in', nowUs)
  }

  /** Whether the end of an account has no owner that may be found yet, as a socket that was not found; other reasons stay. */
  mayBeFound(end: number): boolean {
    const reason = this.ends.reason[end]
    return reason === reasonNames[REASON_NO_SOCKET] || reason === reasonNames[REASON_CLOSED_BEFORE_SCAN]
  }

  private openEnd(
    end: number,
    answers: number,
    flow: number,
    kind: RowKind,
    owner: number,
    isSource: boolean,
    nowUs: number,
  ): void {
    const process = this.processes.ofOwner(owner, this.tables.owners)
    const connection =
      this.answered(answers, process, isSource) ??
      this.connections.of(process, flowEnds(this.tables.flows, flow, isSource), nowUs)
    const isNamed = owner !== NO_OWNER
    const reason = isNamed ? undefined : whyUnknown(kind)
    this.ends.set(end, process, connection?.row ?? NO_CONNECTION, isSource, reason)
    if (connection === undefined) return
    const attribution = attributionNames[kind.attribution]
    connection.accounts++
    // Of a connection's two directions "in" and "out" say nothing.
    if (kind.dir !== DIR_IN && kind.dir !== DIR_OUT) connection.dir = dirNames[kind.dir] ?? null
    connection.attribution = isNamed || attribution === undefined ? attribution : 'none'
    connection.reason = reasonNames.find(name => name !== undefined && name === reason)
  }

  /** The process's connection that the packets which go the other way are of, found without the text of its ends. */
  private answered(answers: number, process: ProcessAccount, isSource: boolean): Connection | undefined {
    if (answers === NO_ACCOUNT) return undefined
    const { ends } = this
    for (let end = ownEnd(answers); end <= otherEnd(answers); end++) {
      const connection = ends.connection[end] as number
      if (
        connection !== NO_CONNECTION &&
        ends.process[end] === process &&
        (ends.isSource[end] === 1) !== isSource
      )
        return this.connections.at(connection)
    }
    return undefined
  }

  private chargeEnd(end: number, iface: number, bytes: number, packets: number): void {
    const { ends, processes } = this
    const process = ends.process[end] as ProcessAccount
    const isSource = ends.isSource[end] === 1
    const connection = ends.connection[end] as number
    this.balance.charge(bytes, ends.reason[end])
    processes.touch(process)
    if (isSource) process.send(bytes, packets)
    else process.receive(bytes, packets)
    if (connection !== NO_CONNECTION) this.connections.add(connection, isSource, bytes, packets, iface)
  }

  private correct(from: number, to: number, bytes: number, packets: number): void {
    const { ends, processes } = this
    const fromProcess = ends.process[from]
    const toProcess = ends.process[to]
    if (fromProcess === undefined || toProcess === undefined || fromProcess === toProcess) return
    this.balance.lateBytes += bytes
    processes.touch(fromProcess)
    processes.touch(toProcess)
    fromProcess.correct(ends.isSource[from] === 1, -bytes, -packets)
    toProcess.correct(ends.isSource[to] === 1, bytes, packets)
    this.correctConnection(from, -bytes, -packets)
    this.correctConnection(to, bytes, packets)
  }

  private correctConnection(end: number, bytes: number, packets: number): void {
    const connection = this.ends.connection[end] as number
    if (connection !== NO_CONNECTION)
      this.connections.correct(connection, this.ends.isSource[end] === 1, bytes, packets)
  }

  private restart(end: number, initiated: 'in' | 'out', nowUs: number): void {
    const connection = this.ends.connection[end] as number
    if (connection !== NO_CONNECTION)
      this.connections.restart(this.connections.at(connection), initiated, nowUs)
  }

  private isCarrying(end: number): boolean {
    const { process, reason, connection } = this.ends
    const row = connection[end] as number
    const proto = row === NO_CONNECTION ? undefined : this.connections.at(row).ends.proto
    return this.carriers.isCarrying(process[end] as ProcessAccount, proto, reason[end])
  }
}

function whyUnknown({ dir, attribution, reason }: RowKind): string {
  const told = reasonNames[reason]
  if (told !== undefined) return told
  if (dir === DIR_FORWARD || dir === DIR_NONE) return 'not_local'
  // Of two ends, a reason is that of the sender; where the receiver alone is unknown, it is for want of a socket.
  return attributionNames[attribution] === undefined ? NOT_ATTRIBUTED : 'no_socket'
}
