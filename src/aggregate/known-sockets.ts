// What socket records tell beside counters: whose a socket is, how many a process holds, state and round-trip time of a
// connection. So the stream alone is enough, and piped results equal those in process.

import type { SocketRecord } from '../record/generated/types.ts'
import { endsKey, socketEnds } from './ends.ts'
import type { ProcessAccount, ProcessTable } from './process-table.ts'

/** Sockets that are remembered; of more, those that were learnt of longest ago are forgotten. */
const MAX_SOCKETS = 1 << 18
const FORGOTTEN = MAX_SOCKETS / 16

/** Of the latest record of a connected socket. */
export interface SocketFacts {
  state: string
  rttUs: number | undefined
  jitterUs: number | undefined
  retransmits: number | undefined
  initiated: 'in' | 'out' | undefined
  /** The last record was of its closing. */
  isClosed: boolean
  /** Forgotten: a later socket with the same ends has others. */
  isOver: boolean
}

export class KnownSockets {
  private readonly processes: ProcessTable
  /** Holder by socket, and by descriptor where that is told. */
  private readonly held = new Map<string, ProcessAccount>()
  private readonly facts = new Map<string, SocketFacts>()
  /** Closed in the open interval: their last facts are still to be written. */
  private closed: string[] = []
  private readonly learns: boolean

  /** @param learns false: nobody asks for facts */
  constructor(processes: ProcessTable, learns: boolean) {
    this.processes = processes
    this.learns = learns
  }

  /** @returns the process that the record names; undefined when it names none */
  take(record: SocketRecord): ProcessAccount | undefined {
    const process = this.processOf(record)
    const key = heldKey(record, process)
    if (key !== undefined) this.hold(key, record.event === 'close' ? undefined : process)
    if (this.learns && record.remote_ip !== undefined && hasFacts(record))
      this.learn(endsKey(socketEnds(record, record.remote_ip)), record)
    return process
  }

  /** @param ends endsKey() of a connection */
  factsOf(ends: string): SocketFacts | undefined {
    return this.facts.get(ends)
  }

  /** Whether a socket between these ends is open, as far as is known. @param ends endsKey() of a connection */
  isOpen(ends: string): boolean {
    return this.facts.get(ends)?.isClosed === false
  }

  /** Another source begins, which lists the sockets that there are. */
  begin(isOtherBoot: boolean): void {
    for (const process of this.held.values()) {
      process.sockets--
      // Of those of another boot nothing more is told.
      if (!isOtherBoot) this.tell(process)
    }
    this.held.clear()
    for (const [key, facts] of this.facts) this.forget(key, facts)
  }

  endInterval(): void {
    for (const key of this.closed) {
      const facts = this.facts.get(key)
      // Another one may have been opened since.
      if (facts?.isClosed === true) this.forget(key, facts)
    }
    this.closed = []
  }

  private processOf(record: SocketRecord): ProcessAccount | undefined {
    if (record.pid === null) return undefined
    const account = this.processes.of(
      record.layer ?? 'ip',
      record.pid,
      record.start_time ?? null,
      record.process,
      record.user ?? null,
    )
    account.describe(record)
    return account
  }

  private hold(key: string, holder: ProcessAccount | undefined): void {
    const before = this.held.get(key)
    if (before === holder) return
    if (before !== undefined) this.release(key, before)
    if (holder === undefined) return
    if (this.held.size >= MAX_SOCKETS)
      for (const [oldest, process] of firstOf(this.held)) this.release(oldest, process)
    this.held.set(key, holder)
    holder.sockets++
    this.tell(holder)
  }

  private release(key: string, holder: ProcessAccount): void {
    this.held.delete(key)
    holder.sockets--
    this.tell(holder)
  }

  /** Of a process without traffic there is no record. */
  private tell(process: ProcessAccount): void {
    if (process.hasTotal) this.processes.touch(process)
  }

  private learn(key: string, record: SocketRecord): void {
    const isClosed = record.event === 'close'
    let facts = this.facts.get(key)
    if (isClosed) {
      if (facts === undefined) return
      this.closed.push(key)
    }
    if (facts === undefined) {
      if (this.facts.size >= MAX_SOCKETS)
        for (const [oldest, each] of firstOf(this.facts)) this.forget(oldest, each)
      facts = {
        state: record.state,
        rttUs: undefined,
        jitterUs: undefined,
        retransmits: undefined,
        initiated: undefined,
        isClosed,
        isOver: false,
      }
      this.facts.set(key, facts)
    }
    facts.state = record.state
    facts.isClosed = isClosed
    facts.rttUs = record.rtt_us ?? facts.rttUs
    facts.jitterUs = record.jitter_us ?? facts.jitterUs
    facts.retransmits = record.retransmits ?? facts.retransmits
    if (record.initiated !== undefined) facts.initiated = record.initiated
    else if (record.state === 'syn-sent') facts.initiated = 'out'
    else if (record.state === 'syn-recv') facts.initiated = 'in'
  }

  private forget(key: string, facts: SocketFacts): void {
    facts.isOver = true
    this.facts.delete(key)
  }
}

/** The entries that were put in first, some at once. */
function firstOf<V>(entries: ReadonlyMap<string, V>): Array<[string, V]> {
  const first: Array<[string, V]> = []
  for (const entry of entries) if (first.push(entry) === FORGOTTEN) break
  return first
}

/** Packets to a closed port, those that are forwarded, and what the kernel answers itself have no socket, and nothing is closed. */
function hasFacts({ pid, cookie, inode }: SocketRecord): boolean {
  return pid !== null || cookie !== undefined || inode !== undefined
}

/**
 * A descriptor has one holder and a socket may have several, each with its own; a line without descriptor names the one who
 * has the socket now. Undefined: it does not say who.
 */
function heldKey(record: SocketRecord, process: ProcessAccount | undefined): string | undefined {
  const { fd, cookie, inode } = record
  const isShared = fd === undefined || fd === null
  if (isShared && (cookie !== undefined || inode !== undefined)) return identity(record)
  return process === undefined ? undefined : `${process.id} ${fd ?? ''} ${identity(record)}`
}

/** What tells sockets apart: the cookie, else the inode, else their ends. */
function identity(record: SocketRecord): string {
  if (record.cookie !== undefined) return `c${record.cookie}`
  if (record.inode !== undefined) return `i${record.inode}`
  return `${record.proto} ${record.local_ip} ${record.local_port} ${record.remote_ip ?? ''} ${record.remote_port ?? ''}`
}
