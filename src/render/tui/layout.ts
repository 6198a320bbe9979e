// Which part of the screen is whose: the list, beside it the pane of the selected row or below it a few lines of that.

import type { Area } from './table.ts'
import type { UiState } from './ui-state.ts'

/** From this size on there is all of it; of less, from the other on, the list and one line. */
const ROOMY = { width: 80, height: 24 } as const
const SMALLEST = { width: 40, height: 3 } as const
/** From this width on there may be a pane, and there is one if the user did not choose. */
export const PANE_FROM = 100
const PANE_BY_ITSELF = 120
const PANE_SHARE = 0.35
/** Lines below the list, where there is no pane. */
const STRIP = 3
/** From this height on there are the last events, and from the other the last DNS questions; their lines with a title. */
const EVENTS_FROM = 32
const EVENTS = 5
const DNS_FROM = 36
const DNS = 6

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Layout {
  /** Lines of the chart of the host, from line 1 on; below it is the balance. */
  readonly chart: number
  readonly list: Area
  readonly pane: Area | undefined
  readonly strip: Area | undefined
  readonly dns: Area | undefined
  readonly events: Area | undefined
  /** List and what tells of its rows, together. */
  readonly whole: Area
  readonly degradedY: number
  readonly statusY: number
}

export function hasRoom({ width, height }: Size, of: 'all' | 'list'): boolean {
  const least = of === 'all' ? ROOMY : SMALLEST
  return width >= least.width && height >= least.height
}

export function hasPane({ isPane }: UiState, width: number): boolean {
  return width >= PANE_FROM && (isPane ?? width >= PANE_BY_ITSELF)
}

/** What there is to show. */
export interface Content {
  /** Why there is no better method. */
  readonly isDegraded: boolean
  readonly hasEvents: boolean
  readonly hasQueries: boolean
}

export function layOut({ width, height }: Size, state: UiState, content: Content): Layout {
  const chart = height >= 40 ? 3 : height >= 30 ? 2 : 1
  const statusY = height - 2
  const degradedY = statusY - (content.isDegraded ? 1 : 0)
  const y = 2 + chart
  const whole = { x: 0, y, width, height: degradedY - y }
  const at = (end: number, lines: number): Area => ({ x: 0, y: end - lines, width, height: lines })
  const events = content.hasEvents && height >= EVENTS_FROM ? at(degradedY, EVENTS) : undefined
  const eventsY = events?.y ?? degradedY
  const hasDns = content.hasQueries && state.view !== 'dns' && height >= DNS_FROM
  const dns = hasDns ? at(eventsY, DNS) : undefined
  const upper = { ...whole, height: (dns?.y ?? eventsY) - y }
  const common = { chart, whole, dns, events, degradedY, statusY }
  if (!hasPane(state, width)) {
    const list = { ...upper, height: upper.height - STRIP }
    const strip = { x: 1, y: y + list.height, width: width - 2, height: STRIP }
    return { ...common, list, strip, pane: undefined }
  }
  // Between the two a line, with a space on either side.
  const list = { ...upper, width: width - Math.floor(width * PANE_SHARE) }
  const x = list.width + 3
  const pane = { ...upper, x, width: width - x }
  return { ...common, list, pane, strip: undefined }
}
