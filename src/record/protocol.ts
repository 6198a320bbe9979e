// Names of IP protocols and TCP flags in records, both ways.

/** IANA "Assigned Internet Protocol Numbers"; a number without a name here is written as the number. */
const names: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [2, 'igmp'],
  [4, 'ipip'],
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [41, 'ipv6'],
  [46, 'rsvp'],
  [47, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'icmp6'],
  [88, 'eigrp'],
  [89, 'ospf'],
  [103, 'pim'],
  [108, 'ipcomp'],
  [112, 'vrrp'],
  [115, 'l2tp'],
  [132, 'sctp'],
  [136, 'udplite'],
  [137, 'mpls'],
])
const numbers: ReadonlyMap<string, number> = new Map([...names].map(([number, name]) => [name, number]))

export const IPPROTO_ICMP = 1
export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17
export const IPPROTO_ICMPV6 = 58
export const IPPROTO_SCTP = 132
export const IPPROTO_UDPLITE = 136
/** Not on the wire: `proto` of a raw socket that takes any protocol (netinet/in.h). */
export const IPPROTO_RAW = 255

export function protocolName(number: number): string {
  return names.get(number) ?? String(number)
}

export function protocolNumber(name: string): number | undefined {
  const number = numbers.get(name)
  if (number !== undefined) return number
  return /^\d{1,3}$/.test(name) && Number(name) <= 255 ? Number(name) : undefined
}

// tcpdump's letters, in its order; bit 8 is AE, accurate ECN (RFC 9768), written e.
const flagLetters: ReadonlyArray<readonly [number, string]> = [
  [0x01, 'F'],
  [0x02, 'S'],
  [0x04, 'R'],
  [0x08, 'P'],
  [0x10, '.'],
  [0x20, 'U'],
  [0x40, 'E'],
  [0x80, 'W'],
  [0x100, 'e'],
]
/** Of the few combinations that were met: to make all 512 takes each command some milliseconds at its start. */
const flagTexts: Array<string | undefined> = Array.from({ length: 512 })

/** @param bits the nine flag bits of a TCP header: AE CWR ECE URG ACK PSH RST SYN FIN */
export function formatTcpFlags(bits: number): string {
  return (flagTexts[bits & 511] ??= flagText(bits))
}

function flagText(bits: number): string {
  const text = flagLetters.map(([bit, letter]) => (bits & bit ? letter : '')).join('')
  return text === '' ? 'none' : text
}

/** Undefined when a letter is not known. */
export function parseTcpFlags(text: string): number | undefined {
  if (text === 'none') return 0
  let bits = 0
  for (const letter of text) {
    const found = flagLetters.find(([, known]) => known === letter)
    if (found === undefined) return undefined
    bits |= found[0]
  }
  return bits
}
