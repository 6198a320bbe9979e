// Clocks of clock_gettime(2) with the precision that the kernel has: Date.now() cuts its milliseconds.

import koffi from 'koffi'
import { checked } from '../system-error.ts'

export const CLOCK_REALTIME = 0
export const CLOCK_MONOTONIC = 1

const gettime = koffi.load('libc.so.6').func('int clock_gettime(int clock, _Out_ int64_t *time)') as (
  clock: number,
  time: BigInt64Array,
) => number

const time = new BigInt64Array(2)

/** Microseconds, with a fraction. */
export function clockUs(clock: number): number {
  checked('clock_gettime', gettime(clock, time))
  return Number(time[0]) * 1e6 + Number(time[1]) / 1000
}
