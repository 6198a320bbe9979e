// How many cells a text takes on a terminal: graphemes by Unicode (UAX 29), each 0, 1 or 2 cells wide. Intl.Segmenter costs
// about 1 us a character (test/bench/tui.bench.ts), so text of plain characters never goes there, and the rest is kept.
// To load its rules and the tables of string-width takes as long as a first frame: it is done behind that (loadWidths).

/** One user-perceived character: what goes into one cell, or two. */
export interface Cluster {
  readonly text: string
  readonly width: 1 | 2
}

/** One code unit, one cell: ASCII, Latin (without the soft hyphen), Greek, Cyrillic, and the glyphs that we draw with. */
const plain =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0391-\u03ff\u0400-\u0482\u2013\u2014\u2022\u2026\u2190-\u2195\u2500-\u25bf]*$/
/** Code units of one character; a family of four with skin tones has less. More is a stack of marks: its base is shown. */
const LONGEST_CLUSTER = 40
/** The clusters of so many texts are kept; then all are forgotten. */
const MOST_KEPT = 4096

let widths: { readonly segmenter: Intl.Segmenter; readonly stringWidth: (text: string) => number } | undefined
const kept = new Map<string, readonly Cluster[]>()

/** Before any text is measured that is not plain. */
export async function loadWidths(): Promise<void> {
  const { default: stringWidth } = await import('string-width')
  widths ??= { segmenter: new Intl.Segmenter('en', { granularity: 'grapheme' }), stringWidth }
}

/** Each code unit is one cell. */
export function isPlain(text: string): boolean {
  return plain.test(text)
}

/** The characters of a text that is not plain; those without width (a mark with nothing to stand on) are left out. */
export function clustersOf(text: string): readonly Cluster[] {
  const known = kept.get(text)
  if (known !== undefined) return known
  if (widths === undefined) throw new Error('the widths of characters are not loaded')
  const { segmenter, stringWidth } = widths
  const clusters: Cluster[] = []
  for (const { segment } of segmenter.segment(text)) {
    const text = segment.length > LONGEST_CLUSTER ? ([...segment][0] as string) : segment
    const width = stringWidth(text)
    if (width > 0) clusters.push({ text, width: width === 1 ? 1 : 2 })
  }
  if (kept.size >= MOST_KEPT) kept.clear()
  kept.set(text, clusters)
  return clusters
}

/** Cells of a text without control characters. */
export function cellWidth(text: string): number {
  return isPlain(text) ? text.length : clustersOf(text).reduce((sum, { width }) => sum + width, 0)
}

/** The text cut to `width` cells, the mark of the cut in the last one. */
export function fit(text: string, width: number, mark: string): string {
  if (width <= 0) return ''
  if (text.length <= width && isPlain(text)) return text
  if (cellWidth(text) <= width) return text
  if (isPlain(text)) return text.slice(0, width - 1) + mark
  let cells = 0
  let cut = ''
  for (const cluster of clustersOf(text)) {
    if (cells + cluster.width > width - 1) break
    cells += cluster.width
    cut += cluster.text
  }
  return cut + mark
}

/** The text in lines of at most `width` cells, broken at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  let cells = 0
  for (const word of text.split(' ')) {
    const own = cellWidth(word)
    if (cells > 0 && cells + 1 + own > width) {
      lines.push(line)
      line = ''
      cells = 0
    }
    line += cells > 0 ? ` ${word}` : word
    cells += cells > 0 ? own + 1 : own
    // A word longer than a line.
    while (cells > width) {
      const head = fit(line, width + 1, '')
      lines.push(head)
      line = line.slice(head.length)
      cells = cellWidth(line)
    }
  }
  if (line !== '') lines.push(line)
  return lines
}
