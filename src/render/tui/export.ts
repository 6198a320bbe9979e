// What is shown as TSV: all columns and all rows of the list, also those without room on the screen.

import { printable } from '../../record/printable.ts'
import type { Column } from './column.ts'

export function tsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = rows.map(row =>
    columns
      .map(column => cell(column.value === undefined ? column.order(row) : column.value(row)))
      .join('\t'),
  )
  return `${[columns.map(({ id }) => id).join('\t'), ...lines].join('\n')}\n`
}

function cell(value: string | number | null | undefined): string {
  return value === null || value === undefined || value === '' ? '-' : printable(String(value))
}
