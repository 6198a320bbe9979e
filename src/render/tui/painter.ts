// From one frame to the next with few bytes: only cells that differ are written. The frame is bracketed as a synchronized
// update (mode 2026), which terminals that do not know it ignore.
//
// Terminals disagree about the width of emoji and rare scripts. Behind a character that is not plain the column is set
// anew, and a row that has one is painted whole, so that a disagreement never spreads over the row or stays behind.

import { isPlain } from './cell-width.ts'
import { CONTINUED, type Grid } from './grid.ts'
import { sgr, type ColorDepth } from './palette.ts'

/** Unchanged cells between two changed ones that are cheaper to write than to jump over. */
const SHORT_GAP = 4
const BEGIN = '\x1b[?2026h'
const END = '\x1b[0m\x1b[?2026l'

export class Painter {
  private readonly depth: ColorDepth
  private shown: Grid | undefined
  private style = 0
  private out = ''

  constructor(depth: ColorDepth) {
    this.depth = depth
  }

  /** The screen is no longer what was painted: the next frame is painted whole. */
  forget(): void {
    this.shown = undefined
  }

  /** What to write so that the terminal shows the frame; empty when it does already. */
  paint(grid: Grid): string {
    const before = this.shown
    const isWhole = before === undefined || before.width !== grid.width || before.height !== grid.height
    this.out = ''
    this.style = -1
    for (let y = 0; y < grid.height; y++) this.paintRow(grid, isWhole ? undefined : before, y)
    this.shown = grid
    if (this.out === '') return isWhole ? `${BEGIN}\x1b[2J${END}` : ''
    return `${BEGIN}${isWhole ? '\x1b[0m\x1b[2J' : ''}${this.out}${END}`
  }

  private paintRow(grid: Grid, before: Grid | undefined, y: number): void {
    const start = y * grid.width
    const end = start + grid.width
    let first = start
    let last = end
    while (first < end && isSame(grid, before, first)) first++
    if (first === end) return
    if (grid.isUnusual(y) || before?.isUnusual(y) === true) {
      this.clearRow(y)
      return this.write(grid, y, start, end)
    }
    while (isSame(grid, before, last - 1)) last--
    for (let at = first; at < last;) {
      let stop = at
      for (let same = 0; stop < last && same <= SHORT_GAP; stop++)
        same = isSame(grid, before, stop) ? same + 1 : 0
      let to = stop
      while (isSame(grid, before, to - 1)) to--
      this.write(grid, y, at, to)
      at = stop
      while (at < last && isSame(grid, before, at)) at++
    }
  }

  /** A row whose characters are of doubtful width is emptied first: nothing old can shine through. */
  private clearRow(y: number): void {
    this.setStyle(0)
    this.out += `\x1b[${y + 1};1H\x1b[2K`
  }

  private write(grid: Grid, y: number, from: number, to: number): void {
    const start = y * grid.width
    const isUsual = !grid.isUnusual(y)
    this.out += `\x1b[${y + 1};${from - start + 1}H`
    for (let at = from; at < to; at++) {
      const text = grid.cells[at] as string
      if (text === CONTINUED) continue
      this.setStyle(grid.styles[at] as number)
      if (isUsual || isPlain(text)) {
        this.out += text
        continue
      }
      const width = at + 1 < start + grid.width && grid.cells[at + 1] === CONTINUED ? 2 : 1
      // Two blanks below a wide one, for a terminal that thinks it narrow.
      this.out += `${' '.repeat(width)}\x1b[${at - start + 1}G${text}`
      if (at + width < start + grid.width) this.out += `\x1b[${at + width - start + 1}G`
    }
  }

  private setStyle(style: number): void {
    if (style === this.style) return
    this.out += sgr(style, this.depth)
    this.style = style
  }
}

/** Frames for a terminal that cannot place its cursor (TERM=dumb): each one as lines of text, without any escape sequence. */
export class LinePainter {
  private shown = ''

  forget(): void {}

  paint(grid: Grid): string {
    const lines = Array.from({ length: grid.height }, (_, y) => grid.line(y))
    const text = `${lines.filter(line => line !== '').join('\n')}\n\n`
    if (text === this.shown) return ''
    this.shown = text
    return text
  }
}

function isSame(grid: Grid, before: Grid | undefined, at: number): boolean {
  return before === undefined
    ? grid.cells[at] === ' ' && grid.styles[at] === 0
    : grid.cells[at] === before.cells[at] && grid.styles[at] === before.styles[at]
}
