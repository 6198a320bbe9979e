// Packets as sockets send and are given them, in which names are told (DNS, TLS, QUIC): handed from where sockets are counted
// to where packets are decoded. Few, so each is an object with bytes of its own.

import type { Owner } from './owner-table.ts'

export interface SocketPacket {
  /** From the IP header on; cut when it is longer than anybody reads. */
  readonly bytes: Uint8Array
  /** Length in bytes from the IP header on. */
  readonly wireLength: number
  /** Microseconds since the epoch. */
  readonly tsUs: number
  /** Of the network namespace that netoproc runs in; undefined: the socket is in another one. */
  readonly ifindex: number | undefined
  readonly isOutgoing: boolean
  /** Bytes of payload in each segment of a super-packet; 0: it is none. */
  readonly gsoSize: number
  /** Whose the socket was, where the kernel has named one process alone. */
  readonly owner: Owner | undefined
}

export interface SocketPackets {
  /** The oldest that waits. */
  take(): SocketPacket | undefined
  /** Calls back when packets have come; undefined: no longer. */
  onNews(callback: (() => void) | undefined): void
  statistics(): { readonly received: number; readonly dropped: number }
}
