// Records from standard input (or a file) into a chain: the front end of every stage that is behind a pipe.

import { isatty } from 'node:tty'
import { NetoprocError } from '../record/error.ts'
import { compressed, isCapture } from '../record/file-kind.ts'
import { NdjsonReader } from '../record/ndjson-reader.ts'
import type { Tables } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { FdInput } from './fd-input.ts'
import { FlushTimer } from './flush-timer.ts'
import type { Life } from './run.ts'
import { StreamBegin } from './stream-begin.ts'

export interface RecordInput {
  readonly life: Life
  readonly first: Stage
  readonly tables: Tables
  /** Validate each record; the first bad one ends the run. */
  readonly strict: boolean
  readonly ready: () => Promise<void> | undefined
  /** For each line that cannot be read, beside what is said on stderr. */
  readonly onMalformed?: () => void
}

/**
 * After a signal the commands before this one in the pipe end too, and what they still write belongs to the result: read on
 * to the end of the input, but no longer than this.
 */
const GRACE_MS = 2000

/** Reads standard input to its end, then closes the chain. What came before an error is handed on before it is thrown. */
export async function readRecords({
  life,
  first,
  tables,
  strict,
  ready,
  onMalformed,
}: RecordInput): Promise<void> {
  refuseTerminalInput()
  const input = new FdInput(0)
  const timer = new FlushTimer(first)
  const malformed = new MalformedLines(life, 'line', onMalformed)
  const chain = new StreamBegin(first, life.name)
  const reader = new NdjsonReader(chain, tables, await readerOptions(malformed, strict))
  const begin = new FileBegin('standard input')
  let isClosed = false
  life.onStop(reason => {
    isClosed = reason !== 'signal'
    if (isClosed) input.stop()
    else setTimeout(() => input.stop(), GRACE_MS).unref()
  })
  try {
    await input.run(chunk => {
      begin.check(chunk)
      reader.push(chunk)
      timer.flush()
    }, ready)
    // Where we stopped to read, as nobody reads the output any more, a line may be cut: it is no malformed one.
    if (!isClosed) reader.end()
  } finally {
    malformed.end()
    timer.stop()
    chain.close()
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

/**
 * Reads a whole file of records into a stage: the dump for --sockets.
 * @returns false: a signal came before its end, as where it is a pipe that nobody writes to
 * @throws NetoprocError
 */
export async function readRecordFile(
  path: string,
  first: Stage,
  tables: Tables,
  life: Life,
): Promise<boolean> {
  const malformed = new MalformedLines(life, `${path}: line`)
  const reader = new NdjsonReader(first, tables, await readerOptions(malformed, false))
  const begin = new FileBegin(path)
  const input = new FdInput(path)
  let isStopped = false
  life.onStop(() => {
    isStopped = true
    input.stop()
  })
  await input.run(
    chunk => {
      begin.check(chunk)
      reader.push(chunk)
    },
    () => undefined,
  )
  if (isStopped) return false
  reader.end()
  malformed.end()
  first.close()
  return true
}

async function readerOptions(malformed: MalformedLines, strict: boolean) {
  return {
    onMalformed: (line: number, reason: string) => malformed.tell(line, reason),
    // Loaded only when it is asked for: the validators are larger than all the rest.
    ...(strict ? { strict: await import('../record/generated/validate.ts') } : {}),
  }
}

/** Says of each line that it is malformed; of a file that is no NDJSON at all, not of each of a hundred thousand. */
class MalformedLines {
  private static readonly most = 20
  private readonly life: Life
  private readonly where: string
  private readonly onEach: (() => void) | undefined
  private count = 0

  /** @param where "line", or with the file's name before it */
  constructor(life: Life, where: string, onEach?: () => void) {
    this.life = life
    this.where = where
    this.onEach = onEach
  }

  tell(line: number, reason: string): void {
    this.life.damaged()
    this.onEach?.()
    if (++this.count <= MalformedLines.most) this.life.warn(`${this.where} ${line}: ${reason}`)
  }

  end(): void {
    const more = this.count - MalformedLines.most
    if (more > 0) this.life.warn(`${this.where.replace(/line$/, '')}and ${more} more malformed lines`)
    this.count = 0
  }
}

/** Knows by its first bytes a file that was given by mistake. */
class FileBegin {
  private readonly name: string
  private isKnown = false

  constructor(name: string) {
    this.name = name
  }

  /** @throws NetoprocError fatal */
  check(bytes: Uint8Array): void {
    if (this.isKnown) return
    this.isKnown = true
    const what =
      compressed(bytes) ?? (isCapture(bytes) ? 'a capture file: netoproc-capture -r reads it' : undefined)
    if (what !== undefined) throw new NetoprocError('fatal', `${this.name} is ${what}`)
  }
}
