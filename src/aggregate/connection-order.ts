// The order in which connections of an interval are written.

import type { Connection } from './connection.ts'
import type { TrafficRows } from './traffic-rows.ts'

/** Bytes of a connection in an interval, up to which they are sorted as numbers: 64 GiB. */
const MOST_RANKED = 2 ** 36 - 1
/** More connections than can be kept: a number for each, beside its traffic, in the 53 bits of a double. */
const MOST_PLACES = 1 << 17

/**
 * Places in `connections`, in order. They are sorted as numbers, each of traffic and place, and only those of equal traffic one
 * with another. To compare two of thousands of connections is a miss of the cache or two, and some ten comparisons fall to
 * each: a fifth of what the end of an interval costs (test/bench/pipeline.bench.ts).
 */
export function busiestFirst(connections: readonly Connection[], traffic: TrafficRows): number[] {
  const { length } = connections
  const bytesAt = (place: number): number => traffic.bytes((connections[place] as Connection).row)
  const compareAt = (a: number, b: number): number =>
    compareEqual(connections[a] as Connection, connections[b] as Connection)
  const keys = new Float64Array(length)
  for (let place = 0; place < length; place++) {
    const bytes = bytesAt(place)
    // More, or nonsense from a foreign stream, does not fit with the place into the 53 bits of a number.
    const isRanked = Number.isInteger(bytes) && bytes >= 0 && bytes <= MOST_RANKED
    if (!isRanked || length > MOST_PLACES)
      return Array.from(connections.keys()).sort((a, b) => bytesAt(b) - bytesAt(a) || compareAt(a, b))
    keys[place] = (MOST_RANKED - bytes) * MOST_PLACES + place
  }
  keys.sort()
  const sorted: number[] = []
  for (const key of keys) sorted.push(key % MOST_PLACES)
  const rankOf = (at: number): number => Math.floor((keys[at] as number) / MOST_PLACES)
  for (let from = 0, to = 1; from < length; from = to++) {
    while (to < length && rankOf(to) === rankOf(from)) to++
    if (to - from > 1)
      for (const [i, place] of sorted.slice(from, to).sort(compareAt).entries()) sorted[from + i] = place
  }
  return sorted
}

/** Of equal traffic: a total order that does not depend on the order of arrival. */
function compareEqual(a: Connection, b: Connection): number {
  return (a.process.pid ?? Infinity) - (b.process.pid ?? Infinity) || byEnds(a, b)
}

function byEnds(
  { ends: a, process: { startTime: aTime } }: Connection,
  { ends: b, process }: Connection,
): number {
  return (
    byText(a.proto, b.proto) ||
    byText(a.localIp, b.localIp) ||
    (a.localPort ?? 0) - (b.localPort ?? 0) ||
    byText(a.remoteIp, b.remoteIp) ||
    (a.remotePort ?? 0) - (b.remotePort ?? 0) ||
    (aTime ?? 0) - (process.startTime ?? 0)
  )
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
