// Ports and flags behind the IP header: TCP (RFC 9293 sec. 3.1), UDP (RFC 768), UDP-Lite (RFC 3828), SCTP (RFC 9260).

import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../../record/protocol.ts'
import type { Decoded } from './decoded.ts'

/** Reads [at, end); what was not captured stays absent. */
export function decodeTransport(view: DataView, at: number, end: number, into: Decoded): void {
  const { proto } = into
  if (proto !== IPPROTO_TCP && proto !== IPPROTO_UDP && proto !== IPPROTO_SCTP && proto !== IPPROTO_UDPLITE)
    return
  if (end - at < 4) return
  into.hasPorts = true
  into.sourcePort = view.getUint16(at)
  into.destinationPort = view.getUint16(at + 2)
  into.transport = at
  into.payload = into.payloadEnd = end
  if (proto === IPPROTO_TCP) {
    if (end - at < 14) return
    const offsetAndFlags = view.getUint16(at + 12)
    into.tcpFlags = offsetAndFlags & 0x1ff
    const header = (offsetAndFlags >> 12) * 4
    into.headerBytes += header
    if (header >= 20) into.payload = Math.min(at + header, end)
  } else {
    const header = proto === IPPROTO_SCTP ? 12 : 8
    into.headerBytes += header
    into.payload = Math.min(at + header, end)
  }
}
