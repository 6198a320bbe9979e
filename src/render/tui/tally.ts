// The account of everything that was counted since the start: how much of what the interfaces moved was seen, how much of that
// has an owner and how it is known, how much has none and why, and what the kernel dropped.

import type { ConnectionRecord, IntervalRecord } from '../../record/generated/types.ts'

/** What the headers of segments can add, which the interface's super-packet has not: 52 of 1,448 bytes, and some for small ones. */
const SEGMENT_HEADERS = 0.05
/** Ethernet's header, and that of the packets of loopback: interfaces count it, IP does not. */
const LINK_HEADER_BYTES = 14

export class Tally {
  /** Bytes, at both ends where both are this host's: owned + unknown. */
  bytes = 0
  owned = 0
  /** Of `owned`: a listening or unconnected socket of the local address took them; the others are exact. */
  bound = 0
  unknown = 0
  readonly unknownBy = new Map<string, number>()
  /** Bytes that the interfaces moved, and what of them was seen; for as long as their counters told. */
  interfaceBytes = 0
  seenBytes = 0
  /** Packets that the kernel dropped. */
  dropped = 0
  private sinceLook = 0
  /** Most bytes between two looks at the counters. */
  private mostSeen = 0

  connection(record: ConnectionRecord): void {
    if (record.attribution === 'bound') this.bound += record.rx_bytes + record.tx_bytes
  }

  interval(record: IntervalRecord): void {
    // What was unknown at first and is owned now.
    const late = record.late_bytes ?? 0
    this.owned += record.attributed_bytes + late
    this.unknown += record.unknown_bytes - late
    this.bytes = this.owned + this.unknown
    this.dropped += record.dropped
    for (const [reason, bytes] of Object.entries(record.unknown_by_reason))
      this.unknownBy.set(reason, (this.unknownBy.get(reason) ?? 0) + bytes)
    this.sinceLook += record.bytes + LINK_HEADER_BYTES * record.packets
    if (record.interface_bytes === null) return
    this.interfaceBytes += record.interface_bytes
    this.seenBytes += this.sinceLook
    this.mostSeen = Math.max(this.mostSeen, this.sinceLook)
    this.sinceLook = 0
  }

  /**
   * Undefined: the interfaces did not tell. Their counters are not read at the very ends of an interval, so that one
   * interval's bytes may be on one side only: beyond that, more than all is no rounding, and is shown as it is.
   */
  get seenShare(): number | undefined {
    if (this.interfaceBytes === 0) return undefined
    const isMore = this.seenBytes - this.mostSeen > this.interfaceBytes * (1 + SEGMENT_HEADERS)
    const share = this.seenBytes / this.interfaceBytes
    return isMore ? share : Math.min(1, share)
  }

  /** The reason with most bytes. */
  get mainReason(): string | undefined {
    return [...this.unknownBy].sort((a, b) => b[1] - a[1])[0]?.[0]
  }

  copy(): Tally {
    const copy = Object.assign(new Tally(), this)
    return Object.assign(copy, { unknownBy: new Map(this.unknownBy) })
  }
}
