// The parts of the screen by themselves: widths, keys, histories, colours, the difference of frames, the model's bounds,
// and the pace of a recording.

import xterm from '@xterm/headless'
import t from 'tap'
import type {
  ConnectionRecord,
  IntervalRecord,
  NetoprocRecord,
  ProcessRecord,
} from '../../src/record/generated/types.ts'
import { RecordBatch } from '../../src/record/record-batch.ts'
import { cellWidth, clustersOf, fit } from '../../src/render/tui/cell-width.ts'
import { sparkline } from '../../src/render/tui/chart.ts'
import { place, type Column } from '../../src/render/tui/column.ts'
import { Grid } from '../../src/render/tui/grid.ts'
import { KeyReader } from '../../src/render/tui/keys.ts'
import { asciiGlyphs, unicodeGlyphs } from '../../src/render/tui/look.ts'
import { Model } from '../../src/render/tui/model.ts'
import { Painter } from '../../src/render/tui/painter.ts'
import { colors256 } from '../../src/render/tui/palette.ts'
import { RateHistory } from '../../src/render/tui/rate-history.ts'
import { Replay } from '../../src/render/tui/replay.ts'
import { milliseconds, percent, shortBytes, shortCount, shortRate } from '../../src/render/tui/units.ts'
import {
  START,
  connectionRecord,
  intervalRecord,
  newTables,
  processRecord,
  queryRecord,
} from '../support/tui-rig.ts'

t.test('widths', async t => {
  for (const [text, width] of [
    ['plain', 5],
    ['日本', 4],
    ['e\u0301', 1],
    ['👨‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['👩🏽‍❤️‍💋‍👨🏿', 2],
    [`e${'\u0301'.repeat(3000)}x`, 2],
    ['\u0301', 0],
    ['a\u200bb', 2],
    ['▁▂█', 3],
    ['', 0],
  ] as const)
    t.equal(cellWidth(text), width, text)
  t.same(
    clustersOf(`e${'\u0301'.repeat(3000)}`),
    [{ text: 'e', width: 1 }],
    'a stack of marks costs no bytes',
  )
  t.equal(fit('日本語', 5, '…'), '日本…')
  t.equal(fit('日本語', 4, '…'), '日…')
  t.equal(fit('日本語', 6, '…'), '日本語')
  t.equal(fit('abcdef', 4, '…'), 'abc…')
  t.equal(fit('abc', 0, '…'), '')
  t.equal(fit('e\u0301'.repeat(5), 3, '…'), 'e\u0301e\u0301…')
})

t.test('keys, whole and in pieces', async t => {
  const names = (reader: KeyReader, text: string | Uint8Array) =>
    reader
      .push(typeof text === 'string' ? Buffer.from(text) : text)
      .map(({ name, text: typed }) => typed ?? name)
  const all = '\x1b[A\x1bOB\x1b[5~\x1b[1;5C\x1b[<65;3;4Mé日\x7f\t\x1b[Z\r\x03'
  const expected = [
    'up',
    'down',
    'page-up',
    'right',
    'wheel-down',
    'é',
    '日',
    'backspace',
    'tab',
    'shift-tab',
    'enter',
    'ctrl-c',
  ]
  t.same(names(new KeyReader(), all), expected)
  const bytes = Buffer.from(all)
  const reader = new KeyReader()
  t.same(
    [...bytes].flatMap(byte => names(reader, Uint8Array.of(byte))),
    expected,
    'byte by byte',
  )
  t.same(names(reader, '\x1b'), [])
  t.ok(reader.isHolding)
  t.same(reader.idle(), [{ name: 'escape' }])
  t.same(names(reader, '\x1b'), [])
  t.same(names(reader, 'x'), ['escape', 'x'], 'Escape, then a letter')
  t.same(reader.push(Buffer.from('\x1b[<0;7;9M\x1b[<0;7;9m')), [{ name: 'click', x: 6, y: 8 }])
  t.same(names(reader, '\x1b[200~\x1b[?1;2c\x1b[I'), [], 'answers and pastes that nobody asked for')
})

t.test('numbers of at most so many cells', async t => {
  let seed = 7
  const random = () => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff
  for (let i = 0; i < 2000; i++) {
    const value = 10 ** (random() * 17) * random()
    if (shortBytes(value).length > 6) t.fail(`${value}: ${shortBytes(value)}`)
    if (shortRate(value).length > 8) t.fail(`${value}: ${shortRate(value)}`)
  }
  t.same([0, 0.4, 1, 999, 1000, 1023, 1024, 102_400, 1 << 20].map(shortBytes), [
    '0',
    '0',
    '1 B',
    '999 B',
    '1.0 K',
    '1.0 K',
    '1.0 K',
    '100 K',
    '1.0 M',
  ])
  t.same(
    [shortCount(99_999), shortCount(123_456), percent(0.12345), milliseconds(350), milliseconds(123_456)],
    ['99999', '123k', '12.3%', '0.35', '123'],
  )
  t.equal(sparkline([0, 1, 50, 100], unicodeGlyphs), ' ▁▄█')
  t.equal(sparkline([0, 1, 50, 100], asciiGlyphs), ' .=@')
  t.equal(sparkline([0, 0], unicodeGlyphs), '  ')
})

t.test('a history keeps every byte of its last slots, whatever the intervals', async t => {
  for (const seconds of [0.1, 0.7, 1, 2.5, 10]) {
    const history = new RateHistory(1, START)
    const steps = Math.floor(40 / seconds)
    for (let i = 1; i <= steps; i++) history.add(START + i * seconds, seconds, 100 * seconds, 7 * seconds)
    const { rx, tx } = history.rates(START + steps * seconds, 60)
    const within = (values: number[], rate: number) =>
      values.filter(value => value > 0).every(value => Math.abs(value - rate) < 0.5)
    t.equal(rx.length, 60)
    t.ok(within(rx, 100) && within(tx, 7), `${seconds} s: ${rx.slice(-3)}`)
    t.equal(rx.filter(value => value > 0).length, Math.ceil(steps * seconds - 1e-6))
  }
  const sums = new RateHistory(1, START)
  for (let at = 1; at <= 100; at++) sums.add(START + at, 1, at, 1)
  t.same(
    [
      sums.bytes(START + 100, 3),
      sums.bytes(START + 101, 3),
      sums.bytes(START + 100, 60),
      sums.bytes(START + 300, 60),
    ],
    [
      { rx: 297, tx: 3 },
      { rx: 199, tx: 2 },
      { rx: 4230, tx: 60 },
      { rx: 0, tx: 0 },
    ],
  )
  const old = new RateHistory(1, START)
  old.add(START + 1, 1, 5, 5)
  old.add(START + 500, 1, 9, 9)
  t.same(old.rates(START + 500, 60).rx.filter(Boolean), [9], 'what is older is gone')
  t.same(old.rates(START + 530, 60).rx.indexOf(9), 29, 'and moves to the left')
  t.same(old.rates(START + 900, 60).rx.filter(Boolean), [])
  const copy = old.copy()
  old.add(START + 501, 1, 1, 1)
  t.same(copy.rates(START + 500, 60).rx.filter(Boolean), [9])
})

t.test('colours can be read on black and on white', async t => {
  const levels = [0, 95, 135, 175, 215, 255]
  const channel = (value: number) =>
    value <= 10 ? value / 12.92 / 255 : ((value / 255 + 0.055) / 1.055) ** 2.4
  for (const color of Object.values(colors256)) {
    const index = color - 16
    const [r, g, b] = [Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map(i =>
      channel(levels[i] as number),
    )
    const luminance = 0.2126 * (r as number) + 0.7152 * (g as number) + 0.0722 * (b as number)
    t.ok((luminance + 0.05) / 0.05 >= 3, `${color} on black`)
    t.ok(1.05 / (luminance + 0.05) >= 3, `${color} on white`)
  }
})

t.test('columns: never more than there is room for, unless they must', async t => {
  const column = (id: string, priority: number, min: number, max: number): Column<unknown> => ({
    id,
    title: id,
    priority,
    min,
    max,
    text: () => id,
    order: () => id,
  })
  const columns = [
    column('a', 0, 10, 30),
    column('b', 1, 10, 20),
    column('c', 2, 10, 10),
    column('d', 9, 5, 5),
  ]
  const ids = (width: number, kept?: string) =>
    place(columns, 0, width, kept === undefined ? undefined : { id: kept, min: 1 })
      .map(each => each.column.id)
      .join('')
  t.same(
    [ids(38), ids(37), ids(32), ids(31), ids(21), ids(20), ids(3)],
    ['abcd', 'abc', 'abc', 'ab', 'ab', 'a', 'a'],
  )
  t.equal(ids(27, 'd'), 'abd')
  const cells = (min: number) =>
    place(columns, 0, 30, { id: 'd', min }).map(({ column: { id }, width }) => `${id}${width}`)
  t.same(
    [cells(5), cells(8)],
    [
      ['a13', 'b10', 'd5'],
      ['a10', 'b10', 'd8'],
    ],
    'room for a title with its mark',
  )
  for (let width = 10; width < 120; width++) {
    const placed = place(columns, 2, width)
    const last = placed.at(-1)
    if (last === undefined || last.x + last.width > width + 2) t.fail(`${width}`)
    placed.slice(1).forEach((each, i) => {
      const before = placed[i]
      if (before === undefined || each.x !== before.x + before.width + 1)
        t.fail(`${width}: ${each.column.id}`)
    })
  }
})

t.test('whatever frame follows whatever frame, the terminal shows it', async t => {
  let seed = 99
  const random = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below
  const texts = [
    'abc',
    'x',
    '日本語',
    'e\u0301t',
    '▁▃█ 12',
    '한',
    '—',
    'long text that is cut at the edge',
    '👍',
    '🇩🇪',
  ]
  const [width, height] = [40, 12]
  const terminal = new xterm.Terminal({ cols: width, rows: height, allowProposedApi: true, scrollback: 0 })
  const painter = new Painter('256')
  let grid = new Grid(width, height, unicodeGlyphs, false)
  for (let round = 0; round < 300; round++) {
    const next = new Grid(width, height, unicodeGlyphs, false)
    if (round % 20 !== 0) {
      next.cells.splice(0, next.cells.length, ...grid.cells)
      next.styles.set(grid.styles)
    }
    for (let i = random(6); i >= 0; i--) {
      const y = random(height)
      next.put(0, y, ' '.repeat(width))
      next.put(random(width), y, texts[random(texts.length)] as string, random(5) | (random(2) << 3))
    }
    const text = painter.paint(next)
    await new Promise<void>(resolve => terminal.write(text, resolve))
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const wanted = next.cells[y * width + x] as string
        const cell = terminal.buffer.active.getLine(y)?.getCell(x)
        // Of these the emulator has its own idea of the width; the cells around them are what counts.
        if (wanted === '' || /\p{RI}|\p{Emoji_Presentation}/u.test(wanted)) continue
        const isBold = ((next.styles[y * width + x] as number) & 8) !== 0
        const shown = cell?.getChars() || ' '
        if (shown !== wanted || (shown !== ' ' && (cell?.isBold() !== 0) !== isBold))
          return t.fail(`round ${round}, cell ${x},${y}: "${shown}", not "${wanted}"`)
      }
    }
    grid = next
  }
  t.equal(painter.paint(grid), '', 'the same frame again costs nothing')
})

t.test('the model is bounded, and forgets what was quiet longest', async t => {
  const model = new Model()
  const process = (at: number, pid: number) => processRecord(at, pid, `p${pid}`, 1, 1) as ProcessRecord
  for (let pid = 0; pid < 6000; pid++) model.add(process(1, pid))
  t.equal(model.processes.size, 4096)
  t.ok([...model.processes.values()].some(row => row.record.pid === 5999))
  t.equal(model.forgotten, 6000 - 4096, 'counted, and said in the status line')
  for (let port = 0; port < 25_000; port++) model.add(connectionRecord(1, 1, 'p1', port, 1, 1))
  t.equal(model.connections.size, 20_000)
  for (let i = 0; i < 5000; i++) model.add(queryRecord(1, `n${i}`))
  t.equal(model.newestQueries().length, 1000)
  t.equal(model.newestQueries()[0]?.record.query_name, 'n4999')
  model.add(intervalRecord(1))
  t.equal(model.add(intervalRecord(100)), true)
  t.equal(model.connections.size, 0, 'quiet ones go after a minute')
  t.equal(model.processes.size, 4096, 'a process that lives stays')
})

t.test('rates are of the last interval, peaks and drops of all', async t => {
  const model = new Model()
  model.add(processRecord(1, 1, 'a', 500, 5))
  const row = () => [...model.processes.values()][0]?.record as ProcessRecord
  model.add(intervalRecord(1, { dropped: 3 }))
  t.same(model.rate(row()), { rx: 500, tx: 5 })
  model.add(intervalRecord(2, { dropped: 4 }))
  t.same(model.rate(row()), { rx: 0, tx: 0 }, 'nothing in this interval')
  t.same([model.current, model.peak, model.tally.dropped], [{ rx: 0, tx: 0 }, { rx: 500, tx: 5 }, 7])
  model.add(processRecord(3, 1, 'a', 20, 1))
  t.same(model.rate(row()), { rx: 20, tx: 1 }, 'an interval that is not complete shows no zeros')
  model.add({ type: 'hello', ts: 1, tool: 'x', version: '1', schema: 1, method: 'file', degraded: [] })
  model.add(connectionRecord(3, 1, 'a', 9, 20, 1) as ConnectionRecord)
  model.add(intervalRecord(3) as IntervalRecord)
  t.match(
    model.interfaces.get('eth0')?.record,
    { rx_bytes_total: 20, tx_rate: 1 },
    'a file tells of interfaces by its packets',
  )
})

t.test('a recording goes at its own pace', async t => {
  const seen: number[] = []
  let closed = 0
  const tables = newTables()
  const next = {
    push: (batch: RecordBatch) => {
      for (const record of batch.side) if (record.type === 'interval') seen.push(record.ts - START)
    },
    flush: () => Infinity,
    close: () => closed++,
  }
  const replay = new Replay(next, tables, () => {})
  const push = (...records: NetoprocRecord[]) => {
    const batch = new RecordBatch(tables, 0)
    for (const record of records) batch.append(record)
    replay.push(batch)
  }
  const at = (seconds: number) => 1e15 + seconds * 1e6
  for (let second = 1; second <= 5; second++)
    push(processRecord(second, 1, 'a', 1, 1), intervalRecord(second))
  push(intervalRecord(500))
  replay.close()
  t.equal(replay.flush(at(0)), at(1), 'the first at once')
  t.same(seen, [1])
  replay.flush(at(0.9))
  t.same(seen, [1])
  t.equal(Math.round(replay.flush(at(1.1))), at(2))
  t.same(seen, [1, 2])
  replay.setPace(2, false, at(1.1))
  t.equal(Math.round(replay.flush(at(1.1))), Math.round(at(1.55)), 'twice as fast')
  replay.flush(at(1.56))
  t.same(seen, [1, 2, 3])
  replay.setPace(2, true, at(1.56))
  t.equal(replay.flush(at(50)), Infinity, 'paused')
  t.same(seen, [1, 2, 3])
  replay.setPace(1, false, at(50))
  replay.flush(at(51))
  replay.flush(at(52))
  t.same(seen, [1, 2, 3, 4, 5])
  t.equal(closed, 0)
  for (let second = 53; second < 56; second++) replay.flush(at(second))
  t.same(seen.at(-1), 500, 'a long silence is not waited for')
  t.equal(closed, 1)
  t.equal(replay.flush(at(60)), Infinity)
  t.equal(closed, 1)

  const slow = new Replay(next, tables, () => {})
  t.equal(slow.ready(), undefined)
  const batch = new RecordBatch(tables, 0)
  for (let second = 1; second <= 100; second++) batch.append(intervalRecord(second))
  slow.push(batch)
  let isReady = false
  void slow.ready()?.then(() => (isReady = true))
  slow.flush(at(0))
  await Promise.resolve()
  t.notOk(isReady, 'the source waits')
  for (let second = 1; second < 60; second++) slow.flush(at(second))
  await Promise.resolve()
  t.ok(isReady)
})
