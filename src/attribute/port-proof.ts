// Datagram ports pass from process to process, and where sockets are only looked at, nobody tells when. A socket that was there
// before a packet is the packet's if it is there still: that is asked of the kernel, once a batch and socket. One that was first
// seen after the packet is the packet's unless another one was closed at its port meanwhile. One that is gone has sent it if
// nobody has come after it, nor was closed since it was last seen. What cannot be proved is nobody's.

import { NO_OWNER } from '../record/owner-table.ts'
import { IPPROTO_UDP, IPPROTO_UDPLITE } from '../record/protocol.ts'
import type { KnownSocket } from './known-socket.ts'
import type { Match } from './match.ts'
import type { LocalTuple, SocketSource } from './port.ts'
import type { SocketTable } from './socket-table.ts'

const NOBODY = 'nobody'

export class PortProof {
  private readonly sockets: SocketTable
  private readonly source: SocketSource
  /** Elsewhere closes are told before the packets that come after them, or the system cannot be asked. */
  private readonly isNeeded: boolean

  constructor(sockets: SocketTable, source: SocketSource) {
    this.sockets = sockets
    this.source = source
    this.isNeeded = source.isRecorded !== true && source.find !== undefined && source.tellClosed === undefined
  }

  /**
   * Takes the owner from a match that is not certain for a packet of `tsUs`.
   * @param isSource the packet was sent from this end
   * @param mayAsk whether the kernel may be asked for the tuple; asked last, as it counts
   */
  check(
    tuple: LocalTuple,
    isSource: boolean,
    tsUs: number,
    nowUs: number,
    into: Match,
    mayAsk: () => boolean,
  ): void {
    const { socket } = into
    const isDatagram = tuple.protocol === IPPROTO_UDP || tuple.protocol === IPPROTO_UDPLITE
    if (!this.isNeeded || !isDatagram || socket === undefined || into.owner === NO_OWNER) return
    if (socket.isForeign) return
    const isSeen = tsUs <= this.sockets.seenUs(socket)
    const proved = isSeen ? socket : mayAsk() ? this.ask(socket, tuple, tsUs, nowUs) : undefined
    if (proved === NOBODY && isSource && this.wasLast(socket, tsUs)) {
      into.untilUs = Math.min(into.untilUs, tsUs + 1)
      return
    }
    // The next look tells what became of it.
    if (proved === undefined || proved === NOBODY) return this.deny(into, tsUs, true)
    if (tsUs < proved.sureFrom && this.mayBeOthers(proved, tsUs, tsUs)) return this.deny(into, tsUs, false)
    into.socket = proved
    into.isWhileSeen = into.untilUs === Infinity
    into.untilUs = Math.min(into.untilUs, this.sockets.seenUs(proved) + 1)
  }

  /**
   * The socket, if it is there, or another one of its process that was there as well: of several the kernel chooses any.
   * @returns NOBODY when there is none; undefined: there is another one
   */
  private ask(
    socket: KnownSocket,
    tuple: LocalTuple,
    tsUs: number,
    nowUs: number,
  ): KnownSocket | typeof NOBODY | undefined {
    const record = this.source.find?.(tuple, this.sockets, nowUs)
    if (record === undefined) return NOBODY
    const found = this.sockets.get(record)
    if (found === undefined) return undefined
    found.foundUs = nowUs
    return found === socket || (found.owner === socket.owner && tsUs >= found.sureFrom) ? found : undefined
  }

  /** It is gone, and nobody else was at its port between when it was last seen and now. */
  private wasLast(socket: KnownSocket, tsUs: number): boolean {
    const isTold = this.source.closedUs !== undefined
    return isTold && socket.isClosed && !this.mayBeOthers(socket, tsUs, this.sockets.seenUs(socket))
  }

  private deny(into: Match, tsUs: number, isUnsettled: boolean): void {
    into.makeAmbiguous()
    into.isUnsettled = isUnsettled
    into.untilUs = Math.min(into.untilUs, tsUs + 1)
  }

  /** Another socket of the port is known for that time, or was closed since `sinceUs`. */
  private mayBeOthers(socket: KnownSocket, tsUs: number, sinceUs: number): boolean {
    const { protocol, localPort, owner } = socket
    for (const other of this.sockets.openToAll(protocol, localPort))
      if (other !== socket && other.owner !== owner && tsUs >= other.from && tsUs <= other.to) return true
    return (this.source.closedUs?.(socket.record) ?? -Infinity) >= sinceUs
  }
}
