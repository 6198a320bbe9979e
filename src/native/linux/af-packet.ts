// AF_PACKET sockets with a TPACKET_V3 ring: packet(7), linux/if_packet.h, Documentation/networking/packet_mmap.rst. The
// kernel writes packets into blocks of memory that is mapped here, and hands over a block when it is full or old.
//
//   block   0 u32 version  4 u32 private offset  8 u32 status  12 u32 packets  16 u32 offset of the first   (tpacket_block_desc)
//   packet  0 u32 next offset  4 u32 seconds  8 u32 nanoseconds  12 u32 captured  16 u32 length  20 u32 status
//           24 u16 mac offset  26 u16 network offset  28 u32 hash  32 u32 vlan tci  36 u16 vlan tpid           (tpacket3_hdr)
//           48 sockaddr_ll: 0 u16 family  2 u16be protocol  4 i32 ifindex  8 u16 hardware type  10 u8 packet type
//           virtio_net_hdr, ten bytes before the mac offset: 0 u8 flags  1 u8 gso type  2 u16 header length  4 u16 gso size
// Host byte order, little-endian, except sll_protocol. test/native/linux-capture.test.ts compares them with a C compiler's.

import koffi from 'koffi'
import type { FileDescriptor } from '../file-descriptor.ts'
import {
  AF_PACKET,
  SOCK_RAW,
  SOL_SOCKET,
  SharedMapping,
  bind,
  getsockopt,
  setsockopt,
  socket,
} from './libc.ts'
import { type FilterInstruction, attachFilter } from './socket-filter.ts'

const libc = koffi.load('libc.so.6')
const pageSizeCall = libc.func('int getpagesize()') as () => number

export const BLOCK_STATUS = 8
export const BLOCK_PACKETS = 12
export const BLOCK_FIRST = 16
export const PACKET_NEXT = 0
export const PACKET_SECONDS = 4
export const PACKET_NANOSECONDS = 8
export const PACKET_CAPTURED = 12
export const PACKET_LENGTH = 16
export const PACKET_STATUS = 20
export const PACKET_OFFSETS = 24
export const PACKET_VLAN_TCI = 32
export const PACKET_VLAN_TPID = 36
export const PACKET_LL_PROTOCOL = 50
export const PACKET_LL_IFINDEX = 52
export const PACKET_LL_TYPES = 56
/** virtio_net_hdr.gso_type and gso_size, before the mac offset. */
export const GSO_TYPE_BEFORE_MAC = 9
export const GSO_SIZE_BEFORE_MAC = 6

const TP_STATUS_KERNEL = 0
/** Of a block: it is ours. Of a packet: it is complete. */
export const TP_STATUS_USER = 1
const TP_STATUS_BLK_TMO = 0x20
export const TP_STATUS_VLAN_VALID = 0x10
export const TP_STATUS_VLAN_TPID_VALID = 0x40

/** For this host's Ethernet address. */
export const PACKET_HOST = 0
export const PACKET_OUTGOING = 4

/** ARPHRD_ numbers of linux/if_arp.h: what kind of header an interface's packets begin with. */
export const ARPHRD_ETHER = 1
export const ARPHRD_PPP = 512
export const ARPHRD_LOOPBACK = 772

export const ETH_P_IP = 0x0800
export const ETH_P_IPV6 = 0x86dd
export const ETH_P_8021Q = 0x8100
export const ETH_P_PPP_SES = 0x8864
export const ETH_P_8021AD = 0x88a8
const ETH_P_ALL = 0x0003

const SOL_PACKET = 263
const PACKET_ADD_MEMBERSHIP = 1
const PACKET_RX_RING = 5
const PACKET_STATISTICS = 6
const PACKET_VERSION = 10
const PACKET_VNET_HDR = 15
const PACKET_MR_PROMISC = 1
const TPACKET_V3 = 2
const SO_ERROR = 4
/** Least tp_frame_size is the header, 68 bytes; in version 3 it only sets how many frames a block is said to hold. */
const FRAME_SIZE = 128
const SOCKADDR_LL_SIZE = 20

export interface RingOptions {
  /** Of all blocks; rounded to whole blocks, two at least. */
  readonly bytes: number
  /** Of one block; rounded up to whole pages, of which the kernel takes a power of two. A packet is cut to what a block holds. */
  readonly blockBytes: number
  /** A block that is not full is handed over after this time. */
  readonly retireMs: number
}

export class PacketSocket {
  readonly fd: FileDescriptor

  /**
   * A socket that sees nothing yet.
   * @param type SOCK_RAW: packets with their link header; SOCK_DGRAM: from the network header on
   * @throws SystemError EPERM without CAP_NET_RAW
   */
  constructor(type = SOCK_RAW) {
    this.fd = socket('socket(AF_PACKET)', AF_PACKET, type, 0)
  }

  /** Replaces the filter, in one step. @throws SystemError */
  attachFilter(program: readonly FilterInstruction[]): void {
    attachFilter(this.fd, program)
  }

  /** Puts a virtio_net_hdr before each packet, which says how a super-packet will be cut. Before mapRing. @throws SystemError */
  enableVirtioHeader(): void {
    setsockopt('setsockopt(PACKET_VNET_HDR)', this.fd, SOL_PACKET, PACKET_VNET_HDR, words(1))
  }

  /** @throws SystemError ENOMEM when the kernel has not as much contiguous memory */
  mapRing({ bytes, blockBytes, retireMs }: RingOptions): PacketRing {
    const page = pageSizeCall()
    const blockSize = Math.ceil(blockBytes / page) * page
    const blocks = Math.max(2, Math.floor(bytes / blockSize))
    setsockopt('setsockopt(PACKET_VERSION)', this.fd, SOL_PACKET, PACKET_VERSION, words(TPACKET_V3))
    setsockopt(
      'setsockopt(PACKET_RX_RING)',
      this.fd,
      SOL_PACKET,
      PACKET_RX_RING,
      words(blockSize, blocks, FRAME_SIZE, (blockSize / FRAME_SIZE) * blocks, retireMs, 0, 0),
    )
    return new PacketRing(this.fd, blockSize, blocks)
  }

  /** From here on packets come. @param ifindex 0: of all interfaces @throws SystemError */
  start(ifindex: number): void {
    const address = new Uint8Array(SOCKADDR_LL_SIZE)
    const view = new DataView(address.buffer)
    view.setUint16(0, AF_PACKET, true)
    view.setUint16(2, ETH_P_ALL) // network order
    view.setInt32(4, ifindex, true)
    bind('bind(AF_PACKET)', this.fd, address)
  }

  /** Until the socket is closed. @throws SystemError */
  enablePromiscuous(ifindex: number): void {
    // packet_mreq: i32 ifindex, u16 type, u16 address length, 8 bytes of address
    const request = words(ifindex, PACKET_MR_PROMISC, 0, 0)
    setsockopt('setsockopt(PACKET_ADD_MEMBERSHIP)', this.fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request)
  }

  /** Packets since the last call that were put into blocks, and that were not. @throws SystemError */
  takeStatistics(): { stored: number; dropped: number } {
    // tpacket_stats_v3: packets (drops included), drops, times that the ring was full. Reading resets them.
    const statistics = new Uint8Array(12)
    getsockopt('getsockopt(PACKET_STATISTICS)', this.fd, SOL_PACKET, PACKET_STATISTICS, statistics)
    const view = new DataView(statistics.buffer)
    const dropped = view.getUint32(4, true)
    return { stored: view.getUint32(0, true) - dropped, dropped }
  }

  /** The error that is pending on the socket, 0 for none; reading clears it. ENETDOWN: its one interface went down. */
  takeError(): number {
    const error = new Uint8Array(4)
    getsockopt('getsockopt(SO_ERROR)', this.fd, SOL_SOCKET, SO_ERROR, error)
    return new DataView(error.buffer).getInt32(0, true)
  }

  close(): void {
    this.fd.close()
  }
}

/** The mapped blocks. They are handed over in turn: block 0, 1, … and again from 0. */
export class PacketRing {
  readonly blockSize: number
  readonly blocks: number
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  private readonly mapping: SharedMapping
  private status: Int32Array

  constructor(fd: FileDescriptor, blockSize: number, blocks: number) {
    this.blockSize = blockSize
    this.blocks = blocks
    this.mapping = new SharedMapping('mmap(AF_PACKET)', fd, blockSize * blocks)
    this.bytes = this.mapping.bytes
    this.words = new Uint32Array(this.mapping.buffer)
    this.status = new Int32Array(this.mapping.buffer)
  }

  /** Whether the block is ours. Atomic: what the kernel wrote into the block before is seen after. */
  isReady(block: number): boolean {
    return (Atomics.load(this.status, (block * this.blockSize + BLOCK_STATUS) >> 2) & TP_STATUS_USER) !== 0
  }

  /** Of a block that is ours: whether it was handed over because it was full, and not because it was old. */
  wasFilled(block: number): boolean {
    return ((this.words[(block * this.blockSize + BLOCK_STATUS) >> 2] as number) & TP_STATUS_BLK_TMO) === 0
  }

  /** Gives the block back. Atomic: what was read from it was read before. */
  release(block: number): void {
    Atomics.store(this.status, (block * this.blockSize + BLOCK_STATUS) >> 2, TP_STATUS_KERNEL)
  }

  /** Nothing of the ring may be touched after this. Who asks for a block all the same throws, and does not end the process. */
  unmap(): void {
    this.status = new Int32Array(0)
    this.mapping.unmap()
  }
}

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer)
}
