// What is around every view: above it the tabs and the traffic of the host, below it the selected row in full, how is counted,
// and the keys.

import { printable } from '../../../record/printable.ts'
import { bars, resample } from '../chart.ts'
import { cellWidth, fit } from '../cell-width.ts'
import type { Context } from '../context.ts'
import type { Grid } from '../grid.ts'
import { PANE_FROM } from '../layout.ts'
import { ACCENT, ALARM, BOLD, DIM, REVERSE, rateStyle } from '../look.ts'
import { SLOTS } from '../rate-history.ts'
import type { Area, RowCount } from '../table.ts'
import { clockTime, percent, shortCount, shortRate } from '../units.ts'
import { viewNames, viewTitles } from '../ui-state.ts'

export function drawTabs(grid: Grid, context: Context): void {
  const { model, state } = context
  let x = grid.put(1, 0, 'netoproc', BOLD) + 1
  viewNames.forEach((name, i) => {
    x = grid.put(x, 0, ` ${i + 1} ${viewTitles[name]} `, name === state.view ? REVERSE | BOLD : 0)
  })
  const time = model.now === 0 ? '' : ` ${clockTime(model.now)}`
  const speed = state.speed === undefined ? '' : ` x${state.speed}`
  const mode = state.isPaused ? 'PAUSED' : modeOf(context)
  const text = `${mode}${speed}${time}`
  const left = grid.width - cellWidth(text) - 1
  if (left > x) grid.put(left, 0, text, state.isPaused || model.ended !== undefined ? BOLD : 0)
  const host = model.hello?.host ?? ''
  if (host !== '' && left - x > host.length + 4) grid.put(x + 2, 0, host, DIM, left - x - 4)
}

function modeOf({ model, glyphs }: Context): string {
  if (model.ended !== undefined) return model.ended === 'cut' ? 'CUT' : 'ENDED'
  return model.hello?.method === 'file' ? 'FILE' : `${glyphs.live} LIVE`
}

/** Rates of the whole host with their peaks and charts. @returns lines used */
export function drawTraffic(grid: Grid, y: number, height: number, { model, glyphs }: Context): void {
  const half = Math.floor(grid.width / 2)
  const history = model.history?.rates(model.now, SLOTS) ?? { rx: [], tx: [] }
  for (const [way, mark, x] of [
    ['rx', glyphs.down, 1],
    ['tx', glyphs.up, half + 1],
  ] as const) {
    const values = history[way]
    const style = rateStyle(model.current[way])
    grid.put(x, y, `${mark} ${shortRate(model.current[way])}`, style | BOLD, 11)
    const peak = `peak ${shortRate(model.peak[way])}`
    const below = height > 1 ? 1 : 0
    const chartX = x + (below === 1 ? 15 : 26)
    grid.put(below === 1 ? x : x + 11, y + below, peak, DIM, 14)
    const width = Math.min(SLOTS, half - (chartX - x) - 2)
    bars(resample(values, width), height, glyphs).forEach((line, i) => grid.put(chartX, y + i, line, style))
  }
}

/** The selected row in full, or what there is to tell. */
export function drawLines(grid: Grid, area: Area, lines: readonly string[], style: number): void {
  lines.forEach((line, i) => grid.put(area.x, area.y + i, line, style, area.width))
}

/** Why a better method is not used; what has no room here is in the help. */
export function drawDegraded(grid: Grid, y: number, reasons: readonly string[]): void {
  const [first = ''] = reasons
  const text = `! ${first}`
  const isCut = reasons.length > 1 || cellWidth(text) > grid.width - 2
  const more = isCut ? `  (${reasons.length > 1 ? `${reasons.length} reasons, ` : ''}? shows all)` : ''
  const x = grid.put(1, y, text, BOLD, grid.width - 2 - more.length)
  grid.put(x, y, more, DIM)
}

/** @param count rows of the list that the filter leaves, and all */
export function drawStatus(grid: Grid, y: number, context: Context, count: RowCount | undefined): void {
  const { model, state, glyphs } = context
  const { interval, hello } = model
  const list = state.lists[state.view]
  const names = (hello?.interfaces ?? []).map(({ name }) => name).filter(name => name !== '')
  const alarm = ALARM | BOLD
  const segments: Array<readonly [text: string, style: number]> = [
    [interval?.method ?? hello?.method ?? 'no source', BOLD],
  ]
  if (state.isPaused && state.speed === undefined) segments.unshift(['paused, counting goes on', BOLD])
  // First, since it must never be cut off: fewer rows than there are must have a reason.
  if (state.filter !== '') {
    const matches = count === undefined ? '' : ` ${count.shown} of ${count.all}`
    segments.push([`${fit(`/${state.filter}`, 30, glyphs.ellipsis)}${matches}`, ACCENT | BOLD])
  }
  if (names.length > 0) segments.push([names.length > 3 ? `${names.length} interfaces` : names.join(' '), 0])
  if (interval !== undefined) {
    const rate = interval.interval > 0 ? interval.packets / interval.interval : 0
    segments.push([`${Math.round(rate)} pkt/s`, 0])
    segments.push([`drops ${model.tally.dropped}`, model.tally.dropped > 0 ? alarm : 0])
    const unknown = interval.bytes > 0 ? interval.unknown_bytes / interval.bytes : 0
    segments.push([`unknown ${percent(unknown)}`, 0])
  }
  // The list is bounded; that something is not in it must be seen.
  if (model.forgotten > 0) segments.push([`${shortCount(model.forgotten)} rows forgotten`, BOLD])
  const mark = list.isDescending ? glyphs.descending : glyphs.ascending
  segments.push([`by ${list.sort}${mark}`, 0])
  if (interval !== undefined) segments.push([`${Number(interval.interval.toFixed(2))} s`, 0])
  let x = 1
  segments.forEach(([text, style], i) => {
    // What has no room is left out whole: half a figure is worse than none.
    if (i > 0 && x + 3 + cellWidth(text) > grid.width - 1) return
    if (i > 0) x = grid.put(x, y, ` ${glyphs.separator} `, DIM)
    x = grid.put(x, y, text, style, grid.width - 1 - x)
  })
}

export function drawKeys(grid: Grid, y: number, { state }: Context, filterError: string | undefined): void {
  if (state.isEditing) {
    const hint = filterError ?? 'Enter keeps, Esc clears'
    // Of a long filter the end is seen, where it is typed.
    const shown = lastCells(`/${state.filter}`, grid.width - hint.length - 6)
    const x = grid.put(1, y, shown, ACCENT | BOLD)
    grid.put(x, y, ' ', REVERSE)
    grid.put(x + 2, y, hint, filterError === undefined ? DIM : ALARM | BOLD)
    return
  }
  if (filterError !== undefined) {
    grid.put(1, y, filterError, BOLD, grid.width - 2)
    return
  }
  const pause = state.isPaused ? 'go on' : 'pause'
  const keys = [
    'Enter open',
    '/ filter',
    's sort',
    't totals',
    'Tab view',
    `Space ${pause}`,
    '? help',
    'q quit',
  ]
  let room = grid.width - 2 - keys.join('  ').length
  for (const more of ['i pane', 'S reverse', 'd addresses', 'e export']) {
    room -= more.length + 2
    if (room < 0 || (more === 'i pane' && grid.width < PANE_FROM)) break
    keys.splice(-2, 0, more)
  }
  grid.put(1, y, keys.join('  '), DIM, grid.width - 2)
}

function lastCells(text: string, width: number): string {
  const shown = printable(text)
  if (cellWidth(shown) <= width) return shown
  let cut = [...shown]
  while (cut.length > 0 && cellWidth(cut.join('')) > width) cut = cut.slice(1)
  return cut.join('')
}

/** What is moved now. @returns the column behind it */
export function drawRates(grid: Grid, x: number, y: number, { model, glyphs }: Context): number {
  const { rx, tx } = model.current
  return grid.put(x, y, `${glyphs.down} ${shortRate(rx)} ${glyphs.up} ${shortRate(tx)}`, BOLD)
}

/** Where there is room for the list and one line: what the user is told or types, else what matters most. */
export function drawSmallStatus(
  grid: Grid,
  y: number,
  context: Context,
  count: RowCount | undefined,
  filterError: string | undefined,
): void {
  const { model, state } = context
  // A view may have reached into it.
  grid.put(0, y, ' '.repeat(grid.width))
  if (state.isEditing || filterError !== undefined) return drawKeys(grid, y, context, filterError)
  if (state.message !== undefined) {
    grid.put(1, y, state.message, BOLD, grid.width - 2)
    return
  }
  let x = drawRates(grid, 1, y, context)
  const { dropped, unknown, bytes } = model.tally
  const matches = count === undefined ? '' : ` ${count.shown} of ${count.all}`
  const facts: Array<readonly [text: string, style: number]> = [
    [
      state.filter === '' ? '' : `${fit(`/${state.filter}`, 12, context.glyphs.ellipsis)}${matches}`,
      ACCENT | BOLD,
    ],
    [state.isPaused ? 'PAUSED' : model.ended === undefined ? '' : modeOf(context), BOLD],
    [dropped > 0 ? `lost ${shortCount(dropped)}` : '', ALARM | BOLD],
    [bytes > 0 ? `unknown ${percent(unknown / bytes)}` : '', 0],
    ['? help', DIM],
  ]
  for (const [text, style] of facts)
    if (text !== '' && x + 2 + cellWidth(text) <= grid.width) x = grid.put(x + 2, y, text, style)
}
