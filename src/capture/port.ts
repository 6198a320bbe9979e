// What the capture stage needs of a source of frames: an operating system's capture device, or a file.

import type { HelloRecord, InterfaceRecord } from '../record/generated/types.ts'
import type { SocketPackets } from '../record/socket-packet.ts'

export type InterfaceDescription = NonNullable<HelloRecord['interfaces']>[number]

/** Which way a frame went, where the source knows: SLL packet type, epb_flags, sll_pkttype. */
export const FRAME_UNKNOWN = 0
export const FRAME_IN = 1
export const FRAME_OUT = 2
/** From this host to itself, and there once. */
export const FRAME_LOCAL = 3

/** No VLAN tag outside the frame's bytes; no owner named by the kernel. */
export const NONE = -1

/**
 * One frame as it lies in a source's memory. One object, refilled for every frame, so that a frame costs no allocation.
 * The bytes are valid until the call that hands the frame over returns.
 */
export class Frame {
  bytes: Uint8Array = new Uint8Array(0)
  /** The same memory: reading numbers of several bytes from it takes half the time. */
  view: DataView = new DataView(this.bytes.buffer)
  /** First byte of what was captured, in `bytes`. */
  offset = 0
  /** Bytes captured from there. */
  capturedLength = 0
  /** Length in bytes on the wire. */
  wireLength = 0
  /** Microseconds since the epoch. */
  tsUs = 0
  /** Id in tables.ifaces, or NO_IFACE. */
  iface = 0xffff
  /** LINKTYPE_ number of pcap (https://www.tcpdump.org/linktypes.html) of the bytes at `offset`. */
  linkType = 1
  direction = FRAME_UNKNOWN
  /** The direction is a socket's in another network namespace, whose addresses are not this host's: no address tells more. */
  isElsewhere = false
  /** VLAN tag (TCI, 16 bits) that the kernel took off the frame and handed over beside it, or NONE. */
  vlanTci = NONE
  /** Bytes of payload in each segment of a GSO/GRO super-packet; 0 for an ordinary packet (virtio_net_hdr.gso_size). */
  gsoSize = 0
  /** Id in tables.owners, where the capture device itself names the process (PKTAP), else 0. */
  owner = 0
  peer = 0

  /** @param view of the memory of `bytes`, from the same byte on */
  lieIn(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes
    this.view = view
  }
}

export interface FrameSink {
  /** Takes one frame. */
  frame(frame: Frame): void
  /** The source has handed over a block of frames, or nothing for a while: pass on what is complete. */
  endOfBlock(nowUs: number): void
  /** Before the frames of a block: interfaces or their addresses are others than they were. */
  interfacesChanged?(): void
  /** Something to tell the user once, beside the packets: "en1: link type 127 is not decoded". */
  warn(message: string): void
}

export interface SourceStatistics {
  /** Absent: all interfaces together. */
  readonly iface?: string
  /** Since the start. */
  readonly received: number
  readonly dropped: number
  readonly filtered: number | null
}

/** How to listen to this host's network. */
export interface LiveOptions {
  /** auto: the best that this system has. */
  readonly method: 'auto' | 'afpacket' | 'pktap' | 'bpf'
  /** By name; empty: all that are up, each packet once. */
  readonly interfaces: readonly string[]
  /** Packets for other hosts too. */
  readonly promisc: boolean
  /** Bytes of a packet of which only the headers are read; undefined: as many as headers need. */
  readonly snaplen?: number | undefined
  /** Of the kernel's buffer. */
  readonly bufferBytes: number
  /** pcap-filter(7). */
  readonly expression?: string | undefined
  /** Whole packets on the ports of DNS. */
  readonly dns: boolean
  /** Those packets alone: somebody else counts. */
  readonly dnsOnly?: boolean | undefined
  /** Packets come from sockets, not from interfaces. Those for dnsOnly, and nothing else. */
  readonly feed?: SocketPackets | undefined
  /** Whole first packets of TLS and QUIC, from which servers' names can be read. */
  readonly serverNames?: boolean | undefined
}

/** One line of `netoproc-capture -D`. */
export interface ListedInterface extends InterfaceDescription {
  readonly up: boolean
  readonly kind: NonNullable<InterfaceRecord['kind']>
}

export type EndReason = 'eof' | 'signal' | 'count' | 'duration' | 'error' | 'closed'

export interface PacketSource {
  /** hello.method: afpacket, bpf, pktap, file. */
  readonly method: string
  /** Why a better method is not used, one sentence each, with the remedy. */
  readonly degraded: readonly string[]
  /** Interfaces with the addresses that are local at present: empty for a file that does not tell. */
  interfaces(): readonly InterfaceDescription[]
  /** Addresses to which packets come in to this host and to others, beside those that are so on any host. */
  broadcastAddresses?(): readonly string[]
  /**
   * Hands frames to the sink until the end of the file, stop(), or an error (NetoprocError). After each block it awaits
   * `ready()`, if that gives a promise: the consumer is behind, and the kernel's buffer takes what comes meanwhile.
   */
  run(sink: FrameSink, ready: () => Promise<void> | undefined): Promise<EndReason>
  /** Makes run() end soon, with this reason. What the kernel has buffered is still handed over. */
  stop(reason: EndReason): void
  statistics(): readonly SourceStatistics[]
  /** Live sources that can tell: packets that have come are yet to be handed over. */
  isBehind?(): boolean
  /** Live sources: the interfaces now, with their totals since they came up (*_total, rx_errors …). */
  interfaceRecords?(nowUs: number): readonly InterfaceRecord[]
  /** Whether interfaces have come, gone, or changed, but for their totals, since the last call. Absent: not known. */
  interfacesChanged?(): boolean
  /** Gives back every descriptor and mapping. */
  close(): void
}
