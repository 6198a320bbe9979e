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
  const owned = `owned ${share(tally.owned)}${tally.bound > 0 ? ` (${share(tally.owned - tally.bound)} exact)` : ''}`
  const partsOf = (isSeenLong: boolean, hasReason: boolean) => {
    const reason = hasReason && tally.unknown > 0 ? ` ${tally.mainReason ?? ''}` : ''
    const parts: Array<readonly [text: string, style: number]> = [[`counted ${shortBytes(tally.bytes)}`, DIM]]
    if (tally.dropped > 0) parts.unshift([`lost ${shortCount(tally.dropped)} packets`, ALARM | BOLD])
    if (kernelMethods.has(interval.method)) parts.push(['by the kernel', DIM])
    else if (seen !== undefined) parts.push([`seen ${percent(seen)}${isSeenLong ? ' of interfaces' : ''}`, 0])
    parts.push([owned, 0], [`unknown ${share(tally.unknown)}${reason}`, 0])
    return parts
  }
  const room = grid.width - 2
  const parts = [partsOf(true, true), partsOf(false, true), partsOf(false, false)]
  const fitting = parts.find(each => widthOf(each) <= room) ?? (parts[2] as (typeof parts)[number])
  let x = 1
  for (const [text, style] of fitting) {
    if (x > 1) x = grid.put(x, y, ` ${glyphs.separator} `, DIM)
    x = grid.put(x, y, text, style, Math.max(0, grid.width - 1 - x))
  }
}

function widthOf(parts: ReadonlyArray<readonly [text: string, style: number]>): number {
  return parts.reduce((sum, [text]) => sum + cellWidth(text) + 3, -3)
}
