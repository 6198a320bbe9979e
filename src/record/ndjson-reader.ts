// The begin of a chain behind a pipe: NDJSON lines become batches. A packet line in our own writer's layout is scanned byte by
// byte, its flow and its owner found by the bytes that describe them; any other line goes through JSON.parse.

import { NetoprocError } from './error.ts'
import type { NetoprocRecord } from './generated/types.ts'
import { safeLine } from './json-text.ts'
import { FastPacketLine, READ_AHEAD } from './packet-line.ts'
import { decodePacket } from './packet-object.ts'
import { ForeignRecord, RecordBatch, type Tables } from './record-batch.ts'
import { isKnownType, misfit } from './record-shape.ts'
import type { Stage } from './stage.ts'

type Validator = ((record: unknown) => boolean) & {
  errors?: null | Array<{ instancePath?: string; message?: string }>
}

export interface ReaderOptions {
  /** Called for each line that was skipped; lines count from 1. */
  readonly onMalformed: (line: number, reason: string) => void
  /** generated/validate.ts, with --strict: the first record that does not validate ends the run. */
  readonly strict?: Readonly<Record<string, unknown>>
}

const NEWLINE = 0x0a
/** A line that is longer is malformed. */
const LONGEST_LINE = 1 << 20
/** So much is read at a time: what is made of it is still in the processor's cache when the next stage takes it. */
const PIECE = 64 << 10

export class NdjsonReader {
  private readonly next: Stage
  private readonly options: ReaderOptions
  private readonly batch: RecordBatch
  private readonly fast: FastPacketLine
  private lines = 0
  /** The begin of a line whose end has not come yet, then the piece that is being read. */
  private buffer = Buffer.alloc(2 * PIECE + READ_AHEAD)
  private view = viewOf(this.buffer)
  private held = 0
  private tooLong = false

  constructor(next: Stage, tables: Tables, options: ReaderOptions) {
    this.next = next
    this.options = options
    this.batch = new RecordBatch(tables)
    this.fast = new FastPacketLine(tables)
  }

  /** Takes bytes, cut anywhere, and pushes what is complete. */
  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; from += PIECE) this.take(chunk.subarray(from, from + PIECE))
  }

  /** The input has ended; a last line without a newline counts. The chain is the caller's to close. */
  end(): void {
    if (this.tooLong) this.malformed('longer than 1 MiB')
    else if (this.held > 0) this.line(0, this.held)
    this.held = 0
    this.handOver()
  }

  private take(piece: Uint8Array): void {
    let from = 0
    if (this.tooLong) {
      from = piece.indexOf(NEWLINE) + 1
      if (from === 0) return
      this.malformed('longer than 1 MiB')
      this.tooLong = false
    }
    const end = this.held + piece.length - from
    this.grow(end + READ_AHEAD)
    this.buffer.set(from === 0 ? piece : piece.subarray(from), this.held)
    // The last line may be cut: it waits for its end. Its newline is in this piece, if anywhere.
    const last = piece.lastIndexOf(NEWLINE)
    const whole = last < from ? 0 : end - piece.length + last + 1
    let start = 0
    while ((start = this.fastLines(start, whole)) < whole) {
      const newline = this.buffer.indexOf(NEWLINE, start)
      this.line(start, newline)
      start = newline + 1
    }
    this.handOver()
    this.held = end - start
    this.buffer.copyWithin(0, start, end)
    if (this.held <= LONGEST_LINE) return
    this.tooLong = true
    this.held = 0
  }

  private grow(size: number): void {
    if (size <= this.buffer.length) return
    const { buffer } = this
    this.buffer = Buffer.alloc(2 * size)
    this.buffer.set(buffer.subarray(0, this.held))
    this.view = viewOf(this.buffer)
  }

  private handOver(): void {
    if (this.batch.isEmpty) return
    this.batch.tables.flows.nextEpoch()
    this.next.push(this.batch)
    this.batch.clear()
    this.batch.tables.owners.forgetUnheld()
  }

  /** Takes the lines of our own writer from `start` on. @returns where the first that is not one begins */
  private fastLines(start: number, end: number): number {
    if (this.options.strict !== undefined) return start
    const { fast, batch } = this
    for (let at = start; ;) {
      if (batch.isFull) this.handOver()
      const { length } = batch
      batch.text = this.view
      at = fast.read(this.buffer, this.view, at, end, batch)
      this.lines += batch.length - length
      if (!batch.isFull) return at
    }
  }

  private line(start: number, end: number): void {
    if (this.batch.isFull) this.handOver()
    if (end - start > LONGEST_LINE) return this.malformed('longer than 1 MiB')
    const text = this.buffer.toString('utf8', start, end)
    if (text.trim() === '') {
      this.lines++
      return
    }
    let record: unknown
    try {
      record = JSON.parse(text)
    } catch {
      return this.malformed('not JSON')
    }
    if (typeof record !== 'object' || record === null || Array.isArray(record))
      return this.malformed('not a JSON object')
    const { type } = record as { type?: unknown }
    if (typeof type !== 'string') return this.malformed('no type')
    if (this.options.strict !== undefined) this.validate(type, record)
    const reason = this.add(type, record as Record<string, unknown>, text)
    if (reason !== undefined) return this.malformed(reason)
    this.lines++
  }

  /** @returns why the record cannot be used, or undefined */
  private add(type: string, record: Record<string, unknown>, text: string): string | undefined {
    if (type === 'packet') return decodePacket(record, this.batch)
    if (!isKnownType(type)) {
      this.batch.append(new ForeignRecord(safeLine(text.trim())))
      return undefined
    }
    const reason = misfit(type, record)
    if (reason === undefined) this.batch.append(record as unknown as NetoprocRecord)
    return reason
  }

  private validate(type: string, record: unknown): void {
    const name = `${type.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())}Record`
    const validator = this.options.strict?.[name] as Validator | undefined
    if (validator === undefined || validator(record)) return
    const first = validator.errors?.[0]
    // What came before it is good.
    this.handOver()
    const where = first?.instancePath ? `${first.instancePath.slice(1)} ` : ''
    throw new NetoprocError(
      'fatal',
      `line ${this.lines + 1}: ${type} record: ${where}${first?.message ?? 'does not validate'}`,
    )
  }

  private malformed(reason: string): void {
    this.lines++
    this.options.onMalformed(this.lines, reason)
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}
