// The form of a snapshot for people: a table, and below it what of the total is the wrapping of tunnels, and with whom unknown
// traffic was. Loaded only where it is asked for, as the library of tables takes longer to load than all else.

import { table } from 'table'
import { printable } from '../record/printable.ts'
import type { Snapshot } from './snapshot.ts'
import { cell, type FormatOptions } from './text-format.ts'

/** Under `unknown`, at most so many remotes. */
const MOST_REMOTES = 10

export function formatPretty(snapshot: Snapshot, { sort, columns }: FormatOptions): string {
  const rows = snapshot.rows(sort)
  if (rows.length === 0)
    return snapshot.isEmpty ? '(no traffic captured)\n' : '(nothing matches the filter)\n'
  const body = rows.map(row =>
    columns.map(name => (isBytes(name) ? formatBytes(Number(row[name] ?? 0)) : cell(row, name))),
  )
  const total = columns.map((name, at) => {
    if (at === 0) return 'TOTAL'
    if (!/^[rt]x_(bytes|packets)$/.test(name)) return ''
    const sum = rows.reduce((all, row) => all + Number(row[name] ?? 0), 0)
    return isBytes(name) ? formatBytes(sum) : String(sum)
  })
  const text = table([columns.map(name => name.toUpperCase().replaceAll('_', ' ')), ...body, total], {
    columns: columns.map(name => ({
      alignment: typeof rows[0]?.[name] === 'string' || name === 'process' ? 'left' : 'right',
    })),
    drawHorizontalLine: (line, count) => line === 1 || line === count - 1,
    drawVerticalLine: () => false,
    columnDefault: { paddingLeft: 0, paddingRight: 2 },
  })
  return `${text.replace(/ +$/gm, '')}${carried(snapshot)}${unknownRemotes(snapshot)}`
}

/** The wrapping of tunnels, which TOTAL has in it. */
function carried(snapshot: Snapshot): string {
  if (snapshot.carriedBytes === 0) return ''
  const by = snapshot
    .rows('traffic')
    .filter(({ carries = [] }) => carries.length > 0)
    .map(
      row =>
        `${printable(row.process)} ${row.pid} carries ${(row.carries ?? []).map(name => printable(name)).join(' ')}`,
    )
  const who = by.length === 0 ? '' : ` (${by.join(', ')})`
  return `\n${formatBytes(snapshot.carriedBytes)} of it are packets of tunnels on their way, counted inside them as well${who}\n`
}

function unknownRemotes(snapshot: Snapshot): string {
  const remotes = snapshot.unknownRemotes()
  if (remotes.length === 0) return ''
  const lines = remotes.slice(0, MOST_REMOTES).map(row => {
    const address = row.remote_ip.includes(':') ? `[${row.remote_ip}]` : row.remote_ip
    const remote = `${row.remote_name === undefined ? address : printable(row.remote_name)}${row.remote_port === undefined ? '' : `:${row.remote_port}`}`
    const label = [row.service, row.network].filter(Boolean).join(', ')
    return `  ${row.proto} ${remote}  rx ${formatBytes(row.rx_bytes)}  tx ${formatBytes(row.tx_bytes)}  ${row.reason ?? ''}${label === '' ? '' : ` (${label})`}`
  })
  if (remotes.length > MOST_REMOTES) lines.push(`  (${remotes.length - MOST_REMOTES} more)`)
  return `\nunknown:\n${lines.join('\n')}\n`
}

function isBytes(name: string): boolean {
  return /_bytes(_total)?$|_rate$/.test(name)
}

/** Base 1024, one decimal from KiB on. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let unit = 0
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024
    unit++
  }
  return `${unit === 0 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`
}
