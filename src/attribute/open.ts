// Opens what sockets come from: the one place where attribute asks which operating system this is. Backends are imported
// when they are needed, so that none is loaded on the other system.

import process from 'node:process'
import { NetoprocError } from '../record/error.ts'
import type { SocketSource } from './port.ts'

export interface SocketOptions {
  /** own: sockets of this network namespace. all: of all that processes run in, containers too. */
  readonly netns: 'own' | 'all'
  /** auto: the kernel's own word where it can be had (eBPF). poll: lists of sockets and processes alone. */
  readonly method?: 'auto' | 'poll'
}

/** @throws NetoprocError */
export async function openSockets({ netns, method = 'auto' }: SocketOptions): Promise<SocketSource> {
  if (process.platform === 'linux') {
    const { openSockDiag } = await import('./linux/sock-diag-source.ts')
    if (method === 'poll') return openSockDiag({ netns })
    const { openEbpf } = await import('./linux/ebpf-source.ts')
    const sockets = openSockDiag({ netns, watch: false })
    try {
      return openEbpf({ interfaces: [], netns, sockets })
    } catch (error) {
      sockets.close()
      if (!(error instanceof NetoprocError)) throw error
      return openSockDiag({ netns, degraded: [`owners are looked up in /proc: ${error.message}`] })
    }
  }
  throw new NetoprocError('fatal', `sockets are read on Linux and macOS, not on ${process.platform}`)
}
