// Who moved what: an account for each connection and owner, found once for each flow and then by the flow's number. A
// five-tuple that a second process uses after the first has an account for each.

import { formatAddress } from '../record/address.ts'
import { META_PORTS } from '../record/flow-table.ts'
import { NO_OWNER, type OwnerTable } from '../record/owner-table.ts'
import type { Tables } from '../record/record-batch.ts'

export interface Account {
  readonly owner: number
  readonly process: string
  readonly proto: number
  readonly localIp: string
  readonly localPort: number | undefined
  readonly remoteIp: string
  readonly remotePort: number | undefined
  /** Numbers of record-batch.ts; they may change while the owner does not. */
  attribution: number
  reason: number
  dir: number
  iface: number
  initiated: 'in' | 'out' | undefined
  /** In the open interval. */
  rxBytes: number
  txBytes: number
  rxPackets: number
  txPackets: number
  /** In the intervals before it. */
  rxTotal: number
  txTotal: number
  isActive: boolean
  /** Number of the interval in which it last moved something. */
  lastInterval: number
}

/** Identity of a process: pid and start time, whatever its name is at the moment; "" for nobody. */
export function processKey(owners: OwnerTable, owner: number): string {
  if (owner === NO_OWNER) return ''
  const { pid, startTime } = owners.get(owner)
  return `${pid} ${startTime ?? ''}`
}

export class Accounts {
  /** Those that moved something in the open interval. */
  readonly active: Account[] = []
  private readonly byKey = new Map<string, Account>()
  interval = 0

  /** @param side which end of the flow is local: 0 the source, 4 the destination */
  ofFlow(tables: Tables, flow: number, side: 0 | 4, owner: number): Account {
    const { addresses, meta, ports } = tables.flows
    const at = flow * 8
    const text = (from: number) =>
      formatAddress(
        addresses[at + from] as number,
        addresses[at + from + 1] as number,
        addresses[at + from + 2] as number,
        addresses[at + from + 3] as number,
      )
    const both = ports[flow] as number
    const hasPorts = ((meta[flow] as number) & META_PORTS) !== 0
    const source = hasPorts ? both >>> 16 : undefined
    const destination = hasPorts ? both & 0xffff : undefined
    return this.get(
      tables.owners,
      owner,
      (meta[flow] as number) & 255,
      text(side),
      side === 0 ? source : destination,
      text(4 - side),
      side === 0 ? destination : source,
    )
  }

  get(owners: OwnerTable, owner: number, proto: number, localIp: string, localPort: number | undefined, remoteIp: string, remotePort: number | undefined): Account {
    const process = processKey(owners, owner)
    const key = `${proto} ${localIp} ${localPort} ${remoteIp} ${remotePort} ${process}`
    let account = this.byKey.get(key)
    if (account === undefined) {
      account = {
        owner,
        process,
        proto,
        localIp,
        localPort,
        remoteIp,
        remotePort,
        attribution: 0,
        reason: 0,
        dir: 0,
        iface: 0xffff,
        initiated: undefined,
        rxBytes: 0,
        txBytes: 0,
        rxPackets: 0,
        txPackets: 0,
        rxTotal: 0,
        txTotal: 0,
        isActive: false,
        lastInterval: this.interval,
      }
      this.byKey.set(key, account)
    }
    return account
  }

  /** The account of nobody for the same connection, if there is one. */
  unowned(account: Account): Account | undefined {
    const { proto, localIp, localPort, remoteIp, remotePort } = account
    return this.byKey.get(`${proto} ${localIp} ${localPort} ${remoteIp} ${remotePort} `)
  }

  activate(account: Account): void {
    if (account.isActive) return
    account.isActive = true
    this.active.push(account)
  }

  /** The interval is closed: counts become totals, and accounts that have been idle for `keep` intervals are forgotten. */
  nextInterval(keep: number): void {
    for (const account of this.active) {
      account.rxTotal += account.rxBytes
      account.txTotal += account.txBytes
      account.rxBytes = account.txBytes = account.rxPackets = account.txPackets = 0
      account.isActive = false
      account.lastInterval = this.interval
    }
    this.active.length = 0
    this.interval++
    if (this.interval % keep !== 0) return
    for (const [key, account] of this.byKey) if (this.interval - account.lastInterval > keep) this.byKey.delete(key)
  }
}
