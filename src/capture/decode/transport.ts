// Ports and flags behind the IP header: TCP (RFC 9293 sec. 3.1), UDP (RFC 768), UDP-Lite (RFC 3828), SCTP (RFC 9260).

import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../../record/protocol.ts'
import { u16, type Decoded } from './decoded.ts'

/** Reads [at, end); what was not captured stays absent. */
export function decodeTransport(bytes: Uint8Array, at: number, end: number, into: Decoded): void {
  const { proto } = into
  if (proto !== IPPROTO_TCP && proto !== IPPROTO_UDP && proto !== IPPROTO_SCTP && proto !== IPPROTO_UDPLITE)
    return
  if (end - at < 4) return
  into.hasPorts = true
  into.sourcePort = u16(bytes, at)
  into.destinationPort = u16(bytes, at + 2)
  into.transport = at
  into.payload = into.payloadEnd = end
  if (proto === IPPROTO_TCP) {
    if (end - at < 14) return
    into.tcpFlags = u16(bytes, at + 12) & 0x1ff
    const header = ((bytes[at + 12] as number) >> 4) * 4
    into.headerBytes += header
    if (header >= 20) into.payload = Math.min(at + header, end)
  } else {
    const header = proto === IPPROTO_SCTP ? 12 : 8
    into.headerBytes += header
    into.payload = Math.min(at + header, end)
  }
}
