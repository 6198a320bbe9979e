// The interfaces of a recording: it tells of none, and what its packets say is all that is known of them.

import type { ConnectionRecord, InterfaceRecord } from '../../record/generated/types.ts'

export class PacketInterfaces {
  private readonly latest = new Map<string, InterfaceRecord>()

  /** Whether the interface is known from here. */
  has(name: string): boolean {
    return this.latest.has(name)
  }

  /**
   * Records of the interfaces on which there was something in the interval.
   * @param isTold the source itself tells of that interface
   */
  rollup(
    connections: Iterable<{ readonly record: ConnectionRecord }>,
    ts: number,
    seconds: number,
    isTold: (name: string) => boolean,
  ): InterfaceRecord[] {
    const sums = new Map<string, { rx: number; tx: number; rxPackets: number; txPackets: number }>()
    for (const { record } of connections) {
      if (record.ts < ts || record.iface === undefined || isTold(record.iface)) continue
      const sum = sums.get(record.iface) ?? { rx: 0, tx: 0, rxPackets: 0, txPackets: 0 }
      sum.rx += record.rx_bytes
      sum.tx += record.tx_bytes
      sum.rxPackets += record.rx_packets
      sum.txPackets += record.tx_packets
      sums.set(record.iface, sum)
    }
    return [...sums].map(([name, sum]) => {
      const before = this.latest.get(name)
      const record: InterfaceRecord = {
        type: 'interface',
        ts,
        interval: seconds,
        name,
        up: true,
        rx_bytes: sum.rx,
        tx_bytes: sum.tx,
        rx_rate: seconds > 0 ? sum.rx / seconds : 0,
        tx_rate: seconds > 0 ? sum.tx / seconds : 0,
        rx_bytes_total: (before?.rx_bytes_total ?? 0) + sum.rx,
        tx_bytes_total: (before?.tx_bytes_total ?? 0) + sum.tx,
        rx_packets_total: (before?.rx_packets_total ?? 0) + sum.rxPackets,
        tx_packets_total: (before?.tx_packets_total ?? 0) + sum.txPackets,
      }
      this.latest.set(name, record)
      return record
    })
  }
}
