// Puts the programs and their maps into the kernel, and takes them out by closing them; a process that is killed leaves
// nothing, as every map, program and link lives by its descriptor alone.
//
// Needs Linux 5.8 (ring buffer, task helpers in cgroup hooks), CAP_BPF and CAP_NET_ADMIN and CAP_PERFMON (or root), and
// cgroup2. What a newer kernel adds is used where it is there, and missed in `degraded` where it is not.

import { BpfMap } from '../../native/linux/bpf/bpf-map.ts'
import {
  ProgramError,
  type ProgramDescription,
  attachToCgroup,
  attachToNetfilter,
  attachToTracepoint,
  loadProgram,
} from '../../native/linux/bpf/bpf-program.ts'
import { type CgroupRoot, openCgroupRoot } from '../../native/linux/bpf/cgroup-root.ts'
import { BPF_F_NO_PREALLOC, attachType, helper, mapType, programType } from '../../native/linux/bpf/helper.ts'
import { KernelTypes } from '../../native/linux/bpf/kernel-types.ts'
import { MappedArray } from '../../native/linux/bpf/mapped-array.ts'
import { RingBuffer } from '../../native/linux/bpf/ring-buffer.ts'
import type { FileDescriptor } from '../../native/file-descriptor.ts'
import { hasCode } from '../../native/system-error.ts'
import { allows, exchanges, readsSockets, storageForAll } from './ebpf-abilities.ts'
import { type CounterMaps, type CounterOptions, counterPrograms } from './ebpf-counter-program.ts'
import {
  EVENT_BUFFER,
  MAX_FLOWS,
  MAX_FOLDED,
  MAX_HOLDERS,
  MAX_PROCESSES,
  MAX_SLOTS,
  MAX_USERS,
  flowKey,
  flowValue,
  foldedValue,
  holderValue,
  slot,
  totalsValue,
} from './ebpf-layout.ts'
import { type OwnerMaps, taskOffsets } from './ebpf-event-code.ts'
import { ownerPrograms, tracePrograms } from './ebpf-owner-program.ts'
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
  /** Where this kernel's programs can give slots to flows. */
  readonly slots: MappedArray | undefined
  readonly events: RingBuffer
  /** Packets that tell names, where they are wanted. */
  readonly packets: RingBuffer | undefined
  /** Who reads and writes is told as it happens, not only who creates, connects and closes. */
  readonly namesTransfers: boolean
  /** Start times come with the events. */
  readonly tellsStartTime: boolean
  private readonly closers: { close(): void }[] = []

  /** @throws EbpfUnavailableError */
  constructor(options: KernelOptions) {
    const types = options.tracepoints === false ? undefined : KernelTypes.ofKernel()
    try {
      const root = this.keep(openRoot())
      if (!root.whole)
        this.degraded.push(
          'only the processes of this container are counted: its cgroup namespace hides the others; run netoproc on the host',
        )
      this.flows = this.keep(
        new BpfMap({
          name: 'np_flows',
          type: mapType.HASH,
          keySize: flowKey.size,
          valueSize: flowValue.size,
          maxEntries: options.maxFlows ?? MAX_FLOWS,
          flags: BPF_F_NO_PREALLOC,
        }),
      )
      this.folded = this.keep(
        new BpfMap({
          name: 'np_folded',
          type: mapType.HASH,
          keySize: 8,
          valueSize: foldedValue.size,
          maxEntries: MAX_FOLDED,
          flags: BPF_F_NO_PREALLOC,
        }),
      )
      this.totals = this.keep(
        new BpfMap({
          name: 'np_totals',
          type: mapType.ARRAY,
          keySize: 4,
          valueSize: totalsValue.size,
          maxEntries: 1,
        }),
      )
      if (options.slots !== false && exchanges())
        this.slots = this.keep(new MappedArray('np_slots', MAX_SLOTS * slot.size))
      const users = this.keep(
        new BpfMap({
          name: 'np_users',
          type: mapType.ARRAY,
          keySize: 4,
          valueSize: MAX_USERS * 8,
          maxEntries: 1,
        }),
      )
      const processes = this.keep(
        new BpfMap({
          name: 'np_processes',
          type: mapType.LRU_HASH,
          keySize: 8,
          valueSize: 8,
          maxEntries: MAX_PROCESSES,
        }),
      )
      this.events = this.keep(new RingBuffer('np_events', EVENT_BUFFER))
      const maps = {
        flows: this.flows.fd.number,
        folded: this.folded.fd.number,
        slots: this.slots?.fd.number,
        totals: this.totals.fd.number,
        users: users.fd.number,
        processes: processes.fd.number,
        events: this.events.fd.number,
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
      const counter = {
        ifindexes: options.ifindexes,
        netnsCookie: netnsInSkb,
        onlyNetns: options.onlyNetns,
        socketTypes: readable,
      }
      this.packets = this.count(maps, counter, root.fd, types, options.names)
      const traces = types === undefined ? [] : tracePrograms(ownerMaps, owner, types)
      const attached = traces.filter(program => this.trace(program))
      this.namesTransfers = attached.some(program => program.name === 'np_receive')
      if (!this.namesTransfers) {
        this.degraded.push(
          'accepted connections are named by /proc, or by the process that closes them: this kernel gives no tracepoint for reads (Linux 6.3 with BTF and CAP_PERFMON)',
        )
      }
    } catch (error) {
      this.close()
      throw unavailable(error)
    } finally {
      types?.close()
    }
  }

  close(): void {
    for (const closer of this.closers.splice(0).reverse()) closer.close()
  }

  private keep<T extends { close(): void }>(resource: T): T {
    this.closers.push(resource)
    return resource
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
    return { holders: this.keep(map).fd.number, isInSocket: inSockets !== undefined }
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
      return this.keep(ring)
    } catch (error) {
      ring.close()
      if (!(error instanceof ProgramError)) throw error
      return this.count(maps, counter, root, types, undefined)
    }
  }

  /**
   * All or none: one that the kernel refuses is refused before any is attached. Who is seen to ask must be seen to be answered:
   * what sees answers comes first.
   */
  private attachCounters(
    maps: CounterMaps,
    counter: CounterOptions,
    root: FileDescriptor,
    types: KernelTypes | undefined,
  ): void {
    const programs = counterPrograms(maps, counter)
    const loaded: FileDescriptor[] = []
    try {
      for (const program of programs) loaded.push(loadProgram(program))
      this.countStrays(maps, counter, types)
      programs.forEach(({ name, attachType: type }, i) =>
        this.keep(attachToCgroup(name, loaded[i] as FileDescriptor, root, type)),
      )
    } finally {
      for (const fd of loaded) fd.close()
    }
  }

  private attach(program: ProgramDescription, root: FileDescriptor, optional: boolean): void {
    let fd
    try {
      fd = loadProgram(program)
    } catch (error) {
      if (!optional || !hasCode(error, 'EINVAL')) throw error
      this.degraded.push(`sockets that close are noticed late: ${program.name} needs Linux 5.9`)
      return
    }
    try {
      this.keep(attachToCgroup(program.name, fd, root, program.attachType))
    } finally {
      fd.close()
    }
  }

  /** Packets of no socket: closed ports, forwarding. */
  private countStrays(maps: CounterMaps, counter: CounterOptions, types: KernelTypes | undefined): void {
    const offsets = strayOffsets(types)
    const traceRefused = (tellsSocket: boolean): boolean =>
      [counter, ...(counter.names === undefined ? [] : [{ ...counter, names: undefined }])].some(of => {
        const refused = offsets === undefined ? undefined : refusedProgram(maps, of, offsets, tellsSocket)
        return refused !== undefined && this.trace(refused)
      })
    if (!traceRefused(true)) {
      this.degraded.push(
        traceRefused(false)
          ? 'the last packets of a connection are not counted: needs Linux 6.11'
          : 'packets for closed ports are not counted: needs Linux 5.17 with BTF, and CAP_PERFMON',
      )
    }
    const forwards = offsets === undefined ? [] : forwardPrograms(maps, counter, offsets)
    const attached = forwards.filter(program =>
      this.attachIfAllowed(program, fd => attachToNetfilter(program.name, fd, program.hook)),
    )
    if (attached.length < 2)
      this.degraded.push('forwarded packets are not counted: needs Linux 6.4 with BTF and netfilter')
  }

  private trace(program: ProgramDescription): boolean {
    return this.attachIfAllowed(program, fd => attachToTracepoint(program.name, fd))
  }

  /** @returns false when the kernel does not let us have this one */
  private attachIfAllowed(
    program: ProgramDescription,
    attach: (fd: FileDescriptor) => FileDescriptor,
  ): boolean {
    let fd
    try {
      fd = loadProgram(program)
    } catch (error) {
      if (error instanceof ProgramError || hasCode(error, 'EPERM')) return false
      throw error
    }
    try {
      this.keep(attach(fd))
      return true
    } catch (error) {
      if (hasCode(error, 'EPERM', 'EACCES', 'EINVAL', 'ENOENT', 'EOPNOTSUPP')) return false
      throw error
    } finally {
      fd.close()
    }
  }
}

function openRoot(): { fd: FileDescriptor; whole: boolean; close(): void } {
  let root: CgroupRoot
  try {
    root = openCgroupRoot()
  } catch (error) {
    if (hasCode(error, 'EPERM', 'EACCES')) {
      throw new EbpfUnavailableError('no cgroup2 mount, and no right to make one: run with sudo', true, {
        cause: error,
      })
    }
    throw new EbpfUnavailableError(
      'no cgroup2 mount, and none can be made: the kernel was built without it',
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
