// The render stage for everything but the screen: collects the rollups, and writes one snapshot when the stream ends.

import { ForeignRecord, type RecordBatch } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { Snapshot } from './snapshot.ts'
import { formatJson, formatTsv, type FormatOptions } from './text-format.ts'

export type SnapshotFormat = 'tsv' | 'json' | 'pretty'

export interface TextSink {
  write(text: string): void
}

export interface SnapshotOptions extends FormatOptions {
  readonly filter?: string | undefined
}

type Format = (snapshot: Snapshot, options: FormatOptions) => string

export class SnapshotStage implements Stage {
  private readonly sink: TextSink
  private readonly format: Format
  private readonly options: FormatOptions
  private readonly snapshot: Snapshot

  /** Use openSnapshot. */
  constructor(sink: TextSink, format: Format, options: SnapshotOptions) {
    this.sink = sink
    this.format = format
    this.options = options
    this.snapshot = new Snapshot(options.filter)
  }

  push(batch: RecordBatch): void {
    for (const record of batch.side) if (!(record instanceof ForeignRecord)) this.snapshot.add(record)
  }

  flush(): number {
    return Infinity
  }

  close(): void {
    this.sink.write(this.format(this.snapshot, this.options))
  }
}

/** @throws NetoprocError usage for a filter that cannot be */
export async function openSnapshot(
  sink: TextSink,
  format: SnapshotFormat,
  options: SnapshotOptions,
): Promise<SnapshotStage> {
  if (format === 'pretty')
    return new SnapshotStage(sink, (await import('./pretty-format.ts')).formatPretty, options)
  return new SnapshotStage(sink, format === 'json' ? formatJson : formatTsv, options)
}
