// Which records are events, and how they are told: truly, few, and each once.

import t from 'tap'
import type { HelloRecord, InterfaceRecord, NetoprocRecord } from '../../src/record/generated/types.ts'
import { Model } from '../../src/render/tui/model.ts'
import { clockTime } from '../../src/render/tui/units.ts'
import { START, interfaceRecord, intervalRecord, resolverRecord } from '../support/tui-rig.ts'

const hello = (more: Partial<HelloRecord> = {}): NetoprocRecord => ({
  type: 'hello',
  ts: START,
  tool: 'x',
  version: '1',
  schema: 1,
  method: 'afpacket',
  degraded: [],
  ...more,
})

/** The events, oldest first: seconds after the start, and words. */
function told(model: Model): string[] {
  return model.events
    .newest(1000)
    .reverse()
    .map(({ ts, text, isAlarm }) => `${ts - START} ${isAlarm ? '! ' : ''}${text}`)
}

function modelOf(...records: NetoprocRecord[]): Model {
  const model = new Model()
  for (const record of records) model.add(record)
  return model
}

const quiet = { unknown_bytes: 0, unknown_by_reason: {} }
const interval = (at: number, more: Record<string, unknown> = {}) => intervalRecord(at, { ...quiet, ...more })
const seconds = (from: number, to: number, more: Record<string, unknown> = {}) =>
  Array.from({ length: to - from + 1 }, (_, i) => interval(from + i, more))

t.test('method, and why there is no better one', async t => {
  const model = modelOf(hello({ degraded: ['no eBPF: run as root'] }))
  for (const record of seconds(1, 5, { degraded: ['no eBPF: run as root'] })) model.add(record)
  model.add(interval(6, { degraded: ['another'] }))
  model.add(interval(7, { degraded: ['another'], method: 'ebpf' }))
  t.same(told(model), [
    '0 counting by afpacket',
    '0 ! no eBPF: run as root',
    '6 ! another',
    '6 no longer: no eBPF: run as root',
    '7 counting by ebpf, before by afpacket',
  ])
  t.same(told(modelOf(hello({ method: 'file', ts: START + 1e6 }), ...seconds(1, 3, { method: 'file' }))), [])
})

t.test('losses: a line for as long as they go on', async t => {
  const model = modelOf(...seconds(1, 3), interval(4, { dropped: 10 }))
  t.same(told(model).slice(1), ['3 ! 10 packets lost in 1 s so far'])
  for (const record of [...seconds(5, 7), interval(8, { dropped: 5 })]) model.add(record)
  t.same(told(model).slice(1), ['3 ! 15 packets lost in 5 s so far'])
  for (const record of seconds(9, 30)) model.add(record)
  t.same(told(model).slice(1), ['3 ! 15 packets lost in 5 s, none since'])
  model.add(interval(31, { dropped: 1, malformed: 2 }))
  t.same(told(model).slice(1), [
    '3 ! 15 packets lost in 5 s, none since',
    '30 ! 1 packet lost in 1 s so far',
    '30 ! 2 lines could not be read in 1 s so far',
  ])
})

t.test('resolvers that fail', async t => {
  const resolver = (at: number, queries: number, more: Record<string, number>) =>
    ({ ...(resolverRecord(at, '192.0.2.1') as object), query_count: queries, ...more }) as NetoprocRecord
  const model = modelOf(interval(1), resolver(2, 10, { timeout_count: 0, servfail_count: 0 }))
  t.equal(told(model).length, 1)
  model.add(resolver(3, 14, { timeout_count: 2 }))
  model.add(resolver(4, 20, { timeout_count: 3, servfail_count: 1 }))
  model.add(resolver(5, 30, { timeout_count: 3, servfail_count: 1 }))
  t.same(told(model).slice(1), ['3 ! resolver 192.0.2.1: of 10 questions 3 without an answer, 1 SERVFAIL'])
  for (const record of seconds(6, 90)) model.add(record)
  model.add(resolver(91, 40, { timeout_count: 3, servfail_count: 1, refused_count: 1 }))
  t.match(told(model).at(-1), '91 ! resolver 192.0.2.1: of 10 questions 1 REFUSED')
})

t.test('interfaces that come, go, and change', async t => {
  const look = (at: number, name: string, more: Partial<InterfaceRecord> = {}) =>
    ({ ...(interfaceRecord(at, name, 1, 1) as object), ...more }) as NetoprocRecord
  const model = modelOf(look(0, 'eth0'), look(1, 'eth0'), look(1, 'lo'), interval(1))
  const until = (from: number, to: number, ...names: string[]) => {
    for (let at = from; at <= to; at++)
      for (const record of [...names.map(name => look(at, name)), interval(at)]) model.add(record)
  }
  until(2, 3, 'eth0', 'lo')
  t.equal(told(model).length, 1, 'what was there is no event')
  until(4, 4, 'eth0', 'lo', 'tun0')
  until(5, 40)
  t.same(told(model).slice(1), ['4 tun0 has come'], 'where nothing was looked at nothing is gone')
  until(41, 50, 'eth0', 'lo')
  t.same(told(model).slice(2), ['43 ! tun0 is gone'])
  for (let at = 51; at < 61; at++) {
    model.add(look(at, 'eth0', { up: at % 2 === 0 }))
    model.add(look(at, 'lo'))
    model.add(interval(at))
  }
  t.same(told(model).slice(3), [
    `59 ! eth0 is down (5 times since ${clockTime(START + 51)})`,
    `60 eth0 is up (5 times since ${clockTime(START + 52)})`,
  ])
  for (let at = 61; at < 75; at++) {
    model.add(look(at, 'lo'))
    model.add(look(at, 'eth0'))
    if (at < 71) model.add(look(at, `veth${at}`, { kind: 'virtual' }))
    model.add(interval(at))
  }
  t.same(told(model).slice(5), ['61 virtual interfaces: 10 came, 10 went, last veth70'], 'containers')
  const file = modelOf(hello({ method: 'file' }), look(1, 'a'), look(1, 'b'), interval(1, { method: 'file' }))
  for (let at = 2; at < 20; at++)
    for (const record of [look(at, 'a'), interval(at, { method: 'file' })]) file.add(record)
  t.same(told(file), [], 'a recording tells of those on which there is something')
})

t.test('traffic without an owner', async t => {
  const unknown = (from: number, to: number, bytes: number, more = {}) =>
    seconds(from, to, {
      attributed_bytes: 200_000,
      unknown_bytes: bytes,
      unknown_by_reason: { no_socket: bytes - bytes / 4, kernel: bytes / 4 },
      ...more,
    })
  t.same(told(modelOf(...unknown(1, 60, 20_000))).slice(1), [], 'a little is none')
  t.same(
    told(modelOf(...unknown(1, 60, 1000, { attributed_bytes: 100 }))).slice(1),
    [],
    'nor is a share of nothing',
  )
  t.same(
    told(modelOf(...unknown(1, 60, 200_000, { late_bytes: 190_000 }))).slice(1),
    [],
    'nor what is owned late',
  )
  const model = modelOf(...unknown(1, 10, 0), ...unknown(11, 20, 200_000))
  t.match(told(model).slice(1), [
    /^1\d ! without an owner: 50\.0% of \d\.\d M in \d+ s, most of it no_socket$/,
  ])
  for (const record of unknown(21, 80, 0)) model.add(record)
  t.equal(told(model).length, 2, 'one line')
  for (const record of unknown(81, 90, 200_000)) model.add(record)
  t.equal(told(model).length, 3, 'and another when it is back')
})

t.test('figures that come late', async t => {
  const model = modelOf(hello())
  const arrive = (at: number, lag: number) => {
    model.add(interval(at))
    model.watch.arrived(START + at + lag)
  }
  // Of a host whose clock is an hour ahead.
  for (let at = 1; at < 5; at++) arrive(at, -3600)
  for (let at = 5; at < 9; at++) arrive(at, -3600 + at)
  for (let at = 9; at < 30; at++) arrive(at, -3600)
  t.same(told(model).slice(1), ['5 ! figures came up to 8.0 s later than before'])
  const file = modelOf(hello({ method: 'file' }), interval(1, { method: 'file' }))
  file.watch.arrived(START + 1)
  file.add(interval(2, { method: 'file' }))
  file.watch.arrived(START + 500)
  t.same(told(file), [], 'a recording comes when it likes')
})

t.test('the end, once; and bounds', async t => {
  const stats = (reason: 'eof' | 'error', iface: string): NetoprocRecord => ({
    type: 'stats',
    ts: START + 9,
    iface,
    received: 1,
    dropped: 0,
    filtered: 0,
    final: true,
    reason,
  })
  const model = modelOf(interval(1), stats('error', 'eth0'), stats('error', 'lo'))
  t.same(told(model).slice(1), ['1 ! end of the records: error'])
  for (let at = 2; at < 2000; at++) model.add(interval(at, { degraded: [`${at} ${'x'.repeat(5000)}`] }))
  t.equal(told(model).length, 64)
  t.ok(told(model).every(text => text.length < 320))
  const copy = model.copy()
  model.watch.warning('something')
  t.match(told(model).at(-1), '! something')
  t.notMatch(told(copy).at(-1), 'something')
})
