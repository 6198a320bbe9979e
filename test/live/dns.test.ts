// DNS as it really is asked: dnsmasq and clients that everybody has, in two network namespaces; netoproc watches the clients'.
// What it says of each question is compared with what tcpdump sees at the resolvers' end of the wire, with the log of a
// resolver that has the kernel's time stamps, and with what dnsmasq itself has written down.

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { exchanges, type Exchange } from '../support/dns-exchanges.ts'
import { records } from '../support/command.ts'
import { inNamespace, missing } from '../support/namespace.ts'

type Line = Record<string, unknown>

// On a busy machine.
t.setTimeout(240_000)

const root = fileURLToPath(new URL('../..', import.meta.url))
const CLIENTS = `dnsc${process.pid}`
const SERVERS = `dnss${process.pid}`
/** RFC 2544 benchmarking addresses: nobody else's. */
const CLIENT = '198.18.53.1'
const DNSMASQ = '198.18.53.53'
/** Answers SERVFAIL, answers late, or does not answer. */
const ODD = '198.18.53.54'
const WEB = '198.18.53.80'

function noRoot(): string | false {
  if (process.platform !== 'linux') return 'not Linux'
  return process.getuid?.() === 0 ? false : 'needs root'
}

function ip(...words: string[]): void {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`)
}

function start(t: Test, namespace: string, command: string, ...words: string[]): ChildProcess {
  const child = spawn('ip', ['netns', 'exec', namespace, command, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'close')
  })
  return child
}

/** Runs to the end. `ip netns exec` becomes the command: the pid is the command's. */
async function run(t: Test, command: string, ...words: string[]): Promise<{ pid: number; out: string }> {
  const child = start(t, CLIENTS, command, ...words)
  let out = ''
  child.stdout?.on('data', (data: Buffer) => (out += data.toString()))
  await once(child, 'close')
  return { pid: child.pid as number, out }
}

/** What it says from now on. */
function outputOf(child: ChildProcess): () => string {
  let text = ''
  child.stdout?.on('data', (data: Buffer) => (text += data.toString()))
  return () => text
}

async function firstOutput(child: ChildProcess): Promise<void> {
  await Promise.race([
    once(child.stdout as NodeJS.ReadableStream, 'data'),
    once(child.stderr as NodeJS.ReadableStream, 'data'),
  ])
}

function namespaces(t: Test): void {
  for (const name of [CLIENTS, SERVERS]) {
    ip('netns', 'add', name)
    t.teardown(() => ip('netns', 'del', name))
  }
  ip('link', 'add', 'eth0', 'netns', CLIENTS, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', SERVERS)
  ip('-n', CLIENTS, 'addr', 'add', `${CLIENT}/24`, 'dev', 'eth0')
  // Packets are those of the wire: a device that leaves segmentation to nobody else.
  ip('-n', CLIENTS, 'link', 'set', 'eth0', 'gso_max_segs', '1')
  for (const address of [DNSMASQ, ODD, WEB]) ip('-n', SERVERS, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
  for (const name of [CLIENTS, SERVERS])
    for (const link of ['lo', 'eth0']) ip('-n', name, 'link', 'set', link, 'up')
  // `ip netns exec` shows this file to its command as /etc/resolv.conf.
  const folder = join('/etc/netns', CLIENTS)
  mkdirSync(folder, { recursive: true })
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'resolv.conf'), `nameserver ${DNSMASQ}\noptions timeout:1 attempts:1\n`)
}

/** Serves TCP for whoever wants to talk. */
const WEB_SERVER = `
  let left = 2
  for (const port of [80, 443])
    require('node:net').createServer(peer => {
      peer.on('error', () => {})
      peer.once('data', () => peer.end('HTTP/1.0 200 OK\\r\\n\\r\\n'))
    }).listen(port, '${WEB}', () => --left || console.log('ready'))`

/** A question for the address of late0.test, which is closed and gone when the answer comes. */
const LEAVE = `printf '\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x05late0\\x04test\\x00\\x00\\x01\\x00\\x01' > /dev/udp/${ODD}/53`

/** A ClientHello of 2,000 bytes, whose server name is in its last ones: in the second segment. */
const LONG_HELLO = `
  const u16 = n => Buffer.from([n >> 8, n & 255])
  const name = Buffer.from('split.example')
  const extensions = Buffer.concat([
    u16(21), u16(1900), Buffer.alloc(1900),
    u16(0), u16(name.length + 5), u16(name.length + 3), Buffer.from([0]), u16(name.length), name,
  ])
  const body = Buffer.concat([Buffer.from('0303', 'hex'), Buffer.alloc(33), Buffer.from('000213010100', 'hex'),
    u16(extensions.length), extensions])
  const message = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body])
  require('node:net').connect(443, '${WEB}')
    .on('data', () => {})
    .write(Buffer.concat([Buffer.from('160301', 'hex'), u16(message.length), message]))`

const skip = noRoot() || missing('ip', 'dnsmasq', 'dig', 'getent', 'curl', 'tcpdump', 'cc')

t.test('questions of real programs', { skip }, async t => {
  namespaces(t)
  const longText = 'x'.repeat(250)
  const options =
    '--keep-in-foreground --no-hosts --no-resolv --conf-file=/dev/null --bind-interfaces --user=root --pid-file --log-facility=-'.split(
      ' ',
    )
  const folder = t.testdir()
  const timedResolver = join(folder, 'timed-resolver')
  execFileSync('cc', ['-O1', '-o', timedResolver, join(root, 'test/live/timed-resolver.c')])
  const dnsmasqDump = join(folder, 'dnsmasq.pcap')
  const dnsmasq = start(
    t,
    SERVERS,
    'dnsmasq',
    ...options,
    // Questions from clients and its answers to them, as it came to read and to send them.
    `--dumpfile=${dnsmasqDump}`,
    '--dumpmask=0x3',
    `--listen-address=${DNSMASQ}`,
    '--local=/test/',
    `--host-record=web.test,${WEB}`,
    '--cname=www.test,web.test',
    '--host-record=other.test,198.18.53.90',
    `--host-record=ns.test,${DNSMASQ}`,
    `--host-record=odd.test,${ODD}`,
    ...[1, 2, 3].map(n => `--txt-record=big.test,${n}${longText}`),
  )
  await firstOutput(dnsmasq)
  const stub = start(
    t,
    CLIENTS,
    'dnsmasq',
    ...options,
    '--listen-address=127.0.0.53',
    `--server=${DNSMASQ}`,
    '--cache-size=0',
  )
  await firstOutput(stub)
  const odd = start(t, SERVERS, timedResolver, ODD)
  await firstOutput(odd)
  const oddSaid = outputOf(odd)
  await firstOutput(start(t, SERVERS, process.execPath, '-e', WEB_SERVER))
  const tcpdump = start(t, SERVERS, 'tcpdump', ...'-i eth0 -nn -tt -l --immediate-mode port 53'.split(' '))
  await firstOutput(tcpdump)
  const seen = outputOf(tcpdump)

  const netoproc = start(
    t,
    CLIENTS,
    process.execPath,
    join(root, 'bin/netoproc.js'),
    '--resolve',
    '--format',
    'ndjson',
  )
  let complaints = ''
  netoproc.stderr?.on('data', (data: Buffer) => (complaints += data.toString()))
  await once(netoproc.stdout as NodeJS.ReadableStream, 'data')
  const said = outputOf(netoproc)

  const dig = await run(t, 'dig', '-u', `@${DNSMASQ}`, 'web.test', 'A')
  const nothing = await run(t, 'dig', `@${DNSMASQ}`, 'nothing.test', 'AAAA')
  const failing = await run(t, 'dig', '+tries=1', `@${ODD}`, 'failing.example')
  const late = [1, 2, 3, 4].map(n => `late${n}.example`)
  for (const name of late) await run(t, 'dig', '+tries=1', `@${ODD}`, name)
  const refused = await run(t, 'dig', `@${DNSMASQ}`, 'refused.example')
  const silent = await run(t, 'dig', '+tries=2', '+timeout=1', `@${ODD}`, 'silent.example')
  const big = await run(t, 'dig', '+noedns', `@${DNSMASQ}`, 'big.test', 'TXT')
  const viaStub: Array<{ pid: number }> = []
  for (let n = 0; n < 3; n++) viaStub.push(await run(t, 'dig', '@127.0.0.53', 'www.test', 'A'))
  const getent = await run(t, 'getent', 'ahostsv4', 'other.test')
  const curl = await run(t, 'curl', '--silent', '--max-time', '5', 'http://www.test/')
  const tls = ['--resolve', `sni.example:443:${WEB}`, '--insecure', 'https://sni.example/']
  const curlTls = await run(t, 'curl', '--silent', '--max-time', '5', ...tls)
  const split = await run(t, process.execPath, '-e', LONG_HELLO)
  const bare = await run(t, 'curl', '--silent', '--max-time', '5', `http://${WEB}/`)
  const gone = await run(t, 'bash', '-c', LEAVE)
  // The last things to come: the time-out, after 5 s of the question's own time, and a name that is asked for in the background.
  await until(() => {
    const records = wholeRecords(said())
    const isOver = records.some(
      ({ query_name: name, rcode }) => name === 'silent.example' && rcode === 'timeout',
    )
    const isNamed = records.some(({ pid, remote_name: name }) => pid === bare.pid && name !== undefined)
    const isAsked = records.some(
      ({ query_name: name, rcode }) => name === 'late0.test' && rcode !== 'pending',
    )
    return isOver && isNamed && isAsked
  })
  netoproc.kill('SIGINT')
  const [code] = (await once(netoproc, 'close')) as [number]
  t.equal(code, 0, complaints)

  tcpdump.kill('SIGINT')
  await once(tcpdump, 'close')
  dnsmasq.kill('SIGTERM')
  await once(dnsmasq, 'close')

  const all = records(said())
  const queries = all.filter(({ type }) => type === 'dns_query')
  const of = ({ pid }: { pid: number }): Line[] => queries.filter(query => query.pid === pid)

  await t.test('who asked what, and how long it took', async t => {
    const [query] = of(dig)
    t.match(query, {
      process: 'dig',
      query_name: 'web.test',
      query_type: 'A',
      response: WEB,
      rcode: 'NOERROR',
      resolver: DNSMASQ,
      iface: 'eth0',
      proto: 'udp',
      retransmits: 0,
    })
    const usec = Number(/Query time: (\d+) usec/.exec(dig.out)?.[1])
    const latency = query?.latency_ms as number
    // dig measures around the system calls: the packets are a little closer to each other.
    t.ok(latency > 0 && latency <= usec / 1000 + 0.05, `${latency} ms on the wire, ${usec} us for dig`)
  })

  await t.test('each question, and its latency', async t => {
    const onTheWire = exchanges(seen())
    const told = queries.filter(({ resolver }) => resolver === DNSMASQ || resolver === ODD)
    t.equal(told.length, onTheWire.length, 'as many as tcpdump sees at the other end')
    const log = new Map(
      [...oddSaid().matchAll(/^(\d+) (\d+)$/gm)].map(([, id, us]) => [Number(id), Number(us)]),
    )
    const dump = spawnSync('tcpdump', ['-r', dnsmasqDump, '-nn', '-tt'], { encoding: 'utf8' })
    const dumped = exchanges(dump.stdout)
    const beyond: number[] = []
    let logged = 0
    for (const query of told) {
      const { query_name: name, latency_ms: latency } = query
      const sameOn = (others: readonly Exchange[]) => nearest(query, others)
      const other = sameOn(onTheWire)
      t.ok(Math.abs(other.askedUs - (query.ts as number) * 1e6) < 1000, `${name}: when it was asked`)
      if (other.latencyUs === undefined) t.match(query, { latency_ms: null, rcode: 'timeout' })
      else isWithin1Ms(t, latency, other.latencyUs, `${name}, by tcpdump`)
      if (query.resolver === ODD && other.latencyUs !== undefined) {
        isWithin1Ms(t, latency, log.get(other.id), `${name}, by the resolver's log`)
        logged++
      }
      if (query.resolver !== DNSMASQ || query.proto !== 'udp') continue
      // dnsmasq writes down every question, and of its answers those with records.
      const { latencyUs } = sameOn(dumped)
      if (latencyUs !== undefined) beyond.push((latency as number) - latencyUs / 1000)
    }
    t.equal(logged, log.size, 'every answer in the log is told of')
    // dnsmasq's clock starts when it gets to read the question, and stops before it sends: never longer than on the wire, and
    // shorter by how late it gets to run, milliseconds on a busy machine.
    beyond.sort((a, b) => a - b)
    t.ok(beyond.length >= 5, `${beyond.length} answers of dnsmasq's own dump`)
    const [least = NaN] = beyond
    t.ok(least > -0.01 && least < 1, `${beyond.map(ms => ms.toFixed(3)).join(' ')} ms beyond dnsmasq's own`)
  })

  await t.test('outcomes', async t => {
    t.match(of(nothing), [{ rcode: 'NXDOMAIN', response: 'NXDOMAIN', query_type: 'AAAA', process: 'dig' }])
    t.match(of(failing), [{ rcode: 'SERVFAIL', response: 'SERVFAIL', resolver: ODD }])
    t.match(of(refused), [{ rcode: 'REFUSED', response: 'REFUSED', resolver: DNSMASQ }])
    const timeouts = of(silent)
    t.ok(timeouts.length > 0)
    for (const query of timeouts)
      t.match(query, { rcode: 'timeout', latency_ms: null, query_name: 'silent.example' })
    const asked = timeouts.reduce((sum, query) => sum + 1 + (query.retransmits as number), 0)
    t.equal(asked, 2, 'two tries')
    t.match(of(big), [
      { proto: 'udp', truncated: true, rcode: 'NOERROR' },
      { proto: 'tcp', rcode: 'NOERROR', response: new RegExp(longText) },
    ])
  })

  await t.test('a stub and what it asks', async t => {
    for (const dig of viaStub)
      t.match(of(dig), [{ resolver: '127.0.0.53', stub: true, iface: 'lo', response: `web.test, ${WEB}` }])
    const upstream = queries.filter(
      ({ resolver, query_name: name, pid }) =>
        resolver === DNSMASQ && name === 'www.test' && pid !== curl.pid,
    )
    t.equal(upstream.length, viaStub.length)
    for (const query of upstream) t.match(query, { process: 'dnsmasq', pid: stub.pid, iface: 'eth0' })
    const last = new Map(all.filter(({ type }) => type === 'resolver').map(each => [each.server, each]))
    t.match(last.get('127.0.0.53'), { query_count: viaStub.length, stub: true })
    t.match(last.get(ODD), { servfail_count: 1, timeout_count: timeoutsOf(queries), nxdomain_count: 0 })
    // What netoproc itself asks for may be refused, too: it is this resolver's like any other.
    const asked = queries.filter(query => query.resolver === DNSMASQ)
    const failures = asked.filter(({ rcode }) => rcode === 'REFUSED').length
    t.ok(failures > 0)
    t.match(last.get(DNSMASQ), {
      nxdomain_count: asked.filter(({ rcode }) => rcode === 'NXDOMAIN').length,
      truncated_count: 1,
      refused_count: failures,
      failure_rate_pct: Math.round((failures / asked.length) * 1e4) / 100,
      query_count: asked.length,
    })
  })

  await t.test('short-lived processes', async t => {
    t.match(of(getent), [{ process: 'getent', query_name: 'other.test', response: '198.18.53.90' }])
    t.match(of(gone), [{ process: 'bash', query_name: 'late0.test', rcode: 'NOERROR' }])
    const both = of(curl).map(({ query_type: type }) => type)
    t.same(both.sort(), ['A', 'AAAA'], 'two questions at once, of one socket')
  })

  await t.test('names of remotes', async t => {
    const connections = all.filter(({ type, remote_ip: remote }) => type === 'connection' && remote === WEB)
    t.match(
      connections.find(({ pid }) => pid === curl.pid),
      { remote_name: 'www.test', remote_name_source: 'dns', service: 'http', network: 'benchmarking' },
    )
    t.match(
      connections.find(({ pid }) => pid === curlTls.pid),
      { remote_name: 'sni.example', remote_name_source: 'sni', service: 'https' },
    )
    t.match(
      connections.find(({ pid }) => pid === split.pid),
      { remote_name: 'split.example', remote_name_source: 'sni' },
    )
    // Others looked up two names of it, this process none.
    t.match(
      connections.findLast(({ pid }) => pid === bare.pid),
      { remote_name: 'web.test', remote_name_source: 'ptr' },
    )
    const asked = queries.filter(({ query_type: type }) => type === 'PTR')
    t.ok(asked.length > 0)
    for (const query of asked)
      t.match(query, { pid: netoproc.pid, process: 'netoproc' }, "its own questions are its own process's")
  })

  await t.test('resolvers of interfaces', async t => {
    const eth0 = all.find(({ type, name }) => type === 'interface' && name === 'eth0')
    t.same(eth0?.dns_servers, [DNSMASQ])
  })
})

/** Processes that ask one after the other, each from the same port, and are gone: each tells its pid and its question. */
const HANDOVER = `
  use strict; use Socket; $| = 1;
  my $to = pack_sockaddr_in(53, inet_aton("127.0.0.1"));
  for my $n (1..150) {
    my $pid = fork // die;
    if ($pid == 0) {
      socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
      bind($s, pack_sockaddr_in(5001, inet_aton("127.0.0.1"))) or die;
      send($s, pack("n6", $n, 0x100, 1, 0, 0, 0) . pack("C/a* C/a* C n n", "q$n", "test", 0, 1, 1), 0, $to) // die;
      exit 0;
    }
    print "$pid q$n.test\n";
    waitpid $pid, 0;
    select undef, undef, undef, 0.02 * ($n % 7 == 0);
  }`

t.test(
  'a port that passes from process to process in less than a millisecond',
  { skip: noRoot() || missing('perl') },
  async t => {
    const { code, out, err } = await inNamespace(`
      cd "${t.testdir()}"
      (netoproc --capture-mode ebpf --format ndjson) > ebpf & ebpf=$!
      (netoproc --capture-mode afpacket --format ndjson) > afpacket & afpacket=$!
      mkfifo packets
      (netoproc-attribute < packets) > pipe & attribute=$!
      (netoproc-capture > packets) & capture=$!
      until [ -s ebpf ] && [ -s afpacket ] && [ -s pipe ]; do sleep 0.05; done
      perl -e '${HANDOVER}'
      # Whoever is told to end reads on to the last packet, and tells of questions that wait still.
      kill -INT $ebpf $afpacket $capture; wait $ebpf $afpacket $capture $attribute
      for file in ebpf afpacket pipe; do echo "$file"; grep -hE '"q[0-9]+.test"|"final":true' $file; done`)
    t.equal(code, 0, err)
    const asked = new Map<unknown, number>()
    for (const [, pid, name] of out.matchAll(/^(\d+) (q\d+\.test)$/gm)) asked.set(name, Number(pid))
    t.equal(asked.size, 150)
    for (const part of out.split(/^(?=(?:ebpf|afpacket|pipe)$)/m).slice(1)) {
      const [command, ...lines] = part.trimEnd().split('\n')
      const told = lines.map(line => JSON.parse(line) as Line)
      const questions = told.filter(({ type }) => type !== 'stats')
      const names = new Set(questions.map(({ query_name: name }) => name))
      t.equal(names.size, questions.length, `${command}: each is told of once`)
      // What the kernel had no room for, while a busy machine gave nobody time to read, is counted.
      const dropped = told.find(({ type }) => type === 'stats')?.dropped as number
      t.ok(
        names.size === 150 || names.size + dropped >= 150,
        `${command}: ${names.size}, ${dropped} are lost`,
      )
      const wrong = questions.filter(({ pid, query_name: name }) => pid !== null && pid !== asked.get(name))
      t.same(wrong, [], `${command}: nobody's question is another's`)
      const named = questions.filter(({ pid }) => pid !== null).length
      // On a busy machine the kernel's events may be read later than packets wait.
      t.ok(named > names.size * 0.7, `${command}: ${named} of ${names.size} are named`)
    }
  },
)

/** @throws Error when it does not come true for two minutes */
async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 120_000; !condition();) {
    if (Date.now() > end) throw new Error('what the test waits for does not come')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** The exchange that a dns_query record tells of. */
function nearest(query: Line, others: readonly Exchange[]): Exchange {
  const { ts, query_name: name, query_type: type, resolver, proto } = query
  const distance = (other: Exchange) => Math.abs(other.askedUs - (ts as number) * 1e6)
  const [first] = others
    .filter(other => other.name === name && other.type === type)
    .filter(other => other.server === resolver && other.proto === proto)
    .sort((a, b) => distance(a) - distance(b))
  if (first === undefined) throw new Error(`nobody else has seen ${JSON.stringify(query)}`)
  return first
}

function isWithin1Ms(t: Test, latency: unknown, otherUs: number | undefined, message: string): void {
  const difference = (latency as number) - (otherUs ?? NaN) / 1000
  t.ok(Math.abs(difference) < 1, `${message}: ${latency} ms, ${difference.toFixed(3)} ms more`)
}

/** The last line may not be all there. */
function wholeRecords(text: string): Line[] {
  return records(text.slice(0, text.lastIndexOf('\n') + 1))
}

function timeoutsOf(queries: readonly Line[]): number {
  return queries.filter(({ rcode }) => rcode === 'timeout').length
}
