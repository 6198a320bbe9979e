// Blocks of a TPACKET_V3 ring as the kernel lays them out (linux/if_packet.h), in ordinary memory: for what reads them.

/** 74-byte TCP packet of Ethernet and IPv4: 10.0.0.1:40000 > 10.0.0.2:443, no options, no payload beyond zeros. */
export const tcpPacket = Uint8Array.from([
  0x02,
  0,
  0,
  0,
  0,
  2,
  0x02,
  0,
  0,
  0,
  0,
  1,
  0x08,
  0x00,
  0x45,
  0,
  0,
  60,
  0,
  1,
  0x40,
  0,
  64,
  6,
  0,
  0,
  10,
  0,
  0,
  1,
  10,
  0,
  0,
  2,
  0x9c,
  0x40,
  0x01,
  0xbb,
  0,
  0,
  0,
  1,
  0,
  0,
  0,
  0,
  0xa0,
  0x02,
  0xff,
  0xff,
  0,
  0,
  0,
  0,
  ...Array<number>(20).fill(0),
])

export interface RingPacket {
  readonly bytes: Uint8Array
  /** Length on the wire; default: of the bytes. */
  readonly length?: number
  readonly ifindex?: number
  readonly hardwareType?: number
  readonly packetType?: number
  readonly protocol?: number
  readonly seconds?: number
  readonly nanoseconds?: number
  /** Bytes of link header in `bytes`; default 14. */
  readonly linkHeader?: number
  readonly vlan?: { readonly tci: number; readonly tpid?: number }
  readonly gso?: { readonly type: number; readonly size: number }
  /** The kernel has dropped it after all: what lies in its place is left from another one. */
  readonly incomplete?: boolean
}

export interface SyntheticRing {
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  readonly blockSize: number
  /** In each block. */
  readonly packets: number
}

const BLOCK_HEADER = 48
const align = (value: number, to: number) => Math.ceil(value / to) * to

/** Blocks full of `packets`, over and over; with `once`, each of them one time in the first block. */
export function syntheticRing(
  blocks: number,
  blockSize: number,
  packets: readonly RingPacket[] = [{ bytes: tcpPacket }],
  once = false,
): SyntheticRing {
  const bytes = new Uint8Array(blocks * blockSize)
  const view = new DataView(bytes.buffer)
  let count = 0
  for (let block = 0; block < blocks; block++) {
    const start = block * blockSize
    let at = start + BLOCK_HEADER
    for (count = 0; !once || count < packets.length; count++) {
      const packet = packets[count % packets.length] as RingPacket
      // tpacket_rcv(): the network header is aligned, the virtio_net_hdr's ten bytes behind that.
      const linkHeader = packet.linkHeader ?? 14
      const net = align(68 + Math.max(16, linkHeader), 16) + 10
      const mac = net - linkHeader
      const size = align(mac + packet.bytes.length, 8)
      if (at + size > start + blockSize) break
      view.setUint32(at, size, true)
      view.setUint32(at + 4, packet.seconds ?? 1_800_000_000, true)
      view.setUint32(at + 8, packet.nanoseconds ?? count * 1000, true)
      view.setUint32(at + 12, packet.bytes.length, true)
      view.setUint32(at + 16, packet.length ?? packet.bytes.length, true)
      view.setUint32(
        at + 20,
        (packet.incomplete === true ? 0 : 1) |
          (packet.vlan === undefined ? 0 : packet.vlan.tpid === undefined ? 0x10 : 0x50),
        true,
      )
      view.setUint16(at + 24, mac, true)
      view.setUint16(at + 26, net, true)
      view.setUint32(at + 32, packet.vlan?.tci ?? 0, true)
      view.setUint16(at + 36, packet.vlan?.tpid ?? 0, true)
      view.setUint16(at + 48, 17, true)
      view.setUint16(at + 50, packet.protocol ?? 0x0800)
      view.setInt32(at + 52, packet.ifindex ?? 2, true)
      view.setUint16(at + 56, packet.hardwareType ?? 1, true)
      view.setUint8(at + 58, packet.packetType ?? 0)
      view.setUint8(at + mac - 9, packet.gso?.type ?? 0)
      view.setUint16(at + mac - 6, packet.gso?.size ?? 0, true)
      bytes.set(packet.bytes, at + mac)
      at += size
    }
    view.setUint32(start + 8, 1, true)
    view.setUint32(start + 12, count, true)
    view.setUint32(start + 16, BLOCK_HEADER, true)
  }
  return { bytes, words: new Uint32Array(bytes.buffer), blockSize, packets: count }
}
