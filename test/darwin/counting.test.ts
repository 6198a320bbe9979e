// netoproc, and the chain of its parts, on the simulated macOS: who counts, what is missing without which right, and whose the
// packets are.

import t, { type Test } from 'tap'
import * as validators from '../../src/record/generated/validate.ts'
import { records } from '../support/command.ts'
import { ordinary } from '../support/dns-messages.ts'
import { packet, type PacketOptions } from '../support/packet.ts'
import { Simulator, noSimulator } from './simulator.ts'

const skip = noSimulator()
const simulator = skip === false ? new Simulator() : (undefined as unknown as Simulator)
t.setTimeout(600_000)
t.teardown(() => simulator?.close())

type Json = Record<string, unknown>

const host = `
interface lo0 index=1 type=24 flags=0x8049 mtu=16384
address lo0 127.0.0.1
interface en0 index=4
address en0 10.0.0.1
interface en1 index=5
address en1 10.1.0.1
process 100 comm=curl uid=501 path=/usr/bin/curl args="curl|http://server/" start=1700000001.250000
process 200 comm=named uid=0 path=/usr/sbin/named start=1700000002.000000
socket web tcp 10.0.0.1/40000 10.0.0.2/40001 pid=100 fd=5 if=4
socket dns udp 10.0.0.1/50053 10.0.0.2/53 pid=200 fd=6 if=4
socket far tcp 10.1.0.1/41000 203.0.113.9/443 pid=200 fd=7 if=5
socket time udp 0.0.0.0/123 last=0
`
/** What processes move is told when it has been counted from where we began. */
const traffic = `
wait updates 2
moved web rx=5000/5 tx=500/2
moved far rx=70/1
`
const noCapture = 'error open EACCES\n'
const noStatistics = 'error connect EPERM\n'
const noLists = 'error sysctl:net.inet.udp.pcblist_n EPERM\n'

/** @param more dir=out: from 10.0.0.1, us; else to us */
function line(options: PacketOptions, more = '', payload?: Buffer): string {
  const bytes = packet({ ...options, payload: payload?.length ?? options.payload ?? 0 })
  if (payload !== undefined) bytes.set(payload, bytes.length - payload.length)
  if (!more.includes('dir=out')) bytes.set([10, 0, 0, 2, 10, 0, 0, 1], 26)
  return `packet en0 ${Buffer.from(bytes).toString('hex')} ${more}\n`
}

function checkRecords(t: Test, out: string): Json[] {
  const all = records(out)
  for (const record of all) {
    const name = String(record['type']).replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    const validate = (validators as unknown as Record<string, (record: unknown) => boolean>)[`${name}Record`]
    if (validate === undefined || !validate(record)) t.fail(`not valid: ${JSON.stringify(record)}`)
  }
  return all
}

const ofType = (all: Json[], type: string) => all.filter(record => record['type'] === type)

/** "process rx_bytes tx_bytes" of each row of --format json. */
function rows(out: string): string[] {
  return (JSON.parse(out) as Json[]).map(row => `${row['process']} ${row['rx_bytes']} ${row['tx_bytes']}`)
}

t.test(
  'the kernel counts for any user; without capture DNS is missing, and it says so',
  { skip },
  async t => {
    const { code, out, err, misuse } = await simulator.run(
      `${noCapture}${host}start\n${traffic}`,
      'netoproc --duration 1 --format json',
    )
    t.equal(misuse, '')
    t.equal(code, 0)
    t.same(rows(out), ['curl 5000 500', 'named 70 0'])
    t.match(err, /^netoproc: DNS and names of servers are not seen: .*sudo sh .*macos-install-bpf.sh\n$/)
  },
)

t.test(
  'the kernel counts, a capture beside it reads DNS, and payload is said to be payload',
  { skip },
  async t => {
    const [question, answer] = ordinary as [Buffer, Buffer]
    const dns =
      line({ protocol: 'udp', sourcePort: 50053, destinationPort: 53 }, 'dir=out', question) +
      line({ protocol: 'udp', sourcePort: 53, destinationPort: 50053 }, '', answer)
    const { code, out, err, misuse } = await simulator.run(
      `${host}start\nwait filtered en0\n${traffic}${dns}${line({ protocol: 'tcp', payload: 1000 })}wait updates 6\nwait read en0\ninterrupt`,
      'netoproc --format ndjson --interval 0.2',
    )
    t.same([code, err, misuse], [0, '', ''])
    const all = checkRecords(t, out)
    t.match(all[0], { type: 'hello', method: 'ntstat', degraded: [], os: 'darwin' })
    const intervals = ofType(all, 'interval')
    t.ok(
      intervals.length > 0 &&
        intervals.every(({ layer, method }) => layer === 'payload' && method === 'ntstat'),
    )
    const sum = (name: string) => intervals.reduce((total, each) => total + (each[name] as number), 0)
    t.same([sum('bytes'), sum('attributed_bytes'), sum('unknown_bytes')], [5570, 5570, 0], 'no packet counts')
    t.ok(ofType(all, 'process').every(({ layer }) => layer === 'payload'))
    t.match(
      ofType(all, 'connection').find(({ process }) => process === 'curl'),
      { local_port: 40000, remote_port: 40001, iface: 'en0', attribution: 'kernel', rx_bytes: 5000 },
    )
    t.match(ofType(all, 'dns_query'), [
      { query_name: 'www.example.com', pid: 200, process: 'named', resolver: '10.0.0.2', rcode: 'NOERROR' },
    ])
    t.match(ofType(all, 'stats').at(-1), { final: true, reason: 'signal' })
  },
)

t.test('-i counts flows of that interface alone', { skip }, async t => {
  const run = (name: string) =>
    simulator.run(
      `${noCapture}${host}start\n${traffic}`,
      `netoproc --duration 1 --format json -i ${name} --capture-mode ntstat`,
    )
  const { out, misuse } = await run('en1')
  t.equal(misuse, '')
  t.same(rows(out), ['named 70 0'])
  const none = await run('en7')
  t.equal(none.code, 2)
  t.match(none.err, /^netoproc: no interface en7; there are: lo0 en0 en1\n$/)
})

t.test('without ntstat packets count; owners come from lists', { skip }, async t => {
  const packets = `start
wait filtered DEVICE
${line({ protocol: 'tcp', payload: 100 }, 'dir=out pid=100 comm=curl')}`
  for (const [uid, device] of [
    [501, 'en0'],
    [0, 'pktap0'],
  ] as const) {
    const { code, out, err, misuse } = await simulator.run(
      `${noStatistics}${host}${packets.replace('DEVICE', device)}`,
      'netoproc --duration 1 --format json',
      { uid },
    )
    t.same([code, misuse], [0, ''])
    t.match(
      err,
      /netoproc: packets are counted, as the kernel's counters cannot be had: network statistics.*EPERM/,
    )
    t.same(rows(out), ['curl 0 140'], device)
  }
})

t.test(
  'packets of a connection that is over when they are read: ntstat has named its owner',
  { skip },
  async t => {
    const { code, out, err, misuse } = await simulator.run(
      `${host}start
wait filtered en0
process 400 comm=wget uid=502
socket short tcp 10.0.0.1/40500 10.0.0.2/80 pid=400 fd=3 if=4
${line({ protocol: 'tcp', sourcePort: 40500, destinationPort: 80, payload: 10 }, 'dir=out')}
${line({ protocol: 'tcp', payload: 100 }, 'dir=out')}
close short
exit 400
`,
      'netoproc --duration 1 --format json --capture-mode bpf',
    )
    t.same([code, misuse], [0, ''])
    t.same(rows(out), ['curl 0 140', 'wget 0 50'])
    t.notMatch(err, /ntstat/)
  },
)

t.test(
  'without ntstat and capture the counters of sockets count; without these nothing does',
  { skip },
  async t => {
    const lists = await simulator.run(
      `${noStatistics}${noCapture}${host}start\nwait lists 5\nmoved web rx=5000/5 tx=500/2\n`,
      'netoproc --duration 2 --format json',
    )
    t.same([lists.code, lists.misuse], [0, ''])
    t.same(rows(lists.out), ['curl 5000 500'])
    t.match(
      lists.err,
      /^netoproc: sockets that close within an interval are missed: network statistics.*EPERM$/m,
    )
    t.match(lists.err, /^netoproc: packets cannot be counted: .*macos-install-bpf.sh$/m)
    const nothing = await simulator.run(
      `${noStatistics}${noCapture}${noLists}${host}`,
      'netoproc --duration 1',
    )
    t.same([nothing.code, nothing.out, nothing.misuse], [1, '', ''])
    t.match(nothing.err, /^netoproc: capturing packets needs access to \/dev\/bpf\*.*\n$/)
  },
)

t.test('a mode that was asked for works, or says why not', { skip }, async t => {
  const run = async (scenario: string, mode: string) => {
    const { code, err, misuse } = await simulator.run(
      `${scenario}${host}`,
      `netoproc --duration 1 --capture-mode ${mode}`,
    )
    t.equal(misuse, '')
    return { code, err }
  }
  t.match(await run(noStatistics, 'ntstat'), {
    code: 2,
    err: /^netoproc: network statistics \(ntstat\): .*EPERM\n$/,
  })
  t.match(await run('ntstat grow=8\n', 'ntstat'), { code: 2, err: /describes flows in another way/ })
  t.match(await run(noCapture, 'bpf'), { code: 1, err: /macos-install-bpf.sh/ })
  t.match(await run('', 'pktap'), { code: 1, err: /sudo/ })
  t.match(await run('', 'afpacket'), { code: 3, err: /not available on darwin/ })
})

t.test('the chain: packets, their owners, and what each process moved', { skip }, async t => {
  const now = Math.floor(Date.now() / 1000)
  const packets = `start
wait filtered en0
${line({ protocol: 'tcp', payload: 100 }, `dir=out ts=${now}.000001`)}
${line({ protocol: 'udp', sourcePort: 123, destinationPort: 123, payload: 48 }, `dir=out ts=${now}.000002`)}
${line({ protocol: 'tcp', sourcePort: 40777, destinationPort: 80, payload: 4 }, `dir=out ts=${now}.000003`)}`
  const chain = 'netoproc-capture -i en0 -c 3 | netoproc-attribute --hold 0 | netoproc-aggregate --total'
  const { code, out, misuse } = await simulator.run(`${host}${packets}`, chain)
  t.same([code, misuse], [0, ''])
  const all = checkRecords(t, out)
  const moved = () =>
    ofType(all, 'process').map(
      each => `${each['process']} ${each['pid']} ${each['start_time']} ${each['tx_bytes']}`,
    )
  t.same(
    moved(),
    ['curl 100 1700000001.25 140', 'unknown   120'].map(text => text.replace('  ', ' null null')),
  )
  t.match(ofType(all, 'interval')[0], {
    method: 'bpf',
    layer: 'ip',
    bytes: 260,
    attributed_bytes: 140,
    unknown_by_reason: { kernel: 76, closed_before_scan: 44 },
  })
  // Of other users' processes nothing may be seen: what has no socket may be theirs.
  const blind = await simulator.run(`${noStatistics}${noLists}${host}${packets}`, chain)
  t.match(ofType(checkRecords(t, blind.out), 'interval')[0], {
    attributed_bytes: 140,
    unknown_by_reason: { permission: 120 },
  })
})
