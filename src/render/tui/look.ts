// How things look: glyphs, and styles that say what a text is. A style is a small number in a cell; which escape sequence it
// becomes, if any, is for the painter. No meaning is by colour alone: numbers, marks and words carry it too.

/** Foreground, the low three bits of a style. */
export const PLAIN = 0
export const MODERATE = 1
export const HIGH = 2
export const ALARM = 3
export const ACCENT = 4
export const BOLD = 8
export const DIM = 16
export const REVERSE = 32
export const UNDERLINE = 64

export interface Glyphs {
  readonly down: string
  readonly up: string
  /** Behind a title. */
  readonly descending: string
  readonly ascending: string
  readonly cursor: string
  readonly folded: string
  readonly unfolded: string
  readonly branch: string
  readonly lastBranch: string
  readonly ellipsis: string
  readonly line: string
  readonly separator: string
  readonly live: string
  readonly arrow: string
  /** From nothing to full, nine steps. */
  readonly levels: readonly string[]
}

export const unicodeGlyphs: Glyphs = {
  down: '▼',
  up: '▲',
  descending: '↓',
  ascending: '↑',
  cursor: '▌',
  folded: '▸',
  unfolded: '▾',
  branch: '├',
  lastBranch: '└',
  ellipsis: '…',
  line: '─',
  separator: '│',
  live: '■',
  arrow: '→',
  levels: [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
}

export const asciiGlyphs: Glyphs = {
  down: 'v',
  up: '^',
  // A letter behind a word would be read with it.
  descending: ' v',
  ascending: ' ^',
  cursor: '>',
  folded: '+',
  unfolded: '-',
  branch: '|',
  lastBranch: '`',
  ellipsis: '~',
  line: '-',
  separator: '|',
  live: '*',
  arrow: '>',
  levels: [' ', '.', ':', '-', '=', '+', '*', '#', '@'],
}

/** Bytes per second from which a rate is drawn stronger. */
export const MODERATE_RATE = 10 * 1024
export const HIGH_RATE = 1024 * 1024
export const VERY_HIGH_RATE = 10 * 1024 * 1024

export function rateStyle(bytesPerSecond: number): number {
  if (bytesPerSecond <= 0) return DIM
  if (bytesPerSecond < MODERATE_RATE) return PLAIN
  if (bytesPerSecond < HIGH_RATE) return MODERATE
  return bytesPerSecond < VERY_HIGH_RATE ? HIGH : HIGH | BOLD
}
