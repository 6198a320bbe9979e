// Puts records of sockets into a stream: all of them once, or, following, what opens, closes and changes from then on, and
// what each has moved. What is pushed passes through; flush() looks at the sockets when it is time to.

import { NetoprocError } from '../record/error.ts'
import type { SocketRecord } from '../record/generated/types.ts'
import { RecordBatch, type Tables } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import type { SocketSource } from './port.ts'
import { ScanDiff } from './scan-diff.ts'

export interface SocketsOptions {
  /** Go on after the first look. */
  readonly follow: boolean
  /** With follow: what each socket has moved since its last record. */
  readonly counters: boolean
  /** Between two looks, us. Infinity: nobody waits for them, and the source says when it must be looked at. */
  readonly intervalUs: number
  /** Names of protocols (tcp, udp, udplite, raw …); absent: all. */
  readonly protos?: readonly string[] | undefined
  /** Only sockets of this process. */
  readonly pid?: number | undefined
  /** Told once each what the source finds missing while it runs. */
  readonly warn?: ((reason: string) => void) | undefined
}

const DEFAULT_PATIENCE_US = 1_000_000
/** A flush that comes by so shortly before a look is due will do: one waking less. */
const EARLY_US = 50_000
const EARLY_SHARE = 0.05

export class SocketsStage implements Stage {
  private readonly next: Stage
  private readonly source: SocketSource
  private readonly options: SocketsOptions
  private readonly protos: ReadonlySet<string> | undefined
  private readonly batch: RecordBatch
  private readonly collected: RecordBatch
  private nextLookUs = -Infinity
  private earlyUs = 0
  private readonly told: Set<string>

  /** @throws NetoprocError when counters are asked of a source that has none */
  constructor(next: Stage, tables: Tables, source: SocketSource, options: SocketsOptions) {
    if (options.counters && source.collect === undefined) {
      const why = source.degraded.length === 0 ? '' : ` (${source.degraded.join('; ')})`
      throw new NetoprocError('device', `--counters: ${source.method} does not count what sockets move${why}`)
    }
    this.next = next
    // Counters tell of changes themselves.
    this.source = options.counters || source.tellsChanges === true ? source : new ScanDiff(source)
    this.options = options
    this.protos = options.protos === undefined ? undefined : new Set(options.protos)
    this.told = new Set(source.degraded.map(withoutNumbers))
    this.batch = new RecordBatch(tables, 0)
    this.collected = new RecordBatch(tables, 0)
  }

  /** Hands everything on, hello with the network namespace whose packets these sockets are matched with. */
  push(batch: RecordBatch): void {
    this.pass()
    const { netns } = this.source
    if (netns !== undefined) {
      for (const [k, record] of batch.side.entries())
        if (record.type === 'hello') batch.side[k] = { ...record, netns }
    }
    this.next.push(batch)
  }

  flush(nowUs: number): number {
    const isFirst = this.nextLookUs === -Infinity
    if (isFirst || (this.options.follow && nowUs >= this.nextLookUs - this.earlyUs)) this.look(nowUs)
    else if (this.options.follow && !this.options.counters) this.source.poll?.(this.sink, nowUs)
    this.pass()
    return Math.min(this.next.flush(nowUs), this.options.follow ? this.nextLookUs : Infinity)
  }

  close(): void {
    try {
      if (this.options.counters) this.collect(Date.now() * 1000, true)
      this.tellDegraded()
      this.pass()
    } finally {
      this.next.close()
    }
  }

  private look(nowUs: number): void {
    // With counters every byte is in the records of collect(); what a poll tells is left to who polls.
    if (this.options.counters) this.collect(nowUs, false)
    else {
      this.source.poll?.(this.sink, nowUs)
      this.source.scan(this.sink, nowUs)
    }
    const { intervalUs } = this.options
    const pauseUs = intervalUs === Infinity ? (this.source.patienceUs ?? DEFAULT_PATIENCE_US) : intervalUs
    this.earlyUs = Math.min(EARLY_US, pauseUs * EARLY_SHARE)
    this.nextLookUs = nowUs + pauseUs
    this.tellDegraded()
  }

  private tellDegraded(): void {
    for (const reason of this.source.degraded) {
      const text = withoutNumbers(reason)
      if (this.told.has(text)) continue
      this.told.add(text)
      this.options.warn?.(reason)
    }
  }

  private collect(nowUs: number, isLast: boolean): void {
    this.source.collect?.(this.collected, nowUs, isLast)
    for (const record of this.collected.side) {
      if (record.type !== 'socket') this.batch.append(record)
      else if (this.isWanted(record)) this.batch.append(record)
    }
    this.collected.clear()
  }

  private readonly sink = {
    socket: (record: SocketRecord): void => {
      if (this.isWanted(record)) this.batch.append(record)
    },
  }

  private isWanted(record: SocketRecord): boolean {
    if (this.protos !== undefined && !this.protos.has(record.proto)) return false
    return this.options.pid === undefined || record.pid === this.options.pid
  }

  private pass(): void {
    if (this.batch.isEmpty) return
    this.next.push(this.batch)
    this.batch.clear()
  }
}

/** Reasons count what they tell of; each is told once. */
export function withoutNumbers(reason: string): string {
  return reason.replace(/\d+/g, '')
}
