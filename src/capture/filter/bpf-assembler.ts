// Writes classic BPF with named instructions and labels. Jumps go forward, to labels; a conditional jump reaches 255
// instructions, and one that has further to go is written as a short jump over unconditional ones (32 bit).

import {
  BPF_ABS,
  BPF_ADD,
  BPF_ALU,
  BPF_AND,
  BPF_B,
  BPF_H,
  BPF_IMM,
  BPF_IND,
  BPF_JA,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JMP,
  BPF_JSET,
  BPF_LD,
  BPF_LDX,
  BPF_LEN,
  BPF_LSH,
  BPF_MEM,
  BPF_MISC,
  BPF_RET,
  BPF_RSH,
  BPF_ST,
  BPF_SUB,
  BPF_TAX,
  BPF_TXA,
  BPF_W,
  BPF_X,
  SKF_AD_OFF,
  invalidReason,
  type BpfInstruction,
  type BpfProgram,
} from './classic-bpf.ts'

/** NEXT: the instruction that follows. */
export const NEXT = ''

interface Item {
  readonly code: number
  readonly k: number
  readonly yes?: string
  readonly no?: string
  /** Conditional jump written as three instructions. */
  far: boolean
  /** Of a program that was taken in whole: these jumps are right as they are. */
  readonly inner?: BpfInstruction
}

export class BpfAssembler {
  private readonly items: Item[] = []
  /** Label to the index of the item that it stands before. */
  private readonly labels = new Map<string, number>()

  label(name: string): this {
    if (this.labels.has(name)) throw new Error(`label ${name} is there twice`)
    this.labels.set(name, this.items.length)
    return this
  }

  private emit(code: number, k = 0, yes?: string, no?: string): this {
    this.items.push({
      code,
      k: k >>> 0,
      far: false,
      ...(yes === undefined ? {} : { yes }),
      ...(no === undefined ? {} : { no }),
    })
    return this
  }

  // A = a field of the packet (8, 16 or 32 bits), of the packet behind X, what the kernel knows (SKF_AD_…), its length.
  loadByte = (offset: number): this => this.emit(BPF_LD | BPF_B | BPF_ABS, offset)
  loadHalf = (offset: number): this => this.emit(BPF_LD | BPF_H | BPF_ABS, offset)
  loadByteAtX = (offset: number): this => this.emit(BPF_LD | BPF_B | BPF_IND, offset)
  loadHalfAtX = (offset: number): this => this.emit(BPF_LD | BPF_H | BPF_IND, offset)
  loadWordAtX = (offset: number): this => this.emit(BPF_LD | BPF_W | BPF_IND, offset)
  loadAncillary = (field: number): this => this.emit(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + field)
  loadLength = (): this => this.emit(BPF_LD | BPF_W | BPF_LEN)
  loadX = (value: number): this => this.emit(BPF_LDX | BPF_W | BPF_IMM, value)
  /** A = memory[word], and back. */
  load = (word: number): this => this.emit(BPF_LD | BPF_W | BPF_MEM, word)
  store = (word: number): this => this.emit(BPF_ST, word)
  add = (value: number): this => this.emit(BPF_ALU | BPF_ADD, value)
  subtract = (value: number): this => this.emit(BPF_ALU | BPF_SUB, value)
  and = (mask: number): this => this.emit(BPF_ALU | BPF_AND, mask)
  addX = (): this => this.emit(BPF_ALU | BPF_ADD | BPF_X)
  shiftLeft = (bits: number): this => this.emit(BPF_ALU | BPF_LSH, bits)
  shiftRight = (bits: number): this => this.emit(BPF_ALU | BPF_RSH, bits)
  /** X = A, and back. */
  setX = (): this => this.emit(BPF_MISC | BPF_TAX)
  getX = (): this => this.emit(BPF_MISC | BPF_TXA)
  jump = (label: string): this => this.emit(BPF_JMP | BPF_JA, 0, label)
  ifEqual = (value: number, yes: string, no = NEXT): this => this.emit(BPF_JMP | BPF_JEQ, value, yes, no)
  ifAtLeast = (value: number, yes: string, no = NEXT): this => this.emit(BPF_JMP | BPF_JGE, value, yes, no)
  ifAtLeastX = (yes: string, no = NEXT): this => this.emit(BPF_JMP | BPF_JGE | BPF_X, 0, yes, no)
  ifAnyBit = (mask: number, yes: string, no = NEXT): this => this.emit(BPF_JMP | BPF_JSET, mask, yes, no)
  ifGreaterThanX = (yes: string, no = NEXT): this => this.emit(BPF_JMP | BPF_JGT | BPF_X, 0, yes, no)
  /** Ends: keep this many bytes of the packet; 0 refuses it. */
  keep = (bytes: number): this => this.emit(BPF_RET, bytes)

  /** Takes in a whole program; where it would accept a packet, it goes on at `accepted`, else the packet is refused. */
  include(program: BpfProgram, accepted: string): this {
    const reason = invalidReason(program)
    if (reason !== undefined) throw new RangeError(`BPF program: ${reason}`)
    for (const inner of program) {
      if ((inner.code & 7) !== BPF_RET) this.items.push({ code: inner.code, k: inner.k, far: false, inner })
      else if (inner.code !== BPF_RET) throw new RangeError('BPF program: it returns a computed value')
      // Each return stays one instruction, so that jumps inside the program stay right.
      else if (inner.k === 0) this.keep(0)
      else this.jump(accepted)
    }
    return this
  }

  /** @throws Error for a label that is not there or lies behind; RangeError for a program that is too long */
  assemble(): BpfProgram {
    let starts = this.layOut()
    // Writing one jump long moves others' targets away: until nothing changes, at most once for each item.
    for (let changed = true; changed;) {
      changed = false
      for (const [i, item] of this.items.entries()) {
        if (item.far || item.inner !== undefined || item.no === undefined) continue
        const next = (starts[i] as number) + 1
        if (
          this.target(item.yes as string, i, starts) - next > 255 ||
          this.target(item.no, i, starts) - next > 255
        ) {
          item.far = true
          changed = true
        }
      }
      if (changed) starts = this.layOut()
    }
    const program: BpfInstruction[] = []
    for (const [i, item] of this.items.entries()) {
      const next = (starts[i] as number) + 1
      const { code, k } = item
      if (item.inner !== undefined) program.push(item.inner)
      else if (item.yes === undefined) program.push({ code, jt: 0, jf: 0, k })
      else {
        const yes = this.target(item.yes, i, starts)
        const no = item.no === undefined ? 0 : this.target(item.no, i, starts)
        if (item.no === undefined) program.push({ code, jt: 0, jf: 0, k: yes - next })
        else if (!item.far) program.push({ code, jt: yes - next, jf: no - next, k })
        else {
          program.push({ code, jt: 0, jf: 1, k })
          program.push({ code: BPF_JMP | BPF_JA, jt: 0, jf: 0, k: yes - next - 1 })
          program.push({ code: BPF_JMP | BPF_JA, jt: 0, jf: 0, k: no - next - 2 })
        }
      }
    }
    const reason = invalidReason(program)
    if (reason !== undefined) throw new RangeError(`BPF program: ${reason}`)
    return program
  }

  /** The instruction number of each item, and of the end. */
  private layOut(): number[] {
    const starts: number[] = []
    let at = 0
    for (const item of this.items) {
      starts.push(at)
      at += item.far ? 3 : 1
    }
    starts.push(at)
    return starts
  }

  private target(label: string, from: number, starts: readonly number[]): number {
    const item = label === NEXT ? from + 1 : this.labels.get(label)
    if (item === undefined) throw new Error(`no label ${label}`)
    if (item <= from) throw new Error(`label ${label} lies behind`)
    return starts[item] as number
  }
}
