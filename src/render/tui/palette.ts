// Styles as SGR sequences (ECMA-48 8.3.117). The colours have a contrast of at least 3:1 against black and against white (a
// test computes it), and are told apart by those who do not see red or green: blue, vermilion and a dark red, after Okabe
// and Ito. Where there are 16 colours only, their shades are the user's.

import { ACCENT, ALARM, BOLD, DIM, HIGH, MODERATE, REVERSE, UNDERLINE } from './look.ts'

export type ColorDepth = 'none' | '16' | '256'

/** xterm's 256-colour numbers. */
export const colors256: Readonly<Record<number, number>> = {
  [MODERATE]: 32, // #0087d7
  [HIGH]: 166, // #d75f00
  [ALARM]: 160, // #d70000
  [ACCENT]: 32,
}
const colors16: Readonly<Record<number, number>> = { [MODERATE]: 36, [HIGH]: 35, [ALARM]: 31, [ACCENT]: 36 }

/** By depth and style: there are few, and each cell that differs from the one before asks. */
const sequences: Readonly<Record<ColorDepth, string[]>> = { none: [], '16': [], '256': [] }

/** The sequence that sets a style, whatever was set before. */
export function sgr(style: number, depth: ColorDepth): string {
  return (sequences[depth][style] ??= sequenceOf(style, depth))
}

function sequenceOf(style: number, depth: ColorDepth): string {
  const codes = ['0']
  if (style & BOLD) codes.push('1')
  if (style & DIM) codes.push('2')
  if (style & UNDERLINE) codes.push('4')
  if (style & REVERSE) codes.push('7')
  const foreground = style & 7
  if (foreground !== 0 && depth === '256') codes.push('38', '5', String(colors256[foreground]))
  if (foreground !== 0 && depth === '16') codes.push(String(colors16[foreground]))
  // Without colours an alarm is at least bold.
  if (foreground === ALARM && depth === 'none' && !(style & BOLD)) codes.push('1')
  return `\x1b[${codes.join(';')}m`
}
