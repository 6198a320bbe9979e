// Reads one block of the ring: a Frame for each packet, straight from the mapped memory. Some 40 ns a packet
// (test/bench/afpacket.bench.ts, Node 20): header fields are read as 32-bit words, nothing is allocated.

import {
  ARPHRD_ETHER,
  ARPHRD_LOOPBACK,
  BLOCK_FIRST,
  BLOCK_PACKETS,
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_IP,
  ETH_P_IPV6,
  ETH_P_PPP_SES,
  GSO_SIZE_BEFORE_MAC,
  GSO_TYPE_BEFORE_MAC,
  PACKET_CAPTURED,
  PACKET_HOST,
  PACKET_LENGTH,
  PACKET_LL_IFINDEX,
  PACKET_LL_PROTOCOL,
  PACKET_LL_TYPES,
  PACKET_NANOSECONDS,
  PACKET_NEXT,
  PACKET_OFFSETS,
  PACKET_OUTGOING,
  PACKET_SECONDS,
  PACKET_STATUS,
  PACKET_VLAN_TCI,
  PACKET_VLAN_TPID,
  TP_STATUS_USER,
  TP_STATUS_VLAN_TPID_VALID,
  TP_STATUS_VLAN_VALID,
  type PacketRing,
} from '../../native/linux/af-packet.ts'
import { NO_IFACE } from '../../record/record-batch.ts'
import type { ExpressionFilter } from '../filter/expression-filter.ts'
import { FRAME_IN, FRAME_OUT, Frame, NONE, type FrameSink } from '../port.ts'
import type { InterfaceState, InterfaceTable } from './interface-table.ts'
import { estimateSegmentSize } from './segment-size.ts'

// https://www.tcpdump.org/linktypes.html
const LINKTYPE_ETHERNET = 1
const LINKTYPE_RAW = 12
const LINKTYPE_LINUX_SLL = 113

const TAG = 4
const SLL_HEADER = 16

/** The mapped memory: all that reading needs of a ring. */
export type RingMemory = Pick<PacketRing, 'bytes' | 'words' | 'blockSize'>

/** How interfaces are found by index: InterfaceTable. */
export type InterfaceLookup = Pick<InterfaceTable, 'get' | 'refresh'>

export interface BlockReaderOptions {
  /** Whether the kernel puts a virtio_net_hdr before each packet. */
  readonly virtioHeader: boolean
  /** Frames that it refuses are left out. */
  readonly filter?: ExpressionFilter | undefined
}

export class BlockReader {
  /** Frames that were handed over. */
  taken = 0
  /** Packets that the kernel has put into the blocks that were read. */
  stored = 0
  private readonly ring: RingMemory
  private readonly table: InterfaceLookup
  private readonly virtioHeader: boolean
  private readonly filter: ExpressionFilter | undefined
  private readonly frame = new Frame()

  constructor(ring: RingMemory, table: InterfaceLookup, { virtioHeader, filter }: BlockReaderOptions) {
    this.ring = ring
    this.table = table
    this.virtioHeader = virtioHeader
    this.filter = filter
    const { bytes } = ring
    this.frame.lieIn(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
  }

  /** Hands over the packets of a block that is ours. The block can be released afterwards. */
  read(block: number, sink: FrameSink): void {
    const { frame } = this
    const { words, bytes, blockSize } = this.ring
    const start = block * blockSize
    let at = start + (words[(start + BLOCK_FIRST) >> 2] as number)
    let lastIndex = -1
    let state: InterfaceState | undefined
    for (let left = words[(start + BLOCK_PACKETS) >> 2] as number; left > 0; left--) {
      const packet = at
      const word = packet >> 2
      at += words[word + (PACKET_NEXT >> 2)] as number
      const status = words[word + (PACKET_STATUS >> 2)] as number
      // Room that was given to a packet which was dropped then, as no virtio_net_hdr can tell of it (UDP fragmentation offload
      // of a virtual machine, SCTP): what lies there is of a packet before.
      if ((status & TP_STATUS_USER) === 0) continue
      this.stored++

      const index = words[word + (PACKET_LL_IFINDEX >> 2)] as number
      if (index !== lastIndex) {
        state = this.interfaceOf(index)
        lastIndex = index
      }
      if (state !== undefined && state.isShownElsewhere) continue
      const types = words[word + (PACKET_LL_TYPES >> 2)] as number
      const hardwareType = types & 0xffff
      const packetType = (types >>> 16) & 0xff
      const offsets = words[word + (PACKET_OFFSETS >> 2)] as number
      const mac = packet + (offsets & 0xffff)

      frame.tsUs =
        (words[word + (PACKET_SECONDS >> 2)] as number) * 1e6 +
        (((words[word + (PACKET_NANOSECONDS >> 2)] as number) / 1000) | 0)
      frame.direction = packetType === PACKET_OUTGOING ? FRAME_OUT : FRAME_IN
      frame.offset = mac
      frame.capturedLength = words[word + (PACKET_CAPTURED >> 2)] as number
      frame.wireLength = words[word + (PACKET_LENGTH >> 2)] as number
      frame.iface = state === undefined ? NO_IFACE : state.id
      frame.vlanTci = NONE
      frame.gsoSize = 0
      // Before anything is written where it lies.
      if (!this.virtioHeader) {
        const linkHeader = (offsets >>> 16) - (offsets & 0xffff)
        if (state !== undefined && frame.wireLength - linkHeader > state.mtu) {
          frame.gsoSize = estimateSegmentSize(
            bytes,
            mac + linkHeader,
            frame.capturedLength - linkHeader,
            state.mtu,
          )
        }
      } else if (bytes[mac - GSO_TYPE_BEFORE_MAC] !== 0) {
        frame.gsoSize =
          (bytes[mac - GSO_SIZE_BEFORE_MAC] as number) |
          ((bytes[mac - GSO_SIZE_BEFORE_MAC + 1] as number) << 8)
      }

      if (hardwareType === ARPHRD_ETHER || hardwareType === ARPHRD_LOOPBACK) {
        frame.linkType = LINKTYPE_ETHERNET
        if ((status & TP_STATUS_VLAN_VALID) !== 0) this.setTag(word, status)
        if (state !== undefined && this.isShownAbove(state, word, status, packetType)) continue
      } else {
        this.startAtNetworkHeader(packet, mac, packet + (offsets >>> 16), packetType, hardwareType)
      }
      if (this.filter !== undefined && !this.filter.accepts(frame)) continue
      this.taken++
      sink.frame(frame)
    }
  }

  /** A new interface is read about at once; one that has gone meanwhile stays without a name. */
  private interfaceOf(index: number): InterfaceState | undefined {
    const known = this.table.get(index)
    if (known !== undefined) return known
    this.table.refresh()
    return this.table.get(index)
  }

  /** The tag was part of the frame on the wire. For a filter that may look at it, it is put back where it was. */
  private setTag(word: number, status: number): void {
    const { frame } = this
    const tci = (this.ring.words[word + (PACKET_VLAN_TCI >> 2)] as number) & 0xffff
    frame.wireLength += TAG
    if (this.filter === undefined || frame.capturedLength < 12) {
      frame.vlanTci = tci
      return
    }
    // Over the virtio_net_hdr: there are ten bytes before the frame, which have been read.
    const { bytes } = this.ring
    const tpid = this.tagType(word, status)
    const at = frame.offset - TAG
    bytes.copyWithin(at, frame.offset, frame.offset + 12)
    bytes[at + 12] = tpid >> 8
    bytes[at + 13] = tpid & 255
    bytes[at + 14] = tci >> 8
    bytes[at + 15] = tci & 255
    frame.offset = at
    frame.capturedLength += TAG
  }

  private tagType(word: number, status: number): number {
    const type = (this.ring.words[word + (PACKET_VLAN_TPID >> 2)] as number) & 0xffff
    return (status & TP_STATUS_VLAN_TPID_VALID) !== 0 ? type : ETH_P_8021Q
  }

  /** Whether a VLAN, macvlan or PPP interface above shows the packet, too. */
  private isShownAbove(state: InterfaceState, word: number, status: number, packetType: number): boolean {
    const { bytes, words } = this.ring
    const { offset, capturedLength } = this.frame
    if (state.tagsShownElsewhere !== undefined) {
      let type = 0
      let tci = 0
      if ((status & TP_STATUS_VLAN_VALID) !== 0) {
        type = this.tagType(word, status)
        tci = words[word + (PACKET_VLAN_TCI >> 2)] as number
      } else if (capturedLength >= 16) {
        // Drivers that cannot tag get frames with the tag in them.
        type = ((bytes[offset + 12] as number) << 8) | (bytes[offset + 13] as number)
        tci = ((bytes[offset + 14] as number) << 8) | (bytes[offset + 15] as number)
      }
      const isTag = type === ETH_P_8021Q || type === ETH_P_8021AD
      if (isTag && state.tagsShownElsewhere.has((type << 12) | (tci & 0xfff))) return true
    }
    if (packetType === PACKET_OUTGOING) {
      for (const address of state.sendersShownElsewhere) if (this.isSender(address)) return true
    }
    const own = state.sessionsShownElsewhere
    if (own === undefined || this.protocolOf(word << 2) !== ETH_P_PPP_SES) return false
    return packetType === PACKET_HOST || (packetType === PACKET_OUTGOING && this.isSender(own))
  }

  private isSender(address: Uint8Array): boolean {
    const { offset, capturedLength } = this.frame
    if (capturedLength < 12) return false
    const { bytes } = this.ring
    let i = 0
    while (i < 6 && bytes[offset + 6 + i] === address[i]) i++
    return i === 6
  }

  /** Behind VLAN tags, as the kernel sees it. */
  private protocolOf(packet: number): number {
    const { bytes } = this.ring
    const at = packet + PACKET_LL_PROTOCOL
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
  }

  /**
   * Packets of interfaces with no link header (tun, WireGuard, PPP, IP tunnels), or one that nobody decodes (InfiniBand):
   * IP as it is; of another protocol with a "cooked" header, written into the free room before it (the packet begins 90 bytes
   * or more behind its own descriptor, which ends at 68).
   */
  private startAtNetworkHeader(
    packet: number,
    mac: number,
    net: number,
    packetType: number,
    hardwareType: number,
  ): void {
    const { frame } = this
    const { bytes } = this.ring
    const linkHeader = Math.min(net - mac, frame.capturedLength)
    const protocol = this.protocolOf(packet)
    frame.offset = mac + linkHeader
    frame.capturedLength -= linkHeader
    frame.wireLength -= linkHeader
    if (protocol === ETH_P_IP || protocol === ETH_P_IPV6) {
      frame.linkType = LINKTYPE_RAW
      return
    }
    frame.linkType = LINKTYPE_LINUX_SLL
    frame.offset -= SLL_HEADER
    frame.capturedLength += SLL_HEADER
    const at = frame.offset
    bytes.fill(0, at, at + SLL_HEADER)
    bytes[at + 1] = packetType
    bytes[at + 2] = hardwareType >> 8
    bytes[at + 3] = hardwareType & 255
    bytes[at + 14] = protocol >> 8
    bytes[at + 15] = protocol & 255
  }
}
