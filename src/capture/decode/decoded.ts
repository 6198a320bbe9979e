// What the decoders find in one frame: one object of numbers, refilled for every frame, so that a packet costs no
// allocation. Offsets are into the frame's bytes.

import { ABSENT_16, FRAGMENT_NO } from '../../record/record-batch.ts'

export class Decoded {
  /** 4, 6, or 0: the frame is not IP. */
  version = 0
  proto = 0
  /**
   * Source address words at 0..3, destination at 4..7, as FlowTable has them. Words and ports are where numbers of 32 bits
   * stand: in a field of an object each of 2^31 or more would be a number on the heap.
   */
  readonly addresses = new Uint32Array(8)
  hasPorts = false
  sourcePort = 0
  destinationPort = 0
  tcpFlags = ABSENT_16
  fragment = FRAGMENT_NO
  /** IP bytes on the wire, from the IP header. */
  ipBytes = 0
  /** Bytes of IP and transport header: what every segment of a super-packet repeats. */
  headerBytes = 0
  /** The transport's header. */
  transport = 0
  /** The transport's payload, as far as it was captured. */
  payload = 0
  payloadEnd = 0
  ethertype = ABSENT_16
  /** VLAN id of the outermost tag. */
  vlan = ABSENT_16
  /** EtherTypes that were gone through: tags and encapsulations may stand in each other without end. */
  layers = 0
  /** FRAME_IN, FRAME_OUT or FRAME_LOCAL where the link header tells, else FRAME_UNKNOWN. */
  direction = 0

  reset(): void {
    this.version = 0
    this.hasPorts = false
    this.sourcePort = this.destinationPort = 0
    this.tcpFlags = ABSENT_16
    this.fragment = FRAGMENT_NO
    this.ipBytes = 0
    this.headerBytes = 0
    this.payload = 0
    this.payloadEnd = 0
    this.ethertype = ABSENT_16
    this.vlan = ABSENT_16
    this.direction = 0
    this.layers = 0
  }
}

export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

/** Unsigned, network byte order. */
export function u32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  )
}

/** slice() of a Buffer, which a source's bytes may be, is no copy. */
export function copied(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to))
}
