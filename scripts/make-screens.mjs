// Puts screens of the demo recording, the list of keys and the reasons of missing owners into README.md and man/netoproc.1,
// between their marks; with --check it only compares, and ends with 1 where a file says something else. Needs dist/ (npm run
// build).

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadWidths } from '../dist/render/tui/cell-width.js'
import { drawFrame } from '../dist/render/tui/frame.js'
import { Model } from '../dist/render/tui/model.js'
import { initialState } from '../dist/render/tui/ui-state.js'
import { keyHelp } from '../dist/render/tui/views/help.js'
import { reasonHelp } from '../dist/render/tui/views/words.js'

process.env.TZ = 'UTC'
await loadWidths()
/** Interval of the recording that is shown. */
const MOMENT = 37

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const node = process.execPath
const options = '--read test/golden/demo.pcapng --sockets test/golden/demo.sockets.ndjson'
const records = execFileSync(
  'sh',
  ['-c', `"${node}" bin/netoproc.js ${options} --local 192.0.2.7 --local 2001:db8:7::7 --format ndjson`],
  { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 },
)

const model = new Model()
let intervals = 0
for (const line of records.trimEnd().split('\n')) {
  const record = JSON.parse(line)
  model.add(record)
  if (record.type === 'interval' && ++intervals === MOMENT) break
}

function screen(view, width, height, isAscii, change = {}) {
  const state = { ...initialState({ isReplay: true }), view, ...change }
  const { grid } = drawFrame(model, state, { width, height }, isAscii)
  return Array.from({ length: height }, (_, y) => grid.line(y)).join('\n')
}

const firefox = [...model.processes.values()].find(({ record }) => record.process === 'firefox')
const expanded = new Set([firefox.key])

/** For roff: a backslash is an escape, a point or an apostrophe at the start of a line a request, a minus a hyphen. */
const roff = text =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(/^([.'])/gm, '\\&$1')
const literal = text => `.Bd -literal\n${roff(text)}\n.Ed\n`
const fence = text => `\`\`\`text\n${text}\n\`\`\`\n`
const keys = keyHelp
  .map(([name, what]) => `.It ${roff(name).replace(/ ?,/g, ' ,')}\n${roff(what)}\n`)
  .join('')

const reasons = reasonHelp
  .map(
    ([name, what, remedy]) => `.It Cm ${name}\n${roff(what)}${remedy === '' ? '' : `;\n${roff(remedy)}`}\n`,
  )
  .join('')

const parts = {
  'README.md': {
    '<!-- screen: processes -->\n': fence(screen('processes', 100, 24, false, { expanded })),
  },
  'man/netoproc.1': {
    '.\\" screen: processes\n': literal(screen('processes', 80, 24, true, { expanded })),
    '.\\" screen: connections\n': literal(screen('connections', 80, 24, true)),
    '.\\" keys\n': `.Bl -tag -width "Tab, Shift-Tab" -compact\n${keys}.El\n`,
    '.\\" reasons\n': `.Bl -tag -width closed_before_scan -compact\n${reasons}.El\n`,
    '.\\" screen: interfaces\n': literal(screen('interfaces', 80, 24, true)),
    '.\\" screen: dns\n': literal(screen('dns', 80, 24, true)),
  },
}

let differs = false
for (const [name, marks] of Object.entries(parts)) {
  const path = resolve(root, name)
  const before = readFileSync(path, 'utf8')
  let text = before
  for (const [mark, content] of Object.entries(marks)) {
    const end = mark.startsWith('<') ? '\n<!-- end -->\n' : '.\\" end\n'
    const from = text.indexOf(mark)
    const to = text.indexOf(end, from)
    if (from < 0 || to < 0) throw new Error(`${name} has no mark ${mark}`)
    text = text.slice(0, from + mark.length) + (mark.startsWith('<') ? '\n' : '') + content + text.slice(to)
  }
  if (text === before) continue
  if (process.argv.includes('--check')) {
    differs = true
    process.stderr.write(`${name} does not show what the screen shows: run node scripts/make-screens.mjs\n`)
  } else writeFileSync(path, text)
}
if (differs) process.exitCode = 1
