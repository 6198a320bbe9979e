// Who uses the network, with whom, and how much: the columns of the process view.

import { resample, sparkline } from '../chart.ts'
import type { Column } from '../column.ts'
import type { Context } from '../context.ts'
import { remote } from '../endpoint.ts'
import { DIM, rateStyle } from '../look.ts'
import { hasEnded, type Model } from '../model.ts'
import { SLOTS } from '../rate-history.ts'
import type { Table } from '../table.ts'
import { percent, shortBytes, shortCount } from '../units.ts'
import { processLines, type ProcessLine } from './process-lines.ts'
import { pidColumn, trafficColumns } from './record-columns.ts'

export function processTable(context: Context): Table<ProcessLine> {
  const { model, state, filter } = context
  const columns = processColumns(context)
  const column = columns.find(({ id }) => id === state.lists.processes.sort) ?? columns[0]
  const { lines, count } = processLines(context, column as Column<ProcessLine>)
  return {
    columns,
    rows: lines,
    count,
    rowStyle: line => (isPast(line, model) ? DIM : 0),
    whenEmpty:
      filter !== undefined
        ? 'no process matches the filter'
        : model.now === 0
          ? 'waiting for traffic: the first figures come at the end of the first interval'
          : 'no traffic so far',
  }
}

function isPast({ process, connection, count }: ProcessLine, model: Model): boolean {
  if (connection !== undefined) return connection.record.ts < model.now
  return count !== undefined || hasEnded(process, model)
}

function processColumns(context: Context): Column<ProcessLine>[] {
  const { model, state, glyphs } = context
  const all = Math.max(1, model.current.rx + model.current.tx)
  const record = (line: ProcessLine) => line.connection?.record ?? line.process.record
  const rates = (line: ProcessLine) => model.rate(record(line))
  const calm = (line: ProcessLine) => (line.connection ?? line.process).calm
  const isOwn = (line: ProcessLine) => line.connection === undefined
  const share = (line: ProcessLine) => (rates(line).rx + rates(line).tx) / all
  const total = (line: ProcessLine) => record(line).rx_bytes_total + record(line).tx_bytes_total
  const connections = ({ process }: ProcessLine) =>
    process.record.ts < model.now ? 0 : process.record.connections
  // `t` says which of the two go first where there is no room for both.
  const traffic = {
    glyphs,
    ratePriority: state.isTotals ? 3 : 0,
    totalPriority: state.isTotals ? 0 : 5,
    rates,
    calm,
    record,
  }
  return [
    {
      id: 'process',
      title: 'PROCESS',
      priority: 0,
      min: 16,
      max: 44,
      text: line => nameText(context, line),
      flows: ({ process, connection }) => connection !== undefined || process.record.pid === null,
      order: line => line.process.record.process.toLowerCase(),
      value: line =>
        line.connection === undefined ? line.process.record.process : remote(line.connection.record, false),
    },
    pidColumn(
      1,
      ({ process }) => process.record.pid,
      ({ process, connection }) => connection === undefined && process.record.pid !== null,
    ),
    {
      id: 'user',
      title: 'USER',
      priority: 7,
      min: 8,
      max: 12,
      text: ({ process, connection }) => connection?.record.proto ?? process.record.user ?? '',
      order: line => line.process.record.user ?? '',
    },
    {
      id: 'connections',
      title: 'CON',
      priority: 4,
      min: 4,
      max: 5,
      isNumber: true,
      text: line => (isOwn(line) ? shortCount(connections(line)) : ''),
      order: connections,
    },
    ...trafficColumns({ ...traffic, way: 'rx' }),
    ...trafficColumns({ ...traffic, way: 'tx' }),
    {
      id: 'rate',
      title: 'LAST 60 s',
      priority: 2,
      min: 20,
      max: SLOTS,
      text: ({ process, connection }, width) => {
        if (connection !== undefined) return connection.record.state ?? connection.record.reason ?? ''
        const { rx, tx } = process.history.rates(model.now, SLOTS)
        const both = rx.map((value, i) => value + (tx[i] as number))
        return sparkline(resample(both, width), glyphs)
      },
      order: line => calm(line).both,
      style: line => rateStyle(rates(line).rx + rates(line).tx),
      value: line => rates(line).rx + rates(line).tx,
    },
    {
      id: 'share',
      title: 'SHARE',
      priority: 3,
      min: 6,
      max: 6,
      isNumber: true,
      // The wrapping of a tunnel is no share of the sum, which counts what is inside.
      text: line => (line.process.record.carries === undefined ? percent(share(line)) : ''),
      order: line => calm(line).both,
      value: line => share(line).toFixed(4),
    },
    {
      id: 'remote',
      title: 'TOP REMOTE',
      priority: 6,
      min: 16,
      max: 40,
      text: line => remoteText(context, line),
      order: line => remoteText(context, line).toLowerCase(),
    },
    {
      id: 'total',
      title: 'TOTAL',
      priority: 9,
      min: 6,
      max: 6,
      isNumber: true,
      text: line => shortBytes(total(line)),
      order: total,
    },
    {
      id: 'cgroup',
      title: 'UNIT',
      priority: 8,
      min: 12,
      max: 28,
      text: line => (isOwn(line) ? (line.process.record.cgroup ?? '') : ''),
      order: line => line.process.record.cgroup ?? '',
    },
  ]
}

/** With whom the process talks most. */
function remoteText({ model, state }: Context, { process, connection }: ProcessLine): string {
  const row = connection === undefined ? model.busiest.get(process.key) : undefined
  return row === undefined ? '' : remote(row.record, state.isAddresses)
}

function nameText({ model, state, glyphs }: Context, line: ProcessLine): string {
  const { process, connection, isBelow, isLast, count, key } = line
  const branch = isBelow === true ? `  ${isLast === true ? glyphs.lastBranch : glyphs.branch} ` : ''
  if (connection !== undefined) return `${branch}${remote(connection.record, state.isAddresses)}`
  const { record, reason } = process
  const fold = isBelow === true ? branch : `${state.expanded.has(key) ? glyphs.unfolded : glyphs.folded} `
  const layer = record.layer === 'payload' ? ' (payload)' : ''
  if (count !== undefined) return `${fold}closed (${shortCount(count)})`
  if (record.pid === null) return `${fold}? ${reason ?? record.process}${layer}`
  const ended = record.exited === true ? ' (exited)' : hasEnded(process, model) ? ' (closed)' : ''
  const carries = record.carries === undefined ? '' : ` [${record.carries.join(' ')}]`
  return `${fold}${record.process}${carries}${ended}${layer}`
}
