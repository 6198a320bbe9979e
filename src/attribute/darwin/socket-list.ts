// The pcblist_n lists, and whether they are worth anything here: a socket of our own must be in them, with our pid.

import { IPPROTO_UDP } from '../../native/darwin/inet-socket.ts'
import { type ListedSocket, forEachListed, listedProtocols } from '../../native/darwin/pcblist.ts'
import { openDatagramSocket } from '../../native/darwin/own-socket.ts'
import { SystemError } from '../../native/system-error.ts'

/** Calls back with each TCP, UDP and raw socket. The object is refilled for the next one. @throws SystemError */
export function forEachSocket(visit: (socket: ListedSocket) => void): void {
  for (const protocol of listedProtocols) forEachListed(protocol, visit)
}

/** @returns why the lists cannot be used; undefined: they can */
export function probeLists(): string | undefined {
  const own = openDatagramSocket()
  try {
    let hasOwn = false
    const { sockets, unreadable, isCut } = forEachListed(IPPROTO_UDP, socket => {
      if (socket.lastPid === process.pid) hasOwn = true
    })
    if (hasOwn) return undefined
    if (unreadable > 0 || isCut) return 'net.inet.udp.pcblist_n has another layout on this macOS'
    return `net.inet.udp.pcblist_n does not name our own socket among ${sockets}`
  } catch (error) {
    if (error instanceof SystemError) return error.message
    throw error
  } finally {
    own.close()
  }
}

/** The process to name for a socket: the one that it is used for, else the one that used it last; 0: the kernel. */
export function userOf({ effectivePid, lastPid }: ListedSocket): number {
  return effectivePid > 0 ? effectivePid : lastPid
}
