// What rows are ordered by where they are ordered by rate: the rate of the last seconds, and moved only when that has changed
// by much. Rates that waver do not make rows change places; the figures that are shown stay those of the last interval.

/** Seconds after which half of the way to another rate is gone. */
const HALF_LIFE = 1
/** A row is put elsewhere when its rate is by this share away from where it was put last. */
const TOLERANCE = 0.25
/** Seconds after which silence is no pause any more: the row goes to those that move nothing. */
const SILENCE = 3

export class CalmRate {
  /** Bytes per second, to order by. */
  rx = 0
  tx = 0
  both = 0
  private smoothRx = 0
  private smoothTx = 0
  private silent = Infinity

  /** The rates of an interval, bytes per second. */
  add(seconds: number, rx: number, tx: number): void {
    const isBack = this.silent > SILENCE
    this.silent = rx + tx > 0 ? 0 : this.silent + seconds
    const weight = isBack || this.silent > SILENCE ? 1 : 1 - 0.5 ** (seconds / HALF_LIFE)
    this.smoothRx += (rx - this.smoothRx) * weight
    this.smoothTx += (tx - this.smoothTx) * weight
    this.rx = placed(this.rx, this.smoothRx)
    this.tx = placed(this.tx, this.smoothTx)
    this.both = placed(this.both, this.smoothRx + this.smoothTx)
  }

  /** Nothing more will come for now: no waiting whether it is only a pause. */
  rest(): void {
    this.rx = this.tx = this.both = this.smoothRx = this.smoothTx = 0
    this.silent = Infinity
  }

  copy(): CalmRate {
    return Object.assign(new CalmRate(), this)
  }
}

function placed(before: number, rate: number): number {
  // Less than a byte a second is nothing: what has stopped comes to rest.
  if (rate < 1) return 0
  return Math.abs(rate - before) > TOLERANCE * before ? rate : before
}
