// Interfaces that come, go, and change their state. Those of virtual links come and go with containers: these are counted.

import type { InterfaceRecord } from '../../record/generated/types.ts'
import { Episode } from './episode.ts'
import type { EventLog } from './event-log.ts'

const MOST_INTERFACES = 256
/** Looks at the others, one an interval at most, after which one that is not among them is gone. */
const GONE_AFTER = 3
/** Seconds that an interface has been there when it is worth a word that it is down. */
const KNOWN_AFTER = 60
const PAUSE = 60

interface Known {
  readonly since: number
  isUp: boolean
  /** Looks at others since it was last seen. */
  missed: number
  readonly isVirtual: boolean
}

export class InterfaceWatch {
  private readonly log: EventLog
  private readonly known = new Map<string, Known>()
  private readonly virtual: Episode
  private virtualCount = { came: 0, went: 0 }
  /** Those that were there at the start are known. */
  private hasBegun = false
  /** There was a look in the open interval. */
  private hasLooked = false

  constructor(log: EventLog) {
    this.log = log
    this.virtual = new Episode(log, 'virtual', PAUSE, false)
  }

  take({ name, ts, up, kind }: InterfaceRecord): void {
    this.hasLooked = true
    const known = this.known.get(name)
    if (known === undefined) {
      if (this.known.size >= MOST_INTERFACES) return
      const since = this.hasBegun ? ts : -Infinity
      this.known.set(name, { since, isUp: up, missed: 0, isVirtual: kind === 'virtual' })
      if (this.hasBegun) this.change(name, ts, kind === 'virtual', 'came')
      return
    }
    known.missed = 0
    if (up === known.isUp) return
    known.isUp = up
    if (ts - known.since >= KNOWN_AFTER) this.log.tell(ts, `${name} is ${up ? 'up' : 'down'}`, !up)
  }

  /** An interval is over. @param isFile its interfaces are told of when there is something on them */
  interval(ts: number, isFile: boolean): void {
    this.virtual.pass(ts)
    if (!this.hasLooked) return
    this.hasLooked = false
    this.hasBegun = true
    for (const [name, known] of this.known) {
      if (isFile || known.missed++ < GONE_AFTER) continue
      this.known.delete(name)
      this.change(name, ts, known.isVirtual, 'went')
    }
  }

  private change(name: string, ts: number, isVirtual: boolean, what: 'came' | 'went'): void {
    if (!isVirtual) {
      this.log.tell(ts, what === 'came' ? `${name} has come` : `${name} is gone`, what === 'went')
      return
    }
    if (!this.virtual.isGoingOn(ts)) this.virtualCount = { came: 0, went: 0 }
    this.virtualCount[what]++
    const { came, went } = this.virtualCount
    this.virtual.tell(ts, 0, () => `virtual interfaces: ${came} came, ${went} went, last ${name}`)
  }
}
