// The root of the cgroup2 hierarchy, to which programs are attached so that they see every socket of the machine. It is
// found wherever it is mounted (cgroups(7); proc_pid_mountinfo(5)); when it is nowhere, a mount is made that has no place
// in the file system and goes away with its descriptor: fsopen(2), fsconfig(2), fsmount(2), Linux 5.2.

import { constants, fstatSync, openSync, readFileSync } from 'node:fs'
import koffi from 'koffi'
import type { FileDescriptor } from '../../file-descriptor.ts'
import { checked } from '../../system-error.ts'
import { ownDescriptor } from '../libc.ts'

// The same on x86-64 and arm64 (asm-generic/unistd.h).
const SYS_FSOPEN = 430
const SYS_FSCONFIG = 431
const SYS_FSMOUNT = 432
const FSOPEN_CLOEXEC = 1
const FSCONFIG_CMD_CREATE = 6
const FSMOUNT_CLOEXEC = 1
/** Inode of the root directory of a hierarchy (kernfs): any other is a part of it, as in a container. */
const ROOT_INODE = 1

const syscall = koffi.load('libc.so.6').func('long syscall(long number, ...)') as (
  number: number,
  ...args: (string | number | null)[]
) => number

export interface CgroupRoot {
  readonly fd: FileDescriptor
  /** Where it is mounted; undefined for a mount of our own. */
  readonly path: string | undefined
  /** False in a container with a cgroup namespace: programs then see the processes of that container only. */
  readonly isWhole: boolean
}

/** Mount points of cgroup2 in the text of a mountinfo file, in order. Spaces in them are written \040. */
export function cgroup2Mounts(mountinfo: string): string[] {
  const mounts = []
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ')
    if (right?.split(' ')[0] !== 'cgroup2') continue
    const [root, path] = (left as string).split(' ').slice(3)
    if (root !== '/' || path === undefined) continue
    mounts.push(path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
  }
  return mounts
}

/** @throws SystemError when there is none and none can be mounted (EPERM; ENODEV: the kernel has no cgroup2) */
export function openCgroupRoot(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): CgroupRoot {
  const [path] = cgroup2Mounts(mountinfo)
  const fd = path === undefined ? mountDetached() : openDirectory(path)
  return { fd, path, isWhole: fstatSync(fd.number).ino === ROOT_INODE }
}

function openDirectory(path: string): FileDescriptor {
  return ownDescriptor(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY))
}

function mountDetached(): FileDescriptor {
  const context = ownDescriptor(
    checked('fsopen(cgroup2)', syscall(SYS_FSOPEN, 'const char *', 'cgroup2', 'uint32_t', FSOPEN_CLOEXEC)),
  )
  try {
    checked(
      'fsconfig(cgroup2)',
      syscall(
        SYS_FSCONFIG,
        'int',
        context.number,
        'uint32_t',
        FSCONFIG_CMD_CREATE,
        'void *',
        null,
        'void *',
        null,
        'int',
        0,
      ),
    )
    return ownDescriptor(
      checked(
        'fsmount(cgroup2)',
        syscall(SYS_FSMOUNT, 'int', context.number, 'uint32_t', FSMOUNT_CLOEXEC, 'uint32_t', 0),
      ),
    )
  } finally {
    context.close()
  }
}
