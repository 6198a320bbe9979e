// --filter for records that go on as records: process, connection and DNS question rows that do not match are left out.

import type { NetoprocRecord } from '../record/generated/types.ts'
import { ForeignRecord, RecordBatch, type Tables } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { RowFilter } from './row-filter.ts'

export class FilterStage implements Stage {
  private readonly next: Stage
  private readonly out: RecordBatch
  private readonly filter: RowFilter

  /** @throws NetoprocError usage for a filter that cannot be */
  constructor(next: Stage, tables: Tables, pattern: string) {
    this.next = next
    this.out = new RecordBatch(tables, 0)
    this.filter = new RowFilter(pattern)
  }

  push(batch: RecordBatch): void {
    for (const record of batch.side) {
      if (record instanceof ForeignRecord || this.passes(record)) this.out.append(record)
    }
    this.next.push(this.out)
    this.out.clear()
  }

  private passes(record: NetoprocRecord): boolean {
    if (record.type === 'process') return this.filter.process(record)
    if (record.type === 'connection') return this.filter.connection(record)
    return record.type !== 'dns_query' || this.filter.query(record)
  }

  flush(nowUs: number): number {
    return this.next.flush(nowUs)
  }

  close(): void {
    this.next.close()
  }
}
