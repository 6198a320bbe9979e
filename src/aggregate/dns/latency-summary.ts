// Mean and 95th percentile of latencies in bounded memory: each latency is kept while there are few; then they are counted in
// buckets, each 2 per cent wider than the one before, so that a percentile is right to within 1 per cent.

/** Kept one by one. */
const MOST_SAMPLES = 256
const GROWTH = Math.log(1.02)
/** Up to some 20 s; what takes longer counts as that. */
const BUCKETS = Math.ceil(Math.log(20e6) / GROWTH)

export class LatencySummary {
  private count = 0
  private sumUs = 0
  private samples: number[] = []
  private buckets: Uint32Array | undefined

  add(latencyUs: number): void {
    this.count++
    this.sumUs += latencyUs
    if (this.buckets === undefined && this.samples.length < MOST_SAMPLES) {
      this.samples.push(latencyUs)
      return
    }
    if (this.buckets === undefined) {
      this.buckets = new Uint32Array(BUCKETS)
      for (const sample of this.samples.splice(0)) countIn(this.buckets, sample)
    }
    countIn(this.buckets, latencyUs)
  }

  /** Null before the first. */
  get meanUs(): number | null {
    return this.count === 0 ? null : this.sumUs / this.count
  }

  /** The least latency that at least 95 per cent do not exceed (nearest rank). Null before the first. */
  get p95Us(): number | null {
    if (this.count === 0) return null
    const rank = Math.ceil(0.95 * this.count)
    if (this.buckets === undefined) return [...this.samples].sort((a, b) => a - b)[rank - 1] as number
    let seen = 0
    let bucket = 0
    while (bucket < BUCKETS - 1 && (seen += this.buckets[bucket] as number) < rank) bucket++
    return Math.exp((bucket + 0.5) * GROWTH)
  }
}

function countIn(buckets: Uint32Array, latencyUs: number): void {
  const bucket = Math.min(BUCKETS - 1, Math.floor(Math.log(Math.max(1, latencyUs)) / GROWTH))
  ;(buckets[bucket] as number)++
}
