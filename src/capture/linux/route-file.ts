// Through which interface an address is reached, by /proc/net/route and /proc/net/ipv6_route (proc(5)): the main table, without
// policy routing. What a policy decides otherwise is not known here.
//
//   route:      Iface Destination Gateway Flags RefCnt Use Metric Mask …   addresses in hex, as they lie in memory
//   ipv6_route: destination length source length next-hop metric refcount use flags iface   32 hex digits, network order

import { endianness } from 'node:os'
import { V4_MAPPED, type AddressWords } from '../../record/address.ts'

export interface Route {
  readonly words: AddressWords
  /** Bits of the prefix, of 128. */
  readonly bits: number
  readonly metric: number
  readonly iface: string
}

/** linux/route.h, linux/ipv6_route.h */
const RTF_UP = 0x0001
const RTF_REJECT = 0x0200

const MAX_ROUTES = 4096

export function parseRoutes(v4: string, v6: string): Route[] {
  return [
    ...v4.split('\n').slice(1, MAX_ROUTES).flatMap(v4Route),
    ...v6.split('\n', MAX_ROUTES).flatMap(v6Route),
  ]
}

/** The interface of the longest prefix, then of the least metric. */
export function interfaceTowards(words: AddressWords, routes: readonly Route[]): string | undefined {
  let best: Route | undefined
  for (const route of routes) {
    if (!holds(route, words)) continue
    if (
      best === undefined ||
      route.bits > best.bits ||
      (route.bits === best.bits && route.metric < best.metric)
    )
      best = route
  }
  return best?.iface
}

function v4Route(line: string): Route[] {
  const [iface, destination, , flags, , , metric, mask] = line.trim().split(/\s+/)
  if (iface === undefined || mask === undefined || !isUsed(parseInt(flags as string, 16))) return []
  const prefix = fromMemory(mask)
  // A mask's bits are its leading ones.
  const bits = prefix === 0 ? 0 : 32 - Math.log2(2 ** 32 - prefix)
  if (!Number.isInteger(bits)) return []
  return [
    {
      words: [0, 0, V4_MAPPED, fromMemory(destination as string)],
      bits: 96 + bits,
      metric: Number(metric),
      iface,
    },
  ]
}

function v6Route(line: string): Route[] {
  const [destination, length, , , , metric, , , flags, iface] = line.trim().split(/\s+/)
  if (iface === undefined || !/^[0-9a-f]{32}$/.test(destination as string)) return []
  if (!isUsed(parseInt(flags as string, 16))) return []
  const word = (i: number) => parseInt((destination as string).slice(i * 8, i * 8 + 8), 16)
  return [
    {
      words: [word(0), word(1), word(2), word(3)],
      bits: parseInt(length as string, 16),
      metric: parseInt(metric as string, 16),
      iface,
    },
  ]
}

function isUsed(flags: number): boolean {
  return (flags & RTF_UP) !== 0 && (flags & RTF_REJECT) === 0
}

/** A word that was printed as a number of this machine, in host order of its address. */
function fromMemory(hex: string): number {
  const bytes = Buffer.alloc(4)
  if (endianness() === 'LE') bytes.writeUInt32LE(parseInt(hex, 16) >>> 0)
  else bytes.writeUInt32BE(parseInt(hex, 16) >>> 0)
  return bytes.readUInt32BE()
}

function holds({ words, bits }: Route, address: AddressWords): boolean {
  const isV4 = words[2] === V4_MAPPED && words[0] === 0 && words[1] === 0 && bits >= 96
  const isAddressV4 = address[2] === V4_MAPPED && address[0] === 0 && address[1] === 0
  if (isV4 !== isAddressV4) return false
  return words.every((word, i) => {
    const of = Math.min(32, Math.max(0, bits - i * 32))
    const mask = of === 0 ? 0 : (0xffffffff << (32 - of)) >>> 0
    return (word & mask) >>> 0 === ((address[i] as number) & mask) >>> 0
  })
}
