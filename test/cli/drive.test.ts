// What drives a chain, with a source of packets that the test controls.

import t from 'tap'
import { CaptureStage } from '../../src/capture/stage.ts'
import type { EndReason, PacketSource } from '../../src/capture/port.ts'
import { drive } from '../../src/cli/drive.ts'
import { newTables } from '../../src/cli/host.ts'
import type { Life } from '../../src/cli/run.ts'
import type { StatsRecord } from '../../src/record/generated/types.ts'
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

  interfaceRecords() {
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
