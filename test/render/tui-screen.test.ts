// The screen on a terminal emulator: every view and key, sizes, wide and hostile names.
/* eslint-disable no-control-regex */

import t from 'tap'
import {
  START,
  TuiRig,
  connectionRecord,
  interfaceRecord,
  intervalRecord,
  processRecord,
  queryRecord,
  resolverRecord,
} from '../support/tui-rig.ts'
import { BODY, down, lineWith, second, started, up } from '../support/tui-seconds.ts'

const rowsOf = (lines: string[]) => lines.slice(BODY)

for (const [width, height] of [
  [80, 24],
  [120, 40],
  [200, 60],
] as const) {
  t.test(`four views at ${width}x${height}`, async t => {
    const rig = await started(width, height)
    const checks: Array<[string, RegExp[]]> = [
      [
        '1',
        [
          /PROCESS +.*PID.*RATE.*LAST 60 s↓.*SHARE/,
          /▸ alpha +100 .*2\.9 K\/s .*300 B\/s .*50\.0%/,
          width < 120
            ? /alpha 100 {2}user ann {2}since \d\d:58:20 {2}1 socket\n/
            : /│ alpha 100\n.*│ user ann {2}since \d\d:58:20 {2}1 socket\n/,
        ],
      ],
      ['2', [/PROCESS +.*REMOTE.*RATE↓/, /alpha +.*tcp +.*alpha\.example\.org:443 +.*out.*2\.9 K\/s/]],
      [
        '3',
        [
          /eth0 {2}physical, up, mtu 1500 {2}192\.0\.2\.7\/24/,
          /DNS 192\.0\.2\.1 +search example\.org/,
          /errors 0 {2}drops 5.*[^]*errors 7 {2}drops 0/,
        ],
      ],
      [
        '4',
        [
          /RESOLVER .*QUERIES.*MEAN ms/,
          /192\.0\.2\.1 +eth0 +64 +11\.3 .*12\.5%/,
          /TIME↓ +PROCESS/,
          /curl .*A +host-1\.example\.org .*12\.5/,
        ],
      ],
    ]
    for (const [key, patterns] of checks) {
      const lines = await rig.type(key)
      for (const pattern of patterns) t.match(lines.join('\n'), pattern)
      t.match(lines[0], /netoproc {2}1 Processes {2}2 Connections {2}3 Interfaces {2}4 DNS .*LIVE/)
      t.match(lines[1], /▼ 5\.9 K\/s.*▲ 600 B\/s/, 'header')
      t.match(lines.at(-2), /afpacket.*1234 pkt\/s.*drops 0.*unknown 10\.0%.*by .*1 s/, 'status')
      for (const line of lines) t.ok(line.length <= width)
    }
  })
}

t.test('columns come and go with the width, and what matters stays', async t => {
  const rig = await started(200, 50)
  await rig.type('i')
  const [wide, narrow] = [(await rig.lines()).join('\n'), (await rig.resize(80, 24)).join('\n')]
  for (const title of ['USER', '▼TOTAL', 'UNIT']) {
    t.match(wide, title)
    t.notMatch(narrow, title)
  }
  for (const title of ['PROCESS', 'PID', '▼RATE', '▲RATE', 'SHARE']) t.match(narrow, title)
  t.match((await rig.type('t')).join('\n'), /▼TOTAL.*▲TOTAL/, 't: totals before rates')
  for (let width = 80; width <= 200; width += 7) {
    for (const key of '1234i') {
      await rig.type(key)
      const lines = await rig.resize(width, 24)
      t.ok(lines.every(line => line.length <= width) && lines.at(-2)?.includes('afpacket'))
    }
  }
  await rig.resize(120, 40)
  t.match((await rig.type('1')).join('\n'), /alpha.*\n.*beta/, 'and back')
})

t.test('a small terminal: the list, and a line that says the rest', async t => {
  const rig = await started(40, 10)
  const lines = await rig.lines()
  t.match(lines[0], /^ {2}PROCESS +▼RATE +▲RATE/)
  t.match(lines.slice(1, 3).join('\n'), /^▌ ▸ alpha .*\n {2}▸ beta /)
  t.match(lines[9], /^ ▼ 5\.9 K\/s ▲ \d.*unknown/)
  await rig.type('j')
  t.ok(rig.isSelected(2), 'keys move in it')
  t.match((await rig.type(' ')).at(-1), /PAUSED/)
  await rig.type(' ')
  t.match((await rig.type('/bet')).at(-1), /^ \/bet +Enter keeps/)
  t.match(
    (await rig.type('\r')).slice(0, 3).join('\n'),
    /PROCESS +▼RATE +▲RATE\n▌ ▸ beta +2\.0 K\/s  200 B\/s *\n *$/,
  )
  t.match((await rig.lines()).at(-1), /\/bet 1 of/, 'that rows are missing is said first')
  await rig.type('\x1b')
  t.match((await rig.type('?')).join('\n'), /processes, +\n +connections/)
  await rig.type('?')
  for (const view of '1234')
    for (const [width, height] of [
      [79, 24],
      [40, 3],
      [120, 6],
      [41, 50],
    ] as const) {
      await rig.type(view)
      const small = await rig.resize(width, height)
      t.ok(small.every(line => line.length <= width))
      t.match(small.at(-1), /^ ▼ 5\.9 K\/s ▲ /, `view ${view} at ${width}x${height}`)
    }
  t.match(await rig.resize(39, 10), [/^▼ 5\.9 K\/s ▲ .*/], 'no room for a list')
  t.match(await rig.resize(12, 1), [/^▼ 5\.9 K\/s ▲/])
  t.equal((await rig.type('q')).length, 1)
  t.equal(rig.quits, 1)
})

t.test('the selection follows the process', async t => {
  const rig = await started()
  let lines = await rig.type(down)
  const beta = () => lineWith(lines, '▸ beta')
  t.ok(rig.isSelected(beta()))
  t.equal(beta(), BODY + 1)
  lines = await rig.show(...second(2, { alpha: 100, beta: 9000, gamma: 1000 }))
  t.equal(beta(), BODY + 1, 'the order is held for three seconds after a key')
  lines = await rig.show(...second(4, { alpha: 100, beta: 9000, gamma: 1000 }))
  t.equal(beta(), BODY, 'then it has become the first')
  t.ok(rig.isSelected(beta()))
  t.ok(lines[beta()]?.startsWith('▌'), 'marked not by colour alone')
  lines = await rig.show(...second(5, { alpha: 100, gamma: 1000 }))
  t.ok(rig.isSelected(beta()), 'also while it is quiet')
  t.match(lines.at(-5), /beta 101 {2}user ann/, 'in full below')
})

t.test('keys that move', async t => {
  const rig = new TuiRig(80, 24)
  const records = Array.from({ length: 100 }, (_, i) => processRecord(1, i + 1, `p${i}.`, 1000 - i, 0))
  let lines = await rig.show(...records, intervalRecord(1))
  const selected = () => {
    const y = lines.findIndex(line => line.startsWith('▌'))
    return lines[y]?.match(/p\d+\./)?.[0]
  }
  const page = rowsOf(lines).filter(line => /p\d+\./.test(line)).length - 1
  for (const [keys, expected] of [
    ['', 'p0.'],
    [down, 'p1.'],
    ['j', 'p2.'],
    [up, 'p1.'],
    ['k', 'p0.'],
    ['k', 'p0.'],
    ['\x1b[6~', `p${page}.`],
    ['\x1b[5~', 'p0.'],
    ['\x1b[F', 'p99.'],
    [down, 'p99.'],
    ['\x1b[H', 'p0.'],
    ['G', 'p99.'],
    ['g', 'p0.'],
    ['\x1b[4~', 'p99.'],
    ['\x1b[1~', 'p0.'],
    ['\x1b[<65;10;10M', 'p3.'],
    ['\x1b[<64;10;10M', 'p0.'],
    ['\x1bOB', 'p1.'],
    [`\x1b[<0;10;${BODY + 8}M`, 'p7.'],
    [`\x1b[<0;10;${BODY + 8}m`, 'p7.'],
  ] as const) {
    lines = await rig.type(keys)
    t.equal(selected(), expected, JSON.stringify(keys))
  }
})

t.test('keys that choose what is shown', async t => {
  const rig = await started()
  let lines = await rig.type('\t')
  t.match(lines.join('\n'), /REMOTE/, 'Tab: the next view')
  lines = await rig.type('\x1b[Z\x1b[Z')
  t.match(lines.join('\n'), /RESOLVER/, 'Shift-Tab: the one before, round the corner')
  lines = await rig.type('\x1b[<0;15;1M')
  t.match(lines.join('\n'), /▸ alpha/, 'a click on a tab')
  lines = await rig.type('\r')
  t.match(lines.join('\n'), /▾ alpha.*\n +└ alpha\.example\.org:443 .*established/, 'Enter opens')
  t.match((await rig.type('d')).join('\n'), /└ 198\.51\.100\.9:443/, 'd: addresses')
  await rig.type('d')
  t.match((await rig.type(`${down}\r`)).join('\n'), /▸ alpha.*\n +▸ beta/, 'Enter on a connection closes')
  lines = await rig.type(`2${down}\r`)
  t.match(lines.join('\n'), /▾ beta.*\n +└ beta\.example/, 'Enter on a connection goes to its process')
  t.ok(rig.isSelected(lineWith(lines, '▾ beta')))
  lines = await rig.type('?')
  t.match(lines.join('\n'), /Space +pause the screen.*[^]*q, Ctrl-C +quit/, '? help, all of it at 80x24')
  t.match((await rig.type('\x1b')).join('\n'), /▾ beta/, 'Esc closes it')
  await rig.type('q')
  t.equal(rig.quits, 1)
  await rig.type('\x03')
  t.equal(rig.quits, 2)
  await rig.type('/\x03')
  t.equal(rig.quits, 3, 'Ctrl-C quits in the filter too')
  await rig.type('\x1a')
  t.equal(rig.suspensions, 1)
  rig.written = ''
  await rig.type('\x1b\x0c')
  t.match(rig.written, /\x1b\[2J[^]*alpha/, 'Ctrl-L draws all of it')
  t.match((await rig.type('+')).at(-5), /only a recording/)
})

t.test('order: every column, either way, with a mark', async t => {
  for (const [view, count] of [
    ['1', 13],
    ['2', 16],
    ['3', 13],
    ['4', 8],
  ] as const) {
    const rig = await started(240, 40)
    await rig.type(view)
    const seen = new Set<string>()
    for (let i = 0; i < count; i++) {
      const lines = await rig.type('s')
      const status = /by (\S+)[↓↑]/.exec(lines.at(-2) as string)?.[1] as string
      if (view !== '3') t.match(lines.slice(0, -2).join('\n'), /[A-Za-z0-9 ][↓↑]/, `a mark for ${status}`)
      seen.add(status)
    }
    t.equal(seen.size, count, `view ${view}: ${[...seen].join(' ')}`)
  }
  const small = await started()
  let last: string[] = []
  for (let i = 0; i < 7; i++) last = await small.type('s')
  t.match(last.join('\n'), /USER[↑↓]/, 'also those that have no room at 80x24, which get some')
  const rig = await started()
  const names = (lines: string[]) => [...lines.join('\n').matchAll(/▸ (\w+)/g)].map(match => match[1])
  t.same(names(await rig.lines()), ['alpha', 'beta', 'gamma'])
  t.same(names(await rig.type('S')), ['gamma', 'beta', 'alpha'])
  let lines = await rig.type(`\x1b[<0;4;${BODY}M`)
  t.match(lines[BODY - 1], /PROCESS↑/, 'a click on a header orders by it')
  t.same(names(lines), ['alpha', 'beta', 'gamma'])
  lines = await rig.type(`\x1b[<0;4;${BODY}M`)
  t.match(lines[BODY - 1], /PROCESS↓/, 'another reverses')
  t.same(names(lines), ['gamma', 'beta', 'alpha'])
})

t.test('filter', async t => {
  const rig = await started()
  let lines = await rig.type('/bet')
  t.match(lines.at(-1), /^ \/bet/)
  t.match(lines.join('\n'), /beta/)
  t.notMatch(lines.join('\n'), /alpha/, 'at once')
  lines = await rig.type('q\x7f\r')
  t.equal(rig.quits, 0, 'q is text here')
  t.match(lines.at(-2), /afpacket │ \/bet 1 of 3 │/, 'in the status line, with what it leaves')
  t.notMatch(lines.join('\n'), /gamma/)
  lines = await rig.type('\x1b')
  t.match(lines.join('\n'), /alpha/, 'Esc clears')
  lines = await rig.type('/x\x15:40001\r')
  t.match(lines.join('\n'), /beta/, 'Ctrl-U empties; a port')
  t.notMatch(lines.join('\n'), /alpha/)
  lines = await rig.type('/\x1598.51.0.0/16')
  t.match(lines.join('\n'), /no process matches/)
  t.match((await rig.type('\x15198.51.0.0/16')).join('\n'), /alpha/, 'a network')
  lines = await rig.type('\x15:99999')
  t.match(lines.at(-1), /a port is at most 65535/)
  t.match(lines.join('\n'), /alpha/)
  t.match((await rig.type('\x1b4/host-1')).join('\n'), /host-1\.example/, 'DNS')
  t.match((await rig.type('\x15host-2')).join('\n'), /no DNS query matches/)
  t.match((await rig.type('\x15wlan\r3')).join('\n'), /wlan0/, 'interfaces')
  t.notMatch((await rig.lines()).join('\n'), /eth0/)
  const silent = new TuiRig(80, 24, { readsDns: false })
  t.match((await silent.type('4')).join('\n'), /DNS is not read \(--no-dns\)/)
  const given = await started(80, 24, { filter: 'gamma', sort: 'name' })
  lines = await given.lines()
  t.match(lines.join('\n'), /gamma[^]*\/gamma .*by process↑/, 'as given on the command line')
})

t.test('Space: the screen stands still, counting goes on', async t => {
  const rig = await started()
  const before = await rig.type(' ')
  t.match(before[0], /PAUSED/)
  rig.written = ''
  t.same(await rig.show(...second(2, { alpha: 1, delta: 77777 })), before)
  t.equal(rig.written, '', 'not a byte')
  t.match((await rig.type(down)).join('\n'), /▌ ▸ beta/, 'but it can be moved in')
  const after = await rig.type(' ')
  t.match(after.join('\n'), /delta +.*76\.0 K\/s/)
  t.match(before.at(-2), /paused, counting goes on/)
  t.match(after[0], /LIVE/)
})

t.test('e writes all rows and columns', async t => {
  const rig = await started()
  t.match((await rig.type('e')).at(-5), /written: processes\.tsv/)
  const [header, ...rows] = (rig.saved[0]?.text ?? '').trimEnd().split('\n')
  t.match(header, /^process\tpid\tuser\tconnections\trx_rate\t/)
  t.same(
    rows.map(row => row.split('\t').slice(0, 5)),
    [
      ['alpha', '100', 'ann', '1', '3000'],
      ['beta', '101', 'ann', '1', '2000'],
      ['gamma', '102', 'ann', '1', '1000'],
    ],
  )
  for (const key of '234') await rig.type(`${key}e`)
  t.same(
    rig.saved.map(({ name }) => name),
    ['processes', 'connections', 'interfaces', 'dns'],
  )
  t.match(
    rig.saved[1]?.text,
    /alpha\t100\ttcp\t192\.0\.2\.7:40000\t198\.51\.100\.9:443\talpha\.example\.org\t/,
  )
})

t.test('what the status says', async t => {
  const rig = await started()
  let lines = await rig.show(
    {
      type: 'hello',
      ts: START,
      tool: 'x',
      version: '1',
      schema: 1,
      host: 'build-3',
      method: 'afpacket',
      degraded: [],
      interfaces: [{ name: 'eth0', index: 2, mtu: 1500, addresses: [] }],
    },
    intervalRecord(2, { dropped: 17, degraded: ['no BPF: run as root', 'another'] }),
  )
  t.match(lines.at(-2), /afpacket │ eth0 │ 1234 pkt\/s │ drops 17/)
  const x = (lines.at(-2) as string).indexOf('drops')
  t.equal(rig.cell(x, 22)?.getFgColor(), 160, 'drops are red')
  t.ok(rig.cell(x, 22)?.isBold(), 'and bold')
  t.match(lines.at(-3), /^ ! no BPF: run as root {2}\(2 reasons, \? shows all\)/)
  t.match(
    (await rig.type('?\x1b[6~')).join('\n'),
    /method +afpacket *\n +not better +no BPF: run as root *\n +not better +another *\n/,
  )
  await rig.type('?')
  lines = await rig.show(intervalRecord(3))
  t.match(lines.at(-2), /drops 17/, 'since the start')
  lines = await rig.show({
    type: 'stats',
    ts: START + 4,
    received: 1,
    dropped: 0,
    filtered: 0,
    final: true,
    reason: 'eof',
  })
  t.match(lines[0], /ENDED/)
  lines = await rig.show(
    ...Array.from({ length: 4100 }, (_, i) => processRecord(5, i + 1, 'p', 1, 1)),
    intervalRecord(5),
  )
  t.match(lines.at(-2), /4 rows forgotten/)
  const cut = await started()
  cut.stage.close()
  t.match((await cut.show()).join('\n'), /CUT[^]*the records stop without the final one/)
  rig.stage.close()
  t.match((await rig.show()).at(-5), /end of the records: q quits/)
})

t.test('interfaces: lower charts where all cards are seen so', async t => {
  const rig = new TuiRig(80, 24)
  const eth = () => interfaceRecord(1, 'eth0', 5000, 500)
  await rig.show(eth(), intervalRecord(1))
  t.match((await rig.type('3')).join('\n'), /eth0 [^]*last 60 min/, 'room for one with high ones')
  const text = (await rig.show(eth(), interfaceRecord(1, 'wlan0', 50, 5), intervalRecord(2))).join('\n')
  t.match(text, /eth0 [^]*errors 7 [^]*wlan0 [^]*errors 7 /, 'both, to their last line')
})

t.test(
  'the share that was seen: a look that is off by an interval is no lie, more than that is told',
  async t => {
    const rig = new TuiRig(100, 24)
    const seen = async (at: number, bytes: number, told: number) =>
      /seen (\S+) of/.exec(
        (await rig.show(intervalRecord(at, { packets: 0, bytes, interface_bytes: told }))).join('\n'),
      )?.[1]
    t.equal(await seen(1, 1000, 400), '100.0%', 'the counters were read early')
    t.equal(await seen(2, 1000, 1000), '100.0%')
    t.equal(await seen(3, 1000, 300), '176.5%', 'something is counted twice')
    t.equal(await seen(4, 1000, 4300), '66.7%')
  },
)

t.test('wide characters keep the columns', async t => {
  const rig = new TuiRig(100, 24)
  const names = [
    'plain',
    '日本語ツール',
    'e\u0301te\u0301',
    '👨‍👩‍👧 family',
    '한국어',
    'a\u200bb',
    'ﷺ',
    '日'.repeat(60),
  ]
  for (let at = 1; at <= 3; at++)
    await rig.show(
      ...names.map((name, i) => processRecord(at, 5000 + i, name, 1000 - i + at, 0)),
      intervalRecord(at),
    )
  const lines = await rig.type(down)
  names.forEach((name, i) => {
    const y = lines.findIndex(line => line.includes(String(5000 + i)))
    const text = Array.from({ length: 100 }, (_, x) => rig.cell(x, y)?.getChars() || ' ')
    t.same(text.slice(text.indexOf('5'), text.indexOf('5') + 4).join(''), String(5000 + i), name)
    t.equal(rig.cell(99, y)?.getChars(), '%', 'the last column ends where it should')
  })
  const column = (pid: number) => {
    const y = lines.findIndex(line => line.includes(String(pid)))
    return Array.from({ length: 100 }, (_, x) => rig.cell(x, y)?.getChars()).indexOf('5')
  }
  t.equal(new Set(names.map((_, i) => column(5000 + i))).size, 1, 'pids stand in one column')
  t.match(lines.join('\n'), /日本語ツール/)
  t.match(lines.join('\n'), /日…/, 'cut between two wide ones')
})

t.test('escape sequences of others do not reach the terminal', async t => {
  const evil = [
    '\x1b]0;owned\x07',
    '\x1b[2J\x1b[H',
    '\x9b31m',
    '\u202eabc',
    'a\nb\rc\td',
    '\x1bP+q\x1b\\',
    '\x1b[6n',
  ]
  const rig = new TuiRig(200, 40)
  let title = ''
  let answered = ''
  rig.terminal.onTitleChange(text => (title = text))
  rig.terminal.onData(text => (answered += text))
  const all = evil.join('')
  await rig.show(
    { type: 'hello', ts: START, tool: 'x', version: '1', schema: 1, host: all, method: all, degraded: [all] },
    ...evil.map((name, i) =>
      processRecord(1, i + 1, name, 1000 - i, 1, { user: name, cmdline: name, cgroup: name }),
    ),
    ...evil.map((name, i) =>
      connectionRecord(1, i + 1, name, i, 1, 1, { remote_name: name, proto: name, state: name, iface: name }),
    ),
    ...evil.map(name =>
      queryRecord(1, name, { response: name, resolver: name, query_type: name, rcode: name }),
    ),
    {
      ...(interfaceRecord(1, all, 1, 1) as object),
      addresses: evil,
      dns_servers: evil,
      search_domains: evil,
    } as never,
    { ...(resolverRecord(1, all) as object), iface: all } as never,
    intervalRecord(1, { method: all, degraded: [all] }),
  )
  for (const keys of ['1', '\r', '2', down, '3', '4', down, `/${all}`, '\r', '?']) await rig.type(keys)
  // eslint-disable-next-line no-control-regex
  const ours = /\x1b\[(?:\?2026[hl]|\d+;\d+H|\d+G|2J|2K|[0-9;]*m)/g
  t.notMatch(rig.written.replace(ours, ''), /[\x00-\x1f\x7f-\x9f\u202a-\u202e]/, 'only our own sequences')
  t.match(rig.written, /\\x1b\]0;owned\\x07/, 'shown as text')
  t.equal(title, '')
  t.equal(answered, '')
  for (const name of ['1e', '2e', '3e', '4e']) await rig.type(`\x1b${name}`)
  for (const { text } of rig.saved) t.notMatch(text.replaceAll(/[\t\n]/g, ''), /[\x00-\x1f\x7f-\x9f]/)
})

t.test('without colour, without UTF-8, without a cursor', async t => {
  const plain = await started(80, 24, { color: 'none' })
  for (const key of '1234') await plain.type(key)
  t.notMatch(plain.written, /\x1b\[[0-9;]*(3[0-9]|4[0-9]|9[0-9])[0-9;]*m/, 'NO_COLOR: no colour')
  t.match(plain.written, /\x1b\[0;7/, 'but the selection can be seen')

  const ascii = new TuiRig(80, 24, { isAscii: true })
  await ascii.show(processRecord(1, 5, '日本 ünï', 1000, 10), intervalRecord(1))
  for (const key of ['\r', '2', '3', '4', '?']) await ascii.type(key)
  t.notMatch(ascii.written, /[^\x00-\x7f]/)
  t.match(
    (await ascii.type('\x1b1')).join('\n'),
    / LAST 60 s v[^]* by rate v /,
    'a mark that is no part of the word',
  )
  t.match((await ascii.type('t')).join('\n'), / vTOTAL +\^TOTAL/)
  for (let i = 0; i < 11; i++) t.match((await ascii.type('s'))[BODY - 1], /[A-Za-z] [v^]( |$)/, `order ${i}`)
  t.match((await ascii.type('\x1b1')).join('\n'), /> - \?\? \?n\?/)

  const dumb = await started(80, 24, { color: undefined })
  t.notMatch(dumb.written, /\x1b/, 'TERM=dumb: not one escape sequence')
  t.match(dumb.written, /▸ alpha +100/)
})

t.test('any keys at any time, at any size', async t => {
  let seed = 4242
  const random = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below
  const keys = [
    ...'1234jkgGsStdei? ',
    '\t',
    '\x1b[Z',
    '\r',
    '/',
    '\x1b',
    '\x7f',
    'a',
    '\x1b[5~',
    '\x1b[6~',
    '\x0c',
    '\x1b[<64;3;9M',
  ]
  const rig = new TuiRig(80, 24, { isReplay: true })
  const names = ['alpha', 'beta', 'gamma', 'delta']
  for (let round = 1; round < 1500; round++) {
    const click = `\x1b[<0;${random(130)};${random(45)}M`
    let lines = await rig.type(random(6) === 0 ? click : (keys[random(keys.length)] as string))
    if (random(3) === 0) {
      const rates = Object.fromEntries(names.filter(() => random(3) > 0).map(name => [name, random(5000)]))
      lines = await rig.show(...second(round, rates))
    }
    if (random(40) === 0) lines = await rig.resize(1 + random(200), 1 + random(60))
    const { width, height } = rig.size()
    const selected = lines.filter(line => line.startsWith('▌')).length
    if (selected > 1 || lines.some(line => line.length > width))
      return t.fail(`round ${round}:\n${lines.join('\n')}`)
    if (width >= 80 && height >= 24 && !lines[0]?.includes('Processes'))
      return t.fail(
        `round ${round}: no tabs at ${width}x${height}, ${rig.terminal.buffer.active.baseY}:\n${lines.join('\n')}`,
      )
  }
  t.equal(rig.quits, 0)
})

t.test('little is written', async t => {
  const rig = new TuiRig(200, 60)
  const records = (at: number) => [
    ...Array.from({ length: 500 }, (_, i) =>
      processRecord(at, i + 1, `process-${i}`, 1000 + ((i * at * 7919) % 5000), i),
    ),
    intervalRecord(at),
  ]
  await rig.show(...records(1))
  const full = Buffer.byteLength(rig.written)
  t.ok(full < 200 * 60 * 6, `${full} bytes for a full frame`)
  for (let at = 2; at < 12; at++) {
    rig.written = ''
    await rig.show(...records(at))
    t.ok(Buffer.byteLength(rig.written) <= full * 1.2, `${Buffer.byteLength(rig.written)} bytes`)
  }
  rig.written = ''
  rig.stage.flush((START + 100) * 1e6)
  await rig.type('')
  t.equal(rig.written, '', 'nothing new, nothing written')
  rig.busy = true
  await rig.show(intervalRecord(20))
  t.equal(rig.written, '', 'a terminal that is behind gets no frames')
  rig.busy = false
  rig.stage.flush((START + 200) * 1e6)
  t.not(rig.written, '')
})
