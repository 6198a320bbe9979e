// One event of the ring buffer, decoded: what ebpf-layout.ts says of its bytes. One object, refilled for each.

import { event as layout, flowKey } from './ebpf-layout.ts'

const COMM_LENGTH = 16
const TWO_32 = 0x100000000
const decoder = new TextDecoder()
const commBytes = new Uint8Array(COMM_LENGTH)

/** An unsigned 64-bit number as a double: cookies, counters and times here stay below 2^53. */
export function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32
}

export class OwnerEvent {
  kind = 0
  protocol = 0
  /** Process (thread-group) and thread id, in the initial pid namespace. */
  tgid = 0
  tid = 0
  uid = 0
  cookie = 0
  netnsCookie = 0
  /** When it happened, by CLOCK_MONOTONIC. */
  monotonicNs = 0
  /** As the process calls itself: any bytes, up to the first NUL. */
  comm = ''
  /** Nanoseconds since boot; 0 when the kernel does not tell. */
  startNs = 0
  /** Key of the flow that has the counters. */
  readonly flow = new DataView(new ArrayBuffer(flowKey.size))
  /** Its counters at that time; 0 when it had none yet, or the socket talks to many. */
  rxBytes = 0
  txBytes = 0
  rxPackets = 0
  txPackets = 0

  decode(view: DataView, at: number): void {
    this.kind = view.getUint8(at + layout.kind)
    this.protocol = view.getUint8(at + layout.protocol)
    this.tgid = view.getUint32(at + layout.tgid, true)
    this.tid = view.getUint32(at + layout.tid, true)
    this.uid = view.getUint32(at + layout.uid, true)
    this.cookie = u64(view, at + layout.cookie)
    this.monotonicNs = u64(view, at + layout.monotonicNs)
    this.netnsCookie = u64(view, at + layout.netnsCookie)
    this.startNs = u64(view, at + layout.startNs)
    this.rxBytes = u64(view, at + layout.rxBytes)
    this.txBytes = u64(view, at + layout.txBytes)
    this.rxPackets = u64(view, at + layout.rxPackets)
    this.txPackets = u64(view, at + layout.txPackets)
    this.flow.setBigUint64(flowKey.cookie, view.getBigUint64(at + layout.cookie, true), true)
    for (let i = 0; i < flowKey.size - flowKey.remoteIp; i += 4)
      this.flow.setUint32(flowKey.remoteIp + i, view.getUint32(at + layout.ends + i, true), true)
    let length = 0
    for (; length < COMM_LENGTH; length++) {
      const byte = view.getUint8(at + layout.comm + length)
      if (byte === 0) break
      commBytes[length] = byte
    }
    this.comm = decoder.decode(commBytes.subarray(0, length))
  }
}
