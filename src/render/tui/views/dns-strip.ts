// The last DNS questions, below a list of something else: who asked whom for what, and what came of it.

import { place, type Column } from '../column.ts'
import type { Context } from '../context.ts'
import type { Grid } from '../grid.ts'
import type { QueryRow } from '../model.ts'
import { drawCells, type Area } from '../table.ts'
import { shortCount } from '../units.ts'
import { queryColumns } from './dns.ts'
import { drawRule } from './events.ts'

/** In this order, with most cells of each: without titles, so that what is no name by itself says what it is. */
const widest = { time: 9, type: 6, name: 40, process: 20, resolver: 24, latency: 10, response: 60 }
const columns = Object.entries(widest).map(([id, max]) => {
  const column = queryColumns.find(each => each.id === id) as Column<QueryRow>
  if (id !== 'latency') return { ...column, max }
  return {
    ...column,
    min: max,
    max,
    text: (row: QueryRow, width: number) => withUnit(column.text(row, width)),
  }
})

function withUnit(text: string): string {
  return text === '' ? '' : `${text} ms`
}

/** The first line says what these are, the newest is below it. */
export function drawDnsStrip(grid: Grid, { x, y, width, height }: Area, context: Context): void {
  const { model, filter, glyphs } = context
  const rows: QueryRow[] = []
  for (let at = model.queries.length - 1; at >= 0 && rows.length < height - 1; at--) {
    const row = model.queries[at] as QueryRow
    if (filter === undefined || filter.query(row.record)) rows.push(row)
  }
  const title = `DNS, last ${rows.length} of ${shortCount(model.queriesSeen)}${filter === undefined ? '' : ', filtered'}`
  drawRule(grid, { x, y, width, height: 1 }, title, glyphs.line)
  drawCells(grid, place(columns, x + 1, width - 2), rows, y + 1)
}
