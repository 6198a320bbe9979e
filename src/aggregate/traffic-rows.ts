// What many have moved, each what a Traffic has of one: rows of 64 bytes. At the end of an interval thousands of connections are
// added to in no order; a row is a miss of the cache or two, where an object and its numbers on the heap are ten
// (test/bench/pipeline.bench.ts).

import type { TrafficFields } from './traffic.ts'
import { rate } from './traffic.ts'

/** Numbers of a row: four of what was received, four of what was sent. */
const ROW = 8
const RECEIVED = 0
const SENT = 4
const BYTES = 0
const PACKETS = 1
const BYTES_TOTAL = 2
const PACKETS_TOTAL = 3

export class TrafficRows {
  private numbers = new Float64Array(0)
  private readonly free: number[] = []
  private used = 0

  /** A row, all zero. */
  take(): number {
    const row = this.free.pop() ?? this.used++
    if (row * ROW === this.numbers.length) {
      const { numbers } = this
      this.numbers = new Float64Array(Math.max(1024 * ROW, numbers.length * 2))
      this.numbers.set(numbers)
    }
    return row
  }

  /** Gives the row back. */
  release(row: number): void {
    this.numbers.fill(0, row * ROW, (row + 1) * ROW)
    this.free.push(row)
  }

  add(row: number, isTx: boolean, bytes: number, packets: number): void {
    const { numbers } = this
    const at = row * ROW + (isTx ? SENT : RECEIVED)
    numbers[at + BYTES] = (numbers[at + BYTES] as number) + bytes
    numbers[at + PACKETS] = (numbers[at + PACKETS] as number) + packets
    this.correct(row, isTx, bytes, packets)
  }

  /** Corrects the totals alone: see Traffic.correct. */
  correct(row: number, isTx: boolean, bytes: number, packets: number): void {
    const { numbers } = this
    const at = row * ROW + (isTx ? SENT : RECEIVED)
    numbers[at + BYTES_TOTAL] = (numbers[at + BYTES_TOTAL] as number) + bytes
    numbers[at + PACKETS_TOTAL] = (numbers[at + PACKETS_TOTAL] as number) + packets
  }

  /** Of the open interval, both ways. */
  bytes(row: number): number {
    const at = row * ROW + BYTES
    return (this.numbers[at + RECEIVED] as number) + (this.numbers[at + SENT] as number)
  }

  /** Of the open interval, both ways. */
  packets(row: number): number {
    const at = row * ROW + PACKETS
    return (this.numbers[at + RECEIVED] as number) + (this.numbers[at + SENT] as number)
  }

  beginInterval(row: number): void {
    const { numbers } = this
    const at = row * ROW
    numbers[at + BYTES] = numbers[at + PACKETS] = 0
    numbers[at + SENT + BYTES] = numbers[at + SENT + PACKETS] = 0
  }

  /** @param seconds as Traffic.writeTo */
  writeTo(record: TrafficFields, row: number, seconds: number): void {
    const { numbers } = this
    const rx = row * ROW + RECEIVED
    const tx = row * ROW + SENT
    record.rx_bytes = numbers[rx + BYTES] as number
    record.tx_bytes = numbers[tx + BYTES] as number
    record.rx_packets = numbers[rx + PACKETS] as number
    record.tx_packets = numbers[tx + PACKETS] as number
    record.rx_rate = rate(record.rx_bytes, seconds)
    record.tx_rate = rate(record.tx_bytes, seconds)
    record.rx_bytes_total = numbers[rx + BYTES_TOTAL] as number
    record.tx_bytes_total = numbers[tx + BYTES_TOTAL] as number
    record.rx_packets_total = numbers[rx + PACKETS_TOTAL] as number
    record.tx_packets_total = numbers[tx + PACKETS_TOTAL] as number
  }
}
