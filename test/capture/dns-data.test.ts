// Data of DNS records as text: what dig(1) prints for the same bytes, but for final dots of names.

import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { dnsRecord } from '../../src/record/generated/validate.ts'
import { decodeDnsMessage } from '../../src/capture/decode/dns-message.ts'
import { header, nameBytes, record, toName, u16 } from '../support/dns-messages.ts'
import { dnsRecords as table } from '../support/dns-records.ts'
import { missing } from '../support/namespace.ts'

/** A label that NSEC3's owner may be, for dig to be content with every type. */
const OWNER = '2T7B4G4VSA5SMI47K61MV5BV1A22BOJR.test'

function answer(records: ReadonlyArray<readonly [type: number, data: Buffer]>, id = 4660): Buffer {
  return Buffer.concat([
    header(0x8180, [1, records.length, 0, 0], id),
    nameBytes(OWNER),
    u16(255),
    u16(1),
    ...records.map(([type, data]) => record(toName(12), type, data)),
  ])
}

const everything = table.map(([number, , hex]) => [number, Buffer.from(hex, 'hex')] as const)

function texts(bytes: Buffer): string[] {
  return (decodeDnsMessage(bytes, 0, bytes.length)?.answers ?? []).map(({ type, data }) => `${type} ${data}`)
}

t.test('each type', async t => {
  t.same(
    texts(answer(everything)),
    table.map(([, type, , text]) => `${type} ${text}`),
  )
})

t.test('dig says the same', { skip: missing('dig') }, async t => {
  const server = createSocket('udp4')
  server.on('message', (query, from) =>
    server.send(answer(everything, query.readUInt16BE(0)), from.port, from.address),
  )
  server.bind(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const options = '+noall +answer +nosplit +bufsize=65000 +notcp +noidnout'.split(' ')
  const dig = spawn('dig', ['@127.0.0.1', '-p', String(server.address().port), OWNER, 'ANY', ...options])
  let out = ''
  dig.stdout.setEncoding('utf8').on('data', text => (out += text))
  await once(dig, 'close')
  const said = out.split('\n').flatMap(line => /\sIN\s+(\S+)\s+(.*)/.exec(line)?.slice(1).join(' ') ?? [])
  // Older versions do not know the parameter's name (RFC 9461).
  const dotless = (text: string) => text.replace(/(?<=\w)\.(?=\s|$)/g, '').replace('key7=', 'dohpath=')
  t.same(said.map(dotless), texts(answer(everything)))
})

t.test('names in data are compressed, escaped and of any case', async t => {
  const compressed = Buffer.concat([u16(10), Buffer.from([4]), Buffer.from('Mail'), toName(12)])
  const odd = Buffer.concat([nameBytes('a'), Buffer.alloc(0)])
  const dotted = Buffer.from('\x04a.\x00b\x00', 'latin1')
  t.same(
    texts(
      answer([
        [15, compressed],
        [5, odd],
        [12, dotted],
        [2, Buffer.from([0])],
      ]),
    ),
    [`MX 10 Mail.${OWNER}`, 'CNAME a', 'PTR a\\.\\000b', 'NS .'],
  )
})

t.test('what an update asks for to be so is no answer', async t => {
  const [zone, none] = [Buffer.concat([nameBytes('example.com'), u16(6), u16(1)]), Buffer.alloc(0)]
  const counts = [1, 2, 1, 1]
  const rest = [
    record(toName(12), 1, none),
    record(toName(12), 5, none),
    record(toName(12), 1, Buffer.alloc(4, 7)),
  ]
  // EDNS with the upper bits of BADVERS, 16.
  rest.push(Buffer.from('0000291000010000000000', 'hex'))
  for (const [flags, opcode, answers, rcode] of [
    [0x2800, 'UPDATE', 0, undefined],
    [0xa800, 'UPDATE', 0, 'BADVERS'],
    [0x0000, 'QUERY', 2, undefined],
    [0x2000, 'NOTIFY', 2, undefined],
  ] as const) {
    const bytes = Buffer.concat([header(flags, counts), zone, ...rest])
    const message = decodeDnsMessage(bytes, 0, bytes.length)
    t.match(message, { opcode, query_name: 'example.com', query_type: 'SOA', truncated: false })
    t.same([message?.answers.length, message?.rcode], [answers, rcode], `${opcode} ${flags.toString(16)}`)
  }
})

t.test('data that is not what its type says is shown in hex, and what follows it is read', async t => {
  for (const [number, type, hex] of table) {
    const whole = Buffer.from(hex, 'hex')
    for (let length = 0; length < whole.length; length++) {
      const data = whole.subarray(0, length)
      const [text, next] = texts(
        answer([
          [number, data],
          [1, Buffer.from([198, 51, 100, 9])],
        ]),
      )
      const isHex =
        text === `${type} \\# ${length}${length === 0 ? '' : ` ${data.toString('hex').toUpperCase()}`}`
      // Binary data at the end, or a list of parameters or types, may be shorter as well.
      const mayEnd = /KEY|DS$|SIG|SSHFP|TLSA|SMIMEA|ZONEMD|URI|CAA|DHCID|EUI|HTTPS|SVCB|NSEC|CSYNC|TXT/.test(
        type,
      )
      if (!isHex && !mayEnd) t.fail(`${type} of ${length} bytes: ${text}`)
      if (next !== 'A 198.51.100.9') t.fail(`behind ${type} of ${length} bytes: ${next}`)
    }
    if (!/URI|CAA|KEY|DS$|SIG|SSHFP|TLSA|SMIMEA|ZONEMD|DHCID|EUI/.test(type) && number !== 65280) {
      const data = Buffer.concat([whole, Buffer.from([0xff])])
      t.match(
        texts(answer([[number, data]]))[0],
        new RegExp(`^${type} .# ${data.length} `),
        `${type} and a byte`,
      )
    }
  }
  const bitmap = Buffer.concat([
    nameBytes('a'),
    ...[0, 1].map(i => Buffer.from([i, 32, ...Array<number>(32).fill(255)])),
  ])
  t.match(texts(answer([[47, bitmap]]))[0], /^NSEC .# 71 /, 'every type there can be is no list')
  t.match(texts(answer([[29, Buffer.alloc(16, 1)]]))[0], /^LOC .# 16 /, 'a version that is not known')
  t.match(
    texts(answer([[29, Buffer.from('00121613ffffffff7fffffff00989680', 'hex')]]))[0],
    /^LOC .# 16 /,
    'north of the pole',
  )
  t.match(texts(answer([[65, Buffer.from('00010000010003056832', 'hex')]]))[0], /^HTTPS .# 10 /)
  t.match(
    texts(answer([[65, Buffer.from('000100000100040361' + '2c62', 'hex')]]))[0],
    'HTTPS 1 . alpn="a\\\\,b"',
    'a comma in a protocol',
  )
})

t.test('the longest messages there can be, over TCP, are lines that a reader takes', async t => {
  const LONGEST_LINE = 1 << 20
  const param = (key: number, value: Buffer) =>
    Buffer.concat([u16(1), Buffer.of(0), u16(key), u16(value.length), value])
  const strings = (length: number) =>
    Buffer.concat(Array.from({ length: length >> 8 }, () => Buffer.alloc(256, 255)))
  const soa = Buffer.concat([toName(12), toName(12), Buffer.alloc(20, 255)])
  const cases: Readonly<Record<string, ReadonlyArray<readonly [type: number, data: Buffer]>>> = {
    'text of bytes that are escaped': [[16, strings(65_000)]],
    'an unknown type': [[65_280, Buffer.alloc(65_000, 254)]],
    'protocols that are escaped twice': [
      [
        64,
        param(
          1,
          Buffer.concat(Array<Buffer>(250).fill(Buffer.concat([Buffer.of(255), Buffer.alloc(255, 0x5c)]))),
        ),
      ],
    ],
    'numbers that stand for names': [[64, param(0, Buffer.alloc(64_000).fill(Buffer.of(0, 2)))]],
    'many names, then text': [...Array(250).fill([6, soa]), [16, strings(50_000)], [1, Buffer.alloc(4, 1)]],
  }
  const packet = {
    type: 'dns',
    ts: 1,
    proto: 'tcp',
    src_ip: '192.0.2.53',
    src_port: 53,
    dst_ip: '192.0.2.7',
    dst_port: 1,
  }
  for (const [name, records] of Object.entries(cases)) {
    const question = Buffer.concat([
      ...[63, 63, 63, 61].map(length => Buffer.of(length, ...Array(length).fill(0xff))),
      Buffer.of(0),
    ])
    const bytes = Buffer.concat([
      header(0x8180, [1, records.length, 0, 0], 4660),
      question,
      u16(255),
      u16(1),
      ...records.map(([type, data]) => record(toName(12), type, data)),
    ])
    t.ok(bytes.length <= 65_535, name)
    const dns = { ...packet, ...decodeDnsMessage(bytes, 0, bytes.length) }
    t.ok(dnsRecord(dns), `${name}: ${JSON.stringify(dnsRecord.errors)}`)
    t.ok(JSON.stringify(dns).length < LONGEST_LINE, `${name}: ${JSON.stringify(dns).length}`)
    t.ok((dns.answers?.length ?? 0) >= 1, 'the first answer is there')
  }
})
