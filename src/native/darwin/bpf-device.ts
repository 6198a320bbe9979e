// One /dev/bpf device: bpf(4), bsd/net/bpf.c. The kernel stores packets in a buffer and swaps it for a second one when it is
// full or is read; what finds both full is dropped, and counted. A read asks for exactly one buffer.

import type { FileDescriptor } from '../file-descriptor.ts'
import { hasCode, type SystemError } from '../system-error.ts'
import {
  BIOCGDLT,
  BIOCGSTATS,
  BIOCIMMEDIATE,
  BIOCPROMISC,
  BIOCSBLEN,
  BIOCSETFNR,
  BIOCSETIF,
  BIOCSHDRCMPLT,
  BIOCSRTIMEOUT,
  BIOCSSEESENT,
  BIOCSWANTPKTAP,
  BPF_MAXINSNS,
  bpf_insn,
  bpf_program,
  bpf_stat,
  timeval,
} from './generated/bpf.ts'
import { ifreq } from './generated/interfaces.ts'
import { O_NONBLOCK, O_RDONLY } from './generated/system.ts'
import { addressOf, canBePolled, ioctl, open, read } from './libsystem.ts'
import { viewOf } from './struct.ts'

/** More than the kernel makes: debug.bpf_maxdevices. */
const MAX_DEVICES = 256

export interface Instruction {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

export interface BpfDeviceOptions {
  /** Name of the interface. */
  readonly interface: string
  /** Of one of the two buffers; the kernel may give less. */
  readonly bufferBytes: number
  /** After so long the kernel says that there is something to read, however little. */
  readonly timeoutMs: number
  /** Show packets behind a pktap header, on a pktap interface. */
  readonly wantsPktap?: boolean
}

export class BpfDevice {
  readonly fd: FileDescriptor
  /** DLT_ of the packets. */
  readonly linkType: number
  /** Bytes that each read asks for. */
  readonly bufferBytes: number
  /** Its readiness can be waited for. Where not, koffi's way to wait would end the program. */
  readonly canPoll: boolean
  private lastDrops = 0

  /**
   * Listens, with a filter that refuses everything, until attachFilter.
   * @throws SystemError: EACCES without permission, ENXIO without such an interface, ENETDOWN for one that is down
   */
  constructor(options: BpfDeviceOptions) {
    this.fd = openFree()
    try {
      this.bufferBytes = this.word('BIOCSBLEN', BIOCSBLEN, options.bufferBytes)
      if (options.wantsPktap === true) this.word('BIOCSWANTPKTAP', BIOCSWANTPKTAP, 1)
      this.attachFilter([{ code: 0x06, jt: 0, jf: 0, k: 0 }])
      const request = new Uint8Array(ifreq.size)
      ifreq.fields.ifr_name.setText(viewOf(request), 0, options.interface)
      ioctl(`BIOCSETIF(${options.interface})`, this.fd, BIOCSETIF, request)
      this.linkType = this.word('BIOCGDLT', BIOCGDLT, 0)
      this.word('BIOCSHDRCMPLT', BIOCSHDRCMPLT, 0)
      this.word('BIOCSSEESENT', BIOCSSEESENT, 1)
      this.word('BIOCIMMEDIATE', BIOCIMMEDIATE, 0)
      const timeout = new Uint8Array(timeval.size)
      timeval.fields.tv_sec.set(viewOf(timeout), 0, Math.floor(options.timeoutMs / 1000))
      timeval.fields.tv_usec.set(viewOf(timeout), 0, (options.timeoutMs % 1000) * 1000)
      ioctl('BIOCSRTIMEOUT', this.fd, BIOCSRTIMEOUT, timeout)
      this.canPoll = canBePolled(this.fd.number)
    } catch (error) {
      this.fd.close()
      throw error
    }
  }

  /** Replaces the filter; what is stored stays. @throws SystemError EINVAL when the kernel refuses the program */
  attachFilter(program: readonly Instruction[]): void {
    // The kernel's limit, told before it says no more than EINVAL.
    if (program.length > BPF_MAXINSNS)
      throw new RangeError(`${program.length} instructions: ${BPF_MAXINSNS} at most`)
    const code = new Uint8Array(program.length * bpf_insn.size)
    const view = viewOf(code)
    for (const [i, instruction] of program.entries()) {
      for (const name of ['code', 'jt', 'jf', 'k'] as const)
        bpf_insn.fields[name].set(view, i * bpf_insn.size, instruction[name])
    }
    const argument = new Uint8Array(bpf_program.size)
    bpf_program.fields.bf_len.set(viewOf(argument), 0, program.length)
    bpf_program.fields.bf_insns.set(viewOf(argument), 0, addressOf(code))
    ioctl('BIOCSETFNR', this.fd, BIOCSETFNR, argument)
  }

  /** Until the device is closed. @throws SystemError */
  enablePromiscuous(): void {
    ioctl('BIOCPROMISC', this.fd, BIOCPROMISC, new Uint8Array(0))
  }

  /** Bytes read into `into`, which is bufferBytes long; 0 when nothing is stored. @throws SystemError ENXIO: the interface is gone */
  read(into: Uint8Array): number {
    try {
      return read('read(/dev/bpf)', this.fd, into)
    } catch (error) {
      if (hasCode(error, 'EAGAIN', 'EINTR')) return 0
      throw error
    }
  }

  /**
   * Packets that found no room since the last call. To be asked after a read: every ioctl stops the kernel's timer and forgets
   * that it has run out. @throws SystemError
   */
  takeDrops(): number {
    const statistics = new Uint8Array(bpf_stat.size)
    try {
      ioctl('BIOCGSTATS', this.fd, BIOCGSTATS, statistics)
    } catch (error) {
      if (!hasCode(error, 'ENXIO')) throw error
      return 0 // the interface is gone, and its counters with it
    }
    const drops = bpf_stat.fields.bs_drop.get(viewOf(statistics), 0)
    // The counter has 32 bits.
    const since = (drops - this.lastDrops) >>> 0
    this.lastDrops = drops
    return since
  }

  close(): void {
    this.fd.close()
  }

  private word(name: string, request: number, value: number): number {
    const argument = Uint32Array.of(value)
    ioctl(name, this.fd, request, new Uint8Array(argument.buffer))
    return argument[0] as number
  }
}

/** The first device that no other program has; or, where there is one that every opening makes anew, that. @throws SystemError */
function openFree(): FileDescriptor {
  let busy: SystemError | undefined
  for (let minor = 0; minor < MAX_DEVICES; minor++) {
    try {
      return open(`/dev/bpf${minor}`, O_RDONLY | O_NONBLOCK)
    } catch (error) {
      if (hasCode(error, 'EBUSY')) busy = error
      else if (minor === 0 && hasCode(error, 'ENOENT')) return open('/dev/bpf', O_RDONLY | O_NONBLOCK)
      // Behind the last device there is none: that all were busy says more.
      else throw busy !== undefined && hasCode(error, 'ENOENT', 'ENXIO') ? busy : error
    }
  }
  throw busy as SystemError
}
