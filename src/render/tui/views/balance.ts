// One line that says how far the figures can be trusted: of what the interfaces moved since the start, how much was seen; of
// that, how much has an owner, how much has none and for what reason first; what was lost.

import { cellWidth } from '../cell-width.ts'
import type { Context } from '../context.ts'
import type { Grid } from '../grid.ts'
import { ALARM, BOLD, DIM } from '../look.ts'
import { percent, shortBytes, shortCount } from '../units.ts'

/** Methods by which the kernel counts at the sockets: there is no interface to compare with. */
const kernelMethods: ReadonlySet<string> = new Set(['ebpf', 'ntstat'])

export function drawBalance(grid: Grid, y: number, { model, glyphs }: Context): void {
  const { tally, interval } = model
  if (interval === undefined || tally.bytes === 0) return
  const share = (bytes: number) => percent(bytes / tally.bytes)
  const seen = tally.seenShare
  const parts: Array<readonly [text: string, style: number]> = [
    [`counted ${shortBytes(tally.bytes)}`, DIM],
    [
      `owned ${share(tally.owned)}${tally.bound > 0 ? ` (${share(tally.owned - tally.bound)} exact)` : ''}`,
      0,
    ],
    [`unknown ${share(tally.unknown)}${tally.unknown > 0 ? ` ${tally.mainReason ?? ''}` : ''}`, 0],
  ]
  if (kernelMethods.has(interval.method)) parts.splice(1, 0, ['by the kernel', DIM])
  else if (seen !== undefined) parts.splice(1, 0, [`seen ${percent(seen)} of interfaces`, 0])
  if (tally.dropped > 0) parts.unshift([`lost ${shortCount(tally.dropped)} packets`, ALARM | BOLD])
  let x = 1
  for (const [text, style] of parts) {
    const gap = x === 1 ? 0 : 3
    if (x + gap + cellWidth(text) > grid.width - 1) return
    if (gap > 0) x = grid.put(x, y, ` ${glyphs.separator} `, DIM)
    x = grid.put(x, y, text, style)
  }
}
