// Server names of the connections that begin in the stream: over TCP in the first segments of the client, over UDP in QUIC's
// Initial packets. Of handshakes that are cut the beginning is kept for a while, few and small; nothing of them goes further.

import {
  CUT,
  LONGEST_HELLO,
  beginsClientHello,
  serverNameOfHello,
  serverNameOfRecords,
} from './client-hello.ts'
import { copied } from './decoded.ts'
import {
  beginsInitial,
  cryptoPieces,
  initialKeys,
  openInitial,
  readInitial,
  type InitialCrypto,
  type InitialKeys,
} from './quic-initial.ts'

/** A TLS stream that began with a ClientHello which is not all there. */
interface Beginning {
  nextSequence: number
  bytes: Uint8Array
}

/** The handshake of one QUIC client: its pieces may come in any order, in several packets. */
interface QuicHandshake {
  readonly version: number
  readonly keys: InitialKeys
  readonly hello: Uint8Array
  /** Which bytes of it are there. */
  readonly has: Uint8Array
  isDone: boolean
}

const MOST_BEGINNINGS = 256
const MOST_HANDSHAKES = 256
/** Initial packets of one datagram that are looked at. */
const MOST_COALESCED = 4
const LONGEST_QUIC_HELLO = 4096
export class Handshakes {
  private readonly crypto: InitialCrypto | undefined
  private readonly beginnings = new Map<number, Beginning>()
  private readonly quic = new Map<number, QuicHandshake>()

  /** @param crypto without it, QUIC is left out */
  constructor(crypto: InitialCrypto | undefined) {
    this.crypto = crypto
  }

  /** Whether payload [from, to) may tell a name, so that it is for segment() or datagram(). */
  reads(isTcp: boolean, bytes: Uint8Array, from: number, to: number): boolean {
    return isTcp
      ? this.beginnings.size > 0 || beginsClientHello(bytes, from, to)
      : this.crypto !== undefined && beginsInitial(bytes, from, to)
  }

  /** Payload [from, to) of a TCP segment. @returns the server name that it completes */
  segment(flow: number, sequence: number, bytes: Uint8Array, from: number, to: number): string | undefined {
    if (beginsClientHello(bytes, from, to)) {
      const name = serverNameOfRecords(bytes, from, to)
      if (name !== CUT) this.beginnings.delete(flow)
      else this.keep(flow, { nextSequence: (sequence + to - from) >>> 0, bytes: copied(bytes, from, to) })
      return typeof name === 'string' ? name : undefined
    }
    if (this.beginnings.size === 0) return undefined
    const known = this.beginnings.get(flow)
    return known === undefined ? undefined : this.goOn(flow, known, sequence, bytes.subarray(from, to))
  }

  /** Payload [from, to) of a UDP datagram. @returns the server name that it completes */
  datagram(flow: number, bytes: Uint8Array, from: number, to: number): string | undefined {
    const { crypto } = this
    if (crypto === undefined || !beginsInitial(bytes, from, to)) return undefined
    let at = from
    for (let i = 0; i < MOST_COALESCED; i++) {
      const packet = readInitial(bytes, at, to)
      if (packet === undefined) return undefined
      let handshake = this.quic.get(flow)
      if (handshake?.isDone) return undefined
      let frames =
        handshake?.version === packet.version ? openInitial(bytes, packet, handshake.keys, crypto) : undefined
      if (frames === undefined) {
        // The first, or the first after a Retry, from where on another id makes the keys (RFC 9001 sec. 5.2).
        const keys = initialKeys(packet, crypto)
        frames = openInitial(bytes, packet, keys, crypto)
        if (frames === undefined) return undefined
        handshake = newHandshake(packet.version, keys)
        this.keepQuic(flow, handshake)
      }
      const name = handshake === undefined ? undefined : addPieces(handshake, frames)
      if (name !== undefined) return name
      at = packet.end
    }
    return undefined
  }

  forget(flows: readonly number[]): void {
    for (const flow of flows) {
      this.beginnings.delete(flow)
      this.quic.delete(flow)
    }
  }

  private goOn(flow: number, known: Beginning, sequence: number, payload: Uint8Array): string | undefined {
    const overlap = (known.nextSequence - sequence) | 0
    // Sent again: nothing new.
    if (overlap >= payload.length) return undefined
    this.beginnings.delete(flow)
    const length = known.bytes.length + payload.length - overlap
    // A gap, or more than any ClientHello has: the name is not to be had.
    if (overlap < 0 || length > LONGEST_HELLO) return undefined
    const bytes = new Uint8Array(length)
    bytes.set(known.bytes)
    bytes.set(payload.subarray(overlap), known.bytes.length)
    const name = serverNameOfRecords(bytes, 0, length)
    if (name === CUT) this.keep(flow, { nextSequence: (sequence + payload.length) >>> 0, bytes })
    return typeof name === 'string' ? name : undefined
  }

  private keep(flow: number, beginning: Beginning): void {
    if (beginning.bytes.length > LONGEST_HELLO) return
    this.beginnings.delete(flow)
    if (this.beginnings.size >= MOST_BEGINNINGS)
      this.beginnings.delete(this.beginnings.keys().next().value as number)
    this.beginnings.set(flow, beginning)
  }

  private keepQuic(flow: number, handshake: QuicHandshake): void {
    this.quic.delete(flow)
    if (this.quic.size >= MOST_HANDSHAKES) this.quic.delete(this.quic.keys().next().value as number)
    this.quic.set(flow, handshake)
  }
}

function newHandshake(version: number, keys: InitialKeys): QuicHandshake {
  return {
    version,
    keys,
    hello: new Uint8Array(LONGEST_QUIC_HELLO),
    has: new Uint8Array(LONGEST_QUIC_HELLO),
    isDone: false,
  }
}

/** @returns the server name, once it is there */
function addPieces(handshake: QuicHandshake, frames: Uint8Array): string | undefined {
  const { hello, has } = handshake
  cryptoPieces(frames, (offset, from, to) => {
    const room = LONGEST_QUIC_HELLO - offset
    if (room <= 0) return
    const piece = frames.subarray(from, Math.min(to, from + room))
    hello.set(piece, offset)
    has.fill(1, offset, offset + piece.length)
  })
  const gap = has.indexOf(0)
  const name = serverNameOfHello(hello, 0, gap < 0 ? LONGEST_QUIC_HELLO : gap)
  handshake.isDone = name !== CUT
  return typeof name === 'string' ? name : undefined
}
