// Connections that have begun lately, with what was known then of whom they reach. The answer that a connection came of may be
// told after it: counters of sockets, packets and their owners reach this stage by ways of their own. So what is known is looked
// for again when an answer comes that is older than a connection to its address.

import { RecentMap } from '../recent-map.ts'
import type { LookedUp, NameBook, Talker } from './name-book.ts'

/** Addresses, and connections to one of them. */
const MAX_ADDRESSES = 1 << 10
const MAX_EACH = 64
/** An answer comes later than what came of it by no more than this. */
const LATE_US = 5_000_000

/** A connection as it begins. */
export class Beginning {
  readonly address: string
  readonly talker: Talker
  /** It began in between. */
  readonly earliestUs: number
  readonly latestUs: number
  /** What was known at that time. */
  lookedUp: LookedUp | undefined

  constructor(address: string, talker: Talker, latestUs: number, earliestUs: number) {
    this.address = address
    this.talker = talker
    this.earliestUs = earliestUs
    this.latestUs = latestUs
  }
}

export class Beginnings {
  private readonly book: NameBook
  private readonly recent = new RecentMap<string, Beginning[]>(MAX_ADDRESSES)
  private newestUs = -Infinity

  constructor(book: NameBook) {
    this.book = book
  }

  /** Finds what is known, now and when more of that time becomes known. */
  add(beginning: Beginning): void {
    const { address, latestUs } = beginning
    this.find(beginning)
    this.newestUs = Math.max(this.newestUs, latestUs)
    const recent = (this.recent.get(address) ?? []).filter(other => other.latestUs >= latestUs - LATE_US)
    if (recent.length === MAX_EACH) recent.shift()
    recent.push(beginning)
    this.recent.set(address, recent)
  }

  /** Something of these addresses was learnt, that was so at `tsUs`. */
  revise(addresses: readonly string[], tsUs: number): void {
    if (tsUs > this.newestUs) return
    for (const address of addresses)
      for (const beginning of this.recent.get(address) ?? [])
        if (beginning.latestUs >= tsUs && beginning.latestUs <= tsUs + LATE_US) this.find(beginning)
  }

  private find(beginning: Beginning): void {
    const { address, talker, latestUs, earliestUs } = beginning
    beginning.lookedUp = this.book.find(address, talker, latestUs, earliestUs)
  }
}
