// Who talks with whom: a row for each connection.

import { sorted, type Column } from '../column.ts'
import type { Context } from '../context.ts'
import { endpoint, remote } from '../endpoint.ts'
import { DIM, rateStyle } from '../look.ts'
import type { ConnectionRow } from '../model.ts'
import type { Table } from '../table.ts'
import { pidColumn, processColumn, trafficColumns } from './record-columns.ts'
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
    count: { shown: rows.length, all: model.connections.size },
    rowStyle: ({ record }) => (record.ts < model.now ? DIM : 0),
    whenEmpty: filter === undefined ? 'no connections so far' : 'no connection matches the filter',
  }
}

function connectionColumns({ model, state, glyphs }: Context): Column<ConnectionRow>[] {
  const rates = ({ record }: ConnectionRow) => model.rate(record)
  const both = (row: ConnectionRow) => rates(row).rx + rates(row).tx
  const traffic = {
    glyphs,
    ratePriority: state.isTotals ? 3 : 0,
    totalPriority: state.isTotals ? 0 : 7,
    rates,
    calm: ({ calm }: ConnectionRow) => calm,
    record: ({ record }: ConnectionRow) => record,
  }
  return [
    processColumn<ConnectionRow['record'], ConnectionRow>(28, ({ reason, process }) => reason ?? process),
    pidColumn(9, ({ record }) => record.pid),
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
      min: 21,
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
      min: 11,
      max: 12,
      text: ({ record }) => record.state ?? '',
      order: ({ record }) => record.state ?? '',
    },
    {
      id: 'direction',
      title: 'DIR',
      priority: 4,
      min: 5,
      max: 7,
      text: ({ record }) => record.initiated ?? record.dir ?? '',
      order: ({ record }) => record.initiated ?? record.dir ?? '',
    },
    {
      id: 'iface',
      title: 'IFACE',
      priority: 6,
      min: 6,
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
      order: ({ calm }) => calm.both,
      style: row => rateStyle(both(row)),
      value: both,
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
    ...trafficColumns({ ...traffic, way: 'rx' }),
    ...trafficColumns({ ...traffic, way: 'tx' }),
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
      min: 4,
      max: 6,
      isNumber: true,
      text: ({ record }) => (record.retransmits === undefined ? '' : shortCount(record.retransmits)),
      order: ({ record }) => record.retransmits ?? -1,
      value: ({ record }) => record.retransmits,
    },
  ]
}
