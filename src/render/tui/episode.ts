// Something that comes and goes: while the pauses in it are short it is one thing, which is told in one line.

import type { EventLog } from './event-log.ts'

export class Episode {
  private readonly log: EventLog
  private readonly key: string
  /** Seconds of silence after which it is over. */
  private readonly pause: number
  private readonly isAlarm: boolean
  private began = 0
  private last = 0
  private isOpen = false
  private words: (seconds: number, isOver: boolean) => string = () => ''

  constructor(log: EventLog, key: string, pause: number, isAlarm = true) {
    this.log = log
    this.key = key
    this.pause = pause
    this.isAlarm = isAlarm
  }

  /** Whether what happens now is part of it: else it begins anew. */
  isGoingOn(ts: number): boolean {
    // A clock that was set back ends it, too.
    return this.isOpen && Math.abs(ts - this.last) <= this.pause
  }

  /** @param words of how it stands, after so many seconds from its begin to the last time that it was seen */
  tell(ts: number, seconds: number, words: (seconds: number, isOver: boolean) => string): void {
    if (!this.isGoingOn(ts)) this.began = ts - seconds
    this.isOpen = true
    this.last = ts
    this.words = words
    this.log.follow(this.key, this.began, words(ts - this.began, false), this.isAlarm)
  }

  /** Time has passed. */
  pass(ts: number): void {
    if (!this.isOpen || this.isGoingOn(ts)) return
    this.isOpen = false
    this.log.follow(this.key, this.began, this.words(this.last - this.began, true), this.isAlarm)
    this.log.end(this.key)
  }
}
