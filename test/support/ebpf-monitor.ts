// Kernel counters for tests, and processes whose traffic is known.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import { type EbpfOptions, EbpfSource } from '../../src/attribute/linux/ebpf-source.ts'
import { openSockDiag } from '../../src/attribute/linux/sock-diag-source.ts'
import { FlowTable } from '../../src/record/flow-table.ts'
import type { SocketRecord } from '../../src/record/generated/types.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'

export const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** A source with everything that it has handed out so far. */
export class Monitor {
  readonly source: EbpfSource
  readonly records: SocketRecord[] = []
  private readonly batch = new RecordBatch(
    { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() },
    1,
  )

  constructor(t: Test, options: Partial<EbpfOptions> = {}) {
    const netns = options.netns ?? 'all'
    this.source = new EbpfSource({ interfaces: [], netns, sockets: openSockDiag({ netns }), ...options })
    t.teardown(() => this.source.close())
  }

  collect(isLast = false): void {
    this.batch.clear()
    this.source.collect(this.batch, Date.now() * 1000, isLast)
    for (const record of this.batch.side) this.records.push({ ...(record as SocketRecord) })
  }

  of(pid: number): SocketRecord[] {
    return this.records.filter(record => record.pid === pid)
  }

  sum(pid: number, field: 'rx_bytes' | 'tx_bytes' | 'rx_packets' | 'tx_packets'): number {
    return this.of(pid).reduce((sum, record) => sum + (record[field] ?? 0), 0)
  }
}

/** Runs JavaScript in a network namespace of its own, with loopback up. Its pid is the script's. */
export function inNamespace(t: Test, script: string): ChildProcess & { text: Promise<string> } {
  const child = spawn(
    'unshare',
    ['--net', '--', 'sh', '-c', 'ip link set lo up && exec "$0" -e "$1"', process.execPath, script],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  t.teardown(() => child.kill('SIGKILL'))
  let out = ''
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  return Object.assign(child, { text: once(child, 'close').then(() => out) })
}
