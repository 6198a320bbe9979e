// Which addresses are this host's, and so which way a packet goes.

import { V4_MAPPED, parseAddress } from '../record/address.ts'
import { META_IPV6, type FlowTable } from '../record/flow-table.ts'
import { DIR_FORWARD, DIR_IN, DIR_LOCAL, DIR_NONE, DIR_OUT } from '../record/record-batch.ts'
import { FRAME_IN, FRAME_LOCAL, FRAME_OUT, FRAME_UNKNOWN, type Frame } from './port.ts'

const UNKNOWN = 0xff
/**
 * Of a flow to multicast or broadcast, where DIR_* is others' to tell: what is seen to leave is not received here, though the
 * kernel may hand a copy of it to processes of this host, which no interface shows.
 */
const FROM_HERE_TO_MANY = 0x10
/** From 0.0.0.0 or ::, who has no address yet: a DHCP client, duplicate address detection. */
const FROM_NOBODY_TO_MANY = 0x11
const FROM_ELSEWHERE_TO_MANY = 0x12

export class LocalAddresses {
  private known = new Set<string>()
  /** Only as destinations. */
  private broadcasts = new Set<string>()
  private knowsNone = true
  private readonly flows: FlowTable
  /** Direction of each flow, as far as it was asked for. */
  private dirs: Uint8Array

  constructor(flows: FlowTable) {
    this.flows = flows
    this.dirs = new Uint8Array(flows.capacity).fill(UNKNOWN)
    flows.onEvict(gone => {
      for (const flow of gone) this.dirs[flow] = UNKNOWN
    })
  }

  /** Replaces the addresses; flows are looked at again only when that changes something. */
  replace(addresses: Iterable<string>, broadcasts: Iterable<string> = []): void {
    const known = keysOf(addresses)
    const others = keysOf(broadcasts)
    if (isSame(known, this.known) && isSame(others, this.broadcasts)) return
    this.known = known
    this.broadcasts = others
    this.knowsNone = known.size === 0
    this.dirs.fill(UNKNOWN)
  }

  /**
   * `dir` of a packet: its addresses tell, else its source does, else its link header.
   * @param said by the link header, FRAME_*
   */
  rowDirection(flow: number, frame: Frame, said: number): number {
    const which = frame.direction === FRAME_UNKNOWN ? said : frame.direction
    if (!frame.isElsewhere && (!this.knowsNone || which === FRAME_UNKNOWN)) {
      const dir = this.direction(flow, which)
      if (dir !== DIR_NONE) return dir
    }
    if (which === FRAME_LOCAL) return DIR_LOCAL
    return which === FRAME_IN ? DIR_IN : which === FRAME_OUT ? DIR_OUT : DIR_NONE
  }

  /**
   * DIR_* of a packet of a flow. When no address is known at all, only what lies between loopback addresses has one.
   * @param which FRAME_*, as the packet was seen
   */
  direction(flow: number, which = FRAME_UNKNOWN): number {
    if (flow >= this.dirs.length) {
      const grown = new Uint8Array(this.flows.capacity).fill(UNKNOWN)
      grown.set(this.dirs)
      this.dirs = grown
    }
    let dir = this.dirs[flow] as number
    if (dir === UNKNOWN) this.dirs[flow] = dir = this.judge(flow)
    return dir < FROM_HERE_TO_MANY ? dir : toMany(dir, which)
  }

  private judge(flow: number): number {
    const from = this.isLocal(flow, 0)
    if (isLoopback(this.flows, flow, 0) && this.isForMany(flow)) return DIR_LOCAL
    const to = this.isLocal(flow, 4)
    if (this.knowsNone) return from && to ? DIR_LOCAL : DIR_NONE
    if (!to && this.isForMany(flow))
      return from
        ? FROM_HERE_TO_MANY
        : isNobody(this.flows, flow)
          ? FROM_NOBODY_TO_MANY
          : FROM_ELSEWHERE_TO_MANY
    return from ? (to ? DIR_LOCAL : DIR_OUT) : to ? DIR_IN : DIR_FORWARD
  }

  private isLocal(flow: number, side: 0 | 4): boolean {
    return isLoopback(this.flows, flow, side) || this.known.has(keyOf(this.flows, flow, side))
  }

  /** Multicast and broadcast, which come in to this host and to others. */
  private isForMany(flow: number): boolean {
    const { flows } = this
    if (isV4(flows, flow, 4)) {
      const last = flows.word(flow, 7)
      if (last >>> 28 === 14 || last === 0xffffffff) return true
    } else if (flows.word(flow, 4) >>> 24 === 0xff) return true
    return this.broadcasts.has(keyOf(flows, flow, 4))
  }
}

function toMany(from: number, which: number): number {
  // On the loopback interface, or thrown back by a switch.
  if (from === FROM_HERE_TO_MANY) return which === FRAME_IN || which === FRAME_LOCAL ? DIR_LOCAL : DIR_OUT
  if (which !== FRAME_OUT) return DIR_IN
  return from === FROM_NOBODY_TO_MANY ? DIR_OUT : DIR_FORWARD
}

function isV4(flows: FlowTable, flow: number, side: 0 | 4): boolean {
  if ((flows.meta(flow) & META_IPV6) === 0) return true
  return (
    flows.word(flow, side) === 0 &&
    flows.word(flow, side + 1) === 0 &&
    flows.word(flow, side + 2) === V4_MAPPED
  )
}

/** All of 127.0.0.0/8, and ::1, is this host's (RFC 1122 sec. 3.2.1.3, RFC 4291 sec. 2.5.3). */
function isLoopback(flows: FlowTable, flow: number, side: 0 | 4): boolean {
  const last = flows.word(flow, side + 3)
  return isV4(flows, flow, side) ? last >>> 24 === 127 : last === 1 && isZero(flows, flow, side)
}

/** The source is 0.0.0.0 or ::. */
function isNobody(flows: FlowTable, flow: number): boolean {
  return flows.word(flow, 3) === 0 && (isV4(flows, flow, 0) || isZero(flows, flow, 0))
}

function isZero(flows: FlowTable, flow: number, side: 0 | 4): boolean {
  return (flows.word(flow, side) | flows.word(flow, side + 1) | flows.word(flow, side + 2)) === 0
}

function keyOf(flows: FlowTable, flow: number, side: 0 | 4): string {
  return `${flows.word(flow, side)} ${flows.word(flow, side + 1)} ${flows.word(flow, side + 2)} ${flows.word(flow, side + 3)}`
}

function keysOf(addresses: Iterable<string>): Set<string> {
  const keys = new Set<string>()
  for (const text of addresses) {
    const words = parseAddress(text)
    if (words !== undefined) keys.add(words.join(' '))
  }
  return keys
}

function isSame(keys: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return keys.size === others.size && [...keys].every(key => others.has(key))
}
