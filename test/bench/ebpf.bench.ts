// What do the kernel counters cost the traffic itself? Loads over loopback without them and with them, in turns, a few
// milliseconds each, and between them
//   empty programs   where netoproc's are that each packet meets: two count, one sees who reads, one who writes to TCP. What the
//                    kernel takes for attaching anything there, the least that is possible with programs in these places
//   packet socket    as every packet capture opens one (nethogs, tcpdump; netoproc itself for DNS, before its programs did that)
// Figures are CPU time, which a busy machine changes least, and what comes through in a second. Of each round the best of several
// runs counts: the median of ROUNDS pairs; and the quartiles of all pairs of single runs, to see how much is noise.
// Then nanoseconds of each program by the kernel's own statistics, beside those of programs that do nothing, attached at the same
// time: the difference is netoproc's own. With slots for busy flows and without. As root, with cc and bpftool.
// What others have attached (another netoproc) would be in every figure: such turns are left out, and counted.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { EbpfKernel } from '../../src/attribute/linux/ebpf-kernel.ts'
import { openLive } from '../../src/capture/open.ts'
import { newTables } from '../../src/cli/host.ts'
import { attachToCgroup, attachToTracepoint, loadProgram } from '../../src/native/linux/bpf/bpf-program.ts'
import { bpfDescriptor } from '../../src/native/linux/bpf/bpf-syscall.ts'
import { openCgroupRoot } from '../../src/native/linux/bpf/cgroup-root.ts'
import { attachType, programType } from '../../src/native/linux/bpf/helper.ts'
import { exit, mov } from '../../src/native/linux/bpf/instruction.ts'
import { KernelTypes } from '../../src/native/linux/bpf/kernel-types.ts'

const ROUNDS = 5
const TURNS = 4
const MOST_DISTURBED = 10
const WRITE = 1 << 17
/** Packets (stream, transfer: writes of 128 KiB) in a run: some 6 ms. See loopback-load.c. */
const PACKETS = 1600
const WRITES = 128
/** A short run is less often disturbed: the best of so many is one. */
const REPEATS = 4
const LOADS = {
  flood: PACKETS,
  ordinary: PACKETS,
  pingpong: PACKETS,
  stream: WRITES,
  transfer: WRITES,
} as const
type Load = keyof typeof LOADS
const loads = Object.keys(LOADS) as Load[]
const wanted = { dns: true, serverNames: true, bufferBytes: 2 << 20 }

const folder = mkdtempSync(join(tmpdir(), 'netoproc-bench-'))
const binary = join(folder, 'loopback-load')

type Undo = () => void

function attachEmpty(): Undo {
  const root = openCgroupRoot()
  const held = (['INGRESS', 'EGRESS'] as const).flatMap(way => {
    const type = attachType[`CGROUP_INET_${way}`]
    const name = `empty_${way.toLowerCase()}`
    const program = [mov('r0', 1), exit()]
    const fd = loadProgram({ name, type: programType.CGROUP_SKB, attachType: type, program })
    return [attachToCgroup(name, fd, root.fd, type), fd]
  })
  const types = KernelTypes.ofKernel()
  for (const [part, tracepoint] of [
    ['receive', 'sock_recv_length'],
    ['send', 'tcp_sendmsg_locked'],
  ] as const) {
    const btfId = types?.tracepoint(tracepoint)
    if (btfId === undefined) continue
    const name = `empty_${part}`
    const program = [mov('r0', 0), exit()]
    const traces = { type: programType.TRACING, attachType: attachType.TRACE_RAW_TP, btfId }
    const fd = loadProgram({ name, ...traces, program })
    held.push(attachToTracepoint(name, fd), fd)
  }
  types?.close()
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

interface Cost {
  /** ns for each packet, or write. */
  readonly cpu: number
  readonly time: number
}

function run(load: Load, count: number = LOADS[load]): Cost {
  const [cpu, time] = execFileSync(binary, [load, String(count)])
    .toString()
    .split(' ')
    .map(Number)
  return { cpu: cpu as number, time: time as number }
}

function bestRun(load: Load): Cost {
  const runs = Array.from({ length: REPEATS }, () => run(load))
  return { cpu: best(runs, 'cpu'), time: best(runs, 'time') }
}

/** @param share 0.5: the median */
function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] as number
}

/** Programs of anybody that a datagram meets. */
function attached(): number {
  const types = new Set(['cgroup_skb', 'tracing'])
  return [...programs().values()].filter(({ type = '' }) => types.has(type)).length
}

/** Whether so many are left: the kernel frees programs somewhat later than they are detached. */
async function isLeft(count: number): Promise<boolean> {
  for (let i = 0; i < 100 && attached() !== count; i++) await setTimeout(5)
  return attached() === count
}

/** Costs of each run, by round: [setting + load][round][turn]. */
async function measure(): Promise<Map<string, Cost[][]>> {
  const costs = new Map<string, Cost[][]>()
  const before = attached()
  let disturbed = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (let turn = 0; turn < TURNS;) {
      const seen = new Map<string, Cost>()
      let isDisturbed = attached() !== before
      // Forwards and backwards: what warms up or throttles meets all.
      for (const [name, begin] of turn % 2 === 0 ? settings : [...settings].reverse()) {
        const undo = await begin()
        const during = attached()
        for (const load of loads) seen.set(load + name, bestRun(load))
        isDisturbed ||= attached() !== during
        undo()
        isDisturbed ||= !(await isLeft(before))
      }
      if (isDisturbed && ++disturbed <= MOST_DISTURBED) continue
      turn++
      for (const [key, cost] of seen) {
        const rounds = costs.get(key) ?? Array.from({ length: ROUNDS }, (): Cost[] => [])
        rounds[round]?.push(cost)
        costs.set(key, rounds)
      }
    }
  }
  if (before > 0) console.log(`${before} programs of others are attached: they are in all figures`)
  if (disturbed > MOST_DISTURBED)
    console.log('others attach programs all the time: figures are not to be trusted')
  else if (disturbed > 0) console.log(`${disturbed} turns left out, in which others attached programs`)
  return costs
}

interface Measure {
  readonly of: keyof Cost
  /** Of a cost: what a reader wants to know. */
  text(load: Load, cost: number): string
  /** In percent. */
  change(cost: number, base: number): number
}

/** CPU that is spent, and throughput that is left. */
const measures: readonly Measure[] = [
  {
    of: 'cpu',
    text: (_load, ns) => `${ns.toFixed(0)} ns`,
    change: (cost, base) => (100 * cost) / base - 100,
  },
  {
    of: 'time',
    text: (load, ns) =>
      LOADS[load] === WRITES ? `${((8 * WRITE) / ns).toFixed(1)} Gbit/s` : `${(1e6 / ns).toFixed(0)} k/s`,
    change: (cost, base) => (100 * base) / cost - 100,
  },
]

const best = (runs: readonly Cost[], of: keyof Cost): number => Math.min(...runs.map(each => each[of]))

/** Compared with without: the median of the rounds' bests, these, and the quartiles of single runs. */
function compared(costs: readonly Cost[][], base: readonly Cost[][], { of, change }: Measure): string {
  const percent = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(1)}`
  const pairs = costs.map((runs, round) => change(best(runs, of), best(base[round] as Cost[], of)))
  const single = costs.flatMap((runs, round) => {
    const before = base[round] as Cost[]
    return runs.map((cost, turn) => change(cost[of], (before[turn] as Cost)[of]))
  })
  const middle = [0.25, 0.5, 0.75].map(share => percent(quantile(single, share))).join(' ')
  const median = percent(quantile(pairs, 0.5)).padStart(6)
  return `${median} %  (${pairs.map(percent).join(' ')}; quartiles of ${single.length} single runs ${middle})`
}

/** @returns ns of CPU for each packet, or write, without anything attached */
async function traffic(): Promise<ReadonlyMap<Load, number>> {
  const costs = await measure()
  const plain = new Map<Load, number>()
  for (const load of loads) {
    const base = costs.get(`${load}without`) as Cost[][]
    for (const [name] of settings) {
      const these = costs.get(load + name) as Cost[][]
      for (const each of measures) {
        const title = each.of === 'cpu' ? `${load.padEnd(9)} ${name.padEnd(15)}` : ''.padEnd(25)
        const bests = these.map(runs => best(runs, each.of))
        const median = quantile(bests, 0.5)
        if (name === 'without' && each.of === 'cpu') plain.set(load, median)
        const text = each.text(load, median).padStart(12)
        console.log(`${title} ${text} ${name === 'without' ? '' : compared(these, base, each)}`)
      }
    }
  }
  return plain
}

interface Shown {
  readonly id: number
  readonly type?: string
  readonly name?: string
  readonly run_time_ns?: number
  readonly run_cnt?: number
}

function programs(): Map<number, Shown> {
  const shown = JSON.parse(execFileSync('bpftool', ['-j', 'prog', 'show']).toString()) as Shown[]
  return new Map(shown.map(program => [program.id, program]))
}

/**
 * Nanoseconds of a run, and what of that is more than an empty program in its place takes: the kernel's two readings of its
 * clock are in both. For all of a packet, or write, together, as share of what that costs without.
 */
function eachProgram(slots: boolean, plain: ReadonlyMap<Load, number>): void {
  console.log(slots ? 'with slots' : 'without slots')
  const others = programs()
  const undo = [attachCounters(slots), attachEmpty()]
  const ours = new Set([...programs().keys()].filter(id => !others.has(id)))
  // BPF_STATS_RUN_TIME, for as long as the descriptor is open.
  const statistics = bpfDescriptor('BPF_ENABLE_STATS', 'run time', 'ENABLE_STATS', { type: 0 })
  try {
    for (const load of loads) {
      const before = programs()
      const count = 40 * LOADS[load]
      run(load, count)
      const spent = new Map<string, { readonly runs: number; readonly mean: number }>()
      for (const [id, { name = '', run_time_ns: ns = 0, run_cnt: all = 0 }] of programs()) {
        const { run_time_ns: nsBefore = 0, run_cnt: allBefore = 0 } = before.get(id) ?? {}
        const runs = all - allBefore
        if (ours.has(id) && runs >= LOADS[load]) spent.set(name, { runs, mean: (ns - nsBefore) / runs })
      }
      let own = 0
      for (const [name, { runs, mean }] of spent) {
        const empty = spent.get(name.replace('np_', 'empty_'))
        if (empty === undefined || !name.startsWith('np_')) continue
        own += ((mean - empty.mean) * runs) / count
        const ns = `${mean.toFixed(0).padStart(7)} ns a run, an empty one ${empty.mean.toFixed(0)}`
        console.log(`${load.padEnd(9)} ${name.padEnd(15)} ${ns}`)
      }
      const share = `${((100 * own) / (plain.get(load) as number)).toFixed(1)} %`
      console.log(`${load.padEnd(9)} ${'beyond empty'.padEnd(15)} ${own.toFixed(0).padStart(7)} ns, ${share}`)
    }
  } finally {
    statistics.close()
    for (const each of undo) each()
  }
}

try {
  execFileSync('cc', ['-O2', '-o', binary, fileURLToPath(new URL('loopback-load.c', import.meta.url))])
  console.log(`Node ${process.version}, ${cpus()[0]?.model}`)
  const plain = await traffic()
  for (const slots of [true, false]) eachProgram(slots, plain)
} finally {
  rmSync(folder, { recursive: true })
}
// The packet socket's source leaves timers.
process.exit(0)
