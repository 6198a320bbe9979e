// Exact owners and counters from the kernel, by eBPF. Two uses: as a SocketSource it names owners for a capture
// (`poll`, `scan`); as a source of its own it hands out `socket` records with what each socket has moved (`collect`). Work is
// per socket and interval, never per packet.
//
// Packets of no socket are counted, too: for closed ports, of connections that are over, dropped by a firewall, forwarded
// (ebpf-stray-program.ts); echo requests, ICMP errors, neighbour discovery and group membership (ebpf-kernel-share.ts). Not
// seen are what the kernel sends without a socket (IGMP, acknowledgements from TIME-WAIT) and what it drops as damaged.

import type { BpfMap } from '../../native/linux/bpf/bpf-map.ts'
import { silentSocket, socketCookie } from '../../native/linux/bpf/socket-cookie.ts'
import { IcmpWatch } from '../../native/linux/icmp-watch.ts'
import { NetoprocError, isOutOfDescriptors } from '../../record/error.ts'
import type { HelloRecord, SocketRecord } from '../../record/generated/types.ts'
import type { RecordBatch } from '../../record/record-batch.ts'
import type { LocalTuple, SocketSink, SocketSource } from '../port.ts'
import { EbpfAccounts } from './ebpf-accounts.ts'
import { OwnerEvent, u64 } from './ebpf-event.ts'
import { AcceptedSockets } from './ebpf-accepted.ts'
import { EbpfKernel, type NamesWanted } from './ebpf-kernel.ts'
import { EbpfUnavailableError } from './ebpf-unavailable.ts'
import { EVENT_CREATE, EVENT_RELEASE, totalsValue } from './ebpf-layout.ts'
import { EventClock } from './event-clock.ts'
import { ListedSockets } from './ebpf-listed.ts'
import { EventLosses } from './ebpf-losses.ts'
import { NamePackets } from './ebpf-name-packets.ts'
import { RecordMaker } from './ebpf-record.ts'
import { type KernelSocket, KernelSockets } from './ebpf-socket.ts'

const PATIENCE_US = 5_000_000
/** Where sockets must be looked for in /proc, or the kernel's table may be full soon. */
const IMPATIENCE_US = 1_000_000

export interface EbpfOptions {
  /** By name; empty: all. */
  readonly interfaces: readonly string[]
  /** own: sockets of this network namespace. all: of every one, containers too. */
  readonly netns: 'own' | 'all'
  /** Lists sockets that were there before, and those whose events were lost. Closed with this source. */
  readonly sockets: SocketSource
  /** False: no tracepoints, as on kernels without BTF. */
  readonly tracepoints?: boolean
  /** Entries of the kernel's table of flows. */
  readonly maxFlows?: number
  /** False: flows get no slots, as on kernels before 5.12. */
  readonly slots?: boolean
  /** Packets that tell names are handed over, too. */
  readonly names?: NamesWanted | undefined
  /** False: collect() sums by owner. */
  readonly remotes?: boolean
  /** collect() will be called: what comes for the kernel itself is counted, too. */
  readonly counts?: boolean
}

export class EbpfSource implements SocketSource {
  readonly method = 'ebpf'
  readonly tellsChanges: boolean
  readonly packets: NamePackets | undefined
  private readonly kernel: EbpfKernel
  private readonly listed: ListedSockets
  private readonly records: RecordMaker
  private readonly sockets: KernelSockets
  private readonly accounts: EbpfAccounts
  private readonly losses: EventLosses
  private readonly accepted: AcceptedSockets
  private readonly watch: IcmpWatch | undefined
  private readonly event = new OwnerEvent()
  private readonly clock = new EventClock()
  private onEvents: (() => void) | undefined
  private nowUs = 0
  /** When events were last read, and when that was before the first of those that were lost since the last repair. */
  private drainedUs = -Infinity
  private lossFromUs = Infinity

  /** @throws EbpfUnavailableError, NetoprocError (no such interface); options.sockets is then not closed */
  constructor(options: EbpfOptions) {
    this.tellsChanges = options.sockets.tellsChanges === true
    this.listed = new ListedSockets(options.sockets)
    this.records = new RecordMaker()
    this.sockets = new KernelSockets((socket, event) => this.accounts.beforeChange(socket, event, this.nowUs))
    try {
      // Before the programs: there is no event of these.
      this.watch = options.counts === true ? new IcmpWatch() : undefined
      this.kernel = new EbpfKernel({
        ...options,
        ifindexes: this.records.ifindexes(options.interfaces),
        onlyNetns: options.netns === 'own' ? this.records.ownCookie : undefined,
      })
    } catch (error) {
      this.watch?.close()
      this.records.close()
      throw error
    }
    this.accepted = new AcceptedSockets(this.kernel.namesTransfers)
    const { kernel, sockets, records, listed, watch } = this
    this.losses = new EventLosses(kernel)
    this.accounts = new EbpfAccounts(kernel, sockets, records, listed, this.losses, options, watch?.cookies)
    try {
      this.checkPids()
    } catch (error) {
      kernel.close()
      watch?.close()
      records.close()
      throw error
    }
    const { packets, totals } = kernel
    if (packets !== undefined) {
      this.packets = new NamePackets(packets, {
        ownCookie: this.records.ownCookie,
        socket: cookie => this.sockets.get(cookie),
        wallUs: ns => this.clock.wallUs(ns),
        lost: () => lostPackets(totals),
        drain: () => this.drain(Date.now() * 1000),
      })
      packets.fd.onReadable(() => this.drain(Date.now() * 1000))
    }
    this.kernel.events.fd.onReadable(() => {
      this.drain(Date.now() * 1000)
      this.onEvents?.()
    })
  }

  get degraded(): readonly string[] {
    const older = this.listed.source.degraded.map(reason => `of sockets older than netoproc: ${reason}`)
    const { kernel, watch, accounts, sockets } = this
    const own = [...kernel.degraded, ...(watch?.degraded ?? []), ...accounts.degraded, ...sockets.degraded]
    return [...own, ...older]
  }

  get netns(): string | undefined {
    return this.listed.source.netns
  }

  interfaces(): NonNullable<HelloRecord['interfaces']> {
    return this.listed.source.interfaces?.() ?? []
  }

  /** Calls back whenever sockets have been opened, closed or handed over: for consumers that want to follow at once. */
  follow(callback: () => void): void {
    this.onEvents = callback
  }

  scan(sink: SocketSink, nowUs: number): void {
    this.drain(nowUs)
    this.accounts.tellClosed(sink, nowUs)
    this.listed.scan(nowUs, this.corrected(sink))
    if (this.accounts.isRepairDue) this.repair(sink, nowUs)
  }

  tellClosed(sink: SocketSink, nowUs: number): void {
    if (this.kernel.events.hasNews) this.drain(nowUs)
    this.accounts.tellClosed(sink, nowUs)
    // At once: until then a port of a socket that was closed meanwhile would name its owner for the packets of another one.
    if (this.accounts.isRepairDue) this.scan(sink, nowUs)
  }

  /** Sockets that have begun to talk, with the owner that the kernel names, and those that were closed. */
  poll(sink: SocketSink, nowUs: number): void {
    this.drain(nowUs)
    this.accounts.poll(sink, nowUs)
    this.accepted.release(sink, nowUs, record => this.isNamed(record))
  }

  isBelow(seen: string, bound: string): boolean {
    return this.listed.source.isBelow?.(seen, bound) === true
  }

  find(tuple: LocalTuple, sink: SocketSink, nowUs: number): SocketRecord | undefined {
    this.drain(nowUs)
    const record = this.listed.source.find?.(tuple, this.listed.remembering(this.corrected(sink)), nowUs)
    return record === undefined ? undefined : this.correct(record)
  }

  /** Events name the owners as they come: counters can wait. */
  get patienceUs(): number {
    return this.kernel.namesTransfers && !this.accounts.isUrgent ? PATIENCE_US : IMPATIENCE_US
  }

  /**
   * Appends a `socket` record for each socket that has moved something since the last call: what, and whose it is. Records
   * are those of the last call, filled anew, for who is still the same.
   * @param isLast hand out what still waits for an owner, too
   */
  collect(batch: RecordBatch, nowUs: number, isLast = false): void {
    this.drain(nowUs)
    this.records.refresh()
    this.accounts.collect(batch, nowUs, isLast, () => this.drain(nowUs))
  }

  close(): void {
    this.kernel.close()
    this.watch?.close()
    this.records.close()
    this.listed.close()
  }

  private repair(sink: SocketSink, nowUs: number): void {
    this.accounts.repair(this.lossFromUs, nowUs)
    this.lossFromUs = Infinity
    this.accounts.tellClosed(sink, nowUs)
  }

  private corrected(sink: SocketSink): SocketSink {
    return {
      socket: (record, exactUs) => {
        const socket = record.event === 'close' ? undefined : this.socketOf(record)
        sink.socket(this.correct(record), exactUs ?? socket?.madeUs)
        if (socket?.turns !== undefined && record.state !== 'listen') sink.turns?.(record, socket.turns)
      },
    }
  }

  private socketOf(record: SocketRecord): KernelSocket | undefined {
    return record.cookie === undefined ? undefined : this.sockets.get(Number(record.cookie))
  }

  /** What a scan says of a socket, with the owner that events have named. */
  private correct(record: SocketRecord): SocketRecord {
    // Who last used a listener need not be who accepts the next connection.
    if (record.state === 'listen') return record
    const owner = this.isNamed(record) ? this.socketOf(record)?.owner : undefined
    if (owner === undefined) return this.accepted.settled(record, this.nowUs)
    return { ...record, ...owner.fields, attribution: 'kernel' }
  }

  private isNamed(record: SocketRecord): boolean {
    const socket = this.socketOf(record)
    return socket?.owner !== undefined && socket.attribution === 'kernel' && !socket.isAmbiguous
  }

  /** Our own socket must come with our own pid: in another pid namespace the kernel's pids are not those of /proc. */
  private checkPids(): void {
    const self = silentSocket()
    let seen: number | undefined
    try {
      const cookie = socketCookie(self)
      this.drain(Date.now() * 1000, event => {
        if (event.cookie === cookie) seen = event.tgid
      })
    } finally {
      self.close()
    }
    if (seen === process.pid) return
    throw new EbpfUnavailableError(
      seen === undefined
        ? 'eBPF programs do not run for this process: its cgroup is not below the mounted cgroup2 root'
        : 'eBPF: netoproc runs in a pid namespace of its own, whose pids the kernel does not use: run it on the host (docker run --pid=host)',
      false,
    )
  }

  private drain(nowUs: number, also?: (event: OwnerEvent) => void): void {
    this.nowUs = nowUs
    const { event, packets } = this
    this.clock.measure()
    const packetsEnd = packets?.end ?? 0
    const { events } = this.kernel
    // Whatever an event before this end says, what was lost before it is known.
    const { end } = events
    this.sockets.readUs = this.drainedUs
    if (this.losses.read(this.sockets)) this.lossFromUs = Math.min(this.lossFromUs, this.drainedUs)
    this.drainedUs = nowUs
    events.read((view, at) => {
      event.decode(view, at)
      packets?.read(packetsEnd, event.monotonicNs)
      also?.(event)
      const atUs = this.clock.wallUs(event.monotonicNs)
      const socket = this.sockets.onEvent(event, atUs, this.listed.has(event.cookie))
      if (socket === undefined) return
      socket.firstUs ??= atUs
      if (event.kind === EVENT_CREATE) socket.madeUs = atUs
      if (event.kind === EVENT_RELEASE) socket.releasedUs = atUs
      const netns = socket.owner?.fields.netns
      if (netns !== undefined) this.records.learn(event.netnsCookie, netns)
      if (socket.isReleased) this.accounts.onRelease(socket, nowUs)
    }, end)
    this.sockets.settleLosses()
    packets?.read(packetsEnd, Infinity)
  }
}

function lostPackets(totals: BpfMap): number {
  const value = totals.fd.isClosed ? undefined : totals.lookup(new Uint8Array(4))
  return value === undefined ? 0 : u64(value, totalsValue.lostPackets)
}

/** @throws NetoprocError device (privilege, when more rights would do) with the reason */
export function openEbpf(options: EbpfOptions): EbpfSource {
  try {
    return new EbpfSource(options)
  } catch (error) {
    if (isOutOfDescriptors(error)) {
      const { message } = error as Error
      const reason = `eBPF needs more file descriptors: raise the limit, ulimit -n 256 (${message})`
      throw new NetoprocError('device', reason, { cause: error })
    }
    if (!(error instanceof EbpfUnavailableError)) throw error
    throw new NetoprocError(error.privilege ? 'privilege' : 'device', error.message, { cause: error })
  }
}
