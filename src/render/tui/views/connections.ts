// Who talks with whom: a row for each connection.

import { sorted, type Column } from '../column.ts'
import type { Context } from '../context.ts'
import { endpoint, remote } from '../endpoint.ts'
import { DIM, rateStyle } from '../look.ts'
import type { ConnectionRow } from '../model.ts'
import type { Table } from '../table.ts'
import { milliseconds, shortBytes, shortCount, shortRate } from '../units.ts'

export function connectionTable(context: Context): Table<ConnectionRow> {
  const { model, state, filter } = context
  const columns = connectionColumns(context)
  const { sort, isDescending } = state.lists.connections
  const column = columns.find(({ id }) => id === sort) ?? (columns[0] as Column<ConnectionRow>)
  const rows: ConnectionRow[] = []
  for (const row of model.connections.values())
    if (filter === undefined || filter.connection(row.record)) rows.push(row)
  return {
    columns,
    rows: sorted(rows, column, isDescending, context.held),
    rowStyle: ({ record }) => (record.ts < model.now ? DIM : 0),
    whenEmpty: filter === undefined ? 'no connections' : 'no connection matches the filter',
  }
}

function connectionColumns({ model, state, glyphs }: Context): Column<ConnectionRow>[] {
  const rates = state.isTotals ? 3 : 0
  const totals = state.isTotals ? 0 : 7
  const both = ({ record }: ConnectionRow) => {
    const { rx, tx } = model.rate(record)
    return rx + tx
  }
  return [
    {
      id: 'process',
      title: 'PROCESS',
      priority: 0,
      min: 12,
      max: 28,
      text: ({ record }) => (record.pid === null ? `? ${record.reason ?? record.process}` : record.process),
      order: ({ record }) => record.process.toLowerCase(),
      value: ({ record }) => record.process,
    },
    {
      id: 'pid',
      title: 'PID',
      priority: 9,
      min: 7,
      max: 7,
      isNumber: true,
      text: ({ record }) => String(record.pid ?? '?'),
      order: ({ record }) => record.pid ?? -1,
      value: ({ record }) => record.pid,
    },
    {
      id: 'proto',
      title: 'PROTO',
      priority: 2,
      min: 5,
      max: 7,
      text: ({ record }) => record.proto,
      order: ({ record }) => record.proto,
    },
    {
      id: 'local',
      title: 'LOCAL',
      priority: 8,
      min: 18,
      max: 47,
      text: ({ record }) => endpoint(record.local_ip, record.local_port),
      order: ({ record }) => endpoint(record.local_ip, record.local_port),
    },
    {
      id: 'remote',
      title: 'REMOTE',
      priority: 0,
      min: 22,
      max: 47,
      text: ({ record }) => remote(record, state.isAddresses),
      order: ({ record }) => remote(record, state.isAddresses).toLowerCase(),
      value: ({ record }) => endpoint(record.remote_ip, record.remote_port),
    },
    {
      id: 'remote_name',
      title: 'NAME',
      priority: 12,
      min: 20,
      max: 40,
      text: ({ record }) => record.remote_name ?? '',
      order: ({ record }) => record.remote_name ?? '',
    },
    {
      id: 'state',
      title: 'STATE',
      priority: 5,
      min: 8,
      max: 12,
      text: ({ record }) => record.state ?? '',
      order: ({ record }) => record.state ?? '',
    },
    {
      id: 'direction',
      title: 'DIR',
      priority: 4,
      min: 3,
      max: 7,
      text: ({ record }) => record.initiated ?? record.dir ?? '',
      order: ({ record }) => record.initiated ?? record.dir ?? '',
    },
    {
      id: 'iface',
      title: 'IFACE',
      priority: 6,
      min: 7,
      max: 15,
      text: ({ record }) => record.iface ?? '',
      order: ({ record }) => record.iface ?? '',
    },
    {
      id: 'rate',
      title: 'RATE',
      priority: 10,
      min: 8,
      max: 8,
      isNumber: true,
      text: row => shortRate(both(row)),
      order: both,
      style: row => rateStyle(both(row)),
    },
    {
      id: 'total',
      title: 'TOTAL',
      priority: 11,
      min: 7,
      max: 7,
      isNumber: true,
      text: ({ record }) => shortBytes(record.rx_bytes_total + record.tx_bytes_total),
      order: ({ record }) => record.rx_bytes_total + record.tx_bytes_total,
    },
    ...(['rx', 'tx'] as const).flatMap((way): Column<ConnectionRow>[] => {
      const mark = way === 'rx' ? glyphs.down : glyphs.up
      return [
        {
          id: `${way}_rate`,
          title: `${mark}RATE`,
          priority: rates,
          min: 8,
          max: 8,
          isNumber: true,
          text: ({ record }) => shortRate(model.rate(record)[way]),
          order: ({ record }) => model.rate(record)[way],
          style: ({ record }) => rateStyle(model.rate(record)[way]),
        },
        {
          id: `${way}_total`,
          title: `${mark}TOTAL`,
          priority: totals,
          min: 7,
          max: 7,
          isNumber: true,
          text: ({ record }) => shortBytes(record[`${way}_bytes_total`]),
          order: ({ record }) => record[`${way}_bytes_total`],
        },
      ]
    }),
    {
      id: 'rtt',
      title: 'RTT ms',
      priority: 5,
      min: 6,
      max: 7,
      isNumber: true,
      text: ({ record }) => (record.rtt_us === undefined ? '' : milliseconds(record.rtt_us)),
      order: ({ record }) => record.rtt_us ?? -1,
      value: ({ record }) => (record.rtt_us === undefined ? null : record.rtt_us / 1000),
    },
    {
      id: 'retransmits',
      title: 'RETR',
      priority: 6,
      min: 5,
      max: 6,
      isNumber: true,
      text: ({ record }) => (record.retransmits === undefined ? '' : shortCount(record.retransmits)),
      order: ({ record }) => record.retransmits ?? -1,
      value: ({ record }) => record.retransmits,
    },
  ]
}
