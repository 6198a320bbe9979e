// The package as npm makes it: the files that a user needs and no others, and a consumer that finds all that it exports.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import t from 'tap'
import { root } from '../support/command.ts'

interface Manifest {
  readonly version: string
  readonly bin: Record<string, string>
  readonly man: readonly string[]
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>
  readonly dependencies: Record<string, string>
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

function run(file: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${error?.message ?? stderr + stdout}`)
  return stdout
}

/** Scripts are off: they would build dist anew under the tests that run it. */
function pack(...args: string[]): Array<{ filename: string; files: Array<{ path: string; mode: number }> }> {
  return JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', ...args], root))
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
}

const noNpm = spawnSync('npm', ['--version']).status === 0 ? false : 'npm is not installed'

t.test('the files in the package are those that a user needs', { skip: noNpm }, async t => {
  const files = pack('--dry-run')[0]?.files ?? []
  const paths = new Set(files.map(({ path }) => path))
  const compiled = filesBelow('src').flatMap(path => {
    const stem = path.replace(/^src/, 'dist').replace(/\.ts$/, '')
    return [`${stem}.js`, `${stem}.d.ts`]
  })
  const bundled = filesBelow('dist/bundle')
  for (const name of Object.keys(manifest.bin))
    t.ok(bundled.includes(`dist/bundle/${name}/command.js`), `${name} is bundled`)
  t.same(
    [...paths].sort(),
    [
      ...Object.values(manifest.bin),
      ...manifest.man.map(path => path.replace('./', '')),
      ...filesBelow('schemas'),
      ...filesBelow('scripts').filter(path => path.endsWith('.sh')),
      ...compiled,
      ...bundled,
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'package.json',
    ].sort(),
  )
  for (const { path, mode } of files.filter(({ path }) => path.startsWith('bin/')))
    t.equal(mode & 0o111, 0o111, `${path} can be executed`)
  for (const path of [...paths].filter(path => path.endsWith('.js')))
    t.notMatch(readFileSync(join(root, path), 'utf8'), /sourceMappingURL/, `${path} points at no map`)
})

t.test('the licence of each package in the bundles is passed on', async t => {
  const licences = readFileSync(join(root, 'dist/bundle/LICENSES.txt'), 'utf8')
  const inside = new Set<string>()
  for (const path of filesBelow('dist/bundle').filter(path => path.endsWith('.js')))
    for (const [, folder] of readFileSync(join(root, path), 'utf8').matchAll(
      /^\/\/ (node_modules\/(?:.*\/node_modules\/)?(?:@[^/\n]+\/)?[^/\n]+)\//gm,
    ))
      inside.add(folder as string)
  t.ok(inside.has('node_modules/table') && inside.has('node_modules/yargs-parser'))
  for (const folder of inside) {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    ) as Record<string, string>
    t.match(license, /^(MIT|ISC|BSD-3-Clause)$/, `${name} may be passed on with its licence`)
    t.ok(licences.includes(`${name} ${version}\n\n`), `${name} ${version}`)
  }
})

t.test('a consumer of the package', { skip: noNpm }, async t => {
  const folder = t.testdir()
  const modules = join(folder, 'node_modules')
  const { filename } = pack('--pack-destination', folder)[0] ?? {}
  mkdirSync(modules)
  run('tar', ['-xzf', join(folder, filename ?? ''), '-C', modules], folder)
  run('mv', ['package', 'netoproc'], modules)
  // Nothing else is there than what the package says that it needs.
  for (const name of Object.keys(manifest.dependencies))
    symlinkSync(join(root, 'node_modules', name), join(modules, name))

  for (const [name, path] of Object.entries(manifest.bin))
    t.equal(
      run(process.execPath, [join('node_modules/netoproc', path), '--version'], folder),
      `${name} ${manifest.version}\n`,
    )

  const exported = Object.entries(manifest.exports).flatMap(([name, target]) => {
    const path = typeof target === 'string' ? target : target.default
    if (!path.includes('*')) return [{ name, path }]
    const [before, after] = path.split('*') as [string, string]
    return filesBelow(before.slice(2).replace(/\/$/, ''))
      .filter(file => file.endsWith(after))
      .map(file => ({ name: name.replace('*', file.slice(before.length - 2, -after.length)), path: file }))
  })
  t.ok(exported.length > 30, `${exported.length} names are exported`)
  const specifiers = exported.map(({ name }) => `netoproc${name.slice(1)}`)
  const imports = specifiers.map((name, i) =>
    name.endsWith('.json')
      ? `import json${i} from '${name}' with { type: 'json' }`
      : `import * as module${i} from '${name}'`,
  )
  // A value of each is asked for: a name that resolves to nothing of use is no export.
  const used = specifiers.map((name, i) => (name.endsWith('.json') ? `json${i}` : `module${i}`)).join(', ')
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(folder, 'all.ts'),
    `${imports.join('\n')}\nexport const all: readonly object[] = [${used}]\n`,
  )
  writeFileSync(
    join(folder, 'consumer.ts'),
    `import { AggregateStage } from 'netoproc/aggregate/stage'
import { AttributeStage } from 'netoproc/attribute/stage'
import { CaptureStage } from 'netoproc/capture/stage'
import { FlowTable } from 'netoproc/record/flow-table'
import type { PacketRecord } from 'netoproc/record/generated/types'
import { NameTable } from 'netoproc/record/name-table'
import { OwnerTable } from 'netoproc/record/owner-table'
import { RecordBatch, type Tables } from 'netoproc/record/record-batch'
import type { Stage } from 'netoproc/record/stage'
import { SnapshotStage } from 'netoproc/render/stage'
import schema from 'netoproc/schemas/packet.schema.json' with { type: 'json' }

const tables: Tables = { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() }
const rows: unknown[] = []
const end: Stage = {
  push: (batch: RecordBatch) => void rows.push(...batch.side),
  flush: () => Infinity,
  close: () => {},
}
const stage: Stage = new AggregateStage(end, tables, { by: ['process'], intervalUs: 1e6, total: true, version: '1' })
const batch = new RecordBatch(tables)
const packet: PacketRecord = { type: 'packet', ts: 1, dir: 'out', frame_bytes: 60 }
// @ts-expect-error: a direction is one of four words
export const wrong: PacketRecord = { ...packet, dir: 'up' }
batch.append({ type: 'stats', ts: 1, iface: 'eth0', received: 3, dropped: 0, filtered: 0, final: true })
stage.push(batch)
stage.close()
export const seen = { rows, title: schema.title, stages: [CaptureStage, AttributeStage, SnapshotStage] }
`,
  )
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const flags =
    '--ignoreConfig --strict --exactOptionalPropertyTypes --module nodenext --target es2023 --lib es2023 --resolveJsonModule'
  run(
    process.execPath,
    [
      tsc,
      ...flags.split(' '),
      '--typeRoots',
      join(root, 'node_modules/@types'),
      '--types',
      'node',
      'all.ts',
      'consumer.ts',
    ],
    folder,
  )
  writeFileSync(
    join(folder, 'print.js'),
    `import { all } from './all.js'
import { seen } from './consumer.js'
console.log(JSON.stringify({ ...seen, all: all.length, stages: seen.stages.map(stage => stage.name) }))`,
  )
  const seen = JSON.parse(run(process.execPath, ['print.js'], folder)) as Record<string, unknown>
  t.match(seen, {
    all: exported.length,
    title: 'PacketRecord',
    stages: ['CaptureStage', 'AttributeStage', 'SnapshotStage'],
  })
  t.same(
    (seen.rows as Array<{ type: string }>).map(({ type }) => type),
    ['stats'],
  )
  const hidden = spawnSync(process.execPath, ['--input-type=module', '-e', 'import "netoproc/cli/run"'], {
    cwd: folder,
    encoding: 'utf8',
  })
  t.match(hidden.stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/, 'what is not exported is not reached')
  t.notOk(existsSync(join(modules, 'netoproc/test')))
})
