// Packets with just what a test says of them, checksums left zero.

export interface PacketOptions {
  readonly version?: 4 | 6
  readonly protocol: 'tcp' | 'udp'
  readonly sourcePort?: number
  readonly destinationPort?: number
  /** Bytes of payload, and its first ones. */
  readonly payload?: number
  readonly beginning?: readonly number[]
  /** Bytes of IPv4 options, of TCP options: multiples of 4. */
  readonly options?: number
  readonly tcpOptions?: number
  /** TCP's flag of that name; true when not told. */
  readonly push?: boolean
  /** IPv4, in units of 8 bytes. */
  readonly fragmentOffset?: number
  /** 802.1Q tags in the frame. */
  readonly vlan?: readonly number[]
  /** Without: the packet begins with its IP header. */
  readonly link?: boolean
}

/** Ethernet 02:…:01 > 02:…:02, 10.0.0.1 > 10.0.0.2 or fd00::1 > fd00::2, ports 40000 > 40001 where not told. */
export function packet(options: PacketOptions): Uint8Array {
  const { version = 4, protocol, payload = 0, vlan = [], link = true } = options
  const ipOptions = options.options ?? 0
  const tcpOptions = options.tcpOptions ?? 0
  const linkHeader = link ? 14 + 4 * vlan.length : 0
  const ipHeader = version === 4 ? 20 + ipOptions : 40
  const transportHeader = protocol === 'tcp' ? 20 + tcpOptions : 8
  const bytes = new Uint8Array(linkHeader + ipHeader + transportHeader + payload)
  const view = new DataView(bytes.buffer)
  if (link) {
    bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1])
    let at = 12
    for (const id of vlan) {
      view.setUint16(at, 0x8100)
      view.setUint16(at + 2, id)
      at += 4
    }
    view.setUint16(at, version === 4 ? 0x0800 : 0x86dd)
  }
  const number = protocol === 'tcp' ? 6 : 17
  if (version === 4) {
    bytes[linkHeader] = 0x40 | (ipHeader / 4)
    view.setUint16(linkHeader + 2, ipHeader + transportHeader + payload)
    view.setUint16(linkHeader + 6, options.fragmentOffset ?? 0)
    bytes[linkHeader + 8] = 64
    bytes[linkHeader + 9] = number
    bytes.set([10, 0, 0, 1, 10, 0, 0, 2], linkHeader + 12)
  } else {
    bytes[linkHeader] = 0x60
    view.setUint16(linkHeader + 4, transportHeader + payload)
    bytes[linkHeader + 6] = number
    bytes[linkHeader + 7] = 64
    bytes.set([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], linkHeader + 8)
    bytes.set([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2], linkHeader + 24)
  }
  const transport = linkHeader + ipHeader
  view.setUint16(transport, options.sourcePort ?? 40000)
  view.setUint16(transport + 2, options.destinationPort ?? 40001)
  if (protocol === 'udp') view.setUint16(transport + 4, 8 + payload)
  else {
    bytes[transport + 12] = ((20 + tcpOptions) / 4) << 4
    bytes[transport + 13] = options.push === false ? 0x10 : 0x18
  }
  if (options.beginning !== undefined) bytes.set(options.beginning, transport + transportHeader)
  return bytes
}
