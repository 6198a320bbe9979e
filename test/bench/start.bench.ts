// What does the start of a command cost, from the few files of its bundle (scripts/bundle.mjs) and module by module from dist/?
// Node alone is beside them. Wall clock and processor time, medians of pairs in one run.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { root } from '../support/command.ts'

const ROUNDS = 15

const folder = mkdtempSync(join(tmpdir(), 'netoproc-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true }))

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number

/** Milliseconds. */
interface Cost {
  readonly wall: number
  readonly cpu: number
}

/** Node runs the line to its end, with nothing to read. */
function cost(line: string): Cost {
  const { stderr, status } = spawnSync(
    'bash',
    ['-c', `TIMEFORMAT='%R %U %S'; time "${process.execPath}" ${line} </dev/null >/dev/null`],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`${line}: ${stderr}`)
  const [wall, user, system] = (stderr.trim().split('\n').at(-1) as string).split(' ').map(Number) as [
    number,
    number,
    number,
  ]
  return { wall: wall * 1000, cpu: (user + system) * 1000 }
}

const nothing = join(folder, 'nothing.mjs')
writeFileSync(nothing, '')
const golden = join(root, 'test/golden')

for (const [name, args] of [
  ['netoproc', '--version'],
  ['netoproc', `--read ${golden}/demo.pcapng --format tsv`],
  ['netoproc-capture', `-r ${golden}/demo.pcapng`],
  ['netoproc-attribute', `--sockets ${golden}/demo.sockets.ndjson`],
  ['netoproc-aggregate', ''],
  ['netoproc-render', '--format tsv'],
  ...(process.getuid?.() === 0 ? [['netoproc-attribute', ''] as const] : []),
] as const) {
  const plain = join(folder, `${name}.mjs`)
  const cli = join(root, 'dist/cli')
  writeFileSync(
    plain,
    `import { command } from '${cli}/${name.replace('netoproc-', '')}.js'
import { run } from '${cli}/run.js'
await run(command)\n`,
  )
  const lines = {
    'node alone': nothing,
    modules: `${plain} ${args}`,
    bundle: `${join(root, 'bin', `${name}.js`)} ${args}`,
  }
  const costs = new Map<string, Cost[]>()
  for (let round = 0; round < ROUNDS; round++)
    for (const [what, line] of Object.entries(lines))
      costs.set(what, [...(costs.get(what) ?? []), cost(line)])
  const shown = [...costs].map(
    ([what, each]) =>
      `${what} ${median(each.map(({ wall }) => wall)).toFixed(0)} ms (${median(each.map(({ cpu }) => cpu)).toFixed(0)} of processor)`,
  )
  console.log(`${name} ${args.replaceAll(`${golden}/`, '')}: ${shown.join(', ')}`)
}
