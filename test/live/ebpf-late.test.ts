// Whose bytes they are when netoproc does not run for a while, as on a machine that has more to do than it can: events that
// are read long after they happened, or that have found no room. Its owner's, or nobody's. Needs what test/live/ebpf.test.ts needs.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { probeEbpf } from '../../src/attribute/linux/ebpf-probe.ts'
import { EVENT_BUFFER, event } from '../../src/attribute/linux/ebpf-layout.ts'
import type { SocketRecord } from '../../src/record/generated/types.ts'
import { Monitor, inNamespace } from '../support/ebpf-monitor.ts'

const probe = process.platform === 'linux' ? probeEbpf() : { ok: false as const, reason: 'not Linux' }
const skip = probe.ok ? false : probe.reason

/**
 * A socket that a process has used before it leaves it to a child of its own; each sends when a file of its name is there, and
 * makes another one when it has.
 */
interface Heirs {
  readonly parent: number
  readonly child: number
  /** Has one of them send, without reading events meanwhile. */
  readonly send: (who: 'parent' | 'child') => void
}

const PARENT = 7000
const CHILD = 50_000
const FIRST = 1000

async function heirs(t: Test, kind: 'tcp' | 'udp'): Promise<Heirs> {
  const dir = t.testdir()
  // In datagrams, or in one piece.
  const common = `
    const { existsSync, writeFileSync } = require('node:fs'), { createSocket } = require('node:dgram'), net = require('node:net')
    const when = (name, then) => { const timer = setInterval(() => {
      if (existsSync('${dir}/' + name)) { clearInterval(timer); then(() => writeFileSync('${dir}/' + name + '-done', '')) } }, 2) }
    const send = (socket, size, port, then) => '${kind}' === 'tcp' ? socket.write(Buffer.alloc(size), then) :
      size <= 0 ? then() : socket.send(Buffer.alloc(972), port, '127.0.0.1', () => send(socket, size - 1000, port, then))`
  const child = `${common}
    const port = +process.argv[1]
    process.stdin.resume().on('end', () => process.exit())
    const ready = socket => { console.log('up'); when('child', done => send(socket, ${CHILD}, port, done)) }
    if ('${kind}' === 'tcp') ready(new net.Socket({ fd: 3, readable: false, writable: true }))
    else { const socket = createSocket('udp4'); socket.bind({ fd: 3 }, () => ready(socket)) }`
  const parent = `${common}
    // Of a datagram socket there is no other way to its descriptor.
    process.noDeprecation = true
    const begin = (socket, port) => send(socket, ${FIRST}, port, () => {
      const heir = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}, port],
        { stdio: ['pipe', 'pipe', 'inherit', '${kind}' === 'tcp' ? socket : socket._handle.fd] })
      heir.stdout.once('data', () => console.log(JSON.stringify({ child: heir.pid })))
      when('parent', done => send(socket, ${PARENT}, port, done))
      process.stdin.resume().on('end', () => { heir.kill(); process.exit() })
    })
    if ('${kind}' === 'tcp') {
      const server = net.createServer(c => c.resume()).listen(0, '127.0.0.1', () => {
        const { port } = server.address()
        const socket = net.connect(port, '127.0.0.1', () => begin(socket, port))
      })
    } else {
      const sink = createSocket('udp4').bind(0, '127.0.0.1', () => {
        const socket = createSocket('udp4').bind(0, '127.0.0.1', () => begin(socket, sink.address().port))
      })
    }`
  const process_ = inNamespace(t, parent)
  const [text] = (await once(process_.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const { child: pid } = JSON.parse(text.toString()) as { child: number }
  return {
    parent: process_.pid as number,
    child: pid,
    send: who => {
      const file = join(dir, who)
      const { status } = spawnSync('sh', [
        '-c',
        `touch ${file}; until [ -e ${file}-done ]; do sleep 0.01; done`,
      ])
      t.equal(status, 0)
    },
  }
}

/** As much as the ring buffer holds, from a process that nobody asks for. */
function fillEvents(): void {
  const events = EVENT_BUFFER / (event.size + 8)
  const flood = `let left = ${Math.ceil(events)}
    const next = () => left-- > 0 && require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', function () { this.close(next) })
    next()`
  spawnSync(process.execPath, ['-e', flood])
}

/** Headers of a connection's packets, acknowledgements for the other end included. */
const near = (payload: number) => [payload, payload * 1.1 + 3000] as const

function within(t: Test, value: number, [least, most]: readonly [number, number], what: string): void {
  t.ok(value >= least && value <= most, `${what}: ${value} is from ${least} to ${most}`)
}

/** What nobody was named for, by the ends that the owner's own records have. */
function unknownTx(monitor: Monitor): number {
  return monitor.records
    .filter(({ pid, reason }) => pid === null && reason === 'ambiguous')
    .reduce((sum, record) => sum + (record.tx_bytes ?? 0), 0)
}

t.test('a connection that changes hands while its counters are read', { skip }, async t => {
  const monitor = new Monitor(t)
  const { parent, child, send } = await heirs(t, 'tcp')
  monitor.collect()
  const before = monitor.sum(parent, 'tx_bytes')
  // The events have been read, the counters not yet, and netoproc has to wait its turn.
  const { flows } = (
    monitor.source as unknown as { kernel: { flows: { forEach(...of: unknown[]): number } } }
  ).kernel
  const forEach = flows.forEach.bind(flows)
  flows.forEach = (...of) => {
    flows.forEach = forEach
    send('child')
    return forEach(...of)
  }
  monitor.collect()
  monitor.collect(true)
  within(t, monitor.sum(child, 'tx_bytes'), near(CHILD), 'of the child')
  t.equal(monitor.sum(parent, 'tx_bytes') - before < CHILD / 10, true, 'not the parent')
})

t.test(
  'a datagram socket that changes hands long before that is read: nobody can be named',
  { skip },
  async t => {
    const monitor = new Monitor(t)
    const { parent, child, send } = await heirs(t, 'udp')
    monitor.collect()
    t.equal(monitor.sum(parent, 'tx_bytes'), FIRST)
    send('child')
    spawnSync('sleep', ['0.1'])
    monitor.collect()
    t.equal(monitor.sum(parent, 'tx_bytes'), FIRST, 'no more than it has sent')
    t.equal(monitor.sum(child, 'tx_bytes') + unknownTx(monitor), CHILD, 'nothing is lost')
  },
)

for (const kind of ['tcp', 'udp'] as const) {
  t.test(`${kind}: the event of a change of hands finds no room`, { skip }, async t => {
    const monitor = new Monitor(t)
    const { parent, child, send } = await heirs(t, kind)
    monitor.collect()
    const before = monitor.sum(parent, 'tx_bytes')
    fillEvents()
    send('child')
    monitor.collect()
    monitor.collect()
    // It acknowledges what it has been sent.
    t.ok(monitor.sum(parent, 'tx_bytes') - before < FIRST, 'what the child has sent is not the parent’s')
    within(t, monitor.sum(child, 'tx_bytes') + unknownTx(monitor), near(CHILD), 'of the child, or nobody’s')
    t.match(monitor.source.degraded.join('\n'), 'events of sockets found no room')
    // Who uses it next is told again.
    const unknown = unknownTx(monitor)
    send('parent')
    monitor.collect()
    monitor.collect(true)
    if (kind === 'tcp') {
      within(
        t,
        monitor.sum(parent, 'tx_bytes') - before,
        near(PARENT),
        'of the parent, when it uses it again',
      )
      t.equal(unknownTx(monitor), unknown)
    } else {
      t.equal(monitor.sum(parent, 'tx_bytes') - before + unknownTx(monitor) - unknown, PARENT)
    }
  })
}

t.test('for a capture: what was closed while events were lost names nobody any more', { skip }, async t => {
  const monitor = new Monitor(t)
  const dir = t.testdir()
  const child = inNamespace(
    t,
    `const { existsSync, writeFileSync } = require('node:fs')
    const socket = require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', () => {
      socket.send('hello', 9, '127.0.0.1', () => console.log(socket.address().port))
      const timer = setInterval(() => existsSync('${join(dir, 'close')}') && socket.close(() => {
        clearInterval(timer)
        writeFileSync('${join(dir, 'closed')}', '')
      }), 2)
    })
    process.stdin.resume().on('end', () => process.exit())`,
  )
  const [text] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const port = Number(text)
  const told: { event: string; ts: number; exactUs: number | undefined }[] = []
  const sink = {
    socket: ({ pid, local_port, event, ts }: SocketRecord, exactUs?: number) => {
      if (pid === child.pid && local_port === port) told.push({ event, ts, exactUs })
    },
  }
  const now = () => Date.now() * 1000
  monitor.source.scan(sink, now())
  monitor.source.poll(sink, now())
  t.ok(told.length > 0)
  t.notOk(told.some(({ event }) => event === 'close'))
  const readUs = now()
  monitor.source.poll(sink, readUs)
  fillEvents()
  spawnSync('sh', [
    '-c',
    `touch ${dir}/close; timeout 20 sh -c 'until [ -e ${dir}/closed ]; do sleep 0.01; done'`,
  ])
  const closedUs = now()
  monitor.source.tellClosed(sink, now())
  const closes = told.filter(({ event }) => event === 'close')
  t.ok(closes.length > 0, 'before any packet that came later is looked at')
  // Somewhen since the events were last read: no packet from then on is surely its.
  t.ok(
    closes.some(({ exactUs }) => exactUs !== undefined && exactUs <= closedUs && exactUs <= readUs),
    JSON.stringify(closes),
  )
  t.match(monitor.source.degraded.join('\n'), 'events of sockets found no room')
  child.stdin?.end()
})
