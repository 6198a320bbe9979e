// A classic BPF program as text, one instruction a line, as `tcpdump -d` writes it: tests and people read it.

import {
  BPF_ABS,
  BPF_ALU,
  BPF_A,
  BPF_B,
  BPF_H,
  BPF_IMM,
  BPF_IND,
  BPF_JMP,
  BPF_LD,
  BPF_LDX,
  BPF_LEN,
  BPF_MEM,
  BPF_RET,
  BPF_ST,
  BPF_STX,
  BPF_TAX,
  BPF_X,
  SKF_AD_OFF,
  type BpfInstruction,
  type BpfProgram,
} from './classic-bpf.ts'

const aluNames = ['add', 'sub', 'mul', 'div', 'or', 'and', 'lsh', 'rsh', 'neg', 'mod', 'xor']
const jumpNames = ['ja', 'jeq', 'jgt', 'jge', 'jset']

/** Names of the kernel's own fields (linux/filter.h), by SKF_AD_ number; tcpdump writes them as large numbers. */
const ancillaryNames: ReadonlyMap<number, string> = new Map([
  [0, 'protocol'],
  [4, 'pkttype'],
  [8, 'ifindex'],
  [28, 'hatype'],
  [44, 'vlan_tag'],
  [48, 'vlan_present'],
])

export function formatProgram(program: BpfProgram): string {
  return program.map((instruction, pc) => formatInstruction(instruction, pc)).join('\n')
}

function formatInstruction({ code, jt, jf, k }: BpfInstruction, pc: number): string {
  const start = `(${String(pc).padStart(3, '0')}) `
  const line = (name: string, operand: string) =>
    start + (operand === '' ? name : name.padEnd(8) + ' ' + operand)
  const hex = `#0x${k.toString(16)}`
  switch (code & 7) {
    case BPF_LD:
    case BPF_LDX: {
      const size = code & 0x18
      const name = (code & 7) === BPF_LD ? 'ld' : 'ldx'
      const sized = name + (size === BPF_H ? 'h' : size === BPF_B ? 'b' : '')
      switch (code & 0xe0) {
        case BPF_IMM:
          return line(name, hex)
        case BPF_LEN:
          return line(name, '#pktlen')
        case BPF_MEM:
          return line(name, `M[${k}]`)
        case BPF_ABS:
          return line(sized, k >= SKF_AD_OFF ? (ancillaryNames.get(k - SKF_AD_OFF) ?? `[${k}]`) : `[${k}]`)
        case BPF_IND:
          return line(sized, `[x + ${k}]`)
        default:
          return line(sized, `4*([${k}]&0xf)`)
      }
    }
    case BPF_ST:
      return line('st', `M[${k}]`)
    case BPF_STX:
      return line('stx', `M[${k}]`)
    case BPF_ALU: {
      const name = aluNames[code >> 4] ?? '?'
      if (name === 'neg') return line(name, '')
      // tcpdump: shifts and sums in decimal, bit operations in hexadecimal.
      return line(name, (code & BPF_X) !== 0 ? 'x' : ['or', 'and', 'xor'].includes(name) ? hex : `#${k}`)
    }
    case BPF_JMP: {
      const name = jumpNames[code >> 4] ?? '?'
      if (name === 'ja') return line(name, String(pc + 1 + k))
      const operand = (code & BPF_X) !== 0 ? 'x' : hex
      return `${line(name, operand).padEnd(31)} jt ${pc + 1 + jt}\tjf ${pc + 1 + jf}`
    }
    case BPF_RET:
      return (code & 0x18) === BPF_A ? line('ret', '') : line('ret', `#${k}`)
    default:
      return line((code & 0xf8) === BPF_TAX ? 'tax' : 'txa', '')
  }
}
