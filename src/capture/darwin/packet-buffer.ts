// What one read of a bpf device gives, packet by packet: bpf_hdr, padding, the bytes; bsd/net/bpf.c. A header's length is its
// own word for it (18 on Ethernet, not sizeof), packets begin at multiples of 4, and the last one is not padded.

import { BPF_ALIGNMENT, bpf_hdr } from '../../native/darwin/generated/bpf.ts'
import type { Frame } from '../port.ts'

const SECONDS = bpf_hdr.fields['bh_tstamp.tv_sec'].offset
const MICROSECONDS = bpf_hdr.fields['bh_tstamp.tv_usec'].offset
const CAPTURED = bpf_hdr.fields.bh_caplen.offset
const LENGTH = bpf_hdr.fields.bh_datalen.offset
const HEADER_LENGTH = bpf_hdr.fields.bh_hdrlen.offset
const LEAST_HEADER = HEADER_LENGTH + bpf_hdr.fields.bh_hdrlen.size

export class PacketBuffer {
  readonly bytes: Uint8Array
  readonly view: DataView

  /** @param size of each read */
  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.view = new DataView(this.bytes.buffer)
  }

  /**
   * Fills `frame` (time, lengths, where it lies) with the packet at `at`.
   * @param end bytes that were read
   * @returns where the next one begins, at or beyond `end` behind the last; undefined when this one is damaged
   */
  packetAt(at: number, end: number, frame: Frame): number | undefined {
    const { view } = this
    if (at + LEAST_HEADER > end) return undefined
    const captured = view.getUint32(at + CAPTURED, true)
    const headerLength = view.getUint16(at + HEADER_LENGTH, true)
    const offset = at + headerLength
    if (headerLength < LEAST_HEADER || offset + captured > end) return undefined
    frame.tsUs = view.getInt32(at + SECONDS, true) * 1e6 + view.getInt32(at + MICROSECONDS, true)
    frame.offset = offset
    frame.capturedLength = captured
    frame.wireLength = view.getUint32(at + LENGTH, true)
    return at + ((headerLength + captured + BPF_ALIGNMENT - 1) & -BPF_ALIGNMENT)
  }
}
