// The capture stage: frames in, rows of a batch out. Everything that is done for each packet happens here and in decode/,
// without an object, a string or a closure.

import { META_IPV6, META_PORTS, NO_FLOW } from '../record/flow-table.ts'
import type { DnsRecord, ServerNameRecord } from '../record/generated/types.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import { IPPROTO_TCP, IPPROTO_UDP, protocolName } from '../record/protocol.ts'
import {
  ABSENT_16,
  ATTRIBUTION_KERNEL,
  DIR_IN,
  DIR_NONE,
  FRAGMENT_NO,
  RecordBatch,
  dirNames,
  type SideRecord,
  type Tables,
} from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { Decoded, u32 } from './decode/decoded.ts'
import { decodeDnsMessage } from './decode/dns-message.ts'
import { DnsStreams } from './decode/dns-stream.ts'
import { Handshakes } from './decode/handshakes.ts'
import { flowMeta } from './decode/ip.ts'
import { linkDecoder, type LinkDecoder } from './decode/link-layer.ts'
import { PlainPackets, type PayloadReader } from './plain-packets.ts'
import type { InitialCrypto } from './decode/quic-initial.ts'
import { LocalAddresses } from './local-addresses.ts'
import { NONE, type Frame, type FrameSink } from './port.ts'

export interface CaptureOptions {
  /** Make dns records. */
  readonly dns: boolean
  /** Make server_name records of TLS and QUIC handshakes; QUIC needs `crypto`. */
  readonly serverNames?: boolean | undefined
  readonly crypto?: InitialCrypto | undefined
  /** Addresses of the host that is captured, as they are now. */
  readonly localAddresses: () => Iterable<string>
  /** See PacketSource. */
  readonly broadcastAddresses?: () => Iterable<string>
  /** Stop taking frames after so many, and say so once. */
  readonly maxPackets?: number | undefined
  readonly onLimit?: (() => void) | undefined
  /** Frames that this refuses are not taken: a pcap expression on a file. */
  readonly accepts?: ((frame: Frame) => boolean) | undefined
  readonly warn: (message: string) => void
}

const services: Readonly<Record<number, 'mdns' | 'llmnr' | undefined>> = { 5353: 'mdns', 5355: 'llmnr' }

export class CaptureStage implements FrameSink, PayloadReader {
  /** Time of the last frame, microseconds since the epoch. */
  lastTsUs = 0
  /** Frames that were taken. */
  packets = 0
  private readonly next: Stage
  private readonly tables: Tables
  private readonly options: CaptureOptions
  private readonly batch: RecordBatch
  private readonly decoded = new Decoded()
  private readonly local: LocalAddresses
  private readonly plain: PlainPackets
  private readonly streams = new DnsStreams()
  private readonly handshakes: Handshakes | undefined
  private readonly unknownLinkTypes = new Set<number>()
  private linkType = -1
  private decode: LinkDecoder | undefined
  private refused = 0

  constructor(next: Stage, tables: Tables, options: CaptureOptions) {
    this.next = next
    this.tables = tables
    this.options = options
    this.batch = new RecordBatch(tables)
    this.local = new LocalAddresses(tables.flows)
    this.plain = new PlainPackets(tables.flows, this.batch, this.local, this)
    if (options.serverNames === true) this.handshakes = new Handshakes(options.crypto)
    tables.flows.onEvict(flows => {
      this.streams.forget(flows)
      this.handshakes?.forget(flows)
    })
    this.refreshLocalAddresses()
  }

  /** Frames that options.accepts refused; null where there is nothing to refuse them. */
  get filtered(): number | null {
    return this.options.accepts === undefined ? null : this.refused
  }

  /** Asks again which addresses are local. */
  refreshLocalAddresses(): void {
    this.local.replace(this.options.localAddresses(), this.options.broadcastAddresses?.())
  }

  warn(message: string): void {
    this.options.warn(message)
  }

  frame(frame: Frame): void {
    const { options, batch } = this
    if (options.accepts !== undefined && !options.accepts(frame)) {
      this.refused++
      return
    }
    if (options.maxPackets !== undefined && this.packets >= options.maxPackets) return
    if (!this.plain.take(frame)) this.decodeFrame(frame)
    this.packets++
    this.lastTsUs = frame.tsUs
    if (batch.isFull) this.handOver()
    if (this.packets === options.maxPackets) options.onLimit?.()
  }

  /** Adds a record that is not a packet, in its place in the stream. */
  append(record: SideRecord): void {
    this.batch.append(record)
  }

  endOfBlock(_nowUs: number): void {
    this.handOver()
  }

  /** Hands on what is complete, and asks the stages when they want to be called again: see Stage.flush. */
  flush(nowUs: number): number {
    this.handOver()
    return this.next.flush(nowUs)
  }

  close(): void {
    this.handOver()
    this.next.close()
  }

  /** Any frame: what PlainPackets leaves. */
  private decodeFrame(frame: Frame): void {
    const { batch, decoded } = this
    if (frame.linkType !== this.linkType) this.enterLinkType(frame.linkType)
    decoded.reset()
    const tagged = frame.vlanTci !== NONE
    if (tagged) decoded.vlan = frame.vlanTci & 0xfff
    const end = frame.offset + frame.capturedLength
    this.decode?.(frame.view, frame.offset, end, frame.wireLength - (tagged ? 4 : 0), decoded)

    // Columns that are not written have what clear() has put there.
    const row = batch.length++
    batch.ts[row] = frame.tsUs
    batch.iface[row] = frame.iface
    batch.frameBytes[row] = frame.wireLength
    batch.tcpFlags[row] = decoded.tcpFlags
    if (decoded.vlan !== ABSENT_16) batch.vlan[row] = decoded.vlan
    if (decoded.fragment !== FRAGMENT_NO) batch.fragment[row] = decoded.fragment
    if (frame.owner !== NO_OWNER) {
      batch.owner[row] = frame.owner
      batch.peer[row] = frame.peer
      batch.attribution[row] = ATTRIBUTION_KERNEL
    }
    if (decoded.version === 0) {
      batch.ethertype[row] = decoded.ethertype
      batch.flow[row] = NO_FLOW
      batch.bytes[row] = 0
      batch.packets[row] = 1
      batch.dir[row] = DIR_NONE
    } else this.ipRow(frame, row)
  }

  private ipRow(frame: Frame, row: number): void {
    const { batch, decoded } = this
    const { flows } = this.tables
    const flow = flows.internWords(
      flowMeta(decoded) | (decoded.hasPorts ? META_PORTS : 0),
      decoded.sourcePort,
      decoded.destinationPort,
      decoded.addresses,
    )
    batch.flow[row] = flow
    const dir = this.local.rowDirection(flow, frame, decoded.direction)
    batch.dir[row] = dir
    // A super-packet is so many packets on the wire, each with its own headers.
    let segments = 1
    if (frame.gsoSize > 0) {
      const payload = decoded.ipBytes - decoded.headerBytes
      if (payload > frame.gsoSize) segments = Math.ceil(payload / frame.gsoSize)
    }
    batch.packets[row] = segments
    batch.bytes[row] = decoded.ipBytes + (segments - 1) * decoded.headerBytes
    if (!decoded.hasPorts || decoded.payloadEnd <= decoded.payload) return
    if (this.options.dns) this.dns(frame.bytes, flow, row)
    // Whom others call here is no name of a remote.
    if (this.handshakes !== undefined && dir !== DIR_IN)
      this.serverName(this.handshakes, frame.bytes, flow, row)
  }

  /** Whether the payload of a packet is to be read, for DNS or for a server's name: see PayloadReader. */
  reads(isTcp: boolean, ports: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (this.options.dns && (isDnsPort(ports >>> 16) || isDnsPort(ports & 0xffff))) return true
    return this.handshakes?.reads(isTcp, bytes, from, to) === true
  }

  private dns(bytes: Uint8Array, flow: number, row: number): void {
    const { decoded } = this
    const { sourcePort, destinationPort } = decoded
    const port = isDnsPort(destinationPort) ? destinationPort : isDnsPort(sourcePort) ? sourcePort : 0
    if (port === 0) return
    if (decoded.proto === IPPROTO_UDP)
      this.message(bytes, decoded.payload, decoded.payloadEnd, flow, row, port)
    else if (decoded.proto === IPPROTO_TCP) {
      this.streams.segment(
        flow,
        u32(bytes, decoded.transport + 4),
        bytes.subarray(decoded.payload, decoded.payloadEnd),
        (whole, from, to) => this.message(whole, from, to, flow, row, port),
      )
    }
  }

  private serverName(handshakes: Handshakes, bytes: Uint8Array, flow: number, row: number): void {
    const { proto, transport, payload, payloadEnd } = this.decoded
    let name: string | undefined
    if (proto === IPPROTO_TCP)
      name = handshakes.segment(flow, u32(bytes, transport + 4), bytes, payload, payloadEnd)
    else if (proto === IPPROTO_UDP) name = handshakes.datagram(flow, bytes, payload, payloadEnd)
    if (name === undefined) return
    const { ip_version: _version, ...ends } = this.endsOf(flow, row)
    const record: ServerNameRecord = { type: 'server_name', ...ends, name }
    this.batch.append(record)
  }

  private message(
    bytes: Uint8Array,
    from: number,
    to: number,
    flow: number,
    row: number,
    port: number,
  ): void {
    const message = decodeDnsMessage(bytes, from, to)
    if (message === undefined) return
    const service = services[port]
    const record: DnsRecord = {
      type: 'dns',
      ...this.endsOf(flow, row),
      ...(service === undefined ? {} : { service }),
      ...message,
    }
    this.batch.append(record)
  }

  /** What a record of a message says of the packet that completed it. */
  private endsOf(flow: number, row: number) {
    const { flows, ifaces } = this.tables
    const meta = flows.meta(flow)
    const ports = flows.ports(flow)
    const iface = ifaces.get(this.batch.iface[row] as number)
    return {
      ts: (this.batch.ts[row] as number) / 1e6,
      ...(iface === undefined ? {} : { iface }),
      dir: dirNames[this.batch.dir[row] as number] ?? null,
      ip_version: meta & META_IPV6 ? 6 : 4,
      proto: protocolName(meta & 255),
      src_ip: flows.addressText(flow, 0),
      src_port: ports >>> 16,
      dst_ip: flows.addressText(flow, 4),
      dst_port: ports & 0xffff,
    } as const
  }

  private handOver(): void {
    if (this.batch.isEmpty) return
    this.next.push(this.batch)
    this.batch.clear()
    this.tables.owners.forgetUnheld()
    this.tables.flows.nextEpoch()
  }

  private enterLinkType(linkType: number): void {
    this.linkType = linkType
    this.decode = linkDecoder(linkType)
    if (this.decode !== undefined || this.unknownLinkTypes.has(linkType)) return
    this.unknownLinkTypes.add(linkType)
    this.warn(`link type ${linkType} is not decoded: its frames are counted, their addresses are not known`)
  }
}

function isDnsPort(port: number): boolean {
  return port === 53 || port === 5353 || port === 5355
}
