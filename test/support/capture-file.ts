// A pcap file with one TCP connection, a DNS exchange, an ICMP echo, an IPv6 datagram and an ARP frame, built byte by byte.

const HOST = [192, 0, 2, 7]
const REMOTE = [198, 51, 100, 9]

function u16(value: number): number[] {
  return [(value >> 8) & 255, value & 255]
}

function ethernet(ethertype: number, payload: number[]): number[] {
  return [...Array<number>(12).fill(2), ...u16(ethertype), ...payload]
}

function ipv4(proto: number, source: number[], destination: number[], payload: number[]): number[] {
  const header = [
    0x45,
    0,
    ...u16(20 + payload.length),
    0,
    1,
    0,
    0,
    64,
    proto,
    0,
    0,
    ...source,
    ...destination,
  ]
  return ethernet(0x0800, [...header, ...payload])
}

function tcp(from: number, to: number, flags: number, size: number): number[] {
  return [
    ...u16(from),
    ...u16(to),
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0x50,
    flags,
    0,
    0,
    0,
    0,
    0,
    0,
    ...Array<number>(size).fill(65),
  ]
}

function udp(from: number, to: number, payload: number[]): number[] {
  return [...u16(from), ...u16(to), ...u16(8 + payload.length), 0, 0, ...payload]
}

const question = [7, ...Buffer.from('example'), 3, ...Buffer.from('com'), 0, 0, 1, 0, 1]
const query = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...question]
const answer = [
  0x12,
  0x34,
  0x81,
  0x80,
  0,
  1,
  0,
  1,
  0,
  0,
  0,
  0,
  ...question,
  0xc0,
  12,
  0,
  1,
  0,
  1,
  0,
  0,
  1,
  44,
  0,
  4,
  ...REMOTE,
]
const prefix = [0x20, 1, 0x0d, 0xb8, ...Array<number>(11).fill(0)]
const ipv6 = [0x60, 0, 0, 0, ...u16(12), 17, 64, ...prefix, 1, ...prefix, 2, ...udp(5000, 6000, [1, 2, 3, 4])]

export const frames: readonly number[][] = [
  ipv4(17, HOST, [192, 0, 2, 53], udp(40001, 53, query)),
  ipv4(17, [192, 0, 2, 53], HOST, udp(53, 40001, answer)),
  ipv4(6, HOST, REMOTE, tcp(53122, 443, 0x02, 0)),
  ipv4(6, REMOTE, HOST, tcp(443, 53122, 0x12, 0)),
  ipv4(6, HOST, REMOTE, tcp(53122, 443, 0x18, 100)),
  ipv4(6, REMOTE, HOST, tcp(443, 53122, 0x18, 1000)),
  ipv4(1, HOST, REMOTE, [8, 0, 0, 0, 0, 1, 0, 1]),
  ethernet(0x86dd, ipv6),
  ethernet(0x0806, Array<number>(28).fill(0)),
]

/** The frames half a second apart, in the little-endian pcap format with microseconds. */
export function captureFile(): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(262144, 16)
  header.writeUInt32LE(1, 20)
  const records = frames.map((frame, at) => {
    const record = Buffer.alloc(16)
    record.writeUInt32LE(1763910000 + Math.floor(at / 2), 0)
    record.writeUInt32LE((at % 2) * 500000 + 123, 4)
    record.writeUInt32LE(frame.length, 8)
    record.writeUInt32LE(frame.length, 12)
    return Buffer.concat([record, Buffer.from(frame)])
  })
  return Buffer.concat([header, ...records])
}

/**
 * The same frames in a pcapng file: a section, two interfaces (the second with nanoseconds), a block of unknown type.
 * @param address IPv4, of the first interface
 */
export function pcapngFile(address: readonly number[] = []): Buffer {
  const block = (type: number, body: Buffer) => {
    const length = 12 + body.length
    const bytes = Buffer.alloc(length)
    bytes.writeUInt32LE(type, 0)
    bytes.writeUInt32LE(length, 4)
    body.copy(bytes, 8)
    bytes.writeUInt32LE(length, length - 4)
    return bytes
  }
  const section = Buffer.alloc(16, 0xff)
  section.writeUInt32LE(0x1a2b3c4d, 0)
  section.writeUInt16LE(1, 4)
  section.writeUInt16LE(0, 6)
  const described = (options: number[]) => Buffer.from([1, 0, 0, 0, 0, 0, 4, 0, ...options])
  // if_name "eth0"; if_tsresol 9
  const eth0 = [2, 0, 4, 0, 0x65, 0x74, 0x68, 0x30]
  // if_IPv4addr, with its mask
  if (address.length > 0) eth0.push(4, 0, 8, 0, ...address, 255, 255, 255, 0)
  const nanoseconds = [9, 0, 1, 0, 9, 0, 0, 0]
  const packets = frames.map((frame, at) => {
    const padded = (frame.length + 3) & ~3
    const body = Buffer.alloc(20 + padded)
    const units = (1763910000n * 1000000n + BigInt(at) * 500000n) * (at % 2 === 0 ? 1n : 1000n)
    body.writeUInt32LE(at % 2, 0)
    body.writeUInt32LE(Number(units >> 32n), 4)
    body.writeUInt32LE(Number(units & 0xffffffffn), 8)
    body.writeUInt32LE(frame.length, 12)
    body.writeUInt32LE(frame.length, 16)
    Buffer.from(frame).copy(body, 20)
    return block(6, body)
  })
  return Buffer.concat([
    block(0x0a0d0d0a, section),
    block(1, described([...eth0, 0, 0, 0, 0])),
    block(1, described([...nanoseconds, 0, 0, 0, 0])),
    block(0x0bad, Buffer.from([1, 2, 3, 4])),
    ...packets,
  ])
}
