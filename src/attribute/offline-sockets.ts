// A dump of netoproc-sockets as a source of sockets, for recordings. It is the last stage of a chain that reads the dump:
// push() takes the records, scan() tells of them. A dump made with --follow says when sockets opened and closed, and is
// matched by that; in a plain one a socket counts for the whole recording.

import { printable } from '../record/printable.ts'
import type { HelloRecord, SocketRecord } from '../record/generated/types.ts'
import type { RecordBatch } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import type { SocketSink, SocketSource } from './port.ts'

export class OfflineSockets implements SocketSource, Stage {
  readonly method = 'file'
  readonly isRecorded = true
  readonly degraded: readonly string[] = []
  private records: SocketRecord[] = []
  private hello: HelloRecord | undefined

  push(batch: RecordBatch): void {
    for (const record of batch.side) {
      if (record.type === 'socket') {
        this.records.push({
          ...record,
          process: printable(record.process),
          ...(record.user == null ? {} : { user: printable(record.user) }),
          ...(record.cmdline == null ? {} : { cmdline: printable(record.cmdline) }),
        })
      } else if (record.type === 'hello') this.hello ??= record
    }
  }

  flush(): number {
    return Infinity
  }

  /** Whether it can be a dump: it has sockets, or says that it was made where there are none. */
  get isDump(): boolean {
    return this.records.length > 0 || this.hello?.tool === 'netoproc-sockets'
  }

  /** Network namespace in which the dump was made: hello tells; else that of most sockets. */
  get netns(): string | undefined {
    const told = this.hello?.['netns']
    if (typeof told === 'string') return told
    const counts = new Map<string, number>()
    let most: string | undefined
    for (const { netns } of this.records) {
      if (netns === undefined) continue
      counts.set(netns, (counts.get(netns) ?? 0) + 1)
      if (most === undefined || (counts.get(netns) as number) > (counts.get(most) as number)) most = netns
    }
    return most
  }

  /** Addresses that were local: the dump's interfaces', and those that sockets were bound to. */
  interfaces(): NonNullable<HelloRecord['interfaces']> {
    const own = this.netns
    const addresses = new Set<string>()
    for (const { local_ip, netns } of this.records) {
      if (!unspecified.has(local_ip) && (netns === undefined || netns === own)) addresses.add(local_ip)
    }
    return [
      ...(this.hello?.interfaces ?? []),
      { name: 'sockets', index: 0, mtu: 0, addresses: [...addresses] },
    ]
  }

  scan(sink: SocketSink): void {
    for (const record of this.records) sink.socket(record)
  }

  close(): void {}
}

const unspecified = new Set(['0.0.0.0', '::'])
