// The flows that the kernel's network statistics tell of, from their beginning to their end: what each is of, whose it is, and
// what it has moved. Counters are since the flow began; what it moved before we came is taken off.

import { TCPS_LISTEN } from '../../native/darwin/generated/pcblist.ts'
import { IPPROTO_TCP, tcpStateName } from '../../native/darwin/inet-socket.ts'
import type { FlowCounts, FlowDescription, NtstatSink } from '../../native/darwin/ntstat-message.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import { protocolName } from '../../record/protocol.ts'
import { Counters, type Moved } from '../counters.ts'
import type { Identity } from './process-table.ts'
import { addressText } from './socket-record.ts'

export class Flow {
  readonly ref: bigint
  readonly cookie: string
  /** There before we came. */
  readonly isOld: boolean
  /** Its first counts are where counting begins. */
  private hasBase: boolean
  protocol = 0
  localIp = ''
  localPort = 0
  /** Undefined: not connected, or its packets go to several. */
  remoteIp: string | undefined
  remotePort = 0
  state = ''
  isListening = false
  isLoopback = false
  readonly remote = new Uint32Array(4)
  ifindex = 0
  /** Whose traffic it is: 0 where the kernel made the socket. */
  pid = 0
  isEffective = false
  uid = 0
  owner: Identity | undefined
  readonly read = new Counters()
  /** Read, and not handed out yet. */
  readonly pending = new Counters()
  /** Nothing more comes of it. */
  isClosed = false
  /** A record with counters has told of it; of its being there. */
  isTold = false
  isAnnounced = false

  constructor(ref: bigint, provider: number, isOld: boolean) {
    this.ref = ref
    // Providers are numbers below those of the protocols that cookies of control blocks end with.
    this.cookie = String((ref % (1n << 56n)) * 256n + BigInt(provider))
    this.isOld = isOld
    this.hasBase = !isOld
  }

  count(counts: Moved): void {
    if (this.hasBase) this.read.advance(counts, this.pending)
    else this.read.set(counts)
    this.hasBase = true
  }

  /** The kernel has said what it is of. */
  get isDescribed(): boolean {
    return this.protocol !== 0
  }

  /** And its addresses are known: a socket gets them some time after it begins. */
  get isSettled(): boolean {
    return (
      this.localPort !== 0 && (this.protocol !== IPPROTO_TCP || this.isListening || this.remotePort !== 0)
    )
  }

  /** Socket records of the same flow from lists have the same text. */
  get tuple(): string {
    return tupleText(this.protocol, this.localIp, this.localPort, this.remoteIp, this.remotePort)
  }

  /** All of a record but its time, owner and counters. */
  describe(): SocketRecord {
    return {
      type: 'socket',
      ts: 0,
      proto: protocolName(this.protocol),
      local_ip: this.localIp,
      local_port: this.localPort,
      ...(this.remoteIp === undefined ? {} : { remote_ip: this.remoteIp, remote_port: this.remotePort }),
      state: this.state,
      pid: null,
      process: 'unknown',
      uid: this.uid,
      cookie: this.cookie,
      event: 'update',
    }
  }
}

export function tupleText(
  protocol: number | string,
  localIp: string,
  localPort: number,
  remoteIp: string | undefined,
  remotePort: number | undefined,
): string {
  const proto = typeof protocol === 'number' ? protocolName(protocol) : protocol
  return `${proto} ${localIp} ${localPort} ${remoteIp ?? ''} ${remoteIp === undefined ? '' : (remotePort ?? '')}`
}

export class FlowTable implements NtstatSink {
  readonly flows = new Map<bigint, Flow>()
  /** Their addresses are not known yet. */
  readonly unsettled = new Set<Flow>()
  /** Since the last takeFresh() and takeClosed(). */
  private fresh: Flow[] = []
  private closed: Flow[] = []
  private readonly onDescribed: (flow: Flow, description: FlowDescription) => void
  /** Flows that are told now were there before. */
  private isStarting = true
  /** The kernel numbers flows one after the other. */
  private lastRef = 0n
  /** Messages that could not be read, and the lengths of those that describe flows in another way. */
  unreadMessages = 0
  readonly unreadTypes = new Set<string>()
  /** Flows that ended without their last counts. */
  lostCounts = 0
  /** Flows of which nothing is told at all, as their beginning found no room in the buffer: a gap in the numbers. */
  lostFlows = 0

  /** @param onDescribed told that what a flow is of, and whose it is, may be others than before */
  constructor(onDescribed: (flow: Flow, description: FlowDescription) => void) {
    this.onDescribed = onDescribed
  }

  /** From now on flows are new. */
  started(): void {
    this.isStarting = false
  }

  added(ref: bigint, provider: number): void {
    if (ref > this.lastRef + 1n) this.lostFlows += Number(ref - this.lastRef - 1n)
    // Late, not lost.
    else if (ref < this.lastRef && this.lostFlows > 0) this.lostFlows--
    if (ref > this.lastRef) this.lastRef = ref
    if (this.flows.has(ref)) return
    const flow = new Flow(ref, provider, this.isStarting)
    this.flows.set(ref, flow)
    this.unsettled.add(flow)
    this.fresh.push(flow)
  }

  described(ref: bigint, description: FlowDescription): void {
    const flow = this.flows.get(ref)
    if (flow === undefined || flow.isClosed) return
    const { protocol, local, remote, state } = description
    const isConnected = description.remotePort !== 0
    flow.protocol = protocol
    flow.localIp = addressText(local)
    flow.localPort = description.localPort
    flow.remoteIp = isConnected ? addressText(remote) : undefined
    flow.remotePort = description.remotePort
    flow.remote.set(remote)
    flow.isListening = state === TCPS_LISTEN
    flow.state = state >= 0 ? tcpStateName(state) : isConnected ? 'established' : 'unconnected'
    flow.isLoopback = description.isLoopback
    flow.ifindex = description.ifindex
    flow.uid = description.uid
    if (flow.isSettled) this.unsettled.delete(flow)
    else this.unsettled.add(flow)
    this.onDescribed(flow, description)
  }

  counted(ref: bigint, counts: FlowCounts, isClosing: boolean): void {
    const flow = this.flows.get(ref)
    if (flow === undefined || flow.isClosed) return
    flow.count(counts)
    // What it was of may still come; then it ends with its removal.
    if (isClosing && flow.isDescribed) this.close(flow)
  }

  removed(ref: bigint, isUncounted: boolean): void {
    const flow = this.flows.get(ref)
    if (flow === undefined) return
    this.flows.delete(ref)
    if (flow.isClosed) return
    if (isUncounted || (!flow.isDescribed && !flow.pending.isZero)) this.lostCounts++
    this.close(flow)
  }

  answered(): void {}

  unread(type: number, length: number): void {
    this.unreadMessages++
    if (this.unreadTypes.size < 16) this.unreadTypes.add(`${type} of ${length} bytes`)
  }

  /** Flows that have begun; what they are of has to be asked for. */
  takeFresh(): Flow[] {
    const { fresh } = this
    this.fresh = []
    return fresh.filter(({ isClosed, isDescribed }) => !isClosed && !isDescribed)
  }

  takeClosed(): Flow[] {
    const { closed } = this
    this.closed = []
    return closed
  }

  private close(flow: Flow): void {
    flow.isClosed = true
    this.unsettled.delete(flow)
    this.closed.push(flow)
  }
}
