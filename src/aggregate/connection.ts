// What moved between two ends for one process: the two directions of a connection are two flows, and here they meet.

import type { ConnectionRecord } from '../record/generated/types.ts'
import type { Ends } from './ends.ts'
import type { SocketFacts } from './known-sockets.ts'
import type { Beginning } from './names/beginnings.ts'
import type { ProcessAccount } from './process-table.ts'
import type { TrafficRows } from './traffic-rows.ts'

export class Connection {
  /** In the table's columns; its traffic is there. */
  readonly row: number
  /** endsKey(ends). */
  readonly endsKey: string
  /** Another process's between the same ends. */
  next: Connection | undefined
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

  constructor(row: number, process: ProcessAccount, ends: Ends, endsKey: string) {
    this.row = row
    this.endsKey = endsKey
    this.process = process
    this.ends = ends
  }

  // Field by field: thousands are made at the end of an interval, and spreading costs four times as much.
  record(traffic: TrafficRows, tsUs: number, seconds: number): ConnectionRecord {
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
      rx_bytes: 0,
      tx_bytes: 0,
      rx_packets: 0,
      tx_packets: 0,
      rx_rate: 0,
      tx_rate: 0,
      rx_bytes_total: 0,
      tx_bytes_total: 0,
      rx_packets_total: 0,
      tx_packets_total: 0,
      layer: process.layer,
    }
    traffic.writeTo(record, this.row, seconds)
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
