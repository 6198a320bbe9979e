// Hostile input: capture files and streams of records, damaged at random, through the whole chain. Seeded: a failure names
// the seed that makes it again. What must hold: an error is one that a user can read, output is valid NDJSON without control
// characters, and work is bounded by the input.

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { AggregateStage } from '../../src/aggregate/stage.ts'
import { OfflineSockets } from '../../src/attribute/offline-sockets.ts'
import { AttributeStage } from '../../src/attribute/stage.ts'
import { FileSource } from '../../src/capture/file/file-source.ts'
import { CaptureStage } from '../../src/capture/stage.ts'
import { NetoprocError } from '../../src/record/error.ts'
import { FlowTable } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { NdjsonReader } from '../../src/record/ndjson-reader.ts'
import { NdjsonWriter } from '../../src/record/ndjson-writer.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import type { Tables } from '../../src/record/record-batch.ts'
import { captureFile, pcapngFile } from '../support/capture-file.ts'
import { root, shell } from '../support/command.ts'
import { Mutator } from '../support/mutator.ts'
import { dumpText, socket } from '../support/socket-dump.ts'

const RUNS = 10_000
/** Flows and names are kept for so many inputs: state that hostile input has left is part of the test. */
const RUNS_OF_TABLES = 50
const SEED = 20261123

const folder = mkdtempSync(join(tmpdir(), 'netoproc-fuzz-'))
t.teardown(() => rmSync(folder, { recursive: true }))

function newTables(): Tables {
  return { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() }
}

/** Where a chain ends: checks each line that comes out. */
class CheckedOutput {
  text = ''
  write(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString('utf8')
  }

  check(): void {
    // eslint-disable-next-line no-control-regex
    if (/[\x00-\x09\x0b-\x1f\x7f]/.test(this.text)) throw new Error('a control character in the output')
    for (const line of this.text.split('\n')) if (line !== '') JSON.parse(line)
  }
}

function chain(tables: Tables, sockets: OfflineSockets, output: CheckedOutput): AttributeStage {
  const aggregate = new AggregateStage(new NdjsonWriter(output), tables, {
    intervalUs: 1e6,
    total: false,
    by: ['process', 'connection', 'interface', 'dns'],
    version: 'test',
  })
  return new AttributeStage(aggregate, tables, sockets, { version: 'test' })
}

/** One of each kind, with the run that makes it again. */
class Failures {
  readonly list: string[] = []
  private readonly seen = new Set<string>()

  add(run: number, error: unknown): void {
    const { stack = '' } = error as Error
    const kind = stack.split('\n').slice(0, 2).join('\n')
    if (this.seen.has(kind)) return
    this.seen.add(kind)
    this.list.push(`run ${run}: ${stack}`)
  }
}

/** An error that a user may see: ours, in one line. */
function mustBeReadable(error: unknown): void {
  if (!(error instanceof NetoprocError)) throw error
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(error.message)) throw new Error(`not one line: ${JSON.stringify(error.message)}`)
}

const corpus = join(root, '../shared/corpus/dev')
const seeds: Buffer[] = [captureFile(), pcapngFile()]
if (existsSync(corpus)) {
  for (const name of readdirSync(corpus)) {
    const path = join(corpus, name)
    if (/\.pcap(ng)?$/.test(name) && statSync(path).size < 8192) seeds.push(readFileSync(path))
  }
} else t.comment('no corpus of captures beside the repository: mutations of two built files only')

async function runFile(path: string, length: number, tables: Tables): Promise<'whole' | 'damaged'> {
  const output = new CheckedOutput()
  const source = await FileSource.open({ path, localAddresses: [] }, tables)
  let warnings = 0
  const warn = (message: string) => {
    warnings++
    // eslint-disable-next-line no-control-regex
    if (/[\x00-\x1f\x7f]/.test(message)) throw new Error(`not one line: ${JSON.stringify(message)}`)
  }
  const stage = new CaptureStage(chain(tables, new OfflineSockets(), output), tables, {
    dns: true,
    localAddresses: () => source.interfaces().flatMap(({ addresses }) => addresses),
    warn,
  })
  let end: 'whole' | 'damaged' = 'whole'
  try {
    await source.run(
      { frame: frame => stage.frame(frame), warn, endOfBlock: now => stage.endOfBlock(now) },
      () => undefined,
    )
  } catch (error) {
    mustBeReadable(error)
    end = 'damaged'
  }
  stage.close()
  source.close()
  output.check()
  // A record of pcap has 16 bytes of header, a packet block of pcapng more.
  if (stage.packets > length / 16) throw new Error(`${stage.packets} packets in ${length} bytes`)
  if (warnings > 64) throw new Error(`${warnings} warnings`)
  return end
}

t.test(`${RUNS} mutated capture files`, async t => {
  let tables = newTables()
  const ends = { whole: 0, damaged: 0 }
  const failures = new Failures()
  const path = join(folder, 'mutated')
  for (let run = 0; run < RUNS; run++) {
    if (run % RUNS_OF_TABLES === 0) tables = newTables()
    const mutator = new Mutator(SEED + run)
    const bytes = mutator.bytes(seeds[run % seeds.length] as Buffer)
    writeFileSync(path, bytes)
    try {
      ends[await runFile(path, bytes.length, tables)]++
    } catch (error) {
      failures.add(run, error)
    }
  }
  t.same(failures.list, [])
  t.comment(`${ends.whole} read to the end, ${ends.damaged} told to be damaged`)
  t.ok(ends.whole > RUNS / 20, 'some mutations leave a file that can be read')
  t.ok(ends.damaged > RUNS / 20, 'some do not')
})

const streams: Buffer[] = []

t.test('the streams to mutate are those of the commands', async t => {
  for (const [at, bytes] of [captureFile(), pcapngFile()].entries()) {
    const file = join(folder, `seed${at}`)
    writeFileSync(file, bytes)
    const { code, out, err } = await shell(`netoproc-capture -r ${file} --local 192.0.2.7`)
    t.equal(code, 0, err)
    const moved = { ...socket, rx_bytes: 10, tx_bytes: 20, rx_packets: 1, tx_packets: 2 }
    const iface = { type: 'interface', ts: 1763910001, name: 'eth0', rx_bytes_total: 5, tx_bytes_total: 6 }
    const lines = out.trim().split('\n')
    lines.splice(1, 0, JSON.stringify(moved), JSON.stringify(iface))
    streams.push(Buffer.from(`${lines.join('\n')}\n`))
    streams.push(Buffer.from(`${lines.join('\n').replace('"method":"file"', '"method":"ebpf"')}\n`))
  }
})

t.test(`${RUNS} mutated streams of records`, async t => {
  let tables = newTables()
  const failures = new Failures()
  let malformed = 0
  let passed = 0
  for (let run = 0; run < RUNS; run++) {
    if (run % RUNS_OF_TABLES === 0) tables = newTables()
    const mutator = new Mutator(SEED + run)
    const seed = streams[run % streams.length] as Buffer
    const bytes = run % 2 === 0 ? mutator.bytes(seed) : mutator.lines(seed)
    const output = new CheckedOutput()
    const sockets = new OfflineSockets()
    let skipped = 0
    const options = { onMalformed: () => skipped++ }
    try {
      const stage = chain(tables, sockets, output)
      const reader = new NdjsonReader(stage, tables, options)
      try {
        if (run % 3 === 0) {
          const dump = new NdjsonReader(sockets, tables, options)
          dump.push(bytes)
          dump.end()
        }
        const cut = mutator.below(bytes.length + 1)
        reader.push(bytes.subarray(0, cut))
        reader.push(bytes.subarray(cut))
        reader.end()
      } catch (error) {
        mustBeReadable(error)
      }
      stage.flush(1763910100e6)
      stage.close()
      output.check()
    } catch (error) {
      failures.add(run, error)
    }
    malformed += skipped
    if (output.text !== '') passed++
  }
  t.same(failures.list, [])
  t.comment(`${malformed} malformed lines; ${passed} of ${RUNS} streams gave records`)
  t.ok(malformed > RUNS / 2)
  t.ok(passed > RUNS / 2)
})

t.test('through the commands: an exit code of the contract and no stack trace', async t => {
  const dump = join(folder, 'sockets.ndjson')
  writeFileSync(dump, dumpText)
  for (let run = 0; run < 8; run++) {
    const file = join(folder, `command${run}`)
    writeFileSync(file, new Mutator(run).bytes(seeds[run % 2] as Buffer))
    const { code, err } = await shell(
      `netoproc-capture -r ${file} | netoproc-attribute --sockets ${dump} | netoproc-aggregate | netoproc-render --format json > /dev/null; netoproc --read ${file} --format tsv > /dev/null`,
    )
    t.ok(code === 0 || code === 4, `${code}`)
    t.notMatch(err, /^\s+at /m)
    for (const line of err.trim().split('\n')) if (line !== '') t.match(line, /^netoproc[a-z-]*: /)
  }
})
