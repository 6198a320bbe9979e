// Whose bytes they are where sockets are not simply their creator's: activation, pre-forked servers, threads, cgroups, and events
// that were lost. Needs what test/live/ebpf.test.ts needs.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { probeEbpf } from '../../src/attribute/linux/ebpf-probe.ts'
import { EVENT_BUFFER, event } from '../../src/attribute/linux/ebpf-layout.ts'
import { cgroup2Mounts } from '../../src/native/linux/bpf/cgroup-root.ts'
import { records } from '../support/command.ts'
import { Monitor, inNamespace, sleep } from '../support/ebpf-monitor.ts'
import { inNamespace as inNetworkNamespace } from '../support/namespace.ts'

const probe = process.platform === 'linux' ? probeEbpf() : { ok: false as const, reason: 'not Linux' }
const skip = probe.ok ? false : probe.reason

/**
 * Listens, and starts programs that get the socket as descriptor 3, as init systems do; `sleep` keeps it and accepts nothing. Its
 * own traffic is that of a client: one connection for each service, of which each accepts one. Prints the pids, and which port
 * of the client's each service served.
 */
const activator = (services: number): string => `
  const { spawn } = require('node:child_process'), net = require('node:net')
  const service = \`
    if (Number(process.env.LISTEN_PID) !== process.pid || process.env.LISTEN_FDS !== '1') process.exit(1)
    const server = require('node:net').createServer(c => {
      const { remotePort } = c
      server.close()
      c.once('data', data => c.end(Buffer.alloc(Number(data))))
      c.on('close', () => console.log(remotePort))
    }).listen({ fd: 3 }, () => console.log('up'))\`
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const { fd } = server._handle, { port } = server.address()
    const holder = spawn('sleep', ['3600'], { stdio: ['ignore', 'ignore', 'ignore', fd] })
    const started = Array.from({ length: ${services} }, () => spawn('sh',
      ['-c', 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" -e "$1"', process.execPath, service],
      { stdio: ['ignore', 'pipe', 'inherit', fd] }))
    server.close()
    const line = child => new Promise(resolve => child.stdout.once('data', text => resolve(text.toString().trim())))
    const talk = size => new Promise(resolve =>
      net.connect(port, '127.0.0.1', function () { this.write(String(size)) }).resume().on('close', resolve))
    Promise.all(started.map(line)).then(async () => {
      const served = started.map(line)
      for (let i = 1; i <= ${services}; i++) await talk(i * 20000)
      const ports = await Promise.all(served)
      console.log(JSON.stringify({ holder: holder.pid, services: started.map(({ pid }, i) => ({ pid, port: Number(ports[i]) })) }))
      holder.kill()
    })
  })`

interface Activated {
  readonly holder: number
  readonly services: readonly { readonly pid: number; readonly port: number }[]
}

for (const [services, what] of [
  [1, 'a service that is activated by its socket has its bytes'],
  [3, 'of pre-forked servers on one socket each has the bytes of the connections that it accepts'],
] as const) {
  t.test(what, { skip }, async t => {
    const monitor = new Monitor(t)
    const child = inNamespace(t, activator(services))
    const { holder, services: started } = JSON.parse(await child.text) as Activated
    monitor.collect()
    monitor.collect(true)
    t.equal(new Set(started.map(({ port }) => port)).size, services)
    for (const { pid, port } of started) {
      // Loopback: what one end sends the other receives, the handshake included.
      const client = monitor.of(child.pid as number).filter(({ local_port }) => local_port === port)
      const sum = (field: 'rx_bytes' | 'tx_bytes') =>
        client.reduce((total, record) => total + (record[field] ?? 0), 0)
      t.ok(sum('rx_bytes') > 20_000)
      t.equal(monitor.sum(pid, 'tx_bytes'), sum('rx_bytes'))
      t.equal(monitor.sum(pid, 'rx_bytes'), sum('tx_bytes'))
      t.match(monitor.of(pid)[0], { proto: 'tcp', process: 'node', attribution: 'kernel' })
    }
    t.strictSame(monitor.of(holder), [], 'who holds the socket moved nothing')
  })
}

t.test("what a thread accepts is its process's, under the process's name", { skip }, async t => {
  const monitor = new Monitor(t)
  const child = inNamespace(
    t,
    `const { Worker } = require('node:worker_threads'), { fork } = require('node:child_process')
    const worker = new Worker(\`
      require('node:fs').writeFileSync('/proc/thread-self/comm', 'acceptor')
      const { parentPort } = require('node:worker_threads')
      const server = require('node:net').createServer(c => { c.resume().end(Buffer.alloc(70000)); server.close() })
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))\`, { eval: true })
    worker.on('message', port => {
      const client = require('node:child_process').spawn(process.execPath,
        ['-e', "require('node:net').connect(+process.argv[1], '127.0.0.1', function () { this.resume().end('hello') })", port])
      console.log(client.pid)
    })`,
  )
  const client = Number(await child.text)
  monitor.collect()
  monitor.collect(true)
  const pid = child.pid as number
  t.ok(monitor.sum(pid, 'tx_bytes') > 70_000)
  t.equal(monitor.sum(pid, 'tx_bytes'), monitor.sum(client, 'rx_bytes'))
  t.equal(monitor.sum(pid, 'rx_bytes'), monitor.sum(client, 'tx_bytes'))
  t.strictSame([...new Set(monitor.of(pid).map(record => record.process))], ['node'])
})

t.test('events that find no room are counted, and their sockets looked up', { skip }, async t => {
  const monitor = new Monitor(t)
  const dir = t.testdir()
  // 5 bytes to a port of the child's own socket, so that nothing answers.
  const child = inNamespace(
    t,
    `const { existsSync, writeFileSync } = require('node:fs'), { createSocket } = require('node:dgram')
    const sink = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const { port } = sink.address()
      const send = (socket, count, then) => count === 0 ? then() :
        socket.send('hello', port, '127.0.0.1', () => send(socket, count - 1, then))
      const before = createSocket('udp4')
      send(before, 10, () => {
        console.log(port)
        const waiting = setInterval(() => {
          if (!existsSync('${join(dir, 'go')}')) return
          clearInterval(waiting)
          before.close()
          const during = createSocket('udp4')
          send(during, 50, () => writeFileSync('${join(dir, 'done')}', ''))
        }, 5)
      })
    })
    process.stdin.resume().on('end', () => process.exit())`,
  )
  const [text] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const port = Number(text)
  const pid = child.pid as number
  monitor.collect()
  t.equal(monitor.sum(pid, 'tx_bytes'), 10 * 33)
  // Nobody reads meanwhile: this process waits for programs of its own.
  const events = EVENT_BUFFER / (event.size + 8)
  const flood = `let left = ${Math.ceil(events)}
    const next = () => left-- > 0 && require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', function () { this.close(next) })
    next()`
  t.equal(spawnSync(process.execPath, ['-e', flood]).status, 0)
  const wait = `touch ${join(dir, 'go')}; until [ -e ${join(dir, 'done')} ]; do sleep 0.02; done`
  t.equal(spawnSync('sh', ['-c', wait]).status, 0)
  monitor.collect()
  const [lost] = monitor.source.degraded.filter(reason => reason.includes('events of sockets found no room'))
  t.ok(parseInt(lost ?? '') > 0, String(lost))
  t.equal(monitor.sum(pid, 'tx_bytes'), 60 * 33, 'of both sockets, the one whose making was lost included')
  const sent = monitor.of(pid).filter(record => record.remote_port === port && (record.tx_packets ?? 0) > 0)
  t.strictSame([...new Set(sent.map(record => record.attribution))].sort(), ['kernel', 'socket'])
  // Its closing was lost as well: its entry is freed, all the same.
  const { cookie } = sent.find(record => record.attribution === 'kernel') ?? {}
  const isClosed = () => monitor.records.some(record => record.cookie === cookie && record.event === 'close')
  for (let i = 0; i < 100 && !isClosed(); i++) {
    await sleep(100)
    monitor.collect()
  }
  t.ok(isClosed())
  // From then on events come again.
  const next = inNamespace(
    t,
    `require('node:dgram').createSocket('udp4').send('hello', 9, '127.0.0.1', () => process.exit())`,
  )
  await next.text
  monitor.collect(true)
  t.match(
    monitor.of(next.pid as number).filter(({ tx_bytes }) => (tx_bytes ?? 0) > 0),
    [{ tx_bytes: 33, attribution: 'kernel', process: 'node' }],
  )
  child.stdin?.end()
  await child.text
})

const [hierarchy] =
  process.platform === 'linux' ? cgroup2Mounts(readFileSync('/proc/self/mountinfo', 'utf8')) : []

t.test(
  'processes and sockets have the unit or container that their cgroup tells of',
  { skip: skip || (hierarchy === undefined && 'cgroup2 is not mounted') },
  async t => {
    const slice = join(hierarchy as string, `netoproc-${process.pid}.slice`)
    const id = '0123456789ab'.repeat(6).slice(0, 64)
    const groups = { 'netoproc.service': 'netoproc.service', [`docker-${id}.scope`]: 'docker-0123456789ab' }
    mkdirSync(slice)
    t.teardown(() => rmdirSync(slice))
    for (const [directory, name] of Object.entries(groups)) {
      const path = join(slice, directory)
      mkdirSync(path)
      t.teardown(() => rmdirSync(path))
      const monitor = new Monitor(t)
      // It joins before it becomes the program that has the socket.
      const script = `echo $$ > "$0/cgroup.procs" && exec unshare --net sh -c 'ip link set lo up; exec "$0" -e "$1"' "$1" "$2"`
      const child = spawn('sh', [
        '-c',
        script,
        path,
        process.execPath,
        `require('node:dgram').createSocket('udp4').send('hello', 9, '127.0.0.1'); process.stdin.resume()`,
      ])
      t.teardown(() => child.kill('SIGKILL'))
      while (monitor.sum(child.pid as number, 'tx_bytes') < 33) {
        await sleep(20)
        monitor.collect()
      }
      t.match(monitor.of(child.pid as number)[0], { pid: child.pid, cgroup: name, process: 'node' })
      child.kill('SIGKILL')
      await once(child, 'close')
    }
    const path = join(slice, 'netoproc.service')
    const dir = t.testdir()
    const { out, err } = await inNetworkNamespace(`
      (netoproc --capture-mode ebpf --netns own --format ndjson) > ${dir}/out & RUN=$!
      until [ -s ${dir}/out ]; do sleep 0.02; done
      bash -c 'echo $$ > ${path}/cgroup.procs; echo $$; until [ -e ${dir}/stop ]; do echo hello > /dev/udp/127.0.0.1/9; sleep 0.2; done' & SENDER=$!
      until grep -q '"type":"process".*"cgroup":"netoproc.service"' ${dir}/out; do kill -0 $RUN || break; sleep 0.1; done
      touch ${dir}/stop; wait $SENDER; kill -INT $RUN; wait $RUN; cat ${dir}/out`)
    const pid = parseInt(out)
    const process_ = records(out.slice(out.indexOf('{'))).find(
      record => record.type === 'process' && record.pid === pid,
    )
    t.match(process_, { cgroup: 'netoproc.service', process: 'bash' }, err)
  },
)
