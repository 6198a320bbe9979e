// Events that found no room in the ring buffer, and what has to be doubted for it: each socket whose use by a process was not
// told is known by its cookie (ebpf-holder-code.ts), so that its packets are nobody's until it is told of again.

import { CLOCK_MONOTONIC, clockUs } from '../../native/linux/clock.ts'
import type { EbpfKernel } from './ebpf-kernel.ts'
import { u64 } from './ebpf-event.ts'
import { lostValue, totalsValue } from './ebpf-layout.ts'

const FIRST = new Uint8Array(4)

/** Told what was lost. */
export interface LossSink {
  /** @param pid SEVERAL_USERS: more than one process @param monotonicNs the last time */
  lostUser(cookie: number, pid: number, monotonicNs: number): void
  /** There was no room for all of these either. */
  lostUsers(monotonicNs: number): void
}

export class EventLosses {
  /** Since the beginning. */
  count = 0
  private readonly kernel: Pick<EbpfKernel, 'lost' | 'totals'>
  private usersWithoutRoom = 0

  constructor(kernel: Pick<EbpfKernel, 'lost' | 'totals'>) {
    this.kernel = kernel
  }

  /** Call before events are read: what was lost before them is told before them. @returns whether anything was */
  read(sink: LossSink): boolean {
    const { lost, totals } = this.kernel
    const value = totals.lookup(FIRST)
    const count = value === undefined ? 0 : u64(value, totalsValue.lostEvents)
    if (value === undefined || count === this.count) return false
    this.count = count
    const usersWithoutRoom = u64(value, totalsValue.lostUsers)
    const cookies: bigint[] = []
    lost.forEach((keys, key) => cookies.push(keys.getBigUint64(key, true)))
    const bytes = new BigUint64Array(1)
    for (const cookie of cookies) {
      bytes[0] = cookie
      // In one step: another user that comes now is a new entry.
      const user = lost.take(new Uint8Array(bytes.buffer))
      if (user !== undefined)
        sink.lostUser(Number(cookie), u64(user, lostValue.tgid), u64(user, lostValue.monotonicNs))
    }
    if (usersWithoutRoom !== this.usersWithoutRoom) sink.lostUsers(clockUs(CLOCK_MONOTONIC) * 1000)
    this.usersWithoutRoom = usersWithoutRoom
    return true
  }
}
