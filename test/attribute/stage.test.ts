// The attribute stage against a source of sockets that the test controls, on a clock that the test turns.

import t from 'tap'
import { parseAddress } from '../../src/record/address.ts'
import { FlowTable, META_IPV6, META_PORTS, NO_FLOW } from '../../src/record/flow-table.ts'
import type { DnsRecord, HelloRecord, SocketRecord } from '../../src/record/generated/types.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { protocolNumber } from '../../src/record/protocol.ts'
import {
  ATTRIBUTION_KERNEL,
  ForeignRecord,
  FRAGMENT_LATER,
  NO_IFACE,
  RecordBatch,
  attributionNames,
  dirNames,
  reasonNames,
  type SideRecord,
} from '../../src/record/record-batch.ts'
import { OfflineSockets } from '../../src/attribute/offline-sockets.ts'
import type { LocalTuple, SocketSink, SocketSource } from '../../src/attribute/port.ts'
import { AttributeStage, type AttributeOptions } from '../../src/attribute/stage.ts'

const START = 1_800_000_000_000_000
const DIR = { none: 0, in: 1, out: 2, local: 3, forward: 4 } as const

class FakeSource implements SocketSource {
  readonly method = 'fake'
  readonly degraded = ['fake: nothing is real']
  readonly tellsChanges = true
  /** Told at the next scan. */
  news: SocketRecord[] = []
  scans = 0
  asked: string[] = []
  find?: NonNullable<SocketSource['find']>
  closedUs?: NonNullable<SocketSource['closedUs']>
  mayHandOn?: NonNullable<SocketSource['mayHandOn']>

  scan(sink: SocketSink): void {
    this.scans++
    for (const record of this.news.splice(0)) sink.socket(record)
  }

  /** From here on the kernel can be asked. */
  answer(give: (tuple: LocalTuple) => SocketRecord | undefined): void {
    this.find = (tuple, sink) => {
      this.asked.push(`${tuple.localPort}`)
      const record = give(tuple)
      if (record !== undefined) sink.socket(record)
      return record
    }
  }

  close(): void {}
}

class Rig {
  /** Owners that nobody holds are forgotten after each batch. */
  readonly tables = { flows: new FlowTable(), owners: new OwnerTable(0), ifaces: new NameTable() }
  readonly source: SocketSource
  readonly stage: AttributeStage
  /** What the next stage got: "443 p1 socket" a row, type of a side record. */
  readonly got: string[] = []
  readonly records: SideRecord[] = []
  readonly warnings: string[] = []
  readonly batch: RecordBatch
  closed = 0
  nowUs = START

  constructor(source: SocketSource, options: Partial<AttributeOptions> = {}, capacity = 64) {
    this.source = source
    this.batch = new RecordBatch(this.tables, capacity)
    const next = {
      push: (batch: RecordBatch) => this.take(batch),
      flush: () => Infinity,
      close: () => {
        this.closed++
      },
    }
    this.stage = new AttributeStage(next, this.tables, source, {
      version: '1.2.3',
      now: () => this.nowUs,
      warn: message => this.warnings.push(message),
      ...options,
    })
  }

  row(
    tuple: string,
    dir: keyof typeof DIR,
    part: { proto?: string; flags?: number; fragment?: number; iface?: string } = {},
  ): this {
    const { batch } = this
    const row = batch.length++
    const [source, destination] = tuple.split(' ').map(split) as [[string, number], [string, number]]
    const isV6 = source[0].includes(':')
    const hasPorts = source[1] !== 0 || destination[1] !== 0
    batch.ts[row] = this.nowUs
    batch.flow[row] = this.tables.flows.intern(
      (protocolNumber(part.proto ?? 'tcp') as number) | (hasPorts ? META_PORTS : 0) | (isV6 ? META_IPV6 : 0),
      ((source[1] << 16) | destination[1]) >>> 0,
      ...(parseAddress(source[0]) as readonly [number, number, number, number]),
      ...(parseAddress(destination[0]) as readonly [number, number, number, number]),
    )
    batch.dir[row] = DIR[dir]
    batch.iface[row] = part.iface === undefined ? NO_IFACE : this.tables.ifaces.intern(part.iface)
    batch.tcpFlags[row] = part.flags ?? 0x10
    batch.fragment[row] = part.fragment ?? 0
    batch.owner[row] = batch.attribution[row] = batch.reason[row] = batch.peer[row] = 0
    return this
  }

  push(): string[] {
    this.stage.push(this.batch)
    this.batch.clear()
    this.tables.owners.forgetUnheld()
    return this.got.splice(0)
  }

  /** Turns the clock, and flushes whenever the stage wants it. */
  wait(us: number): string[] {
    const until = this.nowUs + us
    for (let due = this.stage.flush(this.nowUs); due < until; due = this.stage.flush(this.nowUs)) {
      this.nowUs = Math.max(due, this.nowUs + 1)
    }
    this.nowUs = until
    this.stage.flush(until)
    return this.got.splice(0)
  }

  private take(batch: RecordBatch): void {
    let k = 0
    for (let row = 0; row <= batch.length; row++) {
      for (; k < batch.side.length && batch.sideAt[k] === row; k++) {
        this.records.push(batch.side[k] as SideRecord)
        this.got.push(batch.side[k]?.type ?? 'foreign')
      }
      if (row < batch.length) this.got.push(this.describe(batch, row))
    }
  }

  private describe(batch: RecordBatch, row: number): string {
    const flow = batch.flow[row] as number
    const ports = flow === NO_FLOW ? 0 : this.tables.flows.ports(flow)
    const owner = this.tables.owners.get(batch.owner[row] as number)
    const peer =
      batch.peer[row] === 0 ? '' : ` peer ${this.tables.owners.get(batch.peer[row] as number).process}`
    const attribution = attributionNames[batch.attribution[row] as number]
    const reason = reasonNames[batch.reason[row] as number]
    const dir = dirNames[batch.dir[row] as number]
    return `${ports >>> 16}>${ports & 0xffff} ${dir} ${attribution === 'none' ? reason : `${owner.process} ${attribution}`}${peer}`
  }
}

function split(end: string): [string, number] {
  const at = end.lastIndexOf(':')
  return [end.slice(0, at), Number(end.slice(at + 1))]
}

let cookies = 0
function socket(tuple: string, pid: number | null, part: Partial<SocketRecord> = {}): SocketRecord {
  const [local, remote] = tuple.split(' ').map(split) as [[string, number], [string, number] | undefined]
  return {
    type: 'socket',
    ts: START / 1e6,
    proto: 'tcp',
    local_ip: local[0],
    local_port: local[1],
    ...(remote === undefined ? {} : { remote_ip: remote[0], remote_port: remote[1] }),
    state: remote === undefined ? 'listen' : 'established',
    pid: pid === null ? null : 100 + pid,
    process: pid === null ? 'unknown' : `p${pid}`,
    start_time: pid === null ? null : 1_700_000_000,
    user: 'ann',
    cookie: String(++cookies),
    event: 'present',
    ...part,
  }
}

function hello(part: Partial<HelloRecord> = {}): HelloRecord {
  return {
    type: 'hello',
    ts: START / 1e6,
    tool: 'netoproc-capture',
    version: '1.2.3',
    schema: 1,
    method: 'afpacket',
    degraded: ['capture: no'],
    ...part,
  }
}

const dns = (part: Partial<DnsRecord>): DnsRecord => ({
  type: 'dns',
  ts: START / 1e6,
  proto: 'udp',
  ip_version: 4,
  id: 1,
  qr: 'query',
  opcode: 'QUERY',
  answers: [],
  truncated: false,
  ...part,
})

t.test('what comes to be missing while it runs is told, once', async t => {
  const degraded = ['from the beginning']
  const source: SocketSource = { method: 'fake', degraded, scan: () => {}, close: () => {} }
  const rig = new Rig(source)
  rig.row('10.0.0.1:1000 10.0.0.2:80', 'out').push()
  degraded.push('1 events lost')
  for (let i = 2; i < 5; i++) {
    rig.wait(1_000_000)
    rig.row('10.0.0.1:1000 10.0.0.2:80', 'out').push()
    degraded[1] = `${i} events lost`
  }
  t.strictSame(rig.warnings, ['1 events lost'])
})

t.test('packets of a known socket are named, each way, and its record comes first', async t => {
  const source = new FakeSource()
  source.news = [socket('10.0.0.1:5000 10.0.0.9:443', 1, { cmdline: 'curl' })]
  const rig = new Rig(source)
  rig.batch.append(hello())
  rig.row('10.0.0.1:5000 10.0.0.9:443', 'out').row('10.0.0.9:443 10.0.0.1:5000', 'in')
  t.same(rig.push(), ['hello', 'socket', '5000>443 out p1 socket', '443>5000 in p1 socket'])
  t.match(rig.records[0], {
    type: 'hello',
    stages: [{ tool: 'netoproc-attribute', version: '1.2.3' }],
    degraded: ['capture: no', 'fake: nothing is real'],
  })
  t.match(rig.records[1], { pid: 101, cmdline: 'curl' })
  rig.row('10.0.0.1:5000 10.0.0.9:443', 'out')
  t.same(rig.push(), ['5000>443 out p1 socket'], 'it is announced once')
  t.equal(source.scans, 1)
})

t.test('a packet waits for its owner, and everything behind it', async t => {
  const source = new FakeSource()
  source.news = [socket('10.0.0.1:1 10.0.0.9:443', 1)]
  const rig = new Rig(source)
  rig.row('10.0.0.1:1 10.0.0.9:443', 'out')
  rig.push()
  rig.nowUs += 60_000
  rig.row('10.0.0.1:1 10.0.0.9:443', 'out')
  rig.row('10.0.0.1:2 10.0.0.9:443', 'out')
  rig.batch.append(new ForeignRecord('{"type":"other"}'))
  rig.row('10.0.0.1:1 10.0.0.9:443', 'out')
  const second = socket('10.0.0.1:2 10.0.0.9:443', null, { event: 'open', state: 'syn-sent' })
  source.news = [second]
  t.same(rig.push(), ['1>443 out p1 socket'], 'order is kept')
  rig.row('10.0.0.1:1 10.0.0.9:443', 'out')
  t.same(rig.push(), [])
  source.news = [{ ...second, pid: 102, process: 'p2', state: 'established' }]
  t.same(rig.wait(60_000), [
    'socket',
    '2>443 out p2 socket',
    'foreign',
    '1>443 out p1 socket',
    '1>443 out p1 socket',
  ])
})

t.test('it waits no longer than it may, and not again', async t => {
  const source = new FakeSource()
  const rig = new Rig(source, { holdUs: 100_000 })
  source.news = [socket('10.0.0.1:1 10.0.0.9:443', null)]
  rig.row('10.0.0.1:1 10.0.0.9:443', 'out')
  t.same(rig.push(), [])
  t.same(rig.wait(99_000), [])
  t.same(rig.wait(2_000), ['1>443 out closed_before_scan'])
  rig.row('10.0.0.1:1 10.0.0.9:443', 'out')
  t.same(rig.push(), ['1>443 out closed_before_scan'])
  source.news = [socket('10.0.0.1:1 10.0.0.9:443', 1, { event: 'open', cookie: String(cookies) })]
  rig.wait(600_000)
  rig.row('10.0.0.1:1 10.0.0.9:443', 'out')
  t.same(rig.push(), ['socket', '1>443 out p1 socket'], 'found later, it is named from then on')
})

t.test('nobody waits for what cannot come', async t => {
  const source = new FakeSource()
  const rig = new Rig(source)
  rig.row('10.0.0.9:99 10.0.0.1:88', 'in')
  rig.row('10.0.0.8:1 10.0.0.9:1', 'forward')
  rig.row('10.0.0.9:0 10.0.0.1:0', 'in', { proto: 'icmp' })
  rig.row('10.0.0.9:0 10.0.0.1:0', 'in', { proto: 'udp', fragment: FRAGMENT_LATER })
  rig.row('10.0.0.1:7 10.0.0.9:7', 'out', { proto: 'sctp' })
  rig.batch.flow[rig.batch.length++] = NO_FLOW
  t.same(rig.push(), [
    '99>88 in no_socket',
    '1>1 forward not_local',
    '0>0 in kernel',
    '0>0 in fragment',
    '7>7 out no_socket',
    '0>0 null kernel',
  ])
})

t.test('sockets are looked at while there are packets, and never when idle', async t => {
  const source = new FakeSource()
  const rig = new Rig(source)
  t.equal(rig.stage.flush(rig.nowUs), Infinity)
  rig.wait(10_000_000)
  t.equal(source.scans, 0)
  for (let i = 0; i < 20; i++) {
    rig.row('10.0.0.9:99 10.0.0.1:88', 'in')
    rig.push()
    rig.wait(100_000)
  }
  t.ok(source.scans >= 4 && source.scans <= 6, `${source.scans} scans in 2 s`)
  rig.wait(1_000_000)
  const before = source.scans
  rig.wait(100_000_000)
  t.equal(source.scans, before)
})

t.test('a machine that is so busy that looks take long is not looked at all the time', async t => {
  const source = new FakeSource()
  const rig = new Rig(source)
  const scan = source.scan.bind(source)
  const looksIn10S = (costUs: number): number => {
    source.scan = sink => {
      scan(sink)
      rig.nowUs += costUs
    }
    const before = source.scans
    for (const end = rig.nowUs + 10_000_000; rig.nowUs < end; rig.nowUs += 50_000) {
      rig.row('10.0.0.9:99 10.0.0.1:88', 'in')
      rig.push()
    }
    return source.scans - before
  }
  const usual = looksIn10S(20_000)
  t.ok(usual >= 16, `${usual} looks of 20 ms`)
  const long = looksIn10S(200_000)
  t.ok(long >= 4 && long <= 6, `${long} looks of 200 ms: a tenth of the time`)
  const longer = looksIn10S(1_000_000)
  t.ok(longer >= 2 && longer <= 3, `${longer} looks of a second`)
})

t.test('many unknown flows cost no more than a look every 50 ms', async t => {
  const source = new FakeSource()
  const rig = new Rig(source)
  for (let i = 0; i < 1000; i++) {
    rig.nowUs += 1000
    rig.row(`10.0.0.1:${1000 + i} 10.0.0.9:443`, 'out')
    rig.push()
  }
  t.ok(source.scans <= 22, `${source.scans} scans in 1 s`)
})

t.test('the kernel is asked, once a flow, within limits', async t => {
  const source = new FakeSource()
  source.news = [socket('0.0.0.0:53', 9, { proto: 'udp', state: 'unconnected' })]
  source.answer(tuple =>
    tuple.localPort === 7
      ? socket('10.0.0.1:7 10.0.0.9:443', 1, { event: 'open', cookie: 'seven' })
      : undefined,
  )
  const rig = new Rig(source, {}, 2048)
  rig.row('10.0.0.1:7 10.0.0.9:443', 'out').row('10.0.0.1:8 10.0.0.9:443', 'out')
  t.same(rig.push(), ['socket', '7>443 out p1 socket', '8>443 out closed_before_scan'], 'no need to wait')
  t.same(source.asked, ['7', '8'])
  rig.row('10.0.0.1:7 10.0.0.9:443', 'out').row('10.0.0.1:8 10.0.0.9:443', 'out')
  rig.push()
  t.equal(source.asked.length, 2)
  for (let i = 0; i < 2000; i++) rig.row(`10.0.0.1:${100 + i} 10.0.0.9:443`, 'out')
  rig.push()
  t.ok(source.asked.length <= 66, `${source.asked.length} questions`)
  rig.wait(60_000)
  t.equal(rig.got.length, 0)
})

t.test('more packets wait than there is room for', async t => {
  const source = new FakeSource()
  source.news = Array.from({ length: 80 }, (_, i) => socket(`10.0.0.1:${i + 1} 10.0.0.9:443`, null))
  const rig = new Rig(source, { holdUs: 10_000_000 }, 2048)
  let passed = 0
  for (let i = 0; i < 80; i++) {
    while (!rig.batch.isFull) rig.row(`10.0.0.1:${i + 1} 10.0.0.9:443`, 'out')
    passed += rig.push().length
  }
  t.ok(passed > 0 && passed < 80 * 2048, `${passed} passed on early`)
  t.equal(rig.warnings.length, 1)
  rig.stage.close()
  t.equal(passed + rig.got.length, 80 * 2048, 'none is lost')
  t.equal(rig.closed, 1)
})

t.test('both ends here: the sender owns it, the receiver is its peer', async t => {
  const source = new FakeSource()
  source.news = [socket('127.0.0.1:5000 127.0.0.1:80', 1), socket('127.0.0.1:80 127.0.0.1:5000', 2)]
  const rig = new Rig(source)
  rig.row('127.0.0.1:5000 127.0.0.1:80', 'local').row('127.0.0.1:80 127.0.0.1:5000', 'local')
  t.same(rig.push().slice(2), ['5000>80 local p1 socket peer p2', '80>5000 local p2 socket peer p1'])
  source.news = [socket('127.0.0.1:80 127.0.0.1:5000', 2, { cookie: String(cookies), event: 'close' })]
  rig.wait(600_000)
  rig.row('127.0.0.1:5000 127.0.0.1:80', 'local')
  t.match(rig.push().at(-1), /p1 socket peer p2/, 'late')
})

t.test('a container, seen from the host', async t => {
  const source = new FakeSource()
  Object.assign(source, { netns: '1' })
  source.news = [socket('172.17.0.2:5000 10.0.0.9:443', 1, { netns: '2' })]
  const rig = new Rig(source)
  rig.row('172.17.0.2:5000 10.0.0.9:443', 'forward').row('10.0.0.9:443 172.17.0.2:5000', 'forward')
  t.same(rig.push().slice(1), ['5000>443 out p1 socket', '443>5000 in p1 socket'])
})

t.test('what is forwarded for a container is its own once, where it comes by first', async t => {
  const source = new FakeSource()
  Object.assign(source, { netns: '1' })
  source.news = [socket('172.17.0.2:5000 10.0.0.9:443', 1, { netns: '2' })]
  const rig = new Rig(source)
  const comesBy = (tuple: string, ...ifaces: string[]) => {
    for (const iface of ifaces) rig.row(tuple, 'forward', { iface })
  }
  comesBy('172.17.0.2:5000 10.0.0.9:443', 'docker0', 'eth0', 'docker0', 'eth0')
  comesBy('10.0.0.9:443 172.17.0.2:5000', 'eth0', 'docker0')
  const [out, transit] = ['5000>443 out p1 socket', '5000>443 forward not_local']
  t.same(rig.push().slice(1), [
    out,
    transit,
    out,
    transit,
    '443>5000 in p1 socket',
    '443>5000 forward not_local',
  ])
  rig.nowUs += 500_000
  comesBy('172.17.0.2:5000 10.0.0.9:443', 'eth0')
  t.same(rig.push(), [transit])
  rig.nowUs += 600_000
  comesBy('172.17.0.2:5000 10.0.0.9:443', 'eth1', 'eth0', 'eth1')
  t.same(rig.push(), [out, transit, out], 'it is routed another way now')
})

t.test('a SYN asks again; sockets that close or change hands are followed', async t => {
  const source = new FakeSource()
  const first = socket('10.0.0.1:1 10.0.0.9:443', 1)
  source.news = [first]
  const rig = new Rig(source)
  rig.row('10.0.0.1:1 10.0.0.9:443', 'out')
  rig.push()
  source.news = [
    { ...first, event: 'close', ts: START / 1e6 + 0.5 },
    socket('10.0.0.1:1 10.0.0.9:443', 2, { event: 'open', ts: START / 1e6 + 0.5 }),
  ]
  t.same(rig.wait(600_000), ['socket'], 'the close is told')
  t.match(rig.records.at(-1), { event: 'close', pid: 101 })
  rig.row('10.0.0.1:1 10.0.0.9:443', 'out', { flags: 2 }).row('10.0.0.1:1 10.0.0.9:443', 'out')
  t.same(rig.push(), ['socket', '1>443 out p2 socket', '1>443 out p2 socket'])
})

t.test('a SYN of a known five-tuple: the kernel is asked whose it is now', async t => {
  const tuple = '10.0.0.1:1 10.0.0.9:443'
  const first = socket(tuple, 1)
  for (const [next, whose] of [
    [socket(tuple, 2, { event: 'open', ts: START / 1e6 + 0.1 }), 'p2 socket'],
    [undefined, 'closed_before_scan'],
    [{ ...first, event: 'update' }, 'p1 socket'],
  ] as const) {
    const source = new FakeSource()
    source.news = [first]
    source.answer(() => next)
    const rig = new Rig(source)
    t.same(rig.row(tuple, 'out').push().at(-1), '1>443 out p1 socket')
    rig.nowUs += 100_000
    t.same(rig.row(tuple, 'out', { flags: 2 }).push().at(-1), `1>443 out ${whose}`)
    t.same(rig.row(tuple, 'out').push().at(-1), `1>443 out ${whose}`)
    rig.nowUs += 100_000
    source.answer(() => first)
    if (next === undefined)
      t.same(rig.row(tuple, 'out').push().at(-1), '1>443 out closed_before_scan', 'not asked again yet')
    rig.nowUs += 2_000_000
    source.news = [socket('10.0.0.1:2 10.0.0.9:443', 3)]
    t.same(rig.row(tuple, 'out').push().at(-1), `1>443 out ${next === undefined ? 'p1 socket' : whose}`)
  }
})

t.test(
  'a socket that was closed before its packet was looked at does not give its name to the next one',
  async t => {
    const source = new FakeSource()
    let news: SocketRecord[] = []
    const polled: SocketSource = Object.assign(source, {
      poll: (sink: SocketSink) => news.splice(0).forEach(record => sink.socket(record)),
    })
    const rig = new Rig(polled)
    const tuple = '10.0.0.1:5000 10.0.0.9:53'
    const life = (n: number): SocketRecord[] => {
      const open = socket(tuple, n, {
        proto: 'udp',
        event: 'open',
        attribution: 'kernel',
        ts: rig.nowUs / 1e6,
      })
      return [open, { ...open, event: 'close' }]
    }
    rig.row(tuple, 'out', { proto: 'udp' })
    rig.nowUs += 1000
    news = life(1)
    t.same(rig.push(), ['socket', 'socket', '5000>53 out p1 kernel'])
    t.match(
      rig.records.filter(({ type }) => type === 'socket'),
      [
        { pid: 101, event: 'open' },
        { pid: 101, event: 'close' },
      ],
      'its process is not left holding it',
    )
    rig.nowUs += 2_000_000
    rig.row(tuple, 'out', { proto: 'udp' })
    rig.nowUs += 1000
    news = life(2)
    t.same(
      rig.push().filter(line => line !== 'socket'),
      ['5000>53 out p2 kernel'],
    )
  },
)

t.test('a port that another process has meanwhile does not name the last one', async t => {
  const source = new FakeSource()
  let closed: SocketRecord[] = []
  let opened: SocketRecord[] = []
  const exactly = (records: SocketRecord[], sink: SocketSink) => {
    for (const record of records.splice(0)) sink.socket(record, record.ts * 1e6)
  }
  let closedInTime = closed
  const events: SocketSource = Object.assign(source, {
    tellClosed: (sink: SocketSink) => exactly(closedInTime, sink),
    poll: (sink: SocketSink) => {
      exactly(opened, sink)
      exactly(closed, sink)
    },
  })
  const rig = new Rig(events)
  const tuple = '10.0.0.1:5000 10.0.0.9:53'
  const at = (n: number, ms: number): SocketRecord =>
    socket(tuple, n, { proto: 'udp', event: 'open', attribution: 'kernel', ts: START / 1e6 + ms / 1000 })
  const close = (record: SocketRecord, ms: number): SocketRecord => ({
    ...record,
    event: 'close',
    ts: START / 1e6 + ms / 1000,
  })
  const row = (ms: number) => {
    rig.nowUs = START + ms * 1000
    rig.row(tuple, 'out', { proto: 'udp' })
  }
  const named = (lines: string[]) => lines.filter(line => line !== 'socket')
  const first = at(1, 0)
  opened = [first]
  row(1)
  t.same(named(rig.push()), ['5000>53 out p1 kernel'])
  // Two more have had it by the time that their packets are read. The second cannot be told of at once.
  const [second, third] = [at(2, 4), at(3, 6)]
  closedInTime = [close(first, 3)]
  row(2)
  row(5)
  row(7)
  rig.nowUs = START + 8000
  t.same(named(rig.push()), ['5000>53 out p1 kernel'], 'nobody knows of the others yet')
  opened = [second, third]
  closed = [close(second, 5.5)]
  t.same(named(rig.wait(100_000)), ['5000>53 out p2 kernel', '5000>53 out p3 kernel'])
  // Whoever has it now is not whoever had it when the packet was sent.
  closedInTime = [close(third, 200)]
  const fourth = at(4, 300)
  source.find = (_, sink) => {
    sink.socket(fourth, fourth.ts * 1e6)
    return fourth
  }
  row(250)
  row(301)
  t.same(named(rig.push()), ['5000>53 out closed_before_scan', '5000>53 out p4 kernel'])
})

t.test(
  'packets that are read late find the sockets of their time, however long ago those were closed',
  async t => {
    const source = new FakeSource()
    const exactly = (record: SocketRecord, sink: SocketSink) => sink.socket(record, record.ts * 1e6)
    const told: SocketRecord[] = []
    const rig = new Rig(
      Object.assign(source, {
        poll: (sink: SocketSink) => told.splice(0).forEach(record => exactly(record, sink)),
      }),
    )
    const tuple = '10.0.0.1:5000 10.0.0.9:53'
    const startS = START / 1e6
    const sent = (ms: number, ends: string) => {
      rig.row(ends, 'out', { proto: 'udp' })
      rig.batch.ts[0] = START + ms * 1000
      return rig.push().filter(line => line !== 'socket')
    }
    const had = socket(tuple, 1, { proto: 'udp', event: 'open', attribution: 'kernel', ts: startS })
    told.push(had, { ...had, event: 'close', ts: startS + 0.02 })
    const other = '10.0.0.1:88 10.0.0.9:1'
    t.same(sent(1, other), ['88>1 out closed_before_scan'])
    // The machine is busy: it is a quarter of a minute before the next packets are read, with many looks at the sockets.
    for (let n = 1; n <= 25; n++) {
      rig.nowUs = START + n * 600_000
      t.same(sent(2, other), ['88>1 out closed_before_scan'])
    }
    t.ok(source.scans > 20, `${source.scans} looks`)
    t.same(sent(10, tuple), ['5000>53 out p1 kernel'])
    // A clock that tells nonsense is no reason to keep all that ever was.
    for (let n = 1; n <= 3; n++) {
      rig.nowUs = START + n * 61_000_000
      sent(3, other)
    }
    t.same(sent(10, tuple), ['5000>53 out closed_before_scan'])
  },
)

t.test('several sockets at a port: the answer is from whom the question went to', async t => {
  const source = new FakeSource()
  const worker = socket('10.0.0.1:53', 2, { proto: 'udp', state: 'unconnected' })
  source.news = [socket('0.0.0.0:53', 1, { proto: 'udp', state: 'unconnected' }), worker]
  source.answer(() => ({ ...worker, event: 'update' }))
  const rig = new Rig(source)
  const part = { proto: 'udp' }
  rig.row('10.0.0.9:9 10.0.0.1:53', 'in', part).row('10.0.0.1:53 10.0.0.9:9', 'out', part)
  t.same(rig.push().slice(1), ['9>53 in p2 bound', '53>9 out p2 bound'])
  rig.row('10.0.0.1:53 10.0.0.8:9', 'out', part)
  t.same(rig.push(), ['53>9 out ambiguous'], 'nobody asked')
})

t.test('among several sockets that fit as well the kernel is not asked: a program may choose', async t => {
  const source = new FakeSource()
  const worker = socket('0.0.0.0:53', 2, { proto: 'udp', state: 'unconnected' })
  source.news = [socket('0.0.0.0:53', 1, { proto: 'udp', state: 'unconnected' }), worker]
  source.answer(() => ({ ...worker, event: 'update' }))
  const rig = new Rig(source)
  rig.row('10.0.0.9:9 10.0.0.1:53', 'in', { proto: 'udp' })
  t.same(
    rig.push(),
    ['9>53 in ambiguous'],
    'nor is there anything to wait for, where all have been looked at',
  )
  t.same(source.asked, [])
})

t.test('a broadcast goes to all that fit', async t => {
  const source = new FakeSource()
  source.news = [
    socket('0.0.0.0:137', 1, { proto: 'udp', state: 'unconnected' }),
    socket('10.0.0.255:137', 2, { proto: 'udp', state: 'unconnected' }),
    socket('0.0.0.0:138', 1, { proto: 'udp', state: 'unconnected' }),
  ]
  source.answer(() => undefined)
  const rig = new Rig(source)
  const interfaces = [{ name: 'eth0', index: 2, mtu: 1500, addresses: ['10.0.0.1'] }]
  rig.batch.append(hello({ interfaces }))
  rig.row('10.0.0.9:9 10.0.0.255:137', 'in', { proto: 'udp' })
  rig.row('10.0.0.9:9 10.0.0.255:138', 'in', { proto: 'udp' })
  t.same(rig.push().slice(-2), ['9>137 in ambiguous', '9>138 in p1 bound'])
  t.same(source.asked, [])
})

t.test('pings are whose who began them; the kernel answers itself', async t => {
  const source = new FakeSource()
  source.news = [socket('0.0.0.0:77', 1, { proto: 'icmp', state: 'unconnected' })]
  const rig = new Rig(source)
  const part = { proto: 'icmp' }
  rig.row('10.0.0.1:0 10.0.0.9:0', 'out', part).row('10.0.0.9:0 10.0.0.1:0', 'in', part)
  rig.row('10.0.0.8:0 10.0.0.1:0', 'in', part).row('10.0.0.1:0 10.0.0.8:0', 'out', part)
  t.same(rig.push().slice(1), ['0>0 out p1 bound', '0>0 in p1 bound', '0>0 in kernel', '0>0 out kernel'])
})

t.test('what the source has named stays', async t => {
  const rig = new Rig(new FakeSource())
  rig.row('10.0.0.1:1 10.0.0.9:443', 'out')
  rig.batch.owner[0] = rig.tables.owners.intern(7, null, 'pktap', null)
  rig.batch.attribution[0] = ATTRIBUTION_KERNEL
  t.same(rig.push(), ['1>443 out pktap kernel'])
})

t.test('where the kernel counts, the sockets are not looked at for a packet that it has named', async t => {
  const source = new FakeSource()
  const rig = new Rig(source, { onlyNames: true })
  const name = (row: number) => {
    rig.batch.owner[row] = rig.tables.owners.intern(7, null, 'dig', null)
    rig.batch.attribution[row] = ATTRIBUTION_KERNEL
  }
  rig.push()
  t.equal(source.scans, 1, 'for the hello')
  source.news = [socket('10.0.0.1:9 10.0.0.9:443', 1)]
  rig.nowUs += 1e6
  rig.row('10.0.0.1:1 10.0.0.9:53', 'out')
  name(0)
  t.same(rig.push(), ['1>53 out dig kernel'])
  rig.stage.flush(rig.nowUs + 1e6)
  t.equal(source.scans, 1)
  rig.row('10.0.0.1:1 10.0.0.9:53', 'out').row('10.0.0.1:9 10.0.0.9:443', 'out')
  name(0)
  t.same(rig.push().slice(-2), ['1>53 out dig kernel', '9>443 out p1 socket'], 'one that it has not named')
  t.ok(source.scans > 1)
})

t.test('DNS messages have the owner of their packet', async t => {
  const source = new FakeSource()
  source.news = [socket('10.0.0.1:5000 10.0.0.9:53', 1, { proto: 'udp' })]
  const rig = new Rig(source)
  const query = { src_ip: '10.0.0.1', src_port: 5000, dst_ip: '10.0.0.9', dst_port: 53 }
  rig.row('10.0.0.1:5000 10.0.0.9:53', 'out', { proto: 'udp' })
  rig.batch.append(dns(query))
  rig.row('10.0.0.7:1 10.0.0.1:1', 'in', { proto: 'udp' })
  rig.batch.append(dns({ src_ip: '10.0.0.7', src_port: 1, dst_ip: '10.0.0.1', dst_port: 1 }))
  t.same(rig.push().filter(line => line === 'dns').length, 2)
  const named = rig.records.filter(record => record.type === 'dns')
  t.match(named[0], {
    dir: 'out',
    pid: 101,
    process: 'p1',
    user: 'ann',
    attribution: 'socket',
    start_time: 1_700_000_000,
  })
  t.match(named[1], { pid: null, process: 'unknown', attribution: 'none', reason: 'no_socket' })
  rig.batch.append(dns(query))
  rig.push()
  t.match(rig.records.at(-1), { pid: 101 }, 'its packet was in an earlier batch')
  rig.batch.append(dns({ src_ip: '10.0.0.3', src_port: 2, dst_ip: '10.0.0.4', dst_port: 53 }))
  rig.push()
  t.equal((rig.records.at(-1) as DnsRecord).attribution, undefined, 'no packet was seen')
})

t.test('a datagram port that passes from process to process between two looks', async t => {
  const port = (pid: number) => socket('10.0.0.1:5000', pid, { proto: 'udp', state: 'unconnected' })
  const rig = (there: () => SocketRecord | undefined) => {
    const source = new FakeSource()
    source.answer(there)
    const made = new Rig(source, { holdUs: 1 })
    const packet = (from: string): string | undefined =>
      made.row(`10.0.0.1:5000 ${from}`, 'out', { proto: 'udp' }).push().at(-1)
    return { source, packet, rig: made }
  }
  const [one, two] = [port(1), port(2)]
  let there = one
  const served = rig(() => there)
  served.source.news = [one]
  t.equal(served.packet('10.0.0.9:53'), '5000>53 out p1 bound')
  served.rig.nowUs += 20_000
  served.source.asked = []
  t.equal(served.packet('10.0.0.9:53'), '5000>53 out p1 bound')
  t.equal(served.packet('10.0.0.9:54'), '5000>54 out p1 bound')
  t.ok(served.source.asked.length >= 1, 'the kernel was asked whether it is there still')
  there = two
  served.rig.nowUs += 20_000
  served.packet('10.0.0.9:53')
  t.match(served.rig.wait(10).at(-1), /5000>53 out ambiguous/, 'of either: nobody is named')
  served.source.news = [{ ...one, event: 'close', ts: (served.rig.nowUs + 600_000) / 1e6 }]
  served.rig.wait(600_000)
  served.packet('10.0.0.9:53')
  t.match(served.rig.wait(10).at(-1) ?? served.packet('10.0.0.9:53'), /5000>53 out p2 bound/)

  // Nobody has seen the one that asked and was gone; the kernel has told that there was one.
  for (const [closedUs, owner] of [
    [START - 1, 'p2 bound'],
    [START + 2, 'ambiguous'],
  ] as const) {
    const gone = rig(() => ({
      ...two,
      event: 'open',
      ts: (START + 5000) / 1e6,
      start_time: START / 1e6 - 60,
    }))
    gone.source.closedUs = () => closedUs
    gone.rig.push()
    gone.rig.nowUs = START + 1
    gone.rig.row('10.0.0.1:5000 10.0.0.9:53', 'out', { proto: 'udp' })
    gone.rig.nowUs = START + 5000
    t.equal(gone.rig.push().at(-1), `5000>53 out ${owner}`)
  }
})

t.test(
  "a connection that nobody has seen open is its listener's, unless that one makes children",
  async t => {
    for (const [mayHandOn, owner] of [
      [undefined, 'p1 bound'],
      [false, 'p1 bound'],
      [true, 'ambiguous'],
    ] as const) {
      const source = new FakeSource()
      const listener = socket('10.0.0.1:80', 1)
      source.news = [listener]
      if (mayHandOn !== undefined)
        source.mayHandOn = ({ pid }) => {
          t.equal(pid, listener.pid)
          return mayHandOn
        }
      const rig = new Rig(source)
      rig.row('10.0.0.9:4000 10.0.0.1:80', 'in')
      const got = [...rig.push(), ...rig.wait(2_000_000)].filter(line => line.includes('>'))
      t.same(got, [`4000>80 in ${owner}`])
      // One that was seen open is its holder's all the same.
      source.news = [socket('10.0.0.1:80 10.0.0.9:4001', 2)]
      rig.row('10.0.0.9:4001 10.0.0.1:80', 'in')
      const seen = [...rig.push(), ...rig.wait(2_000_000)].filter(line => line.includes('>'))
      t.same(seen, ['4001>80 in p2 socket'])
    }
  },
)

t.test('a datagram socket of many flows is asked for once a batch, and its flows are its own', async t => {
  const source = new FakeSource()
  const served = socket('10.0.0.1:5000', 1, { proto: 'udp', state: 'unconnected' })
  let there: SocketRecord | undefined = served
  source.answer(() => there)
  source.news = [served]
  const rig = new Rig(source, {}, 512)
  const flows = Array.from({ length: 300 }, (_, i) => `10.0.0.1:5000 10.0.${i >> 8}.${i & 255}:53`)
  const batch = () => {
    for (const flow of flows) rig.row(flow, 'out', { proto: 'udp' })
    return rig.push().filter(line => line.includes('>'))
  }
  const all = (owner: string) => flows.map(() => `5000>53 out ${owner}`)
  t.same(batch(), all('p1 bound'))
  // More new flows than questions are allowed: none of them waits.
  for (let i = 0; i < 3; i++) {
    rig.nowUs += 10_000
    source.asked = []
    t.same(batch(), all('p1 bound'))
    t.equal(source.asked.length, 1, 'one of them asked for all')
  }
  // And when it is not there any more, it is none of theirs.
  there = undefined
  rig.nowUs += 10_000
  source.news = [{ ...served, event: 'close', ts: (rig.nowUs + 40_000) / 1e6 }]
  t.same(batch(), [], 'they wait')
  t.same(
    rig.wait(2_000_000).filter(line => line.includes('>')),
    all('ambiguous'),
  )
})

t.test('what a datagram socket has sent last, when it is gone', async t => {
  const mine = socket('10.0.0.1:5000 10.0.0.9:53', 1, { proto: 'udp', state: 'established' })
  const others = {
    ...socket('10.0.0.1:5000 10.0.0.9:53', 2, { proto: 'udp', state: 'established', event: 'open' }),
    ts: (START + 549_000) / 1e6,
  }
  const seen = START + 500_000
  for (const [what, dir, closedUs, there, owner] of [
    ['nobody has come after it', 'out', -Infinity, undefined, 'p1 socket'],
    ['one closed before it was last seen', 'out', seen - 1, undefined, 'p1 socket'],
    ['another one was closed since', 'out', seen + 1, undefined, 'ambiguous'],
    ['another one is there', 'out', -Infinity, others, 'ambiguous'],
    ['what comes in may have come to nobody', 'in', -Infinity, undefined, 'ambiguous'],
    ['nobody tells of closes', 'out', undefined, undefined, 'ambiguous'],
  ] as const) {
    const source = new FakeSource()
    let isThere = true
    source.answer(() => (isThere ? mine : there))
    // Of the other one's rivals this one was closed.
    if (closedUs !== undefined)
      source.closedUs = ({ cookie }) => (cookie === mine.cookie ? closedUs : seen + 40_000)
    const rig = new Rig(source)
    const tuple = dir === 'out' ? '10.0.0.1:5000 10.0.0.9:53' : '10.0.0.9:53 10.0.0.1:5000'
    source.news = [mine]
    rig.row(tuple, dir, { proto: 'udp' }).push()
    rig.wait(499_000)
    rig.nowUs = seen
    rig.row(tuple, dir, { proto: 'udp' }).push()
    isThere = false
    rig.nowUs += 30_000
    rig.row(tuple, dir, { proto: 'udp' })
    source.news = [{ ...mine, event: 'close', ts: (rig.nowUs + 20_000) / 1e6 }]
    rig.nowUs += 20_000
    const got = [...rig.push(), ...rig.wait(2_000_000)].filter(line => line.includes('>'))
    t.match(got.at(-1), owner, what)
  }
})

t.test('recordings and streams of other hosts are not named from the sockets of now', async t => {
  for (const part of [{ method: 'file' }, { ts: START / 1e6 - 3600 }, { boot_id: 'other' }]) {
    const source = new FakeSource()
    source.news = [socket('10.0.0.1:5000 10.0.0.9:443', 1)]
    const rig = new Rig(source, { bootId: 'mine' })
    rig.batch.append(hello(part))
    if ('ts' in part) rig.nowUs = part.ts * 1e6
    rig.row('10.0.0.1:5000 10.0.0.9:443', 'out')
    rig.nowUs = START
    t.same(rig.push(), ['hello', '5000>443 out closed_before_scan'], JSON.stringify(part))
    t.equal(source.scans, 0)
    t.equal(rig.warnings.length, 1)
  }
})

t.test('a stream that is late is of now all the same', async t => {
  const source = () => {
    const made = new FakeSource()
    made.news = [socket('10.0.0.1:5000 10.0.0.9:443', 1)]
    return made
  }
  const slow = new Rig(source(), { startedUs: START - 5e6 })
  slow.batch.append(hello({ ts: START / 1e6 - 5 }))
  slow.row('10.0.0.1:5000 10.0.0.9:443', 'out')
  t.same(slow.push(), ['hello', 'socket', '5000>443 out p1 socket'], 'this program took long to start')
  t.same(slow.warnings, [])
  const joined = new Rig(source(), { startedUs: START })
  joined.batch.append(hello({ ts: START / 1e6 - 3600 }))
  joined.push()
  t.same(joined.warnings, [], 'nothing is said before a packet comes')
  joined.nowUs = START - 10e6
  joined.row('10.0.0.1:5000 10.0.0.9:443', 'out')
  joined.nowUs = START
  t.same(joined.push(), ['5000>443 out closed_before_scan'])
  joined.row('10.0.0.1:5000 10.0.0.9:443', 'out')
  t.same(joined.push().at(-1), '5000>443 out p1 socket', 'a capture that has run for a while')
  t.match(joined.warnings, [/recording/, /caught up/])
})

t.test('a recording with a dump', async t => {
  const offline = (records: SocketRecord[], part: Partial<HelloRecord> = {}) => {
    const dump = new OfflineSockets()
    const batch = new RecordBatch({
      flows: new FlowTable(),
      owners: new OwnerTable(),
      ifaces: new NameTable(),
    })
    batch.append(hello({ tool: 'netoproc-sockets', ...part }))
    for (const record of records) batch.append(record)
    dump.push(batch)
    const rig = new Rig(dump)
    rig.batch.append(hello({ method: 'file' }))
    rig.push()
    return rig
  }
  const interfaces = [{ name: 'eth0', index: 2, mtu: 1500, addresses: ['10.0.0.1'] }]

  await t.test('decides which end is here by its addresses', async t => {
    const rig = offline([socket('0.0.0.0:80', 1), socket('10.0.0.1:5000 10.0.0.9:443', 2)], { interfaces })
    rig.row('10.0.0.1:5000 10.0.0.9:443', 'none').row('10.0.0.9:443 10.0.0.1:5000', 'none')
    rig.row('10.0.0.9:1 10.0.0.1:80', 'none').row('10.0.0.1:5000 10.0.0.1:80', 'none')
    rig.row('10.0.0.8:1 10.0.0.9:80', 'none').row('10.0.0.9:1 224.0.0.1:80', 'none', { proto: 'udp' })
    t.same(
      rig.push().filter(line => line !== 'socket'),
      [
        '5000>443 out p2 socket',
        '443>5000 in p2 socket',
        '1>80 in p1 bound',
        '5000>80 local closed_before_scan peer p1',
        '1>80 null not_local',
        '1>80 in no_socket',
      ],
    )
  })

  await t.test('of later fragments, too, which have no owner', async t => {
    const rig = offline([socket('0.0.0.0:80', 1)], { interfaces })
    for (const tuple of [
      '10.0.0.1:0 10.0.0.9:0',
      '10.0.0.9:0 10.0.0.1:0',
      '10.0.0.1:0 127.0.0.1:0',
      '10.0.0.8:0 10.0.0.9:0',
      '10.0.0.9:0 224.0.0.1:0',
    ])
      rig.row(tuple, 'none', { proto: 'udp', fragment: FRAGMENT_LATER })
    t.same(
      rig.push().filter(line => line !== 'socket'),
      ['out', 'in', 'local', 'null', 'in'].map(dir => `0>0 ${dir} fragment`),
    )
  })

  await t.test('by the time in which sockets were there, where the dump followed them', async t => {
    const first = socket('10.0.0.1:5000 10.0.0.9:53', 1, { proto: 'udp', event: 'open' })
    const rig = offline(
      [
        first,
        { ...first, event: 'close', ts: START / 1e6 + 10 },
        socket('10.0.0.1:5000 10.0.0.9:53', 2, { proto: 'udp', event: 'open', ts: START / 1e6 + 20 }),
      ],
      { interfaces },
    )
    const at = (seconds: number) => {
      rig.nowUs = START + seconds * 1e6
      rig.row('10.0.0.1:5000 10.0.0.9:53', 'out', { proto: 'udp' })
      return rig.push().at(-1)
    }
    t.equal(at(5), '5000>53 out p1 socket')
    t.equal(at(25), '5000>53 out p2 socket')
    t.equal(at(6), '5000>53 out p1 socket', 'time may go back')
    t.equal(at(15), '5000>53 out closed_before_scan')
  })
})

t.test('a recording that does not tell which end is here: the user is told, once, what to do', async t => {
  for (const source of [new OfflineSockets(), new FakeSource()]) {
    const rig = new Rig(source)
    rig.batch.append(hello({ method: 'file' }))
    rig.row('10.0.0.1:5000 127.0.0.1:443', 'in')
    rig.push()
    t.notMatch(rig.warnings.join(), /--local/, 'its link header told')
    rig.row('10.0.0.1:5000 10.0.0.9:443', 'none').row('10.0.0.9:443 10.0.0.1:5000', 'none')
    rig.push()
    rig.row('10.0.0.1:5001 10.0.0.9:443', 'none')
    rig.push()
    t.equal(rig.warnings.filter(text => /all count as received.*--local ADDRESS/.test(text)).length, 1)
  }
})

t.test('flow numbers that are used again', async t => {
  const source = new FakeSource()
  source.news = [socket('10.0.0.1:5000 10.0.0.9:443', 1)]
  const flows = new FlowTable(64, 64)
  const tables = { flows, owners: new OwnerTable(), ifaces: new NameTable() }
  const seen = new Set<string>()
  const stage = new AttributeStage(
    {
      push: batch => {
        for (let row = 0; row < batch.length; row++) {
          const name = tables.owners.get(batch.owner[row] as number).process
          const port = flows.ports(batch.flow[row] as number) >>> 16
          seen.add(`${port === 5000 ? 'its' : 'other'} ${name}`)
        }
      },
      flush: () => Infinity,
      close: () => {},
    },
    tables,
    source,
    { version: '1', now: () => START, holdUs: 0 },
  )
  const batch = new RecordBatch(tables, 16)
  for (let round = 0; round < 40; round++) {
    flows.nextEpoch()
    for (let i = 0; i < 16; i++) {
      const port = i === 0 && round === 0 ? 5000 : 6000 + round * 16 + i
      batch.flow[i] = flows.internV4(6 | META_PORTS, ((port << 16) | 443) >>> 0, 0x0a000001, 0x0a000009)
      batch.dir[i] = DIR.out
      batch.ts[i] = START
      batch.tcpFlags[i] = 0x10
    }
    batch.attribution.fill(0)
    batch.length = 16
    stage.push(batch)
  }
  t.same([...seen].sort(), ['its p1', 'other unknown'])
})
