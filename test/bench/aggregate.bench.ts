// What does a packet of a known flow cost in the aggregate stage? 2,048-row batches over 5,000 flows of 50 processes, the
// rollup of each second's 5,000 connections included and apart; beside it the same packets added up in a Map by the
// text of process and five-tuple, as a reader of packet lines would do it.

import process from 'node:process'
import { AggregateStage } from '../../src/aggregate/stage.ts'
import { FlowTable, META_PORTS } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { ATTRIBUTION_SOCKET, DIR_IN, DIR_OUT, RecordBatch } from '../../src/record/record-batch.ts'

const FLOWS = 5000
const BATCHES = 32
const ROWS = 2048
const PACKETS = 2_000_000
const PACKETS_PER_SECOND = 500_000
const LOCAL = 0xc0000201
const REMOTE = 0xc6336401

const tables = { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() }
const owners = Array.from({ length: 50 }, (_, i) => tables.owners.intern(100 + i, 1, `process-${i}`, 'ann'))
const batches = Array.from({ length: BATCHES }, (_, n) => {
  const batch = new RecordBatch(tables, ROWS)
  for (let row = 0; row < ROWS; row++) {
    const flow = (n * ROWS + row) % FLOWS
    const isOut = flow % 2 === 0
    const port = 10000 + flow
    const ports = (isOut ? (port << 16) | 443 : (443 << 16) | port) >>> 0
    batch.flow[row] = tables.flows.internV4(
      6 | META_PORTS,
      ports,
      isOut ? LOCAL : REMOTE,
      isOut ? REMOTE : LOCAL,
    )
    batch.dir[row] = isOut ? DIR_OUT : DIR_IN
    batch.bytes[row] = 1000
    batch.packets[row] = 1
    batch.tcpFlags[row] = 0x10
    batch.owner[row] = owners[flow % owners.length] as number
    batch.attribution[row] = ATTRIBUTION_SOCKET
  }
  batch.length = ROWS
  return batch
})

let records = 0
let clockUs = 1_800_000_000_000_000
const next = {
  push: (batch: RecordBatch) => {
    records += batch.side.length
  },
  flush: () => Infinity,
  close: () => {},
}

function nanoseconds(run: () => void): number {
  run()
  let best = Infinity
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, ((user + system) * 1000) / PACKETS)
  }
  return best
}

/** Pushes PACKETS packets, so many of them in each second of theirs. */
function push(stage: AggregateStage, perSecond: number): void {
  for (let packets = 0; packets < PACKETS; packets += ROWS) {
    const batch = batches[(packets / ROWS) % BATCHES] as RecordBatch
    clockUs += (ROWS / perSecond) * 1e6
    batch.ts.fill(clockUs)
    stage.push(batch)
  }
}

const options = {
  intervalUs: 1e6,
  total: false,
  by: ['process', 'connection', 'interface'],
  version: 'bench',
} as const
const oneInterval = new AggregateStage(next, tables, { ...options, total: true })
const countingNs = nanoseconds(() => push(oneInterval, PACKETS_PER_SECOND))
const everySecond = new AggregateStage(next, tables, options)
const withRollupsNs = nanoseconds(() => push(everySecond, PACKETS_PER_SECOND))
if (records === 0) throw new Error('no rollup was made')

const sums = new Map<string, { rx: number; tx: number }>()
const mapNs = nanoseconds(() => {
  for (let packets = 0; packets < PACKETS; packets += ROWS) {
    const batch = batches[(packets / ROWS) % BATCHES] as RecordBatch
    for (let row = 0; row < ROWS; row++) {
      const flow = batch.flow[row] as number
      const ports = tables.flows.ports(flow)
      const key = `${batch.owner[row]} ${tables.flows.word(flow, 3)}:${ports >>> 16} ${tables.flows.word(flow, 7)}:${ports & 0xffff}`
      let sum = sums.get(key)
      if (sum === undefined) sums.set(key, (sum = { rx: 0, tx: 0 }))
      if (batch.dir[row] === DIR_IN) sum.rx += batch.bytes[row] as number
      else sum.tx += batch.bytes[row] as number
    }
  }
})

console.log(
  `aggregate stage, counting               ${countingNs.toFixed(1)} ns a packet (CPU), Node ${process.version}`,
)
console.log(
  `aggregate stage, a rollup each second   ${withRollupsNs.toFixed(1)} ns a packet, of 500,000 a second`,
)
console.log(`Map by owner and five-tuple as text     ${mapNs.toFixed(1)} ns a packet`)
