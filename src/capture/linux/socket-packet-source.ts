// Packets that sockets hand over, where something else counts: those in which names are told. They begin at the IP header.
// Packets of other network namespaces come too, from the sockets of containers.

import { RouteChanges } from '../../native/linux/route-changes.ts'
import { NetoprocError } from '../../record/error.ts'
import type { InterfaceRecord } from '../../record/generated/types.ts'
import { NO_OWNER, type OwnerTable } from '../../record/owner-table.ts'
import { NO_IFACE, type Tables } from '../../record/record-batch.ts'
import type { SocketPacket, SocketPackets } from '../../record/socket-packet.ts'
import { ChosenInterfaces, cannotRead } from '../chosen-interfaces.ts'
import {
  FRAME_IN,
  FRAME_OUT,
  Frame,
  type EndReason,
  type FrameSink,
  type InterfaceDescription,
  type PacketSource,
  type SourceStatistics,
} from '../port.ts'
import { InterfaceTable } from './interface-table.ts'

const LINKTYPE_RAW = 12
const REFRESH_MS = 1000
/** Packets that are handed on in one run: some milliseconds. */
const AT_ONCE = 256

export class SocketPacketSource implements PacketSource {
  readonly method = 'ebpf'
  readonly degraded: readonly string[] = []
  private readonly feed: SocketPackets
  private readonly owners: OwnerTable
  private readonly changes: RouteChanges
  private readonly table: InterfaceTable
  private readonly chosen: ChosenInterfaces
  private readonly watchesChosen: boolean
  private readonly warnings: readonly string[]
  private readonly frame = new Frame()
  private ending: EndReason | undefined
  private failure: NetoprocError | undefined
  private wake: (() => void) | undefined
  private isClosed = false

  /**
   * @param interfaces names; empty: all
   * @throws NetoprocError device
   */
  constructor(feed: SocketPackets, interfaces: readonly string[], tables: Tables) {
    this.feed = feed
    this.owners = tables.owners
    this.changes = new RouteChanges()
    try {
      this.table = new InterfaceTable(interfaces, tables.ifaces)
    } catch (error) {
      this.changes.close()
      throw error
    }
    this.chosen = new ChosenInterfaces(this.table, interfaces)
    this.watchesChosen = interfaces.length > 0
    this.warnings = this.chosen.warnings()
    this.frame.linkType = LINKTYPE_RAW
  }

  interfaces(): readonly InterfaceDescription[] {
    if (!this.isClosed) this.table.refresh()
    return this.table.descriptions()
  }

  interfaceRecords(nowUs: number): readonly InterfaceRecord[] {
    if (!this.isClosed) this.table.refresh()
    return this.table.records(nowUs)
  }

  interfacesChanged(): boolean {
    return !this.isClosed && this.changes.take()
  }

  async run(sink: FrameSink, ready: () => Promise<void> | undefined): Promise<EndReason> {
    for (const message of this.warnings) sink.warn(message)
    // Wakes us outside of the callback: koffi calls it without running the microtasks that wait for a promise.
    this.feed.onNews(() => setImmediate(() => this.wake?.()))
    // Others may come and go: a packet of a new one, and whoever asks for records, has them read.
    const timer = this.watchesChosen ? setInterval(() => this.tick(sink), REFRESH_MS) : undefined
    try {
      for (;;) {
        const handed = this.isClosed ? 0 : this.handOver(sink)
        if (handed > 0) {
          sink.endOfBlock(Date.now() * 1000)
          await ready()
          await new Promise(resolve => setImmediate(resolve))
        } else if (this.failure !== undefined) throw this.failure
        else if (this.ending !== undefined || this.isClosed) return this.ending ?? 'closed'
        else await new Promise<void>(resolve => (this.wake = resolve))
      }
    } finally {
      clearInterval(timer)
      this.feed.onNews(undefined)
    }
  }

  stop(reason: EndReason): void {
    this.ending ??= reason
    this.wake?.()
  }

  statistics(): readonly SourceStatistics[] {
    const { received, dropped } = this.feed.statistics()
    return [{ received, dropped, filtered: null }]
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.changes.close()
    this.table.close()
    this.wake?.()
  }

  private handOver(sink: FrameSink): number {
    let count = 0
    for (; count < AT_ONCE; count++) {
      const packet = this.feed.take()
      if (packet === undefined) break
      this.fill(packet)
      sink.frame(this.frame)
    }
    return count
  }

  private fill({ bytes, wireLength, tsUs, ifindex, isOutgoing, gsoSize, owner }: SocketPacket): void {
    const { frame } = this
    frame.lieIn(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    frame.capturedLength = bytes.length
    frame.wireLength = wireLength
    frame.tsUs = tsUs
    frame.iface = ifindex === undefined ? NO_IFACE : this.ifaceOf(ifindex)
    frame.isElsewhere = ifindex === undefined
    frame.direction = isOutgoing ? FRAME_OUT : FRAME_IN
    frame.gsoSize = gsoSize
    frame.owner =
      owner === undefined
        ? NO_OWNER
        : this.owners.intern(owner.pid, owner.startTime, owner.process, owner.user)
  }

  private ifaceOf(index: number): number {
    let state = this.table.get(index)
    if (state === undefined) {
      // A new one.
      this.table.refresh()
      state = this.table.get(index)
    }
    return state?.id ?? NO_IFACE
  }

  private tick(sink: FrameSink): void {
    try {
      if (this.isClosed) return
      this.table.refresh()
      this.failure ??= this.chosen.failure
      this.chosen.warnOfMissing(sink)
    } catch (error) {
      this.failure ??= cannotRead(error)
    }
    if (this.failure !== undefined) this.wake?.()
  }
}
