// A whole screen from what is known and chosen: the same in, the same cells out.

import { NetoprocError } from '../../record/error.ts'
import { RowFilter } from '../row-filter.ts'
import { wrap } from './cell-width.ts'
import type { Context } from './context.ts'
import { Grid } from './grid.ts'
import { BOLD, DIM, asciiGlyphs, unicodeGlyphs } from './look.ts'
import { hasRoom, layOut, type Layout, type Size } from './layout.ts'
import type { Model } from './model.ts'
import { drawTable, type Area, type ListLayout } from './table.ts'
import type { UiState } from './ui-state.ts'
import { drawBalance } from './views/balance.ts'
import {
  drawDegraded,
  drawKeys,
  drawLines,
  drawStatus,
  drawTabs,
  drawRates,
  drawSmallStatus,
  drawTraffic,
} from './views/chrome.ts'
import { connectionTable } from './views/connections.ts'
import { drawPane, stripOf } from './views/detail-layout.ts'
import { detailOf } from './views/detail.ts'
import { drawDnsStrip } from './views/dns-strip.ts'
import { drawDns } from './views/dns.ts'
import { drawEvents } from './views/events.ts'
import { drawHelp, type HelpLayout } from './views/help.ts'
import { drawInterfaces } from './views/interfaces.ts'
import { processTable } from './views/processes.ts'

export interface Frame {
  readonly grid: Grid
  /** Undefined where no list is shown: help, a terminal too small. */
  readonly list?: ListLayout
  readonly help?: HelpLayout
}

/** @param held places that rows of the list keep for now, by key */
export function drawFrame(
  model: Model,
  state: UiState,
  size: Size,
  isAscii: boolean,
  held?: ReadonlyMap<string, number>,
): Frame {
  const glyphs = isAscii ? asciiGlyphs : unicodeGlyphs
  const grid = new Grid(size.width, size.height, glyphs, isAscii)
  const { filter, error } = compiled(state.filter)
  const context: Context = { model, state, glyphs, filter, held }
  if (!hasRoom(size, 'list')) {
    drawRates(grid, 0, 0, context)
    return { grid }
  }
  if (!hasRoom(size, 'all')) return drawSmall(grid, context, error)
  const degraded = model.interval?.degraded ?? model.hello?.degraded ?? []
  const layout = layOut(size, state, {
    isDegraded: degraded.length > 0,
    hasEvents: !model.events.isEmpty,
    hasQueries: model.queriesSeen > 0,
  })
  const { chart, degradedY, statusY } = layout
  drawTabs(grid, context)
  drawTraffic(grid, 1, chart, context)
  drawBalance(grid, 1 + chart, context)
  if (degraded.length > 0) drawDegraded(grid, degradedY, degraded)
  if (state.isHelp) {
    const help = drawHelp(grid, layout.whole, context)
    drawStatus(grid, statusY, context, undefined)
    drawKeys(grid, statusY + 1, context, error)
    return { grid, help }
  }
  const list = drawView(grid, layout.list, context)
  drawDetail(grid, layout, context, list.keys[list.index])
  if (layout.dns !== undefined) drawDnsStrip(grid, layout.dns, context)
  if (layout.events !== undefined) drawEvents(grid, layout.events, context)
  drawStatus(grid, statusY, context, list.count)
  drawKeys(grid, statusY + 1, context, error)
  return { grid, list }
}

/** The list, or the help, and a line that says the rest. */
function drawSmall(grid: Grid, context: Context, error: string | undefined): Frame {
  const area = { x: 0, y: 0, width: grid.width, height: grid.height - 1 }
  if (context.state.isHelp) {
    const help = drawHelp(grid, area, context)
    drawSmallStatus(grid, area.height, context, undefined, error)
    return { grid, help }
  }
  const list = drawView(grid, area, context)
  drawSmallStatus(grid, area.height, context, list.count, error)
  return { grid, list }
}

/** The selected row in full, and what there is to tell. */
function drawDetail(grid: Grid, { pane, strip }: Layout, context: Context, key: string | undefined): void {
  const { message } = context.state
  if (pane !== undefined) {
    for (let y = pane.y; y < pane.y + pane.height; y++) grid.put(pane.x - 2, y, context.glyphs.separator, DIM)
    drawPane(grid, pane, detailOf(context, key), message)
  } else if (strip !== undefined) {
    const { width, height } = strip
    const lines =
      message === undefined
        ? stripOf(detailOf(context, key), width, height)
        : wrap(message, width).slice(0, height)
    drawLines(grid, strip, lines, message === undefined ? DIM : BOLD)
  }
}

function drawView(grid: Grid, area: Area, context: Context): ListLayout {
  const { state, glyphs } = context
  switch (state.view) {
    case 'processes':
      return drawTable(grid, area, processTable(context), state.lists.processes, glyphs)
    case 'connections':
      return drawTable(grid, area, connectionTable(context), state.lists.connections, glyphs)
    case 'interfaces':
      return drawInterfaces(grid, area, context)
    case 'dns':
      return drawDns(grid, area, context)
  }
}

let last: { text: string; filter: RowFilter | undefined; error: string | undefined } | undefined

/** The filter of a text; of a text that is none, nothing is filtered and the error says why. */
export function compiled(text: string): { filter: RowFilter | undefined; error: string | undefined } {
  if (last?.text === text) return last
  try {
    last = { text, filter: text === '' ? undefined : new RowFilter(text), error: undefined }
  } catch (error) {
    if (!(error instanceof NetoprocError)) throw error
    last = { text, filter: undefined, error: error.message.replace(/^--/, '') }
  }
  return last
}
