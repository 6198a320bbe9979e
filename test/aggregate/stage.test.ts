// The aggregate stage: whose bytes, of which interval, and that none is lost.

import t from 'tap'
import { Beginning } from '../../src/aggregate/names/beginnings.ts'
import { ForeignRecord, type SideRecord } from '../../src/record/record-batch.ts'
import type { DnsRecord, StatsRecord } from '../../src/record/generated/types.ts'
import { Rig, START, device, hello, identity, socket, type PacketOf } from './rig.ts'

const SYN = 0x02
const SYN_ACK = 0x12
const ACK = 0x10

function stats(at: number, dropped: number, more: Partial<StatsRecord> = {}): StatsRecord {
  return { type: 'stats', ts: START + at, received: 10, dropped, filtered: null, ...more }
}

function types(records: readonly SideRecord[]): string {
  return records.map(record => record.type ?? 'foreign').join(' ')
}

t.test('intervals are whole multiples of their length, in the time of the packets', async t => {
  const rig = new Rig()
  rig
    .packet({ at: 0.7, owner: 'curl' })
    .packet({ at: 1, owner: 'curl' })
    .packet({ at: 1.999999, owner: 'curl' })
  rig.packet({ at: 2, owner: 'curl' }).close()
  t.same(
    rig.intervals.map(({ ts, interval, packets }) => [ts - START, interval, packets]),
    [
      [1, 1, 1],
      [2, 1, 2],
      [3, 1, 1],
    ],
  )
  t.same(
    rig.processes.map(({ ts, rx_bytes_total, tx_bytes_total, tx_packets_total, tx_rate }) => [
      ts - START,
      rx_bytes_total,
      tx_bytes_total,
      tx_packets_total,
      tx_rate,
    ]),
    [
      [1, 0, 100, 1, 100],
      [2, 0, 300, 3, 200],
      [3, 0, 400, 4, 100],
    ],
  )
  t.equal(
    types(rig.out),
    'process connection interval process connection interval process connection interval',
  )
  t.ok(rig.isClosed)
})

t.test('a late packet is counted in the open interval; gaps; a clock that was set back', async t => {
  const late = new Rig().packet({ at: 5 }).packet({ at: 4.9 }).packet({ at: 5.1 }).close()
  t.same(
    late.intervals.map(({ ts, packets }) => [ts - START, packets]),
    [[6, 3]],
  )

  const gap = new Rig().packet({ at: 0 }).packet({ at: 4.5 }).packet({ at: 1000.2 }).close()
  t.same(
    gap.intervals.map(({ ts, packets }) => [ts - START, packets]),
    [
      [1, 1],
      [2, 0],
      [3, 0],
      [4, 0],
      [5, 1],
      [1001, 1],
    ],
    'short gaps have their empty intervals, long ones are left out',
  )

  const back = new Rig().packet({ at: 100 }).packet({ at: 20.5 }).packet({ at: 21.5 }).close()
  t.same(
    back.intervals.map(({ ts, packets }) => [ts - START, packets]),
    [
      [101, 1],
      [21, 1],
      [22, 1],
    ],
  )

  const odd = new Rig({ intervalUs: 300_000 }).packet({ at: 0.1 }).packet({ at: 0.35 }).close()
  t.same(
    odd.intervals.map(({ ts }) => Math.round((ts - START) * 1000)),
    [300, 600],
  )
})

t.test('times that cannot be do not stop the stage', async t => {
  for (const at of [1e300, -1e300, Infinity, -Infinity, NaN, 2 ** 60]) {
    const rig = new Rig()
      .packet({ at: 0 })
      .packet({ at })
      .packet({ at: 0.5 })
      .packet({ at: -START - 5 })
      .close()
    t.equal(
      rig.intervals.reduce((sum, { packets }) => sum + packets, 0),
      4,
      String(at),
    )
  }
})

t.test('--total: one rollup, from the first record to the last', async t => {
  const rig = new Rig({ total: true }).record(hello('file', { ts: START + 1e6 }))
  rig
    .packet({ at: 10, owner: 'curl' })
    .push()
    .packet({ at: 14, owner: 'curl' })
    .packet({ at: 12.5, owner: 'curl' })
    .close()
  t.equal(types(rig.out), 'hello process connection interval')
  t.match(rig.intervals[0], { ts: START + 14, interval: 4, packets: 3, bytes: 300 })
  t.match(rig.processes[0], { tx_rate: 75, tx_bytes: 300 })
  const one = new Rig({ total: true }).packet({ at: 1, owner: 'curl' }).close()
  t.match(one.processes[0], { tx_rate: 0, interval: 0 }, 'a single moment has no rate')
})

t.test('each packet is charged to the owner of its time', async t => {
  const rig = new Rig()
    .packet({ owner: 'curl' })
    .packet({ owner: 'curl', at: 0.1 })
    .packet({ owner: 'wget2', at: 0.2 })
    .packet({ owner: 'curl', at: 0.3 })
    .close()
  t.same(rig.sums, ['curl 0/300', 'wget2 0/100'])
  t.same(
    rig.connections.map(({ process, tx_bytes }) => [process, tx_bytes]),
    [
      ['curl', 300],
      ['wget2', 100],
    ],
  )
})

t.test('a flow that changes hands without end keeps its bytes', async t => {
  const rig = new Rig()
  for (let i = 0; i < 200; i++) rig.packet({ owner: `p#${1000 + (i % 17)}`, at: i / 1000 })
  rig.close()
  t.equal(rig.processes.length, 17)
  t.equal(
    rig.processes.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
    20000,
  )
  t.equal(
    rig.connections.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
    20000,
  )
})

t.test(
  'several processes between the same ends, one after the other: each has its own connection',
  async t => {
    const there = { src: '192.0.2.1:40000', dst: '198.51.100.1:443' }
    const back = { src: '198.51.100.1:443', dst: '192.0.2.1:40000', dir: 'in' } as const
    const rig = new Rig()
    for (const [i, owner] of ['a#1', 'b#2', 'a#1', 'c#3'].entries())
      rig
        .packet({ ...there, owner, at: i / 10, bytes: 100 * 10 ** i, flags: SYN })
        .packet({ ...back, owner, at: i / 10 + 0.01, bytes: 1 + i })
    // Of one alone, long after: the others are forgotten, each out of the middle or the front of those between these ends.
    for (let i = 1; i < 10; i++) rig.packet({ ...there, owner: 'b#2', at: i * 30, bytes: 7 })
    rig
      .packet({ ...there, owner: 'a#1', at: 300, bytes: 8 })
      .packet({ ...back, owner: 'c#3', at: 300.1, bytes: 9 })
    rig.close()
    const moved = rig.connections.map(({ pid, rx_bytes, tx_bytes, tx_bytes_total }) => [
      pid,
      rx_bytes,
      tx_bytes,
      tx_bytes_total,
    ])
    t.same(moved.slice(0, 3), [
      [3, 4, 100_000, 100_000],
      [1, 1 + 3, 100 + 10_000, 10_100],
      [2, 2, 1000, 1000],
    ])
    t.same(
      moved.slice(3, 12).map(([pid, , tx]) => [pid, tx]),
      Array.from({ length: 9 }, () => [2, 7]),
    )
    t.same(moved.slice(12), [
      [3, 9, 0, 0],
      [1, 0, 8, 8],
    ])
    t.ok(
      rig.connections.every(
        ({ remote_ip, remote_port }) => remote_ip === there.dst.split(':')[0] && remote_port === 443,
      ),
    )
  },
)

t.test('a process is its pid and start time, under its latest name', async t => {
  const rig = new Rig()
    .packet({ owner: 'sh#7' })
    .packet({ owner: 'curl#7', at: 0.1, src: '192.0.2.1:5' })
    .packet({ owner: 'other#7@2000', at: 0.2 })
    .close()
  t.same(
    rig.processes.map(({ process, pid, start_time, tx_bytes, exited }) => [
      process,
      pid,
      start_time,
      tx_bytes,
      exited,
    ]),
    [
      ['curl#7', 7, 1000, 200, true],
      ['other#7@2000', 7, 2000, 100, undefined],
    ],
  )
  t.match(rig.processes[0], { user: 'ann', connections: 2, layer: 'ip' })
})

t.test('a name that comes back is the latest again', async t => {
  const rig = new Rig().packet({ owner: 'sh#5', src: '192.0.2.1:1' }).packet({ owner: 'env#5' })
  rig.packet({ owner: 'sh#5', src: '192.0.2.1:2' }).close()
  t.same(rig.sums, ['sh#5 0/300'])
})

t.test('both directions of a connection are one connection', async t => {
  const rig = new Rig()
  rig.packet({ owner: 'curl', flags: SYN, iface: 'eth0' })
  rig.packet({
    owner: 'curl',
    dir: 'in',
    src: '198.51.100.1:443',
    dst: '192.0.2.1:40000',
    bytes: 1500,
    flags: SYN_ACK,
    iface: 'eth0',
  })
  rig.packet({ owner: 'nginx', dir: 'in', src: '203.0.113.9:5000', dst: '192.0.2.1:80', flags: SYN }).close()
  t.same(rig.connections.length, 2)
  t.match(rig.connections[0], {
    process: 'curl',
    proto: 'tcp',
    local_ip: '192.0.2.1',
    local_port: 40000,
    remote_ip: '198.51.100.1',
    remote_port: 443,
    rx_bytes: 1500,
    tx_bytes: 100,
    rx_packets: 1,
    tx_packets: 1,
    initiated: 'out',
    iface: 'eth0',
    attribution: 'socket',
    layer: 'ip',
  })
  t.match(rig.connections[1], { process: 'nginx', local_port: 80, remote_ip: '203.0.113.9', initiated: 'in' })
  t.notOk('dir' in (rig.connections[0] ?? {}), 'in and out say nothing of a connection')
})

t.test('connections stand in one order, the busiest first, whatever came first', async t => {
  const order = (packets: readonly PacketOf[], bytes: readonly number[] = []) => {
    const rig = new Rig().record(hello(bytes.length > 0 ? 'ebpf' : 'afpacket'))
    for (const packet of packets) rig.packet(packet)
    for (const [i, rx_bytes] of bytes.entries())
      rig.record(
        socket('curl', { remote_port: 600 + i, rx_bytes, tx_bytes: 0, rx_packets: 1, tx_packets: 0 }),
      )
    return rig.close().connections.map(({ remote_port }) => remote_port)
  }
  const small = [5, 3, 9, 1, 7, 2].map(port => ({
    owner: 'curl',
    dst: `198.51.100.1:${port}`,
    bytes: port < 4 ? 100 : 60,
  }))
  t.same(order(small), [1, 2, 3, 5, 7, 9], 'of equal traffic by their ends')
  t.same(order(small.toReversed()), [1, 2, 3, 5, 7, 9])
  const large = Array.from({ length: 20 }, () => ({ owner: 'curl', dst: '198.51.100.1:8', bytes: 4e9 }))
  t.same(order([...small, ...large]), [8, 1, 2, 3, 5, 7, 9], '80 GB in a second')
  t.same(order([], [3, 2 ** 53, 0.5, 1e15, 4]), [601, 603, 604, 600, 602], 'numbers of a foreign stream')
})

t.test('local traffic counts at the sender and at the receiver', async t => {
  const rig = new Rig()
  rig.packet({
    dir: 'local',
    owner: 'client',
    peer: 'server',
    src: '127.0.0.1:5000',
    dst: '127.0.0.1:80',
    bytes: 700,
    flags: SYN,
  })
  rig.packet({ dir: 'local', owner: 'client', src: '127.0.0.1:5001', dst: '127.0.0.1:81', bytes: 30 }).close()
  t.same(rig.sums, ['client 0/730', 'server 700/0', 'unknown 30/0'])
  t.match(rig.intervals[0], {
    bytes: 730,
    local_bytes: 730,
    attributed_bytes: 1430,
    unknown_bytes: 30,
    unknown_by_reason: { no_socket: 30 },
  })
  t.same(
    rig.connections
      .map(c => [
        c.process,
        c.local_port,
        c.remote_port,
        c.rx_bytes,
        c.tx_bytes,
        c.dir,
        c.initiated,
        c.attribution,
        c.reason,
      ])
      .sort((a, b) => Number(a[1]) - Number(b[1])),
    [
      ['server', 80, 5000, 700, 0, 'local', 'in', 'socket', undefined],
      ['unknown', 81, 5001, 30, 0, 'local', undefined, 'none', 'no_socket'],
      ['client', 5000, 80, 0, 700, 'local', 'out', 'socket', undefined],
      ['client', 5001, 81, 0, 30, 'local', undefined, 'socket', undefined],
    ],
  )
})

t.test('forwarded, undirected, unattributed, portless and non-IP', async t => {
  const rig = new Rig()
  rig
    .packet({ dir: 'forward', reason: 'not_local', flags: SYN })
    .packet({ dir: null, reason: 'not_local', bytes: 10, src: '192.0.2.8:1' })
  rig.packet({ dir: null, attribution: undefined, bytes: 3, src: '192.0.2.9:1' })
  rig.packet({
    dir: 'in',
    attribution: undefined,
    bytes: 1,
    src: '203.0.113.1',
    dst: '192.0.2.1',
    proto: 'icmp',
  })
  rig.packet({ dir: 'out', reason: 'kernel', src: '[fd00::1]', dst: '[fd00::2]', proto: 'icmp6', bytes: 40 })
  rig.packet({ ethertype: 0x806 }).close()
  t.same(rig.sums, ['unknown 114/40'])
  t.match(rig.processes[0], { pid: null, start_time: null, user: null, connections: 5 })
  t.match(rig.intervals[0], {
    packets: 5,
    bytes: 154,
    non_ip_frames: 1,
    attributed_bytes: 0,
    unknown_bytes: 154,
    unknown_by_reason: { not_local: 113, not_attributed: 1, kernel: 40 },
  })
  t.match(rig.connections[0], {
    dir: 'forward',
    local_ip: '198.51.100.1',
    remote_ip: '192.0.2.1',
    rx_bytes: 100,
    reason: 'not_local',
  })
  t.notOk('initiated' in (rig.connections[0] ?? {}))
  const icmp = rig.connections.find(({ proto }) => proto === 'icmp')
  t.match(icmp, { local_ip: '192.0.2.1', remote_ip: '203.0.113.1' })
  t.notOk('local_port' in (icmp ?? {}) || 'remote_port' in (icmp ?? {}) || 'attribution' in (icmp ?? {}))
  t.match(
    rig.connections.find(({ proto }) => proto === 'icmp6'),
    { local_ip: 'fd00::1', tx_bytes: 40 },
  )
})

t.test('an owner that is found late gets what came before', async t => {
  const within = new Rig().packet({ at: 0 }).packet({ at: 0.1 }).packet({ at: 0.3, owner: 'curl' }).close()
  t.same(within.sums, ['curl 0/300'], 'in the same interval as if it had been known')
  t.match(within.intervals[0], { attributed_bytes: 300, unknown_bytes: 0, late_bytes: 0 })
  t.equal(within.connections.length, 1)

  const across = new Rig()
    .packet({ at: 0.9 })
    .packet({ at: 1.1 })
    .packet({ at: 1.2, owner: 'curl' })
    .packet({ at: 2 })
    .close()
  t.same(
    across.processes.map(({ ts, process, tx_bytes, tx_bytes_total, tx_packets_total }) => [
      ts - START,
      process,
      tx_bytes,
      tx_bytes_total,
      tx_packets_total,
    ]),
    [
      [1, 'unknown', 100, 100, 1],
      [2, 'curl', 200, 300, 3],
      [2, 'unknown', 0, 0, 0],
      [3, 'unknown', 100, 100, 1],
    ],
  )
  t.same(
    across.intervals.map(({ bytes, attributed_bytes, unknown_bytes, late_bytes }) => [
      bytes,
      attributed_bytes,
      unknown_bytes,
      late_bytes,
    ]),
    [
      [100, 0, 100, 0],
      [200, 200, 0, 100],
      [100, 0, 100, 0],
    ],
  )
  t.same(across.connections.map(({ process, tx_bytes_total }) => [process, tx_bytes_total]).slice(0, 3), [
    ['unknown', 100],
    ['curl', 300],
    ['unknown', 0],
  ])
})

t.test("what may be of another socket is nobody's for good", async t => {
  const reused = new Rig()
    .packet({ at: 0, reason: 'closed_before_scan' })
    .packet({ at: 0.1, owner: 'curl', flags: SYN })
    .close()
  t.same(reused.sums, ['curl 0/100', 'unknown 0/100'], 'a SYN begins another connection')
  const permission = new Rig().packet({ reason: 'permission' }).packet({ at: 0.1, owner: 'curl' }).close()
  t.same(permission.sums, ['curl 0/100', 'unknown 0/100'], 'another reason than a socket that was not found')
  const rested = new Rig({ intervalUs: 60e6 })
    .packet({ proto: 'udp' })
    .packet({ at: 5, proto: 'udp', owner: 'dig' })
    .close()
  t.same(rested.sums, ['dig 0/100', 'unknown 0/100'], 'datagrams long ago')
  const tcp = new Rig({ intervalUs: 60e6 }).packet({}).packet({ at: 5, owner: 'curl' }).close()
  t.same(tcp.sums, ['curl 0/200'], 'without a SYN between, TCP is the same connection')
  const named = new Rig().packet({ owner: 'old' }).packet({ at: 0.1, owner: 'new2' }).close()
  t.same(named.sums, ['old 0/100', 'new2 0/100'])
})

t.test('late owners of local traffic, one end after the other', async t => {
  const local: PacketOf = { dir: 'local', src: '127.0.0.1:5000', dst: '127.0.0.1:80' }
  const rig = new Rig()
    .packet({ ...local, at: 0.5 })
    .packet({ ...local, at: 1.1, owner: 'client' })
    .packet({ ...local, at: 2.1, owner: 'client', peer: 'server' })
    .close()
  const last = new Map(
    rig.processes.map(({ process, rx_bytes_total, tx_bytes_total }) => [
      process,
      [rx_bytes_total, tx_bytes_total],
    ]),
  )
  t.same(Object.fromEntries(last), { unknown: [0, 0], client: [0, 300], server: [300, 0] })
  t.same(
    rig.intervals.map(({ late_bytes }) => late_bytes),
    [0, 100, 200],
  )
})

t.test('sockets tell command line, user, state, times, and how many there are', async t => {
  const rig = new Rig()
  rig.record(
    socket('curl', {
      cmdline: 'curl -s x',
      uid: 1000,
      cgroup: 'a.service',
      rtt_us: 900,
      jitter_us: 30,
      retransmits: 2,
    }),
  )
  rig
    .record(socket('curl', { inode: '2', local_port: 40001, remote_port: 80 }))
    .record(socket('idle', { inode: '3' }))
  rig.packet({ owner: 'curl', at: 0.1 }).packet({ owner: 'curl', at: 1.2 })
  rig.record(socket('curl', { event: 'update', state: 'close_wait', ts: START + 1.3 }))
  rig
    .record(socket('curl', { event: 'close', inode: '2', local_port: 40001, remote_port: 80 }))
    .record(socket('curl', { event: 'close', inode: '77', local_port: 9 }))
  rig.packet({ owner: 'curl', at: 2.1 }).close()
  t.same(
    rig.processes.map(({ sockets }) => sockets),
    [2, 1, 1],
  )
  t.match(rig.processes[0], { cmdline: 'curl -s x', uid: 1000, cgroup: 'a.service', user: 'ann' })
  t.same(
    rig.connections
      .map(({ state, rtt_us, jitter_us, retransmits }) => [state, rtt_us, jitter_us, retransmits])
      .slice(0, 2),
    [
      ['established', 900, 30, 2],
      ['close_wait', 900, 30, 2],
    ],
  )
  t.notOk(
    rig.out.some(record => record.type === 'socket'),
    'they are consumed',
  )
  t.notOk(
    rig.processes.some(({ process }) => process === 'idle'),
    'no record without traffic',
  )
})

t.test('the direction of a connection whose beginning was not seen', async t => {
  const rig = new Rig()
  rig.record(
    socket('nginx', {
      state: 'listen',
      local_ip: '0.0.0.0',
      local_port: 80,
      remote_ip: undefined,
      remote_port: undefined,
      inode: '9',
    } as never),
  )
  rig.packet({ owner: 'nginx', dir: 'in', src: '203.0.113.9:5000', dst: '192.0.2.1:80', flags: ACK })
  rig.packet({
    owner: 'nginx',
    dir: 'out',
    src: '192.0.2.1:6000',
    dst: '203.0.113.9:443',
    flags: ACK,
    bytes: 50,
  })
  rig
    .record(socket('curl', { state: 'syn-sent', inode: '10' }))
    .packet({ owner: 'curl', bytes: 20 })
    .record(socket('curl', { inode: '11', local_port: 40001, initiated: 'in' }))
    .packet({ owner: 'curl', src: '192.0.2.1:40001', bytes: 20 })
    .close()
  t.same(
    rig.connections.map(({ local_port, initiated }) => [local_port, initiated]),
    [
      [80, 'in'],
      [6000, undefined],
      [40000, 'out'],
      [40001, 'in'],
    ],
  )
})

t.test('a pid without start time is the process that has it', async t => {
  const rig = new Rig()
  rig.record(socket('server', { inode: '5' }))
  const peer = rig.tables.owners.intern(identity('server').pid, null, 'server', null)
  rig.packet({ dir: 'local', owner: 'client', src: '127.0.0.1:5000', dst: '127.0.0.1:80' })
  rig.packet({ dir: 'local', owner: 'server', src: '127.0.0.1:80', dst: '127.0.0.1:5000', peer: 'client' })
  // As a reader of packet lines makes it: peer_pid has no start time.
  rig.peerOfFirst(peer)
  rig.close()
  t.same(rig.sums.sort(), ['client 100/100', 'server 100/100'])
})

t.test('counters of the kernel', async t => {
  const counted = {
    rx_bytes: 1000,
    tx_bytes: 200,
    rx_packets: 2,
    tx_packets: 2,
    layer: 'ip' as const,
    attribution: 'kernel' as const,
    event: 'update' as const,
  }
  const rig = new Rig().record(hello('ebpf', { degraded: ['why'] }))
  rig.packet({ owner: 'dig', proto: 'udp', bytes: 60 })
  rig.record(socket('curl', { ...counted, ts: START + 1.003, iface: 'eth0' }))
  rig.record(
    socket('server', {
      ...counted,
      ts: START + 1.003,
      dir: 'local',
      local_ip: '127.0.0.1',
      remote_ip: '127.0.0.1',
      inode: '2',
    }),
  )
  rig.record(
    socket(null, {
      ...counted,
      ts: START + 1.004,
      attribution: 'none',
      reason: 'kernel',
      rx_bytes: 7,
      tx_bytes: 0,
      inode: '3',
    }),
  )
  rig.record(
    socket(null, {
      ...counted,
      ts: START + 1.004,
      attribution: 'none',
      reason: 'ambiguous',
      rx_bytes: 5,
      tx_bytes: 0,
      inode: '4',
      remote_ip: undefined,
      remote_port: undefined,
    } as never),
  )
  rig.record(socket('curl', { ...counted, ts: START + 2.001, event: 'close' })).close()
  t.same(
    rig.intervals.map(({ ts }) => ts - START),
    [1, 2],
    'collected at the end of an interval, they are of that interval',
  )
  t.match(rig.intervals[0], {
    method: 'ebpf',
    degraded: ['why'],
    layer: 'ip',
    bytes: 1412,
    local_bytes: 1000,
    packets: 4 + 2 + 4 + 4,
    attributed_bytes: 2400,
    unknown_bytes: 12,
    unknown_by_reason: { kernel: 7, ambiguous: 5 },
    folded_flows: 1,
  })
  t.same(
    rig.sums,
    ['server 1000/200', 'curl 1000/200', 'unknown 12/0', 'curl 1000/200'],
    'packets are not counted as well',
  )
  t.match(rig.connections[1], {
    process: 'curl',
    rx_bytes: 1000,
    iface: 'eth0',
    attribution: 'kernel',
    remote_port: 443,
  })
  t.match(
    rig.connections.find(({ process }) => process === 'server'),
    { dir: 'local' },
  )
  t.match(rig.connections.at(-1), { rx_bytes_total: 2000 })
})

t.test('who counts: hello says, else what comes first', async t => {
  const counted = { rx_bytes: 1000, event: 'update' as const }
  t.same(
    new Rig().record(hello('afpacket')).record(socket('curl', counted)).packet({ owner: 'curl' }).close()
      .sums,
    ['curl 0/100'],
  )
  t.same(new Rig().packet({ owner: 'curl' }).record(socket('curl', counted)).close().sums, ['curl 0/100'])
  t.same(new Rig().record(socket('curl', counted)).packet({ owner: 'curl' }).close().sums, ['curl 1000/0'])
})

t.test('payload is not added to IP bytes', async t => {
  const rig = new Rig().record(hello('ntstat'))
  rig.record(socket('curl', { rx_bytes: 500, rx_packets: 1, layer: 'payload', event: 'update' })).close()
  t.match(rig.processes, [{ layer: 'payload', rx_bytes: 500 }])
  t.match(rig.intervals, [{ layer: 'payload', bytes: 500, attributed_bytes: 500 }])
  const both = new Rig()
    .record(hello('ntstat'))
    .record(socket('curl', { rx_bytes: 500, layer: 'payload' }))
    .record(socket('curl', { rx_bytes: 9, inode: '2' }))
    .close()
  t.match(both.intervals, [
    { layer: 'payload', bytes: 500 },
    { layer: 'ip', bytes: 9 },
  ])
  t.match(both.processes, [
    { layer: 'payload', rx_bytes: 500 },
    { layer: 'ip', rx_bytes: 9 },
  ])
})

t.test('interfaces: from totals to differences', async t => {
  const rig = new Rig().record(hello())
  rig.record(device(0.01, 'eth0', 10_000, 500)).record(device(0.01, 'lo', 500, 500, { kind: 'loopback' }))
  rig
    .record(device(1.01, 'eth0', 12_000, 600, { rx_errors: 3 }))
    .record(device(1.01, 'lo', 800, 800, { kind: 'loopback' }))
  rig.record(device(3.01, 'eth0', 300, 0)).close()
  t.same(
    rig.interfaces.map(
      ({ ts, name, interval, rx_bytes, tx_bytes, rx_rate, rx_bytes_total, rx_packets_total, rx_errors }) => [
        ts - START,
        name,
        interval,
        rx_bytes,
        tx_bytes,
        rx_rate,
        rx_bytes_total,
        rx_packets_total,
        rx_errors,
      ],
    ),
    [
      [1, 'eth0', 1, 2000, 100, 2000, 2000, 20, 3],
      [1, 'lo', 1, 300, 300, 300, 300, 3, 0],
      [3, 'eth0', 2, 300, 0, 150, 2300, 23, 0],
    ],
    'the look just behind the end of an interval is of that interval; counters that went back began at zero',
  )
  t.same(
    rig.intervals.map(({ interface_bytes }) => interface_bytes),
    [2400, null, 300],
    'loopback once',
  )
  const first = new Rig().record(device(0.5, 'eth0', 10_000, 500)).close()
  t.match(first.interfaces, [{ rx_bytes: 0, rx_bytes_total: 0, rx_rate: 0, interval: 1 }])
  t.match(first.intervals, [{ interface_bytes: null }])
})

t.test('what carries the packets of a tunnel is counted, and told', async t => {
  const vpn = { pid: identity('openvpn').pid, start_time: identity('openvpn').startTime, process: 'openvpn' }
  const rig = new Rig().record(hello())
  rig.record(device(0, 'tun0', 0, 0, { kind: 'tunnel', carried_by: [vpn] }))
  rig.packet({ at: 0.1, owner: 'curl', src: '10.8.0.2:5000', bytes: 1000, iface: 'tun0' })
  rig.packet({ at: 0.1, owner: 'openvpn', proto: 'udp', dst: '203.0.113.1:1194', bytes: 1060, iface: 'eth0' })
  rig.packet({ at: 0.2, owner: 'openvpn', dir: 'local', peer: 'shell', src: '127.0.0.1:7505', bytes: 50 })
  rig.packet({ at: 0.3, dir: 'out', proto: 'gre', src: '192.0.2.1', dst: '203.0.113.2', reason: 'kernel' })
  rig.record(device(1.1, 'tun0', 0, 0, { kind: 'tunnel' }))
  rig.packet({ at: 1.2, owner: 'openvpn', proto: 'udp', dst: '203.0.113.1:1194', bytes: 1060 })
  t.match(rig.push().processes, [
    { process: 'openvpn', tx_bytes: 1110, carries: ['tun0'] },
    { process: 'curl', carries: undefined },
    { process: 'unknown', carries: undefined },
    { process: 'shell', carries: undefined },
  ])
  rig.record(device(2.1, 'wg0', 0, 0, { kind: 'tunnel', carried_by: [] }))
  rig.packet({ at: 2.2, dir: 'out', proto: 'gre', src: '192.0.2.1', dst: '203.0.113.2', reason: 'kernel' })
  rig.packet({ at: 2.2, dir: 'out', proto: 'udp', dst: '203.0.113.2:51820', reason: 'kernel' })
  rig.packet({ at: 2.2, dir: 'out', proto: 'udp', dst: '203.0.113.2:53', reason: 'no_socket' })
  rig.close()
  t.same(
    rig.intervals.map(({ bytes, carried_bytes }) => [bytes, carried_bytes]),
    [
      [2210, 1060],
      [1060, 0],
      [300, 200],
    ],
    "within the host nothing is carried; without a tunnel of the kernel's, GRE is not; nor when the process has left",
  )
  t.same(
    rig.interfaces.map(({ name, carried_by }) => [name, carried_by]),
    [
      ['tun0', undefined],
      ['wg0', []],
    ],
  )
})

t.test('drops, and the final stats last', async t => {
  const rig = new Rig()
    .record(hello())
    .packet({ at: 0.1, owner: 'curl' })
    .record(stats(0.2, 5))
    .packet({ at: 1.1, owner: 'curl' })
  rig
    .record(stats(1.2, 7))
    .record(stats(1.3, 7, { final: true, reason: 'signal', iface: 'eth0' }))
    .record(new ForeignRecord('{"type":"x"}'))
    .close()
  t.same(
    rig.intervals.map(({ dropped }) => dropped),
    [5, 9],
  )
  t.equal(
    types(rig.out),
    'hello stats process connection interval stats foreign process connection interval stats',
  )
  const empty = new Rig({ total: true })
    .record(hello('file'))
    .record(stats(-START, 0, { final: true }))
    .close()
  t.equal(types(empty.out), 'hello stats')
})

t.test('what it does not know passes; hello names it', async t => {
  const dns: DnsRecord = {
    type: 'dns',
    ts: START,
    id: 1,
    qr: 'query',
    opcode: 'QUERY',
    answers: [],
    truncated: false,
  }
  const odd = new ForeignRecord('{"type":"odd","ts":1}')
  const rig = new Rig()
    .record(hello('file', { stages: [{ tool: 'netoproc-attribute', version: '1' }] }))
    .record(odd)
    .record(dns)
    .packet({ owner: 'a' })
    .record(odd)
    .close()
  t.equal(types(rig.out), 'hello foreign dns foreign process connection interval')
  t.same(rig.out[0], {
    ...hello('file'),
    stages: [
      { tool: 'netoproc-attribute', version: '1' },
      { tool: 'netoproc-aggregate', version: '9.9.9' },
    ],
  })
  t.equal(rig.out[1], odd)
  const seen: string[] = []
  const observed = new Rig({
    by: ['dns'],
    dns: {
      take: record => {
        seen.push(record.qr)
        return [new ForeignRecord('settled')]
      },
      rollup: (now, isLast) => [new ForeignRecord(`${now / 1e6 - START} ${isLast}`)],
    },
  })
    .record(dns)
    .packet({ at: 0.5 })
    .packet({ at: 1.5 })
    .close()
  t.same(seen, ['query'])
  t.equal(types(observed.out), 'foreign foreign interval foreign interval')
  t.same(
    observed.out.filter(record => record instanceof ForeignRecord).map(({ line }) => line),
    ['settled', '1 false', '2 true'],
  )
  const named = new Rig({
    names: {
      serverName: () => {},
      later: () => 'none',
      begin: (talker, ends, nowUs) => new Beginning(ends.remoteIp, talker, nowUs, nowUs),
      label: (record, _ends, beginning) =>
        void (record.remote_name = `${beginning?.talker.pid} ${beginning?.address} ${beginning?.latestUs}`),
    },
  })
    .packet({ owner: 'a' })
    .close()
  t.match(named.connections, [{ remote_name: `${identity('a').pid} 198.51.100.1 ${START * 1e6}` }])
})

t.test('live, the clock ends an interval in which nothing comes', async t => {
  const us = (at: number) => (START + at) * 1e6
  const rig = new Rig().record(hello()).packet({ at: 0.2, owner: 'curl' }).push()
  t.equal(rig.stage.flush(us(0.3)), us(1.4))
  t.equal(rig.stage.flush(us(1.39)), us(1.4))
  t.equal(rig.intervals.length, 0)
  t.equal(rig.stage.flush(us(1.4)), us(2.4))
  t.match(rig.intervals, [{ ts: START + 1, packets: 1 }])
  rig.packet({ at: 1.5, owner: 'curl' }).push()
  t.equal(rig.stage.flush(us(4)), us(4.4), 'a stream that lags behind the clock is not cut by it')
  t.equal(rig.intervals.length, 1)
  rig.packet({ at: 1.6, owner: 'curl' }).push().stage.flush(us(4.1))
  rig.stage.flush(us(4.5))
  t.same(
    rig.intervals.map(({ ts, packets }) => [ts - START, packets]),
    [
      [1, 1],
      [2, 2],
      [3, 0],
      [4, 0],
    ],
  )

  const old = new Rig()
    .record(hello('afpacket', { ts: START - 60 }))
    .packet({ at: 0, owner: 'curl' })
    .push()
  t.equal(old.stage.flush(us(10)), Infinity)
  const before = old.intervals.length
  t.equal(old.stage.flush(us(100)), Infinity)
  t.equal(old.intervals.length, before, 'a recording is left alone')
  old.packet({ at: 99, owner: 'curl' }).push()
  t.equal(old.stage.flush(us(100)), us(100.4), 'but for a stream that has caught up with the clock')
  const slow = new Rig({ startedUs: us(-3) }).record(hello()).packet({ owner: 'curl' }).push()
  t.equal(slow.stage.flush(us(5)), us(5.4), 'and one that is read late, as this program took long to start')
  const file = new Rig().record(hello('file')).packet({ owner: 'curl' }).push()
  t.equal(file.stage.flush(us(0)), Infinity)
})

t.test('who is called late has not read what came meanwhile: the clock waits', async t => {
  const us = (at: number) => (START + at) * 1e6
  const rig = new Rig().record(hello()).packet({ at: 0.2, owner: 'curl' }).push()
  t.equal(rig.stage.flush(us(0.3)), us(1.4))
  t.equal(rig.stage.flush(us(6)), us(6.4))
  t.same(rig.intervals, [])
  for (let at = 0.5; at < 6; at++) rig.packet({ at, owner: 'curl' }).push()
  const ends = () => rig.intervals.map(({ ts, packets }) => [ts - START, packets])
  t.same(ends(), [
    [1, 2],
    [2, 1],
    [3, 1],
    [4, 1],
    [5, 1],
  ])
  t.equal(rig.stage.flush(us(6.1)), us(6.5))
  t.equal(rig.stage.flush(us(9)), us(9.4))
  t.equal(rig.stage.flush(us(9.4)), us(10.4), 'nothing came')
  t.same(ends().slice(5), [
    [6, 1],
    [7, 0],
    [8, 0],
    [9, 0],
  ])
})

t.test('counters that are read late are those of all the time since the last reading', async t => {
  const us = (at: number) => (START + at) * 1e6
  const rig = new Rig().record(hello('ebpf')).push()
  rig.stage.flush(us(0))
  const read = (at: number, tx_bytes: number) =>
    rig
      .record(
        socket('curl', { tx_bytes, tx_packets: 1, ts: START + at, event: 'update', attribution: 'kernel' }),
      )
      .push()
      .stage.flush(us(at))
  read(1.02, 1000)
  read(2.02, 1000)
  // The program had to wait, and the clock could not end an interval.
  read(5.5, 3480)
  read(6.5, 1000)
  read(7.5, 1000)
  read(8.5, 1000)
  read(10.6, 2100)
  read(11.6, 1000)
  t.same(
    rig.processes.map(({ ts, interval, tx_bytes, tx_rate }) => [ts - START, interval, tx_bytes, tx_rate]),
    [
      [1, 1, 1000, 1000],
      [2, 1, 1000, 1000],
      [6, 4, 3480, 870],
      [7, 1, 1000, 1000],
      [8, 1, 1000, 1000],
      [9, 1, 1000, 1000],
      [11, 2, 2100, 1050],
    ],
  )
  // Another record has opened an interval before the program had to wait.
  rig.record({ type: 'stats', ts: START + 12.45, received: 0, dropped: 0, filtered: null }).push()
  read(16.5, 4900)
  t.match(rig.processes.at(-1), { ts: START + 12, interval: 1 })
  read(17.5, 1000)
  t.match(rig.processes.at(-1), { ts: START + 17, interval: 5, tx_bytes: 4900, tx_rate: 980 })
  // Where the clock has ended them, nothing had moved.
  for (let at = 18; at < 23; at += 0.1) rig.stage.flush(us(at))
  read(23.5, 1000)
  read(24.5, 1000)
  t.match(rig.processes.at(-1), { ts: START + 24, interval: 1, tx_bytes: 1000 })
  // A day later, as after a suspension.
  read(86400.5, 1000)
  read(86401.5, 1000)
  t.match(rig.processes.at(-1), { ts: START + 86401, interval: 1 })
  const file = new Rig().record(hello('ebpf', { ts: START - 3600 })).push()
  file
    .record(socket('curl', { tx_bytes: 1, ts: START - 3599, event: 'update', attribution: 'kernel' }))
    .push()
  file
    .record(socket('curl', { tx_bytes: 1, ts: START - 3590, event: 'update', attribution: 'kernel' }))
    .push()
  file.stage.close()
  t.ok(
    file.intervals.every(({ interval }) => interval === 1),
    'in a recording a gap is a gap',
  )
})
