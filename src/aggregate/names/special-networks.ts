// Special-purpose addresses. Sources: IANA "IPv4 Special-Purpose Address Registry" and "IPv6 Special-Purpose Address Registry"
// (RFC 6890), as of 2025-10, and the multicast blocks of RFC 5771, RFC 2365 and RFC 4291. No network is labelled after who
// runs it: those change hands.

import { parseAddress } from '../../record/address.ts'

const registry: ReadonlyArray<readonly [prefix: string, name: string]> = [
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared (carrier NAT)'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'IETF protocol'],
  ['192.0.0.0/29', 'IPv4 service continuity'],
  ['192.0.0.9/32', 'PCP anycast'],
  ['192.0.0.10/32', 'TURN anycast'],
  ['192.0.0.170/31', 'NAT64 discovery'],
  ['192.0.2.0/24', 'documentation'],
  ['192.31.196.0/24', 'AS112'],
  ['192.52.193.0/24', 'AMT'],
  ['192.88.99.0/24', '6to4 relay'],
  ['192.168.0.0/16', 'private'],
  ['192.175.48.0/24', 'AS112'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['224.0.0.0/24', 'link-local multicast'],
  ['239.0.0.0/8', 'administratively scoped multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['255.255.255.255/32', 'broadcast'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['64:ff9b::/96', 'NAT64'],
  ['64:ff9b:1::/48', 'NAT64'],
  ['100::/64', 'discard-only'],
  ['100:0:0:1::/64', 'dummy prefix'],
  ['2001::/23', 'IETF protocol'],
  ['2001::/32', 'Teredo'],
  ['2001:1::1/128', 'PCP anycast'],
  ['2001:1::2/128', 'TURN anycast'],
  ['2001:1::3/128', 'DNS-SD anycast'],
  ['2001:2::/48', 'benchmarking'],
  ['2001:3::/32', 'AMT'],
  ['2001:4:112::/48', 'AS112'],
  ['2001:20::/28', 'ORCHIDv2'],
  ['2001:30::/28', 'drone remote ID'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4'],
  ['2620:4f:8000::/48', 'AS112'],
  ['3fff::/20', 'documentation'],
  ['5f00::/16', 'segment routing'],
  ['fc00::/7', 'unique local'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
  ['ff02::/16', 'link-local multicast'],
  ['ff12::/16', 'link-local multicast'],
]

interface Network {
  readonly words: readonly number[]
  readonly masks: readonly number[]
  readonly name: string
}

/** Longest prefix first. */
const networks: readonly Network[] = registry
  .map(([prefix, name]) => {
    const [address, length] = prefix.split('/') as [string, string]
    const words = parseAddress(address)
    if (words === undefined) throw new Error(`not an address: ${prefix}`)
    const bits = Number(length) + (address.includes(':') ? 0 : 96)
    const masks = [0, 32, 64, 96].map(from => {
      const of = Math.min(32, Math.max(0, bits - from))
      return of === 0 ? 0 : (0xffffffff << (32 - of)) >>> 0
    })
    return { words, masks, name, bits }
  })
  .sort((a, b) => b.bits - a.bits)

/** Labels are asked for again each interval, for the same addresses. */
const seen = new Map<string, string | undefined>()
const MAX_SEEN = 4096

/** What the address is for, if it is for something special. */
export function specialNetwork(address: string): string | undefined {
  if (seen.has(address)) return seen.get(address)
  if (seen.size >= MAX_SEEN) seen.clear()
  const name = lookUp(address)
  seen.set(address, name)
  return name
}

function lookUp(address: string): string | undefined {
  const words = parseAddress(address)
  if (words === undefined) return undefined
  return networks.find(network =>
    network.words.every((word, i) => ((words[i] as number) & (network.masks[i] as number)) >>> 0 === word),
  )?.name
}
