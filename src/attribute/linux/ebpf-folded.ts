// What found no room in the map of flows: sums by socket, and where there was no room for those, one sum. Counted, and
// charged to the socket's owner; only the remotes are lost.

import type { EbpfKernel } from './ebpf-kernel.ts'
import { Counters } from '../counters.ts'
import { u64 } from './ebpf-event.ts'
import { foldedValue } from './ebpf-layout.ts'

const FIRST = new Uint8Array(4)

export class FoldedReader {
  private readonly kernel: Pick<EbpfKernel, 'folded' | 'totals'>
  private readonly bySocket = new Map<number, Counters>()
  private readonly rest = new Counters()

  constructor(kernel: Pick<EbpfKernel, 'folded' | 'totals'>) {
    this.kernel = kernel
  }

  get hasAny(): boolean {
    return this.bySocket.size > 0 || !this.rest.isZero
  }

  /** Calls back with what has been folded since the last reading, by cookie; undefined for what is known of no socket. */
  read(handler: (cookie: number | undefined, counters: Counters) => void): void {
    this.kernel.folded.forEach((keys, key, values, value) => {
      const cookie = u64(keys, key)
      let before = this.bySocket.get(cookie)
      if (before === undefined) this.bySocket.set(cookie, (before = new Counters()))
      const more = advance(before, values, value)
      if (!more.isZero) handler(cookie, more)
    })
    const totals = this.kernel.totals.lookup(FIRST)
    if (totals === undefined) return
    const more = advance(this.rest, totals, 0)
    if (!more.isZero) handler(undefined, more)
  }
}

/** What the value has more than `before`, which becomes it. */
function advance(before: Counters, values: DataView, value: number): Counters {
  const more = new Counters()
  more.rxBytes = u64(values, value + foldedValue.rxBytes) - before.rxBytes
  more.txBytes = u64(values, value + foldedValue.txBytes) - before.txBytes
  more.rxPackets = u64(values, value + foldedValue.rxPackets) - before.rxPackets
  more.txPackets = u64(values, value + foldedValue.txPackets) - before.txPackets
  before.add(more)
  return more
}
