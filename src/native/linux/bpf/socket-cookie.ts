// The numbers by which programs in the kernel know a socket and its network namespace, asked for from user space: socket(7),
// SO_COOKIE and SO_NETNS_COOKIE (asm-generic/socket.h; Linux 4.12 and 5.14).

import type { FileDescriptor } from '../../file-descriptor.ts'
import { hasCode } from '../../system-error.ts'
import { AF_INET, SOCK_DGRAM, SOL_SOCKET, getsockopt, socket } from '../libc.ts'

const SO_COOKIE = 57
const SO_NETNS_COOKIE = 71

/** A socket that sends nothing: for asking about ourselves. */
export function silentSocket(): FileDescriptor {
  return socket('socket(AF_INET, SOCK_DGRAM)', AF_INET, SOCK_DGRAM, 0)
}

export function socketCookie(fd: FileDescriptor): number {
  return number64('getsockopt(SO_COOKIE)', fd, SO_COOKIE)
}

/** Of the namespace in which the socket was made; undefined before Linux 5.14. */
export function netnsCookie(fd: FileDescriptor): number | undefined {
  try {
    return number64('getsockopt(SO_NETNS_COOKIE)', fd, SO_NETNS_COOKIE)
  } catch (error) {
    if (hasCode(error, 'ENOPROTOOPT')) return undefined
    throw error
  }
}

function number64(operation: string, fd: FileDescriptor, name: number): number {
  const value = new Uint8Array(8)
  getsockopt(operation, fd, SOL_SOCKET, name, value)
  return Number(new DataView(value.buffer).getBigUint64(0, true))
}
