// --filter: which rows are shown. A text is looked for in names and addresses; "10.0.0.0/8" matches a network, "10.0.0.1" that
// address and no other, ":443" a port.

import { isV4Words, parseAddress, type AddressWords } from '../record/address.ts'
import { NetoprocError } from '../record/error.ts'
import type {
  ConnectionRecord,
  DnsQueryRecord,
  InterfaceRecord,
  ProcessRecord,
} from '../record/generated/types.ts'

export class RowFilter {
  private readonly text: string
  private readonly port: number | undefined
  private readonly network: { words: AddressWords; bits: number } | undefined

  /** @throws NetoprocError usage for a network or port that is none */
  constructor(pattern: string) {
    this.text = pattern.toLowerCase()
    const port = /^:(\d{1,5})$/.exec(pattern)
    if (port !== null) {
      this.port = Number(port[1])
      if (this.port > 65535) throw new NetoprocError('usage', `--filter ${pattern}: a port is at most 65535`)
    }
    const address = parseAddress(pattern)
    if (address !== undefined) this.network = { words: address, bits: 128 }
    const network = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(pattern)
    if (network === null) return
    const words = parseAddress(network[1] as string)
    const bits = Number(network[2]) + ((network[1] as string).includes(':') ? 0 : 96)
    if (words === undefined || bits > 128)
      throw new NetoprocError('usage', `--filter ${pattern}: not a network such as 10.0.0.0/8`)
    this.network = { words, bits }
  }

  connection(record: ConnectionRecord): boolean {
    if (this.port !== undefined) return record.remote_port === this.port || record.local_port === this.port
    if (this.network !== undefined) return this.contains(record.remote_ip)
    const { process, user, remote_ip: address, remote_name: name, service, network } = record
    return this.matches(process, user, address, name, service, network)
  }

  /** A DNS question: by who asked whom for what, and what came back. */
  query(record: DnsQueryRecord): boolean {
    if (this.port !== undefined) return false
    if (this.network !== undefined)
      return [record.resolver, record.client_ip].some(each => each !== undefined && this.contains(each))
    return this.matches(record.process, record.user, record.query_name, record.response, record.resolver)
  }

  /** A process by its own names; whether one of its connections matches is for the caller to know. */
  process(record: ProcessRecord): boolean {
    return this.port === undefined && this.network === undefined && this.matches(record.process, record.user)
  }

  interface(record: InterfaceRecord): boolean {
    if (this.port !== undefined) return false
    // An address of an interface has its prefix length behind it.
    const addresses = (record.addresses ?? []).map(address => address.replace(/\/.*/, ''))
    if (this.network !== undefined) return addresses.some(address => this.contains(address))
    return this.matches(record.name, ...addresses)
  }

  private matches(...texts: Array<string | null | undefined>): boolean {
    return texts.some(text => text != null && text.toLowerCase().includes(this.text))
  }

  private contains(address: string): boolean {
    const words = parseAddress(address)
    if (words === undefined || this.network === undefined) return false
    if (isV4(words) !== isV4(this.network.words)) return false
    for (let i = 0; i < 4; i++) {
      const bits = Math.min(32, Math.max(0, this.network.bits - i * 32))
      const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0
      if (((words[i] as number) & mask) >>> 0 !== ((this.network.words[i] as number) & mask) >>> 0)
        return false
    }
    return true
  }
}

/** @throws NetoprocError usage for a network or port that is none */
export function checkPattern(pattern: string): void {
  void new RowFilter(pattern)
}

function isV4([w0, w1, w2]: AddressWords): boolean {
  return isV4Words(w0, w1, w2)
}
