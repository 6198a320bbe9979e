// What users get wrong: options, files, pipes. Each mistake is answered by one line that says what to do, and by the exit code
// of its kind; where a command could not begin, its output is empty.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { command as aggregate } from '../../src/cli/aggregate.ts'
import { parseArguments } from '../../src/cli/arguments.ts'
import { command as attribute } from '../../src/cli/attribute.ts'
import { command as capture } from '../../src/cli/capture.ts'
import { command as netoproc } from '../../src/cli/netoproc.ts'
import type { CommandLine } from '../../src/cli/option.ts'
import { command as render } from '../../src/cli/render.ts'
import { captureFile } from '../support/capture-file.ts'
import { root, shell } from '../support/command.ts'
import { missing } from '../support/namespace.ts'
import { dumpText } from '../support/socket-dump.ts'

const folder = t.testdir()
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const trace = file('trace.pcap', captureFile())
const dump = file('sockets.ndjson', dumpText)
const packed = file('trace.pcap.gz', gzipSync(captureFile()))
const empty = file('empty', '')
const text = file('notes.txt', 'no records\n')
const other = file('other.ndjson', '{"a":1}\n')
const future = file(
  'future.ndjson',
  '{"type":"hello","ts":1,"tool":"netoproc-capture","version":"9.0.0","schema":2,"method":"file","degraded":[]}\n',
)
const directory = join(folder, 'directory')
mkdirSync(directory)

type Mistakes = ReadonlyArray<readonly [line: string, answer: RegExp]>

/** Each line ends with the code, and has the answer on stderr, alone, behind the name of the command that gives it. */
async function tell(t: Test, code: number, mistakes: Mistakes, isEmpty = true): Promise<void> {
  for (const [line, answer] of mistakes) {
    const { code: ended, out, err } = await shell(line)
    t.equal(ended, code, `${line}: ${err}`)
    t.match(err, new RegExp(`^netoproc[a-z-]*: ${answer.source}\n$`), line)
    if (isEmpty) t.equal(out, '', line)
  }
}

t.test('options', async t => {
  const mistakes: ReadonlyArray<readonly [command: CommandLine, words: readonly string[], answer: RegExp]> = [
    [netoproc, ['--colour'], /^unknown option --colour; see --help$/],
    [netoproc, ['extra'], /^unexpected "extra": netoproc takes options only; see --help$/],
    [render, ['--', '-x'], /^unexpected "-x": /],
    [netoproc, ['--format', 'xml'], /^--format must be one of tsv, json, pretty, ndjson, not "xml"$/],
    [netoproc, ['--completion', 'tcsh'], /^--completion must be one of bash, zsh, fish, not "tcsh"$/],
    [aggregate, ['--by', 'process,all'], /^--by must be of process, .*, not "all"$/],
    [render, ['--columns', 'nothing'], /^--columns must be of pid, .*, not "nothing"$/],
    [netoproc, ['--interval'], /^--interval needs a value: --interval SECONDS$/],
    [netoproc, ['--filter', ''], /^--filter needs a value: --filter PATTERN$/],
    [netoproc, ['-i', '--monitor'], /^--interface needs a value: --interface IFACE$/],
    [netoproc, ['--monitor=no'], /^--monitor takes no value$/],
    [netoproc, ['--duration', '1', '--duration=2'], /^--duration may be given once$/],
    ...['0', '-5', '9'.repeat(30), '3600.5'].map(
      value => [netoproc, ['--duration', value], /^--duration must be from 1 to 3600, not [-.\d]+$/] as const,
    ),
    ...['NaN', 'Infinity', '0x10', '1e1', '1,5', '5s', ' 5', '.', '٣'].map(
      value =>
        [netoproc, ['--duration', value], /^--duration must be a number from 1 to 3600, not "/] as const,
    ),
    [netoproc, ['--buffer', '32M'], /^--buffer must be a whole number from 4096 to 268435456, not "32M"$/],
    [capture, ['-c', '1.5'], /^--count must be a whole number /],
    [attribute, ['--hold', '-1'], /^--hold must be from 0 to 10000, not -1$/],
    // What is nearly an option is none.
    ...[
      '--no-total',
      '---total',
      '-total',
      '--total.x',
      '--total-',
      '--interval-=5',
      '--h',
      '--__proto__',
    ].map(word => [aggregate, [word], new RegExp(`^unknown option ${word.replace(/=.*/, '')}; `)] as const),
    [capture, ['--no-read', 'x'], /^unknown option --no-read; /],
    [capture, ['--c', '5'], /^unknown option --c; /],
    [capture, ['-c5x'], /^--count must be a whole number .*, not "5x"$/],
    [capture, ['-d.05'], /^--duration must be from 0.1 to /],
    [capture, ['-Dx'], /^unknown option -Dx; /],
    [capture, ['-5'], /^unknown option -5; /],
    [capture, ['-r', '-c'], /^--read needs a value: --read FILE$/],
    ...['--no-dns=true', '--no-dns=', '-D=1'].map(
      word => [capture, [word], /^--(no-dns|list-interfaces) takes no value$/] as const,
    ),
  ]
  for (const [command, words, message] of mistakes)
    t.throws(() => parseArguments(command, words), { exitCode: 3, message }, words.join(' '))
  for (const value of ['1', '+2', '0005', '2.', '1.5'])
    t.equal(parseArguments(netoproc, ['--duration', value]).number('duration'), Number(value))
  const words = ['-ilo', '-i', '-x', '-i=a=b', '-Dc5', '--no-dns', 'true', '-d.5', '--', '-i']
  const given = parseArguments(capture, words)
  t.same(given.list('interface'), ['lo', '-x', 'a=b'])
  t.same([given.number('count'), given.number('duration')], [5, 0.5])
  t.ok(given.flag('no-dns') && given.flag('list-interfaces'))
  t.same(given.operands, ['true', '-i'], 'a flag takes no word behind it')
  await tell(t, 3, [
    ['netoproc --colour', /unknown option --colour; see --help/],
    [
      'netoproc --filter 10.0.0.0/40 --duration 1',
      /--filter 10.0.0.0\/40: not a network such as 10.0.0.0\/8/,
    ],
    ['netoproc --filter :99999 --duration 1', /--filter :99999: a port is at most 65535/],
  ])
})

t.test('options that do not go together', t =>
  tell(t, 3, [
    ['netoproc --monitor --duration 1', /--duration has no effect with --monitor/],
    ['netoproc --interval 1 --duration 2', /--interval has no effect with --format tsv/],
    ['netoproc --read x --duration 3', /--duration has no effect with --read/],
    ['netoproc --read x -i lo', /--interface has no effect with --read/],
    ['netoproc --sockets x --duration 1', /--sockets has no effect without --read/],
    ['netoproc --local 1.2.3.4 --duration 1', /--local has no effect without --read/],
    [`netoproc --read ${trace} --resolve`, /--resolve has no effect with --read/],
    [`netoproc --read ${trace} --local nonsense`, /--local must be an IPv4 or IPv6 address, not "nonsense"/],
    ['netoproc-capture --local 1.2.3.4', /--local has no effect without --read/],
    [`netoproc-capture -r ${trace} --local 1.2.3`, /--local must be an IPv4 or IPv6 address, not "1.2.3"/],
    ['netoproc-capture -D --promisc', /--promisc has no effect with --list-interfaces/],
    ['netoproc-capture -D tcp', /EXPRESSION has no effect with --list-interfaces/],
    [`netoproc-capture -r ${trace} 'not a filter'`, /EXPRESSION "not a filter": .*/],
    ['netoproc-sockets --counters', /--counters has no effect without --follow/],
    [`netoproc-attribute --sockets ${dump} --hold 1`, /--hold has no effect with --sockets/],
    ['netoproc-render --format ndjson --sort pid', /--sort has no effect with --format ndjson/],
    [`netoproc --read ${trace} --monitor`, /the terminal UI needs a terminal on standard output; .*/],
  ]),
)

t.test('commands in the wrong order', async t => {
  await tell(t, 3, [
    [
      `netoproc-capture -r ${trace} | netoproc-render --format json`,
      /no sums to show: put netoproc-aggregate before netoproc-render/,
    ],
    [
      `netoproc-capture -r ${trace} | netoproc-aggregate | netoproc-aggregate --total`,
      /the records are summed up already: leave out this netoproc-aggregate/,
    ],
    [
      `netoproc-capture -r ${trace} | netoproc-aggregate | netoproc-attribute --sockets ${dump}`,
      /no packets to name any more: put netoproc-attribute before netoproc-aggregate/,
    ],
  ])
  const { code, err } = await shell(`netoproc --read ${trace} --format ndjson | netoproc-render --format tsv`)
  t.equal(code, 0, err)
})

t.test('a capture file that is none', async t => {
  await tell(t, 4, [
    ['netoproc-capture -r /nowhere', /cannot read \/nowhere: no such file or directory \(ENOENT\)/],
    [`netoproc-capture -r ${directory}`, /cannot read .*: it is a directory \(EISDIR\)/],
    [`netoproc-capture -r - < ${directory}`, /cannot read standard input: it is a directory \(EISDIR\)/],
    [`netoproc --read ${trace} --sockets /nowhere`, /cannot read \/nowhere: .* \(ENOENT\)/],
  ])
  // What describes the stream is written all the same: how it ended is in it.
  const mistakes: Mistakes = [
    [`netoproc-capture -r ${empty}`, /.*empty is empty: not a pcap or pcapng file/],
    [`netoproc-capture -r - < ${empty}`, /standard input is empty: not a pcap or pcapng file/],
    ['netoproc-capture -r - <&-', /standard input is empty: not a pcap or pcapng file/],
    [`netoproc-capture -r ${packed}`, /.*\.gz is compressed: unpack it first \(gzip -dc\)/],
    [`netoproc-capture -r ${dump}`, /.* is not a pcap or pcapng file, but NDJSON: .*/],
    [`netoproc-capture -r ${file('notes', 'nothing of the kind\n')}`, /.* is not a pcap or pcapng file/],
    [`netoproc --read ${packed} --format tsv`, /.*\.gz is compressed: .*/],
  ]
  await tell(t, 4, mistakes, false)
})

t.test('a dump of sockets that is none', t => {
  const no = /.* has no sockets: --sockets takes what netoproc-sockets writes/
  return tell(t, 4, [
    [`netoproc --read ${trace} --sockets ${empty} --format tsv`, no],
    [`netoproc-attribute --sockets ${empty} < ${empty}`, no],
    [`netoproc-attribute --sockets ${future} < ${empty}`, no],
    [`netoproc-attribute --sockets ${packed} < ${empty}`, /.* is compressed: unpack it first \(gzip -dc\)/],
    [
      `netoproc-attribute --sockets ${trace} < ${empty}`,
      /.* is a capture file: netoproc-capture -r reads it/,
    ],
  ])
})

t.test('input that is no stream of records', async t => {
  for (const command of [
    `netoproc-attribute --sockets ${dump}`,
    'netoproc-aggregate',
    'netoproc-render --format ndjson',
  ]) {
    await tell(t, 4, [
      [`${command} < ${directory}`, /cannot read standard input: .* \(EISDIR\)/],
      [`${command} < ${trace}`, /standard input is a capture file: netoproc-capture -r reads it/],
      [`${command} < ${packed}`, /standard input is compressed: unpack it first \(gzip -dc\)/],
      [`${command} < ${text}`, /line 1: not JSON/],
      [`${command} < ${other}`, /line 1: no type/],
      [
        `${command} < ${future}`,
        /the records are of schema 2 \(netoproc-capture 9\.0\.0\), this reads schema 1: .*/,
      ],
    ])
  }
  const { code, err } = await shell('netoproc-aggregate', 'x\n'.repeat(5000))
  t.equal(code, 4)
  t.same(
    [err.split('\n').length, err.split('\n').at(-2)],
    [22, 'netoproc-aggregate: and 4980 more malformed lines'],
    'not each of thousands is told',
  )
})

t.test('a full disk', { skip: existsSync('/dev/full') ? false : 'no /dev/full' }, t => {
  const full = /cannot write to standard output: no space left on device \(ENOSPC\)/
  return tell(t, 4, [
    [`netoproc-capture -r ${trace} > /dev/full`, full],
    [`netoproc --read ${trace} --local 192.0.2.7 --format tsv > /dev/full`, full],
    ['netoproc --help > /dev/full', full],
    ['netoproc-capture -D > /dev/full', full],
  ])
})

t.test('an interface that is not there', async t => {
  for (const command of ['netoproc --duration 1', 'netoproc-capture']) {
    const { code, out, err } = await shell(`${command} -i nosuch0`)
    // Who may not capture at all is told that first.
    if (code === 1) continue
    t.equal(code, 2, err)
    t.match(err, /^netoproc[a-z-]*: no interface "nosuch0"; there are: \w.*\n$/)
    t.equal(out, '')
  }
})

const noRoot = process.geteuid?.() === 0 ? missing('setpriv') : 'needs root'

t.test('a reason names eBPF once', { skip: noRoot }, async t => {
  const command = `${process.execPath} ${join(root, 'bin/netoproc.js')} --duration 1`
  const without = 'setpriv --bounding-set -bpf,-perfmon,-sys_admin,-net_admin'
  const reason = /eBPF needs CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, which this process has not: run with sudo/
  await tell(t, 1, [[`${without} ${command} --capture-mode ebpf`, reason]])
  const { err } = await shell(`${without} ${command}`)
  t.match(
    err,
    new RegExp(`^netoproc: packets are counted, as the kernel's counters cannot be had: ${reason.source}\n`),
  )
})
