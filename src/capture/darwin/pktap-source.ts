// Packets of all interfaces by one pktap interface, for root: the kernel names the process of each packet, so that one is named
// which lived a millisecond. Of a packet between two processes of this host that is the sender.

import { ProcessTable } from '../../attribute/darwin/process-table.ts'
import { BpfDevice } from '../../native/darwin/bpf-device.ts'
import { DLT_PKTAP } from '../../native/darwin/generated/bpf.ts'
import { IFT_BRIDGE, IFT_IEEE8023ADLAG, IFT_L2VLAN } from '../../native/darwin/generated/interfaces.ts'
import {
  PTH_FLAG_DIR_IN,
  PTH_FLAG_DIR_OUT,
  PTH_FLAG_PROC_DELEGATED,
  PTH_FLAG_V2_HDR,
  PTH_TYPE_PACKET,
  pktap_header,
} from '../../native/darwin/generated/pktap.ts'
import { EVERY_TYPE, MAX_RULES, PktapInterface, type PktapRule } from '../../native/darwin/pktap.ts'
import { textOf } from '../../native/darwin/struct.ts'
import { hasCode } from '../../native/system-error.ts'
import { NetoprocError } from '../../record/error.ts'
import type { InterfaceRecord } from '../../record/generated/types.ts'
import { NO_OWNER, type OwnerTable } from '../../record/owner-table.ts'
import { printable } from '../../record/printable.ts'
import type { Tables } from '../../record/record-batch.ts'
import { ChosenInterfaces, cannotRead } from '../chosen-interfaces.ts'
import type { BpfProgram } from '../filter/classic-bpf.ts'
import { ExpressionFilter } from '../filter/expression-filter.ts'
import { compilePktapFilter } from '../filter/link-filter.ts'
import { WHOLE_PACKET } from '../filter/snap-filter.ts'
import {
  FRAME_IN,
  FRAME_OUT,
  FRAME_UNKNOWN,
  Frame,
  type EndReason,
  type FrameSink,
  type InterfaceDescription,
  type LiveOptions,
  type PacketSource,
  type SourceStatistics,
} from '../port.ts'
import { snapLengths } from './bpf-source.ts'
import { deviceError } from './device-error.ts'
import { InterfaceTable } from './interface-table.ts'
import { Listening, TIMEOUT_MS } from './listening.ts'
import type { PacketBuffer } from './packet-buffer.ts'

const REFRESH_MS = 1000
/** An owner is looked up again after so long: the pid may be another process's, or the process may have exec'd. */
const OWNER_US = 200_000

const refuseAll: BpfProgram = [{ code: 0x06, jt: 0, jf: 0, k: 0 }]
const { fields, size: HEADER } = pktap_header
const NAME_LENGTH = fields.pth_ifname.size

export class PktapSource implements PacketSource {
  readonly method = 'pktap'
  readonly degraded: readonly string[] = []
  private readonly chosenNames: readonly string[]
  private readonly chosen: ChosenInterfaces
  private readonly table: InterfaceTable
  private readonly pktap: PktapInterface
  private readonly device: BpfDevice
  private readonly listening: Listening
  private readonly filter: ExpressionFilter | undefined
  private readonly owners: PacketOwners
  private readonly warned = new Set<string>()
  /** Name of the last packet's interface as it lies in the header, and what it is; packets come in runs. */
  private readonly lastName = new Uint8Array(NAME_LENGTH)
  private last: { id: number; isLoopback: boolean; isChosen: boolean } | undefined
  private readonly names: Tables['ifaces']
  private isClosed = false

  /** @throws NetoprocError privilege, device or usage */
  constructor(options: LiveOptions, tables: Tables) {
    if (options.promisc) throw new NetoprocError('usage', '--promisc works with bpf, not with pktap')
    this.chosenNames = options.interfaces
    this.names = tables.ifaces
    this.owners = new PacketOwners(tables.owners)
    this.filter = options.expression === undefined ? undefined : new ExpressionFilter(options.expression)
    const frame = new Frame()
    this.listening = new Listening(frame)
    let pktap: PktapInterface | undefined
    let device: BpfDevice | undefined
    try {
      this.table = new InterfaceTable(options.interfaces, tables.ifaces)
      this.chosen = new ChosenInterfaces(this.table, options.interfaces)
      this.pktap = pktap = new PktapInterface(rulesFor(options.interfaces))
      this.device = device = new BpfDevice({
        interface: pktap.name,
        bufferBytes: options.bufferBytes,
        timeoutMs: TIMEOUT_MS,
        wantsPktap: true,
      })
      if (device.linkType !== DLT_PKTAP)
        throw new NetoprocError('device', `${pktap.name} has link type ${device.linkType}, not pktap's`)
      const lengths = snapLengths(options)
      // What is filtered here may look at any byte.
      device.attachFilter(
        compilePktapFilter(this.filter === undefined ? lengths : { ...lengths, snaplen: WHOLE_PACKET }, {
          size: HEADER,
          lengthOffset: fields.pth_length.offset,
          linkTypeOffset: fields.pth_dlt.offset,
        }),
      )
    } catch (error) {
      device?.close()
      pktap?.destroy()
      throw deviceError(error)
    }
    this.listening.add({
      device,
      take: (buffer, frame, sink) => this.take(buffer, frame, sink),
      gone: () =>
        this.listening.fail(new NetoprocError('device', `interface ${this.pktap.name} was taken away`)),
    })
  }

  interfaces(): readonly InterfaceDescription[] {
    if (!this.isClosed) this.table.refresh()
    return this.table.descriptions()
  }

  interfaceRecords(nowUs: number): readonly InterfaceRecord[] {
    if (!this.isClosed) this.table.refresh()
    return this.table.records(nowUs)
  }

  async run(sink: FrameSink, ready: () => Promise<void> | undefined): Promise<EndReason> {
    const timer = setInterval(() => this.tick(sink), REFRESH_MS)
    try {
      return await this.listening.run(sink, ready)
    } catch (error) {
      throw deviceError(error)
    } finally {
      clearInterval(timer)
    }
  }

  stop(reason: EndReason): void {
    if (this.listening.isEnding) return
    this.device.attachFilter(refuseAll)
    this.listening.end(reason)
  }

  statistics(): readonly SourceStatistics[] {
    return [{ received: this.listening.taken, dropped: this.listening.drops(), filtered: null }]
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.listening.close()
    this.pktap.destroy()
  }

  private tick(sink: FrameSink): void {
    try {
      this.table.refresh()
    } catch (error) {
      return this.listening.fail(cannotRead(error))
    }
    this.last = undefined
    this.chosen.warnOfMissing(sink)
    const { failure } = this.chosen
    if (failure !== undefined) this.listening.fail(failure)
  }

  /** The frame behind the pktap header at `frame.offset`. */
  private take({ view }: PacketBuffer, frame: Frame, sink: FrameSink): boolean {
    const at = frame.offset
    if (frame.capturedLength < HEADER) return this.refuse(sink, 'a header that is cut')
    const flags = fields.pth_flags.get(view, at)
    const length = fields.pth_length.get(view, at)
    if ((flags & PTH_FLAG_V2_HDR) !== 0 || length < HEADER || length > frame.capturedLength)
      return this.refuse(sink, `a header of ${length} bytes`)
    if (fields.pth_type_next.get(view, at) !== PTH_TYPE_PACKET) return false
    const iface = this.interfaceAt(frame.bytes, at + fields.pth_ifname.offset)
    if (!iface.isChosen) return false
    frame.iface = iface.id
    frame.linkType = fields.pth_dlt.get(view, at)
    frame.offset = at + length
    frame.capturedLength -= length
    frame.wireLength -= length
    frame.direction =
      (flags & PTH_FLAG_DIR_OUT) !== 0
        ? FRAME_OUT
        : (flags & PTH_FLAG_DIR_IN) !== 0
          ? FRAME_IN
          : FRAME_UNKNOWN
    // A local packet's owner is who sent it: loopback shows it when it leaves.
    frame.owner =
      iface.isLoopback && frame.direction !== FRAME_OUT
        ? NO_OWNER
        : this.owners.of(view, at, flags, frame.tsUs)
    if (this.filter !== undefined && !this.filter.accepts(frame)) return false
    sink.frame(frame)
    return true
  }

  private interfaceAt(bytes: Uint8Array, at: number) {
    const { lastName } = this
    let isSame = this.last !== undefined
    for (let i = 0; isSame && i < NAME_LENGTH; i++) {
      isSame = bytes[at + i] === lastName[i]
      if (bytes[at + i] === 0) break
    }
    if (isSame && this.last !== undefined) return this.last
    lastName.set(bytes.subarray(at, at + NAME_LENGTH))
    const name = textOf(lastName)
    const state = this.table.get(name)
    this.last = {
      id: state?.id ?? this.names.intern(printable(name, 64)),
      isLoopback: state?.isLoopback ?? false,
      isChosen: this.chosenNames.length === 0 || this.chosenNames.includes(name),
    }
    return this.last
  }

  /** A header that this program does not know: its packet is counted among no process's, and the user is told once. */
  private refuse(sink: FrameSink, what: string): false {
    if (!this.warned.has('header')) sink.warn(`pktap: ${what} is not understood: such packets are left out`)
    this.warned.add('header')
    return false
  }
}

/** All interfaces, each packet once; or the chosen ones: by name as far as there are rules, the rest is sorted out here. */
function rulesFor(chosen: readonly string[]): PktapRule[] {
  if (chosen.length > 0 && chosen.length <= MAX_RULES) return chosen.map(name => ({ show: true, name }))
  const every: PktapRule = { show: true, type: EVERY_TYPE }
  if (chosen.length > 0) return [every]
  // These carry nothing that the interfaces below do not show.
  return [...[IFT_BRIDGE, IFT_L2VLAN, IFT_IEEE8023ADLAG].map(type => ({ show: false, type })), every]
}

/** Owners by pid, as the kernel names them; looked up anew now and then. */
class PacketOwners {
  private readonly owners: OwnerTable
  private readonly processes = new ProcessTable()
  private readonly known = new Map<number, { id: number; untilUs: number }>()

  constructor(owners: OwnerTable) {
    this.owners = owners
    owners.onForget(() => this.known.clear())
  }

  /** The process on whose behalf the packet is, where the kernel tells; else the last user of its socket; else NO_OWNER. */
  of(view: DataView, at: number, flags: number, tsUs: number): number {
    const effective = (flags & PTH_FLAG_PROC_DELEGATED) === 0 ? -1 : fields.pth_epid.get(view, at)
    const isEffective = effective > 0
    const pid = isEffective ? effective : fields.pth_pid.get(view, at)
    if (pid < 0) return NO_OWNER
    const known = this.known.get(pid)
    if (known !== undefined && tsUs < known.untilUs) return known.id
    const comm = (isEffective ? fields.pth_ecomm : fields.pth_comm).text(view, at)
    const id = this.lookUp(pid, comm)
    if (id !== NO_OWNER) this.known.set(pid, { id, untilUs: tsUs + OWNER_US })
    return id
  }

  private lookUp(pid: number, comm: string): number {
    let identity
    try {
      identity = this.processes.identify(pid, Date.now() * 1000)
    } catch (error) {
      if (!hasCode(error, 'EPERM', 'EACCES')) throw error
    }
    if (identity !== undefined)
      return this.owners.intern(pid, identity.start_time, identity.process, identity.user)
    // It has ended since: the kernel's name is what is left of it.
    return comm === '' ? NO_OWNER : this.owners.intern(pid, null, printable(comm, 256), null)
  }
}
