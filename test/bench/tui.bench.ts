// Is the screen quick and light? First frame after the start (target: 500 ms, median of 5), a frame of 5,000 connections
// (16 ms), processor time at one interval a second with 500 processes (3 % of a core), bytes per frame, and memory with
// 5,000 connections (120 MB). Whole commands run on a pseudo-terminal that script(1) makes.

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import process from 'node:process'
import type { NetoprocRecord } from '../../src/record/generated/types.ts'
import { drawFrame } from '../../src/render/tui/frame.ts'
import { Model } from '../../src/render/tui/model.ts'
import { Painter } from '../../src/render/tui/painter.ts'
import { initialState, viewNames } from '../../src/render/tui/ui-state.ts'
import { root } from '../support/command.ts'
import { START, connectionRecord, intervalRecord, processRecord } from '../support/tui-rig.ts'

const CONNECTIONS = 5000
const SIZE = { width: 200, height: 60 }
const golden = `${root}/test/golden`
const demo = `--read ${golden}/demo.pcapng --sockets ${golden}/demo.sockets.ndjson --local 192.0.2.7`

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

function* second(at: number, processes: number, connections: number): Generator<NetoprocRecord> {
  const rate = (i: number) => 1000 + ((i * 7919 + at * 104729) % 100_000)
  for (let i = 0; i < processes; i++) yield processRecord(at, i + 1, `process-${i}`, rate(i), rate(i) / 7)
  for (let i = 0; i < connections; i++)
    yield connectionRecord(
      at,
      (i % processes) + 1,
      `process-${i % processes}`,
      10_000 + i,
      rate(i),
      rate(i) / 7,
      {
        remote_name: `host-${i % 300}.example.org`,
      },
    )
  yield intervalRecord(at)
}

/** On a pseudo-terminal of 200x60. */
function onTerminal(command: string) {
  const line = `stty cols ${SIZE.width} rows ${SIZE.height}; exec ${command}`
  const child = spawn('script', ['-qfec', line, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  return child
}

async function firstFrame(command: string, sign: string): Promise<number> {
  const before = performance.now()
  const child = onTerminal(command)
  let text = ''
  const ms = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', () => reject(new Error(`${command} ended without a frame: ${text}`)))
    child.stdout.on('data', bytes => {
      text += String(bytes)
      if (text.includes(sign)) resolve(performance.now() - before)
    })
  })
  child.removeAllListeners('exit')
  const ended = new Promise(resolve => child.on('exit', resolve))
  child.stdin.write('q')
  await ended
  return ms
}

const isRoot = process.getuid?.() === 0
const hasNethogs = isRoot && spawnSync('nethogs', ['-V']).error === undefined
const netoproc = `${process.execPath} ${root}/bin/netoproc.js`
for (const [what, command, sign] of [
  ['a recording', `${netoproc} ${demo}`, 'LAST 60 s'],
  ...(isRoot ? [['the network', `${netoproc} -i lo`, 'LAST 60 s'] as const] : []),
  ...(hasNethogs ? [['nethogs, beside it', 'nethogs -a -d 1 lo', 'TOTAL'] as const] : []),
] as const) {
  const times: number[] = []
  for (let i = 0; i < 5; i++) times.push(await firstFrame(command, sign))
  console.log(
    `first frame of ${what}: median ${median(times).toFixed(0)} ms of ${times.map(ms => ms.toFixed(0)).join(' ')}`,
  )
}

for (const view of viewNames) {
  const model = new Model()
  const painter = new Painter('256')
  const state = { ...initialState({}), view, expanded: new Set([`1 ${START - 100}`]) }
  const frames: number[] = []
  /** On a machine that has other work, the wall clock counts that as well. */
  const cpu: number[] = []
  const bytes: number[] = []
  for (let at = 1; at <= 60; at++) {
    for (const record of second(at, 500, CONNECTIONS)) model.add(record)
    const before = performance.now()
    const used = process.cpuUsage()
    const text = painter.paint(drawFrame(model, state, SIZE, false).grid)
    const { user, system } = process.cpuUsage(used)
    cpu.push((user + system) / 1000)
    frames.push(performance.now() - before)
    bytes.push(Buffer.byteLength(text))
  }
  console.log(
    `${view}, 500 processes, ${CONNECTIONS} connections, 200x60: frame median ${median(frames).toFixed(2)} ms (${median(cpu).toFixed(2)} of processor), longest ${Math.max(...frames).toFixed(2)} ms; median ${median(bytes)} bytes, most ${Math.max(...bytes)}`,
  )
}

/** Of the process that script(1) runs. */
function childOf(pid: number): number {
  for (const name of readdirSync('/proc').filter(each => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid) return Number(name)
    } catch {
      // It has ended between the two looks.
    }
  }
  throw new Error('no such process')
}

/** Runs netoproc-render on a terminal for some seconds of records, and looks at what it took. */
async function rendered(processes: number, connections: number, seconds: number) {
  // script(1) has the terminal as input: the records come by descriptor 3.
  const child = spawn(
    'bash',
    [
      '-c',
      `exec 3<&0; script -qfec "stty cols ${SIZE.width} rows ${SIZE.height}; exec ${process.execPath} ${root}/bin/netoproc-render.js <&3" /dev/null </dev/null`,
    ],
    { env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8' }, stdio: ['pipe', 'pipe', 'inherit'] },
  )
  let written = 0
  const isShown = new Promise<void>(resolve =>
    child.stdout.on('data', (bytes: Buffer) => {
      written += bytes.length
      if (bytes.includes('process-')) resolve()
    }),
  )
  const send = (at: number) =>
    child.stdin.write(
      [...second(at, processes, connections)].map(record => `${JSON.stringify(record)}\n`).join(''),
    )
  send(1)
  await isShown
  const pid = childOf(childOf(child.pid as number))
  const ticks = () => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  }
  for (let at = 2; at < 5; at++) {
    send(at)
    await pause(1000)
  }
  const [before, bytesBefore, started] = [ticks(), written, performance.now()]
  for (let at = 5; at < 5 + seconds; at++) {
    send(at)
    await pause(1000)
  }
  const elapsed = (performance.now() - started) / 1000
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const result = {
    // USER_HZ is 100 on Linux.
    cpu: (ticks() - before) / elapsed,
    rss: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
    peak: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024,
    bytes: (written - bytesBefore) / elapsed,
  }
  process.kill(pid, 'SIGTERM')
  await new Promise(resolve => child.on('close', resolve))
  return result
}

for (const [processes, connections] of [
  [500, 0],
  [500, 500],
  [500, CONNECTIONS],
] as const) {
  const { cpu, rss, peak, bytes } = await rendered(processes, connections, 20)
  console.log(
    `netoproc-render at 1 Hz, ${processes} processes, ${connections} connections, 200x60: ${cpu.toFixed(1)} % of a core, ${rss.toFixed(0)} MB (peak ${peak.toFixed(0)}), ${bytes.toFixed(0)} bytes/s`,
  )
}
