// The completion scripts in the shells that they are for: each option of each command, and the values that there are.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { command as aggregate } from '../../src/cli/aggregate.ts'
import { command as attribute } from '../../src/cli/attribute.ts'
import { command as capture } from '../../src/cli/capture.ts'
import { completionScript, type Shell } from '../../src/cli/completion.ts'
import { spellings } from '../../src/cli/help-text.ts'
import { command as netoproc } from '../../src/cli/netoproc.ts'
import { commonOptions, type CommandLine } from '../../src/cli/option.ts'
import { command as render } from '../../src/cli/render.ts'
import { command as sockets } from '../../src/cli/sockets.ts'
import { missing } from '../support/namespace.ts'

const commands: readonly CommandLine[] = [netoproc, capture, sockets, attribute, aggregate, render]

/** A line to complete, and all that must be offered for its last word. */
interface Question {
  readonly words: readonly string[]
  readonly offers: readonly string[]
}

/** The files of the folder that the shells are in; one has a blank in its name. */
const files = ['a trace.pcap', 'trace.pcapng']
const interfaces = existsSync('/sys/class/net') ? readdirSync('/sys/class/net') : undefined

const questions: readonly Question[] = commands.flatMap(({ name: command, options }) => {
  const all = [...options, ...commonOptions]
  const long = all.flatMap(spellings).filter(name => name.startsWith('--'))
  return [
    { words: [command, '--'], offers: long },
    { words: [command, '--no-'], offers: long.filter(name => name.startsWith('--no-')) },
    ...all.flatMap(option =>
      spellings(option).flatMap((name): Question[] => {
        const words = [command, name, '']
        if (option.kind === 'choice') {
          const { choices, list } = option
          if (list !== true) return [{ words, offers: choices }]
          const begun = `${choices[0]},${choices[1]?.slice(0, 2)}`
          const goOn = choices.filter(choice => choice.startsWith(begun.split(',')[1] ?? ''))
          return [
            { words, offers: choices },
            { words: [command, name, begun], offers: goOn.map(choice => `${choices[0]},${choice}`) },
          ]
        }
        if (option.kind !== 'text' || option.completes === undefined) return []
        if (option.completes === 'file') return [{ words, offers: files }]
        return interfaces === undefined ? [] : [{ words, offers: interfaces }]
      }),
    ),
  ]
})

function run(file: string, args: readonly string[], cwd: string, input: string): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd,
    input,
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (status !== 0 || stderr !== '') throw new Error(`${file}: ${error?.message ?? stderr}`)
  return stdout
}

const scripts = (shell: Shell) => commands.map(command => completionScript(command, shell)).join('\n')

/** Answers come in blocks, each behind a line "? number". */
function blocks(output: string): string[][] {
  return output
    .split(/^\? \d+\r?\n/m)
    .slice(1)
    .map(block => block.split('\n').filter(line => line !== ''))
}

function withFiles(folder: string): string {
  for (const name of files) writeFileSync(join(folder, name), '')
  return folder
}

const quote = (word: string) => `'${word}'`

t.test('bash', { skip: missing('bash') }, async t => {
  const folder = withFiles(t.testdir())
  const registered = commands.map(({ name }) => `complete -p ${name}`).join('\n')
  const functions = commands.map(({ name }) => `complete -F _${name.replaceAll('-', '_')} ${name}\n`)
  t.equal(run('bash', ['--norc'], folder, `${scripts('bash')}\n${registered}\n`), functions.join(''))
  const answer = `answer() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _\${1//-/_}
  printf '%s\\n' "\${COMPREPLY[@]}"
}`
  const asked = questions.map(({ words }, n) => `echo '? ${n}'; answer ${words.map(quote).join(' ')}`)
  const answers = blocks(
    run('bash', ['--norc'], folder, `${scripts('bash')}\n${answer}\n${asked.join('\n')}\n`),
  )
  questions.forEach(({ words, offers }, n) =>
    t.same([...(answers[n] ?? [])].sort(), [...offers].sort(), words.join(' ')),
  )
})

const noTerminal =
  missing('bash', 'script') || (existsSync('/proc') ? false : 'script(1) has other options here')
t.test('bash on a terminal: readline takes words apart in its own way', { skip: noTerminal }, async t => {
  const folder = withFiles(t.testdir({ 'completion.bash': scripts('bash') }))
  const typed = [
    'PS1=; . ./completion.bash; show() { printf "<%s>" "$@"; echo; }',
    ...commands.map(({ name }) => `${name}() { show "$@"; }`),
    'netoproc --read a\t --format=n\t --capture-m\tafp\t',
    'netoproc-aggregate --by process,con\t --tot\t',
    'exit',
  ]
  const out = run('script', ['-qec', 'bash --norc -i', '/dev/null'], folder, `${typed.join('\n')}\n`)
  t.match(out, '<--read><a trace.pcap><--format=ndjson><--capture-mode><afpacket>')
  t.match(out, '<--by><process,connection><--total>')
})

t.test('fish', { skip: missing('fish') }, async t => {
  const asked = questions.map(({ words }, n) => `echo '? ${n}'; complete -C '${words.join(' ')}'`)
  const folder = withFiles(t.testdir({ '.asked': `${scripts('fish')}\n${asked.join('\n')}\n` }))
  const answers = blocks(run('fish', ['--no-config', '.asked'], folder, ''))
  questions.forEach(({ words, offers }, n) => {
    const words_ = (answers[n] ?? []).map(line => line.split('\t')[0] ?? '')
    t.same(words_.sort(), [...offers].sort(), words.join(' '))
  })
})

/**
 * The interactive zsh. It says that it is ready where its line editor has the terminal, and not earlier: what is typed before
 * that, the terminal would echo and edit itself (and "stty -echo" does not last: zsh turns echo on between two lines). BAUD=0: what
 * is listed is shown though more input waits.
 */
const zshrc = String.raw`
PS1= BAUD=0 LISTMAX=1000
unsetopt prompt_sp bracketed_paste
autoload -Uz compinit && compinit -u -D
. ./.zsh/completion
bindkey '^I' list-choices
zle-line-init() { print -n '<ready>' }
zle -N zle-line-init
`

/** Types each line of its input into that shell, lists what Tab would offer, takes the line back, and prints what was shown. */
const typist = String.raw`
zmodload zsh/zpty
zpty shell 'stty cols 200 rows 200; TERM=xterm ZDOTDIR=.zsh exec zsh -d -i'
zpty -r shell shown '*<ready>'
n=0
while IFS= read -r line; do
  zpty -w -n shell "$line"$'\t\x15\n'
  zpty -r shell shown '*<ready>'
  print -r -- "? $n"
  print -r -- "${'${shown%<ready>}'}"
  n=$((n + 1))
done
zpty -d shell
`

t.test('zsh', { skip: missing('zsh', 'stty') }, async t => {
  const folder = withFiles(t.testdir({ '.zsh': { completion: scripts('zsh'), '.zshrc': zshrc, typist } }))
  const input = questions.map(({ words }) => `${words.join(' ')}\n`).join('')
  const answers = blocks(run('zsh', ['-f', '.zsh/typist'], folder, input))
  questions.forEach(({ words, offers }, n) => {
    const line = words.join(' ')
    const listed = (answers[n] ?? [])
      .flatMap(text => stripVTControlCharacters(text).split('\r'))
      .map(text => text.replace(/\s-- .*/, '').trim())
      .filter(text => text.length > 1 && text !== line.trim())
      .flatMap(text => text.split(/(?<!\\)\s+/))
      .map(word => word.replaceAll('\\', ''))
    // Of a list it shows the item alone.
    const items = offers.map(word => word.split(',').at(-1) ?? '')
    t.same(listed.sort(), items.sort(), line)
  })
})
