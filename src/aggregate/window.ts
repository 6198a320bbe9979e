// Which interval is open. Intervals begin at whole multiples of their length since the epoch, in the time of the records, so
// that a recording gives the same sums at any reading speed, and two hosts' intervals lie side by side.
//
// Counters that are read late, by a program that had to wait, tell of all the time since the last reading: then the interval is
// as many times as long.
//
// One interval is open at a time. A packet of a later interval closes it; one that comes late (out of order) is counted in
// the open one, so that nothing is lost. When the time of the records goes back by more than that (a clock that was set, two
// files joined) the interval is closed and the time starts again.

/** A packet older than the open interval by at most this is late; by more, the clock was set back. */
const LATE_US = 2_000_000
/** Times beyond are damage: exact integers end here. */
const MAX_US = 2 ** 53 - 1
/** So many intervals without anything are written out; a longer gap (a suspended host, a sparse recording) is left out. */
export const MAX_EMPTY = 60

export class Window {
  readonly lengthUs: number
  readonly isTotal: boolean
  isOpen = false
  startUs = 0
  endUs = 0
  /** A row of before fromUs, or of untilUs or later, is not of this interval. NaN, which nothing compares with: no bound. */
  fromUs = NaN
  untilUs = NaN
  /** Something was counted since it was opened. */
  isUsed = false

  /** @param isTotal one interval from the first record to the last */
  constructor(lengthUs: number, isTotal: boolean) {
    this.lengthUs = Math.max(1, Math.round(lengthUs))
    this.isTotal = isTotal
  }

  /** Opens the interval that `tsUs` is in. */
  open(tsUs: number): void {
    const at = Math.min(Math.max(tsUs, -MAX_US), MAX_US) || 0
    this.isOpen = true
    this.isUsed = false
    if (this.isTotal) {
      this.startUs = this.endUs = at
      return
    }
    this.startUs = Math.floor(at / this.lengthUs) * this.lengthUs
    this.endUs = this.startUs + this.lengthUs
    this.fromUs = this.startUs <= -MAX_US ? NaN : this.startUs - Math.max(this.lengthUs, LATE_US)
    this.untilUs = this.endUs > MAX_US ? NaN : this.endUs
  }

  /** Lets the open interval reach to the end of that of a later time, if that is not too far. */
  stretch(tsUs: number): void {
    const more = Math.floor((tsUs - this.endUs) / this.lengthUs) + 1
    if (more < 1 || more > MAX_EMPTY) return
    this.endUs += more * this.lengthUs
    this.untilUs = this.endUs
  }

  /** The record's time, in a total: it reaches from the first to the last. */
  extend(tsUs: number): void {
    if (this.isTotal && tsUs > this.endUs && tsUs <= MAX_US) this.endUs = tsUs
  }

  /** Whether a time is of a later interval than the open one. */
  isPast(tsUs: number): boolean {
    return tsUs >= this.untilUs
  }

  /** Whether a time is so far before the open interval that the clock must have been set back. */
  isBefore(tsUs: number): boolean {
    return tsUs < this.fromUs
  }

  get seconds(): number {
    return (this.endUs - this.startUs) / 1e6
  }

  /** Empty intervals between the open one and that of `tsUs` that are to be written: 0 to MAX_EMPTY. */
  emptyUntil(tsUs: number): number {
    const count = Math.floor((tsUs - this.endUs) / this.lengthUs)
    return count > 0 && count <= MAX_EMPTY ? count : 0
  }
}
