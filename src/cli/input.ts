// Records from standard input (or a file) into a chain: the front end of every stage that is behind a pipe.

import { isatty } from 'node:tty'
import { NetoprocError } from '../record/error.ts'
import { NdjsonReader } from '../record/ndjson-reader.ts'
import type { Tables } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { FdInput } from './fd-input.ts'
import { FlushTimer } from './flush-timer.ts'
import type { Life } from './run.ts'

export interface RecordInput {
  readonly life: Life
  readonly first: Stage
  readonly tables: Tables
  /** Validate each record; the first bad one ends the run. */
  readonly strict: boolean
  readonly ready: () => Promise<void> | undefined
}

/**
 * After a signal the commands before this one in the pipe end too, and what they still write belongs to the result: read on
 * to the end of the input, but no longer than this.
 */
const GRACE_MS = 2000

/** Reads standard input to its end, then closes the chain. What came before an error is handed on before it is thrown. */
export async function readRecords({ life, first, tables, strict, ready }: RecordInput): Promise<void> {
  refuseTerminalInput()
  const input = new FdInput(0)
  const timer = new FlushTimer(first)
  const reader = new NdjsonReader(first, tables, await readerOptions(life, strict, 'line'))
  let isClosed = false
  life.onStop(reason => {
    isClosed = reason === 'closed'
    if (isClosed) input.stop()
    else setTimeout(() => input.stop(), GRACE_MS).unref()
  })
  try {
    await input.run(chunk => {
      reader.push(chunk)
      timer.flush()
    }, ready)
    // Where nobody reads the output any more a line may be cut where we stopped to read: it is no malformed one.
    if (!isClosed) reader.end()
  } finally {
    timer.stop()
    first.close()
  }
}

/** @throws NetoprocError usage */
export function refuseTerminalInput(): void {
  if (!isatty(0)) return
  throw new NetoprocError(
    'usage',
    'reads records from standard input, which is a terminal; see --help for a pipe to put it in',
  )
}

/** Reads a whole file of records into a stage: the dump for --sockets. */
export async function readRecordFile(path: string, first: Stage, tables: Tables, life: Life): Promise<void> {
  const reader = new NdjsonReader(first, tables, await readerOptions(life, false, `${path}: line`))
  await new FdInput(path).run(
    chunk => reader.push(chunk),
    () => undefined,
  )
  reader.end()
  first.close()
}

async function readerOptions(life: Life, strict: boolean, where: string) {
  return {
    onMalformed: (line: number, reason: string) => {
      life.warn(`${where} ${line}: ${reason}`)
      life.damaged()
    },
    // Loaded only when it is asked for: the validators are larger than all the rest.
    ...(strict ? { strict: await import('../record/generated/validate.ts') } : {}),
  }
}
