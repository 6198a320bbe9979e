// Which addresses are this host's, and so which way a packet goes.

import { V4_MAPPED, parseAddress } from '../record/address.ts'
import { META_IPV6, type FlowTable } from '../record/flow-table.ts'
import { DIR_FORWARD, DIR_IN, DIR_LOCAL, DIR_NONE, DIR_OUT } from '../record/record-batch.ts'
import { FRAME_IN, FRAME_LOCAL, FRAME_OUT, FRAME_UNKNOWN, type Frame } from './port.ts'

const UNKNOWN = 0xff

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
      const dir = this.direction(flow)
      if (dir !== DIR_NONE) return dir
    }
    if (which === FRAME_LOCAL) return DIR_LOCAL
    return which === FRAME_IN ? DIR_IN : which === FRAME_OUT ? DIR_OUT : DIR_NONE
  }

  /** DIR_* of a flow. When no address is known at all, only what lies between loopback addresses has one. */
  direction(flow: number): number {
    if (flow >= this.dirs.length) {
      const grown = new Uint8Array(this.flows.capacity).fill(UNKNOWN)
      grown.set(this.dirs)
      this.dirs = grown
    }
    const known = this.dirs[flow] as number
    if (known !== UNKNOWN) return known
    const from = this.isLocal(flow, 0)
    const to = this.isLocal(flow, 4)
    let dir = from ? (to ? DIR_LOCAL : DIR_OUT) : to ? DIR_IN : DIR_FORWARD
    if (this.knowsNone && dir !== DIR_LOCAL) dir = DIR_NONE
    this.dirs[flow] = dir
    return dir
  }

  private isLocal(flow: number, side: 0 | 4): boolean {
    const w0 = this.flows.word(flow, side)
    const w1 = this.flows.word(flow, side + 1)
    const w2 = this.flows.word(flow, side + 2)
    const w3 = this.flows.word(flow, side + 3)
    const isV6 = (this.flows.meta(flow) & META_IPV6) !== 0
    if (!isV6 || (w0 === 0 && w1 === 0 && w2 === V4_MAPPED)) {
      // All of 127.0.0.0/8, and ::1, is this host's (RFC 1122 sec. 3.2.1.3, RFC 4291 sec. 2.5.3); multicast and broadcast come in
      // to it.
      if (w3 >>> 24 === 127) return true
      if (side === 4 && (w3 >>> 28 === 14 || w3 === 0xffffffff)) return true
    } else if ((w0 | w1 | w2) === 0 && w3 === 1) return true
    else if (side === 4 && w0 >>> 24 === 0xff) return true
    const key = `${w0} ${w1} ${w2} ${w3}`
    return this.known.has(key) || (side === 4 && this.broadcasts.has(key))
  }
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
