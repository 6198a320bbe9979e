// Owners and counters of flows from the kernel's network statistics (ntstat): SocketSource of macOS for any user. As a source
// of owners it tells of each flow when it begins (`poll`), on top of the lists (`scan`); and it hands out `socket` records with
// what each flow has moved (`collect`): payload, without headers. A flow that begins and ends between two looks is counted.
//
// Not seen: packets without a socket (forwarded, answered by the kernel itself), raw sockets. The owner is the process that used
// the socket last, or the one that this works for; what flows of one socket moved is charged to its user at the time of the look.

import { openDatagramSocket } from '../../native/darwin/own-socket.ts'
import { NtstatControl } from '../../native/darwin/ntstat-control.ts'
import { type FlowDescription, providers } from '../../native/darwin/ntstat-message.ts'
import { SystemError } from '../../native/system-error.ts'
import { NetoprocError } from '../../record/error.ts'
import type { HelloRecord, SocketRecord } from '../../record/generated/types.ts'
import type { RecordBatch } from '../../record/record-batch.ts'
import { Counters } from '../counters.ts'
import type { SocketSink, SocketSource } from '../port.ts'
import type { ListedSource } from './listed-source.ts'
import { type Flow, FlowTable, tupleText } from './ntstat-flows.ts'
import { readInterfaces } from './own-interfaces.ts'
import { LocalAddresses, counterFields } from './payload.ts'
import { type OwnerFields, nobody, ownedBy } from './socket-record.ts'

export interface NtstatOptions {
  /** By name; empty: all. */
  readonly interfaces: readonly string[]
  /** Lists sockets that were there before. Closed with this source. */
  readonly sockets: ListedSource
}

/** Why the kernel's statistics cannot be had. */
export class NtstatUnavailableError extends Error {
  override readonly name = 'NtstatUnavailableError'
}

/** Flows without addresses are asked about at most so many at once. */
const MAX_ASKED = 64

export class NtstatSource implements SocketSource {
  readonly method = 'ntstat'
  private readonly sockets: ListedSource
  private readonly wanted: ReadonlySet<string> | undefined
  private readonly control: NtstatControl
  private readonly table: FlowTable
  private readonly addresses = new LocalAddresses(readInterfaces)
  private readonly missing: number[] = []
  private onEvents: (() => void) | undefined
  /** Ended, and not told of yet: by a poll, and by a collection. */
  private ended: Flow[] = []
  private finished: Flow[] = []
  private isCollecting = false
  /** Processes by tuple of the sockets that the last scan told of; those are not told of again. */
  private listed: Map<string, Set<number>> | undefined
  private incomplete = 0
  private nowUs = 0

  /** @throws NtstatUnavailableError, NetoprocError (no such interface); options.sockets is then not closed */
  constructor(options: NtstatOptions) {
    this.sockets = options.sockets
    this.nowUs = Date.now() * 1000
    this.addresses.refresh(this.nowUs)
    this.wanted = options.interfaces.length === 0 ? undefined : new Set(options.interfaces)
    for (const name of options.interfaces) this.addresses.check(name)
    this.table = new FlowTable((flow, description) => this.name(flow, description))
    this.control = this.open()
    this.control.onReadable(() => {
      this.take(Date.now() * 1000)
      // At once, while its process is there to be looked at.
      this.ask(this.table.takeFresh())
      this.onEvents?.()
    })
  }

  get degraded(): readonly string[] {
    const { table } = this
    // Who used a socket last is what ntstat tells of all.
    const degraded = this.sockets.method === 'libproc' ? [...this.sockets.degraded] : []
    if (this.missing.length > 0)
      degraded.push(
        `this macOS does not tell of flows of stacks in user space (ntstat providers ${this.missing.join(', ')})`,
      )
    if (table.unreadTypes.size > 0)
      degraded.push(
        `${table.unreadMessages} messages of ntstat cannot be read: ${[...table.unreadTypes].join('; ')}`,
      )
    if (table.lostFlows > 0)
      degraded.push(`${table.lostFlows} flows are not counted: the buffer of ntstat was full when they began`)
    if (table.lostCounts > 0)
      degraded.push(
        `${table.lostCounts} flows ended without their last counts: the buffer of ntstat was full`,
      )
    if (this.incomplete > 0)
      degraded.push(`${this.incomplete} times ntstat did not tell of all flows: counted at the next look`)
    return degraded
  }

  interfaces(): NonNullable<HelloRecord['interfaces']> {
    return readInterfaces()
  }

  /** Calls back whenever flows have begun or ended. */
  follow(callback: () => void): void {
    this.onEvents = callback
  }

  /** What the lists have, but for what a poll has told of already. */
  scan(sink: SocketSink, nowUs: number): void {
    this.take(nowUs)
    const announced = new Set<string>()
    for (const flow of this.table.flows.values())
      if (flow.isAnnounced) announced.add(`${flow.tuple} ${flow.pid}`)
    const listed = new Map<string, Set<number>>()
    this.sockets.scan(
      {
        socket: record => {
          const { proto, local_ip, local_port, remote_ip, remote_port } = record
          const tuple = tupleText(proto, local_ip, local_port, remote_ip, remote_port)
          if (announced.has(`${tuple} ${record.pid}`)) return
          if (record.pid !== null) {
            const pids = listed.get(tuple)
            if (pids === undefined) listed.set(tuple, new Set([record.pid]))
            else pids.add(record.pid)
          }
          sink.socket(record)
        },
      },
      nowUs,
    )
    this.listed = listed
  }

  /** Flows that have begun, with the owner that the kernel names, and those that have ended. */
  poll(sink: SocketSink, nowUs: number): void {
    this.take(nowUs)
    this.ask([...this.table.unsettled].slice(0, MAX_ASKED))
    for (const flow of this.table.flows.values()) this.announce(flow, sink)
    for (const flow of this.ended.splice(0)) {
      this.announce(flow, sink)
      if (flow.isAnnounced) sink.socket(this.named(flow, 'close'))
    }
  }

  /**
   * Appends a `socket` record for each flow that has moved something since the last call: what, and whose it is; and one with
   * event close for each that has ended.
   */
  collect(batch: RecordBatch, nowUs: number): void {
    this.isCollecting = true
    this.take(nowUs)
    this.addresses.refresh(nowUs)
    if (!this.control.update()) this.incomplete++
    this.take(nowUs)
    for (const flow of this.table.flows.values())
      if (flow.isDescribed && !flow.isClosed && !flow.pending.isZero) this.tell(flow, batch)
    for (const flow of this.finished.splice(0))
      if (flow.isTold || (flow.isDescribed && !flow.pending.isZero)) this.tell(flow, batch)
  }

  close(): void {
    this.control.close()
    this.sockets.close()
  }

  /** @throws NtstatUnavailableError */
  private open(): NtstatControl {
    let control: NtstatControl | undefined
    const own = openDatagramSocket()
    try {
      control = new NtstatControl(this.table)
      for (const provider of providers) if (!control.watch(provider)) this.missing.push(provider)
      if (this.missing.length === providers.length)
        throw new NtstatUnavailableError('no provider may be watched')
      if (!control.update()) throw new NtstatUnavailableError('GET_UPDATE has no answer')
      this.table.started()
      this.checkOwn()
      return control
    } catch (error) {
      control?.close()
      if (error instanceof SystemError) throw new NtstatUnavailableError(error.message, { cause: error })
      throw error
    } finally {
      own.close()
    }
  }

  /** Our own socket must be among the flows, with our pid: so that nobody is named wrongly on a macOS of tomorrow. */
  private checkOwn(): void {
    for (const { pid } of this.table.flows.values()) if (pid === process.pid) return
    throw new NtstatUnavailableError(
      this.table.unreadTypes.size > 0
        ? `this macOS describes flows in another way (message ${[...this.table.unreadTypes].join('; ')})`
        : 'it does not name our own socket',
    )
  }

  private take(nowUs: number): void {
    this.nowUs = nowUs
    this.control.drain()
    for (const flow of this.table.takeClosed()) {
      if (this.ended.length < MAX_QUEUED) this.ended.push(flow)
      if (this.isCollecting) this.finished.push(flow)
    }
  }

  private ask(flows: readonly Flow[]): void {
    for (const flow of flows) {
      // The next time it is another one's turn.
      if (this.table.unsettled.delete(flow)) this.table.unsettled.add(flow)
      this.control.describe(flow.ref)
    }
    if (flows.length > 0) this.take(this.nowUs)
  }

  private name(flow: Flow, { pid, effectivePid, uid, name }: FlowDescription): void {
    const user = effectivePid > 0 ? effectivePid : pid
    flow.isEffective = effectivePid > 0 && effectivePid !== pid
    if (flow.pid === user && flow.owner !== undefined) return
    flow.pid = user
    flow.owner =
      user <= 0
        ? undefined
        : user === pid
          ? this.sockets.processes.unseen(user, name, uid, this.nowUs)
          : this.sockets.processes.identify(user, this.nowUs)
  }

  private announce(flow: Flow, sink: SocketSink): void {
    // Who last used a listener need not be who accepts the next connection.
    if (flow.isAnnounced || flow.isListening || flow.owner === undefined || !flow.isSettled) return
    if (flow.isOld && this.listed === undefined) return
    const pids = this.listed?.get(flow.tuple)
    // Whoever holds it is the better answer, unless it works for another one.
    if (pids !== undefined && (pids.has(flow.pid) || !flow.isEffective)) return
    flow.isAnnounced = true
    sink.socket(this.named(flow, flow.isOld ? 'present' : 'open'))
  }

  private named(flow: Flow, event: SocketRecord['event']): SocketRecord {
    return { ...flow.describe(), ...this.ownerOf(flow), ts: this.nowUs / 1e6, event }
  }

  private tell(flow: Flow, batch: RecordBatch): void {
    const iface = this.addresses.nameOf(flow.ifindex)
    const isWanted = this.wanted === undefined || (iface !== undefined && this.wanted.has(iface))
    if (isWanted) {
      const event = flow.isClosed ? 'close' : flow.isTold ? 'update' : 'open'
      batch.append({
        ...this.named(flow, event),
        ...counterFields(flow.pending),
        ...(iface === undefined ? {} : { iface }),
        ...(flow.isLoopback || this.addresses.isLocal(flow.remote) ? { dir: 'local' as const } : {}),
      })
      flow.isTold = true
    }
    flow.pending.set(zero)
  }

  private ownerOf(flow: Flow): OwnerFields {
    if (flow.owner !== undefined) return { ...ownedBy(flow.owner, flow.isEffective), attribution: 'kernel' }
    return nobody(flow.pid === 0 ? 'kernel' : 'closed_before_scan')
  }
}

const zero: Readonly<Counters> = new Counters()
/** For polls that never come. */
const MAX_QUEUED = 4096

/** @throws NetoprocError device, with the reason */
export function openNtstat(options: NtstatOptions): NtstatSource {
  try {
    return new NtstatSource(options)
  } catch (error) {
    if (!(error instanceof NtstatUnavailableError)) throw error
    throw new NetoprocError('device', `network statistics (ntstat): ${error.message}`, { cause: error })
  }
}
