// Addresses as text and as words; the table that numbers five-tuples.

import { isIPv4, isIPv6 } from 'node:net'
import t from 'tap'
import { V4_MAPPED, formatAddress, parseAddress } from '../../src/record/address.ts'
import { FlowTable, META_IPV6, META_PORTS, NO_FLOW } from '../../src/record/flow-table.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../../src/record/protocol.ts'
import { Mutator } from '../support/mutator.ts'

const TCP = IPPROTO_TCP | META_PORTS
const TCP6 = TCP | META_IPV6

t.test('addresses are written as RFC 5952 says, and read back', async t => {
  for (const [text, canonical = text] of [
    ['192.0.2.255'],
    ['0.0.0.0'],
    ['255.255.255.255'],
    ['::'],
    ['::1'],
    ['2001:db8::1'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    // One group of zeros alone is written out (sec. 4.2.2).
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['fe80::', 'fe80::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ] as ReadonlyArray<readonly [string, string?]>) {
    const words = parseAddress(text)
    t.equal(words && formatAddress(...words), canonical, text)
  }
})

t.test('random addresses are written as the URL parser writes them', async t => {
  const random = new Mutator(3)
  for (let round = 0; round < 20_000; round++) {
    // Many zero groups: where they are shortened is what differs.
    const groups = Array.from({ length: 8 }, () => (random.below(2) === 0 ? 0 : random.below(0x10000)))
    const text = groups.map(group => group.toString(16)).join(':')
    const words = parseAddress(text)
    const expected = new URL(`http://[${text}]/`).hostname.slice(1, -1)
    if (words === undefined || formatAddress(...words) !== expected) return t.fail(`${text}: ${words}`)
  }
  t.pass('20,000 addresses')
})

t.test('what is no address is not read', async t => {
  const wrong = ['', '1', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.2.3.-4', ' 1.2.3.4', '1.2.3.4 ', '1..2.3']
  const wrong6 = [':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '12345::', '::g', 'fe80::1%lo']
  for (const text of [...wrong, ...wrong6, '::1.2.3', '::1.2.3.4:5', '1:2:3:4:5:6:7::8'])
    t.equal(parseAddress(text), undefined, `"${text}"`)
  const random = new Mutator(5)
  const letters = '0123456789abcdef:.:.'
  for (let round = 0; round < 50_000; round++) {
    const text = Array.from({ length: random.below(20) }, () => letters[random.below(letters.length)]).join(
      '',
    )
    const isAddress = isIPv6(text) || isIPv4(text)
    if (!isAddress && parseAddress(text) !== undefined) return t.fail(`"${text}" is no address`)
  }
})

t.test('a flow keeps its number, its words and its text', async t => {
  const flows = new FlowTable()
  const ports = ((40000 << 16) | 443) >>> 0
  const there = flows.internV4(TCP, ports, 0xc0000201, 0xffffffff)
  t.equal(flows.internV4(TCP, ports, 0xc0000201, 0xffffffff), there)
  t.not(flows.internV4(IPPROTO_UDP | META_PORTS, ports, 0xc0000201, 0xffffffff), there, 'another protocol')
  t.not(flows.internV4(TCP, ports + 1, 0xc0000201, 0xffffffff), there, 'another port')
  t.not(flows.internV4(TCP, ports, 0xffffffff, 0xc0000201), there, 'the other way')
  t.equal(flows.reverseOf(there), NO_FLOW, 'the other way, but from another port')
  t.equal(flows.count, 4)
  t.equal(flows.ports(there), ports)
  t.equal(flows.meta(there), TCP)
  const destination = new Uint32Array(4)
  flows.copyAddress(there, 4, destination)
  t.same([...destination], [0, 0, V4_MAPPED, 0xffffffff])
  const back = flows.internV4(TCP, ((443 << 16) | 40000) >>> 0, 0xffffffff, 0xc0000201)
  t.equal(flows.reverseOf(there), back)
  t.equal(flows.reverseOf(back), there)
  t.equal(flows.addressText(there, 0), '192.0.2.1')
})

t.test('IPv6 flows that differ in any word are others', async t => {
  const flows = new FlowTable()
  const words = [0x20010db8, 0, 0, 1, 0x20010db8, 0, 0, 2] as const
  const intern = (w: readonly number[]) =>
    flows.intern(TCP6, 443, ...(w as [number, number, number, number, number, number, number, number]))
  const first = intern(words)
  const seen = new Set([first])
  for (let i = 0; i < 8; i++)
    seen.add(intern(words.map((word, at) => (at === i ? word ^ 0x80000000 : word) >>> 0)))
  t.equal(seen.size, 9)
  t.equal(intern(words), first)
  t.equal(flows.addressText(first, 0), '2001:db8::1')
  t.equal(flows.reverseOf(first), NO_FLOW)
  const back = flows.intern(TCP6, (443 << 16) >>> 0, 0x20010db8, 0, 0, 2, 0x20010db8, 0, 0, 1)
  t.equal(flows.reverseOf(first), back)
  t.equal(flows.reverseOf(back), first)
})

t.test('a line may say IPv4 of addresses that are not: they are told apart all the same', async t => {
  const flows = new FlowTable()
  const one = flows.intern(TCP, 443, 1, 2, 3, 0xc0000201, 0, 0, V4_MAPPED, 0xc0000202)
  const two = flows.intern(TCP, 443, 9, 9, 9, 0xc0000201, 0, 0, V4_MAPPED, 0xc0000202)
  const three = flows.internV4(TCP, 443, 0xc0000201, 0xc0000202)
  t.equal(new Set([one, two, three]).size, 3)
  t.equal(flows.intern(TCP, 443, 1, 2, 3, 0xc0000201, 0, 0, V4_MAPPED, 0xc0000202), one)
  t.equal(flows.word(two, 0), 9)
})

t.test('a table that grows keeps its numbers; a full one lets go what was not seen for longest', async t => {
  const flows = new FlowTable(64, 8)
  const gone: number[] = []
  flows.onEvict(list => gone.push(...list))
  const ids = Array.from({ length: 64 }, (_, i) => {
    if (i === 34) flows.nextEpoch()
    return flows.internV4(TCP, i, 0x0a000001, 0x0a000002)
  })
  t.same(new Set(ids).size, 64)
  t.equal(flows.capacity, 64)
  t.equal(flows.internV4(TCP, 5, 0x0a000001, 0x0a000002), ids[5], 'seen again')
  flows.nextEpoch()
  const fresh = flows.internV4(TCP, 1000, 0x0a000001, 0x0a000002)
  t.ok(gone.length > 0 && gone.includes(fresh), 'a number that was free')
  t.notOk(gone.includes(ids[5] as number), 'not one that was seen')
  t.notOk(
    gone.some(flow => ids.indexOf(flow) >= 34),
    'nor younger ones',
  )
  t.equal(flows.internV4(TCP, 40, 0x0a000001, 0x0a000002), ids[40])
  t.equal(flows.count, 64 - gone.length + 1)
})

t.test('more flows in one batch than there is room for are refused, not mixed up', async t => {
  const flows = new FlowTable(16, 16)
  for (let i = 0; i < 16; i++) flows.internV4(TCP, i, 1, 2)
  t.throws(() => flows.internV4(TCP, 16, 1, 2), RangeError)
})
