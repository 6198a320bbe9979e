// The interfaces as cards: addresses, DNS servers, an hour by minutes each way, totals, errors and drops.

import type { InterfaceRecord } from '../../../record/generated/types.ts'
import { bars, resample } from '../chart.ts'
import { sorted, type Column } from '../column.ts'
import type { Context } from '../context.ts'
import { tsv } from '../export.ts'
import type { Grid } from '../grid.ts'
import { ACCENT, ALARM, BOLD, DIM, REVERSE, rateStyle } from '../look.ts'
import type { InterfaceRow } from '../model.ts'
import { SLOTS } from '../rate-history.ts'
import { settle, sortColumn, type Area, type ListLayout } from '../table.ts'
import { shortBytes, shortCount, shortRate } from '../units.ts'

/** Cells before a chart, and the least width at which the charts of both ways stand side by side. */
const LABEL = 13
const SIDE_BY_SIDE = 2 * (LABEL + SLOTS + 3)

export function drawInterfaces(grid: Grid, area: Area, context: Context): ListLayout {
  const { model, state, filter } = context
  const columns = interfaceColumns(context)
  const list = state.lists.interfaces
  const column = columns.find(({ id }) => id === list.sort) ?? (columns[0] as Column<InterfaceRow>)
  const rows = sorted(
    [...model.interfaces.values()].filter(({ record }) => filter === undefined || filter.interface(record)),
    column,
    list.isDescending,
    context.held,
  )
  const keys = rows.map(({ key }) => key)
  // Lower charts where more cards are seen so.
  const chart = rows.length * cardHeight(area.width, 2) - 1 <= area.height ? 2 : 1
  const card = cardHeight(area.width, chart)
  const page = Math.max(1, Math.floor((area.height + 1) / card))
  const { index, top } = settle(list, keys, page)
  rows.slice(top, top + page).forEach((row, i) => {
    drawCard(grid, { ...area, y: area.y + i * card, height: card }, row, chart, context)
    if (top + i !== index) return
    grid.put(area.x, area.y + i * card, context.glyphs.cursor, ACCENT)
    grid.mark(area.x + 1, area.y + i * card, area.width - 1, REVERSE)
  })
  if (rows.length === 0)
    grid.put(
      area.x + 2,
      area.y + 1,
      filter === undefined ? 'no interfaces told so far' : 'no interface matches the filter',
    )
  return {
    keys,
    index,
    top,
    page,
    bodyY: area.y,
    rowHeight: card,
    right: area.x + area.width,
    headerY: -1,
    columns: [],
    sortable: columns.map(sortColumn),
    count: { shown: rows.length, all: model.interfaces.size },
    tsv: () => tsv(columns, rows),
  }
}

/** Lines of a card, the empty one behind it included: name, DNS, and for each way a chart and a line of totals. */
function cardHeight(width: number, chart: number): number {
  return 3 + (width >= SIDE_BY_SIDE ? 1 : 2) * (chart + 1)
}

function drawCard(
  grid: Grid,
  { x, y, width }: Area,
  row: InterfaceRow,
  chart: number,
  context: Context,
): void {
  const { record } = row
  const facts = [
    record.kind,
    record.up ? 'up' : 'down',
    record.mtu === undefined ? undefined : `mtu ${record.mtu}`,
  ]
  const behind = grid.put(x + 1, y, record.name, record.up ? BOLD | ACCENT : DIM)
  const after = grid.put(behind + 2, y, facts.filter(Boolean).join(', '), 0, x + width - behind - 3)
  grid.put(after + 2, y, (record.addresses ?? []).join('  '), 0, x + width - after - 3)
  const servers = record.dns_servers ?? []
  const domains = record.search_domains ?? []
  const dns = `DNS ${servers.length > 0 ? servers.join('  ') : 'none told'}`
  const search = domains.length > 0 ? `   search ${domains.join(' ')}` : ''
  grid.put(x + 3, y + 1, `${dns}${search}`, DIM, width - 4)
  const isWide = width >= SIDE_BY_SIDE
  const below = isWide ? 0 : chart + 1
  const half = Math.floor(width / 2)
  const rx = { x: x + 3, y: y + 2, width: (isWide ? half : width) - 4, height: chart }
  const tx = { ...rx, x: isWide ? x + half + 1 : rx.x, y: rx.y + below }
  drawWay(grid, rx, 'rx', row, context)
  drawWay(grid, tx, 'tx', row, context)
}

/** Rate now, its last hour as a chart of the area's height, and below that what it is since the start. */
function drawWay(
  grid: Grid,
  { x, y, width, height }: Area,
  way: 'rx' | 'tx',
  { record, history }: InterfaceRow,
  { model, glyphs }: Context,
): void {
  const rate = model.rate(record)[way]
  const minutes = history.rates(model.now, SLOTS)[way]
  grid.put(
    x,
    y,
    `${way === 'rx' ? glyphs.down : glyphs.up} ${shortRate(rate)}`,
    rateStyle(rate) | BOLD,
    LABEL - 1,
  )
  if (height > 1) grid.put(x, y + 1, 'last 60 min', DIM, LABEL - 1)
  bars(resample(minutes, Math.min(SLOTS, width - LABEL)), height, glyphs).forEach((line, i) =>
    grid.put(x + LABEL, y + i, line, rateStyle(Math.max(...minutes))),
  )
  const total = record[`${way}_bytes_total`] ?? 0
  const packets = record[`${way}_packets_total`] ?? record[`${way}_packets`] ?? 0
  const faults = ([`${way}_errors`, `${way}_dropped`] as const).flatMap((field): Array<[string, number]> => {
    const count = record[field]
    const name = field.endsWith('errors') ? 'errors' : 'drops'
    // A recording does not tell.
    return count === undefined ? [] : [[`${name} ${shortCount(count)}`, count > 0 ? ALARM | BOLD : 0]]
  })
  const texts: Array<readonly [text: string, style: number]> = [
    [`total ${shortBytes(total)}  ${shortCount(packets)} packets`, 0],
    ...faults,
    [`${height > 1 ? 'peak' : '60 min, peak'} ${shortRate(Math.max(...minutes))}`, DIM],
  ]
  let at = x
  for (const [text, style] of texts) at = grid.put(at, y + height, text, style, x + width - at) + 2
}

function interfaceColumns({ model }: Context): Column<InterfaceRow>[] {
  const number = (id: string, title: string, of: (row: InterfaceRow) => number): Column<InterfaceRow> => ({
    id,
    title,
    priority: 0,
    min: 8,
    max: 8,
    isNumber: true,
    text: row => shortBytes(of(row)),
    order: of,
  })
  const text = (id: string, title: string, of: (row: InterfaceRow) => string): Column<InterfaceRow> => ({
    id,
    title,
    priority: 0,
    min: 8,
    max: 8,
    text: of,
    order: of,
  })
  const field = (name: keyof InterfaceRecord) =>
    number(name as string, (name as string).toUpperCase(), ({ record }) => Number(record[name] ?? 0))
  return [
    text('name', 'NAME', ({ record }) => record.name),
    text('addresses', 'ADDRESSES', ({ record }) => (record.addresses ?? []).join(' ')),
    text('dns_servers', 'DNS', ({ record }) => (record.dns_servers ?? []).join(' ')),
    number('rx_rate', 'RX RATE', ({ record }) => model.rate(record).rx),
    number('tx_rate', 'TX RATE', ({ record }) => model.rate(record).tx),
    ...(['rx_bytes_total', 'tx_bytes_total', 'rx_packets_total', 'tx_packets_total'] as const).map(field),
    ...(['rx_errors', 'tx_errors', 'rx_dropped', 'tx_dropped'] as const).map(field),
  ]
}
