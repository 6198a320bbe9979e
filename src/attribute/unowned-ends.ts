// What can be said of an end on this host that the table of sockets gives no owner: the reason; and what ICMP and ports with
// several sockets owe to the packets that went the other way.

import { NO_OWNER } from '../record/owner-table.ts'
import {
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../record/protocol.ts'
import {
  ATTRIBUTION_BOUND,
  ATTRIBUTION_NONE,
  REASON_AMBIGUOUS,
  REASON_CLOSED_BEFORE_SCAN,
  REASON_KERNEL,
  REASON_NO_SOCKET,
  REASON_PERMISSION,
} from '../record/record-batch.ts'
import type { FlowEnds } from './flow-ends.ts'
import type { FlowOwners } from './flow-owners.ts'
import { type Match, isForMany } from './match.ts'
import type { RowOwner } from './record-owners.ts'
import type { LocalTuple, SocketSource } from './port.ts'

export class UnownedEnds {
  private readonly flowOwners: FlowOwners
  private readonly ends: FlowEnds
  private readonly source: SocketSource
  private readonly question: RowOwner = { flow: 0, dir: 0, owner: 0, attribution: 0, reason: 0, peer: 0 }

  constructor(flowOwners: FlowOwners, ends: FlowEnds, source: SocketSource) {
    this.flowOwners = flowOwners
    this.ends = ends
    this.source = source
  }

  /** Finds what can be said where no owner was found. @param tsUs when the packet was seen */
  explain(flow: number, tsUs: number, tuple: LocalTuple, isSource: boolean, into: Match): void {
    const { protocol } = tuple
    if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6)
      this.explainIcmp(flow, tuple, isSource, into)
    if (into.attribution !== ATTRIBUTION_NONE) return
    if (into.reason === REASON_AMBIGUOUS && isSource && into.hasRivals)
      this.inheritFromReverse(flow, tsUs, into)
    if (into.reason !== REASON_NO_SOCKET) return
    if (this.source.hidesSockets === true && isTransport(protocol)) {
      into.reason = REASON_PERMISSION
      return
    }
    if (!isTransport(protocol)) {
      into.isUnsettled = false
      if (!hasPorts(protocol)) into.reason = REASON_KERNEL
    } else if (isSource) into.reason = REASON_CLOSED_BEFORE_SCAN
  }

  /**
   * The kernel answers echo requests and sends errors itself. Only what this host began, while one process has a socket for
   * it, is that process's.
   */
  private explainIcmp(flow: number, tuple: LocalTuple, isSource: boolean, into: Match): void {
    const { flowOwners } = this
    const reverse = this.reverse(flow)
    const began = isSource
      ? !flowOwners.isSeen(reverse) || flowOwners.ownerOf(reverse) === into.owner
      : flowOwners.isSeen(reverse) && flowOwners.ownerOf(reverse) === into.owner
    const isKernels = tuple.protocol === IPPROTO_ICMPV6 && isLinkTraffic(tuple)
    if (into.attribution === ATTRIBUTION_BOUND && (!began || isKernels)) {
      const { fromUs, untilUs } = into
      into.clear()
      into.fromUs = fromUs
      into.untilUs = untilUs
    }
  }

  /** Of several sockets at a port, the answer comes from the one that the question went to. */
  private inheritFromReverse(flow: number, tsUs: number, into: Match): void {
    const { question } = this
    if (!this.flowOwners.recall(this.reverse(flow), tsUs, question) || question.owner === NO_OWNER) return
    into.owner = question.owner
    into.attribution = ATTRIBUTION_BOUND
    into.isUnsettled = false
    // The port may have passed on by the next packet.
    into.untilUs = Math.min(into.untilUs, tsUs + 1)
  }

  private reverse(flow: number): number {
    const reverse = this.ends.reverse(flow)
    this.flowOwners.grow()
    return reverse
  }
}

/** Protocols whose sockets are listed by five-tuple. */
export function isTransport(protocol: number): boolean {
  return protocol === IPPROTO_TCP || protocol === IPPROTO_UDP || protocol === IPPROTO_UDPLITE
}

/** SCTP, DCCP: their sockets are not listed, but a process has one. */
function hasPorts(protocol: number): boolean {
  return protocol === 132 || protocol === 33
}

/** Neighbour discovery, router advertisements, multicast listener reports: the kernel's. */
function isLinkTraffic(tuple: LocalTuple): boolean {
  return (
    isLinkLocal(tuple.local) || isLinkLocal(tuple.remote) || isForMany(tuple.local) || isForMany(tuple.remote)
  )
}

function isLinkLocal(words: Uint32Array): boolean {
  return (words[0] as number) >>> 22 === 0xfe80 >>> 6
}
