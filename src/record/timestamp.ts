// Time is microseconds since the Unix epoch in a double: exact up to 2^53 us (the year 2255), no BigInt, no loss.

/** `ts` of a record: seconds with six decimals. Works for times before 1970 as well. */
export function formatTimestamp(us: number): string {
  const negative = us < 0
  const abs = Math.abs(Math.round(us))
  const seconds = Math.floor(abs / 1e6)
  return `${negative ? '-' : ''}${seconds}.${String(abs - seconds * 1e6).padStart(6, '0')}`
}

/** Seconds (a JSON number) to microseconds. The nearest microsecond is the one that was written: see formatTimestamp. */
export function timestampToUs(seconds: number): number {
  return Math.round(seconds * 1e6)
}
