// Which interface shows a packet, and how a packet is read from the ring: blocks as the kernel writes them, links as it
// tells of them, without either.

import t from 'tap'
import { BlockReader, type BlockReaderOptions } from '../../src/capture/linux/block-reader.ts'
import { InterfaceTable, type LinkSource } from '../../src/capture/linux/interface-table.ts'
import { LocalAddresses } from '../../src/capture/local-addresses.ts'
import { TunnelCarriers, type Carrier } from '../../src/capture/linux/tunnel-carriers.ts'
import { estimateSegmentSize } from '../../src/capture/linux/segment-size.ts'
import { ExpressionFilter } from '../../src/capture/filter/expression-filter.ts'
import { FRAME_IN, FRAME_OUT, NONE, type Frame, type FrameSink } from '../../src/capture/port.ts'
import type { Link } from '../../src/native/linux/rtnetlink.ts'
import { NetoprocError } from '../../src/record/error.ts'
import { FlowTable } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { DIR_FORWARD, DIR_IN, DIR_OUT, NO_IFACE } from '../../src/record/record-batch.ts'
import { interfaceRecord } from '../../src/record/generated/validate.ts'
import { packet } from '../support/packet.ts'
import { syntheticRing, tcpPacket, type RingPacket } from '../support/synthetic-ring.ts'

const counters = {
  rxPackets: 1,
  txPackets: 2,
  rxBytes: 3,
  txBytes: 4,
  rxErrors: 5,
  txErrors: 6,
  rxDropped: 7,
  txDropped: 8,
}
const zero = {
  rxPackets: 0,
  txPackets: 0,
  rxBytes: 0,
  txBytes: 0,
  rxErrors: 0,
  txErrors: 0,
  rxDropped: 0,
  txDropped: 0,
}

function link(index: number, name: string, more: Partial<Link> = {}): Link {
  return {
    index,
    name,
    isUp: true,
    isRunning: true,
    isLoopback: false,
    mtu: 1500,
    hardwareType: 1,
    hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, index),
    kind: undefined,
    master: undefined,
    lower: undefined,
    vlan: undefined,
    counters,
    ...more,
  }
}

/** A source whose links a test changes; each read is counted. */
class Links implements LinkSource {
  list: Link[]
  reads = 0
  constructor(...list: Link[]) {
    this.list = list
  }
  links(): Link[] {
    this.reads++
    return this.list
  }
  addresses() {
    return [
      { index: 1, words: [0, 0, 0xffff, 0x7f000001] as const, broadcast: 0x7fffffff },
      { index: 2, words: [0xfd000000, 0, 0, 1] as const },
    ]
  }
  close(): void {}
}

const lo = link(1, 'lo', { isLoopback: true, hardwareType: 772 })
const table = (chosen: string[], ...list: Link[]) =>
  new InterfaceTable(chosen, new NameTable(), new Links(...list))
const vlan = (protocol: number, id: number) => ({ kind: 'vlan', vlan: { protocol, id } })

t.test('each packet is counted on one interface', async t => {
  const bond = table(
    [],
    lo,
    link(2, 'bond0', { kind: 'bond' }),
    link(3, 'eth0', { master: 2 }),
    link(4, 'eth1', { master: 2 }),
  )
  t.same(bond.selection(), { except: [3, 4] }, 'slaves of a bond are left out')
  const bridge = table([], link(2, 'br0', { kind: 'bridge' }), link(3, 'veth1', { master: 2, kind: 'veth' }))
  t.same(bridge.selection(), { except: [3] }, 'ports of a bridge')
  t.same(
    table([], link(2, 'eth0'), link(3, 'enP1', { master: 2 })).selection(),
    { except: [3] },
    'the function below hv_netvsc',
  )
  const down = table([], link(2, 'bond0', { kind: 'bond', isUp: false }), link(3, 'eth0', { master: 2 }))
  t.same(down.selection(), { except: [] }, 'a master that is down shows nothing')
  const others = table(
    [],
    link(2, 'ovs-system', { kind: 'openvswitch' }),
    link(3, 'p0', { master: 2 }),
    link(4, 'red', { kind: 'vrf' }),
    link(5, 'p1', { master: 4 }),
  )
  t.same(others.selection(), { except: [] }, 'masters that do not show what their slaves carry')
  const ipvlan = table([], link(2, 'eth0'), link(3, 'ipvl0', { kind: 'ipvlan', lower: 2 }))
  t.same(ipvlan.selection(), { except: [3] }, 'an ipvlan')
  const asked = table(['eth0'], link(2, 'bond0', { kind: 'bond' }), link(3, 'eth0', { master: 2 }))
  t.same(asked.selection(), { only: [3], except: [] }, 'what was asked for is taken literally')
  t.notOk(asked.get(3)?.isShownElsewhere)
})

t.test('what VLAN and macvlan interfaces above show', async t => {
  const seen = table(
    [],
    link(2, 'eth0'),
    link(3, 'eth0.10', { ...vlan(0x8100, 10), lower: 2 }),
    link(4, 'eth0.20', { ...vlan(0x88a8, 20), lower: 2 }),
    link(5, 'eth0.30', { ...vlan(0x8100, 30), lower: 2, isUp: false }),
    link(6, 'mac0', { kind: 'macvlan', lower: 2 }),
  )
  t.same(
    [...(seen.get(2)?.tagsShownElsewhere ?? [])],
    [(0x8100 << 12) | 10, (0x88a8 << 12) | 20],
    'tags of interfaces that are up',
  )
  t.same(seen.get(2)?.sendersShownElsewhere, [Uint8Array.of(2, 0, 0, 0, 0, 6)])
  t.equal(seen.get(3)?.tagsShownElsewhere, undefined)
  const asked = table(['eth0'], link(2, 'eth0'), link(3, 'eth0.10', { ...vlan(0x8100, 10), lower: 2 }))
  t.equal(asked.get(2)?.tagsShownElsewhere, undefined)
})

t.test('an interface that is not there', async t => {
  t.throws(() => table(['eth9'], lo, link(2, 'eth0')), {
    kind: 'device',
    message: 'no interface "eth9"; there are: lo, eth0',
  })
  t.throws(() => table(['\x1b[2J'], lo), { message: 'no interface "\\x1b[2J"; there are: lo' })
  t.ok(new NetoprocError('device', '').exitCode === 2)
})

t.test('interfaces that come and go', async t => {
  const links = new Links(lo, link(2, 'eth0'))
  const seen = new InterfaceTable(['eth0', 'lo'], new NameTable(), links)
  t.same(seen.missing(), [])
  seen.refresh()
  t.equal(links.reads, 1, 'not read twice within a moment')
  links.list = [lo]
  await new Promise(done => setTimeout(done, 60))
  seen.refresh()
  t.same(seen.missing(), ['eth0'])
  t.same(seen.selection(), { only: [1], except: [] })
  links.list = [lo, link(7, 'eth0')]
  await new Promise(done => setTimeout(done, 60))
  seen.refresh()
  t.same(seen.selection(), { only: [1, 7], except: [] }, 'the same name, another index')
})

t.test('what is told of interfaces', async t => {
  const seen = table(
    [],
    lo,
    link(2, 'eth0'),
    link(3, 'tun0', { kind: 'tun', hardwareType: 0xfffe }),
    link(4, 'br0', { kind: 'bridge' }),
    link(5, 'veth0', { kind: 'veth', master: 4 }),
    link(6, 'vx0', { kind: 'vxlan', isRunning: false }),
    link(7, 'dummy0', { kind: 'dummy', isUp: false, isRunning: false, counters: zero }),
  )
  const records = seen.records(1763910000_000000)
  t.same(
    records.map(({ name, kind, up }) => [name, kind, up]),
    [
      ['lo', 'loopback', true],
      ['eth0', 'physical', true],
      ['tun0', 'tunnel', true],
      ['br0', 'bridge', true],
      ['vx0', 'tunnel', false],
    ],
  )
  for (const record of records) t.ok(interfaceRecord(record))
  t.match(records[1], {
    ts: 1763910000,
    addresses: ['fd00::1'],
    rx_bytes_total: 3,
    tx_bytes_total: 4,
    rx_packets_total: 1,
    tx_packets_total: 2,
    rx_errors: 5,
    tx_errors: 6,
    rx_dropped: 7,
    tx_dropped: 8,
  })
  t.same(seen.broadcasts, ['127.255.255.255'])
  t.same(seen.descriptions()[0], { name: 'lo', index: 1, mtu: 1500, addresses: ['127.0.0.1'] })
  t.equal(seen.descriptions().length, 7, "addresses of every interface are this host's")
  t.same(seen.listed()[6], { name: 'dummy0', index: 7, mtu: 1500, addresses: [], up: false, kind: 'virtual' })
})

t.test('who carries a tunnel', async t => {
  const openvpn: Carrier = { pid: 811, start_time: 1000, process: 'openvpn' }
  const there = new Map([
    ['tun0', [openvpn]],
    ['vnet0', [{ pid: 900, start_time: 1100, process: 'qemu' }]],
  ])
  let searches = 0
  let isAlive = true
  const carriers = new TunnelCarriers({
    search: () => {
      searches++
      return there
    },
    isAlive: () => isAlive,
  })
  const tun = link(3, 'tun0', { kind: 'tun', hardwareType: 0xfffe })
  const links = [lo, link(2, 'eth0'), tun, link(4, 'vnet0', { kind: 'tun', master: 9 })]
  const told = () => links.map(each => carriers.of(each, each === tun))
  carriers.refresh([lo, link(2, 'eth0')], 1e6)
  t.equal(searches, 0, 'without a tunnel nobody is searched for')
  carriers.refresh(links, 1e6)
  t.same(told(), [undefined, undefined, [openvpn], undefined], 'a TAP device in a bridge is a machine')
  carriers.refresh(links, 100e6)
  t.equal(searches, 1, 'who was found is only looked after')
  isAlive = false
  there.delete('tun0')
  carriers.refresh(links, 101e6)
  t.same([searches, carriers.of(tun, true)], [2, undefined], 'it has ended')
  carriers.refresh(links, 102e6)
  t.equal(searches, 2, 'and is not searched for all the time')
  const kernel = link(5, 'wg0', { kind: 'wireguard', hardwareType: 0xfffe })
  t.same(carriers.of(kernel, true), [], 'the kernel itself')
  t.equal(carriers.of(link(6, 'wwan0', { hardwareType: 0xfffe }), true), undefined, 'a modem is no tunnel')
  t.equal(carriers.of({ ...tun, isRunning: false }, true), undefined)
})

// Frames are refilled: a copy of each.
type Copy = Omit<Frame, 'bytes' | 'view' | 'lieIn'> & { data: number[] }
class Frames implements FrameSink {
  readonly list: Copy[] = []
  frame({ bytes, view: _view, ...rest }: Frame): void {
    this.list.push({ ...rest, data: [...bytes.subarray(rest.offset, rest.offset + rest.capturedLength)] })
  }
  endOfBlock(): void {}
  warn(message: string): void {
    t.fail(message)
  }
}

function read(
  packets: RingPacket[],
  links: Link[] = [lo, link(2, 'eth0')],
  options: BlockReaderOptions = { virtioHeader: true },
): Copy[] {
  const frames = new Frames()
  const reader = new BlockReader(syntheticRing(1, 65536, packets, true), table([], ...links), options)
  reader.read(0, frames)
  t.equal(reader.taken, frames.list.length)
  return frames.list
}

t.test('a packet as it lies in the ring', async t => {
  const [frame] = read([{ bytes: tcpPacket, length: 1514, seconds: 1763910000, nanoseconds: 123456789 }]) as [
    Copy,
  ]
  t.same(frame.data, [...tcpPacket])
  t.match(frame, {
    tsUs: 1763910000123456,
    wireLength: 1514,
    linkType: 1,
    iface: 1,
    direction: FRAME_IN,
    vlanTci: NONE,
    gsoSize: 0,
  })
  t.match(read([{ bytes: tcpPacket, packetType: 4 }])[0], { direction: FRAME_OUT })
  t.match(
    read([{ bytes: tcpPacket, ifindex: 1, hardwareType: 772 }])[0],
    { iface: 0, linkType: 1 },
    'loopback',
  )
  t.match(read([{ bytes: tcpPacket, ifindex: 99 }])[0], { iface: NO_IFACE }, 'an interface that has gone')
  t.match(read([{ bytes: tcpPacket, length: 7254, gso: { type: 1, size: 1448 } }])[0], {
    gsoSize: 1448,
    wireLength: 7254,
  })
  t.equal(read(Array.from({ length: 50 }, (_, i) => ({ bytes: tcpPacket.subarray(0, 20 + i) }))).length, 50)
})

t.test('room in the ring that a packet was given and did not take holds none', async t => {
  const left = { bytes: tcpPacket, seconds: 0, incomplete: true }
  const whole = { bytes: tcpPacket, seconds: 1763910000 }
  t.match(
    read([left, whole, left, whole]).map(({ tsUs }) => tsUs >= 1763910000e6),
    [true, true],
  )
})

t.test('interfaces without link header', async t => {
  const ip = packet({ protocol: 'udp', payload: 30, link: false })
  const tun = link(2, 'tun0', { kind: 'tun', hardwareType: 0xfffe })
  const [raw] = read([{ bytes: ip, hardwareType: 0xfffe, linkHeader: 0 }], [tun]) as [Copy]
  t.match(raw, { linkType: 12, wireLength: ip.length, capturedLength: ip.length })
  t.same(raw.data, [...ip])
  const [mpls] = read(
    [{ bytes: ip, hardwareType: 512, linkHeader: 0, protocol: 0x8847, packetType: 4 }],
    [tun],
  ) as [Copy]
  t.match(mpls, { linkType: 113, wireLength: ip.length, capturedLength: ip.length + 16 })
  t.same(
    mpls.data,
    [0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x47, ...ip],
    'cooked, with the protocol that the kernel told',
  )
  const infiniband = Uint8Array.from([...Array<number>(24).fill(7), ...ip])
  const [behind] = read([{ bytes: infiniband, length: 1000, hardwareType: 32, linkHeader: 24 }], [tun]) as [
    Copy,
  ]
  t.match(behind, { linkType: 12, wireLength: 976 })
  t.same(behind.data, [...ip], 'IP behind a header that nobody decodes')
  t.match(read([{ bytes: ip.subarray(0, 0), hardwareType: 0xfffe, linkHeader: 0 }], [tun])[0], {
    capturedLength: 0,
  })
})

t.test('VLAN tags', async t => {
  const upper = link(3, 'eth0.10', { ...vlan(0x8100, 10), lower: 2 })
  const tagged = { bytes: tcpPacket, vlan: { tci: 0x600a, tpid: 0x8100 } }
  t.match(read([tagged])[0], {
    vlanTci: 0x600a,
    wireLength: tcpPacket.length + 4,
    capturedLength: tcpPacket.length,
  })
  t.equal(read([tagged], [link(2, 'eth0'), upper]).length, 0, 'shown by the VLAN interface')
  t.equal(
    read([{ ...tagged, vlan: { tci: 0x600a } }], [link(2, 'eth0'), upper]).length,
    0,
    'kernels that do not tell the type',
  )
  t.equal(
    read([{ ...tagged, vlan: { tci: 11, tpid: 0x8100 } }], [link(2, 'eth0'), upper]).length,
    1,
    'another id',
  )
  t.equal(
    read([{ ...tagged, vlan: { tci: 10, tpid: 0x88a8 } }], [link(2, 'eth0'), upper]).length,
    1,
    'another type',
  )
  const inside = packet({ protocol: 'tcp', vlan: [10] })
  t.equal(
    read([{ bytes: inside, packetType: 4 }], [link(2, 'eth0'), upper]).length,
    0,
    'a tag that the driver wants in the frame',
  )
  t.equal(read([{ bytes: inside, packetType: 4 }]).length, 1)

  const filter = new ExpressionFilter('vlan 10 and tcp')
  const [restored] = read(
    [tagged, { ...tagged, vlan: { tci: 11, tpid: 0x8100 } }, { bytes: tcpPacket }],
    undefined,
    { virtioHeader: true, filter },
  ) as [Copy]
  t.same(
    restored.data,
    [...tcpPacket.subarray(0, 12), 0x81, 0, 0x60, 10, ...tcpPacket.subarray(12)],
    'put back for the filter',
  )
  t.match(restored, { vlanTci: NONE, wireLength: tcpPacket.length + 4, capturedLength: tcpPacket.length + 4 })
  const gso = read([{ ...tagged, length: 9000, gso: { type: 1, size: 1400 } }], undefined, {
    virtioHeader: true,
    filter,
  })
  t.match(gso, [{ gsoSize: 1400 }], 'which is read before the tag is written over it')
})

t.test('what a macvlan above has sent', async t => {
  const upper = link(3, 'mac0', { kind: 'macvlan', lower: 2, hardwareAddress: tcpPacket.slice(6, 12) })
  t.equal(read([{ bytes: tcpPacket, packetType: 4 }], [link(2, 'eth0'), upper]).length, 0)
  t.equal(
    read([{ bytes: tcpPacket, packetType: 0 }], [link(2, 'eth0'), upper]).length,
    1,
    'received: another packet',
  )
  t.equal(
    read(
      [{ bytes: tcpPacket, packetType: 4 }],
      [link(2, 'eth0'), { ...upper, hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 9) }],
    ).length,
    1,
  )
})

t.test('PPPoE sessions that a PPP interface shows as well', async t => {
  const own = Uint8Array.of(2, 0, 0, 0, 0, 2)
  const ppp = link(3, 'ppp0', { hardwareType: 512, hardwareAddress: new Uint8Array(0) })
  // Version and type 1, a session's data, id 7, length, PPP's number of IPv4.
  const session = [0x88, 0x64, 0x11, 0, 0, 7, 0, 62, 0, 0x21]
  const frame = (from: Uint8Array) =>
    Uint8Array.from([...tcpPacket.subarray(0, 6), ...from, ...session, ...tcpPacket.subarray(14)])
  const count = (packetType: number, from: Uint8Array, links: Link[], protocol = 0x8864) =>
    read([{ bytes: frame(from), packetType, protocol }], links).length
  const other = Uint8Array.of(2, 0, 0, 0, 0, 9)
  const both = [link(2, 'eth0', { hardwareAddress: own }), ppp]
  t.equal(count(0, other, both), 0, 'received')
  t.equal(count(4, own, both), 0, 'sent')
  t.equal(count(4, other, both), 1, 'sent by a machine that this host is a bridge for')
  t.equal(count(3, other, both), 1, "another host's")
  t.equal(count(0, other, both, 0x8863), 1, 'discovery')
  t.equal(count(0, other, [link(2, 'eth0')]), 1, 'no PPP interface')
  t.equal(count(0, other, [link(2, 'eth0'), { ...ppp, isUp: false }]), 1, 'one that is down')
  t.equal(table(['eth0'], ...both).get(2)?.sessionsShownElsewhere, undefined, 'what was asked for is shown')
})

t.test('segments where the kernel does not tell them', async t => {
  const old = { virtioHeader: false }
  const tcp = packet({ protocol: 'tcp', tcpOptions: 12, payload: 40 })
  t.match(read([{ bytes: tcp, length: 14 + 9000 }], undefined, old)[0], { gsoSize: 1500 - 20 - 32 })
  t.match(
    read([{ bytes: tcp, length: 14 + 1500 }], undefined, old)[0],
    { gsoSize: 0 },
    'a packet that fits the MTU',
  )
  t.match(read([{ bytes: tcp, length: 14 + 1500, vlan: { tci: 10 } }], undefined, old)[0], { gsoSize: 0 })
  const udp6 = packet({ version: 6, protocol: 'udp', payload: 40, link: false })
  t.equal(estimateSegmentSize(udp6, 0, udp6.length, 1500), 1500 - 48)
  t.equal(estimateSegmentSize(tcp, 14, 10, 1500), 0, 'headers that were not captured')
  t.equal(
    estimateSegmentSize(
      Uint8Array.from({ length: 60 }, () => 0x11),
      0,
      60,
      1500,
    ),
    0,
    'not IP',
  )
  t.equal(
    estimateSegmentSize(
      Uint8Array.from({ length: 60 }, () => 0x41),
      0,
      60,
      1500,
    ),
    0,
    'an IPv4 header that is too short',
  )
})

t.test('a broadcast comes in, as multicast does', async t => {
  const flows = new FlowTable()
  const local = new LocalAddresses(flows)
  const word = (last: number) => 0x0a000000 | last
  const direction = (source: number, destination: number) =>
    local.direction(flows.internV4(17, 0, word(source), word(destination)))
  local.replace(['10.0.0.1'])
  t.equal(direction(9, 255), DIR_FORWARD)
  local.replace(['10.0.0.1'], ['10.0.0.255'])
  t.equal(direction(9, 255), DIR_IN)
  t.equal(direction(255, 9), DIR_FORWARD, 'it is nobody as a source')
  t.equal(direction(1, 255), DIR_OUT)
  t.equal(direction(1, 9), DIR_OUT)
})
