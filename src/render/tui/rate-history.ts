// Bytes by slot of time (a second, a minute), the last 60: what sparklines and charts are drawn from.

export const SLOTS = 60
/** Rounding of times to microseconds must not put an interval into its neighbour's slot. */
const TOLERANCE = 1e-4

export class RateHistory {
  private readonly slotSeconds: number
  /** Start of slot 0: intervals begin here, so that they and the slots meet. */
  private origin: number
  private readonly rx = new Float64Array(SLOTS)
  private readonly tx = new Float64Array(SLOTS)
  /** Number of the newest slot. */
  private newest = -1

  constructor(slotSeconds: number, origin: number) {
    this.slotSeconds = slotSeconds
    this.origin = origin
  }

  /** Counts the bytes of an interval that ended at `end`, spread evenly over its time. All in seconds. */
  add(end: number, seconds: number, rxBytes: number, txBytes: number): void {
    const { slotSeconds, origin } = this
    const from = (end - seconds - origin) / slotSeconds
    const to = (end - origin) / slotSeconds
    const last = Math.ceil(to - TOLERANCE) - 1
    this.advance(last)
    const length = Math.max(to - from, TOLERANCE)
    for (let slot = Math.max(Math.floor(from + TOLERANCE), this.newest - SLOTS + 1); slot <= last; slot++) {
      const share = length <= TOLERANCE ? 1 : (Math.min(slot + 1, to) - Math.max(slot, from)) / length
      if (slot < 0 || share <= 0) continue
      this.rx[slot % SLOTS] = (this.rx[slot % SLOTS] as number) + rxBytes * share
      this.tx[slot % SLOTS] = (this.tx[slot % SLOTS] as number) + txBytes * share
    }
  }

  /** Bytes per second in the last `count` slots until `now`, oldest first; the slot that is not over by its time so far. */
  rates(now: number, count: number): { rx: number[]; tx: number[] } {
    const position = (now - this.origin) / this.slotSeconds
    const last = Math.ceil(position - TOLERANCE) - 1
    const rx: number[] = []
    const tx: number[] = []
    for (let slot = last - count + 1; slot <= last; slot++) {
      const isKept = slot >= 0 && slot <= this.newest && slot > this.newest - SLOTS
      const seconds = this.slotSeconds * Math.min(1, Math.max(position - slot, TOLERANCE))
      rx.push(isKept ? (this.rx[slot % SLOTS] as number) / seconds : 0)
      tx.push(isKept ? (this.tx[slot % SLOTS] as number) / seconds : 0)
    }
    return { rx, tx }
  }

  /** Bytes of the last `count` slots until `now`. */
  bytes(now: number, count: number): { rx: number; tx: number } {
    const last = Math.ceil((now - this.origin) / this.slotSeconds - TOLERANCE) - 1
    const sum = { rx: 0, tx: 0 }
    for (
      let slot = Math.max(0, last - count + 1, this.newest - SLOTS + 1);
      slot <= Math.min(last, this.newest);
      slot++
    ) {
      sum.rx += this.rx[slot % SLOTS] as number
      sum.tx += this.tx[slot % SLOTS] as number
    }
    return sum
  }

  /** The clock was set back: what was is as long ago as before. */
  shift(seconds: number): void {
    this.origin -= seconds
  }

  copy(): RateHistory {
    const copy = new RateHistory(this.slotSeconds, this.origin)
    copy.rx.set(this.rx)
    copy.tx.set(this.tx)
    copy.newest = this.newest
    return copy
  }

  private advance(slot: number): void {
    if (slot <= this.newest) return
    for (let next = Math.max(this.newest + 1, slot - SLOTS + 1); next <= slot; next++) {
      this.rx[next % SLOTS] = 0
      this.tx[next % SLOTS] = 0
    }
    this.newest = slot
  }
}
