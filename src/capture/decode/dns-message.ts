// One DNS message (RFC 1035 sec. 4) as a record. Names and answers are bounded, so that a message costs work in proportion to
// its length, whatever it says.

import type { DnsRecord } from '../../record/generated/types.ts'
import { u16 } from './decoded.ts'
import { dataText } from './dns-data.ts'
import { opcodes, rcodes, typeName } from './dns-numbers.ts'
import { CutShort, DnsReader } from './dns-reader.ts'

export type DnsMessage = Pick<
  DnsRecord,
  'id' | 'qr' | 'opcode' | 'rcode' | 'query_name' | 'query_type' | 'answers' | 'truncated'
>

const HEADER_LENGTH = 12
const TYPE_OPT = 41
const OPCODE_UPDATE = 5
/** Of the address types a class other than the Internet's has its own, or none: CHAOS's A is a name and a number. */
const addressTypes: ReadonlySet<number> = new Set([1, 28])
const UNKNOWN = 0
const CLASS_IN = 1
/** The upper bit of a class in multicast DNS (RFC 6762 sec. 10.2). */
const CACHE_FLUSH = 0x8000
/** Answers that are kept of one message; a UDP message of 64 KiB could hold some 4,000. */
const MOST_ANSWERS = 256
/** Characters of names and data that are kept: JSON may double them, and a line of more than 1 MiB is no record. */
const MOST_TEXT = 6 << 16

/** Reads bytes [start, end). @returns undefined when there is not even a whole header */
export function decodeDnsMessage(bytes: Uint8Array, start: number, end: number): DnsMessage | undefined {
  if (end - start < HEADER_LENGTH) return undefined
  const flags = u16(bytes, start + 2)
  const isResponse = (flags & 0x8000) !== 0
  const opcode = (flags >> 11) & 15
  const reader = new DnsReader(bytes, start, end, start + HEADER_LENGTH, end)
  const message: DnsMessage = {
    id: u16(bytes, start),
    qr: isResponse ? 'response' : 'query',
    opcode: opcodes[opcode] ?? String(opcode),
    answers: [],
    truncated: (flags & 0x0200) !== 0,
  }
  let rcode = flags & 15
  let room = MOST_TEXT
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
      // An UPDATE has there what must be so for it to be done (RFC 2136 sec. 2.4).
      const isKept =
        i < answers && opcode !== OPCODE_UPDATE && message.answers.length < MOST_ANSWERS && room > 0
      const name = isKept ? reader.name() : reader.skipName()
      const type = reader.u16()
      const isInternet = (reader.u16() & ~CACHE_FLUSH) === CLASS_IN
      const ttl = reader.u32()
      const data = reader.part(reader.u16())
      // The upper eight bits of an extended rcode stand where others have a TTL (RFC 6891 sec. 6.1.3).
      if (type === TYPE_OPT) rcode |= (ttl >>> 24) << 4
      else if (name !== undefined) {
        const isShown = isInternet || !addressTypes.has(type)
        const text = dataText(isShown ? type : UNKNOWN, data)
        room -= name.length + text.length
        if (room >= 0) message.answers.push({ name, type: typeName(type), ttl, data: text })
      }
    }
  } catch (error) {
    if (!(error instanceof CutShort)) throw error
    message.truncated = true
  }
  if (isResponse) message.rcode = rcodes[rcode] ?? String(rcode)
  return message
}
