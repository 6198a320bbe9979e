// The client's Initial packet of QUIC (RFC 9000 sec. 17.2.2; version 2: RFC 9369): its protection is made of nothing secret,
// so that the ClientHello in it can be read (RFC 9001 sec. 5.2). Cryptography comes in through a port: decoding stays pure.

import { copied, u32 } from './decoded.ts'

export interface InitialCrypto {
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array
  /** One block of 16 bytes, AES-128. */
  aesBlock(key: Uint8Array, block: Uint8Array): Uint8Array
  /** AES-128-GCM with its tag of 16 bytes at the end. @returns undefined when the tag does not fit */
  openAesGcm(
    key: Uint8Array,
    nonce: Uint8Array,
    associated: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined
}

/** What protects a client's Initial packets. */
export interface InitialKeys {
  readonly key: Uint8Array
  readonly iv: Uint8Array
  readonly headerKey: Uint8Array
}

interface Version {
  readonly salt: Uint8Array
  /** Bits 4 and 5 of an Initial's first byte. */
  readonly initialType: number
  readonly labels: readonly [key: string, iv: string, headerKey: string]
}

const v1Labels = ['quic key', 'quic iv', 'quic hp'] as const

/** RFC 9001 sec. 5.2; RFC 9369 sec. 3.1 and 3.3; drafts 29 to 32, which were in use, are as version 1 with their own salt. */
const versions: ReadonlyMap<number, Version> = new Map([
  [
    0x00000001,
    { salt: hex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a'), initialType: 0x00, labels: v1Labels },
  ],
  [
    0x6b3343cf,
    {
      salt: hex('0dede3def700a6db819381be6e269dcbf9bd2ed9'),
      initialType: 0x10,
      labels: ['quicv2 key', 'quicv2 iv', 'quicv2 hp'],
    },
  ],
  ...[0xff00001d, 0xff00001e, 0xff00001f, 0xff000020].map(
    draft =>
      [
        draft,
        { salt: hex('afbfec289993d24c9e9786f19c6111e04390a899'), initialType: 0x00, labels: v1Labels },
      ] as const,
  ),
])

const LONG_HEADER = 0x80
const FIXED_BIT = 0x40
const TYPE_BITS = 0x30
const MAX_CONNECTION_ID = 20
const TAG_LENGTH = 16
const SAMPLE_LENGTH = 16

/** One Initial packet of a datagram: where it lies, and what its keys are made of. */
export interface InitialPacket {
  readonly version: number
  readonly destinationId: Uint8Array
  readonly start: number
  /** The packet number, protected; what follows it is sealed. */
  readonly numberOff: number
  readonly end: number
}

/** Whether the datagram [at, end) begins with an Initial packet of a version that is known. */
export function beginsInitial(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 7) return false
  const first = bytes[at] as number
  if ((first & (LONG_HEADER | FIXED_BIT)) !== (LONG_HEADER | FIXED_BIT)) return false
  return versions.get(u32(bytes, at + 1))?.initialType === (first & TYPE_BITS)
}

/** Reads the header at `at`. @returns undefined when it is not an Initial packet that is all there */
export function readInitial(bytes: Uint8Array, at: number, end: number): InitialPacket | undefined {
  if (!beginsInitial(bytes, at, end)) return undefined
  const idOff = at + 6
  const idLength = bytes[at + 5] as number
  if (idLength > MAX_CONNECTION_ID || idOff + idLength + 1 > end) return undefined
  const sourceLength = bytes[idOff + idLength] as number
  if (sourceLength > MAX_CONNECTION_ID) return undefined
  const token = varint(bytes, idOff + idLength + 1 + sourceLength, end)
  const length = token === undefined ? undefined : varint(bytes, token.next + token.value, end)
  if (length === undefined || length.next + length.value > end) return undefined
  // Four bytes of packet number at most, then the sample of the header's protection.
  if (length.value < 4 + SAMPLE_LENGTH) return undefined
  return {
    version: u32(bytes, at + 1),
    destinationId: copied(bytes, idOff, idOff + idLength),
    start: at,
    numberOff: length.next,
    end: length.next + length.value,
  }
}

/** RFC 9001 sec. 5.2: made of the destination connection id of the client's first packet. */
export function initialKeys(packet: InitialPacket, crypto: InitialCrypto): InitialKeys {
  const { salt, labels } = versions.get(packet.version) as Version
  const secret = crypto.hmacSha256(salt, packet.destinationId)
  const client = expandLabel(crypto, secret, 'client in', 32)
  return {
    key: expandLabel(crypto, client, labels[0], 16),
    iv: expandLabel(crypto, client, labels[1], 12),
    headerKey: expandLabel(crypto, client, labels[2], 16),
  }
}

/** The frames in the packet; undefined when the keys do not fit. */
export function openInitial(
  bytes: Uint8Array,
  packet: InitialPacket,
  keys: InitialKeys,
  crypto: InitialCrypto,
): Uint8Array | undefined {
  const { start, numberOff, end } = packet
  // RFC 9001 sec. 5.4: the sample begins where the sealed bytes would if the packet number had four bytes.
  const mask = crypto.aesBlock(keys.headerKey, bytes.subarray(numberOff + 4, numberOff + 4 + SAMPLE_LENGTH))
  const first = (bytes[start] as number) ^ ((mask[0] as number) & 0x0f)
  const numberLength = (first & 3) + 1
  const header = copied(bytes, start, numberOff + numberLength)
  header[0] = first
  const nonce = copied(keys.iv, 0, keys.iv.length)
  for (let i = 0; i < numberLength; i++) {
    const at = numberOff - start + i
    header[at] = (header[at] as number) ^ (mask[1 + i] as number)
    // Of a client's first packets the number is small: what is sent of it is all of it.
    nonce[12 - numberLength + i] = (nonce[12 - numberLength + i] as number) ^ (header[at] as number)
  }
  const sealed = bytes.subarray(numberOff + numberLength, end)
  return sealed.length < TAG_LENGTH ? undefined : crypto.openAesGcm(keys.key, nonce, header, sealed)
}

const FRAME_PADDING = 0x00
const FRAME_PING = 0x01
const FRAME_ACK = 0x02
const FRAME_ACK_ECN = 0x03
const FRAME_CRYPTO = 0x06

/**
 * Calls back for each piece of the handshake: its place in it, and its bytes [from, to) of `frames` (RFC 9000 sec. 19.6).
 * Frames that no client sends in an Initial packet end the walk.
 */
export function cryptoPieces(
  frames: Uint8Array,
  onPiece: (offset: number, from: number, to: number) => void,
): void {
  const end = frames.length
  for (let at = 0; at < end;) {
    const type = frames[at++] as number
    if (type === FRAME_PADDING || type === FRAME_PING) continue
    if (type === FRAME_ACK || type === FRAME_ACK_ECN) {
      const next = afterAck(frames, at, type === FRAME_ACK_ECN)
      if (next === undefined) return
      at = next
      continue
    }
    if (type !== FRAME_CRYPTO) return
    const offset = varint(frames, at, end)
    const length = offset === undefined ? undefined : varint(frames, offset.next, end)
    if (offset === undefined || length === undefined || length.next + length.value > end) return
    onPiece(offset.value, length.next, length.next + length.value)
    at = length.next + length.value
  }
}

/** RFC 9000 sec. 19.3: largest, delay, count of ranges, first range, two numbers for each range, three counts with ECN. */
function afterAck(frames: Uint8Array, from: number, hasEcn: boolean): number | undefined {
  let at = from
  let numbers = 4
  for (let i = 0; i < numbers; i++) {
    const number = varint(frames, at, frames.length)
    if (number === undefined) return undefined
    // Each takes a byte at least: the frame's length bounds the walk.
    if (i === 2) numbers += number.value * 2 + (hasEcn ? 3 : 0)
    at = number.next
  }
  return at
}

/** RFC 9000 sec. 16. */
function varint(bytes: Uint8Array, at: number, end: number): { value: number; next: number } | undefined {
  if (at >= end) return undefined
  const first = bytes[at] as number
  const length = 1 << (first >> 6)
  if (at + length > end) return undefined
  let value = first & 0x3f
  for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] as number)
  return { value, next: at + length }
}

/** HKDF-Expand-Label (RFC 8446 sec. 7.1) for at most 32 bytes: one round of HKDF-Expand (RFC 5869 sec. 2.3). */
function expandLabel(crypto: InitialCrypto, secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = `tls13 ${label}`
  const info = new Uint8Array(2 + 1 + name.length + 1 + 1)
  info[1] = length
  info[2] = name.length
  for (let i = 0; i < name.length; i++) info[3 + i] = name.charCodeAt(i)
  info[info.length - 1] = 1
  return crypto.hmacSha256(secret, info).subarray(0, length)
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], byte => parseInt(byte, 16))
}
