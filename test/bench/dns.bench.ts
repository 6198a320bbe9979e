// What does a DNS message cost, and what at worst? Ordinary messages; then messages of 64 KiB, each made to cost as much as
// possible, in microseconds a message; and those that fit a datagram of an Ethernet network, which an attacker sends cheapest.

import { decodeDnsMessage } from '../../src/capture/decode/dns-message.ts'
import { costly, ordinary } from '../support/dns-messages.ts'

function microseconds(bytes: Uint8Array, rounds: number): number {
  let best = Infinity
  for (let round = 0; round < 5; round++) {
    const began = performance.now()
    for (let i = 0; i < rounds; i++) decodeDnsMessage(bytes, 0, bytes.length)
    best = Math.min(best, ((performance.now() - began) * 1000) / rounds)
  }
  return best
}

function show(name: string, us: number): void {
  console.log(`${us.toFixed(1).padStart(9)} us  ${name}`)
}

console.log(`node ${process.version}`)
for (const [i, bytes] of ordinary.entries())
  show(`ordinary ${i}, ${bytes.length} bytes`, microseconds(bytes, 20_000))
for (const [name, bytes] of costly) show(`${name}, ${bytes.length} bytes`, microseconds(bytes, 10))
for (const [name, bytes] of costly) show(`${name}, 1472 bytes`, microseconds(bytes.subarray(0, 1472), 200))
