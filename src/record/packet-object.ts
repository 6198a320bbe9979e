// A packet record that JSON.parse has read, into a row of a batch.

import { V4_MAPPED, parseAddress } from './address.ts'
import { META_IPV6, META_PORTS, NO_FLOW } from './flow-table.ts'
import { jsonText } from './json-text.ts'
import { NO_OWNER } from './owner-table.ts'
import { parseTcpFlags, protocolNumber } from './protocol.ts'
import {
  ABSENT_16,
  ATTRIBUTION_ABSENT,
  NO_IFACE,
  attributionNames,
  dirNames,
  fragmentNames,
  reasonNames,
  type RecordBatch,
  type Tables,
} from './record-batch.ts'
import { timestampToUs } from './timestamp.ts'

const known = new Set(
  'type ts iface dir ip_version proto src_ip src_port dst_ip dst_port bytes frame_bytes packets tcp_flags vlan fragment ethertype pid start_time process user attribution reason peer_pid peer_process'.split(
    ' ',
  ),
)

/** Seconds since the epoch, either way; longest texts: as in schemas/. */
const MOST_SECONDS = 9223372036854
const LONGEST_PROCESS = 4096
const LONGEST_USER = 256
const LONGEST_IFACE = 256

/** Adds the row. @returns why the record cannot be used, and then nothing is added */
export function decodePacket(record: Record<string, unknown>, batch: RecordBatch): string | undefined {
  const { tables } = batch
  const row = batch.length
  const { ts, dir = null, iface } = record
  if (typeof ts !== 'number' || !Number.isFinite(ts) || Math.abs(ts) > MOST_SECONDS)
    return 'ts is not a number of seconds'
  const dirAt = dirNames.indexOf(dir as (typeof dirNames)[number])
  if (dirAt < 0) return 'dir is not in, out, local, forward or null'
  if (iface !== undefined && !isIfaceName(iface)) return 'iface is not a name'
  const frameBytes = count(record.frame_bytes)
  if (frameBytes === undefined) return 'frame_bytes is not a number of bytes'

  let flow = NO_FLOW
  let bytes = 0
  let packets = 1
  if (record.ip_version !== undefined) {
    const interned = internFlow(record, tables)
    if (typeof interned === 'string') return interned
    flow = interned
    bytes = count(record.bytes) ?? -1
    packets = record.packets === undefined ? 1 : (count(record.packets) ?? -1)
    if (bytes < 0) return 'bytes is not a number of bytes'
    if (packets < 0) return 'packets is not a count'
  }
  const flags =
    record.tcp_flags === undefined
      ? ABSENT_16
      : typeof record.tcp_flags === 'string'
        ? parseTcpFlags(record.tcp_flags)
        : undefined
  if (flags === undefined) return 'tcp_flags has an unknown letter'
  const vlan = record.vlan === undefined ? ABSENT_16 : count(record.vlan)
  if (vlan === undefined || (vlan > 4095 && vlan !== ABSENT_16)) return 'vlan is not from 0 to 4095'
  const fragment = fragmentNames.indexOf(record.fragment as (typeof fragmentNames)[number])
  if (fragment < 0) return 'fragment is not first or later'
  let ethertype = ABSENT_16
  if (record.ethertype !== undefined) {
    if (typeof record.ethertype !== 'string' || !/^0x[0-9a-f]{4}$/.test(record.ethertype))
      return 'ethertype is not 0x and four digits'
    ethertype = parseInt(record.ethertype, 16)
  }
  const owned = decodeOwner(record, tables)
  if (typeof owned === 'string') return owned

  batch.ts[row] = timestampToUs(ts)
  batch.flow[row] = flow
  batch.bytes[row] = bytes
  batch.frameBytes[row] = frameBytes
  batch.packets[row] = packets
  batch.iface[row] = iface === undefined ? NO_IFACE : tables.ifaces.intern(iface)
  batch.dir[row] = dirAt
  batch.tcpFlags[row] = flags
  batch.vlan[row] = vlan
  batch.ethertype[row] = ethertype
  batch.fragment[row] = fragment
  batch.owner[row] = owned.owner
  batch.peer[row] = owned.peer
  batch.attribution[row] = owned.attribution
  batch.reason[row] = owned.reason
  batch.length++
  const extra = Object.keys(record).filter(name => !known.has(name))
  if (extra.length > 0)
    batch.extra.set(row, extra.map(name => `${jsonText(name)}:${jsonText(record[name])}`).join(','))
  return undefined
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff
    ? value
    : undefined
}

/** The name of an interface, as a record may have it. */
export function isIfaceName(value: unknown): value is string {
  return isText(value, LONGEST_IFACE)
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length <= longest
}

/** @returns the flow of the packet, or why the record cannot be used */
export function internFlow(record: Readonly<Record<string, unknown>>, tables: Tables): number | string {
  if (record.ip_version !== 4 && record.ip_version !== 6) return 'ip_version is not 4 or 6'
  const proto = typeof record.proto === 'string' ? protocolNumber(record.proto) : undefined
  if (proto === undefined) return 'proto is not a protocol'
  const source = typeof record.src_ip === 'string' ? parseAddress(record.src_ip) : undefined
  const destination = typeof record.dst_ip === 'string' ? parseAddress(record.dst_ip) : undefined
  if (source === undefined) return 'src_ip is not an address'
  if (destination === undefined) return 'dst_ip is not an address'
  let meta = proto | (record.ip_version === 6 ? META_IPV6 : 0)
  if (record.ip_version === 4 && (source[2] !== V4_MAPPED || destination[2] !== V4_MAPPED))
    return 'ip_version 4 with an IPv6 address'
  let ports = 0
  if (record.src_port !== undefined || record.dst_port !== undefined) {
    const from = count(record.src_port)
    const to = count(record.dst_port)
    if (from === undefined || to === undefined || from > 65535 || to > 65535)
      return 'a port is not from 0 to 65535'
    meta |= META_PORTS
    ports = ((from << 16) | to) >>> 0
  }
  return tables.flows.intern(meta, ports, ...source, ...destination)
}

/** Whose a packet is: see RecordBatch. */
export interface PacketOwner {
  readonly owner: number
  readonly peer: number
  readonly attribution: number
  /** 0: none. */
  readonly reason: number
}

/** @returns what the record says of its owner, or why it cannot be used */
export function decodeOwner(
  record: Readonly<Record<string, unknown>>,
  { owners }: Tables,
): PacketOwner | string {
  const attribution =
    record.attribution === undefined
      ? ATTRIBUTION_ABSENT
      : attributionNames.indexOf(record.attribution as (typeof attributionNames)[number])
  if (attribution < 0) return 'attribution is not kernel, socket, bound or none'
  const reason =
    record.reason === undefined ? 0 : reasonNames.indexOf(record.reason as (typeof reasonNames)[number])
  if (reason < 0) return 'reason is not known'
  const {
    pid = null,
    process = 'unknown',
    user = null,
    start_time: startTime = null,
    peer_pid: peerPid = null,
    peer_process: peerProcess = 'unknown',
  } = record
  if (!isText(process, LONGEST_PROCESS) || !isText(peerProcess, LONGEST_PROCESS))
    return 'process is not a name'
  if (user !== null && !isText(user, LONGEST_USER)) return 'user is not a name'
  if (startTime !== null && !(typeof startTime === 'number' && startTime >= 0 && startTime <= MOST_SECONDS))
    return 'start_time is not a number of seconds'
  if (pid !== null && count(pid) === undefined) return 'pid is not a process id'
  if (peerPid !== null && count(peerPid) === undefined) return 'peer_pid is not a process id'
  return {
    owner: pid === null ? NO_OWNER : owners.intern(pid as number, startTime, process, user),
    peer: peerPid === null ? NO_OWNER : owners.intern(peerPid as number, null, peerProcess, null),
    attribution,
    reason,
  }
}
