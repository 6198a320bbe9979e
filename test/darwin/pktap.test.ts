// Packets whose process the kernel names (pktap), on the simulated macOS; and the simulator itself: what it must report.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { records, root } from '../support/command.ts'
import { packet, type PacketOptions } from '../support/packet.ts'
import { Simulator, noSimulator } from './simulator.ts'

const skip = noSimulator()
const simulator = skip === false ? new Simulator() : (undefined as unknown as Simulator)
t.teardown(() => simulator?.close())

const host = `
interface lo0 index=1 type=24 flags=0x8049 mtu=16384
address lo0 127.0.0.1
interface en0 index=4
address en0 10.0.0.1
interface utun3 index=9 type=1 flags=0x8051
interface bridge0 index=12 type=209
interface vlan0 index=13 type=135
process 41 comm=curl uid=501 start=1700000000.250000 args="curl|http://10.0.0.2/"
process 77 comm=nsurlsessiond uid=0 start=1600000000
`
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const line = (iface: string, options: PacketOptions, more = '') =>
  `packet ${iface} ${iface === 'en0' || iface === 'bridge0' ? '' : '02000000'}${hex(
    packet({ ...options, link: iface === 'en0' || iface === 'bridge0' }),
  )} dir=out ${more}`
const ofType = (out: string, type: string) => records(out).filter(record => record.type === type)
const asRoot = { uid: 0 }

t.test('the kernel names the process of each packet', { skip }, async t => {
  const scenario = `${host}
start
wait filtered pktap0
${line('en0', { protocol: 'tcp', sourcePort: 1 }, 'pid=41 comm=curl')}
${line('en0', { protocol: 'tcp', sourcePort: 2 }, 'pid=77 comm=nsurlsessiond epid=41 ecomm=curl')}
${line('en0', { protocol: 'tcp', sourcePort: 3 }, 'pid=999 comm=short-lived')}
${line('en0', { protocol: 'tcp', sourcePort: 4 }, 'pid=-1')}
${line('utun3', { protocol: 'udp', sourcePort: 5 }, 'pid=41 comm=curl')}
${line('bridge0', { protocol: 'udp', sourcePort: 6 }, 'pid=41 comm=curl')}
${line('lo0', { protocol: 'udp', sourcePort: 7 }, 'pid=41 comm=curl')}
`
  const { code, out, err, misuse } = await simulator.run(scenario, 'netoproc-capture -c 6', asRoot)
  t.same([code, err, misuse], [0, '', ''])
  t.match(ofType(out, 'hello')[0], { method: 'pktap', degraded: [] })
  t.same(
    ofType(out, 'packet').map(({ iface, src_port, pid, process, start_time, user, attribution }) => [
      iface,
      src_port,
      pid,
      process,
      start_time,
      typeof user,
      attribution,
    ]),
    [
      ['en0', 1, 41, 'curl', 1700000000.25, 'string', 'kernel'],
      ['en0', 2, 41, 'curl', 1700000000.25, 'string', 'kernel'],
      ['en0', 3, 999, 'short-lived', null, 'object', 'kernel'],
      ['en0', 4, undefined, undefined, undefined, 'undefined', undefined],
      ['utun3', 5, 41, 'curl', 1700000000.25, 'string', 'kernel'],
      ['lo0', 7, 41, 'curl', 1700000000.25, 'string', 'kernel'],
    ],
    'what is behind a bridge is counted below it',
  )
})

t.test('chosen interfaces, and an expression', { skip }, async t => {
  const events = `${host}
start
wait filtered pktap0
${line('utun3', { protocol: 'udp', destinationPort: 53 })}
${line('en0', { protocol: 'udp', destinationPort: 53 })}
${line('en0', { protocol: 'udp', destinationPort: 9999 })}
`
  const chosen = await simulator.run(events, 'netoproc-capture -i en0 -c 2', asRoot)
  t.same([chosen.code, chosen.err, chosen.misuse], [0, '', ''])
  t.same(
    ofType(chosen.out, 'packet').map(({ iface, dst_port }) => [iface, dst_port]),
    [
      ['en0', 53],
      ['en0', 9999],
    ],
  )
  const filtered = await simulator.run(events, 'netoproc-capture -c 1 udp port 9999', asRoot)
  if (!/needs libpcap/.test(filtered.err)) {
    t.same([filtered.code, filtered.misuse], [0, ''])
    t.same(
      ofType(filtered.out, 'packet').map(({ dst_port }) => dst_port),
      [9999],
    )
  }
  const gone = await simulator.run(
    `${host}\nstart\nwait filtered pktap0\nvanish en0`,
    'netoproc-capture -i en0',
    asRoot,
  )
  t.match([gone.code, gone.err, gone.misuse], [2, /^\S+: interface "en0" is gone\n$/, ''])
})

t.test('where pktap cannot be had', { skip }, async t => {
  const events = (name: string) => `start\nwait filtered ${name}\n${line('en0', { protocol: 'udp' })}`
  const asUser = await simulator.run(host, 'netoproc --capture-mode pktap --duration 1 --format json')
  t.equal(asUser.code, 1)
  t.match(asUser.err, /^netoproc: .*sudo/)
  t.equal(asUser.misuse, '')
  // What fails once the interface is there takes it away again: misuse would tell of it.
  for (const call of [
    'ioctl:SIOCIFCREATE ENOMEM',
    'ioctl:SIOCSDRVSPEC EINVAL',
    'ioctl:BIOCSWANTPKTAP EINVAL',
  ]) {
    const { code, out, err, misuse } = await simulator.run(
      `${host}error ${call}\n${events('en0')}`,
      'netoproc-capture -c 1',
      asRoot,
    )
    t.same([code, err, misuse], [0, '', ''], call)
    const [hello] = ofType(out, 'hello')
    t.match(hello, { method: 'bpf', degraded: [/owners .* among the sockets: .*(ENOMEM|EINVAL)/] })
  }
  const failing = await simulator.run(
    `${host}error read EIO\n${events('pktap0')}`,
    'netoproc-capture',
    asRoot,
  )
  t.match([failing.code, failing.err, failing.misuse], [2, /EIO/, ''])
})

t.test('the interface is taken away whatever ends the program', { skip }, async t => {
  const packets = Array.from({ length: 50 }, () => line('en0', { protocol: 'udp' })).join('\n')
  const events = `${host}start\nwait filtered pktap0\n${packets}\n`
  const piped = await simulator.run(events, 'netoproc-capture | head -n 1', asRoot)
  t.same([piped.code, piped.err, piped.misuse], [0, '', ''], 'the reader goes away')
  const interrupted = await simulator.run(
    `${events}wait read pktap0\ninterrupt\n`,
    'netoproc-capture',
    asRoot,
  )
  t.same([interrupted.code, interrupted.err, interrupted.misuse], [0, '', ''], 'SIGINT')
  t.equal(ofType(interrupted.out, 'packet').length, 50)
  const broken = await simulator.run(events, 'netoproc-capture > /dev/full', asRoot)
  t.match([broken.code, broken.misuse], [4, ''], 'the output fails')
})

t.test('netoproc shows the processes of pktap', { skip }, async t => {
  const scenario = `${host}
start
wait filtered pktap0
${Array.from({ length: 10 }, (_, i) => line('en0', { protocol: 'tcp', payload: 100 + i }, 'pid=41 comm=curl')).join('\n')}
`
  const { code, out, misuse } = await simulator.run(
    scenario,
    'netoproc --capture-mode pktap --duration 2 --format json',
    asRoot,
  )
  t.same([code, misuse], [0, ''])
  t.match(JSON.parse(out), [
    { pid: 41, process: 'curl', tx_packets: 10, tx_bytes: 10 * 140 + 45, rx_bytes: 0 },
  ])
})

t.test('of a local packet the kernel names the sender, and sockets the receiver', { skip }, async t => {
  const scenario = `${host}
process 50 comm=httpd uid=70 start=1600000001
socket A tcp 127.0.0.1/80 127.0.0.1/5000 pid=50 fd=3
socket B tcp 127.0.0.1/5000 127.0.0.1/80 pid=41 fd=4
start
wait filtered pktap0
packet lo0 ${'02000000'}${'450000280000000040060000' + '7f0000017f000001'}${'13880050' + '00000000000000005018ffff00000000'} dir=out pid=41 comm=curl
packet lo0 ${'02000000'}${'450000280000000040060000' + '7f0000017f000001'}${'00501388' + '00000000000000005018ffff00000000'} dir=out pid=50 comm=httpd
packet lo0 ${'02000000'}${'450000280000000040060000' + '7f0000017f000001'}${'17700050' + '00000000000000005018ffff00000000'} dir=out pid=999 comm=short-lived
wait read pktap0
`
  const { code, out, misuse } = await simulator.run(
    scenario,
    'netoproc-capture -c 3 | netoproc-attribute',
    asRoot,
  )
  t.same([code, misuse], [0, ''])
  t.same(
    ofType(out, 'packet').map(({ process, attribution, peer_process }) => [
      process,
      attribution,
      peer_process,
    ]),
    [
      ['curl', 'kernel', 'httpd'],
      ['httpd', 'kernel', 'curl'],
      ['short-lived', 'kernel', undefined],
    ],
  )
  t.same(
    ofType(out, 'socket')
      .map(({ cmdline }) => cmdline)
      .sort(),
    ['curl http://10.0.0.2/', null],
  )
})

t.test('misuse is reported', { skip }, async t => {
  const folder = t.testdir()
  const program = join(root, 'test/darwin/misuse.mjs')
  const scenario = join(folder, 'scenario')
  const report = join(folder, 'report')
  writeFileSync(scenario, 'interface en0\naddress en0 10.0.0.1\n')
  const { status, stderr } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    env: {
      ...process.env,
      NETOPROC_SIMULATOR: simulator.library,
      NETOPROC_SIMULATOR_UID: '0',
      NETOPROC_SIMULATOR_SCENARIO: scenario,
      NETOPROC_SIMULATOR_REPORT: report,
    },
  })
  t.same([status, stderr], [0, ''])
  const lines = existsSync(report) ? readFileSync(report, 'utf8') : ''
  for (const expected of [
    /open\(\/dev\/bpf0\) without O_CLOEXEC/,
    /has another size or direction than BIOCSETFNR/,
    /ioctl 0x20004268 of \/dev\/bpf0/,
    /sign-extended/,
    /read of 100 bytes .* whose buffer has 4096/,
    /before it has a filter/,
    /blocking read/,
    /no return at the end/,
    /descriptor \d+ \(bpf device\) was never closed/,
    /interface pktap0 was left behind/,
    /1 lists of getifaddrs were never freed/,
    /1 CoreFoundation objects were never released/,
  ])
    t.match(lines, expected)
})
