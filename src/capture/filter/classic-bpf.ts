// Classic BPF programs: the instructions, the kernel's checks, and an interpreter that filters frames of capture files and
// runs every program of ours in tests. Sources: linux/bpf_common.h, linux/filter.h, bpf_check_classic() in
// net/core/filter.c, and McCanne & Jacobson, "The BSD Packet Filter" (1993).
//
// One accumulator A, one index register X, sixteen words of memory; all words are unsigned 32 bit, loads are big-endian,
// a load outside the captured bytes ends the program with 0 (not taken).

export interface BpfInstruction {
  readonly code: number
  /** Instructions to skip when a conditional jump's test holds, and when it does not. */
  readonly jt: number
  readonly jf: number
  /** Unsigned 32 bit. */
  readonly k: number
}

export type BpfProgram = readonly BpfInstruction[]

// Class, size, mode, operation and source: the parts that a code is the sum of.
export const BPF_LD = 0x00
export const BPF_LDX = 0x01
export const BPF_ST = 0x02
export const BPF_STX = 0x03
export const BPF_ALU = 0x04
export const BPF_JMP = 0x05
export const BPF_RET = 0x06
export const BPF_MISC = 0x07
export const BPF_W = 0x00
export const BPF_H = 0x08
export const BPF_B = 0x10
export const BPF_IMM = 0x00
export const BPF_ABS = 0x20
export const BPF_IND = 0x40
export const BPF_MEM = 0x60
export const BPF_LEN = 0x80
export const BPF_MSH = 0xa0
export const BPF_ADD = 0x00
export const BPF_SUB = 0x10
export const BPF_MUL = 0x20
export const BPF_DIV = 0x30
export const BPF_OR = 0x40
export const BPF_AND = 0x50
export const BPF_LSH = 0x60
export const BPF_RSH = 0x70
export const BPF_NEG = 0x80
export const BPF_MOD = 0x90
export const BPF_XOR = 0xa0
export const BPF_JA = 0x00
export const BPF_JEQ = 0x10
export const BPF_JGT = 0x20
export const BPF_JGE = 0x30
export const BPF_JSET = 0x40
export const BPF_K = 0x00
export const BPF_X = 0x08
export const BPF_A = 0x10
export const BPF_TAX = 0x00
export const BPF_TXA = 0x80

/** Linux: a load at or above this reads what the kernel knows of the packet beside its bytes. SKF_AD_OFF, -0x1000. */
export const SKF_AD_OFF = 0xfffff000
export const SKF_AD_PROTOCOL = 0
export const SKF_AD_PKTTYPE = 4
export const SKF_AD_IFINDEX = 8
export const SKF_AD_HATYPE = 28

/** Most instructions that a program may have: BPF_MAXINSNS of Linux (BSD: 512). */
export const MAX_INSTRUCTIONS = 4096

const MEMORY_WORDS = 16

const validCodes = new Set<number>([
  BPF_LD | BPF_IMM,
  BPF_LD | BPF_MEM,
  BPF_LD | BPF_LEN,
  ...[BPF_W, BPF_H, BPF_B].flatMap(size => [BPF_LD | size | BPF_ABS, BPF_LD | size | BPF_IND]),
  BPF_LDX | BPF_IMM,
  BPF_LDX | BPF_MEM,
  BPF_LDX | BPF_LEN,
  BPF_LDX | BPF_B | BPF_MSH,
  BPF_ST,
  BPF_STX,
  ...[BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR].flatMap(op => [
    BPF_ALU | op | BPF_K,
    BPF_ALU | op | BPF_X,
  ]),
  BPF_ALU | BPF_NEG,
  BPF_JMP | BPF_JA,
  ...[BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET].flatMap(op => [BPF_JMP | op | BPF_K, BPF_JMP | op | BPF_X]),
  BPF_RET | BPF_K,
  BPF_RET | BPF_A,
  BPF_MISC | BPF_TAX,
  BPF_MISC | BPF_TXA,
])

/** Why the kernel would refuse the program, or undefined when it would not. Jumps only go forward, so it always ends. */
export function invalidReason(program: BpfProgram): string | undefined {
  if (program.length === 0 || program.length > MAX_INSTRUCTIONS) return `${program.length} instructions`
  for (const [pc, { code, jt, jf, k }] of program.entries()) {
    if (!validCodes.has(code)) return `(${pc}) unknown code 0x${code.toString(16)}`
    const left = program.length - pc - 1
    if (code === (BPF_JMP | BPF_JA)) {
      if (k >= left) return `(${pc}) jump out of the program`
    } else if ((code & 7) === BPF_JMP && (jt >= left || jf >= left)) return `(${pc}) jump out of the program`
    if (code === (BPF_ALU | BPF_DIV) || code === (BPF_ALU | BPF_MOD)) {
      if (k === 0) return `(${pc}) division by zero`
    } else if ((code === (BPF_ALU | BPF_LSH) || code === (BPF_ALU | BPF_RSH)) && k >= 32) {
      return `(${pc}) shift by ${k}`
    }
    if (usesMemory(code) && k >= MEMORY_WORDS) return `(${pc}) no memory word ${k}`
  }
  if (((program.at(-1) as BpfInstruction).code & 7) !== BPF_RET) return 'the last instruction is no return'
  return undefined
}

function usesMemory(code: number): boolean {
  return code === BPF_ST || code === BPF_STX || code === (BPF_LD | BPF_MEM) || code === (BPF_LDX | BPF_MEM)
}

/** What the kernel knows of a packet beside its bytes, by SKF_AD_ number. Undefined ends the program with 0. */
export type AncillaryLoad = (offset: number) => number | undefined

const noAncillary: AncillaryLoad = () => undefined

/** A program that is ready to run. */
export class BpfInterpreter {
  private readonly program: BpfProgram
  private readonly memory = new Uint32Array(MEMORY_WORDS)

  /** @throws RangeError for a program that the kernel would refuse */
  constructor(program: BpfProgram) {
    const reason = invalidReason(program)
    if (reason !== undefined) throw new RangeError(`BPF program: ${reason}`)
    this.program = program
  }

  /**
   * Runs the program over bytes [offset, offset + capturedLength).
   * @param wireLength what `len` loads: bytes of the frame on the wire
   * @returns how many bytes of the frame to keep; 0: none, the frame is not taken
   */
  run(
    bytes: Uint8Array,
    offset: number,
    capturedLength: number,
    wireLength: number,
    ancillary: AncillaryLoad = noAncillary,
  ): number {
    const { program, memory } = this
    let a = 0
    let x = 0
    memory.fill(0)
    for (let pc = 0; ; pc++) {
      const { code, jt, jf, k } = program[pc] as BpfInstruction
      switch (code & 7) {
        case BPF_LD: {
          const mode = code & 0xe0
          if (mode === BPF_IMM) a = k
          else if (mode === BPF_LEN) a = wireLength
          else if (mode === BPF_MEM) a = memory[k] as number
          else if (mode === BPF_ABS && k >= SKF_AD_OFF) {
            const known = ancillary(k - SKF_AD_OFF)
            if (known === undefined) return 0
            a = known >>> 0
          } else {
            const at = mode === BPF_IND ? k + x : k
            const size = code & 0x18
            const length = size === BPF_W ? 4 : size === BPF_H ? 2 : 1
            if (at + length > capturedLength) return 0
            a = loadBigEndian(bytes, offset + at, length)
          }
          break
        }
        case BPF_LDX: {
          const mode = code & 0xe0
          if (mode === BPF_IMM) x = k
          else if (mode === BPF_LEN) x = wireLength
          else if (mode === BPF_MEM) x = memory[k] as number
          else {
            // MSH: four times the low half of a byte, the length of an IPv4 header.
            if (k >= capturedLength) return 0
            x = ((bytes[offset + k] as number) & 0xf) << 2
          }
          break
        }
        case BPF_ST:
          memory[k] = a
          break
        case BPF_STX:
          memory[k] = x
          break
        case BPF_ALU: {
          const operand = (code & BPF_X) === 0 ? k : x
          const operation = code & 0xf0
          if (operand === 0 && (operation === BPF_DIV || operation === BPF_MOD)) return 0
          a = arithmetic(operation, a, operand)
          break
        }
        case BPF_JMP: {
          const operand = (code & BPF_X) === 0 ? k : x
          const operation = code & 0xf0
          if (operation === BPF_JA) pc += k
          else if (operation === BPF_JEQ) pc += a === operand ? jt : jf
          else if (operation === BPF_JGT) pc += a > operand ? jt : jf
          else if (operation === BPF_JGE) pc += a >= operand ? jt : jf
          else pc += (a & operand) !== 0 ? jt : jf
          break
        }
        case BPF_RET:
          return (code & 0x18) === BPF_A ? a : k
        default:
          if ((code & 0xf8) === BPF_TAX) x = a
          else a = x
      }
    }
  }
}

function loadBigEndian(bytes: Uint8Array, at: number, length: number): number {
  const first = bytes[at] as number
  if (length === 1) return first
  const half = (first << 8) | (bytes[at + 1] as number)
  if (length === 2) return half
  return ((half << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
}

function arithmetic(operation: number, a: number, b: number): number {
  switch (operation) {
    case BPF_ADD:
      return (a + b) >>> 0
    case BPF_SUB:
      return (a - b) >>> 0
    case BPF_MUL:
      return Math.imul(a, b) >>> 0
    case BPF_DIV:
      return Math.floor(a / b)
    case BPF_MOD:
      return a % b
    case BPF_OR:
      return (a | b) >>> 0
    case BPF_AND:
      return (a & b) >>> 0
    case BPF_XOR:
      return (a ^ b) >>> 0
    case BPF_LSH:
      return (a << b) >>> 0
    case BPF_RSH:
      return a >>> b
    default:
      return -a >>> 0 // BPF_NEG
  }
}
