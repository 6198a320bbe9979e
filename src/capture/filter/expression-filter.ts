// A pcap-filter(7) EXPRESSION, compiled by the system's libpcap for each link type as it comes, and run over frames here:
// for capture files, and for live frames where the kernel cannot decide (VLAN tags, long expressions).

import { LibpcapError, compileExpression } from '../../native/libpcap.ts'
import { NetoprocError } from '../../record/error.ts'
import { printable } from '../../record/printable.ts'
import { FRAME_IN, FRAME_OUT, type Frame } from '../port.ts'
import {
  BPF_ABS,
  BPF_JEQ,
  BPF_JMP,
  BPF_LD,
  BpfInterpreter,
  MAX_INSTRUCTIONS,
  SKF_AD_OFF,
  SKF_AD_PKTTYPE,
  type AncillaryLoad,
  type BpfProgram,
} from './classic-bpf.ts'

export const DLT_EN10MB = 1
/** IP without link header; 12 in libpcap's DLT_ numbers on Linux and macOS, 101 in files (LINKTYPE_RAW). */
export const DLT_RAW = 12

const PACKET_HOST = 0
const PACKET_OUTGOING = 4
/** Type fields of VLAN tags: IEEE 802.1Q, 802.1ad, and the older 0x9100 that libpcap knows as well. */
const tagTypes = [0x8100, 0x88a8, 0x9100]

/** libpcap takes seconds for twice as many, gigabytes and then all of the stack for what is much longer. */
const MOST_CHARACTERS = 4096
/** Of a wrong one, in the line that says so. */
const MOST_SHOWN = 200

/**
 * The program of an expression for one link type.
 * @throws NetoprocError usage, with libpcap's words: a wrong expression, or no libpcap on this system
 */
export function compileForLinkType(expression: string, linkType: number): BpfProgram {
  const wrong = (reason: string, cause?: unknown) =>
    new NetoprocError('usage', `EXPRESSION "${printable(expression, MOST_SHOWN)}": ${reason}`, { cause })
  if (expression.length > MOST_CHARACTERS)
    throw wrong(`${expression.length} characters, at most ${MOST_CHARACTERS} are taken`)
  try {
    const program = compileExpression(expression, linkType)
    if (program.length <= MAX_INSTRUCTIONS) return program
    throw wrong(`${program.length} instructions, at most ${MAX_INSTRUCTIONS} are taken`)
  } catch (error) {
    if (!(error instanceof LibpcapError)) throw error
    throw error.missing
      ? new NetoprocError('usage', error.message, { cause: error })
      : wrong(error.message, error)
  }
}

/** Whether a program looks at VLAN tags, which Linux takes off a frame before its filter sees it. */
export function readsVlanTags(program: BpfProgram): boolean {
  return program.some(({ code, k }) => code === (BPF_JMP | BPF_JEQ) && tagTypes.includes(k))
}

/** Whether a program asks what only the kernel knows of a packet, the direction aside. */
function readsKernelFields(program: BpfProgram): boolean {
  return program.some(
    ({ code, k }) =>
      (code & ~0x18) === (BPF_LD | BPF_ABS) && k >= SKF_AD_OFF && k !== SKF_AD_OFF + SKF_AD_PKTTYPE,
  )
}

export class ExpressionFilter {
  private readonly expression: string
  private readonly programs = new Map<number, BpfInterpreter | null>()
  private frame: Frame | undefined
  private readonly ancillary: AncillaryLoad = offset => {
    if (offset !== SKF_AD_PKTTYPE) return undefined
    if (this.frame?.direction === FRAME_OUT) return PACKET_OUTGOING
    return this.frame?.direction === FRAME_IN ? PACKET_HOST : undefined
  }

  /**
   * Compiles for Ethernet at once, so that a wrong expression is told before anything is read.
   * @throws NetoprocError usage
   */
  constructor(expression: string) {
    this.expression = expression
    this.programs.set(DLT_EN10MB, this.compile(DLT_EN10MB))
  }

  /** Whether the frame matches. A frame of a link type for which libpcap cannot compile the expression does not. */
  accepts(frame: Frame): boolean {
    let program = this.programs.get(frame.linkType)
    if (program === undefined) {
      program = this.compileOther(frame.linkType)
      this.programs.set(frame.linkType, program)
    }
    if (program === null) return false
    this.frame = frame
    return (
      program.run(frame.bytes, frame.offset, frame.capturedLength, frame.wireLength, this.ancillary) !== 0
    )
  }

  private compile(linkType: number): BpfInterpreter {
    const program = compileForLinkType(this.expression, linkType)
    if (readsKernelFields(program)) {
      throw new NetoprocError(
        'usage',
        `EXPRESSION "${this.expression}": can only be decided in the kernel, on live traffic`,
      )
    }
    return new BpfInterpreter(program)
  }

  private compileOther(linkType: number): BpfInterpreter | null {
    try {
      return this.compile(dltOf(linkType))
    } catch (error) {
      if (error instanceof NetoprocError) return null // "ether host" has no meaning on a tunnel: nothing there matches
      throw error
    }
  }
}

/** LINKTYPE_ numbers of files are DLT_ numbers, but for a few whose DLT_ numbers differ between systems (pcap-linktype(7)). */
function dltOf(linkType: number): number {
  return linkType === 101 ? DLT_RAW : linkType
}
