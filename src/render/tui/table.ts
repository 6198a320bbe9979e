// A list on the screen: header with the mark of the order, rows, selection, and as much of it as fits.

import { cellWidth } from './cell-width.ts'
import { place, type Column, type Placed } from './column.ts'
import { tsv } from './export.ts'
import type { Grid } from './grid.ts'
import { ACCENT, BOLD, REVERSE, UNDERLINE, type Glyphs } from './look.ts'
import type { ListState } from './ui-state.ts'

export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A column that rows can be ordered by; numbers start with the largest. */
export interface SortColumn {
  readonly id: string
  readonly isNumber: boolean
}

export interface RowCount {
  readonly shown: number
  readonly all: number
}

/** What keys and mouse need to know of the list that was drawn. */
export interface ListLayout {
  /** Of every row, also those that are not on the screen. */
  readonly keys: readonly string[]
  /** Selected row, and the first on the screen. */
  readonly index: number
  readonly top: number
  /** Rows on the screen. */
  readonly page: number
  /** Screen row of the first, and lines of each. */
  readonly bodyY: number
  readonly rowHeight: number
  /** Column behind the list. */
  readonly right: number
  readonly headerY: number
  readonly columns: ReadonlyArray<SortColumn & { readonly x: number; readonly width: number }>
  /** Also those that have no room. */
  readonly sortable: readonly SortColumn[]
  /** Rows that the filter leaves, and all. */
  readonly count: RowCount
  /** Every row as TSV. */
  readonly tsv: () => string
}

export interface Table<Row extends { readonly key: string }> {
  readonly columns: readonly Column<Row>[]
  /** Already in order. */
  readonly rows: readonly Row[]
  readonly count: RowCount
  /** Of the whole row, as for what has ended. */
  rowStyle?(row: Row): number
  /** Said where there are no rows. */
  readonly whenEmpty: string
}

/** Selection and scrolling for a list of `keys` of which `page` fit. */
export function settle(
  list: ListState,
  keys: readonly string[],
  page: number,
): { index: number; top: number } {
  const found = list.selected === undefined ? 0 : keys.indexOf(list.selected)
  const index = Math.max(0, Math.min(found < 0 ? list.index : found, keys.length - 1))
  const lowest = Math.max(0, keys.length - page)
  const top = Math.min(lowest, Math.max(index - page + 1, Math.min(list.top, index)))
  return { index, top: Math.max(0, top) }
}

export function drawTable<Row extends { readonly key: string }>(
  grid: Grid,
  area: Area,
  table: Table<Row>,
  list: ListState,
  glyphs: Glyphs,
): ListLayout {
  const mark = list.isDescending ? glyphs.descending : glyphs.ascending
  const order = table.columns.find(({ id }) => id === list.sort)
  const kept = order && { id: order.id, min: order.title.length + mark.length }
  const placed = place(table.columns, area.x + 2, area.width - 2, kept)
  const keys = table.rows.map(({ key }) => key)
  const page = Math.max(1, area.height - 1)
  const { index, top } = settle(list, keys, page)
  drawHeader(grid, area.y, placed, list.sort, mark)
  for (let i = 0; i < page && top + i < keys.length; i++) {
    const row = table.rows[top + i] as Row
    const y = area.y + 1 + i
    const whole = table.rowStyle?.(row) ?? 0
    for (const [at, { column, x, width: own }] of placed.entries()) {
      const width = column.flows?.(row) === true ? roomFrom(placed, at, row) : own
      const text = column.text(row, width)
      if (text === '') continue
      const left = column.isNumber === true ? Math.max(0, width - cellWidth(text)) : 0
      grid.put(x + left, y, text, whole === 0 ? (column.style?.(row) ?? 0) : whole, width - left)
    }
    if (top + i !== index) continue
    grid.put(area.x, y, glyphs.cursor, ACCENT)
    grid.mark(area.x + 1, y, area.width - 1, REVERSE)
  }
  if (keys.length === 0) grid.put(area.x + 2, area.y + 2, table.whenEmpty, 0, area.width - 3)
  return {
    keys,
    index,
    top,
    page,
    bodyY: area.y + 1,
    rowHeight: 1,
    right: area.x + area.width,
    headerY: area.y,
    columns: placed.map(({ column, x, width }) => ({ ...sortColumn(column), x, width })),
    sortable: table.columns.map(sortColumn),
    count: table.count,
    tsv: () => tsv(table.columns, table.rows),
  }
}

/** Rows that are only looked at: no selection, no order. */
export function drawCells<Row>(
  grid: Grid,
  placed: readonly Placed<Row>[],
  rows: readonly Row[],
  y: number,
): void {
  for (const [i, row] of rows.entries()) {
    for (const { column, x, width } of placed) {
      const text = column.text(row, width)
      const left = column.isNumber === true ? Math.max(0, width - cellWidth(text)) : 0
      grid.put(x + left, y + i, text, column.style?.(row) ?? 0, width - left)
    }
  }
}

export function sortColumn({ id, isNumber }: Pick<Column<never>, 'id' | 'isNumber'>): SortColumn {
  return { id, isNumber: isNumber === true }
}

/** Cells from a column on to the next that has a text in this row. */
function roomFrom<Row>(placed: readonly Placed<Row>[], at: number, row: Row): number {
  const { x, width } = placed[at] as Placed<Row>
  const next = placed.slice(at + 1).find(({ column, width: own }) => column.text(row, own) !== '')
  if (next !== undefined) return next.x - 1 - x
  const last = placed.at(-1) as Placed<Row>
  return Math.max(width, last.x + last.width - x)
}

function drawHeader<Row>(
  grid: Grid,
  y: number,
  placed: readonly Placed<Row>[],
  order: string,
  mark: string,
): void {
  for (const { column, x, width } of placed) {
    const isOrder = column.id === order
    const text = isOrder ? `${column.title}${mark}` : column.title
    const left = column.isNumber === true ? Math.max(0, width - text.length) : 0
    grid.put(x + left, y, text, isOrder ? BOLD | UNDERLINE : BOLD, width - left)
  }
}
