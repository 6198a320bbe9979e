// Processes, their descriptors and the sockets behind these: libproc.h, sys/proc_info.h. The calls return 0 when they fail, not
// -1, and so do some that have nothing to tell: errno is cleared before. The pids, the short description and the path of every
// process may be read; descriptors only those of one's own user's processes, or by root. Whatever is asked about may be gone.

import koffi from 'koffi'
import {
  INI_IPV4,
  INI_IPV6,
  PROC_ALL_PIDS,
  PROC_PIDFDSOCKETINFO,
  PROC_PIDLISTFDS,
  PROC_PIDPATHINFO_MAXSIZE,
  PROC_PIDT_SHORTBSDINFO,
  PROX_FDTYPE_SOCKET,
  SOCKINFO_IN,
  SOCKINFO_TCP,
  proc_bsdshortinfo,
  proc_fdinfo,
  socket_fdinfo,
} from './generated/libproc.ts'
import type { InetSocket } from './inet-socket.ts'
import { lastError, lazy } from './libsystem.ts'
import { textOf, viewOf } from './struct.ts'
import { SystemError, hasCode } from '../system-error.ts'

const listPidsCall = lazy<(type: number, info: number, into: Uint8Array | null, size: number) => number>(
  'int proc_listpids(uint32_t type, uint32_t info, _Out_ uint8_t *into, int size)',
)
const pidInfoCall = lazy<
  (pid: number, flavor: number, argument: number, into: Uint8Array | null, size: number) => number
>('int proc_pidinfo(int pid, int flavor, uint64_t argument, _Out_ uint8_t *into, int size)')
const pidFdInfoCall = lazy<
  (pid: number, fd: number, flavor: number, into: Uint8Array, size: number) => number
>('int proc_pidfdinfo(int pid, int fd, int flavor, _Out_ uint8_t *into, int size)')
const pidPathCall = lazy<(pid: number, into: Uint8Array, size: number) => number>(
  'int proc_pidpath(int pid, _Out_ uint8_t *into, uint32_t size)',
)

const PID_SIZE = 4
const SPARE_PIDS = 64
const { fields: fdField, size: FD_SIZE } = proc_fdinfo
const { fields: socketField, size: SOCKET_SIZE } = socket_fdinfo
const { fields: shortField, size: SHORT_SIZE } = proc_bsdshortinfo

let descriptors = new Uint8Array(1024 * FD_SIZE)
const socketInfo = new Uint8Array(SOCKET_SIZE)
const socketView = viewOf(socketInfo)
const shortInfo = new Uint8Array(SHORT_SIZE)
const path = new Uint8Array(PROC_PIDPATHINFO_MAXSIZE)

/** What reading a process's descriptors came to: denied, of another user's; gone, it has ended. */
export type Reading = 'read' | 'denied' | 'gone'

export interface ShortInfo {
  readonly ppid: number
  /** At most 15 bytes. */
  readonly comm: string
  readonly uid: number
}

/** Every process, zombies included; pid 0 is the kernel. @throws SystemError */
export function listPids(): number[] {
  for (let size = 0; ;) {
    const needed = filled('proc_listpids', () => listPidsCall(PROC_ALL_PIDS, 0, null, 0))
    size = Math.max(size * 2, needed + SPARE_PIDS * PID_SIZE)
    const into = new Uint8Array(size)
    const length = filled('proc_listpids', () => listPidsCall(PROC_ALL_PIDS, 0, into, size))
    // A full buffer may have been too small.
    if (length >= size) continue
    const view = viewOf(into)
    return Array.from({ length: Math.floor(length / PID_SIZE) }, (_, i) => view.getInt32(i * PID_SIZE, true))
  }
}

/** Calls back with the number of each descriptor that is a socket. */
export function forEachSocketDescriptor(pid: number, visit: (fd: number) => void): Reading {
  for (;;) {
    let length
    try {
      const into = descriptors
      length = filled('proc_pidinfo(PROC_PIDLISTFDS)', () =>
        pidInfoCall(pid, PROC_PIDLISTFDS, 0, into, into.length),
      )
    } catch (error) {
      return readingOf(error)
    }
    // What does not fit is left out without a word.
    if (length > descriptors.length - FD_SIZE) {
      descriptors = new Uint8Array(descriptors.length * 2)
      continue
    }
    const view = viewOf(descriptors)
    for (let at = 0; at + FD_SIZE <= length; at += FD_SIZE) {
      if (fdField.proc_fdtype.get(view, at) === PROX_FDTYPE_SOCKET) visit(fdField.proc_fd.get(view, at))
    }
    return 'read'
  }
}

/**
 * Reads the socket behind a descriptor.
 * @returns whether there is one of the Internet; it may have been closed, or be another file by now
 */
export function readSocket(pid: number, fd: number, into: InetSocket): boolean {
  let length
  try {
    length = filled('proc_pidfdinfo(PROC_PIDFDSOCKETINFO)', () =>
      pidFdInfoCall(pid, fd, PROC_PIDFDSOCKETINFO, socketInfo, SOCKET_SIZE),
    )
  } catch (error) {
    // ESRCH, EBADF, ENOTSUP: the process, the descriptor is gone, or it is another file by now.
    if (error instanceof SystemError) return false
    throw error
  }
  return length >= SOCKET_SIZE && parseSocket(socketView, into)
}

/** @param view a socket_fdinfo. @returns whether it is a socket of the Internet */
export function parseSocket(view: DataView, into: InetSocket): boolean {
  const kind = socketField['psi.soi_kind'].get(view, 0)
  if (kind !== SOCKINFO_TCP && kind !== SOCKINFO_IN) return false
  const vflag = socketField['psi.soi_proto.pri_in.insi_vflag'].get(view, 0)
  if ((vflag & (INI_IPV4 | INI_IPV6)) === 0) return false
  // Ports are ints that hold 16 bits in network order.
  into.setProtocol(
    socketField['psi.soi_type'].get(view, 0),
    socketField['psi.soi_protocol'].get(view, 0),
    view.getUint16(socketField['psi.soi_proto.pri_in.insi_lport'].offset),
    view.getUint16(socketField['psi.soi_proto.pri_in.insi_fport'].offset),
  )
  into.setAddresses(
    view,
    socketField['psi.soi_proto.pri_in.insi_laddr'].offset,
    socketField['psi.soi_proto.pri_in.insi_faddr'].offset,
    vflag,
  )
  into.state = kind === SOCKINFO_TCP ? socketField['psi.soi_proto.pri_tcp.tcpsi_state'].get(view, 0) : 0
  into.generation = socketField['psi.soi_proto.pri_in.insi_gencnt'].big(view, 0)
  return true
}

/** Name and user of a process, whoever's it is; undefined when it is gone. */
export function readShortInfo(pid: number): ShortInfo | undefined {
  const length = pidInfoCall(pid, PROC_PIDT_SHORTBSDINFO, 0, shortInfo, SHORT_SIZE)
  if (length < SHORT_SIZE) return undefined
  const view = viewOf(shortInfo)
  return {
    ppid: shortField.pbsi_ppid.get(view, 0),
    comm: shortField.pbsi_comm.text(view, 0),
    uid: shortField.pbsi_uid.get(view, 0),
  }
}

/** The file that a process runs; undefined when it is gone, or has none (the kernel). */
export function executablePath(pid: number): string | undefined {
  const length = pidPathCall(pid, path, path.length)
  return length <= 0 || length > path.length ? undefined : textOf(path.subarray(0, length))
}

/** The bytes that the call has filled; 0 where it has nothing to tell. @throws SystemError */
function filled(operation: string, call: () => number): number {
  koffi.errno(0)
  const length = call()
  if (length > 0) return length
  if (length < 0 || koffi.errno() !== 0) throw lastError(operation)
  return 0
}

function readingOf(error: unknown): Reading {
  if (hasCode(error, 'EPERM', 'EACCES')) return 'denied'
  // ESRCH; or it has just begun, or is about to end.
  if (error instanceof SystemError) return 'gone'
  throw error
}
