// What stands in front of IP, and how far it is gone through.

import t from 'tap'
import { Decoded } from '../../src/capture/decode/decoded.ts'
import { linkDecoder } from '../../src/capture/decode/link-layer.ts'
import { records, shell } from '../support/command.ts'
import { Mutator } from '../support/mutator.ts'

/** 10.1.2.3:3333 > 192.0.2.9:443, TCP, flags [S.], length 0. */
const IP = '4500002800014000400600000a010203c00002090d0501bb0000000100000002501201f400000000'
const SNAP = 'aaaa030000000800'
const MACS = '020000000001020000000002'
/** Frame control, duration, three addresses, sequence control. */
const data = (control: string) => `${control}0000${'02'.repeat(6)}${'04'.repeat(6)}${'06'.repeat(6)}0000`

/** Apple's header of 108 bytes: en0, sent, and the last user of the socket. */
function pktap(linkType: number, pid: number, process: string): string {
  const header = Buffer.alloc(108)
  for (const [at, value] of [
    [0, header.length],
    [4, 1],
    [8, linkType],
    [36, 2],
    [52, pid],
    [84, 0xffffffff],
  ] as const)
    header.writeUInt32LE(value, at)
  header.write('en0', 12)
  header.write(process, 56)
  return header.toString('hex')
}

/** The same in version 2, whose texts stand behind 40 bytes: received, on behalf of another process. */
function pktapV2(linkType: number, pid: number, process: string): string {
  const texts = `en0\0helper\0${process}\0`
  const header = Buffer.alloc(40 + texts.length)
  header.set([header.length, 0, 0, 40, 44, 51])
  header.writeUInt16LE(linkType, 6)
  header.writeInt32LE(1, 28)
  header.writeInt32LE(pid, 32)
  header.writeUInt32LE(0x80000 | 4 | 1, 36)
  header.write(texts, 40)
  return header.toString('hex')
}

function decode(linkType: number, hex: string): Decoded {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
  const decoded = new Decoded()
  linkDecoder(linkType)?.(new DataView(bytes.buffer), 0, bytes.length, bytes.length, decoded)
  return decoded
}

const frames: ReadonlyArray<readonly [name: string, linkType: number, hex: string]> = [
  ['Ethernet', 1, `${MACS}0800${IP}`],
  ['802.1ad and 802.1Q', 1, `${MACS}88a8000581000006${'0800'}${IP}`],
  ['VN-tag', 1, `${MACS}8926000100020800${IP}`],
  ['E-tag', 1, `${MACS}893f0000100100000800${IP}`],
  ['FabricPath', 1, `${MACS}89030024${MACS}0800${IP}`],
  ['NSH', 1, `${MACS}894f0fc6010100000105${'00'.repeat(16)}${IP}`],
  ['Ethernet in NSH', 1, `${MACS}894f0fc2020300000105${MACS}0800${IP}`],
  ['802.1ah', 1, `${MACS}88e700000001${MACS}0800${IP}`],
  ['MPLS, two labels', 1, `${MACS}88470001003f0000113f${IP}`],
  ['LLC/SNAP', 1, `${MACS}0030${SNAP}${IP}`],
  ['Cisco metadata, a security group', 1, `${MACS}8909010100010002${'0800'}${IP}`],
  ['Arista timestamp, 64 bits', 1, `${MACS}d28b000100105ceeed57384f59c8${'0800'}${IP}`],
  ['Arista timestamp, 48 bits', 1, `${MACS}d28b00010120ed57384f59c881000005${'0800'}${IP}`],
  ['PPPoE', 1, `${MACS}8864110000010022${'0021'}${IP}`],
  ['PPP, framed', 9, `ff030021${IP}`],
  ['PPP, protocol compressed', 9, `21${IP}`],
  ['MPLS in PPP', 50, `ff0302810001013f${IP}`],
  ['Cisco HDLC', 104, `0f000800${IP}`],
  ['Cisco HDLC in a file of NULL', 0, `0f000800${IP}`],
  ['FDDI', 10, `57${MACS}${SNAP}${IP}`],
  ['ATM, RFC 2684', 100, `${SNAP}${IP}`],
  ['Frame Relay', 107, `184103cc${IP}`],
  ['Frame Relay, four bytes of address', 107, `1820200103cc${IP}`],
  ['Frame Relay, SNAP', 107, `1841030080000000${'0800'}${IP}`],
  ['Frame Relay, as Cisco has it', 107, `18410800${IP}`],
  ['PPI', 192, `0000080001000000${MACS}0800${IP}`],
  ['PPI with a field', 192, `00000e006900000002000200aaaa${data('0801')}${SNAP}${IP}`],
  ['802.11, data', 105, `${data('0801')}${SNAP}${IP}`],
  ['802.11, QoS data', 105, `${data('8801')}0000${SNAP}${IP}`],
  ['802.11, four addresses', 105, `${data('0803')}${'08'.repeat(6)}${SNAP}${IP}`],
  ['radiotap', 127, `000009000200000000${data('0801')}${SNAP}${IP}`],
  ['radiotap, padded', 127, `000009000200000020${data('8801')}00000000${SNAP}${IP}`],
  ['PKTAP', 258, `${pktap(1, 4711, 'curl')}${MACS}0800${IP}`],
  ['PKTAP, version 2, raw IP', 258, `${pktapV2(12, 4711, 'curl')}${IP}`],
  ['NFLOG', 239, `02000000080001000800000a2c000900${IP}`],
]

t.test('the same segment behind each link header', async t => {
  for (const [name, linkType, hex] of frames) {
    const decoded = decode(linkType, hex)
    t.match(
      decoded,
      {
        version: 4,
        proto: 6,
        hasPorts: true,
        sourcePort: 3333,
        destinationPort: 443,
        tcpFlags: 0x12,
        ipBytes: 40,
      },
      name,
    )
    t.same([...decoded.addresses], [0, 0, 0xffff, 0x0a010203, 0, 0, 0xffff, 0xc0000209], name)
  }
})

t.test('behind a label stack it is IP only where the lengths agree', async t => {
  // An Ethernet frame of a pseudo-wire, whose address begins as IPv4 does (RFC 4928 sec. 2).
  for (const address of ['450011223344', '458000112233', '4500ffff0000', '600000112233']) {
    const { version, ethertype } = decode(1, `${MACS}88470001113f${address}020000000002${'0800'}${IP}`)
    t.same([version, ethertype], [0, 0x8847], address)
  }
  const padded = decode(1, `${MACS}88470001113f${IP}0000`)
  t.match(padded, { version: 4, ipBytes: 40 }, 'padded')
})

t.test(
  'the protocol of IPv6 is that behind the extension headers, also where the last one is cut',
  async t => {
    const header = `6000000000102b40${'20'.repeat(32)}`
    for (const [name, rest, proto] of [
      ['whole', '1100000000000000' + '0d0501bb00080000', 17],
      ['its length is there', '1100', 17],
      ['its length is not there', '11', 43],
      ['none of it', '', 43],
    ] as const) {
      const decoded = decode(229, header + rest)
      t.same([decoded.proto, decoded.hasPorts], [proto, name === 'whole'], name)
    }
  },
)

t.test('every header may be cut anywhere', async t => {
  for (const [name, linkType, hex] of frames)
    for (let length = 0; length < hex.length; length += 2) {
      const { version, hasPorts } = decode(linkType, hex.slice(0, length))
      if (version === 0 && hasPorts) t.fail(`${name}, ${length / 2} bytes: ports without IP`)
    }
  t.pass('none throws')
})

t.test('nothing is read beyond the end, whatever the bytes say', async t => {
  const random = new Mutator(11)
  const known = frames.map(([, linkType, hex]) => ({ linkType, bytes: Buffer.from(hex, 'hex') }))
  // Extension headers one behind the other, each as long as it likes.
  const ipv6 = Buffer.from(`6000000000400040${'20'.repeat(32)}${'3c00000000000000'.repeat(8)}`, 'hex')
  for (const linkType of [0, 12, 14, 101, 108, 113, 204, 228, 229, 239, 276])
    known.push({ linkType, bytes: Buffer.from(ipv6) }, { linkType, bytes: Buffer.from(IP, 'hex') })
  for (let round = 0; round < 200_000; round++) {
    const { linkType, bytes } = known[random.below(known.length)] as (typeof known)[number]
    const damaged = Uint8Array.from(bytes.subarray(0, random.below(bytes.length + 1)))
    for (let i = random.below(4); i > 0 && damaged.length > 0; i--)
      damaged[random.below(damaged.length)] = random.below(256)
    const hex = Buffer.from(damaged).toString('hex')
    const { payload, payloadEnd } = decode(linkType, hex)
    if (payload > damaged.length || payloadEnd > damaged.length)
      return t.fail(`${hex}, link type ${linkType}: ${payload} to ${payloadEnd}`)
  }
  t.pass('200,000 frames')
})

t.test('what is encrypted, management or without end has no addresses', async t => {
  t.equal(decode(105, `${data('0841')}${SNAP}${IP}`).version, 0, 'protected')
  t.equal(decode(105, `${data('8000')}${SNAP}${IP}`).version, 0, 'beacon')
  for (const unit of ['000000008926', `00000001${MACS}88e7`, 'aaaa030000008100000500000000'])
    t.equal(decode(1, `${MACS}${'8926'}${unit.repeat(200_000)}`).version, 0, unit)
  t.equal(decode(1, `${MACS}${`8100${'0005'}`.repeat(100_000)}0800${IP}`).version, 0, 'tags')
  const inEachOther = `0000080002010000${pktap(192, 1, 'x')}`.repeat(20_000)
  t.equal(decode(192, `${inEachOther}${IP}`).version, 0, 'PPI and PKTAP')
})

/** A pcap file of little-endian microseconds. */
function file(linkType: number, packets: readonly string[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt32LE(262144, 16)
  header.writeUInt32LE(linkType, 20)
  return Buffer.concat([
    header,
    ...packets.flatMap(hex => {
      const record = Buffer.alloc(16)
      record.writeUInt32LE(1763910000, 0)
      record.writeUInt32LE(hex.length / 2, 8)
      record.writeUInt32LE(hex.length / 2, 12)
      return [record, Buffer.from(hex, 'hex')]
    }),
  ])
}

t.test('PKTAP in a file: the process that the kernel named', async t => {
  const frame = `${MACS}0800${IP}`
  const packets = [
    `${pktap(1, 4711, 'curl')}${frame}`,
    `${pktapV2(1, 77, 'Caf\u00e9\x1b[m')}${frame}`,
    `${pktap(1, -1 >>> 0, '')}${frame}`,
    // A header that claims more than there is, one in the other, one that is cut, one of a link type that nobody knows.
    `ffff0000${pktap(1, 1, 'x').slice(8)}${frame}`,
    `${pktap(258, 1, 'x')}${pktap(1, 2, 'y')}${frame}`,
    pktap(1, 1, 'x').slice(0, 100),
    `${pktap(0xffff, 1, 'x')}${frame}`,
  ]
  for (const linkType of [258, 149]) {
    const { code, out, err } = await shell('netoproc-capture -r -', file(linkType, packets))
    t.equal(code, 0, err)
    const rows = records(out).filter(({ type }) => type === 'packet')
    t.equal(rows.length, packets.length)
    t.match(rows[0], {
      iface: 'en0',
      dir: 'out',
      src_ip: '10.1.2.3',
      bytes: 40,
      frame_bytes: 108 + 54,
      pid: 4711,
      process: 'curl',
      attribution: 'kernel',
    })
    t.match(rows[1], { iface: 'en0', dir: 'in', pid: 77, process: 'Caf\u00e9\\x1b[m', bytes: 40 })
    t.match(rows[2], { src_ip: '10.1.2.3', bytes: 40 })
    t.notOk('pid' in (rows[2] ?? {}), 'whom the kernel did not know')
    for (const row of rows.slice(3)) t.notOk('src_ip' in row, 'nothing is made of what is damaged')
  }
  const user2 = await shell('netoproc-capture -r -', file(149, ['00'.repeat(200)]))
  t.match(user2.err, /link type 149 is not decoded/, "somebody else's DLT_USER2")
  const all = await shell('netoproc --read - --format json', file(258, packets.slice(0, 3)))
  const sorted = (JSON.parse(all.out) as Array<{ pid: number | null }>).sort(
    (a, b) => Number(a.pid) - Number(b.pid),
  )
  t.match(sorted, [
    { pid: null, process: 'unknown', tx_bytes: 40 },
    { pid: 77, rx_bytes: 40 },
    { pid: 4711, process: 'curl', tx_bytes: 40 },
  ])
})
