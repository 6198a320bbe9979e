// What do the kernel counters cost the traffic itself? Nanoseconds a packet in each program (kernel.bpf_stats_enabled, its own
// two clock readings included) beside an empty program of the same kind, which is what attaching anything costs; then TCP
// throughput and UDP packets per second over loopback with and without, in pairs. As root, with bpftool and iperf3:
//   node --import tsx test/bench/ebpf.bench.ts

import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { readFileSync, writeFileSync } from 'node:fs'
import { EbpfKernel } from '../../src/attribute/linux/ebpf-kernel.ts'
import { attachToCgroup, loadProgram } from '../../src/native/linux/bpf/bpf-program.ts'
import { openCgroupRoot } from '../../src/native/linux/bpf/cgroup-root.ts'
import { attachType, programType } from '../../src/native/linux/bpf/helper.ts'
import { exit, mov } from '../../src/native/linux/bpf/instruction.ts'

const STATS = '/proc/sys/kernel/bpf_stats_enabled'
const PACKETS = 100_000
const PAIRS = 5

interface Shown {
  readonly id: number
  readonly name?: string
  readonly run_time_ns?: number
  readonly run_cnt?: number
}

function programs(): Shown[] {
  return JSON.parse(execFileSync('bpftool', ['-j', 'prog', 'show']).toString()) as Shown[]
}

/** Attaches a program that does nothing, beside the others. */
function attachEmpty(): () => void {
  const root = openCgroupRoot()
  const held = (['CGROUP_INET_INGRESS', 'CGROUP_INET_EGRESS'] as const).flatMap(type => {
    const program = {
      name: 'empty',
      type: programType.CGROUP_SKB,
      attachType: attachType[type],
      program: [mov('r0', 1), exit()],
    }
    const fd = loadProgram(program)
    return [attachToCgroup('empty', fd, root.fd, attachType[type]), fd]
  })
  return () => {
    for (const fd of [...held, root.fd]) fd.close()
  }
}

async function send(count: number): Promise<void> {
  const receiver = createSocket('udp4')
  await new Promise<void>(resolve => receiver.bind(0, '127.0.0.1', resolve))
  const sender = createSocket('udp4')
  await new Promise<void>(resolve => sender.connect(receiver.address().port, '127.0.0.1', resolve))
  const datagram = Buffer.alloc(22)
  for (let i = 0; i < count; i++) await new Promise(resolve => sender.send(datagram, resolve))
  sender.close()
  receiver.close()
}

async function costs(): Promise<void> {
  const others = new Set(programs().map(program => program.id))
  const before = readFileSync(STATS, 'utf8')
  const kernel = new EbpfKernel({ ifindexes: [] })
  const detach = attachEmpty()
  writeFileSync(STATS, '1')
  try {
    await send(PACKETS)
    for (const { id, name, run_cnt = 0, run_time_ns = 0 } of programs()) {
      if (others.has(id) || run_cnt < PACKETS / 2) continue
      console.log(
        `${(name ?? '').padEnd(12)} ${(run_time_ns / run_cnt).toFixed(0).padStart(6)} ns/packet  (${run_cnt} runs)`,
      )
    }
  } finally {
    writeFileSync(STATS, before)
    detach()
    kernel.close()
  }
}

interface Report {
  readonly end: {
    readonly sum: { readonly packets: number }
    readonly sum_received: { readonly bits_per_second: number }
  }
}

function iperf(...args: string[]): Report['end'] {
  const out = execFileSync('iperf3', ['-c', '127.0.0.1', '-p', '5299', '-t', '1', '-J', ...args]).toString()
  return (JSON.parse(out) as Report).end
}

/** Over loopback, one stream: bits per second of TCP; datagrams of 64 bytes, as many as can be sent. */
const loads = {
  'TCP throughput': () => iperf().sum_received.bits_per_second,
  'UDP packets/s': () => iperf('-u', '-b', '0', '-l', '64').sum.packets,
}

async function pairs(name: string, throughput: () => number): Promise<void> {
  const server = spawn('iperf3', ['-s', '-p', '5299'], { stdio: 'ignore' })
  try {
    await new Promise(resolve => setTimeout(resolve, 500))
    const ratios: number[] = []
    for (let i = 0; i < PAIRS; i++) {
      // In turns first and second: what warms up or throttles meets both.
      const measure = (withCounters: boolean): number => {
        if (!withCounters) return throughput()
        const kernel = new EbpfKernel({ ifindexes: [] })
        try {
          return throughput()
        } finally {
          kernel.close()
        }
      }
      const first = measure(i % 2 === 0)
      const second = measure(i % 2 === 1)
      ratios.push(i % 2 === 0 ? first / second : second / first)
    }
    ratios.sort((a, b) => a - b)
    const median = ratios[PAIRS >> 1] as number
    console.log(
      `${name.padEnd(14)}  ${(100 * median).toFixed(1)} % of that without (pairs: ${ratios.map(r => (100 * r).toFixed(1)).join(' ')})`,
    )
  } finally {
    server.kill()
  }
}

console.log(`Node ${process.version}`)
await costs()
for (const [name, load] of Object.entries(loads)) await pairs(name, load)
