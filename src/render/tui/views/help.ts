// The help: the keys in the order of their use, the marks, how is counted and why not better, and why traffic has no owner. It
// scrolls where it does not fit.

import { wrap } from '../cell-width.ts'
import type { Context } from '../context.ts'
import type { Grid } from '../grid.ts'
import { ACCENT, BOLD, DIM, type Glyphs } from '../look.ts'
import type { Area } from '../table.ts'
import { eventWords } from './events.ts'
import { attributionHelp, reasonHelp } from './words.ts'

/** Also what the manual page says: a test compares. */
export const keyHelp: ReadonlyArray<readonly [keys: string, what: string]> = [
  ['1 2 3 4', 'processes, connections, interfaces, DNS'],
  ['Tab, Shift-Tab', 'next, previous view'],
  ['Up, Down, k, j', 'move'],
  ['PgUp, PgDn', 'move by a page'],
  ['Home, End, g, G', 'first, last row'],
  ['Enter', 'open a process; go to the process of a row'],
  ['/', 'filter; Enter keeps it, Esc clears it'],
  ['s, S', 'order by the next column; reverse the order'],
  ['t', 'totals or rates first'],
  ['d', 'names or addresses'],
  ['Space', 'pause the screen; counting goes on'],
  ['+, -', 'a recording faster, slower'],
  ['i', 'the selected row in full beside the list, from 100 columns on'],
  ['e', 'write the list to a TSV file'],
  ['click, wheel', 'select, order by a column; move'],
  ['Ctrl-L, Ctrl-Z', 'draw the screen again; stop, until fg'],
  ['?', 'this help, which moves as lists do'],
  ['q, Ctrl-C', 'quit'],
]

/** Where the help was scrolled to: what keys need to know of it. */
export interface HelpLayout {
  readonly top: number
  readonly page: number
  readonly lines: number
}

type Line = readonly [name: string, text: string, style: number]

const NAMES = 20
const EVENTS = 20

export function drawHelp(grid: Grid, area: Area, context: Context): HelpLayout {
  const lines = helpLines(context, area.width - NAMES - 3)
  const page = area.height
  const top = Math.max(0, Math.min(context.state.helpTop, lines.length - page))
  lines.slice(top, top + page).forEach(([name, text, style], i) => {
    const y = area.y + i
    grid.put(area.x + 2, y, name, text === '' ? style : ACCENT, text === '' ? area.width - 3 : NAMES - 2)
    grid.put(area.x + NAMES + 2, y, text, style)
  })
  const below = lines.length - top - page
  if (below > 0) {
    const more = ` ${below} more lines: Down, PgDn `
    grid.put(area.x + area.width - more.length - 1, area.y + page - 1, more, DIM)
  }
  return { top, page, lines: lines.length }
}

function helpLines({ model, glyphs }: Context, width: number): Line[] {
  const { interval, hello } = model
  const method = interval?.method ?? hello?.method ?? 'no source yet'
  const degraded = interval?.degraded ?? hello?.degraded ?? []
  const entries = (pairs: ReadonlyArray<readonly [string, string]>): Line[] =>
    pairs.flatMap(([name, text]) => wrap(text, width).map((line, i): Line => [i === 0 ? name : '', line, 0]))
  const title = (text: string): Line[] => [
    ['', '', 0],
    [text, '', BOLD],
  ]
  return [
    ...entries(keyHelp),
    ...title('Counting'),
    ...entries([['method', method], ...degraded.map((reason): [string, string] => ['not better', reason])]),
    ...(model.events.isEmpty ? [] : title('Events, the newest first')),
    ...model.events.newest(EVENTS).flatMap(event => {
      const { time, text } = eventWords(event)
      return entries([[time, text]])
    }),
    ...title('Marks'),
    ...entries(marks(glyphs)),
    ...title('How an owner is known'),
    ...entries(attributionHelp),
    ...title('Why traffic has no owner'),
    ...entries(
      reasonHelp.map(([reason, what, remedy]) => [reason, remedy === '' ? what : `${what}; ${remedy}`]),
    ),
  ]
}

function marks(glyphs: Glyphs): Array<[string, string]> {
  return [
    ['[tun0]', 'its own traffic carries the packets of that tunnel; the sums above leave it out'],
    [`${glyphs.down} ${glyphs.up}`, 'received, sent; IP bytes, K, M and G are powers of 1024'],
    [`${glyphs.descending.trim()} ${glyphs.ascending.trim()}`, 'the column that rows are ordered by'],
    ['?', 'no process could be named; the reason stands in its place'],
    ['~', 'a name that reverse DNS told, which its owner can choose at will'],
    ['dimmed', 'nothing moves on it, or its sockets are closed'],
    ['(closed)', 'the sockets that it was seen to use are closed; it may live on'],
    ['(exited)', 'its pid is that of another process now'],
    ['seen', 'share of what the interfaces moved that was captured, since the start'],
    ['owned, unknown', 'shares of what was counted since the start'],
  ]
}
