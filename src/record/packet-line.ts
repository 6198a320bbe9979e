// The fast way for a packet line exactly as NdjsonWriter lays it out:
//
//   {"type":"packet","ts":S.UUUUUU,"iface":…"dst_port":N,"bytes":N,"frame_bytes":N,"packets":N[,"tcp_flags":"…"][,"pid":…]}
//   ^----------- head ------------^------- place --------------^                                              ^-- owner --^
//
// `place` (interface, direction, five-tuple) and `owner` are looked up by their bytes; numbers are read digit by digit. A
// line that differs in any way, or has a section that was not seen before, is left to JSON.parse, which then teaches its
// sections to the caches: so what is taken here is, byte for byte, what NdjsonWriter would make of the row.

import { NO_FLOW } from './flow-table.ts'
import { ABSENT_16, ATTRIBUTION_ABSENT, type RecordBatch, type Tables } from './record-batch.ts'
import { LINE_HEAD, ifaceText, ownerText, placeText } from './packet-text.ts'
import { formatTcpFlags, parseTcpFlags } from './protocol.ts'
import { LONGEST_SECTION, SectionCache } from './section-cache.ts'
import { sameText } from './wide-text.ts'

const viewOf = (text: string) => new DataView(Uint8Array.from(text, char => char.charCodeAt(0)).buffer)
const HEAD = viewOf(LINE_HEAD)
const HEAD_LENGTH = HEAD.byteLength
// Between the numbers, each as its first and its last eight bytes: see wide-text.ts.
const FRAME_BYTES = viewOf(',"frame_bytes":')
const FRAME_BYTES_LENGTH = FRAME_BYTES.byteLength
const FRAME_BYTES_FIRST = FRAME_BYTES.getFloat64(0, true)
const FRAME_BYTES_LAST = FRAME_BYTES.getFloat64(FRAME_BYTES_LENGTH - 8, true)
const PACKETS = viewOf(',"packets":')
const PACKETS_LENGTH = PACKETS.byteLength
const PACKETS_FIRST = PACKETS.getFloat64(0, true)
const PACKETS_LAST = PACKETS.getFloat64(PACKETS_LENGTH - 8, true)
const TCP_FLAGS = viewOf(',"tcp_flags":"')
const TCP_FLAGS_LENGTH = TCP_FLAGS.byteLength
const TCP_FLAGS_FIRST = TCP_FLAGS.getFloat64(0, true)
const TCP_FLAGS_LAST = TCP_FLAGS.getFloat64(TCP_FLAGS_LENGTH - 8, true)
const QUOTE = 0x22
const POINT = 0x2e
const COLON = 0x3a
const END = 0x7d
const NEWLINE = 0x0a
/** Digits of a time's whole part, at most. */
const SECONDS = 10
const MOST_SECONDS = 0xffffffff
const ZERO = 0x30
const lineStart = new RegExp(String.raw`^${LINE_HEAD}\d{1,${SECONDS}}\.\d{6}`)
const lineNumbers = /^\d+,"frame_bytes":\d+,"packets":\d+(?:,"tcp_flags":"[^"]*")?/

/** See number(). */
const VALUE_SHIFT = 4
const DIGITS = 15

/** Bytes that are read behind the last line, at most: it may be cut anywhere, and any section be tried. */
export const READ_AHEAD = 2 * LONGEST_SECTION + 256

/** Numbers of a place. */
const FLOW = 0
/** Section of the owner that its last line had: most have it again. */
const LAST_OWNER = 1
/** Its interface, 16 bits; its dir, 3 bits; where in its text `"dir":` is, 12 bits. */
const IFACE_DIR = 2
const DIR_SHIFT = 16
const DIR_AT_SHIFT = 19
/** Numbers of an owner. */
const OWNER = 0
const PEER = 1
/** Its attribution, 3 bits, and above that its reason. */
const ATTRIBUTION = 2
const REASON_SHIFT = 3
const NO_SECTION = -1

/** Letters of TCP flags that have come before, a number of at most four bytes, and the flags: by a hash of the letters. */
const FLAG_SLOTS = 64
const flagLetters = new Int32Array(FLAG_SLOTS)
const flagBits = new Uint16Array(FLAG_SLOTS)

export class FastPacketLine {
  private readonly tables: Tables
  private readonly places = new SectionCache()
  private readonly owners = new SectionCache()
  private ownerClears = 0
  /** The begin of a line up to the point of its time, as the last line had it, and that second in us. */
  private readonly head = new DataView(new ArrayBuffer(HEAD_LENGTH + SECONDS + 1))
  private headLength = HEAD_LENGTH
  private secondUs = 0
  /** Lengths of the places that are known: where the end of the next one may be. */
  private shortestPlace = LONGEST_SECTION
  private longestPlace = 0

  constructor(tables: Tables) {
    this.tables = tables
    tables.flows.onEvict(() => this.forgetPlaces())
  }

  /**
   * Adds the packets of the lines from `start` on to the batch, as long as there is room, up to the first line that is not for
   * this path, or not all there before `end`. At least READ_AHEAD bytes behind `end` can be read, and may be anything.
   * @returns where the first line begins that was not taken
   */
  read(bytes: Uint8Array, view: DataView, start: number, end: number, batch: RecordBatch): number {
    const { places, owners, head, shortestPlace, longestPlace } = this
    const { flows } = this.tables
    let { headLength } = this
    let next = start
    for (let row = batch.length; row < batch.capacity && next < end; row++) {
      if (!sameText(view, next, head, 0, headLength)) {
        if (!this.newSecond(bytes, view, next)) break
        headLength = this.headLength
      }
      let at = next + headLength
      const micros = sixDigits(view, at)
      if (micros < 0) break
      at += 6
      const placeAt = at
      at = placeEnd(bytes, at + shortestPlace, at + longestPlace)
      if (at < 0) break
      const place = places.find(view, placeAt, at - placeAt)
      if (place < 0) break

      const size = number(bytes, at)
      at += size & DIGITS
      if (
        size === 0 ||
        view.getFloat64(at, true) !== FRAME_BYTES_FIRST ||
        view.getFloat64(at + FRAME_BYTES_LENGTH - 8, true) !== FRAME_BYTES_LAST
      )
        break
      at += FRAME_BYTES_LENGTH
      const frameBytes = number(bytes, at)
      at += frameBytes & DIGITS
      if (
        frameBytes === 0 ||
        view.getFloat64(at, true) !== PACKETS_FIRST ||
        view.getFloat64(at + PACKETS_LENGTH - 8, true) !== PACKETS_LAST
      )
        break
      at += PACKETS_LENGTH
      const packets = number(bytes, at)
      at += packets & DIGITS
      if (packets === 0) break
      let flags = ABSENT_16
      if (
        view.getFloat64(at, true) === TCP_FLAGS_FIRST &&
        view.getFloat64(at + TCP_FLAGS_LENGTH - 8, true) === TCP_FLAGS_LAST
      ) {
        at += TCP_FLAGS_LENGTH
        const from = at
        let letters = 0
        while (bytes[at] !== QUOTE && at < from + 4) letters = (letters << 8) | (bytes[at++] as number)
        const slot = (letters ^ (letters >>> 5) ^ (letters >>> 10)) & (FLAG_SLOTS - 1)
        if (bytes[at] === QUOTE && at > from && flagLetters[slot] === letters)
          flags = flagBits[slot] as number
        else {
          while (bytes[at] !== QUOTE && at < from + 10) at++
          flags = readFlags(bytes, from, at, slot, letters)
          if (flags === ABSENT_16) break
        }
        at++
      }

      const ownerAt = at
      let owner = NO_SECTION
      if (bytes[at] !== END) {
        owner = places.number(place, LAST_OWNER)
        const length = owner === NO_SECTION ? -1 : owners.match(owner, view, at)
        if (length >= 0 && bytes[at + length] === END && bytes[at + length + 1] === NEWLINE) at += length
        else {
          const newline = bytes.indexOf(NEWLINE, at)
          if (newline < 0 || newline >= end || bytes[newline - 1] !== END) break
          owner = owners.find(view, at, newline - 1 - at)
          if (owner < 0) break
          places.setNumber(place, LAST_OWNER, owner)
          at = newline - 1
        }
      }
      if (bytes[at + 1] !== NEWLINE || at + 2 > end) break

      const flow = places.number(place, FLOW)
      const ifaceDir = places.number(place, IFACE_DIR)
      const dir = (ifaceDir >>> DIR_SHIFT) & 7
      flows.touch(flow)
      batch.ts[row] = this.secondUs + micros
      batch.flow[row] = flow
      batch.iface[row] = ifaceDir & 0xffff
      batch.dir[row] = dir
      batch.bytes[row] = size >>> VALUE_SHIFT
      batch.frameBytes[row] = frameBytes >>> VALUE_SHIFT
      batch.packets[row] = packets >>> VALUE_SHIFT
      batch.tcpFlags[row] = flags
      if (owner !== NO_SECTION) {
        batch.owner[row] = owners.number(owner, OWNER)
        const attribution = owners.number(owner, ATTRIBUTION)
        batch.attribution[row] = attribution & 7
        batch.reason[row] = attribution >>> REASON_SHIFT
        batch.peer[row] = owners.number(owner, PEER)
      }
      batch.textAt[row] = next
      batch.textDirAt[row] = placeAt + (ifaceDir >>> DIR_AT_SHIFT)
      batch.textDir[row] = dir
      batch.textEnd[row] = ownerAt
      batch.length = row + 1
      next = at + 2
    }
    return next
  }

  /**
   * Remembers the sections of a line that JSON.parse has made `row` of, when they are as NdjsonWriter writes them.
   * @param text of the line, which begins at `start`
   */
  learn(text: string, view: DataView, start: number, batch: RecordBatch, row: number): void {
    const { places, owners, tables } = this
    const placeFrom = lineStart.exec(text)?.[0].length
    if (placeFrom === undefined || batch.extra.has(row) || batch.flow[row] === NO_FLOW) return
    const flow = batch.flow[row] as number
    const iface = batch.iface[row] as number
    const dir = batch.dir[row] as number
    const place = placeText(tables, iface, dir, flow)
    if (!text.startsWith(place, placeFrom)) return
    const numbers = lineNumbers.exec(text.slice(placeFrom + place.length))?.[0].length
    if (numbers === undefined) return
    const ownerFrom = placeFrom + place.length + numbers
    const attribution = batch.attribution[row] as number
    const reason = batch.reason[row] as number
    const owner = batch.owner[row] as number
    const peer = batch.peer[row] as number
    const owned =
      attribution === ATTRIBUTION_ABSENT ? '' : ownerText(tables, owner, peer, attribution, reason)
    if (text.slice(ownerFrom) !== `${owned}}`) return

    // Up to here all is ASCII: characters are bytes.
    const ownerLength = Buffer.byteLength(owned)
    if (owned !== '' && owners.find(view, start + ownerFrom, ownerLength) < 0) {
      const section = owners.add(view, start + ownerFrom, ownerLength)
      // Places keep sections of owners.
      if (owners.clears !== this.ownerClears) this.forgetPlaces()
      this.ownerClears = owners.clears
      if (section < 0) return
      owners.setNumber(section, OWNER, owner)
      owners.setNumber(section, PEER, peer)
      owners.setNumber(section, ATTRIBUTION, attribution | (reason << REASON_SHIFT))
    }
    if (places.find(view, start + placeFrom, place.length) >= 0) return
    const section = places.add(view, start + placeFrom, place.length)
    if (section < 0) return
    places.setNumber(section, FLOW, flow)
    const dirAt = ifaceText(tables, iface).length
    places.setNumber(section, IFACE_DIR, iface | (dir << DIR_SHIFT) | (dirAt << DIR_AT_SHIFT))
    places.setNumber(section, LAST_OWNER, NO_SECTION)
    this.shortestPlace = Math.min(this.shortestPlace, place.length)
    this.longestPlace = Math.max(this.longestPlace, place.length)
  }

  private forgetPlaces(): void {
    this.places.clear()
    this.shortestPlace = LONGEST_SECTION
    this.longestPlace = 0
  }

  /** Another second than the last line's. Each but the first is new only once in so many lines. */
  private newSecond(bytes: Uint8Array, view: DataView, start: number): boolean {
    if (!sameText(view, start, HEAD, 0, HEAD_LENGTH)) return false
    let at = start + HEAD_LENGTH
    let seconds = 0
    for (; at < start + HEAD_LENGTH + SECONDS; at++) {
      const digit = (bytes[at] as number) - ZERO
      if (digit >>> 0 > 9) break
      seconds = seconds * 10 + digit
    }
    const length = at + 1 - start
    const hasLeadingZero = bytes[start + HEAD_LENGTH] === ZERO && length > HEAD_LENGTH + 2
    if (length < HEAD_LENGTH + 2 || hasLeadingZero || seconds > MOST_SECONDS || bytes[at] !== POINT)
      return false
    for (let i = 0; i < length; i++) this.head.setUint8(i, bytes[start + i] as number)
    this.headLength = length
    this.secondUs = seconds * 1e6
    return true
  }
}

/** Behind the first `"bytes":` that ends from `first` to `last`, or -1. */
function placeEnd(bytes: Uint8Array, first: number, last: number): number {
  for (let at = first; at <= last; at++)
    if (
      bytes[at - 1] === COLON &&
      bytes[at - 2] === QUOTE &&
      bytes[at - 3] === 0x73 &&
      bytes[at - 7] === 0x62 &&
      bytes[at - 8] === QUOTE
    )
      return at
  return -1
}

/** Six digits as a number, or -1 where there are others. Four at a time, the first in the low bits. */
function sixDigits(view: DataView, at: number): number {
  const four = view.getInt32(at, true) ^ 0x30303030
  const two = view.getUint16(at + 4, true) ^ 0x3030
  // A byte above 9 has its high bit set, or gets it by adding 0x76.
  if (((four | (four + 0x76767676) | two | (two + 0x7676)) & 0x80808080) !== 0) return -1
  const pairs = (four * 10 + (four >>> 8)) & 0x00ff00ff
  return (pairs & 0xff) * 10000 + (pairs >>> 16) * 100 + (two & 0xff) * 10 + (two >>> 8)
}

/** A number of at most eight digits without a leading zero: its value above VALUE_SHIFT, below how many digits; 0: none. */
function number(bytes: Uint8Array, at: number): number {
  let value = (bytes[at] as number) - ZERO
  if (value >>> 0 > 9) return 0
  let digits = 1
  for (; ; digits++) {
    const digit = (bytes[at + digits] as number) - ZERO
    if (digit >>> 0 > 9) break
    if (digits === 8) return 0
    value = value * 10 + digit
  }
  if (digits > 1 && bytes[at] === ZERO) return 0
  return (value << VALUE_SHIFT) | digits
}

/** Flags of the letters in [from, to), which are then known; ABSENT_16 where those are not as they are written. */
function readFlags(bytes: Uint8Array, from: number, to: number, slot: number, letters: number): number {
  const text = String.fromCharCode(...bytes.subarray(from, to))
  const flags = parseTcpFlags(text)
  if (flags === undefined || formatTcpFlags(flags) !== text) return ABSENT_16
  if (to - from <= 4) {
    flagLetters[slot] = letters
    flagBits[slot] = flags
  }
  return flags
}
