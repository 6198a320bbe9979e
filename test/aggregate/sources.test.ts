// A stream may come of several sources, one after the other: recordings that were joined, a capture that was started again.
// Each begins with its hello; what the kernel has counted until then is no traffic of it, and pids of another boot are others.

import t from 'tap'
import type { StatsRecord } from '../../src/record/generated/types.ts'
import { Rig, START, device, hello, socket } from './rig.ts'

function stats(at: number, dropped: number, more: Partial<StatsRecord> = {}): StatsRecord {
  return { type: 'stats', ts: START + at, received: 10, dropped, filtered: null, ...more }
}

/** Two sources of the same second. */
function two(first: string | undefined, second: string | undefined, total = false): Rig {
  const boot = (boot_id: string | undefined) => (boot_id === undefined ? {} : { boot_id })
  const rig = new Rig({ total })
  rig.record(hello('afpacket', boot(first))).record(device(0, 'eth0', 1000, 1000))
  rig.record(socket('curl#7', { cookie: '1' }))
  rig.packet({ at: 0.1, owner: 'curl#7', bytes: 10 }).record(device(0.3, 'eth0', 1010, 1000))
  rig.record(stats(0.3, 10, { final: true, reason: 'signal' }))
  rig.record(hello('afpacket', { ...boot(second), ts: START + 0.4 })).record(device(0.5, 'eth0', 5e8, 5e8))
  rig.packet({ at: 0.6, owner: 'curl#7', bytes: 20 }).packet({ at: 0.7, owner: 'wget#7@2000', bytes: 5 })
  return rig
    .record(device(0.9, 'eth0', 5e8 + 25, 5e8))
    .record(stats(0.9, 15, { final: true, reason: 'eof' }))
    .close()
}

t.test('records of a source stand between its hello and the next', async t => {
  const rig = two('a', 'b')
  t.equal(
    rig.out.map(({ type }) => type).join(' '),
    'hello process connection interface interval stats hello process process connection connection interface interval stats',
  )
  t.same(
    rig.intervals.map(({ ts, bytes, dropped, interface_bytes }) => [
      ts - START,
      bytes,
      dropped,
      interface_bytes,
    ]),
    [
      [1, 10, 10, 10],
      [1, 25, 15, 25],
    ],
  )
})

t.test('what was counted before a source began is no traffic of it', async t => {
  for (const total of [false, true]) {
    const rig = two('a', 'a', total)
    const sum = (field: 'dropped' | 'interface_bytes') =>
      rig.intervals.reduce((all, each) => all + (each[field] ?? 0), 0)
    t.same([sum('dropped'), sum('interface_bytes')], [25, 35], total ? 'in a total, too' : 'in its intervals')
  }
})

t.test('a process is that of its boot', async t => {
  const totals = (rig: Rig) => rig.processes.map(each => [each.process, each.tx_bytes_total, each.sockets])
  t.same(totals(two('a', 'a')), [
    ['curl#7', 10, 1],
    ['curl#7', 30, 0],
    ['wget#7@2000', 5, 0],
  ])
  t.same(totals(two('a', 'b')), [
    ['curl#7', 10, 1],
    ['curl#7', 20, 0],
    ['wget#7@2000', 5, 0],
  ])
  t.same(totals(two('a', 'b', true)), [
    ['curl#7', 20, 0],
    ['curl#7', 10, 0],
    ['wget#7@2000', 5, 0],
  ])
  t.same(totals(two(undefined, 'b')).length, 3, 'whether two are the same is not known')
  for (const rig of [two('a', 'a'), two('a', 'b'), two('a', 'b', true), two('a', 'a', true)])
    t.equal(
      rig.processes.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
      35,
      'no byte is lost',
    )
})

t.test('an owner without a start time is nobody of another boot', async t => {
  const rig = new Rig()
  const curl = rig.tables.owners.intern(7, null, 'curl', null)
  rig
    .record(hello('afpacket', { boot_id: 'a' }))
    .packet({ at: 0.1, owner: 'x' })
    .packet({ at: 0.1 })
  rig.push()
  for (const boot_id of ['b', 'c']) {
    rig.record(hello('afpacket', { boot_id, ts: START + 0.2 })).packet({ at: 0.3, dir: 'local' })
    rig.peerOfFirst(curl).push()
  }
  rig.close()
  t.same(
    rig.processes.filter(({ pid }) => pid === 7).map(each => each.rx_bytes_total),
    [100, 100],
  )
})

t.test('a clock that is set back, where the kernel counts', async t => {
  const rig = new Rig({ startedUs: (START - 1) * 1e6 }).record(hello('ebpf')).push()
  const seconds = (from: number, until: number) => {
    for (let at = from; at <= until; at++) {
      const moved = { rx_bytes: 100, tx_bytes: 0, rx_packets: 1, tx_packets: 0, ts: START + at }
      rig
        .record(device(at, 'eth0', 0, 0))
        .record(socket('curl', { ...moved, event: 'update' }))
        .push()
      rig.stage.flush((START + at) * 1e6)
    }
  }
  seconds(1, 3)
  seconds(-3600, -3597)
  t.ok(rig.intervals.some(({ ts, bytes }) => ts < START - 3000 && bytes === 100))
  t.ok(rig.intervals.length >= 5, 'it goes on with the time that is told now')
  rig.close()
  t.equal(
    rig.intervals.reduce((sum, { bytes }) => sum + bytes, 0),
    700,
  )
})
