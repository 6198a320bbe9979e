// What a stream of records begins with: hello says of which version the records are, and which commands they have come
// through. A pipe that was put together in the wrong order would end in an empty table; here it ends in a line that says so.

import { NetoprocError } from '../record/error.ts'
import type { HelloRecord } from '../record/generated/types.ts'
import type { RecordBatch } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { SCHEMA } from './host.ts'

export class StreamBegin implements Stage {
  private readonly next: Stage
  private readonly reader: string
  private hasBegun = false
  private isRefused = false

  /** @param reader the command that reads the stream */
  constructor(next: Stage, reader: string) {
    this.next = next
    this.reader = reader
  }

  /** @throws NetoprocError when the stream is not for this command */
  push(batch: RecordBatch): void {
    if (!this.hasBegun) {
      this.hasBegun = true
      const [first] = batch.side
      if (first?.type === 'hello') this.check(first)
    }
    this.next.push(batch)
  }

  flush(nowUs: number): number {
    return this.next.flush(nowUs)
  }

  /** What was refused has no result, not even an empty one. */
  close(): void {
    if (!this.isRefused) this.next.close()
  }

  private check({ tool, version, schema, stages = [] }: HelloRecord): void {
    const { reader } = this
    if (schema !== SCHEMA) {
      const theirs = `the records are of schema ${schema} (${tool} ${version})`
      throw this.refusal(
        'fatal',
        `${theirs}, this reads schema ${SCHEMA}: use one version for the whole pipe`,
      )
    }
    if (!tool.startsWith('netoproc')) return
    const isSummed = stages.some(stage => stage.tool === 'netoproc-aggregate')
    if (reader === 'netoproc-render' && !isSummed)
      throw this.refusal('usage', `no sums to show: put netoproc-aggregate before ${reader}`)
    if (reader === 'netoproc-aggregate' && isSummed)
      throw this.refusal('usage', `the records are summed up already: leave out this ${reader}`)
    if (reader === 'netoproc-attribute' && isSummed)
      throw this.refusal('usage', `no packets to name any more: put ${reader} before netoproc-aggregate`)
  }

  private refusal(kind: 'usage' | 'fatal', message: string): NetoprocError {
    this.isRefused = true
    return new NetoprocError(kind, message)
  }
}
