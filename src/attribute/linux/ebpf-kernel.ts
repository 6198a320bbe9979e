// Puts the programs and their maps into the kernel, and takes them out by closing them; a process that is killed leaves
// nothing, as every map, program and link lives by its descriptor alone.
//
// Needs Linux 5.8 (ring buffer, task helpers in cgroup hooks), CAP_BPF and CAP_NET_ADMIN and CAP_PERFMON (or root), and
// cgroup2. What a newer kernel adds is used where it is there, and missed in `degraded` where it is not.

import { BpfMap } from '../../native/linux/bpf/bpf-map.ts'
import { ProgramError, type ProgramDescription } from '../../native/linux/bpf/bpf-program.ts'
import { type CgroupRoot, openCgroupRoot } from '../../native/linux/bpf/cgroup-root.ts'
import { attachType, helper, mapType, programType } from '../../native/linux/bpf/helper.ts'
import { KernelTypes } from '../../native/linux/bpf/kernel-types.ts'
import type { MappedArray } from '../../native/linux/bpf/mapped-array.ts'
import { RingBuffer } from '../../native/linux/bpf/ring-buffer.ts'
import type { FileDescriptor } from '../../native/file-descriptor.ts'
import { hasCode } from '../../native/system-error.ts'
import { isOutOfDescriptors } from '../../record/error.ts'
import { allows, exchanges, readsSockets, seesSenders, storageForAll } from './ebpf-abilities.ts'
import { EbpfAttachments } from './ebpf-attachments.ts'
import { type CounterMaps, type CounterOptions, counterPrograms } from './ebpf-counter-program.ts'
import { MAX_HOLDERS, holderValue } from './ebpf-layout.ts'
import { openMaps } from './ebpf-maps.ts'
import { type OwnerMaps, type TaskOffsets, taskOffsets } from './ebpf-event-code.ts'
import { ownerPrograms, tracePrograms } from './ebpf-owner-program.ts'
import { senderTypes } from './ebpf-sender-code.ts'
import { socketTypes } from './ebpf-socket-code.ts'
import { strayOffsets } from './ebpf-sk-buff-code.ts'
import { forwardPrograms, refusedProgram } from './ebpf-stray-program.ts'
import { EbpfUnavailableError, unavailable } from './ebpf-unavailable.ts'

export interface KernelOptions {
  /** Interfaces to count; empty: all. */
  readonly ifindexes: readonly number[]
  /** The kernel's number of the one network namespace to count; undefined: all. */
  readonly onlyNetns?: number | undefined
  /** False: names by cgroup hooks and /proc alone, as on kernels before 5.11 or without BTF. For tests and comparisons. */
  readonly tracepoints?: boolean
  /** Entries for flows; for tests. */
  readonly maxFlows?: number
  /** False: flows get no slots, as on kernels before 5.12. For tests and comparisons. */
  readonly slots?: boolean
  /** Packets that tell names are handed over; absent: none. */
  readonly names?: NamesWanted | undefined
}

export interface NamesWanted {
  readonly dns: boolean
  /** Of servers, in TLS and QUIC. */
  readonly serverNames: boolean
  /** Of their ring buffer: rounded up to a power of two. */
  readonly bufferBytes: number
}

export class EbpfKernel {
  readonly degraded: string[] = []
  readonly flows: BpfMap
  readonly folded: BpfMap
  readonly totals: BpfMap
  readonly lost: BpfMap
  /** Where this kernel's programs can give slots to flows. */
  readonly slots: MappedArray | undefined
  readonly events: RingBuffer
  /** Packets that tell names, where they are wanted. */
  readonly packets: RingBuffer | undefined
  /** Who reads and writes is told as it happens, not only who creates, connects and closes. */
  readonly namesTransfers: boolean
  /** Start times come with the events. */
  readonly tellsStartTime: boolean
  private readonly inKernel = new EbpfAttachments()

  /** @throws EbpfUnavailableError */
  constructor(options: KernelOptions) {
    const types = options.tracepoints === false ? undefined : KernelTypes.ofKernel()
    try {
      const root = this.inKernel.keep(openRoot())
      if (!root.whole)
        this.degraded.push(
          'only the processes of this container are counted: its cgroup namespace hides the others; run netoproc on the host',
        )
      const hasSlots = options.slots !== false && exchanges()
      const opened = openMaps(resource => this.inKernel.keep(resource), options.maxFlows, hasSlots)
      this.flows = opened.flows
      this.folded = opened.folded
      this.totals = opened.totals
      this.lost = opened.lost
      this.slots = opened.slots
      this.events = opened.events
      const maps = {
        flows: opened.flows.fd.number,
        folded: opened.folded.fd.number,
        slots: opened.slots?.fd.number,
        totals: opened.totals.fd.number,
        lost: opened.lost.fd.number,
        users: opened.users.fd.number,
        processes: opened.processes.fd.number,
        filters: opened.filters.fd.number,
        events: opened.events.fd.number,
      }
      const { CGROUP_SKB, CGROUP_SOCK } = programType
      const netnsInSkb = allows(CGROUP_SKB, attachType.CGROUP_INET_EGRESS, helper.get_netns_cookie)
      const netnsInSock = allows(CGROUP_SOCK, attachType.CGROUP_INET_SOCK_CREATE, helper.get_netns_cookie)
      const task = allows(CGROUP_SOCK, attachType.CGROUP_INET_SOCK_CREATE, helper.get_current_task)
        ? taskOffsets(types)
        : undefined
      this.tellsStartTime = task !== undefined
      const described = socketTypes(types)
      const readable = described !== undefined && readsSockets(described) ? described : undefined
      const owner = {
        task,
        netnsCookie: netnsInSock,
        cookieAt: types?.memberOffset('sock_common', 'skc_cookie'),
        socketTypes: readable,
      }
      const ownerMaps = { ...maps, ...this.holders(types) }
      // Owners first: a socket that is counted has been seen to be created.
      for (const program of ownerPrograms(ownerMaps, owner))
        this.attach(program, root.fd, program.optional === true)
      const traces = types === undefined ? [] : tracePrograms(ownerMaps, owner, types)
      const attached = traces.filter(program => this.inKernel.toTracepoint(program))
      this.namesTransfers = attached.some(program => program.name === 'np_receive')
      if (!this.namesTransfers) {
        this.degraded.push(
          'accepted connections are named by /proc, or by the process that closes them: this kernel gives no tracepoint for reads (Linux 6.3 with BTF and CAP_PERFMON)',
        )
      }
      const counter = {
        ifindexes: options.ifindexes,
        netnsCookie: netnsInSkb,
        onlyNetns: options.onlyNetns,
        socketTypes: readable,
        senders: this.senders(types, ownerMaps, task),
      }
      this.packets = this.count(maps, counter, root.fd, types, options.names)
    } catch (error) {
      this.close()
      throw unavailable(error)
    } finally {
      types?.close()
    }
  }

  close(): void {
    this.inKernel.close()
  }

  /** Who last used a socket is kept in the socket, where this kernel lets all our programs have that; else by its cookie. */
  private holders(types: KernelTypes | undefined): Pick<OwnerMaps, 'holders' | 'isInSocket'> {
    const inSockets = types === undefined ? undefined : storageForAll(types)
    const map =
      inSockets ??
      new BpfMap({
        name: 'np_holders',
        type: mapType.LRU_HASH,
        keySize: 8,
        valueSize: holderValue.size,
        maxEntries: MAX_HOLDERS,
      })
    return { holders: this.inKernel.keep(map).fd.number, isInSocket: inSockets !== undefined }
  }

  private senders(
    types: KernelTypes | undefined,
    maps: OwnerMaps,
    task: TaskOffsets | undefined,
  ): CounterOptions['senders'] {
    const described = senderTypes(types, task)
    if (this.namesTransfers && described !== undefined && seesSenders(described))
      return { maps, types: described }
    this.degraded.push(
      'what a process sends on a socket that another has connected is the other’s: this kernel does not tell who sends (Linux 6.3 with BTF and CAP_PERFMON)',
    )
    return undefined
  }

  /** @returns the ring buffer of packets that tell names, where they are wanted and this kernel takes such programs */
  private count(
    maps: CounterMaps,
    counter: CounterOptions,
    root: FileDescriptor,
    types: KernelTypes | undefined,
    wanted: NamesWanted | undefined,
  ): RingBuffer | undefined {
    if (wanted === undefined) {
      this.attachCounters(maps, counter, root, types)
      return undefined
    }
    const ring = new RingBuffer('np_packets', ringSize(wanted.bufferBytes))
    const names = {
      ...wanted,
      netnsCookie: counter.netnsCookie,
      packets: ring.fd.number,
      totals: maps.totals,
    }
    try {
      this.attachCounters(maps, { ...counter, names }, root, types)
      return this.inKernel.keep(ring)
    } catch (error) {
      ring.close()
      if (!(error instanceof ProgramError)) throw error
      return this.count(maps, counter, root, types, undefined)
    }
  }

  /** Who is seen to ask must be seen to be answered: what sees answers comes first. */
  private attachCounters(
    maps: CounterMaps,
    counter: CounterOptions,
    root: FileDescriptor,
    types: KernelTypes | undefined,
  ): void {
    this.inKernel.allToCgroup(counterPrograms(maps, counter), root, () =>
      this.countStrays(maps, counter, types),
    )
  }

  private attach(program: ProgramDescription, root: FileDescriptor, optional: boolean): void {
    try {
      this.inKernel.toCgroup(program, root)
    } catch (error) {
      if (!optional || !hasCode(error, 'EINVAL')) throw error
      this.degraded.push(`sockets that close are noticed late: ${program.name} needs Linux 5.9`)
    }
  }

  /** Packets of no socket: closed ports, forwarding. */
  private countStrays(maps: CounterMaps, counter: CounterOptions, types: KernelTypes | undefined): void {
    const offsets = strayOffsets(types)
    const traceRefused = (tellsSocket: boolean): boolean =>
      [counter, ...(counter.names === undefined ? [] : [{ ...counter, names: undefined }])].some(of => {
        const refused = offsets === undefined ? undefined : refusedProgram(maps, of, offsets, tellsSocket)
        return refused !== undefined && this.inKernel.toTracepoint(refused)
      })
    if (!traceRefused(true)) {
      this.degraded.push(
        traceRefused(false)
          ? 'the last packets of a connection are not counted: needs Linux 6.11'
          : 'packets for closed ports are not counted: needs Linux 5.17 with BTF, and CAP_PERFMON',
      )
    }
    const forwards = offsets === undefined ? [] : forwardPrograms(maps, counter, offsets)
    const attached = forwards.filter(program => this.inKernel.toNetfilter(program))
    if (attached.length < 2)
      this.degraded.push('forwarded packets are not counted: needs Linux 6.4 with BTF and netfilter')
  }
}

function openRoot(): { fd: FileDescriptor; whole: boolean; close(): void } {
  let root: CgroupRoot
  try {
    root = openCgroupRoot()
  } catch (error) {
    if (isOutOfDescriptors(error)) throw error
    if (hasCode(error, 'EPERM', 'EACCES')) {
      throw new EbpfUnavailableError(
        'eBPF: no cgroup2 mount, and no right to make one: run with sudo',
        true,
        {
          cause: error,
        },
      )
    }
    throw new EbpfUnavailableError(
      'eBPF: no cgroup2 mount, and none can be made: the kernel was built without it',
      false,
      {
        cause: error,
      },
    )
  }
  return { fd: root.fd, whole: root.isWhole, close: () => root.fd.close() }
}

/** Room for several packets of the largest kind. */
const LEAST_RING = 1 << 18

function ringSize(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(LEAST_RING, bytes)))
}
