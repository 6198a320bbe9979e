// Sockets by /proc/net/{udp,udp6,udplite,udplite6,raw,raw6,icmp,icmp6}: proc_pid_net(5). For kernels whose sock_diag lacks a
// protocol, and for ICMP datagram sockets ("ping sockets", icmp(7)), which sock_diag does not list. Of the network
// namespace of this thread. An address is four-byte words as the machine reads them: on little-endian machines each is
// reversed, ports are not.
//
//   sl  local_address  rem_address  st  tx_queue:rx_queue  tr:tm->when  retrnsmt  uid  timeout  inode  ref  pointer  drops

import { readFileSync } from 'node:fs'
import { AF_INET, AF_INET6 } from './libc.ts'
import type { DiagSocket } from './sock-diag.ts'

/** File name of each protocol; that of its IPv6 sockets ends in 6. ICMP and ICMPv6 have a file each. */
const files: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [17, 'udp'],
  [58, 'icmp6'],
  [136, 'udplite'],
  [255, 'raw'],
])

/**
 * Calls back for each socket of the protocol. The object is refilled for the next one. Of ICMP sockets the local port is
 * the identifier of their echo requests.
 */
export function readProcNet(protocol: number, socket: DiagSocket, visit: (socket: DiagSocket) => void): void {
  const file = files.get(protocol)
  if (file === undefined) throw new Error(`no /proc/net file for protocol ${protocol}`)
  const both = protocol !== 1 && protocol !== 58
  socket.protocol = protocol
  if (protocol !== 58) readFile(file, AF_INET, socket, visit)
  if (both || protocol === 58) readFile(both ? `${file}6` : file, AF_INET6, socket, visit)
}

function readFile(
  file: string,
  family: number,
  socket: DiagSocket,
  visit: (socket: DiagSocket) => void,
): void {
  let text: string
  try {
    text = readFileSync(`/proc/thread-self/net/${file}`, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return // a kernel without the protocol, or without IPv6
    throw error
  }
  for (const line of text.split('\n').slice(1)) if (parseProcNetLine(line, family, socket)) visit(socket)
}

/** Fills `socket` from a line. @returns false when it is not one */
export function parseProcNetLine(line: string, family: number, socket: DiagSocket): boolean {
  const fields = line.trim().split(/\s+/)
  if (fields.length < 10) return false
  const local = fields[1] as string
  const remote = fields[2] as string
  const digits = family === AF_INET ? 8 : 32
  if (local[digits] !== ':' || remote[digits] !== ':') return false
  socket.family = family
  socket.localPort = parseInt(local.slice(digits + 1), 16)
  socket.remotePort = parseInt(remote.slice(digits + 1), 16)
  parseWords(local, digits, socket.local)
  parseWords(remote, digits, socket.remote)
  socket.state = parseInt(fields[3] as string, 16)
  socket.uid = Number(fields[7])
  socket.inode = Number(fields[9])
  socket.ifindex = 0
  socket.cookie = 0
  socket.v6only = false
  socket.rttUs = socket.rttvarUs = socket.retransmits = -1
  socket.bytesAcked = socket.bytesReceived = socket.segmentsOut = socket.segmentsIn = -1
  return Number.isSafeInteger(socket.inode)
}

function parseWords(text: string, digits: number, words: Uint32Array): void {
  words.fill(0)
  if (digits === 8) words[2] = 0xffff
  for (let at = 0, word = digits === 8 ? 3 : 0; at < digits; at += 8, word++) {
    const value = parseInt(text.slice(at, at + 8), 16)
    words[word] =
      ((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | ((value >>> 24) & 0xff)
  }
}
