// netoproc-sockets on the simulated libSystem: lists, descriptors, who is named by what, counters by ntstat and by pcblist_n; and
// what they are read with, against hostile bytes.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { HelloRecord, SocketRecord } from '../../src/record/generated/types.ts'
import { helloRecord, socketRecord } from '../../src/record/generated/validate.ts'
import { kinfo_proc } from '../../src/native/darwin/generated/process.ts'
import { IPPROTO_TCP, IPPROTO_UDP, InetSocket } from '../../src/native/darwin/inet-socket.ts'
import { parseSocket } from '../../src/native/darwin/libproc.ts'
import { parseMessages, type NtstatSink } from '../../src/native/darwin/ntstat-message.ts'
import { parsePcblist } from '../../src/native/darwin/pcblist.ts'
import { parseArguments } from '../../src/native/darwin/process-info.ts'
import { processName } from '../../src/attribute/darwin/process-table.ts'
import { records } from '../support/command.ts'
import { seededRandom } from '../support/random.ts'
import { Simulator, noSimulator } from './simulator.ts'

const skip = noSimulator()
const simulator = skip === false ? new Simulator() : undefined
t.setTimeout(600_000)
t.teardown(() => simulator?.close())

const interfaces = `
interface lo0 index=1 type=24 flags=0x8049 mtu=16384
address lo0 127.0.0.1
interface en0 index=4
address en0 192.0.2.7
`
/** Processes of root, of us (501) and of another user. */
const host = `${interfaces}
process 1 comm=launchd uid=0 path=/sbin/launchd args=/sbin/launchd start=1700000000.000000
process 100 comm=curl uid=501 path=/usr/bin/curl args="curl|https://example.com/" env="TOKEN=secret" start=1700000001.250000
process 101 comm="Google Chrome He" uid=501 path="/Applications/Google Chrome.app/Google Chrome Helper (Renderer)" args="Chrome|--type=renderer"
process 200 comm=sshd uid=0 path=/usr/sbin/sshd args=/usr/sbin/sshd
process 201 comm=nsurlsessiond uid=502 path=/usr/libexec/nsurlsessiond
socket web tcp 192.0.2.7/50000 198.51.100.9/443 pid=100 fd=5 if=4
socket mdns udp 0.0.0.0/5353 pid=101 fd=7
socket ssh tcp ::/22 pid=200 fd=4 vflag=3
socket six tcp ::/8080 pid=200 fd=8 vflag=2
socket login tcp 192.0.2.7/22 203.0.113.5/60000 pid=200 fd=6 if=4
socket agent tcp 192.0.2.7/50002 203.0.113.7/443 pid=201 fd=3 epid=100 if=4
socket quic udp 192.0.2.7/51000 203.0.113.9/443 last=101 flow=quic if=4
socket time udp 0.0.0.0/123 last=0
socket ping raw 0.0.0.0/1 pid=200 fd=9
socket near tcp fe80:4::1/4000 fe80:4::2/80 pid=100 fd=6 state=close-wait
socket over tcp 192.0.2.7/50009 203.0.113.9/80 state=time-wait last=100
socket idle udp 0.0.0.0/0 pid=100 fd=12
`

interface Dump {
  readonly hello: HelloRecord
  readonly sockets: SocketRecord[]
  readonly err: string
  readonly code: number | null
}

async function dump(t: Test, scenario: string, command = 'netoproc-sockets', uid = 501): Promise<Dump> {
  const { out, err, code, misuse } = await (simulator as Simulator).run(scenario, command, { uid })
  t.equal(misuse, '', 'nothing that a program must not do')
  const [hello, ...sockets] = records(out) as unknown as [HelloRecord, ...SocketRecord[]]
  if (hello !== undefined) t.ok(helloRecord(hello), 'hello is valid')
  for (const record of sockets) if (!socketRecord(record)) t.fail(`not valid: ${JSON.stringify(record)}`)
  return { hello, sockets, err, code }
}

/** "proto local remote state pid process fd named_by reason". */
function text(record: SocketRecord): string {
  const { proto, local_ip, local_port, remote_ip, remote_port, state, pid, process, fd, named_by, reason } =
    record
  const remote = remote_ip === undefined ? '-' : `${remote_ip}/${remote_port}`
  return [
    proto,
    `${local_ip}/${local_port}`,
    remote,
    state,
    pid,
    process,
    fd ?? '-',
    named_by ?? reason,
  ].join(' ')
}

t.test('a user sees own sockets by descriptors, others by who used them last', { skip }, async t => {
  const { hello, sockets, err, code } = await dump(t, host)
  t.equal(code, 0)
  t.equal(hello.method, 'pcblist_n')
  t.match(hello.degraded, [/so_last_pid.*sudo/])
  t.match(err, /^netoproc-sockets: of other users' sockets/)
  t.same(
    hello.interfaces?.map(({ name, addresses }) => `${name} ${addresses.join()}`),
    ['lo0 127.0.0.1', 'en0 192.0.2.7'],
  )
  t.same(sockets.map(text).sort(), [
    'raw 0.0.0.0/1 - unconnected 200 sshd - last_user',
    'tcp 192.0.2.7/22 203.0.113.5/60000 established 200 sshd - last_user',
    'tcp 192.0.2.7/50000 198.51.100.9/443 established 100 curl 5 descriptor',
    'tcp 192.0.2.7/50002 203.0.113.7/443 established 100 curl - effective',
    'tcp ::/22 - listen 200 sshd - last_user',
    'tcp ::/8080 - listen 200 sshd - last_user',
    'tcp fe80::1/4000 fe80::2/80 close-wait 100 curl 6 descriptor',
    'udp 0.0.0.0/123 - unconnected  unknown - kernel',
    'udp 0.0.0.0/5353 - unconnected 101 Google Chrome Helper (Renderer) 7 descriptor',
    'udp 192.0.2.7/51000 203.0.113.9/443 established 101 Google Chrome Helper (Renderer) - last_user',
  ])
  const [web] = sockets
  t.match(web, { start_time: 1700000001.25, user: 'ann', uid: 501, cmdline: 'curl https://example.com/' })
  t.same(
    sockets.filter(({ v6only }) => v6only).map(({ local_port }) => local_port),
    [8080],
    'a dual-stack listener is not v6only',
  )
  t.notMatch(JSON.stringify(sockets), /secret|TOKEN/, 'no environment')
  t.equal(
    sockets.find(({ pid }) => pid === 200)?.cmdline,
    null,
    "another user's command line may not be read",
  )
})

t.test('root sees who holds what; the kernel says which holder, and for whom it works', { skip }, async t => {
  const shared = `${host}
process 102 comm=worker uid=501 start=1700000005.000000
hold login pid=102 fd=6
use login 102
`
  const { hello, sockets, err } = await dump(t, shared, 'netoproc-sockets', 0)
  t.same(hello.degraded, [])
  t.equal(err, '')
  const of = (port: number) =>
    sockets
      .filter(({ local_port }) => local_port === port)
      .map(each => `${text(each)} ${each.attribution ?? ''}`)
  t.same(of(22).sort(), [
    'tcp 192.0.2.7/22 203.0.113.5/60000 established 102 worker 6 descriptor kernel',
    'tcp 192.0.2.7/22 203.0.113.5/60000 established 200 sshd 6 descriptor ',
    'tcp ::/22 - listen 200 sshd 4 descriptor ',
  ])
  t.same(of(50002).sort(), [
    'tcp 192.0.2.7/50002 203.0.113.7/443 established 100 curl - effective kernel',
    'tcp 192.0.2.7/50002 203.0.113.7/443 established 201 nsurlsessiond 3 descriptor ',
  ])
  t.equal(of(51000).length, 1, 'a flow in user space has no descriptor, and is there')
})

t.test('without the lists: own sockets, and the reason', { skip }, async t => {
  const closed = `error sysctl:net.inet.udp.pcblist_n EPERM\n${host}`
  const user = await dump(t, closed)
  t.equal(user.hello.method, 'libproc')
  t.match(user.hello.degraded, [/cannot be seen: run with sudo \(sysctl\(net.inet.udp.pcblist_n\): EPERM\)/])
  t.same(user.sockets.map(({ local_port }) => local_port).sort(), [4000, 50000, 5353])
  const root = await dump(t, closed, 'netoproc-sockets', 0)
  t.match(root.hello.degraded, [/^sockets without a descriptor.*EPERM/])
  t.equal(root.sockets.length, 8)
  const other = await dump(t, `pcblist xinpcb=96\n${host}`, 'netoproc-sockets', 0)
  t.match(other.hello.degraded, [/another layout on this macOS/])
  t.same(other.sockets.map(text).sort(), root.sockets.map(text).sort())
})

t.test('processes that end between two calls', { skip }, async t => {
  const dying = ['fds', 'info', 'socket'].map(
    (dies, i) => `process ${300 + i} comm=gone uid=501 dies=${dies}
socket gone${i} tcp 192.0.2.7/${40000 + i} 198.51.100.9/80 pid=${300 + i} fd=5
socket more${i} tcp 192.0.2.7/${41000 + i} 198.51.100.9/80 pid=${300 + i} fd=6`,
  )
  const { sockets, code } = await dump(t, `${host}\n${dying.join('\n')}`)
  t.equal(code, 0)
  t.equal(sockets.filter(({ pid }) => pid === 100).length, 3)
  t.notOk(
    sockets.some(({ process, named_by }) => process === 'gone' && named_by === undefined),
    'none is named without saying how',
  )
})

t.test('a table of ten thousand sockets', { skip }, async t => {
  const started = Date.now()
  const { sockets } = await dump(t, `${host}\nprocess 500 comm=server uid=501\nmany 10000 pid=500`)
  t.comment(`${Date.now() - started} ms, the start of node and the reading of this test included`)
  t.equal(sockets.filter(({ pid }) => pid === 500).length, 10000)
  t.equal(new Set(sockets.map(({ cookie }) => cookie)).size, sockets.length, 'each has a cookie of its own')
})

t.test('--follow by lists: opened, moved on, closed, and a pid that is used again', { skip }, async t => {
  const { hello, sockets } = await dump(
    t,
    `error connect EPERM\n${host}
start
wait walks 4
socket new tcp 192.0.2.7/50100 198.51.100.9/80 pid=100 fd=20 state=syn-sent
wait walks 5
state new established
wait walks 6
close new
process 100 comm=other uid=501 start=1700009000.000000
socket again tcp 192.0.2.7/50200 198.51.100.9/80 pid=100 fd=5
wait walks 8
interrupt`,
    'netoproc-sockets --follow --interval 0.1',
  )
  t.match(hello.degraded[0], /short ones are missed: network statistics.*EPERM/)
  const story = (port: number) =>
    sockets
      .filter(({ local_port }) => local_port === port)
      .map(({ event, state, process, start_time }) => `${event} ${state} ${process} ${start_time}`)
  t.same(story(50100), [
    'open syn-sent curl 1700000001.25',
    'update established curl 1700000001.25',
    'close established curl 1700000001.25',
  ])
  t.same(story(50000), ['present established curl 1700000001.25', 'close established curl 1700000001.25'])
  t.same(story(50200), ['open established other 1700009000'])
})

const reuse = `${interfaces}
process 100 comm=curl uid=501 start=1700000001.000000
process 200 comm=sshd uid=0 start=1700000002.000000
socket web tcp 192.0.2.7/50000 198.51.100.9/80 pid=100 fd=5
socket login tcp 192.0.2.7/22 203.0.113.5/60000 pid=200 fd=6
METHOD
start
wait walks 4
wait calls CALL
close web
close login
process 100 comm=other uid=501 start=1700009000.000000
process 200 comm=agent uid=0 start=1700009000.000000
socket next tcp 192.0.2.7/50001 198.51.100.9/80 pid=100 fd=5
socket foreign tcp 192.0.2.7/50002 203.0.113.5/80 pid=200 fd=6
wait walks 7
interrupt`

for (const [method, line] of [
  ['lists', 'error connect EPERM'],
  ['ntstat', ''],
] as const) {
  t.test(`--follow by ${method}: pids are used again at any point of a look`, { skip, jobs: 3 }, async t => {
    for (let call = 1; call <= 20; call++) {
      t.test(`before call ${call}`, async t => {
        const scenario = reuse.replace('METHOD', line).replace('CALL', String(call))
        const { sockets } = await dump(t, scenario, 'netoproc-sockets --follow --interval 0.1')
        for (const [port, process] of [
          [50000, 'curl'],
          [22, 'sshd'],
          [50001, 'other'],
          [50002, 'agent'],
        ] as const) {
          const told = sockets.filter(({ local_port }) => local_port === port)
          const names = told.filter(({ pid }) => pid !== null).map(({ process }) => process)
          t.same([...new Set(names)], [process], `owner of ${port}`)
          t.ok(told.length <= 4, 'as few lines as can be')
        }
      })
    }
  })
}

t.test('--follow by ntstat: a connection that is over before anyone looks', { skip }, async t => {
  const { hello, sockets } = await dump(
    t,
    `${host}
start
wait walks 2
process 400 comm=wget uid=502 start=1700000100.000000
socket short tcp 192.0.2.7/50001 198.51.100.9/80 pid=400 fd=3 if=4
close short
exit 400
wait walks 4
interrupt`,
    'netoproc-sockets --follow --interval 0.1',
  )
  t.equal(hello.method, 'ntstat')
  t.same(hello.degraded, [])
  const short = sockets.filter(({ local_port }) => local_port === 50001)
  t.same(
    short.map(({ event }) => event),
    ['open', 'close'],
  )
  t.match(short[0], { pid: 400, process: 'wget', user: 'bob', attribution: 'kernel', named_by: 'last_user' })
  t.equal(sockets.filter(({ local_port }) => local_port === 50000).length, 1, 'what lists have is told once')
})

t.test('--follow by ntstat: over before anyone looks, and the pid is used again', { skip }, async t => {
  const { sockets } = await dump(
    t,
    `${host}
start
wait walks 2
process 400 comm=wget uid=502 start=1700000100.000000
socket short tcp 192.0.2.7/50001 198.51.100.9/80 pid=400 fd=3 if=4
close short
exit 400
process 400 comm=other uid=502 start=1700000200.000000
wait walks 4
interrupt`,
    'netoproc-sockets --follow --interval 0.1',
  )
  const short = sockets.filter(({ local_port }) => local_port === 50001)
  t.same(
    short.map(({ event, process, start_time }) => `${event} ${process} ${start_time}`),
    ['open wget null', 'close wget null'],
  )
})

const traffic = `
moved web rx=100000/100 tx=1000/10
start
wait updates 2
moved web rx=5000/5 tx=500/2
moved quic rx=300/3 tx=30/1
moved agent rx=40/1
process 400 comm=wget uid=502
socket short tcp 192.0.2.7/50001 198.51.100.9/80 pid=400 fd=3 if=4
moved short rx=777/7 tx=11/1
close short
exit 400
wait updates 3
moved web rx=1/1
socket local tcp 192.0.2.7/9000 192.0.2.7/9001 pid=100 fd=30 if=1 loopback=1
moved local tx=64/1
wait updates 5
interrupt`

/** "event port process rx/packets tx/packets". */
function moved({
  event,
  local_port,
  process,
  rx_bytes,
  rx_packets,
  tx_bytes,
  tx_packets,
}: SocketRecord): string {
  return `${event} ${local_port} ${process} ${rx_bytes}/${rx_packets} ${tx_bytes}/${tx_packets}`
}

t.test('--counters by ntstat: each byte once, from when we came', { skip }, async t => {
  for (const part of [100, 2]) {
    const { hello, sockets } = await dump(
      t,
      `ntstat part=${part}\n${host}${traffic}`,
      'netoproc-sockets --follow --counters --interval 0.1',
    )
    t.equal(hello.method, 'ntstat')
    t.same(sockets.map(moved).sort(), [
      'close 50001 wget 777/7 11/1',
      'open 50000 curl 5000/5 500/2',
      'open 50002 curl 40/1 0/0',
      'open 51000 Google Chrome Helper (Renderer) 300/3 30/1',
      'open 9000 curl 0/0 64/1',
      'update 50000 curl 1/1 0/0',
    ])
    t.ok(sockets.every(({ layer, attribution }) => layer === 'payload' && attribution === 'kernel'))
    t.equal(sockets.find(({ local_port }) => local_port === 9000)?.dir, 'local')
    t.equal(sockets.find(({ local_port }) => local_port === 50000)?.iface, 'en0')
    t.equal(sockets.find(({ local_port }) => local_port === 50002)?.named_by, 'effective')
  }
})

t.test('ntstat: last counts that found no room are told of', { skip }, async t => {
  const { sockets, err } = await dump(
    t,
    `ntstat most=300000\n${interfaces}process 500 comm=server uid=501\nmany 3000 pid=500
start
wait updates 2
exit 500
interrupt`,
    'netoproc-sockets --follow --counters --interval 0.1',
  )
  t.match(err, /netoproc-sockets: \d+ flows ended without their last counts/)
  t.equal(sockets.length, 0, 'nothing had moved')
})

t.test('ntstat: flows that begin when there is no room are told of', { skip }, async t => {
  const { err } = await dump(
    t,
    `ntstat most=300000\n${interfaces}process 500 comm=server uid=501
start
wait updates 2
many 10000 pid=500
wait updates 4
socket next udp 192.0.2.7/40000 203.0.113.9/53 pid=500 fd=5
wait updates 6
interrupt`,
    'netoproc-sockets --follow --counters --interval 0.1',
  )
  t.match(err, /netoproc-sockets: \d+ flows are not counted: the buffer of ntstat was full when they began/)
})

t.test('--counters falls back, with the reason', { skip }, async t => {
  const events = `
moved web rx=100000/100 tx=1000/10
start
wait lists 3
moved web rx=5000/5 tx=500/2
moved mdns rx=300/3 tx=30/1
moved quic rx=300/3 tx=30/1
wait lists 4
close web
wait lists 6
interrupt`
  const command = 'netoproc-sockets --follow --counters --interval 0.1'
  for (const [broken, reason] of [
    ['ntstat grow=8', /this macOS describes flows in another way \(message 10006 of/],
    ['error connect EACCES', /connect\(com.apple.network.statistics\): EACCES/],
    ['ntstat providers=7', /no provider may be watched/],
  ] as const) {
    const { hello, sockets } = await dump(t, `${broken}\n${host}${events}`, command)
    t.equal(hello.method, 'pcblist_n')
    t.match(hello.degraded[0], reason)
    t.same(sockets.map(moved).sort(), [
      'close 50000 curl 0/0 0/0',
      'open 50000 curl 5000/5 500/2',
      'open 51000 Google Chrome Helper (Renderer) 300/3 30/1',
      'open 5353 Google Chrome Helper (Renderer) 300/3 30/1',
    ])
    t.ok(sockets.every(({ layer }) => layer === 'payload'))
  }
  const { code, err, hello } = await dump(
    t,
    `error connect EPERM\nerror sysctl:net.inet.udp.pcblist_n EPERM\n${host}`,
    command,
  )
  t.equal(code, 2)
  t.equal(hello, undefined)
  t.match(err, /^netoproc-sockets: --counters: libproc does not count.*EPERM/)
})

t.test('options that have nothing to choose here', { skip }, async t => {
  const { code, err } = await dump(t, host, 'netoproc-sockets --netns own')
  t.equal(code, 3)
  t.equal(err, 'netoproc-sockets: --netns has no effect on macOS: it has no network namespaces\n')
})

const facts = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/facts/darwin-abi.json')
const noFacts = existsSync(facts) ? false : 'needs ../shared/facts/darwin-abi.json'

t.test('one simulation stands for arm64 and x86_64: what is read lies alike', { skip: noFacts }, async t => {
  const { differences } = JSON.parse(readFileSync(facts, 'utf8')) as {
    differences: {
      arm64_vs_x86_64: Array<{
        struct: string
        layout_differs: boolean
        fields: Array<{ arm64: { name: string } }>
      }>
    }
  }
  const found = differences.arm64_vs_x86_64
  t.notOk(found.some(({ layout_differs }) => layout_differs))
  const differing = found.flatMap(({ struct, fields }) =>
    fields.map(({ arm64 }) => `${struct}.${arm64.name}`),
  )
  t.same(differing, ['kinfo_proc.kp_proc.sigwait', 'extern_proc.sigwait'], 'its sign alone')
  t.notOk('kp_proc.sigwait' in kinfo_proc.fields, 'and that is not read')
})

t.test('hostile bytes: lists, messages, descriptors and arguments', async t => {
  const below = seededRandom(7)
  const ignore = () => {}
  const sink: NtstatSink = {
    added: ignore,
    described: ignore,
    counted: ignore,
    removed: ignore,
    answered: ignore,
    unread: ignore,
  }
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from({ length: below(1200) }, () => below(256))
    const view = new DataView(bytes.buffer)
    if (bytes.length >= 32 && round % 2 === 0) {
      // A believable beginning.
      view.setUint32(0, 24, true)
      view.setUint32(24, [104, 105, 31, 616][round % 4] as number, true)
      view.setUint32(28, 0x10, true)
      if (round % 3 === 0) {
        view.setUint32(8, [10001, 10003, 10006, 1][round % 4] as number, true)
        view.setUint16(12, [32, 320, 496, 432][round % 4] as number, true)
      }
    }
    parsePcblist(view, round % 3 === 0 ? IPPROTO_TCP : IPPROTO_UDP, ignore)
    parseMessages(view, sink)
    parseArguments(bytes)
    const info = new Uint8Array(792)
    info.set(bytes.subarray(0, 792))
    parseSocket(new DataView(info.buffer), new InetSocket())
  }
  t.same(parsePcblist(new DataView(new ArrayBuffer(0)), IPPROTO_TCP, ignore), {
    sockets: 0,
    unreadable: 0,
    isCut: false,
  })
  const area = (text: string) => parseArguments(Buffer.from(text, 'latin1'))
  t.same(area('\x02\0\0\0/bin/a\0\0\0a\0b c\0TOKEN=secret\0'), ['a', 'b c'])
  t.same(area('\xff\xff\xff\xff/bin/a\0a\0b'), ['a'], 'the last one is cut off')
  t.equal(area('\x01\0\0\0/bin/a'), undefined)
})

t.test('names', async t => {
  t.equal(processName('curl', '/usr/bin/other'), 'curl')
  t.equal(processName('Google Chrome He', '/A/Google Chrome Helper (GPU)'), 'Google Chrome Helper (GPU)')
  t.equal(processName('Google Chrome He', '/A/Another program'), 'Google Chrome He')
  t.equal(processName('Google Chrome He', undefined), 'Google Chrome He')
})
