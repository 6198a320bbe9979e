// For a capture: which sockets have begun to talk, whose they are, and which were closed, since it last asked. Counters play no
// part in it.

import type { SocketSink } from '../port.ts'
import type { Flow } from './ebpf-flow.ts'
import type { RecordMaker } from './ebpf-record.ts'
import type { KernelSocket, KernelSockets } from './ebpf-socket.ts'

/** From the first packet of a handshake until its connection is used, mostly. */
const HANDSHAKE_US = 1_000_000
const MAX_QUEUED = 4096

export class SocketNames {
  private readonly sockets: KernelSockets
  private readonly records: RecordMaker
  private readonly holdUs: number
  /** New flows and closed sockets since the last time. */
  private news: Flow[] = []
  private closed: KernelSocket[] = []
  /** Flows whose owner has been told, by cookie, until their socket is closed. */
  private readonly named = new Map<number, Flow[]>()

  /** @param holdUs a flow waits so long for its owner */
  constructor(sockets: KernelSockets, records: RecordMaker, holdUs: number) {
    this.sockets = sockets
    this.records = records
    this.holdUs = holdUs
  }

  add(flow: Flow): void {
    this.news.push(flow)
  }

  close(socket: KernelSocket): void {
    this.closed.push(socket)
  }

  tell(sink: SocketSink, nowUs: number): void {
    this.news = this.news.filter(flow => {
      const socket = this.sockets.of(flow.cookie)
      // Nobody yet: an accepted connection that has not been read, or a socket that was there before.
      if (socket.owner === undefined && nowUs - flow.seenUs < this.holdUs) return true
      if (socket.owner !== undefined && !socket.isShared && !flow.isHandshake) {
        // No event tells when the kernel made the socket of an accepted connection: shortly before it was first used.
        const isAccepted = flow.isConnected && socket.firstUs !== undefined
        const madeUs = socket.madeUs ?? (isAccepted ? (socket.firstUs as number) - HANDSHAKE_US : undefined)
        sink.socket(this.records.name(madeUs ?? nowUs, flow, socket, 'open'), madeUs)
        const others = this.named.get(flow.cookie)
        if (others === undefined) this.named.set(flow.cookie, [flow])
        else others.push(flow)
      }
      return false
    })
    for (const socket of this.closed.splice(0)) {
      for (const flow of this.named.get(socket.cookie) ?? [])
        sink.socket(this.records.name(socket.releasedUs ?? nowUs, flow, socket, 'close'), socket.releasedUs)
      this.named.delete(socket.cookie)
    }
  }

  /** For who asks only when packets of a socket are seen, and not to make them pile up for who never does. */
  keepLatest(nowUs: number): void {
    this.news = this.news.filter(flow => nowUs - flow.seenUs < this.holdUs)
    if (this.news.length > MAX_QUEUED) this.news.splice(0, this.news.length - MAX_QUEUED)
    if (this.closed.length > MAX_QUEUED) this.closed.splice(0, this.closed.length - MAX_QUEUED)
  }
}
