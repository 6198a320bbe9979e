// A whole screen from what is known and chosen: the same in, the same cells out.

import { NetoprocError } from '../../record/error.ts'
import { RowFilter } from '../row-filter.ts'
import { wrap } from './cell-width.ts'
import type { Context } from './context.ts'
import { Grid } from './grid.ts'
import { BOLD, DIM, asciiGlyphs, unicodeGlyphs } from './look.ts'
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
  drawTooSmall,
  drawTraffic,
} from './views/chrome.ts'
import { connectionTable } from './views/connections.ts'
import { detailOf, layOut } from './views/detail.ts'
import { drawDns } from './views/dns.ts'
import { drawHelp, type HelpLayout } from './views/help.ts'
import { drawInterfaces } from './views/interfaces.ts'
import { processTable } from './views/processes.ts'

export const SMALLEST = { width: 80, height: 24 } as const
/** Lines for the selected row in full. */
const DETAIL = 3

export interface Size {
  readonly width: number
  readonly height: number
}

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
  if (size.width < SMALLEST.width || size.height < SMALLEST.height) {
    drawTooSmall(grid, context)
    return { grid }
  }
  const degraded = model.interval?.degraded ?? model.hello?.degraded ?? []
  const chart = size.height >= 40 ? 3 : size.height >= 30 ? 2 : 1
  const statusY = size.height - 2
  const belowY = statusY - (degraded.length > 0 ? 1 : 0)
  const area: Area = { x: 0, y: 2 + chart, width: size.width, height: belowY - DETAIL - 2 - chart }
  drawTabs(grid, context)
  drawTraffic(grid, 1, chart, context)
  drawBalance(grid, 1 + chart, context)
  if (degraded.length > 0) drawDegraded(grid, belowY, degraded)
  if (state.isHelp) {
    const help = drawHelp(grid, { ...area, height: area.height + DETAIL }, context)
    drawStatus(grid, statusY, context, undefined)
    drawKeys(grid, statusY + 1, context, error)
    return { grid, help }
  }
  const list = drawView(grid, area, context)
  const lines =
    state.message === undefined
      ? layOut(detailOf(context, list.keys[list.index]), size.width - 2, DETAIL)
      : wrap(state.message, size.width - 2).slice(0, DETAIL)
  drawLines(grid, belowY - DETAIL, lines, state.message === undefined ? DIM : BOLD)
  drawStatus(grid, statusY, context, list.count)
  drawKeys(grid, statusY + 1, context, error)
  return { grid, list }
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
