// Most packets: Ethernet II, then IPv4 without options, whole, or IPv6 without extension headers, then TCP or UDP. Their
// row is made of a few reads of 32 bits at fixed places, without the steps between the layers, which takes half the time of
// link-layer.ts (test/bench/pipeline.bench.ts). Any other packet, one that is cut or says nonsense, and one whose payload is to
// be read is left to those decoders; test/capture/plain-packet.test.ts holds both to the same rows.

import { META_IPV6, META_PORTS, type FlowTable } from '../../record/flow-table.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../../record/protocol.ts'
import { NO_OWNER } from '../../record/owner-table.ts'
import { ABSENT_16, type RecordBatch } from '../../record/record-batch.ts'
import type { LocalAddresses } from '../local-addresses.ts'
import { FRAME_UNKNOWN, NONE, type Frame } from '../port.ts'

const LINKTYPE_ETHERNET = 1
/** Offset in the frame of the EtherType, and behind it of the first two bytes of IP. */
const ETHERTYPE = 12
const IP = 14

// RFC 791 sec. 3.1. EtherType 0x0800, version 4, five words of header.
const IPV4_FIRST = 0x080045
const IPV4_LENGTH = IP + 2
/** Flags and fragment offset, time to live, protocol. */
const IPV4_FRAGMENT = IP + 6
const MORE_OR_OFFSET = 0x3fff0000
const IPV4_SOURCE = IP + 12
const IPV4_DESTINATION = IP + 16
const IPV4_HEADER = 20

// RFC 8200 sec. 3. EtherType 0x86dd, version 6.
const IPV6_FIRST = 0x86dd6
/** Payload length, next header, hop limit. */
const IPV6_LENGTH = IP + 4
const IPV6_ADDRESSES = IP + 8
const IPV6_HEADER = 40

/** Bytes of the transport's header that are read: TCP up to its flags, UDP all. */
const TCP_READ = 14
const UDP_HEADER = 8

/** Tells whether somebody wants to read the payload [from, to) of a packet. */
export interface PayloadReader {
  /** @param ports as FlowTable.ports */
  reads(isTcp: boolean, ports: number, bytes: Uint8Array, from: number, to: number): boolean
}

export class PlainPackets {
  private readonly flows: FlowTable
  private readonly batch: RecordBatch
  private readonly local: LocalAddresses
  private readonly reader: PayloadReader
  private readonly words = new Uint32Array(8)

  /** @param batch where rows are appended to */
  constructor(flows: FlowTable, batch: RecordBatch, local: LocalAddresses, reader: PayloadReader) {
    this.flows = flows
    this.batch = batch
    this.local = local
    this.reader = reader
  }

  /** Appends the frame's row. @returns false when it is not plain: nothing was appended */
  take(frame: Frame): boolean {
    const { view, offset, capturedLength } = frame
    if (frame.linkType !== LINKTYPE_ETHERNET || capturedLength < IP + IPV4_HEADER + UDP_HEADER) return false
    const first = view.getInt32(offset + ETHERTYPE)
    let meta: number
    let transport: number
    let ipBytes: number
    if (first >>> 8 === IPV4_FIRST) {
      const fragment = view.getInt32(offset + IPV4_FRAGMENT)
      if ((fragment & MORE_OR_OFFSET) !== 0) return false
      meta = (fragment & 0xff) | META_PORTS
      ipBytes = view.getUint16(offset + IPV4_LENGTH)
      transport = offset + IP + IPV4_HEADER
    } else if (first >>> 12 === IPV6_FIRST && capturedLength >= IP + IPV6_HEADER + UDP_HEADER) {
      const length = view.getInt32(offset + IPV6_LENGTH)
      // Without a length: a jumbogram, or a packet that is yet to be cut.
      if (length >>> 16 === 0) return false
      meta = ((length >>> 8) & 0xff) | META_PORTS | META_IPV6
      ipBytes = IPV6_HEADER + (length >>> 16)
      transport = offset + IP + IPV6_HEADER
    } else return false
    // The packet's end, or that of what was captured of it.
    const end = offset + Math.min(capturedLength, IP + ipBytes)
    const isTcp = (meta & 0xff) === IPPROTO_TCP
    let tcpFlags = ABSENT_16
    let payload = transport + UDP_HEADER
    if (isTcp) {
      if (end - transport < TCP_READ) return false
      const offsetAndFlags = view.getUint16(transport + 12)
      tcpFlags = offsetAndFlags & 0x1ff
      payload = transport + (offsetAndFlags >> 12) * 4
    } else if ((meta & 0xff) !== IPPROTO_UDP || end < payload) return false
    // What only some sources tell: a tag apart from the frame, a super-packet, an owner.
    if (frame.vlanTci !== NONE || frame.gsoSize !== 0 || frame.owner !== NO_OWNER) return false
    const ports = view.getInt32(transport)
    if (payload < end && this.reader.reads(isTcp, ports, frame.bytes, payload, end)) return false

    const flow =
      (meta & META_IPV6) === 0
        ? this.flows.internV4(
            meta,
            ports,
            view.getInt32(offset + IPV4_SOURCE),
            view.getInt32(offset + IPV4_DESTINATION),
          )
        : this.internV6(meta, ports, view, offset + IPV6_ADDRESSES)
    const { batch } = this
    const row = batch.length++
    batch.ts[row] = frame.tsUs
    batch.flow[row] = flow
    batch.bytes[row] = ipBytes
    batch.frameBytes[row] = frame.wireLength
    batch.packets[row] = 1
    batch.iface[row] = frame.iface
    batch.dir[row] = this.local.rowDirection(flow, frame, FRAME_UNKNOWN)
    batch.tcpFlags[row] = tcpFlags
    return true
  }

  private internV6(meta: number, ports: number, view: DataView, at: number): number {
    const { words } = this
    // Source and destination lie side by side.
    for (let i = 0; i < 8; i++) words[i] = view.getInt32(at + 4 * i)
    return this.flows.internWords(meta, ports >>> 16, ports & 0xffff, words)
  }
}
