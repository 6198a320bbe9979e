// What do the kernel counters cost the traffic itself? Loads over loopback without them and with them, in turns, a few
// milliseconds each, and between them
//   empty programs   where netoproc's two counting programs are: what the kernel takes for attaching anything, the least
//                    that is possible with cgroup programs
//   packet socket    as every packet capture opens one (nethogs, tcpdump; netoproc itself for DNS, before its programs did that)
// Figures are CPU time, which a busy machine does not change; the best of several runs, then the median of ROUNDS pairs. Then
// nanoseconds of each program by the kernel's own statistics, with slots for busy flows and without. As root, with cc and bpftool.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EbpfKernel } from '../../src/attribute/linux/ebpf-kernel.ts'
import { openLive } from '../../src/capture/open.ts'
import { newTables } from '../../src/cli/host.ts'
import { attachToCgroup, loadProgram } from '../../src/native/linux/bpf/bpf-program.ts'
import { bpfDescriptor } from '../../src/native/linux/bpf/bpf-syscall.ts'
import { openCgroupRoot } from '../../src/native/linux/bpf/cgroup-root.ts'
import { attachType, programType } from '../../src/native/linux/bpf/helper.ts'
import { exit, mov } from '../../src/native/linux/bpf/instruction.ts'

const ROUNDS = 5
const TURNS = 10
/** Packets (stream: writes of 128 KiB) in a run: some 25 ms. */
const LOADS = { flood: 6400, pingpong: 6400, stream: 512 } as const
type Load = keyof typeof LOADS
const loads = Object.keys(LOADS) as Load[]
const wanted = { dns: true, serverNames: true, bufferBytes: 2 << 20 }

const folder = mkdtempSync(join(tmpdir(), 'netoproc-bench-'))
const binary = join(folder, 'loopback-load')

type Undo = () => void

function attachEmpty(): Undo {
  const root = openCgroupRoot()
  const held = (['CGROUP_INET_INGRESS', 'CGROUP_INET_EGRESS'] as const).flatMap(type => {
    const fd = loadProgram({
      name: 'empty',
      type: programType.CGROUP_SKB,
      attachType: attachType[type],
      program: [mov('r0', 1), exit()],
    })
    return [attachToCgroup('empty', fd, root.fd, attachType[type]), fd]
  })
  return () => {
    for (const fd of [...held, root.fd]) fd.close()
  }
}

function attachCounters(slots = true): Undo {
  const kernel = new EbpfKernel({ ifindexes: [], names: wanted, slots })
  return () => kernel.close()
}

async function openPacketSocket(): Promise<Undo> {
  const source = await openLive(
    { ...wanted, method: 'afpacket', interfaces: [], promisc: false, dnsOnly: true },
    newTables(),
  )
  return () => source.close()
}

const settings: readonly (readonly [string, () => Undo | Promise<Undo>])[] = [
  ['without', () => () => {}],
  ['empty programs', attachEmpty],
  ['netoproc', () => attachCounters()],
  ['packet socket', openPacketSocket],
]

/** @returns ns of CPU for each packet, or write */
function run(load: Load, count: number = LOADS[load]): number {
  return Number(
    execFileSync(binary, [load, String(count)])
      .toString()
      .split(' ')[0],
  )
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number

async function traffic(): Promise<void> {
  const best = new Map<string, number[]>()
  for (let round = 0; round < ROUNDS; round++) {
    for (let turn = 0; turn < TURNS; turn++) {
      // Forwards and backwards: what warms up or throttles meets all.
      for (const [name, begin] of turn % 2 === 0 ? settings : [...settings].reverse()) {
        const undo = await begin()
        for (const load of loads) {
          const rounds = best.get(load + name) ?? Array<number>(ROUNDS).fill(Infinity)
          rounds[round] = Math.min(rounds[round] as number, run(load))
          best.set(load + name, rounds)
        }
        undo()
      }
    }
  }
  for (const load of loads) {
    const base = best.get(`${load}without`) as number[]
    for (const [name] of settings) {
      const costs = best.get(load + name) as number[]
      const ratios = costs.map((cost, round) => (100 * cost) / (base[round] as number) - 100)
      const pairs = ratios.map(ratio => ratio.toFixed(1)).join(' ')
      const more = name === 'without' ? '' : `${median(ratios).toFixed(1).padStart(6)} %  (${pairs})`
      console.log(`${load.padEnd(9)} ${name.padEnd(15)} ${median(costs).toFixed(0).padStart(7)} ns ${more}`)
    }
  }
}

interface Shown {
  readonly id: number
  readonly name?: string
  readonly run_time_ns?: number
  readonly run_cnt?: number
}

function programs(): Map<number, Shown> {
  const shown = JSON.parse(execFileSync('bpftool', ['-j', 'prog', 'show']).toString()) as Shown[]
  return new Map(shown.map(program => [program.id, program]))
}

/** The kernel's two readings of its clock are in each figure, that of the empty programs too. */
function eachProgram(slots: boolean): void {
  console.log(slots ? 'with slots' : 'without slots')
  const undo = [attachCounters(slots), attachEmpty()]
  // BPF_STATS_RUN_TIME, for as long as the descriptor is open.
  const statistics = bpfDescriptor('BPF_ENABLE_STATS', 'run time', 'ENABLE_STATS', { type: 0 })
  try {
    for (const load of loads) {
      const before = programs()
      run(load, 10 * LOADS[load])
      for (const [id, { name = '', run_time_ns: ns = 0, run_cnt: runs = 0 }] of programs()) {
        const { run_time_ns: nsBefore = 0, run_cnt: runsBefore = 0 } = before.get(id) ?? {}
        if (runs - runsBefore < LOADS[load]) continue
        const mean = (ns - nsBefore) / (runs - runsBefore)
        console.log(`${load.padEnd(9)} ${name.padEnd(15)} ${mean.toFixed(0).padStart(7)} ns a run`)
      }
    }
  } finally {
    statistics.close()
    for (const each of undo) each()
  }
}

try {
  execFileSync('cc', ['-O2', '-o', binary, fileURLToPath(new URL('loopback-load.c', import.meta.url))])
  console.log(`Node ${process.version}, ${cpus()[0]?.model}`)
  await traffic()
  for (const slots of [true, false]) eachProgram(slots)
} finally {
  rmSync(folder, { recursive: true })
}
// The packet socket's source leaves timers.
process.exit(0)
