// A recording in its own time: intervals are held until the clock has come as far as it had when they were recorded,
// faster or slower as the user wishes. Before the screen in the chain; while it holds enough the source waits.

import { RecordBatch, type SideRecord, type Tables } from '../../record/record-batch.ts'
import type { Stage } from '../../record/stage.ts'

/** Intervals that are held before the source is asked to wait. */
const MOST_HELD = 64
/** A silence longer than this many seconds is not waited for. */
const LONGEST_SILENCE = 30

interface Group {
  /** End of the interval, seconds since the epoch. */
  readonly ts: number
  readonly records: SideRecord[]
}

export class Replay implements Stage {
  private readonly next: Stage
  private readonly out: RecordBatch
  private readonly wake: () => void
  private readonly held: Group[] = []
  private open: SideRecord[] = []
  /** Time of the recording at the wall clock's `anchorUs`. */
  private position: number | undefined
  private anchorUs = 0
  private speed = 1
  private isPaused = false
  private isClosed = false
  private isDone = false
  private waiting: Array<() => void> = []

  /** @param wake something is held that was not: call flush */
  constructor(next: Stage, tables: Tables, wake: () => void) {
    this.next = next
    this.out = new RecordBatch(tables, 0)
    this.wake = wake
  }

  push(batch: RecordBatch): void {
    for (const record of batch.side) {
      this.open.push(record)
      // Before the first interval there is no time to keep: what the source is must be known at once.
      if (record.type === 'hello') this.release(this.open.splice(0))
      if (record.type !== 'interval') continue
      this.held.push({ ts: record.ts, records: this.open })
      this.open = []
    }
    this.wake()
  }

  flush(nowUs: number): number {
    this.move(nowUs)
    for (let group = this.held[0]; group !== undefined && this.isPaused === false; group = this.held[0]) {
      this.position ??= group.ts
      if (group.ts - this.position > LONGEST_SILENCE) this.position = group.ts - 1
      if (group.ts > this.position) break
      this.held.shift()
      this.release(group.records)
    }
    if (this.held.length < MOST_HELD) for (const wake of this.waiting.splice(0)) wake()
    if (this.isClosed && this.held.length === 0 && !this.isDone) this.finish()
    return Math.min(this.next.flush(nowUs), this.dueUs(nowUs))
  }

  close(): void {
    this.isClosed = true
    this.wake()
  }

  /** Undefined, or a promise to await before more is pushed. */
  ready(): Promise<void> | undefined {
    if (this.held.length < MOST_HELD) return undefined
    return new Promise(resolve => this.waiting.push(resolve))
  }

  /** Seconds of the recording in one second; paused or not. */
  setPace(speed: number, isPaused: boolean, nowUs: number): void {
    if (speed === this.speed && isPaused === this.isPaused) return
    this.move(nowUs)
    this.speed = speed
    this.isPaused = isPaused
    this.wake()
  }

  private move(nowUs: number): void {
    const newest = this.held.at(-1)?.ts
    if (this.position !== undefined && newest !== undefined && !this.isPaused && nowUs > this.anchorUs)
      this.position = Math.min(newest, this.position + ((nowUs - this.anchorUs) / 1e6) * this.speed)
    this.anchorUs = nowUs
  }

  private dueUs(nowUs: number): number {
    const group = this.held[0]
    if (group === undefined || this.isPaused || this.position === undefined) return Infinity
    return nowUs + ((group.ts - this.position) / this.speed) * 1e6
  }

  private release(records: readonly SideRecord[]): void {
    for (const record of records) this.out.append(record)
    this.next.push(this.out)
    this.out.clear()
  }

  private finish(): void {
    this.isDone = true
    this.release(this.open)
    this.next.close()
  }
}
