// eBPF instructions by name, and an assembler for lists of them: Documentation/bpf/standardization/instruction-set.rst,
// linux/bpf.h. A program is an array that functions below fill; jumps name labels; nothing is written by hand in bytes.
//
//   instruction  0 u8 opcode  1 u8 destination (low 4 bits), source (high 4)  2 i16 offset  4 i32 immediate
// Host byte order: little-endian on x86-64 and arm64.

export const INSTRUCTION_SIZE = 8
/** The kernel's own limit for programs of unprivileged size; ours are far below. */
const MAX_INSTRUCTIONS = 4096

/** r0 result, r1-r5 arguments (lost in a call), r6-r9 kept, r10 frame pointer. */
export type Register = 'r0' | 'r1' | 'r2' | 'r3' | 'r4' | 'r5' | 'r6' | 'r7' | 'r8' | 'r9' | 'r10'
/** Width of a memory access. */
export type Width = 'u8' | 'u16' | 'u32' | 'u64'
export type Comparison = '==' | '!=' | '>' | '>=' | '<' | '<=' | 's>' | 's>=' | 's<' | 's<=' | '&'

export interface Instruction {
  readonly opcode: number
  readonly destination: number
  readonly source: number
  readonly offset: number
  readonly immediate: number
  /** Label that a jump goes to: the offset is filled in by the assembler. */
  readonly target?: string
}

/** A place in a program that jumps name. */
export interface Label {
  readonly label: string
}

export type Program = readonly (Instruction | Label)[]

const CLASS_LDX = 0x01
const CLASS_ST = 0x02
const CLASS_STX = 0x03
const CLASS_ALU32 = 0x04
const CLASS_JMP = 0x05
const CLASS_ALU64 = 0x07
const MODE_MEM = 0x60
const MODE_ATOMIC = 0xc0
const SOURCE_REGISTER = 0x08
export const OPCODE_LOAD_64 = 0x18
export const OPCODE_CALL = 0x85
export const OPCODE_EXIT = 0x95
export const OPCODE_JUMP = 0x05
export const OPCODE_BIG_ENDIAN = 0xdc
/** Source field of OPCODE_LOAD_64: the immediate is a map's file descriptor. */
export const PSEUDO_MAP_FD = 1
/** The same, and what is loaded is the address of the map's one value. */
export const PSEUDO_MAP_VALUE = 2
/** Source field of OPCODE_CALL: the immediate is the id of a function of the kernel in its BTF. */
export const PSEUDO_KFUNC_CALL = 2
/** Immediate of an atomic operation: r0 is compared, and becomes what was there (Linux 5.12). */
export const ATOMIC_COMPARE_EXCHANGE = 0xf1

const widths: Record<Width, number> = { u32: 0x00, u16: 0x08, u8: 0x10, u64: 0x18 }
const comparisons: Record<Comparison, number> = {
  '==': 0x10,
  '>': 0x20,
  '>=': 0x30,
  '&': 0x40,
  '!=': 0x50,
  's>': 0x60,
  's>=': 0x70,
  '<': 0xa0,
  '<=': 0xb0,
  's<': 0xc0,
  's<=': 0xd0,
}
const operations = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  mod: 0x90,
  xor: 0xa0,
  mov: 0xb0,
  arsh: 0xc0,
} as const

function number(register: Register): number {
  return Number(register.slice(1))
}

function arithmetic(base: number, operation: number, to: Register, operand: Register | number): Instruction {
  return typeof operand === 'number'
    ? { opcode: base | operation, destination: number(to), source: 0, offset: 0, immediate: operand }
    : {
        opcode: base | operation | SOURCE_REGISTER,
        destination: number(to),
        source: number(operand),
        offset: 0,
        immediate: 0,
      }
}

type Arithmetic = (to: Register, operand: Register | number) => Instruction
const alu64 =
  (operation: number): Arithmetic =>
  (to, operand) =>
    arithmetic(CLASS_ALU64, operation, to, operand)

export const mov = alu64(operations.mov)
export const add = alu64(operations.add)
export const sub = alu64(operations.sub)
export const mul = alu64(operations.mul)
/** Unsigned; a division by zero gives 0. */
export const div = alu64(operations.div)
export const or = alu64(operations.or)
export const and = alu64(operations.and)
export const xor = alu64(operations.xor)
export const lsh = alu64(operations.lsh)
export const rsh = alu64(operations.rsh)
/** 32-bit move: clears the upper half. */
export const mov32: Arithmetic = (to, operand) => arithmetic(CLASS_ALU32, operations.mov, to, operand)

/** Big-endian 16, 32 or 64 bits to or from host order; what is above them is cleared. */
export function bigEndian(register: Register, bits: 16 | 32 | 64): Instruction {
  return { opcode: OPCODE_BIG_ENDIAN, destination: number(register), source: 0, offset: 0, immediate: bits }
}

/** to = *(width *)(from + offset) */
export function load(width: Width, to: Register, from: Register, offset = 0): Instruction {
  return {
    opcode: CLASS_LDX | MODE_MEM | widths[width],
    destination: number(to),
    source: number(from),
    offset,
    immediate: 0,
  }
}

/** *(width *)(base + offset) = value */
export function store(width: Width, base: Register, offset: number, value: Register | number): Instruction {
  return typeof value === 'number'
    ? {
        opcode: CLASS_ST | MODE_MEM | widths[width],
        destination: number(base),
        source: 0,
        offset,
        immediate: value,
      }
    : {
        opcode: CLASS_STX | MODE_MEM | widths[width],
        destination: number(base),
        source: number(value),
        offset,
        immediate: 0,
      }
}

/** *(width *)(base + offset) += value, as one step for all processors. */
export function atomicAdd(
  width: 'u32' | 'u64',
  base: Register,
  offset: number,
  value: Register,
): Instruction {
  return {
    opcode: CLASS_STX | MODE_ATOMIC | widths[width],
    destination: number(base),
    source: number(value),
    offset,
    immediate: operations.add,
  }
}

/**
 * Puts value in the place of 64 bits that are r0, as one step for all processors and with all memory in order; r0 becomes
 * what was there. Linux 5.12.
 */
export function compareExchange(base: Register, offset: number, value: Register): Instruction {
  return { ...atomicAdd('u64', base, offset, value), immediate: ATOMIC_COMPARE_EXCHANGE }
}

export function label(name: string): Label {
  return { label: name }
}

export function jump(target: string): Instruction {
  return { opcode: OPCODE_JUMP, destination: 0, source: 0, offset: 0, immediate: 0, target }
}

/** Jumps when `left comparison right` holds for the whole 64 bits. An immediate is sign-extended. */
export function jumpIf(
  left: Register,
  comparison: Comparison,
  right: Register | number,
  target: string,
): Instruction {
  const base = arithmetic(CLASS_JMP, comparisons[comparison], left, right)
  return { ...base, target }
}

/** Calls a helper of the kernel by number (helper.ts): r0 = helper(r1 … r5). */
export function call(helper: number): Instruction {
  return { opcode: OPCODE_CALL, destination: 0, source: 0, offset: 0, immediate: helper }
}

/** Calls a function of the kernel that is open to programs (a kfunc), by its id in BTF. */
export function callKernel(btfId: number): Instruction {
  return { ...call(btfId), source: PSEUDO_KFUNC_CALL }
}

export function exit(): Instruction {
  return { opcode: OPCODE_EXIT, destination: 0, source: 0, offset: 0, immediate: 0 }
}

/** to = the map with this file descriptor. Two instructions. */
export function loadMap(to: Register, mapFd: number): Instruction[] {
  return loadWide(to, PSEUDO_MAP_FD, mapFd, 0)
}

/** to = the address of the one value of an array of one: found without a call. Two instructions. */
export function loadMapValue(to: Register, mapFd: number): Instruction[] {
  return loadWide(to, PSEUDO_MAP_VALUE, mapFd, 0)
}

/** to = a 64-bit number. Two instructions. */
export function load64(to: Register, value: bigint): Instruction[] {
  return loadWide(to, 0, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)))
}

function loadWide(to: Register, source: number, low: number, high: number): Instruction[] {
  return [
    { opcode: OPCODE_LOAD_64, destination: number(to), source, offset: 0, immediate: low },
    { opcode: 0, destination: 0, source: 0, offset: 0, immediate: high },
  ]
}

/** The same code with names of its own for its labels, to stand in a program that has labels of these names. */
export function scoped(scope: string, code: Program): (Instruction | Label)[] {
  return code.map(item => {
    if ('label' in item) return label(`${scope}.${item.label}`)
    return item.target === undefined ? item : { ...item, target: `${scope}.${item.target}` }
  })
}

/** Instructions with every jump's offset filled in. Throws RangeError on a label that is missing, double or too far. */
export function resolve(program: Program): Instruction[] {
  const labels = new Map<string, number>()
  const instructions: Instruction[] = []
  for (const item of program) {
    if ('label' in item) {
      if (labels.has(item.label)) throw new RangeError(`label ${item.label} stands twice`)
      labels.set(item.label, instructions.length)
    } else instructions.push(item)
  }
  if (instructions.length > MAX_INSTRUCTIONS) throw new RangeError(`${instructions.length} instructions`)
  return instructions.map((instruction, at) => {
    if (instruction.target === undefined) return instruction
    const to = labels.get(instruction.target)
    if (to === undefined) throw new RangeError(`no label ${instruction.target}`)
    // Counted from the instruction behind the jump.
    const offset = to - at - 1
    if (offset > 0x7fff || offset < -0x8000) throw new RangeError(`label ${instruction.target} is too far`)
    const { opcode, destination, source, immediate } = instruction
    return { opcode, destination, source, offset, immediate }
  })
}

/** The bytes that bpf(2) takes. */
export function assemble(program: Program): Uint8Array {
  const instructions = resolve(program)
  const bytes = new Uint8Array(instructions.length * INSTRUCTION_SIZE)
  const view = new DataView(bytes.buffer)
  instructions.forEach(({ opcode, destination, source, offset, immediate }, i) => {
    const at = i * INSTRUCTION_SIZE
    if (offset !== (offset << 16) >> 16) throw new RangeError(`offset ${offset} in instruction ${i}`)
    if (immediate !== (immediate | 0) && immediate !== immediate >>> 0)
      throw new RangeError(`immediate ${immediate} in instruction ${i}`)
    view.setUint8(at, opcode)
    view.setUint8(at + 1, destination | (source << 4))
    view.setInt16(at + 2, offset, true)
    view.setInt32(at + 4, immediate, true)
  })
  return bytes
}
