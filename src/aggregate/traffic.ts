// What somebody has moved: in the open interval, and since netoproc began to count. Processes are made of it; connections, of
// which there are many, have a row each: traffic-rows.ts.

/** The counters of a process or connection record. */
export interface TrafficFields {
  rx_bytes: number
  tx_bytes: number
  rx_packets: number
  tx_packets: number
  rx_rate: number
  tx_rate: number
  rx_bytes_total: number
  tx_bytes_total: number
  rx_packets_total?: number
  tx_packets_total?: number
}

/** In a record that is being made. */
export const noTraffic: Readonly<TrafficFields> = {
  rx_bytes: 0,
  tx_bytes: 0,
  rx_packets: 0,
  tx_packets: 0,
  rx_rate: 0,
  tx_rate: 0,
  rx_bytes_total: 0,
  tx_bytes_total: 0,
  rx_packets_total: 0,
  tx_packets_total: 0,
}

export class Traffic {
  rxBytes = 0
  txBytes = 0
  rxPackets = 0
  txPackets = 0
  rxBytesTotal = 0
  txBytesTotal = 0
  rxPacketsTotal = 0
  txPacketsTotal = 0
  /** It is in its table's list of what the open interval has touched. */
  isTouched = false

  receive(bytes: number, packets: number): void {
    this.rxBytes += bytes
    this.rxPackets += packets
    this.rxBytesTotal += bytes
    this.rxPacketsTotal += packets
  }

  send(bytes: number, packets: number): void {
    this.txBytes += bytes
    this.txPackets += packets
    this.txBytesTotal += bytes
    this.txPacketsTotal += packets
  }

  /** Corrects the totals alone: what an earlier interval has said stays said. Negative takes away. */
  correct(isTx: boolean, bytes: number, packets: number): void {
    if (isTx) {
      this.txBytesTotal += bytes
      this.txPacketsTotal += packets
    } else {
      this.rxBytesTotal += bytes
      this.rxPacketsTotal += packets
    }
  }

  get hasTotal(): boolean {
    return this.rxPacketsTotal + this.txPacketsTotal + this.rxBytesTotal + this.txBytesTotal > 0
  }

  beginInterval(): void {
    this.rxBytes = this.txBytes = this.rxPackets = this.txPackets = 0
    this.isTouched = false
  }

  /** @param seconds length of the interval; 0 (one packet, all in all) has no rate */
  writeTo(record: TrafficFields, seconds: number): void {
    record.rx_bytes = this.rxBytes
    record.tx_bytes = this.txBytes
    record.rx_packets = this.rxPackets
    record.tx_packets = this.txPackets
    record.rx_rate = rate(this.rxBytes, seconds)
    record.tx_rate = rate(this.txBytes, seconds)
    record.rx_bytes_total = this.rxBytesTotal
    record.tx_bytes_total = this.txBytesTotal
    record.rx_packets_total = this.rxPacketsTotal
    record.tx_packets_total = this.txPacketsTotal
  }
}

/** Bytes per second, to a thousandth: more digits would only be read as more than they are. */
export function rate(bytes: number, seconds: number): number {
  return seconds > 0 ? Math.round((bytes / seconds) * 1000) / 1000 : 0
}

/** Busiest first. */
export function byTraffic(a: Traffic, b: Traffic): number {
  return b.rxBytes + b.txBytes - a.rxBytes - a.txBytes
}
