// Packets that tell names, from the ring buffer of the programs that count: each with the owner that its socket had at that
// time, and each once, though it may have passed several sockets (of a server in a container; of all that listen to a
// multicast address).

import type { RingBuffer } from '../../native/linux/bpf/ring-buffer.ts'
import type { Owner } from '../../record/owner-table.ts'
import { IPPROTO_UDP } from '../../record/protocol.ts'
import type { SocketPacket, SocketPackets } from '../../record/socket-packet.ts'
import { u64 } from './ebpf-event.ts'
import { namePacket as layout } from './ebpf-layout.ts'
import type { KernelSocket } from './ebpf-socket.ts'

/** What waits to be taken: more is dropped, and counted. */
const MAX_WAITING = 1 << 14
const MAX_WAITING_BYTES = 1 << 25
/** A packet reaches the last of its sockets within this time. */
const COPY_NS = 1e9
/** Clients that ask a server of this host. */
const MAX_CLIENTS = 4096
const UDP_HEADER = 8

/** What is needed of the ring buffer. */
export type PacketRing = Pick<RingBuffer, 'end' | 'read'>

export interface NamesOptions {
  /** The kernel's number of our network namespace; undefined: not told. */
  readonly ownCookie: number | undefined
  readonly socket: (cookie: number) => KernelSocket | undefined
  readonly wallUs: (monotonicNs: number) => number
  /** Packets for which the ring buffer had no room. */
  readonly lost: () => number
  /** Reads events and packets that have come. */
  readonly drain: () => void
}

interface Passage {
  ns: number
  readonly cookies: Set<number>
}

/** A datagram's ends and message, as texts: the fastest keys. */
interface Datagram {
  readonly source: string
  readonly destination: string
  readonly message: string
  readonly isForMany: boolean
}

export class NamePackets implements SocketPackets {
  private readonly ring: PacketRing
  private readonly options: NamesOptions
  private waiting: SocketPacket[] = []
  private waitingBytes = 0
  private next = 0
  private received = 0
  private dropped = 0
  private notify: (() => void) | undefined
  /** Datagrams of the last second, oldest first, and the sockets that they have passed. */
  private readonly passed = new Map<string, Passage>()
  /** The network namespace of clients whose socket is on this host, by both ends. */
  private readonly clients = new Map<string, number>()

  constructor(ring: PacketRing, options: NamesOptions) {
    this.ring = ring
    this.options = options
  }

  take(): SocketPacket | undefined {
    if (this.waiting.length === 0) this.options.drain()
    const packet = this.waiting[this.next]
    if (packet === undefined) return undefined
    this.next++
    this.waitingBytes -= packet.bytes.length
    if (this.next === this.waiting.length) {
      this.waiting = []
      this.next = 0
    }
    return packet
  }

  onNews(callback: (() => void) | undefined): void {
    this.notify = callback
  }

  statistics(): { received: number; dropped: number } {
    return { received: this.received, dropped: this.dropped + this.options.lost() }
  }

  /**
   * Where the ring buffer ends now. Asked before events of sockets are read: a packet from behind it may be of a socket
   * whose events are not read yet.
   */
  get end(): number {
    return this.ring.end
  }

  /** Takes the packets before `end` that passed before `untilNs`: their sockets' owners are those of that time. */
  read(end: number, untilNs: number): void {
    const had = this.received
    this.ring.read((view, at) => {
      const ns = u64(view, at + layout.monotonicNs)
      if (ns >= untilNs) return false
      this.add(view, at, ns)
      return true
    }, end)
    if (this.received > had) this.notify?.()
  }

  private add(view: DataView, at: number, ns: number): void {
    const cookie = u64(view, at + layout.cookie)
    const netns = u64(view, at + layout.netnsCookie)
    const captured = view.getUint32(at + layout.captured, true)
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at + layout.size, captured).slice()
    const isOutgoing = view.getUint8(at + layout.isOutgoing) === 1
    const datagram = readDatagram(bytes)
    if (datagram !== undefined && this.isCopy(datagram, cookie, netns, isOutgoing, ns)) return
    if (this.waiting.length - this.next >= MAX_WAITING || this.waitingBytes > MAX_WAITING_BYTES) {
      this.dropped++
      return
    }
    const { ownCookie } = this.options
    const isOwn = netns === 0 || ownCookie === undefined || netns === ownCookie
    this.received++
    this.waitingBytes += captured
    this.waiting.push({
      bytes,
      wireLength: view.getUint32(at + layout.length, true),
      tsUs: this.options.wallUs(ns),
      ifindex: isOwn ? view.getUint32(at + layout.ifindex, true) : undefined,
      isOutgoing,
      gsoSize: view.getUint32(at + layout.gsoSize, true),
      owner: !isOutgoing && datagram?.isForMany === true ? undefined : this.ownerOf(cookie),
    })
  }

  private ownerOf(cookie: number): Owner | undefined {
    const socket = this.options.socket(cookie)
    if (socket?.owner === undefined || socket.isAmbiguous || socket.attribution !== 'kernel') return undefined
    const { pid, start_time: startTime, process, user } = socket.owner.fields
    return { pid, startTime, process, user }
  }

  /** Whether the same datagram was, or will be, told by another of the sockets that it passes. */
  private isCopy(
    { source, destination, message }: Datagram,
    cookie: number,
    netns: number,
    isOutgoing: boolean,
    ns: number,
  ): boolean {
    for (const [key, passage] of this.passed) {
      if (ns - passage.ns < COPY_NS) break
      this.passed.delete(key)
    }
    if (isOutgoing) {
      // An answer to a client in another namespace of this host: its own socket tells of it, with whose it is.
      const client = this.clients.get(destination + source)
      if (client !== undefined && client !== netns) return true
      this.clients.delete(source + destination)
      if (this.clients.size >= MAX_CLIENTS) this.clients.delete(this.clients.keys().next().value as string)
      this.clients.set(source + destination, netns)
    }
    const key = source + destination + message
    const passage = this.passed.get(key)
    if (passage !== undefined && !isOutgoing && !passage.cookies.has(cookie)) {
      passage.cookies.add(cookie)
      return true
    }
    this.passed.delete(key)
    this.passed.set(key, { ns, cookies: new Set([cookie]) })
    return false
  }
}

/** Undefined for what is no UDP, or not whole. */
function readDatagram(bytes: Uint8Array): Datagram | undefined {
  const isV6 = (bytes[0] as number) >>> 4 === 6
  const header = isV6 ? 40 : ((bytes[0] as number) & 0xf) * 4
  if ((isV6 ? bytes[6] : bytes[9]) !== IPPROTO_UDP || bytes.length < header + UDP_HEADER) return undefined
  const text = (from: number, to: number): string =>
    Buffer.from(bytes.buffer, from, to - from).toString('latin1')
  const [source, destination, size] = isV6 ? [8, 24, 16] : [12, 16, 4]
  const first = bytes[destination] as number
  return {
    source: text(source, source + size) + text(header, header + 2),
    destination: text(destination, destination + size) + text(header + 2, header + 4),
    // The checksum is not made before the datagram leaves, if at all.
    message: text(header + UDP_HEADER, bytes.length),
    isForMany: isV6
      ? first === 0xff
      : first >>> 4 === 0xe || (first === 0xff && bytes[destination + 3] === 0xff),
  }
}
