// Kernel counters against processes whose traffic is known: in network namespaces of their own and on the loopback
// interface. Needs root and a kernel that has what ebpf-kernel.ts asks for; skips with the kernel's reason.

import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { probeEbpf } from '../../src/attribute/linux/ebpf-probe.ts'
import { EbpfSource, openEbpf } from '../../src/attribute/linux/ebpf-source.ts'
import { openSockDiag } from '../../src/attribute/linux/sock-diag-source.ts'
import { attrField, tryBpf } from '../../src/native/linux/bpf/bpf-syscall.ts'
import { openDescriptors } from '../../src/native/file-descriptor.ts'
import type { SocketRecord } from '../../src/record/generated/types.ts'
import type { SocketPacket } from '../../src/record/socket-packet.ts'
import { records } from '../support/command.ts'
import { Monitor, inNamespace, sleep } from '../support/ebpf-monitor.ts'
import { inNamespace as inNetworkNamespace, missing } from '../support/namespace.ts'

const probe = process.platform === 'linux' ? probeEbpf() : { ok: false as const, reason: 'not Linux' }
const skip = probe.ok ? false : probe.reason

const sendDatagrams = (count: number, size: number): string => `
  const s = require('node:dgram').createSocket('udp4')
  let left = ${count}
  const send = () => left-- > 0 ? s.send(Buffer.alloc(${size}), 9, '127.0.0.1', send) : s.close()
  send()`

t.test('a short-lived process: every byte, its name, its user, its namespace', { skip }, async t => {
  const monitor = new Monitor(t)
  // It stays until it has been seen: command line and namespace are read while it is there.
  const child = inNamespace(t, `process.stdin.resume(); ${sendDatagrams(50, 100)}`)
  const pid = child.pid as number
  while (monitor.sum(pid, 'tx_packets') < 50) {
    await sleep(20)
    monitor.collect()
  }
  child.stdin?.end()
  await child.text
  t.equal(monitor.sum(pid, 'tx_bytes'), 50 * (100 + 28))
  t.equal(monitor.sum(pid, 'tx_packets'), 50)
  const [record] = monitor.of(pid)
  t.match(record, {
    proto: 'udp',
    remote_ip: '127.0.0.1',
    remote_port: 9,
    process: 'node',
    uid: 0,
    attribution: 'kernel',
    layer: 'ip',
    dir: 'local',
    event: 'open',
    state: 'unconnected',
  })
  t.match(record?.cmdline, /createSocket/)
  t.ok(Math.abs((record?.start_time ?? 0) - Date.now() / 1000) < 10, 'started just now')
  t.match(record?.netns, /^\d+$/)
  t.not(record?.netns, /\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0])
  // Nobody listens: the kernel answers, from a socket of its own.
  monitor.collect(true)
  const answers = monitor.records.filter(({ proto, reason }) => proto === 'icmp' && reason === 'kernel')
  t.ok(answers.some(answer => answer.pid === null && (answer.tx_bytes ?? 0) > 0))
})

t.test(
  "a connection that is accepted by one process and served by another is the other's",
  { skip },
  async t => {
    const monitor = new Monitor(t)
    const child = inNamespace(
      t,
      `
    const { fork } = require('node:child_process'), net = require('node:net'), fs = require('node:fs')
    const dir = fs.mkdtempSync('/tmp/netoproc-fork-')
    fs.writeFileSync(dir + '/worker.js', \`process.on('message', (m, socket) => {
      socket.resume().end(Buffer.alloc(200000)); socket.on('close', () => process.disconnect()) })\`)
    fs.writeFileSync(dir + '/client.js', \`require('node:net').connect(+process.argv[2], '127.0.0.1', function () {
      this.resume(); this.write('hello') })\`)
    const worker = fork(dir + '/worker.js')
    const server = net.createServer({ pauseOnConnect: true }, socket => { worker.send('take', socket); server.close() })
    server.listen(0, '127.0.0.1', () => {
      const client = fork(dir + '/client.js', [String(server.address().port)])
      console.log(JSON.stringify({ worker: worker.pid, client: client.pid }))
      client.on('exit', () => fs.rmSync(dir, { recursive: true }))
    })`,
    )
    const pids = JSON.parse(await child.text) as { worker: number; client: number }
    monitor.collect()
    monitor.collect(true)
    const sum = monitor.sum.bind(monitor)
    t.ok(sum(pids.worker, 'tx_bytes') > 200_000)
    // Loopback: what one sends the other receives, the handshake included.
    t.equal(sum(pids.worker, 'tx_bytes'), sum(pids.client, 'rx_bytes'))
    t.equal(sum(pids.worker, 'rx_bytes'), sum(pids.client, 'tx_bytes'))
    t.equal(sum(pids.worker, 'tx_packets'), sum(pids.client, 'rx_packets'))
    t.equal(
      sum(child.pid as number, 'tx_bytes') + sum(child.pid as number, 'rx_bytes'),
      0,
      'the acceptor moved nothing',
    )
    t.match(monitor.of(pids.client)[0], { proto: 'tcp', attribution: 'kernel', process: 'node' })
    const initiated = (pid: number) => new Set(monitor.of(pid).map(record => record.initiated))
    t.same([...initiated(pids.client)], ['out'])
    t.ok(initiated(pids.worker).has('in') && !initiated(pids.worker).has('out'), 'accepted')
    t.ok(
      monitor.of(pids.client).some(record => (record.rtt_us ?? 0) > 0),
      'round-trip time',
    )
  },
)

t.test('a super-packet counts as the packets on the wire', { skip }, async t => {
  const monitor = new Monitor(t)
  const server = createServer(socket => socket.resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const payload = 4_000_000
  socket.end(Buffer.alloc(payload))
  await once(socket, 'close')
  server.close()
  monitor.collect(true)
  const sent = monitor.of(process.pid).filter(record => record.remote_port === port)
  const bytes = sent.reduce((sum, record) => sum + (record.tx_bytes ?? 0), 0)
  const packets = sent.reduce((sum, record) => sum + (record.tx_packets ?? 0), 0)
  // 52 bytes of headers to each packet (IPv4, TCP with timestamps), 8 more in the SYN; payload sent again is on the wire, too.
  const again = bytes - payload - packets * 52 - 8
  const retransmits = sent.at(-1)?.retransmits ?? 0
  t.ok(
    retransmits === 0 ? again === 0 : again > 0 && again <= retransmits * 65483,
    `${again} bytes, ${retransmits} retransmits`,
  )
  t.ok(packets >= payload / 65536)
})

t.test('IPv6, and IPv4 on an IPv6 socket', { skip }, async t => {
  const monitor = new Monitor(t)
  const child = inNamespace(
    t,
    `const s = require('node:dgram').createSocket('udp6'), net = require('node:net')
    s.send(Buffer.alloc(100), 9, '::1', () => s.send(Buffer.alloc(10), 9, '::ffff:127.0.0.1', () => s.close()))
    const server = net.createServer(c => { c.resume().end('hello'); server.close() })
    server.listen(0, '::', () => net.connect(server.address().port, '127.0.0.1').resume())`,
  )
  await child.text
  monitor.collect(true)
  const records = monitor.of(child.pid as number)
  const [six] = records.filter(({ proto, remote_ip }) => proto === 'udp' && remote_ip === '::1')
  t.match(six, { local_ip: '::1', remote_port: 9, tx_bytes: 40 + 8 + 100, tx_packets: 1, dir: 'local' })
  const [four] = records.filter(({ proto, remote_ip }) => proto === 'udp' && remote_ip === '127.0.0.1')
  t.match(four, { local_ip: '127.0.0.1', remote_port: 9, tx_bytes: 20 + 8 + 10, tx_packets: 1 })
  const tcp = records.filter(({ proto }) => proto === 'tcp')
  t.ok(
    tcp.length >= 2 &&
      tcp.every(({ local_ip, remote_ip }) => local_ip === '127.0.0.1' && remote_ip === '127.0.0.1'),
  )
  const sum = (field: 'rx_bytes' | 'tx_bytes'): number =>
    tcp.reduce((total, record) => total + (record[field] ?? 0), 0)
  t.equal(sum('rx_bytes'), sum('tx_bytes'), 'both ends are this process')
})

const noBash = !existsSync('/bin/bash') && 'bash is not installed'
t.test('a name is that of the time of the traffic', { skip: skip || noBash }, async t => {
  const monitor = new Monitor(t)
  const receiver = createSocket('udp4')
  t.teardown(() => receiver.close())
  await new Promise<void>(resolve => receiver.bind(0, '127.0.0.1', resolve))
  const script = `exec 3<>/dev/udp/127.0.0.1/${receiver.address().port}; echo 1 >&3; read line; exec sh -c 'sleep 0.2; echo 22 >&3'`
  const shell = spawn('bash', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] })
  t.teardown(() => shell.kill('SIGKILL'))
  await sleep(200)
  shell.stdin.end('go\n')
  await once(shell, 'close')
  monitor.collect(true)
  const sent = monitor.of(shell.pid as number).filter(record => (record.tx_bytes ?? 0) > 0)
  t.strictSame(
    sent.map(record => [record.process, record.tx_bytes]),
    [
      ['bash', 28 + 2],
      [readlinkSync('/bin/sh').includes('bash') ? 'bash' : 'sh', 28 + 3],
    ],
  )
})

t.test('interfaces and namespaces are filtered; several instances count the same', { skip }, async t => {
  const loopback = new Monitor(t, { interfaces: ['lo'], netns: 'own' })
  const all = new Monitor(t)
  const own = createSocket('udp4')
  for (let i = 0; i < 20; i++)
    await new Promise(resolve => own.send(Buffer.alloc(72), 9, '127.0.0.1', resolve))
  const child = inNamespace(t, sendDatagrams(5, 10))
  await child.text
  own.close()
  for (const monitor of [loopback, all]) {
    monitor.collect()
    t.equal(monitor.sum(process.pid, 'tx_bytes'), 2000)
    t.equal(monitor.of(process.pid)[0]?.iface, 'lo')
  }
  t.equal(loopback.sum(child.pid as number, 'tx_packets'), 0, 'another namespace')
  t.equal(all.sum(child.pid as number, 'tx_packets'), 5)
  const sockets = openSockDiag({ netns: 'own' })
  t.teardown(() => sockets.close())
  t.throws(() => openEbpf({ interfaces: ['none0'], netns: 'own', sockets }), {
    kind: 'device',
    message: /^no interface none0; there are: lo/,
  })
})

t.test('more flows than there is room for: no byte is lost', { skip }, async t => {
  const monitor = new Monitor(t, { maxFlows: 64 })
  const socket = createSocket('udp4')
  for (let round = 0; round < 3; round++) {
    for (let port = 20001; port <= 20300; port++) {
      await new Promise(resolve => socket.send(Buffer.alloc(72), port, '127.0.0.1', resolve))
    }
    monitor.collect()
  }
  socket.close()
  monitor.collect(true)
  t.equal(monitor.sum(process.pid, 'tx_bytes'), 3 * 300 * 100)
  t.equal(monitor.sum(process.pid, 'tx_packets'), 900)
  t.match(monitor.source.degraded.join(), /more than 64 flows/)
})

t.test('a socket that was there before is found by a scan', { skip }, async t => {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  const monitor = new Monitor(t)
  // Bytes that the kernel counts before anybody sends: the owner is known by /proc alone.
  const other = createSocket('udp4')
  await new Promise(resolve => other.send(Buffer.alloc(12), socket.address().port, '127.0.0.1', resolve))
  await sleep(20)
  monitor.collect()
  socket.close()
  other.close()
  const [record] = monitor.of(process.pid).filter(of => (of.rx_bytes ?? 0) > 0)
  t.match(record, { rx_bytes: 40, rx_packets: 1 })
})

t.test('for a capture: owners at once, and what a scan says is put right', { skip }, async t => {
  const monitor = new Monitor(t, { netns: 'own' })
  const told: SocketRecord[] = []
  const sink = { socket: (record: SocketRecord) => void told.push(record) }
  monitor.source.scan(sink, Date.now() * 1000)
  let followed = 0
  monitor.source.follow(() => followed++)
  const server = createServer(socket => socket.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect(port, '127.0.0.1').resume()
  await once(client, 'close')
  server.close()
  monitor.source.poll(sink, Date.now() * 1000)
  // Asking whose sockets they are takes nothing from what is counted.
  monitor.collect(true)
  t.ok(monitor.sum(process.pid, 'tx_bytes') > 0)
  t.equal(monitor.sum(process.pid, 'tx_bytes'), monitor.sum(process.pid, 'rx_bytes'))
  const ends = told.filter(record => record.remote_port === port || record.local_port === port)
  const kernels = ends.filter(record => record.attribution === 'kernel' && record.remote_port !== undefined)
  t.ok(
    kernels.some(record => record.event === 'open' && record.remote_port === port),
    'the client',
  )
  t.ok(
    kernels.some(record => record.event === 'open' && record.local_port === port),
    'the accepted one',
  )
  t.ok(kernels.some(record => record.event === 'close'))
  t.ok(kernels.every(record => record.pid === process.pid && record.rx_bytes === undefined))
  t.ok(followed > 0)
})

/** left - here - right: a router, with what netoproc-sockets counts in it. */
const router = (netns: string, dir: string): string => `
  unshare --net sleep 3600 & LEFT=$!; unshare --net sleep 3600 & RIGHT=$!
  until [ $(readlink /proc/$LEFT/ns/net /proc/$RIGHT/ns/net /proc/self/ns/net | sort -u | wc -l) = 3 ]; do sleep 0.02; done
  side() {
    ip link add $1 type veth peer name there0 netns $2; ip addr add $3.1/24 dev $1; ip link set $1 up
    nsenter -t $2 -n ip addr add $3.2/24 dev there0; nsenter -t $2 -n ip link set there0 up
    nsenter -t $2 -n ip route add default via $3.1
  }
  side left0 $LEFT 10.97.1; side right0 $RIGHT 10.97.2
  echo 1 > /proc/sys/net/ipv4/ip_forward
  (netoproc-sockets --follow --counters --netns ${netns} > ${dir}/out) & RUN=$!
  until [ -s ${dir}/out ]; do sleep 0.02; done
  bash -c 'echo hello > /dev/tcp/127.0.0.1/7' 2>/dev/null
  bash -c 'echo hello > /dev/udp/127.0.0.1/7'
  nsenter -t $LEFT -n ping -q -c 2 -s 56 10.97.1.1 > ${dir}/ping
  nsenter -t $LEFT -n bash -c 'echo $$; echo hello > /dev/udp/10.97.2.2/7'
  kill -INT $RUN; wait $RUN; cat ${dir}/out; kill $LEFT $RIGHT`

t.test(
  'packets of no socket: for closed ports, echo requests, forwarded',
  { skip: skip || missing('ping', 'ip', 'nsenter') },
  async t => {
    for (const netns of ['own', 'all']) {
      const { out, err } = await inNetworkNamespace(router(netns, t.testdir()))
      const pid = parseInt(out)
      const all = records(out.slice(out.indexOf('{'))).filter(({ type }) => type === 'socket')
      const sum = (field: 'rx_bytes' | 'tx_bytes', like: Partial<SocketRecord>): number =>
        all
          .filter(record => Object.entries(like).every(([name, value]) => record[name] === value))
          .reduce((total, record) => total + ((record[field] as number | undefined) ?? 0), 0)
      const closed = { reason: 'no_socket', local_ip: '127.0.0.1', local_port: 7, dir: 'local' } as const
      t.equal(sum('rx_bytes', { ...closed, proto: 'tcp' }), 60, `a SYN ${err}`)
      t.equal(sum('rx_bytes', { ...closed, proto: 'udp' }), 28 + 6)
      const echo = { proto: 'icmp', local_ip: '10.97.1.1', reason: 'kernel' } as const
      t.equal(sum('rx_bytes', echo), 2 * 84, 'echo requests')
      t.equal(sum('tx_bytes', echo), 2 * 84, 'and answers')
      // In by one interface, out by the other: a datagram, and the ICMP error that it is answered with. When the sender is
      // counted itself they are not counted again.
      const forwarded = netns === 'own' ? 34 + 34 + 28 : 0
      for (const field of ['rx_bytes', 'tx_bytes'] as const)
        t.equal(sum(field, { reason: 'not_local', dir: 'forward' }), forwarded)
      t.equal(sum('tx_bytes', { pid }), netns === 'own' ? 0 : 34, 'of the sender')
    }
  },
)

t.test('without tracepoints a connection is named by who closes it', { skip }, async t => {
  const monitor = new Monitor(t, { tracepoints: false })
  const child = inNamespace(
    t,
    `const net = require('node:net')
    const server = net.createServer(s => { s.end(Buffer.alloc(5000)); server.close() })
    server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').resume())`,
  )
  await child.text
  monitor.collect(true)
  const pid = child.pid as number
  t.equal(monitor.sum(pid, 'tx_bytes'), monitor.sum(pid, 'rx_bytes'), 'both ends')
  t.ok(monitor.sum(pid, 'tx_bytes') > 5000)
  t.match(monitor.source.degraded.join(), /tracepoint/)
})

t.test('packets that tell names: whole, once, with their process', { skip }, async t => {
  const monitor = new Monitor(t, { names: { dns: true, serverNames: true, bufferBytes: 1 << 18 } })
  const child = inNamespace(
    t,
    `const { createServer, connect } = require('node:net')
     const dns = require('node:dgram').createSocket('udp4')
     const others = require('node:dgram').createSocket('udp4')
     const hello = Buffer.concat([Buffer.from('160301070000', 'hex'), Buffer.alloc(1786, 7)])
     hello[5] = 1
     const server = createServer(peer => peer.resume().on('end', () => console.log('done'))).listen(0, '127.0.0.1', () => {
       const socket = connect(server.address().port, '127.0.0.1', () => socket.write('EHLO', () => setTimeout(() => socket.end(hello), 50)))
     })
     for (const size of [1, 300, 3000, 60000]) dns.send(Buffer.alloc(size, size), 53, '127.0.0.1')
     others.send('no name', 54, '127.0.0.1')
     process.stdin.resume().on('end', () => process.exit())`,
  )
  child.stdin?.on('error', () => {})
  const { packets } = monitor.source
  if (packets === undefined) throw new Error('this kernel refuses the programs')
  const taken: SocketPacket[] = []
  const ofChild = (): SocketPacket[] => taken.filter(({ owner }) => owner?.pid === child.pid)
  while (ofChild().length < 5) {
    await sleep(20)
    for (let packet = packets.take(); packet !== undefined; packet = packets.take()) taken.push(packet)
  }
  child.stdin?.end()
  await child.text
  for (let packet = packets.take(); packet !== undefined; packet = packets.take()) taken.push(packet)
  t.strictSame(
    ofChild()
      .map(({ bytes, wireLength }) => [bytes.length, wireLength, bytes.at(-1)])
      .sort(([a = 0], [b = 0]) => a - b),
    [
      [29, 29, 1],
      [328, 328, 300 & 255],
      [1844, 1844, 7],
      [3028, 3028, 3000 & 255],
      [60028, 60028, 60000 & 255],
    ],
  )
  for (const packet of ofChild()) t.match(packet, { isOutgoing: true, ifindex: undefined, gsoSize: 0 })
  t.equal(packets.statistics().dropped, 0)
})

t.test('a killed process leaves no program, map or link', { skip }, async t => {
  const holder = fileURLToPath(new URL('../support/ebpf-holder.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, holder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const ids: { kind: 'prog' | 'map' | 'link'; id: number }[] = []
  for (const fd of readdirSync(`/proc/${child.pid}/fdinfo`)) {
    const text = readFileSync(`/proc/${child.pid}/fdinfo/${fd}`, 'utf8')
    const link = /^link_id:\s+(\d+)$/m.exec(text)
    const map = /^map_id:\s+(\d+)$/m.exec(text)
    const prog = /^prog_id:\s+(\d+)$/m.exec(text)
    if (link !== null) ids.push({ kind: 'link', id: Number(link[1]) })
    if (map !== null) ids.push({ kind: 'map', id: Number(map[1]) })
    if (prog !== null) ids.push({ kind: 'prog', id: Number(prog[1]) })
  }
  t.ok(ids.filter(({ kind }) => kind === 'link').length >= 9)
  t.ok(ids.filter(({ kind }) => kind === 'map').length >= 6)
  t.ok(ids.filter(({ kind }) => kind === 'prog').length >= 9)
  const left = () => ids.filter(({ kind, id }) => exists(kind, id))
  t.equal(left().length, ids.length)
  child.kill('SIGKILL')
  await once(child, 'close')
  // The kernel frees programs behind a grace period.
  for (let i = 0; i < 50 && left().length > 0; i++) await sleep(100)
  t.strictSame(left(), [])
})

const nextId = {
  prog: 'BPF_PROG_GET_NEXT_ID',
  map: 'BPF_MAP_GET_NEXT_ID',
  link: 'BPF_LINK_GET_NEXT_ID',
} as const

function exists(kind: keyof typeof nextId, id: number): boolean {
  return (
    tryBpf(nextId[kind], 'GET_NEXT_ID', { start_id: id - 1 }) >= 0 &&
    attrField('GET_NEXT_ID', 'next_id') === id
  )
}

t.test('closing gives back every descriptor', { skip }, async t => {
  const before = openDescriptors()
  const source = new EbpfSource({ interfaces: [], netns: 'all', sockets: openSockDiag({ netns: 'all' }) })
  t.ok(openDescriptors() > before)
  source.close()
  t.equal(openDescriptors(), before)
})
