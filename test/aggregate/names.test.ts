// Names of remotes, services and networks: right or absent.

import t from 'tap'
import { DnsObservatory } from '../../src/aggregate/dns/observatory.ts'
import { NameBook } from '../../src/aggregate/names/name-book.ts'
import { networkName } from '../../src/aggregate/names/networks.ts'
import { RemoteNames } from '../../src/aggregate/names/remote-names.ts'
import { Services } from '../../src/aggregate/names/services.ts'
import type {
  ConnectionRecord,
  DnsRecord,
  ServerNameRecord,
  SocketRecord,
} from '../../src/record/generated/types.ts'
import { Rig, START, device, identity, socket } from './rig.ts'

const CLIENT = '192.0.2.1'
const REMOTE = '198.51.100.1'

type Answer = DnsRecord['answers'][number]

/** @param at seconds since START */
function exchange(
  at: number,
  name: string,
  answers: readonly Answer[],
  asker?: string,
): [DnsRecord, DnsRecord] {
  const both = {
    type: 'dns' as const,
    proto: 'udp',
    id: 7,
    opcode: 'QUERY',
    query_name: name,
    query_type: 'A',
    truncated: false,
    ...(asker === undefined
      ? {}
      : { pid: identity(asker).pid, start_time: identity(asker).startTime, process: asker }),
  }
  const [client, server] = [CLIENT, '192.0.2.53']
  return [
    {
      ...both,
      ts: START + at,
      qr: 'query',
      dir: 'out',
      src_ip: client,
      src_port: 5000,
      dst_ip: server,
      dst_port: 53,
      answers: [],
    },
    {
      ...both,
      ts: START + at + 0.001,
      qr: 'response',
      rcode: 'NOERROR',
      dir: 'in',
      src_ip: server,
      src_port: 53,
      dst_ip: client,
      dst_port: 5000,
      answers: [...answers],
    },
  ]
}

const a = (name: string, data = REMOTE, ttl = 300): Answer => ({
  name,
  type: data.includes(':') ? 'AAAA' : 'A',
  ttl,
  data,
})
const cname = (name: string, data: string): Answer => ({ name, type: 'CNAME', ttl: 300, data })
const sni = (at: number, name: string, more: Partial<ServerNameRecord> = {}): ServerNameRecord => ({
  type: 'server_name',
  ts: START + at,
  proto: 'tcp',
  src_ip: CLIENT,
  src_port: 40000,
  dst_ip: REMOTE,
  dst_port: 443,
  name,
  ...more,
})

function namedRig(of?: (address: string) => string | undefined, isAsking = (_address: string) => false): Rig {
  const reverse = of === undefined ? undefined : { of, isAsking }
  const names = new RemoteNames({ services: new Services(undefined), reverse })
  const dns = new DnsObservatory((name, answer, asker) => names.answered(name, answer, asker))
  return new Rig({ names, dns, by: ['connection'], intervalUs: 1e6 })
}

function play(rig: Rig, steps: ReadonlyArray<readonly DnsRecord[] | ServerNameRecord>): Rig {
  for (const step of steps) for (const record of 'type' in step ? [step] : step) rig.record(record)
  return rig
}

function labels(rig: Rig): string[] {
  return rig
    .close()
    .connections.map(
      ({ process, remote_name: name, remote_name_source: source }) =>
        `${process} ${name ?? '-'} ${source ?? '-'}`,
    )
}

t.test('a remote has the name that its process looked up', t => {
  const rig = play(namedRig(), [exchange(0, 'Example.com', [a('example.com')], 'curl')])
  t.same(labels(rig.packet({ at: 0.1, owner: 'curl' })), ['curl example.com dns'])
  const chain = [
    cname('www.example.com', 'cdn.example.net'),
    cname('cdn.example.net', 'edge.example.org'),
    a('edge.example.org'),
  ]
  const aliased = play(namedRig(), [exchange(0, 'www.example.com', chain, 'curl')])
  t.same(
    labels(aliased.packet({ at: 0.1, owner: 'curl' })),
    ['curl www.example.com dns'],
    'through aliases, as asked',
  )
  const beside = play(namedRig(), [exchange(0, 'www.example.com', [a('victim.example')], 'curl')])
  t.same(
    labels(beside.packet({ at: 0.1, owner: 'curl' })),
    ['curl - -'],
    'an address of another name is no answer',
  )
  const loop = [cname('a.example', 'b.example'), cname('b.example', 'a.example'), a('c.example')]
  t.same(labels(play(namedRig(), [exchange(0, 'a.example', loop)]).packet({})), ['unknown - -'])
  const v6 = play(namedRig(), [exchange(0, 'six.example', [a('six.example', '2001:db8::9')], 'curl')])
  t.same(labels(v6.packet({ at: 0.1, owner: 'curl', src: '[2001:db8::1]:5', dst: '[2001:db8::9]:443' })), [
    'curl six.example dns',
  ])
  const [, forged] = exchange(0, 'forged.example', [a('forged.example')], 'curl')
  t.same(
    labels(play(namedRig(), [[forged]]).packet({ at: 0.1, owner: 'curl' })),
    ['curl - -'],
    'an answer to no question',
  )
  const [query, { query_name: _name, query_type: _type, ...bare }] = exchange(
    0,
    'bare.example',
    [a('bare.example')],
    'curl',
  )
  t.same(
    labels(play(namedRig(), [[query, bare]]).packet({ at: 0.1, owner: 'curl' })),
    ['curl - -'],
    'an answer that does not repeat its question',
  )
  t.end()
})

t.test('what others looked up names a remote only when they agree', t => {
  const one = play(namedRig(), [exchange(0, 'a.example', [a('a.example')], 'resolver')])
  t.same(labels(one.packet({ at: 0.1, owner: 'curl' })), ['curl a.example dns'])
  const two = [
    exchange(0, 'a.example', [a('a.example')], 'x'),
    exchange(0.1, 'b.example', [a('b.example')], 'y'),
  ]
  t.same(labels(play(namedRig(), two).packet({ at: 0.2, owner: 'curl' })), ['curl - -'])
  t.same(
    labels(play(namedRig(), two).packet({ at: 0.2, owner: 'x' })),
    ['x a.example dns'],
    'its own comes first',
  )
  const reused = play(namedRig(), [
    exchange(0, 'a.example', [a('a.example')], 'x#5@1'),
    two[1] as DnsRecord[],
  ])
  t.same(
    labels(reused.packet({ at: 0.2, owner: 'x#5@2' })),
    ['x#5@2 - -'],
    'a pid that is used again does not inherit',
  )
  t.end()
})

t.test(
  'of several names of an address, the last one before the connection, or what the handshake says',
  t => {
    const steps = [
      exchange(0, 'a.example', [a('a.example')], 'x'),
      exchange(0.1, 'b.example', [a('b.example')], 'x'),
    ]
    t.same(labels(play(namedRig(), steps).packet({ at: 0.2, owner: 'x' })), ['x b.example dns'])
    t.same(labels(play(play(namedRig(), steps).packet({ at: 0.2, owner: 'x' }), [sni(0.3, 'a.example')])), [
      'x a.example dns',
    ])
    t.same(labels(play(play(namedRig(), steps).packet({ at: 0.2, owner: 'x' }), [sni(0.3, 'c.example')])), [
      'x c.example sni',
    ])
    const single = play(play(namedRig(), steps.slice(0, 1)).packet({ at: 0.2, owner: 'x' }), [
      sni(0.3, 'c.example'),
    ])
    t.same(labels(single), ['x a.example dns'], 'what it looked up comes before what it said')
    const later = play(namedRig(), steps.slice(0, 1)).packet({ at: 0.05, owner: 'x' })
    t.same(
      labels(play(later, steps.slice(1)).packet({ at: 1.5, owner: 'x' })),
      ['x a.example dns', 'x a.example dns'],
      'it keeps its name',
    )
    t.end()
  },
)

t.test('of counters it is not known when in the interval a connection began', t => {
  const counted = (
    asked: ReadonlyArray<readonly DnsRecord[]>,
    at: number,
    more: ReadonlyArray<ServerNameRecord> = [],
  ) => {
    const rig = namedRig()
    play(rig, [...asked, ...more])
    return labels(
      rig.record(
        socket('x', {
          ts: START + at,
          local_ip: CLIENT,
          local_port: 40000,
          remote_ip: REMOTE,
          remote_port: 443,
          tx_bytes: 100,
          tx_packets: 1,
          attribution: 'kernel',
        }),
      ),
    )
  }
  const first = exchange(0.1, 'a.example', [a('a.example')], 'x')
  const second = (at: number) => exchange(at, 'b.example', [a('b.example')], 'x')
  const [early, late] = [second(0.5), second(1.5)]
  t.same(counted([first], 1), ['x a.example dns'])
  t.same(counted([first, early], 1), ['x - -'], 'either of them')
  t.same(counted([first, early], 2), ['x b.example dns'], 'the last one before the interval')
  t.same(counted([first, late], 2), ['x - -'])
  t.same(counted([first, early], 1, [sni(0.7, 'a.example')]), ['x a.example dns'], 'the handshake says which')
  t.end()
})

t.test('an answer that is told later than what came of it', t => {
  const counters = (at: number, more = {}) =>
    socket('x', { ts: START + at, tx_bytes: 100, tx_packets: 1, attribution: 'kernel', ...more })
  const asked = (at: number, name: string, asker?: string) => exchange(at, name, [a(name)], asker)
  const alias = (at: number, asker: string) =>
    exchange(at, 'www.example', [cname('www.example', 'web.example'), a('web.example')], asker)
  // Others know two names of the address, reverse DNS a third.
  const rig = () =>
    play(
      namedRig(() => 'ptr.example'),
      [asked(0.1, 'web.example', 'y'), alias(0.2, 'z')],
    )
  t.same(labels(rig().record(counters(0.9))), ['x ptr.example ptr'])
  t.same(labels(play(rig().record(counters(0.9)), [alias(0.8, 'x')])), ['x www.example dns'])
  t.same(
    labels(play(rig().packet({ at: 0.9, owner: 'x' }), [alias(0.8, 'x')])),
    ['x www.example dns'],
    'of a packet, too',
  )
  t.same(
    labels(play(rig().packet({ at: 0.5, owner: 'x' }), [alias(0.8, 'x')])),
    ['x ptr.example ptr'],
    'not one of later, while others say something else',
  )
  t.same(
    labels(play(rig().record(counters(0.9)), [alias(0.8, 'x'), asked(0.7, 'early.example', 'x')])),
    ['x ptr.example ptr'],
    'in any order: either of two',
  )
  const other = play(rig().packet({ at: 0.9, owner: 'x' }), [asked(0.5, 'a.example', 'x')])
  t.same(
    labels(play(other, [asked(0.7, 'b.example', 'x'), asked(0.6, 'c.example', 'x')])),
    ['x b.example dns'],
    'the last one by time, not by arrival',
  )
  // Looked up before and after the connection began, and both told after it.
  const again = play(rig().packet({ at: 0.6, owner: 'x' }), [alias(0.5, 'x'), alias(0.9, 'x')])
  t.same(labels(again.packet({ at: 0.7, owner: 'x' })), ['x www.example dns'])
  t.same(
    labels(play(rig().record(counters(0.9)), [alias(0.8, 'w')])),
    ['x ptr.example ptr'],
    'whose it is counts all the same',
  )
  t.end()
})

t.test('names end: by time to live, and when a connection begins anew', t => {
  const at = (ttl: number, later: number) =>
    labels(
      play(namedRig(), [exchange(0, 'a.example', [a('a.example', REMOTE, ttl)], 'x')]).packet({
        at: later,
        owner: 'x',
      }),
    )
  t.same(at(5, 50), ['x a.example dns'], 'programs keep it for a minute')
  t.same(at(5, 70), ['x - -'])
  t.same(at(300, 290), ['x a.example dns'])
  t.same(at(300, 310), ['x - -'])
  t.same(at(4294967295, 86_500), ['x - -'], 'no more than a day')
  const rig = play(namedRig().packet({ at: 0, owner: 'x', flags: 2 }), [sni(0.1, 'first.example')])
  rig.packet({ at: 1.2, owner: 'x' }).packet({ at: 2.1, owner: 'x', flags: 2 })
  t.same(labels(rig), ['x first.example sni', 'x first.example sni', 'x - -'])
  t.end()
})

t.test('server names of handshakes', t => {
  t.same(labels(play(namedRig().packet({ owner: 'x' }), [sni(0.1, 'Sni.example')])), ['x sni.example sni'])
  const served = namedRig().packet({ dir: 'in', src: `${REMOTE}:5000`, dst: `${CLIENT}:443`, owner: 'nginx' })
  const incoming = sni(0.1, 'mine.example', { src_ip: REMOTE, src_port: 5000, dst_ip: CLIENT })
  t.same(labels(play(served, [incoming])), ['nginx - -'], 'whom a client calls is not the client')
  const other = exchange(0, 'other.example', [a('other.example')], 'y')
  t.same(labels(play(play(namedRig(), [other]).packet({ owner: 'x', at: 0.1 }), [sni(0.2, 'sni.example')])), [
    'x sni.example sni',
  ])
  const quic = namedRig().packet({ owner: 'x', proto: 'udp' })
  t.same(labels(play(quic, [sni(0.1, 'quic.example', { proto: 'udp' })])), ['x quic.example sni'])
  t.end()
})

t.test('reverse DNS comes last', t => {
  const rig = () => namedRig(address => (address === REMOTE ? 'ptr.example' : undefined))
  t.same(labels(rig().packet({ owner: 'x' })), ['x ptr.example ptr'])
  t.same(labels(rig().packet({ owner: 'x', dst: '198.51.100.2:443' })), ['x - -'])
  t.same(labels(play(rig().packet({ owner: 'x' }), [sni(0.1, 'sni.example')])), ['x sni.example sni'])
  t.end()
})

t.test('reverse DNS takes longer than a connection', t => {
  let name: string | undefined
  let isAsking = true
  const rig = namedRig(
    () => name,
    () => isAsking,
  )
  const interval = (at: number, more: Partial<SocketRecord> = {}) =>
    rig.record(socket('x', { ts: START + at, attribution: 'kernel', ...more })).push()
  const named = () =>
    rig.connections.map(({ ts, tx_bytes: bytes, remote_name: name }) => [ts - START, bytes, name])
  interval(0.5, { event: 'close', tx_bytes: 100, tx_packets: 1 })
  const tick = (at: number) => rig.record(device(at, 'eth0', 0, 0)).push()
  tick(2)
  t.same(named(), [[1, 100, undefined]])
  isAsking = false
  name = 'ptr.example'
  tick(4)
  t.same(
    named(),
    [
      [1, 100, undefined],
      [2, 0, 'ptr.example'],
    ],
    'its record is written once more',
  )
  tick(6)
  t.equal(rig.connections.length, 2)
  t.end()
})

t.test('a book of names is bounded', t => {
  const book = new NameBook()
  const talker = { pid: 1, startTime: null }
  const nowUs = (START + 1) * 1e6
  const response = (answers: Answer[]) => exchange(0, 'n', answers)[1]
  for (let i = 0; i < 40_000; i++)
    book.learn('n', response([a('n', `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)]), undefined)
  t.equal(book.find('10.0.0.1', talker, nowUs), undefined, 'the oldest is forgotten')
  t.equal(book.find('10.0.156.63', talker, nowUs)?.name, 'n')
  for (let i = 0; i < 100; i++) book.learn(`n${i}`, response([a(`n${i}`)]), undefined)
  t.equal(book.find(REMOTE, talker, nowUs)?.among.length, 16)
  book.learn('many', response(Array.from({ length: 256 }, (_, i) => a('many', `203.0.113.${i}`))), undefined)
  t.equal(book.find('203.0.113.63', talker, nowUs)?.name, 'many')
  t.equal(book.find('203.0.113.64', talker, nowUs), undefined)
  t.end()
})

t.test('services by port', t => {
  const of = (services: Services, local: number, remote: number, more: Partial<ConnectionRecord> = {}) =>
    services.of({ proto: 'tcp', local_port: local, remote_port: remote, ...more } as ConnectionRecord)
  const own = new Services(undefined)
  t.equal(of(own, 40000, 443), 'https')
  t.equal(of(own, 443, 40000), 'https', 'the end that serves')
  t.equal(of(own, 40000, 443, { proto: 'udp' }), 'https')
  t.equal(of(own, 22, 443), undefined, 'both might')
  t.equal(of(own, 22, 443, { initiated: 'in' }), 'ssh')
  t.equal(of(own, 22, 443, { initiated: 'out' }), 'https')
  t.equal(of(own, 40000, 40001), undefined)
  t.equal(of(own, 123, 123, { proto: 'udp' }), 'ntp')
  t.equal(own.of({ proto: 'icmp' } as ConnectionRecord), undefined)
  const file = new Services(
    '# comment\nhttp\t80/tcp www # web\nmine 49999/tcp\nfirst 1/tcp\nsecond 1/tcp\nbad 99999/tcp\n evil\x1b 5/tcp',
  )
  t.equal(of(file, 40000, 80), 'http')
  t.equal(of(file, 40000, 443), undefined, 'the file alone')
  t.equal(of(file, 40000, 49999), undefined, 'the port of a client')
  t.equal(of(file, 40000, 49999, { initiated: 'out' }), 'mine')
  t.equal(of(file, 40000, 1), 'first')
  t.equal(of(file, 40000, 5), undefined)
  t.end()
})

t.test('networks: longest prefix; nothing that is not published', t => {
  const expected: Record<string, string | undefined> = {
    '9.255.255.255': undefined,
    '10.0.0.0': 'private',
    '10.255.255.255': 'private',
    '11.0.0.0': undefined,
    '172.15.255.255': undefined,
    '172.16.0.1': 'private',
    '172.31.255.255': 'private',
    '172.32.0.0': undefined,
    '192.168.1.1': 'private',
    '100.64.0.1': 'shared (carrier NAT)',
    '100.128.0.0': undefined,
    '169.254.169.254': 'link-local',
    '127.0.0.53': 'loopback',
    '192.0.2.1': 'documentation',
    '192.0.0.9': 'PCP anycast',
    '192.0.0.170': 'NAT64 discovery',
    '192.0.0.8': 'IPv4 dummy address',
    '192.0.0.11': 'IETF protocol',
    '192.88.99.1': '6to4 relay (deprecated)',
    '224.0.0.251': 'mDNS multicast',
    '224.0.0.100': 'link-local multicast',
    '232.1.2.3': 'source-specific multicast',
    '224.1.0.1': 'multicast',
    '239.255.255.250': 'SSDP multicast',
    '239.1.2.3': 'administratively scoped multicast',
    '255.255.255.255': 'broadcast',
    '250.0.0.1': 'reserved',
    '8.8.8.8': 'Google Public DNS',
    '8.8.8.9': undefined,
    '198.41.0.4': 'DNS root a',
    '2001:500:2::c': 'DNS root c',
    '17.1.2.3': undefined,
    '::1': 'loopback',
    '::': 'unspecified',
    'fe80::1': 'link-local',
    'fec0::1': undefined,
    'fd00::1': 'unique local',
    'ff02::fb': 'mDNS multicast',
    'ff02::1:ff12:3456': 'solicited-node multicast',
    'ff02::1234': 'link-local multicast',
    'ff32::1': 'link-local multicast',
    'ff05::1': 'site-local multicast',
    'ff0e::1': 'multicast',
    '2001:db8::1': 'documentation',
    '2001:0:1::1': 'Teredo',
    '2001:4860:4860::8888': 'Google Public DNS',
    '2001:4860:4860::8889': undefined,
    '::ffff:10.0.0.1': 'private',
    '2001:1::3': 'DNS-SD anycast',
    '2001:1::4': 'IETF protocol',
    '2001:200::1': undefined,
    '64:ff9b::808:808': 'NAT64',
    '2002:c000:204::1': '6to4',
    'not an address': undefined,
  }
  for (const [address, name] of Object.entries(expected)) t.equal(networkName(address), name, address)
  for (let i = 0; i < 10_000; i++) networkName(`11.0.${i >> 8}.${i & 255}`)
  t.equal(networkName('10.1.1.1'), 'private')
  t.end()
})
