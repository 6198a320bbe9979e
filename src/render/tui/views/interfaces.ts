// The interfaces as cards: addresses, DNS servers, an hour by minutes, totals, errors and drops.

import type { InterfaceRecord } from '../../../record/generated/types.ts'
import { bars } from '../chart.ts'
import { sorted, type Column } from '../column.ts'
import type { Context } from '../context.ts'
import { tsv } from '../export.ts'
import type { Grid } from '../grid.ts'
import { ACCENT, ALARM, BOLD, DIM, REVERSE, rateStyle } from '../look.ts'
import type { InterfaceRow } from '../model.ts'
import { SLOTS } from '../rate-history.ts'
import { settle, type Area, type ListLayout } from '../table.ts'
import { shortBytes, shortCount, shortRate } from '../units.ts'

/** Lines of a card, the empty one behind it included. */
const CARD = 8

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
  const page = Math.max(1, Math.floor((area.height + 1) / CARD))
  const { index, top } = settle(list, keys, page)
  rows.slice(top, top + page).forEach((row, i) => {
    drawCard(grid, { ...area, y: area.y + i * CARD, height: CARD }, row, context)
    if (top + i === index) grid.mark(area.x, area.y + i * CARD, area.width, REVERSE)
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
    rowHeight: CARD,
    headerY: -1,
    columns: columns.map(({ id, isNumber }) => ({ id, x: 0, width: 0, isNumber: isNumber === true })),
    tsv: () => tsv(columns, rows),
  }
}

function drawCard(grid: Grid, { x, y, width }: Area, row: InterfaceRow, { model, glyphs }: Context): void {
  const { record } = row
  const rate = model.rate(record)
  const room = width - 3
  const facts = [
    record.kind,
    record.up ? 'up' : 'down',
    record.mtu === undefined ? undefined : `mtu ${record.mtu}`,
  ]
  grid.put(x, y, ' '.repeat(width))
  const behind = grid.put(x + 1, y, record.name, record.up ? BOLD | ACCENT : DIM)
  const after = grid.put(behind + 2, y, facts.filter(Boolean).join(', '))
  grid.put(after + 2, y, (record.addresses ?? []).join('  '), 0, width - after - 3)
  const servers = record.dns_servers ?? []
  const domains = record.search_domains ?? []
  const dns = `DNS ${servers.length > 0 ? servers.join('  ') : 'none told'}`
  grid.put(x + 3, y + 1, `${dns}${domains.length > 0 ? `   search ${domains.join(' ')}` : ''}`, DIM, room)

  const history = row.history.rates(model.now, SLOTS)
  const chart = Math.min(SLOTS, Math.floor((width - 8) / 2) - 14)
  const half = Math.floor(width / 2)
  for (const [way, mark, left] of [
    ['rx', glyphs.down, x + 3],
    ['tx', glyphs.up, x + half + 1],
  ] as const) {
    const values = history[way].slice(-chart)
    const lines = bars(values, 2, glyphs)
    grid.put(left, y + 2, `${mark} ${shortRate(rate[way])}`, rateStyle(rate[way]), 12)
    grid.put(left, y + 3, '60 min', DIM, 12)
    lines.forEach((line, i) => grid.put(left + 13, y + 2 + i, line, rateStyle(Math.max(...values))))
    const total = record[`${way}_bytes_total`] ?? 0
    const packets = record[`${way}_packets_total`] ?? record[`${way}_packets`] ?? 0
    grid.put(left, y + 4, `total ${shortBytes(total)}  ${shortCount(packets)} packets`)
    drawFaults(grid, left, y + 5, record, way)
  }
}

function drawFaults(grid: Grid, x: number, y: number, record: InterfaceRecord, way: 'rx' | 'tx'): void {
  const errors = record[`${way}_errors`] ?? 0
  const drops = record[`${way}_dropped`] ?? 0
  const behind = grid.put(x, y, `errors ${shortCount(errors)}  `, errors > 0 ? ALARM : 0)
  grid.put(behind, y, `drops ${shortCount(drops)}`, drops > 0 ? ALARM : 0)
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
