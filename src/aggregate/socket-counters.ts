// Counts by the kernel's counters: socket records that carry what a socket has moved since the last one. One line a socket,
// not one a packet. Traffic between two sockets of this host comes in two records, one of each.

import type { SocketRecord } from '../record/generated/types.ts'
import { NO_IFACE } from '../record/record-batch.ts'
import type { Balance } from './balance.ts'
import type { Carriers } from './carriers.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { Layer, ProcessAccount, ProcessTable } from './process-table.ts'

export class SocketCounters {
  private readonly processes: ProcessTable
  private readonly connections: ConnectionTable
  private readonly balances: Readonly<Record<Layer, Balance>>
  private readonly carriers: Carriers

  constructor(
    processes: ProcessTable,
    connections: ConnectionTable,
    balances: Readonly<Record<Layer, Balance>>,
    carriers: Carriers,
  ) {
    this.processes = processes
    this.connections = connections
    this.balances = balances
    this.carriers = carriers
  }

  /** @param named the record's process; undefined: it names none */
  take(record: SocketRecord, named: ProcessAccount | undefined): void {
    const layer = record.layer ?? 'ip'
    const process = named ?? this.processes.unknown(layer)
    const { rx_bytes = 0, tx_bytes = 0, rx_packets = 0, tx_packets = 0 } = record
    if (rx_bytes > 0 || tx_bytes > 0 || rx_packets > 0 || tx_packets > 0) this.charge(record, process)
    if (record.event === 'close') this.connections.closeSocket(process, record)
  }

  private charge(record: SocketRecord, process: ProcessAccount): void {
    const { rx_bytes = 0, tx_bytes = 0, rx_packets = 0, tx_packets = 0 } = record
    const balance = this.balances[process.layer]
    // A byte between two sockets of this host is the sender's; at its receiver it counts once more.
    const isLocal = record.dir === 'local'
    balance.bytes += isLocal ? tx_bytes : rx_bytes + tx_bytes
    balance.packets += isLocal ? tx_packets : rx_packets + tx_packets
    if (isLocal) balance.localBytes += rx_bytes
    else if (this.carriers.isCarrying(process, record.proto, record.reason))
      balance.carriedBytes += rx_bytes + tx_bytes
    balance.charge(rx_bytes + tx_bytes, process.pid === null ? (record.reason ?? 'no_socket') : undefined)
    this.processes.touch(process)
    process.receive(rx_bytes, rx_packets)
    process.send(tx_bytes, tx_packets)
    const connection = this.connections.ofSocket(process, record)
    if (connection === undefined) return
    this.connections.add(connection.row, false, rx_bytes, rx_packets, NO_IFACE)
    this.connections.add(connection.row, true, tx_bytes, tx_packets, NO_IFACE)
  }
}
