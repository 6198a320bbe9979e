// The two ends of a connection as records write them, seen from this host.

import { META_PORTS, type FlowTable } from '../record/flow-table.ts'
import type { SocketRecord } from '../record/generated/types.ts'
import { protocolName } from '../record/protocol.ts'

export interface Ends {
  readonly proto: string
  readonly localIp: string
  /** Undefined for protocols without ports, and later fragments. */
  readonly localPort: number | undefined
  readonly remoteIp: string
  readonly remotePort: number | undefined
}

/** Identifies the two ends, whoever holds them. */
export function endsKey({ proto, localIp, localPort, remoteIp, remotePort }: Ends): string {
  return `${proto} ${localIp} ${localPort ?? ''} ${remoteIp} ${remotePort ?? ''}`
}

/** @param isSourceLocal this host is the flow's source */
export function flowEnds(flows: FlowTable, flow: number, isSourceLocal: boolean): Ends {
  const meta = flows.meta(flow)
  const ports = flows.ports(flow)
  const source = flows.addressText(flow, 0)
  const destination = flows.addressText(flow, 4)
  const hasPorts = (meta & META_PORTS) !== 0
  const sourcePort = hasPorts ? ports >>> 16 : undefined
  const destinationPort = hasPorts ? ports & 0xffff : undefined
  const proto = protocolName(meta & 0xff)
  return isSourceLocal
    ? { proto, localIp: source, localPort: sourcePort, remoteIp: destination, remotePort: destinationPort }
    : { proto, localIp: destination, localPort: destinationPort, remoteIp: source, remotePort: sourcePort }
}

/** @param remoteIp the record's remote_ip, which is there */
export function socketEnds(record: SocketRecord, remoteIp: string): Ends {
  return {
    proto: record.proto,
    localIp: record.local_ip,
    localPort: record.remote_port === undefined ? undefined : record.local_port,
    remoteIp,
    remotePort: record.remote_port,
  }
}
