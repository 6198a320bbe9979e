// DNS messages as bytes: ordinary ones, and those that a decoder would work longest on.

import { dnsRecords } from './dns-records.ts'

/** Octets of a name, without compression. */
export function nameBytes(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.')
  return Buffer.concat([
    ...labels.map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ])
}

export function header(flags: number, counts: readonly number[], id = 4660): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt16BE(id, 0)
  bytes.writeUInt16BE(flags, 2)
  for (const [i, count] of counts.entries()) bytes.writeUInt16BE(count, 4 + 2 * i)
  return bytes
}

export function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}

export const toName = (offset: number): Buffer => u16(0xc000 | offset)

export function record(name: Buffer, type: number, data: Buffer): Buffer {
  return Buffer.concat([name, u16(type), u16(1), Buffer.from([0, 0, 1, 44]), u16(data.length), data])
}

const question = Buffer.concat([nameBytes('www.example.com'), u16(1), u16(1)])
const owner = toName(12)

/** Names compressed as servers do it; and every type that is shown as text. */
export const ordinary: readonly Buffer[] = [
  Buffer.concat([header(0x0100, [1, 0, 0, 0]), question]),
  Buffer.concat([
    header(0x8180, [1, 3, 1, 1]),
    question,
    record(owner, 5, Buffer.concat([Buffer.from([3]), Buffer.from('cdn'), toName(16)])),
    record(toName(45), 1, Buffer.from([198, 51, 100, 9])),
    record(toName(45), 28, Buffer.from('20010db8000000000000000000000009', 'hex')),
    record(toName(16), 2, nameBytes('ns.example.net')),
    record(Buffer.from([0]), 41, Buffer.alloc(0)),
  ]),
  Buffer.concat([
    header(0x8183, [1, 6, 0, 0]),
    question,
    record(owner, 15, Buffer.concat([u16(10), nameBytes('mail.example.com')])),
    record(owner, 16, Buffer.from('\x05hello\x07w\x1b[2J\x00rl')),
    record(owner, 6, Buffer.concat([nameBytes('ns.example.net'), toName(16), Buffer.alloc(20, 1)])),
    record(owner, 33, Buffer.concat([Buffer.alloc(6, 2), toName(16)])),
    record(owner, 65, Buffer.from('00010000010006026832026833000400080102030401020304', 'hex')),
    record(owner, 257, Buffer.from('\x00\x05issueca.example')),
  ]),
  Buffer.concat([
    header(0x8180, [1, dnsRecords.length, 0, 0]),
    question,
    ...dnsRecords.map(([type, , hex]) => record(owner, type, Buffer.from(hex, 'hex'))),
  ]),
]

const LONGEST = 65535

function filled(start: Buffer, piece: Buffer): Buffer {
  const count = Math.floor((LONGEST - start.length) / piece.length)
  return Buffer.concat([start, ...Array<Buffer>(count).fill(piece)])
}

/** 127 labels of one octet each: as many as a name can have. */
const manyLabels = nameBytes(Array<string>(127).fill('\x01').join('.'))

function chainOfPointers(length: number): Buffer {
  const links = Array.from({ length }, (_, i) => toName(12 + 2 * (i + 1)))
  return Buffer.concat([...links, Buffer.from([0])])
}

/** Messages of the greatest length, each meant to cost as much as possible. */
export const costly: ReadonlyArray<readonly [name: string, bytes: Buffer]> = [
  [
    'questions of 127 escaped labels through a pointer',
    filled(
      Buffer.concat([header(0, [0xffff, 0, 0, 0]), manyLabels, u16(1), u16(1)]),
      Buffer.concat([toName(12), u16(1), u16(1)]),
    ),
  ],
  [
    'answers of 127 escaped labels through a pointer',
    filled(
      Buffer.concat([header(0x8000, [1, 0xffff, 0, 0]), manyLabels, u16(1), u16(1)]),
      record(toName(12), 5, toName(12)),
    ),
  ],
  [
    'authority of 127 escaped labels through a pointer',
    filled(
      Buffer.concat([header(0x8000, [1, 0, 0xffff, 0]), manyLabels, u16(1), u16(1)]),
      record(toName(12), 1, Buffer.alloc(0)),
    ),
  ],
  [
    'names behind chains of pointers',
    filled(
      Buffer.concat([header(0x8000, [0, 0xffff, 0, 0]), chainOfPointers(31)]),
      record(toName(12), 2, toName(12)),
    ),
  ],
  [
    'start of authority, each name of 127 escaped labels through a pointer',
    filled(
      Buffer.concat([header(0x8000, [1, 0xffff, 0, 0]), manyLabels, u16(1), u16(1)]),
      record(toName(12), 6, Buffer.concat([toName(12), toName(12), Buffer.alloc(20, 255)])),
    ),
  ],
  [
    'lists of as many types as are shown',
    filled(
      Buffer.concat([header(0x8000, [1, 0xffff, 0, 0]), question]),
      record(owner, 47, Buffer.concat([nameBytes(''), Buffer.from([255, 32]), Buffer.alloc(32, 255)])),
    ),
  ],
  [
    'one key in base64',
    Buffer.concat([header(0x8000, [1, 1, 0, 0]), question, record(owner, 48, Buffer.alloc(65000, 255))]),
  ],
  ['a pointer to itself', filled(header(0x8000, [0xffff, 0, 0, 0]), toName(12))],
  [
    'one TXT record',
    Buffer.concat([header(0x8000, [1, 1, 0, 0]), question, record(owner, 16, Buffer.alloc(65000, 1))]),
  ],
  [
    'one record of an unknown type',
    Buffer.concat([header(0x8000, [1, 1, 0, 0]), question, record(owner, 65280, Buffer.alloc(65000, 255))]),
  ],
  [
    'one HTTPS record of empty parameters',
    Buffer.concat([
      header(0x8000, [1, 1, 0, 0]),
      question,
      record(owner, 65, Buffer.concat([u16(1), Buffer.from([0]), Buffer.alloc(64996)])),
    ]),
  ],
]
