// Tells of each TCP connection that is begun, at once: a packet socket without a ring, whose filter lets the first SYN of a
// connection through and nothing else. packet(7). Needs CAP_NET_RAW. Of the network namespace in which it is made.

import { PacketSocket } from './af-packet.ts'
import { MSG_DONTWAIT, SOCK_DGRAM, recv } from './libc.ts'
import { hasCode } from '../system-error.ts'
import type { FilterInstruction } from './socket-filter.ts'

const SNAPLEN = 128
const IPV4_MIN = 20
const IPV6_HEADER = 40
const CATCH_UP = 64
const V4_MAPPED = 0xffff

/** tcp[13] & (SYN | ACK) = SYN, in an IPv4 packet that is no later fragment, or right behind an IPv6 header. */
const filter: readonly FilterInstruction[] = [
  { code: 0x30, jt: 0, jf: 0, k: 0 }, //       ldb [0]
  { code: 0x54, jt: 0, jf: 0, k: 0xf0 }, //    and #0xf0
  { code: 0x15, jt: 1, jf: 0, k: 0x40 }, //    jeq #0x40, ipv4
  { code: 0x15, jt: 8, jf: 14, k: 0x60 }, //   jeq #0x60, ipv6, drop
  { code: 0x30, jt: 0, jf: 0, k: 9 }, // ipv4: ldb [9]
  { code: 0x15, jt: 0, jf: 12, k: 6 }, //      jeq #6, next, drop
  { code: 0x28, jt: 0, jf: 0, k: 6 }, //       ldh [6]
  { code: 0x45, jt: 10, jf: 0, k: 0x1fff }, //  jset #0x1fff, drop, next
  { code: 0xb1, jt: 0, jf: 0, k: 0 }, //       ldxb 4 * ([0] & 0xf)
  { code: 0x50, jt: 0, jf: 0, k: 13 }, //      ldb [x + 13]
  { code: 0x54, jt: 0, jf: 0, k: 0x12 }, //    and #0x12
  { code: 0x15, jt: 5, jf: 6, k: 0x02 }, //    jeq #0x02, take, drop
  { code: 0x30, jt: 0, jf: 0, k: 6 }, // ipv6: ldb [6]
  { code: 0x15, jt: 0, jf: 4, k: 6 }, //       jeq #6, next, drop
  { code: 0x30, jt: 0, jf: 0, k: 53 }, //      ldb [53]
  { code: 0x54, jt: 0, jf: 0, k: 0x12 }, //    and #0x12
  { code: 0x15, jt: 0, jf: 1, k: 0x02 }, //    jeq #0x02, take, drop
  { code: 0x06, jt: 0, jf: 0, k: SNAPLEN }, // take: ret #128
  { code: 0x06, jt: 0, jf: 0, k: 0 }, // drop: ret #0
]

/** Words in host order; IPv4 is IPv4-mapped. One object, refilled for each. */
export class Syn {
  isV6 = false
  readonly source = new Uint32Array(4)
  sourcePort = 0
  readonly destination = new Uint32Array(4)
  destinationPort = 0
}

export class SynWatch {
  private readonly socket: PacketSocket
  private readonly bytes = new Uint8Array(SNAPLEN)
  private readonly view = new DataView(this.bytes.buffer)
  private readonly syn = new Syn()
  private readonly onSyn: (syn: Syn) => void

  /** @throws SystemError EPERM without CAP_NET_RAW */
  constructor(onSyn: (syn: Syn) => void) {
    this.onSyn = onSyn
    this.socket = new PacketSocket(SOCK_DGRAM)
    try {
      this.socket.attachFilter(filter)
      this.socket.start(0)
      // One packet for each call: while there are more the loop calls again.
      this.socket.fd.onReadable(() => this.tellNext())
    } catch (error) {
      this.socket.close()
      throw error
    }
  }

  /** Tells of those that came while something else was done, some of them at most. Before something that takes long. */
  catchUp(): void {
    for (let i = 0; i < CATCH_UP && this.tellNext(); i++);
  }

  close(): void {
    this.socket.close()
  }

  /** @returns whether there was a packet, and may be more */
  private tellNext(): boolean {
    const isSyn = this.read()
    if (isSyn) this.onSyn(this.syn)
    return isSyn
  }

  private read(): boolean {
    let length: number
    try {
      length = recv('recv(AF_PACKET)', this.socket.fd, this.bytes, MSG_DONTWAIT)
    } catch (error) {
      // ENETDOWN is told once when an interface goes down; the socket goes on with the others.
      if (hasCode(error, 'EAGAIN', 'EINTR', 'ENETDOWN')) return false
      throw error
    }
    return parseSyn(this.view, length, this.syn)
  }
}

/** Fills `syn` from an IP packet. @returns false when it is cut before its ports */
export function parseSyn(view: DataView, length: number, syn: Syn): boolean {
  if (length < IPV4_MIN) return false
  syn.isV6 = view.getUint8(0) >>> 4 === 6
  const header = syn.isV6 ? IPV6_HEADER : (view.getUint8(0) & 15) * 4
  if (header < IPV4_MIN || length < header + 4) return false
  if (syn.isV6) {
    for (let i = 0; i < 4; i++) {
      syn.source[i] = view.getUint32(8 + 4 * i)
      syn.destination[i] = view.getUint32(24 + 4 * i)
    }
  } else {
    syn.source.set([0, 0, V4_MAPPED, view.getUint32(12)])
    syn.destination.set([0, 0, V4_MAPPED, view.getUint32(16)])
  }
  syn.sourcePort = view.getUint16(header)
  syn.destinationPort = view.getUint16(header + 2)
  return true
}
