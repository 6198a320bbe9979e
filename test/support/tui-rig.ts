// The screen stage on a terminal emulator, and records to show on it.

import xterm from '@xterm/headless'
import type { NetoprocRecord } from '../../src/record/generated/types.ts'
import { FlowTable } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { loadWidths } from '../../src/render/tui/cell-width.ts'
import { KeyReader } from '../../src/render/tui/keys.ts'
import type { Screen } from '../../src/render/tui/port.ts'
import { TuiStage, type TuiOptions } from '../../src/render/tui/stage.ts'

export const START = 1_763_910_000

// As the command does before it draws any record.
await loadWidths()

export function newTables() {
  return { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() }
}

export class TuiRig implements Screen {
  readonly terminal: InstanceType<typeof xterm.Terminal>
  readonly stage: TuiStage
  readonly saved: Array<{ name: string; text: string }> = []
  /** All that was written, and what of it since the last look. */
  written = ''
  lastFrame = ''
  busy = false
  quits = 0
  suspensions = 0
  wakes = 0
  private readonly keys = new KeyReader()
  private readonly batch = new RecordBatch(newTables(), 0)
  private nowUs = START * 1e6
  private width: number
  private height: number

  constructor(width: number, height: number, options: Partial<TuiOptions> = {}) {
    this.width = width
    this.height = height
    this.terminal = new xterm.Terminal({ cols: width, rows: height, allowProposedApi: true, scrollback: 0 })
    // As the command does (src/cli/terminal.ts): the alternate screen, no automatic wrap.
    this.terminal.write('\x1b[?1049h\x1b[?7l')
    this.stage = new TuiStage(this, {
      color: '256',
      isAscii: false,
      wake: () => this.wakes++,
      ...options,
    })
  }

  size() {
    return { width: this.width, height: this.height }
  }

  write(text: string): void {
    this.written += text
    this.lastFrame += text
  }

  isBusy(): boolean {
    return this.busy
  }

  suspend(): void {
    this.suspensions++
  }

  save(name: string, text: string): string {
    this.saved.push({ name, text })
    return `${name}.tsv`
  }

  quit(): void {
    this.quits++
  }

  /** Records, then a frame a second later. */
  show(...records: NetoprocRecord[]): Promise<string[]> {
    for (const record of records) this.batch.append(record)
    this.stage.push(this.batch)
    this.batch.clear()
    this.nowUs += 1e6
    this.stage.flush(this.nowUs)
    return this.lines()
  }

  /** What a terminal sends for keys, then the frame. */
  type(text: string): Promise<string[]> {
    for (const key of this.keys.push(Buffer.from(text))) this.stage.key(key)
    for (const key of this.keys.idle()) this.stage.key(key)
    return this.lines()
  }

  resize(width: number, height: number): Promise<string[]> {
    this.width = width
    this.height = height
    this.terminal.resize(width, height)
    this.stage.redraw()
    return this.lines()
  }

  /** The lines of the emulator when it has taken all that was written. */
  async lines(): Promise<string[]> {
    const text = this.lastFrame
    this.lastFrame = ''
    await new Promise<void>(resolve => this.terminal.write(text, resolve))
    const { active } = this.terminal.buffer
    return Array.from({ length: this.height }, (_, y) => active.getLine(y)?.translateToString(true) ?? '')
  }

  cell(x: number, y: number) {
    return this.terminal.buffer.active.getLine(y)?.getCell(x)
  }

  /** Whether the row is the selected one. */
  isSelected(y: number): boolean {
    return (this.cell(5, y)?.isInverse() ?? 0) !== 0
  }
}

export function processRecord(
  second: number,
  pid: number | null,
  process: string,
  rx: number,
  tx: number,
  more: Record<string, unknown> = {},
): NetoprocRecord {
  return {
    type: 'process',
    ts: START + second,
    interval: 1,
    pid,
    start_time: pid === null ? null : START - 100,
    process,
    user: 'ann',
    rx_bytes: rx,
    tx_bytes: tx,
    rx_packets: 1,
    tx_packets: 1,
    rx_rate: rx,
    tx_rate: tx,
    rx_bytes_total: rx * 10,
    tx_bytes_total: tx * 10,
    connections: 1,
    sockets: 1,
    ...more,
  }
}

export function connectionRecord(
  second: number,
  pid: number | null,
  process: string,
  port: number,
  rx: number,
  tx: number,
  more: Record<string, unknown> = {},
): NetoprocRecord {
  return {
    type: 'connection',
    ts: START + second,
    interval: 1,
    pid,
    start_time: pid === null ? null : START - 100,
    process,
    user: 'ann',
    proto: 'tcp',
    local_ip: '192.0.2.7',
    local_port: port,
    remote_ip: '198.51.100.9',
    remote_port: 443,
    state: 'established',
    initiated: 'out',
    iface: 'eth0',
    rx_bytes: rx,
    tx_bytes: tx,
    rx_packets: 1,
    tx_packets: 1,
    rx_rate: rx,
    tx_rate: tx,
    rx_bytes_total: rx * 10,
    tx_bytes_total: tx * 10,
    rtt_us: port * 10,
    retransmits: 2,
    ...more,
  }
}

export function intervalRecord(second: number, more: Record<string, unknown> = {}): NetoprocRecord {
  return {
    type: 'interval',
    ts: START + second,
    interval: 1,
    method: 'afpacket',
    degraded: [],
    packets: 1234,
    bytes: 1000,
    dropped: 0,
    attributed_bytes: 900,
    unknown_bytes: 100,
    unknown_by_reason: { no_socket: 100 },
    interface_bytes: null,
    ...more,
  }
}

export function queryRecord(
  second: number,
  name: string,
  more: Record<string, unknown> = {},
): NetoprocRecord {
  return {
    type: 'dns_query',
    ts: START + second,
    pid: 100,
    start_time: START - 100,
    process: 'curl',
    query_name: name,
    query_type: 'A',
    response: '198.51.100.9',
    rcode: 'NOERROR',
    latency_ms: 12.5,
    resolver: '192.0.2.1',
    ...more,
  }
}

export function interfaceRecord(second: number, name: string, rx: number, tx: number): NetoprocRecord {
  return {
    type: 'interface',
    ts: START + second,
    interval: 1,
    name,
    up: true,
    mtu: 1500,
    kind: 'physical',
    addresses: ['192.0.2.7/24', '2001:db8::7/64'],
    dns_servers: ['192.0.2.1'],
    search_domains: ['example.org'],
    rx_bytes: rx,
    tx_bytes: tx,
    rx_rate: rx,
    tx_rate: tx,
    rx_bytes_total: rx * 100,
    tx_bytes_total: tx * 100,
    rx_packets_total: 321,
    tx_packets_total: 123,
    rx_errors: 0,
    tx_errors: 7,
    rx_dropped: 5,
    tx_dropped: 0,
  }
}

export function resolverRecord(second: number, server: string): NetoprocRecord {
  return {
    type: 'resolver',
    ts: START + second,
    server,
    iface: 'eth0',
    avg_latency_ms: 11.25,
    p95_latency_ms: 80,
    failure_rate_pct: 12.5,
    nxdomain_count: 3,
    query_count: 64,
  }
}
