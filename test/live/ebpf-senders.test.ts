// Whose bytes they are when a process sends on a socket that its parent has opened and connected: no address is given then, and
// the child may live for a millisecond. Needs what test/live/ebpf.test.ts needs, and perl.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { probeEbpf } from '../../src/attribute/linux/ebpf-probe.ts'
import { Monitor } from '../support/ebpf-monitor.ts'

const probe = process.platform === 'linux' ? probeEbpf() : { ok: false as const, reason: 'not Linux' }
const hasPerl = spawnSync('perl', ['-e', '1']).status === 0
const skip = probe.ok ? (hasPerl ? false : 'perl is not installed') : probe.reason

const SIZE = 972
const IPPROTO_UDP = 17
const IPPROTO_UDPLITE = 136
const kinds = {
  udp4: { family: 'PF_INET', type: 'SOCK_DGRAM', protocol: IPPROTO_UDP, headers: 28 },
  udp6: { family: 'PF_INET6', type: 'SOCK_DGRAM', protocol: IPPROTO_UDP, headers: 48 },
  udplite4: { family: 'PF_INET', type: 'SOCK_DGRAM', protocol: IPPROTO_UDPLITE, headers: 28 },
  // A protocol for experiments (RFC 3692).
  raw4: { family: 'PF_INET', type: 'SOCK_RAW', protocol: 253, headers: 20 },
} as const

/** Connects a socket to another of its own, and has itself ("p 5") or a child that ends then ("c 5") send so many datagrams. */
const sender = ({ family, type, protocol }: (typeof kinds)[keyof typeof kinds]): string => `
  use Socket qw(:all);
  $| = 1;
  my $at = sub { ${family} == PF_INET ? pack_sockaddr_in($_[0], inet_aton("127.0.0.1")) :
    pack_sockaddr_in6($_[0], inet_pton(AF_INET6, "::1")) };
  socket(my $sink, ${family}, ${type}, ${protocol}) or die $!;
  bind($sink, $at->(0)) or die $!;
  socket(my $socket, ${family}, ${type}, ${protocol}) or die $!;
  connect($socket, ${type} == SOCK_RAW ? $at->(0) : getsockname($sink)) or die $!;
  print "ready\n";
  while (<STDIN>) {
    my ($who, $count) = split;
    my $send = sub { for (1 .. $count) { defined send($socket, "x" x ${SIZE}, 0) or die $! } };
    if ($who eq "p") { $send->(); print "$$\n"; next }
    my $child = fork;
    if ($child == 0) { $send->(); exit }
    waitpid $child, 0;
    print "$child\n";
  }`

class Sender {
  readonly process: ChildProcess

  constructor(t: Test, kind: keyof typeof kinds) {
    const script = sender(kinds[kind])
    this.process = spawn(
      'unshare',
      ['--net', '--', 'sh', '-c', 'ip link set lo up && exec perl -e "$0"', script],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    t.teardown(() => this.process.kill('SIGKILL'))
  }

  async line(): Promise<string> {
    const [text] = (await once(this.process.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    return text.toString().trim()
  }

  /** @returns the pid of who has sent */
  async send(who: 'p' | 'c', count: number): Promise<number> {
    this.process.stdin?.write(`${who} ${count}\n`)
    return Number(await this.line())
  }
}

for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
  const bytes = (count: number): number => count * (SIZE + kinds[kind].headers)

  t.test(`${kind}: what a child sends on its parent's connected socket is the child's`, { skip }, async t => {
    const monitor = new Monitor(t)
    const sender = new Sender(t, kind)
    t.equal(await sender.line(), 'ready')
    const parent = sender.process.pid as number
    monitor.collect()
    const first = await sender.send('c', 100)
    monitor.collect()
    t.equal(monitor.sum(first, 'tx_bytes'), bytes(100))
    t.equal(monitor.sum(parent, 'tx_bytes'), 0, 'who opened the socket has sent nothing')
    const second = await sender.send('c', 1)
    const third = await sender.send('c', 200)
    monitor.collect()
    t.equal(monitor.sum(first, 'tx_bytes'), bytes(100), 'no more than it has sent')
    t.equal(monitor.sum(second, 'tx_bytes'), bytes(1))
    t.equal(monitor.sum(third, 'tx_bytes'), bytes(200))
    t.match(monitor.of(third)[0], { process: 'perl', uid: 0, attribution: 'kernel' })
    t.equal(monitor.sum(parent, 'tx_bytes'), 0)
  })

  t.test(`${kind}: after a parent that has sent much its child is told apart`, { skip }, async t => {
    const monitor = new Monitor(t)
    const sender = new Sender(t, kind)
    await sender.line()
    const parent = sender.process.pid as number
    // Enough for a slot, where it can have one.
    t.equal(await sender.send('p', 300), parent)
    const child = await sender.send('c', 50)
    await sender.send('p', 7)
    monitor.collect()
    t.equal(monitor.sum(child, 'tx_bytes'), bytes(50))
    t.equal(monitor.sum(parent, 'tx_bytes'), bytes(307))
    sender.process.stdin?.end()
    await once(sender.process, 'close')
    monitor.collect(true)
    t.equal(monitor.sum(parent, 'tx_bytes') + monitor.sum(child, 'tx_bytes'), bytes(357), 'nothing twice')
  })
}

t.test('a socket that was connected before netoproc began is its sender’s', { skip }, async t => {
  const sender = new Sender(t, 'udp4')
  await sender.line()
  const monitor = new Monitor(t)
  monitor.collect()
  const child = await sender.send('c', 10)
  monitor.collect()
  monitor.collect(true)
  t.equal(monitor.sum(child, 'tx_bytes'), 10 * (SIZE + kinds.udp4.headers))
  t.equal(monitor.sum(sender.process.pid as number, 'tx_bytes'), 0)
})

const QUEUE = 7
const PORT = 7777
/** Whatever goes to that port waits for a program: by whichever of the two this host has. */
const holdBack =
  `nft "add table inet q; add chain inet q o { type filter hook output priority 0; }; ` +
  `add rule inet q o udp dport ${PORT} queue num ${QUEUE}" 2>/dev/null || ` +
  `iptables -A OUTPUT -p udp --dport ${PORT} -j NFQUEUE --queue-num ${QUEUE}`
const inNewNamespace = ['--net', '--', 'sh', '-c']
const canHoldBack =
  skip !== false || spawnSync('unshare', [...inNewNamespace, holdBack]).status === 0
    ? skip
    : 'packets cannot be queued for a program: no nft with nft_queue, no iptables'

/**
 * A process that lets all packets go on that netfilter has queued for it (linux/netfilter/nfnetlink_queue.h); and its parent, which
 * sends 100 datagrams. Prints the pid of the first.
 */
const filtered = `
  use Socket qw(:all);
  $| = 1;
  sub message {
    my ($type, $attributes) = @_;
    my $body = pack("CCn", 0, 0, ${QUEUE}) . $attributes;
    pack("LSSLL", 16 + length $body, $type, 1, 0, 0) . $body
  }
  my ($AF_NETLINK, $NETLINK_NETFILTER, $PACKET, $VERDICT, $CONFIG) = (16, 12, 0x300, 0x301, 0x302);
  socket(my $queue, $AF_NETLINK, SOCK_RAW, $NETLINK_NETFILTER) or die $!;
  bind($queue, pack("SSLL", $AF_NETLINK, 0, 0, 0)) or die $!;
  # Bound to the queue; of each packet no more than its number.
  send($queue, message($CONFIG, pack("SSCCn", 8, 1, 1, 0, 0)), 0) or die $!;
  send($queue, message($CONFIG, pack("SSNCx3", 9, 2, 0, 1)), 0) or die $!;
  my $filter = fork;
  if ($filter == 0) {
    while (sysread($queue, my $packet, 65536)) {
      next if unpack("x4 S", $packet) != $PACKET;
      send($queue, message($VERDICT, pack("SSNa4", 12, 2, 1, substr($packet, 24, 4))), 0) or die $!;
    }
  }
  socket(my $sink, PF_INET, SOCK_DGRAM, 0) or die $!;
  bind($sink, pack_sockaddr_in(${PORT}, inet_aton("127.0.0.1"))) or die $!;
  socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die $!;
  connect($socket, getsockname($sink)) or die $!;
  for (1 .. 100) { send($socket, "x" x ${SIZE}, 0) or die $!; recv($sink, my $datagram, 2000, 0) }
  print "$filter\n";
  kill 9, $filter;`

t.test('who lets packets go on that were held back has not sent them', { skip: canHoldBack }, async t => {
  const monitor = new Monitor(t)
  const script = `ip link set lo up && { ${holdBack}; } && exec perl -e "$0"`
  const child = spawn('unshare', [...inNewNamespace, script, filtered], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [filter] = (await once(child.stdout, 'data')) as [Buffer]
  monitor.collect()
  t.equal(monitor.sum(child.pid as number, 'tx_bytes'), 100 * (SIZE + kinds.udp4.headers))
  t.strictSame(monitor.of(Number(filter)), [])
})
