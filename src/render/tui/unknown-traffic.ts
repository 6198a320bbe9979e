// Traffic of no process, by the reason for which nobody could be named: the one record "unknown" of an interval becomes a
// record for each reason, which together move the same bytes. Where connections do not tell (they were not asked for, or
// found no room), the rest stays "unknown".

import type { ConnectionRecord, ProcessRecord } from '../../record/generated/types.ts'

interface Sums {
  rxBytes: number
  txBytes: number
  rxPackets: number
  txPackets: number
  connections: number
  rxTotal: number
  txTotal: number
}

const nothing = (): Sums => ({
  rxBytes: 0,
  txBytes: 0,
  rxPackets: 0,
  txPackets: 0,
  connections: 0,
  rxTotal: 0,
  txTotal: 0,
})

/** Reason of a connection that has no process: packets that no attribute stage has seen have none. */
export function reasonOf(record: ConnectionRecord): string {
  return record.reason ?? 'not_attributed'
}

export class UnknownTraffic {
  private readonly byReason = new Map<string, Sums>()
  /** End of the interval that the sums are of. */
  private ts = 0

  /** @param before the record that the connection had until now */
  add(record: ConnectionRecord, before: ConnectionRecord | undefined): void {
    if (record.ts !== this.ts) this.begin(record.ts)
    const reason = reasonOf(record)
    const sums = this.byReason.get(reason) ?? nothing()
    this.byReason.set(reason, sums)
    sums.rxBytes += record.rx_bytes
    sums.txBytes += record.tx_bytes
    sums.rxPackets += record.rx_packets
    sums.txPackets += record.tx_packets
    if (record.rx_packets + record.tx_packets > 0) sums.connections++
    // Totals shrink where an owner is found late.
    sums.rxTotal += before === undefined ? record.rx_bytes : record.rx_bytes_total - before.rx_bytes_total
    sums.txTotal += before === undefined ? record.tx_bytes : record.tx_bytes_total - before.tx_bytes_total
  }

  /** The interval's record of no process, by reasons; what no reason accounts for last, and only if there is any. */
  split(
    whole: ProcessRecord,
  ): Array<{ readonly reason: string | undefined; readonly record: ProcessRecord }> {
    if (whole.ts !== this.ts) this.begin(whole.ts)
    const rest = { ...whole }
    const parts = [...this.byReason].map(([reason, sums]) => ({
      reason,
      record: take(rest, sums, `unknown: ${reason}`),
    }))
    if (parts.length > 0 && rest.rx_bytes + rest.tx_bytes + rest.rx_bytes_total + rest.tx_bytes_total === 0)
      return parts
    return [...parts, { reason: undefined, record: rest }]
  }

  /** Nothing has been counted. */
  clear(): void {
    this.byReason.clear()
  }

  private begin(ts: number): void {
    this.ts = ts
    for (const sums of this.byReason.values()) {
      sums.rxBytes = sums.txBytes = sums.rxPackets = sums.txPackets = sums.connections = 0
    }
  }
}

/** A part of the record, which is taken out of it; never more than there is. */
function take(rest: ProcessRecord, sums: Sums, process: string): ProcessRecord {
  const part = (of: keyof ProcessRecord, wanted: number) => {
    const there = rest[of] as number
    const taken = Math.max(0, Math.min(there, wanted))
    Object.assign(rest, { [of]: there - taken })
    return taken
  }
  const seconds = rest.interval
  const rx_bytes = part('rx_bytes', sums.rxBytes)
  const tx_bytes = part('tx_bytes', sums.txBytes)
  const rate = (bytes: number) => (seconds > 0 ? bytes / seconds : 0)
  const record = {
    ...rest,
    process,
    rx_bytes,
    tx_bytes,
    rx_packets: part('rx_packets', sums.rxPackets),
    tx_packets: part('tx_packets', sums.txPackets),
    rx_rate: rate(rx_bytes),
    tx_rate: rate(tx_bytes),
    rx_bytes_total: part('rx_bytes_total', sums.rxTotal),
    tx_bytes_total: part('tx_bytes_total', sums.txTotal),
    connections: part('connections', sums.connections),
  }
  rest.rx_rate = rate(rest.rx_bytes)
  rest.tx_rate = rate(rest.tx_bytes)
  return record
}
