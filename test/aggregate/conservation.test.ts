// Nothing is lost and nothing is made: over any stream the sums of process records equal what was captured, local packets
// twice, to the byte; in every interval, in the totals, and however the stream is cut into batches.

import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { FileSource } from '../../src/capture/file/file-source.ts'
import { CaptureStage } from '../../src/capture/stage.ts'
import { NetoprocError } from '../../src/record/error.ts'
import { NO_FLOW } from '../../src/record/flow-table.ts'
import { DIR_LOCAL, type RecordBatch } from '../../src/record/record-batch.ts'
import { Rig, socket, START, device, type PacketOf } from './rig.ts'

const corpus = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus/dev')

/** Of the hosts that some of the captures were made on: local traffic occurs in them. */
const localAddresses = ['192.168.0.1', '127.0.0.1', '::1']

/** mulberry32: the same numbers for the same seed. */
function random(seed: number): (below: number) => number {
  return below => {
    seed = (seed + 0x6d2b79f5) | 0
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

interface Step {
  readonly packet?: PacketOf
  readonly record?: ReturnType<typeof socket> | ReturnType<typeof device>
}

const owners = [undefined, undefined, 'a', 'bb', 'a#5', 'new#5@2000', 'old#5']
const reasons = ['no_socket', 'closed_before_scan', 'kernel', 'permission', 'fragment']
const dirs = ['in', 'out', 'out', 'in', 'local', 'forward', null] as const

function stream(seed: number, length: number): Step[] {
  const below = random(seed)
  const pick = <T>(list: readonly T[]) => list[below(list.length)] as T
  let at = 0
  return Array.from({ length }, () => {
    at += [0, 0.001, 0.03, 0.2, 0.2, 3, 40, -0.1, -5][below(60) === 0 ? below(9) : below(3)] as number
    if (below(20) === 0)
      return {
        record: socket(pick(['a', 'bb']), {
          ts: START + at,
          inode: String(below(5)),
          event: pick(['open', 'update', 'close']),
          local_port: 40000 + below(6),
        }),
      }
    if (below(40) === 0) return { record: device(at, pick(['eth0', 'lo']), below(1e6), below(1e6)) }
    const owner = pick(owners)
    const dir = pick(dirs)
    const peer = dir === 'local' ? pick(owners) : undefined
    return {
      packet: {
        at,
        src: `192.0.2.${below(3)}:${40000 + below(6)}`,
        dst: `198.51.100.${below(3)}:443`,
        proto: pick(['tcp', 'udp']),
        dir,
        bytes: below(1500),
        packets: 1 + below(3),
        flags: pick([0x10, 0x10, 0x10, 0x02, 0x12]),
        reason: pick(reasons),
        ...(below(30) === 0 ? { ethertype: 0x806 } : {}),
        ...(owner === undefined ? {} : { owner }),
        ...(peer === undefined ? {} : { peer }),
      },
    }
  })
}

function run(steps: readonly Step[], rig: Rig, cut: (step: number) => boolean): Rig {
  steps.forEach(({ packet, record }, step) => {
    if (packet !== undefined) rig.packet(packet)
    if (record !== undefined) rig.record(record)
    if (cut(step)) rig.push()
  })
  return rig.close()
}

/** Bytes of a stream: at the ends they are counted at. */
function expected(steps: readonly Step[]): { ends: number; bytes: number; packets: number } {
  let ends = 0
  let bytes = 0
  let packets = 0
  for (const { packet } of steps) {
    if (packet === undefined || packet.ethertype !== undefined) continue
    bytes += packet.bytes ?? 0
    packets += packet.packets ?? 0
    ends += (packet.bytes ?? 0) * (packet.dir === 'local' ? 2 : 1)
  }
  return { ends, bytes, packets }
}

function moved(records: readonly { rx_bytes: number; tx_bytes: number }[]): number {
  return records.reduce((sum, { rx_bytes, tx_bytes }) => sum + rx_bytes + tx_bytes, 0)
}

/** Sum of the last totals of each process. */
function totals(rig: Rig): number {
  const last = new Map(
    rig.processes.map(record => [
      `${record.pid} ${record.start_time}`,
      record.rx_bytes_total + record.tx_bytes_total,
    ]),
  )
  return [...last.values()].reduce((sum, total) => sum + total, 0)
}

function check(
  t: Test,
  rig: Rig,
  want: { ends: number; bytes: number; packets: number },
  name: string,
): void {
  const { intervals } = rig
  const sum = (field: 'bytes' | 'local_bytes' | 'packets') =>
    intervals.reduce((all, each) => all + (each[field] ?? 0), 0)
  const got = {
    processes: moved(rig.processes),
    connections: moved(rig.connections),
    totals: totals(rig),
    bytes: sum('bytes'),
    local: sum('local_bytes'),
    packets: sum('packets'),
  }
  t.same(
    got,
    {
      processes: want.ends,
      connections: want.ends,
      totals: want.ends,
      bytes: want.bytes,
      local: want.ends - want.bytes,
      packets: want.packets,
    },
    name,
  )
  const unbalanced = intervals.filter(
    each => each.attributed_bytes + each.unknown_bytes !== each.bytes + (each.local_bytes ?? 0),
  )
  t.same(unbalanced, [], `${name}: every interval balances`)
  const negative = [...rig.processes, ...rig.connections].filter(
    each =>
      Math.min(
        each.rx_bytes,
        each.tx_bytes,
        each.rx_bytes_total,
        each.tx_bytes_total,
        each.rx_packets_total ?? 0,
        each.tx_packets_total ?? 0,
      ) < 0,
  )
  t.same(negative, [], `${name}: nothing below zero`)
}

t.test('random streams', async t => {
  for (let seed = 1; seed <= 60; seed++) {
    const steps = stream(seed, 400)
    const want = expected(steps)
    const whole = run(steps, new Rig(), () => false)
    check(t, whole, want, `seed ${seed}`)
    const below = random(seed)
    const cut = run(steps, new Rig(), () => below(5) === 0)
    t.same(cut.out, whole.out, `seed ${seed}: the same records however it is cut`)
    check(
      t,
      run(steps, new Rig({ total: true }), () => below(9) === 0),
      want,
      `seed ${seed}, --total`,
    )
    check(
      t,
      run(steps, new Rig({ intervalUs: 100_000 }), () => false),
      want,
      `seed ${seed}, tenths of a second`,
    )
  }
})

t.test('owners that are forgotten as soon as nobody holds them', async t => {
  for (let seed = 1; seed <= 20; seed++) {
    const steps = stream(seed, 600)
    const kept = run(steps, new Rig(), step => step % 7 === 0)
    const forgotten = run(steps, new Rig({}, 1 << 20, 0), step => step % 7 === 0)
    t.same(forgotten.out, kept.out, `stream ${seed}`)
  }
  const rig = new Rig({}, 1 << 10, 100)
  for (let pid = 1; pid < 20_000; pid++) {
    rig.packet({ at: pid / 10, owner: `curl#${pid}`, src: `192.0.2.1:${pid}` }).push()
    if (pid % 1000 === 0) t.ok(rig.tables.owners.count <= 3000, `${pid} processes`)
  }
  rig.close()
  t.equal(moved(rig.processes), 19_999 * 100)
})

t.test('more flows than the table holds', async t => {
  const below = random(7)
  const rig = new Rig({ intervalUs: 5e6 }, 64)
  let want = 0
  for (let i = 0; i < 5000; i++) {
    const bytes = 40 + below(1400)
    want += bytes
    const owner = owners[below(owners.length)]
    rig.packet({
      at: i / 100,
      src: `192.0.2.1:${1000 + below(3000)}`,
      bytes,
      ...(owner === undefined ? {} : { owner }),
    })
    if (i % 20 === 19) rig.push()
  }
  rig.close()
  check(t, rig, { ends: want, bytes: want, packets: 5000 }, 'evicted flows')
})

t.test('idle flows and processes are forgotten, their bytes are not', async t => {
  const rig = new Rig({ intervalUs: 10e6 })
  for (let minute = 0; minute < 10; minute++) {
    for (let i = 0; i < 100; i++)
      rig.packet({ at: minute * 60 + i / 10, src: `192.0.2.1:${1000 + minute * 100 + i}`, owner: 'a' })
    rig.push()
  }
  rig.packet({ at: 600, src: '192.0.2.1:1000', owner: 'a' }).close()
  check(t, rig, { ends: 100_100, bytes: 100_100, packets: 1001 }, 'a minute each')
  t.match(
    rig.connections.at(-1),
    { local_port: 1000, tx_bytes_total: 100 },
    'a connection that comes back begins anew',
  )
  t.match(rig.processes.at(-1), { tx_bytes_total: 100_100 }, 'its process goes on')
})

t.test(
  'every capture of the corpus',
  { skip: existsSync(corpus) ? false : `${corpus} is not there` },
  async t => {
    for (const name of readdirSync(corpus).filter(file => /\.pcap(ng)?$/.test(file))) {
      const rig = new Rig()
      const want = { ends: 0, bytes: 0, packets: 0 }
      const count = (batch: RecordBatch) => {
        for (let row = 0; row < batch.length; row++) {
          if (batch.flow[row] === NO_FLOW) continue
          const bytes = batch.bytes[row] as number
          want.bytes += bytes
          want.packets += batch.packets[row] as number
          want.ends += batch.dir[row] === DIR_LOCAL ? bytes * 2 : bytes
        }
      }
      const source = await FileSource.open({ path: join(corpus, name), localAddresses }, rig.tables)
      const capture = new CaptureStage(
        {
          push: batch => {
            count(batch)
            rig.stage.push(batch)
          },
          flush: now => rig.stage.flush(now),
          close: () => rig.stage.close(),
        },
        rig.tables,
        { dns: true, localAddresses: () => localAddresses, warn: () => {} },
      )
      try {
        await source.run(
          {
            frame: frame => capture.frame(frame),
            warn: () => {},
            endOfBlock: now => capture.endOfBlock(now),
          },
          () => undefined,
        )
      } catch (error) {
        if (!(error instanceof NetoprocError)) throw error
      }
      capture.close()
      source.close()
      check(t, rig, want, name)
    }
  },
)
