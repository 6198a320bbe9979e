// Programs of classic BPF: the interpreter against libpcap's own (through tcpdump), the kernel's program on packets of every
// kind and length, jumps that are too far, expressions that cannot work.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { BpfAssembler } from '../../src/capture/filter/bpf-assembler.ts'
import { formatProgram } from '../../src/capture/filter/bpf-text.ts'
import {
  BpfInterpreter,
  SKF_AD_HATYPE,
  SKF_AD_IFINDEX,
  SKF_AD_PKTTYPE,
  SKF_AD_PROTOCOL,
  invalidReason,
} from '../../src/capture/filter/classic-bpf.ts'
import {
  ExpressionFilter,
  compileForLinkType,
  readsVlanTags,
} from '../../src/capture/filter/expression-filter.ts'
import {
  HEADER_SNAPLEN,
  WHOLE_PACKET,
  compileSnapFilter,
  type SnapFilterOptions,
} from '../../src/capture/filter/snap-filter.ts'
import { compileKernelExpression } from '../../src/capture/linux/kernel-expression.ts'
import { FRAME_IN, FRAME_OUT, Frame } from '../../src/capture/port.ts'
import { NetoprocError } from '../../src/record/error.ts'
import { packet, type PacketOptions } from '../support/packet.ts'

const corpus = resolve(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus/dev')
const tcpdump = spawnSync('tcpdump', ['--version']).error === undefined
const expressions = [
  'udp port 53',
  'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0',
  'host 10.1.2.3 and not arp',
  'vlan 10 and ip6',
  'greater 100 and less 1000',
  'ip[2:2] - ((ip[0]&0xf)<<2) > 400',
  'ip6 proto 17 or icmp6',
  'net 192.168.0.0/16 and portrange 1000-60000',
  'tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420',
  'ether multicast or ether proto 0x88cc',
  'len * 3 / 2 > 333 and ip[8] ^ 0x40 = 0',
]

function frameOf(bytes: Uint8Array, linkType = 1, wireLength = bytes.length): Frame {
  return Object.assign(new Frame(), { bytes, capturedLength: bytes.length, wireLength, linkType })
}

function usage(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof NetoprocError && error.kind === 'usage') return error.message
    throw error
  }
  return ''
}

t.test('text is what tcpdump -d writes', { skip: tcpdump ? false : 'tcpdump is not installed' }, async t => {
  for (const expression of expressions) {
    const { stdout } = spawnSync('tcpdump', ['-d', '-y', 'EN10MB', expression], { encoding: 'utf8' })
    const theirs = stdout
      .trimEnd()
      .split('\n')
      .map(line => line.trimEnd())
    t.same(formatProgram(compileForLinkType(expression, 1)).split('\n'), theirs, expression)
  }
})

const hasCorpus = tcpdump && existsSync(corpus)
t.test(
  'the interpreter takes the packets that tcpdump takes',
  { skip: hasCorpus ? false : 'needs tcpdump and ../shared/corpus' },
  async t => {
    let taken = 0
    let compared = 0
    const files = readdirSync(corpus).filter(name => name.endsWith('.pcap') && !name.startsWith('damaged'))
    for (const name of files) {
      const file = readFileSync(join(corpus, name))
      // Plain little-endian Ethernet files are enough here; file/ has tests of its own.
      if (file.length < 24 || file.readUInt32LE(0) !== 0xa1b2c3d4 || file.readUInt32LE(20) !== 1) continue
      if (++compared > 8) break
      for (const expression of expressions) {
        const filter = new ExpressionFilter(expression)
        let ours = 0
        for (let at = 24; at + 16 <= file.length;) {
          const length = file.readUInt32LE(at + 8)
          if (at + 16 + length > file.length) break
          if (
            filter.accepts(frameOf(file.subarray(at + 16, at + 16 + length), 1, file.readUInt32LE(at + 12)))
          )
            ours++
          at += 16 + length
        }
        const { stdout } = spawnSync(
          'tcpdump',
          ['-nn', '-t', '-q', '-r', join(corpus, name), '-w', '-', expression],
          { maxBuffer: 1 << 28 },
        )
        let theirs = 0
        for (let at = 24; at + 16 <= stdout.length; at += 16 + stdout.readUInt32LE(at + 8)) theirs++
        t.equal(ours, theirs, `${name}: ${expression}`)
        taken += ours
      }
    }
    t.ok(compared > 0 && taken > 0, `${compared} files, ${taken} packets taken`)
  },
)

t.test('what the kernel would refuse', async t => {
  const ret = { code: 0x06, jt: 0, jf: 0, k: 1 }
  t.equal(invalidReason([ret]), undefined)
  t.match(invalidReason([]), /0 instructions/)
  t.match(invalidReason(Array(4097).fill(ret)), /4097/)
  t.match(invalidReason([{ code: 0x15, jt: 0, jf: 1, k: 0 }, ret]), /jump out/)
  t.match(invalidReason([{ code: 0x05, jt: 0, jf: 0, k: 0xffffffff }, ret]), /jump out/)
  t.match(invalidReason([{ code: 0x34, jt: 0, jf: 0, k: 0 }, ret]), /division/)
  t.match(invalidReason([{ code: 0x64, jt: 0, jf: 0, k: 32 }, ret]), /shift/)
  t.match(invalidReason([{ code: 0x02, jt: 0, jf: 0, k: 16 }, ret]), /memory/)
  t.match(invalidReason([{ code: 0xffff, jt: 0, jf: 0, k: 0 }, ret]), /unknown code/)
  t.match(invalidReason([{ code: 0x00, jt: 0, jf: 0, k: 0 }]), /no return/)
  t.throws(() => new BpfInterpreter([]), RangeError)
})

t.test('arithmetic is unsigned 32 bit', async t => {
  const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 3)
  // A = word 0, X = byte 7, A = A op X, return A
  const run = (operation: number) =>
    new BpfInterpreter([
      { code: 0x30, jt: 0, jf: 0, k: 7 },
      { code: 0x07, jt: 0, jf: 0, k: 0 },
      { code: 0x20, jt: 0, jf: 0, k: 0 },
      { code: operation, jt: 0, jf: 0, k: 0 },
      { code: 0x16, jt: 0, jf: 0, k: 0 },
    ]).run(bytes, 0, 8, 8)
  t.equal(run(0x0c), 1, 'add')
  t.equal(run(0x1c), 0xfffffffb, 'sub')
  t.equal(run(0x2c), 0xfffffffa, 'mul')
  t.equal(run(0x3c), 0x55555554, 'div')
  t.equal(run(0x4c), 0xffffffff, 'or')
  t.equal(run(0x5c), 2, 'and')
  t.equal(run(0x6c), 0xfffffff0, 'lsh')
  t.equal(run(0x7c), 0x1fffffff, 'rsh')
  t.equal(run(0x84), 2, 'neg')
  t.equal(run(0x9c), 2, 'mod')
  t.equal(run(0xac), 0xfffffffd, 'xor')
  const divide = new BpfInterpreter([
    { code: 0x3c, jt: 0, jf: 0, k: 0 },
    { code: 0x06, jt: 0, jf: 0, k: 9 },
  ])
  t.equal(divide.run(bytes, 0, 8, 8), 0, 'division by X = 0 refuses the packet')
  const far = new BpfInterpreter([
    { code: 0x40, jt: 0, jf: 0, k: 0xfffffff0 },
    { code: 0x06, jt: 0, jf: 0, k: 9 },
  ])
  t.equal(far.run(bytes, 0, 8, 8), 0, 'a load outside the packet refuses it')
})

t.test('jumps over more than 255 instructions', async t => {
  const a = new BpfAssembler().loadByte(0)
  for (let i = 1; i <= 200; i++) a.ifEqual(i, 'odd')
  for (let i = 201; i <= 255; i++) a.ifEqual(i, 'even')
  a.loadByte(1)
  for (let i = 0; i < 300; i++) a.add(1)
  a.label('odd').keep(7).label('even').keep(8)
  const run = new BpfInterpreter(a.assemble())
  t.equal(run.run(Uint8Array.of(1, 0), 0, 2, 2), 7)
  t.equal(run.run(Uint8Array.of(200, 0), 0, 2, 2), 7)
  t.equal(run.run(Uint8Array.of(201, 0), 0, 2, 2), 8)
  t.equal(run.run(Uint8Array.of(0, 0), 0, 2, 2), 7)
  t.throws(() => new BpfAssembler().label('back').loadByte(0).jump('back').assemble(), /behind/)
  t.throws(() => new BpfAssembler().jump('nowhere').keep(0).assemble(), /no label/)
  t.throws(() => new BpfAssembler().label('twice').label('twice'), /twice/)
  t.throws(() => new BpfAssembler().include([{ code: 0x16, jt: 0, jf: 0, k: 0 }], 'x'), /computed/)
})

// The program that the kernel runs, here in the interpreter, with what the kernel knows of the packet.
const plain: SnapFilterOptions = {
  snaplen: HEADER_SNAPLEN,
  promisc: false,
  dns: true,
  dnsOnly: false,
  serverNames: false,
}

interface Known {
  hatype?: number
  pkttype?: number
  ifindex?: number
  protocol?: number
}

function snap(options: Partial<SnapFilterOptions>, bytes: Uint8Array, known: Known = {}): number {
  const { hatype = 1, pkttype = 0, ifindex = 2, protocol = 0x0800 } = known
  return new BpfInterpreter(compileSnapFilter({ ...plain, ...options })).run(
    bytes,
    0,
    bytes.length,
    bytes.length,
    offset => {
      if (offset === SKF_AD_HATYPE) return hatype
      if (offset === SKF_AD_PKTTYPE) return pkttype
      if (offset === SKF_AD_IFINDEX) return ifindex
      return offset === SKF_AD_PROTOCOL ? protocol : undefined
    },
  )
}

t.test('names are handed over whole, of the rest the headers', async t => {
  const tagged = { vlan: [10] }
  for (const protocol of ['udp', 'tcp'] as const) {
    for (const version of [4, 6] as const) {
      for (const port of [53, 5353, 5355]) {
        const to = packet({ version, protocol, destinationPort: port, payload: 300 })
        const from = packet({ version, protocol, sourcePort: port, payload: 300 })
        t.equal(snap({}, to), WHOLE_PACKET, `${protocol} over IPv${version} to port ${port}`)
        t.equal(snap({}, from), WHOLE_PACKET, `${protocol} over IPv${version} from port ${port}`)
        t.equal(snap({ dns: false }, to), HEADER_SNAPLEN)
        t.equal(snap({ dnsOnly: true }, to), WHOLE_PACKET)
      }
      const other = packet({ version, protocol, destinationPort: 8080, payload: 300 })
      t.equal(snap({}, other), HEADER_SNAPLEN)
      t.equal(snap({ dnsOnly: true }, other), 0)
      const behindTag = packet({ version, protocol, destinationPort: 53, payload: 300, ...tagged })
      t.equal(snap({}, behindTag), WHOLE_PACKET, 'behind a tag that was left in the frame')
      const raw = packet({ version, protocol, destinationPort: 53, payload: 300, link: false })
      t.equal(
        snap({}, raw, { hatype: 0xfffe, protocol: version === 4 ? 0x0800 : 0x86dd }),
        WHOLE_PACKET,
        'on a tunnel',
      )
    }
  }
  t.equal(
    snap({}, packet({ protocol: 'udp', destinationPort: 53, payload: 300, options: 40 })),
    WHOLE_PACKET,
    'IPv4 options',
  )
  t.equal(
    snap({}, packet({ protocol: 'udp', destinationPort: 53, payload: 300, fragmentOffset: 185 })),
    HEADER_SNAPLEN,
    'later fragment',
  )
  const rootQuery = packet({ protocol: 'udp', destinationPort: 53, payload: 17, link: false })
  t.equal(snap({ dnsOnly: true }, rootQuery, { hatype: 0xfffe }), WHOLE_PACKET, 'the shortest question')
  t.equal(snap({ snaplen: 64 }, packet({ protocol: 'udp', destinationPort: 9, payload: 300 })), 64)
})

t.test('first packets of TLS and QUIC', async t => {
  const names = { serverNames: true }
  const keeps = (
    protocol: 'tcp' | 'udp',
    beginning: string,
    more: Partial<PacketOptions> = {},
    known?: Known,
  ) =>
    ([4, 6] as const).map(
      version =>
        snap(
          names,
          packet({ version, protocol, payload: 300, beginning: [...Buffer.from(beginning, 'hex')], ...more }),
          known,
        ) === WHOLE_PACKET,
    )
  const whole = [true, true]
  const headers = [false, false]
  t.same(keeps('tcp', '160301011e01'), whole, 'a ClientHello, to any port')
  t.same(keeps('tcp', '160301011e01', { tcpOptions: 40 }), whole)
  t.same(keeps('tcp', '160303005a02'), headers, 'a ServerHello')
  t.same(keeps('tcp', '170303011e01'), headers, 'what follows the handshake')
  t.same(keeps('tcp', '474554202f20'), headers, 'no TLS')
  t.same(keeps('udp', 'c300000001'), whole, 'an Initial packet of version 1')
  t.same(keeps('udp', 'cf0000000108'), whole)
  t.same(keeps('udp', 'e300000001'), headers, 'a Handshake packet')
  t.same(keeps('udp', '4300000001'), headers, 'a short header')
  t.same(keeps('udp', 'c300000002'), headers, 'a version that is not known')
  t.same(keeps('udp', 'c3ff00001d'), whole, 'draft 29')
  t.same(keeps('udp', 'd36b3343cf'), whole, 'version 2')
  t.same(keeps('udp', 'c36b3343cf'), headers, 'version 2 counts otherwise')
  t.same(keeps('udp', '160301011e01'), headers)
  t.equal(
    snap({}, packet({ protocol: 'tcp', payload: 300, beginning: [0x16, 3, 1, 1, 30, 1] })),
    HEADER_SNAPLEN,
    'when they are asked for',
  )
  t.equal(
    snap({ serverNames: true, dns: false }, packet({ protocol: 'udp', destinationPort: 53, payload: 300 })),
    HEADER_SNAPLEN,
  )
  t.equal(snap(names, packet({ protocol: 'udp', destinationPort: 53, payload: 300 })), WHOLE_PACKET)
  for (const [bytes, kept] of [
    [[0x16, 3, 1, 1, 30, 1], WHOLE_PACKET],
    [[0x17, 3, 3, 1, 30, 1], 0],
  ] as const)
    t.equal(
      snap({ serverNames: true, dnsOnly: true }, packet({ protocol: 'tcp', payload: 300, beginning: bytes })),
      kept,
    )
})

t.test('the second segment of a ClientHello', async t => {
  const rest = (
    beginning: readonly number[],
    more: Partial<PacketOptions> = {},
    known: Known = { pkttype: 4 },
  ) =>
    snap(
      { serverNames: true },
      packet({ protocol: 'tcp', destinationPort: 443, payload: 500, beginning, ...more }),
      known,
    ) === WHOLE_PACKET
  t.ok(rest([0, 1, 2]))
  t.ok(rest([0x16, 1, 2]), 'by chance like a record, but for the version')
  t.ok(rest([0x18, 3, 3]))
  t.notOk(rest([0x17, 3, 3]), 'a record of its own')
  t.notOk(rest([0x14, 3, 3]))
  t.notOk(rest([0, 1, 2], { destinationPort: 8443 }), 'of other ports it would be too many')
  t.notOk(rest([0, 1, 2], {}, { pkttype: 0 }), 'from others')
  t.notOk(rest([0, 1, 2], { payload: 1700 }), 'a packet that is not segmented yet')
  t.notOk(rest([0, 1, 2], { push: false }), 'the middle of what is written')
})

t.test('no packet is left out for being short or malformed', async t => {
  const options = { serverNames: true, snaplen: 64 }
  for (const version of [4, 6] as const) {
    for (const protocol of ['udp', 'tcp'] as const) {
      const whole = packet({
        version,
        protocol,
        destinationPort: 443,
        payload: 120,
        beginning: [0x16, 3, 1, 1, 30, 1],
        options: version === 4 ? 40 : 0,
        vlan: [5],
      })
      for (let length = 14; length <= whole.length; length++) {
        if (snap(options, whole.subarray(0, length)) === 0)
          t.fail(`${protocol} over IPv${version} cut to ${length} bytes`)
      }
    }
  }
  let seed = 1
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 16
  for (let i = 0; i < 5000; i++) {
    const bytes = Uint8Array.from({ length: 15 + (random() % 200) }, () => random() & 255)
    if (i % 2 === 0) bytes.set([0x08, 0x00, 0x40 | (random() & 15)], 12)
    if (snap(options, bytes) === 0) t.fail(`random packet ${i} is refused`)
  }
  t.pass('every packet is taken')
})

t.test('each packet once, of this host, of the interfaces asked for', async t => {
  const bytes = packet({ protocol: 'tcp', destinationPort: 80, payload: 10 })
  t.equal(snap({}, bytes, { pkttype: 3 }), 0, "other hosts' packets")
  t.equal(snap({ promisc: true }, bytes, { pkttype: 3 }), HEADER_SNAPLEN, 'unless asked for')
  t.equal(snap({}, bytes, { pkttype: 4 }), HEADER_SNAPLEN, 'outgoing')
  t.equal(snap({}, bytes, { pkttype: 4, hatype: 772 }), 0, 'loopback, when it leaves')
  t.equal(snap({}, bytes, { pkttype: 0, hatype: 772 }), HEADER_SNAPLEN, 'loopback, when it has arrived')
  t.equal(snap({ onlyInterfaces: [2, 5] }, bytes, { ifindex: 5 }), HEADER_SNAPLEN)
  t.equal(snap({ onlyInterfaces: [2, 5] }, bytes, { ifindex: 3 }), 0)
  t.equal(snap({ onlyInterfaces: [] }, bytes, { ifindex: 3 }), 0, 'all that were asked for are gone')
  t.equal(snap({ exceptInterfaces: [2, 5] }, bytes, { ifindex: 5 }), 0)
  t.equal(snap({ exceptInterfaces: [2, 5] }, bytes, { ifindex: 3 }), HEADER_SNAPLEN)
  const many = Array.from({ length: 600 }, (_, i) => i + 10)
  t.equal(snap({ exceptInterfaces: many }, bytes, { ifindex: 609 }), 0)
  t.equal(snap({ exceptInterfaces: many }, bytes, { ifindex: 610 }), HEADER_SNAPLEN)
})

t.test('an expression within the program', async t => {
  const inKernel = (text: string) => {
    const expression = compileKernelExpression(text)
    return expression === undefined ? {} : { expression }
  }
  const dns = packet({ protocol: 'udp', destinationPort: 53, payload: 300 })
  const web = packet({ protocol: 'tcp', destinationPort: 80, payload: 300 })
  const rawWeb = packet({ protocol: 'tcp', destinationPort: 80, payload: 300, link: false })
  t.equal(snap(inKernel('udp port 53'), dns), WHOLE_PACKET)
  t.equal(snap(inKernel('udp port 53'), web), 0)
  t.equal(snap(inKernel('tcp port 80'), web), HEADER_SNAPLEN)
  t.equal(snap(inKernel('tcp port 80'), rawWeb, { hatype: 0xfffe }), HEADER_SNAPLEN, 'on a tunnel')
  t.equal(snap(inKernel('tcp port 81'), rawWeb, { hatype: 0xfffe }), 0)
  t.equal(snap(inKernel('tcp port 80'), web, { pkttype: 3 }), 0, "other hosts' packets stay out")
  t.equal(snap(inKernel('inbound'), web, { pkttype: 4 }), 0)
  t.equal(snap(inKernel('inbound'), web, { pkttype: 0 }), HEADER_SNAPLEN)
  t.equal(snap(inKernel('ether host 02:00:00:00:00:02'), web), HEADER_SNAPLEN)
  t.equal(
    snap(inKernel('ether host 02:00:00:00:00:02'), rawWeb, { hatype: 0xfffe }),
    0,
    'no Ethernet, no match',
  )
  t.equal(
    compileKernelExpression('vlan 10 and tcp'),
    undefined,
    'tags are not in the packet when the kernel looks',
  )
  const hosts = Array.from({ length: 200 }, (_, i) => `host 192.0.2.${i}`).join(' or ')
  t.equal(compileKernelExpression(hosts), undefined, 'too long for the kernel')
  t.ok(readsVlanTags(compileForLinkType('vlan', 1)))
  t.notOk(readsVlanTags(compileForLinkType('ip6', 1)))
})

t.test('expressions on frames', async t => {
  const filter = new ExpressionFilter('tcp dst port 80')
  const web = packet({ protocol: 'tcp', destinationPort: 80, payload: 10 })
  t.ok(filter.accepts(frameOf(web)))
  t.notOk(filter.accepts(frameOf(packet({ protocol: 'udp', destinationPort: 80, payload: 10 }))))
  t.ok(
    filter.accepts(frameOf(packet({ protocol: 'tcp', destinationPort: 80, link: false }), 101)),
    'LINKTYPE_RAW',
  )
  t.ok(filter.accepts(frameOf(packet({ protocol: 'tcp', destinationPort: 80, link: false }), 12)), 'DLT_RAW')
  t.notOk(filter.accepts(frameOf(web, 65000)), 'a link type that libpcap does not know')
  t.notOk(filter.accepts(frameOf(web.subarray(0, 20))), 'too short to tell')
  t.ok(new ExpressionFilter('vlan 10 and tcp').accepts(frameOf(packet({ protocol: 'tcp', vlan: [10] }))))
  t.notOk(new ExpressionFilter('vlan 11').accepts(frameOf(packet({ protocol: 'tcp', vlan: [10] }))))
  t.notOk(
    new ExpressionFilter('ether host 02:00:00:00:00:02').accepts(
      frameOf(packet({ protocol: 'tcp', link: false }), 101),
    ),
  )
  const inbound = new ExpressionFilter('inbound')
  t.ok(inbound.accepts(Object.assign(frameOf(web), { direction: FRAME_IN })))
  t.notOk(inbound.accepts(Object.assign(frameOf(web), { direction: FRAME_OUT })))
  t.notOk(inbound.accepts(frameOf(web)), 'a direction that nobody knows')
  const hosts = Array.from({ length: 150 }, (_, i) => `host 198.51.100.${i}`).join(' or ')
  t.notOk(new ExpressionFilter(hosts).accepts(frameOf(web)))
  t.ok(new ExpressionFilter(`${hosts} or port 80`).accepts(frameOf(web)))
  t.match(
    usage(() => new ExpressionFilter('tcp or '.repeat(600))),
    /^EXPRESSION "tcp or [^"]{193}": 4200 characters, at most 4096 are taken$/,
    'libpcap is not asked: much longer ones end the process',
  )
  t.match(
    usage(() => new ExpressionFilter(`${'ip6 host ::1 or '.repeat(255)}tcp`)),
    /instructions, at most 4096 are taken$/,
  )
  t.match(
    usage(() => new ExpressionFilter('foo bar')),
    /^EXPRESSION "foo bar": .*syntax error/,
  )
  t.match(
    usage(() => new ExpressionFilter('ifindex 3')),
    /only be decided in the kernel|not supported/,
  )
  t.match(
    usage(() => new ExpressionFilter('tcp\0')),
    /NUL/,
  )
  t.match(
    usage(() => compileKernelExpression('port 99999')),
    /EXPRESSION/,
  )
})
