// Ids of tracepoints and offsets of struct members in the running kernel, from its own description of its types (BTF,
// /sys/kernel/btf/vmlinux; Documentation/bpf/btf.rst). Not every kernel has one: what needs it is an addition, never a need.
//
//   header   0 u16 magic  4 u32 header length  8 u32 types  12 u32 their length  16 u32 strings  20 u32 their length
//   type     0 u32 name  4 u32 info: bits 0-15 count, 24-28 kind, 31 members have bit-field sizes  8 u32 size or type
//   member   0 u32 name  4 u32 type  8 u32 offset in bits (with info bit 31: the low 24 bits)
//   enumerator  0 u32 name  4 i32 value
// All numbers are words at multiples of four bytes, in the processor's order. 5.5 MB with 130,000 types are gone through once, word
// by word; what is asked for is then a search in an array.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { NativeMemory } from './native-memory.ts'

const VMLINUX = '/sys/kernel/btf/vmlinux'
const MAGIC = 0xeb9f
/** In words, as all sizes here. */
const TYPE_SIZE = 3
const MEMBER_SIZE = 3
const ENUMERATOR_SIZE = 2
const KIND_STRUCT = 4
const KIND_UNION = 5
const KIND_ENUM = 6
const KIND_TYPEDEF = 8
const KIND_FUNCTION = 12

/** Words behind a type, by kind: fixed, and for each of its `count` parts. */
const trailers: readonly (readonly [number, number])[] = [
  [0, 0], // void
  [1, 0], // int
  [0, 0], // pointer
  [3, 0], // array
  [0, MEMBER_SIZE], // struct
  [0, MEMBER_SIZE], // union
  [0, ENUMERATOR_SIZE], // enum
  [0, 0], // forward
  [0, 0], // typedef
  [0, 0], // volatile
  [0, 0], // const
  [0, 0], // restrict
  [0, 0], // function
  [0, 2], // function prototype
  [1, 0], // variable
  [0, 3], // data section
  [0, 0], // float
  [1, 0], // declaration tag
  [0, 0], // type tag
  [0, 3], // 64-bit enum
]

export class KernelTypes {
  private readonly bytes: Buffer
  private readonly strings: number
  /** The types, from the first one on. */
  private readonly words: Uint32Array
  /** Where in `words` each type begins, by id; id 0 is void. */
  private readonly starts: Uint32Array
  /** Where in the strings its name is, by id. */
  private readonly names: Uint32Array
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
    const words = (this.words = wordsOf(bytes, types, end))
    const most = 1 + Math.floor(words.length / TYPE_SIZE)
    const starts = (this.starts = new Uint32Array(most))
    const names = (this.names = new Uint32Array(most))
    let count = 1
    for (let at = 0; at + TYPE_SIZE <= words.length;) {
      starts[count] = at
      names[count++] = words[at] as number
      const info = words[at + 1] as number
      const trailer = trailers[(info >>> 24) & 0x1f]
      if (trailer === undefined) throw new RangeError(`BTF kind ${(info >>> 24) & 0x1f}`)
      at += TYPE_SIZE + trailer[0] + trailer[1] * (info & 0xffff)
    }
    this.count = count
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
    const { words } = this
    const at = this.starts[id] as number
    const end = at + TYPE_SIZE + ((words[at + 1] as number) & 0xffff) * ENUMERATOR_SIZE
    for (let entry = at + TYPE_SIZE; entry + ENUMERATOR_SIZE <= end; entry += ENUMERATOR_SIZE)
      if (this.name(words[entry] ?? 0) === constant) return (words[entry + 1] ?? 0) | 0
    return undefined
  }

  private offsetIn(id: number, member: string, depth: number): number | undefined {
    const { words } = this
    const at = this.starts[id]
    if (at === undefined || id >= this.count || depth > 8) return undefined
    const info = words[at + 1] as number
    const kind = (info >>> 24) & 0x1f
    if (kind !== KIND_STRUCT && kind !== KIND_UNION) return undefined
    for (let i = 0; i < (info & 0xffff); i++) {
      const entry = at + TYPE_SIZE + i * MEMBER_SIZE
      const name = this.name(words[entry] ?? 0)
      const offset = words[entry + 2] ?? 0
      const bits = info >>> 31 === 1 ? offset & 0xffffff : offset
      if (name === member) return bits >> 3
      if (name !== '') continue
      const inner = this.offsetIn(words[entry + 1] ?? 0, member, depth + 1)
      if (inner !== undefined) return (bits >> 3) + inner
    }
    return undefined
  }

  private find(kind: number, name: string): number | undefined {
    if (this.count === 0) throw new Error('types of the kernel are closed')
    const text = this.bytes.indexOf(`\0${name}\0`, this.strings)
    if (text < 0) return undefined
    const nameOffset = text + 1 - this.strings
    const { names } = this
    for (let id = names.indexOf(nameOffset, 1); id > 0; id = names.indexOf(nameOffset, id + 1)) {
      if ((((this.words[(this.starts[id] as number) + 1] as number) >>> 24) & 0x1f) === kind) return id
    }
    return undefined
  }

  private name(offset: number): string {
    const start = this.strings + offset
    return this.bytes.toString('utf8', start, this.bytes.indexOf(0, start))
  }
}

/** Without a copy where they lie at a multiple of four, as the kernel's do. */
function wordsOf(bytes: Buffer, from: number, to: number): Uint32Array {
  const length = (to - from) >> 2
  const at = bytes.byteOffset + from
  if (at % 4 === 0) return new Uint32Array(bytes.buffer, at, length)
  return new Uint32Array(Uint8Array.prototype.slice.call(bytes, from, from + length * 4).buffer)
}

function readVmlinux(): NativeMemory | undefined {
  let fd
  try {
    fd = openSync(VMLINUX, 'r')
  } catch (error) {
    // Built without CONFIG_DEBUG_INFO_BTF, or /sys is not mounted, or hidden.
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
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
