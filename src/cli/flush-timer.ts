// Calls a chain's flush when a stage of it asked to be called: no tick while nothing is due.

import type { Stage } from '../record/stage.ts'
import { nowUs } from './host.ts'

/** Deadlines are met to a few milliseconds; more than one wake-up in this time is not worth it. */
const SHORTEST_MS = 5
/** setTimeout's longest is 2^31 - 1 ms; a chain that wants nothing is asked again after this. */
const LONGEST_MS = 3_600_000

export class FlushTimer {
  private readonly stage: Pick<Stage, 'flush'>
  private timer: NodeJS.Timeout | undefined
  private isStopped = false

  constructor(stage: Pick<Stage, 'flush'>) {
    this.stage = stage
  }

  /** Flushes now, and again when a stage wants it. Call it after a push. */
  flush(): void {
    if (this.isStopped) return
    if (this.timer !== undefined) clearTimeout(this.timer)
    const now = nowUs()
    const due = (this.stage.flush(now) - now) / 1000
    if (due === Infinity) this.timer = undefined
    else this.timer = setTimeout(() => this.flush(), Math.min(Math.max(due, SHORTEST_MS), LONGEST_MS))
  }

  /** For good: who still asks for a flush, an event or a signal under way, asks a chain that is closed. */
  stop(): void {
    this.isStopped = true
    if (this.timer !== undefined) clearTimeout(this.timer)
    this.timer = undefined
  }
}
