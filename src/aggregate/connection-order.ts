// The order in which connections of an interval are written.

import type { Connection } from './connection.ts'
import type { TrafficRows } from './traffic-rows.ts'

/** Bytes of a connection in an interval, up to which they are sorted as numbers: 64 GiB. */
const MOST_RANKED = 2 ** 36 - 1
/** More connections than can be kept: a number for each, beside its traffic, in the 53 bits of a double. */
const MOST_PLACES = 1 << 17

/**
 * Sorted as numbers, each of traffic and place, and only those of equal traffic one with another. To compare two
 * of thousands of connections is a miss of the cache or two, and some ten comparisons fall to each: a fifth of what
 * the end of an interval costs (test/bench/pipeline.bench.ts).
 */
export function busiestFirst(connections: Connection[], traffic: TrafficRows): Connection[] {
  const { length } = connections
  const keys = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const bytes = traffic.bytes((connections[i] as Connection).row)
    // More, or nonsense from a foreign stream, does not fit with the place into the 53 bits of a number.
    const isRanked = Number.isInteger(bytes) && bytes >= 0 && bytes <= MOST_RANKED
    if (!isRanked || length > MOST_PLACES)
      return connections.sort((a, b) => traffic.bytes(b.row) - traffic.bytes(a.row) || compareEqual(a, b))
    keys[i] = (MOST_RANKED - bytes) * MOST_PLACES + i
  }
  keys.sort()
  const sorted = Array.from(keys, key => connections[key % MOST_PLACES] as Connection)
  const rankOf = (place: number): number => Math.floor((keys[place] as number) / MOST_PLACES)
  for (let from = 0, to = 1; from < length; from = to++) {
    while (to < length && rankOf(to) === rankOf(from)) to++
    if (to - from > 1)
      for (const [i, connection] of sorted.slice(from, to).sort(compareEqual).entries())
        sorted[from + i] = connection
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
