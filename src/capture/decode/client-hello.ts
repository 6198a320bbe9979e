// The server name in a TLS ClientHello (RFC 8446 sec. 4.1.2, RFC 6066 sec. 3). Nothing else of it is looked at.

import { u16 } from './decoded.ts'

/** The message is cut before it tells; it tells no name. */
export const CUT = Symbol('cut')
export const NO_NAME = Symbol('no name')
export type ServerName = string | typeof CUT | typeof NO_NAME

const RECORD_HEADER = 5
const CONTENT_HANDSHAKE = 22
const CLIENT_HELLO = 1
const EXTENSION_SERVER_NAME = 0
const NAME_TYPE_HOST = 0
/** With post-quantum keys a ClientHello has some 2 KiB. */
export const LONGEST_HELLO = 1 << 14

/** Whether bytes [at, end) begin with a TLS record (RFC 8446 sec. 5.1) that begins a ClientHello. */
export function beginsClientHello(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    end - at > RECORD_HEADER &&
    bytes[at] === CONTENT_HANDSHAKE &&
    bytes[at + 1] === 3 &&
    bytes[at + RECORD_HEADER] === CLIENT_HELLO
  )
}

/** Reads TLS records [at, end), over which the ClientHello may be spread. */
export function serverNameOfRecords(bytes: Uint8Array, at: number, end: number): ServerName {
  const first = at + RECORD_HEADER
  if (first > end) return CUT
  const firstEnd = first + u16(bytes, at + 3)
  // Nearly always there is one record.
  if (firstEnd >= end) return serverNameOfHello(bytes, first, end)
  const parts: Uint8Array[] = []
  let length = 0
  for (let record = at; record + RECORD_HEADER <= end && length < LONGEST_HELLO;) {
    if (bytes[record] !== CONTENT_HANDSHAKE) break
    const size = u16(bytes, record + 3)
    if (size === 0) return NO_NAME
    const part = bytes.subarray(record + RECORD_HEADER, Math.min(record + RECORD_HEADER + size, end))
    parts.push(part)
    length += part.length
    record += RECORD_HEADER + size
  }
  const hello = new Uint8Array(length)
  let filled = 0
  for (const part of parts) {
    hello.set(part, filled)
    filled += part.length
  }
  return serverNameOfHello(hello, 0, length)
}

/** Reads a handshake message [at, end), as far as it is there. */
export function serverNameOfHello(bytes: Uint8Array, at: number, end: number): ServerName {
  if (end - at < 4) return CUT
  if (bytes[at] !== CLIENT_HELLO) return NO_NAME
  const whole = at + 4 + (((bytes[at + 1] as number) << 16) | u16(bytes, at + 2))
  const stop = Math.min(whole, end)
  const ending = whole > end ? CUT : NO_NAME
  // legacy_version 2, random 32; then legacy_session_id, cipher_suites, legacy_compression_methods behind their lengths.
  let here = at + 4 + 34
  if (here + 1 > stop) return ending
  here += 1 + (bytes[here] as number)
  if (here + 2 > stop) return ending
  here += 2 + u16(bytes, here)
  if (here + 1 > stop) return ending
  here += 1 + (bytes[here] as number)
  if (here + 2 > stop) return ending
  const extensionsEnd = here + 2 + u16(bytes, here)
  here += 2
  // Each extension has four bytes or more: the message's length bounds the walk.
  while (here + 4 <= extensionsEnd) {
    if (here + 4 > stop) return ending
    const type = u16(bytes, here)
    const dataEnd = here + 4 + u16(bytes, here + 2)
    if (type === EXTENSION_SERVER_NAME) {
      if (dataEnd > stop) return ending
      return hostName(bytes, here + 4, dataEnd)
    }
    here = dataEnd
  }
  return NO_NAME
}

/** ServerNameList: a length, then type, length and bytes of each name, of which one is a host's (RFC 6066 sec. 3). */
function hostName(bytes: Uint8Array, at: number, end: number): ServerName {
  for (let here = at + 2; here + 3 <= end;) {
    const nameEnd = here + 3 + u16(bytes, here + 1)
    if (nameEnd > end) return NO_NAME
    if (bytes[here] === NAME_TYPE_HOST) return hostText(bytes, here + 3, nameEnd)
    here = nameEnd
  }
  return NO_NAME
}

/** In lower case, without a final dot. What is not printable ASCII is no host name: it is not shown. */
function hostText(bytes: Uint8Array, from: number, to: number): ServerName {
  const end = to > from && bytes[to - 1] === 0x2e ? to - 1 : to
  if (end === from || end - from > 255) return NO_NAME
  let text = ''
  for (let i = from; i < end; i++) {
    const byte = bytes[i] as number
    if (byte <= 0x20 || byte >= 0x7f) return NO_NAME
    text += String.fromCharCode(byte)
  }
  return text.toLowerCase()
}
