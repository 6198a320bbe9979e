// Who counts for netoproc: the kernel itself, by counters of each socket, where that can be had; packets otherwise. Counters
// cost user space nothing per packet and name owners exactly. DNS and handshakes are read from what the counting programs
// hand over, or by a capture beside them.

import { platform } from 'node:os'
import { openSockets } from '../attribute/open.ts'
import type { SocketSource } from '../attribute/port.ts'
import { openInterfaces } from '../capture/open.ts'
import type { LiveOptions, PacketSource } from '../capture/port.ts'
import { NetoprocError } from '../record/error.ts'
import type { Tables } from '../record/record-batch.ts'
import type { Arguments } from './arguments.ts'
import type { CaptureMode } from './capture-mode.ts'
import { openSource } from './capture.ts'
import { netnsOf } from './netns.ts'

/** Bytes of the kernel's buffer for packets that tell names, where sockets hand them over: some 8,000 of DNS. */
const NAMES_BUFFER = 2 << 20

export interface Counting {
  readonly source: PacketSource
  readonly sockets: SocketSource
  /** The counters of sockets count; packets are there for DNS messages and server names. */
  readonly kernelCounts: boolean
  /** What is missing beside what the sources themselves say. */
  readonly degraded: readonly string[]
}

/**
 * Live.
 * @param remotes false: nobody asks with whom processes talk
 * @throws NetoprocError privilege or device: with the reason, when the mode that was asked for does not work
 */
export async function openCounting(args: Arguments, tables: Tables, remotes: boolean): Promise<Counting> {
  const mode = args.text('capture-mode') as CaptureMode
  return platform() === 'darwin' ? onDarwin(args, tables, mode) : onLinux(args, tables, mode, remotes)
}

async function onLinux(
  args: Arguments,
  tables: Tables,
  mode: CaptureMode,
  remotes: boolean,
): Promise<Counting> {
  const netns = netnsOf(args)
  let degraded: readonly string[] = []
  if (mode !== 'afpacket') {
    try {
      const sockets = await openSockets({
        netns,
        method: 'ebpf',
        interfaces: args.list('interface'),
        remotes,
        counts: true,
        names: {
          dns: !args.flag('no-dns'),
          serverNames: !args.flag('no-sni'),
          bufferBytes: args.number('buffer') ?? NAMES_BUFFER,
        },
      })
      return await beside(sockets, true, () =>
        openSource(args, tables, { dnsOnly: true, feed: sockets.packets }),
      )
    } catch (error) {
      if (mode === 'ebpf' || !(error instanceof NetoprocError)) throw error
      degraded = [notCounting(error)]
    }
  }
  const sockets = await openSockets({ netns, method: degraded.length === 0 ? 'auto' : 'poll', degraded })
  const method = mode === 'afpacket' ? mode : 'auto'
  return beside(sockets, false, () => openSource(args, tables, { method }))
}

/**
 * Statistics of flows (ntstat) ask for no privilege and miss none. Packets, where those cannot be had, miss none either, but
 * need a device; counters of sockets (pcblist_n) need nothing, and miss what is short.
 */
async function onDarwin(args: Arguments, tables: Tables, mode: CaptureMode): Promise<Counting> {
  const netns = netnsOf(args)
  const interfaces = args.list('interface')
  let noStatistics: NetoprocError | undefined
  if (mode === 'auto' || mode === 'ntstat') {
    try {
      const sockets = await openSockets({ netns, method: 'ntstat', interfaces })
      return await beside(sockets, true, () => openDns(args, tables))
    } catch (error) {
      if (mode === 'ntstat' || !(error instanceof NetoprocError)) throw error
      noStatistics = error
    }
  }
  const method: LiveOptions['method'] = mode === 'pktap' || mode === 'bpf' ? mode : 'auto'
  try {
    const sockets = await openSockets(
      noStatistics === undefined
        ? { netns, method: 'auto' }
        : { netns, method: 'poll', degraded: [notCounting(noStatistics)] },
    )
    return await beside(sockets, false, () => openSource(args, tables, { method }))
  } catch (error) {
    if (noStatistics === undefined || !(error instanceof NetoprocError) || error.kind !== 'privilege')
      throw error
    const degraded = [
      `sockets that close within an interval are missed: ${noStatistics?.message}`,
      `packets cannot be counted: ${error.message}`,
    ]
    const sockets = await openSockets({ netns, method: 'poll', interfaces, degraded })
    if (sockets.collect !== undefined) return beside(sockets, true, () => openDns(args, tables))
    sockets.close()
    throw error
  }
}

/** DNS and names of servers; without the right to capture, what is left is the interfaces. */
async function openDns(args: Arguments, tables: Tables): Promise<{ source: PacketSource }> {
  try {
    return await openSource(args, tables, { dnsOnly: true })
  } catch (error) {
    if (!(error instanceof NetoprocError) || error.kind === 'usage') throw error
    const reason = `DNS and names of servers are not seen: ${error.message}`
    return { source: await openInterfaces(args.list('interface'), reason, tables) }
  }
}

function notCounting(error: NetoprocError): string {
  return `packets are counted, as the kernel's counters cannot be had: ${error.message}`
}

async function beside(
  sockets: SocketSource,
  kernelCounts: boolean,
  open: () => Promise<{ source: PacketSource }>,
): Promise<Counting> {
  try {
    const { source } = await open()
    const degraded = source.method === 'none' ? source.degraded : []
    return { source, sockets, kernelCounts, degraded }
  } catch (error) {
    sockets.close()
    throw error
  }
}
