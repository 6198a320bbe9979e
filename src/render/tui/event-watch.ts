// Which records are events: a method that is not the best, losses, failures of resolvers, interfaces that come and go, traffic
// without an owner, figures that come late. Time is that of the records.

import type {
  HelloRecord,
  IntervalRecord,
  NetoprocRecord,
  ResolverRecord,
} from '../../record/generated/types.ts'
import { Episode } from './episode.ts'
import type { EventLog } from './event-log.ts'
import { InterfaceWatch } from './interface-watch.ts'
import { counted } from './views/facts.ts'
import { percent, shortBytes, shortCount } from './units.ts'

/** Seconds after which a loss, a failure or a delay is over. */
const LOSS_PAUSE = 10
const FAILURE_PAUSE = 60
const MOST_REASONS = 16
const MOST_RESOLVERS = 64
/** Traffic without an owner is an event from this share on, until it is below the other; of the last seconds, roughly. */
const UNKNOWN_FROM = 0.2
const UNKNOWN_UNTIL = 0.1
const UNKNOWN_HALF_LIFE = 5
/** Bytes; of less a share says little. */
const UNKNOWN_LEAST = 64 * 1024
/** Seconds by which an interval comes later than the others did. */
const LATE = 3

const losses = [
  ['dropped', (count: number) => `${counted(count, 'packet')} lost`],
  ['malformed', (count: number) => `${counted(count, 'line')} could not be read`],
  [
    'folded_flows',
    (count: number) => `${counted(count, 'flow')} without room for a line: counted for the process`,
  ],
] as const

interface Failures {
  readonly episode: Episode
  before: ResolverRecord | undefined
  latest: ResolverRecord | undefined
}

export class EventWatch {
  private readonly log: EventLog
  private readonly interfaces: InterfaceWatch
  private readonly losses: Array<{ readonly episode: Episode; sum: number }>
  private readonly resolvers = new Map<string, Failures>()
  private readonly unknown: Episode
  private readonly late: Episode
  /** Fading sums, and those since the share became high. */
  private fading = { all: 0, unknown: 0 }
  private high: { all: number; unknown: number; readonly by: Map<string, number> } | undefined
  private method: string | undefined
  private reasons: ReadonlySet<string> = new Set()
  private now = 0
  private leastLag = Infinity
  private mostLate = 0
  private isEnded = false

  constructor(log: EventLog) {
    this.log = log
    this.interfaces = new InterfaceWatch(log)
    this.losses = losses.map(([field]) => ({ episode: new Episode(log, field, LOSS_PAUSE), sum: 0 }))
    this.unknown = new Episode(log, 'unknown', LOSS_PAUSE)
    this.late = new Episode(log, 'late', LOSS_PAUSE)
  }

  take(record: NetoprocRecord): void {
    if (record.type === 'interface') this.interfaces.take(record)
    else if (record.type === 'resolver') this.resolver(record)
    else if (record.type === 'interval') this.interval(record)
    else if (record.type === 'hello') this.hello(record)
    else if (record.type === 'stats' && record.final === true && !this.isEnded) {
      this.isEnded = true
      const reason = record.reason ?? 'eof'
      this.log.tell(this.now, `end of the records: ${reason}`, reason === 'error')
    }
  }

  /** A line of diagnostics. */
  warning(text: string): void {
    this.log.tell(this.now, text, true)
  }

  /** The clock when the newest interval had come. @param seconds since the epoch */
  arrived(seconds: number): void {
    // A recording comes at the pace that the user likes.
    if (this.method === undefined || this.method === 'file') return
    const lag = seconds - this.now
    this.leastLag = Math.min(this.leastLag, lag)
    const late = lag - this.leastLag
    if (late < LATE) return this.late.pass(this.now)
    this.mostLate = this.late.isGoingOn(this.now) ? Math.max(this.mostLate, late) : late
    const most = this.mostLate
    this.late.tell(this.now, 0, () => `figures came up to ${most.toFixed(1)} s later than before`)
  }

  private hello(record: HelloRecord): void {
    const { method, ts } = record
    // A recording is as it was counted.
    if (method !== 'file') {
      this.now = Math.max(this.now, ts)
      this.counting(ts, method)
      this.degraded(ts, record.degraded)
    }
    this.method = method
  }

  private counting(ts: number, method: string): void {
    if (method === this.method) return
    this.log.tell(
      ts,
      `counting by ${method}${this.method === undefined ? '' : `, before by ${this.method}`}`,
      false,
    )
    this.method = method
  }

  private degraded(ts: number, all: readonly string[]): void {
    const reasons = new Set(all.slice(0, MOST_REASONS))
    for (const reason of reasons) if (!this.reasons.has(reason)) this.log.tell(ts, reason, true)
    for (const reason of this.reasons)
      if (!reasons.has(reason)) this.log.tell(ts, `no longer: ${reason}`, false)
    this.reasons = reasons
  }

  private interval(record: IntervalRecord): void {
    const { ts, interval } = record
    this.now = ts
    this.counting(ts, record.method)
    this.degraded(ts, record.degraded)
    losses.forEach(([field, words], i) => {
      const loss = this.losses[i] as (typeof this.losses)[number]
      const count = record[field] ?? 0
      if (count === 0) return loss.episode.pass(ts)
      if (!loss.episode.isGoingOn(ts)) loss.sum = 0
      const sum = (loss.sum += count)
      loss.episode.tell(ts, interval, (seconds, isOver) => {
        const end = isOver ? ', none since' : ' so far'
        return `${words(sum)} in ${Number(seconds.toFixed(1))} s${end}`
      })
    })
    for (const { episode } of this.resolvers.values()) episode.pass(ts)
    this.share(record)
    this.interfaces.interval(ts, this.method === 'file')
  }

  private resolver(record: ResolverRecord): void {
    const { ts, server, iface } = record
    const key = `resolver ${server} ${iface ?? ''}`
    const known = this.resolvers.get(key) ?? {
      episode: new Episode(this.log, key, FAILURE_PAUSE),
      before: undefined,
      latest: undefined,
    }
    // Those that were told of last are watched.
    this.resolvers.delete(key)
    this.resolvers.set(key, known)
    if (this.resolvers.size > MOST_RESOLVERS)
      this.resolvers.delete(this.resolvers.keys().next().value as string)
    const isNew = failuresOf(record) > (known.latest === undefined ? 0 : failuresOf(known.latest))
    if (isNew) {
      if (!known.episode.isGoingOn(ts)) known.before = known.latest
      const { before } = known
      const since = (field: 'timeout_count' | 'servfail_count' | 'refused_count' | 'query_count') =>
        (record[field] ?? 0) - (before?.[field] ?? 0)
      const kinds = [
        [since('timeout_count'), 'without an answer'],
        [since('servfail_count'), 'SERVFAIL'],
        [since('refused_count'), 'REFUSED'],
      ] as const
      const told = kinds.filter(([count]) => count > 0).map(([count, what]) => `${shortCount(count)} ${what}`)
      const text = `resolver ${server}: of ${counted(since('query_count'), 'question')} ${told.join(', ')}`
      known.episode.tell(ts, 0, () => text)
    }
    known.latest = record
  }

  /** Traffic without an owner. */
  private share(record: IntervalRecord): void {
    const { ts, interval, attributed_bytes, unknown_bytes, late_bytes = 0 } = record
    const fade = 0.5 ** (interval / UNKNOWN_HALF_LIFE)
    const all = attributed_bytes + unknown_bytes
    // What was unknown at first and is owned now.
    const unknown = Math.max(0, unknown_bytes - late_bytes)
    const { fading } = this
    fading.all = fading.all * fade + all
    fading.unknown = fading.unknown * fade + unknown
    const share = fading.all > 0 ? fading.unknown / fading.all : 0
    const isHigh =
      this.high === undefined
        ? share >= UNKNOWN_FROM && fading.unknown >= UNKNOWN_LEAST
        : share >= UNKNOWN_UNTIL && all > 0
    this.unknown.pass(ts)
    if (!isHigh && !this.unknown.isGoingOn(ts)) {
      this.high = undefined
      return
    }
    const high = (this.high ??= { all: 0, unknown: 0, by: new Map() })
    high.all += all
    high.unknown += unknown
    for (const [reason, bytes] of Object.entries(record.unknown_by_reason).slice(0, MOST_REASONS))
      if (high.by.has(reason) || high.by.size < MOST_REASONS)
        high.by.set(reason, (high.by.get(reason) ?? 0) + bytes)
    if (!isHigh) return
    const most = [...high.by].sort((a, b) => b[1] - a[1])[0]?.[0]
    const text = `without an owner: ${percent(high.unknown / high.all)} of ${shortBytes(high.all)}`
    this.unknown.tell(ts, interval, seconds => {
      const why = most === undefined ? '' : `, most of it ${most}`
      return `${text} in ${Number(seconds.toFixed(1))} s${why}`
    })
  }
}

function failuresOf({ timeout_count = 0, servfail_count = 0, refused_count = 0 }: ResolverRecord): number {
  return timeout_count + servfail_count + refused_count
}
