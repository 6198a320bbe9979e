// What flows between stages: an ordered run of records. Packets, the many, are rows in columns of typed arrays; every
// other record is an object beside them, placed before the row that follows it. No object, string or closure per packet.
//
// Columns are written by: ts flow bytes frameBytes packets iface dir tcpFlags vlan ethertype fragment - the source
// (decoder or NDJSON reader); owner attribution reason peer - the attribute stage, or the reader behind it.

import type { FlowTable } from './flow-table.ts'
import type { NetoprocRecord } from './generated/types.ts'
import type { NameTable } from './name-table.ts'
import { NO_OWNER, type OwnerTable } from './owner-table.ts'

/** `dir`. NONE: no IP, or a recording that does not tell. */
export const DIR_NONE = 0
export const DIR_IN = 1
export const DIR_OUT = 2
export const DIR_LOCAL = 3
export const DIR_FORWARD = 4
export const dirNames = [null, 'in', 'out', 'local', 'forward'] as const

/** `attribution`. ABSENT: nobody has looked for an owner yet. */
export const ATTRIBUTION_ABSENT = 0
export const ATTRIBUTION_NONE = 1
export const ATTRIBUTION_KERNEL = 2
export const ATTRIBUTION_SOCKET = 3
export const ATTRIBUTION_BOUND = 4
export const attributionNames = [undefined, 'none', 'kernel', 'socket', 'bound'] as const

/** `reason`, with ATTRIBUTION_NONE. */
export const reasonNames = [
  undefined,
  'no_socket',
  'closed_before_scan',
  'other_netns',
  'kernel',
  'not_local',
  'fragment',
  'permission',
  'ambiguous',
] as const
export const REASON_NO_SOCKET = 1
export const REASON_CLOSED_BEFORE_SCAN = 2
export const REASON_OTHER_NETNS = 3
export const REASON_KERNEL = 4
export const REASON_NOT_LOCAL = 5
export const REASON_FRAGMENT = 6
export const REASON_PERMISSION = 7
export const REASON_AMBIGUOUS = 8

/** `fragment`. */
export const FRAGMENT_NO = 0
export const FRAGMENT_FIRST = 1
export const FRAGMENT_LATER = 2
export const fragmentNames = [undefined, 'first', 'later'] as const

/** `tcpFlags`, `vlan`, `ethertype` and `iface` of a row without one. */
export const ABSENT_16 = 0xffff
export const NO_IFACE = 0xffff
/** `textAt` of a row that was not read from a line, or from another than NdjsonWriter would write. */
export const NO_TEXT = -1

/** A line of a type that this version does not know, or that must not change: passed on as it came, without its newline. */
export class ForeignRecord {
  readonly type = undefined
  readonly line: string
  constructor(line: string) {
    this.line = line
  }
}

export type SideRecord = NetoprocRecord | ForeignRecord

/** The tables that number flows, owners and interfaces: one set for a whole chain, from its source on. */
export interface Tables {
  readonly flows: FlowTable
  readonly owners: OwnerTable
  readonly ifaces: NameTable
}

export class RecordBatch {
  readonly tables: Tables
  readonly capacity: number
  /** Rows in use. */
  length = 0
  /** Microseconds since the epoch. */
  readonly ts: Float64Array
  /** Id in tables.flows, or NO_FLOW. */
  readonly flow: Uint32Array
  /** IP bytes; 0 when the row is not IP. */
  readonly bytes: Uint32Array
  readonly frameBytes: Uint32Array
  readonly packets: Uint32Array
  /** Id in tables.ifaces, or NO_IFACE. */
  readonly iface: Uint16Array
  readonly dir: Uint8Array
  /** Nine flag bits, or ABSENT_16. */
  readonly tcpFlags: Uint16Array
  /** 12 bits, or ABSENT_16. */
  readonly vlan: Uint16Array
  /** Of a row without a flow, or ABSENT_16. */
  readonly ethertype: Uint16Array
  readonly fragment: Uint8Array
  /** Id in tables.owners. */
  readonly owner: Uint32Array
  readonly attribution: Uint8Array
  readonly reason: Uint8Array
  /** When both ends are on this host: the owner of the other end, else NO_OWNER. */
  readonly peer: Uint32Array

  /**
   * Where rows were read from: bytes in which a row's line stands as NdjsonWriter would write it, so that it is copied rather
   * than written anew. Good until the batch is cleared, for rows of which nothing but dir and the owner has been changed.
   */
  text: DataView | undefined
  /** Begin of the row's line in `text`, or NO_TEXT. */
  readonly textAt: Int32Array
  /** Where `"dir":` begins, what dir it is, and where the owner begins, or the brace where there is none. */
  readonly textDirAt: Int32Array
  readonly textDir: Uint8Array
  readonly textEnd: Int32Array

  /** Records that are not packets, in order. */
  readonly side: SideRecord[] = []
  /** sideAt[k]: the row that side[k] comes before; `length` for those at the end. Never decreases. */
  readonly sideAt: number[] = []
  /** Fields of a packet line that this version does not know, as JSON text `"name":value,…`, by row. Usually empty. */
  readonly extra = new Map<number, string>()

  constructor(tables: Tables, capacity = 2048) {
    this.tables = tables
    this.capacity = capacity
    this.ts = new Float64Array(capacity)
    this.flow = new Uint32Array(capacity)
    this.bytes = new Uint32Array(capacity)
    this.frameBytes = new Uint32Array(capacity)
    this.packets = new Uint32Array(capacity)
    this.iface = new Uint16Array(capacity)
    this.dir = new Uint8Array(capacity)
    this.tcpFlags = new Uint16Array(capacity)
    this.vlan = new Uint16Array(capacity)
    this.ethertype = new Uint16Array(capacity)
    this.fragment = new Uint8Array(capacity)
    this.owner = new Uint32Array(capacity)
    this.attribution = new Uint8Array(capacity)
    this.reason = new Uint8Array(capacity)
    this.peer = new Uint32Array(capacity)
    this.textAt = new Int32Array(capacity).fill(NO_TEXT)
    this.textDirAt = new Int32Array(capacity)
    this.textDir = new Uint8Array(capacity)
    this.textEnd = new Int32Array(capacity)
    this.length = capacity
    this.clear()
  }

  get isEmpty(): boolean {
    return this.length === 0 && this.side.length === 0
  }

  get isFull(): boolean {
    return this.length === this.capacity
  }

  /** Adds a record that is not a packet, behind everything that is in the batch. */
  append(record: SideRecord): void {
    this.side.push(record)
    this.sideAt.push(this.length)
  }

  /** Rows that come next have no owner, tag, EtherType or fragment until those are written: most never have. */
  clear(): void {
    const { length } = this
    this.vlan.fill(ABSENT_16, 0, length)
    this.ethertype.fill(ABSENT_16, 0, length)
    this.fragment.fill(FRAGMENT_NO, 0, length)
    this.owner.fill(NO_OWNER, 0, length)
    this.attribution.fill(ATTRIBUTION_ABSENT, 0, length)
    this.reason.fill(0, 0, length)
    this.peer.fill(NO_OWNER, 0, length)
    if (this.text !== undefined) this.textAt.fill(NO_TEXT, 0, length)
    this.text = undefined
    this.length = 0
    this.side.length = 0
    this.sideAt.length = 0
    if (this.extra.size > 0) this.extra.clear()
  }

  /**
   * Copies rows [from, to) of `source`, which has the same tables, behind the rows of this batch, with the side records
   * that stand before those rows; those that stand at `to` come too when `to` is the end of the source.
   * Rows before `from` and their side records are the caller's. The room must be there (capacity - length).
   */
  copyRows(source: RecordBatch, from: number, to: number): void {
    const at = this.length
    this.ts.set(source.ts.subarray(from, to), at)
    this.flow.set(source.flow.subarray(from, to), at)
    this.bytes.set(source.bytes.subarray(from, to), at)
    this.frameBytes.set(source.frameBytes.subarray(from, to), at)
    this.packets.set(source.packets.subarray(from, to), at)
    this.iface.set(source.iface.subarray(from, to), at)
    this.dir.set(source.dir.subarray(from, to), at)
    this.tcpFlags.set(source.tcpFlags.subarray(from, to), at)
    this.vlan.set(source.vlan.subarray(from, to), at)
    this.ethertype.set(source.ethertype.subarray(from, to), at)
    this.fragment.set(source.fragment.subarray(from, to), at)
    this.owner.set(source.owner.subarray(from, to), at)
    this.attribution.set(source.attribution.subarray(from, to), at)
    this.reason.set(source.reason.subarray(from, to), at)
    this.peer.set(source.peer.subarray(from, to), at)
    for (let k = 0; k < source.side.length; k++) {
      const row = source.sideAt[k] as number
      if (row < from || (row >= to && !(row === to && to === source.length))) continue
      this.side.push(source.side[k] as SideRecord)
      this.sideAt.push(at + row - from)
    }
    for (const [row, text] of source.extra) if (row >= from && row < to) this.extra.set(at + row - from, text)
    this.length = at + to - from
  }
}
