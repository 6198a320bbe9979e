// Packets of this host's interfaces by bpf(4): one device for each interface, read by turns. An interface that comes up later
// is listened to from then on. Packets of one interface are in order; between interfaces they may be some milliseconds apart,
// which the later stages allow for.

import { BpfDevice } from '../../native/darwin/bpf-device.ts'
import { hasCode } from '../../native/system-error.ts'
import { NetoprocError } from '../../record/error.ts'
import type { InterfaceRecord } from '../../record/generated/types.ts'
import { printable } from '../../record/printable.ts'
import type { Tables } from '../../record/record-batch.ts'
import { ChosenInterfaces, cannotRead } from '../chosen-interfaces.ts'
import type { BpfProgram } from '../filter/classic-bpf.ts'
import { compileForLinkType } from '../filter/expression-filter.ts'
import { compileLinkFilter } from '../filter/link-filter.ts'
import { HEADER_SNAPLEN, type SnapLengths } from '../filter/snap-filter.ts'
import {
  Frame,
  type EndReason,
  type FrameSink,
  type InterfaceDescription,
  type LiveOptions,
  type PacketSource,
  type SourceStatistics,
} from '../port.ts'
import { deviceError } from './device-error.ts'
import { InterfaceTable, type InterfaceState } from './interface-table.ts'
import { Listening, TIMEOUT_MS, type Listener } from './listening.ts'

const REFRESH_MS = 1000
const DLT_EN10MB = 1

const refuseAll: BpfProgram = [{ code: 0x06, jt: 0, jf: 0, k: 0 }]

export class BpfSource implements PacketSource {
  readonly method = 'bpf'
  readonly degraded: readonly string[]
  private readonly options: LiveOptions
  private readonly lengths: SnapLengths
  private readonly table: InterfaceTable
  private readonly chosen: ChosenInterfaces
  private readonly frame = new Frame()
  private readonly listening = new Listening(this.frame)
  private readonly listeners = new Map<string, Listener>()
  private readonly warnings: string[] = []
  private readonly warned = new Set<string>()
  private isClosed = false

  /** @throws NetoprocError privilege, device or usage */
  constructor(options: LiveOptions, tables: Tables, degraded: readonly string[] = []) {
    this.options = options
    this.degraded = degraded
    this.lengths = snapLengths(options)
    // A wrong expression is told before anything is opened.
    if (options.expression !== undefined) compileForLinkType(options.expression, DLT_EN10MB)
    try {
      this.table = new InterfaceTable(options.interfaces, tables.ifaces)
      this.chosen = new ChosenInterfaces(this.table, options.interfaces)
      this.listenToAll()
      if (this.listeners.size === 0 && this.warnings.length === 0)
        throw new NetoprocError('device', 'no interface is up')
    } catch (error) {
      this.close()
      throw deviceError(error)
    }
  }

  interfaces(): readonly InterfaceDescription[] {
    this.refresh()
    return this.table.descriptions()
  }

  interfaceRecords(nowUs: number): readonly InterfaceRecord[] {
    this.refresh()
    return this.table.records(nowUs)
  }

  async run(sink: FrameSink, ready: () => Promise<void> | undefined): Promise<EndReason> {
    const tick = () => {
      this.tryRefresh()
      for (const message of this.warnings.splice(0)) sink.warn(message)
    }
    tick()
    const timer = setInterval(tick, REFRESH_MS)
    try {
      return await this.listening.run(sink, ready)
    } catch (error) {
      throw deviceError(error)
    } finally {
      clearInterval(timer)
      for (const message of this.warnings.splice(0)) sink.warn(message)
    }
  }

  stop(reason: EndReason): void {
    if (this.listening.isEnding) return
    for (const { device } of this.listeners.values()) device.attachFilter(refuseAll)
    this.listening.end(reason)
  }

  statistics(): readonly SourceStatistics[] {
    // What the filter refuses is counted by the kernel, but together with what it has stored and nobody has read yet.
    return [{ received: this.listening.taken, dropped: this.listening.drops(), filtered: null }]
  }

  close(): void {
    this.isClosed = true
    this.listening.close()
    this.listeners.clear()
  }

  private tryRefresh(): void {
    try {
      this.refresh()
    } catch (error) {
      this.listening.fail(cannotRead(error))
    }
  }

  /** Reads the interfaces, and listens to those that have come. */
  private refresh(): void {
    if (this.isClosed) return
    this.table.refresh()
    if (this.listening.isEnding) return
    this.listenToAll()
    this.chosen.warnOfMissing({ warn: message => this.warnings.push(message) })
    const { failure } = this.chosen
    if (failure !== undefined) this.listening.fail(failure)
  }

  private listenToAll(): void {
    for (const state of this.table.selection()) {
      if (!this.listeners.has(state.name)) this.listen(state)
    }
  }

  /** @throws SystemError, NetoprocError */
  private listen(state: InterfaceState): void {
    const { options } = this
    const shown = printable(state.name, 64)
    let device: BpfDevice
    try {
      device = new BpfDevice({
        interface: state.name,
        bufferBytes: options.bufferBytes,
        timeoutMs: TIMEOUT_MS,
      })
    } catch (error) {
      if (hasCode(error, 'ENETDOWN')) this.warnOnce(`${state.name} down`, `interface "${shown}" is down`)
      // Gone between the list and now; or one that has no tap, which is no loss unless it was asked for.
      else if (!hasCode(error, 'ENXIO') || options.interfaces.includes(state.name)) throw error
      return
    }
    try {
      if (options.promisc && !state.isLoopback) device.enablePromiscuous()
      const program = this.program(device.linkType)
      if (program === undefined) {
        this.warnOnce(
          `${state.name} expression`,
          `EXPRESSION has no meaning on "${shown}": nothing is taken from it`,
        )
      }
      device.attachFilter(program ?? refuseAll)
    } catch (error) {
      device.close()
      throw error
    }
    const { id } = state
    const { linkType } = device
    const listener: Listener = {
      device,
      take: (_buffer, frame, sink) => {
        frame.iface = id
        frame.linkType = linkType
        sink.frame(frame)
        return true
      },
      gone: () => this.listeners.delete(state.name),
    }
    this.listeners.set(state.name, listener)
    this.listening.add(listener)
  }

  /** Undefined for an expression that means nothing for this link type: "ether host …" on a tunnel. */
  private program(linkType: number): BpfProgram | undefined {
    const { expression } = this.options
    if (expression === undefined) return compileLinkFilter(this.lengths, linkType)
    try {
      return compileLinkFilter(this.lengths, linkType, compileForLinkType(expression, linkType))
    } catch (error) {
      if (error instanceof NetoprocError && linkType !== DLT_EN10MB) return undefined
      throw error
    }
  }

  private warnOnce(key: string, message: string): void {
    if (this.warned.has(key)) return
    this.warned.add(key)
    this.warnings.push(message)
  }
}

export function snapLengths(options: LiveOptions): SnapLengths {
  return {
    snaplen: options.snaplen ?? HEADER_SNAPLEN,
    dns: options.dns,
    dnsOnly: options.dnsOnly ?? false,
    serverNames: options.serverNames ?? false,
  }
}
