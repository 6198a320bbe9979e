// When the sockets are looked at: often enough that a packet does not wait long, and never so often that it costs more than
// a part of the time.

import type { SocketSource } from './port.ts'
import type { Looks } from './end-finder.ts'
import type { SocketTable } from './socket-table.ts'

/** All sockets are not looked at more often than this. */
const LOOK_GAP_US = 50_000
/** While there are packets they are looked at this often, to see what has closed or changed hands. */
const LOOK_PERIOD_US = 500_000
/** Where a look takes so long that this would be all there is time for, they are looked at this seldom, at most. */
const LONGEST_LOOK_PERIOD_US = 5_000_000
/** The kernel's news are not taken more often for packets that wait for them. */
const POLL_GAP_US = 10_000
/** After a look, or after taking the kernel's news, so many times as long passes until the next. */
const COST_FACTOR = 10
/** However long it takes to take the kernel's news: a packet does not wait for its owner much longer than this. */
const LONGEST_POLL_GAP_US = 100_000
/** Packets may wait to be read for so long, on a machine that gives us no time, and still find the sockets of their time. */
const LONGEST_LAG_US = 60_000_000

export class SocketLooks implements Looks {
  lookedUs = -Infinity
  polledUs: number
  /** Up to when packets have been read, in their own time: those of later, and their sockets, are still to come. */
  readUs = Infinity
  private readonly source: SocketSource
  private readonly sockets: SocketTable
  private readonly now: () => number
  private nextLookUs = -Infinity
  private nextPollUs = -Infinity

  constructor(source: SocketSource, sockets: SocketTable, now: () => number) {
    this.source = source
    this.sockets = sockets
    this.now = now
    this.polledUs = source.poll === undefined ? Infinity : -Infinity
  }

  get isFirst(): boolean {
    return this.lookedUs === -Infinity
  }

  /** When a packet that waits may have its answer, us. */
  get nextUs(): number {
    if (this.source.poll === undefined) return this.nextLookUs
    return Math.min(this.nextLookUs, Math.max(this.nextPollUs, this.polledUs + POLL_GAP_US))
  }

  /** When it is time for a look without anybody waiting, us. */
  get periodicUs(): number {
    const atMostUs = Math.min(this.nextLookUs, this.lookedUs + LONGEST_LOOK_PERIOD_US)
    return Math.max(this.lookedUs + LOOK_PERIOD_US, atMostUs)
  }

  /**
   * Looks at all sockets, if it is time to.
   * @param wanted a packet waits for it
   * @returns whether it did
   */
  look(nowUs: number, wanted: boolean): boolean {
    const { source, sockets } = this
    if (!this.isFirst) {
      if (source.isRecorded === true) return false
      if (nowUs < (wanted ? this.nextLookUs : this.periodicUs)) return false
    }
    this.takeNews(nowUs)
    sockets.beginLook(nowUs)
    source.scan(sockets, nowUs)
    sockets.forgetClosed(Math.max(Math.min(nowUs, this.readUs), nowUs - LONGEST_LAG_US))
    this.lookedUs = nowUs
    this.nextLookUs = nowUs + Math.max(LOOK_GAP_US, (this.now() - nowUs) * COST_FACTOR)
    return true
  }

  /** For a batch of packets: what was closed before they came is known before they are matched. */
  takeClosed(nowUs: number): void {
    this.source.tellClosed?.(this.sockets, nowUs)
  }

  poll(nowUs: number): boolean {
    if (nowUs === this.polledUs || nowUs < this.nextPollUs) return false
    this.takeNews(nowUs)
    return this.source.poll !== undefined
  }

  private takeNews(nowUs: number): void {
    const { source } = this
    if (source.poll === undefined) return
    const startUs = this.now()
    source.poll(this.sockets, nowUs)
    this.polledUs = nowUs
    const endUs = this.now()
    this.nextPollUs = endUs + Math.min((endUs - startUs) * COST_FACTOR, LONGEST_POLL_GAP_US)
  }
}
