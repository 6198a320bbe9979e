// The fast way for a packet line exactly as NdjsonWriter lays it out:
//
//   {"type":"packet","ts":S.UUUUUU,"iface":…"dst_port":N,"bytes":N,"frame_bytes":N,"packets":N[,"tcp_flags":"…"][,"pid":…]}
//                                 ^------- place -------------^                                              ^-- owner --^
//
// `place` (interface, direction, five-tuple) and `owner` are looked up by their bytes; numbers are read digit by digit. A
// line that differs in any way, or has a section that was not seen before, is left to JSON.parse, which then teaches its
// sections to the caches.

import { parseTcpFlags } from './protocol.ts'
import { ABSENT_16, ATTRIBUTION_ABSENT, type RecordBatch, type Tables } from './record-batch.ts'
import { NO_OWNER } from './owner-table.ts'
import { SectionCache } from './section-cache.ts'

const bytesOf = (text: string) => Uint8Array.from(text, char => char.charCodeAt(0))
const viewOf = (text: string) => new DataView(bytesOf(text).buffer)
const PREFIX = bytesOf('{"type":"packet","ts":')
const FRAME_BYTES = viewOf(',"frame_bytes":')
const PACKETS = viewOf(',"packets":')
const TCP_FLAGS = viewOf(',"tcp_flags":"')
const PID = viewOf(',"pid":')
const QUOTE = 0x22
const COLON = 0x3a
const END = 0x7d
const NEWLINE = 0x0a
/** Digits of a time behind its point. */
const MICROS = 6

const string = String.raw`"(?:[^"\\]|\\.)*"`
const placeLayout =
  /^,(?:"iface":"[^"\\]*",)?"dir":(?:null|"[a-z]+"),"ip_version":[46],"proto":"\w+","src_ip":"[0-9a-f.:]+",(?:"src_port":\d+,)?"dst_ip":"[0-9a-f.:]+",(?:"dst_port":\d+,)?"bytes":$/
const ownerLayout = new RegExp(
  String.raw`^,"pid":(?:null|\d+)(?:,"start_time":(?:null|[\d.]+))?,"process":${string}(?:,"user":(?:null|${string}))?,"attribution":"[a-z]+"(?:,"reason":"[a-z_]+")?(?:,"peer_pid":\d+,"peer_process":${string})?$`,
)

interface Place {
  readonly flow: number
  readonly iface: number
  readonly dir: number
}

interface Ownership {
  readonly owner: number
  readonly attribution: number
  readonly reason: number
  readonly peer: number
}

const NOBODY: Ownership = { owner: NO_OWNER, attribution: ATTRIBUTION_ABSENT, reason: 0, peer: NO_OWNER }

export class FastPacketLine {
  private readonly tables: Tables
  private readonly places = new SectionCache()
  private readonly owners = new SectionCache()
  /** By section. */
  private readonly placeList: Place[] = []
  private readonly ownerList: Ownership[] = []
  /** Section of the owner that the place's last line had: most have it again. */
  private readonly lastOwners: number[] = []
  /** Where the scan stands, and what it has read: see scan. */
  private at = 0
  private placeFrom = 0
  private placeTo = 0
  private ownerFrom = 0
  private tsUs = 0
  private bytes = 0
  private frameBytes = 0
  private packets = 0
  private flags = ABSENT_16
  private chunk: Uint8Array = new Uint8Array(0)
  /** Over the chunk; it has many lines. */
  private view: DataView = new DataView(new ArrayBuffer(0))
  /** The begin of a line up to the point of its time, as the last line had it, and that second in us. */
  private head = new DataView(new ArrayBuffer(0))
  private secondUs = 0
  /** Lengths of the places that are known: where the end of the next one may be. */
  private shortestPlace = Infinity
  private longestPlace = 0

  constructor(tables: Tables) {
    this.tables = tables
    tables.flows.onEvict(() => this.places.clear())
  }

  /**
   * Adds the packet of the line that begins at `start` to the batch.
   * @returns where the next line begins; -1 when this one is not for this path, or not all there: nothing is added then
   */
  read(bytes: Uint8Array, start: number, end: number, batch: RecordBatch): number {
    if (!this.scan(bytes, start, end)) return -1
    const { view, placeFrom } = this
    const placeAt = this.places.find(view, placeFrom, this.placeTo - placeFrom)
    if (placeAt < 0) return -1
    let ownership = NOBODY
    let next = this.ownerFrom
    if (bytes[next] !== END) {
      const ownerAt = this.ownerOf(placeAt, bytes, end)
      if (ownerAt < 0) return -1
      ownership = this.ownerList[ownerAt] as Ownership
      next = this.at
    }
    if (next + 1 >= end || bytes[next + 1] !== NEWLINE) return -1
    const place = this.placeList[placeAt] as Place
    const row = batch.length++
    this.tables.flows.touch(place.flow)
    batch.ts[row] = this.tsUs
    batch.flow[row] = place.flow
    batch.iface[row] = place.iface
    batch.dir[row] = place.dir
    batch.bytes[row] = this.bytes
    batch.frameBytes[row] = this.frameBytes
    batch.packets[row] = this.packets
    batch.tcpFlags[row] = this.flags
    batch.owner[row] = ownership.owner
    batch.attribution[row] = ownership.attribution
    batch.reason[row] = ownership.reason
    batch.peer[row] = ownership.peer
    return next + 2
  }

  /** Section of the owner at ownerFrom, or -1; `at` is behind it. */
  private ownerOf(placeAt: number, bytes: Uint8Array, end: number): number {
    const { view, ownerFrom } = this
    const last = this.lastOwners[placeAt] as number
    if (last >= 0) {
      const length = this.owners.match(last, view, ownerFrom, end - 2)
      if (length >= 0 && bytes[ownerFrom + length] === END && bytes[ownerFrom + length + 1] === NEWLINE) {
        this.at = ownerFrom + length
        return last
      }
    }
    const newline = bytes.indexOf(NEWLINE, ownerFrom)
    if (newline < 0 || newline >= end || bytes[newline - 1] !== END) return -1
    const found = this.owners.find(view, ownerFrom, newline - 1 - ownerFrom)
    this.at = newline - 1
    this.lastOwners[placeAt] = found
    return found
  }

  /** Remembers the sections of a line that JSON.parse has made `row` of, when it has this layout. */
  learn(bytes: Uint8Array, start: number, end: number, batch: RecordBatch, row: number): void {
    if (batch.extra.has(row) || bytes[end - 1] !== END || !this.scan(bytes, start, end)) return
    const { view, placeFrom, placeTo, ownerFrom } = this
    const text = (from: number, to: number) =>
      Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')
    const owned = ownerFrom < end - 1
    if (!placeLayout.test(text(placeFrom, placeTo))) return
    if (owned && !ownerLayout.test(text(ownerFrom, end - 1))) return
    if (this.places.find(view, placeFrom, placeTo - placeFrom) < 0) {
      const at = this.places.add(view, placeFrom, placeTo - placeFrom)
      if (at < 0) return
      this.shortestPlace = Math.min(this.shortestPlace, placeTo - placeFrom)
      this.longestPlace = Math.max(this.longestPlace, placeTo - placeFrom)
      this.placeList[at] = {
        flow: batch.flow[row] as number,
        iface: batch.iface[row] as number,
        dir: batch.dir[row] as number,
      }
      this.lastOwners[at] = -1
    }
    if (!owned || this.owners.find(view, ownerFrom, end - 1 - ownerFrom) >= 0) return
    const at = this.owners.add(view, ownerFrom, end - 1 - ownerFrom)
    if (at < 0) return
    this.ownerList[at] = {
      owner: batch.owner[row] as number,
      attribution: batch.attribution[row] as number,
      reason: batch.reason[row] as number,
      peer: batch.peer[row] as number,
    }
  }

  /** Reads up to the owner, or the brace where there is none. False when the layout is another, or the line is cut. */
  private scan(bytes: Uint8Array, start: number, end: number): boolean {
    if (bytes !== this.chunk) {
      this.chunk = bytes
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    this.at = start
    if (!this.expect(this.head, end) && !this.newSecond(bytes, end)) return false
    const fraction = this.at
    const micros = this.number(bytes, end, true)
    if (micros < 0 || this.at - fraction !== MICROS) return false
    this.tsUs = this.secondUs + micros

    this.placeFrom = this.at
    this.at = this.placeTo = this.placeEnd(bytes, end)
    if (this.at < 0) return false

    this.bytes = this.number(bytes, end)
    if (this.bytes < 0 || !this.expect(FRAME_BYTES, end)) return false
    this.frameBytes = this.number(bytes, end)
    if (this.frameBytes < 0 || !this.expect(PACKETS, end)) return false
    this.packets = this.number(bytes, end)
    if (this.packets < 0) return false
    this.flags = ABSENT_16
    if (this.expect(TCP_FLAGS, end)) {
      const flags = this.tcpFlags(bytes, end)
      if (flags === undefined) return false
      this.flags = flags
    }
    this.ownerFrom = this.at
    return this.at < end && (bytes[this.at] === END || this.expect(PID, end))
  }

  /** Another second than the last line's. Each but the first is new only once in so many lines. */
  private newSecond(bytes: Uint8Array, end: number): boolean {
    const start = this.at
    if (start + PREFIX.length > end) return false
    for (let i = 0; i < PREFIX.length; i++) if (bytes[start + i] !== PREFIX[i]) return false
    this.at = start + PREFIX.length
    const seconds = this.number(bytes, end)
    if (seconds < 0 || this.at >= end || bytes[this.at++] !== 0x2e) return false
    this.secondUs = seconds * 1e6
    this.head = new DataView(Uint8Array.from(bytes.subarray(start, this.at)).buffer)
    return true
  }

  /** Behind `"bytes":`, or -1. Lengths that have come before are tried first: most places are as long as others. */
  private placeEnd(bytes: Uint8Array, end: number): number {
    const from = this.placeFrom
    const last = Math.min(end, from + this.longestPlace)
    for (let at = from + this.shortestPlace; at <= last; at++) if (isPlaceEnd(bytes, at)) return at
    for (let at = from + 8; at <= end && bytes[at - 1] !== NEWLINE; at++) if (isPlaceEnd(bytes, at)) return at
    return -1
  }

  /** Reads letters and the quote behind them. */
  private tcpFlags(bytes: Uint8Array, end: number): number | undefined {
    const from = this.at
    // Four letters at most make a number; more are rare.
    let letters = 0
    while (this.at - from < 10 && this.at < end && bytes[this.at] !== QUOTE)
      letters = (letters << 8) | (bytes[this.at++] as number)
    const length = this.at - from
    if (this.at >= end || bytes[this.at++] !== QUOTE) return undefined
    const known = length <= 4 ? flagCache.get(letters) : undefined
    if (known !== undefined) return known
    const flags = parseTcpFlags(String.fromCharCode(...bytes.subarray(from, from + length)))
    if (flags !== undefined && length <= 4) flagCache.set(letters, flags)
    return flags
  }

  private expect(text: DataView, end: number): boolean {
    const { view, at } = this
    const length = text.byteLength
    if (length === 0 || at + length > end) return false
    let i = 0
    for (; i + 4 <= length; i += 4) if (view.getInt32(at + i, true) !== text.getInt32(i, true)) return false
    for (; i < length; i++) if (view.getUint8(at + i) !== text.getUint8(i)) return false
    this.at = at + length
    return true
  }

  /** An unsigned integer of at most 10 digits, without a leading zero unless those are allowed; -1 when there is none. */
  private number(bytes: Uint8Array, end: number, zeros = false): number {
    const from = this.at
    let at = from
    let value = 0
    for (; at < end; at++) {
      const digit = (bytes[at] as number) - 0x30
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
    }
    this.at = at
    const digits = at - from
    if (digits === 0 || digits > 10 || (!zeros && digits > 1 && bytes[from] === 0x30)) return -1
    return value <= 0xffffffff ? value : -1
  }
}

/** By letters, at most four of nine. */
const flagCache = new Map<number, number>()

function isPlaceEnd(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at - 1] === COLON &&
    bytes[at - 2] === QUOTE &&
    bytes[at - 3] === 0x73 &&
    bytes[at - 7] === 0x62 &&
    bytes[at - 8] === QUOTE
  )
}
