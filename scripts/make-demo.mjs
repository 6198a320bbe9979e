// Makes the recording of `npm run demo`: test/golden/demo.pcapng, a minute of invented traffic of an invented host
// (addresses of RFC 5737 and RFC 3849), and demo.sockets.ndjson, the sockets of that host. The same bytes each time.

import { writeFileSync } from 'node:fs'

const START = 1_763_910_000
const SECONDS = 60
const TICK = 0.5
const LOCAL = '192.0.2.7'
const LOCAL6 = '2001:db8:7::7'

let seed = 20251123
/** Park and Miller's generator: 0 to 1. */
const random = () => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff

const u16 = value => [(value >> 8) & 255, value & 255]
const quad = text => text.split('.').map(Number)

function words(text) {
  const [head, tail = ''] = text.split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail.split(':').filter(Boolean)
  const zeros = Array(8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...right].flatMap(word => u16(parseInt(word, 16)))
}

/** Ethernet, IP and TCP, UDP or ICMP headers, and `payload` bytes that are only in the length, unless `content` is given. */
function packet({ proto, from, to, fromPort, toPort, payload, content = [] }) {
  const isV6 = from.includes(':')
  const number = { tcp: 6, udp: 17, icmp: 1 }[proto]
  const size = Math.min(payload, 65_000)
  const transport = {
    tcp: () => [...u16(fromPort), ...u16(toPort), 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 255, 255, 0, 0, 0, 0],
    udp: () => [...u16(fromPort), ...u16(toPort), ...u16(8 + size), 0, 0],
    icmp: () => [8, 0, 0, 0, 0, 1, 0, 1],
  }[proto]()
  const length = transport.length + size
  const ip = isV6
    ? [0x60, 0, 0, 0, ...u16(length), number, 64, ...words(from), ...words(to)]
    : [0x45, 0, ...u16(20 + length), 0, 1, 0, 0, 64, number, 0, 0, ...quad(from), ...quad(to)]
  const ethernet = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, ...u16(isV6 ? 0x86dd : 0x0800)]
  const bytes = Uint8Array.from([...ethernet, ...ip, ...transport, ...content])
  return { bytes, length: ethernet.length + ip.length + length }
}

/** A DNS message (RFC 1035): one question, and the answers where it is a response. */
function dnsMessage(id, name, type, answers, rcode = 0) {
  const question = [
    ...name.split('.').flatMap(label => [label.length, ...Buffer.from(label)]),
    0,
    ...u16(type),
    0,
    1,
  ]
  const flags = answers === undefined ? 0x0100 : 0x8180 | rcode
  const records = (answers ?? []).flatMap(data => [
    0xc0,
    12,
    ...u16(type),
    0,
    1,
    0,
    0,
    0,
    60,
    ...u16(data.length),
    ...data,
  ])
  return [
    ...u16(id),
    ...u16(flags),
    0,
    1,
    ...u16((answers ?? []).length),
    0,
    0,
    0,
    0,
    ...question,
    ...records,
  ]
}

const people = {
  firefox: { pid: 2210, user: 'ann', uid: 1000, cmdline: '/usr/lib/firefox/firefox' },
  rsync: { pid: 48120, user: 'ann', uid: 1000, cmdline: 'rsync -a /srv backup:' },
  node: { pid: 7731, user: 'www', uid: 33, cmdline: 'node server.js', cgroup: 'api.service' },
  nginx: { pid: 911, user: 'root', uid: 0, cmdline: 'nginx: worker process', cgroup: 'docker:web-1' },
  postgres: { pid: 1200, user: 'postgres', uid: 70, cmdline: 'postgres: main', cgroup: 'docker:db-1' },
  ssh: { pid: 3012, user: 'ann', uid: 1000, cmdline: 'ssh build' },
  'systemd-resolve': { pid: 402, user: 'systemd-resolve', uid: 101, cgroup: 'systemd-resolved.service' },
  chronyd: { pid: 640, user: 'chrony', uid: 105, cgroup: 'chrony.service' },
  curl: { pid: 48377, user: 'ann', uid: 1000, cmdline: 'curl -O https://example.org/' },
  音楽プレーヤー: { pid: 5120, user: 'ann', uid: 1000, cmdline: '/opt/player' },
}

const wave = (t, period, phase = 0) => 0.5 + 0.5 * Math.sin(((t + phase) / period) * 2 * Math.PI)

/** rx and tx: bytes per second at time t. */
const flows = [
  [
    'firefox',
    'tcp',
    51000,
    '198.51.100.10',
    443,
    t => 1_400_000 * wave(t, 17) ** 3,
    t => 20_000 * wave(t, 17),
  ],
  [
    'firefox',
    'udp',
    51001,
    '203.0.113.20',
    443,
    t => (t > 25 ? 500_000 * wave(t, 9) : 0),
    t => (t > 25 ? 9_000 : 0),
  ],
  ['firefox', 'tcp', 51002, '198.51.100.11', 443, () => 30_000 * random(), () => 4_000],
  ['rsync', 'tcp', 53122, '192.0.2.50', 873, () => 9_000, t => 650_000 + 90_000 * wave(t, 5)],
  ['node', 'tcp', 3000, '203.0.113.77', 40100, () => 12_000 * random(), () => 60_000 * random()],
  ['node', 'tcp', 42010, '192.0.2.60', 5432, () => 25_000 * random(), () => 8_000 * random()],
  ['nginx', 'tcp', 443, '203.0.113.5', 50555, () => 3_000, t => 120_000 * wave(t, 11, 4)],
  ['nginx', 'tcp', 443, '203.0.113.6', 50777, () => 1_000, t => 40_000 * wave(t, 7)],
  ['postgres', 'tcp', 5432, '192.0.2.61', 44321, () => 2_000 * random(), () => 16_000 * random()],
  ['ssh', 'tcp', 53990, '192.0.2.80', 22, () => 700 * random(), () => 400 * random()],
  [
    'curl',
    'tcp',
    55001,
    '2001:db8:5::5',
    443,
    t => (t > 20 && t < 27 ? 900_000 : 0),
    t => (t > 20 && t < 27 ? 9_000 : 0),
  ],
  ['音楽プレーヤー', 'tcp', 52222, '198.51.100.99', 8000, () => 24_000, () => 900],
  [
    'chronyd',
    'udp',
    41230,
    '192.0.2.123',
    123,
    t => (t % 16 < TICK ? 380 : 0),
    t => (t % 16 < TICK ? 380 : 0),
  ],
]

const names = [
  ['www.example.org', 28, ['2001:db8:5::5']],
  ['cdn.example.net', 1, ['198.51.100.10']],
  ['video.example.net', 1, ['203.0.113.20']],
  ['backup.example.com', 1, ['192.0.2.50']],
  ['no-such-host.example', 1, [], 3],
  ['music.example.jp', 1, ['198.51.100.99']],
]

const packets = []
function add(at, options) {
  packets.push({ at: START + at, ...packet(options) })
}

for (let tick = 0; tick < SECONDS / TICK; tick++) {
  const t = tick * TICK
  for (const [, proto, port, remote, remotePort, rx, tx] of flows) {
    const local = remote.includes(':') ? LOCAL6 : LOCAL
    const inward = { proto, from: remote, to: local, fromPort: remotePort, toPort: port }
    const outward = { proto, from: local, to: remote, fromPort: port, toPort: remotePort }
    for (const [ends, bytes] of [
      [outward, tx(t) * TICK],
      [inward, rx(t) * TICK],
    ])
      for (let rest = Math.round(bytes); rest > 0; rest -= 65_000)
        add(t + random() * 0.4, { ...ends, payload: rest })
  }
  // Somebody looks for an open port, and somebody sends an echo request: nobody's traffic.
  if (tick % 15 === 3)
    add(t, {
      proto: 'tcp',
      from: '203.0.113.200',
      to: LOCAL,
      fromPort: 61000,
      toPort: 2000 + tick,
      payload: 0,
    })
  if (tick % 5 === 0) add(t, { proto: 'icmp', from: '192.0.2.1', to: LOCAL, payload: 56 })
  if (tick % 22 !== 7) continue
  const at = Math.floor(tick / 22)
  const [name, type, addresses, rcode] = names[at % names.length]
  const question = dnsMessage(at, name, type)
  const answers = addresses.map(text => (text.includes(':') ? words(text) : quad(text)))
  const answer = dnsMessage(at, name, type, answers, rcode)
  const ends = { proto: 'udp', fromPort: 40000, toPort: 53, from: LOCAL, to: '192.0.2.1' }
  add(t, { ...ends, payload: question.length, content: question })
  // One question is never answered.
  if (at % 7 === 5) continue
  const back = { proto: 'udp', fromPort: 53, toPort: 40000, from: '192.0.2.1', to: LOCAL }
  add(t + 0.004 + random() * 0.03, { ...back, payload: answer.length, content: answer })
}

packets.sort((a, b) => a.at - b.at)

/** A pcapng block: type, length, body padded to 32 bits, length again. */
function block(type, body) {
  const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)])
  const out = Buffer.alloc(12 + padded.length)
  out.writeUInt32LE(type, 0)
  out.writeUInt32LE(out.length, 4)
  padded.copy(out, 8)
  out.writeUInt32LE(out.length, out.length - 4)
  return out
}

const section = Buffer.alloc(16)
section.writeUInt32LE(0x1a2b3c4d, 0)
section.writeUInt16LE(1, 4)
section.writeBigInt64LE(-1n, 8)
const interfaceName = Buffer.from('enp3s0')
const description = Buffer.alloc(8 + 4 + 8 + 4)
description.writeUInt16LE(1, 0)
description.writeUInt32LE(128, 4)
description.writeUInt16LE(2, 8)
description.writeUInt16LE(interfaceName.length, 10)
interfaceName.copy(description, 12)

const blocks = packets.map(({ at, bytes, length }) => {
  const head = Buffer.alloc(20)
  const us = BigInt(Math.round(at * 1e6))
  head.writeUInt32LE(Number(us >> 32n), 4)
  head.writeUInt32LE(Number(us & 0xffffffffn), 8)
  head.writeUInt32LE(bytes.length, 12)
  head.writeUInt32LE(length, 16)
  return block(6, Buffer.concat([head, bytes]))
})
writeFileSync(
  'test/golden/demo.pcapng',
  Buffer.concat([block(0x0a0d0d0a, section), block(1, description), ...blocks]),
)

const sockets = [...flows, ['systemd-resolve', 'udp', 40000, '192.0.2.1', 53]].map(
  ([process, proto, local_port, remote, remote_port], i) => ({
    type: 'socket',
    ts: START,
    proto,
    local_ip: remote.includes(':') ? LOCAL6 : LOCAL,
    local_port,
    remote_ip: remote,
    remote_port,
    state: proto === 'tcp' ? 'established' : 'connected',
    ...people[process],
    process,
    start_time: START - 1000,
    fd: 10 + i,
    inode: String(88000 + i),
    event: 'present',
    ...(proto === 'tcp' ? { rtt_us: 800 + 1700 * i, retransmits: i % 4 } : {}),
  }),
)
writeFileSync(
  'test/golden/demo.sockets.ndjson',
  sockets.map(record => `${JSON.stringify(record)}\n`).join(''),
)
