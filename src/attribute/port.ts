// What the attribute stage needs of an operating system: its sockets, and who holds them.

import type { SocketRecord } from '../record/generated/types.ts'

/** Told what a scan of the sockets finds. One call for each (socket, holder); a socket that nobody holds has pid null. */
export interface SocketSink {
  socket(record: SocketRecord): void
}

export interface SocketSource {
  /** How sockets are listed: sock_diag, libproc, pcblist_n, ebpf. */
  readonly method: string
  /** Why owners may be missing, one sentence each, with the remedy ("sockets of other users: run with sudo"). */
  readonly degraded: readonly string[]
  /** Lists all sockets as they are now. Synchronous; incremental: who holds a known inode is not looked up again. */
  scan(sink: SocketSink, nowUs: number): void
  /** Kernel events since the last call, in order, for sources that have them (eBPF); nothing to do for others. */
  poll?(sink: SocketSink, nowUs: number): void
  close(): void
}
