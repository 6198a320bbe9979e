// The Linux source of sockets against real processes on loopback: any user can run it; other network namespaces need root.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import t from 'tap'
import type { SockDiagSource } from '../../src/attribute/linux/sock-diag-source.ts'
import type { LocalTuple } from '../../src/attribute/port.ts'
import type { SocketRecord } from '../../src/record/generated/types.ts'
import { FlowTable, META_PORTS } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import {
  ATTRIBUTION_ABSENT,
  DIR_LOCAL,
  RecordBatch,
  attributionNames,
} from '../../src/record/record-batch.ts'
import { AttributeStage } from '../../src/attribute/stage.ts'
import { root } from '../support/command.ts'
import { missing } from '../support/namespace.ts'

if (process.platform !== 'linux') {
  t.plan(0, 'sock_diag is Linux')
  process.exit(0)
}

const { SockDiagSource: Source } = await import('../../src/attribute/linux/sock-diag-source.ts')
const LOOPBACK = 0x7f000001
const children: ChildProcess[] = []
t.teardown(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** Runs JavaScript in another process until it prints a line. @returns that line and the process */
async function run(code: string, stdio: unknown[] = []): Promise<{ line: string; child: ChildProcess }> {
  const child = spawn(process.execPath, ['-e', code], {
    stdio: ['pipe', 'pipe', 'inherit', ...(stdio as [])],
  })
  children.push(child)
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return { line: line.toString().trim(), child }
}

async function listen(host: string): Promise<{ server: Server; port: number; accepted: Socket[] }> {
  const accepted: Socket[] = []
  const server = createServer(socket => accepted.push(socket)).listen(0, host)
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port, accepted }
}

function scan(source: SockDiagSource, nowUs = Date.now() * 1000): SocketRecord[] {
  const records: SocketRecord[] = []
  source.scan({ socket: record => records.push(record) }, nowUs)
  return records
}

function tcp(localPort: number, remotePort: number): LocalTuple {
  const address = () => new Uint32Array([0, 0, 0xffff, LOOPBACK])
  return {
    protocol: 6,
    isV6: false,
    local: address(),
    localPort,
    remote: address(),
    remotePort,
    isForMany: false,
    iface: undefined,
  }
}

t.test('a process, as its sockets tell of it', async t => {
  const before = Date.now() / 1000
  const { line, child } = await run(
    `const s = require('dgram').createSocket('udp4').bind(0, '127.0.0.1', () => console.log(s.address().port))`,
  )
  const source = new Source({ netns: 'own' })
  const found = scan(source).filter(record => record.local_port === Number(line) && record.proto === 'udp')
  t.equal(found.length, 1)
  const record = found[0] as SocketRecord
  t.match(record, {
    pid: child.pid,
    uid: process.geteuid?.(),
    state: 'unconnected',
    local_ip: '127.0.0.1',
    event: 'present',
    netns: source.netns,
    inode: /^\d+$/,
    cookie: /^\d+$/,
  })
  t.equal(record.remote_ip, undefined)
  t.match(record.cmdline, /-e const s = require/)
  t.ok(
    Math.abs((record.start_time as number) - before) < 3,
    'it began just now, to the second of the boot time',
  )
  t.same(
    scan(source).filter(({ cookie }) => cookie === record.cookie),
    [],
    'unchanged is not told again',
  )
  child.kill('SIGKILL')
  await once(child, 'exit')
  const closed = scan(source).find(({ cookie }) => cookie === record.cookie)
  t.match(closed, { event: 'close', pid: child.pid, process: record.process, start_time: record.start_time })
  source.close()
})

t.test('until when another datagram socket may have been at the same port', async t => {
  const one = createSocket('udp4').bind(0, '127.0.0.1')
  await once(one, 'listening')
  const { port } = one.address()
  for (const watch of [true, false]) {
    const source = new Source({ netns: 'own', watch })
    const record = scan(source).find(({ proto, local_port }) => proto === 'udp' && local_port === port)
    const untilUs = source.closedUs(record as SocketRecord)
    t.equal(untilUs, watch ? -Infinity : Infinity, watch ? 'the kernel tells of none' : 'nobody tells')
    source.close()
  }
  one.close()
})

t.test('a connection opens, is shared with a child, left to it, and closed', async t => {
  const { server, port, accepted } = await listen('127.0.0.1')
  const source = new Source({ netns: 'own', watch: false })
  // Who holds a socket is read again for a second after it was met, and a machine may be busy for longer: a clock of its own.
  let clockUs = Date.now() * 1000
  const look = () => scan(source, (clockUs += 10_000))
  look()
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  while (accepted.length === 0) await once(server, 'connection')
  const mine = accepted[0] as Socket
  const clientPort = client.localPort
  const of = (records: SocketRecord[]) =>
    records
      .filter(({ local_port, remote_port }) => local_port === port && remote_port === clientPort)
      .map(({ event, pid }) => `${event} ${pid === process.pid ? 'parent' : 'child'}`)
  t.same(of(look()), ['open parent'])
  const { child } = await run(`process.stdin.on('data', () => process.exit()); console.log('up')`, [mine])
  t.same(of(look()), ['open child'])
  mine.destroy()
  await once(mine, 'close')
  t.same(of(look()), ['close parent'])
  child.stdin?.write('go')
  await once(child, 'exit')
  client.destroy()
  // The kernel has the last word: it is gone when the FINs are acknowledged.
  let last = of(look())
  for (let i = 0; i < 100 && last.length === 0; i++) {
    await new Promise(resolve => setTimeout(resolve, 20))
    last = of(look())
  }
  t.same(last, ['close child'])
  server.close()
  source.close()
})

t.test('a connection keeps its process when its state changes, until it is closed', async t => {
  const { server, port, accepted } = await listen('127.0.0.1')
  const source = new Source({ netns: 'own', watch: false })
  let clockUs = Date.now() * 1000
  const look = () => scan(source, (clockUs += 10_000))
  look()
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(client, 'connect')
  while (accepted.length === 0) await once(server, 'connection')
  const clientPort = client.localPort
  const told = (records: SocketRecord[]) =>
    records
      .filter(({ local_port, remote_port }) => local_port === clientPort && remote_port === port)
      .map(({ event, pid, process, state }) => ({ event, pid, process, state }))
  const [opened] = told(look())
  t.match(opened, { event: 'open', pid: process.pid, state: 'established' })
  const lasting = { pid: process.pid, process: opened?.process as string, state: 'close-wait' }
  ;(accepted[0] as Socket).end()
  client.resume()
  await once(client, 'end')
  t.same(told(look()), [{ event: 'update', ...lasting }])
  client.destroy()
  await once(client, 'close')
  let last = told(look())
  for (let i = 0; i < 100 && last.at(-1)?.event !== 'close'; i++) {
    await new Promise(resolve => setTimeout(resolve, 20))
    last = told(look())
  }
  t.match(last.at(-1), { event: 'close', pid: process.pid, process: lasting.process })
  server.close()
  source.close()
})

t.test('a socket is kept by a process that becomes another program', async t => {
  const script = 'exec 3<>/dev/udp/127.0.0.1/9; echo up; read line; exec sleep 1000'
  const child = spawn('bash', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout, 'data')
  const source = new Source({ netns: 'own', watch: false })
  let clockUs = Date.now() * 1000
  const told = () =>
    scan(source, (clockUs += 10_000))
      .filter(({ pid, proto }) => pid === child.pid && proto === 'udp')
      .map(({ event, process }) => `${event} ${process}`)
  t.same(told(), ['present bash'])
  child.stdin.write('go\n')
  let last = told()
  for (let i = 0; i < 100 && last.length === 0; i++) {
    await new Promise(resolve => setTimeout(resolve, 20))
    last = told()
  }
  t.same(last, ['update sleep'])
  source.close()
})

t.test('sockets that the descriptors of the first thread do not show', { skip: missing('cc') }, async t => {
  const folder = t.testdir()
  const holder = join(folder, 'holder')
  execFileSync('cc', ['-pthread', '-o', holder, join(root, 'test/attribute/socket-holder.c')])
  const owner = async (how: string): Promise<{ line: string; told: boolean }> => {
    const child = spawn(holder, [how], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const [bytes] = (await once(child.stdout, 'data')) as [Buffer]
    const line = bytes.toString()
    const source = new Source({ netns: 'own', watch: false })
    const told = scan(source).some(
      ({ proto, local_port, pid }) =>
        proto === 'udp' && local_port === Number.parseInt(line) && pid === child.pid,
    )
    source.close()
    child.kill('SIGKILL')
    return { line, told }
  }
  t.ok((await owner('thread')).told, 'a process whose first thread has ended')
  const { line, told } = await owner('ring')
  if (/no io_uring/.test(line)) t.comment('io_uring is not allowed here')
  else t.ok(told, 'a socket that an io_uring has registered')
})

t.test('asking the kernel for one five-tuple', async t => {
  const { server, port, accepted } = await listen('::')
  const source = new Source({ netns: 'own', watch: false })
  scan(source)
  const told: SocketRecord[] = []
  const ask = (tuple: LocalTuple) =>
    source.find(tuple, { socket: record => told.push(record) }, Date.now() * 1000)
  t.match(ask(tcp(port, 1)), { state: 'listen', pid: process.pid, local_ip: '::' }, 'the dual-stack listener')
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  while (accepted.length === 0) await once(server, 'connection')
  t.match(ask(tcp(port, client.localPort as number)), {
    state: 'established',
    remote_port: client.localPort,
    local_ip: '127.0.0.1',
  })
  t.match(ask(tcp(client.localPort as number, port)), {
    state: 'established',
    remote_port: port,
    pid: process.pid,
  })
  t.same(
    told.map(({ event }) => event),
    ['open', 'open'],
    'what was new is told',
  )
  t.equal(ask(tcp(1, 1)), undefined)
  const udp = createSocket('udp4').bind(0)
  await once(udp, 'listening')
  const bound = ask({ ...tcp(udp.address().port, 9), protocol: 17 })
  t.match(bound, { proto: 'udp', local_ip: '0.0.0.0', pid: process.pid })
  for (const socket of [client, ...accepted]) socket.destroy()
  udp.close()
  server.close()
  source.close()
})

t.test('packets of real processes are named', async t => {
  const tables = { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() }
  const source = new Source({ netns: 'own', watch: false })
  const got: string[] = []
  const name = (owner: number) => tables.owners.get(owner).pid
  const next = {
    push: (batch: RecordBatch) => {
      for (let row = 0; row < batch.length; row++) {
        got.push(
          `${name(batch.owner[row] as number)} ${attributionNames[batch.attribution[row] as number]} ${name(batch.peer[row] as number)}`,
        )
      }
    },
    flush: () => Infinity,
    close: () => {},
  }
  const stage = new AttributeStage(next, tables, source, { version: '0' })
  const packet = (protocol: number, sourcePort: number, destinationPort: number): string | undefined => {
    const batch = new RecordBatch(tables, 1)
    batch.length = 1
    batch.ts[0] = Date.now() * 1000
    batch.flow[0] = tables.flows.internV4(
      protocol | META_PORTS,
      ((sourcePort << 16) | destinationPort) >>> 0,
      LOOPBACK,
      LOOPBACK,
    )
    batch.dir[0] = DIR_LOCAL
    batch.attribution[0] = ATTRIBUTION_ABSENT
    stage.push(batch)
    stage.flush(Date.now() * 1000)
    return got.pop()
  }
  const echo = `const s = require('dgram').createSocket('udp4'); s.on('message', (m, r) => s.send(m, r.port, r.address));
    s.bind(0, () => console.log(s.address().port))`
  const udp = await run(echo)
  const web = await run(
    `const s = require('net').createServer(c => c.pipe(c)).listen(0, '::', () => console.log(s.address().port))`,
  )
  const client = connect(Number(web.line), '127.0.0.1')
  await once(client, 'connect')
  client.write('x')
  await once(client, 'data')
  const port = client.localPort as number
  t.equal(
    packet(6, port, Number(web.line)),
    `${process.pid} socket ${web.child.pid}`,
    'IPv4 on an IPv6 listener',
  )
  t.equal(packet(6, Number(web.line), port), `${web.child.pid} socket ${process.pid}`)
  const sender = createSocket('udp4').bind(0)
  await once(sender, 'listening')
  t.equal(
    packet(17, sender.address().port, Number(udp.line)),
    `${process.pid} bound ${udp.child.pid}`,
    'unconnected, on wildcards',
  )
  t.equal(packet(17, 9, Number(udp.line)), `-1 none ${udp.child.pid}`, 'a sender that is gone')
  client.destroy()
  sender.close()
  stage.close()
  source.close()
})

const notRoot =
  process.geteuid?.() === 0 ? false : 'needs root, to see packets and to enter network namespaces'
t.test('a connection is named when it begins, before any scan', { skip: notRoot }, async t => {
  const { server, port } = await listen('127.0.0.1')
  const source = new Source({ netns: 'own' })
  scan(source)
  // They last until we have had our turn, which on a busy machine takes longer than a short connection does. And there it may
  // be that a tenth of the time is spent on others' connections: then the next one is looked at.
  const { child } = await run(
    `console.log('ready')
     process.stdin.once('data', () => setInterval(() => require('net').connect(${port}, '127.0.0.1'), 100))`,
  )
  // It is known already, and has no socket yet.
  scan(source)
  child.stdin?.write('go')
  const told: SocketRecord[] = []
  const isNamed = () => told.some(({ event, pid }) => event === 'open' && pid === child.pid)
  for (let n = 0; n < 100 && !isNamed(); n++) {
    await new Promise(resolve => setTimeout(resolve, n === 0 ? 0 : 100))
    source.poll({ socket: record => told.push(record) })
  }
  t.ok(isNamed(), 'it was looked at')
  child.kill('SIGKILL')
  await once(child, 'exit')
  server.close()
  source.close()
})

t.test('a connection that begins is looked at soon, however long those before it can wait', async t => {
  const { ConnectionWatch } = await import('../../src/attribute/linux/connection-watch.ts')
  const { Syn } = await import('../../src/native/linux/syn-watch.ts')
  const looks: number[] = []
  const watch = new ConnectionWatch(({ localPort }) => {
    looks.push(localPort)
    if (localPort === 443) return { state: 'absent', holders: '' }
    return { state: localPort === 3 ? 'orphaned' : 'open', holders: '' }
  })
  const syn = new Syn()
  const begin = (port: number) => {
    syn.sourcePort = port
    syn.destinationPort = 443
    watch.begun(syn)
  }
  begin(1)
  // The last but one look; the last is 128 ms later.
  await new Promise(resolve => setTimeout(resolve, 135))
  looks.length = 0
  begin(2)
  begin(3)
  await new Promise(resolve => setTimeout(resolve, 20))
  watch.close()
  t.ok(looks.filter(port => port === 2).length > 1, looks.join(' '))
  t.equal(looks.filter(port => port === 3).length, 1, 'its process has closed it already')
})

t.test('who listens may hand on what it accepts', async t => {
  const source = new Source({ netns: 'own' })
  const listening = async (prepare: string) => {
    const { line, child } = await run(
      `${prepare}
       const server = require('net').createServer().listen(0, '127.0.0.1', () => console.log(server.address().port))`,
    )
    const record = scan(source).find(({ pid }) => pid === child.pid)
    t.equal(record?.local_port, Number(line))
    return record as SocketRecord
  }
  t.equal(source.mayHandOn(await listening('')), false, 'it has no children')
  const child = await listening("require('child_process').spawn('sleep', ['60']).unref()")
  t.equal(source.mayHandOn(child), true, 'it has a child')
  const waited = await listening("require('child_process').execFileSync('true')")
  t.equal(source.mayHandOn(waited), true, 'it has had one')
  t.equal(source.mayHandOn({ ...waited, start_time: 1 }), true, 'of another process nothing is known')
  source.close()
})

t.test('sockets in other network namespaces', { skip: notRoot }, async t => {
  const code = `const s = require('net').createServer().listen(0, '0.0.0.0', () => console.log(s.address().port))`
  const child = spawn('unshare', ['--net', process.execPath, '-e', code], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const all = new Source({ netns: 'all' })
  const record = scan(all).find(({ local_port, pid }) => local_port === Number(line) && pid === child.pid)
  t.ok(record, 'found inside')
  t.not(record?.netns, all.netns)
  const own = new Source({ netns: 'own' })
  t.notOk(scan(own).find(({ pid }) => pid === child.pid))
  t.match(scan(own), [], 'and this thread is back where it was')
  child.kill('SIGKILL')
  await once(child, 'exit')
  await new Promise(resolve => setTimeout(resolve, 600))
  t.match(
    scan(all).find(({ pid }) => pid === child.pid),
    { event: 'close' },
    'the namespace is gone',
  )
  all.close()
  own.close()
})
