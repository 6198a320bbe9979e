// What drives a chain, with a source of packets that the test controls.

import t from 'tap'
import { CaptureStage } from '../../src/capture/stage.ts'
import { Frame, type EndReason, type FrameSink, type PacketSource } from '../../src/capture/port.ts'
import { drive } from '../../src/cli/drive.ts'
import { newTables } from '../../src/cli/host.ts'
import type { Life } from '../../src/cli/run.ts'
import type { InterfaceRecord, StatsRecord } from '../../src/record/generated/types.ts'
import type { RecordBatch } from '../../src/record/record-batch.ts'

class IdleSource implements PacketSource {
  readonly method = 'fake'
  readonly degraded: readonly string[] = []
  dropped = 0
  changed: boolean | undefined
  reads = 0
  private end: (reason: EndReason) => void = () => {}

  interfaces() {
    return []
  }

  interfaceRecords(_nowUs?: number): InterfaceRecord[] {
    this.reads++
    return []
  }

  interfacesChanged(): boolean {
    const { changed = false } = this
    this.changed = false
    return changed
  }

  run(): Promise<EndReason> {
    return new Promise(resolve => (this.end = resolve))
  }

  stop(reason: EndReason): void {
    this.end(reason)
  }

  statistics() {
    return [{ received: 10, dropped: this.dropped, filtered: null }]
  }

  close(): void {}
}

const warnings: string[] = []
const warn = (message: string) => void warnings.push(message)
const life = { name: 'netoproc', onStop() {}, onStatusRequest() {}, atExit() {}, warn } as unknown as Life

t.test('losses are told while they happen, once each, and all of them at the end', async t => {
  const source = new IdleSource()
  const told: StatsRecord[] = []
  const keep = (batch: RecordBatch) => {
    for (const record of batch.side) if (record.type === 'stats') told.push(record)
  }
  const next = { push: keep, flush: () => Infinity, close() {} }
  const stage = new CaptureStage(next, newTables(), { dns: true, localAddresses: () => [], warn() {} })
  const ready = () => undefined
  const end = drive({ tool: 'netoproc', life, source, stage, ready, interfaceSeconds: 0.02 })
  const someTime = () => new Promise(resolve => setTimeout(resolve, 100))
  await someTime()
  t.same(told, [], 'nothing is lost')
  for (const dropped of [3, 5]) {
    source.dropped = dropped
    await someTime()
  }
  t.same(
    told.map(({ dropped, final }) => [dropped, final]),
    [
      [3, undefined],
      [5, undefined],
    ],
  )
  source.stop('signal')
  await end
  t.match(told.slice(2), [{ received: 10, dropped: 5, final: true, reason: 'signal' }])
  t.same(warnings, [
    '5 packets were dropped before being read, and are in no sum: a larger --buffer holds more',
  ])
})

t.test(
  'where only changes are asked for, interfaces are read at both ends and when they have changed',
  async t => {
    const source = new IdleSource()
    const next = { push() {}, flush: () => Infinity, close() {} }
    const stage = new CaptureStage(next, newTables(), { dns: true, localAddresses: () => [], warn() {} })
    const ready = () => undefined
    const end = drive({
      tool: 'netoproc',
      life,
      source,
      stage,
      ready,
      interfaceSeconds: 0.01,
      onlyChangedInterfaces: true,
    })
    const asked = async (changed: boolean | undefined) => {
      source.changed = changed
      while (source.changed === changed) await new Promise(resolve => setTimeout(resolve, 5))
    }
    t.equal(source.reads, 1, 'at the beginning')
    await asked(true)
    t.equal(source.reads, 2, 'changed')
    await asked(undefined)
    t.equal(source.reads, 2, 'not changed')
    source.stop('signal')
    await end
    t.equal(source.reads, 3, 'at the end')
  },
)

/** With packets that wait. */
class LateSource extends IdleSource {
  waiting = 0
  private sink: FrameSink | undefined

  override run(sink?: FrameSink): Promise<EndReason> {
    this.sink = sink
    return super.run()
  }

  override interfaceRecords(nowUs = 0): InterfaceRecord[] {
    return [{ type: 'interface', ts: nowUs / 1e6, name: 'lo', up: true } as InterfaceRecord]
  }

  isBehind(): boolean {
    return this.waiting > 0
  }

  read(tsUs: number): void {
    const frame = new Frame()
    frame.tsUs = tsUs
    this.waiting--
    this.sink?.frame(frame)
    this.sink?.endOfBlock(Date.now() * 1000)
  }
}

t.test('no time passes in the stream before its packets are read', async t => {
  const source = new LateSource()
  const times: number[] = []
  const flushed: number[] = []
  const next = {
    push: (batch: RecordBatch) => {
      let row = 0
      for (const [k, record] of batch.side.entries()) {
        while (row < (batch.sideAt[k] as number)) times.push(batch.ts[row++] as number)
        if (record.type === 'interface') times.push(record.ts * 1e6)
      }
      while (row < batch.length) times.push(batch.ts[row++] as number)
    },
    flush: (nowUs: number) => {
      flushed.push(nowUs)
      return nowUs + 20_000
    },
    close() {},
  }
  const stage = new CaptureStage(next, newTables(), { dns: false, localAddresses: () => [], warn() {} })
  const begunUs = Date.now() * 1000
  const ready = () => undefined
  const end = drive({ tool: 'netoproc', life, source, stage, ready, interfaceSeconds: 0.02 })
  const startedUs = Date.now() * 1000
  // Those of the beginning, and two packets of then that wait until now.
  times.length = flushed.length = 0
  source.waiting = 2
  await new Promise(resolve => setTimeout(resolve, 150))
  t.same(times, [])
  source.read(begunUs + 1000)
  source.read(begunUs + 2000)
  t.ok(
    flushed.slice(0, -1).every(us => us <= startedUs + 2000),
    'no clock but that of the packets',
  )
  t.same(times.slice(0, 2), [begunUs + 1000, begunUs + 2000])
  t.ok(times.length > 2, 'what was to be told meanwhile')
  t.ok((flushed.at(-1) as number) >= startedUs + 100_000, 'then that of the wall')
  t.same(
    times,
    times.toSorted((a, b) => a - b),
  )
  source.stop('signal')
  await end
})
