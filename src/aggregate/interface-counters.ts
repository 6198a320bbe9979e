// Interfaces: of the totals that the kernel keeps, what came since the last look, over the time between the two looks (looks
// and intervals need not have the same beat). The first look at an interface is where its count begins.

import type { InterfaceRecord } from '../record/generated/types.ts'
import { rate } from './traffic.ts'

const counted = [
  ['rx_bytes_total', 'rx_bytes'],
  ['tx_bytes_total', 'tx_bytes'],
  ['rx_packets_total', 'rx_packets'],
  ['tx_packets_total', 'tx_packets'],
  ['rx_errors', 'rx_errors'],
  ['tx_errors', 'tx_errors'],
  ['rx_dropped', 'rx_dropped'],
  ['tx_dropped', 'tx_dropped'],
] as const
type Counter = (typeof counted)[number][1]

/** A host has some tens of them, and one of containers many that come and go: of more, those that are gone are forgotten. */
const MANY = 1024
const GONE_SECONDS = 60
/** A hostile stream may name any number. */
const MAX_INTERFACES = 1 << 16

interface Interface {
  latest: InterfaceRecord
  /** Start of what `moved` covers, s since the epoch. */
  sinceTs: number
  readonly moved: Map<Counter, number>
  /** Bytes and packets since the first look. */
  readonly totals: Map<Counter, number>
  isTouched: boolean
  /** The next look is the first of its source. */
  beginsAnew: boolean
}

export class InterfaceCounters {
  private readonly interfaces = new Map<string, Interface>()

  /**
   * Another source begins: what has moved until its first look at an interface is nothing that it has seen.
   * @param isOtherBoot its interfaces are others, too, whatever they are called
   */
  begin(isOtherBoot: boolean): void {
    for (const [name, known] of this.interfaces) {
      // In a total what the one before has told is still to be written.
      if (isOtherBoot && known.moved.size === 0) this.interfaces.delete(name)
      else known.beginsAnew = true
    }
  }

  /** Takes a record of capture, with the kernel's totals. */
  take(record: InterfaceRecord): void {
    const known = this.interfaces.get(record.name)
    if (known === undefined) {
      if (this.interfaces.size >= MAX_INTERFACES) return
      this.interfaces.set(record.name, {
        latest: record,
        sinceTs: record.ts,
        moved: new Map(),
        totals: new Map(),
        isTouched: true,
        beginsAnew: false,
      })
      return
    }
    known.isTouched = true
    if (known.beginsAnew) {
      known.beginsAnew = false
      if (known.moved.size === 0) known.sinceTs = record.ts
      known.latest = record
      return
    }
    for (const [from, to] of counted) {
      const now = record[from]
      if (now === undefined) continue
      const before = known.latest[from] ?? 0
      // Less than before: the interface was made anew and began at zero.
      const moved = now >= before ? now - before : now
      known.moved.set(to, (known.moved.get(to) ?? 0) + moved)
      known.totals.set(to, (known.totals.get(to) ?? 0) + moved)
    }
    // What a record does not tell of has not changed, but for who carries a tunnel: nobody any more.
    const { carried_by: _carriedBy, ...before } = known.latest
    known.latest = { ...before, ...record }
  }

  /** Bytes of all interfaces since the last interval, those of loopback once; null when none was looked at. */
  movedBytes(): number | null {
    let bytes: number | null = null
    for (const { latest, moved, isTouched, sinceTs } of this.interfaces.values()) {
      if (!isTouched || sinceTs === latest.ts) continue
      const sent = latest.kind === 'loopback' ? 0 : (moved.get('tx_bytes') ?? 0)
      bytes = (bytes ?? 0) + (moved.get('rx_bytes') ?? 0) + sent
    }
    return bytes
  }

  /** Records of the interfaces that were looked at in the interval, by name; then a new interval. */
  rollup(tsUs: number, seconds: number): InterfaceRecord[] {
    const records: InterfaceRecord[] = []
    const names = [...this.interfaces.keys()].sort((a, b) => (a < b ? -1 : 1))
    for (const name of names) {
      const known = this.interfaces.get(name) as Interface
      if (!known.isTouched) continue
      records.push(this.record(known, tsUs, seconds))
      known.sinceTs = known.latest.ts
      known.moved.clear()
      known.isTouched = false
    }
    if (this.interfaces.size > MANY) this.forgetGone(tsUs / 1e6)
    return records
  }

  private forgetGone(now: number): void {
    for (const [name, { latest }] of this.interfaces)
      if (latest.ts < now - GONE_SECONDS) this.interfaces.delete(name)
  }

  private record(
    { latest, moved, totals, sinceTs }: Interface,
    tsUs: number,
    seconds: number,
  ): InterfaceRecord {
    const covered = latest.ts > sinceTs ? latest.ts - sinceTs : seconds
    const of = (name: Counter) => moved.get(name) ?? 0
    return {
      ...latest,
      ts: tsUs / 1e6,
      interval: Math.round(covered * 1e6) / 1e6,
      ...Object.fromEntries(counted.map(([, name]) => [name, of(name)])),
      rx_rate: rate(of('rx_bytes'), covered),
      tx_rate: rate(of('tx_bytes'), covered),
      rx_bytes_total: totals.get('rx_bytes') ?? 0,
      tx_bytes_total: totals.get('tx_bytes') ?? 0,
      rx_packets_total: totals.get('rx_packets') ?? 0,
      tx_packets_total: totals.get('tx_packets') ?? 0,
    }
  }
}
