// The snapshot's three forms, on rollups that are hard to show: wide and control characters in names, an owner that is found
// late, nothing at all.

import t from 'tap'
import type { ConnectionRecord, HelloRecord, ProcessRecord } from '../../src/record/generated/types.ts'
import { Snapshot } from '../../src/render/snapshot.ts'
import { formatBytes, formatPretty } from '../../src/render/pretty-format.ts'
import { formatJson, formatTsv } from '../../src/render/text-format.ts'

const options = {
  sort: 'traffic',
  columns: ['pid', 'process', 'rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets'],
}

function row(pid: number | null, process: string, rx: number, tx: number): ProcessRecord {
  const rest = {
    rx_packets: 1,
    tx_packets: 2,
    rx_rate: rx,
    tx_rate: tx,
    rx_bytes_total: rx,
    tx_bytes_total: tx,
  }
  const all = {
    type: 'process',
    ts: 1,
    interval: 1,
    pid,
    process,
    uid: null,
    rx_bytes: rx,
    tx_bytes: tx,
    ...rest,
  }
  return { ...all, connections: 1, sockets: 1 } as ProcessRecord
}

function snapshot(...rows: ProcessRecord[]): Snapshot {
  const result = new Snapshot(undefined)
  for (const record of rows) result.add(record)
  return result
}

// What was nobody's at first is taken back when the owner is found: rollups may be negative.
const rows = [
  row(5120, '音楽', 1536, 0),
  row(7, 'a\tb\x1b[31m\n', 10, 20),
  row(null, 'unknown', 500, 0),
  row(null, 'unknown', -400, 0),
  row(5120, '音楽', 400, 5 << 20),
]

t.test('tsv: a line for each, and no control character', async t => {
  t.equal(
    formatTsv(snapshot(...rows), options),
    [
      'pid\tprocess\trx_bytes\ttx_bytes\trx_packets\ttx_packets',
      '5120\t音楽\t1936\t5242880\t2\t4',
      '-\tunknown\t100\t0\t2\t4',
      '7\ta\\tb\\x1b[31m\\n\t10\t20\t1\t2',
      '',
    ].join('\n'),
  )
  t.equal(formatTsv(snapshot(), { ...options, columns: ['pid', 'user'] }), 'pid\tuser\n')
})

t.test('a pid of another boot, and bytes of another layer, are not added up', async t => {
  const hello = (boot_id: string): HelloRecord => {
    const rest = { tool: 'x', version: '1', schema: 1, method: 'ntstat', degraded: [] }
    return { type: 'hello', ts: 1, boot_id, ...rest }
  }
  const result = new Snapshot(undefined)
  result.add(hello('a'))
  result.add(row(5, 'curl', 100, 0))
  result.add({ ...row(5, 'curl', 7, 0), layer: 'payload' })
  result.add(hello('a'))
  result.add(row(5, 'curl', 100, 0))
  result.add(hello('b'))
  result.add(row(5, 'curl', 30, 0))
  t.same(
    result.rows('traffic').map(({ rx_bytes }) => rx_bytes),
    [200, 30, 7],
  )
})

t.test('json', async t => {
  t.same(
    JSON.parse(
      formatJson(snapshot(...rows), { ...options, sort: 'pid', columns: ['pid', 'process', 'user'] }),
    ),
    [
      { pid: 7, process: 'a\\tb\\x1b[31m\\n', user: null },
      { pid: 5120, process: '音楽', user: null },
      { pid: null, process: 'unknown', user: null },
    ],
  )
  t.equal(formatJson(snapshot(), options), '[]\n')
})

t.test('pretty: columns stand below each other, however wide a character is', async t => {
  const lines = formatPretty(snapshot(...rows), {
    ...options,
    columns: ['pid', 'process', 'rx_bytes', 'tx_bytes'],
  }).split('\n')
  t.same(
    lines.filter(line => !line.startsWith('─')).map(line => line.trimEnd()),
    [
      '  PID  PROCESS         RX BYTES  TX BYTES',
      ' 5120  音楽             1.9 KiB   5.0 MiB',
      '    -  unknown            100 B       0 B',
      '    7  a\\tb\\x1b[31m\\n      10 B      20 B',
      'TOTAL                   2.0 KiB   5.0 MiB',
      '',
    ],
  )
  t.equal(formatPretty(snapshot(), options), '(no traffic captured)\n')
})

t.test('a filter that leaves nothing is not called a network without traffic', async t => {
  const filtered = new Snapshot('nosuch')
  t.equal(formatPretty(filtered, options), '(no traffic captured)\n')
  filtered.add(row(7, 'curl', 10, 20))
  t.equal(formatPretty(filtered, options), '(nothing matches the filter)\n')
})

t.test(
  'of unknown traffic a filter shows the remotes that match, whatever else these have moved',
  async t => {
    const filtered = new Snapshot(':5000')
    const unknown = { ...row(null, 'unknown', 30, 0), type: 'connection', proto: 'tcp', local_ip: '10.0.0.1' }
    const to = (local_port: number, rx_bytes: number) =>
      ({ ...unknown, local_port, remote_ip: '10.0.0.9', remote_port: 443, rx_bytes }) as ConnectionRecord
    filtered.add(to(5000, 10))
    filtered.add(to(5001, 20))
    t.same(
      filtered.unknownRemotes().map(({ rx_bytes }) => rx_bytes),
      [10],
    )
  },
)

t.test('units', async t => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [5 << 20, '5.0 MiB'],
    [2 ** 53, '8.0 PiB'],
  ] as const)
    t.equal(formatBytes(bytes), text)
})
