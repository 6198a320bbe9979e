// One entry of the kernel's map of flows: what it has counted, and what of that has been told already. Knows nothing of owners.

import { TCP_LISTEN } from '../../native/linux/sock-diag.ts'
import { isV4Words } from '../../record/address.ts'
import { AddressTexts } from '../../record/address-texts.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import { IPPROTO_TCP } from '../../record/protocol.ts'
import { Counters, type Moved } from '../counters.ts'
import { u64 } from './ebpf-event.ts'
import { type FlowMemory, LOCAL, REMOTE } from './ebpf-flow-memory.ts'
import { PACKETS_OF_SOCKET, flowKey, flowValue } from './ebpf-layout.ts'

const texts = new AddressTexts()
const none: Readonly<Counters> = new Counters()
const counterNames = ['rxBytes', 'txBytes', 'rxPackets', 'txPackets'] as const

export class Flow {
  private readonly memory: FlowMemory<Flow>
  /** Where its key and addresses lie in the memory of flows. */
  readonly row: number
  readonly cookie: number
  /** The socket talks to this remote alone. */
  readonly isConnected: boolean
  /** Packets of a connection that the listener's kernel side makes: they belong to whoever accepts it. */
  readonly isHandshake: boolean
  readonly protocol: number
  readonly socketType: number
  /** PACKETS_OF_… */
  origin: number
  readonly isLoopback: boolean
  private localText: string | undefined = undefined
  private remoteText: string | undefined = undefined
  readonly localPort: number
  readonly remotePort: number
  readonly ifindex: number
  readonly netnsCookie: number
  state = 0
  /** Microseconds; 0 when not known. */
  rttUs = 0
  retransmits = 0
  /** In the kernel at the last reading: in its entry and, when it has one, in its slot. */
  readonly read = new Counters()
  entry = this.read
  slotted: Readonly<Counters> = none
  /** Number of its slot; -1: none. */
  slot = -1
  /** Events have told what it had moved: that may be more than its entry stood at when it was read last. */
  private hasEvents = false
  /** Read, and not handed out yet. */
  readonly pending = new Counters()
  /** When it was first read, and when it was last found changed: microseconds since the epoch. */
  seenUs = 0
  changedUs = 0
  /** The reader's: its place in the last reading. */
  place = -1
  /** A listener's handshake came before it. */
  isAccepted = false
  /** It has been taken out of the map. */
  isRemoved = false
  /** A record with counters has told of it. */
  isTold = false
  /** A scan has been asked for its owner. */
  isLookedUp = false
  /** The record maker's: its record under the present owner, filled anew each time. */
  record: SocketRecord | undefined = undefined
  recordOwner: unknown = undefined
  recordNaming = ''

  constructor(memory: FlowMemory<Flow>, keys: DataView, key: number, values: DataView, value: number) {
    this.memory = memory
    this.row = memory.take(keys, key)
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
    const { words } = memory
    const local = this.row + LOCAL
    const remote = this.row + REMOTE
    for (let i = 0; i < 4; i++) {
      words[local + i] = values.getUint32(value + flowValue.localIp + 4 * i)
      words[remote + i] = values.getUint32(value + flowValue.remoteIp + 4 * i)
    }
    this.isLoopback = isLoopback(words, local, remote)
    this.localPort = values.getUint16(value + flowValue.localPort, true)
    this.remotePort = values.getUint16(value + flowValue.remotePort, true)
    this.ifindex = values.getUint32(value + flowValue.ifindex, true)
    this.netnsCookie = u64(values, value + flowValue.netnsCookie)
    memory.set(this)
  }

  get localIp(): string {
    return (this.localText ??= texts.of(this.memory.words, this.row + LOCAL))
  }

  get remoteIp(): string {
    return (this.remoteText ??= texts.of(this.memory.words, this.row + REMOTE))
  }

  /** Good until the next flow comes. */
  get key(): Uint8Array {
    return this.memory.keyOf(this.row)
  }

  /** Whether this is the entry's flow: eight comparisons, where finding it by its key costs ten times as much. */
  isAt(keys: DataView, key: number): boolean {
    return this.memory.isAt(this.row, keys, key)
  }

  /** It is out of the kernel; who remembers it may still ask for its ends. */
  remove(): void {
    this.localText = this.localIp
    this.remoteText = this.remoteIp
    this.isRemoved = true
    this.memory.delete(this)
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

  /** Takes what the kernel has counted in the entry since the last reading. */
  update(values: DataView, value: number): void {
    const rxBytes = u64(values, value + flowValue.rxBytes)
    const txBytes = u64(values, value + flowValue.txBytes)
    const rxPackets = u64(values, value + flowValue.rxPackets)
    const txPackets = u64(values, value + flowValue.txPackets)
    if (this.slotted === none) {
      this.tellEntry(values, value)
      this.advance(rxBytes, txBytes, rxPackets, txPackets)
    } else {
      this.entry.set({ rxBytes, txBytes, rxPackets, txPackets })
      this.advanceBoth()
    }
  }

  /** @returns false where it is not known what its entry alone stood at */
  takeSlotSinceRead(): boolean {
    if (this.hasEvents || this.slotted !== none) return false
    this.entry = new Counters()
    this.entry.set(this.read)
    this.slotted = new Counters()
    return true
  }

  /** It has a slot from now on: what its entry stands at is kept apart. */
  takeSlot(values: DataView, value: number): void {
    this.entry = new Counters()
    this.slotted = new Counters()
    this.update(values, value)
  }

  /** Takes what the kernel has counted in the slot since the last reading. */
  updateSlot(counters: Counters): void {
    this.slotted = counters
    this.advanceBoth()
  }

  /** @param srtt in 1/8 us */
  tell(state: number, srtt: number, retransmits: number): void {
    this.state = state
    this.rttUs = srtt >>> 3
    this.retransmits = retransmits
  }

  private tellEntry(values: DataView, value: number): void {
    this.tell(
      values.getUint8(value + flowValue.state),
      values.getUint32(value + flowValue.srtt, true),
      values.getUint32(value + flowValue.retransmits, true),
    )
  }

  private advanceBoth(): void {
    const { entry, slotted } = this
    this.advance(
      entry.rxBytes + slotted.rxBytes,
      entry.txBytes + slotted.txBytes,
      entry.rxPackets + slotted.rxPackets,
      entry.txPackets + slotted.txPackets,
    )
  }

  /** What it had moved when an event happened. */
  advanceTo(at: Moved): void {
    this.hasEvents = true
    this.advance(at.rxBytes, at.txBytes, at.rxPackets, at.txPackets)
  }

  /** Takes from `pending` what was counted after the counters stood here, as far as it has been read. */
  takeLater(at: Moved): Counters {
    const { read, pending } = this
    const later = new Counters()
    for (const name of counterNames) {
      later[name] = Math.min(pending[name], Math.max(0, read[name] - at[name]))
      pending[name] -= later[name]
    }
    return later
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

export function isConnectedKey(keys: DataView, key: number): boolean {
  for (let at = flowKey.remoteIp; at < flowKey.size; at += 4)
    if (keys.getUint32(key + at, true) !== 0) return false
  return true
}

/** Between two sockets of one host: to its own address, or one of 127.0.0.0/8 or ::1. */
function isLoopback(words: Uint32Array, local: number, remote: number): boolean {
  const [w0, w1, w2, w3] = [words[remote], words[remote + 1], words[remote + 2], words[remote + 3]] as [
    number,
    number,
    number,
    number,
  ]
  if (isV4Words(w0, w1, w2) ? w3 >>> 24 === 127 : w0 === 0 && w1 === 0 && w2 === 0 && w3 === 1) return true
  return words[local] === w0 && words[local + 1] === w1 && words[local + 2] === w2 && words[local + 3] === w3
}
