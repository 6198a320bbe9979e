// Memory of the accounts of packets: what is touched for each packet in a row of 32 bytes, half a line of the cache, the rest
// apart; and for each flow the list of its accounts, the latest packet's first.

import { NO_FLOW, type FlowTable } from '../record/flow-table.ts'

export const NO_ACCOUNT = -1

/** Numbers of an account in `sums`: counted since it was settled. */
export const SUMS = 4
export const BYTES = 0
export const PACKETS = 1
/** Words of an account in `words`, over the same memory. */
export const WORDS = 8
export const OWNER = 4
export const PEER = 5
/** Direction, attribution and reason of its packets, and TOUCHED. */
export const KEY = 6
/** Time of its last packet, milliseconds, the lower 32 bits. */
export const LAST_MS = 7

/** Numbers of an account in `settled`: counted before, of the socket that the flow is of, as far as told. */
export const SETTLED = 2

export class AccountRows {
  /** The account of the flow's latest packet, and from there on by `next` its others. */
  current = new Int32Array(0)
  next = new Int32Array(0)
  sums = new Float64Array(0)
  words = new Uint32Array(0)
  settled = new Float64Array(0)
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
    if (length < capacity)
      this.current = copied(new Int32Array(capacity), this.current).fill(NO_ACCOUNT, length)
  }

  /** NO_FLOW when the account is free. */
  flowOf(account: number): number {
    return this.flows[account] as number
  }

  firstOf(flow: number): number {
    return this.current[flow] ?? NO_ACCOUNT
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
