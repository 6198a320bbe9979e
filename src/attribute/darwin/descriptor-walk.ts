// Who holds which socket, by libproc: every process's descriptors, and the socket behind each that is one.

import { InetSocket } from '../../native/darwin/inet-socket.ts'
import { forEachSocketDescriptor, listPids, readSocket } from '../../native/darwin/libproc.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import { cookieOf, describeSocket, isBound } from './socket-record.ts'

export interface HeldSocket {
  readonly record: SocketRecord
  readonly holders: Array<{ readonly pid: number; readonly fd: number }>
}

export interface Walk {
  /** By cookie. */
  readonly sockets: Map<string, HeldSocket>
  /** Descriptors of some process may not be read. */
  readonly hasDenied: boolean
}

/** @throws SystemError */
export function walkDescriptors(): Walk {
  const sockets = new Map<string, HeldSocket>()
  const socket = new InetSocket()
  let hasDenied = false
  for (const pid of listPids()) {
    if (pid === 0) continue
    const reading = forEachSocketDescriptor(pid, fd => {
      if (!readSocket(pid, fd, socket) || !isBound(socket) || socket.isOver) return
      const cookie = cookieOf(socket)
      // Every socket that a descriptor can be of has a control block.
      if (cookie === undefined) return
      const held = sockets.get(cookie)
      if (held === undefined) {
        sockets.set(cookie, { record: describeSocket(socket, cookie), holders: [{ pid, fd }] })
      } else held.holders.push({ pid, fd })
    })
    if (reading === 'denied') hasDenied = true
  }
  return { sockets, hasDenied }
}

/** Whether there are processes whose descriptors may not be read. @throws SystemError */
export function isAnyDenied(): boolean {
  return listPids().some(pid => pid !== 0 && forEachSocketDescriptor(pid, () => {}) === 'denied')
}
