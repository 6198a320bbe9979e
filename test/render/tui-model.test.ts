// What the screen knows after days: nothing is lost of what it adds up, whatever has come and gone, and whatever the clock did.

import t from 'tap'
import type { HelloRecord, NetoprocRecord } from '../../src/record/generated/types.ts'
import { Model } from '../../src/render/tui/model.ts'
import { SLOTS } from '../../src/render/tui/rate-history.ts'
import {
  START,
  TuiRig,
  connectionRecord,
  interfaceRecord,
  intervalRecord,
  processRecord,
  resolverRecord,
} from '../support/tui-rig.ts'

function hello(boot_id: string, second: number): HelloRecord {
  return {
    type: 'hello',
    ts: START + second,
    tool: 'x',
    version: '1',
    schema: 1,
    method: 'ebpf',
    degraded: [],
    boot_id,
  }
}

function add(model: Model, ...records: NetoprocRecord[]): void {
  for (const record of records) model.add(record)
}

/** A process that has ended, and all that it has moved. */
function ended(at: number, pid: number, rx: number, tx: number, more: Record<string, unknown> = {}) {
  return processRecord(at, pid, `p${pid}`, rx, tx, {
    rx_bytes_total: rx,
    tx_bytes_total: tx,
    exited: true,
    sockets: 0,
    ...more,
  })
}

t.test('a day of processes: the lines add up to all that was moved', async t => {
  const model = new Model()
  const sum = { rx: 0n, tx: 0n }
  const own = (at: number) =>
    processRecord(at, 1, 'daemon', 5, 7, { rx_bytes_total: 5 * at, tx_bytes_total: 7 * at })
  for (let at = 1; at <= 8_000; at++) {
    const [rx, tx] = [2 ** 34 + at, 2 ** 33 + (at % 977)]
    add(model, own(at), ended(at, 10 + at, rx, tx), intervalRecord(at))
    sum.rx += BigInt(rx) + 5n
    sum.tx += BigInt(tx) + 7n
  }
  const total = { rx: BigInt(model.folded.rx), tx: BigInt(model.folded.tx) }
  for (const { record } of model.processes.values()) {
    total.rx += BigInt(record.rx_bytes_total)
    total.tx += BigInt(record.tx_bytes_total)
  }
  t.same(total, sum)
  t.equal(model.processes.size, 4096)
  t.equal(model.folded.count + model.processes.size, 8_001)
  t.equal(model.forgotten, 0, 'what has ended and is in the sums is not forgotten')
  t.ok(
    [...model.processes.values()].some(({ record }) => record.pid === 1),
    'who still lives keeps its line',
  )
})

t.test('who comes back takes its share out of the folded sums', async t => {
  const model = new Model()
  for (let pid = 1; pid <= 5000; pid++) add(model, ended(1, pid, 100, 10))
  add(model, intervalRecord(1))
  t.same([model.folded.count, model.folded.rx, model.folded.tx], [904, 90_400, 9_040])
  add(model, ended(2, 7, 1, 1, { rx_bytes_total: 101, tx_bytes_total: 11 }), intervalRecord(2))
  t.same(
    [model.folded.count, model.folded.rx, model.folded.tx],
    [904, 90_400, 9_040],
    'one goes in, one comes out',
  )
  const all = [...model.processes.values()].reduce(
    (sum, { record }) => sum + record.rx_bytes_total,
    model.folded.rx,
  )
  t.equal(all, 5000 * 100 + 1)
})

t.test('the closed line has what was folded', async t => {
  const rig = new TuiRig(120, 24)
  const records = Array.from({ length: 5000 }, (_, i) => ended(1, i + 10, 1024, 0))
  await rig.show(...records, intervalRecord(1))
  await rig.show(processRecord(100, 1, 'alive', 1, 1), intervalRecord(100))
  t.match((await rig.type('it')).join('\n'), /▸ closed \(5000\) .* 4\.9 M /)
  const filtered = await rig.type('/p1')
  t.match(filtered.join('\n'), /▸ closed \(\d{3,4}\) /, 'a filter is for names: of those that have a row')
  t.match(filtered.join('\n'), / of 5001 /)
})

t.test('a clock that is set back: rows get as old as they were, charts go on', async t => {
  const model = new Model()
  for (let at = 1; at <= 10; at++)
    add(
      model,
      processRecord(at, 1, 'a', 100, 0),
      processRecord(at, 2, 'b', 50, 0),
      connectionRecord(at, 1, 'a', 9, 100, 0),
      interfaceRecord(at, 'eth0', 150, 0),
      intervalRecord(at),
    )
  for (let at = -3600; at < -3590; at++) add(model, processRecord(at, 2, 'b', 50, 0), intervalRecord(at))
  t.same(model.current, { rx: 50, tx: 0 }, 'who is silent is not counted')
  t.equal(model.now, START - 3591)
  const row = (pid: number) => [...model.processes.values()].find(({ record }) => record.pid === pid)
  t.same(model.rate(row(1)?.record as { ts: number }), { rx: 0, tx: 0 })
  t.equal(model.now - (row(1)?.record.ts ?? 0), 10, 'its last record is ten intervals old')
  t.same(row(2)?.history.rates(model.now, 20).rx, Array(20).fill(50))
  t.same(model.history?.rates(model.now, SLOTS).rx.slice(-20), [
    ...Array(10).fill(150),
    ...Array(10).fill(50),
  ])
  for (let at = -3590; at < -3500; at++) add(model, intervalRecord(at))
  t.equal(model.connections.size, 0, 'quiet ones go after a minute of the time that is told now')
})

t.test('another source', async t => {
  const model = new Model()
  add(model, hello('a', 0), processRecord(1, 1, 'a', 100, 0), connectionRecord(1, 1, 'a', 9, 100, 0))
  add(model, interfaceRecord(1, 'eth0', 100, 0), resolverRecord(1, '192.0.2.1'), intervalRecord(1))
  add(model, {
    type: 'stats',
    ts: START + 1,
    received: 1,
    dropped: 0,
    filtered: null,
    final: true,
    reason: 'signal',
  })
  t.equal(model.ended, 'signal')
  add(model, hello('a', 1))
  t.equal(model.ended, undefined, 'it goes on')
  t.equal(model.processes.size, 1, 'of the same boot: the same processes')
  add(model, processRecord(1, 1, 'a', 10, 0), intervalRecord(1))
  t.equal(model.tally.bytes, 2000, 'two intervals of the same second are two')
  add(model, intervalRecord(1, { layer: 'payload' }))
  t.equal(model.tally.bytes, 2000, 'one of another layer is the same one')
  add(model, hello('b', 1))
  t.same(
    [model.processes.size, model.connections.size, model.interfaces.size, model.resolvers.size],
    [0, 0, 0, 0],
    "another host's",
  )
})

t.test('after more resolvers than are watched, one that fails is still an event', async t => {
  const model = new Model()
  const resolver = (at: number, server: string, timeout_count: number) =>
    add(model, { ...resolverRecord(at, server), timeout_count } as NetoprocRecord, intervalRecord(at))
  for (let i = 0; i < 200; i++) resolver(i, `2001:db8::${i}`, 0)
  resolver(200, '192.0.2.1', 0)
  resolver(201, '192.0.2.1', 3)
  t.match(model.events.newest(1), [{ text: /resolver 192\.0\.2\.1: .* 3 without an answer/ }])
})

t.test('what goes on when the clock is set back is over', async t => {
  const model = new Model()
  add(model, intervalRecord(1, { dropped: 5 }), intervalRecord(-3600), intervalRecord(-3599, { dropped: 2 }))
  t.match(model.events.newest(2), [
    { text: /^2 packets lost in 1 s so far/ },
    { text: /^5 packets lost in 1 s, none since/ },
  ])
})

t.test('an interface that is gone has no card', async t => {
  const model = new Model()
  const both = (at: number) =>
    add(model, interfaceRecord(at, 'eth0', 1, 1), interfaceRecord(at, 'veth1', 1, 1))
  for (let at = 1; at < 4; at++) {
    both(at)
    add(model, intervalRecord(at))
  }
  for (let at = 4; at < 6; at++) add(model, interfaceRecord(at, 'eth0', 1, 1), intervalRecord(at))
  t.equal(model.interfaces.size, 2, 'a look may be late')
  for (let at = 6; at < 20; at++) add(model, interfaceRecord(at, 'eth0', 1, 1), intervalRecord(at))
  t.same([...model.interfaces.keys()], ['eth0'])
  for (let at = 20; at < 40; at++) add(model, intervalRecord(at))
  t.same([...model.interfaces.keys()], ['eth0'], 'when nobody looks, nothing is gone')
})
