// bpf(2): one system call, a command number and a union of structs, one for each command. The structs are offset tables
// here (linux/bpf.h, union bpf_attr; all fields little-endian, pointers 64 bit, the same on x86-64 and arm64), checked
// against a C compiler's offsetof by test/native/bpf.test.ts.

import koffi from 'koffi'
import type { FileDescriptor } from '../../file-descriptor.ts'
import { SystemError } from '../../system-error.ts'
import { ownDescriptor } from '../libc.ts'
import { NativeMemory } from './native-memory.ts'

// asm/unistd_64.h, asm-generic/unistd.h
const syscallNumbers: Readonly<Record<string, number>> = { x64: 321, arm64: 280 }

// Variadic in C. On Linux its arguments are passed as those of any function, x86-64 and arm64 alike; declared so, a call
// costs half.
const syscall = koffi
  .load('libc.so.6')
  .func('long syscall(long number, int command, uint64_t attribute, uint32_t size)') as (
  number: number,
  command: number,
  attribute: bigint,
  size: number,
) => number

export const command = {
  BPF_MAP_CREATE: 0,
  BPF_MAP_LOOKUP_ELEM: 1,
  BPF_MAP_UPDATE_ELEM: 2,
  BPF_MAP_DELETE_ELEM: 3,
  BPF_MAP_GET_NEXT_KEY: 4,
  BPF_PROG_LOAD: 5,
  BPF_PROG_GET_NEXT_ID: 11,
  BPF_MAP_GET_NEXT_ID: 12,
  BPF_RAW_TRACEPOINT_OPEN: 17,
  BPF_MAP_LOOKUP_AND_DELETE_ELEM: 21,
  BPF_MAP_LOOKUP_BATCH: 24,
  BPF_LINK_CREATE: 28,
  BPF_LINK_GET_NEXT_ID: 31,
} as const
export type Command = keyof typeof command

/** Offset and size in bytes of each field that is used, by the command that reads it. */
export const attrLayout = {
  MAP_CREATE: {
    map_type: [0, 4],
    key_size: [4, 4],
    value_size: [8, 4],
    max_entries: [12, 4],
    map_flags: [16, 4],
    map_name: [28, 16],
  },
  /** LOOKUP, UPDATE, DELETE, GET_NEXT_KEY, LOOKUP_AND_DELETE: next_key lies where value does. */
  MAP_ELEM: { map_fd: [0, 4], key: [8, 8], value: [16, 8], flags: [24, 8] },
  MAP_BATCH: {
    in_batch: [0, 8],
    out_batch: [8, 8],
    keys: [16, 8],
    values: [24, 8],
    count: [32, 4],
    map_fd: [36, 4],
    elem_flags: [40, 8],
    flags: [48, 8],
  },
  PROG_LOAD: {
    prog_type: [0, 4],
    insn_cnt: [4, 4],
    insns: [8, 8],
    license: [16, 8],
    log_level: [24, 4],
    log_size: [28, 4],
    log_buf: [32, 8],
    prog_name: [48, 16],
    expected_attach_type: [68, 4],
    attach_btf_id: [108, 4],
  },
  LINK_CREATE: { prog_fd: [0, 4], target_fd: [4, 4], attach_type: [8, 4], flags: [12, 4] },
  /** link_create.netfilter (Linux 6.4): protocol family, hook, place among the hook's functions. */
  NETFILTER_LINK: {
    prog_fd: [0, 4],
    attach_type: [8, 4],
    pf: [16, 4],
    hooknum: [20, 4],
    priority: [24, 4],
  },
  RAW_TRACEPOINT: { name: [0, 8], prog_fd: [8, 4] },
  GET_NEXT_ID: { start_id: [0, 4], next_id: [4, 4] },
} as const satisfies Record<string, Record<string, readonly [number, number]>>

type Layouts = typeof attrLayout
export type Fields<L extends keyof Layouts> = { [F in keyof Layouts[L]]?: number | bigint | string }

// What a kernel does not know must be zero, and it takes a struct that is longer than its own when the rest is: one size.
const ATTR_SIZE = 128
const attr = new NativeMemory(ATTR_SIZE)

/** Fills an attribute struct. A missing field is 0; a string is cut to the field, with its ending NUL. */
function fill<L extends keyof Layouts>(attr: NativeMemory, layout: L, fields: Fields<L>): void {
  attr.bytes.fill(0)
  for (const [name, value] of Object.entries(fields as Record<string, number | bigint | string>)) {
    const [offset, size] = (attrLayout[layout] as Record<string, readonly [number, number]>)[name] as [
      number,
      number,
    ]
    if (typeof value === 'string')
      new TextEncoder().encodeInto(value, attr.bytes.subarray(offset, offset + size - 1))
    else if (size === 8) attr.view.setBigUint64(offset, BigInt(value), true)
    else attr.view.setUint32(offset, Number(value), true)
  }
}

/**
 * One call of bpf(2). `attrField` then reads what the kernel wrote back into the struct, until the next call.
 * @returns the call's result, 0 or a descriptor; -errno when it failed, for callers to whom that is an answer (ENOENT)
 */
export function tryBpf<L extends keyof Layouts>(name: Command, layout: L, fields: Fields<L>): number {
  fill(attr, layout, fields)
  return call(name, attr)
}

function call(name: Command, attr: NativeMemory): number {
  const number = syscallNumbers[process.arch]
  if (number === undefined)
    throw new SystemError(`bpf on ${process.arch}`, koffi.os.errno['ENOSYS'] as number)
  const result = syscall(number, command[name], attr.address, ATTR_SIZE)
  return result < 0 ? -koffi.errno() : result
}

/** Calls with the same fields again and again: the struct is filled once, which costs more than the call. */
export class PreparedCall<L extends keyof Layouts> {
  private readonly attr = new NativeMemory(ATTR_SIZE)

  constructor(layout: L, fields: Fields<L>) {
    fill(this.attr, layout, fields)
  }

  /** @returns as tryBpf */
  try(name: Command): number {
    return call(name, this.attr)
  }

  free(): void {
    this.attr.free()
  }
}

/** As tryBpf, but a failure throws: SystemError "BPF_MAP_CREATE(flows): EPERM". */
export function bpf<L extends keyof Layouts>(
  name: Command,
  subject: string,
  layout: L,
  fields: Fields<L>,
): number {
  const result = tryBpf(name, layout, fields)
  if (result < 0) throw new SystemError(`${name}(${subject})`, -result)
  return result
}

/** The same for commands that return a descriptor. */
export function bpfDescriptor<L extends keyof Layouts>(
  name: Command,
  subject: string,
  layout: L,
  fields: Fields<L>,
): FileDescriptor {
  return ownDescriptor(bpf(name, subject, layout, fields))
}

/** A 32-bit field of the struct after a call: count of a batch, next_id. */
export function attrField<L extends keyof Layouts>(layout: L, field: keyof Layouts[L]): number {
  const [offset] = layouts(layout)[field as string] as readonly [number, number]
  return attr.view.getUint32(offset, true)
}

function layouts(layout: keyof Layouts): Record<string, readonly [number, number]> {
  return attrLayout[layout]
}
