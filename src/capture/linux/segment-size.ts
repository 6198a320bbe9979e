// Linux before 6.2 drops super-packets of UDP from a ring with virtio_net_hdr (virtio_net_hdr_from_skb() did not know them),
// so that there the headers are not asked for. A packet longer than its interface's MTU is one, all the same, and was cut,
// or will be, to segments that fill the MTU: TCP does so unless the path is narrower.

/**
 * Payload bytes of a segment of a super-packet, or 0 for an ordinary packet or one that cannot be told.
 * @param at the IP header, of which `captured` bytes are there
 * @param mtu of the interface, bytes
 */
export function estimateSegmentSize(bytes: Uint8Array, at: number, captured: number, mtu: number): number {
  const isIpv4 = captured >= 20 && (bytes[at] as number) >> 4 === 4
  const isIpv6 = captured >= 40 && (bytes[at] as number) >> 4 === 6
  if (!isIpv4 && !isIpv6) return 0
  const ipHeader = isIpv4 ? ((bytes[at] as number) & 15) * 4 : 40
  const protocol = bytes[at + (isIpv4 ? 9 : 6)] as number
  let transportHeader = 0
  if (protocol === 17) transportHeader = 8
  else if (protocol === 6 && captured >= ipHeader + 13) {
    transportHeader = ((bytes[at + ipHeader + 12] as number) >> 4) * 4
  }
  if (ipHeader < 20 || transportHeader < 8) return 0
  return Math.max(0, mtu - ipHeader - transportHeader)
}
