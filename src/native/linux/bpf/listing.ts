// A program as text, in the words of `bpftool prog dump xlated` (kernel/bpf/disasm.c): one line an instruction, for reading
// what was assembled next to what the kernel says it has loaded.

import {
  ATOMIC_COMPARE_EXCHANGE,
  type Instruction,
  OPCODE_BIG_ENDIAN,
  OPCODE_CALL,
  OPCODE_EXIT,
  OPCODE_JUMP,
  OPCODE_LOAD_64,
  PSEUDO_KFUNC_CALL,
  PSEUDO_MAP_FD,
  PSEUDO_MAP_VALUE,
  type Program,
  resolve,
} from './instruction.ts'
import { helper } from './helper.ts'

const sizes = ['u32', 'u16', 'u8', 'u64'] as const
const operators: Readonly<Record<number, string>> = {
  0x00: '+=',
  0x10: '-=',
  0x20: '*=',
  0x30: '/=',
  0x40: '|=',
  0x50: '&=',
  0x60: '<<=',
  0x70: '>>=',
  0x90: '%=',
  0xa0: '^=',
  0xb0: '=',
  0xc0: 's>>=',
}
const comparisons: Readonly<Record<number, string>> = {
  0x10: '==',
  0x20: '>',
  0x30: '>=',
  0x40: '&',
  0x50: '!=',
  0x60: 's>',
  0x70: 's>=',
  0xa0: '<',
  0xb0: '<=',
  0xc0: 's<',
  0xd0: 's<=',
}
const helperNames = new Map(Object.entries(helper).map(([name, number]) => [number as number, name]))

/** One line for each instruction; the second half of a 64-bit load has none, but is counted. */
export function listing(program: Program): string[] {
  const lines: string[] = []
  const instructions = resolve(program)
  for (let i = 0; i < instructions.length; i++) {
    const instruction = instructions[i] as Instruction
    const isWide = instruction.opcode === OPCODE_LOAD_64
    const text = isWide ? wide(instruction, instructions[i + 1] as Instruction) : describe(instruction)
    const opcode = instruction.opcode.toString(16).padStart(2, '0')
    lines.push(`${String(i).padStart(4)}: (${opcode}) ${text}`)
    if (isWide) i++
  }
  return lines
}

function wide({ destination, source, immediate }: Instruction, second: Instruction): string {
  if (source === PSEUDO_MAP_FD) return `r${destination} = map[fd:${immediate}]`
  if (source === PSEUDO_MAP_VALUE) return `r${destination} = map[fd:${immediate}][0]+${second.immediate}`
  const value = (BigInt(second.immediate >>> 0) << 32n) | BigInt(immediate >>> 0)
  return `r${destination} = 0x${value.toString(16)}`
}

function describe({ opcode, destination, source, offset, immediate }: Instruction): string {
  if (opcode === OPCODE_EXIT) return 'exit'
  if (opcode === OPCODE_CALL && source === PSEUDO_KFUNC_CALL) return `call kernel-function#${immediate}`
  if (opcode === OPCODE_CALL) return `call bpf_${helperNames.get(immediate) ?? 'unknown'}#${immediate}`
  if (opcode === OPCODE_JUMP) return `goto pc${signed(offset)}`
  if (opcode === OPCODE_BIG_ENDIAN) return `r${destination} = be${immediate} r${destination}`
  const size = sizes[(opcode & 0x18) >> 3]
  const operation = opcode & 0xf0
  switch (opcode & 0x07) {
    case 0x01:
      return `r${destination} = *(${size} *)(r${source} ${signed(offset)})`
    case 0x02:
      return `*(${size} *)(r${destination} ${signed(offset)}) = ${immediate}`
    case 0x03:
      if (immediate === ATOMIC_COMPARE_EXCHANGE)
        return `r0 = atomic64_cmpxchg((${size} *)(r${destination} ${signed(offset)}), r0, r${source})`
      return (opcode & 0xe0) === 0xc0
        ? `lock *(${size} *)(r${destination} ${signed(offset)}) += r${source}`
        : `*(${size} *)(r${destination} ${signed(offset)}) = r${source}`
    case 0x05: {
      const right = (opcode & 0x08) === 0 ? `0x${(immediate >>> 0).toString(16)}` : `r${source}`
      return `if r${destination} ${comparisons[operation]} ${right} goto pc${signed(offset)}`
    }
    default: {
      // 64-bit operations are on r, 32-bit ones on w.
      const register = (opcode & 0x07) === 0x04 ? 'w' : 'r'
      const right = (opcode & 0x08) === 0 ? String(immediate) : `${register}${source}`
      return `${register}${destination} ${operators[operation]} ${right}`
    }
  }
}

function signed(offset: number): string {
  return offset < 0 ? String(offset) : `+${offset}`
}
