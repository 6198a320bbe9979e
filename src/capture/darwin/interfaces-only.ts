// A source of no packets: where the kernel counts, and packets may not be captured, interfaces and their totals are still told.

import type { Tables } from '../../record/record-batch.ts'
import type { InterfaceRecord } from '../../record/generated/types.ts'
import type { EndReason, FrameSink, InterfaceDescription, PacketSource, SourceStatistics } from '../port.ts'
import { InterfaceTable } from './interface-table.ts'

export class InterfacesOnly implements PacketSource {
  readonly method = 'none'
  readonly degraded: readonly string[]
  private readonly table: InterfaceTable
  private ending: EndReason | undefined
  private wake: (() => void) | undefined

  /**
   * @param chosen names; empty: all
   * @param reason why there are no packets
   * @throws NetoprocError device, SystemError
   */
  constructor(chosen: readonly string[], reason: string, tables: Tables) {
    this.degraded = [reason]
    this.table = new InterfaceTable(chosen, tables.ifaces)
  }

  interfaces(): readonly InterfaceDescription[] {
    this.table.refresh()
    return this.table.descriptions()
  }

  async run(_sink: FrameSink): Promise<EndReason> {
    // Nothing else may be left that keeps the process alive.
    const alive = setInterval(() => {}, 1 << 30)
    try {
      while (this.ending === undefined) await new Promise<void>(resolve => (this.wake = resolve))
      return this.ending
    } finally {
      clearInterval(alive)
    }
  }

  stop(reason: EndReason): void {
    this.ending ??= reason
    this.wake?.()
  }

  statistics(): readonly SourceStatistics[] {
    return [{ received: 0, dropped: 0, filtered: null }]
  }

  interfaceRecords(nowUs: number): readonly InterfaceRecord[] {
    this.table.refresh()
    return this.table.records(nowUs)
  }

  close(): void {}
}
