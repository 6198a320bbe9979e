// What a run comes to: totals of each process, and the remotes of what nobody could be named for, collected from the
// rollups as they come.

import type { ConnectionRecord, NetoprocRecord, ProcessRecord } from '../record/generated/types.ts'
import { processKey } from './process-key.ts'
import { RowFilter } from './row-filter.ts'

const counters = ['rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets'] as const

export const sortKeys = ['traffic', 'pid', 'name', 'connections'] as const

export class Snapshot {
  private readonly processes = new Map<string, ProcessRecord>()
  private readonly remotes = new Map<string, ConnectionRecord>()
  private readonly matching = new Set<string>()
  private carried = 0
  private boot: string | undefined
  /** How often the records were of another boot than before: with that pids are other processes. */
  private boots = 0
  private readonly filter: RowFilter | undefined

  constructor(filter: string | undefined) {
    this.filter = filter === undefined ? undefined : new RowFilter(filter)
  }

  add(record: NetoprocRecord): void {
    if (record.type === 'hello') {
      if (record.boot_id !== this.boot) this.boots++
      this.boot = record.boot_id
    } else if (record.type === 'interval') this.carried += record.carried_bytes ?? 0
    else if (record.type === 'process') sum(this.processes, this.keyOf(record), record)
    else if (record.type === 'connection') {
      const isShown = this.filter === undefined || this.filter.connection(record)
      if (this.filter !== undefined && isShown) this.matching.add(this.keyOf(record))
      if (record.pid === null && isShown)
        sum(
          this.remotes,
          `${record.proto} ${record.remote_ip} ${record.remote_port} ${record.reason}`,
          record,
        )
    }
  }

  /** Rows in order: by a sort key, or by a column, largest or first first. */
  rows(sort: string): ProcessRecord[] {
    const rows: ProcessRecord[] = []
    for (const [key, row] of this.processes)
      if (this.filter === undefined || this.filter.process(row) || this.matching.has(key)) rows.push(row)
    return rows.sort((a, b) => order(sort, a, b) || traffic(b) - traffic(a) || (a.pid ?? -1) - (b.pid ?? -1))
  }

  private keyOf(record: ProcessRecord | ConnectionRecord): string {
    return `${this.boots} ${processKey(record)}`
  }

  /** Nothing has moved anything, whatever is shown of it. */
  get isEmpty(): boolean {
    return this.processes.size === 0
  }

  /** Bytes that are counted twice, since they carry packets of tunnels that are counted as well. */
  get carriedBytes(): number {
    return this.carried
  }

  /** Remotes of unknown traffic, most bytes first. */
  unknownRemotes(): ConnectionRecord[] {
    return [...this.remotes.values()].sort(
      (a, b) => traffic(b) - traffic(a) || (a.remote_ip < b.remote_ip ? -1 : 1),
    )
  }
}

function sum<T extends ProcessRecord | ConnectionRecord>(rows: Map<string, T>, key: string, record: T): void {
  const known = rows.get(key)
  if (known === undefined) rows.set(key, { ...record })
  else {
    const before = { ...known }
    Object.assign(known, record)
    for (const name of counters) known[name] = before[name] + record[name]
  }
}

function traffic(row: { rx_bytes: number; tx_bytes: number }): number {
  return row.rx_bytes + row.tx_bytes
}

function order(sort: string, a: ProcessRecord, b: ProcessRecord): number {
  if (sort === 'traffic') return traffic(b) - traffic(a)
  if (sort === 'pid') return (a.pid ?? Infinity) - (b.pid ?? Infinity)
  if (sort === 'name') return a.process < b.process ? -1 : a.process > b.process ? 1 : 0
  const [x, y] = [a[sort], b[sort]]
  if (typeof x === 'number' && typeof y === 'number') return y - x
  return String(x) < String(y) ? -1 : String(x) > String(y) ? 1 : 0
}
