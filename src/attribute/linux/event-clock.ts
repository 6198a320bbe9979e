// Times of events as packets have them: programs in the kernel read the monotonic clock (clock_gettime(2)), packets carry the
// wall clock. How far they are apart is measured at each reading.

import { CLOCK_MONOTONIC, CLOCK_REALTIME, clockUs } from '../../native/linux/clock.ts'

/** A measurement is as good as this where nobody else ran between its readings, us. */
const GOOD_US = 5
const TRIES = 4

export class EventClock {
  private readonly read: (clock: number) => number
  private offsetUs = -Infinity

  /** @param read us of a clock, for tests */
  constructor(read: (clock: number) => number = clockUs) {
    this.read = read
  }

  /**
   * The wall clock is read between two readings of the monotonic one: the narrower they are, the better it is known. What
   * is known already is kept, unless it is further off than that: then the clock was set.
   */
  measure(): void {
    let width = Infinity
    let offsetUs = 0
    for (let n = 0; n < TRIES && width > GOOD_US; n++) {
      const before = this.read(CLOCK_MONOTONIC)
      const wall = this.read(CLOCK_REALTIME)
      const after = this.read(CLOCK_MONOTONIC)
      if (after - before >= width) continue
      width = after - before
      offsetUs = wall - (before + after) / 2
    }
    if (!(Math.abs(offsetUs - this.offsetUs) <= width)) this.offsetUs = offsetUs
  }

  /** Microseconds since the epoch, to some microseconds. */
  wallUs(monotonicNs: number): number {
    return monotonicNs / 1000 + this.offsetUs
  }
}
