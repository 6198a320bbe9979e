// --filter for records that go on as records: process, connection and DNS question rows that do not match are left out. A process
// stays with any of its connections, as in every other form: its records come before those, so an interval's wait for its end.

import type { NetoprocRecord, ProcessRecord } from '../record/generated/types.ts'
import { ForeignRecord, RecordBatch, type SideRecord, type Tables } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { processKey } from './process-key.ts'
import { RowFilter } from './row-filter.ts'

/** Of a stream without interval records no more is held back. */
const MOST_HELD = 1 << 17

export class FilterStage implements Stage {
  private readonly next: Stage
  private readonly out: RecordBatch
  private readonly filter: RowFilter
  /** From the first process record of an interval on. */
  private held: SideRecord[] = []
  /** Processes with a connection that matches. */
  private readonly matching = new Set<string>()

  /** @throws NetoprocError usage for a filter that cannot be */
  constructor(next: Stage, tables: Tables, pattern: string) {
    this.next = next
    this.out = new RecordBatch(tables, 0)
    this.filter = new RowFilter(pattern)
  }

  push(batch: RecordBatch): void {
    for (const record of batch.side) {
      if (record instanceof ForeignRecord) this.hold(record)
      else this.take(record)
    }
    this.emit()
  }

  flush(nowUs: number): number {
    return this.next.flush(nowUs)
  }

  close(): void {
    this.release()
    this.emit()
    this.next.close()
  }

  private take(record: NetoprocRecord): void {
    if (record.type === 'connection') {
      if (!this.filter.connection(record)) return
      this.matching.add(processKey(record))
    } else if (record.type === 'dns_query' && !this.filter.query(record)) return
    this.hold(record)
    if (record.type === 'interval' || this.held.length > MOST_HELD) this.release()
  }

  private hold(record: SideRecord): void {
    const isProcess = !(record instanceof ForeignRecord) && record.type === 'process'
    if (isProcess || this.held.length > 0) this.held.push(record)
    else this.out.append(record)
  }

  private release(): void {
    for (const record of this.held)
      if (record instanceof ForeignRecord || record.type !== 'process' || this.isShown(record))
        this.out.append(record)
    this.held = []
    this.matching.clear()
  }

  private isShown(record: ProcessRecord): boolean {
    return this.filter.process(record) || this.matching.has(processKey(record))
  }

  private emit(): void {
    if (this.out.isEmpty) return
    this.next.push(this.out)
    this.out.clear()
  }
}
