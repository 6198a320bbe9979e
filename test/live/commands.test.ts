// The commands on live traffic, in network namespaces of their own: what they count, and how they end.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import t from 'tap'
import { records, root } from '../support/command.ts'
import { inNamespace, missing, noNamespace } from '../support/namespace.ts'

const skip = noNamespace() || missing('ip')

/** Datagrams to a closed port of loopback: the kernel answers each. */
const talk = `begun() { until [ -s "$1" ]; do sleep 0.05; done; sleep 0.2; }
talk() { for i in $(seq $1); do echo hello > /dev/udp/127.0.0.1/9; sleep 0.05; done; }`

/** A peer namespace behind a veth pair whose packets are as they would be on a wire: no segmentation offload. */
const peer = `
unshare --net sleep 3600 & PEER=$!
until [ "$(readlink /proc/$PEER/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add here0 type veth peer name there0 netns $PEER
ip link set here0 gso_max_segs 1
there() { nsenter -t $PEER -n "$@"; }
serve() { exec nsenter -t $PEER -n "$@" >/dev/null 2>&1; }
there ip link set there0 gso_max_segs 1
ip addr add 10.98.0.1/24 dev here0 && ip link set here0 up
there ip link set lo up; there ip addr add 10.98.0.2/24 dev there0; there ip link set there0 up
trap 'kill $PEER $(jobs -p) 2>/dev/null' EXIT
`

interface Row {
  readonly pid: number | null
  readonly process: string
  readonly rx_bytes: number
  readonly tx_bytes: number
}

const traffic = `${peer}
serve iperf3 -s -p 5401 & serve iperf3 -s -p 5402 &
serve ${process.execPath} -e '
  require("node:http").createServer((_, response) => response.end(Buffer.alloc(50000))).listen(8098)' &
${process.execPath} -e 'for (let i = 0; i < 100; i++) require("node:net").createServer().listen(20000 + i)' & IDLE=$!
listening() { until [ $($2 ss -Hltn | wc -l) -ge $1 ]; do sleep 0.05; done; }
listening 3 there; listening 100
count() { ip -s -j link show here0; }
(netoproc -i here0 --netns own --duration 3600 --format json MODE) > $DIR/result & RUN=$!
capturing COUNTING
count > $DIR/before
iperf3 -c 10.98.0.2 -p 5401 -t 2 -b 30M -J > $DIR/tcp & TCP=$!
iperf3 -c 10.98.0.2 -p 5402 -u -t 2 -b 10M -J > $DIR/udp & UDP=$!
for i in 1 2 3 4 5; do
  ${process.execPath} -e 'require("node:http").get("http://10.98.0.2:8098/", r => r.resume())' & echo $!
  wait $!
done > $DIR/short
wait $TCP $UDP
count > $DIR/after
kill -INT $RUN; wait $RUN
echo $? >&2
echo "{\\"tcp\\":$TCP,\\"udp\\":$UDP,\\"idle\\":$IDLE,\\"short\\":[$(paste -sd, $DIR/short)],"
echo "\\"result\\":$(cat $DIR/result),\\"before\\":$(cat $DIR/before),\\"after\\":$(cat $DIR/after),"
echo "\\"tcpReport\\":$(cat $DIR/tcp),\\"udpReport\\":$(cat $DIR/udp)}"
`

interface Counted {
  readonly tcp: number
  readonly udp: number
  readonly idle: number
  readonly short: readonly number[]
  readonly result: readonly Row[]
  readonly before: readonly Statistics[]
  readonly after: readonly Statistics[]
  readonly tcpReport: { readonly end: { readonly sum_sent: { readonly bytes: number } } }
  readonly udpReport: { readonly end: { readonly sum: { readonly bytes: number; readonly packets: number } } }
}

interface Statistics {
  readonly stats64: Record<'rx' | 'tx', { readonly bytes: number; readonly packets: number }>
}

for (const mode of ['auto', 'afpacket']) {
  const noTraffic = skip || missing('iperf3', 'nsenter')
  t.test(
    `a host at work, --capture-mode ${mode}: each process with its bytes`,
    { skip: noTraffic },
    async t => {
      const dir = t.testdir()
      const script = `DIR=${dir}\n${traffic.replace('MODE', `--capture-mode ${mode}`).replace('COUNTING', mode === 'auto' ? '$RUN' : '')}`
      const { code, out, err } = await inNamespace(script)
      t.equal(code, 0, err)
      const { tcp, udp, idle, short, result, before, after, tcpReport, udpReport } = JSON.parse(
        out,
      ) as Counted
      const sent = (pid: number) => result.find(row => row.pid === pid)?.tx_bytes ?? 0
      const received = (pid: number) => result.find(row => row.pid === pid)?.rx_bytes ?? 0
      const { bytes } = tcpReport.end.sum_sent
      // Headers of 52 bytes for 1,448 of payload; the control connection; segments sent again.
      t.ok(
        sent(tcp) >= bytes * 1.02 && sent(tcp) <= bytes * 1.08,
        `TCP: ${sent(tcp)} for ${bytes} of payload`,
      )
      const { sum } = udpReport.end
      const datagrams = sum.bytes + sum.packets * 28
      t.ok(Math.abs(sent(udp) / datagrams - 1) < 0.02, `UDP: ${sent(udp)} for ${datagrams}`)
      const isWhole = (pid: number) => received(pid) > 50000 && received(pid) < 60000
      const downloads = short.map(received).join(' ')
      // Without privilege /proc alone names processes: on a busy machine one may be gone before it is read, and is nobody's then.
      const isRoot = process.geteuid?.() === 0
      t.ok(isRoot ? short.every(isWhole) : short.filter(isWhole).length >= 3, `short downloads: ${downloads}`)
      t.notOk(
        short.some(pid => received(pid) !== 0 && !isWhole(pid)),
        `whole, or unknown: ${downloads}`,
      )
      t.notOk(
        result.some(row => row.pid === idle),
        'idle sockets move nothing',
      )
      const moved = (at: 'rx' | 'tx') => {
        const [first, last] = [before[0]?.stats64[at], after[0]?.stats64[at]]
        if (first === undefined || last === undefined) throw new Error('no statistics')
        // Ethernet headers are the interface's alone.
        return last.bytes - first.bytes - 14 * (last.packets - first.packets)
      }
      const total = result.reduce((all, row) => all + row.rx_bytes + row.tx_bytes, 0)
      const seen = moved('rx') + moved('tx')
      t.ok(Math.abs(total / seen - 1) < 0.02, `${total} of ${seen} bytes that the interface moved`)
    },
  )
}

t.test('a signal ends a capture in order', { skip }, async t => {
  t.testdir()
  for (const signal of ['INT', 'TERM']) {
    const { out, err } = await inNamespace(`${talk}
      (netoproc-capture -i lo --stats 0.1 > ${t.testdirName}/${signal}) & CAPTURE=$!
      begun ${t.testdirName}/${signal}; talk 2; sleep 0.2; kill -${signal} $CAPTURE; wait $CAPTURE; echo $? >&2; cat ${t.testdirName}/${signal}`)
    const all = records(out)
    t.equal(all[0]?.type, 'hello')
    t.ok(all.filter(({ type }) => type === 'packet').length >= 4, 'two datagrams and the answers')
    t.match(all.at(-1), { type: 'stats', final: true, reason: 'signal' })
    t.equal(err.trim(), '0')
  }
})

t.test('a snapshot that is interrupted prints what it has', { skip }, async t => {
  const { out, err } = await inNamespace(`${talk}
    (netoproc -i lo --duration 60 --format json) & RUN=$!
    capturing $RUN; talk 2; kill -INT $RUN; wait $RUN; echo "exit $?" >&2`)
  t.match(err, /exit 0/)
  const rows = JSON.parse(out) as Row[]
  t.ok(rows.reduce((all, row) => all + row.tx_bytes, 0) >= 2 * 34)
})

t.test('the last command of a pipe that goes away ends the others quietly', { skip }, async t => {
  const { code, out, err } = await inNamespace(`${talk}
    talk 200 & TALK=$!
    (netoproc-capture -i lo) | (netoproc-attribute) | head -1; CODE=$?
    kill $TALK; exit $CODE`)
  t.equal(code, 0, err)
  t.equal(records(out).length, 1)
  t.notMatch(err, /EPIPE|^\s+at /m)
})

t.test('events that come while a slow reader takes the rest are not looked at', { skip }, async t => {
  // More records than a pipe holds, and sockets that come and go until the very end.
  const { out, err } = await inNamespace(`
DIR=$(mktemp -d); mkfifo $DIR/pipe
${process.execPath} -e '
  for (let i = 0; i < 600; i++) require("node:net").createServer().listen(20000 + i)
  setInterval(() => { const socket = require("node:dgram").createSocket("udp4").bind(0, () => socket.close()) }, 1)' &
BUSY=$!
until [ $(ss -Hltn | wc -l) -ge 600 ]; do sleep 0.05; done
(netoproc-sockets --follow --netns own > $DIR/pipe) & RUN=$!
exec 3< $DIR/pipe
read -r line <&3
# The pipe is full.
until [ $(awk '/^wchar/ { print $2 }' /proc/$RUN/io) -ge 65536 ]; do sleep 0.05; done
kill -INT $RUN; sleep 0.5
cat <&3 | wc -l
wait $RUN; echo code $?
kill $BUSY; rm -r $DIR`)
  t.match(out, /^code 0$/m, err)
  t.ok(parseInt(out) > 100, out)
})

t.test('a full disk is told', { skip }, async t => {
  const { code, err } = await inNamespace(`${talk}
    talk 200 & TALK=$!
    (netoproc-capture -i lo > /dev/full); CODE=$?
    kill $TALK; exit $CODE`)
  t.equal(code, 4)
  t.match(err, /^netoproc-capture: cannot write to standard output: no space left on device \(ENOSPC\)$/m)
})

t.test('an interface that goes away', { skip }, async t => {
  const add =
    'for name in gone0 stays0; do ip link add $name type veth peer name x$name; ip link set $name up; done'
  const only = await inNamespace(`${add}
    (netoproc-capture -i gone0) & CAPTURE=$!
    capturing; ip link del gone0; wait $CAPTURE`)
  t.equal(only.code, 2, only.err)
  t.match(only.err, /netoproc-capture: interface "gone0" is gone/)
  t.match(records(only.out).at(-1), { type: 'stats', final: true, reason: 'error' })

  const one = await inNamespace(`${add}
    cd ${t.testdir()}
    (netoproc-capture -i gone0 -i stays0 > out 2> err) & CAPTURE=$!
    until [ -s out ]; do sleep 0.02; done; ip link del gone0; until grep -q 'is gone' err; do sleep 0.05; done
    kill -INT $CAPTURE; wait $CAPTURE; CODE=$?; cat err >&2; exit $CODE`)
  t.equal(one.code, 0, one.err)
  t.match(one.err, /interface "gone0" is gone; the others are still captured/)

  const none = await inNamespace('(netoproc-capture -i nothing0)')
  t.equal(none.code, 2)
  t.match(none.err, /nothing0/)
})

/** Another user than root, who may read what root may: in a user namespace in which root is called 1000, and has no power. */
const powerless = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--']
const isRoot = process.geteuid?.() === 0
const noPowerless =
  process.platform === 'linux'
    ? isRoot && spawnSync(powerless[0] as string, [...powerless.slice(1), 'true']).status !== 0
      ? 'no user namespace'
      : false
    : 'not Linux'

t.test('without privilege: exit code 1 and what to do', { skip: noPowerless }, async t => {
  for (const command of ['netoproc', 'netoproc-capture']) {
    const argv = [process.execPath, join(root, 'bin', `${command}.js`)]
    const [file, ...args] = isRoot ? [...powerless, ...argv] : argv
    const { status, stdout, stderr } = spawnSync(file as string, args, { encoding: 'utf8' })
    t.equal(status, 1, stderr)
    t.equal(stdout, '')
    t.match(stderr, new RegExp(`^${command}: .*sudo`))
    t.notMatch(stderr, /^\s+at /m)
  }
})

/** Bits of capabilities(7). */
const CHOWN = 1n << 0n
const DAC_OVERRIDE = 1n << 1n
const KILL = 1n << 5n
const SETUID = 1n << 7n
const NET_RAW = 1n << 13n
const SYS_MODULE = 1n << 16n
const SYS_ADMIN = 1n << 21n

t.test('what is open once needs no right to be opened: root gives up the others', { skip }, async t => {
  const commands = [
    'netoproc-capture -i lo',
    'netoproc-sockets --follow',
    'netoproc-attribute < <(netoproc-capture -i lo)',
    'netoproc',
    'netoproc --capture-mode afpacket',
  ]
  for (const command of commands) {
    // A line is written when everything is open.
    const { out, err } = await inNamespace(`
DIR=$(mktemp -d)
(${command}) > >(read -r line; echo begun > $DIR/begun; cat > /dev/null) & RUN=$!
until [ -s $DIR/begun ]; do sleep 0.05; done
grep -E '^(CapEff|CapPrm|NoNewPrivs):' /proc/$RUN/status
kill -INT $RUN; wait $RUN; rm -r $DIR`)
    const given = Object.fromEntries(
      [...out.matchAll(/(\w+):\s*(\w+)/g)].map(([, name, value]) => [name as string, BigInt(`0x${value}`)]),
    )
    t.equal(given['NoNewPrivs'], 1n, `${command}: ${out}${err}`)
    t.equal(given['CapEff'], given['CapPrm'], command)
    const effective = given['CapEff'] ?? 0n
    t.equal(effective & (CHOWN | DAC_OVERRIDE | KILL | SETUID | SYS_MODULE), 0n, command)
    t.ok((effective & NET_RAW) !== 0n, `${command}: an interface may come up later`)
    const entersNamespaces = !command.startsWith('netoproc-capture')
    t.equal((effective & SYS_ADMIN) !== 0n, entersNamespaces, command)
  }
})

t.test('without /proc it is said what is missing', { skip }, async t => {
  for (const command of ['netoproc-sockets', 'netoproc --duration 1', 'netoproc-attribute < /dev/null']) {
    const { code, out, err } = await inNamespace(
      `unshare --mount bash -c 'mount -t tmpfs none /proc && ${command.replace('netoproc', '"$0" bin/netoproc').replace(/netoproc[a-z-]*/, '$&.js')}' "${process.execPath}"`,
    )
    t.equal(code, 4, err)
    t.match(err, /^netoproc[a-z-]*: processes are read from \/proc, which is not mounted here: .*\n$/)
    t.equal(out, '')
  }
})

t.test('packets that found no room are told of where the result has no place for them', { skip }, async t => {
  const dir = t.testdir()
  // One that does not run for a while, as where a machine has more to do than it can.
  const { code, out, err } = await inNamespace(`
    (netoproc --capture-mode afpacket -i lo --netns own --buffer 65536 --duration 3600) > ${dir}/result & RUN=$!
    capturing
    kill -STOP $RUN
    for i in $(seq 600); do printf %900s hello; printf '\\0'; done > ${dir}/lines
    while read -r -d '' line; do printf %s "$line" > /dev/udp/127.0.0.1/9; done < ${dir}/lines
    kill -CONT $RUN
    kill -INT $RUN; wait $RUN; CODE=$?
    cat ${dir}/result
    exit $CODE`)
  t.equal(code, 0)
  const packets = out
    .split('\n')
    .slice(1, -1)
    .reduce(
      (sum, line) =>
        sum +
        line
          .split('\t')
          .slice(4)
          .reduce((of, field) => of + Number(field), 0),
      0,
    )
  const [, dropped] = /netoproc: (\d+) packets were dropped before being read.* are in no sum/.exec(err) ?? []
  t.ok(Number(dropped) > 0, err)
  // Of both ends: each datagram and the answer to it are sent and received here.
  t.ok(packets < 4 * 600, String(packets))
})
