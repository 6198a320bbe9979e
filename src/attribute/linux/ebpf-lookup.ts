// The sockets that no event has named: those that were there before us, accepted connections where the kernel does not tell who
// reads and writes, and all whose events found no room. A scan of sock_diag and /proc is asked for them, as seldom as will do.

import type { Flow } from './ebpf-flow.ts'
import { PACKETS_OF_SOCKET } from './ebpf-layout.ts'
import type { ListedSockets } from './ebpf-listed.ts'
import type { KernelSocket, KernelSockets } from './ebpf-socket.ts'

/** An accepted connection that no event has named by then is looked up. */
const YOUNG_US = 500_000
/** At most one scan in this time. */
const SCAN_EVERY_US = 250_000

export class OwnerLookup {
  private readonly sockets: KernelSockets
  private readonly listed: ListedSockets
  private scannedUs = -Infinity
  private hasScanned = false
  /** Events that were lost, up to the last scan. */
  private repairedEvents = 0

  constructor(sockets: KernelSockets, listed: ListedSockets) {
    this.sockets = sockets
    this.listed = listed
  }

  /**
   * Events name every socket that is made from now on, but for those that accept() makes: where reads and writes are not told,
   * or do not come. What the first scan has not listed is the kernel's own.
   * @returns whether a scan may name the flow's owner
   */
  mayName(flow: Flow, nowUs: number, isLast: boolean): boolean {
    if (flow.origin !== PACKETS_OF_SOCKET || flow.pending.isZero || flow.isLookedUp || flow.isHandshake)
      return false
    if (this.hasScanned && !flow.isConnected) return false
    return isNameless(this.sockets.of(flow.cookie)) && isSettled(flow, nowUs, isLast)
  }

  /** What was there before us is known. */
  get hasRun(): boolean {
    return this.hasScanned
  }

  /** Events were lost since the last scan. */
  isRepairDue(lostEvents: number): boolean {
    return lostEvents > this.repairedEvents
  }

  /**
   * @param flows all that there are
   * @param onGone told of sockets whose closing was among the events that were lost
   */
  run(
    flows: Iterable<Flow>,
    lostEvents: number,
    nowUs: number,
    isLast: boolean,
    onGone: (socket: KernelSocket) => void,
  ): void {
    if (nowUs - this.scannedUs < SCAN_EVERY_US && !isLast) return
    this.scannedUs = nowUs
    this.hasScanned = true
    this.listed.scan(nowUs)
    for (const flow of flows) {
      const socket = this.sockets.of(flow.cookie)
      if (!isNameless(socket) || !isSettled(flow, nowUs, isLast)) continue
      flow.isLookedUp = true
      const records = this.listed.of(flow.cookie)
      if (records !== undefined) this.sockets.onListed(socket, [...records])
    }
    if (this.isRepairDue(lostEvents)) this.repair(lostEvents, onGone)
  }

  /** After a scan: sockets that it has not listed are gone, though no event says so. */
  repair(lostEvents: number, onGone: (socket: KernelSocket) => void): void {
    this.repairedEvents = lostEvents
    for (const socket of this.sockets.values()) {
      if (this.listed.has(socket.cookie)) continue
      socket.isReleased = true
      onGone(socket)
    }
  }
}

export function isNameless(socket: KernelSocket): boolean {
  return socket.owner === undefined && !socket.isShared
}

/** An accepted connection may be handed on at once, and then its first holder is not its owner. */
function isSettled(flow: Flow, nowUs: number, isLast: boolean): boolean {
  return !flow.isConnected || isLast || nowUs - flow.seenUs >= YOUNG_US
}
