// For a capture: which sockets have begun to talk, whose they are, which have passed to another process, and which were
// closed, since it last asked. Counters play no part in it.

import type { SocketRecord } from '../../record/generated/types.ts'
import type { SocketSink } from '../port.ts'
import type { Flow } from './ebpf-flow.ts'
import type { ListedSockets } from './ebpf-listed.ts'
import type { RecordMaker } from './ebpf-record.ts'
import type { KernelSocket, KernelSockets } from './ebpf-socket.ts'

/** From the first packet of a handshake until its connection is used, mostly. */
const HANDSHAKE_US = 1_000_000
const MAX_QUEUED = 4096

export class SocketNames {
  private readonly sockets: KernelSockets
  private readonly records: RecordMaker
  private readonly holdUs: number
  private readonly listed: ListedSockets
  /** New flows since the last time. */
  private news: Flow[] = []
  /** Closed sockets that somebody was told of, and is not told yet that they are closed. */
  private closed: KernelSocket[] = []
  /** Somebody asks. */
  private isAsked = false
  /** Flows whose owner has been told, by cookie, until their socket is closed. */
  private readonly named = new Map<number, Flow[]>()

  /**
   * @param listed sockets that a scan has told of
   * @param holdUs a flow waits so long for its owner
   */
  constructor(sockets: KernelSockets, records: RecordMaker, listed: ListedSockets, holdUs: number) {
    this.listed = listed
    this.sockets = sockets
    this.records = records
    this.holdUs = holdUs
  }

  add(flow: Flow): void {
    this.news.push(flow)
  }

  close(socket: KernelSocket): void {
    const isTold = this.named.has(socket.cookie) || (this.isAsked && this.listed.has(socket.cookie))
    if (isTold) this.closed.push(socket)
  }

  /** See SocketSource.tellClosed. */
  tellClosed(sink: SocketSink, nowUs: number): void {
    for (const socket of this.sockets.takePassed()) this.tellPassed(socket, sink, nowUs)
    for (const socket of this.closed.splice(0)) {
      const { cookie, releasedUs } = socket
      const named = this.named.get(cookie) ?? []
      this.named.delete(cookie)
      for (const flow of named) this.tellClose(flow, socket, sink, nowUs)
      for (const record of this.listed.takeClosed(cookie))
        sink.socket({ ...record, ts: (releasedUs ?? nowUs) / 1e6, event: 'close' }, releasedUs)
    }
  }

  tell(sink: SocketSink, nowUs: number): void {
    this.isAsked = true
    this.tellClosed(sink, nowUs)
    this.news = this.news.filter(flow => {
      const socket = this.sockets.of(flow.cookie)
      // Nobody yet: an accepted connection that has not been read, or a socket that was there before.
      if (socket.owner === undefined && nowUs - flow.seenUs < this.holdUs) return true
      const isKnown = socket.turns !== undefined || (socket.owner !== undefined && !socket.isAmbiguous)
      if (isKnown && !flow.isHandshake) {
        // No event tells when the kernel made the socket of an accepted connection: shortly before it was first used.
        const isAccepted = flow.isConnected && socket.firstUs !== undefined
        const madeUs = socket.madeUs ?? (isAccepted ? (socket.firstUs as number) - HANDSHAKE_US : undefined)
        const record = this.name(madeUs ?? nowUs, flow, socket, 'open')
        sink.socket(record, madeUs)
        if (socket.turns !== undefined) sink.turns?.(record, socket.turns)
        const others = this.named.get(flow.cookie)
        if (socket.isReleased) this.tellClose(flow, socket, sink, nowUs)
        else if (others === undefined) this.named.set(flow.cookie, [flow])
        else others.push(flow)
      }
      return false
    })
  }

  /** For who asks only when packets of a socket are seen, and not to make them pile up for who never does. */
  keepLatest(nowUs: number): void {
    this.news = this.news.filter(flow => nowUs - flow.seenUs < this.holdUs)
    if (this.news.length > MAX_QUEUED) this.news.splice(0, this.news.length - MAX_QUEUED)
  }

  private tellClose(flow: Flow, socket: KernelSocket, sink: SocketSink, nowUs: number): void {
    const { releasedUs } = socket
    sink.socket(this.name(releasedUs ?? nowUs, flow, socket, 'close'), releasedUs)
  }

  private tellPassed(socket: KernelSocket, sink: SocketSink, nowUs: number): void {
    const { cookie, turns = [] } = socket
    for (const [i, flow] of (this.named.get(cookie) ?? []).entries()) {
      const record = this.name(nowUs, flow, socket, 'update')
      sink.turns?.(record, turns)
      // Who has it now is told once, of however many remotes.
      if (i === 0) sink.socket(record)
    }
    const [line] = this.listed.of(cookie) ?? []
    // Who last used a listener need not be who accepts the next connection.
    if (line !== undefined && line.state !== 'listen') sink.turns?.(line, turns)
  }

  /** A record whose socket is found by its remote, also where nobody is named. */
  private name(atUs: number, flow: Flow, socket: KernelSocket, event: SocketRecord['event']): SocketRecord {
    const record = this.records.name(atUs, flow, socket, event)
    return record.pid === null ? { ...record, attribution: 'kernel' } : record
  }
}
