// Whether a stream of records is of now, or a recording. Its hello tells when it began; one of before this program was started
// may be a recording's, or of a capture that has run for a while: then a record that is as new as the clock tells. A stream of now
// may be late, as long as programs take to start on a busy machine.

import type { HelloRecord } from './generated/types.ts'
import type { RecordBatch } from './record-batch.ts'

/** What was written so shortly before it was read is of now; clocks of programs that are started together differ by less. */
const TOLERANCE_US = 2_000_000

export class StreamTime {
  /** It is of now, as far as is known. */
  isLive = false
  private readonly startedUs: number
  private isFile = true

  /** @param startedUs when this program was started */
  constructor(startedUs: number) {
    this.startedUs = startedUs
  }

  greet({ method, ts }: HelloRecord, nowUs: number): void {
    const tsUs = ts * 1e6
    this.isFile = method === 'file'
    this.isLive =
      !this.isFile && tsUs >= Math.min(this.startedUs, nowUs) - TOLERANCE_US && tsUs <= nowUs + TOLERANCE_US
  }

  /** A record of this time was read now. */
  see(tsUs: number, nowUs: number): void {
    if (!this.isFile && Math.abs(tsUs - nowUs) <= TOLERANCE_US) this.isLive = true
  }
}

/** Of the batch's last packet or record; undefined when none has one. */
export function lastTimeUs({ ts, length, side }: RecordBatch): number | undefined {
  const last = side.at(-1)
  const sideUs = last !== undefined && 'ts' in last ? last.ts * 1e6 : -Infinity
  const packetUs = length > 0 ? (ts[length - 1] as number) : -Infinity
  const lastUs = Math.max(sideUs, packetUs)
  return lastUs === -Infinity ? undefined : lastUs
}
