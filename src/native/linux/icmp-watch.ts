// Sockets that are given a copy of each packet that the kernel takes itself: ICMP and ICMPv6 (errors, neighbour discovery,
// router advertisements, multicast listeners), and IGMP; raw(7), ipv6(7), linux/icmp.h, linux/icmpv6.h. What programs at
// sockets see passes these, too, and packets of no other protocol pay for it. Nobody reads the copies: a filter drops them, which
// comes behind the programs (sk_filter_trim_cap() in net/core/filter.c). Were they kept, then no program would see what comes
// when the buffer is full, after some three packets (raw_v4_input() in net/ipv4/raw.c). They are shut down, so that who
// lists sockets can tell that nothing is theirs.

import type { FileDescriptor } from '../file-descriptor.ts'
import { hasCode } from '../system-error.ts'
import { socketCookie } from './bpf/socket-cookie.ts'
import { AF_INET, AF_INET6, SOCK_RAW, setsockopt, shutdown, socket } from './libc.ts'
import { attachFilter, passNothing } from './socket-filter.ts'

const IPPROTO_ICMP = 1
const IPPROTO_IGMP = 2
const IPPROTO_ICMPV6 = 58
const SOL_RAW = 255
const ICMP_FILTER = 1
const SOL_ICMPV6 = 58
const ICMPV6_FILTER = 1
const ICMP_ECHO = 8
const ICMPV6_ECHO_REQUEST = 128

/** The protocols whose packets pass. */
export const watchedProtocols: ReadonlySet<number> = new Set([IPPROTO_ICMP, IPPROTO_IGMP, IPPROTO_ICMPV6])

export class IcmpWatch {
  /** By which programs know the sockets. */
  readonly cookies: ReadonlySet<number>
  /** Why there are none, or not all. */
  readonly degraded: readonly string[]
  private readonly sockets: FileDescriptor[] = []

  /** In this network namespace. All types but echo requests, which are counted with their answers. @throws SystemError */
  constructor() {
    const degraded = new Set<string>()
    const open = (domain: number, protocol: number, level: number, name: number, blocked?: Uint8Array) => {
      try {
        const fd = socket(`socket(SOCK_RAW, ${protocol})`, domain, SOCK_RAW, protocol)
        this.sockets.push(fd)
        attachFilter(fd, passNothing)
        shutdown(fd)
        if (blocked !== undefined) setsockopt('setsockopt(ICMP_FILTER)', fd, level, name, blocked)
      } catch (error) {
        if (!hasCode(error, 'EPERM', 'EACCES', 'EAFNOSUPPORT', 'EPROTONOSUPPORT')) throw error
        if (hasCode(error, 'EPERM', 'EACCES'))
          degraded.add('ICMP errors and neighbour discovery that come in are not counted: needs CAP_NET_RAW')
      }
    }
    try {
      open(AF_INET, IPPROTO_ICMP, SOL_RAW, ICMP_FILTER, bit(ICMP_ECHO, 4))
      open(AF_INET, IPPROTO_IGMP, 0, 0)
      open(AF_INET6, IPPROTO_ICMPV6, SOL_ICMPV6, ICMPV6_FILTER, bit(ICMPV6_ECHO_REQUEST, 32))
      this.cookies = new Set(this.sockets.map(socketCookie))
    } catch (error) {
      this.close()
      throw error
    }
    this.degraded = [...degraded]
  }

  close(): void {
    for (const fd of this.sockets.splice(0)) fd.close()
  }
}

/** Little-endian, as words of 32 bits are here. */
function bit(number: number, length: number): Uint8Array {
  const bits = new Uint8Array(length)
  bits[number >> 3] = 1 << (number & 7)
  return bits
}
