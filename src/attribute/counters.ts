// What a socket or a flow has moved.

/** Bytes and packets in both directions. */
export interface Moved {
  readonly rxBytes: number
  readonly txBytes: number
  readonly rxPackets: number
  readonly txPackets: number
}

export class Counters implements Moved {
  rxBytes = 0
  txBytes = 0
  rxPackets = 0
  txPackets = 0

  add(other: Moved): void {
    this.rxBytes += other.rxBytes
    this.txBytes += other.txBytes
    this.rxPackets += other.rxPackets
    this.txPackets += other.txPackets
  }

  set(other: Moved): void {
    this.rxBytes = other.rxBytes
    this.txBytes = other.txBytes
    this.rxPackets = other.rxPackets
    this.txPackets = other.txPackets
  }

  get isZero(): boolean {
    return this.rxBytes === 0 && this.txBytes === 0 && this.rxPackets === 0 && this.txPackets === 0
  }

  /** Takes what a counter that only grows stands at now, and adds what is more than at the last reading to `pending`. */
  advance(now: Moved, pending: Counters): void {
    pending.rxBytes += Math.max(0, now.rxBytes - this.rxBytes)
    pending.txBytes += Math.max(0, now.txBytes - this.txBytes)
    pending.rxPackets += Math.max(0, now.rxPackets - this.rxPackets)
    pending.txPackets += Math.max(0, now.txPackets - this.txPackets)
    this.rxBytes = Math.max(this.rxBytes, now.rxBytes)
    this.txBytes = Math.max(this.txBytes, now.txBytes)
    this.rxPackets = Math.max(this.rxPackets, now.rxPackets)
    this.txPackets = Math.max(this.txPackets, now.txPackets)
  }
}
