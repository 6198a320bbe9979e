// What the attribute stage needs of an operating system: its sockets, and who holds them.

import type { HelloRecord, SocketRecord } from '../record/generated/types.ts'
import type { RecordBatch } from '../record/record-batch.ts'
import type { SocketPackets } from '../record/socket-packet.ts'
import type { OwnerTurn } from './owner-turns.ts'

/** Told what is found out about sockets. */
export interface SocketSink {
  /**
   * One call for each descriptor (pid, fd) of a socket; a socket that nobody is known to hold has pid null.
   * @param exactUs when the socket was made or, of a close, when nobody held it any more, where the source knows it to the
   *   microsecond
   */
  socket(record: SocketRecord, exactUs?: number): void
  /** The socket of this record has passed from process to process: who had it when, as far as the kernel has told. */
  turns?(record: SocketRecord, turns: readonly OwnerTurn[]): void
}

export interface SocketSource {
  /** How sockets are listed: sock_diag, libproc, pcblist_n, ebpf, ntstat, file. */
  readonly method: string
  /** Why owners may be missing, one sentence each, with the remedy ("sockets of other users: run with sudo"). */
  readonly degraded: readonly string[]
  /**
   * What scan() tells. Absent: every socket that there is, event present. True: after the first time only changes, by
   * event: open, update (state, tcp_info), close - so that ten thousand idle sockets cost no record.
   */
  readonly tellsChanges?: boolean
  /** Sockets of other users' processes are not told of: a packet without a socket may be one of theirs. */
  readonly hidesSockets?: boolean
  /** A dump that was made earlier, not this host now: it answers for recordings. */
  readonly isRecorded?: boolean
  /** Network namespace (netns of its records) whose packets are seen; undefined: sockets of all namespaces are alike. */
  readonly netns?: string | undefined
  /** Local addresses, where the source knows them: hello.interfaces of what is written by netoproc-sockets. */
  interfaces?(): NonNullable<HelloRecord['interfaces']>
  /** Packets that tell names, where they were asked for and can be had. */
  readonly packets?: SocketPackets | undefined
  /** Looks at all sockets as they are now. Synchronous; incremental: who holds a known inode is not looked up again. */
  scan(sink: SocketSink, nowUs: number): void
  /** Kernel events since the last call, in order, for sources that have them (eBPF); nothing to do for others. */
  poll?(sink: SocketSink, nowUs: number): void
  /**
   * Sockets that were closed since the last call, of those that were told of: asked for each batch of packets, so that a
   * port that another process has meanwhile does not name the last one. Costs nothing where nothing was closed.
   */
  tellClosed?(sink: SocketSink, nowUs: number): void
  /**
   * The socket that the kernel would hand a packet of this five-tuple to now, with its holders; what is new of it goes to
   * the sink first. Some microseconds, however many sockets there are.
   * @returns a record of the socket (any of its holders'); undefined: there is none
   */
  find?(tuple: LocalTuple, sink: SocketSink, nowUs: number): SocketRecord | undefined
  /**
   * Until when a datagram socket other than this one, at the same local port, may have been open, and is closed now, us: of
   * those too that came and went between two looks. -Infinity: there was none. Absent: nothing tells.
   */
  closedUs?(record: SocketRecord): number
  /**
   * Whether the process of a listening socket may leave what it accepts to children: then a connection that nobody has seen open
   * may have been theirs. Absent: no socket comes and goes unseen.
   */
  mayHandOn?(record: SocketRecord): boolean
  /**
   * Whether packets of sockets that are bound to interface `bound` pass by interface `seen`, which is another one: it is below
   * (a port of a bridge, what a VLAN is on). Absent: never.
   */
  isBelow?(seen: string, bound: string): boolean
  /** Calls back whenever the kernel tells of sockets: for who wants to poll at once. */
  follow?(callback: () => void): void
  /** Appends a record, with counters, for each socket that has moved something since the last call: eBPF, ntstat, pcblist_n. */
  collect?(into: RecordBatch, nowUs: number, isLast?: boolean): void
  /**
   * For so long collect() may be put off now, us: then owners are gone before they are asked for, or there is no room for
   * what is counted. Absent: a second.
   */
  readonly patienceUs?: number
  close(): void
}

/** One end of a packet, as seen from this host. Words in host order, IPv4 is IPv4-mapped. One object, refilled for each. */
export interface LocalTuple {
  protocol: number
  isV6: boolean
  readonly local: Uint32Array
  localPort: number
  readonly remote: Uint32Array
  remotePort: number
  /** The local address is multicast or broadcast: every socket that fits gets a copy. */
  isForMany: boolean
  /** Interface on which the packet was seen; undefined: not known. */
  iface: string | undefined
}
