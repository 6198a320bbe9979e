// The aggregate stage: the stream of packets and counters in, rollups by interval out. Intervals are whole multiples of
// their length in the time of the records, so that a recording gives the same rollups at any reading speed; live, the wall
// clock closes an interval in which nothing came.

import { NO_FLOW } from '../record/flow-table.ts'
import type {
  HelloRecord,
  InterfaceRecord,
  IntervalRecord,
  SocketRecord,
  StatsRecord,
} from '../record/generated/types.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import { protocolNumber } from '../record/protocol.ts'
import {
  ABSENT_16,
  ATTRIBUTION_ABSENT,
  ATTRIBUTION_KERNEL,
  ATTRIBUTION_NONE,
  DIR_FORWARD,
  DIR_LOCAL,
  DIR_NONE,
  DIR_OUT,
  REASON_CLOSED_BEFORE_SCAN,
  REASON_KERNEL,
  REASON_NOT_LOCAL,
  REASON_NO_SOCKET,
  RecordBatch,
  reasonNames,
  type SideRecord,
  type Tables,
} from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { Accounts, processKey, type Account } from './accounts.ts'
import { InterfaceCounters } from './interface-counters.ts'
import { StreamFacts } from './process-facts.ts'
import { connectionRecords, processRecords, type ProcessTotals } from './rollup.ts'

export type AggregateKind = 'process' | 'connection' | 'interface'

export interface AggregateOptions {
  readonly intervalUs: number
  /** One rollup of everything, at the end. */
  readonly total: boolean
  readonly by: readonly AggregateKind[]
  /** Of netoproc, for hello.stages. */
  readonly version: string
}

/** Live, an interval stays open for so long after its end: attribute holds packets for 250 ms. */
const GRACE_US = 500_000
/** A hello that differs by more from the clock is a recording's. */
const LIVE_TOLERANCE_US = 2_000_000
/** Intervals after which an idle connection is forgotten. */
const KEEP_INTERVALS = 120

export class AggregateStage implements Stage {
  private readonly next: Stage
  private readonly tables: Tables
  private readonly options: AggregateOptions
  private readonly out: RecordBatch
  private readonly accounts = new Accounts()
  private readonly interfaces = new InterfaceCounters()
  private readonly facts = new StreamFacts()
  private readonly totals = new Map<string, ProcessTotals>()
  /** The account that a flow's packets went to the last time, and that of the other end of a local one. */
  private accountOf: Array<Account | undefined> = []
  private peerOf: Array<Account | undefined> = []
  private hello: HelloRecord | undefined
  private isLive = false
  /** Kernel counters count; packets are there for their DNS messages. */
  private countsSockets = false
  private startUs = NaN
  private endUs = NaN
  private lastUs = NaN
  private packets = 0
  private bytes = 0
  private localBytes = 0
  private nonIp = 0
  private dropped = 0
  private readonly droppedBefore = new Map<string, number>()
  private awaitsClock = false

  constructor(next: Stage, tables: Tables, options: AggregateOptions) {
    this.next = next
    this.tables = tables
    this.options = options
    this.out = new RecordBatch(tables, 0)
    tables.flows.onEvict(flows => {
      for (const flow of flows) this.accountOf[flow] = this.peerOf[flow] = undefined
    })
  }

  push(batch: RecordBatch): void {
    let next = 0
    for (let row = 0; row < batch.length; row++) {
      while (next < batch.side.length && (batch.sideAt[next] as number) <= row)
        this.record(batch.side[next++] as SideRecord)
      const ts = batch.ts[row] as number
      if (!(ts < this.endUs)) this.reach(ts)
      this.lastUs = ts
      if (!this.countsSockets) this.packet(batch, row)
    }
    while (next < batch.side.length) this.record(batch.side[next++] as SideRecord)
    this.handOver()
  }

  flush(nowUs: number): number {
    if (this.awaitsClock && this.hello !== undefined) {
      this.awaitsClock = false
      this.isLive = this.hello.method !== 'file' && Math.abs(nowUs - this.hello.ts * 1e6) <= LIVE_TOLERANCE_US
    }
    let due = Infinity
    if (this.isLive && !this.options.total) {
      if (Number.isNaN(this.endUs)) this.reach(nowUs)
      while (nowUs >= this.endUs + GRACE_US) this.closeInterval(this.endUs)
      due = this.endUs + GRACE_US
      this.handOver()
    }
    return Math.min(due, this.next.flush(nowUs))
  }

  close(): void {
    if (!Number.isNaN(this.startUs)) this.closeInterval(this.options.total ? this.lastUs : this.endUs)
    this.handOver()
    this.next.close()
  }

  /** A record of this time: closes the intervals before it. */
  private reach(tsUs: number): void {
    const { intervalUs, total } = this.options
    if (Number.isNaN(this.startUs)) {
      this.startUs = total ? tsUs : Math.floor(tsUs / intervalUs) * intervalUs
      this.endUs = total ? Infinity : this.startUs + intervalUs
      this.lastUs = tsUs
      return
    }
    if (this.isLive) while (tsUs >= this.endUs) this.closeInterval(this.endUs)
    else if (tsUs >= this.endUs) {
      // A recording's gaps are passed over: no records for intervals in which there is nothing.
      this.closeInterval(this.endUs)
      this.startUs = Math.floor(tsUs / intervalUs) * intervalUs
      this.endUs = this.startUs + intervalUs
    }
  }

  private packet(batch: RecordBatch, row: number): void {
    const flow = batch.flow[row] as number
    if (flow === NO_FLOW) {
      this.nonIp++
      return
    }
    const bytes = batch.bytes[row] as number
    const packets = batch.packets[row] as number
    const dir = batch.dir[row] as number
    const owner = batch.owner[row] as number
    this.packets += packets
    this.bytes += bytes
    let account = this.accountOf[flow]
    if (account === undefined || account.owner !== owner || account.dir !== dir)
      account = this.find(batch, row, flow, dir, owner)
    if (!account.isActive) this.accounts.activate(account)
    account.attribution = batch.attribution[row] as number
    account.reason = batch.reason[row] as number
    if (dir === DIR_OUT || dir === DIR_LOCAL) {
      account.txBytes += bytes
      account.txPackets += packets
    } else {
      account.rxBytes += bytes
      account.rxPackets += packets
      if (dir === DIR_FORWARD || dir === DIR_NONE) {
        account.attribution = owner === NO_OWNER ? ATTRIBUTION_NONE : account.attribution
        if (account.reason === 0) account.reason = REASON_NOT_LOCAL
      }
    }
    if (account.attribution === ATTRIBUTION_ABSENT) {
      account.attribution = ATTRIBUTION_NONE
      account.reason = REASON_NO_SOCKET
    }
    if (dir === DIR_LOCAL) this.receivedLocally(batch, row, flow, bytes, packets)
    const flags = batch.tcpFlags[row] as number
    // SYN without ACK: who sends it has begun the connection.
    if (flags !== ABSENT_16 && (flags & 0x12) === 2)
      account.initiated = dir === DIR_OUT || dir === DIR_LOCAL ? 'out' : 'in'
  }

  private receivedLocally(
    batch: RecordBatch,
    row: number,
    flow: number,
    bytes: number,
    packets: number,
  ): void {
    const peer = batch.peer[row] as number
    let account = this.peerOf[flow]
    if (account === undefined || account.owner !== peer) {
      account = this.accounts.ofFlow(this.tables, flow, 4, peer)
      account.dir = DIR_LOCAL
      account.iface = batch.iface[row] as number
      this.peerOf[flow] = account
    }
    if (!account.isActive) this.accounts.activate(account)
    account.attribution =
      peer === NO_OWNER ? ATTRIBUTION_NONE : (batch.attribution[row] as number) || ATTRIBUTION_NONE
    if (peer === NO_OWNER) account.reason = REASON_NO_SOCKET
    account.rxBytes += bytes
    account.rxPackets += packets
    this.localBytes += bytes
  }

  /** The account of a flow that is new, or whose owner has changed. */
  private find(batch: RecordBatch, row: number, flow: number, dir: number, owner: number): Account {
    const side = dir === DIR_OUT || dir === DIR_LOCAL ? 0 : 4
    const account = this.accounts.ofFlow(this.tables, flow, side, owner)
    account.dir = dir
    account.iface = batch.iface[row] as number
    const isNew = ((batch.tcpFlags[row] as number) & 0x12) === 2
    if (owner !== NO_OWNER && !isNew) this.chargeBack(account)
    this.accountOf[flow] = account
    return account
  }

  /** The owner is known at last: what its connection moved before is its own. */
  private chargeBack(account: Account): void {
    const before = this.accounts.unowned(account)
    if (before === undefined || this.accounts.interval - before.lastInterval > 1) return
    if (before.reason !== REASON_NO_SOCKET && before.reason !== REASON_CLOSED_BEFORE_SCAN) return
    this.accounts.activate(account)
    for (const name of ['rxBytes', 'txBytes', 'rxPackets', 'txPackets', 'rxTotal', 'txTotal'] as const)
      account[name] += before[name]
    const nobody = this.totals.get('')
    if (nobody !== undefined) {
      nobody.rx -= before.rxTotal
      nobody.tx -= before.txTotal
      const key = processKey(this.tables.owners, account.owner)
      const total = this.totals.get(key) ?? { rx: 0, tx: 0 }
      this.totals.set(key, { rx: total.rx + before.rxTotal, tx: total.tx + before.txTotal })
    }
    before.rxBytes =
      before.txBytes =
      before.rxPackets =
      before.txPackets =
      before.rxTotal =
      before.txTotal =
        0
  }

  private record(record: SideRecord): void {
    switch (record.type) {
      case 'hello':
        return this.begin(record)
      case 'socket':
        return this.socket(record)
      case 'interface':
        if (record.interval !== undefined) break
        return this.interfaceTotals(record)
      case 'stats':
        this.countDropped(record)
        break
    }
    this.out.append(record)
  }

  private begin(hello: HelloRecord): void {
    this.hello = hello
    this.awaitsClock = true
    this.countsSockets = hello.method === 'ebpf' || hello.method === 'ntstat'
    this.out.append({
      ...hello,
      stages: [...(hello.stages ?? []), { tool: 'netoproc-aggregate', version: this.options.version }],
    })
  }

  private interfaceTotals(record: InterfaceRecord): void {
    this.interfaces.add(record)
    if (!Number.isNaN(this.endUs) && record.ts * 1e6 >= this.endUs) this.reach(record.ts * 1e6)
  }

  private countDropped(record: StatsRecord): void {
    const before = this.droppedBefore.get(record.iface ?? '') ?? 0
    this.dropped += Math.max(0, record.dropped - before)
    this.droppedBefore.set(record.iface ?? '', record.dropped)
  }

  /** What a socket is and who holds it; with counters, what it has moved as well. */
  private socket(record: SocketRecord): void {
    this.facts.add(record)
    const {
      rx_bytes: rx = 0,
      tx_bytes: tx = 0,
      rx_packets: rxPackets = 0,
      tx_packets: txPackets = 0,
    } = record
    if (rx + tx + rxPackets + txPackets === 0) return
    const ts = record.ts * 1e6
    if (!(ts < this.endUs)) this.reach(ts)
    this.lastUs = ts
    const { owners, ifaces } = this.tables
    const owner =
      record.pid === null
        ? NO_OWNER
        : owners.intern(record.pid, record.start_time ?? null, record.process, record.user ?? null)
    const account = this.accounts.get(
      owners,
      owner,
      protocolNumber(record.proto) ?? 255,
      record.local_ip,
      record.local_port,
      record.remote_ip ?? '',
      record.remote_port,
    )
    account.attribution = owner === NO_OWNER ? ATTRIBUTION_NONE : ATTRIBUTION_KERNEL
    if (owner === NO_OWNER)
      account.reason = Math.max(
        1,
        record.reason === undefined ? REASON_KERNEL : reasonNames.indexOf(record.reason),
      )
    if (record.iface !== undefined) account.iface = ifaces.intern(record.iface)
    this.accounts.activate(account)
    account.rxBytes += rx
    account.txBytes += tx
    account.rxPackets += rxPackets
    account.txPackets += txPackets
    this.packets += rxPackets + txPackets
    this.bytes += rx + tx
  }

  private closeInterval(endUs: number): void {
    const { by, total, intervalUs } = this.options
    const seconds = (total ? endUs - this.startUs : intervalUs) / 1e6
    const span = { tsUs: endUs, seconds }
    const { active } = this.accounts
    const processes = processRecords(this.tables, active, this.totals, this.facts, span)
    if (by.includes('process')) for (const record of processes) this.out.append(record)
    if (by.includes('connection'))
      for (const record of connectionRecords(this.tables, active, this.facts, span)) this.out.append(record)
    const interfaces = this.interfaces.close(endUs, seconds)
    if (by.includes('interface')) for (const record of interfaces.records) this.out.append(record)
    this.out.append(this.balance(endUs, seconds, interfaces.bytes))
    this.accounts.nextInterval(KEEP_INTERVALS)
    this.packets = this.bytes = this.localBytes = this.nonIp = this.dropped = 0
    this.startUs = endUs
    this.endUs = total ? Infinity : endUs + intervalUs
  }

  private balance(endUs: number, seconds: number, interfaceBytes: number | null): IntervalRecord {
    let attributed = 0
    let unknown = 0
    const byReason: Record<string, number> = {}
    for (const account of this.accounts.active) {
      const bytes = account.rxBytes + account.txBytes
      if (account.owner !== NO_OWNER) attributed += bytes
      else if (bytes > 0) {
        unknown += bytes
        const reason = reasonNames[account.reason] ?? 'no_socket'
        byReason[reason] = (byReason[reason] ?? 0) + bytes
      }
    }
    return {
      type: 'interval',
      ts: endUs / 1e6,
      interval: seconds,
      method: this.hello?.method ?? 'unknown',
      degraded: this.hello?.degraded ?? [],
      packets: this.packets,
      bytes: this.bytes,
      local_bytes: this.localBytes,
      non_ip_frames: this.nonIp,
      dropped: this.dropped,
      attributed_bytes: attributed,
      unknown_bytes: unknown,
      unknown_by_reason: Object.fromEntries(Object.entries(byReason).sort(([a], [b]) => (a < b ? -1 : 1))),
      interface_bytes: interfaceBytes,
    }
  }

  private handOver(): void {
    if (this.out.isEmpty) return
    this.next.push(this.out)
    this.out.clear()
  }
}
