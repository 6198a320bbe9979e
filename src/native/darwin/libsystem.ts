// libSystem, the one library of system calls of macOS, through koffi. It is loaded at the first call. open, ioctl and fcntl are
// variadic (bsd/sys/fcntl.h, bsd/sys/ioctl.h): on Apple's arm64 the arguments behind the dots go on the stack, so they are
// declared so, and each extra argument is passed with its type. Numbers of errno are Darwin's, from generated/.

import koffi from 'koffi'
import { FileDescriptor, type DescriptorCalls } from '../file-descriptor.ts'
import { SystemError } from '../system-error.ts'
import { F_SETFD, FD_CLOEXEC, O_CLOEXEC, POLLIN, POLLNVAL, errorNames, pollfd } from './generated/system.ts'
import { textOf, viewOf } from './struct.ts'

const EINVAL = 22 // the same on every Unix

/** An address in this process, as koffi hands it out. */
export type Pointer = unknown
export type Library = ReturnType<typeof koffi.load>

const libraries = new Map<string, Library>()

function load(path: string): Library {
  let library = libraries.get(path)
  if (library === undefined) libraries.set(path, (library = koffi.load(path)))
  return library
}

export function libSystem(): Library {
  return load('/usr/lib/libSystem.B.dylib')
}

/**
 * A function of libSystem, or of a framework, that is looked up when it is first called.
 * @param framework name: "CoreFoundation"
 */
export function lazy<Call extends (...args: never[]) => unknown>(
  declaration: string,
  framework?: string,
): Call {
  let found: Call | undefined
  return ((...args: Parameters<Call>) => {
    const library =
      framework === undefined
        ? libSystem()
        : load(`/System/Library/Frameworks/${framework}.framework/${framework}`)
    found ??= library.func(declaration) as unknown as Call
    return found(...args)
  }) as Call
}

const closeCall = lazy<(fd: number) => number>('int close(int fd)')
const openCall = lazy<(path: string, flags: number) => number>('int open(const char *path, int flags, ...)')
const readCall = lazy<(fd: number, into: Uint8Array, length: number) => number>(
  'intptr_t read(int fd, _Out_ uint8_t *into, size_t length)',
)
const ioctlCall = lazy<(fd: number, request: number, ...argument: unknown[]) => number>(
  'int ioctl(int fd, unsigned long request, ...)',
)
const fcntlCall = lazy<(fd: number, command: number, ...argument: unknown[]) => number>(
  'int fcntl(int fd, int command, ...)',
)
const socketCall = lazy<(domain: number, type: number, protocol: number) => number>(
  'int socket(int domain, int type, int protocol)',
)
const connectCall = lazy<(fd: number, address: Uint8Array, length: number) => number>(
  'int connect(int fd, const uint8_t *address, uint32_t length)',
)
const setsockoptCall = lazy<
  (fd: number, level: number, name: number, value: Uint8Array, length: number) => number
>('int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)')
const sendCall = lazy<(fd: number, data: Uint8Array, length: number, flags: number) => number>(
  'intptr_t send(int fd, const uint8_t *data, size_t length, int flags)',
)
const recvCall = lazy<(fd: number, into: Uint8Array, length: number, flags: number) => number>(
  'intptr_t recv(int fd, _Out_ uint8_t *into, size_t length, int flags)',
)
const pollCall = lazy<(fds: Uint8Array, count: number, timeoutMs: number) => number>(
  'int poll(_Inout_ uint8_t *fds, unsigned int count, int timeoutMs)',
)
const sysctlCall = lazy<
  (
    name: Int32Array,
    names: number,
    into: Uint8Array | null,
    length: BigUint64Array,
    set: null,
    setLength: number,
  ) => number
>(
  'int sysctl(const int *name, unsigned int names, _Out_ uint8_t *into, _Inout_ uint64_t *length, void *set, size_t setLength)',
)
const sysctlByNameCall = lazy<
  (name: string, into: Uint8Array | null, length: BigUint64Array, set: null, setLength: number) => number
>(
  'int sysctlbyname(const char *name, _Out_ uint8_t *into, _Inout_ uint64_t *length, void *set, size_t setLength)',
)

/** What errno says of the call before, in this thread. */
export function lastError(operation: string): SystemError {
  return new SystemError(operation, koffi.errno(), errorNames)
}

/** Throws the errno of the call that has just returned `result`, when that is negative; else returns it. */
export function checked(operation: string, result: number): number {
  if (result < 0) throw lastError(operation)
  return result
}

const descriptorCalls: DescriptorCalls = {
  close: closeCall,
  checkWaitable: fd => {
    if (!canBePolled(fd)) throw new SystemError('kqueue', EINVAL, errorNames)
  },
}

/** @param flags O_… */
export function open(file: string, flags: number): FileDescriptor {
  return new FileDescriptor(checked(`open(${file})`, openCall(file, flags | O_CLOEXEC)), descriptorCalls)
}

export function socket(operation: string, domain: number, type: number, protocol: number): FileDescriptor {
  const fd = new FileDescriptor(checked(operation, socketCall(domain, type, protocol)), descriptorCalls)
  fcntl(fd, F_SETFD, FD_CLOEXEC) // socket(2) of macOS has no SOCK_CLOEXEC
  return fd
}

export function fcntl(fd: FileDescriptor, command: number, argument: number): number {
  return checked('fcntl', fcntlCall(fd.number, command, 'int', argument))
}

/** @param argument what the request's number says that it reads or writes; it may be changed */
export function ioctl(operation: string, fd: FileDescriptor, request: number, argument: Uint8Array): void {
  checked(operation, ioctlCall(fd.number, request, 'void *', argument))
}

/** Reads into `into`, asking for exactly its length. @throws SystemError: EAGAIN when there is nothing, and others */
export function read(operation: string, fd: FileDescriptor, into: Uint8Array): number {
  return checked(operation, readCall(fd.number, into, into.length))
}

/** Whether kqueue, which poll(2) and libuv stand on, takes the descriptor. */
export function canBePolled(fd: number): boolean {
  const entry = new Uint8Array(pollfd.size)
  const view = viewOf(entry)
  pollfd.fields.fd.set(view, 0, fd)
  pollfd.fields.events.set(view, 0, POLLIN)
  return pollCall(entry, 1, 0) >= 0 && (pollfd.fields.revents.get(view, 0) & POLLNVAL) === 0
}

export function connect(operation: string, fd: FileDescriptor, address: Uint8Array): void {
  checked(operation, connectCall(fd.number, address, address.length))
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

export function send(operation: string, fd: FileDescriptor, data: Uint8Array): number {
  return checked(operation, sendCall(fd.number, data, data.length, 0))
}

export function recv(operation: string, fd: FileDescriptor, into: Uint8Array, flags: number): number {
  return checked(operation, recvCall(fd.number, into, into.length, flags))
}

/** @param into null asks for the size alone. @returns bytes filled in, or needed */
export function sysctl(operation: string, name: readonly number[], into: Uint8Array | null): number {
  const length = BigUint64Array.of(BigInt(into?.length ?? 0))
  checked(operation, sysctlCall(Int32Array.from(name), name.length, into, length, null, 0))
  return Number(length[0])
}

export function sysctlByName(name: string, into: Uint8Array | null): number {
  const length = BigUint64Array.of(BigInt(into?.length ?? 0))
  checked(`sysctl(${name})`, sysctlByNameCall(name, into, length, null, 0))
  return Number(length[0])
}

/** A whole sysctl that grows and shrinks while one asks: its size first, then with some room more, again while it has grown. */
export function readSysctl(operation: string, name: readonly number[] | string): Uint8Array {
  const ask = (into: Uint8Array | null) =>
    typeof name === 'string' ? sysctlByName(name, into) : sysctl(operation, name, into)
  for (let tries = 8; ; tries--) {
    const size = ask(null)
    const into = new Uint8Array(size + (size >> 2) + 1024)
    try {
      return into.subarray(0, ask(into))
    } catch (error) {
      if (tries === 0 || !(error instanceof SystemError) || error.code !== 'ENOMEM') throw error
    }
  }
}

/** A copy of memory that is not ours: until the call that frees it. */
export function memoryAt(address: bigint, length: number): Uint8Array {
  return new Uint8Array(koffi.view(address, length).slice(0))
}

/** The C string at an address: at most `most` characters. */
export function stringAt(address: bigint, most: number): string {
  let length = 0
  while (length < most && memoryAt(address + BigInt(length), 1)[0] !== 0) length++
  return textOf(memoryAt(address, length))
}

/** The address of bytes that a structure is to point to. They must be kept alive until the call has returned. */
export function addressOf(data: Uint8Array): bigint {
  return koffi.address(data)
}
