// What is written of the commands and records is what they are: man pages and --help name every option and no other, pages are
// sound mdoc, what is made from the schemas is made from these, and the command lines in them do what they are said to do.

import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import t from 'tap'
import { command as aggregate } from '../../src/cli/aggregate.ts'
import { parseArguments } from '../../src/cli/arguments.ts'
import { command as attribute } from '../../src/cli/attribute.ts'
import { command as capture } from '../../src/cli/capture.ts'
import { helpText, spellings } from '../../src/cli/help-text.ts'
import { command as netoproc } from '../../src/cli/netoproc.ts'
import { commonOptions, type CommandLine, type Option } from '../../src/cli/option.ts'
import { command as render } from '../../src/cli/render.ts'
import { command as sockets } from '../../src/cli/sockets.ts'
import { root } from '../support/command.ts'
import { missing } from '../support/namespace.ts'
import { hello, socket } from '../support/socket-dump.ts'

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
    for (const code of [0, 3, 4, 130]) t.match(page, new RegExp(`^\\.It ${code}$`, 'm'), `exit code ${code}`)
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

/** Command lines that stand in a document: examples of --help and pages, lines of README's shell blocks. */
function commandLines(): Map<string, string> {
  const lines = new Map<string, string>()
  for (const { name, examples } of commands) for (const [line] of examples) lines.set(line, `${name} --help`)
  for (const { name } of commands)
    for (const line of pageExamples(read(`man/${name}.1`))) lines.set(line, `man/${name}.1`)
  for (const [, kind, block = ''] of read('README.md').matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
    const shown = block.split('\n').filter(line => kind === 'sh' || line.startsWith('$ '))
    for (const line of shown)
      if (/^[^#]*netoproc/.test(line)) lines.set(line.replace(/^\$ /, ''), 'README.md')
  }
  return lines
}

/** Lines ".Dl $ command", with mdoc's names of characters replaced. */
function pageExamples(page: string): string[] {
  return [...page.matchAll(/^\.Dl \$ (.*)$/gm)].map(([, line = '']) => line.replaceAll('\\(dq', '"'))
}

/**
 * The commands of the examples, where nothing is captured: what would be live is the recording of the demo. What each command
 * was given is written to a file of its own in $GIVEN, an argument a line: those of a pipe write at the same time.
 */
const offline = String.raw`
given() { printf '%s\n' "$@" > "$(mktemp "$GIVEN/XXXXXXXX")"; }
program() { name=$1; shift; "$NODE" "$BIN/$name.js" "$@"; }
sudo() { "$@"; }
ssh() { shift; eval "$@"; }
netoproc() {
  given netoproc "$@"
  case " $* " in
    *' --read '*) program netoproc "$@" ;;
    *' --duration '*) shift 2; program netoproc --read trace.pcapng --sockets sockets.ndjson "$@" ;;
    *) program netoproc --read trace.pcapng --sockets sockets.ndjson --format ndjson ;;
  esac
}
netoproc-capture() {
  given netoproc-capture "$@"
  case " $* " in *' -r '*) program netoproc-capture "$@" ; return ;; esac
  while [ "$1" = -i ] || [ "$1" = -d ]; do shift 2; done
  program netoproc-capture -r trace.pcapng "$@"
}
netoproc-sockets() { given netoproc-sockets "$@"; cat dump.ndjson; }
netoproc-attribute() {
  given netoproc-attribute "$@"
  case " $* " in
    *' --sockets '*) program netoproc-attribute "$@" ;;
    *) program netoproc-attribute --sockets dump.ndjson ;;
  esac
}
netoproc-aggregate() { given netoproc-aggregate "$@"; program netoproc-aggregate "$@"; }
netoproc-render() { given netoproc-render "$@"; program netoproc-render "$@"; }
cp "$DEMO.pcapng" trace.pcapng
{ echo "$HELLO"; cat "$DEMO.sockets.ndjson"; echo "$LISTENING"; } > dump.ndjson
cp dump.ndjson sockets.ndjson
program netoproc-capture -r trace.pcapng | program netoproc-attribute --sockets dump.ndjson > attributed.ndjson
program netoproc-aggregate < attributed.ndjson > rollups.ndjson
`

const listening = {
  ...socket,
  local_ip: '0.0.0.0',
  local_port: 22,
  remote_ip: '0.0.0.0',
  remote_port: 0,
  state: 'listen',
  process: 'sshd',
}

t.test('examples', { skip: missing('bash', 'jq') }, async t => {
  for (const { name, examples } of commands) {
    const inPage = pageExamples(read(`man/${name}.1`))
    t.same(
      examples.map(([line]) => line).filter(line => !inPage.includes(line)),
      [],
      `${name}: examples of --help are in the page`,
    )
  }
  const folder = t.testdir({ given: {} })
  const env = {
    ...process.env,
    NODE: process.execPath,
    BIN: join(root, 'bin'),
    DEMO: join(root, 'test/golden/demo'),
    GIVEN: join(folder, 'given'),
    HELLO: JSON.stringify(hello),
    LISTENING: JSON.stringify(listening),
  }
  const bash = (script: string) =>
    spawnSync('bash', ['-o', 'pipefail', '-c', script], {
      cwd: folder,
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
  const { status, stderr } = bash(`${offline}declare -f > functions`)
  t.same([status, stderr], [0, ''], 'the files that the examples read')
  const hasPcap = bash('. ./functions; program netoproc-capture -r trace.pcapng udp > /dev/null').status === 0

  const lines = commandLines()
  t.ok(lines.size > 15, `${lines.size} lines`)
  for (const [line, document] of lines) {
    const isFilter = /udp port 53/.test(line)
    if (isFilter && !hasPcap) continue
    const { status, stdout, stderr } = bash(`. ./functions; ${line}`)
    const written = / > (\S+)$/.exec(line)?.[1]
    const out = written === undefined ? stdout : readFileSync(join(folder, written), 'utf8')
    t.same([status, stderr], [0, ''], `${document}: ${line}`)
    t.ok(out.length > 3, `${document}: it has a result`)
  }
  for (const file of readdirSync(join(folder, 'given'))) {
    const words = readFileSync(join(folder, 'given', file), 'utf8').trim()
    const [name, ...args] = words.split('\n')
    const command = commands.find(each => each.name === name)
    t.doesNotThrow(() => parseArguments(command as CommandLine, args), words.replaceAll('\n', ' '))
  }
})
