// Who counts for netoproc: the kernel itself, by counters of each socket, where that can be had; packets otherwise. Counters
// cost user space nothing per packet and name owners exactly; a capture beside them reads DNS and handshakes alone.

import { platform } from 'node:os'
import { openSockets } from '../attribute/open.ts'
import type { SocketSource } from '../attribute/port.ts'
import type { LiveOptions, PacketSource } from '../capture/port.ts'
import { NetoprocError } from '../record/error.ts'
import type { Tables } from '../record/record-batch.ts'
import type { Arguments } from './arguments.ts'
import { openSource } from './capture.ts'

/** Of --capture-mode. */
export const MODES = ['auto', 'ebpf', 'afpacket', 'ntstat', 'pktap', 'bpf'] as const

type Mode = (typeof MODES)[number]

const modesHere: Partial<Record<NodeJS.Platform, readonly Mode[]>> = {
  linux: ['auto', 'ebpf', 'afpacket'],
  darwin: ['auto', 'ntstat', 'pktap', 'bpf'],
}

export interface Counting {
  readonly source: PacketSource
  readonly sockets: SocketSource
  readonly accepts: undefined
  /** The counters of sockets count; packets are there for DNS messages and server names. */
  readonly kernelCounts: boolean
}

/** Live. @throws NetoprocError usage, privilege or device: with the reason, when the mode that was asked for does not work */
export async function openCounting(args: Arguments, tables: Tables): Promise<Counting> {
  const mode = args.text('capture-mode') as Mode
  if (modesHere[platform()]?.includes(mode) === false)
    throw new NetoprocError('usage', `--capture-mode ${mode} is not available on ${platform()}`)
  const netns = args.text('netns') as 'own' | 'all'
  let degraded: readonly string[] = []
  if (platform() === 'linux' && mode !== 'afpacket') {
    try {
      const sockets = await openSockets({ netns, method: 'ebpf', interfaces: args.list('interface') })
      return await beside(sockets, true, () => openSource(args, tables, { dnsOnly: true }))
    } catch (error) {
      if (mode === 'ebpf' || !(error instanceof NetoprocError)) throw error
      degraded = [`packets are counted, as the kernel's counters cannot be had: ${error.message}`]
    }
  }
  const sockets = await openSockets({ netns, method: degraded.length === 0 ? 'auto' : 'poll', degraded })
  const method = mode === 'ebpf' || mode === 'ntstat' ? 'auto' : mode
  return beside(sockets, false, () => openSource(args, tables, { method: method as LiveOptions['method'] }))
}

async function beside(
  sockets: SocketSource,
  kernelCounts: boolean,
  open: () => Promise<{ source: PacketSource }>,
): Promise<Counting> {
  try {
    const { source } = await open()
    return { source, sockets, accepts: undefined, kernelCounts }
  } catch (error) {
    sockets.close()
    throw error
  }
}
