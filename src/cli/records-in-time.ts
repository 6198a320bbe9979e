// Records that a live capture takes of itself (counters of interfaces, statistics), in their place among its packets: behind
// those that passed before, which are yet to be read where netoproc had to wait for its turn, or for who reads its output.

import type { PacketSource } from '../capture/port.ts'
import type { CaptureStage } from '../capture/stage.ts'
import type { InterfaceRecord, StatsRecord } from '../record/generated/types.ts'

/** More are not taken while these wait: they tell sums, which later ones tell as well. */
const MAX_WAITING = 1024

export class RecordsInTime {
  private readonly source: PacketSource
  private readonly stage: CaptureStage
  private waiting: (InterfaceRecord | StatsRecord)[] = []

  constructor(source: PacketSource, stage: CaptureStage) {
    this.source = source
    this.stage = stage
  }

  get isFull(): boolean {
    return this.waiting.length >= MAX_WAITING
  }

  /** Packets that have come are yet to be read: the clock is ahead of the stream. */
  get isBehind(): boolean {
    return this.source.isBehind?.() === true
  }

  add(records: readonly (InterfaceRecord | StatsRecord)[]): void {
    this.waiting.push(...records)
    this.pass()
  }

  /** Packets were handed over: passes on what is of before them, or all when there are no more. */
  pass(): void {
    if (this.waiting.length === 0) return
    const { stage, isBehind } = this
    const later = isBehind ? this.waiting.findIndex(({ ts }) => ts * 1e6 > stage.lastTsUs) : -1
    for (const record of this.waiting.splice(0, later < 0 ? Infinity : later)) stage.append(record)
  }

  /** There are no more packets. */
  end(): void {
    for (const record of this.waiting.splice(0)) this.stage.append(record)
  }
}
