// What an interval saw, and to whom it went: both sides of attributed_bytes + unknown_bytes = bytes + local_bytes. Every
// byte that is charged to a process goes through here.

import type { IntervalRecord } from '../record/generated/types.ts'
import type { Layer } from './process-table.ts'

/** Key in unknown_by_reason of packets that no attribute stage has seen. */
export const NOT_ATTRIBUTED = 'not_attributed'

export interface IntervalFrame {
  readonly tsUs: number
  readonly seconds: number
  readonly method: string
  readonly degraded: readonly string[]
  readonly dropped: number
  readonly interfaceBytes: number | null
  readonly foldedFlows: number
  /** Lines of the input that could not be read. */
  readonly malformed: number
}

export class Balance {
  packets = 0
  bytes = 0
  /** Of `bytes`, what counts a second time, at its receiver. */
  localBytes = 0
  /** Of `bytes`, what carries packets that are counted in a tunnel as well. */
  carriedBytes = 0
  nonIpFrames = 0
  /** Bytes of earlier intervals whose owner was found in this one. */
  lateBytes = 0
  attributedBytes = 0
  private readonly unknown = new Map<string, number>()

  /** @param reason why the bytes are nobody's; undefined: they are somebody's */
  charge(bytes: number, reason: string | undefined): void {
    if (reason === undefined) this.attributedBytes += bytes
    else this.unknown.set(reason, (this.unknown.get(reason) ?? 0) + bytes)
  }

  get isEmpty(): boolean {
    return this.packets === 0 && this.bytes === 0 && this.localBytes === 0 && this.nonIpFrames === 0
  }

  record(frame: IntervalFrame, layer: Layer): IntervalRecord {
    const reasons = [...this.unknown].filter(([, bytes]) => bytes > 0).sort(([a], [b]) => (a < b ? -1 : 1))
    return {
      type: 'interval',
      ts: frame.tsUs / 1e6,
      interval: frame.seconds,
      method: frame.method,
      degraded: [...frame.degraded],
      layer,
      packets: this.packets,
      bytes: this.bytes,
      local_bytes: this.localBytes,
      carried_bytes: this.carriedBytes,
      non_ip_frames: this.nonIpFrames,
      dropped: frame.dropped,
      attributed_bytes: this.attributedBytes,
      unknown_bytes: reasons.reduce((sum, [, bytes]) => sum + bytes, 0),
      unknown_by_reason: Object.fromEntries(reasons),
      late_bytes: this.lateBytes,
      folded_flows: frame.foldedFlows,
      interface_bytes: frame.interfaceBytes,
      ...(frame.malformed === 0 ? {} : { malformed: frame.malformed }),
    }
  }

  clear(): void {
    this.packets = this.bytes = this.localBytes = this.carriedBytes = 0
    this.nonIpFrames = this.lateBytes = this.attributedBytes = 0
    this.unknown.clear()
  }
}
