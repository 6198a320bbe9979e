// Packets that the kernel dropped before capture: stats records tell them since the start, intervals since the last one.

/** Interfaces that are told apart. */
const MAX_INTERFACES = 4096

export class DropCounter {
  private readonly latest = new Map<string, number>()
  private dropped = 0

  take(iface: string | undefined, dropped: number): void {
    const name = iface ?? ''
    const before = this.latest.get(name) ?? 0
    if (!this.latest.has(name) && this.latest.size >= MAX_INTERFACES) return
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
