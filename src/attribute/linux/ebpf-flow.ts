// The counters as they stand in the kernel's map, and what of them has been told already. Knows nothing of owners.

import type { BpfMap } from '../../native/linux/bpf/bpf-map.ts'
import { TCP_LISTEN } from '../../native/linux/sock-diag.ts'
import { type AddressWords, formatAddress, isV4Words } from '../../record/address.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import { IPPROTO_TCP } from '../../record/protocol.ts'
import { Counters } from '../counters.ts'
import { u64 } from './ebpf-event.ts'
import { PACKETS_OF_SOCKET, flowKey, flowValue } from './ebpf-layout.ts'

/** One entry of the map. */
export class Flow {
  readonly key: Uint8Array
  readonly cookie: number
  /** The socket talks to this remote alone. */
  readonly isConnected: boolean
  /** Packets of a connection that the listener's kernel side makes: they belong to whoever accepts it. */
  readonly isHandshake: boolean
  readonly protocol: number
  readonly socketType: number
  /** PACKETS_OF_… */
  readonly origin: number
  readonly isLoopback: boolean
  readonly localIp: string
  readonly remoteIp: string
  readonly localPort: number
  readonly remotePort: number
  readonly ifindex: number
  readonly netnsCookie: number
  state = 0
  /** Microseconds; 0 when not known. */
  rttUs = 0
  retransmits = 0
  /** In the kernel at the last reading. */
  readonly read = new Counters()
  /** Read, and not handed out yet. */
  readonly pending = new Counters()
  /** When it was first read, and when it was last found changed: microseconds since the epoch. */
  seenUs = 0
  changedUs = 0
  /** A record with counters has told of it. */
  isTold = false
  /** A scan has been asked for its owner. */
  isLookedUp = false
  /** The record maker's: what its records have in common while the owner is the same. */
  template: SocketRecord | undefined = undefined
  templateOwner: unknown = undefined
  templateNaming = ''

  constructor(keys: DataView, key: number, values: DataView, value: number) {
    this.key = new Uint8Array(keys.buffer, keys.byteOffset + key, flowKey.size).slice()
    this.cookie = u64(keys, key + flowKey.cookie)
    this.isConnected = isConnectedKey(keys, key)
    this.protocol = values.getUint8(value + flowValue.protocol)
    this.socketType = values.getUint8(value + flowValue.socketType)
    this.origin = values.getUint8(value + flowValue.origin)
    this.isHandshake =
      !this.isConnected &&
      this.origin === PACKETS_OF_SOCKET &&
      this.protocol === IPPROTO_TCP &&
      values.getUint8(value + flowValue.state) === TCP_LISTEN
    const local = words(values, value + flowValue.localIp)
    const remote = words(values, value + flowValue.remoteIp)
    this.localIp = formatAddress(...local)
    this.remoteIp = formatAddress(...remote)
    this.isLoopback = this.localIp === this.remoteIp || isLoopback(remote)
    this.localPort = values.getUint16(value + flowValue.localPort, true)
    this.remotePort = values.getUint16(value + flowValue.remotePort, true)
    this.ifindex = values.getUint32(value + flowValue.ifindex, true)
    this.netnsCookie = u64(values, value + flowValue.netnsCookie)
  }

  /** The connection, whichever of its sockets' kernel sides counted: for finding the accepted socket of a handshake. */
  get tuple(): string {
    return `${this.netnsCookie} ${this.ends}`
  }

  /** Its two ends, as seen from here, and from the other side. */
  get ends(): string {
    return `${this.protocol} ${this.localIp} ${this.localPort} ${this.remoteIp} ${this.remotePort}`
  }

  get endsReversed(): string {
    return `${this.protocol} ${this.remoteIp} ${this.remotePort} ${this.localIp} ${this.localPort}`
  }

  /** Takes what the kernel has counted since the last reading. */
  update(values: DataView, value: number): void {
    this.state = values.getUint8(value + flowValue.state)
    this.rttUs = values.getUint32(value + flowValue.srtt, true) >>> 3
    this.retransmits = values.getUint32(value + flowValue.retransmits, true)
    this.advance(
      u64(values, value + flowValue.rxBytes),
      u64(values, value + flowValue.txBytes),
      u64(values, value + flowValue.rxPackets),
      u64(values, value + flowValue.txPackets),
    )
  }

  /** @returns whether there was more than at the last reading; counters only grow, older values are passed over */
  advance(rxBytes: number, txBytes: number, rxPackets: number, txPackets: number): boolean {
    const { read, pending } = this
    const before = pending.rxPackets + pending.txPackets + pending.rxBytes + pending.txBytes
    if (rxBytes > read.rxBytes) pending.rxBytes += rxBytes - read.rxBytes
    if (txBytes > read.txBytes) pending.txBytes += txBytes - read.txBytes
    if (rxPackets > read.rxPackets) pending.rxPackets += rxPackets - read.rxPackets
    if (txPackets > read.txPackets) pending.txPackets += txPackets - read.txPackets
    read.rxBytes = Math.max(read.rxBytes, rxBytes)
    read.txBytes = Math.max(read.txBytes, txBytes)
    read.rxPackets = Math.max(read.rxPackets, rxPackets)
    read.txPackets = Math.max(read.txPackets, txPackets)
    return pending.rxPackets + pending.txPackets + pending.rxBytes + pending.txBytes > before
  }
}

/** All flows of the map, found again from reading to reading. */
export class FlowReader {
  private readonly map: BpfMap
  private readonly connected = new Map<number, Flow>()
  private readonly others = new Map<string, Flow>()

  private readonly onNew: (flow: Flow) => void

  /** @param onNew told of each flow that was not there before */
  constructor(map: BpfMap, onNew: (flow: Flow) => void) {
    this.map = map
    this.onNew = onNew
  }

  get count(): number {
    return this.connected.size + this.others.size
  }

  /** The flow of a TCP connection, from the map if it is new here. */
  ofConnection(cookie: number, nowUs: number): Flow | undefined {
    const known = this.connected.get(cookie)
    if (known !== undefined) return known
    const key = connectedKey(cookie)
    const value = this.map.lookup(key)
    if (value === undefined) return undefined
    const flow = new Flow(new DataView(key.buffer), 0, value, 0)
    flow.seenUs = nowUs
    flow.changedUs = nowUs
    this.connected.set(cookie, flow)
    this.onNew(flow)
    return flow
  }

  /** Reads all counters. What is new in each flow is in its `pending`. */
  read(nowUs: number): void {
    this.map.forEach((keys, key, values, value) => {
      const flow = this.find(keys, key)
      if (flow === undefined) {
        const made = new Flow(keys, key, values, value)
        if (made.isConnected) this.connected.set(made.cookie, made)
        else this.others.set(otherKey(keys, key), made)
        made.update(values, value)
        made.seenUs = nowUs
        made.changedUs = nowUs
        this.onNew(made)
        return
      }
      // Most have not moved since: two comparisons each.
      if (
        values.getUint32(value + flowValue.rxPackets, true) === flow.read.rxPackets >>> 0 &&
        values.getUint32(value + flowValue.txPackets, true) === flow.read.txPackets >>> 0
      ) {
        return
      }
      flow.changedUs = nowUs
      flow.update(values, value)
    })
  }

  *flows(): Generator<Flow> {
    yield* this.connected.values()
    yield* this.others.values()
  }

  /** Takes the entry out of the kernel, and what it had counted last. */
  remove(flow: Flow): void {
    const value = this.map.take(flow.key)
    if (value !== undefined) flow.update(value, 0)
    if (flow.isConnected) this.connected.delete(flow.cookie)
    else this.others.delete(otherKey(new DataView(flow.key.buffer), 0))
  }

  private find(keys: DataView, key: number): Flow | undefined {
    return isConnectedKey(keys, key)
      ? this.connected.get(u64(keys, key + flowKey.cookie))
      : this.others.get(otherKey(keys, key))
  }
}

function connectedKey(cookie: number): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(flowKey.size)
  new DataView(key.buffer).setBigUint64(flowKey.cookie, BigInt(cookie), true)
  return key
}

function isConnectedKey(keys: DataView, key: number): boolean {
  for (let at = flowKey.remoteIp; at < flowKey.size; at += 4)
    if (keys.getUint32(key + at, true) !== 0) return false
  return true
}

/** The key as a string of 32 characters: the fastest exact key that a Map takes. */
function otherKey(keys: DataView, key: number): string {
  return Buffer.from(keys.buffer, keys.byteOffset + key, flowKey.size).toString('latin1')
}

function words(view: DataView, at: number): AddressWords {
  return [view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12)]
}

function isLoopback([w0, w1, w2, w3]: AddressWords): boolean {
  return isV4Words(w0, w1, w2) ? w3 >>> 24 === 127 : w0 === 0 && w1 === 0 && w2 === 0 && w3 === 1
}
