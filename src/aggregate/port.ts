// What the aggregate stage needs of those who understand DNS and name remotes.

import type { ConnectionRecord, DnsRecord, ServerNameRecord } from '../record/generated/types.ts'
import type { SideRecord } from '../record/record-batch.ts'
import type { Ends } from './ends.ts'
import type { Beginning } from './names/beginnings.ts'
import type { Talker } from './names/name-book.ts'

export interface DnsObserver {
  /** A DNS message, in the order of the stream. @returns records of the questions that are settled now */
  take(record: DnsRecord): readonly SideRecord[]
  /** The stream's time has come to `nowUs` and an interval ends: what else to write in it (dns_query, resolver). */
  rollup(nowUs: number, isLast: boolean): readonly SideRecord[]
}

export interface RemoteNamer {
  /** The server name of a handshake, in the order of the stream. */
  serverName(record: ServerNameRecord): void
  /**
   * A connection is seen first.
   * @param earliestUs when it may have begun, at the earliest
   * @param isAnew it begins now: what was before, between the same ends, is past
   * @returns what is known of its remote at that time, which may become more while its records are made
   */
  begin(talker: Talker, ends: Ends, nowUs: number, earliestUs: number, isAnew: boolean): Beginning
  /** Puts remote_name, remote_name_source, service and network into the record, where they are known. */
  label(record: ConnectionRecord, ends: Ends, beginning: Beginning | undefined): void
  /** Of a connection whose record was written without a name: whether one is on its way, has come, or will not come. */
  later(ends: Ends): 'awaited' | 'known' | 'none'
}
