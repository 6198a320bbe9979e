// A large capture file for measurements: TCP packets over 2,000 flows, 66 bytes captured of each, 10 us apart; and the
// sockets of its one side.

import { closeSync, openSync, writeSync } from 'node:fs'
import { Mutator } from './mutator.ts'

const FLOWS = 2000
const CAPTURED = 66
const RECORD = 16 + CAPTURED
const LENGTHS = [52, 60, 1500, 576]
const PORTS = [443, 80, 22, 53000, 8443]
const START_S = 1763910000

interface TcpFlow {
  readonly local: readonly number[]
  readonly localPort: number
  readonly remote: readonly number[]
  readonly remotePort: number
}

function tcpFlows(random: Mutator): TcpFlow[] {
  return Array.from({ length: FLOWS }, () => ({
    local: [10, 0, random.below(256), 1 + random.below(254)],
    localPort: 1024 + random.below(64000),
    remote: [1 + random.below(222), random.below(256), random.below(256), 1 + random.below(254)],
    remotePort: PORTS[random.below(PORTS.length)] as number,
  }))
}

/** Writes `packets` packets to `path`, and to `socketsPath` a dump of 50 processes' sockets for them. */
export function writeManyPackets(path: string, packets: number, socketsPath: string): void {
  const random = new Mutator(7)
  const flows = tcpFlows(random)
  const file = openSync(path, 'w')
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65535, 16)
  header.writeUInt32LE(1, 20)
  writeSync(file, header)
  const piece = Buffer.alloc(RECORD * 4096)
  let used = 0
  for (let i = 0; i < packets; i++) {
    const { local, localPort, remote, remotePort } = flows[random.below(FLOWS)] as TcpFlow
    const isOut = i % 2 === 0
    const length = LENGTHS[random.below(LENGTHS.length)] as number
    const at = used
    piece.fill(0, at, at + RECORD)
    piece.writeUInt32LE(START_S + Math.floor(i / 100000), at)
    piece.writeUInt32LE((i % 100000) * 10, at + 4)
    piece.writeUInt32LE(CAPTURED, at + 8)
    piece.writeUInt32LE(length + 14, at + 12)
    const ip = at + 16 + 14
    piece.writeUInt16BE(0x0800, ip - 2)
    piece.writeUInt16BE(0x4500, ip)
    piece.writeUInt16BE(length, ip + 2)
    piece.writeUInt16BE(i & 0xffff, ip + 4)
    piece.writeUInt16BE(0x4000, ip + 6)
    piece.writeUInt8(64, ip + 8)
    piece.writeUInt8(6, ip + 9)
    piece.set(isOut ? local : remote, ip + 12)
    piece.set(isOut ? remote : local, ip + 16)
    piece.writeUInt16BE(isOut ? localPort : remotePort, ip + 20)
    piece.writeUInt16BE(isOut ? remotePort : localPort, ip + 22)
    piece.writeUInt32BE(i, ip + 24)
    piece.writeUInt32BE(i, ip + 28)
    piece.writeUInt16BE(0x8010, ip + 32)
    piece.writeUInt16BE(500, ip + 34)
    // Two no-operations and timestamps: what most segments carry.
    piece.writeUInt32BE(0x0101080a, ip + 40)
    used += RECORD
    if (used === piece.length) {
      writeSync(file, piece)
      used = 0
    }
  }
  writeSync(file, piece, 0, used)
  closeSync(file)
  const sockets = openSync(socketsPath, 'w')
  const addresses = [...new Set(flows.map(({ local }) => local.join('.')))]
  const hello = {
    type: 'hello',
    ts: START_S,
    tool: 'netoproc-sockets',
    version: '0.1.0',
    schema: 1,
    method: 'sock_diag',
    degraded: [],
    interfaces: [{ name: 'eth0', index: 2, mtu: 1500, addresses }],
  }
  writeSync(sockets, `${JSON.stringify(hello)}\n`)
  for (const [at, { local, localPort, remote, remotePort }] of flows.entries()) {
    const record = {
      type: 'socket',
      ts: START_S,
      proto: 'tcp',
      local_ip: local.join('.'),
      local_port: localPort,
      remote_ip: remote.join('.'),
      remote_port: remotePort,
      state: 'established',
      pid: 100 + (at % 50),
      start_time: START_S - 100,
      process: `process-${at % 50}`,
      user: 'ann',
      cookie: String(at),
      event: 'present',
    }
    writeSync(sockets, `${JSON.stringify(record)}\n`)
  }
  closeSync(sockets)
}
