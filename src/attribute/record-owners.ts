// What the attribute stage adds to records that are not packets: the owner of a DNS message, its own name in hello.

import { parseAddress } from '../record/address.ts'
import { META_IPV6, META_PORTS, NO_FLOW } from '../record/flow-table.ts'
import type { DnsRecord, HelloRecord } from '../record/generated/types.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import { protocolNumber } from '../record/protocol.ts'
import {
  ATTRIBUTION_ABSENT,
  ATTRIBUTION_KERNEL,
  DIR_LOCAL,
  attributionNames,
  dirNames,
  reasonNames,
  type RecordBatch,
  type Tables,
} from '../record/record-batch.ts'

/** Whether there is a packet whose owner the kernel has not named, or whose peer is on this host. */
export function asksForOwner({ attribution, dir, length }: RecordBatch): boolean {
  for (let row = 0; row < length; row++)
    if (attribution[row] !== ATTRIBUTION_KERNEL || dir[row] === DIR_LOCAL) return true
  return false
}

/** Owner columns of one row, kept when its batch is gone. */
export interface RowOwner {
  flow: number
  dir: number
  owner: number
  attribution: number
  reason: number
  peer: number
}

export function copyRowOwner(batch: RecordBatch, row: number, into: RowOwner): void {
  into.flow = batch.flow[row] as number
  into.dir = batch.dir[row] as number
  into.owner = batch.owner[row] as number
  into.attribution = batch.attribution[row] as number
  into.reason = batch.reason[row] as number
  into.peer = batch.peer[row] as number
}

/** The record with the owner of its packet. */
export function ownedDns(record: DnsRecord, packet: RowOwner, tables: Tables): DnsRecord {
  if (record.attribution !== undefined || packet.attribution === ATTRIBUTION_ABSENT) return record
  const owner = tables.owners.get(packet.owner)
  const isNamed = packet.owner !== NO_OWNER
  const reason = reasonNames[packet.reason]
  const peer = packet.peer === NO_OWNER ? undefined : tables.owners.get(packet.peer)
  return {
    ...record,
    dir: dirNames[packet.dir] ?? null,
    pid: isNamed ? owner.pid : null,
    ...(isNamed ? { start_time: owner.startTime, user: owner.user } : {}),
    process: owner.process,
    attribution: attributionNames[packet.attribution] ?? 'none',
    ...(reason === undefined ? {} : { reason }),
    ...(peer === undefined ? {} : { peer_pid: peer.pid, peer_process: peer.process }),
  }
}

/** Whether a DNS message was in packets of the flow. */
export function isOfFlow(record: DnsRecord, flow: number, tables: Tables): boolean {
  if (flow === NO_FLOW) return false
  const { flows } = tables
  const ports = flows.ports(flow)
  return (
    ports >>> 16 === record.src_port &&
    (ports & 0xffff) === record.dst_port &&
    hasAddress(record.src_ip, flow, 0, tables) &&
    hasAddress(record.dst_ip, flow, 4, tables)
  )
}

/** The flow of a DNS message's packets, by its addresses; NO_FLOW when it does not tell them. */
export function flowOf(record: DnsRecord, tables: Tables): number {
  const source = record.src_ip === undefined ? undefined : parseAddress(record.src_ip)
  const destination = record.dst_ip === undefined ? undefined : parseAddress(record.dst_ip)
  const protocol = protocolNumber(record.proto ?? 'udp')
  const { src_port, dst_port, ip_version } = record
  if (source === undefined || destination === undefined || protocol === undefined) return NO_FLOW
  if (src_port === undefined || dst_port === undefined) return NO_FLOW
  const meta = protocol | META_PORTS | (ip_version === 6 ? META_IPV6 : 0)
  return tables.flows.intern(meta, ((src_port << 16) | dst_port) >>> 0, ...source, ...destination)
}

/** @param degraded what the attribute stage cannot do here */
export function passedHello(record: HelloRecord, version: string, degraded: readonly string[]): HelloRecord {
  return {
    ...record,
    degraded: [...new Set([...record.degraded, ...degraded])],
    stages: [...(record.stages ?? []), { tool: 'netoproc-attribute', version }],
  }
}

function hasAddress(text: string | undefined, flow: number, at: number, tables: Tables): boolean {
  const words = text === undefined ? undefined : parseAddress(text)
  return words !== undefined && words.every((word, i) => word === tables.flows.word(flow, at + i))
}
