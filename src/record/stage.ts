// The one in-process stream. A stage is a synchronous object that knows nothing of processes, pipes or text: it takes
// batches, changes or replaces them, and hands them to the next stage, which it got when it was made. A pipe between two
// commands is the same chain cut in two, with the NDJSON writer as last stage here and the NDJSON reader first there.

import type { RecordBatch } from './record-batch.ts'

export interface Stage {
  /**
   * Takes a batch. The batch belongs to the caller again when push returns: a stage copies what it keeps
   * (RecordBatch.copyRows), and may change the columns that are its own in place (attribution).
   */
  push(batch: RecordBatch): void

  /**
   * Time has passed: `nowUs` is the wall clock in microseconds since the epoch. Stages that count in the time of the
   * packets ignore it while they read a recording.
   * @returns when the stage, or one after it, wants to be called again: microseconds since the epoch, Infinity for never.
   */
  flush(nowUs: number): number

  /** The stream has ended. Hands on everything that is held, then closes the next stage. */
  close(): void
}
