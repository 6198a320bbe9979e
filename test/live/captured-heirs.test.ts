// Whose captured packets are when a process hands its socket to another one: the parent's until then, the child's from then on.
// Needs what test/live/ebpf.test.ts needs: without eBPF nothing tells when that was.

import { join } from 'node:path'
import t from 'tap'
import { probeEbpf } from '../../src/attribute/linux/ebpf-probe.ts'
import { inNamespace, missing, noNamespace } from '../support/namespace.ts'

const probe = process.platform === 'linux' ? probeEbpf() : { ok: false as const, reason: 'not Linux' }
const skip = (probe.ok ? false : probe.reason) || noNamespace() || missing('ip')

const PAYLOAD = 1000
const OF_PARENT = 15
const OF_CHILD = 60
const HEADERS = { tcp: 52, udp: 28 }

/** A client that sends, hands its connected socket on, and sends no more; who has it now sends the rest. */
const sender = (kind: 'tcp' | 'udp'): string => {
  const child = `
    const { readSync, writeSync } = require('node:fs')
    const read = () => { try { readSync(3, Buffer.alloc(100)) } catch { return setTimeout(read, 2) } send(${OF_CHILD}) }
    const send = left => left > 0 && setTimeout(() => { writeSync(3, Buffer.alloc(${PAYLOAD})); send(left - 1) }, 3)
    ${kind === 'tcp' ? `send(${OF_CHILD})` : 'read()'}`
  const begin = `
    const send = (left, then) => left === 0 ? then() : socket.${kind === 'tcp' ? 'write' : 'send'}(Buffer.alloc(${PAYLOAD}),
      () => setTimeout(send, 3, left - 1, then))
    send(${OF_PARENT}, () => {
      const stdio = ['ignore', 'inherit', 'inherit', ${kind === 'tcp' ? 'socket' : 'socket._handle.fd'}]
      const heir = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio })
      heir.on('exit', () => { console.log(JSON.stringify({ parent: process.pid, child: heir.pid })); process.exit() })
    })`
  return kind === 'tcp'
    ? `const socket = require('node:net').connect(7001, '127.0.0.1', () => { ${begin} })`
    : // It leaves the answer for its heir.
      `process.noDeprecation = true
       const socket = require('node:dgram').createSocket('udp4')
       socket.connect(7002, '127.0.0.1', () => { socket._handle.recvStop(); ${begin} })`
}

const sink = `
  let isAnswered = false
  const udp = require('node:dgram').createSocket('udp4').bind(7002, '127.0.0.1', () => console.log('up'))
  udp.on('message', (_, { port }) => { if (!isAnswered) udp.send('ok', port, '127.0.0.1'); isAnswered = true })
  require('node:net').createServer(c => c.resume().on('error', () => {})).listen(7001, '127.0.0.1', () => console.log('up'))`

const commands = {
  'netoproc --capture-mode afpacket': `(netoproc --capture-mode afpacket --duration 3600 --interface lo --netns own --format json) > $DIR/result & RUN=$!`,
  'netoproc-capture | netoproc-attribute': `
    mkfifo $DIR/packets $DIR/owners $DIR/totals
    (netoproc-capture --interface lo) > $DIR/packets & RUN=$!
    (netoproc-attribute) < $DIR/packets > $DIR/owners &
    (netoproc-aggregate --total) < $DIR/owners > $DIR/totals &
    (netoproc-render --format json) < $DIR/totals > $DIR/result & LAST=$!`,
} as const

for (const [command, start] of Object.entries(commands)) {
  for (const kind of ['tcp', 'udp'] as const) {
    t.test(`${command}: a connected ${kind} socket that a child inherits`, { skip }, async t => {
      const dir = t.testdir()
      const { code, out, err } = await inNamespace(`
        DIR=${dir}
        : > $DIR/sink
        ${process.execPath} -e '${sink.replaceAll("'", `'\\''`)}' > $DIR/sink & SINK=$!
        trap 'kill $SINK' EXIT
        until [ "$(grep -c up $DIR/sink)" = 2 ]; do sleep 0.02; done
        ${start}
        capturing; sleep 0.5
        ${process.execPath} -e '${sender(kind).replaceAll("'", `'\\''`)}'
        sleep 0.3; kill -INT $RUN; wait $RUN; [ -z "$LAST" ] || wait $LAST
        cat ${join(dir, 'result')}`)
      t.equal(code, 0, err)
      const { parent, child } = JSON.parse(out.slice(0, out.indexOf('\n'))) as {
        parent: number
        child: number
      }
      const rows = JSON.parse(out.slice(out.indexOf('\n'))) as { pid: number | null; tx_bytes: number }[]
      const sent = (pid: number | null) => rows.find(row => row.pid === pid)?.tx_bytes ?? 0
      const ofParent = OF_PARENT * (PAYLOAD + HEADERS[kind])
      const ofChild = OF_CHILD * (PAYLOAD + HEADERS[kind])
      const seen = JSON.stringify({ ofParent, ofChild, rows, err })
      // The handshake, and the end of the connection.
      const more = kind === 'tcp' ? 400 : 0
      t.ok(sent(parent) <= ofParent + more, `no more than it has sent: ${seen}`)
      t.ok(sent(child) <= ofChild + more, `no more than it has sent: ${seen}`)
      // A few milliseconds around the change.
      t.ok(sent(parent) >= ofParent * 0.7, `what the parent has sent is its: ${seen}`)
      t.ok(sent(child) >= ofChild * 0.8, `what the child has sent is its: ${seen}`)
      t.ok(sent(parent) + sent(child) + sent(null) >= ofParent + ofChild, `nothing is lost: ${seen}`)
    })
  }
}
