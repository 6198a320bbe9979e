// Opens what sockets come from: the one place where attribute asks which operating system this is. Backends are imported
// when they are needed, so that none is loaded on the other system.

import { NetoprocError } from '../record/error.ts'
import type { SocketSource } from './port.ts'

export interface SocketOptions {
  /** own: sockets of this network namespace. all: of all that processes run in, containers too. */
  readonly netns: 'own' | 'all'
  /**
   * ebpf, ntstat: the kernel's own word and counters, or an error. poll: lists of sockets and processes alone. auto: the
   * first that works.
   */
  readonly method?: 'auto' | 'ebpf' | 'ntstat' | 'poll'
  /** What is counted: by name; all when absent. */
  readonly interfaces?: readonly string[]
  /** By ebpf, packets that tell names are handed over, too: of DNS, of TLS and QUIC. */
  readonly names?: { readonly dns: boolean; readonly serverNames: boolean; readonly bufferBytes: number }
  /** False: with whom is not asked, and counters may be summed by owner. */
  readonly remotes?: boolean
  /** What sockets move will be taken, by collect(): a source that does not count will not do. */
  readonly counts?: boolean
  /** Why nothing better than poll is asked for: among the source's own reasons. */
  readonly degraded?: readonly string[]
}

/** @throws NetoprocError */
export async function openSockets({
  netns,
  method = 'auto',
  interfaces = [],
  names,
  remotes = true,
  counts = false,
  degraded = [],
}: SocketOptions): Promise<SocketSource> {
  if (process.platform === 'linux') {
    const { openSockDiag } = await import('./linux/sock-diag-source.ts')
    if (method === 'poll') return openSockDiag({ netns, degraded })
    const { openEbpf } = await import('./linux/ebpf-source.ts')
    const sockets = openSockDiag({ netns, watch: false })
    try {
      return openEbpf({ interfaces, netns, sockets, names, remotes, counts })
    } catch (error) {
      sockets.close()
      if (method === 'ebpf' || counts || !(error instanceof NetoprocError)) throw error
      return openSockDiag({ netns, degraded: [`owners are looked up in /proc: ${error.message}`] })
    }
  }
  if (process.platform === 'darwin') {
    const { openListed } = await import('./darwin/listed-source.ts')
    if (method === 'poll') return openListed({ interfaces, degraded })
    const { openNtstat } = await import('./darwin/ntstat-source.ts')
    const sockets = openListed({})
    try {
      return openNtstat({ interfaces, sockets })
    } catch (error) {
      sockets.close()
      if (method === 'ntstat' || !(error instanceof NetoprocError)) throw error
      const reason = `sockets are looked up in lists, and short ones are missed: ${error.message}`
      return openListed({ interfaces, degraded: [...degraded, reason] })
    }
  }
  throw new NetoprocError('fatal', `sockets are read on Linux and macOS, not on ${process.platform}`)
}

/**
 * Gives up, for good, the rights that neither looking at sockets nor capturing has any more use for, when all is open.
 * @param writesFiles the user may ask for a file
 */
export async function giveUpPrivileges(writesFiles = false): Promise<void> {
  if (process.platform !== 'linux') return
  const { keepSocketPrivileges } = await import('./linux/privileges.ts')
  keepSocketPrivileges(writesFiles)
}
