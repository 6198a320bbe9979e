// Rates over time as a row of blocks, or several rows of them.

import type { Glyphs } from './look.ts'

/** A row of blocks, the highest value full; a value above nothing shows at least the lowest block. */
export function sparkline(values: readonly number[], glyphs: Glyphs, top = Math.max(...values)): string {
  return bars(values, 1, glyphs, top)[0] as string
}

/** `height` rows of blocks, the top row first. */
export function bars(
  values: readonly number[],
  height: number,
  glyphs: Glyphs,
  top = Math.max(...values),
): string[] {
  const steps = glyphs.levels.length - 1
  const heights = values.map(value =>
    value > 0 && top > 0
      ? Math.min(height * steps, Math.max(1, Math.round((value / top) * height * steps)))
      : 0,
  )
  return Array.from({ length: height }, (_, row) => {
    const below = (height - 1 - row) * steps
    return heights.map(filled => glyphs.levels[Math.min(steps, Math.max(0, filled - below))]).join('')
  })
}

/** The values, or the highest of each few where there is less room than values. */
export function resample(values: readonly number[], width: number): number[] {
  if (width >= values.length) return [...values]
  const per = values.length / width
  return Array.from({ length: width }, (_, i) => {
    let at = Math.floor(i * per)
    let highest = values[at] as number
    for (const end = Math.floor((i + 1) * per); ++at < end;) highest = Math.max(highest, values[at] as number)
    return highest
  })
}
