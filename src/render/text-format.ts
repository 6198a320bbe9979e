// The forms of a snapshot for programs: TSV and JSON.

import type { ProcessRecord } from '../record/generated/types.ts'
import { printable } from '../record/printable.ts'
import type { Snapshot } from './snapshot.ts'

export const defaultColumns = ['pid', 'process', 'rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets'] as const

export interface FormatOptions {
  readonly sort: string
  readonly columns: readonly string[]
}

export function formatTsv(snapshot: Snapshot, { sort, columns }: FormatOptions): string {
  const lines = snapshot.rows(sort).map(row => columns.map(name => cell(row, name)).join('\t'))
  return `${[columns.join('\t'), ...lines].join('\n')}\n`
}

export function formatJson(snapshot: Snapshot, { sort, columns }: FormatOptions): string {
  const rows = snapshot
    .rows(sort)
    .map(row => Object.fromEntries(columns.map(name => [name, safe(row[name] ?? null)])))
  return `${JSON.stringify(rows, null, 2)}\n`
}

/** A field as text. */
export function cell(row: ProcessRecord, name: string): string {
  const value = row[name]
  return value === null || value === undefined ? '-' : printable(String(value))
}

function safe(value: unknown): unknown {
  return typeof value === 'string' ? printable(value) : value
}
