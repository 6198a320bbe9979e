// netoproc-capture on the simulated macOS: devices that are busy, full, forbidden and gone, every link type, what the kernel
// is asked, and the packets of real captures as from a file.

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { PacketBuffer } from '../../src/capture/darwin/packet-buffer.ts'
import { BpfInterpreter } from '../../src/capture/filter/classic-bpf.ts'
import { compileLinkFilter, compilePktapFilter } from '../../src/capture/filter/link-filter.ts'
import { HEADER_SNAPLEN, WHOLE_PACKET } from '../../src/capture/filter/snap-filter.ts'
import { Frame } from '../../src/capture/port.ts'
import * as validators from '../../src/record/generated/validate.ts'
import { records, shell } from '../support/command.ts'
import { packet, type PacketOptions } from '../support/packet.ts'
import { Simulator, noSimulator } from './simulator.ts'

const skip = noSimulator()
const simulator = skip === false ? new Simulator() : (undefined as unknown as Simulator)
t.teardown(() => simulator?.close())

const corpus = resolve(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus/dev')

/** Three interfaces, of the three link types. */
const interfaces = `
interface lo0 index=1 type=24 flags=0x8049 mtu=16384
address lo0 127.0.0.1
address lo0 ::1
interface en0 index=4
address en0 10.0.0.1
address en0 fd00::1
address en0 fe80::7
interface utun3 index=9 type=1 flags=0x8051 mtu=1380
address utun3 10.9.0.2
interface utun4 index=10 type=1 flags=0x8051 mtu=1380 dlt=12
interface en5 index=11 flags=0x8822
interface bridge0 index=12 type=209
`

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const FAMILY = { 4: '02000000', 6: '1e000000' }

/** A packet line; the link header is that of the interface. */
function line(iface: string, options: PacketOptions, more = ''): string {
  const family = iface === 'en0' || iface === 'utun4' ? '' : FAMILY[options.version ?? 4]
  return `packet ${iface} ${family}${hex(packet({ ...options, link: iface === 'en0' }))} ${more}`
}

function ofType(out: string, ...types: string[]) {
  return records(out).filter(({ type }) => types.includes(type as string))
}

t.test('packets of three interfaces become records that validate', { skip }, async t => {
  const scenario = `${interfaces}
busy 0
busy 1
service A iface=en0 servers=192.0.2.53,2001:db8::53 domains=example.org,example.net
service B iface=utun3 servers=10.9.0.1 set-servers=10.9.0.53
service C servers=198.51.100.1
counters en0 ibytes=9876543210 obytes=5000000000 ipackets=8000000000 ierrors=3 oerrors=4 iqdrops=5 snd_drops=6
start
wait filtered en0
wait filtered lo0
wait filtered utun3
wait filtered utun4
${line('en0', { protocol: 'tcp', payload: 100 }, 'dir=out ts=1763910000.000001')}
${line('en0', { version: 6, protocol: 'udp', payload: 9 }, 'dir=out ts=1763910000.000002')}
${line('utun3', { protocol: 'udp', payload: 7 }, 'ts=1763910000.000003')}
${line('utun3', { version: 6, protocol: 'tcp' }, 'ts=1763910000.000004')}
${line('utun4', { version: 6, protocol: 'tcp', payload: 1 }, 'ts=1763910000.000005')}
${line('lo0', { protocol: 'udp', payload: 3 }, 'dir=out ts=1763910000.000006')}
`
  const { code, out, err, misuse } = await simulator.run(scenario, 'netoproc-capture -c 6')
  t.same([code, err, misuse], [0, '', ''])
  for (const record of records(out)) {
    const validate = (validators as unknown as Record<string, (record: unknown) => boolean>)[
      `${record.type}Record`
    ]
    t.ok(validate?.(record), JSON.stringify(record))
  }
  const [hello] = ofType(out, 'hello')
  t.match(hello, { method: 'bpf', os: 'darwin' })
  t.same(
    ((hello?.interfaces ?? []) as { name: string; addresses: string[] }[]).map(({ name, addresses }) => [
      name,
      ...addresses,
    ]),
    [
      ['lo0', '127.0.0.1', '::1'],
      ['en0', '10.0.0.1', 'fd00::1', 'fe80::7'],
      ['utun3', '10.9.0.2'],
      ['utun4'],
      ['en5'],
      ['bridge0'],
    ],
  )
  const found = ofType(out, 'packet').sort((a, b) => (a.ts as number) - (b.ts as number))
  t.same(
    found.map(({ ts, iface, dir, src_ip, proto, bytes, frame_bytes }) => [
      ts,
      iface,
      dir,
      src_ip,
      proto,
      bytes,
      frame_bytes,
    ]),
    [
      [1763910000.000001, 'en0', 'out', '10.0.0.1', 'tcp', 140, 154],
      [1763910000.000002, 'en0', 'out', 'fd00::1', 'udp', 57, 71],
      [1763910000.000003, 'utun3', 'out', '10.0.0.1', 'udp', 35, 39],
      [1763910000.000004, 'utun3', 'out', 'fd00::1', 'tcp', 60, 64],
      [1763910000.000005, 'utun4', 'out', 'fd00::1', 'tcp', 61, 61],
      [1763910000.000006, 'lo0', 'out', '10.0.0.1', 'udp', 31, 35],
    ],
  )
  const interfaceRecords = ofType(out, 'interface')
  const of = (name: string) => interfaceRecords.find(record => record.name === name)
  t.match(of('en0'), {
    kind: 'physical',
    dns_servers: ['192.0.2.53', '2001:db8::53'],
    search_domains: ['example.org', 'example.net'],
    rx_bytes_total: 9876543210,
    rx_packets_total: 8000000000,
    rx_errors: 3,
    tx_errors: 4,
    rx_dropped: 5,
    tx_dropped: 6,
  })
  t.same(
    [of('utun3')?.dns_servers, of('utun3')?.kind],
    [['10.9.0.53'], 'tunnel'],
    'what the user set goes first',
  )
  t.same([of('bridge0'), of('en5')], [undefined, undefined], 'shown by others, or down and unused')
  t.match(ofType(out, 'stats').at(-1), { received: 6, dropped: 0, final: true, reason: 'count' })
})

t.test('what finds both buffers full is counted as dropped', { skip }, async t => {
  const packets = Array.from({ length: 400 }, () => line('en0', { protocol: 'udp', payload: 60 })).join('\n')
  const scenario = `${interfaces}
start
wait filtered en0
flow off
${packets}
flow on
wait read en0
${line('en0', { protocol: 'tcp' })}
`
  const { code, out, err, misuse } = await simulator.run(
    scenario,
    'netoproc-capture -i en0 --buffer 4096 -d 1.5',
  )
  t.same([code, misuse], [0, ''])
  const { received, dropped } = ofType(out, 'stats').at(-1) as { received: number; dropped: number }
  t.equal(received, ofType(out, 'packet').length)
  t.equal(received + dropped, 401)
  t.ok(dropped > 0, `${dropped} dropped`)
  t.match(err, new RegExp(`^netoproc-capture: ${dropped} packets were dropped before being read, .*\n$`))
  t.equal(ofType(out, 'packet').at(-1)?.proto, 'tcp', 'afterwards packets come again')
})

t.test('devices that are busy, forbidden or not there', { skip }, async t => {
  const busy = await simulator.run(`${interfaces}\nerror open EBUSY`, 'netoproc-capture')
  t.match([busy.code, busy.err, busy.misuse], [2, /^netoproc-capture: .*in use by another program/, ''])
  for (const code of ['EACCES', 'EPERM']) {
    const refused = await simulator.run(`${interfaces}\nerror open ${code}`, 'netoproc-capture')
    t.equal(refused.code, 1)
    t.match(refused.err, /^netoproc-capture: .*\/dev\/bpf.*sudo, or .*: sudo sh \S+macos-install-bpf\.sh\n$/)
    t.equal(refused.err.split('\n').length, 2, 'one line')
    t.equal(refused.misuse, '')
    const script = /sudo sh (\S+)/.exec(refused.err)?.[1] as string
    t.ok(existsSync(script), script)
  }
  const last = await simulator.run(
    `${interfaces}\nbusy 0\nbusy 1\nbusy 2\nbusy 3\nstart\nwait filtered en0\n${line('en0', { protocol: 'udp' })}`,
    'netoproc-capture -i en0 -c 1',
  )
  t.same([last.code, last.misuse], [0, ''], 'the fifth device is taken')
  const cloning = await simulator.run(
    `${interfaces}\ncloning\nstart\nwait filtered en0\nwait filtered lo0\n${line('en0', { protocol: 'udp' })}`,
    'netoproc-capture -c 1',
  )
  t.same([cloning.code, cloning.err, cloning.misuse], [0, '', ''], '/dev/bpf')
  const none = await simulator.run(`${interfaces}\ndevices 0`, 'netoproc-capture')
  t.match([none.code, none.err], [2, /open\(\/dev\/bpf\): ENOENT/])
  const missing = await simulator.run(interfaces, 'netoproc-capture -i en7')
  t.match([missing.code, missing.err], [2, /no interface "en7"; there are: lo0, en0, utun3/])
  const broken = await simulator.run(`${interfaces}\nerror ioctl:BIOCSETFNR EINVAL`, 'netoproc-capture')
  t.match([broken.code, broken.err, broken.misuse], [2, /BIOCSETFNR: EINVAL/, ''])
  const down = await simulator.run(
    `${interfaces}\nstart\nwait calls 2 ioctl:BIOCSETIF\ninterface en5 flags=0x8863\nwait filtered en5\npacket en5 ${hex(packet({ protocol: 'udp' }))}`,
    'netoproc-capture -i en5 -c 1',
  )
  t.match(
    [down.code, down.err, down.misuse],
    [0, /interface "en5" is down/, ''],
    'one that is down is waited for',
  )
})

t.test('an interface that vanishes, and one that comes', { skip }, async t => {
  const one = `${interfaces}
start
wait filtered en0
${line('en0', { protocol: 'udp' })}
wait read en0
vanish en0
`
  const ended = await simulator.run(one, 'netoproc-capture -i en0')
  t.match([ended.code, ended.err, ended.misuse], [2, /^\S+: interface "en0" is gone\n$/, ''])
  t.equal(ofType(ended.out, 'packet').length, 1, 'what came before is there')
  t.match(ofType(ended.out, 'stats').at(-1), { received: 1, final: true, reason: 'error' })

  const others = await simulator.run(
    `${one}\nwait filtered utun3\nwait calls 1 getifaddrs\n${line('utun3', { protocol: 'tcp' })}`,
    'netoproc-capture -i en0 -i utun3 -c 2',
  )
  t.match([others.code, others.err, others.misuse], [0, /interface "en0" is gone; the others/, ''])
  t.same(
    ofType(others.out, 'packet').map(({ iface }) => iface),
    ['en0', 'utun3'],
  )

  const came = await simulator.run(
    `${one}\ninterface en9\nwait filtered en9\npacket en9 ${hex(packet({ protocol: 'tcp' }))}`,
    'netoproc-capture -c 2',
  )
  t.same([came.code, came.err, came.misuse], [0, '', ''])
  t.same(
    ofType(came.out, 'packet').map(({ iface }) => iface),
    ['en0', 'en9'],
  )
})

t.test(
  'packets are read though the kernel forgets that they wait, and nobody turns in circles',
  { skip },
  async t => {
    // Each packet is sent when the one before has been read. --stats asks BIOCGSTATS, which cancels the kernel's timer.
    const scenario = `${interfaces}
start
wait filtered en0
${Array.from({ length: 8 }, () => `${line('en0', { protocol: 'udp' })}\nwait read en0`).join('\n')}
`
    const { code, out, misuse } = await simulator.run(scenario, 'netoproc-capture -i en0 -c 8 --stats 0.1')
    t.same([code, misuse], [0, ''])
    t.equal(ofType(out, 'packet').length, 8)

    const {
      code: unpolled,
      out: read,
      err,
      misuse: wrong,
    } = await simulator.run(
      `${scenario.replace('start', 'unpollable\nstart')}`,
      'netoproc-capture -i en0 -c 8',
    )
    t.match([unpolled, err, wrong], [0, /does not tell when .*: it is read every 250 ms/, ''])
    t.equal(ofType(read, 'packet').length, 8, 'without kqueue, too')

    const idle = await simulator.run(`${interfaces}\nreads 60`, 'netoproc-capture -i en0 -d 3')
    t.same([idle.code, idle.err, idle.misuse], [0, '', ''], 'an idle device is read a few times a second')
  },
)

t.test('EXPRESSION is decided in the kernel, for each link type', { skip }, async t => {
  const wanted = (iface: string, destinationPort: number) => line(iface, { protocol: 'udp', destinationPort })
  const scenario = `${interfaces}
start
wait filtered en0
wait filtered utun3
wait filtered utun4
${['en0', 'utun3', 'utun4'].map(iface => `${wanted(iface, 53)}\n${wanted(iface, 9999)}`).join('\n')}
`
  const { code, out, err, misuse } = await simulator.run(scenario, 'netoproc-capture -c 3 udp port 9999')
  if (/needs libpcap/.test(err)) return void t.comment('not tested: needs libpcap')
  t.same([code, misuse], [0, ''])
  t.same(
    ofType(out, 'packet').map(({ iface, dst_port }) => [iface, dst_port]),
    [
      ['en0', 9999],
      ['utun3', 9999],
      ['utun4', 9999],
    ],
  )
  const wrong = await simulator.run(interfaces, 'netoproc-capture not an expression')
  t.equal(wrong.code, 3)
  const ether = await simulator.run(
    `${interfaces}\nstart\nwait filtered en0\n${line('en0', { protocol: 'udp' })}`,
    'netoproc-capture -c 1 ether src 02:00:00:00:00:01',
  )
  t.match([ether.code, ether.misuse], [0, ''])
  t.match(ether.err, /EXPRESSION has no meaning on "utun4"/)
})

t.test('interfaces are listed', { skip }, async t => {
  const { code, out, misuse } = await simulator.run(interfaces, 'netoproc-capture -D')
  t.same([code, misuse], [0, ''])
  t.same(out.trimEnd().split('\n'), [
    '1\tlo0\tup\tloopback\t127.0.0.1 ::1',
    '4\ten0\tup\tphysical\t10.0.0.1 fd00::1 fe80::7',
    '9\tutun3\tup\ttunnel\t10.9.0.2',
    '10\tutun4\tup\ttunnel\t',
    '11\ten5\tdown\tphysical\t',
    '12\tbridge0\tup\tbridge',
  ])
})

t.test('the piped chain names owners', { skip }, async t => {
  const scenario = `${interfaces}
process 41 comm=curl uid=501 start=1700000000.250000
socket A tcp 10.0.0.1/40000 10.0.0.2/40001 pid=41 fd=5
socket B udp fd00::1/40000 fd00::2/40001 pid=41 fd=6
start
wait filtered en0
wait filtered utun3
${line('en0', { protocol: 'tcp', payload: 100 }, 'dir=out')}
${line('utun3', { protocol: 'udp', version: 6, payload: 52 }, 'dir=out')}
`
  const { code, out, err, misuse } = await simulator.run(
    scenario,
    'netoproc-capture -c 2 | netoproc-attribute --strict | netoproc-aggregate --strict --total | tee >(cat >&2) | netoproc-render --strict --format tsv',
  )
  t.same([code, misuse], [0, ''])
  t.same(out.split('\n').slice(0, 2), [
    'pid\tprocess\trx_bytes\ttx_bytes\trx_packets\ttx_packets',
    '41\tcurl\t0\t240\t0\t2',
  ])
  t.match(ofType(err, 'connection'), [{ process: 'curl' }, { process: 'curl' }])
})

t.test('configd does not answer: resolv.conf of the only network', { skip }, async t => {
  const scenario = `interface en0 index=4\naddress en0 10.0.0.1\nerror SCDynamicStoreCreate ENOENT\nstart\nwait filtered en0\n${line('en0', { protocol: 'udp' })}`
  const { code, out, misuse } = await simulator.run(scenario, 'netoproc-capture -c 1')
  t.same([code, misuse], [0, ''])
  const text = existsSync('/etc/resolv.conf') ? readFileSync('/etc/resolv.conf', 'utf8') : ''
  const servers = [...text.matchAll(/^nameserver\s+([0-9.]+)\s*$/gm)].map(([, server]) => server)
  const listed = (ofType(out, 'interface')[0]?.dns_servers ?? []) as string[]
  t.same(
    servers.filter(server => !listed.includes(server as string)),
    [],
  )
})

// --- Real captures -----------------------------------------------------------------------------------------------------

interface Captured {
  readonly ts: string
  readonly wire: number
  readonly bytes: Buffer
}

/** Packets of classic pcap files in microseconds, as far as a bpf device could hand them over. */
function ethernetPackets(): Captured[] {
  const found: Captured[] = []
  for (const name of readdirSync(corpus).filter(name => name.endsWith('.pcap'))) {
    const file = readFileSync(join(corpus, name))
    if (file.length < 24 || file.readUInt32LE(0) !== 0xa1b2c3d4 || file.readUInt32LE(20) !== 1) continue
    for (let at = 24; at + 16 <= file.length;) {
      const length = file.readUInt32LE(at + 8)
      const [seconds, microseconds, wire] = [
        file.readUInt32LE(at),
        file.readUInt32LE(at + 4),
        file.readUInt32LE(at + 12),
      ]
      const bytes = file.subarray(at + 16, at + 16 + length)
      at += 16 + length
      if (
        bytes.length < length ||
        seconds >= 2 ** 31 ||
        microseconds > 999_999 ||
        length < 14 ||
        wire < length ||
        wire > 65535
      )
        continue
      found.push({ ts: `${seconds}.${String(microseconds).padStart(6, '0')}`, wire, bytes })
    }
  }
  return found
}

function pcapOf(packets: readonly Captured[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt32LE(0x00040002, 4)
  header.writeUInt32LE(262144, 16)
  header.writeUInt32LE(1, 20)
  const parts = packets.flatMap(({ ts, wire, bytes }) => {
    const [seconds, microseconds] = ts.split('.').map(Number) as [number, number]
    const record = Buffer.alloc(16)
    record.writeUInt32LE(seconds, 0)
    record.writeUInt32LE(microseconds, 4)
    record.writeUInt32LE(bytes.length, 8)
    record.writeUInt32LE(wire, 12)
    return [record, bytes]
  })
  return Buffer.concat([header, ...parts])
}

const noCorpus = skip !== false ? skip : existsSync(corpus) ? false : 'needs ../shared/corpus'

t.test('packets of real captures give the same records as from a file', { skip: noCorpus }, async t => {
  const packets = ethernetPackets()
  const file = join(t.testdir(), 'all.pcap')
  writeFileSync(file, pcapOf(packets))
  const addresses = ['10.0.0.1', '192.168.0.2', 'fe80::1']
  const events = packets.map(({ ts, wire, bytes }) => `packet en0 ${hex(bytes)} ts=${ts} wire=${wire}`)
  const scenario = (lines: readonly string[]) => `interface en0 index=4
${addresses.map(address => `address en0 ${address}`).join('\n')}
start
wait filtered en0
${lines.join('\n')}
`
  const local = addresses.map(address => `--local ${address}`).join(' ')
  const fromFile = await shell(`netoproc-capture -r ${file} ${local}`)
  t.equal(fromFile.code, 0)
  const strip = (out: string) =>
    ofType(out, 'packet', 'dns', 'server_name').map(({ iface: _iface, ...record }) => record)
  const expected = strip(fromFile.out)
  t.ok(packets.length > 500, `${packets.length} packets, ${expected.length} records`)
  const whole = await simulator.run(
    scenario(events),
    `netoproc-capture -s 262144 --buffer 65536 -c ${packets.length}`,
  )
  t.same([whole.code, whole.err, whole.misuse], [0, '', ''])
  t.same(strip(whole.out), expected)
  // It tells which way a packet goes, bpf does not.
  const dirs = ofType(fromFile.out, 'packet').map(({ dir }) => dir)
  const directed = events.map((event, at) => (dirs[at] === 'out' ? `${event} dir=out` : event))
  const root = await simulator.run(
    scenario(directed).replace('filtered en0', 'filtered pktap0'),
    `netoproc-capture -s 262144 --buffer 65536 -c ${packets.length}`,
    { uid: 0 },
  )
  t.same([root.code, root.err, root.misuse], [0, '', ''])
  t.same(strip(root.out), expected, 'by pktap')
})

// --- The pieces ----------------------------------------------------------------------------------------------------------

t.test('the filter keeps headers, and names whole, on every link type', async t => {
  const lengths = { snaplen: HEADER_SNAPLEN, dns: true, dnsOnly: false, serverNames: true }
  const layout = { size: 156, lengthOffset: 0, linkTypeOffset: 8 }
  const fronts = [
    { linkType: 1, link: true, prefix: '' },
    { linkType: 0, link: false, prefix: 'family' },
    { linkType: 12, link: false, prefix: '' },
  ]
  const cases: [PacketOptions, number][] = [
    [{ protocol: 'udp', payload: 600 }, HEADER_SNAPLEN],
    [{ protocol: 'udp', payload: 600, destinationPort: 53 }, WHOLE_PACKET],
    [{ protocol: 'udp', payload: 600, sourcePort: 5353, version: 6 }, WHOLE_PACKET],
    [{ protocol: 'tcp', payload: 600, destinationPort: 53, options: 8 }, WHOLE_PACKET],
    [
      {
        protocol: 'tcp',
        payload: 600,
        destinationPort: 443,
        beginning: [0x16, 3, 1, 1, 30, 1],
        tcpOptions: 12,
      },
      WHOLE_PACKET,
    ],
    [
      { protocol: 'tcp', payload: 600, destinationPort: 443, beginning: [0x17, 3, 3, 1, 30, 1] },
      HEADER_SNAPLEN,
    ],
    [{ protocol: 'tcp', payload: 600, destinationPort: 443, beginning: [1, 2, 3, 4, 5, 6] }, WHOLE_PACKET],
    [{ protocol: 'tcp', payload: 2000, destinationPort: 443, beginning: [1, 2, 3, 4, 5, 6] }, HEADER_SNAPLEN],
    [
      { protocol: 'tcp', payload: 600, destinationPort: 443, beginning: [1, 2, 3, 4, 5, 6], push: false },
      HEADER_SNAPLEN,
    ],
    [{ protocol: 'udp', payload: 600, destinationPort: 443, beginning: [0xc0, 0, 0, 0, 1] }, WHOLE_PACKET],
    [{ protocol: 'udp', payload: 600, destinationPort: 53, fragmentOffset: 100 }, HEADER_SNAPLEN],
  ]
  for (const { linkType, link, prefix } of fronts) {
    const program = new BpfInterpreter(compileLinkFilter(lengths, linkType))
    const pktap = new BpfInterpreter(compilePktapFilter(lengths, layout))
    const dnsOnly = new BpfInterpreter(
      compileLinkFilter({ ...lengths, dnsOnly: true, serverNames: false }, linkType),
    )
    for (const [options, kept] of cases) {
      const family = prefix === '' ? '' : FAMILY[options.version ?? 4]
      const bytes = Buffer.concat([Buffer.from(family, 'hex'), packet({ ...options, link })])
      const name = `link type ${linkType}, ${JSON.stringify(options)}`
      t.equal(program.run(bytes, 0, bytes.length, bytes.length), kept, name)
      const header = Buffer.alloc(156)
      header.writeUInt32LE(156, 0)
      header.writeUInt32LE(linkType, 8)
      const behind = Buffer.concat([header, bytes])
      t.equal(
        pktap.run(behind, 0, behind.length, behind.length),
        kept === WHOLE_PACKET ? kept : kept + 156,
        `pktap, ${name}`,
      )
      const isDns = [options.sourcePort, options.destinationPort].some(port => port === 53 || port === 5353)
      const isRead = isDns && options.fragmentOffset === undefined
      t.equal(
        dnsOnly.run(bytes, 0, bytes.length, bytes.length),
        isRead ? WHOLE_PACKET : 0,
        `DNS alone, ${name}`,
      )
      const lost = Array.from({ length: 80 }, (_, cut) => program.run(bytes, 0, cut, cut)).indexOf(0)
      t.equal(lost, -1, `${name}: cut anywhere it is kept all the same`)
    }
  }
  const short = Buffer.alloc(200, 0xff)
  t.equal(
    new BpfInterpreter(compilePktapFilter(lengths, layout)).run(short, 0, 200, 200),
    WHOLE_PACKET,
    'another header',
  )
  t.equal(
    new BpfInterpreter(compileLinkFilter(lengths, 127)).run(short, 0, 200, 200),
    HEADER_SNAPLEN,
    'another link type',
  )
})

t.test('a damaged buffer is never read beyond its end', async t => {
  const buffer = new PacketBuffer(4096)
  const frame = new Frame()
  let whole = 0
  let seed = 1
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32
  for (let round = 0; round < 20_000; round++) {
    const end = Math.floor(random() * 200)
    for (let i = 0; i < end; i++) buffer.bytes[i] = random() < 0.7 ? 0 : Math.floor(random() * 256)
    if (random() < 0.5) buffer.bytes[16] = 18
    for (let at = 0; at < end;) {
      const next = buffer.packetAt(at, end, frame)
      if (next === undefined) break
      whole++
      if (next <= at || frame.offset < at + 18 || frame.offset + frame.capturedLength > end)
        return t.fail(`at ${at} of ${end}: ${frame.offset} + ${frame.capturedLength}`)
      at = next
    }
  }
  t.ok(whole > 100, `${whole} packets`)
})
