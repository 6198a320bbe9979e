// A pipe is the chain of netoproc cut in two and joined by NDJSON, so both give the same records, for every capture; and every
// byte that capture saw is in somebody's row. All captures in this process, the stages joined as the commands join them; one of
// each format through the commands themselves.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { AggregateStage } from '../../src/aggregate/stage.ts'
import { OfflineSockets } from '../../src/attribute/offline-sockets.ts'
import { AttributeStage } from '../../src/attribute/stage.ts'
import { FileSource } from '../../src/capture/file/file-source.ts'
import { CaptureStage } from '../../src/capture/stage.ts'
import { drive } from '../../src/cli/drive.ts'
import { newTables } from '../../src/cli/host.ts'
import { initialCrypto } from '../../src/cli/initial-crypto.ts'
import { openNames } from '../../src/cli/names.ts'
import type { Life } from '../../src/cli/run.ts'
import { NetoprocError } from '../../src/record/error.ts'
import { NdjsonReader } from '../../src/record/ndjson-reader.ts'
import { NdjsonWriter } from '../../src/record/ndjson-writer.ts'
import type { Tables } from '../../src/record/record-batch.ts'
import type { Stage } from '../../src/record/stage.ts'
import { records, root, shell } from '../support/command.ts'
import { dumpText } from '../support/socket-dump.ts'

const corpus = join(root, '../shared/corpus/dev')
const skip = existsSync(corpus) ? false : 'no corpus of captures beside the repository'
const captures = skip
  ? []
  : readdirSync(corpus)
      .filter(name => /\.pcap(ng)?$/.test(name))
      .map(name => join(corpus, name))

/** What a run gave: its records but hello, which tells of the run itself, and what it said on stderr. */
interface Result {
  readonly rollups: ReadonlyArray<Record<string, unknown>>
  readonly said: readonly string[]
  readonly code: number
}

type Join = (next: Stage, tables: Tables) => Stage

const attribute: Join = (next, tables) => {
  const sockets = new OfflineSockets()
  const reader = new NdjsonReader(sockets, newTables(), { onMalformed: complain })
  reader.push(Buffer.from(dumpText))
  reader.end()
  return new AttributeStage(next, tables, sockets, { version: 'test' })
}
const aggregate: Join = (next, tables) => {
  const { dns, names } = openNames(false)
  return new AggregateStage(next, tables, {
    intervalUs: 1e6,
    total: false,
    by: ['process', 'connection', 'interface', 'dns'],
    version: 'test',
    dns,
    names,
  })
}

function complain(line: number, reason: string): never {
  throw new Error(`line ${line}: ${reason}`)
}

class Output {
  private readonly chunks: Uint8Array[] = []
  write(bytes: Uint8Array, release?: () => void): void {
    this.chunks.push(Uint8Array.from(bytes))
    release?.()
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }
}

/** Drives a capture file into a chain, as netoproc-capture and netoproc do. */
async function capture(path: string, chain: (tables: Tables) => Stage): Promise<Omit<Result, 'rollups'>> {
  const said: string[] = []
  let code = 0
  const tables = newTables()
  const source = await FileSource.open({ path, localAddresses: [] }, tables)
  const stage = new CaptureStage(chain(tables), tables, {
    dns: true,
    serverNames: true,
    crypto: initialCrypto,
    localAddresses: () => source.interfaces().flatMap(({ addresses }) => addresses),
    warn: message => said.push(message),
  })
  const life = { onStop: () => {}, onStatusRequest: () => {}, atExit: () => {} } as unknown as Life
  try {
    await drive({ tool: 'test', life, source, stage, ready: () => undefined })
  } catch (error) {
    if (!(error instanceof NetoprocError)) throw error
    said.push(error.message)
    code = error.exitCode
  }
  return { said, code }
}

/** Lines through a stage of their own process: its own tables, and pieces that end anywhere. */
function through(input: Buffer, join: Join): Buffer {
  const tables = newTables()
  const output = new Output()
  const stage = join(new NdjsonWriter(output), tables)
  const reader = new NdjsonReader(stage, tables, { onMalformed: complain })
  for (let at = 0, size = 1; at < input.length; at += size, size = ((size * 7) % 65_521) + 1)
    reader.push(input.subarray(at, at + size))
  reader.end()
  stage.close()
  return output.bytes
}

const rollupsOf = (text: string) => records(text).filter(({ type }) => type !== 'hello')

async function piped(path: string): Promise<Result> {
  const output = new Output()
  const end = await capture(path, () => new NdjsonWriter(output))
  const rollups = through(through(output.bytes, attribute), aggregate)
  return { rollups: rollupsOf(rollups.toString()), ...end }
}

async function inOne(path: string): Promise<Result> {
  const output = new Output()
  const end = await capture(path, tables => attribute(aggregate(new NdjsonWriter(output), tables), tables))
  return { rollups: rollupsOf(output.bytes.toString()), ...end }
}

/** Bytes of all processes, and bytes that capture saw: a packet between two processes of one host is of both. */
function balance(rollups: Result['rollups']): [owned: number, seen: number] {
  const sum = (type: string, field: string) =>
    rollups.filter(row => row.type === type).reduce((all, row) => all + (row[field] as number), 0)
  return [
    sum('process', 'rx_bytes') + sum('process', 'tx_bytes'),
    sum('interval', 'bytes') + sum('interval', 'local_bytes'),
  ]
}

t.test("every capture: joined by NDJSON as in one chain, and every byte is someone's", { skip }, async t => {
  let bytes = 0
  for (const path of captures) {
    const [one, pipe] = [await inOne(path), await piped(path)]
    t.same(one, pipe, basename(path))
    const [owned, seen] = balance(one.rollups)
    t.equal(owned, seen, `${basename(path)}: every byte is someone's`)
    bytes += owned
  }
  t.ok(bytes > 0, `${bytes} bytes in ${captures.length} captures`)
})

t.test('the commands give what the stages give', { skip }, async t => {
  const dump = join(t.testdir({ 'sockets.ndjson': dumpText }), 'sockets.ndjson')
  // The first of each: byte order and resolution of pcap, byte order of pcapng, whole or damaged.
  const samples = new Map<string, Result & { readonly path: string }>()
  for (const path of captures) {
    const format = readFileSync(path)
      .toString('hex', 0, 12)
      .replace(/^(?!0a0d0d0a)(.{8}).*|^(.{8}).{8}/, '$1$2')
    const result = await inOne(path)
    const kind = `${format} ${result.code}`
    if (!samples.has(kind)) samples.set(kind, { ...result, path })
  }
  t.ok(samples.size >= 8, [...samples.keys()].join(', '))
  for (const { path, rollups, said, code } of samples.values()) {
    for (const line of [
      `netoproc-capture -r ${path} | netoproc-attribute --sockets ${dump} | netoproc-aggregate`,
      `netoproc --read ${path} --sockets ${dump} --format ndjson`,
    ]) {
      const { code: exitCode, out, err } = await shell(line)
      t.same(rollupsOf(out), rollups, line)
      t.equal(exitCode, code, err)
      const command = line.split(' ')[0]
      t.equal(err, said.map(text => `${command}: ${text}\n`).join(''))
    }
  }
})
