// --filter by each kind of pattern: on live traffic of two processes, of which it asks for one, and on a recording.

import process from 'node:process'
import t from 'tap'
import { records, shell } from '../support/command.ts'
import { inNamespace, missing, noNamespace } from '../support/namespace.ts'

type Row = Record<string, unknown>

interface Case {
  readonly kind: string
  readonly pattern: string
  /** Of each connection that is shown. */
  readonly holds: (row: Row) => boolean
}

function check(t: Test, { kind, pattern, holds }: Case, rows: readonly Row[], processes: string): void {
  const connections = rows.filter(({ type }) => type === 'connection')
  const shown = rows.filter(({ type }) => type === 'process')
  t.ok(connections.length > 0, `${kind} ${pattern}: ${connections.length} connections`)
  t.same(
    connections.filter(row => !holds(row)),
    [],
    `${kind} ${pattern}: no others`,
  )
  t.match([...new Set(shown.map(row => row.process))].sort().join(' '), new RegExp(`^(${processes})$`), kind)
}

type Test = Pick<typeof t, 'ok' | 'same' | 'match'>

const isRoot = process.geteuid?.() === 0
const asker = (row: Row): boolean => row.process === 'np-asker'

const live: Case[] = [
  { kind: 'process', pattern: 'np-ask', holds: asker },
  { kind: 'user', pattern: 'nobody', holds: asker },
  { kind: 'address', pattern: '10.98.7.1', holds: row => row.remote_ip === '10.98.7.1' },
  {
    kind: 'port',
    pattern: ':7001',
    holds: row => row.remote_port === 7001 || row.local_port === 7001,
  },
  { kind: 'network', pattern: '10.98.7.0/24', holds: row => row.remote_ip === '10.98.7.1' },
  { kind: 'remote name', pattern: 'www.test', holds: row => row.remote_name === 'www.test' },
]

/** np-asker looks www.test up and talks to it, as nobody; np-other talks to loopback. Both are served by np-server. */
const script = (cases: readonly Case[]): string => `
DIR=$(mktemp -d)
ip addr add 10.98.7.1/32 dev lo
dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user= --pid-file= \
  --listen-address=127.0.0.1 --bind-interfaces --address=/www.test/10.98.7.1 2> $DIR/dnsmasq &
${process.execPath} -e '
  process.title = "np-server"
  for (const [host, port] of [["10.98.7.1", 7001], ["127.0.0.1", 7002]])
    require("node:net").createServer(socket => socket.resume().on("error", () => {})).listen(port, host)' &
for try in $(seq 600); do
  [ $(ss -Hltn | grep -c ':700[12] ') = 2 ] && ss -Hlun | grep -q '127.0.0.1:53 ' && break; sleep 0.1
done
for which in asker other; do
  $([ $which = asker ] && echo setpriv --reuid=65534 --regid=65534 --clear-groups) ${process.execPath} -e '
    process.title = "np-" + process.argv[1]
    const resolver = new (require("node:dns").promises.Resolver)()
    resolver.setServers(["127.0.0.1"])
    const talk = async () => {
      const [host, port] =
        process.argv[1] === "asker" ? [(await resolver.resolve4("www.test"))[0], 7001] : ["127.0.0.1", 7002]
      require("node:net").connect(port, host).on("error", () => {}).end(Buffer.alloc(1000))
    }
    setInterval(() => talk().catch(() => {}), 100)' $which &
done
TALK=$(jobs -p)
${cases.map(({ pattern }, i) => `(netoproc --interval 0.5 --format ndjson --filter '${pattern}' > $DIR/${i} 2>> $DIR/err) & RUN="$RUN $!"`).join('\n')}
for i in ${cases.map((_, i) => i).join(' ')}; do
  for try in $(seq 600); do grep -q '"connection"' $DIR/$i && break; sleep 0.1; done
done
kill -INT $RUN; wait $RUN
kill $TALK
cat $DIR/err >&2
for i in ${cases.map((_, i) => i).join(' ')}; do echo "case $i"; cat $DIR/$i; done
rm -r $DIR`

t.test(
  'live',
  {
    skip:
      noNamespace() ||
      (isRoot
        ? missing('ip', 'ss', 'dnsmasq', 'setpriv')
        : 'dnsmasq does not start in a user namespace: needs root'),
  },
  async t => {
    const { out, err } = await inNamespace(script(live))
    const outputs = out.split(/^case \d+\n/m).slice(1)
    t.equal(outputs.length, live.length, err)
    for (const [i, each] of live.entries()) {
      // The server's end of a connection is one, too: between the same addresses and ports.
      const processes = ['process', 'user'].includes(each.kind) ? 'np-asker' : 'np-asker np-server'
      check(t, each, records(outputs[i] ?? ''), processes)
    }
  },
)

const ofProcess = (row: Row): boolean => row.process === 'firefox'
const recorded: (Case & { processes: string })[] = [
  { kind: 'process', pattern: 'firefox', holds: ofProcess, processes: 'firefox' },
  {
    kind: 'user',
    pattern: 'ann',
    holds: row => row.user === 'ann',
    processes: 'curl firefox rsync ssh 音楽プレーヤー',
  },
  {
    kind: 'address',
    pattern: '198.51.100.10',
    holds: row => row.remote_ip === '198.51.100.10',
    processes: 'firefox',
  },
  { kind: 'port', pattern: ':873', holds: row => row.remote_port === 873, processes: 'rsync' },
  {
    kind: 'network',
    pattern: '198.51.100.8/30',
    holds: row => row.remote_ip === '198.51.100.10' || row.remote_ip === '198.51.100.11',
    processes: 'firefox',
  },
  {
    kind: 'remote name',
    pattern: 'video.example',
    holds: row => row.remote_name === 'video.example.net',
    processes: 'firefox',
  },
]

t.test('a recording', async t => {
  for (const each of recorded) {
    const { code, out, err } = await shell(
      `netoproc --read test/golden/demo.pcapng --sockets test/golden/demo.sockets.ndjson --format ndjson --filter '${each.pattern}'`,
    )
    t.equal(code, 0, err)
    check(t, each, records(out), each.processes)
  }
})
