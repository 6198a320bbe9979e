// Makes of a source that lists every socket each time one that tells only what has changed.

import type { SocketRecord } from '../record/generated/types.ts'
import { socketIdentity } from './known-socket.ts'
import type { SocketSink, SocketSource } from './port.ts'

/** An unchanged state's round-trip time is told this often at most. */
const UPDATE_US = 1_000_000

interface Listed {
  record: SocketRecord
  generation: number
  toldUs: number
}

export class ScanDiff implements SocketSource {
  readonly tellsChanges = true
  /** Only where the source has it. */
  readonly find?: NonNullable<SocketSource['find']>
  private readonly source: SocketSource
  private readonly listed = new Map<string, Listed>()
  private generation = 0

  constructor(source: SocketSource) {
    this.source = source
    const find = source.find?.bind(source)
    if (find !== undefined) this.find = find
  }

  get method(): string {
    return this.source.method
  }

  get degraded(): readonly string[] {
    return this.source.degraded
  }

  get hidesSockets(): boolean {
    return this.source.hidesSockets === true
  }

  get netns(): string | undefined {
    return this.source.netns
  }

  interfaces(): ReturnType<NonNullable<SocketSource['interfaces']>> {
    return this.source.interfaces?.() ?? []
  }

  scan(sink: SocketSink, nowUs: number): void {
    const isFirst = this.generation++ === 0
    this.source.scan({ socket: record => this.take(record, isFirst, nowUs, sink) }, nowUs)
    for (const [key, known] of this.listed) {
      if (known.generation === this.generation) continue
      this.listed.delete(key)
      sink.socket({ ...known.record, ts: nowUs / 1e6, event: 'close' })
    }
  }

  poll(sink: SocketSink, nowUs: number): void {
    this.source.poll?.(sink, nowUs)
  }

  close(): void {
    this.source.close()
  }

  private take(record: SocketRecord, isFirst: boolean, nowUs: number, sink: SocketSink): void {
    const key = `${socketIdentity(record)} ${record.pid} ${record.start_time ?? ''} ${record.fd ?? ''}`
    const known = this.listed.get(key)
    if (known === undefined) {
      this.listed.set(key, { record, generation: this.generation, toldUs: nowUs })
      sink.socket({ ...record, event: isFirst ? 'present' : 'open' })
      return
    }
    known.generation = this.generation
    const isMoved =
      known.record.state !== record.state ||
      known.record.remote_ip !== record.remote_ip ||
      known.record.remote_port !== record.remote_port ||
      known.record.local_ip !== record.local_ip ||
      known.record.bound_iface !== record.bound_iface ||
      known.record.process !== record.process ||
      known.record.attribution !== record.attribution
    const isMeasured =
      nowUs - known.toldUs >= UPDATE_US &&
      (known.record.rtt_us !== record.rtt_us || known.record.retransmits !== record.retransmits)
    if (!isMoved && !isMeasured) return
    known.record = record
    known.toldUs = nowUs
    sink.socket({ ...record, event: 'update' })
  }
}
