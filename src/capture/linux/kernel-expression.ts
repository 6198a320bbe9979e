// A pcap-filter(7) EXPRESSION as part of the program that runs in the kernel. One socket sees interfaces with and without
// link header, so it is compiled for both, and the kernel's program chooses by the hardware type.

import { NetoprocError } from '../../record/error.ts'
import { MAX_INSTRUCTIONS, type BpfProgram } from '../filter/classic-bpf.ts'
import { DLT_EN10MB, DLT_RAW, compileForLinkType, readsVlanTags } from '../filter/expression-filter.ts'

/** Takes no packet: an expression without meaning on interfaces that have no Ethernet header ("ether host …"). */
const none: BpfProgram = [{ code: 0x06, jt: 0, jf: 0, k: 0 }]

/** A jump takes up to three instructions in a long program, and what is kept of each packet needs some hundreds. */
const MOST_INSTRUCTIONS = MAX_INSTRUCTIONS / 4

/**
 * Undefined when the kernel cannot decide: the expression looks at VLAN tags, which Linux keeps beside the packet and not
 * in it, or it is too long. The frames must then be filtered here, with their tags put back.
 * @throws NetoprocError usage: a wrong expression, or no libpcap
 */
export function compileKernelExpression(
  expression: string,
): { ethernet: BpfProgram; ip: BpfProgram } | undefined {
  const ethernet = compileForLinkType(expression, DLT_EN10MB)
  if (readsVlanTags(ethernet)) return undefined
  let ip = none
  try {
    ip = compileForLinkType(expression, DLT_RAW)
  } catch (error) {
    if (!(error instanceof NetoprocError)) throw error
  }
  return ethernet.length + ip.length > MOST_INSTRUCTIONS ? undefined : { ethernet, ip }
}
