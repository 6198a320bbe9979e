// The records of one interval, made from what the accounts hold when it closes.

import type { ConnectionRecord, ProcessRecord } from '../record/generated/types.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import { protocolName } from '../record/protocol.ts'
import { ATTRIBUTION_NONE, attributionNames, dirNames, reasonNames, type Tables } from '../record/record-batch.ts'
import type { Account } from './accounts.ts'
import type { StreamFacts } from './process-facts.ts'

export interface ProcessTotals {
  rx: number
  tx: number
}

interface Span {
  readonly tsUs: number
  readonly seconds: number
}

/** One record for each process with traffic, most bytes first; ties by pid, so that the order is the same every time. */
export function processRecords(tables: Tables, accounts: readonly Account[], totals: Map<string, ProcessTotals>, facts: StreamFacts, span: Span): ProcessRecord[] {
  const records = new Map<string, ProcessRecord>()
  for (const account of accounts) {
    let record = records.get(account.process)
    if (record === undefined) {
      record = newProcess(tables, account, facts, span)
      records.set(account.process, record)
    }
    record.rx_bytes += account.rxBytes
    record.tx_bytes += account.txBytes
    record.rx_packets += account.rxPackets
    record.tx_packets += account.txPackets
    record.connections++
  }
  for (const [key, record] of records) {
    let total = totals.get(key)
    if (total === undefined) totals.set(key, (total = { rx: 0, tx: 0 }))
    record.rx_bytes_total = total.rx += record.rx_bytes
    record.tx_bytes_total = total.tx += record.tx_bytes
    record.rx_rate = perSecond(record.rx_bytes, span)
    record.tx_rate = perSecond(record.tx_bytes, span)
  }
  return [...records.values()].sort(
    (a, b) => b.rx_bytes + b.tx_bytes - a.rx_bytes - a.tx_bytes || (a.pid ?? -1) - (b.pid ?? -1) || (a.start_time ?? 0) - (b.start_time ?? 0),
  )
}

function newProcess(tables: Tables, { owner, process }: Account, facts: StreamFacts, { tsUs, seconds }: Span): ProcessRecord {
  const { pid, startTime, process: name, user } = tables.owners.get(owner)
  const known = facts.process(process)
  return {
    type: 'process',
    ts: tsUs / 1e6,
    interval: seconds,
    pid: owner === NO_OWNER ? null : pid,
    ...(owner === NO_OWNER ? {} : { start_time: startTime }),
    process: name,
    ...(owner === NO_OWNER ? {} : { user }),
    ...(known?.uid === undefined ? {} : { uid: known.uid }),
    ...(known?.cmdline === undefined ? {} : { cmdline: known.cmdline }),
    ...(known?.cgroup === undefined ? {} : { cgroup: known.cgroup }),
    rx_bytes: 0,
    tx_bytes: 0,
    rx_packets: 0,
    tx_packets: 0,
    rx_rate: 0,
    tx_rate: 0,
    rx_bytes_total: 0,
    tx_bytes_total: 0,
    connections: 0,
    sockets: known?.sockets.size ?? 0,
  }
}

export function connectionRecords(tables: Tables, accounts: readonly Account[], facts: StreamFacts, span: Span): ConnectionRecord[] {
  return accounts
    .map(account => connectionRecord(tables, account, facts, span))
    .sort(
      (a, b) =>
        b.rx_bytes + b.tx_bytes - a.rx_bytes - a.tx_bytes ||
        (a.pid ?? -1) - (b.pid ?? -1) ||
        compare(`${a.proto} ${a.local_ip} ${a.local_port} ${a.remote_ip} ${a.remote_port}`, `${b.proto} ${b.local_ip} ${b.local_port} ${b.remote_ip} ${b.remote_port}`),
    )
}

function connectionRecord(tables: Tables, account: Account, facts: StreamFacts, span: Span): ConnectionRecord {
  const { pid, startTime, process } = tables.owners.get(account.owner)
  const proto = protocolName(account.proto)
  const iface = tables.ifaces.get(account.iface)
  const socket = facts.connection(proto, account.localIp, account.localPort, account.remoteIp, account.remotePort)
  const attribution = attributionNames[account.attribution]
  const reason = account.attribution === ATTRIBUTION_NONE ? reasonNames[account.reason] : undefined
  return {
    type: 'connection',
    ts: span.tsUs / 1e6,
    interval: span.seconds,
    pid: account.owner === NO_OWNER ? null : pid,
    ...(account.owner === NO_OWNER ? {} : { start_time: startTime }),
    process,
    proto,
    local_ip: account.localIp,
    ...(account.localPort === undefined ? {} : { local_port: account.localPort }),
    remote_ip: account.remoteIp,
    ...(account.remotePort === undefined ? {} : { remote_port: account.remotePort }),
    ...(socket === undefined ? {} : { state: socket.state }),
    ...(account.initiated === undefined ? {} : { initiated: account.initiated }),
    ...(iface === undefined ? {} : { iface }),
    dir: dirNames[account.dir] ?? null,
    ...(attribution === undefined ? {} : { attribution }),
    ...(reason === undefined ? {} : { reason }),
    rx_bytes: account.rxBytes,
    tx_bytes: account.txBytes,
    rx_packets: account.rxPackets,
    tx_packets: account.txPackets,
    rx_rate: perSecond(account.rxBytes, span),
    tx_rate: perSecond(account.txBytes, span),
    rx_bytes_total: account.rxTotal + account.rxBytes,
    tx_bytes_total: account.txTotal + account.txBytes,
    ...(socket?.rtt_us === undefined ? {} : { rtt_us: socket.rtt_us }),
    ...(socket?.jitter_us === undefined ? {} : { jitter_us: socket.jitter_us }),
    ...(socket?.retransmits === undefined ? {} : { retransmits: socket.retransmits }),
  }
}

function perSecond(bytes: number, { seconds }: Span): number {
  return seconds > 0 ? bytes / seconds : 0
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
