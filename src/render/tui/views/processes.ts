// Who uses the network: a row for each process, under it its connections when it is opened.

import { sparkline } from '../chart.ts'
import { sorted, type Column } from '../column.ts'
import type { Context } from '../context.ts'
import { remote } from '../endpoint.ts'
import { DIM, rateStyle } from '../look.ts'
import type { ConnectionRow, ProcessRow } from '../model.ts'
import { SLOTS } from '../rate-history.ts'
import type { Table } from '../table.ts'
import { percent, shortBytes, shortCount, shortRate } from '../units.ts'

/** A process, or a connection of the process above it. */
export interface ProcessLine {
  readonly key: string
  readonly process: ProcessRow
  readonly connection?: ConnectionRow
  readonly isLast?: boolean
}

/** Connections below an open process, the busiest; the rest is said in a number. */
const MOST_BELOW = 200

export function processTable(context: Context): Table<ProcessLine> {
  const { model, state, filter } = context
  const below = new Map<string, ConnectionRow[]>()
  for (const row of model.connections.values()) {
    if (!state.expanded.has(row.owner) && filter === undefined) continue
    if (filter !== undefined && !filter.connection(row.record)) continue
    const rows = below.get(row.owner)
    if (rows === undefined) below.set(row.owner, [row])
    else rows.push(row)
  }
  const columns = processColumns(context)
  const { sort, isDescending } = state.lists.processes
  const column = columns.find(({ id }) => id === sort) ?? (columns[0] as Column<ProcessLine>)
  const lines: ProcessLine[] = []
  for (const process of model.processes.values()) {
    if (filter === undefined || filter.process(process.record) || below.has(process.key))
      lines.push({ key: process.key, process })
  }
  const rows: ProcessLine[] = []
  for (const line of sorted(lines, column, isDescending, context.held)) {
    rows.push(line)
    if (state.expanded.has(line.key)) rows.push(...opened(context, line.process, below.get(line.key) ?? []))
  }
  return {
    columns,
    rows,
    rowStyle: ({ process, connection }) =>
      process.record.exited === true || (connection !== undefined && connection.record.ts < model.now)
        ? DIM
        : 0,
    whenEmpty:
      model.now === 0
        ? 'waiting for the first interval'
        : filter === undefined
          ? 'no traffic so far'
          : 'no process matches the filter',
  }
}

function opened(context: Context, process: ProcessRow, connections: ConnectionRow[]): ProcessLine[] {
  const traffic = ({ record }: ConnectionRow) => {
    const { rx, tx } = context.model.rate(record)
    return rx + tx
  }
  const busiest = connections
    .sort((a, b) => traffic(b) - traffic(a) || (a.key < b.key ? -1 : 1))
    .slice(0, MOST_BELOW)
  return busiest.map((connection, i) => ({
    key: `${process.key}/${connection.key}`,
    process,
    connection,
    isLast: i === busiest.length - 1,
  }))
}

function processColumns(context: Context): Column<ProcessLine>[] {
  const { model, state, glyphs } = context
  const all = Math.max(1, model.current.rx + model.current.tx)
  const record = (line: ProcessLine) => line.connection?.record ?? line.process.record
  const rate = (line: ProcessLine) => model.rate(record(line))
  const total = (line: ProcessLine) => record(line).rx_bytes_total + record(line).tx_bytes_total
  // `t` says which of the two go first where there is no room for both.
  const rates = state.isTotals ? 3 : 0
  const totals = state.isTotals ? 0 : 5
  return [
    {
      id: 'process',
      title: 'PROCESS',
      priority: 0,
      min: 16,
      max: 44,
      text: line => nameText(context, line),
      flows: ({ connection }) => connection !== undefined,
      order: line => line.process.record.process.toLowerCase(),
      value: line =>
        line.connection === undefined ? line.process.record.process : remote(line.connection.record, false),
    },
    {
      id: 'pid',
      title: 'PID',
      priority: 1,
      min: 7,
      max: 7,
      isNumber: true,
      text: line => (line.connection === undefined ? String(line.process.record.pid ?? '?') : ''),
      order: line => line.process.record.pid ?? -1,
      value: line => line.process.record.pid,
    },
    {
      id: 'user',
      title: 'USER',
      priority: 6,
      min: 8,
      max: 12,
      text: line =>
        line.connection === undefined ? (line.process.record.user ?? '') : line.connection.record.proto,
      order: line => line.process.record.user ?? '',
    },
    {
      id: 'connections',
      title: 'CON',
      priority: 4,
      min: 4,
      max: 5,
      isNumber: true,
      text: line =>
        line.connection !== undefined
          ? ''
          : shortCount(line.process.record.ts < model.now ? 0 : line.process.record.connections),
      order: line => (line.process.record.ts < model.now ? 0 : line.process.record.connections),
    },
    ...bytesColumns('rx', glyphs.down, rates, totals),
    ...bytesColumns('tx', glyphs.up, rates, totals),
    {
      id: 'rate',
      title: 'LAST 60 s',
      priority: 2,
      min: 20,
      max: SLOTS,
      text: (line, width) => {
        if (line.connection !== undefined)
          return line.connection.record.state ?? line.connection.record.reason ?? ''
        const { rx, tx } = line.process.history.rates(model.now, SLOTS)
        return sparkline(
          resample(
            rx.map((value, i) => value + (tx[i] as number)),
            width,
          ),
          glyphs,
        )
      },
      order: line => {
        const { rx, tx } = rate(line)
        return rx + tx
      },
      style: line => {
        const { rx, tx } = rate(line)
        return rateStyle(rx + tx)
      },
    },
    {
      id: 'share',
      title: 'SHARE',
      priority: 3,
      min: 6,
      max: 6,
      isNumber: true,
      text: line => {
        const { rx, tx } = rate(line)
        return percent((rx + tx) / all)
      },
      order: line => {
        const { rx, tx } = rate(line)
        return rx + tx
      },
      value: line => {
        const { rx, tx } = rate(line)
        return ((rx + tx) / all).toFixed(4)
      },
    },
    {
      id: 'total',
      title: 'TOTAL',
      priority: 8,
      min: 6,
      max: 6,
      isNumber: true,
      text: line => shortBytes(total(line)),
      order: total,
    },
    {
      id: 'cgroup',
      title: 'UNIT',
      priority: 7,
      min: 12,
      max: 28,
      text: line => (line.connection === undefined ? (line.process.record.cgroup ?? '') : ''),
      order: line => line.process.record.cgroup ?? '',
    },
  ]

  function bytesColumns(
    way: 'rx' | 'tx',
    mark: string,
    rates: number,
    totals: number,
  ): Column<ProcessLine>[] {
    return [
      {
        id: `${way}_rate`,
        title: `${mark}RATE`,
        priority: rates,
        min: 8,
        max: 8,
        isNumber: true,
        text: line => shortRate(rate(line)[way]),
        order: line => rate(line)[way],
        style: line => rateStyle(rate(line)[way]),
      },
      {
        id: `${way}_total`,
        title: `${mark}TOTAL`,
        priority: totals,
        min: 7,
        max: 7,
        isNumber: true,
        text: line => shortBytes(record(line)[`${way}_bytes_total`]),
        order: line => record(line)[`${way}_bytes_total`],
      },
    ]
  }
}

function nameText({ state, glyphs }: Context, { process, connection, isLast, key }: ProcessLine): string {
  if (connection !== undefined)
    return `  ${isLast === true ? glyphs.lastBranch : glyphs.branch} ${remote(connection.record, state.isAddresses)}`
  const { record } = process
  const fold = state.expanded.has(key) ? glyphs.unfolded : glyphs.folded
  const ended = record.exited === true ? ' (exited)' : ''
  const layer = record.layer === 'payload' ? ' (payload)' : ''
  return `${fold} ${record.pid === null ? '? ' : ''}${record.process}${ended}${layer}`
}

/** The newest values, or the highest of each few where there is less room than values. */
export function resample(values: readonly number[], width: number): number[] {
  if (width >= values.length) return [...values]
  const per = values.length / width
  return Array.from({ length: width }, (_, i) =>
    Math.max(
      ...values.slice(Math.floor(i * per), Math.max(Math.floor((i + 1) * per), Math.floor(i * per) + 1)),
    ),
  )
}
