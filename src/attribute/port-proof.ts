// Datagram ports pass from process to process, and where sockets are only looked at, nobody tells when. A socket that was there
// before a packet is the packet's if it is there still: that is asked of the kernel, once a batch and socket. One that was first
// seen after the packet is the packet's unless another one was closed at its port meanwhile. What cannot be proved is nobody's.

import { NO_OWNER } from '../record/owner-table.ts'
import { IPPROTO_UDP, IPPROTO_UDPLITE } from '../record/protocol.ts'
import { ATTRIBUTION_NONE, REASON_AMBIGUOUS } from '../record/record-batch.ts'
import type { KnownSocket } from './known-socket.ts'
import type { Match } from './match.ts'
import type { LocalTuple, SocketSource } from './port.ts'
import type { SocketTable } from './socket-table.ts'

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
   * @param mayAsk whether the kernel may be asked for the tuple; asked last, as it counts
   */
  check(tuple: LocalTuple, tsUs: number, nowUs: number, into: Match, mayAsk: () => boolean): void {
    const { socket } = into
    const isDatagram = tuple.protocol === IPPROTO_UDP || tuple.protocol === IPPROTO_UDPLITE
    if (!this.isNeeded || !isDatagram || socket === undefined || into.owner === NO_OWNER) return
    if (socket.isForeign) return
    const isSeen = tsUs <= this.sockets.seenUs(socket)
    const proved = isSeen ? socket : mayAsk() ? this.ask(socket, tuple, tsUs, nowUs) : undefined
    // The next look tells what became of it.
    if (proved === undefined) return deny(into, tsUs, true)
    if (tsUs < proved.sureFrom && this.mayBeOthers(proved, tsUs)) return deny(into, tsUs, false)
    into.socket = proved
    into.untilUs = Math.min(into.untilUs, this.sockets.seenUs(proved) + 1)
  }

  /** The socket, if it is there, or another one of its process that was there as well: of several the kernel chooses any. */
  private ask(socket: KnownSocket, tuple: LocalTuple, tsUs: number, nowUs: number): KnownSocket | undefined {
    const record = this.source.find?.(tuple, this.sockets, nowUs)
    const found = record === undefined ? undefined : this.sockets.get(record)
    if (found === undefined) return undefined
    found.foundUs = nowUs
    return found === socket || (found.owner === socket.owner && tsUs >= found.sureFrom) ? found : undefined
  }

  private mayBeOthers(socket: KnownSocket, tsUs: number): boolean {
    const { protocol, localPort, owner } = socket
    for (const other of this.sockets.openToAll(protocol, localPort))
      if (other !== socket && other.owner !== owner && tsUs >= other.from && tsUs <= other.to) return true
    return (this.source.closedUs?.(socket.record) ?? -Infinity) >= tsUs
  }
}

function deny(into: Match, tsUs: number, isUnsettled: boolean): void {
  into.owner = NO_OWNER
  into.attribution = ATTRIBUTION_NONE
  into.reason = REASON_AMBIGUOUS
  into.socket = undefined
  into.isUnsettled = isUnsettled
  into.untilUs = Math.min(into.untilUs, tsUs + 1)
}
