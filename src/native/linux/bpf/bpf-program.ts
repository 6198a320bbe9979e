// Loads a program into the kernel, and attaches it to the root cgroup or to a tracepoint by a link. Program and link live
// as long as their descriptors: when this process ends, however it ends, the kernel removes them. Links of several
// instances stand beside each other (for cgroups a link implies BPF_F_ALLOW_MULTI).

import koffi from 'koffi'
import type { FileDescriptor } from '../../file-descriptor.ts'
import { SystemError } from '../../system-error.ts'
import { ownDescriptor } from '../libc.ts'
import { BPF_NETFILTER } from './helper.ts'
import { bpf, bpfDescriptor, tryBpf } from './bpf-syscall.ts'
import { INSTRUCTION_SIZE, type Program, assemble } from './instruction.ts'
import { NativeMemory } from './native-memory.ts'

/** The verifier's log is read only when it refuses a program. */
const LOG_SIZE = 256 * 1024
const LOAD_ATTEMPTS = 5
/** Programs of netfilter hooks that stand beside each other: instances of netoproc. */
const MAX_BESIDE = 100
const EBUSY = koffi.os.errno['EBUSY'] as number
const EAGAIN = koffi.os.errno['EAGAIN'] as number
/** No descriptor is left for it: no word against the program. */
const withoutDescriptor: ReadonlySet<number> = new Set([
  koffi.os.errno['EMFILE'] as number,
  koffi.os.errno['ENFILE'] as number,
])
/** Helpers such as bpf_probe_read_kernel are for programs under the GPL only; this is the programs' licence, not netoproc's. */
const LICENSE = 'GPL'

export interface ProgramDescription {
  /** At most 15 characters; `bpftool prog` shows it. */
  readonly name: string
  readonly type: number
  readonly attachType: number
  readonly program: Program
  /** Of a tracing program: id of the tracepoint's type in the kernel's BTF. */
  readonly btfId?: number
}

/** The kernel refused a program. `log`: what the verifier says of it, its last line first in the message. */
export class ProgramError extends SystemError {
  readonly log: string

  constructor(name: string, errno: number, log: string) {
    super(`BPF_PROG_LOAD(${name})`, errno)
    this.log = log
    const lines = log.trimEnd().split('\n')
    // The last lines are statistics ("processed 12 insns …"); what is wrong stands before them.
    const complaint = lines.findLast(
      line => line !== '' && !/^(processed|verification time|stack depth)/.test(line),
    )
    if (complaint !== undefined) this.message += `: ${complaint}`
  }
}

/** @throws ProgramError, SystemError */
export function loadProgram(description: ProgramDescription): FileDescriptor {
  const code = assemble(description.program)
  const instructions = new NativeMemory(code.length)
  const license = new NativeMemory(LICENSE.length + 1)
  instructions.bytes.set(code)
  new TextEncoder().encodeInto(LICENSE, license.bytes)
  const fields = {
    prog_type: description.type,
    insn_cnt: code.length / INSTRUCTION_SIZE,
    insns: instructions.address,
    license: license.address,
    prog_name: description.name,
    expected_attach_type: description.attachType,
    attach_btf_id: description.btfId ?? 0,
  }
  try {
    const fd = patiently(() => tryBpf('BPF_PROG_LOAD', 'PROG_LOAD', fields))
    if (withoutDescriptor.has(-fd)) throw new SystemError(`BPF_PROG_LOAD(${description.name})`, -fd)
    return fd >= 0 ? ownDescriptor(fd) : loadWithLog(description.name, fields, -fd)
  } finally {
    instructions.free()
    license.free()
  }
}

/** A signal interrupts the verifier: EAGAIN, and it may be asked again. */
function patiently(load: () => number): number {
  let result = load()
  for (let i = 1; i < LOAD_ATTEMPTS && result === -EAGAIN; i++) result = load()
  return result
}

/** Again, for the verifier's words: without a log the kernel says EINVAL and no more. */
function loadWithLog(
  name: string,
  fields: Record<string, number | bigint | string>,
  errno: number,
): FileDescriptor {
  const log = new NativeMemory(LOG_SIZE)
  try {
    const logging = { ...fields, log_level: 1, log_size: LOG_SIZE, log_buf: log.address }
    const fd = patiently(() => tryBpf('BPF_PROG_LOAD', 'PROG_LOAD', logging))
    if (fd >= 0) return ownDescriptor(fd)
    const end = log.bytes.indexOf(0)
    throw new ProgramError(name, errno, new TextDecoder().decode(log.bytes.slice(0, end)))
  } finally {
    log.free()
  }
}

/** Attaches a cgroup program. Link and program are closed separately: the link keeps the program. */
export function attachToCgroup(
  name: string,
  program: FileDescriptor,
  cgroup: FileDescriptor,
  type: number,
): FileDescriptor {
  return bpfDescriptor('BPF_LINK_CREATE', name, 'LINK_CREATE', {
    prog_fd: program.number,
    target_fd: cgroup.number,
    attach_type: type,
  })
}

/** A hook of netfilter: linux/netfilter.h, linux/netfilter_ipv4.h. */
export interface NetfilterHook {
  /** NFPROTO_IPV4 2, NFPROTO_IPV6 10. */
  readonly family: number
  readonly hook: number
  /** Lower runs first. */
  readonly priority: number
}

/**
 * Attaches a program to a hook of netfilter in this network namespace. A priority is taken by one program alone: another
 * instance's is followed by the next.
 */
export function attachToNetfilter(name: string, program: FileDescriptor, at: NetfilterHook): FileDescriptor {
  for (let priority = at.priority; ; priority++) {
    const result = tryBpf('BPF_LINK_CREATE', 'NETFILTER_LINK', {
      prog_fd: program.number,
      attach_type: BPF_NETFILTER,
      pf: at.family,
      hooknum: at.hook,
      priority,
    })
    if (result >= 0) return ownDescriptor(result)
    if (result !== -EBUSY || priority === at.priority + MAX_BESIDE)
      throw new SystemError(`BPF_LINK_CREATE(${name})`, -result)
  }
}

/** Attaches a tracing program to the tracepoint that it was loaded for. */
export function attachToTracepoint(name: string, program: FileDescriptor): FileDescriptor {
  return ownDescriptor(bpf('BPF_RAW_TRACEPOINT_OPEN', name, 'RAW_TRACEPOINT', { prog_fd: program.number }))
}
