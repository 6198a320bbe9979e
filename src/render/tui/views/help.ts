// The keys. In the order of their use, in as many columns as fit.

import { fit } from '../cell-width.ts'
import type { Context } from '../context.ts'
import type { Grid } from '../grid.ts'
import { ACCENT, BOLD } from '../look.ts'
import type { Area } from '../table.ts'

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
  ['e', 'write the list to a TSV file'],
  ['click, wheel', 'select, order by a column; move'],
  ['Ctrl-L, Ctrl-Z', 'draw the screen again; stop, until fg'],
  ['q, Ctrl-C', 'quit'],
]

export function drawHelp(grid: Grid, area: Area, { glyphs }: Context): void {
  const columns = area.width >= 130 ? 2 : 1
  const width = Math.floor((area.width - 4) / columns)
  const perColumn = Math.ceil(keyHelp.length / columns)
  grid.put(area.x + 2, area.y, 'Keys', BOLD)
  keyHelp.forEach(([keys, what], i) => {
    const x = area.x + 2 + Math.floor(i / perColumn) * width
    const y = area.y + 1 + (i % perColumn)
    if (y >= area.y + area.height) return
    grid.put(x, y, keys, ACCENT, 16)
    grid.put(x + 18, y, fit(what, width - 20, glyphs.ellipsis))
  })
}
