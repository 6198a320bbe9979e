// Whose packets of a five-tuple are: a socket with that very tuple, else one that is open to all at the local address and
// port, a specific address before a wildcard; when several processes could be meant, nobody. Never a wrong owner.
// The order among open sockets is the kernel's own: compute_score() in net/ipv4/udp.c and inet_hashtables.c.

import { V4_MAPPED } from '../record/address.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_RAW, IPPROTO_TCP } from '../record/protocol.ts'
import {
  ATTRIBUTION_BOUND,
  ATTRIBUTION_KERNEL,
  ATTRIBUTION_NONE,
  ATTRIBUTION_SOCKET,
  REASON_AMBIGUOUS,
  REASON_KERNEL,
  REASON_NO_SOCKET,
  REASON_PERMISSION,
} from '../record/record-batch.ts'
import type { KnownSocket } from './known-socket.ts'
import type { LocalTuple } from './port.ts'
import { NO_SOCKET, type SocketTable } from './socket-table.ts'

/** An answer. One object, refilled for each question. */
export class Match {
  owner = NO_OWNER
  attribution = ATTRIBUTION_NONE
  reason = REASON_NO_SOCKET
  socket: KnownSocket | undefined
  /** The answer may be another one in a moment: not accepted yet, its holder not found yet, changing hands. */
  isUnsettled = false
  /** It holds for this interface only: a socket at this port is bound to one. */
  isOfInterface = false
  /** Sockets of several processes fit as well as each other. */
  hasRivals = false
  /** The socket has passed from process to process, and who had it when is known: nothing is left to be asked. */
  isOfTurn = false
  /** It holds for packets of this time, us: sockets open and close. */
  fromUs = -Infinity
  untilUs = Infinity

  get slot(): number {
    return this.socket?.slot ?? NO_SOCKET
  }

  clear(): void {
    this.owner = NO_OWNER
    this.attribution = ATTRIBUTION_NONE
    this.reason = REASON_NO_SOCKET
    this.socket = undefined
    this.isUnsettled = false
    this.isOfInterface = false
    this.hasRivals = false
    this.isOfTurn = false
    this.fromUs = -Infinity
    this.untilUs = Infinity
  }
}

export class Matcher {
  private readonly table: SocketTable
  private tsUs = 0
  private into = new Match()
  private sure: KnownSocket | undefined
  private possible: KnownSocket | undefined
  private sureOwners = 0
  private possibleOwners = 0

  constructor(table: SocketTable) {
    this.table = table
  }

  /**
   * @param tsUs when the packet was seen
   * @param iface its interface
   * @param isHere local is an address of this host: sockets that are open to all count
   */
  find(tuple: LocalTuple, tsUs: number, iface: string | undefined, isHere: boolean, into: Match): void {
    into.clear()
    if (isHere) {
      if (this.exact(tuple, tsUs, false, into)) return
      this.bound(tuple, tsUs, iface, into)
      if (into.attribution !== ATTRIBUTION_NONE || into.reason !== REASON_NO_SOCKET || into.isUnsettled)
        return
    }
    if (this.table.hasForeign) this.exact(tuple, tsUs, true, into)
  }

  /**
   * Answers with one socket, that the kernel has said it is.
   * @returns false when it was not there yet at the time of the packet: nothing is known then
   */
  settle(socket: KnownSocket, tsUs: number, into: Match): boolean {
    if (tsUs < socket.from || tsUs > lastUse(socket)) return false
    into.clear()
    this.tsUs = tsUs
    this.into = into
    this.noteTime(socket)
    this.answer(socket, socket.isConnected ? ATTRIBUTION_SOCKET : ATTRIBUTION_BOUND, into)
    return true
  }

  /** @returns whether there is a socket with the tuple, its owner known or not */
  private exact(tuple: LocalTuple, tsUs: number, foreign: boolean, into: Match): boolean {
    this.tsUs = tsUs
    this.into = into
    this.sure = this.possible = undefined
    this.sureOwners = this.possibleOwners = 0
    this.table.forEachExact(tuple, foreign, this.consider)
    const socket = this.best()
    if (socket === undefined) return false
    // Two namespaces may use the same addresses; and between two looks a tuple may have changed hands.
    if ((this.sureOwners > 0 ? this.sureOwners : this.possibleOwners) > 1) {
      into.reason = REASON_AMBIGUOUS
      into.socket = undefined
      return true
    }
    this.answer(socket, ATTRIBUTION_SOCKET, into)
    // Not accepted yet: its listener's, if nobody comes for it.
    if (!into.isUnsettled || socket.isShared || foreign) return true
    this.bound(tuple, tsUs, undefined, into)
    into.isUnsettled = true
    return true
  }

  private best(): KnownSocket | undefined {
    return this.sure ?? this.possible
  }

  private readonly consider = (socket: KnownSocket): void => {
    const { tsUs } = this
    this.noteTime(socket)
    if (tsUs < socket.from || tsUs > lastUse(socket)) return
    if (tsUs >= socket.sureFrom && tsUs <= socket.sureTo) {
      // What the kernel says of the owner is better than what /proc does.
      if (this.sure?.isNamedByKernel === true && !socket.isNamedByKernel) return
      if (socket.isNamedByKernel && this.sure?.isNamedByKernel === false) {
        this.sure = undefined
        this.sureOwners = 0
      }
      if (this.sure === undefined || this.isOthers(this.sure, socket)) this.sureOwners++
      this.sure = socket
    } else {
      if (this.possible === undefined || this.isOthers(this.possible, socket)) this.possibleOwners++
      this.possible = socket
    }
  }

  private isOthers(socket: KnownSocket, than: KnownSocket): boolean {
    return socket.ownerAt(this.tsUs) !== than.ownerAt(this.tsUs)
  }

  private bound(tuple: LocalTuple, tsUs: number, iface: string | undefined, into: Match): void {
    const { protocol, local, localPort } = tuple
    const isIcmp = protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6
    // ICMP has datagram sockets beside raw ones.
    if (isIcmp) this.choose(this.table.openToAll(protocol, 0), tuple, local, tsUs, iface, into)
    if (into.attribution !== ATTRIBUTION_NONE || into.reason === REASON_AMBIGUOUS) return
    const candidates = isPortless(tuple)
      ? this.table.openToAll(IPPROTO_RAW, protocol)
      : this.table.openToAll(protocol, localPort)
    this.choose(candidates, tuple, local, tsUs, iface, into)
  }

  private choose(
    candidates: readonly KnownSocket[],
    tuple: LocalTuple,
    local: Uint32Array,
    tsUs: number,
    iface: string | undefined,
    into: Match,
  ): void {
    this.tsUs = tsUs
    this.into = into
    let best: KnownSocket | undefined
    let bestScore = -1
    let rivals = false
    for (const socket of candidates) {
      this.noteTime(socket)
      if (tsUs < socket.from || tsUs > socket.to) continue
      const score = scoreOf(socket, tuple, local, iface)
      if (socket.iface !== undefined) into.isOfInterface = true
      if (score < 0 || score < bestScore) continue
      rivals =
        score === bestScore &&
        (rivals || socket.isShared || best === undefined || this.isOthers(socket, best))
      best = socket
      bestScore = score
    }
    if (best === undefined) return
    if (!rivals) this.answer(best, ATTRIBUTION_BOUND, into)
    else {
      into.reason = REASON_AMBIGUOUS
      into.isUnsettled = true
      into.hasRivals = true
    }
  }

  /** What is found out now holds until one of these moments. */
  private noteTime(socket: KnownSocket): void {
    this.noteBeginning(socket.from)
    this.noteBeginning(socket.sureFrom)
    this.noteEnd(socket.sureTo)
    this.noteEnd(lastUse(socket))
    if (socket.turns === undefined) return
    this.noteBeginning(socket.turns.startAt(this.tsUs))
    this.noteBeginning(socket.turns.endAt(this.tsUs))
  }

  private noteBeginning(us: number): void {
    const { tsUs, into } = this
    if (us > tsUs) into.untilUs = Math.min(into.untilUs, us)
    else into.fromUs = Math.max(into.fromUs, us)
  }

  private noteEnd(us: number): void {
    const { tsUs, into } = this
    if (us >= tsUs) into.untilUs = Math.min(into.untilUs, us)
    else into.fromUs = Math.max(into.fromUs, us)
  }

  private answer(socket: KnownSocket, attribution: number, into: Match): void {
    into.socket = socket
    into.owner = socket.ownerAt(this.tsUs)
    into.isOfTurn = socket.turns !== undefined
    if (into.owner !== NO_OWNER) {
      into.attribution = socket.isNamedByKernel ? ATTRIBUTION_KERNEL : attribution
      into.isUnsettled = false
    } else {
      into.attribution = ATTRIBUTION_NONE
      if (socket.isShared || into.isOfTurn) into.reason = REASON_AMBIGUOUS
      else if (socket.record.reason === 'permission') into.reason = REASON_PERMISSION
      else if (socket.record.reason === 'kernel') into.reason = REASON_KERNEL
      else into.reason = REASON_NO_SOCKET
      into.isUnsettled =
        !into.isOfTurn && (into.reason === REASON_NO_SOCKET || into.reason === REASON_AMBIGUOUS)
    }
  }
}

/** TCP goes on after the process has closed: the kernel sends what is left, and answers the other end's last segments. */
const TCP_AFTERLIFE_US = 10_000_000

function lastUse(socket: KnownSocket): number {
  return socket.protocol === IPPROTO_TCP ? socket.to + TCP_AFTERLIFE_US : socket.to
}

/** How well a socket that is open to all fits, as the kernel sees it; -1 when it does not. */
function scoreOf(
  socket: KnownSocket,
  tuple: LocalTuple,
  local: Uint32Array,
  iface: string | undefined,
): number {
  if (socket.iface !== undefined && socket.iface !== iface) return -1
  let score = socket.iface === undefined ? 0 : 2
  if (socket.isConnected) {
    // Raw and ICMP sockets: connected ones take packets of that remote alone.
    for (let i = 0; i < 4; i++) if (socket.remote[i] !== tuple.remote[i]) return -1
    score += 8
  }
  if (isForMany(local)) return socket.isWildcard || socket.local[3] === local[3] ? 0 : -1
  if (socket.isWildcard) {
    if (tuple.isV6 ? !socket.isV6 : socket.isV6 && socket.v6only) return -1
  } else {
    for (let i = 0; i < 4; i++) if (socket.local[i] !== local[i]) return -1
    score += 4
  }
  if (!socket.isV6 && !tuple.isV6) score += 1
  return score
}

function isPortless(tuple: LocalTuple): boolean {
  return tuple.localPort === 0 && tuple.remotePort === 0
}

/** Multicast, and IPv4's limited broadcast: every socket at the port gets a copy, and the kernel chooses none. */
export function isForMany(words: Uint32Array): boolean {
  if (words[2] === V4_MAPPED && words[0] === 0 && words[1] === 0) {
    const v4 = words[3] as number
    return v4 >>> 28 === 0xe || v4 === 0xffffffff
  }
  return (words[0] as number) >>> 24 === 0xff
}

/** Addresses that are this host's on any host. */
export function isLoopback(words: Uint32Array): boolean {
  if (words[0] !== 0 || words[1] !== 0) return false
  if (words[2] === V4_MAPPED) return (words[3] as number) >>> 24 === 127
  return words[2] === 0 && words[3] === 1
}
