// Whose packets of ICMP and IGMP are: our own raw sockets are given each of them once (IcmpWatch), sockets of processes some
// of them as well. What no process's socket was given is the kernel's own: errors, neighbour discovery.

import { watchedProtocols } from '../../native/linux/icmp-watch.ts'
import { Counters } from '../counters.ts'
import type { Flow } from './ebpf-flow.ts'
import { PACKETS_OF_KERNEL } from './ebpf-layout.ts'

/** Of two ends: what our socket was given more than those of processes. */
class Share {
  watched: Flow | undefined
  bytes = 0
  packets = 0
  /** At the last settlement. */
  bytesBefore = 0
  packetsBefore = 0
}

export class KernelShare {
  /** Shares that are not settled. */
  private readonly shares = new Map<string, Share>()
  /** How much of each flow is in a share, or was. */
  private readonly taken = new Map<Flow, { bytes: number; packets: number }>()

  /** Something of our socket's flow is still to be handed out. */
  isOwing(flow: Flow): boolean {
    return (this.shares.get(flow.tuple)?.bytes ?? 0) > 0
  }

  forget(flow: Flow): void {
    this.taken.delete(flow)
    if (this.shares.get(flow.tuple)?.watched === flow) this.shares.delete(flow.tuple)
  }

  /**
   * Puts into `pending` of our sockets' flows what is the kernel's, as far as it is certain: a packet may have been read at
   * our socket, and not yet at the other one that it passes. What was there at the last settlement, too, is certain.
   * @param moved flows that have moved; those of ours that have something to hand out are put there
   * @param isOfProcess whether the flow is of a process's socket, in the network namespace that is watched
   */
  settle(moved: Set<Flow>, isOfProcess: (flow: Flow) => boolean, isLast: boolean): void {
    for (const flow of moved) {
      if (!watchedProtocols.has(flow.protocol)) continue
      if (isWatched(flow)) {
        flow.pending.set(zero)
        this.take(flow, 1).watched = flow
      } else if (isOfProcess(flow)) this.take(flow, -1)
    }
    for (const [tuple, share] of this.shares) {
      const { watched } = share
      const bytes = isLast ? share.bytes : Math.min(share.bytes, share.bytesBefore)
      const packets = isLast ? share.packets : Math.min(share.packets, share.packetsBefore)
      if (watched !== undefined && bytes > 0 && packets > 0) {
        watched.pending.rxBytes = bytes
        watched.pending.rxPackets = packets
        moved.add(watched)
        share.bytes -= bytes
        share.packets -= packets
      }
      share.bytesBefore = share.bytes
      share.packetsBefore = share.packets
      if (share.bytes === 0 && share.packets === 0) this.shares.delete(tuple)
    }
  }

  private take(flow: Flow, sign: 1 | -1): Share {
    const { rxBytes: bytes, rxPackets: packets } = flow.read
    const { tuple } = flow
    let share = this.shares.get(tuple)
    if (share === undefined) this.shares.set(tuple, (share = new Share()))
    const before = this.taken.get(flow)
    share.bytes += sign * (bytes - (before?.bytes ?? 0))
    share.packets += sign * (packets - (before?.packets ?? 0))
    this.taken.set(flow, { bytes, packets })
    return share
  }
}

/** What our own sockets were given. */
export function isWatched(flow: Flow): boolean {
  return flow.origin === PACKETS_OF_KERNEL && flow.cookie !== 0
}

const zero: Readonly<Counters> = new Counters()
