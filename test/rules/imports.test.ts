// Who may import whom: the table is the architecture, read it first. A line that is not allowed here fails.

import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const src = join(root, 'src')

/** First pattern that matches the file decides: what its import lines may name (paths from src/, or packages). */
const table: ReadonlyArray<readonly [file: RegExp, allowed: readonly RegExp[], why: string]> = [
  [/^record\//, [/^record\//], 'record is what everything stands on'],
  [
    /^native\/linux\//,
    [/^native\/(?!darwin)/, /^node:/, /^koffi$/],
    'native knows the operating system, not netoproc',
  ],
  [
    /^native\/darwin\//,
    [/^native\/(?!linux)/, /^node:/, /^koffi$/],
    'native knows the operating system, not netoproc',
  ],
  [/^native\//, [/^native\/[^/]+$/, /^node:/, /^koffi$/], 'native knows the operating system, not netoproc'],
  [/^capture\/decode\//, [/^capture\/(decode\/|port\.ts)/, /^record\//], 'decoding is pure'],
  [
    /^capture\/filter\//,
    [/^capture\/(filter|port|decode)/, /^record\//, /^native\/libpcap\.ts$/],
    'filters are programs, and libpcap compiles them',
  ],
  [/^aggregate\//, [/^aggregate\//, /^record\//], 'aggregate is pure: time comes in as an argument'],
  [
    /^(capture|attribute)\/open\.ts$/,
    [/^capture\//, /^attribute\//, /^record\//],
    'open is the platform switch of its stage',
  ],
  [
    /^(capture|attribute)\/linux\//,
    [
      /^native\/(linux\/|[^/]+$)/,
      /^capture\/(linux|filter|port|decode|resolv-conf|chosen-interfaces)/,
      /^attribute\/(linux|[^/]+$)/,
      /^record\//,
      /^node:/,
    ],
    'a Linux backend',
  ],
  [
    /^(capture|attribute)\/darwin\//,
    [
      /^native\/(darwin\/|[^/]+$)/,
      /^capture\/(darwin|filter|port|decode|resolv-conf|chosen-interfaces)/,
      /^attribute\/(darwin|[^/]+$)/,
      /^record\//,
      /^node:/,
    ],
    'a macOS backend',
  ],
  [/^capture\/file\//, [/^capture\/(file|port|filter|decode)/, /^record\//, /^node:/], 'capture files'],
  [/^capture\//, [/^capture\/(?!linux|darwin)/, /^record\//], 'a stage imports itself and record'],
  [/^attribute\//, [/^attribute\/(?!linux|darwin)/, /^record\//], 'a stage imports itself and record'],
  [
    /^render\/tui\//,
    [/^render\//, /^record\//, /^string-width$/],
    'the screen is pure: its terminal is in cli',
  ],
  [/^render\//, [/^render\//, /^record\//, /^table$/, /^string-width$/], 'a stage imports itself and record'],
  [
    /^cli\//,
    [/^cli\//, /^record\//, /^(capture|attribute|aggregate|render)\//, /^node:/, /^yargs\/helpers$/],
    'cli puts the stages together',
  ],
]

function importsOf(text: string): string[] {
  return [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm,
    ),
  ].map(match => (match[1] ?? match[2] ?? match[3]) as string)
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))

t.test('every import is in the table', async t => {
  for (const file of files) {
    const row = table.find(([pattern]) => pattern.test(file))
    if (row === undefined) {
      t.fail(`${file} is in no row of the table`)
      continue
    }
    for (const name of importsOf(readFileSync(join(src, file), 'utf8'))) {
      const target = name.startsWith('.') ? relative(src, resolve(dirname(join(src, file)), name)) : name
      const allowed = row[1].some(pattern => pattern.test(target))
      if (!allowed) t.fail(`${file} may not import ${target}: ${row[2]}`)
    }
  }
  t.ok(files.length > 30, `${files.length} files read`)
})

t.test('the platform is read by open.ts alone', async t => {
  for (const file of files.filter(name => !/(^|\/)open\.ts$/.test(name))) {
    t.notMatch(readFileSync(join(src, file), 'utf8'), /process\.platform\b/, file)
  }
})

t.test('only native names koffi', async t => {
  for (const file of files.filter(name => !name.startsWith('native/'))) {
    t.notOk(importsOf(readFileSync(join(src, file), 'utf8')).includes('koffi'), file)
  }
})

/** The files that are loaded with one, before it runs: `import type` and `import()` load nothing. */
function loadedWith(...roots: string[]): string[] {
  const seen = new Set<string>()
  const follow = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    if (!file.endsWith('.ts')) return
    const text = readFileSync(join(src, file), 'utf8')
    for (const match of text.matchAll(/^(?:import|export)\b(?!\s+type\b)[^'"]*?from\s+'([^']+)'/gm)) {
      const name = match[1] as string
      follow(name.startsWith('.') ? relative(src, resolve(dirname(join(src, file)), name)) : name)
    }
  }
  for (const file of roots) follow(file)
  return [...seen]
}

t.test('commands load the parts of one platform, and render loads no native code', async t => {
  const loaded = loadedWith('cli/render.ts', 'cli/aggregate.ts')
  t.same(
    loaded.filter(name => name.startsWith('native/')),
    [],
  )
})

t.test('the first frame waits for no stage, and for no tables of characters', async t => {
  const loaded = loadedWith('cli/run.ts', 'cli/netoproc.ts', 'cli/screen.ts')
  t.ok(loaded.includes('render/tui/frame.ts') && loaded.includes('yargs/helpers'), 'they are followed')
  t.same(
    loaded.filter(name =>
      /^(capture|attribute|aggregate|native)\/|^(string-width|table|koffi|yargs)$/.test(name),
    ),
    [],
  )
})
