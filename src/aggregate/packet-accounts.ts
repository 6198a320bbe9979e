// Counts packets. An account is a flow together with what the attribute stage says of it (owner, peer, direction, reason): a
// flow that changes hands has several, so that each packet is charged to the owner of its own time. Adding a packet to its
// account is some reads and writes in one row of 64 bytes, a line of the cache, 13 ns (test/bench/aggregate.bench.ts, Node 20); what that means for
// processes and connections is worked out once an interval, in settle().

import { NO_FLOW } from '../record/flow-table.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import { IPPROTO_TCP } from '../record/protocol.ts'
import type { RecordBatch, Tables } from '../record/record-batch.ts'
import type { Balance } from './balance.ts'
import { type EndPair, type Ledger, mayBeFound } from './ledger.ts'
import type { Window } from './window.ts'

const NO_ACCOUNT = -1
/** Accounts of one flow; more (it changes hands all the time) and the oldest is closed. */
const MAX_PER_FLOW = 4
/** Flags SYN and ACK, and the bit that only rows without flags have. */
const SYN_ACK_ABSENT = 0x212
const SYN_ABSENT = 0x202
const SYN = 0x002
/** Packets further apart may be of two sockets that had the same ends one after the other; TCP also tells by its SYN. */
const REST_US = 2_000_000
const TCP_REST_US = 60_000_000

/** Numbers of an account in `sums`: counted since it was settled, and before, of the socket that the flow is of, as far as told. */
const SUMS = 8
const BYTES = 0
const PACKETS = 1
const LAST_US = 2
const SETTLED_BYTES = 3
const SETTLED_PACKETS = 4
/** Words of an account in `rows`, over the same memory. */
const ROW = 16
const OWNER = 10
const PEER = 11
const KEY = 12
const IFACE = 13
/** `interval` of the open interval when it is in the list of touched ones. */
const TOUCHED_IN = 14

// KEY: three bits of dir, three of attribution, four of reason.
const MASK = 7
const ATTRIBUTION_SHIFT = 3
const REASON_SHIFT = 6

export class PacketAccounts {
  private readonly tables: Tables
  private readonly ledger: Ledger
  private readonly balance: Balance
  /** The account of the flow's latest packet, and from there on by `next` its others. */
  private current: Int32Array
  private next = new Int32Array(0)
  /** NO_FLOW: the account is free. */
  private flow = new Uint32Array(0)
  private rows = new Uint32Array(0)
  private sums = new Float64Array(0)
  private touched: number[] = []
  private interval = 1
  private readonly ends: EndPair[] = []
  private used = 0
  private readonly free: number[] = []

  constructor(tables: Tables, ledger: Ledger, balance: Balance) {
    this.tables = tables
    this.ledger = ledger
    this.balance = balance
    this.current = new Int32Array(0)
    tables.flows.onEvict(flows => {
      for (const flow of flows) this.forgetFlow(flow)
    })
  }

  /**
   * Counts rows [from, to), up to the first that is not of the open interval.
   * @returns that row, or `to`
   */
  count(batch: RecordBatch, from: number, to: number, window: Window): number {
    this.grow()
    const { fromUs, untilUs } = window
    const {
      ts,
      flow: flows,
      dir,
      attribution,
      reason,
      owner: owners,
      peer: peers,
      tcpFlags,
      bytes,
      packets,
    } = batch
    const { current, interval, touched } = this
    let { rows, sums } = this
    for (let row = from; row < to; row++) {
      const now = ts[row] as number
      if (now >= untilUs || now < fromUs) return row
      const flow = flows[row] as number
      if (flow === NO_FLOW) {
        this.balance.nonIpFrames++
        continue
      }
      let account = current[flow] as number
      if (
        account === NO_ACCOUNT ||
        rows[account * ROW + KEY] !==
          ((dir[row] as number) |
            ((attribution[row] as number) << ATTRIBUTION_SHIFT) |
            ((reason[row] as number) << REASON_SHIFT)) ||
        rows[account * ROW + OWNER] !== owners[row] ||
        rows[account * ROW + PEER] !== peers[row] ||
        now - (sums[account * SUMS + LAST_US] as number) > REST_US ||
        ((tcpFlags[row] as number) & SYN_ABSENT) === SYN
      ) {
        account = this.choose(batch, row, flow)
        ;({ rows, sums } = this)
      }
      if (rows[account * ROW + TOUCHED_IN] !== interval) {
        rows[account * ROW + TOUCHED_IN] = interval
        touched.push(account)
        rows[account * ROW + IFACE] = batch.iface[row] as number
      }
      const at = account * SUMS
      sums[at + BYTES] = (sums[at + BYTES] as number) + (bytes[row] as number)
      sums[at + PACKETS] = (sums[at + PACKETS] as number) + (packets[row] as number)
      sums[at + LAST_US] = now
    }
    return to
  }

  /** Charges what was counted to processes and connections. */
  settleAll(): void {
    for (const account of this.touched) this.settle(account)
    this.touched = []
    this.interval = (this.interval + 1) >>> 0 || 1
  }

  /** Forgets accounts without a packet since `beforeUs`. Call it when everything is settled. */
  sweep(beforeUs: number): void {
    for (let account = 0; account < this.used; account++) {
      const flow = this.flow[account] as number
      if (flow === NO_FLOW || (this.sums[account * SUMS + LAST_US] as number) >= beforeUs) continue
      this.unlink(flow, account)
      this.forget(account)
    }
  }

  private forgetFlow(flow: number): void {
    let account = this.current[flow] ?? NO_ACCOUNT
    while (account !== NO_ACCOUNT) {
      const after = this.next[account] as number
      this.settle(account)
      this.forget(account)
      account = after
    }
    if (flow < this.current.length) this.current[flow] = NO_ACCOUNT
  }

  /** The row's account, made the flow's current one: known or new, with what its flow's earlier packets tell. */
  private choose(batch: RecordBatch, row: number, flow: number): number {
    const flags = batch.tcpFlags[row] as number
    const now = batch.ts[row] as number
    this.separate(flow, (flags & SYN_ABSENT) === SYN, now)
    const owner = batch.owner[row] as number
    const peer = batch.peer[row] as number
    const key =
      (batch.dir[row] as number) |
      ((batch.attribution[row] as number) << ATTRIBUTION_SHIFT) |
      ((batch.reason[row] as number) << REASON_SHIFT)
    const account = this.find(flow, key, owner, peer) ?? this.open(batch, row, flow, key)
    if (this.current[flow] !== account) {
      this.unlink(flow, account)
      this.next[account] = this.current[flow] as number
      this.current[flow] = account
    }
    this.sums[account * SUMS + LAST_US] = now
    if ((flags & SYN_ACK_ABSENT) === SYN)
      this.ledger.markInitiated(this.ends[account] as EndPair, key & MASK, now)
    for (let other = this.next[account] as number; other !== NO_ACCOUNT; other = this.next[other] as number)
      if (this.isLate(other, account)) this.chargeLate(other, account)
    return account
  }

  /** What came before a SYN, or long before this packet, is not known to be of the same socket. */
  private separate(flow: number, isSyn: boolean, now: number): void {
    const isTcp = (this.tables.flows.meta(flow) & 0xff) === IPPROTO_TCP
    const restUs = isTcp ? TCP_REST_US : REST_US
    for (
      let account = this.current[flow] as number;
      account !== NO_ACCOUNT;
      account = this.next[account] as number
    ) {
      if (!isSyn && now - (this.sums[account * SUMS + LAST_US] as number) <= restUs) continue
      this.settle(account)
      this.sums[account * SUMS + SETTLED_BYTES] = this.sums[account * SUMS + SETTLED_PACKETS] = 0
    }
  }

  private find(flow: number, key: number, owner: number, peer: number): number | undefined {
    for (
      let account = this.current[flow] as number;
      account !== NO_ACCOUNT;
      account = this.next[account] as number
    )
      if (
        this.rows[account * ROW + KEY] === key &&
        this.rows[account * ROW + OWNER] === owner &&
        this.rows[account * ROW + PEER] === peer
      )
        return account
    return undefined
  }

  private open(batch: RecordBatch, row: number, flow: number, key: number): number {
    this.makeRoom(flow)
    const account = this.free.pop() ?? this.used++
    if (account >= this.flow.length) this.growAccounts()
    this.flow[account] = flow
    this.rows.fill(0, account * ROW, (account + 1) * ROW)
    const word = account * ROW
    this.rows[word + KEY] = key
    this.rows[word + OWNER] = batch.owner[row] as number
    this.rows[word + PEER] = batch.peer[row] as number
    this.rows[word + IFACE] = batch.iface[row] as number
    this.next[account] = this.current[flow] as number
    this.current[flow] = account
    this.ends[account] = this.ledger.open(
      flow,
      { dir: key & MASK, attribution: (key >> ATTRIBUTION_SHIFT) & MASK, reason: key >> REASON_SHIFT },
      batch.owner[row] as number,
      batch.peer[row] as number,
      batch.ts[row] as number,
    )
    return account
  }

  private settle(account: number): void {
    const bytes = this.sums[account * SUMS + BYTES] as number
    const packets = this.sums[account * SUMS + PACKETS] as number
    if (bytes === 0 && packets === 0) return
    this.sums[account * SUMS + BYTES] = this.sums[account * SUMS + PACKETS] = 0
    this.sums[account * SUMS + SETTLED_BYTES] = (this.sums[account * SUMS + SETTLED_BYTES] as number) + bytes
    this.sums[account * SUMS + SETTLED_PACKETS] =
      (this.sums[account * SUMS + SETTLED_PACKETS] as number) + packets
    this.ledger.charge(
      this.ends[account] as EndPair,
      this.rows[account * ROW + IFACE] as number,
      bytes,
      packets,
    )
  }

  /** Whether `unknown` has packets of before the owner (or the peer) was found that `named` knows. */
  private isLate(unknown: number, named: number): boolean {
    if (
      ((this.rows[unknown * ROW + KEY] as number) & MASK) !==
      ((this.rows[named * ROW + KEY] as number) & MASK)
    )
      return false
    const { own, other } = this.ends[unknown] as EndPair
    const isFound = this.rows[named * ROW + OWNER] !== NO_OWNER && mayBeFound(own)
    const isPeerFound = this.rows[named * ROW + PEER] !== NO_OWNER && other !== undefined && mayBeFound(other)
    return (
      (isFound || isPeerFound) &&
      (isFound || this.rows[unknown * ROW + OWNER] === this.rows[named * ROW + OWNER]) &&
      (isPeerFound || this.rows[unknown * ROW + PEER] === this.rows[named * ROW + PEER])
    )
  }

  private chargeLate(unknown: number, named: number): void {
    const bytes = this.sums[unknown * SUMS + SETTLED_BYTES] as number
    const packets = this.sums[unknown * SUMS + SETTLED_PACKETS] as number
    this.ledger.chargeLate(this.ends[unknown] as EndPair, this.ends[named] as EndPair, bytes, packets)
    // The other end's owner may be found later still.
    this.sums[named * SUMS + SETTLED_BYTES] = (this.sums[named * SUMS + SETTLED_BYTES] as number) + bytes
    this.sums[named * SUMS + SETTLED_PACKETS] =
      (this.sums[named * SUMS + SETTLED_PACKETS] as number) + packets
    this.sums[unknown * SUMS + SETTLED_BYTES] = this.sums[unknown * SUMS + SETTLED_PACKETS] = 0
    // What the open interval has of it was never handed out: it is the owner's from the beginning.
    this.sums[named * SUMS + BYTES] =
      (this.sums[named * SUMS + BYTES] as number) + (this.sums[unknown * SUMS + BYTES] as number)
    this.sums[named * SUMS + PACKETS] =
      (this.sums[named * SUMS + PACKETS] as number) + (this.sums[unknown * SUMS + PACKETS] as number)
    this.sums[unknown * SUMS + BYTES] = this.sums[unknown * SUMS + PACKETS] = 0
  }

  private makeRoom(flow: number): void {
    let count = 0
    for (
      let account = this.current[flow] as number;
      account !== NO_ACCOUNT;
      account = this.next[account] as number
    ) {
      if (++count < MAX_PER_FLOW) continue
      this.settle(account)
      this.unlink(flow, account)
      this.forget(account)
      return
    }
  }

  private unlink(flow: number, account: number): void {
    const after = this.next[account] as number
    if (this.current[flow] === account) {
      this.current[flow] = after
      return
    }
    for (let at = this.current[flow] as number; at !== NO_ACCOUNT; at = this.next[at] as number) {
      if (this.next[at] !== account) continue
      this.next[at] = after
      return
    }
  }

  private forget(account: number): void {
    this.ledger.close(this.ends[account] as EndPair)
    this.flow[account] = NO_FLOW
    this.free.push(account)
  }

  private grow(): void {
    const { capacity } = this.tables.flows
    const { length } = this.current
    if (length >= capacity) return
    this.current = copied(new Int32Array(capacity), this.current).fill(NO_ACCOUNT, length)
  }

  private growAccounts(): void {
    const size = Math.max(4096, this.flow.length * 2)
    this.next = copied(new Int32Array(size), this.next)
    this.flow = copied(new Uint32Array(size), this.flow)
    this.rows = copied(new Uint32Array(size * ROW), this.rows)
    this.sums = new Float64Array(this.rows.buffer)
  }
}

function copied<T extends Uint32Array | Int32Array>(into: T, from: T): T {
  into.set(from)
  return into
}
