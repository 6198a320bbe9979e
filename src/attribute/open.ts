// Opens what sockets come from: the one place where attribute asks which operating system this is. Backends are imported
// when they are needed, so that none is loaded on the other system.

import process from 'node:process'
import { NetoprocError } from '../record/error.ts'
import type { SocketSource } from './port.ts'

export interface SocketOptions {
  /** own: sockets of this network namespace. all: of all that processes run in, containers too. */
  readonly netns: 'own' | 'all'
}

/** @throws NetoprocError */
export async function openSockets(options: SocketOptions): Promise<SocketSource> {
  if (process.platform === 'linux') {
    const { openSockDiag } = await import('./linux/sock-diag-source.ts')
    return openSockDiag(options)
  }
  throw new NetoprocError('fatal', `sockets are read on Linux and macOS, not on ${process.platform}`)
}
