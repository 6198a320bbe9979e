// What the aggregate stage needs of those who understand DNS and name remotes.

import type { ConnectionRecord, DnsRecord } from '../record/generated/types.ts'
import type { SideRecord } from '../record/record-batch.ts'

export interface DnsObserver {
  /** A DNS message, in the order of the stream. @returns records of the questions that are settled now */
  take(record: DnsRecord): readonly SideRecord[]
  /** The stream's time has come to `nowUs` and an interval ends: what else to write in it (dns_query, resolver). */
  rollup(nowUs: number, isLast: boolean): readonly SideRecord[]
}

export interface RemoteNamer {
  /** Puts remote_name, remote_name_source, service and network into the record, where they are known. */
  label(record: ConnectionRecord): void
}
