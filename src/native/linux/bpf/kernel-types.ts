// Ids of tracepoints and offsets of struct members in the running kernel, from its own description of its types (BTF,
// /sys/kernel/btf/vmlinux; Documentation/bpf/btf.rst). Not every kernel has one: what needs it is an addition, never a need.
//
//   header   0 u16 magic  4 u32 header length  8 u32 types  12 u32 their length  16 u32 strings  20 u32 their length
//   type     0 u32 name  4 u32 info: bits 0-15 count, 24-28 kind, 31 members have bit-field sizes  8 u32 size or type
//   member   0 u32 name  4 u32 type  8 u32 offset in bits (with info bit 31: the low 24 bits)
//   enumerator  0 u32 name  4 i32 value
// Reading 5.5 MB with 130,000 types takes about 25 ms, once.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { NativeMemory } from './native-memory.ts'

const VMLINUX = '/sys/kernel/btf/vmlinux'
const MAGIC = 0xeb9f
const TYPE_SIZE = 12
const MEMBER_SIZE = 12
const KIND_STRUCT = 4
const KIND_UNION = 5
const KIND_ENUM = 6
const KIND_TYPEDEF = 8
const KIND_FUNCTION = 12
const ENUMERATOR_SIZE = 8

/** Bytes behind a type, by kind: fixed, and for each of its `count` parts. */
const trailers: readonly (readonly [number, number])[] = [
  [0, 0], // void
  [4, 0], // int
  [0, 0], // pointer
  [12, 0], // array
  [0, MEMBER_SIZE], // struct
  [0, MEMBER_SIZE], // union
  [0, 8], // enum
  [0, 0], // forward
  [0, 0], // typedef
  [0, 0], // volatile
  [0, 0], // const
  [0, 0], // restrict
  [0, 0], // function
  [0, 8], // function prototype
  [4, 0], // variable
  [0, 12], // data section
  [0, 0], // float
  [4, 0], // declaration tag
  [0, 0], // type tag
  [0, 12], // 64-bit enum
]

export class KernelTypes {
  private readonly bytes: Buffer
  private readonly strings: number
  /** Where each type begins, by id; id 0 is void. */
  private readonly offsets: Uint32Array
  private count = 1
  private readonly memory: NativeMemory | undefined

  /**
   * @param bytes a BTF blob; throws RangeError when it is not one, or has a kind of type that is not known here
   * @param memory where they are, freed with this object
   */
  constructor(bytes: Buffer, memory?: NativeMemory) {
    this.bytes = bytes
    this.memory = memory
    if (bytes.length < 24 || bytes.readUInt16LE(0) !== MAGIC) throw new RangeError('not BTF')
    const headerLength = bytes.readUInt32LE(4)
    const types = headerLength + bytes.readUInt32LE(8)
    const end = types + bytes.readUInt32LE(12)
    this.strings = headerLength + bytes.readUInt32LE(16)
    if (end > bytes.length || this.strings > bytes.length) throw new RangeError('BTF cut short')
    this.offsets = new Uint32Array(1 + Math.floor((end - types) / TYPE_SIZE))
    for (let at = types; at + TYPE_SIZE <= end;) {
      this.offsets[this.count++] = at
      const info = bytes.readUInt32LE(at + 4)
      const trailer = trailers[(info >>> 24) & 0x1f]
      if (trailer === undefined) throw new RangeError(`BTF kind ${(info >>> 24) & 0x1f}`)
      at += TYPE_SIZE + trailer[0] + trailer[1] * (info & 0xffff)
    }
  }

  /**
   * The running kernel's; undefined when it has no BTF. Close it: as a Buffer it would stay until old space is collected,
   * which a process that rests puts off.
   */
  static ofKernel(): KernelTypes | undefined {
    const memory = readVmlinux()
    if (memory === undefined) return undefined
    const { buffer, byteOffset, length } = memory.bytes
    try {
      return new KernelTypes(Buffer.from(buffer, byteOffset, length), memory)
    } catch (error) {
      memory.free()
      throw error
    }
  }

  /** Nothing can be asked any more. */
  close(): void {
    this.count = 0
    this.memory?.free()
  }

  /** Id of the type that describes a tracepoint's arguments; undefined when this kernel has no such tracepoint. */
  tracepoint(name: string): number | undefined {
    return this.find(KIND_TYPEDEF, `btf_trace_${name}`)
  }

  /** Id of a function that programs may call. */
  kernelFunction(name: string): number | undefined {
    return this.find(KIND_FUNCTION, name)
  }

  struct(name: string): number | undefined {
    return this.find(KIND_STRUCT, name)
  }

  /** Offset in bytes of a member of a struct, members of its anonymous structs and unions included. */
  memberOffset(struct: string, member: string): number | undefined {
    const id = this.struct(struct)
    return id === undefined ? undefined : this.offsetIn(id, member, 0)
  }

  /** Value of a constant of an enum: of those that are not part of the ABI. */
  enumerator(type: string, constant: string): number | undefined {
    const id = this.find(KIND_ENUM, type)
    if (id === undefined) return undefined
    const at = this.offsets[id] as number
    const count = this.bytes.readUInt32LE(at + 4) & 0xffff
    for (
      let entry = at + TYPE_SIZE;
      entry < at + TYPE_SIZE + count * ENUMERATOR_SIZE;
      entry += ENUMERATOR_SIZE
    )
      if (this.name(this.bytes.readUInt32LE(entry)) === constant) return this.bytes.readInt32LE(entry + 4)
    return undefined
  }

  private offsetIn(id: number, member: string, depth: number): number | undefined {
    const at = this.offsets[id]
    if (at === undefined || id >= this.count || depth > 8) return undefined
    const info = this.bytes.readUInt32LE(at + 4)
    const kind = (info >>> 24) & 0x1f
    if (kind !== KIND_STRUCT && kind !== KIND_UNION) return undefined
    for (let i = 0; i < (info & 0xffff); i++) {
      const entry = at + TYPE_SIZE + i * MEMBER_SIZE
      const name = this.name(this.bytes.readUInt32LE(entry))
      const offset = this.bytes.readUInt32LE(entry + 8)
      const bits = info >>> 31 === 1 ? offset & 0xffffff : offset
      if (name === member) return bits >> 3
      if (name !== '') continue
      const inner = this.offsetIn(this.bytes.readUInt32LE(entry + 4), member, depth + 1)
      if (inner !== undefined) return (bits >> 3) + inner
    }
    return undefined
  }

  private find(kind: number, name: string): number | undefined {
    if (this.count === 0) throw new Error('types of the kernel are closed')
    const text = this.bytes.indexOf(`\0${name}\0`, this.strings)
    if (text < 0) return undefined
    const nameOffset = text + 1 - this.strings
    for (let id = 1; id < this.count; id++) {
      const at = this.offsets[id] as number
      if (this.bytes.readUInt32LE(at) !== nameOffset) continue
      if (((this.bytes.readUInt32LE(at + 4) >>> 24) & 0x1f) === kind) return id
    }
    return undefined
  }

  private name(offset: number): string {
    const start = this.strings + offset
    return this.bytes.toString('utf8', start, this.bytes.indexOf(0, start))
  }
}

function readVmlinux(): NativeMemory | undefined {
  let fd
  try {
    fd = openSync(VMLINUX, 'r')
  } catch {
    return undefined // built without CONFIG_DEBUG_INFO_BTF, or /sys is not mounted
  }
  try {
    const memory = new NativeMemory(fstatSync(fd).size)
    for (let at = 0, read = -1; at < memory.bytes.length && read !== 0; at += read)
      read = readSync(fd, memory.bytes, at, memory.bytes.length - at, at)
    return memory
  } finally {
    closeSync(fd)
  }
}
