// What does a packet of a known flow cost in the attribute stage? 2,048-row batches over 5,000 flows of 5,000 connected
// sockets, half of the packets each way; beside it the same packets through a Map by five-tuple text, as a monitor without
// numbered flows would do it.

import process from 'node:process'
import { formatAddress } from '../../src/record/address.ts'
import { FlowTable, META_PORTS } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { DIR_IN, DIR_OUT, RecordBatch } from '../../src/record/record-batch.ts'
import { AttributeStage } from '../../src/attribute/stage.ts'
import type { SocketSink, SocketSource } from '../../src/attribute/port.ts'

const FLOWS = 5000
const PACKETS = 4_000_000
const LOCAL = 0xc0000201
const REMOTE = 0xc6336401

class FixedSockets implements SocketSource {
  readonly method = 'fixed'
  readonly degraded = []

  scan(sink: SocketSink, nowUs: number): void {
    for (let i = 0; i < FLOWS; i++) {
      sink.socket({
        type: 'socket',
        ts: nowUs / 1e6,
        proto: 'tcp',
        local_ip: formatAddress(0, 0, 0xffff, LOCAL),
        local_port: 10000 + i,
        remote_ip: formatAddress(0, 0, 0xffff, REMOTE),
        remote_port: 443,
        state: 'established',
        pid: 100 + (i % 50),
        start_time: 1,
        process: `process-${i % 50}`,
        user: 'ann',
        inode: String(i + 1),
        event: 'present',
      })
    }
  }

  close(): void {}
}

const tables = { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() }
const batches = Array.from({ length: 32 }, (_, n) => {
  const batch = new RecordBatch(tables, 2048)
  for (let row = 0; row < batch.capacity; row++) {
    const port = 10000 + ((n * batch.capacity + row) % FLOWS)
    const isOut = row % 2 === 0
    const ports = isOut ? (port << 16) | 443 : (443 << 16) | port
    batch.flow[row] = tables.flows.internV4(
      6 | META_PORTS,
      ports >>> 0,
      isOut ? LOCAL : REMOTE,
      isOut ? REMOTE : LOCAL,
    )
    batch.dir[row] = isOut ? DIR_OUT : DIR_IN
    batch.ts[row] = Date.now() * 1000
    batch.tcpFlags[row] = 0x10
  }
  batch.length = batch.capacity
  return batch
})

let named = 0
const last = {
  push: (batch: RecordBatch) => {
    named += batch.owner[batch.length - 1] === 0 ? 0 : batch.length
  },
  flush: () => Infinity,
  close: () => {},
}
const stage = new AttributeStage(last, tables, new FixedSockets(), { version: 'bench' })

function clear(): void {
  for (const batch of batches) batch.attribution.fill(0)
}

function nanoseconds(run: () => number): number {
  clear()
  run()
  let best = Infinity
  for (let round = 0; round < 5; round++) {
    clear()
    const before = process.cpuUsage()
    const packets = run()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, ((user + system) * 1000) / packets)
  }
  return best
}

const byText = new Map<string, number>()
function key(batch: RecordBatch, row: number): string {
  const { flows } = tables
  const flow = batch.flow[row] as number
  const ports = flows.ports(flow)
  return `${flows.word(flow, 3)}:${ports >>> 16} ${flows.word(flow, 7)}:${ports & 0xffff}`
}
for (const batch of batches) for (let row = 0; row < batch.length; row++) byText.set(key(batch, row), 1 + row)

const rounds = Math.ceil(PACKETS / (batches.length * 2048))
const stageNs = nanoseconds(() => {
  for (let round = 0; round < rounds; round++) {
    for (const batch of batches) {
      batch.attribution.fill(0)
      stage.push(batch)
    }
  }
  return rounds * batches.length * 2048
})
const mapNs = nanoseconds(() => {
  let found = 0
  for (const batch of batches)
    for (let row = 0; row < batch.length; row++) found += byText.get(key(batch, row)) ?? 0
  if (found === 0) throw new Error('nothing found')
  return batches.length * 2048
})
if (named === 0) throw new Error('nothing named')
console.log(`attribute stage, known flows  ${stageNs.toFixed(1)} ns a packet (CPU), Node ${process.version}`)
console.log(`Map by five-tuple text        ${mapNs.toFixed(1)} ns a packet`)
