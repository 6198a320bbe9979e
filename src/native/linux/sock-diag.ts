// Sockets by sock_diag(7): linux/inet_diag.h, linux/tcp.h. Either all of a protocol (a dump), or the one that the kernel
// itself would hand a packet of a given five-tuple to. Needs no privilege. Sees one network namespace: the one in which the
// netlink socket was made. Integers are in host order (little-endian), addresses and ports in network order.
//
//   inet_diag_req_v2  0 u8 family  1 u8 protocol  2 u8 extensions  3 pad  4 u32 states  8 inet_diag_sockid      56 bytes
//   inet_diag_req     0 u8 family  1 u8 2 u8 lengths  3 u8 extensions  4 inet_diag_sockid  52 u32 states  56 u32  60 bytes
//   inet_diag_sockid  0 be16 sport  2 be16 dport  4 be32 src[4]  20 be32 dst[4]  36 u32 if  40 u32 cookie[2]      48 bytes
//   inet_diag_msg     0 u8 family  1 u8 state  2 u8 timer  3 u8 retrans  4 inet_diag_sockid  52 u32 expires
//                     56 u32 rqueue  60 u32 wqueue  64 u32 uid  68 u32 inode                                      72 bytes
//   tcp_info          68 u32 rtt us  72 u32 rttvar us  100 u32 total_retrans  120 u64 bytes_acked
//                     128 u64 bytes_received  136 u32 segs_out  140 u32 segs_in

import { NetlinkSocket, forEachAttribute } from './netlink.ts'
import { AF_INET, AF_INET6 } from './libc.ts'
import { hasCode } from '../system-error.ts'

const NETLINK_SOCK_DIAG = 4
const SOCK_DIAG_BY_FAMILY = 20
const REQUEST = 56
/** The request for TCP of before Linux 3.3: it asks for both families at once. */
const TCPDIAG_GETSOCK = 18
const TCPDIAG_REQUEST = 60
const MESSAGE = 72
const INET_DIAG_INFO = 2
const INET_DIAG_SHUTDOWN = 8
const INET_DIAG_SKV6ONLY = 11
const NOCOOKIE = 0xffffffff
const TCP_INFO_RETRANS_END = 104
const TCP_INFO_SEGS_END = 144
const V4_MAPPED = 0xffff

export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17
export const IPPROTO_UDPLITE = 136
export const IPPROTO_RAW = 255

// linux/tcp_states.h; datagram and raw sockets use two of them: connected (1) and not (7).
export const TCP_ESTABLISHED = 1
export const TCP_TIME_WAIT = 6
export const TCP_CLOSE = 7
export const TCP_LISTEN = 10
const stateNames: readonly string[] = [
  'unknown',
  'established',
  'syn-sent',
  'syn-recv',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'close',
  'close-wait',
  'last-ack',
  'listen',
  'closing',
  'syn-recv', // TCP_NEW_SYN_RECV: not accepted by the kernel yet
]

/** A state's name as in records; sockets without connections are established, or unconnected. */
export function stateName(protocol: number, state: number): string {
  if (protocol !== IPPROTO_TCP && state === TCP_CLOSE) return 'unconnected'
  return stateNames[state] ?? 'unknown'
}

/** net/sock.h: RCV_SHUTDOWN and SEND_SHUTDOWN. */
const SHUTDOWN_MASK = 3
/** Every state but time-wait: there the process has closed the socket, and the kernel does not remember whose it was. */
export const ALL_BUT_TIME_WAIT = 0xffffffff & ~(1 << TCP_TIME_WAIT)

/** One socket. One object, refilled for each, so that ten thousand sockets cost no allocation. */
export class DiagSocket {
  protocol = 0
  family = 0
  state = 0
  /** Words in host order; IPv4 is IPv4-mapped. Of raw sockets the local port is the protocol. */
  readonly local = new Uint32Array(4)
  readonly remote = new Uint32Array(4)
  localPort = 0
  remotePort = 0
  /** Index of the interface that it is bound to (SO_BINDTODEVICE, or the scope of a link-local address), or 0. */
  ifindex = 0
  /** Unique while the host runs. Far below 2^53: the kernel counts up from 1. */
  cookie = 0
  /** 0: no process has it open: not accepted yet, or closed while the kernel still works for it. */
  inode = 0
  uid = 0
  v6only = false
  /** In both directions: nothing is its own any more. */
  isShutDown = false
  /** Of TCP; -1 where the kernel does not tell. Microseconds. */
  rttUs = -1
  rttvarUs = -1
  retransmits = -1
  /** Payload acknowledged by the remote, and received; -1 where the kernel does not tell. */
  bytesAcked = -1
  bytesReceived = -1
  segmentsOut = -1
  segmentsIn = -1
}

export class SockDiag {
  private readonly netlink: NetlinkSocket
  private readonly socket = new DiagSocket()
  private readonly request = new Uint8Array(REQUEST)
  private readonly requestView = new DataView(this.request.buffer)
  private protocol = 0
  private visit: (socket: DiagSocket) => void = () => {}

  /** Of the network namespace in which it is made. @throws SystemError */
  constructor() {
    this.netlink = new NetlinkSocket(NETLINK_SOCK_DIAG, 'NETLINK_SOCK_DIAG')
  }

  /**
   * Calls back for each socket of the protocol, IPv4 and IPv6. The object is refilled for the next one.
   * @returns false when the kernel has no diagnostics for this protocol (module udp_diag, raw_diag … not there)
   * @throws SystemError
   */
  dump(protocol: number, states: number, visit: (socket: DiagSocket) => void): boolean {
    this.visit = visit
    if (protocol === IPPROTO_TCP && this.dumpTcp(states)) return true
    return this.dumpFamily(AF_INET, protocol, states) && this.dumpFamily(AF_INET6, protocol, states)
  }

  /**
   * The socket that the kernel would hand a packet of this five-tuple to now: with that very tuple, or else the one that
   * listens or is bound there, by all of the kernel's own rules (SO_REUSEPORT, IPv4 on an IPv6 socket …).
   * Words in host order. The object is refilled by the next call.
   * @param ifindex interface at which the packet arrives; 0: none, that of no socket that is bound to one
   * @returns undefined when there is none
   * @throws SystemError
   */
  find(
    protocol: number,
    isV6: boolean,
    local: ArrayLike<number>,
    localPort: number,
    remote: ArrayLike<number>,
    remotePort: number,
    ifindex = 0,
  ): DiagSocket | undefined {
    this.fillRequest(isV6 ? AF_INET6 : AF_INET, protocol, 0xffffffff)
    const view = this.requestView
    // For UDP the kernel reads the id as that of the packet, not of the socket (udp_diag.c: "swapped for historical reasons").
    const swapped = protocol !== IPPROTO_TCP
    view.setUint16(8, swapped ? remotePort : localPort)
    view.setUint16(10, swapped ? localPort : remotePort)
    this.setAddress(12, isV6, swapped ? remote : local)
    this.setAddress(28, isV6, swapped ? local : remote)
    view.setUint32(44, ifindex, true)
    let found = false
    this.protocol = protocol
    this.visit = () => (found = true)
    const errno = this.netlink.get(SOCK_DIAG_BY_FAMILY, this.request, this.onMessage)
    return errno === 0 && found ? this.socket : undefined
  }

  close(): void {
    this.netlink.close()
  }

  /**
   * Each dump of TCP walks the whole table of connections, of a quarter of a million buckets and more, which takes longer than
   * to tell of a thousand sockets: 2.7 ms. So it is walked once for both families.
   * @returns false when the kernel does not know this request any more
   */
  private dumpTcp(states: number): boolean {
    const request = new Uint8Array(TCPDIAG_REQUEST)
    const view = new DataView(request.buffer)
    request[0] = AF_INET
    request[3] = 1 << (INET_DIAG_INFO - 1)
    view.setUint32(44, NOCOOKIE, true)
    view.setUint32(48, NOCOOKIE, true)
    view.setUint32(52, states, true)
    this.protocol = IPPROTO_TCP
    return this.dumpWith(TCPDIAG_GETSOCK, request)
  }

  private dumpFamily(family: number, protocol: number, states: number): boolean {
    this.fillRequest(family, protocol, states)
    this.protocol = protocol
    return this.dumpWith(SOCK_DIAG_BY_FAMILY, this.request)
  }

  private dumpWith(type: number, request: Uint8Array): boolean {
    try {
      this.netlink.dump(type, request, this.onMessage)
      return true
    } catch (error) {
      // Kernels without the module; EINVAL: older than the protocol's diagnostics.
      if (hasCode(error, 'ENOENT', 'EINVAL', 'EOPNOTSUPP')) return false
      throw error
    }
  }

  private fillRequest(family: number, protocol: number, states: number): void {
    const view = this.requestView
    this.request.fill(0)
    this.request[0] = family
    this.request[1] = protocol
    this.request[2] = protocol === IPPROTO_TCP ? 1 << (INET_DIAG_INFO - 1) : 0
    view.setUint32(4, states, true)
    view.setUint32(48, NOCOOKIE, true)
    view.setUint32(52, NOCOOKIE, true)
  }

  private setAddress(at: number, isV6: boolean, words: ArrayLike<number>): void {
    if (isV6) for (let i = 0; i < 4; i++) this.requestView.setUint32(at + 4 * i, words[i] as number)
    else this.requestView.setUint32(at, words[3] as number)
  }

  private readonly onMessage = (type: number, view: DataView, start: number, end: number): void => {
    if ((type !== SOCK_DIAG_BY_FAMILY && type !== TCPDIAG_GETSOCK) || start + MESSAGE > end) return
    const { socket } = this
    socket.protocol = this.protocol
    socket.family = view.getUint8(start)
    socket.state = view.getUint8(start + 1)
    socket.localPort = view.getUint16(start + 4)
    socket.remotePort = view.getUint16(start + 6)
    readAddress(view, start + 8, socket.family, socket.local)
    readAddress(view, start + 24, socket.family, socket.remote)
    socket.ifindex = view.getUint32(start + 40, true)
    socket.cookie = view.getUint32(start + 44, true) + view.getUint32(start + 48, true) * 0x100000000
    socket.uid = view.getUint32(start + 64, true)
    socket.inode = view.getUint32(start + 68, true)
    socket.v6only = socket.isShutDown = false
    socket.rttUs = socket.rttvarUs = socket.retransmits = -1
    socket.bytesAcked = socket.bytesReceived = socket.segmentsOut = socket.segmentsIn = -1
    forEachAttribute(view, start + MESSAGE, end, this.onAttribute)
    this.visit(socket)
  }

  private readonly onAttribute = (type: number, at: number, end: number, view: DataView): void => {
    const { socket } = this
    if (type === INET_DIAG_SKV6ONLY && end > at) socket.v6only = view.getUint8(at) !== 0
    else if (type === INET_DIAG_SHUTDOWN && end > at) socket.isShutDown = view.getUint8(at) === SHUTDOWN_MASK
    else if (type === INET_DIAG_INFO && end - at >= TCP_INFO_RETRANS_END) {
      socket.rttUs = view.getUint32(at + 68, true)
      socket.rttvarUs = view.getUint32(at + 72, true)
      socket.retransmits = view.getUint32(at + 100, true)
      if (end - at < TCP_INFO_SEGS_END) return
      socket.bytesAcked = readU64(view, at + 120)
      socket.bytesReceived = readU64(view, at + 128)
      socket.segmentsOut = view.getUint32(at + 136, true)
      socket.segmentsIn = view.getUint32(at + 140, true)
    }
  }
}

function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000
}

function readAddress(view: DataView, at: number, family: number, words: Uint32Array): void {
  if (family === AF_INET) {
    words[0] = words[1] = 0
    words[2] = V4_MAPPED
    words[3] = view.getUint32(at)
    return
  }
  for (let i = 0; i < 4; i++) words[i] = view.getUint32(at + 4 * i)
}
