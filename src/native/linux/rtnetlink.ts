// Interfaces and their addresses by rtnetlink(7): linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h. Needs no privilege.
//
//   ifinfomsg  0 u8 family  2 u16 hardware type  4 i32 index  8 u32 flags  12 u32 change                  16 bytes
//   ifaddrmsg  0 u8 family  1 u8 prefix length  2 u8 flags  3 u8 scope  4 u32 index                         8 bytes
//   rtnl_link_stats64  24 u64 words: rx_packets tx_packets rx_bytes tx_bytes rx_errors tx_errors rx_dropped tx_dropped …

import { NetlinkSocket, forEachAttribute } from './netlink.ts'

const NETLINK_ROUTE = 0
const RTM_NEWLINK = 16
const RTM_GETLINK = 18
const RTM_NEWADDR = 20
const RTM_GETADDR = 22
const IFINFOMSG = 16
const IFADDRMSG = 8
const IFLA_ADDRESS = 1
const IFLA_IFNAME = 3
const IFLA_MTU = 4
const IFLA_LINK = 5
const IFLA_MASTER = 10
const IFLA_LINKINFO = 18
const IFLA_STATS64 = 23
const IFLA_LINK_NETNSID = 37
const IFLA_INFO_KIND = 1
const IFLA_INFO_DATA = 2
const IFLA_VLAN_ID = 1
const IFLA_VLAN_PROTOCOL = 5
const ETH_P_8021Q = 0x8100
const IFA_ADDRESS = 1
const IFA_LOCAL = 2
const IFA_BROADCAST = 4
const IFF_UP = 0x1
const IFF_LOOPBACK = 0x8
const IFF_RUNNING = 0x40
const AF_INET = 2
const AF_INET6 = 10
/** A table that changes while it is read is read again, this often at most. */
const ATTEMPTS = 5

export interface LinkCounters {
  readonly rxPackets: number
  readonly txPackets: number
  readonly rxBytes: number
  readonly txBytes: number
  readonly rxErrors: number
  readonly txErrors: number
  readonly rxDropped: number
  readonly txDropped: number
}

export interface Link {
  readonly index: number
  readonly name: string
  /** Administratively up. */
  readonly isUp: boolean
  /** Up, and able to carry packets. */
  readonly isRunning: boolean
  readonly isLoopback: boolean
  readonly mtu: number
  /** ARPHRD_ number, linux/if_arp.h. */
  readonly hardwareType: number
  /** Six bytes for Ethernet; empty where there is none. */
  readonly hardwareAddress: Uint8Array
  /** The driver's kind: vlan, bridge, bond, tun, wireguard …; undefined for a device that was not made by `ip link add`. */
  readonly kind: string | undefined
  /** Index of the bridge, bond … that the interface belongs to. */
  readonly master: number | undefined
  /** Index of the interface below (VLAN, macvlan), in this network namespace. */
  readonly lower: number | undefined
  /** Of a VLAN: type of the tag (0x8100, 0x88a8) and its 12-bit id. */
  readonly vlan: { readonly protocol: number; readonly id: number } | undefined
  readonly counters: LinkCounters
}

/** A local address. Words are host order, as in netoproc's records: IPv4 is IPv4-mapped. */
export interface LinkAddress {
  readonly index: number
  readonly words: readonly [number, number, number, number]
  /** Of an IPv4 address, that of all hosts of its network; undefined: there is none. */
  readonly broadcast?: number | undefined
}

export class RouteSocket {
  private readonly netlink: NetlinkSocket

  /** Of the network namespace in which it is made. @throws SystemError */
  constructor() {
    this.netlink = new NetlinkSocket(NETLINK_ROUTE, 'NETLINK_ROUTE')
  }

  /** All interfaces of the namespace, by index. @throws SystemError */
  links(): Link[] {
    return this.consistent(() => {
      const links: Link[] = []
      const whole = this.netlink.dump(RTM_GETLINK, new Uint8Array(IFINFOMSG), (type, view, start, end) => {
        if (type !== RTM_NEWLINK || start + IFINFOMSG > end) return
        links.push(readLink(view, start, end))
      })
      return { whole, found: links }
    })
  }

  /** Addresses of all interfaces of the namespace. @throws SystemError */
  addresses(): LinkAddress[] {
    return this.consistent(() => {
      const addresses: LinkAddress[] = []
      const whole = this.netlink.dump(RTM_GETADDR, new Uint8Array(IFADDRMSG), (type, view, start, end) => {
        if (type !== RTM_NEWADDR || start + IFADDRMSG > end) return
        const address = readAddress(view, start, end)
        if (address !== undefined) addresses.push(address)
      })
      return { whole, found: addresses }
    })
  }

  /** The last attempt stands, whole or not: what is missing from it is there a second later. */
  private consistent<T>(read: () => { whole: boolean; found: T[] }): T[] {
    let result = read()
    for (let i = 1; i < ATTEMPTS && !result.whole; i++) result = read()
    return result.found
  }

  close(): void {
    this.netlink.close()
  }
}

function readLink(view: DataView, start: number, end: number): Link {
  let name = ''
  let mtu = 0
  let hardwareAddress = new Uint8Array(0)
  let kind: string | undefined
  let master: number | undefined
  let lower: number | undefined
  let lowerElsewhere = false
  let vlanId: number | undefined
  let vlanProtocol = ETH_P_8021Q
  let counters = noCounters
  forEachAttribute(view, start + IFINFOMSG, end, (type, at, until) => {
    const is32 = until - at >= 4
    if (type === IFLA_IFNAME) name = readText(view, at, until)
    else if (type === IFLA_MTU && is32) mtu = view.getUint32(at, true)
    else if (type === IFLA_ADDRESS) hardwareAddress = new Uint8Array(view.buffer, at, until - at).slice()
    else if (type === IFLA_MASTER && is32) master = view.getUint32(at, true)
    else if (type === IFLA_LINK && is32) lower = view.getUint32(at, true)
    else if (type === IFLA_LINK_NETNSID) lowerElsewhere = true
    else if (type === IFLA_STATS64) counters = readCounters(view, at, until)
    else if (type === IFLA_LINKINFO) {
      forEachAttribute(view, at, until, (info, infoAt, infoUntil) => {
        if (info === IFLA_INFO_KIND) kind = readText(view, infoAt, infoUntil)
        else if (info === IFLA_INFO_DATA && kind === 'vlan') {
          forEachAttribute(view, infoAt, infoUntil, (datum, datumAt, datumUntil) => {
            if (datumUntil - datumAt < 2) return
            if (datum === IFLA_VLAN_ID) vlanId = view.getUint16(datumAt, true)
            else if (datum === IFLA_VLAN_PROTOCOL) vlanProtocol = view.getUint16(datumAt) // network order
          })
        }
      })
    }
  })
  const flags = view.getUint32(start + 8, true)
  return {
    index: view.getInt32(start + 4, true),
    name,
    isUp: (flags & IFF_UP) !== 0,
    isRunning: (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0,
    isLoopback: (flags & IFF_LOOPBACK) !== 0,
    mtu,
    hardwareType: view.getUint16(start + 2, true),
    hardwareAddress,
    kind,
    master,
    lower: lowerElsewhere ? undefined : lower,
    vlan: vlanId === undefined ? undefined : { protocol: vlanProtocol, id: vlanId },
    counters,
  }
}

const noCounters: LinkCounters = {
  rxPackets: 0,
  txPackets: 0,
  rxBytes: 0,
  txBytes: 0,
  rxErrors: 0,
  txErrors: 0,
  rxDropped: 0,
  txDropped: 0,
}

function readCounters(view: DataView, at: number, until: number): LinkCounters {
  if (until - at < 64) return noCounters
  // Two halves: the attribute is aligned to four bytes only, and 2^53 bytes are more than any interface has moved.
  const word = (i: number) =>
    view.getUint32(at + i * 8, true) + view.getUint32(at + i * 8 + 4, true) * 0x100000000
  return {
    rxPackets: word(0),
    txPackets: word(1),
    rxBytes: word(2),
    txBytes: word(3),
    rxErrors: word(4),
    txErrors: word(5),
    rxDropped: word(6),
    txDropped: word(7),
  }
}

function readAddress(view: DataView, start: number, end: number): LinkAddress | undefined {
  const family = view.getUint8(start)
  const length = family === AF_INET ? 4 : family === AF_INET6 ? 16 : 0
  if (length === 0) return undefined
  let at = -1
  let isLocal = false
  let broadcast: number | undefined
  forEachAttribute(view, start + IFADDRMSG, end, (type, valueAt, valueEnd) => {
    if (type === IFA_BROADCAST && valueEnd - valueAt === length) broadcast = view.getUint32(valueAt)
    // Of a point-to-point interface IFA_ADDRESS is the other end's; IFA_LOCAL, where it is given, is ours.
    if (valueEnd - valueAt !== length || (type !== IFA_LOCAL && (type !== IFA_ADDRESS || isLocal))) return
    at = valueAt
    isLocal = type === IFA_LOCAL
  })
  if (at < 0) return undefined
  const index = view.getUint32(start + 4, true)
  if (family === AF_INET) {
    const word = view.getUint32(at)
    const prefix = view.getUint8(start + 1)
    // The kernel takes packets to it also where none is set (fib_add_ifaddr()).
    if (broadcast === undefined && prefix < 31) broadcast = (word | (0xffffffff >>> prefix)) >>> 0
    return { index, words: [0, 0, 0xffff, word], broadcast }
  }
  return {
    index,
    words: [view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12)],
  }
}

/** Text up to its NUL. */
function readText(view: DataView, at: number, until: number): string {
  const text = Buffer.from(view.buffer, at, until - at).toString('utf8')
  const nul = text.indexOf('\0')
  return nul < 0 ? text : text.slice(0, nul)
}
