// The directory /proc/<pid> of one process, held open: everything that is read through it is of that very process, and once
// it has ended reads find nothing, even when its pid has gone to another one. proc(5), getdents64(2), readlinkat(2).
// Plain system calls on reused memory: a descriptor costs 1 us, a third of what fs.readlinkSync and its strings cost
// (test/bench/attribute-scan.bench.ts, Node 20).
//
//   linux_dirent64  0 u64 inode  8 i64 offset  16 u16 record length  18 u8 type  19 name, NUL-terminated

import koffi from 'koffi'
import { SystemError } from '../system-error.ts'

const libc = koffi.load('libc.so.6')
const openat = libc.func('int openat(int directory, const char *path, int flags)') as (
  directory: number,
  path: string,
  flags: number,
) => number
const close = libc.func('int close(int fd)') as (fd: number) => number
const read = libc.func('intptr_t read(int fd, _Out_ uint8_t *data, size_t length)') as (
  fd: number,
  data: Uint8Array,
  length: number,
) => number
const getdents64 = libc.func('intptr_t getdents64(int fd, _Out_ uint8_t *data, size_t length)') as (
  fd: number,
  data: Uint8Array,
  length: number,
) => number
const readlinkat = libc.func(
  'intptr_t readlinkat(int directory, const uint8_t *path, _Out_ uint8_t *data, size_t length)',
) as (directory: number, path: Uint8Array, data: Uint8Array, length: number) => number

const AT_FDCWD = -100
const O_RDONLY = 0
const O_DIRECTORY = process.arch === 'arm64' ? 0o40000 : 0o200000
const O_CLOEXEC = 0o2000000
const RECORD_LENGTH = 16
const NAME = 19
const DIGIT_0 = 0x30

// Of the listing of processes: their descriptors may be listed meanwhile.
const pidEntries = Buffer.alloc(64 * 1024)
// Shared by all other calls: each is finished with them before it calls back or returns.
const entries = Buffer.alloc(64 * 1024)
const text = Buffer.alloc(64 * 1024)
/** Of an io_uring: some 40,000 files. There are few of those: it is made when it is needed. */
const RING_TEXT = 1024 * 1024
let ringText: Buffer | undefined
const link = Buffer.alloc(256)
const name = Buffer.alloc(256)
const socketLink = Buffer.from('socket:[')
const ringLink = Buffer.from('anon_inode:[io_uring]')
/** Lines of fdinfo about the files that an io_uring has registered: io_uring/fdinfo.c. */
const registeredSocket = /^ *\d+: socket:\[(\d+)\]$/gm

/** gone: the process has ended. denied: it is another user's, and we are not root. */
export type Reading = 'read' | 'gone' | 'denied'

export class ProcDirectory {
  private readonly fd: number

  /** Use openProcess. */
  constructor(fd: number) {
    this.fd = fd
  }

  /** Contents of a file in it, at most 64 KiB, as UTF-8; undefined when it cannot be read (gone, or denied). */
  read(file: string): string | undefined {
    return this.readInto(text, file)
  }

  private readInto(into: Buffer, file: string): string | undefined {
    const fd = openat(this.fd, file, O_RDONLY | O_CLOEXEC)
    if (fd < 0) return unreadable(`openat(/proc/…/${file})`)
    let length = 0
    try {
      while (length < into.length) {
        const got = read(fd, length === 0 ? into : into.subarray(length), into.length - length)
        if (got < 0) return unreadable(`read(/proc/…/${file})`)
        if (got === 0) break
        length += got
      }
    } finally {
      close(fd)
    }
    return into.toString('utf8', 0, length)
  }

  /** Target of a symbolic link in it; undefined when it cannot be read. */
  readLink(path: string): string | undefined {
    name.write(`${path}\0`, 'latin1')
    const length = readlinkat(this.fd, name, text, 4096)
    if (length < 0) return unreadable(`readlinkat(/proc/…/${path})`)
    return text.toString('utf8', 0, length)
  }

  /**
   * Calls back for each descriptor of the process that is a socket, with the socket's inode; for those, too, that an io_uring has
   * registered, which need no descriptor of their own, with that of the ring.
   * @param busy called with the descriptor of a ring that does not tell at this moment: it is being worked on
   * @param thread whose descriptors are read; undefined: the first one's
   */
  forEachSocket(
    visit: (inode: number, fd: number) => void,
    busy: (fd: number) => void = () => {},
    thread?: number,
  ): Reading {
    const path = thread === undefined ? 'fd' : `task/${thread}/fd`
    const rings: number[] = []
    const reading = this.forEachNumber(path, (directory, fd) => {
      const length = readlinkat(directory, name, link, link.length)
      const inode = socketInode(length)
      if (inode > 0) visit(inode, fd)
      else if (length === ringLink.length && ringLink.equals(link.subarray(0, length))) rings.push(fd)
    })
    for (const ring of rings) {
      const told = this.readInto((ringText ??= Buffer.alloc(RING_TEXT)), `${path}info/${ring}`)
      if (told !== undefined && !told.includes('\nUserFiles:')) busy(ring)
      for (const [, inode] of (told ?? '').matchAll(registeredSocket)) visit(Number(inode), ring)
    }
    return reading
  }

  /** Calls back for each descriptor of the process that is open on the file at `path`. */
  forEachOpened(path: string, visit: (fd: number) => void): Reading {
    const wanted = Buffer.from(path)
    return this.forEachNumber('fd', (directory, fd) => {
      const length = readlinkat(directory, name, link, link.length)
      if (length === wanted.length && wanted.equals(link.subarray(0, length))) visit(fd)
    })
  }

  /** Calls back for each thread of the process. */
  forEachThread(visit: (tid: number) => void): Reading {
    return this.forEachNumber('task', (_, tid) => visit(tid))
  }

  /** Calls back for each entry that is a number, which is in decimal in `name`, too. */
  private forEachNumber(path: string, visit: (directory: number, value: number) => void): Reading {
    const directory = openat(this.fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if (directory < 0) return failed(`openat(/proc/…/${path})`)
    try {
      for (;;) {
        const length = getdents64(directory, entries, entries.length)
        if (length < 0) return failed(`getdents64(/proc/…/${path})`)
        if (length === 0) return 'read'
        for (let at = 0; at < length; at += entries.readUInt16LE(at + RECORD_LENGTH)) {
          const value = copyNumber(at + NAME)
          if (value >= 0) visit(directory, value) // not . and ..
        }
      }
    } finally {
      close(directory)
    }
  }

  close(): void {
    close(this.fd)
  }
}

/** Undefined when there is no such process (any more), or it is hidden from us (hidepid, proc(5)). @throws SystemError */
export function openProcess(pid: number): ProcDirectory | undefined {
  const fd = openat(AT_FDCWD, `/proc/${pid}`, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  return fd < 0 ? unreadable(`open(/proc/${pid})`) : new ProcDirectory(fd)
}

/** Calls back with the pid of each process that there is. @throws SystemError */
export function forEachPid(visit: (pid: number) => void): void {
  const directory = openat(AT_FDCWD, '/proc', O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  if (directory < 0) throw new SystemError('open(/proc)', koffi.errno())
  try {
    for (;;) {
      const length = getdents64(directory, pidEntries, pidEntries.length)
      if (length < 0) throw new SystemError('getdents64(/proc)', koffi.errno())
      if (length === 0) return
      for (let at = 0; at < length; at += pidEntries.readUInt16LE(at + RECORD_LENGTH)) {
        const pid = parseNumber(pidEntries, at + NAME)
        if (pid > 0) visit(pid)
      }
    }
  } finally {
    close(directory)
  }
}

/** The decimal number at `at`, up to its NUL; -1 when it is none. */
function parseNumber(bytes: Buffer, at: number): number {
  let value = 0
  for (; bytes[at] !== 0; at++) {
    const digit = (bytes[at] as number) - DIGIT_0
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Copies the name at `at` in `entries` to `name`. @returns its value, or -1 when it is not a number */
function copyNumber(at: number): number {
  const value = parseNumber(entries, at)
  if (value < 0) return -1
  let to = 0
  for (; entries[at] !== 0; at++) name[to++] = entries[at] as number
  name[to] = 0
  return value
}

/** The inode in "socket:[123]", the first `length` bytes of `link`; 0 when it is anything else. */
function socketInode(length: number): number {
  if (length <= socketLink.length) return 0 // closed meanwhile, or no socket
  for (let i = 0; i < socketLink.length; i++) if (link[i] !== socketLink[i]) return 0
  let inode = 0
  for (let at = socketLink.length; at < length - 1; at++) inode = inode * 10 + (link[at] as number) - DIGIT_0
  return inode
}

/** @throws SystemError for what is no fault of the process: out of descriptors, out of memory */
function failed(operation: string): Reading {
  const error = new SystemError(operation, koffi.errno())
  if (error.code === 'ENOENT' || error.code === 'ESRCH') return 'gone'
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'denied'
  throw error
}

function unreadable(operation: string): undefined {
  failed(operation)
  return undefined
}
