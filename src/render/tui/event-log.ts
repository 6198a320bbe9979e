// What happened, in the words of the screen: few lines, each event once. What goes on for a while has one line that tells how it
// stands; what happens again within a minute moves up and is counted.

import { clockTime } from './units.ts'

export interface Event {
  /** When it began, or happened last: seconds since the epoch; 0 where no record had told the time. */
  readonly ts: number
  readonly text: string
  readonly isAlarm: boolean
}

interface Entry {
  readonly ts: number
  readonly first: number
  readonly count: number
  readonly text: string
  readonly isAlarm: boolean
}

const MOST_EVENTS = 64
/** UTF-16 units. */
const LONGEST = 300
/** Seconds within which the same is told once. */
const SAME_WITHIN = 60

export class EventLog {
  /** Oldest first. */
  private entries: Entry[] = []
  /** Of what goes on, by key. */
  private readonly open = new Map<string, Entry>()

  get isEmpty(): boolean {
    return this.entries.length === 0
  }

  /** Something has happened. */
  tell(ts: number, words: string, isAlarm: boolean): void {
    const text = words.slice(0, LONGEST)
    const same = this.entries.findLast(entry => entry.text === text)
    const isAgain = same !== undefined && ts - same.ts < SAME_WITHIN
    if (isAgain) this.entries = this.entries.filter(entry => entry !== same)
    const before = isAgain ? same : { first: ts, count: 0 }
    this.append({ ts, first: before.first, count: before.count + 1, text, isAlarm })
  }

  /** Something that began at `ts` goes on, or is over: its line says how it stands. */
  follow(key: string, ts: number, words: string, isAlarm: boolean): void {
    const entry = { ts, first: ts, count: 1, text: words.slice(0, LONGEST), isAlarm }
    const before = this.open.get(key)
    const at = before === undefined || before.ts !== ts ? -1 : this.entries.indexOf(before)
    if (at < 0) this.append(entry)
    else this.entries[at] = entry
    this.open.set(key, entry)
  }

  /** Nothing more will be told of this one. */
  end(key: string): void {
    this.open.delete(key)
  }

  newest(count: number): Event[] {
    return this.entries
      .slice(-count)
      .reverse()
      .map(({ ts, first, count: times, text, isAlarm }) => ({
        ts,
        text: times === 1 ? text : `${text} (${times} times since ${clockTime(first)})`,
        isAlarm,
      }))
  }

  /** What it tells now, whatever happens later. */
  copy(): EventLog {
    const copy = new EventLog()
    copy.entries = [...this.entries]
    return copy
  }

  private append(entry: Entry): void {
    this.entries.push(entry)
    if (this.entries.length > MOST_EVENTS) this.entries.shift()
  }
}
