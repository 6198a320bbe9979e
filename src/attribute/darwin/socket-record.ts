// Socket records of what macOS tells of a socket. One line for each descriptor, or, where none is known, for whoever the kernel
// says used it last.

import { IPPROTO_RAW, type InetSocket } from '../../native/darwin/inet-socket.ts'
import { formatAddress } from '../../record/address.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, protocolName } from '../../record/protocol.ts'
import type { Identity } from './process-table.ts'

/** Generations above it would not fit beside the protocol into 64 bits. */
const MAX_GENERATION = 1n << 56n

/** The fields of a record that tell whose the socket is. */
export type OwnerFields = Pick<SocketRecord, 'pid' | 'process'> & Partial<SocketRecord>

/**
 * What tells the socket apart as long as the host runs: the generation of its control block, which each protocol counts for
 * itself. Undefined for flows in user space, which have none.
 */
export function cookieOf(socket: InetSocket): string | undefined {
  const { generation, protocol } = socket
  if (generation === 0n || generation >= MAX_GENERATION) return undefined
  return String(generation * 256n + BigInt(protocol))
}

/** Sockets without a port have no packets: not bound yet. Raw and ICMP sockets never have one. */
export function isBound({ protocol, localPort }: InetSocket): boolean {
  return (
    localPort !== 0 || protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6 || protocol === IPPROTO_RAW
  )
}

/** All of the record but whose it is. */
export function describeSocket(socket: InetSocket, cookie: string | undefined): SocketRecord {
  const { protocol, local, remote, isConnected, isV6, isDual } = socket
  const isWildcard = isV6 && local.every(word => word === 0)
  const record: SocketRecord = {
    type: 'socket',
    ts: 0,
    proto: protocol === IPPROTO_RAW ? 'raw' : protocolName(protocol),
    local_ip: addressText(local),
    local_port: socket.localPort,
    state: socket.stateName,
    pid: null,
    process: 'unknown',
    event: 'present',
  }
  if (isConnected) {
    record.remote_ip = addressText(remote)
    if (protocol !== IPPROTO_RAW) record.remote_port = socket.remotePort
  }
  if (cookie !== undefined) record.cookie = cookie
  if (isWildcard && !isDual && !isConnected) record.v6only = true
  return record
}

export function addressText(words: Uint32Array): string {
  return formatAddress(words[0] as number, words[1] as number, words[2] as number, words[3] as number)
}

/** @param effective the kernel named it as the one that the socket's user works for */
export function ownedBy(identity: Identity, effective: boolean): OwnerFields {
  return { ...identity, named_by: effective ? 'effective' : 'last_user' }
}

export function nobody(reason?: SocketRecord['reason']): OwnerFields {
  return { pid: null, process: 'unknown', ...(reason === undefined ? {} : { attribution: 'none', reason }) }
}
