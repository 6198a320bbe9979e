// Connections that a scan has found in some process, and that no event has named yet. Whoever accepts a connection may leave
// it to another process at once; where the kernel tells who reads and writes, the first to do so is waited for. One that
// rests for longer is its holder's.

import type { SocketRecord } from '../../record/generated/types.ts'
import type { SocketSink } from '../port.ts'

/** Less than packets wait for their owner (--hold). */
const WAIT_US = 200_000
/** More at a time are taken as the scan has found them. */
const MAX_WAITING = 16_384

const ofProcess = ['fd', 'cmdline', 'start_time', 'user', 'cgroup'] as const

interface Waiting {
  record: SocketRecord
  readonly sinceUs: number
}

export class AcceptedSockets {
  private readonly waiting = new Map<string, Waiting>()
  private readonly namesTransfers: boolean

  constructor(namesTransfers: boolean) {
    this.namesTransfers = namesTransfers
  }

  /** The record as it is to be told now: without its process, while another one may come. */
  settled(record: SocketRecord, nowUs: number): SocketRecord {
    const { cookie, pid, proto, remote_ip, event } = record
    if (!this.namesTransfers || cookie === undefined || proto !== 'tcp' || remote_ip === undefined)
      return record
    if (event === 'close') {
      this.waiting.delete(cookie)
      return record
    }
    const known = this.waiting.get(cookie)
    if (pid === null) return record
    if (known === undefined) {
      // Those of the first scan were there before us, and may have been used before.
      if (event !== 'open' || this.waiting.size >= MAX_WAITING) return record
      this.waiting.set(cookie, { record, sinceUs: nowUs })
    } else known.record = record
    const nameless: SocketRecord = { ...record, pid: null, process: 'unknown' }
    for (const field of ofProcess) delete nameless[field]
    return nameless
  }

  /** Tells what has waited long enough. */
  release(sink: SocketSink, nowUs: number, isNamed: (record: SocketRecord) => boolean): void {
    for (const [cookie, { record, sinceUs }] of this.waiting) {
      if (isNamed(record)) this.waiting.delete(cookie)
      else if (nowUs - sinceUs >= WAIT_US) {
        this.waiting.delete(cookie)
        sink.socket({ ...record, ts: nowUs / 1e6 })
      }
    }
  }
}
