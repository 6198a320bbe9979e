// Who asks for which names: the resolvers with their statistics, below them the queries as they are answered.

import type { ResolverRecord } from '../../../record/generated/types.ts'
import { place, sorted, type Column } from '../column.ts'
import type { Context } from '../context.ts'
import type { Grid } from '../grid.ts'
import { ALARM, BOLD, DIM } from '../look.ts'
import type { QueryRow } from '../model.ts'
import { drawCells, drawTable, type Area, type ListLayout, type Table } from '../table.ts'
import { pidColumn, processColumn } from './record-columns.ts'
import { clockTime, percent, shortCount } from '../units.ts'

/** Of less height the questions have all of it. */
const RESOLVERS_FROM = 12

export function drawDns(grid: Grid, area: Area, context: Context): ListLayout {
  const used = area.height < RESOLVERS_FROM ? 0 : drawResolvers(grid, area, context)
  const rest = { ...area, y: area.y + used, height: area.height - used }
  return drawTable(grid, rest, queryTable(context), context.state.lists.dns, context.glyphs)
}

/** At most a third of the height. @returns lines used */
function drawResolvers(grid: Grid, area: Area, { model }: Context): number {
  const resolvers = [...model.resolvers.values()].sort((a, b) => b.query_count - a.query_count)
  if (resolvers.length === 0) return 0
  const most = Math.max(1, Math.floor(area.height / 3) - 2)
  const placed = place(resolverColumns, area.x + 2, area.width - 2)
  for (const { column, x, width } of placed)
    grid.put(x + (column.isNumber ? width - column.title.length : 0), area.y, column.title, BOLD)
  drawCells(grid, placed, resolvers.slice(0, most), area.y + 1)
  const shown = Math.min(most, resolvers.length)
  if (resolvers.length > most)
    grid.put(area.x + 2, area.y + 1 + shown, `${resolvers.length - most} more`, DIM)
  return shown + 2
}

const resolverColumns: readonly Column<ResolverRecord>[] = [
  {
    id: 'server',
    title: 'RESOLVER',
    priority: 0,
    min: 18,
    max: 40,
    text: ({ server }) => server,
    order: ({ server }) => server,
  },
  {
    id: 'iface',
    title: 'IFACE',
    priority: 2,
    min: 8,
    max: 15,
    text: ({ iface }) => iface ?? '',
    order: ({ iface }) => iface ?? '',
  },
  {
    id: 'queries',
    title: 'QUERIES',
    priority: 0,
    min: 8,
    max: 8,
    isNumber: true,
    text: record => shortCount(record.query_count),
    order: record => record.query_count,
  },
  {
    id: 'mean',
    title: 'MEAN ms',
    priority: 1,
    min: 8,
    max: 8,
    isNumber: true,
    text: record => latency(record.avg_latency_ms),
    order: record => record.avg_latency_ms ?? -1,
  },
  {
    id: 'p95',
    title: 'P95 ms',
    priority: 3,
    min: 8,
    max: 8,
    isNumber: true,
    text: record => latency(record.p95_latency_ms),
    order: record => record.p95_latency_ms ?? -1,
  },
  {
    id: 'failures',
    title: 'FAILED',
    priority: 1,
    min: 7,
    max: 7,
    isNumber: true,
    text: record => percent(record.failure_rate_pct / 100),
    order: record => record.failure_rate_pct,
    style: record => (record.failure_rate_pct >= 5 ? ALARM : 0),
  },
  {
    id: 'nxdomain',
    title: 'NXDOMAIN',
    priority: 4,
    min: 9,
    max: 9,
    isNumber: true,
    text: record => shortCount(record.nxdomain_count ?? 0),
    order: record => record.nxdomain_count ?? 0,
  },
]

function latency(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '' : ms < 100 ? ms.toFixed(1) : String(Math.round(ms))
}

function queryTable(context: Context): Table<QueryRow> {
  const { model, state, filter } = context
  const all = model.newestQueries()
  const rows = all.filter(({ record }) => filter === undefined || filter.query(record))
  const { sort, isDescending } = state.lists.dns
  const column = queryColumns.find(({ id }) => id === sort) ?? (queryColumns[0] as Column<QueryRow>)
  return {
    columns: queryColumns,
    rows:
      column.id === 'time' && isDescending && context.held === undefined
        ? rows
        : sorted(rows, column, isDescending, context.held),
    count: { shown: rows.length, all: all.length },
    whenEmpty: !state.readsDns
      ? 'DNS is not read (--no-dns)'
      : filter === undefined
        ? 'no DNS queries so far'
        : 'no DNS query matches the filter',
  }
}

const failed = new Set(['timeout', 'SERVFAIL', 'REFUSED', 'servfail', 'refused'])

export const queryColumns: readonly Column<QueryRow>[] = [
  {
    id: 'time',
    title: 'TIME',
    priority: 0,
    min: 9,
    max: 9,
    text: ({ record }) => clockTime(record.ts),
    order: ({ key }) => Number(key),
    value: ({ record }) => record.ts,
  },
  processColumn(24, () => 'unknown'),
  pidColumn(5, ({ record }) => record.pid),
  {
    id: 'type',
    title: 'TYPE',
    priority: 1,
    min: 5,
    max: 8,
    text: ({ record }) => record.query_type,
    order: ({ record }) => record.query_type,
  },
  {
    id: 'name',
    title: 'NAME',
    priority: 0,
    min: 18,
    max: 60,
    text: ({ record }) => record.query_name,
    order: ({ record }) => record.query_name.toLowerCase(),
    value: ({ record }) => record.query_name,
  },
  {
    id: 'response',
    title: 'RESPONSE',
    priority: 2,
    min: 12,
    max: 60,
    text: ({ record }) => record.response || record.rcode,
    order: ({ record }) => record.response || record.rcode,
    style: ({ record }) => (failed.has(record.rcode) ? ALARM : 0),
  },
  {
    id: 'latency',
    title: 'ms',
    priority: 2,
    min: 6,
    max: 7,
    isNumber: true,
    text: ({ record }) => latency(record.latency_ms),
    order: ({ record }) => record.latency_ms ?? -1,
    value: ({ record }) => record.latency_ms,
  },
  {
    id: 'resolver',
    title: 'RESOLVER',
    priority: 3,
    min: 12,
    max: 39,
    text: ({ record }) => record.resolver,
    order: ({ record }) => record.resolver,
  },
]
