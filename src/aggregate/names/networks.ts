// What an address is for, if that is known: the longest prefix counts.

import { isV4Words, parseAddress, type AddressWords } from '../../record/address.ts'
import { specialNetworks } from './special-networks.ts'
import { wellKnownNetworks } from './well-known-networks.ts'

const V6 = 256

interface Network {
  readonly words: AddressWords
  readonly masks: readonly number[]
  readonly bits: number
  readonly name: string
}

/** By the first byte of their addresses; of each, the longest prefix first. A hundred comparisons an address were 20 us. */
const networks = new Map<number, Network[]>()
for (const network of `${specialNetworks}${wellKnownNetworks}`
  .split('\n')
  .filter(line => line !== '')
  .map(networkOf)
  .sort((a, b) => b.bits - a.bits)) {
  const first = firstByte(network.words)
  const ownBits = network.bits - (first < V6 ? 96 : 0)
  for (let byte = first; byte < first + 2 ** Math.max(0, 8 - ownBits); byte++)
    networks.set(byte, [...(networks.get(byte) ?? []), network])
}

/** Labels are asked for again each interval, for the same addresses. */
const seen = new Map<string, string | undefined>()
const MAX_SEEN = 4096

export function networkName(address: string): string | undefined {
  if (seen.has(address)) return seen.get(address)
  if (seen.size >= MAX_SEEN) seen.clear()
  const words = parseAddress(address)
  const name =
    words === undefined
      ? undefined
      : networks.get(firstByte(words))?.find(network => contains(network, words))?.name
  seen.set(address, name)
  return name
}

/** Of an address; IPv6's are V6 and more. */
function firstByte([w0, w1, w2, w3]: AddressWords): number {
  return isV4Words(w0, w1, w2) ? w3 >>> 24 : V6 + (w0 >>> 24)
}

/** A line of the tables: an address, with a prefix length where it is a network, and a name. */
function networkOf(line: string): Network {
  const [, address, length, name] = /^([0-9a-f.:]+)(?:\/(\d+))? (.+)$/.exec(line) ?? []
  const words = address === undefined ? undefined : parseAddress(address)
  if (words === undefined || name === undefined) throw new Error(`not a network: ${line}`)
  const bits =
    length === undefined ? 128 : Number(length) + (isV4Words(words[0], words[1], words[2]) ? 96 : 0)
  const masks = [0, 32, 64, 96].map(from => {
    const ones = Math.min(32, Math.max(0, bits - from))
    return ones === 0 ? 0 : (0xffffffff << (32 - ones)) >>> 0
  })
  return { words, masks, bits, name }
}

function contains({ words, masks }: Network, address: AddressWords): boolean {
  return words.every((word, i) => ((address[i] as number) & (masks[i] as number)) >>> 0 === word)
}
