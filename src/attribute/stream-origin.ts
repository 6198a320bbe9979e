// Of which time and host a stream of packets is: whether the sockets of now, on this host, say anything of it.

import type { HelloRecord } from '../record/generated/types.ts'
import type { RecordBatch } from '../record/record-batch.ts'
import { StreamTime, lastTimeUs } from '../record/stream-time.ts'

export interface OriginOptions {
  /** Sockets are a dump's, of the stream's own time and host. */
  readonly isRecorded: boolean
  /** When this program was started, us. */
  readonly startedUs: number
  /** This host's; undefined: not known. */
  readonly bootId: string | undefined
  /** Told what the user should know, once each. */
  readonly warn: (message: string) => void
}

export class StreamOrigin {
  isRecording: boolean
  /** The stream is of another time or host than the sockets are. */
  isElsewhere = false
  private readonly options: OriginOptions
  private readonly time: StreamTime
  /** A recording, unless packets come that are as new as the clock. */
  private isLate = false
  private readonly told = new Set<string>()

  constructor(options: OriginOptions) {
    this.options = options
    this.isRecording = options.isRecorded
    this.time = new StreamTime(options.startedUs)
  }

  greet(hello: HelloRecord, nowUs: number): void {
    const { isRecorded, bootId } = this.options
    if (isRecorded) return
    this.time.greet(hello, nowUs)
    const { isLive } = this.time
    const isOthers = hello.boot_id !== undefined && bootId !== undefined && hello.boot_id !== bootId
    this.isRecording = !isLive
    this.isElsewhere = !isLive || isOthers
    this.isLate = !isLive && !isOthers && hello.method !== 'file'
    if (!this.isElsewhere || this.isLate) return
    this.tell(
      isLive
        ? 'this stream is of another host: run netoproc-attribute there, next to netoproc-capture'
        : recording,
    )
  }

  /** Packets as new as the clock show that a stream which began long ago is of now. */
  see(batch: RecordBatch, nowUs: number): void {
    const tsUs = this.isLate ? lastTimeUs(batch) : undefined
    if (tsUs === undefined) return
    this.time.see(tsUs, nowUs)
    if (!this.time.isLive) {
      if (batch.length > 0) this.tell(recording)
      return
    }
    this.isLate = this.isRecording = this.isElsewhere = false
    if (this.told.has(recording))
      this.tell('it has caught up with the clock: processes are named from now on')
  }

  private tell(message: string): void {
    if (this.told.has(message)) return
    this.told.add(message)
    this.options.warn(message)
  }
}

const recording =
  'this is a recording: no process is named without --sockets FILE, a dump of its own time and host'
