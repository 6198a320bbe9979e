// This host's interfaces, as capture needs them: name, addresses, totals, and which of them show packets that another one
// shows as well, so that each packet is counted once. Read anew every second and when a packet of an unknown one comes.

import { performance } from 'node:perf_hooks'
import { ARPHRD_ETHER, ARPHRD_LOOPBACK, ARPHRD_PPP } from '../../native/linux/af-packet.ts'
import { RouteSocket, type Link } from '../../native/linux/rtnetlink.ts'
import { V4_MAPPED, formatAddress } from '../../record/address.ts'
import { NetoprocError } from '../../record/error.ts'
import type { InterfaceRecord } from '../../record/generated/types.ts'
import { NameTable } from '../../record/name-table.ts'
import { printable } from '../../record/printable.ts'
import type { InterfaceDescription, ListedInterface } from '../port.ts'
import { InterfaceResolvers, type Resolvers } from './interface-resolvers.ts'
import { TunnelCarriers } from './tunnel-carriers.ts'

/** Links are not read more often than this, however many callers ask. */
const FRESH_MS = 50

/**
 * Masters that show what their slaves carry. No kind: hv_netvsc and net_failover, which take over a physical function.
 * Others do not: ports of Open vSwitch have one (ovs-system) that shows nothing, and so has a VRF for what comes in.
 */
const showsItsSlaves = new Set([undefined, 'bond', 'team', 'bridge', 'hsr'])

/** Kinds of tunnel that look like an Ethernet interface; others are known by their hardware type. */
const ethernetTunnels = new Set([
  'gretap',
  'ip6gretap',
  'erspan',
  'ip6erspan',
  'vxlan',
  'geneve',
  'bareudp',
  'l2tp',
])

/** What the ring reader needs to know of an interface. */
export interface InterfaceState {
  /** In tables.ifaces. */
  readonly id: number
  readonly name: string
  readonly mtu: number
  /** Its packets are seen on another interface, too, and counted there. */
  readonly isShownElsewhere: boolean
  /** Tags (type << 12 | id) of packets that are seen, without the tag, on a VLAN interface above, and counted there. */
  readonly tagsShownElsewhere: ReadonlySet<number> | undefined
  /** Ethernet addresses of macvlans above: what they send leaves through this interface and is seen here again. */
  readonly sendersShownElsewhere: readonly Uint8Array[]
  /**
   * Its own Ethernet address, where there is a PPP interface: that shows the packets of PPPoE sessions (RFC 2516) which end at
   * this address. (Netlink does not tell which interface a PPP interface lies on.)
   */
  readonly sessionsShownElsewhere: Uint8Array | undefined
}

interface Known extends InterfaceState {
  readonly link: Link
  readonly addresses: string[]
}

/** Where interfaces are read: RouteSocket. */
export type LinkSource = Pick<RouteSocket, 'links' | 'addresses' | 'close'>

export class InterfaceTable {
  private readonly route: LinkSource
  private readonly chosen: readonly string[]
  private readonly names: NameTable
  private readonly resolvers: InterfaceResolvers
  private readonly carriers: TunnelCarriers
  private known = new Map<number, Known>()
  private readAtMs = -Infinity
  /** Of the networks that this host is in. */
  broadcasts: readonly string[] = []

  /**
   * @param chosen names of the interfaces to capture from: taken literally, whatever they show; empty: all, each packet once
   * @throws NetoprocError device, when one of them is not there
   */
  constructor(
    chosen: readonly string[],
    names: NameTable,
    route: LinkSource = new RouteSocket(),
    resolvers = new InterfaceResolvers(),
    carriers = new TunnelCarriers(),
  ) {
    this.chosen = chosen
    this.names = names
    this.route = route
    this.resolvers = resolvers
    this.carriers = carriers
    this.refresh()
    const missing = this.missing()
    if (missing.length > 0) {
      const there = [...this.known.values()].map(({ name }) => name)
      this.close()
      throw new NetoprocError(
        'device',
        `no interface "${printable(missing[0] as string, 64)}"; there are: ${there.join(', ')}`,
      )
    }
  }

  /** Reads the interfaces anew, unless that was done a moment ago. @returns whether it did */
  refresh(): boolean {
    const now = performance.now()
    if (now - this.readAtMs < FRESH_MS) return false
    const links = this.route.links()
    const addresses = new Map<number, string[]>()
    const broadcasts = new Set<string>()
    for (const { index, words, broadcast } of this.route.addresses()) {
      if (broadcast !== undefined) broadcasts.add(formatAddress(0, 0, V4_MAPPED, broadcast))
      const of = addresses.get(index)
      if (of === undefined) addresses.set(index, [formatAddress(...words)])
      else of.push(formatAddress(...words))
    }
    this.known = new Map(
      links.map(link => [link.index, this.describe(link, links, addresses.get(link.index) ?? [])]),
    )
    this.broadcasts = [...broadcasts]
    this.readAtMs = now
    return true
  }

  get(index: number): InterfaceState | undefined {
    return this.known.get(index)
  }

  /** Those of the chosen names that no interface has now. */
  missing(): string[] {
    const names = new Set([...this.known.values()].map(({ link }) => link.name))
    return this.chosen.filter(name => !names.has(name))
  }

  /** Indexes for the filter in the kernel: of the chosen interfaces, and of those to leave out. */
  selection(): { only?: number[]; except: number[] } {
    const all = [...this.known.values()]
    if (this.chosen.length > 0) {
      return {
        only: all.filter(({ link }) => this.chosen.includes(link.name)).map(({ link }) => link.index),
        except: [],
      }
    }
    return { except: all.filter(each => each.isShownElsewhere).map(({ link }) => link.index) }
  }

  /** Every interface with the addresses that are this host's, captured from or not: a packet to any of them comes in. */
  descriptions(): InterfaceDescription[] {
    return [...this.known.values()].map(({ name, link, addresses }) => ({
      name,
      index: link.index,
      mtu: link.mtu,
      addresses,
    }))
  }

  listed(): ListedInterface[] {
    return [...this.known.values()].map(({ name, link, addresses }) => ({
      name,
      index: link.index,
      mtu: link.mtu,
      addresses,
      up: link.isRunning,
      kind: kindOf(link),
    }))
  }

  /** Of the interfaces that are captured from; one that is down and has never carried a packet is left out. */
  records(nowUs: number): InterfaceRecord[] {
    const records: InterfaceRecord[] = []
    const resolvers = this.resolvers.read(
      new Map([...this.known].map(([index, { link }]) => [index, link.name])),
    )
    this.carriers.refresh(
      [...this.known.values()].map(({ link }) => link),
      nowUs,
    )
    for (const { name, link, addresses, isShownElsewhere } of this.known.values()) {
      const { counters } = link
      if (isShownElsewhere || (this.chosen.length > 0 && !this.chosen.includes(link.name))) continue
      if (!link.isUp && counters.rxPackets + counters.txPackets === 0) continue
      const kind = kindOf(link)
      const carriers = this.carriers.of(link, kind === 'tunnel')
      records.push({
        type: 'interface',
        ts: nowUs / 1e6,
        name,
        up: link.isRunning,
        mtu: link.mtu,
        kind,
        addresses,
        ...(carriers === undefined ? {} : { carried_by: carriers }),
        ...resolversOf(resolvers.get(link.name)),
        rx_bytes_total: counters.rxBytes,
        tx_bytes_total: counters.txBytes,
        rx_packets_total: counters.rxPackets,
        tx_packets_total: counters.txPackets,
        rx_errors: counters.rxErrors,
        tx_errors: counters.txErrors,
        rx_dropped: counters.rxDropped,
        tx_dropped: counters.txDropped,
      })
    }
    return records
  }

  private describe(link: Link, links: readonly Link[], addresses: string[]): Known {
    const all = this.chosen.length === 0
    const tags = new Set<number>()
    const senders: Uint8Array[] = []
    // An interface that is down shows nothing, so that the one below is the only one to show its packets.
    for (const upper of links) {
      if (!all || !upper.isUp || upper.lower !== link.index) continue
      if (upper.vlan !== undefined) tags.add((upper.vlan.protocol << 12) | upper.vlan.id)
      // What macvlans receive is for another Ethernet address than that of the interface below: "other host" there.
      else if (upper.kind === 'macvlan' || upper.kind === 'macvtap') senders.push(upper.hardwareAddress)
    }
    const name = printable(link.name, 64)
    return {
      link,
      id: this.names.intern(name),
      name,
      mtu: link.mtu,
      addresses,
      isShownElsewhere: all && isShownElsewhere(link, links),
      tagsShownElsewhere: tags.size > 0 ? tags : undefined,
      sendersShownElsewhere: senders,
      sessionsShownElsewhere: all && links.some(showsSessions) ? link.hardwareAddress : undefined,
    }
  }

  close(): void {
    this.route.close()
  }
}

function isShownElsewhere(link: Link, links: readonly Link[]): boolean {
  if (link.master !== undefined) {
    const master = links.find(({ index }) => index === link.master)
    return master !== undefined && master.isUp && showsItsSlaves.has(master.kind)
  }
  // An ipvlan has the Ethernet address of the interface below, which shows all that it carries.
  return (
    (link.kind === 'ipvlan' || link.kind === 'ipvtap') &&
    links.some(({ index, isUp }) => index === link.lower && isUp)
  )
}

function showsSessions({ hardwareType, isUp }: Link): boolean {
  return hardwareType === ARPHRD_PPP && isUp
}

/** Absent rather than empty: what is not configured here may be so elsewhere. */
function resolversOf(of: Resolvers | undefined): Pick<InterfaceRecord, 'dns_servers' | 'search_domains'> {
  return {
    ...(of === undefined || of.servers.length === 0 ? {} : { dns_servers: [...of.servers] }),
    ...(of === undefined || of.domains.length === 0 ? {} : { search_domains: [...of.domains] }),
  }
}

function kindOf(link: Link): NonNullable<InterfaceRecord['kind']> {
  if (link.isLoopback) return 'loopback'
  if (link.kind === 'bridge' || link.kind === 'openvswitch') return 'bridge'
  const isEthernet = link.hardwareType === ARPHRD_ETHER || link.hardwareType === ARPHRD_LOOPBACK
  if (!isEthernet || ethernetTunnels.has(link.kind ?? '')) return 'tunnel'
  return link.kind === undefined ? 'physical' : 'virtual'
}

/** All interfaces, for `netoproc-capture -D`. */
export function listInterfaces(): ListedInterface[] {
  const table = new InterfaceTable([], new NameTable())
  try {
    return table.listed()
  } finally {
    table.close()
  }
}
