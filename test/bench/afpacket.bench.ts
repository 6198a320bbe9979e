// How long does it take to read a packet from the ring? Blocks as the kernel writes them, in memory, into a sink that reads
// the fields and adds them up; against reading the same fields through a DataView, the obvious way. Then, as root and with
// the rig's generator beside the checkout, live: CPU seconds per million packets, against tcpdump -w in the same run.

import { spawn, spawnSync, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BlockReader } from '../../src/capture/linux/block-reader.ts'
import { AfPacketSource } from '../../src/capture/linux/afpacket-source.ts'
import type { Frame, FrameSink } from '../../src/capture/port.ts'
import { FlowTable } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { syntheticRing } from '../support/synthetic-ring.ts'

class Sum implements FrameSink {
  total = 0
  frames = 0
  frame(frame: Frame): void {
    this.frames++
    this.total += frame.tsUs + frame.wireLength + (frame.bytes[frame.offset + 12] as number) + frame.iface
  }
  endOfBlock(): void {}
  warn(message: string): void {
    console.error(message)
  }
}

function bestOf(rounds: number, run: () => number): number {
  let best = Infinity
  for (let i = 0; i < rounds; i++) best = Math.min(best, run())
  return best
}

const BLOCKS = 64
const ring = syntheticRing(BLOCKS, 256 * 1024)
const packets = ring.packets * BLOCKS
const state = {
  id: 3,
  name: 'eth0',
  mtu: 1500,
  isShownElsewhere: false,
  tagsShownElsewhere: undefined,
  sendersShownElsewhere: [],
  sessionsShownElsewhere: undefined,
}
const reader = new BlockReader(ring, { get: () => state, refresh: () => false }, { virtioHeader: true })
const sum = new Sum()
const ours = bestOf(30, () => {
  const start = process.hrtime.bigint()
  for (let block = 0; block < BLOCKS; block++) reader.read(block, sum)
  return Number(process.hrtime.bigint() - start) / packets
})
console.log(`block reader: ${ours.toFixed(1)} ns/packet (${packets} packets, Node ${process.version})`)

const view = new DataView(ring.bytes.buffer)
let plainTotal = 0
const plain = bestOf(30, () => {
  const start = process.hrtime.bigint()
  for (let block = 0; block < BLOCKS; block++) {
    const base = block * ring.blockSize
    let at = base + view.getUint32(base + 16, true)
    for (let left = view.getUint32(base + 12, true); left > 0; left--) {
      const mac = at + view.getUint16(at + 24, true)
      const frame = {
        ts: view.getUint32(at + 4, true) * 1e6 + view.getUint32(at + 8, true) / 1000,
        length: view.getUint32(at + 16, true),
        index: view.getUint32(at + 52, true),
        type: view.getUint16(at + 56, true),
        bytes: ring.bytes.subarray(mac, mac + view.getUint32(at + 12, true)),
      }
      plainTotal += frame.ts + frame.length + (frame.bytes[12] as number) + frame.index + frame.type
      at += view.getUint32(at, true)
    }
  }
  return Number(process.hrtime.bigint() - start) / packets
})
console.log(
  `an object and a subarray for each packet: ${plain.toFixed(1)} ns/packet (same fields, sum ${plainTotal.toExponential(2)})`,
)

await live()

async function live(): Promise<void> {
  const source = resolve(dirname(fileURLToPath(import.meta.url)), '../../../shared/rig/load.c')
  if (process.getuid?.() !== 0 || !existsSync(source)) {
    console.log('live: skipped, it needs root and the rig beside the checkout')
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'netoproc-bench-'))
  const load = join(folder, 'load')
  execFileSync('cc', ['-O2', '-o', load, source])
  const flood = () => {
    const { stdout } = spawnSync(load, ['udp-flood', '127.0.0.1', '9', '2', '64'], { encoding: 'utf8' })
    return (JSON.parse(stdout) as { ip_tx: number }).ip_tx / 92
  }
  try {
    const tables = { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() }
    const capture = new AfPacketSource(
      { method: 'afpacket', interfaces: ['lo'], promisc: false, bufferBytes: 1 << 25, dns: true },
      tables,
    )
    const taken = new Sum()
    const running = capture.run(taken, () => undefined)
    const before = process.cpuUsage()
    const sent = await new Promise<number>(done => {
      const child = spawn(load, ['udp-flood', '127.0.0.1', '9', '2', '64'])
      let text = ''
      child.stdout.on('data', (data: Buffer) => (text += data.toString()))
      child.on('close', () => done((JSON.parse(text) as { ip_tx: number }).ip_tx / 92))
    })
    capture.stop('duration')
    await running
    const used = process.cpuUsage(before)
    const { received, dropped } = capture.statistics()[0] as { received: number; dropped: number }
    capture.close()
    const perMillion = (used.user + used.system) / received
    console.log(
      `live, flood of ${sent} packets: ${perMillion.toFixed(3)} CPU s per million received, ${received} received, ${dropped} dropped`,
    )

    const tcpdump = spawn('tcpdump', ['-i', 'lo', '-s', '128', '-B', '32768', '-w', '/dev/null'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    await new Promise<void>(done => {
      tcpdump.stderr.on('data', (data: Buffer) => {
        said += data.toString()
        if (said.includes('listening')) done()
      })
    })
    const cpu = () => {
      // utime and stime, fields 14 and 15 of /proc/<pid>/stat, in hundredths of a second
      const fields = readFileSync(`/proc/${tcpdump.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) / 100
    }
    const tcpdumpSent = flood()
    await new Promise(done => setTimeout(done, 1500))
    const seconds = cpu()
    tcpdump.kill('SIGTERM')
    await new Promise(done => tcpdump.on('close', done))
    const captured = Number(/(\d+) packets captured/.exec(said)?.[1] ?? NaN)
    console.log(
      `tcpdump -w /dev/null, flood of ${tcpdumpSent} packets: ${(seconds / (captured / 1e6)).toFixed(3)} CPU s per million, ${captured} captured`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
