// Work in another network namespace: setns(2), network_namespaces(7). Only the calling thread changes over, and comes back
// before the call returns; sockets that are made meanwhile belong to the other namespace for as long as they are open.
// Needs CAP_SYS_ADMIN.

import { readlinkSync } from 'node:fs'
import koffi from 'koffi'
import { checked } from '../system-error.ts'
import { ownDescriptor } from './libc.ts'

const libc = koffi.load('libc.so.6')
const openCall = libc.func('int open(const char *path, int flags)') as (path: string, flags: number) => number
const setns = libc.func('int setns(int fd, int type)') as (fd: number, type: number) => number

const O_RDONLY = 0
const O_CLOEXEC = 0o2000000
const CLONE_NEWNET = 0x40000000
const OWN = '/proc/thread-self/ns/net'

/** Inode of this process's network namespace. */
export function ownNetworkNamespace(): number {
  return Number(/\d+/.exec(readlinkSync(OWN))?.[0])
}

/**
 * Runs `action` in the network namespace of process `pid`.
 * @throws SystemError ENOENT when the process has ended, EPERM without the privilege
 */
export function inNetworkNamespace<T>(pid: number, action: () => T): T {
  const own = openFile(OWN)
  try {
    const other = openFile(`/proc/${pid}/ns/net`)
    try {
      checked(`setns(/proc/${pid}/ns/net)`, setns(other.number, CLONE_NEWNET))
    } finally {
      other.close()
    }
    try {
      return action()
    } finally {
      // It was allowed in, so it is allowed back; should it fail nothing that follows would be true of this host.
      checked('setns(own network namespace)', setns(own.number, CLONE_NEWNET))
    }
  } finally {
    own.close()
  }
}

function openFile(path: string) {
  return ownDescriptor(checked(`open(${path})`, openCall(path, O_RDONLY | O_CLOEXEC)))
}
