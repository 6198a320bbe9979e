// What happened last, above the status line.

import type { Context } from '../context.ts'
import type { Event } from '../event-log.ts'
import type { Grid } from '../grid.ts'
import { BOLD, DIM } from '../look.ts'
import type { Area } from '../table.ts'
import { clockTime } from '../units.ts'

/** The first line says what these are, the newest is below it. */
export function drawEvents(grid: Grid, { x, y, width, height }: Area, { model, glyphs }: Context): void {
  drawRule(grid, { x, y, width, height: 1 }, 'events', glyphs.line)
  model.events.newest(height - 1).forEach((event, i) => {
    const { time, text } = eventWords(event)
    grid.put(x + 1, y + 1 + i, time, DIM)
    grid.put(x + 1 + TIME, y + 1 + i, text, event.isAlarm ? BOLD : 0, width - TIME - 2)
  })
}

const TIME = 9

/** An alarm has a mark: colour and weight are not all. */
export function eventWords({ ts, text, isAlarm }: Event): { time: string; text: string } {
  return { time: ts === 0 ? '' : clockTime(ts), text: `${isAlarm ? '! ' : ''}${text}` }
}

/** A line across the area, with a title in it. */
export function drawRule(grid: Grid, { x, y, width }: Area, title: string, line: string): void {
  grid.put(x, y, line.repeat(width), DIM)
  grid.put(x + 1, y, ` ${title} `, BOLD, width - 2)
}
