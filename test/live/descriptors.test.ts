// Too few file descriptors, from the beginning and later on: one line says so, what was counted is written, and nobody is
// named by half a look.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import t, { type Test } from 'tap'
import { captureFile } from '../support/capture-file.ts'
import { records, root } from '../support/command.ts'
import { inNamespace, missing, noNamespace } from '../support/namespace.ts'

const folder = t.testdir({ 'first.mjs': "import './second.mjs'", 'second.mjs': '' })
const trace = join(folder, 'trace.pcap')
writeFileSync(trace, captureFile())

/** What watches the processes of tests, by NODE_OPTIONS, needs descriptors of its own. */
const ONLY_NODE = 'unset NODE_OPTIONS'

/** A node process under a limit of `most` descriptors. */
function limited(most: number, ...args: string[]) {
  const line = `${ONLY_NODE}; ulimit -n ${most}; exec "$0" "$@"`
  return spawnSync('sh', ['-c', line, process.execPath, ...args], { encoding: 'utf8' })
}

/** What Node itself needs to load a module and one beside it: with fewer nothing of ours runs. */
function leastOfNode(): number {
  let most = 10
  while (limited(most, join(folder, 'first.mjs')).status !== 0) most++
  return most
}

/** A command either does its work, or says in one line what it lacks. @returns whether it did */
function check(t: Test, most: number, name: string, ...args: string[]): boolean {
  const { status, stderr, stdout } = limited(most, join(root, 'bin', `${name}.js`), ...args)
  const line = `${name} with ${most} descriptors: ${stderr}`
  if (status === 0) {
    t.notMatch(stderr, /older than|no tracepoint|Linux \d/, line)
    return true
  }
  t.equal(status, 4, line)
  t.match(
    stderr,
    /^netoproc[a-z-]*: no file descriptor is left: raise the limit, ulimit -n 256 \(.+\)\n$/,
    line,
  )
  t.equal(stdout, '', line)
  return false
}

t.test('a command that cannot begin says so', t => {
  let most = leastOfNode() + 1
  const lacking = most
  while (!check(t, most, 'netoproc-capture', '-r', trace)) most += 2
  t.ok(most > lacking, 'it needs more than Node does')
  for (const name of ['netoproc-aggregate', 'netoproc-render'])
    check(t, lacking, name, ...(name === 'netoproc-render' ? ['--format', 'tsv'] : []))
  t.end()
})

const noRoot = process.geteuid?.() === 0 ? false : 'needs root'

t.test('where the kernel counts', { skip: noRoot || noNamespace() }, t => {
  // Enough to begin with, and too few for maps, then programs, then links.
  const told = new Set<string>()
  for (let most = leastOfNode() + 12; ; most += 6) {
    const { status, stderr } = limited(
      most,
      join(root, 'bin/netoproc.js'),
      '--capture-mode',
      'ebpf',
      '--duration',
      '1',
    )
    if (status === 0) break
    const line =
      /^netoproc: (?:eBPF needs more file descriptors|no file descriptor is left): raise the limit, ulimit -n 256 \((\w+).*\)\n$/
    // Where the last one goes to the programs, none is left to look at the processes by.
    t.equal(status, stderr.includes('eBPF') ? 2 : 4, stderr)
    t.match(stderr, line)
    told.add(line.exec(stderr)?.[1] ?? '')
  }
  t.ok(told.has('BPF_MAP_CREATE') && told.has('BPF_LINK_CREATE'), [...told].join())
  check(t, leastOfNode() + 15, 'netoproc', '--duration', '1')
  t.end()
})

/** Downloads from a server, each by a process of its own, the last two when no descriptor is left. */
const downloads = (dir: string, command: string) => `
${ONLY_NODE}
(exec ${process.execPath} -e 'require("net").createServer(s => s.end("x".repeat(20000))).listen(8055)') & SERVER=$!
until ss -Hltn | grep -q :8055; do sleep 0.05; done
get() { ${process.execPath} -e 'require("net").connect(8055, "127.0.0.1").resume()' & echo $!; wait $!; }
(${command} > ${dir}/out) & RUN=$!
capturing $RUN
sleep 0.5; get; sleep 1
prlimit --pid $RUN --nofile=5:5
get; get
sleep 2; kill -INT $RUN 2> /dev/null
wait $RUN; echo "exit $?" >&2; kill $SERVER; cat ${dir}/out >&2`

for (const mode of ['ebpf', 'afpacket']) {
  const skip = noRoot || noNamespace() || missing('prlimit', 'ss')
  t.test(`none is left later on, --capture-mode ${mode}`, { skip }, async t => {
    const dir = t.testdir()
    const run = `netoproc -i lo --duration 30 --format json --capture-mode ${mode}`
    const { out, err } = await inNamespace(downloads(dir, run))
    // Where the kernel counts, what misses a descriptor may be no more than a command line.
    const [messages = '', result = ''] = err.split(mode === 'ebpf' ? /exit [04]\n/ : 'exit 4\n')
    t.match(messages, /^netoproc: .*no file descriptor (is|was) left/m, err)
    t.notMatch(messages, /internal error|^ +at /m)
    const rows = JSON.parse(result) as Array<Record<string, unknown>>
    const pids = out.trim().split('\n').map(Number)
    t.equal(rows.find(({ pid }) => pid === pids[0])?.['process'], 'node', 'what was counted before is there')
    const server = rows.find(
      ({ pid, rx_bytes: bytes }) => Number(bytes) < 20000 && !pids.includes(Number(pid)),
    )
    t.ok(server !== undefined)
    for (const { pid, rx_bytes: received } of rows)
      if (pids.includes(Number(pid))) t.ok(Number(received) < 24000, `${pid} has its own download alone`)
  })
}

t.test(
  'records that were read before are written',
  { skip: noRoot || noNamespace() || missing('prlimit', 'ss') },
  async t => {
    const dir = t.testdir()
    const { err } = await inNamespace(downloads(dir, 'netoproc-sockets --follow'))
    const [messages = '', out = ''] = err.split('exit 4\n')
    t.match(messages, /^netoproc-sockets: no file descriptor is left: .*$/m, err)
    t.ok(records(out).some(({ type, local_port: port }) => type === 'socket' && port === 8055))
  },
)
