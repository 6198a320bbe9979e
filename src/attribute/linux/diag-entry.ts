// One socket that sock_diag lists, as it was last told of: what there is to tell is the difference.

import { formatAddress } from '../../record/address.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import { protocolName } from '../../record/protocol.ts'
import { IPPROTO_RAW, stateName, type DiagSocket } from '../../native/linux/sock-diag.ts'
import type { SocketSink } from '../port.ts'
import type { LinuxProcess, ProcessTable } from './process-table.ts'

/** tcp_info is told this often at most. */
const UPDATE_US = 1_000_000
/** Key of the line of a socket that nobody is known to hold. */
const NOBODY = ''
const UNNAMED = { pid: null, process: 'unknown' } as const

/** The fields of a line that tell of a process that holds the socket. */
type Holding = Pick<SocketRecord, 'pid' | 'process'> & Partial<SocketRecord>

export class DiagEntry {
  inode = 0
  state = 0
  protocol: number
  localPort = 0
  remotePort = 0
  isConnected = false
  /** Look in which it was last seen. */
  seenIn = 0
  metUs = 0
  isFirstLook = false
  /** It was not there at this time, us since the epoch. */
  bornAfterUs = -Infinity
  isGone = false
  /** Any line of it. */
  record: SocketRecord
  private rttUs = -1
  private rttvarUs = -1
  private retransmits = -1
  private segments = -1
  private toldUs = -Infinity
  private isMeasured = false
  private base: SocketRecord
  /** Lines by "pid fd", as last told. */
  private lines = new Map<string, Holding>()

  /** @param boundIface interface that it is bound to */
  constructor(socket: DiagSocket, netns: number, boundIface: string | undefined) {
    this.protocol = socket.protocol
    this.base = this.record = this.describe(socket, String(netns), boundIface)
    this.measure(socket)
  }

  /** Takes what the kernel says now. @returns whether there is something to tell */
  update(socket: DiagSocket, boundIface: string | undefined, nowUs: number): boolean {
    if (
      boundIface !== this.base.bound_iface ||
      socket.state !== this.state ||
      socket.remotePort !== this.remotePort ||
      socket.localPort !== this.localPort
    ) {
      this.base = this.describe(socket, this.base.netns as string, boundIface)
      this.measure(socket)
      return true
    }
    if (socket.segmentsIn + socket.segmentsOut === this.segments || nowUs - this.toldUs < UPDATE_US)
      return false
    this.measure(socket)
    return true
  }

  /** Tells what has changed of who holds it. */
  tellHolders(
    held: readonly LinuxProcess[],
    reason: SocketRecord['reason'],
    processes: ProcessTable,
    sink: SocketSink,
    nowUs: number,
  ): void {
    const now = new Map<string, Holding>()
    for (const holder of held) {
      const identity = processes.identify(holder)
      for (const fd of holder.sockets.get(this.inode) ?? []) {
        now.set(`${identity.pid} ${identity.start_time} ${fd}`, { ...identity, fd })
      }
    }
    // What nobody holds any more is still its last holder's: the kernel goes on for it.
    if (now.size === 0 && this.lines.size > 0) return
    if (now.size === 0) now.set(NOBODY, { ...UNNAMED, ...(reason === undefined ? {} : { reason }) })
    const event = this.lines.size === 0 && this.isFirstLook ? 'present' : 'open'
    const before = this.lines
    this.lines = now
    for (const [key, line] of now) {
      this.record = { ...this.base, ...line }
      const known = before.get(key)
      if (known === undefined) this.tellLine(line, event, sink, nowUs)
      else if (known.process !== line.process || known.reason !== line.reason)
        this.tellLine(line, 'update', sink, nowUs)
    }
    for (const [key, line] of before) {
      // That nobody was known to hold it is over, not the socket.
      if (!now.has(key) && key !== NOBODY) this.tellLine(line, 'close', sink, nowUs)
    }
  }

  tellUpdate(sink: SocketSink, nowUs: number): void {
    this.toldUs = nowUs
    for (const line of this.lines.values()) {
      this.record = { ...this.base, ...line }
      this.tellLine(line, 'update', sink, nowUs)
    }
  }

  tellClose(sink: SocketSink, nowUs: number): void {
    for (const line of this.lines.values()) this.tellLine(line, 'close', sink, nowUs)
  }

  private tellLine(line: Holding, event: SocketRecord['event'], sink: SocketSink, nowUs: number): void {
    sink.socket({ ...this.base, ...line, ...this.measures(), ts: nowUs / 1e6, event })
  }

  private measure(socket: DiagSocket): void {
    this.isMeasured = socket.rttUs > 0
    this.rttUs = socket.rttUs
    this.rttvarUs = socket.rttvarUs
    this.retransmits = socket.retransmits
    this.segments = socket.segmentsIn + socket.segmentsOut
  }

  private measures() {
    return this.isMeasured
      ? { rtt_us: this.rttUs, jitter_us: this.rttvarUs, retransmits: this.retransmits }
      : undefined
  }

  private describe(socket: DiagSocket, netns: string, boundIface: string | undefined): SocketRecord {
    this.inode = socket.inode
    this.state = socket.state
    this.localPort = socket.localPort
    this.remotePort = socket.remotePort
    const [l0, l1, l2, l3] = socket.local as unknown as [number, number, number, number]
    const [r0, r1, r2, r3] = socket.remote as unknown as [number, number, number, number]
    this.isConnected = socket.remotePort !== 0 || r0 !== 0 || r1 !== 0 || r3 !== 0
    return {
      type: 'socket',
      ts: 0,
      proto: socket.protocol === IPPROTO_RAW ? 'raw' : protocolName(socket.protocol),
      local_ip: formatAddress(l0, l1, l2, l3),
      local_port: socket.localPort,
      ...(this.isConnected ? { remote_ip: formatAddress(r0, r1, r2, r3) } : {}),
      ...(this.isConnected && socket.protocol !== IPPROTO_RAW ? { remote_port: socket.remotePort } : {}),
      state: stateName(socket.protocol, socket.state),
      pid: null,
      process: 'unknown',
      uid: socket.uid,
      ...(socket.inode === 0 ? {} : { inode: String(socket.inode) }),
      ...(socket.cookie > 0 ? { cookie: String(socket.cookie) } : {}),
      netns,
      event: 'present',
      ...(boundIface === undefined ? {} : { bound_iface: boundIface }),
      ...(socket.v6only ? { v6only: true } : {}),
    }
  }
}
