// --filter: what a pattern matches.

import t from 'tap'
import type { ConnectionRecord, DnsQueryRecord, ProcessRecord } from '../../src/record/generated/types.ts'
import { NetoprocError } from '../../src/record/error.ts'
import { FlowTable } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { RecordBatch, type SideRecord } from '../../src/record/record-batch.ts'
import { FilterStage } from '../../src/render/filter-stage.ts'
import { RowFilter } from '../../src/render/row-filter.ts'

const connection = {
  type: 'connection',
  process: 'curl',
  user: 'ann',
  local_ip: '192.0.2.7',
  local_port: 40001,
  remote_ip: '198.51.100.9',
  remote_port: 443,
  remote_name: 'www.Example.com',
  service: 'https',
  network: 'documentation',
} as ConnectionRecord
const v6 = { ...connection, remote_ip: '2001:db8::9' } as ConnectionRecord
const query = {
  type: 'dns_query',
  process: 'curl',
  user: null,
  query_name: 'www.example.com',
  resolver: '192.0.2.53',
} as DnsQueryRecord
const process = { type: 'process', process: 'curl', user: 'ann' } as ProcessRecord

t.test('connections', t => {
  const matches = (pattern: string, record = connection) => new RowFilter(pattern).connection(record)
  for (const pattern of [
    'curl',
    'CURL',
    'ann',
    'example.com',
    'https',
    'documentation',
    '198.51',
    ':443',
    ':40001',
  ])
    t.ok(matches(pattern), pattern)
  for (const pattern of ['wget', ':44', ':80', '192.0.2', 'example.org']) t.notOk(matches(pattern), pattern)
  t.ok(matches('198.51.100.9'))
  t.notOk(matches('198.51.100.9', { ...connection, remote_ip: '198.51.100.90' }), 'an address is that one')
  t.ok(matches('198.51.100.0/24'))
  t.ok(matches('198.51.100.9/32'))
  t.ok(matches('0.0.0.0/0'))
  t.notOk(matches('0.0.0.0/0', v6), 'IPv6 is not in an IPv4 network')
  t.notOk(matches('198.51.101.0/24'))
  t.ok(matches('2001:DB8:0::9', v6), 'however it is written')
  t.ok(matches('2001:db8::/32', v6))
  t.notOk(matches('2001:db9::/32', v6))
  t.notOk(matches('::/0'), 'nor IPv4 in an IPv6 network')
  t.end()
})

t.test('processes and DNS questions', t => {
  t.ok(new RowFilter('cur').process(process))
  t.notOk(new RowFilter(':443').process(process))
  t.notOk(new RowFilter('198.51.100.9').process(process))
  const matches = (pattern: string) => new RowFilter(pattern).query(query)
  for (const pattern of ['curl', 'EXAMPLE', '192.0.2.53', '192.0.2.0/24']) t.ok(matches(pattern), pattern)
  for (const pattern of ['wget', '10.0.0.0/8', ':443']) t.notOk(matches(pattern), pattern)
  t.end()
})

t.test('patterns that cannot be', t => {
  for (const pattern of ['10.0.0.0/33', ':65536', '::/129', '1.2.3/8'])
    t.throws(() => new RowFilter(pattern), NetoprocError, pattern)
  t.end()
})

t.test('records: a process stays with any of its connections', t => {
  const tables = { flows: new FlowTable(64, 64), owners: new OwnerTable(), ifaces: new NameTable() }
  const passed = (pattern: string, records: readonly object[]) => {
    const out: string[] = []
    const next = {
      push: ({ side }: RecordBatch) =>
        void out.push(...side.map(each => ('pid' in each ? `${each.type} ${each.pid}` : String(each.type)))),
      flush: () => Infinity,
      close: () => {},
    }
    const stage = new FilterStage(next, tables, pattern)
    for (const record of records) {
      const batch = new RecordBatch(tables, 0)
      batch.append(record as SideRecord)
      stage.push(batch)
    }
    stage.close()
    return out
  }
  const of = (pid: number | null, record: object) => ({ ...record, pid, start_time: pid })
  const interval = { type: 'interval' }
  const stream = [
    { type: 'hello' },
    of(1, process),
    of(2, process),
    of(null, { ...process, process: 'unknown' }),
    of(1, connection),
    of(2, { ...connection, remote_port: 80 }),
    interval,
    of(1, process),
    of(2, process),
    of(2, connection),
    interval,
    of(2, process),
  ]
  t.same(passed(':443', stream), [
    'hello',
    'process 1',
    'connection 1',
    'interval',
    'process 2',
    'connection 2',
    'interval',
  ])
  t.same(passed('curl', stream.slice(0, 7)), [
    'hello',
    'process 1',
    'process 2',
    'connection 1',
    'connection 2',
    'interval',
  ])
  t.same(passed('10.0.0.0/8', stream), ['hello', 'interval', 'interval'])
  t.end()
})
