// Counts packets. An account is a flow together with what the attribute stage says of it (owner, peer, direction, reason): a
// flow that changes hands has several, so that each packet is charged to the owner of its own time. Adding a packet to its
// account is some reads and writes in the flow's row of 32 bytes, which shows the account (test/bench/aggregate.bench.ts);
// what that means for processes and connections is worked out once an interval, in settle().

import { NO_FLOW } from '../record/flow-table.ts'
import { NO_OWNER } from '../record/owner-table.ts'
import { IPPROTO_TCP } from '../record/protocol.ts'
import type { RecordBatch, Tables } from '../record/record-batch.ts'
import {
  AccountRows,
  BYTES,
  KEY,
  LAST_MS,
  NO_ACCOUNT,
  OWNER,
  PACKETS,
  PEER,
  SETTLED,
  SUMS,
  WORDS,
} from './account-rows.ts'
import { otherEnd, ownEnd } from './account-ends.ts'
import type { Balance } from './balance.ts'
import type { Ledger } from './ledger.ts'
import type { Window } from './window.ts'

/** Accounts of one flow; more (it changes hands all the time) and the oldest is closed. */
const MAX_PER_FLOW = 4
/** Flags SYN and ACK, and the bit that only rows without flags have. */
const SYN_ACK_ABSENT = 0x212
const SYN_ABSENT = 0x202
const SYN = 0x002
/** Packets further apart may be of two sockets that had the same ends one after the other; TCP also tells by its SYN. */
const REST_MS = 2000
const TCP_REST_MS = 60_000

// KEY: three bits of dir, three of attribution, four of reason, and TOUCHED.
const MASK = 7
const ATTRIBUTION_SHIFT = 3
const REASON_SHIFT = 6
const REASON_MASK = 15
/** The account has packets of the open interval, and is in the list of those. */
const TOUCHED = 1 << 10

export class PacketAccounts {
  private readonly tables: Tables
  private readonly ledger: Ledger
  private readonly balance: Balance
  private readonly accounts = new AccountRows()
  private touched: number[] = []

  constructor(tables: Tables, ledger: Ledger, balance: Balance) {
    this.tables = tables
    this.ledger = ledger
    this.balance = balance
    tables.flows.onEvict(flows => {
      for (const flow of flows) this.forgetFlow(flow)
    })
    tables.owners.onForget(keep => this.accounts.forEachOwner(keep))
  }

  /**
   * Counts rows [from, to), up to the first that is not of the open interval.
   * @returns that row, or `to`
   */
  count(batch: RecordBatch, from: number, to: number, window: Window): number {
    const { accounts } = this
    accounts.growFlows(this.tables.flows)
    const { fromUs, untilUs } = window
    const { ts, flow: flows, dir, attribution, reason, owner, peer, tcpFlags, bytes, packets } = batch
    const { shown, shownSums } = accounts
    for (let row = from; row < to; row++) {
      const now = ts[row] as number
      if (now >= untilUs || now < fromUs) return row
      const flow = flows[row] as number
      if (flow === NO_FLOW) {
        this.balance.nonIpFrames++
        continue
      }
      const at = flow * WORDS
      const nowMs = milliseconds(now)
      if (
        shown[at + KEY] !==
          (TOUCHED |
            (dir[row] as number) |
            ((attribution[row] as number) << ATTRIBUTION_SHIFT) |
            ((reason[row] as number) << REASON_SHIFT)) ||
        shown[at + OWNER] !== owner[row] ||
        shown[at + PEER] !== peer[row] ||
        ((nowMs - (shown[at + LAST_MS] as number)) | 0) > REST_MS ||
        ((tcpFlags[row] as number) & SYN_ABSENT) === SYN
      )
        this.choose(batch, row, flow, nowMs)
      shown[at + LAST_MS] = nowMs
      const sum = flow * SUMS
      shownSums[sum + BYTES] = (shownSums[sum + BYTES] as number) + (bytes[row] as number)
      shownSums[sum + PACKETS] = (shownSums[sum + PACKETS] as number) + (packets[row] as number)
    }
    return to
  }

  /** Charges what was counted to processes and connections. */
  settleAll(): void {
    const { accounts } = this
    const { words, shown } = accounts
    // In the order in which they, their flows and connections lie in memory: some third less time.
    for (const account of new Int32Array(this.touched).sort()) {
      const flow = accounts.flowOf(account)
      // It has been closed meanwhile, and settled then.
      if (flow === NO_FLOW) continue
      if (accounts.current[flow] === account) {
        accounts.collect(flow)
        shown[flow * WORDS + KEY] = (shown[flow * WORDS + KEY] as number) & ~TOUCHED
      }
      this.settle(account)
      const at = account * WORDS + KEY
      words[at] = (words[at] as number) & ~TOUCHED
    }
    this.touched = []
  }

  /** Forgets accounts without a packet since `beforeUs`. Call it when everything is settled. */
  sweep(beforeUs: number): void {
    const { accounts } = this
    const before = milliseconds(beforeUs)
    for (let account = 0; account < accounts.used; account++) {
      const flow = accounts.flowOf(account)
      if (flow === NO_FLOW || ((before - (accounts.words[account * WORDS + LAST_MS] as number)) | 0) <= 0)
        continue
      if (accounts.current[flow] === account) accounts.fold(flow)
      accounts.unlink(flow, account)
      this.forget(account)
    }
  }

  /** Settles and forgets all accounts: what comes is of another host, or of a later time. */
  forgetAll(): void {
    this.settleAll()
    for (let flow = 0; flow < this.accounts.current.length; flow++) this.forgetFlow(flow)
  }

  private forgetFlow(flow: number): void {
    const { accounts } = this
    accounts.fold(flow)
    let account = accounts.firstOf(flow)
    while (account !== NO_ACCOUNT) {
      const after = accounts.next[account] as number
      this.settle(account)
      this.forget(account)
      account = after
    }
    if (flow < accounts.current.length) accounts.current[flow] = NO_ACCOUNT
  }

  /** Shows the row's account in its flow's row: known or new, with what its flow's earlier packets tell. */
  private choose(batch: RecordBatch, row: number, flow: number, nowMs: number): void {
    const { accounts } = this
    const flags = batch.tcpFlags[row] as number
    const owner = batch.owner[row] as number
    const peer = batch.peer[row] as number
    const key =
      (batch.dir[row] as number) |
      ((batch.attribution[row] as number) << ATTRIBUTION_SHIFT) |
      ((batch.reason[row] as number) << REASON_SHIFT)
    const isSyn = (flags & SYN_ABSENT) === SYN
    if (!isSyn && accounts.showsOnly(flow, key, owner, peer, nowMs - REST_MS)) {
      this.touch(accounts.firstOf(flow), batch.iface[row] as number)
      accounts.shown[flow * WORDS + KEY] = key | TOUCHED
      return
    }
    accounts.fold(flow)
    this.separate(flow, isSyn, nowMs)
    const account = this.find(flow, key, owner, peer) ?? this.open(batch, row, flow, key)
    if (accounts.current[flow] !== account) {
      accounts.unlink(flow, account)
      accounts.putFirst(flow, account)
    }
    this.touch(account, batch.iface[row] as number)
    const now = batch.ts[row] as number
    if ((flags & SYN_ACK_ABSENT) === SYN) this.ledger.markInitiated(account, key & MASK, now)
    const { next } = accounts
    for (let other = next[account] as number; other !== NO_ACCOUNT; other = next[other] as number)
      if (this.isLate(other, account)) this.chargeLate(other, account)
    accounts.show(flow)
  }

  private touch(account: number, iface: number): void {
    const { words } = this.accounts
    const key = words[account * WORDS + KEY] as number
    if ((key & TOUCHED) !== 0) return
    words[account * WORDS + KEY] = key | TOUCHED
    this.accounts.iface[account] = iface
    this.touched.push(account)
  }

  /** What came before a SYN, or long before this packet, is not known to be of the same socket. */
  private separate(flow: number, isSyn: boolean, nowMs: number): void {
    const { current, next, words, settled } = this.accounts
    const isTcp = (this.tables.flows.meta(flow) & 0xff) === IPPROTO_TCP
    const restMs = isTcp ? TCP_REST_MS : REST_MS
    for (let account = current[flow] as number; account !== NO_ACCOUNT; account = next[account] as number) {
      if (!isSyn && ((nowMs - (words[account * WORDS + LAST_MS] as number)) | 0) <= restMs) continue
      this.settle(account)
      settled.fill(0, account * SETTLED, (account + 1) * SETTLED)
    }
  }

  private find(flow: number, key: number, owner: number, peer: number): number | undefined {
    const { current, next, words } = this.accounts
    for (let account = current[flow] as number; account !== NO_ACCOUNT; account = next[account] as number) {
      const at = account * WORDS
      if (
        ((words[at + KEY] as number) & ~TOUCHED) === key &&
        words[at + OWNER] === owner &&
        words[at + PEER] === peer
      )
        return account
    }
    return undefined
  }

  private open(batch: RecordBatch, row: number, flow: number, key: number): number {
    this.makeRoom(flow)
    const account = this.accounts.take(flow)
    const { words } = this.accounts
    const owner = batch.owner[row] as number
    const peer = batch.peer[row] as number
    words[account * WORDS + KEY] = key
    words[account * WORDS + OWNER] = owner
    words[account * WORDS + PEER] = peer
    const kind = {
      dir: key & MASK,
      attribution: (key >> ATTRIBUTION_SHIFT) & MASK,
      reason: (key >> REASON_SHIFT) & REASON_MASK,
    }
    const reverse = this.tables.flows.reverseOf(flow)
    const answers = reverse === NO_FLOW ? NO_ACCOUNT : this.accounts.firstOf(reverse)
    this.ledger.open(account, answers, flow, kind, owner, peer, batch.ts[row] as number)
    return account
  }

  private settle(account: number): void {
    const { sums, settled, iface } = this.accounts
    const at = account * SUMS
    const bytes = sums[at + BYTES] as number
    const packets = sums[at + PACKETS] as number
    if (bytes === 0 && packets === 0) return
    sums[at + BYTES] = sums[at + PACKETS] = 0
    add(settled, account * SETTLED, bytes, packets)
    this.ledger.charge(account, iface[account] as number, bytes, packets)
  }

  /** Whether `unknown` has packets of before the owner (or the peer) was found that `named` knows. */
  private isLate(unknown: number, named: number): boolean {
    const { ledger } = this
    const { words } = this.accounts
    const [a, b] = [unknown * WORDS, named * WORDS]
    if ((((words[a + KEY] as number) ^ (words[b + KEY] as number)) & MASK) !== 0) return false
    const isFound = words[b + OWNER] !== NO_OWNER && ledger.mayBeFound(ownEnd(unknown))
    const isPeerFound = words[b + PEER] !== NO_OWNER && ledger.mayBeFound(otherEnd(unknown))
    return (
      (isFound || isPeerFound) &&
      (isFound || words[a + OWNER] === words[b + OWNER]) &&
      (isPeerFound || words[a + PEER] === words[b + PEER])
    )
  }

  private chargeLate(unknown: number, named: number): void {
    const { sums, settled } = this.accounts
    const [from, to] = [unknown * SETTLED, named * SETTLED]
    const bytes = settled[from] as number
    const packets = settled[from + 1] as number
    this.ledger.chargeLate(unknown, named, bytes, packets)
    // The other end's owner may be found later still.
    add(settled, to, bytes, packets)
    settled[from] = settled[from + 1] = 0
    // What the open interval has of it was never handed out: it is the owner's from the beginning.
    const [open, into] = [unknown * SUMS, named * SUMS]
    add(sums, into, sums[open + BYTES] as number, sums[open + PACKETS] as number)
    sums[open + BYTES] = sums[open + PACKETS] = 0
  }

  private makeRoom(flow: number): void {
    const { accounts } = this
    let count = 0
    for (
      let account = accounts.firstOf(flow);
      account !== NO_ACCOUNT;
      account = accounts.next[account] as number
    ) {
      if (++count < MAX_PER_FLOW) continue
      this.settle(account)
      accounts.unlink(flow, account)
      this.forget(account)
      return
    }
  }

  private forget(account: number): void {
    this.ledger.close(account)
    this.accounts.release(account)
  }
}

/** Lower 32 bits, unsigned: the difference of two, made signed, is right for 24 days. */
function milliseconds(us: number): number {
  return (us / 1000) >>> 0
}

/** Adds to a pair of bytes and packets. */
function add(pairs: Float64Array, at: number, bytes: number, packets: number): void {
  pairs[at] = (pairs[at] as number) + bytes
  pairs[at + 1] = (pairs[at + 1] as number) + packets
}
