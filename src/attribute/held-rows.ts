// Rows that wait for their owner, and everything behind them, in order.

import { RecordBatch, type Tables } from '../record/record-batch.ts'

/** Rows that come within this time share a batch, and the time at which they may wait no longer. */
const TOGETHER_US = 5000
/** Batches that are kept for use again. */
const SPARE = 4

interface Held {
  readonly batch: RecordBatch
  readonly arrivedUs: number
}

export class HeldRows {
  private readonly tables: Tables
  private readonly queue: Held[] = []
  private readonly spare: RecordBatch[] = []
  private rowCount = 0
  /** First row of the first batch that is still here. */
  first = 0

  constructor(tables: Tables) {
    this.tables = tables
  }

  get isEmpty(): boolean {
    return this.queue.length === 0
  }

  get rows(): number {
    return this.rowCount
  }

  /** The oldest batch and when it came; undefined when nothing is held. */
  get head(): Held | undefined {
    return this.queue[0]
  }

  /** Calls back with the owners and peers of all rows. */
  forEachOwner(visit: (owner: number) => void): void {
    for (const { batch } of this.queue)
      for (let row = 0; row < batch.length; row++) {
        visit(batch.owner[row] as number)
        visit(batch.peer[row] as number)
      }
  }

  /** Copies rows from `from` on, and the records among and behind them. */
  add(source: RecordBatch, from: number, nowUs: number): void {
    const rows = source.length - from
    let held = this.queue.at(-1)
    if (
      held === undefined ||
      nowUs - held.arrivedUs > TOGETHER_US ||
      rows > held.batch.capacity - held.batch.length
    ) {
      held = { batch: this.take(source.capacity), arrivedUs: nowUs }
      this.queue.push(held)
    }
    held.batch.copyRows(source, from, source.length)
    this.rowCount += rows
  }

  /** Rows before `row` of the first batch have been passed on. */
  advance(row: number): void {
    this.rowCount -= row - this.first
    this.first = row
  }

  /** The first batch has been passed on. */
  shift(): void {
    const held = this.queue.shift()
    if (held === undefined) return
    this.rowCount -= held.batch.length - this.first
    this.first = 0
    if (this.spare.length < SPARE) this.spare.push(held.batch)
  }

  private take(capacity: number): RecordBatch {
    const batch = this.spare.pop()
    if (batch === undefined || batch.capacity < capacity) return new RecordBatch(this.tables, capacity)
    batch.clear()
    return batch
  }
}
