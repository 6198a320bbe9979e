// The program that runs in the kernel on a BSD bpf(4) device, where every packet has one link type: which packets are handed
// over, and how much of each. Loads are guarded by lengths, as in snap-filter.ts.

import { BpfAssembler, NEXT } from './bpf-assembler.ts'
import type { BpfProgram } from './classic-bpf.ts'
import { DLT_EN10MB, DLT_RAW } from './expression-filter.ts'
import { WHOLE_PACKET, findBehindEthernet, keepHeaders, type SnapLengths } from './snap-filter.ts'

/** BSD loopback encapsulation: an address family of 32 bits, in host byte order (little-endian on every Mac). */
export const DLT_NULL = 0
const NULL_HEADER = 4
/** Of macOS: bsd/sys/socket.h. */
const AF_INET = 2
const AF_INET6 = 30

/** Where a pktap header says which link type follows, and how long it is itself: a byte of each is enough. */
export interface PktapLayout {
  readonly size: number
  readonly lengthOffset: number
  readonly linkTypeOffset: number
}

/** @param expression what the user wants to see, compiled for this link type */
export function compileLinkFilter(
  options: SnapLengths,
  linkType: number,
  expression?: BpfProgram,
): BpfProgram {
  const a = new BpfAssembler()
  if (expression !== undefined) a.include(expression, 'wanted')
  a.label('wanted')
  const isKnown = [DLT_EN10MB, DLT_NULL, DLT_RAW].includes(linkType)
  const names = isKnown ? options : { ...options, dns: false, serverNames: false, dnsOnly: false }
  keepHeaders(a, names, {
    front: 0,
    findNetwork: a => {
      if (linkType === DLT_EN10MB) findBehindEthernet(a, 0)
      else if (linkType === DLT_NULL) findBehindFamily(a, 0)
      else findVersion(a, 0)
    },
    ifOutgoing,
  })
  return a.assemble()
}

/** For packets behind a pktap header. */
export function compilePktapFilter(
  options: SnapLengths,
  { size, lengthOffset, linkTypeOffset }: PktapLayout,
): BpfProgram {
  const a = new BpfAssembler()
  // Of another version of the header: the reader will see.
  a.loadByte(lengthOffset).ifEqual(size, NEXT, 'foreign')
  keepHeaders(a, options, {
    front: size,
    findNetwork: a => {
      a.loadByte(linkTypeOffset)
        .ifEqual(DLT_EN10MB, 'ethernet')
        .ifEqual(DLT_NULL, 'family')
        .ifEqual(DLT_RAW, 'version', 'headers')
      a.label('family')
      findBehindFamily(a, size)
      a.label('version')
      findVersion(a, size)
      a.label('ethernet')
      findBehindEthernet(a, size)
    },
    ifOutgoing,
  })
  a.label('foreign').keep(WHOLE_PACKET)
  return a.assemble()
}

/** The filter of bpf(4) is not told which way a packet goes: more of the answers is kept than needed. */
function ifOutgoing(a: BpfAssembler, label: 'whole'): void {
  a.jump(label)
}

function findBehindFamily(a: BpfAssembler, front: number): void {
  a.loadX(front + NULL_HEADER)
    .loadByte(front)
    .ifEqual(AF_INET, 'ipv4')
    .ifEqual(AF_INET6, 'ipv6')
    .jump('headers')
}

function findVersion(a: BpfAssembler, front: number): void {
  a.loadX(front).loadByte(front).and(0xf0).ifEqual(0x40, 'ipv4').ifEqual(0x60, 'ipv6').jump('headers')
}
