// What runs for days: nothing grows with it, nothing that is kept is forgotten too early, and sums stay true.

import t from 'tap'
import type { SocketRecord } from '../../src/record/generated/types.ts'
import { Carriers } from '../../src/aggregate/carriers.ts'
import { endsKey, socketEnds } from '../../src/aggregate/ends.ts'
import { KnownSockets } from '../../src/aggregate/known-sockets.ts'
import { ProcessTable } from '../../src/aggregate/process-table.ts'
import { Rig, START, device, hello, socket } from './rig.ts'

/** A line of the kernel's counters: of a socket, no descriptor. @param at seconds since START */
function counter(owner: string | null, at: number, more: Partial<SocketRecord> = {}): SocketRecord {
  const { inode: _inode, ...record } = socket(owner, {
    ts: START + at,
    rx_bytes: 60,
    tx_bytes: 40,
    rx_packets: 1,
    tx_packets: 1,
    event: 'update',
    ...more,
  })
  return record
}

t.test('a connection that rests keeps its totals for as long as its socket is open', async t => {
  for (const method of ['afpacket', 'ebpf']) {
    const rig = new Rig().record(hello(method))
    const isCounted = method === 'ebpf'
    const move = (owner: string, at: number, local_port: number) =>
      isCounted
        ? rig.record(counter(owner, at, { local_port, cookie: String(local_port), rx_bytes: 0 }))
        : rig.packet({ owner, at, src: `192.0.2.1:${local_port}`, bytes: 40 })
    if (!isCounted) rig.record(socket('ssh', { local_port: 7, cookie: '7' }))
    for (let at = 0.5; at < 1000; at++) {
      move('busy', at, 5)
      if (at === 0.5 || at === 900.5) move('ssh', at, 7)
      rig.push()
    }
    const end = { ts: START + 1000, local_port: 7, cookie: '7', event: 'close' } as const
    rig.record(isCounted ? counter('ssh', 1000, end) : socket('ssh', end)).close()
    t.same(
      rig.connections.filter(({ process }) => process === 'ssh').map(each => each.tx_bytes_total),
      isCounted ? [40, 80, 120] : [40, 80],
      method,
    )
  }
})

t.test('of a connection whose socket is not known, a long rest is the end', async t => {
  const rig = new Rig()
  for (let at = 0.5; at < 300; at++) {
    rig.packet({ owner: 'busy', at }).push()
    if (at === 0.5 || at === 290.5) rig.packet({ owner: 'udp', at, src: '192.0.2.1:7', proto: 'udp' })
  }
  rig.close()
  t.same(
    rig.connections.filter(({ process }) => process === 'udp').map(each => each.tx_bytes_total),
    [100, 100],
  )
})

t.test('a socket that is handed on is one socket, of who has it', async t => {
  const rig = new Rig().record(hello('ebpf'))
  for (let i = 0; i < 5; i++) {
    const of = (owner: string, event: SocketRecord['event']) =>
      counter(owner, i + 0.1, { cookie: String(100 + i), local_port: 22, remote_port: 1000 + i, event })
    rig.record(of('sshd#1', 'open')).record(of(`session#${10 + i}`, 'update'))
    rig.record(of(i % 2 === 0 ? `session#${10 + i}` : (null as never), 'close'))
  }
  rig.close()
  t.same([...new Set(rig.processes.map(({ sockets }) => sockets))], [0], 'none is held when all are closed')
})

t.test('traffic of no socket has no state', async t => {
  const rig = new Rig().record(hello('ebpf'))
  for (const reason of ['no_socket', 'not_local', 'kernel'] as const)
    rig.record(counter(null, 0.1, { remote_ip: '203.0.113.9', reason, state: 'unknown' }))
  rig.close()
  t.equal(rig.connections.length, 1)
  t.notOk('state' in (rig.connections[0] as object))
})

t.test('of more sockets than can be kept, the newest are known', async t => {
  const sockets = new KnownSockets(new ProcessTable(new Carriers()), true)
  const one = counter('server', 0, { rtt_us: 100, event: 'open' })
  const opened = (i: number) => {
    const remote_ip = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`
    const record = { ...one, remote_ip, cookie: String(i) }
    return { process: sockets.take(record), key: endsKey(socketEnds(record, remote_ip)) }
  }
  const first = opened(0)
  const facts = sockets.factsOf(first.key)
  for (let i = 1; i < 300_000; i++) opened(i)
  const last = opened(300_000)
  t.match(sockets.factsOf(last.key), { state: 'established', rttUs: 100, isOver: false })
  t.equal(sockets.factsOf(first.key), undefined)
  t.equal(facts?.isOver, true, 'who has looked at them sees that')
  t.ok((last.process?.sockets ?? 0) <= 1 << 18)
})

t.test('interfaces that come and go with containers: each is counted, and forgotten', async t => {
  const rig = new Rig({ by: ['interface'] }).record(hello())
  for (let i = 0; i < 6_000; i++) {
    const name = `veth${i}`
    rig
      .record(device(i, name, 0, 0))
      .record(device(i + 0.2, name, 60, 40))
      .push()
  }
  rig.close()
  const moved = (bytes: 'rx_bytes' | 'tx_bytes') =>
    rig.interfaces.reduce((sum, each) => sum + (each[bytes] ?? 0), 0)
  t.same([moved('rx_bytes'), moved('tx_bytes')], [6_000 * 60, 6_000 * 40])
  t.equal(
    rig.intervals.reduce((sum, { interface_bytes }) => sum + (interface_bytes ?? 0), 0),
    6_000 * 100,
  )
})
