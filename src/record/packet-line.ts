// The fast way for a packet line exactly as NdjsonWriter lays it out:
//
//   {"type":"packet","ts":S.UUUUUU,"iface":…"dst_port":N,"bytes":N,"frame_bytes":N,"packets":N[,"tcp_flags":"…"][,"pid":…]}
//                                 ^------- place -------------^                                              ^-- owner --^
//
// `place` (interface, direction, five-tuple) and `owner` are looked up by their bytes; numbers are read digit by digit. A
// line that differs in any way, or has a section that was not seen before, is left to JSON.parse, which then teaches its
// sections to the caches.

import { parseTcpFlags } from './protocol.ts'
import { ABSENT_16, ATTRIBUTION_ABSENT, FRAGMENT_NO, type RecordBatch, type Tables } from './record-batch.ts'
import { NO_OWNER } from './owner-table.ts'
import { SectionCache } from './section-cache.ts'

const bytesOf = (text: string) => Uint8Array.from(text, char => char.charCodeAt(0))
const PREFIX = bytesOf('{"type":"packet","ts":')
const FRAME_BYTES = bytesOf(',"frame_bytes":')
const PACKETS = bytesOf(',"packets":')
const TCP_FLAGS = bytesOf(',"tcp_flags":"')
const PID = bytesOf(',"pid":')
const QUOTE = 0x22
const COLON = 0x3a
const END = 0x7d

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
  private placeList: Place[] = []
  private ownerList: Ownership[] = []
  /** Where the scan stands, and what it has read: see scan. */
  private at = 0
  private placeFrom = 0
  private placeTo = 0
  private placeHash = 0
  private ownerFrom = 0
  private ownerHash = 0
  private tsUs = 0
  private bytes = 0
  private frameBytes = 0
  private packets = 0
  private flags = ABSENT_16
  /** Over the buffer of the bytes; a chunk has many lines. */
  private view: DataView = new DataView(new ArrayBuffer(0))
  /** Lengths of the places that are known: where the end of the next one may be. */
  private shortestPlace = Infinity
  private longestPlace = 0

  constructor(tables: Tables) {
    this.tables = tables
    tables.flows.onEvict(() => {
      this.places.clear()
      this.placeList = []
    })
  }

  /** Adds the line's packet to the batch. @returns false when the line is not for this path; nothing is added then */
  read(bytes: Uint8Array, start: number, end: number, batch: RecordBatch): boolean {
    if (!this.scan(bytes, start, end)) return false
    const { view, placeFrom } = this
    const base = bytes.byteOffset
    const placeAt = this.places.find(view, base + placeFrom, this.placeTo - placeFrom, this.placeHash)
    if (placeAt < 0) return false
    let ownership = NOBODY
    if (this.ownerFrom < end - 1) {
      const { ownerFrom } = this
      const ownerAt = this.owners.find(view, base + ownerFrom, end - 1 - ownerFrom, this.ownerHash)
      if (ownerAt < 0) return false
      ownership = this.ownerList[ownerAt] as Ownership
    }
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
    batch.vlan[row] = ABSENT_16
    batch.ethertype[row] = ABSENT_16
    batch.fragment[row] = FRAGMENT_NO
    batch.owner[row] = ownership.owner
    batch.attribution[row] = ownership.attribution
    batch.reason[row] = ownership.reason
    batch.peer[row] = ownership.peer
    return true
  }

  /** Remembers the sections of a line that JSON.parse has made `row` of, when it has this layout. */
  learn(bytes: Uint8Array, start: number, end: number, batch: RecordBatch, row: number): void {
    if (batch.extra.has(row) || !this.scan(bytes, start, end)) return
    const text = (from: number, to: number) =>
      Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')
    const owned = this.ownerFrom < end - 1
    if (!placeLayout.test(text(this.placeFrom, this.placeTo))) return
    if (owned && !ownerLayout.test(text(this.ownerFrom, end - 1))) return
    const placeLength = this.placeTo - this.placeFrom
    const placeAt = bytes.byteOffset + this.placeFrom
    if (this.places.find(this.view, placeAt, placeLength, this.placeHash) < 0) {
      this.places.set(this.view, placeAt, placeLength, this.placeHash, this.placeList.length)
      this.shortestPlace = Math.min(this.shortestPlace, placeLength)
      this.longestPlace = Math.max(this.longestPlace, placeLength)
      this.placeList.push({
        flow: batch.flow[row] as number,
        iface: batch.iface[row] as number,
        dir: batch.dir[row] as number,
      })
    }
    const ownerLength = end - 1 - this.ownerFrom
    const ownerAt = bytes.byteOffset + this.ownerFrom
    if (owned && this.owners.find(this.view, ownerAt, ownerLength, this.ownerHash) < 0) {
      this.owners.set(this.view, ownerAt, ownerLength, this.ownerHash, this.ownerList.length)
      this.ownerList.push({
        owner: batch.owner[row] as number,
        attribution: batch.attribution[row] as number,
        reason: batch.reason[row] as number,
        peer: batch.peer[row] as number,
      })
    }
  }

  /** Finds the sections and reads the numbers. False when the layout is another. */
  private scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.at = start
    if (bytes[end - 1] !== END || !this.expect(bytes, PREFIX, end)) return false
    const seconds = this.number(bytes)
    if (seconds < 0 || bytes[this.at] !== 0x2e) return false
    const fraction = ++this.at
    const micros = this.number(bytes, true)
    if (micros < 0 || this.at - fraction !== 6) return false
    this.tsUs = seconds * 1e6 + micros

    if (this.view.buffer !== bytes.buffer) this.view = new DataView(bytes.buffer)
    const { view } = this
    this.placeFrom = this.at
    this.at = this.placeTo = this.placeEnd(bytes, end)
    if (this.at < 0) return false
    this.placeHash = SectionCache.hash(view, bytes.byteOffset + this.placeFrom, this.placeTo - this.placeFrom)

    this.bytes = this.number(bytes)
    if (this.bytes < 0 || !this.expect(bytes, FRAME_BYTES, end)) return false
    this.frameBytes = this.number(bytes)
    if (this.frameBytes < 0 || !this.expect(bytes, PACKETS, end)) return false
    this.packets = this.number(bytes)
    if (this.packets < 0) return false
    this.flags = ABSENT_16
    if (bytes[this.at] === 0x2c && bytes[this.at + 2] === 0x74) {
      if (!this.expect(bytes, TCP_FLAGS, end)) return false
      const flags = this.tcpFlags(bytes)
      if (flags === undefined) return false
      this.flags = flags
    }
    this.ownerFrom = this.at
    if (this.at === end - 1) return true
    if (!this.expect(bytes, PID, end)) return false
    this.ownerHash = SectionCache.hash(view, bytes.byteOffset + this.ownerFrom, end - 1 - this.ownerFrom)
    return true
  }

  /** Behind `"bytes":`, or -1. Lengths that have come before are tried first: most places are as long as others. */
  private placeEnd(bytes: Uint8Array, end: number): number {
    const from = this.placeFrom
    const last = Math.min(end, from + this.longestPlace)
    for (let at = from + this.shortestPlace; at <= last; at++) if (isPlaceEnd(bytes, at)) return at
    for (let at = from + 8; at <= end; at++) if (isPlaceEnd(bytes, at)) return at
    return -1
  }

  /** Reads letters and the quote behind them. */
  private tcpFlags(bytes: Uint8Array): number | undefined {
    const from = this.at
    // Four letters at most make a number; more are rare.
    let letters = 0
    while (this.at - from < 10 && bytes[this.at] !== QUOTE)
      letters = (letters << 8) | (bytes[this.at++] as number)
    const length = this.at - from
    if (bytes[this.at++] !== QUOTE) return undefined
    const known = length <= 4 ? flagCache.get(letters) : undefined
    if (known !== undefined) return known
    const flags = parseTcpFlags(String.fromCharCode(...bytes.subarray(from, from + length)))
    if (flags !== undefined && length <= 4) flagCache.set(letters, flags)
    return flags
  }

  private expect(bytes: Uint8Array, text: Uint8Array, end: number): boolean {
    if (this.at + text.length > end) return false
    for (let i = 0; i < text.length; i++) if (bytes[this.at + i] !== text[i]) return false
    this.at += text.length
    return true
  }

  /** An unsigned integer of at most 10 digits, without a leading zero unless those are allowed; -1 when there is none. */
  private number(bytes: Uint8Array, zeros = false): number {
    const from = this.at
    let value = 0
    for (;;) {
      const digit = (bytes[this.at] as number) - 0x30
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
      this.at++
    }
    const digits = this.at - from
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
