// Tells whether interfaces or their addresses have changed, of the network namespace in which it is made: the multicast groups
// of rtnetlink(7), linux/rtnetlink.h, enum rtnetlink_groups. To ask costs a system call, to read them all anew some hundred
// times that. Needs no privilege. Counters of interfaces are no change.

import type { FileDescriptor } from '../file-descriptor.ts'
import { hasCode } from '../system-error.ts'
import { AF_NETLINK, MSG_DONTWAIT, SOCK_RAW, bind, recv, socket } from './libc.ts'

const NETLINK_ROUTE = 0
/** Bits of RTNLGRP_LINK (1), RTNLGRP_IPV4_IFADDR (5), RTNLGRP_IPV6_IFADDR (9). */
const GROUPS = (1 << 0) | (1 << 4) | (1 << 8)

export class RouteChanges {
  private readonly fd: FileDescriptor
  /** What a message says is not read: the kernel cuts it to this. */
  private readonly bytes = new Uint8Array(16)

  /** @throws SystemError */
  constructor() {
    this.fd = socket('socket(AF_NETLINK, NETLINK_ROUTE)', AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
    try {
      // struct sockaddr_nl: family, port id, groups.
      const address = new DataView(new ArrayBuffer(12))
      address.setUint16(0, AF_NETLINK, true)
      address.setUint32(8, GROUPS, true)
      bind('bind(NETLINK_ROUTE)', this.fd, new Uint8Array(address.buffer))
    } catch (error) {
      this.fd.close()
      throw error
    }
  }

  /** @returns whether something has changed since the last call, or since this was made; ask before you read */
  take(): boolean {
    for (let hasChanged = false; ; hasChanged = true) {
      try {
        recv('recv(NETLINK_ROUTE)', this.fd, this.bytes, MSG_DONTWAIT)
      } catch (error) {
        if (hasCode(error, 'EAGAIN')) return hasChanged
        // There were more than the socket holds: changes all the same.
        if (!hasCode(error, 'ENOBUFS', 'EINTR')) throw error
      }
    }
  }

  close(): void {
    this.fd.close()
  }
}
