// This host's interfaces: getifaddrs(3) for names, flags and addresses, the if_mib sysctl for counters. (NET_RT_IFLIST2 has
// 64-bit counters too, but rounds and cuts them for programs that are not the system's own: bsd/net/rtsock.c.)

import { SystemError, hasCode } from '../system-error.ts'
import {
  AF_LINK,
  CTL_NET,
  IFDATA_GENERAL,
  IFMIB_IFDATA,
  IFNAMSIZ,
  NETLINK_GENERIC,
  ifaddrs,
  ifmibdata,
  sockaddr,
  sockaddr_dl,
  sockaddr_in,
  sockaddr_in6,
} from './generated/interfaces.ts'
import { AF_INET, AF_INET6 } from './generated/system.ts'
import { checked, lazy, memoryAt, stringAt, sysctl } from './libsystem.ts'
import { viewOf } from './struct.ts'

const getifaddrsCall = lazy<(list: BigUint64Array) => number>('int getifaddrs(_Out_ uint64_t *list)')
const freeifaddrsCall = lazy<(list: bigint) => void>('void freeifaddrs(uint64_t list)')

/** Beyond any host's: a list that does not end is damage. */
const MAX_ENTRIES = 65_536

export interface Interface {
  readonly index: number
  readonly name: string
  /** IFF_… */
  readonly flags: number
  /** IFT_… */
  readonly type: number
  /** 4 or 16 bytes each. */
  readonly addresses: Uint8Array[]
}

/** @throws SystemError */
export function listInterfaces(): Interface[] {
  const list = new BigUint64Array(1)
  checked('getifaddrs', getifaddrsCall(list))
  const first = list[0] as bigint
  try {
    return readList(first)
  } finally {
    freeifaddrsCall(first)
  }
}

function readList(first: bigint): Interface[] {
  const found = new Map<string, Interface>()
  const others: { name: string; address: Uint8Array }[] = []
  let entries = 0
  for (let at = first; at !== 0n && entries < MAX_ENTRIES; entries++) {
    const entry = viewOf(memoryAt(at, ifaddrs.size))
    const name = stringAt(ifaddrs.fields.ifa_name.big(entry, 0), IFNAMSIZ)
    const address = ifaddrs.fields.ifa_addr.big(entry, 0)
    if (address !== 0n) {
      const flags = ifaddrs.fields.ifa_flags.get(entry, 0)
      const { family, view } = readSockaddr(address)
      if (family === AF_LINK && view.byteLength >= sockaddr_dl.fields.sdl_type.offset + 1) {
        const index = sockaddr_dl.fields.sdl_index.get(view, 0)
        found.set(name, { index, name, flags, type: sockaddr_dl.fields.sdl_type.get(view, 0), addresses: [] })
      } else {
        const bytes = addressBytes(family, view)
        if (bytes !== undefined) others.push({ name, address: bytes })
      }
    }
    at = ifaddrs.fields.ifa_next.big(entry, 0)
  }
  for (const { name, address } of others) found.get(name)?.addresses.push(address)
  return [...found.values()]
}

function readSockaddr(address: bigint): { family: number; view: DataView } {
  const head = viewOf(memoryAt(address, sockaddr.fields.sa_family.offset + 1))
  const length = sockaddr.fields.sa_len.get(head, 0)
  return {
    family: sockaddr.fields.sa_family.get(head, 0),
    view: viewOf(memoryAt(address, Math.max(length, head.byteLength))),
  }
}

function addressBytes(family: number, view: DataView): Uint8Array | undefined {
  if (family === AF_INET) {
    const { offset, size } = sockaddr_in.fields['sin_addr.s_addr']
    return view.byteLength < offset + size
      ? undefined
      : new Uint8Array(view.buffer, view.byteOffset + offset, size).slice()
  }
  const { sin6_addr } = sockaddr_in6.fields
  if (family !== AF_INET6 || view.byteLength < sin6_addr.offset + sin6_addr.size) return undefined
  const bytes = sin6_addr.get(view, 0).slice()
  // The kernel keeps the scope of a link-local address in the address itself, in bytes that are zero on the wire.
  if (bytes[0] === 0xfe && ((bytes[1] as number) & 0xc0) === 0x80) bytes[2] = bytes[3] = 0
  return bytes
}

export interface InterfaceCounters {
  readonly mtu: number
  readonly rxBytes: number
  readonly txBytes: number
  readonly rxPackets: number
  readonly txPackets: number
  readonly rxErrors: number
  readonly txErrors: number
  readonly rxDropped: number
  readonly txDropped: number
}

/** Undefined for an interface that is gone. @throws SystemError */
export function readCounters(index: number): InterfaceCounters | undefined {
  const data = new Uint8Array(ifmibdata.size)
  try {
    const length = sysctl(
      'sysctl(net.link.generic.ifdata)',
      [CTL_NET, AF_LINK, NETLINK_GENERIC, IFMIB_IFDATA, index, IFDATA_GENERAL],
      data,
    )
    if (length < ifmibdata.size) return undefined
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENXIO', 'EINVAL') && error instanceof SystemError) return undefined
    throw error
  }
  const view = viewOf(data)
  const { fields } = ifmibdata
  return {
    mtu: fields['ifmd_data.ifi_mtu'].get(view, 0),
    rxBytes: fields['ifmd_data.ifi_ibytes'].get(view, 0),
    txBytes: fields['ifmd_data.ifi_obytes'].get(view, 0),
    rxPackets: fields['ifmd_data.ifi_ipackets'].get(view, 0),
    txPackets: fields['ifmd_data.ifi_opackets'].get(view, 0),
    rxErrors: fields['ifmd_data.ifi_ierrors'].get(view, 0),
    txErrors: fields['ifmd_data.ifi_oerrors'].get(view, 0),
    rxDropped: fields['ifmd_data.ifi_iqdrops'].get(view, 0),
    txDropped: fields.ifmd_snd_drops.get(view, 0),
  }
}
