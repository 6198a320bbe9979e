// The reader and the writer of NDJSON against each other and against JSON itself.

import t from 'tap'
import { packetRecord } from '../../src/record/generated/validate.ts'
import { FlowTable } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { NdjsonReader } from '../../src/record/ndjson-reader.ts'
import { NdjsonWriter } from '../../src/record/ndjson-writer.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'
import { formatTcpFlags } from '../../src/record/protocol.ts'
import {
  ATTRIBUTION_ABSENT,
  ATTRIBUTION_NONE,
  ATTRIBUTION_SOCKET,
  NO_TEXT,
  type RecordBatch,
} from '../../src/record/record-batch.ts'
import { Mutator } from '../support/mutator.ts'

const LINES = 5000

interface Way {
  /** Where the bytes are cut. */
  readonly cuts?: readonly number[]
  readonly flows?: FlowTable
  readonly owners?: OwnerTable
  /** A stage between. */
  readonly change?: (batch: RecordBatch) => void
}

/** Reads bytes, and writes what was read. */
function through(
  bytes: Uint8Array,
  { cuts = [], flows = new FlowTable(), owners = new OwnerTable(), change = () => {} }: Way = {},
) {
  const tables = { flows, owners, ifaces: new NameTable() }
  const malformed: string[] = []
  const written: Buffer[] = []
  const writer = new NdjsonWriter({
    write: (bytes, release) => {
      written.push(Buffer.from(bytes))
      release?.()
    },
  })
  const between = {
    push: (batch: RecordBatch) => {
      change(batch)
      writer.push(batch)
    },
    flush: () => Infinity,
    close: () => writer.close(),
  }
  const reader = new NdjsonReader(between, tables, {
    onMalformed: (line, reason) => malformed.push(`${line}: ${reason}`),
  })
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    reader.push(bytes.subarray(from, cut))
    from = cut
  }
  reader.end()
  writer.close()
  return { text: Buffer.concat(written).toString('utf8'), malformed }
}

/** What was read is forgotten: each line is written from its numbers. */
function forget(batch: RecordBatch): void {
  batch.textAt.fill(NO_TEXT)
}

function textOf(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\n')}\n`)
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
  // A space before it keeps a line from the fast way.
  const some = lines.slice(0, 400)
  const alone = some.map(line => through(Buffer.from(` ${line}\n`)).text).join('')
  const twice = Buffer.from(`${some.join('\n')}\n${some.join('\n')}\n`)
  t.equal(through(twice).text, alone + alone)
})

t.test('chunks may be cut anywhere', async t => {
  // The second time the sections are known.
  const few = lines.filter(line => !/vlan|fragment/.test(line)).slice(0, 2)
  const some = textOf([...few, ...few])
  for (let cut = 0; cut <= some.length; cut++) {
    const { text, malformed } = through(some, { cuts: [cut] })
    if (text !== some.toString('utf8')) t.equal(text, some.toString('utf8'), `cut at ${cut}`)
    if (malformed.length > 0) t.same(malformed, [], `cut at ${cut}`)
  }
  for (let round = 0; round < 20; round++) {
    const cuts = Array.from({ length: 40 }, () => random.below(bytes.length)).toSorted((a, b) => a - b)
    t.ok(through(bytes, { cuts }).text === bytes.toString('utf8'), `cuts of round ${round}`)
  }
})

t.test('a line that is nearly of the known layout is read as JSON.parse reads it', async t => {
  type Change = (line: string, random: Mutator) => string
  const member = /"(?:[^"\\]|\\.)*":(?:"(?:[^"\\]|\\.)*"|[^,}]*)/g
  const membersOf = (line: string) => line.match(member) ?? []
  const changes: Record<string, Change> = {
    'members in another order': (line, random) => {
      const members = membersOf(line)
      for (let i = members.length - 1; i > 0; i--) {
        const j = random.below(i + 1)
        ;[members[i], members[j]] = [members[j] as string, members[i] as string]
      }
      return `{${members.join(',')}}`
    },
    'a member twice': (line, random) => {
      const members = membersOf(line)
      return `${line.slice(0, -1)},${members[random.below(members.length)]}}`
    },
    'a member less': (line, random) => {
      const members = membersOf(line)
      members.splice(random.below(members.length), 1)
      return `{${members.join(',')}}`
    },
    'a member more': (line, random) => {
      const members = membersOf(line)
      members.splice(random.below(members.length + 1), 0, '"x y":{"z":[1,"}"]}')
      return `{${members.join(',')}}`
    },
    spaces: (line, random) => {
      const places = [...line.matchAll(/[,:{}]/g)].map(({ index }) => index)
      const at = (places[random.below(places.length)] as number) + random.below(2)
      return `${line.slice(0, at)}${[' ', '\t', '\r', '  '][random.below(4)]}${line.slice(at)}`
    },
    'another text of a number': (line, random) => {
      const numbers = [...line.matchAll(/:(\d[\d.]*)/g)]
      const { index, 1: text } = numbers[random.below(numbers.length)] as RegExpMatchArray
      const other = [
        `${text}e0`,
        `${text}.0`,
        `0${text}`,
        `-${text}`,
        `${text}0000000`,
        '99999999',
        '100000000',
        '4294967295',
        '4294967296',
        '0',
        '-0',
        '00',
        `${text}5`,
        `"${text}"`,
        'null',
        '',
      ]
      const at = (index as number) + 1
      return `${line.slice(0, at)}${other[random.below(other.length)]}${line.slice(at + (text as string).length)}`
    },
    'another text of a string': (line, random) => {
      const strings = [...line.matchAll(/"((?:[^"\\]|\\.)+)"/g)]
      const { index, 1: text } = strings[random.below(strings.length)] as RegExpMatchArray
      const whole = text as string
      const other = [
        `\\u${whole.charCodeAt(0).toString(16).padStart(4, '0')}${whole.slice(1)}`,
        whole.toUpperCase(),
        `${whole}\u007f`,
        `${whole}\u00e9`,
        `${whole}${'y'.repeat(5000)}`,
        [...whole].toReversed().join(''),
        `0${whole}`,
        whole.replace('::', ':0:'),
        'S.',
        '.S',
        'none',
        '',
      ]
      const at = (index as number) + 1
      return `${line.slice(0, at)}${other[random.below(other.length)]}${line.slice(at + whole.length)}`
    },
    'a part of another line': (line, random) => {
      const other = lines[random.below(LINES)] as string
      return line.slice(0, random.below(line.length)) + other.slice(random.below(other.length))
    },
    'the end missing': (line, random) => line.slice(0, random.below(line.length)),
    'something behind': (line, random) => line + ['}', ',', ' ', '\r', '\0', '{}', line][random.below(7)],
    'a byte changed': (line, random) => {
      const at = random.below(line.length)
      const bytes = Buffer.from(line)
      bytes[at] = 1 + random.below(255)
      return bytes.toString('latin1').replaceAll('\n', '\x7f')
    },
  }
  // Of each change, how many lines are still read: a test of lines that are all malformed would say little.
  for (const [name, change] of Object.entries(changes)) {
    const mutator = new Mutator(77)
    let good = 0
    for (let round = 0; round < 120; round++) {
      const around = lines.slice(4 * round, 4 * round + 4)
      const changed = change(around[mutator.below(4)] as string, mutator)
      // A space before it keeps it from the fast way.
      const alone = through(textOf([` ${changed}`]))
      const among = textOf([...around, ...around, changed, ...around])
      const expected =
        textOf([...around, ...around]).toString('utf8') + alone.text + textOf(around).toString('utf8')
      for (const way of [{}, { change: forget }]) {
        const { text, malformed } = through(among, way)
        if (text !== expected) t.equal(text, expected, `${name}: ${changed}`)
        const reasons = malformed.map(each => each.replace(/^9: /, '1: '))
        if (reasons.join() !== alone.malformed.join()) t.same(reasons, alone.malformed, `${name}: ${changed}`)
      }
      if (alone.malformed.length === 0) good++
    }
    t.pass(`${name}: ${good} of 120 are records still`)
  }
})

t.test('bytes that are no UTF-8 are read alike either way', t => {
  const line = (process: string) =>
    `{"type":"packet","ts":1763910000.000001,"dir":"in","ip_version":4,"proto":"udp","src_ip":"10.0.0.2","src_port":5,"dst_ip":"10.0.0.1","dst_port":7,"bytes":60,"frame_bytes":74,"packets":1,"pid":7,"start_time":1,"process":"${process}","user":null,"attribution":"kernel"}`
  for (const process of ['p\xff', '\xe2\x82', 'p\xed\xa0\x80', '\xc3\xbc']) {
    const bytes = Buffer.from(
      `${line('other')}\n${line(process)}\n${line('other')}\n${line(process)}\n`,
      'latin1',
    )
    const spaced = Buffer.from(bytes.toString('latin1').replaceAll(/^{/gm, ' {'), 'latin1')
    t.equal(through(bytes).text, through(spaced).text)
  }
  t.end()
})

t.test('a line that is copied gets the direction and the owner that a stage gives it', async t => {
  const plain = lines.filter(line => !/"pid"/.test(line))
  const some = textOf([...plain, ...plain])
  const attribute = (batch: RecordBatch) => {
    for (let row = 0; row < batch.length; row++) {
      const key = (batch.ts[row] as number) % 7
      batch.dir[row] = key % 5
      batch.attribution[row] = [ATTRIBUTION_ABSENT, ATTRIBUTION_NONE, ATTRIBUTION_SOCKET][key % 3] as number
      if (key % 3 === 1) batch.reason[row] = 1 + key
      if (key % 3 === 2) batch.owner[row] = batch.tables.owners.intern(key, 17.5, `ö${key}`, 'ann')
      if (key === 5) batch.peer[row] = batch.tables.owners.intern(99, null, 'peer', null)
    }
  }
  const { text } = through(some, { change: attribute })
  const written = through(some, {
    change: batch => {
      attribute(batch)
      forget(batch)
    },
  }).text
  t.ok(text === written, 'as if it were written from its numbers')
  t.ok(/"dir":null.*"process":"ö5"/.test(text) && /"dir":"out".*"process":"ö2"/.test(text))
})

t.test('flows and sections that are forgotten are read again', async t => {
  // More flows than the table holds, and more owners than the cache does; each again when it is long gone.
  const packet = (flow: number, owner: number) =>
    `{"type":"packet","ts":1763910000.${String(flow).padStart(6, '0')},"dir":"in","ip_version":4,"proto":"udp","src_ip":"10.0.${flow >> 8}.${flow & 255}","src_port":5,"dst_ip":"10.0.0.1","dst_port":7,"bytes":60,"frame_bytes":74,"packets":1,"pid":${owner},"start_time":1,"process":"p","user":null,"attribution":"kernel"}`
  const flows = Array.from({ length: 6000 }, (_, i) => packet(i, i % 3))
  const again = textOf([...flows, ...flows, ...flows.toReversed()])
  for (const change of [() => {}, forget]) {
    t.ok(through(again, { flows: new FlowTable(2048, 64), change }).text === again.toString('utf8'))
  }
  const owners = Array.from({ length: 66_000 }, (_, i) => packet(i % 300, i))
  const many = textOf([...owners, ...owners.slice(0, 5000), ...owners.slice(-5000)])
  t.ok(through(many).text === many.toString('utf8'))
})

t.test('lines of any length stand between others', async t => {
  const long = (length: number) => `{"type":"weather","ts":1,"text":"${'r'.repeat(length)}"}`
  for (const length of [10_000, 65_536, 131_072, 1_000_000, 1_048_500]) {
    const some = textOf([...lines.slice(0, 50), long(length), ...lines.slice(0, 50)])
    for (const cuts of [[], [1], [20_000, 60_000], [some.length - 5]]) {
      const { text, malformed } = through(some, { cuts })
      t.ok(text === some.toString('utf8') && malformed.length === 0, `${length} bytes, cut at ${cuts.join()}`)
    }
  }
  for (const length of [1 << 20, 3_000_000]) {
    const some = textOf([...lines.slice(0, 50), long(length), ...lines.slice(0, 50)])
    const { text, malformed } = through(some)
    t.ok(text === textOf([...lines.slice(0, 50), ...lines.slice(0, 50)]).toString('utf8'))
    t.same(malformed, ['51: longer than 1 MiB'])
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

t.test('sizes of a packet are read up to what the schema allows, and no further', async t => {
  const good = { type: 'packet', ts: 1, dir: null, frame_bytes: 60, ip_version: 4, bytes: 60, packets: 1 }
  const packet = { ...good, proto: 'icmp', src_ip: '192.0.2.1', dst_ip: '192.0.2.2' }
  const isValid = (record: object) => packetRecord(record)
  const isRead = (record: object) =>
    through(Buffer.from(`${JSON.stringify(record)}\n`)).malformed.length === 0
  for (const field of ['bytes', 'frame_bytes', 'packets']) {
    for (const [size, is] of [
      [0, true],
      [2 ** 32 - 1, true],
      [2 ** 32, false],
      [2 ** 53 - 1, false],
    ] as const) {
      const record = { ...packet, [field]: size }
      t.same([isRead(record), isValid(record)], [is, is], `${field} ${size}`)
    }
  }
})

t.test('owners that differ in any way are different ones', async t => {
  const owner = (process: string, user: string | null) =>
    `${packetLines(new Mutator(1), 1)[0]?.replace(/,"pid".*|}$/, '')},"pid":5,"start_time":1,` +
    `"process":"${process}","user":${JSON.stringify(user)},"attribution":"socket"}`
  const text = textOf([owner('b c', 'a'), owner('c', 'a b'), owner('c', ''), owner('c', null)])
  t.equal(through(text).text, text.toString())
})

t.test('of owners that come and go, few are kept', async t => {
  const line = packetLines(new Mutator(1), 1)[0]?.replace(/,"pid".*|}$/, '')
  const lines = Array.from(
    { length: 50_000 },
    (_, i) =>
      `${line},"pid":${i + 1},"start_time":1,"process":"p${i}","user":null,"attribution":"socket",` +
      `"peer_pid":${i},"peer_process":"q${i % 700}"}`,
  )
  const owners = new OwnerTable(500)
  const text = textOf(lines)
  t.equal(through(text, { owners }).text, text.toString())
  t.ok(owners.count < 10_000, `${owners.count}`)
})

t.test('a line of another type has the same value, and nothing that a terminal acts on', async t => {
  const line = '{"type":"x",\r\t"big":12345678901234567890123, "s":"a\x7f\x9b\u202eb \u2028","é":1.50}'
  const { text } = through(textOf([line]))
  t.equal(
    text,
    '{"type":"x",  "big":12345678901234567890123, "s":"a\\u007f\\u009b\\u202eb \\u2028","é":1.50}\n',
  )
  t.same(JSON.parse(text), JSON.parse(line))
  const named =
    '{"type":"dns","ts":1.000000,"query_name":"a\u202eb","id":1,"qr":"query","opcode":"QUERY","answers":[],"truncated":false}'
  t.match(through(textOf([named])).text, /"query_name":"a\\u202eb"/)
})
