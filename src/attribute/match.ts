// Whose packets of a five-tuple are: a socket with that very tuple, else one that is open to all at the local address and
// port; when several processes could be meant, nobody. Never a wrong owner.
//
// Of those that are open to all one takes the packet where the kernel chooses one, by compute_score() in net/ipv4/udp.c and
// inet_hashtables.c: a specific address before a wildcard. Whatever fits may have sent it, though, and whatever fits gets a copy
// of multicast, broadcast, and of packets without ports (raw(7)).

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
import { NO_SOCKET, type SocketTable, sameWords } from './socket-table.ts'

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
  /** It ends there only as the socket was last seen then: it goes on when the socket is seen again. */
  isWhileSeen = false

  get slot(): number {
    return this.socket?.slot ?? NO_SOCKET
  }

  /** Nobody is named after all: it may have been another one. */
  makeAmbiguous(): void {
    this.owner = NO_OWNER
    this.attribution = ATTRIBUTION_NONE
    this.reason = REASON_AMBIGUOUS
    this.socket = undefined
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
    this.isWhileSeen = false
  }
}

export class Matcher {
  private readonly table: SocketTable
  private readonly isBelow: (seen: string, bound: string) => boolean
  private tsUs = 0
  private into = new Match()
  private sure: KnownSocket | undefined
  private possible: KnownSocket | undefined
  private sureOwners = 0
  private possibleOwners = 0
  private hasBound = false
  /** Only sockets that take packets of this interface count. */
  private onlyAt: string | undefined

  /** @param isBelow see SocketSource */
  constructor(table: SocketTable, isBelow: (seen: string, bound: string) => boolean = () => false) {
    this.table = table
    this.isBelow = isBelow
  }

  /**
   * @param tsUs when the packet was seen
   * @param isSource it came from this end
   * @param isHere local is an address of this host: sockets that are open to all count
   */
  find(tuple: LocalTuple, tsUs: number, isSource: boolean, isHere: boolean, into: Match): void {
    into.clear()
    if (isHere) {
      if (this.exact(tuple, tsUs, isSource, false, into)) return
      this.bound(tuple, tsUs, isSource, into)
      if (into.attribution !== ATTRIBUTION_NONE || into.reason !== REASON_NO_SOCKET || into.isUnsettled)
        return
    }
    if (this.table.hasForeign) this.exact(tuple, tsUs, isSource, true, into)
  }

  /**
   * Answers with one socket, that the kernel has said it is.
   * @returns false when it was not there yet at the time of the packet: nothing is known then
   */
  settle(socket: KnownSocket, tsUs: number, into: Match): boolean {
    if (tsUs < socket.from || tsUs > lastUse(socket)) return false
    const isOfInterface = into.isOfInterface || (socket.boundTo !== undefined && !socket.isConnected)
    into.clear()
    into.isOfInterface = isOfInterface
    this.tsUs = tsUs
    this.into = into
    this.noteTime(socket)
    this.answer(socket, socket.isConnected ? ATTRIBUTION_SOCKET : ATTRIBUTION_BOUND, into)
    return true
  }

  /** @returns whether there is a socket with the tuple, its owner known or not */
  private exact(tuple: LocalTuple, tsUs: number, isSource: boolean, foreign: boolean, into: Match): boolean {
    this.tsUs = tsUs
    this.into = into
    this.considerAll(tuple, foreign, undefined)
    // Two links may use the same addresses: those of link-local addresses, of two VRFs.
    if (this.hasRivals && this.hasBound && tuple.iface !== undefined) {
      this.considerAll(tuple, foreign, tuple.iface)
      into.isOfInterface = true
    }
    const socket = this.best()
    if (socket === undefined) return false
    // Two namespaces may use the same addresses; and between two looks a tuple may have changed hands.
    if (this.hasRivals) {
      into.reason = REASON_AMBIGUOUS
      into.socket = undefined
      return true
    }
    this.answer(socket, ATTRIBUTION_SOCKET, into)
    // Not accepted yet: its listener's, if nobody comes for it.
    if (!into.isUnsettled || socket.isShared || foreign) return true
    this.bound(tuple, tsUs, isSource, into)
    into.isUnsettled = true
    return true
  }

  private considerAll(tuple: LocalTuple, foreign: boolean, onlyAt: string | undefined): void {
    this.onlyAt = onlyAt
    this.sure = this.possible = undefined
    this.sureOwners = this.possibleOwners = 0
    this.hasBound = false
    this.table.forEachExact(tuple, foreign, this.consider)
  }

  private get hasRivals(): boolean {
    return (this.sureOwners > 0 ? this.sureOwners : this.possibleOwners) > 1
  }

  private best(): KnownSocket | undefined {
    return this.sure ?? this.possible
  }

  private readonly consider = (socket: KnownSocket): void => {
    const { tsUs } = this
    this.noteTime(socket)
    if (tsUs < socket.from || tsUs > lastUse(socket)) return
    if (socket.boundTo !== undefined) this.hasBound = true
    if (!this.takesFrom(socket, this.onlyAt)) return
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

  private bound(tuple: LocalTuple, tsUs: number, isSource: boolean, into: Match): void {
    this.tsUs = tsUs
    this.into = into
    const { protocol, localPort } = tuple
    const hasPorts = !isPortless(tuple)
    // The kernel answers itself for who listens: none of them is chosen by its process.
    const isOnes = hasPorts && (protocol === IPPROTO_TCP || !(isSource || tuple.isForMany))
    const choice = new Choice()
    if (hasPorts) this.choose(this.table.openToAll(protocol, localPort), tuple, isSource, isOnes, choice)
    else {
      // ICMP has datagram sockets beside raw ones.
      if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6)
        this.choose(this.table.openToAll(protocol, 0), tuple, isSource, isOnes, choice)
      this.choose(this.table.openToAll(IPPROTO_RAW, protocol), tuple, isSource, isOnes, choice)
    }
    if (choice.best === undefined) return
    if (!choice.hasRivals) this.answer(choice.best, ATTRIBUTION_BOUND, into)
    else {
      into.reason = REASON_AMBIGUOUS
      into.isUnsettled = true
      into.hasRivals = true
    }
  }

  /** @param isOnes one of them has it alone: the kernel's first choice */
  private choose(
    candidates: readonly KnownSocket[],
    tuple: LocalTuple,
    isSource: boolean,
    isOnes: boolean,
    into: Choice,
  ): void {
    const { tsUs } = this
    for (const socket of candidates) {
      this.noteTime(socket)
      if (tsUs < socket.from || tsUs > socket.to) continue
      if (socket.boundTo !== undefined) this.into.isOfInterface = true
      if (!this.takesFrom(socket, tuple.iface) || !fits(socket, tuple, isSource)) continue
      const rank = isOnes ? rankOf(socket, tuple) : 0
      if (rank < into.rank) continue
      into.hasRivals =
        rank === into.rank &&
        (into.hasRivals || socket.isShared || into.best === undefined || this.isOthers(socket, into.best))
      into.best = socket
      into.rank = rank
    }
  }

  /** @param iface undefined: of whichever */
  private takesFrom({ boundTo }: KnownSocket, iface: string | undefined): boolean {
    return boundTo === undefined || iface === undefined || boundTo === iface || this.isBelow(iface, boundTo)
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
  return socket.protocol === IPPROTO_TCP
    ? Math.min(socket.to + TCP_AFTERLIFE_US, socket.succeededUs - 1)
    : socket.to
}

/** Of several sockets that fit. */
class Choice {
  best: KnownSocket | undefined
  rank = -1
  hasRivals = false
}

/** Whether a socket that is open to all takes such packets, or may have sent them. */
function fits(socket: KnownSocket, tuple: LocalTuple, isSource: boolean): boolean {
  // Raw and ICMP sockets: connected ones have packets of that remote alone.
  if (socket.isConnected && !sameWords(socket.remote, tuple.remote)) return false
  if (sameWords(socket.local, tuple.local)) return true
  // What is bound to a group sends from an address of the interface (inet_bind(), "Use device").
  if (!socket.isWildcard && !(isSource && isForMany(socket.local))) return false
  return tuple.isV6 ? socket.isV6 : !socket.isV6 || (socket.isWildcard && !socket.v6only)
}

/** The kernel's order: the address is looked up first, then the wildcard; of each, who is bound to an interface, and IPv4. */
function rankOf(socket: KnownSocket, tuple: LocalTuple): number {
  return (
    (socket.isWildcard ? 0 : 4) + (socket.boundTo === undefined ? 0 : 2) + (socket.isV6 || tuple.isV6 ? 0 : 1)
  )
}

function isPortless(tuple: LocalTuple): boolean {
  return tuple.localPort === 0 && tuple.remotePort === 0
}

/** Multicast, and IPv4's limited broadcast. */
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
