// Times of events as packets have them: programs in the kernel read the monotonic clock (clock_gettime(2)), packets carry the
// wall clock. How far they are apart is measured at each reading.

import process from 'node:process'

/** Date.now() cuts its milliseconds: the largest of several measurements is the best. More off than this, the clock was set. */
const STEP_US = 2000

export class EventClock {
  private offsetUs = -Infinity

  measure(wallUs = Date.now() * 1000, monotonicNs = process.hrtime.bigint()): void {
    const offsetUs = wallUs - Number(monotonicNs / 1000n)
    if (offsetUs > this.offsetUs || offsetUs < this.offsetUs - STEP_US) this.offsetUs = offsetUs
  }

  /** Microseconds since the epoch, to some 10 us once there have been some measurements. */
  wallUs(monotonicNs: number): number {
    return monotonicNs / 1000 + this.offsetUs
  }
}
