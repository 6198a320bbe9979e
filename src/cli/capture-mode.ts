// The ways to count, and which of them this system has. Apart from what opens them, as it is needed before all of that is
// loaded.

import { platform } from 'node:os'
import { NetoprocError } from '../record/error.ts'

/** Of --capture-mode. */
export const captureModes = ['auto', 'ebpf', 'afpacket', 'ntstat', 'pktap', 'bpf'] as const

export type CaptureMode = (typeof captureModes)[number]

const modesHere: Partial<Record<NodeJS.Platform, readonly CaptureMode[]>> = {
  linux: ['auto', 'ebpf', 'afpacket'],
  darwin: ['auto', 'ntstat', 'pktap', 'bpf'],
}

/** @throws NetoprocError usage */
export function refuseModeOfOthers(mode: CaptureMode): void {
  if (modesHere[platform()]?.includes(mode) !== false) return
  throw new NetoprocError('usage', `--capture-mode ${mode} is not available on ${platform()}`)
}
