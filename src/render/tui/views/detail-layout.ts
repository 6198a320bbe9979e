// The details of a row, laid out in the room that there is: in a few lines below the list the brief form of each part, in a
// pane beside it all of them, with as many items as there is room for.

import { printable } from '../../../record/printable.ts'
import { cellWidth, wrap } from '../cell-width.ts'
import type { Grid } from '../grid.ts'
import { BOLD, DIM } from '../look.ts'
import type { Area } from '../table.ts'

export interface DetailLine {
  /** They stay together where the line is broken. */
  readonly parts: readonly string[]
  /** At the right edge of a pane: figures. */
  readonly right?: string
  readonly style?: number
  /** Cells. */
  readonly indent?: number
}

export interface Section {
  readonly title: string
  readonly right?: string
  /** Where there are few lines: parts of one line each. */
  readonly brief?: readonly (readonly string[])[]
  /** In a pane, below the title. Lines without parts are left out, and a section without lines and items, too. */
  readonly lines: readonly DetailLine[]
  /** Each has a few lines. */
  readonly items?: readonly (readonly DetailLine[])[]
  /** Also of those that are not given. */
  readonly itemCount?: number
}

/** Lines of a pane that a single text may take. */
const LONGEST_TEXT = 4

/**
 * The brief forms in the room for them: each line has one, cut where it is longer; while there are fewer lines than room,
 * parts that find no room in their line go to another.
 */
export function stripOf(sections: readonly Section[], width: number, room: number): string[] {
  const lines = sections.flatMap(({ brief = [] }) => brief.filter(parts => parts.length > 0)).slice(0, room)
  let spare = room - lines.length
  return lines.flatMap(parts => {
    const broken = flow(parts, width)
    const extra = Math.min(spare, broken.length - 1)
    spare -= extra
    return [...broken.slice(0, extra), broken.slice(extra).join('  ')]
  })
}

/** The sections one below the other, and `last` at the foot, which has its room first. */
export function drawPane(
  grid: Grid,
  { x, y: top, width, height }: Area,
  sections: readonly Section[],
  last: string | undefined,
): void {
  const foot = last === undefined ? [] : wrap(printable(last), width).slice(0, height)
  const end = top + height - foot.length
  foot.forEach((line, i) => grid.put(x, end + i, line, BOLD, width))
  const shown = sections.filter(({ lines, items = [] }) => lines.some(hasText) || items.length > 0)
  const fixed = shown.map(section => rowsOf([titleOf(section), ...section.lines], width))
  // Between two sections a line is empty.
  let spare = fixed.reduce((room, rows) => room - rows.length - 1, end - top + 1)
  let y = top
  for (const [at, section] of shown.entries()) {
    const items = itemRows(section, width, spare)
    spare -= items.length
    for (const row of [...(fixed[at] as Row[]), ...items]) {
      if (y >= end) return
      const figures = row.right.trimStart()
      const room = figures === '' ? width : width - figures.length - 1
      grid.put(x + row.indent, y, row.text, row.style, room - row.indent)
      grid.put(x + width - figures.length, y, figures, row.style)
      y++
    }
    y++
  }
}

/** A line of the pane. */
interface Row {
  readonly text: string
  readonly right: string
  readonly style: number
  readonly indent: number
}

function titleOf({ title, right = '' }: Section): DetailLine {
  return { parts: [title], right, style: BOLD }
}

function hasText({ parts }: DetailLine): boolean {
  return parts.length > 0
}

function rowsOf(lines: readonly DetailLine[], width: number): Row[] {
  return lines.filter(hasText).flatMap(({ parts, right = '', style = 0, indent = 0 }) => {
    const room = width - indent
    // What has figures beside it is cut where it is longer; other texts are broken.
    const texts = right === '' ? flow(parts, room).flatMap(text => broken(text, room)) : [parts.join('  ')]
    return texts.map(text => ({ text, right, style, indent }))
  })
}

/** As many of the items as there is room for, the last perhaps in part, and how many there are beside them. */
function itemRows({ items = [], itemCount = 0 }: Section, width: number, room: number): Row[] {
  const rows = items.map(item => rowsOf(item, width))
  const all = rows.flat()
  if ((all.length <= room && itemCount === items.length) || room < 1) return all.slice(0, Math.max(0, room))
  const shown = all.slice(0, room - 1)
  const begun = rows.filter(([first]) => shown.includes(first as Row)).length
  return [...shown, { text: `${itemCount - begun} more`, right: '', style: DIM, indent: 0 }]
}

/** A text in as many lines as it may take. */
function broken(text: string, width: number): string[] {
  const lines = wrap(printable(text), width)
  if (lines.length <= LONGEST_TEXT) return lines
  return [...lines.slice(0, LONGEST_TEXT - 1), lines.slice(LONGEST_TEXT - 1).join(' ')]
}

/** The parts in lines: one that finds no room goes to the next. */
function flow(parts: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const before = lines.at(-1)
    const longer = `${before}  ${part}`
    if (before !== undefined && cellWidth(longer) <= width) lines[lines.length - 1] = longer
    else lines.push(part)
  }
  return lines
}
