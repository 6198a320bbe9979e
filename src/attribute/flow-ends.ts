// The two ends of a flow, as seen from this host, and which of them is here.

import { type AddressWords, isV4Words, parseAddress } from '../record/address.ts'
import { META_IPV6 } from '../record/flow-table.ts'
import type { Tables } from '../record/record-batch.ts'
import { isForMany, isLoopback } from './match.ts'
import type { LocalTuple } from './port.ts'

/** Word in FlowTable.addresses, from the flow's first: of the source, of the destination. */
export const SOURCE = 0
export const DESTINATION = 4
type End = typeof SOURCE | typeof DESTINATION

export class FlowEnds {
  private readonly tables: Tables
  /** This host's addresses: the last word of IPv4 ones, the words of others, joined. */
  private readonly locals = new Set<number | string>()
  /** Of the address that is asked for: they are asked for with each new flow. */
  private readonly words = new Uint32Array(4)

  constructor(tables: Tables) {
    this.tables = tables
  }

  get knowsLocalAddresses(): boolean {
    return this.locals.size > 0
  }

  addLocalAddresses(addresses: readonly string[]): void {
    for (const address of addresses) {
      const words = parseAddress(address)
      if (words !== undefined) this.locals.add(localKey(words))
    }
  }

  /** @param end SOURCE or DESTINATION */
  isLocal(flow: number, end: End): boolean {
    const words = this.address(flow, end)
    return isLoopback(words) || this.locals.has(localKey(words))
  }

  /** Good until the next call. */
  address(flow: number, end: End): Uint32Array {
    this.tables.flows.copyAddress(flow, end, this.words)
    return this.words
  }

  /**
   * Fills `tuple` with the flow's, its local end being the source, or the destination.
   * @param isHere what comes to it comes to this host: also to an address that no interface has, a broadcast's
   */
  fill(tuple: LocalTuple, flow: number, isSource: boolean, isHere: boolean): void {
    const { flows } = this.tables
    flows.copyAddress(flow, isSource ? SOURCE : DESTINATION, tuple.local)
    flows.copyAddress(flow, isSource ? DESTINATION : SOURCE, tuple.remote)
    const both = flows.ports(flow)
    const meta = flows.meta(flow)
    tuple.localPort = isSource ? both >>> 16 : both & 0xffff
    tuple.remotePort = isSource ? both & 0xffff : both >>> 16
    tuple.protocol = meta & 0xff
    tuple.isV6 = (meta & META_IPV6) !== 0
    const isBroadcast = isHere && !isSource && this.knowsLocalAddresses && !this.isLocal(flow, DESTINATION)
    tuple.isForMany = isBroadcast || isForMany(tuple.local)
  }

  /** The flow of the answers; it is made where there is none. */
  reverse(flow: number): number {
    const { flows } = this.tables
    const ports = flows.ports(flow)
    const word = (i: number) => flows.word(flow, i)
    return flows.intern(
      flows.meta(flow),
      ((ports << 16) | (ports >>> 16)) >>> 0,
      word(4),
      word(5),
      word(6),
      word(7),
      word(0),
      word(1),
      word(2),
      word(3),
    )
  }
}

/** A number of 32 bits, signed, where that is enough: it is asked for each new flow, and greater ones are on the heap. */
function localKey(words: AddressWords | Uint32Array): number | string {
  const w0 = words[0] as number
  const w1 = words[1] as number
  const w2 = words[2] as number
  const w3 = words[3] as number
  return isV4Words(w0, w1, w2) ? w3 | 0 : `${w0} ${w1} ${w2} ${w3}`
}
