// A socket of our own that sends nothing: to see whether the kernel's lists name us.

import type { FileDescriptor } from '../file-descriptor.ts'
import { AF_INET, SOCK_DGRAM } from './generated/system.ts'
import { socket } from './libsystem.ts'

/** @throws SystemError */
export function openDatagramSocket(): FileDescriptor {
  return socket('socket(PF_INET)', AF_INET, SOCK_DGRAM, 0)
}
