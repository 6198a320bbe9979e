// Who holds which socket, by libproc: every process's descriptors, and the socket behind each that is one.

import { InetSocket } from '../../native/darwin/inet-socket.ts'
import { type Reading, forEachSocketDescriptor, listPids, readSocket } from '../../native/darwin/libproc.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import type { Identity, ProcessTable } from './process-table.ts'
import { cookieOf, describeSocket, isBound } from './socket-record.ts'

export interface Holder {
  readonly process: Identity
  readonly fd: number
}

export interface HeldSocket {
  readonly record: SocketRecord
  readonly holders: Holder[]
}

export interface Walk {
  /** By cookie. */
  readonly sockets: Map<string, HeldSocket>
  /** Descriptors of some process may not be read. */
  readonly hasDenied: boolean
}

/** Refilled for each descriptor. */
const socket = new InetSocket()

/** @throws SystemError */
export function walkDescriptors(processes: ProcessTable, nowUs: number): Walk {
  const sockets = new Map<string, HeldSocket>()
  let hasDenied = false
  for (const pid of listPids()) {
    if (pid !== 0 && walkProcess(pid, processes, nowUs, sockets) === 'denied') hasDenied = true
  }
  return { sockets, hasDenied }
}

/**
 * Adds the sockets of one process to `sockets`, by cookie.
 * @returns undefined: there is no such process
 * @throws SystemError
 */
export function walkProcess(
  pid: number,
  processes: ProcessTable,
  nowUs: number,
  sockets: Map<string, HeldSocket>,
): Reading | undefined {
  const process = processes.identify(pid, nowUs)
  if (process === undefined) return undefined
  const found: HeldSocket[] = []
  const reading = forEachSocketDescriptor(pid, fd => {
    if (!readSocket(pid, fd, socket) || !isBound(socket) || socket.isOver) return
    const cookie = cookieOf(socket)
    // Every socket that a descriptor can be of has a control block.
    if (cookie === undefined) return
    let held = sockets.get(cookie)
    if (held === undefined)
      sockets.set(cookie, (held = { record: describeSocket(socket, cookie), holders: [] }))
    held.holders.push({ process, fd })
    found.push(held)
  })
  // It may have ended, and its pid gone to another process, between two descriptors: then nobody knows whose these were.
  if (found.length > 0 && !processes.isStill(process)) for (const { holders } of found) holders.pop()
  return reading
}

/** Whether there are processes whose descriptors may not be read. @throws SystemError */
export function isAnyDenied(): boolean {
  return listPids().some(pid => pid !== 0 && forEachSocketDescriptor(pid, () => {}) === 'denied')
}
