// DNS questions and their answers: found by each other, counted once, timed by their packets.

import t from 'tap'
import { LatencySummary } from '../../src/aggregate/dns/latency-summary.ts'
import { DnsObservatory } from '../../src/aggregate/dns/observatory.ts'
import type { DnsQueryRecord, DnsRecord, ResolverRecord } from '../../src/record/generated/types.ts'
import { dnsQueryRecord, resolverRecord } from '../../src/record/generated/validate.ts'
import { START } from './rig.ts'

const CLIENT = '192.0.2.7'
const SERVER = '192.0.2.53'

class Wire {
  readonly observatory = new DnsObservatory()
  readonly queries: DnsQueryRecord[] = []
  resolvers: ResolverRecord[] = []

  /** @param at seconds since START */
  query(at: number, more: Partial<DnsRecord> = {}): this {
    return this.take({
      ...message(at, more),
      qr: 'query',
      dir: 'out',
      ...ends(CLIENT, 40001, SERVER, 53),
      ...more,
    })
  }

  response(at: number, more: Partial<DnsRecord> = {}): this {
    return this.take({
      ...message(at, more),
      qr: 'response',
      rcode: 'NOERROR',
      dir: 'in',
      ...ends(SERVER, 53, CLIENT, 40001),
      ...more,
    })
  }

  /** An answer that does not repeat the question. */
  bareResponse(at: number, rcode: string): this {
    const { query_name: _name, query_type: _type, ...rest } = message(at, { qr: 'response' })
    return this.take({ ...rest, rcode, dir: 'in', ...ends(SERVER, 53, CLIENT, 40001) })
  }

  rollup(at: number, isLast = false): this {
    this.sort(this.observatory.rollup((START + at) * 1e6, isLast))
    return this
  }

  private take(record: DnsRecord): this {
    this.sort(this.observatory.take(record))
    return this
  }

  private sort(records: readonly unknown[]): void {
    for (const record of records as Array<DnsQueryRecord | ResolverRecord>) {
      if (record.type === 'dns_query') {
        if (!dnsQueryRecord(record)) throw new Error(JSON.stringify(record))
        this.queries.push(record as DnsQueryRecord)
      } else {
        if (!resolverRecord(record)) throw new Error(JSON.stringify(record))
        this.resolvers.push(record as ResolverRecord)
      }
    }
  }
}

function message(at: number, { qr }: Partial<DnsRecord>): DnsRecord {
  return {
    type: 'dns',
    ts: START + at,
    iface: 'eth0',
    proto: 'udp',
    id: 4660,
    qr: qr ?? 'query',
    opcode: 'QUERY',
    query_name: 'example.com',
    query_type: 'A',
    answers: [],
    truncated: false,
  }
}

function ends(source: string, sourcePort: number, destination: string, destinationPort: number) {
  return { src_ip: source, src_port: sourcePort, dst_ip: destination, dst_port: destinationPort }
}

const curl = {
  pid: 4821,
  start_time: START - 10,
  process: 'curl',
  user: 'ann',
  attribution: 'socket',
} as const
const answer = { name: 'example.com', type: 'A', ttl: 300, data: '198.51.100.9' }

t.test('a question and its answer: who asked, what came, after how long', t => {
  const wire = new Wire()
    .query(0, curl)
    .response(0.0125, { answers: [answer] })
    .rollup(1)
  t.match(wire.queries, [
    {
      ts: START,
      pid: 4821,
      start_time: START - 10,
      process: 'curl',
      user: 'ann',
      query_name: 'example.com',
      query_type: 'A',
      response: '198.51.100.9',
      rcode: 'NOERROR',
      latency_ms: 12.5,
      resolver: SERVER,
      iface: 'eth0',
      proto: 'udp',
      retransmits: 0,
    },
  ])
  t.notOk('stub' in (wire.queries[0] as object))
  t.match(wire.resolvers, [
    {
      server: SERVER,
      iface: 'eth0',
      avg_latency_ms: 12.5,
      p95_latency_ms: 12.5,
      failure_rate_pct: 0,
      query_count: 1,
    },
  ])
  wire.resolvers = []
  t.equal(wire.rollup(2).resolvers.length, 0, 'nothing new, no record')
  t.end()
})

t.test('each part of the key counts', t => {
  const others: Array<[string, Partial<DnsRecord>]> = [
    ['id', { id: 4661 }],
    ['name', { query_name: 'example.org' }],
    ['type', { query_type: 'AAAA' }],
    ['port', { dst_port: 40002 }],
    ['client', { dst_ip: '192.0.2.8' }],
    ['server', { src_ip: '192.0.2.54' }],
    ['protocol', { proto: 'tcp' }],
  ]
  for (const [name, difference] of others)
    t.equal(new Wire().query(0).response(0.01, difference).queries.length, 0, name)
  t.equal(new Wire().query(0).response(0.01, { query_name: 'eXample.COM' }).queries.length, 1, 'not the case')
  const bare = new Wire().query(0).bareResponse(0.01, 'REFUSED')
  t.match(bare.queries, [{ rcode: 'REFUSED', response: 'REFUSED', query_name: 'example.com' }])
  t.equal(new Wire().query(0, { opcode: 'UPDATE' }).rollup(9).queries.length, 0, 'an update is no question')
  t.end()
})

t.test('a question that is sent again is one question', t => {
  const wire = new Wire().query(0).query(2).query(7.005).response(7.1).rollup(8)
  t.match(wire.queries, [{ ts: START, retransmits: 2, latency_ms: 7100 }])
  t.match(wire.resolvers, [{ query_count: 1, timeout_count: 0 }])
  const seenTwice = new Wire()
    .query(0)
    .query(0.0001, { iface: 'br0' })
    .response(0.1)
    .response(0.1001, { iface: 'br0' })
  t.match(seenTwice.queries, [{ retransmits: 0, iface: 'eth0' }])
  t.equal(seenTwice.queries.length, 1)
  const late = new Wire().query(0).query(5.3).response(5.4).rollup(6)
  t.match(late.queries, [
    { ts: START, rcode: 'timeout' },
    { ts: START + 5.3, rcode: 'NOERROR' },
  ])
  t.end()
})

t.test('no answer for 5 s is a timeout, whenever one looks', t => {
  const rare = new Wire().query(0, curl).rollup(60)
  t.match(rare.queries, [{ rcode: 'timeout', response: 'timeout', latency_ms: null, pid: 4821 }])
  t.match(rare.resolvers, [
    { timeout_count: 1, failure_rate_pct: 100, avg_latency_ms: null, p95_latency_ms: null },
  ])
  const often = new Wire().query(0, curl)
  for (let at = 0.1; at < 6; at += 0.1) often.rollup(at)
  t.same(often.queries, rare.queries)
  t.match(
    new Wire().query(0).response(5.1).rollup(6).queries,
    [{ rcode: 'timeout', latency_ms: null }],
    'too late',
  )
  t.match(new Wire().query(0).response(4.99).queries, [{ rcode: 'NOERROR' }])
  const busy = new Wire().query(0).query(6, { id: 1 })
  t.match(busy.queries, [{ rcode: 'timeout' }], 'the next message shows it, before the interval ends')
  t.end()
})

t.test('what is open at the end of the stream is neither answered nor failed', t => {
  const wire = new Wire().query(0).query(9, { id: 2 }).rollup(9.5, true)
  t.match(wire.queries, [{ rcode: 'timeout' }, { rcode: 'pending', response: 'pending', latency_ms: null }])
  t.match(wire.resolvers, [{ query_count: 1, timeout_count: 1 }])
  t.end()
})

t.test('failures of a resolver; NXDOMAIN is none', t => {
  const wire = new Wire()
  const rcodes = ['NOERROR', 'NXDOMAIN', 'SERVFAIL', 'REFUSED', 'NOERROR', 'NOERROR', 'NXDOMAIN', 'FORMERR']
  for (const [id, rcode] of rcodes.entries())
    wire.query(id / 10, { id }).response(id / 10 + 0.02, { id, rcode })
  wire.query(0.9, { id: 77 }).rollup(10)
  t.match(wire.resolvers, [
    {
      query_count: 9,
      nxdomain_count: 2,
      servfail_count: 1,
      refused_count: 1,
      timeout_count: 1,
      failure_rate_pct: 33.33,
      avg_latency_ms: 20,
    },
  ])
  t.match(wire.queries[2], { rcode: 'SERVFAIL', response: 'SERVFAIL' })
  t.end()
})

t.test('a truncated answer and the same question over TCP', t => {
  const tcp = { proto: 'tcp', src_port: 40002 }
  const wire = new Wire()
    .query(0)
    .response(0.01, { truncated: true })
    .query(0.02, tcp)
    .response(0.04, {
      proto: 'tcp',
      dst_port: 40002,
      answers: [answer, { ...answer, data: '198.51.100.10' }],
    })
    .rollup(1)
  t.match(wire.queries, [
    { proto: 'udp', truncated: true, response: 'truncated' },
    { proto: 'tcp', response: '198.51.100.9, 198.51.100.10', latency_ms: 20 },
  ])
  t.match(wire.resolvers, [{ query_count: 2, truncated_count: 1 }])
  t.end()
})

t.test('a stub and the resolver that it asks: each has its own statistics', t => {
  const stub = '127.0.0.53'
  const peer = { peer_pid: 600, peer_process: 'systemd-resolve' }
  const wire = new Wire()
    .query(0, { ...curl, ...peer, dir: 'local', iface: 'lo', ...ends('127.0.0.1', 5000, stub, 53), id: 1 })
    .query(0.001, { pid: 600, process: 'systemd-resolve', id: 2 })
    .response(0.02, { pid: 600, process: 'systemd-resolve', id: 2, answers: [answer] })
    .response(0.021, {
      dir: 'local',
      iface: 'lo',
      ...ends(stub, 53, '127.0.0.1', 5000),
      id: 1,
      answers: [answer],
      pid: 600,
      process: 'systemd-resolve',
      peer_pid: 4821,
      peer_process: 'curl',
    })
    .rollup(1)
  t.match(wire.queries, [
    { process: 'systemd-resolve', resolver: SERVER, latency_ms: 19, stub: undefined },
    { process: 'curl', pid: 4821, resolver: stub, latency_ms: 21, stub: true },
  ])
  t.match(wire.resolvers, [
    { server: SERVER, query_count: 1, stub: undefined },
    { server: stub, query_count: 1, stub: true, iface: 'lo' },
  ])
  t.end()
})

t.test('who asks', t => {
  const late = new Wire().query(0).response(0.01, { ...curl })
  t.match(late.queries, [{ pid: 4821, process: 'curl' }], 'known by the time of the answer')
  const stubLate = new Wire()
    .query(0, { dir: 'local' })
    .response(0.01, { dir: 'local', pid: 600, process: 'dnsmasq', peer_pid: 7, peer_process: 'dig' })
  t.match(stubLate.queries, [{ pid: 7, process: 'dig' }], 'the one that the answer goes to')
  const server = { pid: 600, process: 'dnsmasq' }
  const remote = new Wire()
    .query(0, { dir: 'in', src_ip: '203.0.113.5', ...server })
    .response(0.01, { dir: 'out', dst_ip: '203.0.113.5', ...server })
  t.match(remote.queries, [{ pid: null, process: 'unknown', client_ip: '203.0.113.5', stub: true }])
  t.match(new Wire().query(0, { pid: null, process: 'unknown' }).response(1).queries, [
    { pid: null, process: 'unknown' },
  ])
  t.end()
})

t.test('a question that is translated on its way counts once', t => {
  const container = '172.17.0.2'
  const wire = new Wire()
    .query(0, { ...curl, src_ip: container, iface: 'docker0' })
    .query(0.00002, { iface: 'eth0' })
    .response(0.01, { iface: 'eth0' })
    .response(0.01002, { dst_ip: container, iface: 'docker0' })
    .rollup(9)
  t.match(wire.queries, [{ pid: 4821, latency_ms: 10, retransmits: 0 }])
  t.equal(wire.queries.length, 1)
  t.equal(wire.resolvers.length, 1)
  const hosts = new Wire().query(0, { dir: 'forward', src_ip: '192.0.2.8' }).query(0.1).rollup(9)
  t.equal(hosts.queries.length, 2, 'on one interface they are two clients')
  t.end()
})

t.test('multicast questions have no resolver', t => {
  const llmnr = { service: 'llmnr', dst_port: 5355 } as const
  const wire = new Wire()
    .query(0, { ...llmnr, dst_ip: '224.0.0.252' })
    .response(0.01, { ...llmnr, src_ip: '192.0.2.9', src_port: 5355, dst_port: 40001 })
    .query(1, { ...llmnr, dst_ip: '224.0.0.252', id: 5 })
    .query(1, { service: 'mdns', src_port: 5353, dst_port: 5353, dst_ip: '224.0.0.251', id: 0 })
    .rollup(9)
  t.match(wire.queries, [
    { service: 'llmnr', rcode: 'NOERROR' },
    { service: 'llmnr', rcode: 'timeout' },
  ])
  t.equal(wire.queries.length, 2)
  t.equal(wire.resolvers.length, 0)
  t.end()
})

t.test('tables are bounded, and say what they leave out', t => {
  const wire = new Wire()
  const most = 1 << 14
  for (let i = 0; i < most + 500; i++) wire.query(i / 1e5, { id: i & 0xffff, query_name: `n${i}.example` })
  wire.rollup(1)
  t.match(wire.resolvers, [{ query_count: 0, untracked_count: 500 }])
  t.equal(wire.rollup(60).queries.length, most)
  const many = new Wire()
  for (let i = 0; i < 10_000; i++) {
    const server = `10.0.${i >> 8}.${i & 255}`
    many.query(i / 1e4, { dst_ip: server }).response(i / 1e4 + 0.001, { src_ip: server })
  }
  t.equal(many.queries.length, 10_000)
  const kept = many.rollup(2).resolvers
  t.ok(kept.length <= 4096 && kept.length > 3500, `${kept.length} kept`)
  t.equal(kept.at(-1)?.server, '10.0.39.15', 'the latest')
  const long = new Wire()
    .query(0)
    .response(0.01, { answers: Array(256).fill({ ...answer, data: 'x'.repeat(1000) }) })
  t.ok((long.queries[0]?.response.length ?? 0) < 5000, 'a long answer is cut')
  t.end()
})

t.test('latencies', t => {
  const one = new LatencySummary()
  t.equal(one.meanUs, null)
  t.equal(one.p95Us, null)
  for (let i = 1; i <= 100; i++) one.add(i * 1000)
  t.equal(one.p95Us, 95_000, 'nearest rank, exact while they are few')
  t.equal(one.meanUs, 50_500)
  const many = new LatencySummary()
  for (let i = 1; i <= 10_000; i++) many.add(i * 37)
  const exact = 9500 * 37
  t.ok(Math.abs((many.p95Us as number) / exact - 1) < 0.011, `${many.p95Us} for ${exact}`)
  many.add(1e12)
  t.ok(Number.isFinite(many.p95Us))
  t.end()
})
