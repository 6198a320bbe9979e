// netoproc in a real terminal (tmux), as a user starts, stops and leaves it.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { root } from '../support/command.ts'

const directory = mkdtempSync(join(tmpdir(), 'netoproc-tui-'))
const socket = join(directory, 'tmux')
const node = process.execPath
const render = join(root, 'bin/netoproc-render.js')
const golden = join(root, 'test/golden')
const demo = `${node} ${root}/bin/netoproc.js --read ${golden}/demo.pcapng --sockets ${golden}/demo.sockets.ndjson --local 192.0.2.7 --local 2001:db8:7::7`
const pipe = `${node} ${root}/bin/netoproc-capture.js -r ${golden}/demo.pcapng --local 192.0.2.7 | ${node} ${root}/bin/netoproc-attribute.js --sockets ${golden}/demo.sockets.ndjson | ${node} ${root}/bin/netoproc-aggregate.js | ${node} ${render}`
const marker = '$ '

const hasTmux = spawnSync('tmux', ['-V']).status === 0
const skip = hasTmux ? false : 'tmux is not installed'

function tmux(...args: string[]): string {
  return execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' })
}

const screen = () => tmux('capture-pane', '-p')
const keys = (...names: string[]) => tmux('send-keys', ...names)
const enter = (line: string) => keys('-l', `${line}\n`)
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** The screen once it shows the pattern. */
async function shown(pattern: RegExp, what: string): Promise<string> {
  for (let i = 0; i < 100; i++) {
    const text = screen()
    if (pattern.test(text)) return text
    await pause(100)
  }
  throw new Error(`${what}: the screen never showed ${pattern}:\n${screen()}`)
}

const isAlternate = () =>
  tmux('display-message', '-p', '#{alternate_on} #{cursor_flag} #{mouse_any_flag}').trim()
const settings = () => tmux('display-message', '-p', '#{pane_tty}').trim()
const stty = () => execFileSync('stty', ['-F', settings(), '-g'], { encoding: 'utf8' })

let before = ''

async function start(t: Test, line = demo) {
  enter(`clear; ${line}`)
  await shown(/firefox/, 'start')
  t.equal(isAlternate(), '1 0 1', 'alternate screen, no cursor, mouse')
}

async function left(t: Test, what: string) {
  await shown(/code \d+/, what)
  await pause(100)
  t.equal(isAlternate(), '0 1 0', `${what}: screen, cursor and mouse as before`)
  t.equal(stty(), before, `${what}: terminal settings as before`)
  t.notMatch(screen(), /firefox/)
}

/** Of the process in the foreground of the terminal. */
function pidOf(part: string): number {
  const tty = settings().replace('/dev/', '')
  const lines = execFileSync('ps', ['-t', tty, '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  const line = lines.find(each => each.includes(part) && each.includes('node') && !each.includes('sh -c'))
  return Number(line?.trim().split(' ')[0])
}

t.before(async () => {
  if (!hasTmux) return
  tmux(
    'new-session',
    '-d',
    '-x',
    '100',
    '-y',
    '30',
    `env -i TERM=screen-256color LANG=C.UTF-8 PATH="${process.env.PATH}" bash --norc`,
  )
  enter(`PS1='code $? ${marker}'; cd ${directory}; set -m; clear`)
  await shown(/code 0 \$/, 'shell')
  before = stty()
})

t.teardown(() => {
  if (hasTmux) spawnSync('tmux', ['-S', socket, 'kill-server'])
  rmSync(directory, { recursive: true, force: true })
})

t.test('a recording: keys, sizes, and q', { skip }, async t => {
  await start(t)
  keys('2')
  await shown(/REMOTE[^]*198\.51\.100\.10:443/, 'key 2')
  tmux('resize-window', '-x', '60', '-y', '10')
  await shown(/^ +PROCESS .*REMOTE[^]*▼ .* ▲ .*unknown/m, 'small')
  tmux('resize-window', '-x', '150', '-y', '40')
  await shown(/│ from 192\.0\.2\.7:53122/, 'large: the pane')
  keys('i')
  await shown(/LOCAL +REMOTE[^]*192\.0\.2\.7:53122/, 'large')
  keys('/')
  keys('-l', 'rsync')
  keys('Enter')
  const text = await shown(/\/rsync .*by rate/, 'filter')
  t.notMatch(text, /firefox +2210 tcp/)
  keys('e')
  await shown(/written: netoproc-connections-.*\.tsv/, 'export')
  const [name] = readdirSync(directory).filter(each => each.endsWith('.tsv'))
  t.match(readFileSync(join(directory, name as string), 'utf8'), /^process\tpid\t.*\nrsync\t48120\t/)
  t.equal(statSync(join(directory, name as string)).mode & 0o777, 0o600)
  keys('Escape')
  await shown(/firefox +2210 tcp/, 'Escape, which comes alone')
  keys('-l', '++++++++')
  await shown(/x300/, 'faster')
  await shown(/ENDED.*\n[^]*end of the records: q quits/, 'to the end')
  keys('q')
  await left(t, 'q')
  t.match(screen(), /code 0/)
})

t.test('Ctrl-C and signals give the terminal back', { skip }, async t => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    await start(t)
    process.kill(pidOf('bin/netoproc.js'), signal)
    await left(t, signal)
    t.match(screen(), /code 0/)
  }
  await start(t)
  keys('C-c')
  await left(t, 'Ctrl-C')
})

t.test(
  'in a session without a terminal of its own, as su -c makes: keys from standard input',
  { skip },
  async t => {
    await start(t, `setsid -w ${demo}`)
    keys('2')
    await shown(/REMOTE[^]*198\.51\.100\.10:443/, 'key 2')
    keys('q')
    await left(t, 'q')
    t.match(screen(), /code 0/)
  },
)

t.test('Ctrl-Z and fg', { skip }, async t => {
  await start(t)
  keys('C-z')
  await left(t, 'Ctrl-Z')
  t.match(screen(), /Stopped/)
  enter('fg')
  await shown(/firefox/, 'fg')
  t.equal(isAlternate(), '1 0 1', 'it is back')
  keys('2')
  await shown(/REMOTE/, 'and takes keys')
  process.kill(pidOf('bin/netoproc.js'), 'SIGTSTP')
  await left(t, 'SIGTSTP')
  enter('fg')
  await shown(/firefox/, 'fg')
  keys('q')
  await left(t, 'q')
})

t.test('an exception gives the terminal back', { skip }, async t => {
  const fault = join(directory, 'fault.mjs')
  writeFileSync(fault, `process.on('SIGUSR1', () => { throw new Error('thrown by a test') })`)
  await start(t, demo.replace(node, `${node} --import ${fault}`))
  process.kill(pidOf('bin/netoproc.js'), 'SIGUSR1')
  await left(t, 'exception')
  t.match(screen().replaceAll('\n', ''), /netoproc: internal error: thrown by a test[^]*code 4/)
})

t.test('the last stage of a pipe: keys from the terminal, the last screen stays', { skip }, async t => {
  await start(t, pipe)
  await shown(/ENDED[^]*end of the records: q quits/, 'end of input')
  keys('Down', 'Enter')
  await shown(/▌ ▾/, 'keys')
  keys('q')
  await left(t, 'q')
  t.match(screen(), /code 0/)

  const hello =
    '{"type":"hello","ts":1,"tool":"x","version":"1","schema":1,"method":"afpacket","degraded":[]}'
  writeFileSync(join(directory, 'hello.ndjson'), `${hello}\n`)
  enter(`clear; (cat hello.ndjson; sleep 1; echo nonsense; sleep 2) | ${node} ${render}`)
  await shown(/line 2: /, 'a warning is on the screen')
  keys('q')
  await shown(/code 4/, 'exit code of damaged input')
  t.match(screen(), /netoproc-render: line 2: /, 'and on stderr afterwards')
  t.equal(isAlternate(), '0 1 0')
})

t.test('what cannot be', { skip }, async t => {
  enter(`clear; ${node} ${render} --format tui </dev/null | cat; echo`)
  await shown(/needs a terminal on standard output/, 'no terminal')
  enter(`clear; ${demo} --filter :99999`)
  await shown(/a port is at most 65535[^]*code 3/, 'filter')
  t.equal(isAlternate(), '0 1 0')
  enter(`clear; TERM=dumb ${demo}`)
  await shown(/firefox +2210/, 'TERM=dumb')
  t.equal(isAlternate(), '0 1 0', 'lines, no screen')
  keys('q')
  await shown(/code 0/, 'q')
  t.equal(stty(), before)
})

const canCount = process.getuid?.() === 0 && spawnSync('ip', ['-V']).status === 0
const liveSkip = !hasTmux
  ? skip
  : canCount
    ? false
    : 'needs root and ip(8), for a network namespace of its own'

/** The kernel's counters are there where it takes our programs (Linux 5.8, a cgroup2 mount); packets always are. */
const modes = [
  ['--capture-mode afpacket', 'afpacket'],
  ['', '(?:ebpf|afpacket)'],
] as const

t.test('live, with real traffic', { skip: liveSkip }, async t => {
  const namespace = `tui-test-${process.pid}`
  const inside = ['netns', 'exec', namespace]
  execFileSync('ip', ['netns', 'add', namespace])
  execFileSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])
  const talk = `
    const net = require('node:net')
    // It ends with the test, whatever becomes of that.
    process.stdin.on('end', () => process.exit()).resume()
    const server = net.createServer(socket => socket.on('data', () => {}))
    server.listen(0, '127.0.0.1', () => {
      const socket = net.connect(server.address().port, '127.0.0.1')
      setInterval(() => socket.write(Buffer.alloc(10000)), 50)
      console.log(process.pid, server.address().port)
    })`
  const talker = spawn('ip', [...inside, node, '-e', talk], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const told = await new Promise<string>(resolve =>
      talker.stdout.once('data', bytes => resolve(String(bytes))),
    )
    const [pid, port] = told.trim().split(' ')
    for (const [option, method] of modes) {
      enter(`clear; ip ${inside.join(' ')} ${node} ${root}/bin/netoproc.js -i lo ${option}`)
      const text = await shown(new RegExp(`node +${pid} +(?:root +)?2 +\\d[^ ]* K/s`), 'the process')
      t.match(text, /■ LIVE/)
      t.match(text, new RegExp(`${method} │ lo │ \\d+ pkt/s │ drops 0 │ unknown`))
      keys('Enter')
      await shown(new RegExp(`[├└] 127\\.0\\.0\\.1:${port} `), 'its connections')
      keys('2')
      keys('i')
      await shown(new RegExp(`node +${pid} tcp .*127\\.0\\.0\\.1:${port} +.*\\d`), 'connections')
      keys('3')
      await shown(/lo {2}loopback, up, mtu 65536 {2}127\.0\.0\.1 +::1/, 'the interface')
      await shown(/▼ \d+ K\/s[^]*▲ \d+ K\/s[^]*total [\d.]+ [KM] {2}\d+ packets/, 'its rates')
      keys('q')
      await left(t, 'q')
    }
  } finally {
    talker.kill()
    execFileSync('ip', ['netns', 'del', namespace])
  }
})

t.test('README and manual page show what the screen shows', async t => {
  const { status, stderr } = spawnSync(node, [join(root, 'scripts/make-screens.mjs'), '--check'], {
    encoding: 'utf8',
  })
  t.equal(status, 0, stderr)
})
