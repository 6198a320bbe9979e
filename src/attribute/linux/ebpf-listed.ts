// What a scan of the sockets has said so far, by cookie: for the sockets that no event has named, because they were there
// before us, or because the ring buffer had no room.

import type { SocketRecord } from '../../record/generated/types.ts'
import type { SocketSink, SocketSource } from '../port.ts'

export class ListedSockets {
  readonly source: SocketSource
  /** Lines by descriptor ("pid fd"), by cookie. */
  private readonly lines = new Map<number, Map<string, SocketRecord>>()

  /** Closed with this object. */
  constructor(source: SocketSource) {
    this.source = source
  }

  /** Scans; what the source tells goes to `sink`, too. */
  scan(nowUs: number, sink?: SocketSink): void {
    // A source that does not tell changes lists everything every time.
    if (this.source.tellsChanges !== true) this.lines.clear()
    this.source.scan(this.remembering(sink), nowUs)
  }

  /** A sink that remembers what passes through it. */
  remembering(sink?: SocketSink): SocketSink {
    return {
      socket: (record, exactUs) => {
        if (record.cookie === undefined || this.remember(Number(record.cookie), record))
          sink?.socket(record, exactUs)
      },
    }
  }

  has(cookie: number): boolean {
    return this.lines.has(cookie)
  }

  /** Lines of the socket; undefined when no scan has listed it. */
  of(cookie: number): IterableIterator<SocketRecord> | undefined {
    return this.lines.get(cookie)?.values()
  }

  /** The socket is closed, as an event says. @returns its lines, which no scan needs to close any more */
  takeClosed(cookie: number): readonly SocketRecord[] {
    const lines = this.lines.get(cookie)
    this.lines.delete(cookie)
    return lines === undefined ? [] : [...lines.values()]
  }

  close(): void {
    this.source.close()
  }

  /** @returns whether it is news */
  private remember(cookie: number, record: SocketRecord): boolean {
    const key = `${record.pid} ${record.fd}`
    let lines = this.lines.get(cookie)
    if (record.event === 'close') {
      lines?.delete(key)
      if (lines?.size === 0) this.lines.delete(cookie)
      return lines !== undefined
    }
    if (lines === undefined) this.lines.set(cookie, (lines = new Map()))
    // Held by nobody, until now or from now on.
    if (record.pid === null || (lines.size === 1 && lines.has('null undefined'))) lines.clear()
    lines.set(key, record)
    return true
  }
}
