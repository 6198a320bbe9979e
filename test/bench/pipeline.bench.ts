// What does a packet cost from file to rollup, and how does the text compare? A million packets of 2,000 flows: through
// capture, attribute and aggregate in one process, from memory; as NDJSON lines beside tcpdump's and tshark's; through a pipe of commands.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { AggregateStage } from '../../src/aggregate/stage.ts'
import { OfflineSockets } from '../../src/attribute/offline-sockets.ts'
import { AttributeStage } from '../../src/attribute/stage.ts'
import { PcapFormat } from '../../src/capture/file/pcap-format.ts'
import { Frame } from '../../src/capture/port.ts'
import { CaptureStage } from '../../src/capture/stage.ts'
import { NetoprocError } from '../../src/record/error.ts'
import { FlowTable } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { NdjsonReader } from '../../src/record/ndjson-reader.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { NO_IFACE, type RecordBatch } from '../../src/record/record-batch.ts'
import { readFileSync } from 'node:fs'
import { root } from '../support/command.ts'
import { writeManyPackets } from '../support/many-packets.ts'

const PACKETS = 1_000_000
/** tshark is slow: it gets fewer. */
const FEW = 50_000
const ROUNDS = 15

const folder = mkdtempSync(join(tmpdir(), 'netoproc-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const file = join(folder, 'many.pcap')
const few = join(folder, 'few.pcap')
const dump = join(folder, 'sockets.ndjson')
writeManyPackets(few, FEW, dump)
writeManyPackets(file, PACKETS, dump)

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

/** The parser is given as much at a time as it is of a file. */
const PIECE = 1 << 20
const bytes = readFileSync(file)
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

function inProcess(): { wallNs: number; cpuNs: number; unknown: number } {
  const tables = { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() }
  const sockets = new OfflineSockets()
  const reader = new NdjsonReader(sockets, tables, { onMalformed: () => {} })
  reader.push(readFileSync(dump))
  reader.end()
  sockets.close()
  let packets = 0
  let unknown = 0
  const end = {
    push: (batch: RecordBatch) => {
      for (const record of batch.side) {
        if (record.type !== 'process') continue
        packets += record.rx_packets + record.tx_packets
        if (record.pid === null) unknown += record.rx_packets + record.tx_packets
      }
    },
    flush: () => Infinity,
    close: () => {},
  }
  const aggregate = new AggregateStage(end, tables, {
    intervalUs: 1e6,
    total: false,
    by: ['process', 'connection', 'interface'],
    version: 'bench',
  })
  const stage = new CaptureStage(
    new AttributeStage(aggregate, tables, sockets, { version: 'bench' }),
    tables,
    {
      dns: true,
      localAddresses: () => [],
      warn: () => {},
    },
  )
  const frame = new Frame()
  frame.iface = NO_IFACE
  const parser = new PcapFormat(true, {
    name: file,
    frame: taken => stage.frame(taken),
    warn: () => {},
    internInterface: name => tables.ifaces.intern(name),
    addInterface: () => {},
    damaged: (at, what) => new NetoprocError('fatal', `${what} at ${at}`),
  })
  const before = process.cpuUsage()
  const started = process.hrtime.bigint()
  for (let at = 0; at < bytes.length;) {
    at += parser.parse(bytes, view, at, Math.min(bytes.length, at + PIECE), frame)
    stage.endOfBlock(frame.tsUs)
  }
  stage.close()
  const wallNs = Number(process.hrtime.bigint() - started) / PACKETS
  const { user, system } = process.cpuUsage(before)
  if (packets < PACKETS) throw new Error(`${packets} packets came out`)
  return { wallNs, cpuNs: ((user + system) * 1000) / PACKETS, unknown }
}

/** Lines a second of a shell command; undefined where it cannot run. */
function linesPerSecond(command: string, lines: number, rounds = 3): number | undefined {
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    const started = process.hrtime.bigint()
    const { status } = spawnSync('bash', ['-c', `set -o pipefail; ${command} > /dev/null 2>&1`], {
      cwd: root,
    })
    if (status !== 0) return undefined
    rates.push(lines / (Number(process.hrtime.bigint() - started) / 1e9))
  }
  return median(rates)
}

const rounds: ReturnType<typeof inProcess>[] = []
for (let round = 0; round < ROUNDS; round++) rounds.push(inProcess())
console.log(
  `capture, attribute, aggregate in process   ${median(rounds.map(({ wallNs }) => wallNs)).toFixed(0)} ns a packet, ${median(rounds.map(({ cpuNs }) => cpuNs)).toFixed(0)} ns of CPU, quickest ${Math.min(...rounds.map(({ cpuNs }) => cpuNs)).toFixed(0)}; ${rounds[0]?.unknown} of ${PACKETS} without owner; Node ${process.version}`,
)

const bin = (name: string) => `${process.execPath} bin/${name}.js`
const tcpdump = linesPerSecond(`tcpdump -nn -r ${file}`, PACKETS)
const tshark = linesPerSecond(`tshark -T ek -r ${few}`, FEW, 1)
const capture = linesPerSecond(`${bin('netoproc-capture')} -r ${file}`, PACKETS)
const pipe = linesPerSecond(
  `${bin('netoproc-capture')} -r ${file} | ${bin('netoproc-attribute')} --sockets ${dump} | ${bin('netoproc-aggregate')}`,
  PACKETS,
)
const shown = (rate: number | undefined) =>
  rate === undefined ? 'not installed' : `${Math.round(rate)} lines/s`
const times = (rate: number | undefined, peer: number | undefined) =>
  rate === undefined || peer === undefined ? '' : `${(rate / peer).toFixed(1)} x`
console.log(`tcpdump -nn -r                             ${shown(tcpdump)}`)
console.log(`tshark -T ek -r                            ${shown(tshark)}`)
console.log(
  `netoproc-capture -r                        ${shown(capture)}: ${times(capture, tcpdump)} tcpdump, ${times(capture, tshark)} tshark`,
)
console.log(
  `capture | attribute --sockets | aggregate  ${shown(pipe)} of packets: ${times(pipe, tcpdump)} tcpdump`,
)
