// The system's libpcap, for one thing: it compiles pcap-filter(7) expressions to classic BPF. pcap_open_dead(3PCAP),
// pcap_compile(3PCAP); no packet is captured with it. Loaded when the first expression comes.
//
//   struct bpf_program  0 u32 length  8 pointer to instructions      (LP64: Linux and macOS)
//   struct bpf_insn     0 u16 code  2 u8 jt  3 u8 jf  4 u32 k        8 bytes each

import koffi from 'koffi'

/** Names by which dlopen finds it: Fedora, Arch, Alpine; Debian, Ubuntu; macOS. */
const libraryNames = ['libpcap.so.1', 'libpcap.so.0.8', '/usr/lib/libpcap.dylib']

const PCAP_NETMASK_UNKNOWN = 0xffffffff
const PROGRAM_SIZE = 16
const INSTRUCTION_SIZE = 8
/** A pcap handle is made for a snapshot length; the most that libpcap itself uses. */
const SNAPLEN = 262144

export interface CompiledInstruction {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

/** `missing`: there is no libpcap here; else the expression is wrong and the message is libpcap's. */
export class LibpcapError extends Error {
  override readonly name = 'LibpcapError'
  readonly missing: boolean

  constructor(message: string, missing: boolean) {
    super(message)
    this.missing = missing
  }
}

type Pointer = unknown

interface Libpcap {
  readonly openDead: (linkType: number, snaplen: number) => Pointer
  readonly compile: (
    pcap: Pointer,
    program: Uint8Array,
    expression: string,
    optimize: number,
    netmask: number,
  ) => number
  readonly freeCode: (program: Uint8Array) => void
  readonly errorText: (pcap: Pointer) => string
  readonly close: (pcap: Pointer) => void
}

let loaded: Libpcap | undefined

function libpcap(): Libpcap {
  if (loaded !== undefined) return loaded
  for (const name of libraryNames) {
    let library
    try {
      library = koffi.load(name)
    } catch (error) {
      if (/Too many open files/.test((error as Error).message)) throw error
      continue // not by this name
    }
    loaded = {
      openDead: library.func('void *pcap_open_dead(int linktype, int snaplen)'),
      compile: library.func(
        'int pcap_compile(void *pcap, _Inout_ uint8_t *program, const char *expression, int optimize, uint32_t netmask)',
      ),
      freeCode: library.func('void pcap_freecode(_Inout_ uint8_t *program)'),
      errorText: library.func('const char *pcap_geterr(void *pcap)'),
      close: library.func('void pcap_close(void *pcap)'),
    }
    return loaded
  }
  throw new LibpcapError(
    'an EXPRESSION needs libpcap, which is not installed: package libpcap0.8 (Debian, Ubuntu) or libpcap (Fedora, Arch, Alpine)',
    true,
  )
}

/**
 * @param linkType DLT_ number that the frames have
 * @returns the program; it returns SNAPLEN for packets that match and 0 for others
 * @throws LibpcapError
 */
export function compileExpression(expression: string, linkType: number): CompiledInstruction[] {
  if (expression.includes('\0')) throw new LibpcapError('a NUL in the expression', false)
  const { openDead, compile, freeCode, errorText, close } = libpcap()
  const pcap = openDead(linkType, SNAPLEN)
  if (pcap === null) throw new LibpcapError('pcap_open_dead: out of memory', false)
  try {
    const program = new Uint8Array(PROGRAM_SIZE)
    if (compile(pcap, program, expression, 1, PCAP_NETMASK_UNKNOWN) !== 0) {
      throw new LibpcapError(errorText(pcap), false)
    }
    try {
      const view = new DataView(program.buffer)
      const length = view.getUint32(0, true)
      // A copy: the memory is libpcap's.
      const code = new DataView(koffi.view(view.getBigUint64(8, true), length * INSTRUCTION_SIZE).slice(0))
      return Array.from({ length }, (_, i) => ({
        code: code.getUint16(i * INSTRUCTION_SIZE, true),
        jt: code.getUint8(i * INSTRUCTION_SIZE + 2),
        jf: code.getUint8(i * INSTRUCTION_SIZE + 3),
        k: code.getUint32(i * INSTRUCTION_SIZE + 4, true),
      }))
    } finally {
      freeCode(program)
    }
  } finally {
    close(pcap)
  }
}
