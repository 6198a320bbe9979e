// Names of this network namespace's interfaces by index, and which are below which: what a socket is bound to, the kernel tells
// by index, and packets have the name of the interface that they pass by.

import { RouteSocket, type Link } from '../../native/linux/rtnetlink.ts'
import { printable } from '../../record/printable.ts'

/** They are not read more often than this. */
const FRESH_US = 1_000_000
/** Bridges, bonds and VLANs are on each other this deep at most. */
const MAX_DEPTH = 8
/** Kinds whose packets pass by the interface that they are on, as they are. (A veth's "link" is its other end.) */
const isOnAnother = new Set(['vlan', 'macvlan', 'macvtap', 'ipvlan', 'ipvtap'])

export class LinkNames {
  private readonly open: () => Pick<RouteSocket, 'links' | 'close'>
  private readonly now: () => number
  private readAtUs = -Infinity
  private byIndex = new Map<number, Link>()
  private indexes = new Map<string, number>()

  constructor(
    open: () => Pick<RouteSocket, 'links' | 'close'> = () => new RouteSocket(),
    now: () => number = () => Date.now() * 1000,
  ) {
    this.open = open
    this.now = now
  }

  /** One that is there no more has the name that ip(8) gives it. */
  nameOf(index: number): string {
    if (!this.byIndex.has(index)) this.refresh()
    const link = this.byIndex.get(index)
    return link === undefined ? `if${index}` : printable(link.name, 256)
  }

  /** 0: there is none. */
  indexOf(name: string): number {
    if (!this.indexes.has(name)) this.refresh()
    return this.indexes.get(name) ?? 0
  }

  /** Whether packets of interface `above` pass by interface `name` as well: its master's, or a VLAN's that is on it. */
  isBelow(name: string, above: string): boolean {
    return this.reaches(this.indexOf(above), this.indexOf(name), MAX_DEPTH)
  }

  private reaches(above: number, below: number, depth: number): boolean {
    if (above === 0 || below === 0 || depth === 0) return false
    if (above === below) return true
    const { kind = '', lower } = this.byIndex.get(above) ?? {}
    if (lower !== undefined && isOnAnother.has(kind) && this.reaches(lower, below, depth - 1)) return true
    for (const link of this.byIndex.values())
      if (link.master === above && this.reaches(link.index, below, depth - 1)) return true
    return false
  }

  private refresh(): void {
    const nowUs = this.now()
    if (nowUs - this.readAtUs < FRESH_US) return
    this.readAtUs = nowUs
    const route = this.open()
    try {
      this.byIndex = new Map(route.links().map(link => [link.index, link]))
    } finally {
      route.close()
    }
    this.indexes = new Map([...this.byIndex.values()].map(({ index, name }) => [printable(name, 256), index]))
  }
}
