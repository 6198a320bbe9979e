// The C library's calls that the Linux backends share, one line each. Buffers are passed as they are (koffi hands over
// their address); a call costs some 250 ns. Constants are from the kernel's uapi headers, the same on x86-64 and arm64.

import koffi from 'koffi'
import { FileDescriptor } from '../file-descriptor.ts'
import { SystemError, checked } from '../system-error.ts'

const libc = koffi.load('libc.so.6')

/** An address in this process, as koffi hands it out. */
export type Pointer = unknown

const close = libc.func('int close(int fd)') as (fd: number) => number
const socketCall = libc.func('int socket(int domain, int type, int protocol)') as (
  domain: number,
  type: number,
  protocol: number,
) => number
const bindCall = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)') as (
  fd: number,
  address: Uint8Array,
  length: number,
) => number
const shutdownCall = libc.func('int shutdown(int fd, int how)') as (fd: number, how: number) => number
const setsockoptCall = libc.func(
  'int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)',
) as (fd: number, level: number, name: number, value: Uint8Array, length: number) => number
const getsockoptCall = libc.func(
  'int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)',
) as (fd: number, level: number, name: number, value: Uint8Array, length: number[]) => number
const sendCall = libc.func('intptr_t send(int fd, const uint8_t *data, size_t length, int flags)') as (
  fd: number,
  data: Uint8Array,
  length: number,
  flags: number,
) => number
const recvCall = libc.func('intptr_t recv(int fd, _Out_ uint8_t *data, size_t length, int flags)') as (
  fd: number,
  data: Uint8Array,
  length: number,
  flags: number,
) => number
const mmapCall = libc.func(
  'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
) as (address: null, length: number, protection: number, flags: number, fd: number, offset: number) => Pointer
const munmapCall = libc.func('int munmap(void *address, size_t length)') as (
  address: Pointer,
  length: number,
) => number

const epollCreateCall = libc.func('int epoll_create1(int flags)') as (flags: number) => number
const epollControlCall = libc.func(
  'int epoll_ctl(int epoll, int operation, int fd, const uint8_t *event)',
) as (epoll: number, operation: number, fd: number, event: Uint8Array) => number

export const AF_INET = 2
export const AF_INET6 = 10
export const AF_NETLINK = 16
export const AF_PACKET = 17
export const SOCK_RAW = 3
export const SOCK_DGRAM = 2
export const SOCK_CLOEXEC = 0o2000000
export const SOCK_NONBLOCK = 0o4000
export const SOL_SOCKET = 1
export const MSG_DONTWAIT = 0x40
const EPOLL_CLOEXEC = 0o2000000
const EPOLL_CTL_ADD = 1
/** struct epoll_event: 12 bytes on x86-64, where it is packed, 16 elsewhere. */
const EPOLL_EVENT_BYTES = 16
const SHUT_RDWR = 2
const PROT_READ = 1
const PROT_WRITE = 2
const MAP_SHARED = 1

/** Wraps a descriptor that a system call has just returned. */
export function ownDescriptor(fd: number): FileDescriptor {
  return new FileDescriptor(fd, { close, checkWaitable })
}

/** A trial: EPERM of a regular file, ENOSPC once a user has /proc/sys/fs/epoll/max_user_watches. */
function checkWaitable(fd: number): void {
  const epoll = checked('epoll_create1', epollCreateCall(EPOLL_CLOEXEC))
  try {
    checked('epoll_ctl', epollControlCall(epoll, EPOLL_CTL_ADD, fd, new Uint8Array(EPOLL_EVENT_BYTES)))
  } finally {
    close(epoll)
  }
}

export function socket(operation: string, domain: number, type: number, protocol: number): FileDescriptor {
  return ownDescriptor(checked(operation, socketCall(domain, type | SOCK_CLOEXEC, protocol)))
}

export function bind(operation: string, fd: FileDescriptor, address: Uint8Array): void {
  checked(operation, bindCall(fd.number, address, address.length))
}

/** In both directions. A socket without a connection is shut down, too, though the call then says ENOTCONN. */
export function shutdown(fd: FileDescriptor): void {
  shutdownCall(fd.number, SHUT_RDWR)
}

export function setsockopt(
  operation: string,
  fd: FileDescriptor,
  level: number,
  name: number,
  value: Uint8Array,
): void {
  checked(operation, setsockoptCall(fd.number, level, name, value, value.length))
}

/** @returns the length that the kernel filled in */
export function getsockopt(
  operation: string,
  fd: FileDescriptor,
  level: number,
  name: number,
  into: Uint8Array,
): number {
  const length = [into.length]
  checked(operation, getsockoptCall(fd.number, level, name, into, length))
  return length[0] as number
}

export function send(operation: string, fd: FileDescriptor, data: Uint8Array): number {
  return checked(operation, sendCall(fd.number, data, data.length, 0))
}

/** @returns bytes received; a failed call throws SystemError, EAGAIN included when MSG_DONTWAIT finds nothing */
export function recv(operation: string, fd: FileDescriptor, into: Uint8Array, flags: number): number {
  return checked(operation, recvCall(fd.number, into, into.length, flags))
}

/** A shared mapping: its bytes without a copy, until unmap, after which they must not be touched. */
export class SharedMapping {
  readonly bytes: Uint8Array
  readonly buffer: ArrayBuffer
  private address: Pointer
  private readonly length: number

  constructor(operation: string, fd: FileDescriptor, length: number, offset = 0, writable = true) {
    this.address = mmapCall(
      null,
      length,
      writable ? PROT_READ | PROT_WRITE : PROT_READ,
      MAP_SHARED,
      fd.number,
      offset,
    )
    // MAP_FAILED is (void *) -1.
    if (koffi.address(this.address) === 0xffffffffffffffffn) throw new SystemError(operation, koffi.errno())
    this.length = length
    this.buffer = koffi.view(this.address, length)
    this.bytes = new Uint8Array(this.buffer)
  }

  unmap(): void {
    if (this.address === undefined) return
    munmapCall(this.address, this.length)
    this.address = undefined
  }
}
