// What does it cost to look at the sockets of a large host? 10,000 sockets in 10 processes, and --processes=N more that hold
// none: milliseconds of CPU for the first look, for one when nothing has changed, and for finding the owner of one new
// socket; beside `ss -tuanp`, which looks at all of it each time.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import process from 'node:process'
import { SockDiagSource } from '../../src/attribute/linux/sock-diag-source.ts'
import type { SocketRecord } from '../../src/record/generated/types.ts'

const HOLDERS = 10
const EACH = 1000
const idle = Number(/^--processes=(\d+)$/.exec(process.argv[2] ?? '')?.[1] ?? 2000)
const children: ChildProcess[] = []
const holder = `
  const { createSocket } = require('dgram')
  let left = ${EACH}
  const one = () => createSocket('udp4').bind(0, '127.0.0.1', () => --left === 0 ? console.log('up') : one())
  one()`

function cpuMs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

try {
  for (let i = 0; i < HOLDERS; i++) {
    const child = spawn(process.execPath, ['-e', holder], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    await once(child.stdout, 'data')
  }
  const sleepers = spawn('sh', ['-c', `for i in $(seq ${idle}); do sleep 600 & done; echo up; wait`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  children.push(sleepers)
  await once(sleepers.stdout, 'data')

  const source = new SockDiagSource({ netns: 'own', watch: false })
  const found: SocketRecord[] = []
  const sink = { socket: (record: SocketRecord) => void found.push(record) }
  const look = () => source.scan(sink, Date.now() * 1000)
  const first = cpuMs(look)
  const total = found.length
  const named = found.filter(({ pid }) => pid !== null).length
  for (let i = 0; i < 5; i++) look()
  const LOOKS = 20
  found.length = 0
  const again = cpuMs(() => {
    for (let i = 0; i < LOOKS; i++) look()
  })
  let one = Infinity
  for (let i = 0; i < 5; i++) {
    const socket = createSocket('udp4').bind(0)
    await once(socket, 'listening')
    const tuple = {
      protocol: 17,
      isV6: false,
      local: new Uint32Array([0, 0, 0xffff, 0x7f000001]),
      localPort: socket.address().port,
      remote: new Uint32Array([0, 0, 0xffff, 0x7f000001]),
      remotePort: 9,
      isForMany: false,
      iface: undefined,
    }
    let spent = 0
    for (let tries = 0; found.at(-1)?.pid !== process.pid; tries++) {
      if (tries > 100) throw new Error('the owner of the new socket was not found')
      if (tries > 0) await new Promise(resolve => setTimeout(resolve, 50))
      spent += cpuMs(() => source.find(tuple, sink, Date.now() * 1000))
    }
    found.length = 0
    one = Math.min(one, spent)
    socket.close()
  }
  source.close()
  console.log(`${total} sockets, ${named} of them named; ${idle} more processes; Node ${process.version}`)
  console.log(`first look            ${first.toFixed(1)} ms CPU`)
  console.log(`nothing has changed   ${(again / LOOKS).toFixed(1)} ms CPU`)
  console.log(`one new socket        ${one.toFixed(1)} ms CPU (find)`)
  const ss = spawnSync('bash', ['-c', 'TIMEFORMAT="%U %S"; time ss -tuanpH >/dev/null'], { encoding: 'utf8' })
  const [user, system] = ss.stderr.trim().split(' ').map(Number) as [number, number]
  console.log(`ss -tuanp             ${((user + system) * 1000).toFixed(0)} ms CPU`)
} finally {
  for (const child of children) {
    if (child.pid !== undefined && child.spawnfile === 'sh') process.kill(-child.pid, 'SIGKILL')
    else child.kill('SIGKILL')
  }
}
