// One DNS message (RFC 1035 sec. 4) as a record. Everything is bounded: a name has at most 255 octets and follows at most
// MOST_POINTERS pointers, so that a message costs work in proportion to its length, whatever it says.

import { formatAddress } from '../../record/address.ts'
import type { DnsRecord } from '../../record/generated/types.ts'
import { u16, u32 } from './decoded.ts'
import { opcodes, rcodes, typeName, types } from './dns-numbers.ts'

export type DnsMessage = Pick<
  DnsRecord,
  'id' | 'qr' | 'opcode' | 'rcode' | 'query_name' | 'query_type' | 'answers' | 'truncated'
>

const TYPE_OPT = 41
/** Answers that are kept of one message; a UDP message of 64 KiB could hold some 4,000. */
const MOST_ANSWERS = 256
/** A name has at most 127 labels; servers point once, or a few times. Pointers may go forward: some servers' do. */
const MOST_POINTERS = 32

/** Reads bytes [start, end). @returns undefined when there is not even a whole header */
export function decodeDnsMessage(bytes: Uint8Array, start: number, end: number): DnsMessage | undefined {
  if (end - start < 12) return undefined
  const flags = u16(bytes, start + 2)
  const isResponse = (flags & 0x8000) !== 0
  const reader = new Reader(bytes, start, end)
  const message: DnsMessage = {
    id: u16(bytes, start),
    qr: isResponse ? 'response' : 'query',
    opcode: opcodes[(flags >> 11) & 15] ?? String((flags >> 11) & 15),
    answers: [],
    truncated: (flags & 0x0200) !== 0,
  }
  let rcode = flags & 15
  try {
    for (let i = u16(bytes, start + 4); i > 0; i--) {
      if (message.query_name !== undefined) {
        reader.skipName()
        reader.take(4)
        continue
      }
      message.query_name = reader.name()
      message.query_type = typeName(reader.u16())
      reader.u16()
    }
    const answers = u16(bytes, start + 6)
    const others = u16(bytes, start + 8) + u16(bytes, start + 10)
    for (let i = 0; i < answers + others; i++) {
      const isKept = i < answers && message.answers.length < MOST_ANSWERS
      const name = isKept ? reader.name() : reader.skipName()
      const type = reader.u16()
      reader.u16()
      const ttl = reader.u32()
      const data = reader.take(reader.u16())
      // The upper eight bits of an extended rcode stand where others have a TTL (RFC 6891 sec. 6.1.3).
      if (type === TYPE_OPT) rcode |= (ttl >>> 24) << 4
      else if (name !== undefined) {
        message.answers.push({ name, type: typeName(type), ttl, data: reader.data(type, data, reader.at) })
      }
    }
  } catch (error) {
    if (!(error instanceof CutShort)) throw error
    message.truncated = true
  }
  if (isResponse) message.rcode = rcodes[rcode] ?? String(rcode)
  return message
}

class CutShort extends Error {}

class Reader {
  at: number
  private readonly bytes: Uint8Array
  private readonly start: number
  private readonly end: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.at = start + 12
  }

  u16(): number {
    const at = this.take(2)
    return u16(this.bytes, at)
  }

  u32(): number {
    const at = this.take(4)
    return u32(this.bytes, at)
  }

  /** @returns where the bytes begin */
  take(length: number): number {
    const at = this.at
    if (at + length > this.end) throw new CutShort()
    this.at += length
    return at
  }

  name(): string {
    const [text, next] = this.nameAt(this.at, this.end)
    this.at = next
    return text
  }

  /** Over a name that is not kept: its pointer is not followed, which would cost up to 127 labels for two bytes. */
  skipName(): undefined {
    for (;;) {
      const length = this.bytes[this.take(1)] as number
      if (length === 0) return
      if (length >= 0x40 && length < 0xc0) throw new CutShort()
      this.take(length >= 0xc0 ? 1 : length)
      if (length >= 0xc0) return
    }
  }

  /** A name (RFC 1035 sec. 4.1.4) and where it ends. */
  private nameAt(from: number, end: number): [text: string, next: number] {
    let text = ''
    let octets = 1
    let at = from
    let next = -1
    let pointers = 0
    for (;;) {
      if (at >= end) throw new CutShort()
      const length = this.bytes[at] as number
      if (length === 0) return [text === '' ? '.' : text, next < 0 ? at + 1 : next]
      if ((length & 0xc0) === 0xc0) {
        if (at + 2 > end) throw new CutShort()
        const target = this.start + (u16(this.bytes, at) & 0x3fff)
        if (next < 0) next = at + 2
        if (++pointers > MOST_POINTERS) throw new CutShort()
        at = target
        end = this.end
        continue
      }
      octets += length + 1
      if ((length & 0xc0) !== 0 || at + 1 + length > end || octets > 255) throw new CutShort()
      text += (text === '' ? '' : '.') + label(this.bytes, at + 1, at + 1 + length)
      at += 1 + length
    }
  }

  /** Text of a record's data (RFC 1035 sec. 5.1), or \# and hex for what is not known (RFC 3597 sec. 5). */
  data(type: number, from: number, to: number): string {
    const { bytes } = this
    const length = to - from
    switch (types[type]) {
      case 'A':
        if (length === 4) return formatAddress(0, 0, 0xffff, u32(bytes, from))
        break
      case 'AAAA':
        if (length === 16) return formatAddress6(bytes, from)
        break
      case 'NS':
      case 'CNAME':
      case 'PTR':
      case 'DNAME':
        return this.nameAt(from, to)[0]
      case 'MX':
        if (length > 2) return `${u16(bytes, from)} ${this.nameAt(from + 2, to)[0]}`
        break
      case 'SRV':
        if (length > 6)
          return `${u16(bytes, from)} ${u16(bytes, from + 2)} ${u16(bytes, from + 4)} ${this.nameAt(from + 6, to)[0]}`
        break
      case 'SOA': {
        const [primary, second] = this.nameAt(from, to)
        const [mail, numbers] = this.nameAt(second, to)
        if (to - numbers === 20)
          return [primary, mail, ...[0, 4, 8, 12, 16].map(at => u32(bytes, numbers + at))].join(' ')
        break
      }
      case 'TXT':
      case 'SPF':
        return texts(bytes, from, to)
      case 'CAA':
        if (length >= 2 && length >= 2 + (bytes[from + 1] as number)) {
          const tag = from + 2 + (bytes[from + 1] as number)
          return `${bytes[from]} ${label(bytes, from + 2, tag)} "${label(bytes, tag, to)}"`
        }
        break
      case 'SVCB':
      case 'HTTPS':
        if (length > 2) {
          const [target, params] = this.nameAt(from + 2, to)
          return `${u16(bytes, from)} ${target}${serviceParameters(bytes, params, to)}`
        }
        break
    }
    return `\\# ${length}${length === 0 ? '' : ` ${hex(bytes, from, to)}`}`
  }
}

/** How an octet of a label is written: a dot, a backslash and what is not printable ASCII escaped (RFC 1035 sec. 5.1). */
const octets = Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x2e || byte === 0x5c || byte === 0x22) return `\\${String.fromCharCode(byte)}`
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`
})

function label(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += octets[bytes[i] as number]
  return text
}

function texts(bytes: Uint8Array, from: number, to: number): string {
  const parts: string[] = []
  for (let at = from; at < to;) {
    const end = Math.min(at + 1 + (bytes[at] as number), to)
    parts.push(
      `"${label(bytes, at + 1, end)
        .replaceAll('\\032', ' ')
        .replaceAll('\\.', '.')}"`,
    )
    at = end
  }
  return parts.join(' ')
}

// RFC 9460 sec. 14.3.2.
const parameterNames = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint']

function serviceParameters(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at + 4 <= to;) {
    const key = u16(bytes, at)
    const end = Math.min(at + 4 + u16(bytes, at + 2), to)
    text += ` ${parameterNames[key] ?? `key${key}`}`
    if (end > at + 4) text += `=${parameterValue(bytes, key, at + 4, end)}`
    at = end
  }
  return text
}

function parameterValue(bytes: Uint8Array, key: number, from: number, to: number): string {
  const step = (size: number, format: (at: number) => string) =>
    Array.from({ length: Math.floor((to - from) / size) }, (_, i) => format(from + i * size)).join(',')
  if (key === 1) {
    const protocols: string[] = []
    for (let at = from; at < to;) {
      const end = Math.min(at + 1 + (bytes[at] as number), to)
      protocols.push(label(bytes, at + 1, end).replaceAll('\\.', '.'))
      at = end
    }
    return protocols.join(',')
  }
  if (key === 3 && to - from === 2) return String(u16(bytes, from))
  if (key === 4) return step(4, at => formatAddress(0, 0, 0xffff, u32(bytes, at)))
  if (key === 6) return step(16, at => formatAddress6(bytes, at))
  return hex(bytes, from, to)
}

function formatAddress6(bytes: Uint8Array, at: number): string {
  return formatAddress(u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12))
}

function hex(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += (bytes[i] as number).toString(16).padStart(2, '0')
  return text
}
