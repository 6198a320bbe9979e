// LOC records: where something is, how large, and how surely (RFC 1876).

import { u32 } from './decoded.ts'
import { CutShort } from './dns-reader.ts'

const EQUATOR = 2 ** 31
/** Altitude 0 lies 100,000 m below the WGS 84 reference spheroid, in cm. */
const ALTITUDE_ZERO_CM = 10_000_000
const MS_PER_DEGREE = 3_600_000

/** The sixteen bytes at `at`: version, size, two precisions; latitude and longitude in ms of arc, altitude in cm. */
export function locationText(bytes: Uint8Array, at: number): string {
  if (bytes[at] !== 0) throw new CutShort()
  const latitude = angle(u32(bytes, at + 4) - EQUATOR, 90, 'N', 'S')
  const longitude = angle(u32(bytes, at + 8) - EQUATOR, 180, 'E', 'W')
  const altitude = ((u32(bytes, at + 12) - ALTITUDE_ZERO_CM) / 100).toFixed(2)
  const [size, horizontal, vertical] = [1, 2, 3].map(i => length(bytes[at + i] as number))
  return `${latitude} ${longitude} ${altitude}m ${size} ${horizontal} ${vertical}`
}

function angle(ms: number, mostDegrees: number, positive: string, negative: string): string {
  const size = Math.abs(ms)
  if (size > mostDegrees * MS_PER_DEGREE) throw new CutShort()
  const degrees = Math.floor(size / MS_PER_DEGREE)
  const minutes = Math.floor((size % MS_PER_DEGREE) / 60_000)
  const seconds = ((size % 60_000) / 1000).toFixed(3)
  return `${degrees} ${minutes} ${seconds} ${ms < 0 ? negative : positive}`
}

/** A decimal digit in the high half, and so many times ten to that in the low one: cm. */
function length(byte: number): string {
  const [digit, exponent] = [byte >> 4, byte & 15]
  if (digit > 9 || exponent > 9) throw new CutShort()
  const cm = digit * 10 ** exponent
  return `${exponent < 2 ? (cm / 100).toFixed(2) : cm / 100}m`
}
