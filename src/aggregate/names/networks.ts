// What an address is for, if that is known: the longest prefix counts.

import { isV4Words, parseAddress, type AddressWords } from '../../record/address.ts'
import { specialNetworks } from './special-networks.ts'
import { wellKnownNetworks } from './well-known-networks.ts'

interface Network {
  readonly words: AddressWords
  readonly masks: readonly number[]
  readonly bits: number
  readonly name: string
}

/** Longest prefix first. */
const networks = `${specialNetworks}${wellKnownNetworks}`
  .split('\n')
  .filter(line => line !== '')
  .map(networkOf)
  .sort((a, b) => b.bits - a.bits)

/** Labels are asked for again each interval, for the same addresses. */
const seen = new Map<string, string | undefined>()
const MAX_SEEN = 4096

export function networkName(address: string): string | undefined {
  if (seen.has(address)) return seen.get(address)
  if (seen.size >= MAX_SEEN) seen.clear()
  const words = parseAddress(address)
  const name = words === undefined ? undefined : networks.find(network => contains(network, words))?.name
  seen.set(address, name)
  return name
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
