// The kernel's totals of each interface, as differences over an interval. What was counted before the first look is not
// traffic of the first interval.

import type { InterfaceRecord } from '../record/generated/types.ts'

interface Known {
  record: InterfaceRecord
  /** Totals at the end of the interval before. */
  base: InterfaceRecord
}

const totals = ['rx_bytes_total', 'tx_bytes_total', 'rx_packets_total', 'tx_packets_total', 'rx_errors', 'tx_errors', 'rx_dropped', 'tx_dropped'] as const

export class InterfaceCounters {
  private readonly known = new Map<string, Known>()

  /** A record with totals, from capture. */
  add(record: InterfaceRecord): void {
    const known = this.known.get(record.name)
    // Totals that went back: the interface was made anew.
    if (known === undefined || totals.some(name => value(record, name) < value(known.record, name))) {
      this.known.set(record.name, { record, base: record })
    } else known.record = record
  }

  /**
   * Records of the interval, by name, and the bytes of those that see each packet of this host once: not tunnels and
   * bridges, whose packets another interface sees again.
   */
  close(tsUs: number, seconds: number): { records: InterfaceRecord[]; bytes: number | null } {
    const records: InterfaceRecord[] = []
    let bytes = 0
    for (const known of this.known.values()) {
      const { record, base } = known
      const delta = (name: (typeof totals)[number]) => value(record, name) - value(base, name)
      const rx = delta('rx_bytes_total')
      const tx = delta('tx_bytes_total')
      if (record.kind !== 'tunnel' && record.kind !== 'bridge') bytes += rx + tx
      records.push({
        ...record,
        ts: tsUs / 1e6,
        interval: seconds,
        rx_bytes: rx,
        tx_bytes: tx,
        rx_packets: delta('rx_packets_total'),
        tx_packets: delta('tx_packets_total'),
        rx_rate: seconds > 0 ? rx / seconds : 0,
        tx_rate: seconds > 0 ? tx / seconds : 0,
        rx_errors: delta('rx_errors'),
        tx_errors: delta('tx_errors'),
        rx_dropped: delta('rx_dropped'),
        tx_dropped: delta('tx_dropped'),
      })
      known.base = record
    }
    records.sort((a, b) => (a.name < b.name ? -1 : 1))
    return { records, bytes: records.length === 0 ? null : bytes }
  }
}

function value(record: InterfaceRecord, name: (typeof totals)[number]): number {
  return record[name] ?? 0
}
