// What a command loads before it runs: few files (scripts/bundle.mjs), and none that it has no use for.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { root } from '../support/command.ts'

const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`
/** Writes the URL of each module that is loaded on descriptor 3. */
const spy = dataUrl(`import { register } from 'node:module'
register(${JSON.stringify(
  dataUrl(`import { writeSync } from 'node:fs'
export function load(url, context, next) {
  writeSync(3, url + '\\n')
  return next(url, context)
}`),
)})`)

/** Files that the command loads, from the top of the package. */
function filesLoaded(name: string, ...args: string[]): string[] {
  const { status, stderr, output } = spawnSync(
    process.execPath,
    ['--import', spy, join(root, 'bin', `${name}.js`), ...args],
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`)
  const top = `${pathToFileURL(root).href}/`
  return (output[3] ?? '')
    .split('\n')
    .filter(url => url.startsWith(top))
    .map(url => url.slice(top.length))
}

/** What loads the bundle. */
const begins = new Set(['dist/cli/start.js', 'dist/cli/idle-heap.js', 'dist/record/error.js'])

const recording = ['-r', join(root, 'test/golden/demo.pcapng')] as const

t.test('few files are loaded, and of the modules that are in the bundle none once more', async t => {
  for (const [name, most, args] of [
    ['netoproc', 22, ['--version']],
    ['netoproc-capture', 15, recording],
    ['netoproc-sockets', 12, ['--version']],
    ['netoproc-attribute', 12, ['--version']],
    ['netoproc-aggregate', 12, []],
    ['netoproc-render', 15, ['--format', 'ndjson']],
  ] as const) {
    const files = filesLoaded(name, ...args)
    t.ok(files.includes(`dist/bundle/${name}/command.js`), `${name} is loaded from its bundle`)
    t.ok(files.length <= most, `${name} ${args.join(' ')} loads ${files.length} files, ${most} at most`)
    t.same(
      files.filter(
        path => /^(dist|src)\//.test(path) && !path.startsWith('dist/bundle/') && !begins.has(path),
      ),
      [],
    )
  }
})

t.test('native code is loaded by those who ask the system for something', async t => {
  for (const [name, ...args] of [
    ['netoproc-aggregate'],
    ['netoproc-render', '--format', 'tsv'],
    ['netoproc-capture', ...recording],
  ] as const)
    t.same(
      filesLoaded(name, ...args).filter(path => /koffi/.test(path)),
      [],
      name,
    )
})

t.test('--strict alone loads the validators', async t => {
  const validators = 'dist/record/generated/validate.js'
  t.notOk(filesLoaded('netoproc-aggregate').includes(validators))
  t.ok(filesLoaded('netoproc-aggregate', '--strict').includes(validators))
})

t.test('the library of tables is loaded where a table is asked for', async t => {
  const hasTables = (format: string) =>
    filesLoaded('netoproc-render', '--format', format).some(path =>
      readFileSync(join(root, path), 'utf8').includes('// node_modules/table/'),
    )
  for (const format of ['tsv', 'json', 'ndjson']) t.notOk(hasTables(format), format)
  t.ok(hasTables('pretty'))
})
