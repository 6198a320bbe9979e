// Whom accounts of packets are charged to, in columns: each account has its own end and, of packets within this host, the
// receiver's. The end of an interval goes through all of them, so they are no objects (test/bench/pipeline.bench.ts).

import { NO_CONNECTION } from './connection-table.ts'
import type { ProcessAccount } from './process-table.ts'

/** The end that an account's packets are counted at: the one on this host, or, of forwarded packets, where they are shown. */
export function ownEnd(account: number): number {
  return 2 * account
}

/** The receiver's, of packets that count twice. */
export function otherEnd(account: number): number {
  return 2 * account + 1
}

export class AccountEnds {
  /** Undefined: the account has no such end. */
  readonly process: Array<ProcessAccount | undefined> = []
  /** Row in ConnectionTable; NO_CONNECTION: there was no room for another. */
  connection = new Int32Array(0)
  /** 1: its packets are sent here, else received. */
  isSource = new Uint8Array(0)
  /** Why it is nobody's; undefined: it is somebody's. */
  readonly reason: Array<string | undefined> = []

  set(
    end: number,
    process: ProcessAccount,
    connection: number,
    isSource: boolean,
    reason: string | undefined,
  ): void {
    this.makeRoom(end)
    this.process[end] = process
    this.connection[end] = connection
    this.isSource[end] = Number(isSource)
    this.reason[end] = reason
  }

  clear(end: number): void {
    this.makeRoom(end)
    this.process[end] = this.reason[end] = undefined
    this.connection[end] = NO_CONNECTION
    this.isSource[end] = 0
  }

  private makeRoom(end: number): void {
    const { connection, isSource } = this
    if (end < connection.length) return
    const size = Math.max(8192, connection.length * 2)
    this.connection = new Int32Array(size)
    this.connection.set(connection)
    this.isSource = new Uint8Array(size)
    this.isSource.set(isSource)
  }
}
