// What flows have moved, summed by owner: for who asks which process moves how much, and not with whom. Then ten thousand
// flows are a handful of records.

import type { SocketRecord } from '../../record/generated/types.ts'
import type { RecordBatch } from '../../record/record-batch.ts'
import { Counters } from '../counters.ts'
import type { Flow } from './ebpf-flow.ts'
import type { RecordMaker } from './ebpf-record.ts'
import type { KernelSocket } from './ebpf-socket.ts'

interface Sum {
  readonly record: SocketRecord
  readonly counters: Counters
}

export class OwnerSums {
  private readonly records: RecordMaker
  /** Since they were last handed out: by owner or, of nobody, by the reason, and there by what else a record says. */
  private readonly sums = new Map<unknown, Map<string, Sum>>()

  constructor(records: RecordMaker) {
    this.records = records
  }

  /** Adds what is pending. */
  add(flow: Flow, socket: KernelSocket): void {
    const { records, sums } = this
    const whose = records.whose(flow, socket)
    let ofOwner = sums.get(whose)
    if (ofOwner === undefined) sums.set(whose, (ofOwner = new Map()))
    const kind = `${flow.protocol} ${records.dir(flow)} ${socket.attribution}`
    let sum = ofOwner.get(kind)
    if (sum === undefined)
      ofOwner.set(kind, (sum = { record: records.sum(flow, socket), counters: new Counters() }))
    sum.counters.add(flow.pending)
  }

  /** Hands the sums out, and begins anew. */
  drain(batch: RecordBatch, nowUs: number): void {
    for (const ofOwner of this.sums.values())
      for (const { record, counters } of ofOwner.values())
        batch.append(this.records.total(nowUs, record, counters))
    this.sums.clear()
  }
}
