// Opens what packets come from: the one place where capture asks which operating system this is. Backends are imported
// when they are needed, so that none is loaded on the other system.

import { NetoprocError } from '../record/error.ts'
import type { Tables } from '../record/record-batch.ts'
import type { FileOptions } from './file/file-source.ts'
import type { Frame, ListedInterface, LiveOptions, PacketSource } from './port.ts'

/** @throws NetoprocError privilege, device or usage */
export async function openLive(options: LiveOptions, tables: Tables): Promise<PacketSource> {
  const { method } = options
  if (process.platform === 'linux') {
    if (method !== 'auto' && method !== 'afpacket') throw elsewhere(method)
    if (options.feed !== undefined) {
      const { SocketPacketSource } = await import('./linux/socket-packet-source.ts')
      return new SocketPacketSource(options.feed, options.interfaces, tables)
    }
    const { AfPacketSource } = await import('./linux/afpacket-source.ts')
    return new AfPacketSource(options, tables)
  }
  if (process.platform === 'darwin') return openDarwin(options, tables)
  throw noBackend()
}

/** Where the kernel can name the process of each packet (pktap, for root), that; else packets alone (bpf). */
async function openDarwin(options: LiveOptions, tables: Tables): Promise<PacketSource> {
  const { method } = options
  if (method === 'afpacket') throw elsewhere(method)
  let degraded: string[] = []
  const isBetter = options.dnsOnly !== true && !options.promisc
  if (method === 'pktap' || (method === 'auto' && isBetter && process.getuid?.() === 0)) {
    const { PktapSource } = await import('./darwin/pktap-source.ts')
    try {
      return new PktapSource(options, tables)
    } catch (error) {
      if (method === 'pktap' || !(error instanceof NetoprocError) || error.kind === 'usage') throw error
      degraded = [`owners of packets are looked up among the sockets: ${error.message}`]
    }
  } else if (method === 'auto' && isBetter)
    degraded = [
      'owners of packets are looked up among the sockets: only root may have them named by the kernel',
    ]
  const { BpfSource } = await import('./darwin/bpf-source.ts')
  return new BpfSource(options, tables, degraded)
}

/**
 * No packets: the interfaces alone, where the kernel counts and packets may not be captured.
 * @param reason why there are none
 * @throws NetoprocError device
 */
export async function openInterfaces(
  chosen: readonly string[],
  reason: string,
  tables: Tables,
): Promise<PacketSource> {
  if (process.platform === 'darwin') {
    const { InterfacesOnly } = await import('./darwin/interfaces-only.ts')
    return new InterfacesOnly(chosen, reason, tables)
  }
  throw noBackend()
}

/**
 * Gives up, for good, the rights that a capture has no more use for when its devices are open. For a process that does
 * nothing else: who looks at sockets too calls attribute's.
 */
export async function giveUpPrivileges(): Promise<void> {
  if (process.platform !== 'linux') return
  const { keepCapturePrivileges } = await import('./linux/privileges.ts')
  keepCapturePrivileges()
}

/** A capture file. @throws NetoprocError */
export async function openFile(options: FileOptions, tables: Tables): Promise<PacketSource> {
  const { FileSource } = await import('./file/file-source.ts')
  return FileSource.open(options, tables)
}

/** A pcap-filter(7) expression for the frames of a file. @throws NetoprocError usage */
export async function openExpression(expression: string): Promise<(frame: Frame) => boolean> {
  const { ExpressionFilter } = await import('./filter/expression-filter.ts')
  const filter = new ExpressionFilter(expression)
  return frame => filter.accepts(frame)
}

/** The interfaces of this host, whether up or not. @throws NetoprocError */
export async function listInterfaces(): Promise<ListedInterface[]> {
  if (process.platform === 'linux') {
    const { listInterfaces } = await import('./linux/interface-table.ts')
    return listInterfaces()
  }
  if (process.platform === 'darwin') {
    const { listInterfaces } = await import('./darwin/interface-table.ts')
    return listInterfaces()
  }
  throw noBackend()
}

function elsewhere(method: string): NetoprocError {
  return new NetoprocError('usage', `capture by ${method} is not available on ${process.platform}`)
}

function noBackend(): NetoprocError {
  return new NetoprocError('fatal', `live capture works on Linux and macOS, not on ${process.platform}`)
}
