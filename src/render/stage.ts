// The render stage for everything but the screen: collects the rollups, and writes one snapshot when the stream ends.

import { ForeignRecord, type RecordBatch } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { Snapshot } from './snapshot.ts'
import { formatJson, formatPretty, formatTsv, type FormatOptions } from './text-format.ts'

export type SnapshotFormat = 'tsv' | 'json' | 'pretty'

export interface TextSink {
  write(text: string): void
}

const formats: Record<SnapshotFormat, (snapshot: Snapshot, options: FormatOptions) => string> = {
  tsv: formatTsv,
  json: formatJson,
  pretty: formatPretty,
}

export class SnapshotStage implements Stage {
  private readonly sink: TextSink
  private readonly format: SnapshotFormat
  private readonly options: FormatOptions
  private readonly snapshot: Snapshot

  /** @throws NetoprocError usage for a filter that cannot be */
  constructor(
    sink: TextSink,
    format: SnapshotFormat,
    options: FormatOptions & { readonly filter?: string | undefined },
  ) {
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
    this.sink.write(formats[this.format](this.snapshot, this.options))
  }
}
