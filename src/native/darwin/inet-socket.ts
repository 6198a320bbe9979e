// A TCP, UDP or raw socket as libproc and pcblist_n describe it, with addresses and states in netoproc's terms.

import {
  TCPS_CLOSED,
  TCPS_CLOSE_WAIT,
  TCPS_CLOSING,
  TCPS_ESTABLISHED,
  TCPS_FIN_WAIT_1,
  TCPS_FIN_WAIT_2,
  TCPS_LAST_ACK,
  TCPS_LISTEN,
  TCPS_SYN_RECEIVED,
  TCPS_SYN_SENT,
  TCPS_TIME_WAIT,
} from './generated/pcblist.ts'
import { INI_IPV4, INI_IPV6 } from './generated/libproc.ts'

export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17
export const IPPROTO_RAW = 255
export const SOCK_RAW = 3
const V4_MAPPED = 0xffff

/** netinet/tcp_fsm.h; the names are those of Linux, so that records read alike. */
const stateNames: ReadonlyMap<number, string> = new Map([
  [TCPS_CLOSED, 'close'],
  [TCPS_LISTEN, 'listen'],
  [TCPS_SYN_SENT, 'syn-sent'],
  [TCPS_SYN_RECEIVED, 'syn-recv'],
  [TCPS_ESTABLISHED, 'established'],
  [TCPS_CLOSE_WAIT, 'close-wait'],
  [TCPS_FIN_WAIT_1, 'fin-wait-1'],
  [TCPS_CLOSING, 'closing'],
  [TCPS_LAST_ACK, 'last-ack'],
  [TCPS_FIN_WAIT_2, 'fin-wait-2'],
  [TCPS_TIME_WAIT, 'time-wait'],
])

/** One socket. One object, refilled for each, so that ten thousand sockets cost no allocation. */
export class InetSocket {
  protocol = 0
  isV6 = false
  /** An IPv6 socket that takes IPv4 too. */
  isDual = false
  /** TCPS_…; of TCP only. */
  state = 0
  /** Words in host order; IPv4 is IPv4-mapped. Of raw sockets the local port is the protocol that they take. */
  readonly local = new Uint32Array(4)
  readonly remote = new Uint32Array(4)
  localPort = 0
  remotePort = 0
  /** Of the protocol control block: counts up for each new one of the protocol. 0: a flow without one, in user space. */
  generation = 0n

  get isConnected(): boolean {
    const { remote } = this
    return this.remotePort !== 0 || remote[0] !== 0 || remote[1] !== 0 || (remote[3] as number) !== 0
  }

  get isListening(): boolean {
    return this.protocol === IPPROTO_TCP && this.state === TCPS_LISTEN
  }

  /** The process has closed it, and the kernel does not remember whose it was. */
  get isOver(): boolean {
    return this.protocol === IPPROTO_TCP && this.state === TCPS_TIME_WAIT
  }

  /** As in records; sockets without connections are established, or unconnected. */
  get stateName(): string {
    if (this.protocol === IPPROTO_TCP) return tcpStateName(this.state)
    return this.isConnected ? 'established' : 'unconnected'
  }

  /**
   * Reads the addresses: 16 bytes each, of which IPv4 fills the last four.
   * @param vflag INI_IPV4 and INI_IPV6: what the socket is used for; both: it is not bound to either
   */
  setAddresses(view: DataView, local: number, remote: number, vflag: number): void {
    this.isV6 = (vflag & INI_IPV6) !== 0
    this.isDual = this.isV6 && (vflag & INI_IPV4) !== 0
    readAddress(view, local, this.isV6, this.local)
    readAddress(view, remote, this.isV6, this.remote)
  }

  /** @param type SOCK_… @param protocol IPPROTO_… */
  setProtocol(type: number, protocol: number, localPort: number, remotePort: number): void {
    const isRaw = type === SOCK_RAW
    this.protocol = isRaw ? IPPROTO_RAW : protocol
    this.localPort = isRaw ? protocol : localPort
    this.remotePort = isRaw ? 0 : remotePort
  }
}

export function tcpStateName(state: number): string {
  return stateNames.get(state) ?? 'unknown'
}

/** A field of 16 bytes with an address in network order, of which IPv4 fills the last four. */
function readAddress(view: DataView, at: number, isV6: boolean, words: Uint32Array): void {
  if (isV6) for (let i = 0; i < 4; i++) words[i] = view.getUint32(at + 4 * i)
  else setV4(words, view.getUint32(at + 12))
  withoutScope(words)
}

export function setV4(words: Uint32Array, address: number): void {
  words[0] = words[1] = 0
  words[2] = V4_MAPPED
  words[3] = address
}

/** The kernel keeps the interface of a link-local address in its second 16 bits (KAME); on the wire there are zeros. */
export function withoutScope(words: Uint32Array): void {
  const top = (words[0] as number) >>> 16
  const isLinkLocal = (top & 0xffc0) === 0xfe80 || (top & 0xff0f) === 0xff02
  if (isLinkLocal) words[0] = (top << 16) >>> 0
}
