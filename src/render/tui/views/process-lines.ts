// The rows of the process view: a line for each process, for each reason why traffic has none, and one at the end for all that
// have ended; below an open line what it holds.

import { sorted, type Column } from '../column.ts'
import { CalmRate } from '../calm-rate.ts'
import type { Context } from '../context.ts'
import { FoldedProcesses } from '../folded-processes.ts'
import { hasEnded, type ConnectionRow, type ProcessRow } from '../model.ts'
import { RateHistory } from '../rate-history.ts'

export interface ProcessLine {
  readonly key: string
  readonly process: ProcessRow
  /** The line is this connection of the process. */
  readonly connection?: ConnectionRow
  /** Below an open line, and the last one there. */
  readonly isBelow?: boolean
  readonly isLast?: boolean
  /** The line stands for so many whose sockets are closed, or that have ended. */
  readonly count?: number
}

export interface ProcessLines {
  readonly lines: ProcessLine[]
  /** Processes that are shown, and all. */
  readonly count: { readonly shown: number; readonly all: number }
}

/** Lines below an open one, the busiest; a process with more of them has the rest in its own figures. */
const MOST_BELOW = 200
/** A process that holds no socket any more keeps its line for so many quiet seconds. */
const ENDED_STAYS = 60
export const ENDED_KEY = 'ended'

export function processLines(context: Context, column: Column<ProcessLine>): ProcessLines {
  const { model, state, filter, held } = context
  const { isDescending } = state.lists.processes
  const below = connectionsByOwner(context)
  const present: ProcessLine[] = []
  const ended: ProcessLine[] = []
  for (const process of model.processes.values()) {
    if (filter !== undefined && !filter.process(process.record) && !below.has(process.key)) continue
    const isEnded =
      hasEnded(process, model) && model.now - process.record.ts >= ENDED_STAYS && !below.has(process.key)
    ;(isEnded ? ended : present).push({ key: process.key, process })
  }
  const lines: ProcessLine[] = []
  for (const line of sorted(present, column, isDescending, held)) {
    lines.push(line)
    if (!state.expanded.has(line.key)) continue
    lines.push(...connectionLines(line.process, below.get(line.key) ?? []))
  }
  // A filter is for names, which those without a row have no more.
  const folded = filter === undefined ? model.folded : new FoldedProcesses()
  if (ended.length + folded.count > 0) {
    lines.push(endedLine(ended, folded))
    if (state.expanded.has(ENDED_KEY)) lines.push(...endedBelow(sorted(ended, column, isDescending, held)))
  }
  const shown = present.length + ended.length + folded.count
  return { lines, count: { shown, all: model.processes.size + model.folded.count } }
}

/** Connections of the open lines; under a filter of all, since one that matches brings its process. */
function connectionsByOwner({ model, state, filter }: Context): Map<string, ConnectionRow[]> {
  const below = new Map<string, ConnectionRow[]>()
  if (filter === undefined && state.expanded.size === 0) return below
  for (const row of model.connections.values()) {
    if (!state.expanded.has(row.owner) && filter === undefined) continue
    if (filter !== undefined && !filter.connection(row.record)) continue
    const rows = below.get(row.owner)
    if (rows === undefined) below.set(row.owner, [row])
    else rows.push(row)
  }
  return below
}

function connectionLines(process: ProcessRow, connections: ConnectionRow[]): ProcessLine[] {
  const busiest = connections
    .sort((a, b) => b.calm.both - a.calm.both || (a.key < b.key ? -1 : 1))
    .slice(0, MOST_BELOW)
  return busiest.map((connection, i) => ({
    key: `${process.key}/${connection.key}`,
    process,
    connection,
    isBelow: true,
    isLast: i === busiest.length - 1,
  }))
}

function endedBelow(ended: readonly ProcessLine[]): ProcessLine[] {
  const shown = ended.slice(0, MOST_BELOW)
  return shown.map((line, i) => ({ ...line, isBelow: true, isLast: i === shown.length - 1 }))
}

/** Their totals together, so that the lines still add up. */
function endedLine(ended: readonly ProcessLine[], folded: FoldedProcesses): ProcessLine {
  const records = ended.map(({ process }) => process.record)
  const sum = (of: (record: ProcessRow['record']) => number) =>
    records.reduce((total, record) => total + of(record), 0)
  const record: ProcessRow['record'] = {
    type: 'process',
    ts: Math.max(0, ...records.map(({ ts }) => ts)),
    interval: 1,
    pid: null,
    process: 'ended',
    rx_bytes: 0,
    tx_bytes: 0,
    rx_packets: 0,
    tx_packets: 0,
    rx_rate: 0,
    tx_rate: 0,
    rx_bytes_total: folded.rx + sum(({ rx_bytes_total }) => rx_bytes_total),
    tx_bytes_total: folded.tx + sum(({ tx_bytes_total }) => tx_bytes_total),
    connections: 0,
    sockets: 0,
  }
  const process = { key: ENDED_KEY, record, history: new RateHistory(1, record.ts), calm: new CalmRate() }
  return { key: ENDED_KEY, process, count: ended.length + folded.count }
}
