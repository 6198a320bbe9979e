// What does a DNS message cost, and what at worst? Ordinary messages; then messages of 64 KiB, each made to cost as much as
// possible, in microseconds a message; and those that fit a datagram of an Ethernet network, which an attacker sends cheapest.
// Then what it costs to find the question of an answer, and to remember its names.

import { DnsObservatory } from '../../src/aggregate/dns/observatory.ts'
import { NameBook } from '../../src/aggregate/names/name-book.ts'
import { decodeDnsMessage } from '../../src/capture/decode/dns-message.ts'
import type { DnsRecord } from '../../src/record/generated/types.ts'
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

/** Questions and answers through the observatory and the book of names; so many questions are open at a time. */
function exchanges(open: number): number {
  const names = new NameBook()
  const observatory = new DnsObservatory((name, answer, asker) => names.learn(name, answer, asker))
  const messages = 200_000
  const began = performance.now()
  for (let i = 0; i < messages + open; i++) {
    if (i < messages) observatory.take(message(i, i, 'query'))
    if (i >= open) observatory.take(message(i, i - open, 'response'))
  }
  return ((performance.now() - began) * 1000) / (2 * messages)
}

function message(at: number, id: number, qr: 'query' | 'response'): DnsRecord {
  const [client, server] = ['192.0.2.7', '192.0.2.53']
  const name = `n${id}.example`
  const data = `10.${(id >> 16) & 255}.${(id >> 8) & 255}.${id & 255}`
  return {
    type: 'dns',
    ts: 1763910000 + at / 10_000,
    dir: qr === 'query' ? 'out' : 'in',
    proto: 'udp',
    src_ip: qr === 'query' ? client : server,
    src_port: qr === 'query' ? 40001 : 53,
    dst_ip: qr === 'query' ? server : client,
    dst_port: qr === 'query' ? 53 : 40001,
    id: id & 0xffff,
    qr,
    opcode: 'QUERY',
    query_name: name,
    query_type: 'A',
    answers: qr === 'query' ? [] : [{ name, type: 'A', ttl: 60, data }],
    truncated: false,
    ...(qr === 'query' ? {} : { rcode: 'NOERROR' }),
  }
}

for (const open of [1, 1000, 16_000])
  show(`question or answer, ${open} open, addresses always new`, exchanges(open))
