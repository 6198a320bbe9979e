// Text compared and copied eight bytes at a time, as doubles: a line of two hundred bytes in some thirty steps, without a call
// and without a string. (Buffer.compare and Buffer.copy cost more than the whole step for texts so short.)
//
// No word of UTF-8 is NaN, which would differ from itself and might change as it is copied: that takes a byte of 0xf0 or more
// followed by 0x7f or 0xff. Nor are two different words equal: that takes a zero, and JSON has no zero byte.

/** Shortest text, in bytes: the last step of a text takes the last eight bytes, whatever the ones before have taken. */
export const SHORTEST_WIDE = 8

/** Whether the `length` bytes at `at` and those at `from` are the same. */
export function sameText(a: DataView, at: number, b: DataView, from: number, length: number): boolean {
  // What differs most often is at the end of a text: ports, the last digits of addresses.
  const last = length - 8
  if (a.getFloat64(at + last, true) !== b.getFloat64(from + last, true)) return false
  for (let i = 0; i < last; i += 8)
    if (a.getFloat64(at + i, true) !== b.getFloat64(from + i, true)) return false
  return true
}

/** @returns behind what was written */
export function copyText(to: DataView, at: number, text: DataView, from: number, length: number): number {
  const last = length - 8
  for (let i = 0; i < last; i += 8) to.setFloat64(at + i, text.getFloat64(from + i, true), true)
  to.setFloat64(at + last, text.getFloat64(from + last, true), true)
  return at + length
}
