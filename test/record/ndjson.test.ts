// The reader and the writer of NDJSON against each other and against JSON itself.

import t from 'tap'
import { FlowTable } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { NdjsonReader } from '../../src/record/ndjson-reader.ts'
import { NdjsonWriter } from '../../src/record/ndjson-writer.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { formatTcpFlags } from '../../src/record/protocol.ts'
import { Mutator } from '../support/mutator.ts'

const LINES = 5000

/** Reads bytes cut at `cuts`, and writes what was read. */
function through(bytes: Uint8Array, cuts: readonly number[] = []) {
  const tables = { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() }
  const malformed: string[] = []
  let text = ''
  const writer = new NdjsonWriter({ write: written => (text += Buffer.from(written).toString('utf8')) })
  const reader = new NdjsonReader(writer, tables, {
    onMalformed: (line, reason) => malformed.push(`${line}: ${reason}`),
  })
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    reader.push(bytes.subarray(from, cut))
    from = cut
  }
  reader.end()
  writer.close()
  return { text, malformed }
}

function time(us: number): string {
  return (us / 1e6).toFixed(6)
}

/** Packets of all kinds, as the text that the record format asks for. */
function packetLines(random: Mutator, count: number): string[] {
  const one = <T>(...list: T[]): T => list[random.below(list.length)] as T
  return Array.from({ length: count }, () => {
    const v6 = random.below(4) === 0
    const address = () =>
      v6 ? `2001:db8::${(1 + random.below(40)).toString(16)}` : `192.0.2.${random.below(40)}`
    const proto = one('tcp', 'tcp', 'udp', 'icmp')
    const ports = proto !== 'icmp'
    const owner = random.below(20)
    const fields: [string, unknown][] = [
      ...(random.below(3) === 0
        ? []
        : [['iface', one('eth0', 'wlan0', 'a "quoted" name', 'wg-1')] as [string, unknown]]),
      ['dir', one('in', 'out', 'local', 'forward', null)],
      ['ip_version', v6 ? 6 : 4],
      ['proto', proto],
      ['src_ip', address()],
      ...(ports ? [['src_port', random.below(65536)] as [string, unknown]] : []),
      ['dst_ip', address()],
      ...(ports ? [['dst_port', one(53, 443, 8443)] as [string, unknown]] : []),
      ['bytes', random.below(one(10, 2000, 70000))],
      ['frame_bytes', random.below(one(10, 2000, 0xffffffff))],
      ['packets', 1 + random.below(40)],
      ...(proto === 'tcp' ? [['tcp_flags', formatTcpFlags(random.below(512))] as [string, unknown]] : []),
      ...(random.below(20) === 0 ? [['fragment', one('first', 'later')] as [string, unknown]] : []),
      ...(random.below(20) === 0 ? [['vlan', random.below(4096)] as [string, unknown]] : []),
    ]
    if (owner < 10) {
      fields.push(
        ['pid', 100 + owner],
        ['start_time', 1763909990.25 + owner],
        ['process', `näme "${owner}"\t`],
        ['user', one('ann', null)],
        ['attribution', one('kernel', 'socket', 'bound')],
      )
    } else if (owner < 14) {
      fields.push(
        ['pid', null],
        ['process', 'unknown'],
        ['attribution', 'none'],
        ['reason', one('no_socket', 'kernel', 'ambiguous')],
      )
    }
    const text = fields.map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`).join('')
    return `{"type":"packet","ts":${time(1763910000e6 + random.below(5_000_000))}${text}}`
  })
}

const random = new Mutator(1)
const lines = packetLines(random, LINES)
const bytes = Buffer.from(`${lines.join('\n')}\n`)

t.test('what is read and written again is the same text', async t => {
  const { text, malformed } = through(bytes)
  t.same(malformed, [])
  t.equal(text.split('\n').length, LINES + 1)
  const back = text.split('\n')
  // Objects first: a difference is easier to read.
  for (const [at, line] of lines.entries()) {
    if (JSON.stringify(JSON.parse(line)) === JSON.stringify(JSON.parse(back[at] as string))) continue
    t.equal(back[at], line)
  }
  t.ok(text === bytes.toString('utf8'), 'byte by byte')
})

t.test('a known layout is read as JSON.parse reads it', async t => {
  // A reader that sees one line alone knows no sections: each goes through JSON.parse.
  const some = lines.slice(0, 400)
  const alone = some.map(line => through(Buffer.from(`${line}\n`)).text).join('')
  const twice = Buffer.from(`${some.join('\n')}\n${some.join('\n')}\n`)
  t.equal(through(twice).text, alone + alone)
})

t.test('chunks may be cut anywhere', async t => {
  const some = Buffer.from(`${lines.slice(0, 3).join('\n')}\n`)
  const whole = through(some).text
  for (let cut = 0; cut <= some.length; cut++) {
    if (through(some, [cut]).text !== whole) t.equal(through(some, [cut]).text, whole, `cut at ${cut}`)
  }
  for (let round = 0; round < 20; round++) {
    const cuts = Array.from({ length: 40 }, () => random.below(bytes.length)).toSorted((a, b) => a - b)
    t.ok(through(bytes, cuts).text === bytes.toString('utf8'), `cuts of round ${round}`)
  }
})

t.test('damaged lines never change the ones around them', async t => {
  for (let round = 0; round < 300; round++) {
    const mutator = new Mutator(1000 + round)
    const before = lines.slice(round, round + 5)
    const damaged = mutator
      .bytes(Buffer.from(before[2] as string))
      .toString('latin1')
      .replaceAll('\n', ' ')
    // Twice, so that the sections of the good ones are known the second time.
    const text = [...before, ...before.slice(0, 2), damaged, ...before.slice(3)].join('\n')
    const out = through(Buffer.from(`${text}\n`, 'utf8')).text.split('\n')
    t.same(out.slice(0, 7), [...before, ...before.slice(0, 2)])
    t.same(out.slice(-3, -1), before.slice(3))
  }
})

t.test('foreign records pass as they are, but for control characters', async t => {
  const foreign = '{"type":"weather","ts":1,"rain": true , "z":"ü"}'
  t.equal(through(Buffer.from(`${foreign}\n`)).text, `${foreign}\n`)
  t.equal(
    through(Buffer.from('{"type":"weather","ts":1,"name":"\x7f\u009b31m"}\n')).text,
    '{"type":"weather","ts":1,"name":"\\u007f\\u009b31m"}\n',
  )
})

t.test('what is malformed is told with its line', async t => {
  const { text, malformed } = through(
    Buffer.from(
      [
        lines[0],
        '[]',
        '{"type":1}',
        '{"type":"dns","ts":1}',
        '{"type":"hello","ts":1e300,"tool":"x","version":"1","schema":1,"method":"file","degraded":[]}',
        '{"type":"hello","ts":1,"tool":"x","version":"1","schema":1,"method":"file","degraded":[1]}',
        '{"type":"packet","ts":1,"dir":"up","frame_bytes":60}',
        '',
        lines[1],
      ].join('\n'),
    ),
  )
  t.equal(text, `${lines[0]}\n${lines[1]}\n`)
  t.same(
    malformed.map(reason => reason.replace(/: .*/, '')),
    ['2', '3', '4', '5', '6', '7'],
  )
  t.match(malformed[3], /ts is out of range/)
  t.match(malformed[4], /an item of degraded is not a string/)
})
