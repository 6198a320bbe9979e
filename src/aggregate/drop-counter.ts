// Packets that the kernel dropped before capture: stats records tell them since the start of their source, intervals since the
// last one.

import { RecentMap } from './recent-map.ts'

/** Interfaces that are told apart. */
const MAX_INTERFACES = 1 << 16

export class DropCounter {
  private latest = new RecentMap<string, number>(MAX_INTERFACES)
  private dropped = 0

  /** Another source begins, which counts from zero. */
  begin(): void {
    this.latest = new RecentMap(MAX_INTERFACES)
  }

  take(iface: string | undefined, dropped: number): void {
    const name = iface ?? ''
    const before = this.latest.get(name) ?? 0
    this.latest.set(name, dropped)
    this.dropped += dropped >= before ? dropped - before : dropped
  }

  /** Since the last call. */
  rollup(): number {
    const { dropped } = this
    this.dropped = 0
    return dropped
  }
}
