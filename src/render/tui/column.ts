// Columns of a table, and which of them have room. The least important one goes first, then what room is left makes the
// others wider, the most important first.

export interface Column<Row> {
  readonly id: string
  readonly title: string
  /** 0 never goes; the highest goes first. */
  readonly priority: number
  /** Cells. */
  readonly min: number
  readonly max: number
  readonly isNumber?: boolean
  text(row: Row, width: number): string
  /** What the rows are ordered by; numbers start with the largest. */
  order(row: Row): string | number
  style?(row: Row): number
  /** The text of this row may take the room of the columns behind it that are empty. */
  flows?(row: Row): boolean
  /** For TSV, where the order is not what it says. */
  value?(row: Row): string | number | null | undefined
}

export interface Placed<Row> {
  readonly column: Column<Row>
  readonly x: number
  readonly width: number
}

/** Cells between columns. */
const GAP = 1

/** @param kept the column that goes last, and has so many cells at least: the one that the rows are ordered by, with its mark */
export function place<Row>(
  columns: readonly Column<Row>[],
  x: number,
  width: number,
  kept?: { readonly id: string; readonly min: number },
): Placed<Row>[] {
  const shown = columns.map(column => {
    if (column.id !== kept?.id) return column
    const min = Math.max(column.min, kept.min)
    return { ...column, priority: 0, min, max: Math.max(column.max, min) }
  })
  const needed = () => shown.reduce((sum, { min }) => sum + min + GAP, -GAP)
  while (needed() > width && shown.length > 1) {
    let last = shown.reduce((worst, each) => (each.priority >= worst.priority ? each : worst))
    if (last.priority === 0) {
      // Where there is room for hardly anything, also what orders the rows.
      const ordering = shown.find(({ id }) => id === kept?.id && !columns.some(isNeeded(id)))
      if (ordering === undefined) break
      last = ordering
    }
    shown.splice(shown.indexOf(last), 1)
  }
  let spare = Math.max(0, width - needed())
  const widths = new Map(shown.map(column => [column, column.min]))
  for (const column of [...shown].sort((a, b) => a.priority - b.priority)) {
    const more = Math.min(spare, column.max - column.min)
    widths.set(column, column.min + more)
    spare -= more
  }
  return shown.map(column => {
    const placed = { column, x, width: widths.get(column) as number }
    x += placed.width + GAP
    return placed
  })
}

function isNeeded(id: string): (column: { readonly id: string; readonly priority: number }) => boolean {
  return column => column.id === id && column.priority === 0
}

/**
 * In the column's order; rows that are alike there by key, so that they do not dance.
 * @param held places that rows keep for now, new rows behind them: nothing moves under the user's hand
 */
export function sorted<Row extends { readonly key: string }>(
  rows: readonly Row[],
  column: Column<Row>,
  isDescending: boolean,
  held: ReadonlyMap<string, number> | undefined,
): Row[] {
  const sign = isDescending ? -1 : 1
  const keyed = rows.map(row => ({ row, order: column.order(row), place: held?.get(row.key) ?? Infinity }))
  keyed.sort(
    (a, b) => compare(a.place, b.place) || sign * compare(a.order, b.order) || compare(a.row.key, b.row.key),
  )
  return keyed.map(({ row }) => row)
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
