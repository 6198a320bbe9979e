// What records with macOS's counters have in common: they tell payload, and whether the other end is on this host, too.

import { parseAddress } from '../../record/address.ts'
import { NetoprocError } from '../../record/error.ts'
import type { HelloRecord, SocketRecord } from '../../record/generated/types.ts'
import { printable } from '../../record/printable.ts'
import type { Moved } from '../counters.ts'
import { isLoopback } from '../match.ts'

const REFRESH_US = 5_000_000

export function counterFields(counters: Moved): Partial<SocketRecord> {
  return {
    layer: 'payload',
    rx_bytes: counters.rxBytes,
    tx_bytes: counters.txBytes,
    rx_packets: counters.rxPackets,
    tx_packets: counters.txPackets,
  }
}

/** The addresses and names of this host's interfaces, read again every few seconds. */
export class LocalAddresses {
  private readonly read: () => NonNullable<HelloRecord['interfaces']>
  private readonly own = new Set<string>()
  private readonly names = new Map<number, string>()
  private readUs = -Infinity

  constructor(read: () => NonNullable<HelloRecord['interfaces']>) {
    this.read = read
  }

  refresh(nowUs: number): void {
    if (nowUs - this.readUs < REFRESH_US) return
    this.readUs = nowUs
    this.own.clear()
    this.names.clear()
    for (const { name, index, addresses } of this.read()) {
      this.names.set(index, name)
      for (const address of addresses) this.own.add(String(parseAddress(address)))
    }
  }

  /** @throws NetoprocError device, where there is none of this name */
  check(name: string): void {
    const names = [...this.names.values()]
    if (!names.includes(name))
      throw new NetoprocError('device', `no interface ${printable(name, 64)}; there are: ${names.join(' ')}`)
  }

  isLocal(words: Uint32Array): boolean {
    return isLoopback(words) || this.own.has(String(words))
  }

  /** Of the interface with this index. */
  nameOf(index: number): string | undefined {
    return this.names.get(index)
  }
}
