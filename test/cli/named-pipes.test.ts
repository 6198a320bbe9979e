// A named pipe where a file may stand, as with <(ssh host tcpdump -w -): it is read like a file, whoever comes first, and a signal
// ends a command that waits for it. A terminal is no file to read from.

import { execFileSync, spawn } from 'node:child_process'
import { constants, rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { captureFile } from '../support/capture-file.ts'
import { root, shell } from '../support/command.ts'
import { missing } from '../support/namespace.ts'
import { dumpText } from '../support/socket-dump.ts'

const folder = t.testdir({ 'trace.pcap': captureFile(), 'sockets.ndjson': dumpText })
const trace = join(folder, 'trace.pcap')
const pipe = join(folder, 'pipe')

const users: ReadonlyArray<readonly [command: string, args: readonly string[], content: string | Buffer]> = [
  ['netoproc-capture', ['-r', pipe], captureFile()],
  ['netoproc', ['--read', pipe, '--format', 'ndjson'], captureFile()],
  ['netoproc-attribute', ['--sockets', pipe], dumpText],
  ['netoproc', ['--read', trace, '--sockets', pipe, '--format', 'ndjson'], dumpText],
]

/** Opens the pipe to write when the command has opened it to read, and not before. */
async function openWhenRead(ended: Promise<unknown>): Promise<FileHandle> {
  let isOver = false
  void ended.then(() => (isOver = true))
  for (;;) {
    try {
      return await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO' || isOver) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

function start(command: string, args: readonly string[]) {
  rmSync(pipe, { force: true })
  execFileSync('mkfifo', [pipe])
  const child = spawn(process.execPath, [join(root, 'bin', `${command}.js`), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', text => (out += text))
  child.stderr.setEncoding('utf8').on('data', text => (err += text))
  const ended = new Promise<{ code: number | null; out: string; err: string }>(resolve =>
    child.on('close', code => resolve({ code, out, err })),
  )
  return { child, ended }
}

t.test('read to its end', async t => {
  for (const [command, args, content] of users) {
    const { ended } = start(command, args)
    const writer = await openWhenRead(ended)
    await writer.writeFile(content)
    await writer.close()
    const { code, out, err } = await ended
    t.equal(code, 0, err)
    const file = join(folder, content === dumpText ? 'sockets.ndjson' : 'trace.pcap')
    const line = [command, ...args].join(' ').replace(pipe, file)
    t.equal(out, (await shell(line)).out, line)
  }
})

t.test('a signal while nobody writes', async t => {
  for (const [command, args] of users) {
    const { child, ended } = start(command, args)
    const writer = await openWhenRead(ended)
    child.kill('SIGTERM')
    const late = new Promise(resolve => setTimeout(() => resolve('still there'), 20_000).unref())
    t.match(await Promise.race([ended, late]), { code: 0, err: '' }, `${command} ${args.join(' ')}`)
    await writer.close()
  }
})

t.test('a terminal', { skip: missing('script') }, async t => {
  const onTerminal = (line: string) =>
    shell(`export -f netoproc-capture netoproc-attribute
    SHELL=/bin/bash script -qec '${line}' /dev/null`)
  for (const [line, answer] of [
    ['netoproc-capture -r -', /netoproc-capture: standard input is a terminal, where no packets come from/],
    ['netoproc-capture -r /dev/tty', /netoproc-capture: \/dev\/tty is a terminal, /],
    ['netoproc-attribute --sockets /dev/tty', /netoproc-attribute: \/dev\/tty is a terminal, /],
  ] as const) {
    const { code, out } = await onTerminal(line)
    t.equal(code, 3, line)
    t.match(out, answer)
  }
})
