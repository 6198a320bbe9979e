// Numbers for narrow columns: base 1024, at most seven cells.

const units = ['B', 'K', 'M', 'G', 'T', 'P']

/** Bytes in at most six cells: "0", "999 B", "1.5 K", "312 M". */
export function shortBytes(bytes: number): string {
  if (!(bytes >= 0.5)) return '0'
  let unit = 0
  while (bytes >= 999.5 && unit < units.length - 1) {
    bytes /= 1024
    unit++
  }
  return `${unit === 0 || bytes >= 99.95 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`
}

/** Bytes per second: "1.5 K/s". */
export function shortRate(bytesPerSecond: number): string {
  return bytesPerSecond >= 0.5 ? `${shortBytes(bytesPerSecond)}/s` : '0'
}

export function shortCount(count: number): string {
  if (count < 100_000) return String(Math.round(count))
  return count < 100_000_000 ? `${Math.round(count / 1000)}k` : `${Math.round(count / 1_000_000)}M`
}

/** A share from 0 to 1, in per cent. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}

/** Microseconds as milliseconds: "0.35", "12.1", "350". */
export function milliseconds(us: number): string {
  const ms = us / 1000
  return ms < 1 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : String(Math.round(ms))
}

/** Seconds since the epoch as time of day of this host: "16:08:59". */
export function clockTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
