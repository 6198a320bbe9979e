// Live packets by AF_PACKET: one socket for all interfaces, so that one that comes up later is seen and one that goes ends
// nothing, and a ring of blocks that the kernel fills. Needs CAP_NET_RAW. It does not see packets of other network
// namespaces, nor what bypasses the network stack (XDP, DPDK).

import { release } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { PacketRing, PacketSocket } from '../../native/linux/af-packet.ts'
import { RouteChanges } from '../../native/linux/route-changes.ts'
import type { NetoprocError } from '../../record/error.ts'
import type { InterfaceRecord } from '../../record/generated/types.ts'
import type { Tables } from '../../record/record-batch.ts'
import { ChosenInterfaces, cannotRead } from '../chosen-interfaces.ts'
import type { BpfProgram } from '../filter/classic-bpf.ts'
import { ExpressionFilter } from '../filter/expression-filter.ts'
import {
  HEADER_SNAPLEN,
  WHOLE_PACKET,
  compileSnapFilter,
  type SnapFilterOptions,
} from '../filter/snap-filter.ts'
import type {
  EndReason,
  FrameSink,
  InterfaceDescription,
  LiveOptions,
  PacketSource,
  SourceStatistics,
} from '../port.ts'
import { BlockReader } from './block-reader.ts'
import { InterfaceTable } from './interface-table.ts'
import { compileKernelExpression } from './kernel-expression.ts'
import { RETIRE_MS, deviceError, keepsUdpSuperPackets, mapRing, openSocket } from './packet-device.ts'

/**
 * Under load, when blocks are filled before they are old, we look again after this time instead of being woken for each
 * block: at 160,000 packets a second 0.13 instead of 0.20 CPU seconds per million, of which reading the ring is 0.03
 * (live part of test/bench/afpacket.bench.ts, Node 20). The ring has room for ten times as many packets.
 */
const MODERATION_MS = 20
/** Not with a ring so small that it could be full by then. */
const MODERATION_BLOCKS = 32
/** After stop() the kernel hands over the block that it is filling within RETIRE_MS, later on a machine that is busy. */
const LONGEST_DRAIN_MS = RETIRE_MS + 2000
const REFRESH_MS = 1000
/** Blocks that are read before timers and signals get their turn: some milliseconds. */
const BLOCKS_AT_ONCE = 32

const refuseAll: BpfProgram = [{ code: 0x06, jt: 0, jf: 0, k: 0 }]

export class AfPacketSource implements PacketSource {
  readonly method = 'afpacket'
  readonly degraded: readonly string[]
  private readonly interfacesNow: InterfaceTable
  private readonly changes: RouteChanges
  /** The kernel has told of changes that were not read yet. */
  private isOutdated = false
  private readonly socket: PacketSocket
  private readonly ring: PacketRing
  private readonly reader: BlockReader
  private readonly chosen: ChosenInterfaces
  private readonly filterOptions: SnapFilterOptions
  private filterKey = ''
  private readonly warnings: string[]
  private nextBlock = 0
  private stored = 0
  private dropped = 0
  private ending: EndReason | undefined
  private endsAtMs = 0
  private drainTimer: NodeJS.Timeout | undefined
  private failure: NetoprocError | undefined
  private wake: (() => void) | undefined
  private isPolling = false
  private endPolling = (): void => {}
  private isClosed = false

  /** @throws NetoprocError privilege, device or usage */
  constructor(options: LiveOptions, tables: Tables) {
    const inKernel =
      options.expression === undefined ? undefined : compileKernelExpression(options.expression)
    const here =
      options.expression !== undefined && inKernel === undefined
        ? new ExpressionFilter(options.expression)
        : undefined
    this.filterOptions = {
      // What is filtered here may look at any byte.
      snaplen: here === undefined ? (options.snaplen ?? HEADER_SNAPLEN) : WHOLE_PACKET,
      promisc: options.promisc,
      dns: options.dns,
      dnsOnly: options.dnsOnly ?? false,
      serverNames: options.serverNames ?? false,
      ...(inKernel === undefined ? {} : { expression: inKernel }),
    }
    this.socket = openSocket()
    let changes: RouteChanges | undefined
    let table: InterfaceTable | undefined
    let mapped: PacketRing | undefined
    try {
      // First: what changes while they are read is told.
      this.changes = changes = new RouteChanges()
      table = this.interfacesNow = new InterfaceTable(options.interfaces, tables.ifaces)
      this.chosen = new ChosenInterfaces(table, options.interfaces)
      // Nothing comes before start(): no packet passes unfiltered, and none is missed for a filter that came late.
      this.updateFilter()
      const virtioHeader = keepsUdpSuperPackets(release())
      if (virtioHeader) this.socket.enableVirtioHeader()
      const { ring, warnings } = mapRing(this.socket, options.bufferBytes)
      this.ring = mapped = ring
      this.reader = new BlockReader(ring, table, { virtioHeader, filter: here })
      this.warnings = [...warnings, ...this.chosen.warnings()]
      this.degraded = virtioHeader
        ? []
        : [
            `Linux ${release()} does not tell segment sizes: packet counts of offloaded traffic are estimates; 6.2 or later does`,
          ]
      const { only = [] } = table.selection()
      if (options.promisc) {
        for (const { index, kind } of table.listed()) {
          if (kind !== 'loopback' && (only.length === 0 || only.includes(index)))
            this.socket.enablePromiscuous(index)
        }
      }
      // One interface: the kernel does not even look at the packets of others.
      this.socket.start(only.length === 1 ? (only[0] as number) : 0)
    } catch (error) {
      mapped?.unmap()
      table?.close()
      changes?.close()
      this.socket.close()
      throw deviceError(error)
    }
  }

  broadcastAddresses(): readonly string[] {
    this.refresh()
    return this.interfacesNow.broadcasts
  }

  interfaces(): readonly InterfaceDescription[] {
    this.refresh()
    return this.interfacesNow.descriptions()
  }

  interfaceRecords(nowUs: number): readonly InterfaceRecord[] {
    this.refresh()
    return this.interfacesNow.records(nowUs)
  }

  async run(sink: FrameSink, ready: () => Promise<void> | undefined): Promise<EndReason> {
    for (const message of this.warnings) sink.warn(message)
    const timer = setInterval(() => this.tick(sink), REFRESH_MS)
    try {
      for (;;) {
        let filled = false
        for (let read = 1; !this.isClosed && this.ring.isReady(this.nextBlock); read++) {
          filled = this.ring.wasFilled(this.nextBlock)
          this.followChanges(sink)
          this.reader.read(this.nextBlock, sink)
          this.ring.release(this.nextBlock)
          this.nextBlock = (this.nextBlock + 1) % this.ring.blocks
          sink.endOfBlock(Date.now() * 1000)
          await ready()
          if (read % BLOCKS_AT_ONCE === 0) await new Promise(resolve => setImmediate(resolve))
        }
        if (this.isClosed) return this.ending ?? 'closed'
        if (this.failure !== undefined) throw this.failure
        if (this.ending !== undefined && this.isDrained()) return this.ending
        if (filled && this.ring.blocks >= MODERATION_BLOCKS) await this.sleep(MODERATION_MS)
        else if (this.socket.takeError() === 0) await this.readable()
        else {
          // A pending error would wake us for ever; reading it cleared it. It says that the one interface went down, which
          // is no end (it may come up again) unless the interface is gone, which refresh() sees.
          this.stopPolling()
          this.refresh()
        }
      }
    } finally {
      clearInterval(timer)
    }
  }

  stop(reason: EndReason): void {
    if (this.ending !== undefined || this.isClosed) return
    this.ending = reason
    this.endsAtMs = performance.now() + LONGEST_DRAIN_MS
    this.socket.attachFilter(refuseAll)
    this.drainTimer = setTimeout(() => this.wake?.(), LONGEST_DRAIN_MS + 1)
    this.wake?.()
  }

  isBehind(): boolean {
    return !this.isClosed && this.ring.isReady(this.nextBlock)
  }

  statistics(): readonly SourceStatistics[] {
    if (!this.isClosed) this.takeStatistics()
    // The kernel does not count what its filter refuses.
    return [{ received: this.reader.taken, dropped: this.dropped, filtered: null }]
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    clearTimeout(this.drainTimer)
    this.socket.close()
    this.ring.unmap()
    this.interfacesNow.close()
    this.changes.close()
    this.wake?.()
  }

  private takeStatistics(): void {
    const { stored, dropped } = this.socket.takeStatistics()
    this.stored += stored
    this.dropped += dropped
  }

  /** After stop(): whether all that the kernel has put into blocks was read. What it keeps for too long counts as dropped. */
  private isDrained(): boolean {
    this.takeStatistics()
    const missing = this.stored - this.reader.stored
    if (missing > 0 && performance.now() < this.endsAtMs) return false
    this.dropped += Math.max(0, missing)
    return true
  }

  /**
   * Resolves when the kernel has handed over a block, or somebody wakes us. Polling goes on from one wait to the next (to
   * begin it costs some 100 us, all told), and stops when a block comes while nobody waits: it would be told of for ever.
   */
  private readable(): Promise<void> {
    return new Promise(resolve => {
      const wake = () => {
        if (this.wake === wake) this.wake = undefined
        resolve()
      }
      this.wake = wake
      if (this.isPolling) return
      this.isPolling = true
      this.endPolling = this.socket.fd.onReadable(() => {
        // Not in the callback itself: koffi calls it without running the microtasks that wait for this promise.
        if (this.wake !== undefined) setImmediate(() => this.wake?.())
        else this.stopPolling()
      })
    })
  }

  private stopPolling(): void {
    this.endPolling()
    this.isPolling = false
  }

  private sleep(ms: number): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, ms))
  }

  private tick(sink: FrameSink): void {
    try {
      this.refresh()
      this.chosen.warnOfMissing(sink)
    } catch (error) {
      this.failure ??= cannotRead(error)
      this.wake?.()
    }
  }

  /** A packet of a new address is not a stranger's: asking costs a system call for a block. */
  private followChanges(sink: FrameSink): void {
    try {
      if (this.changes.take()) this.isOutdated = true
      if (!this.isOutdated || !this.refresh()) return
    } catch (error) {
      throw cannotRead(error)
    }
    this.isOutdated = false
    sink.interfacesChanged?.()
  }

  /** Reads the interfaces, and keeps the kernel's filter in step with them. @returns whether they were read, which is not done twice in a moment */
  private refresh(): boolean {
    if (this.isClosed) return false
    const wasRead = this.interfacesNow.refresh()
    if (this.ending === undefined) this.updateFilter()
    if (this.failure === undefined) {
      this.failure = this.chosen.failure
      if (this.failure !== undefined) this.wake?.()
    }
    return wasRead
  }

  private updateFilter(): void {
    const { only, except } = this.interfacesNow.selection()
    const key = JSON.stringify([only, except])
    if (key === this.filterKey) return
    this.filterKey = key
    this.socket.attachFilter(
      compileSnapFilter({
        ...this.filterOptions,
        exceptInterfaces: except,
        ...(only === undefined ? {} : { onlyInterfaces: only }),
      }),
    )
  }
}
