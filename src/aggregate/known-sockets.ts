// What socket records tell beside counters: whose a socket is, how many a process holds, state and round-trip time of a
// connection. So the stream alone is enough, and piped results equal those in process.

import type { SocketRecord } from '../record/generated/types.ts'
import { endsKey, socketEnds } from './ends.ts'
import type { ProcessAccount, ProcessTable } from './process-table.ts'

/** Sockets that are remembered; of more, only processes are learnt. */
const MAX_SOCKETS = 1 << 18

/** Of the latest record of a connected socket. */
export interface SocketFacts {
  state: string
  rttUs: number | undefined
  jitterUs: number | undefined
  retransmits: number | undefined
  initiated: 'in' | 'out' | undefined
  /** Forgotten: a later socket with the same ends has others. */
  isOver: boolean
}

export class KnownSockets {
  private readonly processes: ProcessTable
  /** Holder by socket and descriptor. */
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
    const process = this.holder(record)
    if (process !== undefined) this.hold(process, record)
    if (this.learns && record.remote_ip !== undefined)
      this.learn(endsKey(socketEnds(record, record.remote_ip)), record)
    return process
  }

  /** @param ends endsKey() of a connection */
  factsOf(ends: string): SocketFacts | undefined {
    return this.facts.get(ends)
  }

  endInterval(): void {
    for (const key of this.closed) {
      const facts = this.facts.get(key)
      if (facts !== undefined) facts.isOver = true
      this.facts.delete(key)
    }
    this.closed = []
  }

  private holder(record: SocketRecord): ProcessAccount | undefined {
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

  private hold(process: ProcessAccount, record: SocketRecord): void {
    const key = `${process.id} ${record.fd ?? ''} ${identity(record)}`
    const isHeld = this.held.has(key)
    if (record.event === 'close' ? !isHeld : isHeld || this.held.size >= MAX_SOCKETS) return
    if (record.event === 'close') {
      this.held.delete(key)
      process.sockets--
    } else {
      this.held.set(key, process)
      process.sockets++
    }
    // Of a process without traffic there is no record.
    if (process.hasTotal) this.processes.touch(process)
  }

  private learn(key: string, record: SocketRecord): void {
    const known = this.facts.get(key)
    if (record.event === 'close') {
      if (known === undefined) return
      this.closed.push(key)
    } else if (known === undefined && this.facts.size >= MAX_SOCKETS) return
    const facts = known ?? {
      state: record.state,
      rttUs: undefined,
      jitterUs: undefined,
      retransmits: undefined,
      initiated: undefined,
      isOver: false,
    }
    facts.state = record.state
    facts.rttUs = record.rtt_us ?? facts.rttUs
    facts.jitterUs = record.jitter_us ?? facts.jitterUs
    facts.retransmits = record.retransmits ?? facts.retransmits
    if (record.state === 'syn-sent') facts.initiated = 'out'
    else if (record.state === 'syn-recv') facts.initiated = 'in'
    this.facts.set(key, facts)
  }
}

/** What tells sockets apart: the cookie, else the inode, else their ends. */
function identity(record: SocketRecord): string {
  if (record.cookie !== undefined) return `c${record.cookie}`
  if (record.inode !== undefined) return `i${record.inode}`
  return `${record.proto} ${record.local_ip} ${record.local_port} ${record.remote_ip ?? ''} ${record.remote_port ?? ''}`
}
