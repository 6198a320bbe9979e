// The table of sockets and the match rules: who owns packets, and when nobody does.

import t from 'tap'
import { parseAddress } from '../../src/record/address.ts'
import type { SocketRecord } from '../../src/record/generated/types.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { protocolNumber } from '../../src/record/protocol.ts'
import { attributionNames, reasonNames } from '../../src/record/record-batch.ts'
import { Match, Matcher, isForMany } from '../../src/attribute/match.ts'
import { type OwnerTurn, withTurn } from '../../src/attribute/owner-turns.ts'
import type { LocalTuple } from '../../src/attribute/port.ts'
import { NO_SOCKET, SocketTable } from '../../src/attribute/socket-table.ts'

const NOW = 1_800_000_000_000_000

type Part = Partial<SocketRecord>

class World {
  readonly owners = new OwnerTable()
  readonly table: SocketTable
  private readonly matcher: Matcher
  private cookies = 0

  constructor(ownNetns?: string, keepClosed = false, isBelow?: (seen: string, bound: string) => boolean) {
    this.table = new SocketTable(this.owners, ownNetns, keepClosed)
    this.matcher = new Matcher(this.table, isBelow)
    this.table.beginLook(NOW)
  }

  slotOf(tuple: string, iface?: string): number {
    const match = new Match()
    this.matcher.find(tupleOf(tuple, 'tcp', iface), NOW, false, true, match)
    return match.slot
  }

  /** Who a packet from "local" to "remote" belongs to. */
  sender(tuple: string, proto: string, iface?: string): string {
    return this.who(tuple, proto, NOW, iface, true, true)
  }

  /** Tells of a socket, "a:1" or "a:1 b:2". @returns its record */
  add(tuple: string, pid: number | null, part: Part = {}): SocketRecord {
    const [local, remote] = tuple.split(' ')
    const [localIp, localPort] = split(local as string)
    const record: SocketRecord = {
      type: 'socket',
      ts: NOW / 1e6,
      proto: 'tcp',
      local_ip: localIp,
      local_port: localPort,
      state: remote === undefined ? 'listen' : 'established',
      pid: pid === null ? null : 100 + pid,
      start_time: pid === null ? null : 1_700_000_000 + pid,
      process: pid === null ? 'unknown' : `p${pid}`,
      cookie: String(++this.cookies),
      event: 'present',
      ...(remote === undefined ? {} : { remote_ip: split(remote)[0], remote_port: split(remote)[1] }),
      ...part,
    }
    this.table.socket(record)
    return record
  }

  /** Who a packet of "local remote" belongs to: "p1 socket", "none ambiguous". */
  who(tuple: string, proto = 'tcp', tsUs = NOW, iface?: string, isHere = true, isSource = false): string {
    const match = new Match()
    this.matcher.find(tupleOf(tuple, proto, iface), tsUs, isSource, isHere, match)
    const attribution = attributionNames[match.attribution] as string
    if (match.owner === 0) return `${attribution} ${reasonNames[match.reason]}${match.isUnsettled ? '?' : ''}`
    return `${this.owners.get(match.owner).process} ${attribution}${match.isUnsettled ? '?' : ''}`
  }
}

function split(end: string): [string, number] {
  const at = end.lastIndexOf(':')
  return [end.slice(0, at), Number(end.slice(at + 1))]
}

function tupleOf(text: string, proto: string, iface?: string): LocalTuple {
  const [local, remote] = text.split(' ') as [string, string]
  const words = new Uint32Array(parseAddress(split(local)[0]) as readonly number[])
  return {
    protocol: protocolNumber(proto) as number,
    isV6: split(local)[0].includes(':'),
    local: words,
    localPort: split(local)[1],
    remote: new Uint32Array(parseAddress(split(remote)[0]) as readonly number[]),
    remotePort: split(remote)[1],
    isForMany: isForMany(words),
    iface,
  }
}

t.test('an exact five-tuple before a listener, a specific address before a wildcard', async t => {
  const world = new World()
  world.add('0.0.0.0:80', 1)
  world.add('10.0.0.1:80', 2)
  world.add('10.0.0.1:80 10.0.0.9:1234', 3)
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1234'), 'p3 socket')
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1235'), 'p2 bound')
  t.equal(world.who('10.0.0.2:80 10.0.0.9:1234'), 'p1 bound')
  t.equal(world.who('10.0.0.2:81 10.0.0.9:1234'), 'none no_socket')
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1234', 'udp'), 'none no_socket', 'another protocol')
})

t.test('IPv4 on IPv6 sockets', async t => {
  const world = new World()
  world.add(':::80', 1)
  world.add('10.0.0.1:5000 10.0.0.9:443', 2)
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'p1 bound', 'a dual-stack wildcard takes IPv4')
  t.equal(world.who('2001:db8::1:80 2001:db8::9:1'), 'p1 bound')
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:443'), 'p2 socket', 'mapped addresses are IPv4')
  world.add('0.0.0.0:80', 3)
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'p3 bound', 'an IPv4 socket goes first')
  t.equal(world.who('2001:db8::1:80 2001:db8::9:1'), 'p1 bound')
  world.add(':::81', 4, { v6only: true })
  t.equal(world.who('10.0.0.1:81 10.0.0.9:1'), 'none no_socket')
  t.equal(world.who('2001:db8::1:81 2001:db8::9:1'), 'p4 bound')
  world.add('0.0.0.0:82', 5)
  t.equal(world.who('2001:db8::1:82 2001:db8::9:1'), 'none no_socket', 'an IPv4 wildcard takes no IPv6')
})

t.test('several that fit as well are nobody', async t => {
  const world = new World()
  world.add('0.0.0.0:5353', 1, { proto: 'udp', state: 'unconnected' })
  world.add('0.0.0.0:5353', 2, { proto: 'udp', state: 'unconnected' })
  t.equal(world.who('10.0.0.1:5353 10.0.0.9:5353', 'udp'), 'none ambiguous?')
  world.add('0.0.0.0:53', 3, { proto: 'udp', state: 'unconnected' })
  world.add('0.0.0.0:53', 3, { proto: 'udp', state: 'unconnected' })
  t.equal(world.who('10.0.0.1:53 10.0.0.9:9', 'udp'), 'p3 bound', 'two sockets of one process are its')
  world.add('224.0.0.251:5354', 4, { proto: 'udp', state: 'unconnected' })
  world.add('0.0.0.0:5354', 5, { proto: 'udp', state: 'unconnected' })
  t.equal(world.who('224.0.0.251:5354 10.0.0.9:9', 'udp'), 'none ambiguous?', 'of multicast each gets a copy')
})

t.test('one socket that several processes hold', async t => {
  const world = new World()
  const listener = world.add('0.0.0.0:80', 1)
  world.add('0.0.0.0:80', 2, { cookie: listener.cookie as string })
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'none ambiguous?')
  const accepted = world.add('10.0.0.1:80 10.0.0.9:1', 1)
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'p1 socket', 'whoever accepted')
  const child = world.add('10.0.0.1:80 10.0.0.9:1', 2, { cookie: accepted.cookie as string, event: 'open' })
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'none ambiguous?', 'parent and child')
  world.table.socket({ ...accepted, event: 'close' })
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'p2 socket', 'the parent has closed its copy')
  world.table.socket({ ...child, event: 'close', ts: NOW / 1e6 + 1 })
  t.equal(
    world.who('10.0.0.1:80 10.0.0.9:1'),
    'p2 socket',
    'the last one stays the owner of what came before',
  )
  const passed = world.add('0.0.0.0:22', 1, { pid: 1 })
  world.add('0.0.0.0:22', 7, { cookie: passed.cookie as string })
  t.equal(world.who('10.0.0.1:22 10.0.0.9:1'), 'p7 bound', 'init keeps a copy of what it has passed on')
})

t.test('a connection that is not accepted yet', async t => {
  const world = new World()
  world.add('0.0.0.0:80', 1)
  const open = world.add('10.0.0.1:80 10.0.0.9:1', null, { state: 'syn-recv' })
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'p1 bound?', 'if nobody comes for it, the listener')
  world.table.socket({ ...open, pid: 105, process: 'p5', event: 'open', state: 'established' })
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'p5 socket')
  world.add('10.0.0.1:90 10.0.0.9:1', null, { reason: 'permission' })
  t.equal(world.who('10.0.0.1:90 10.0.0.9:1'), 'none permission', "another user's")
})

t.test('a port that is used again does not inherit its owner', async t => {
  const world = new World()
  const first = world.add('10.0.0.1:5000 10.0.0.9:53', 1, { proto: 'udp' })
  world.table.beginLook(NOW + 1e6)
  world.table.beginLook(NOW + 2e6)
  world.table.socket({ ...first, event: 'close', ts: NOW / 1e6 + 2 })
  world.add('10.0.0.1:5000 10.0.0.9:53', 2, { proto: 'udp', event: 'open', ts: NOW / 1e6 + 2 })
  const at = (seconds: number) => world.who('10.0.0.1:5000 10.0.0.9:53', 'udp', NOW + seconds * 1e6)
  t.equal(at(0.5), 'p1 socket')
  t.equal(at(1.5), 'none ambiguous', 'between two looks it may be either')
  t.equal(at(2.5), 'p2 socket')
})

t.test('late packets, and forgetting', async t => {
  const world = new World()
  const tcp = world.add('10.0.0.1:5000 10.0.0.9:443', 1)
  const udp = world.add('0.0.0.0:53', 2, { proto: 'udp', state: 'unconnected' })
  world.table.socket({ ...tcp, event: 'close', ts: NOW / 1e6 + 1 })
  world.table.socket({ ...udp, event: 'close', ts: NOW / 1e6 + 1 })
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:443', 'tcp', NOW + 3e6), 'p1 socket', 'TCP has last words')
  t.equal(world.who('10.0.0.1:53 10.0.0.9:9', 'udp', NOW + 0.9e6), 'p2 bound')
  t.equal(
    world.who('10.0.0.1:53 10.0.0.9:9', 'udp', NOW + 3e6),
    'none no_socket',
    'a closed port is nobody’s',
  )
  const stamp = world.table.stamps[NO_SOCKET]
  world.table.forgetClosed(NOW + 5e6)
  t.equal(world.table.count, 2)
  world.table.forgetClosed(NOW + 12e6)
  t.equal(world.table.count, 0)
  t.not(world.table.stamps[NO_SOCKET], stamp, 'whoever remembered them is told')
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:443', 'tcp', NOW + 3e6), 'none no_socket')
})

t.test('a process that began after the packet is not its owner', async t => {
  const world = new World()
  world.add('0.0.0.0:80', 1, { start_time: NOW / 1e6 + 100 })
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'none no_socket')
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1', 'tcp', NOW + 101e6), 'p1 bound')
})

t.test('other network namespaces', async t => {
  const world = new World('1')
  world.add('172.17.0.2:5000 10.0.0.9:443', 1, { netns: '2' })
  world.add('0.0.0.0:80', 2, { netns: '2' })
  world.add('10.0.0.1:5000 10.0.0.9:443', 3, { netns: '1' })
  world.add('10.0.0.1:5000 10.0.0.9:443', 4, { netns: '2' })
  t.equal(world.who('172.17.0.2:5000 10.0.0.9:443', 'tcp', NOW, undefined, false), 'p1 socket')
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:443'), 'p3 socket', 'the own namespace goes first')
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'none no_socket', 'their listeners do not count here')
  world.add('172.17.0.2:5000 10.0.0.9:443', 5, { netns: '3' })
  t.equal(
    world.who('172.17.0.2:5000 10.0.0.9:443', 'tcp', NOW, undefined, false),
    'none ambiguous',
    'two that fit',
  )
})

t.test('sockets that are bound to an interface', async t => {
  const world = new World()
  world.add('0.0.0.0:68', 1, { proto: 'udp', state: 'unconnected', bound_iface: 'eth0' })
  world.add('0.0.0.0:68', 2, { proto: 'udp', state: 'unconnected', bound_iface: 'eth1' })
  t.equal(world.who('10.0.0.1:68 10.0.0.9:67', 'udp', NOW, 'eth0'), 'p1 bound')
  t.equal(world.who('10.0.0.1:68 10.0.0.9:67', 'udp', NOW, 'eth1'), 'p2 bound')
  t.equal(world.who('10.0.0.1:68 10.0.0.9:67', 'udp', NOW, 'eth2'), 'none no_socket')
  world.add('0.0.0.0:68', 3, { proto: 'udp', state: 'unconnected' })
  t.equal(world.who('10.0.0.1:68 10.0.0.9:67', 'udp', NOW, 'eth0'), 'p1 bound', 'before who is bound to none')
  t.equal(world.who('10.0.0.1:68 10.0.0.9:67', 'udp', NOW, 'eth2'), 'p3 bound')
  t.equal(
    world.sender('10.0.0.1:68 10.0.0.9:67', 'udp', 'eth0'),
    'none ambiguous?',
    'either may have sent there',
  )
  t.equal(world.sender('10.0.0.1:68 10.0.0.9:67', 'udp', 'eth2'), 'p3 bound')
})

t.test('an interface below the one that a socket is bound to', async t => {
  const world = new World(undefined, false, (seen, bound) => seen === 'eth0' && bound === 'bond0')
  world.add('0.0.0.0:68', 1, { proto: 'udp', state: 'unconnected', bound_iface: 'bond0' })
  t.equal(world.who('10.0.0.1:68 10.0.0.9:67', 'udp', NOW, 'eth0'), 'p1 bound')
  t.equal(world.who('10.0.0.1:68 10.0.0.9:67', 'udp', NOW, 'eth1'), 'none no_socket')
})

t.test('two links with the same addresses', async t => {
  const world = new World()
  world.add('fe80::1:5000 fe80::2:443', 1, { bound_iface: 'eth0' })
  t.equal(world.who('fe80::1:5000 fe80::2:443', 'tcp', NOW, 'eth0'), 'p1 socket')
  const stamp = world.table.stamps[world.slotOf('fe80::1:5000 fe80::2:443')]
  world.add('fe80::1:5000 fe80::2:443', 2, { bound_iface: 'eth1' })
  t.not(
    world.table.stamps[world.slotOf('fe80::1:5000 fe80::2:443', 'eth0')],
    stamp,
    'what was known is not good',
  )
  t.equal(world.who('fe80::1:5000 fe80::2:443', 'tcp', NOW, 'eth0'), 'p1 socket')
  t.equal(world.who('fe80::1:5000 fe80::2:443', 'tcp', NOW, 'eth1'), 'p2 socket')
  t.equal(world.who('fe80::1:5000 fe80::2:443', 'tcp', NOW), 'none ambiguous')
})

t.test('what may have sent, and what the kernel gives copies of', async t => {
  const udp = { proto: 'udp', state: 'unconnected' } as const
  const world = new World()
  world.add('10.0.0.1:5000', 1, udp)
  world.add('0.0.0.0:5000', 2, udp)
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:9', 'udp'), 'p1 bound', 'comes to the one with the address')
  t.equal(world.sender('10.0.0.1:5000 10.0.0.9:9', 'udp'), 'none ambiguous?', 'is sent by either')
  t.equal(world.sender('10.0.0.2:5000 10.0.0.9:9', 'udp'), 'p2 bound')
  world.add('224.0.0.251:5353', 3, udp)
  t.equal(world.sender('10.0.0.1:5353 10.0.0.9:9', 'udp'), 'p3 bound', 'a group is no source address')
  world.add('0.0.0.0:5354', 4, udp)
  world.add('2001:db8::fb:5354', 4, udp)
  t.equal(world.who('224.0.0.251:5354 10.0.0.9:9', 'udp'), 'p4 bound')
  t.equal(world.who('ff02::fb:5354 2001:db8::9:9', 'udp'), 'none no_socket', 'neither is of IPv6 groups')
  world.add(':::5354', 5, udp)
  t.equal(world.who('ff02::fb:5354 2001:db8::9:9', 'udp'), 'p5 bound')
  t.equal(world.who('224.0.0.251:5354 10.0.0.9:9', 'udp'), 'none ambiguous?', 'it is of IPv4 groups as well')
  world.add('0.0.0.0:1', 6, { proto: 'raw', state: 'unconnected' })
  world.add('0.0.0.0:77', 6, { proto: 'icmp', state: 'unconnected' })
  t.equal(world.sender('10.0.0.1:0 10.0.0.9:0', 'icmp'), 'p6 bound')
  world.add('0.0.0.0:1', 7, { proto: 'raw', remote_ip: '10.0.0.9' })
  t.equal(world.sender('10.0.0.1:0 10.0.0.9:0', 'icmp'), 'none ambiguous?')
  t.equal(world.who('10.0.0.1:0 10.0.0.9:0', 'icmp'), 'none ambiguous?')
  t.equal(world.who('10.0.0.1:0 10.0.0.8:0', 'icmp'), 'p6 bound', 'not of the remote of the other')
})

t.test('raw and ICMP sockets', async t => {
  const world = new World()
  world.add('0.0.0.0:47', 1, { proto: 'raw', state: 'unconnected' })
  t.equal(world.who('10.0.0.1:0 10.0.0.9:0', 'gre'), 'p1 bound')
  world.add('0.0.0.0:77', 2, { proto: 'icmp', state: 'unconnected' })
  t.equal(world.who('10.0.0.1:0 10.0.0.9:0', 'icmp'), 'p2 bound')
  world.add('0.0.0.0:78', 3, { proto: 'icmp', state: 'unconnected' })
  t.equal(world.who('10.0.0.1:0 10.0.0.9:0', 'icmp'), 'none ambiguous?')
})

t.test('what the kernel names', async t => {
  const world = new World()
  const udp = world.add('0.0.0.0:5000', 1, { proto: 'udp', state: 'unconnected' })
  world.add('0.0.0.0:5000', 2, { cookie: udp.cookie as string, proto: 'udp', state: 'unconnected' })
  const flow = { cookie: udp.cookie as string, proto: 'udp', attribution: 'kernel' } as const
  world.add('10.0.0.1:5000 10.0.0.9:1', 2, flow)
  world.add('10.0.0.1:5000 10.0.0.8:1', 1, flow)
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:1', 'udp'), 'p2 kernel', 'each remote of one socket')
  t.equal(world.who('10.0.0.1:5000 10.0.0.8:1', 'udp'), 'p1 kernel')
  t.equal(world.who('10.0.0.1:5000 10.0.0.7:1', 'udp'), 'none ambiguous?')
  world.add('10.0.0.1:6000 10.0.0.9:1', 3)
  world.add('10.0.0.1:6000 10.0.0.9:1', 4, { attribution: 'kernel' })
  t.equal(world.who('10.0.0.1:6000 10.0.0.9:1'), 'p4 kernel', 'before what /proc says')
})

t.test('what the kernel names of a remote is known still when the socket is listed', async t => {
  const world = new World()
  const udp = { proto: 'udp', state: 'unconnected', event: 'open' } as const
  const named = { ...udp, cookie: 'c', attribution: 'kernel', remote_ip: '10.0.0.9', remote_port: 9 } as const
  const told = world.add('10.0.0.1:5000', 1, named)
  world.add('0.0.0.0:5000', 1, { ...udp, cookie: 'c', inode: '7' })
  world.add('0.0.0.0:5000', 2, { ...udp, inode: '8' })
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:9', 'udp'), 'p1 kernel')
  t.equal(world.who('10.0.0.1:5000 10.0.0.8:9', 'udp'), 'none ambiguous?')
  world.table.socket({ ...told, event: 'close', ts: NOW / 1e6 - 1 }, NOW - 1)
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:9', 'udp'), 'none ambiguous?', 'it is closed as it was told of')
})

t.test('a socket that passes from process to process: each packet is its owner’s of its time', async t => {
  const world = new World()
  const kernel = { attribution: 'kernel' } as const
  const socket = world.add('10.0.0.1:5000 10.0.0.9:53', 1, { proto: 'udp', ...kernel })
  const at = (ms: number) => world.who('10.0.0.1:5000 10.0.0.9:53', 'udp', NOW + ms * 1000)
  t.equal(at(5), 'p1 kernel')
  const turn = (ms: number, pid: number | undefined, isFirstUse = false) => ({
    fromUs: NOW + ms * 1000,
    owner:
      pid === undefined
        ? ('nobody' as const)
        : { pid: 100 + pid, start_time: 1_700_000_000 + pid, process: `p${pid}` },
    isFirstUse,
  })
  const stamp = () => world.table.stamps[world.table.get(socket)?.slot as number]
  const before = stamp()
  world.table.turns(socket, [turn(-Infinity, 1), turn(100, 2)])
  t.not(stamp(), before, 'who remembered its owner is told')
  t.strictSame([at(-1000), at(90)], ['p1 kernel', 'p1 kernel'])
  t.strictSame([at(96), at(100), at(100.9)], Array(3).fill('none ambiguous'), 'while it changes hands')
  t.strictSame([at(101), at(9000)], ['p2 kernel', 'p2 kernel'])
  world.table.socket({ ...socket, pid: 102, process: 'p2', start_time: 1_700_000_002, event: 'update' })
  t.strictSame([at(90), at(101)], ['p1 kernel', 'p2 kernel'], 'what a record tells of now changes nothing')
  world.table.turns(socket, [turn(-Infinity, 1), turn(100, 2), turn(200, undefined), turn(300, 1)])
  t.strictSame(
    [at(150), at(250), at(296), at(302)],
    ['p2 kernel', 'none ambiguous', 'none ambiguous', 'p1 kernel'],
  )
  world.table.turns(socket, [turn(-Infinity, 1), turn(100, 2, true)])
  t.strictSame([at(99), at(100)], ['none ambiguous', 'p2 kernel'], 'it had moved nothing until then')
  // Turns that are shorter than it can be told.
  world.table.turns(socket, [turn(-Infinity, 1), turn(100, 2), turn(102, 1)])
  t.strictSame([at(94), at(101.5), at(103)], ['p1 kernel', 'none ambiguous', 'p1 kernel'])

  const match = new Match()
  const matcher = new Matcher(world.table)
  const tuple = tupleOf('10.0.0.1:5000 10.0.0.9:53', 'udp')
  world.table.turns(socket, [turn(-Infinity, 1), turn(100, 2), turn(200, 1)])
  matcher.find(tuple, NOW + 150_000, false, true, match)
  t.match(
    match,
    { fromUs: NOW + 101_000, untilUs: NOW + 195_000 },
    'what is remembered of it holds for so long',
  )
})

t.test('turns of a socket that was found in a process before the kernel told of them', async t => {
  const world = new World()
  const socket = world.add('10.0.0.1:80 10.0.0.9:1', 1)
  const turns = [
    { fromUs: -Infinity, owner: 'holder', isFirstUse: false },
    {
      fromUs: NOW + 100_000,
      owner: { pid: 102, start_time: 1_700_000_002, process: 'p2' },
      isFirstUse: false,
    },
  ] as const
  const at = (ms: number) => world.who('10.0.0.1:80 10.0.0.9:1', 'tcp', NOW + ms * 1000)
  world.table.turns(socket, turns)
  t.strictSame([at(50), at(98), at(150)], ['p1 kernel', 'none ambiguous', 'p2 kernel'])
  world.add('10.0.0.1:80 10.0.0.9:1', 2, { cookie: socket.cookie as string, event: 'open' })
  world.table.turns(socket, turns)
  t.equal(at(50), 'p1 kernel', 'who has come to hold it since had not had it then')
  const shared = world.add('10.0.0.1:80 10.0.0.9:2', 1)
  world.add('10.0.0.1:80 10.0.0.9:2', 2, { cookie: shared.cookie as string })
  world.table.turns(shared, turns)
  t.equal(world.who('10.0.0.1:80 10.0.0.9:2'), 'none ambiguous', 'two held it')
  const same = world.add('10.0.0.1:80 10.0.0.9:3', 2)
  world.table.turns(same, turns)
  t.equal(world.who('10.0.0.1:80 10.0.0.9:3', 'tcp', NOW + 99_000), 'p2 kernel', 'it goes on with its own')
  const unheld = world.add('10.0.0.1:80 10.0.0.9:4', null)
  world.table.turns(unheld, turns)
  t.equal(world.who('10.0.0.1:80 10.0.0.9:4'), 'p2 kernel', 'nobody else was known to have it')
})

t.test('a recording in which a socket passes from process to process names nobody for it', async t => {
  const world = new World(undefined, true)
  const kernel = { attribution: 'kernel' } as const
  const socket = world.add('10.0.0.1:80 10.0.0.9:1', 1, kernel)
  const tell = (part: Part) => world.table.socket({ ...socket, event: 'update', ...part })
  tell({ state: 'close-wait' })
  tell({ process: 'exec' })
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'exec kernel', 'another program, the same process')
  tell({ pid: 102, process: 'p2' })
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'none ambiguous')
  tell({ process: 'exec' })
  t.equal(world.who('10.0.0.1:80 10.0.0.9:1'), 'none ambiguous')
})

t.test('a long history is forgotten from its beginning', async t => {
  const world = new World()
  const socket = world.add('10.0.0.1:80 10.0.0.9:1', 1, { attribution: 'kernel' })
  const owner = (pid: number) => ({ pid: 100 + pid, start_time: 1_700_000_000 + pid, process: `p${pid}` })
  let turns: readonly OwnerTurn[] = [{ fromUs: -Infinity, owner: owner(1), isFirstUse: false }]
  for (let n = 1; n <= 300; n++)
    turns = withTurn(turns, { fromUs: NOW + n * 1e6, owner: owner((n % 2) + 1), isFirstUse: false })
  t.equal(turns.length, 128)
  world.table.turns(socket, turns)
  const at = (n: number) => world.who('10.0.0.1:80 10.0.0.9:1', 'tcp', NOW + (n + 0.5) * 1e6)
  t.strictSame([at(299), at(298), at(180)], ['p2 kernel', 'p1 kernel', 'p1 kernel'])
  t.strictSame([at(0), at(100)], ['none ambiguous', 'none ambiguous'])
  // It is found out later that nothing is known since then.
  turns = withTurn(turns, { fromUs: NOW + 250e6, owner: 'nobody', isFirstUse: false })
  world.table.turns(socket, turns)
  t.strictSame([at(299), at(249)], ['none ambiguous', 'p2 kernel'])
})

t.test('a socket that is connected, moved or executes another program', async t => {
  const world = new World()
  const socket = world.add('0.0.0.0:5000', 1, { proto: 'udp', state: 'unconnected' })
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:53', 'udp'), 'p1 bound')
  const stamp = world.table.stamps[world.table.get(socket)?.slot as number]
  const connected: SocketRecord = {
    ...socket,
    local_ip: '10.0.0.1',
    remote_ip: '10.0.0.9',
    remote_port: 53,
    event: 'update',
  }
  world.table.socket({ ...connected, state: 'established' })
  t.not(world.table.stamps[world.table.get(socket)?.slot as number], stamp)
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:53', 'udp'), 'p1 socket')
  t.equal(
    world.who('10.0.0.1:5000 10.0.0.8:53', 'udp'),
    'none no_socket',
    'a connected socket takes no others',
  )
  world.table.socket({ ...connected, process: 'exec' })
  t.equal(world.who('10.0.0.1:5000 10.0.0.9:53', 'udp'), 'exec socket')
})
