// Tells of UDP sockets that the kernel has destroyed, of the network namespace in which it is made: the multicast groups of
// sock_diag (linux/sock_diag.h, enum sknetlink_groups; Linux 4.2). A message is an inet_diag_msg, as sock-diag.ts has it. The
// kernel sends it from a work queue, some microseconds after the fact; TCP's groups, which a flood of connections would fill,
// are not joined.

import type { FileDescriptor } from '../file-descriptor.ts'
import { hasCode } from '../system-error.ts'
import { AF_NETLINK, MSG_DONTWAIT, SOCK_RAW, SOL_SOCKET, bind, recv, setsockopt, socket } from './libc.ts'

const NETLINK_SOCK_DIAG = 4
/** Bits of SKNLGRP_INET_UDP_DESTROY (2) and SKNLGRP_INET6_UDP_DESTROY (4). */
const UDP_GROUPS = (1 << 1) | (1 << 3)
const SOCK_DIAG_BY_FAMILY = 20
const NLMSG_HEADER = 16
const MESSAGE = 72
const SO_RCVBUF = 8
/** Some 1,000 messages. */
const BUFFER = 1 << 20

export interface CloseListener {
  /** @param cookie of the socket, as in SockDiag */
  closed(localPort: number, cookie: number): void
  /** The kernel found no room for some. */
  lost(): void
}

export class SocketCloses {
  private readonly fd: FileDescriptor
  private readonly listener: CloseListener
  private readonly bytes = new Uint8Array(8192)
  private readonly view = new DataView(this.bytes.buffer)

  /** @throws SystemError where the groups cannot be joined (EPERM; ENOENT: an older kernel) */
  constructor(listener: CloseListener) {
    this.listener = listener
    this.fd = socket('socket(AF_NETLINK, NETLINK_SOCK_DIAG)', AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)
    try {
      const size = new Uint8Array(4)
      new DataView(size.buffer).setUint32(0, BUFFER, true)
      setsockopt('setsockopt(NETLINK_SOCK_DIAG, SO_RCVBUF)', this.fd, SOL_SOCKET, SO_RCVBUF, size)
      // struct sockaddr_nl: family, port id, groups.
      const address = new DataView(new ArrayBuffer(12))
      address.setUint16(0, AF_NETLINK, true)
      address.setUint32(8, UDP_GROUPS, true)
      bind('bind(NETLINK_SOCK_DIAG)', this.fd, new Uint8Array(address.buffer))
      this.fd.onReadable(() => this.read())
    } catch (error) {
      this.fd.close()
      throw error
    }
  }

  /** Takes what has come. */
  read(): void {
    for (;;) {
      let received
      try {
        received = recv('recv(NETLINK_SOCK_DIAG)', this.fd, this.bytes, MSG_DONTWAIT)
      } catch (error) {
        if (hasCode(error, 'EAGAIN', 'EINTR')) return
        if (!hasCode(error, 'ENOBUFS')) throw error
        this.listener.lost()
        continue
      }
      for (let at = 0; at + NLMSG_HEADER + MESSAGE <= received;) {
        const length = this.view.getUint32(at, true)
        if (length < NLMSG_HEADER + MESSAGE || at + length > received) break
        if (this.view.getUint16(at + 4, true) === SOCK_DIAG_BY_FAMILY) this.tell(at + NLMSG_HEADER)
        at += (length + 3) & ~3
      }
    }
  }

  close(): void {
    this.fd.close()
  }

  private tell(at: number): void {
    const { view } = this
    const cookie = view.getUint32(at + 44, true) + view.getUint32(at + 48, true) * 0x100000000
    this.listener.closed(view.getUint16(at + 4), cookie)
  }
}
