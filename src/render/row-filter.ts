// --filter: which rows are shown. A text is looked for in names and addresses; "10.0.0.0/8" matches a network, ":443" a port.

import { V4_MAPPED, parseAddress } from '../record/address.ts'
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
  private readonly network: { words: readonly number[]; bits: number } | undefined

  /** @throws NetoprocError usage for a network or port that is none */
  constructor(pattern: string) {
    this.text = pattern.toLowerCase()
    const port = /^:(\d{1,5})$/.exec(pattern)
    if (port !== null) {
      this.port = Number(port[1])
      if (this.port > 65535) throw new NetoprocError('usage', `--filter ${pattern}: a port is at most 65535`)
    }
    const network = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(pattern)
    if (network === null) return
    const words = parseAddress(network[1] as string)
    const isV4 = words !== undefined && !(network[1] as string).includes(':')
    const bits = Number(network[2]) + (isV4 ? 96 : 0)
    if (words === undefined || bits > 128)
      throw new NetoprocError('usage', `--filter ${pattern}: not a network such as 10.0.0.0/8`)
    this.network = { words, bits }
  }

  connection(record: ConnectionRecord): boolean {
    if (this.port !== undefined) return record.remote_port === this.port || record.local_port === this.port
    if (this.network !== undefined) return this.contains(record.remote_ip)
    return this.matches(record.process, record.user, record.remote_ip, record.remote_name)
  }

  /** A process by its own names; whether one of its connections matches is for the caller to know. */
  process(record: ProcessRecord): boolean {
    return this.port === undefined && this.network === undefined && this.matches(record.process, record.user)
  }

  /** A DNS query by who asked, for what, and whom. */
  query(record: DnsQueryRecord): boolean {
    if (this.port !== undefined) return false
    if (this.network !== undefined) return this.contains(record.resolver)
    return this.matches(record.process, record.user, record.query_name, record.response, record.resolver)
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
    if (this.network.bits >= 96 && words[2] !== V4_MAPPED) return false
    for (let i = 0; i < 4; i++) {
      const bits = Math.min(32, Math.max(0, this.network.bits - i * 32))
      const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0
      if (((words[i] as number) & mask) >>> 0 !== ((this.network.words[i] as number) & mask) >>> 0)
        return false
    }
    return true
  }
}
