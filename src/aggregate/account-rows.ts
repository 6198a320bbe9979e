// Memory of the accounts of packets. What is touched for each packet is in a row of 32 bytes, half a line of the cache, at its
// flow's number: nothing has to be looked up on the way to it. While an interval is open the row shows the account of the
// flow's latest packet, and what has been counted for it since; fold() takes that back to the account. The accounts
// themselves, of which a flow has a list, the latest packet's first, are only touched when it is another one's turn.

import { NO_FLOW, type FlowTable } from '../record/flow-table.ts'

export const NO_ACCOUNT = -1

/** Numbers of a row in `sums` and `shownSums`: counted since the account was settled, or since it is shown. */
export const SUMS = 4
export const BYTES = 0
export const PACKETS = 1
/** Words of a row in `words` and `shown`, over the same memory. */
export const WORDS = 8
export const OWNER = 4
export const PEER = 5
/** Direction, attribution and reason of its packets, and bits of packet-accounts.ts. Of a flow's row 0: it shows no account. */
export const KEY = 6
/** Time of its last packet, milliseconds, the lower 32 bits. */
export const LAST_MS = 7

/** Numbers of an account in `settled`: counted before, of the socket that the flow is of, as far as told. */
export const SETTLED = 2

export class AccountRows {
  /** By flow. */
  shown = new Uint32Array(0)
  shownSums = new Float64Array(0)
  /** By account. */
  words = new Uint32Array(0)
  sums = new Float64Array(0)
  settled = new Float64Array(0)
  /** The account of the flow's latest packet, and from there on by `next` its others. */
  current = new Int32Array(0)
  next = new Int32Array(0)
  /** Of the account's first packet in the open interval. */
  iface = new Uint16Array(0)
  /** Accounts that there have been at a time. */
  used = 0
  /** NO_FLOW: the account is free. */
  private flows = new Uint32Array(0)
  private readonly free: number[] = []

  /** Makes room for the table's flows. */
  growFlows({ capacity }: FlowTable): void {
    const { length } = this.current
    if (length >= capacity) return
    this.current = copied(new Int32Array(capacity), this.current).fill(NO_ACCOUNT, length)
    this.shown = copied(new Uint32Array(capacity * WORDS), this.shown)
    this.shownSums = new Float64Array(this.shown.buffer)
  }

  /** NO_FLOW when the account is free. */
  flowOf(account: number): number {
    return this.flows[account] as number
  }

  firstOf(flow: number): number {
    return this.current[flow] ?? NO_ACCOUNT
  }

  /** Shows the flow's first account in its row, which shows none. */
  show(flow: number): void {
    const from = this.firstOf(flow) * WORDS
    const to = flow * WORDS
    this.shown[to + OWNER] = this.words[from + OWNER] as number
    this.shown[to + PEER] = this.words[from + PEER] as number
    this.shown[to + KEY] = this.words[from + KEY] as number
  }

  /**
   * Whether the flow has one account, which its row shows, with this key, which is not 0, and these ends, and a packet since
   * `sinceMs`: the first packet of an interval needs no more of most flows.
   */
  showsOnly(flow: number, key: number, owner: number, peer: number, sinceMs: number): boolean {
    const { shown } = this
    const row = flow * WORDS
    return (
      key !== 0 &&
      shown[row + KEY] === key &&
      shown[row + OWNER] === owner &&
      shown[row + PEER] === peer &&
      ((sinceMs - (shown[row + LAST_MS] as number)) | 0) <= 0 &&
      this.next[this.current[flow] as number] === NO_ACCOUNT
    )
  }

  /** Adds what the flow's row has counted to the account that it shows, and shows none any more. */
  fold(flow: number): void {
    this.collect(flow)
    if (flow < this.current.length) this.shown[flow * WORDS + KEY] = 0
  }

  /** Adds what the flow's row has counted to the account that it shows, and goes on to show that. */
  collect(flow: number): void {
    const { shown, shownSums, sums } = this
    const row = flow * WORDS
    if (flow >= this.current.length || shown[row + KEY] === 0) return
    const account = this.firstOf(flow)
    const from = flow * SUMS
    const to = account * SUMS
    sums[to + BYTES] = (sums[to + BYTES] as number) + (shownSums[from + BYTES] as number)
    sums[to + PACKETS] = (sums[to + PACKETS] as number) + (shownSums[from + PACKETS] as number)
    this.words[account * WORDS + LAST_MS] = shown[row + LAST_MS] as number
    shownSums[from + BYTES] = shownSums[from + PACKETS] = 0
  }

  /** Calls back with the owners and peers of all accounts. */
  forEachOwner(visit: (owner: number) => void): void {
    for (let account = 0; account < this.used; account++) {
      if (this.flows[account] === NO_FLOW) continue
      visit(this.words[account * WORDS + OWNER] as number)
      visit(this.words[account * WORDS + PEER] as number)
    }
  }

  /** A new account, the flow's first, all zero. */
  take(flow: number): number {
    const account = this.free.pop() ?? this.used++
    if (account >= this.flows.length) this.growAccounts()
    this.flows[account] = flow
    this.words.fill(0, account * WORDS, (account + 1) * WORDS)
    this.settled.fill(0, account * SETTLED, (account + 1) * SETTLED)
    this.putFirst(flow, account)
    return account
  }

  /** Makes an account that is in no list its flow's first. */
  putFirst(flow: number, account: number): void {
    this.next[account] = this.current[flow] as number
    this.current[flow] = account
  }

  unlink(flow: number, account: number): void {
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

  /** Gives back an account that is in no list. */
  release(account: number): void {
    this.flows[account] = NO_FLOW
    this.free.push(account)
  }

  private growAccounts(): void {
    const size = Math.max(4096, this.flows.length * 2)
    this.next = copied(new Int32Array(size), this.next)
    this.flows = copied(new Uint32Array(size), this.flows)
    this.words = copied(new Uint32Array(size * WORDS), this.words)
    this.sums = new Float64Array(this.words.buffer)
    this.settled = copied(new Float64Array(size * SETTLED), this.settled)
    this.iface = copied(new Uint16Array(size), this.iface)
  }
}

function copied<T extends Uint32Array | Int32Array | Uint16Array | Float64Array>(into: T, from: T): T {
  into.set(from)
  return into
}
