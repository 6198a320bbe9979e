// The fast way for a packet line exactly as NdjsonWriter lays it out:
//
//   {"type":"packet","ts":S.UUUUUU,"iface":…"dst_port":N,"bytes":N,"frame_bytes":N,"packets":N[,"tcp_flags":"…"][,"pid":…]}
//   ^----------- head ------------^------- place --------------^                                              ^-- owner --^
//
// `place` (interface, direction, five-tuple) and `owner` are looked up by their bytes; numbers are read digit by digit. One that
// was not seen before is read by packet-section.ts; a line that differs in any way is left to JSON.parse: so what is taken here
// is, byte for byte, what NdjsonWriter would make of the row.
// What it is for: the pipe in test/bench/pipeline.bench.ts.

import { ABSENT_16, type RecordBatch, type Tables } from './record-batch.ts'
import { readOwner, readPlace } from './packet-section.ts'
import { LINE_HEAD, ifaceText } from './packet-text.ts'
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
/** The end of a place. */
const PLACE_END = '"bytes":'

/** See number(). */
const VALUE_SHIFT = 4
const DIGITS = 15

/** Bytes that are read behind the last line, at most: any section may be tried there. */
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
    tables.owners.onForget(() => {
      this.owners.clear()
      this.forgetPlaces()
    })
  }

  /**
   * Adds the packets of the lines from `start` to `end`, which are whole, to the batch, as long as there is room, up to the first
   * line that is not for this path. At least READ_AHEAD bytes behind `end` can be read, and may be anything.
   * @returns where the first line begins that was not taken
   */
  read(bytes: Buffer, view: DataView, start: number, end: number, batch: RecordBatch): number {
    const { places, owners, head } = this
    const { flows } = this.tables
    let { headLength, shortestPlace, longestPlace } = this
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
      let place = at < 0 ? NO_SECTION : places.find(view, placeAt, at - placeAt)
      if (place === NO_SECTION) {
        place = this.learnPlace(bytes, view, placeAt)
        if (place === NO_SECTION) break
        at = placeAt + places.length(place)
        ;({ shortestPlace, longestPlace } = this)
      }

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
          if (bytes[newline - 1] !== END) break
          const length = newline - 1 - at
          owner = owners.find(view, at, length)
          if (owner === NO_SECTION) owner = this.learnOwner(bytes, view, at, length)
          if (owner === NO_SECTION) break
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

  /** Remembers the place at `at`, which is not known yet. @returns its section, or NO_SECTION where it is not as it is written */
  private learnPlace(bytes: Buffer, view: DataView, at: number): number {
    const newline = bytes.indexOf(NEWLINE, at)
    const rest = bytes.toString('latin1', at, Math.min(newline, at + LONGEST_SECTION))
    const length = rest.indexOf(PLACE_END) + PLACE_END.length
    if (length < PLACE_END.length) return NO_SECTION
    const place = readPlace(rest.slice(0, length), this.tables)
    if (place === undefined) return NO_SECTION
    const { places } = this
    const section = places.add(view, at, length)
    if (section < 0) return NO_SECTION
    const { flow, iface, dir } = place
    const dirAt = ifaceText(this.tables, iface).length
    places.setNumber(section, FLOW, flow)
    places.setNumber(section, IFACE_DIR, iface | (dir << DIR_SHIFT) | (dirAt << DIR_AT_SHIFT))
    places.setNumber(section, LAST_OWNER, NO_SECTION)
    this.shortestPlace = Math.min(this.shortestPlace, length)
    this.longestPlace = Math.max(this.longestPlace, length)
    return section
  }

  /** The same of an owner. NO_SECTION also where all places had to be forgotten: they keep sections of owners. */
  private learnOwner(bytes: Buffer, view: DataView, at: number, length: number): number {
    const text = bytes.toString('utf8', at, at + length)
    // Bytes that are no UTF-8 are read as others.
    if (Buffer.byteLength(text) !== length) return NO_SECTION
    const owned = readOwner(text, this.tables)
    if (owned === undefined) return NO_SECTION
    const { owners } = this
    const { clears } = owners
    const section = owners.add(view, at, length)
    if (section < 0) return NO_SECTION
    owners.setNumber(section, OWNER, owned.owner)
    owners.setNumber(section, PEER, owned.peer)
    owners.setNumber(section, ATTRIBUTION, owned.attribution | (owned.reason << REASON_SHIFT))
    if (owners.clears === clears) return section
    this.forgetPlaces()
    return NO_SECTION
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
