// Packets that no process's socket is given: each kind is counted once, under the reason for it; and with them, what is
// counted is what the interface says.

import t from 'tap'
import { probeEbpf } from '../../src/attribute/linux/ebpf-probe.ts'
import type { SocketRecord } from '../../src/record/generated/types.ts'
import { records } from '../support/command.ts'
import { inNamespace, missing } from '../support/namespace.ts'

t.setTimeout(180_000)

const probe = process.platform === 'linux' ? probeEbpf() : { ok: false as const, reason: 'not Linux' }
const skip = probe.ok ? missing('ip', 'nsenter', 'ping', 'ethtool', 'nft', 'python3') : probe.reason

type Counter = 'rx_bytes' | 'tx_bytes' | 'rx_packets' | 'tx_packets'

/**
 * here (10.96.0.1, fe80::1) - there (10.96.0.2, fe80::2): runs the script while netoproc-sockets counts here. No frames but
 * those that the script asks for: neighbours are known, and a packet is a packet on the wire. `there` runs a command on the
 * other side, `node` and `python` a program; `moved` prints what the interface has moved: bytes of IP and packets, in and out.
 */
const wire = (dir: string, script: string): string => `
  export node='${process.execPath}'
  unshare --net sleep 3600 & THERE=$!
  until [ "$(readlink /proc/$THERE/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
  there() { nsenter -t $THERE -n "$@"; }
  there ip link set lo up
  ip link add here0 address 02:00:00:00:00:01 type veth peer name there0 address 02:00:00:00:00:02 netns $THERE
  for side in "here0 1 2" "there0 2 1"; do set -- $side; run=; [ $1 = there0 ] && run=there
    $run sh -c "echo 1 > /proc/sys/net/ipv6/conf/$1/disable_ipv6"
    $run ethtool -K $1 tso off gso off gro off > /dev/null
    $run ip addr add 10.96.0.$2/24 dev $1; $run ip link set $1 up
    $run ip neigh replace 10.96.0.$3 lladdr 02:00:00:00:00:0$3 dev $1 nud permanent
  done
  moved() { awk '/here0:/ { sub(/.*:/, ""); print "moved", $1 - 14 * $2, $2, $9 - 14 * $10, $10 }' /proc/net/dev; }
  (netoproc-sockets --follow --counters --netns own > ${dir}/out) & RUN=$!
  capturing $RUN
  until [ -s ${dir}/out ]; do sleep 0.02; done
  BEFORE=$(moved)
  ${script}
  echo $BEFORE; moved
  kill -INT $RUN; wait $RUN; cat ${dir}/out; kill $THERE`

interface Counted {
  /** Sum of what the records that are like this one have moved. */
  sum(field: Counter, like: Partial<SocketRecord>): number
  /** By the interface. */
  readonly moved: Readonly<Record<Counter, number>>
  readonly err: string
  readonly said: string
}

async function count(dir: string, script: string): Promise<Counted> {
  const { out, err } = await inNamespace(wire(dir, script))
  const said = out.slice(0, out.indexOf('{'))
  const [before = [], after = []] = [...said.matchAll(/^moved (.*)$/gm)].map(([, numbers = '']) =>
    numbers.split(' ').map(Number),
  )
  const [rx_bytes = NaN, rx_packets = NaN, tx_bytes = NaN, tx_packets = NaN] = after.map(
    (number, i) => number - (before[i] as number),
  )
  const all = records(out.slice(out.indexOf('{'))).filter(({ type }) => type === 'socket')
  const sum = (field: Counter, like: Partial<SocketRecord>): number =>
    all
      .filter(record => Object.entries(like).every(([name, value]) => record[name] === value))
      .reduce((total, record) => total + ((record[field] as number | undefined) ?? 0), 0)
  return { sum, moved: { rx_bytes, rx_packets, tx_bytes, tx_packets }, err, said }
}

/** Sends 100,000 bytes to whoever connects, and closes; or waits for the other end to close, and sends nothing. */
const server = (closesFirst: boolean): string => `there $node -e '
  const server = require("net").createServer({ allowHalfOpen: true }, socket => {
    server.close()
    if (${closesFirst}) socket.end(Buffer.alloc(100000))
    else socket.on("end", () => setTimeout(() => socket.end(), 100))
    socket.resume()
  }).listen(7777, "10.96.0.2", () => console.log("listening"))' > $LOG & SERVER=$!
  until grep -q listening $LOG; do sleep 0.02; done`

t.test('ICMP errors that come in, and IGMP, are the kernel’s', { skip }, async t => {
  const { sum, moved, err } = await count(
    t.testdir(),
    `bash -c 'echo hello > /dev/udp/10.96.0.2/7'; bash -c 'echo hi > /dev/udp/10.96.0.2/8'
    there python3 -c '
import socket
query = bytes([0x11, 1, 0xee, 0xfe, 0, 0, 0, 0])
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.96.0.2"))
s.sendto(query, ("224.0.0.1", 0))'
    sleep 1`,
  )
  const kernel = { reason: 'kernel', pid: null } as const
  t.equal(sum('rx_bytes', { ...kernel, proto: 'icmp', remote_ip: '10.96.0.2' }), 28 + 34 + 28 + 31, err)
  t.equal(sum('rx_packets', { ...kernel, proto: 'icmp' }), 2)
  t.equal(sum('rx_bytes', { ...kernel, proto: 'igmp', local_ip: '224.0.0.1' }), 28)
  for (const field of ['rx_bytes', 'rx_packets', 'tx_bytes', 'tx_packets'] as const)
    t.equal(sum(field, {}), moved[field], `${field} of the interface`)
})

t.test('a ping’s replies are its own, once, whatever errors come beside them', { skip }, async t => {
  const { sum, moved, err } = await count(
    t.testdir(),
    `RAW=$(wc -l < /proc/net/raw); ping -q -c 3 -i 0.2 -s 56 10.96.0.2 > /dev/null & PING=$!
    until [ $(wc -l < /proc/net/raw) -gt $RAW ]; do sleep 0.01; done
    bash -c 'echo hello > /dev/udp/10.96.0.2/7'
    there ping -q -c 2 -i 0.2 -s 100 10.96.0.1 > /dev/null; wait $PING; sleep 1.5`,
  )
  t.equal(
    sum('rx_bytes', { proto: 'icmp', process: 'ping' }),
    3 * 84 + 62,
    `an error is given to it, too ${err}`,
  )
  t.equal(sum('rx_bytes', { proto: 'icmp', reason: 'kernel' }), 2 * 128)
  t.equal(sum('rx_bytes', {}), moved.rx_bytes)
  t.equal(sum('tx_bytes', {}), moved.tx_bytes)
})

t.test('errors that no socket is given, however many', { skip }, async t => {
  const { sum, moved, err } = await count(
    t.testdir(),
    `there sh -c 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit'
    bash -c 'for i in $(seq 20); do echo hello > /dev/udp/10.96.0.2/7; done'
    ping -q -c 3 -i 0.2 -s 56 10.96.0.2 > /dev/null; sleep 1.5`,
  )
  t.equal(sum('rx_bytes', { proto: 'icmp', reason: 'kernel' }), 20 * 62, err)
  t.equal(sum('rx_bytes', { proto: 'icmp', process: 'ping' }), 3 * 84)
  t.equal(sum('rx_bytes', {}), moved.rx_bytes)
})

t.test('neighbour discovery that comes in', { skip }, async t => {
  const { sum, err } = await count(
    t.testdir(),
    `for run in "" there; do side=\${run:-here}; $run sh -c "echo 0 > /proc/sys/net/ipv6/conf/\${side}0/disable_ipv6"; done
    ip addr add fe80::1/64 dev here0 nodad; there ip addr add fe80::2/64 dev there0 nodad
    there ping -q -c 1 -s 56 fe80::1%there0 > /dev/null; sleep 1`,
  )
  const solicited = {
    proto: 'icmp6',
    reason: 'kernel',
    local_ip: 'ff02::1:ff00:1',
    remote_ip: 'fe80::2',
  } as const
  t.equal(sum('rx_bytes', solicited), 72, `who has fe80::1 ${err}`)
  t.equal(
    sum('rx_bytes', { proto: 'icmp6', local_ip: 'fe80::1', remote_ip: 'fe80::2' }) >= 104,
    true,
    'the ping',
  )
})

t.test('what a firewall drops came in, or was never sent', { skip }, async t => {
  const { sum, moved, err } = await count(
    t.testdir(),
    `nft 'add table ip f; add chain ip f i { type filter hook input priority 0; }; add rule ip f i udp dport 5555 drop
      add chain ip f o { type filter hook output priority 0; }; add rule ip f o udp dport 6666 drop'
    there bash -c 'echo dropped > /dev/udp/10.96.0.1/5555'
    bash -c 'echo dropped > /dev/udp/10.96.0.2/6666' 2> /dev/null; sleep 0.2`,
  )
  t.equal(sum('rx_bytes', { proto: 'udp', local_port: 5555, reason: 'kernel' }), 28 + 8, err)
  t.equal(sum('tx_bytes', {}), 0)
  t.equal(moved.tx_bytes, 0)
  t.equal(sum('rx_bytes', {}), moved.rx_bytes)
})

t.test('a connection in TIME-WAIT still has its process', { skip }, async t => {
  const dir = t.testdir()
  const { sum, moved, err, said } = await count(
    dir,
    `LOG=${dir}/log; ${server(false)}
    python3 -c '
import os, socket
print("client", os.getpid(), flush=True)
s = socket.create_connection(("10.96.0.2", 7777))
s.send(b"hello")
s.close()'
    wait $SERVER`,
  )
  const pid = Number(/client (\d+)/.exec(said)?.[1])
  t.equal(sum('rx_bytes', { pid, remote_port: 7777 }), moved.rx_bytes, err)
  t.equal(sum('rx_packets', {}), moved.rx_packets, 'the FIN of the other end, too')
  // What a connection in TIME-WAIT answers, the kernel sends from no socket that programs see (man page, CAVEATS).
  const acknowledgement = 20 + 32
  t.equal(moved.tx_bytes - sum('tx_bytes', { pid }), acknowledgement)
})

t.test('all that the interface has moved is somebody’s, the kernel’s, or nobody’s', { skip }, async t => {
  const dir = t.testdir()
  const { sum, moved, err, said } = await count(
    dir,
    `LOG=${dir}/log; ${server(true)}
    $node -e '
      console.log("client", process.pid)
      const socket = require("net").connect({ port: 7777, host: "10.96.0.2", allowHalfOpen: true })
      socket.resume().on("end", () => setTimeout(() => socket.end(), 100))'
    wait $SERVER
    bash -c 'echo hello > /dev/udp/10.96.0.2/7'
    there bash -c 'echo hello > /dev/udp/10.96.0.1/7'; there bash -c 'echo hello > /dev/tcp/10.96.0.1/7' 2> /dev/null
    ping -q -c 2 -i 0.2 10.96.0.2 > /dev/null; there ping -q -c 2 -i 0.2 10.96.0.1 > /dev/null
    nft 'add table ip f; add chain ip f i { type filter hook input priority 0; }; add rule ip f i udp dport 5555 drop'
    there bash -c 'echo dropped > /dev/udp/10.96.0.1/5555'; sleep 1.5`,
  )
  const pid = Number(/client (\d+)/.exec(said)?.[1])
  t.ok(sum('rx_bytes', { pid }) > 100_000)
  t.equal(sum('rx_bytes', { reason: 'no_socket' }), 34 + 60)
  t.ok(sum('rx_bytes', { reason: 'kernel' }) > 0)
  for (const field of ['rx_bytes', 'rx_packets', 'tx_bytes', 'tx_packets'] as const)
    t.equal(sum(field, {}), moved[field], `${field} ${err}`)
})
