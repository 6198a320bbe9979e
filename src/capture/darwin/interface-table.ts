// This host's interfaces, as capture needs them: name, addresses, totals, and which of them show packets that another one
// shows as well, so that each packet is counted once. Read anew every second.

import { performance } from 'node:perf_hooks'
import {
  IFF_LOOPBACK,
  IFF_POINTOPOINT,
  IFF_RUNNING,
  IFF_UP,
  IFT_BRIDGE,
  IFT_GIF,
  IFT_IEEE8023ADLAG,
  IFT_L2VLAN,
  IFT_PKTAP,
  IFT_STF,
} from '../../native/darwin/generated/interfaces.ts'
import {
  listInterfaces as readInterfaces,
  readCounters,
  type Interface,
  type InterfaceCounters,
} from '../../native/darwin/interfaces.ts'
import { V4_MAPPED, formatAddress } from '../../record/address.ts'
import { NetoprocError } from '../../record/error.ts'
import type { InterfaceRecord } from '../../record/generated/types.ts'
import { NameTable } from '../../record/name-table.ts'
import { printable } from '../../record/printable.ts'
import type { InterfaceDescription, ListedInterface } from '../port.ts'
import { InterfaceResolvers } from './interface-resolvers.ts'

/** Not read more often than this, however many callers ask. */
const FRESH_MS = 50

/** Interfaces over others: a bridge, a bond and a VLAN carry nothing that the ones below do not show. */
const shownBelow = new Set<number>([IFT_BRIDGE, IFT_L2VLAN, IFT_IEEE8023ADLAG])

export interface InterfaceState {
  /** In tables.ifaces. */
  readonly id: number
  /** As the kernel has it. */
  readonly name: string
  readonly isUp: boolean
  readonly isLoopback: boolean
}

interface Known extends InterfaceState {
  readonly interface: Interface
  readonly counters: InterfaceCounters
  readonly shownName: string
  readonly addresses: string[]
}

export class InterfaceTable {
  private readonly chosen: readonly string[]
  private readonly names: NameTable
  private readonly resolvers: InterfaceResolvers
  private known = new Map<string, Known>()
  private readAtMs = -Infinity

  /**
   * @param chosen names of the interfaces to capture from; empty: all, each packet once
   * @throws NetoprocError device, when one of them is not there
   */
  constructor(chosen: readonly string[], names: NameTable, resolvers = new InterfaceResolvers()) {
    this.chosen = chosen
    this.names = names
    this.resolvers = resolvers
    this.refresh()
    const [missing] = this.missing()
    if (missing === undefined) return
    const there = [...this.known.values()].map(({ shownName }) => shownName)
    throw new NetoprocError(
      'device',
      `no interface "${printable(missing, 64)}"; there are: ${there.join(', ')}`,
    )
  }

  /** Reads the interfaces anew, unless that was done a moment ago. @throws SystemError */
  refresh(): void {
    const now = performance.now()
    if (now - this.readAtMs < FRESH_MS) return
    const known = new Map<string, Known>()
    for (const each of readInterfaces()) {
      // A pktap shows what others carry, ours and other programs'. One that is gone since has no counters.
      const counters = each.type === IFT_PKTAP ? undefined : readCounters(each.index)
      if (counters !== undefined) known.set(each.name, this.describe(each, counters))
    }
    this.known = known
    this.readAtMs = now
  }

  get(name: string): InterfaceState | undefined {
    return this.known.get(name)
  }

  /** Those of the chosen names that no interface has now. */
  missing(): string[] {
    return this.chosen.filter(name => !this.known.has(name))
  }

  /** What to listen to: the chosen interfaces; or all, but for those whose packets others show. */
  selection(): InterfaceState[] {
    const all = [...this.known.values()]
    if (this.chosen.length > 0) return all.filter(({ name }) => this.chosen.includes(name))
    return all.filter(each => each.isUp && !shownBelow.has(each.interface.type))
  }

  descriptions(): InterfaceDescription[] {
    return [...this.known.values()].map(describe)
  }

  listed(): ListedInterface[] {
    return [...this.known.values()].map(each => ({
      ...describe(each),
      up: isRunning(each.interface),
      kind: kindOf(each.interface),
    }))
  }

  /** Of the interfaces that are captured from; one that is down and has never carried a packet is left out. */
  records(nowUs: number): InterfaceRecord[] {
    const carriers = [...this.known.values()].filter(
      ({ isUp, isLoopback, addresses }) => isUp && !isLoopback && addresses.some(isRoutable),
    )
    const resolvers = this.resolvers.read(carriers.map(({ name }) => name))
    return this.selected().map(({ name, shownName, interface: of, counters, addresses }) => ({
      type: 'interface',
      ts: nowUs / 1e6,
      name: shownName,
      up: isRunning(of),
      mtu: counters.mtu,
      kind: kindOf(of),
      addresses,
      ...resolvers.get(name),
      rx_bytes_total: counters.rxBytes,
      tx_bytes_total: counters.txBytes,
      rx_packets_total: counters.rxPackets,
      tx_packets_total: counters.txPackets,
      rx_errors: counters.rxErrors,
      tx_errors: counters.txErrors,
      rx_dropped: counters.rxDropped,
      tx_dropped: counters.txDropped,
    }))
  }

  private selected(): Known[] {
    return [...this.known.values()].filter(({ name, interface: { type }, isUp, counters }) => {
      if (this.chosen.length > 0) return this.chosen.includes(name)
      return !shownBelow.has(type) && (isUp || counters.rxPackets + counters.txPackets > 0)
    })
  }

  private describe(of: Interface, counters: InterfaceCounters): Known {
    const shownName = printable(of.name, 64)
    return {
      id: this.names.intern(shownName),
      name: of.name,
      shownName,
      isUp: (of.flags & IFF_UP) !== 0,
      isLoopback: (of.flags & IFF_LOOPBACK) !== 0,
      interface: of,
      counters,
      addresses: of.addresses.map(textOfAddress),
    }
  }
}

function describe({
  shownName,
  interface: { index },
  counters: { mtu },
  addresses,
}: Known): InterfaceDescription {
  return { name: shownName, index, mtu, addresses }
}

function isRunning({ flags }: Interface): boolean {
  return (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0
}

function kindOf({ flags, type }: Interface): NonNullable<InterfaceRecord['kind']> {
  if ((flags & IFF_LOOPBACK) !== 0) return 'loopback'
  if (type === IFT_BRIDGE) return 'bridge'
  if ((flags & IFF_POINTOPOINT) !== 0 || type === IFT_GIF || type === IFT_STF) return 'tunnel'
  return shownBelow.has(type) ? 'virtual' : 'physical'
}

function isRoutable(address: string): boolean {
  return !address.startsWith('fe80:') && !address.startsWith('169.254.')
}

/** Of 4 or 16 bytes. */
function textOfAddress(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length === 4) return formatAddress(0, 0, V4_MAPPED, view.getInt32(0))
  return formatAddress(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12))
}

/** All interfaces, for `netoproc-capture -D`. */
export function listInterfaces(): ListedInterface[] {
  return new InterfaceTable([], new NameTable()).listed()
}
