// Columns that several views have: who, and how much each way.

import type { Column } from '../column.ts'
import { rateStyle, type Glyphs } from '../look.ts'
import { shortBytes, shortRate } from '../units.ts'

interface Owned {
  readonly pid: number | null
  readonly process: string
}

interface Counted {
  readonly rx_bytes_total: number
  readonly tx_bytes_total: number
}

/** Bytes per second each way: what is shown, or what rows are ordered by. */
export interface Rates {
  readonly rx: number
  readonly tx: number
}

/** @param unknown what stands in the place of the name of a process that could not be named */
export function processColumn<Record extends Owned, Row extends { readonly record: Record }>(
  max: number,
  unknown: (record: Record) => string,
): Column<Row> {
  return {
    id: 'process',
    title: 'PROCESS',
    priority: 0,
    min: 12,
    max,
    text: ({ record }) => (record.pid === null ? `? ${unknown(record)}` : record.process),
    order: ({ record }) => record.process.toLowerCase(),
    value: ({ record }) => record.process,
  }
}

export function pidColumn<Row>(
  priority: number,
  pidOf: (row: Row) => number | null,
  isShown: (row: Row) => boolean = () => true,
): Column<Row> {
  return {
    id: 'pid',
    title: 'PID',
    priority,
    min: 7,
    max: 7,
    isNumber: true,
    text: row => (isShown(row) ? String(pidOf(row) ?? '?') : ''),
    order: row => pidOf(row) ?? -1,
    value: pidOf,
  }
}

/** Rate and total of one way. The order of rates is a calm one, so that rows do not jump. */
export function trafficColumns<Row>(options: {
  readonly way: 'rx' | 'tx'
  readonly glyphs: Glyphs
  readonly ratePriority: number
  readonly totalPriority: number
  readonly rates: (row: Row) => Rates
  readonly calm: (row: Row) => Rates
  readonly record: (row: Row) => Counted
}): Column<Row>[] {
  const { way, glyphs, rates, calm, record } = options
  const mark = way === 'rx' ? glyphs.down : glyphs.up
  return [
    {
      id: `${way}_rate`,
      title: `${mark}RATE`,
      priority: options.ratePriority,
      min: 8,
      max: 8,
      isNumber: true,
      text: row => shortRate(rates(row)[way]),
      order: row => calm(row)[way],
      style: row => rateStyle(rates(row)[way]),
      value: row => rates(row)[way],
    },
    {
      id: `${way}_total`,
      title: `${mark}TOTAL`,
      priority: options.totalPriority,
      min: 7,
      max: 7,
      isNumber: true,
      text: row => shortBytes(record(row)[`${way}_bytes_total`]),
      order: row => record(row)[`${way}_bytes_total`],
    },
  ]
}
