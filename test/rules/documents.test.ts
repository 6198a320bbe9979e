// What is written of the commands and records is what they are: man pages and --help name every option and no other, pages are
// sound mdoc, and what is made from the schemas is made from these.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import t from 'tap'
import { command as aggregate } from '../../src/cli/aggregate.ts'
import { command as attribute } from '../../src/cli/attribute.ts'
import { command as capture } from '../../src/cli/capture.ts'
import { helpText, spellings } from '../../src/cli/help-text.ts'
import { command as netoproc } from '../../src/cli/netoproc.ts'
import { commonOptions, type CommandLine, type Option } from '../../src/cli/option.ts'
import { command as render } from '../../src/cli/render.ts'
import { command as sockets } from '../../src/cli/sockets.ts'
import { root } from '../support/command.ts'
import { missing } from '../support/namespace.ts'

const commands: readonly CommandLine[] = [netoproc, capture, sockets, attribute, aggregate, render]
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Options that an mdoc page has an item for: ".It Fl r , -read Ar file" is -r and --read. */
function itemOptions(page: string): string[] {
  return page
    .split('\n')
    .filter(line => line.startsWith('.It Fl '))
    .flatMap(line => [...line.matchAll(/(?<= Fl | , )(?:Fl )?(-?[A-Za-z][A-Za-z-]*)/g)])
    .map(match => `-${match[1]}`)
}

for (const command of commands) {
  t.test(command.name, async t => {
    const options: readonly Option[] = [...command.options, ...commonOptions]
    const all = options.flatMap(spellings).sort()
    const page = read(`man/${command.name}.1`)
    t.same(itemOptions(page).sort(), all, 'the page has an item for each option, and for no other')
    const help = helpText(command)
    for (const option of options) {
      const names = spellings(option)
      for (const name of names) t.match(help, new RegExp(`(^| )${name}[ ,;)\n]`, 'm'), `${name} is in --help`)
      if (option.kind !== 'choice') continue
      for (const choice of option.choices)
        t.match(page, new RegExp(`\\b${choice}\\b`), `${option.name} ${choice} is in the page`)
    }
    for (const [example] of command.examples) {
      t.ok(help.includes(example), 'an example is in --help')
    }
    const longest = Math.max(...help.split('\n').map(line => line.length))
    t.ok(longest <= 110, `the longest line of --help has ${longest} columns`)
    for (const code of [0, 3, 4]) t.match(page, new RegExp(`^\\.It ${code}$`, 'm'), `exit code ${code}`)
  })
}

t.test('the pages are sound mdoc', { skip: missing('mandoc') }, async t => {
  const pages = (JSON.parse(read('package.json')) as { man: string[] }).man
  const { stdout, stderr } = spawnSync('mandoc', ['-Tlint', ...pages], { cwd: root, encoding: 'utf8' })
  // Whether a page that is referred to is installed here is nothing of ours.
  const found = `${stdout}${stderr}`
    .split('\n')
    .filter(line => line !== '' && !/referenced manual not found|outdated mandoc\.db/.test(line))
  t.same(found, [])
  for (const page of pages) {
    const { status, stdout } = spawnSync('mandoc', ['-Tutf8', page], { cwd: root, encoding: 'utf8' })
    t.equal(status, 0)
    t.ok(stdout.length > 1000)
  }
})

t.test('what is made from the schemas is up to date', async t => {
  const script = join(root, 'scripts/generate-records.mjs')
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
})
