// Parts that the details of several kinds of row have: what it moved, its connections, and how its owner is known.

import type { Context } from '../context.ts'
import { remote } from '../endpoint.ts'
import { DIM, rateStyle } from '../look.ts'
import type { ConnectionRow, Model, ProcessRow } from '../model.ts'
import { SLOTS } from '../rate-history.ts'
import { milliseconds, shortBytes, shortCount, shortRate } from '../units.ts'
import type { DetailLine, Section } from './detail-layout.ts'
import { counted, nameOf, nameSource, some } from './facts.ts'
import { ownerWords } from './words.ts'

/** Connections that are told of; a pane has hardly room for more. */
const MOST_ITEMS = 64

/** Bytes each way: now, in the last minute where that is kept, and since the start. */
export function trafficSection(
  { model, glyphs }: Context,
  record: ProcessRow['record'] | ConnectionRow['record'],
  timing: string | false,
  history?: ProcessRow['history'],
): Section {
  const rates = model.rate(record)
  const minute = history?.bytes(model.now, SLOTS)
  const cells = (now: string, last: string | undefined, total: string) =>
    `${now.padStart(8)}${last === undefined ? '' : last.padStart(7)}${total.padStart(7)}`
  const way = (of: 'rx' | 'tx', label: string): DetailLine => ({
    parts: [label],
    right: cells(
      shortRate(rates[of]),
      minute && shortBytes(minute[of]),
      shortBytes(record[`${of}_bytes_total`]),
    ),
    style: rateStyle(rates[of]),
  })
  return {
    title: 'Traffic',
    right: cells('now', minute && `${SLOTS} s`, 'total'),
    lines: [
      way('rx', `${glyphs.down} received`),
      way('tx', `${glyphs.up} sent`),
      { parts: some(timing), style: 0 },
    ],
  }
}

/** How the owner of these connections is known. */
export function ownerSection(rows: readonly ConnectionRow[]): Section {
  const counts = new Map<string, number>()
  for (const { record } of rows)
    if (record.attribution !== undefined)
      counts.set(record.attribution, (counts.get(record.attribution) ?? 0) + 1)
  return {
    title: 'Why this owner',
    lines: [...counts].map(([attribution, count]) => ({
      parts: [
        `${counts.size > 1 ? `${shortCount(count)} of ${rows.length}: ` : ''}${ownerWords(attribution)}`,
      ],
    })),
  }
}

/** The busiest connections. @param hasOwner told with each */
export function connectionsSection(
  context: Context,
  rows: readonly ConnectionRow[],
  hasOwner: boolean,
): Section {
  const now = rows.filter(({ record }) => record.ts >= context.model.now).length
  return {
    title: 'Connections',
    right: rows.length === 0 ? '' : `${shortCount(now)} now, ${shortCount(rows.length)} in 60 s`,
    lines: rows.length === 0 ? [{ parts: ['none in the last minute'], style: DIM }] : [],
    items: rows.slice(0, MOST_ITEMS).map(({ record }) => itemOf(context, record, hasOwner)),
    itemCount: rows.length,
  }
}

function itemOf({ model, state }: Context, record: ConnectionRow['record'], hasOwner: boolean): DetailLine[] {
  const { rx, tx } = model.rate(record)
  const facts = some(
    hasOwner && nameOf(record),
    some(record.proto, record.state, record.initiated).join(' '),
    hasOwner ? false : record.iface,
    record.rtt_us !== undefined && `RTT ${milliseconds(record.rtt_us)} ms`,
    record.retransmits !== undefined && record.retransmits > 0 && counted(record.retransmits, 'retransmit'),
  )
  return [
    { parts: [remote(record, state.isAddresses)], right: shortRate(rx + tx), style: rateStyle(rx + tx) },
    { parts: facts, style: DIM, indent: 2 },
    { parts: some(nameSource(record)), style: DIM, indent: 2 },
  ]
}

export function busiestFirst(model: Model, isWanted: (row: ConnectionRow) => boolean): ConnectionRow[] {
  const rows = [...model.connections.values()].filter(isWanted)
  return rows.sort((a, b) => b.calm.both - a.calm.both || (a.key < b.key ? -1 : 1))
}
