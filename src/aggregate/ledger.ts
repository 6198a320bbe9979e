// Charges what accounts of packets have counted to processes and connections, and in doing so to the interval's balance.

import { NO_OWNER } from '../record/owner-table.ts'
import {
  DIR_FORWARD,
  DIR_IN,
  DIR_LOCAL,
  DIR_NONE,
  DIR_OUT,
  NO_IFACE,
  REASON_CLOSED_BEFORE_SCAN,
  REASON_NO_SOCKET,
  attributionNames,
  dirNames,
  reasonNames,
  type Tables,
} from '../record/record-batch.ts'
import { type Balance, NOT_ATTRIBUTED } from './balance.ts'
import type { Carriers } from './carriers.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { Connection } from './connection.ts'
import { flowEnds } from './ends.ts'
import type { ProcessAccount, ProcessTable } from './process-table.ts'

/** What the rows of an account have in common, beside their flow and owners. */
export interface RowKind {
  readonly dir: number
  readonly attribution: number
  readonly reason: number
}

/** One end of a flow that is on this host, or, of forwarded packets, the one they are shown at. */
export interface End {
  readonly process: ProcessAccount
  /** Undefined: there was no room for another connection. */
  readonly connection: Connection | undefined
  /** Its packets are sent here, else received. */
  readonly isSource: boolean
  /** Why it is nobody's; undefined: it is somebody's. */
  readonly reason: string | undefined
}

/** The end that packets are counted at, and for local ones, which count twice, the receiver's. */
export interface EndPair {
  readonly own: End
  readonly other: End | undefined
}

export class Ledger {
  private readonly tables: Tables
  private readonly processes: ProcessTable
  private readonly connections: ConnectionTable
  private readonly balance: Balance
  private readonly carriers: Carriers

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

  /** Forwarded packets, and those of a recording that does not tell, are shown as received. */
  open(flow: number, kind: RowKind, owner: number, peer: number, nowUs: number): EndPair {
    const { dir } = kind
    return {
      own: this.end(flow, kind, owner, dir === DIR_OUT || dir === DIR_LOCAL, nowUs),
      other: dir === DIR_LOCAL ? this.end(flow, kind, peer, false, nowUs) : undefined,
    }
  }

  close({ own, other }: EndPair): void {
    if (own.connection !== undefined) this.connections.release(own.connection)
    if (other?.connection !== undefined) this.connections.release(other.connection)
  }

  charge({ own, other }: EndPair, iface: number, bytes: number, packets: number): void {
    this.balance.packets += packets
    this.balance.bytes += bytes
    this.chargeEnd(own, iface, bytes, packets)
    if (other === undefined) {
      const proto = own.connection?.ends.proto
      if (this.carriers.isCarrying(own.process, proto, own.reason)) this.balance.carriedBytes += bytes
      return
    }
    this.balance.localBytes += bytes
    this.chargeEnd(other, iface, bytes, packets)
  }

  /** The owners of what earlier intervals gave to `from` are known now: moves it in the totals. */
  chargeLate(from: EndPair, to: EndPair, bytes: number, packets: number): void {
    if (bytes === 0 && packets === 0) return
    this.correct(from.own, to.own, bytes, packets)
    if (from.other !== undefined && to.other !== undefined) this.correct(from.other, to.other, bytes, packets)
  }

  /** The packet begins a TCP connection. */
  markInitiated({ own, other }: EndPair, dir: number, nowUs: number): void {
    if (dir === DIR_FORWARD || dir === DIR_NONE) return
    if (own.connection !== undefined)
      this.connections.restart(own.connection, own.isSource ? 'out' : 'in', nowUs)
    if (other?.connection !== undefined) this.connections.restart(other.connection, 'in', nowUs)
  }

  private end(flow: number, kind: RowKind, owner: number, isSource: boolean, nowUs: number): End {
    const process = this.processes.ofOwner(owner, this.tables.owners)
    const connection = this.connections.of(process, flowEnds(this.tables.flows, flow, isSource), nowUs)
    const isNamed = owner !== NO_OWNER
    const reason = isNamed ? undefined : whyUnknown(kind)
    if (connection !== undefined) {
      const attribution = attributionNames[kind.attribution]
      connection.accounts++
      // Of a connection's two directions "in" and "out" say nothing.
      if (kind.dir !== DIR_IN && kind.dir !== DIR_OUT) connection.dir = dirNames[kind.dir] ?? null
      connection.attribution = isNamed || attribution === undefined ? attribution : 'none'
      connection.reason = reasonNames.find(name => name !== undefined && name === reason)
    }
    return { process, connection, isSource, reason }
  }

  private chargeEnd(
    { process, connection, isSource, reason }: End,
    iface: number,
    bytes: number,
    packets: number,
  ): void {
    this.balance.charge(bytes, reason)
    this.processes.touch(process)
    if (isSource) process.send(bytes, packets)
    else process.receive(bytes, packets)
    if (connection === undefined) return
    this.connections.touch(connection)
    if (isSource) connection.send(bytes, packets)
    else connection.receive(bytes, packets)
    if (iface !== NO_IFACE) connection.iface = this.tables.ifaces.get(iface)
  }

  private correct(from: End, to: End, bytes: number, packets: number): void {
    if (from.process === to.process) return
    this.balance.lateBytes += bytes
    this.processes.touch(from.process)
    this.processes.touch(to.process)
    from.process.correct(from.isSource, -bytes, -packets)
    to.process.correct(to.isSource, bytes, packets)
    if (from.connection !== undefined) {
      this.connections.touch(from.connection)
      from.connection.correct(from.isSource, -bytes, -packets)
    }
    if (to.connection !== undefined) {
      this.connections.touch(to.connection)
      to.connection.correct(to.isSource, bytes, packets)
    }
  }
}

/** A socket that was not found may be found yet; other reasons stay. */
export function mayBeFound({ reason }: End): boolean {
  return reason === reasonNames[REASON_NO_SOCKET] || reason === reasonNames[REASON_CLOSED_BEFORE_SCAN]
}

function whyUnknown({ dir, attribution, reason }: RowKind): string {
  const told = reasonNames[reason]
  if (told !== undefined) return told
  if (dir === DIR_FORWARD || dir === DIR_NONE) return 'not_local'
  // Of two ends, a reason is that of the sender; where the receiver alone is unknown, it is for want of a socket.
  return attributionNames[attribution] === undefined ? NOT_ATTRIBUTED : 'no_socket'
}
