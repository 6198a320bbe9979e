// Every TCP, UDP or raw socket of the machine, whoever's it is, with the process that last used it and what it has moved: the
// sysctls net.inet.{tcp,udp,raw}.pcblist_n (bsd/netinet/in_pcblist.c). They ask for no privilege. A list is
//
//   xinpgen · per socket: xinpcb_n · xsocket_n · xsockbuf_n · xsockbuf_n · xsockstat_n · [xtcpcb_n] · xinpgen
//
// Every record begins with its length and, but for xinpgen (length 24), its kind; the next begins at the length rounded up to
// 8. Records are gone through by kind, and none is read beyond its own length: a later macOS may have others.

import {
  INP_IPV4,
  INP_IPV6,
  XSO_INPCB,
  XSO_SOCKET,
  XSO_STATS,
  XSO_TCPCB,
  xinpcb_n,
  xinpgen,
  xsocket_n,
  xsockstat_n,
  xtcpcb_n,
} from './generated/pcblist.ts'
import { IPPROTO_RAW, IPPROTO_TCP, IPPROTO_UDP, InetSocket } from './inet-socket.ts'
import { readSysctl } from './libsystem.ts'
import { viewOf } from './struct.ts'

const names: ReadonlyMap<number, string> = new Map([
  [IPPROTO_TCP, 'net.inet.tcp.pcblist_n'],
  [IPPROTO_UDP, 'net.inet.udp.pcblist_n'],
  [IPPROTO_RAW, 'net.inet.raw.pcblist_n'],
])

/** Protocols that have a list. */
export const listedProtocols = [...names.keys()]

const HEADER = 8
const SOURCE_ADDRESS_V4 = 16
const SOURCE_ADDRESS_V6 = 28

export class ListedSocket extends InetSocket {
  uid = 0
  /** The process that last worked on the socket; 0: the kernel made it. */
  lastPid = 0
  /** The process on whose behalf another one uses it; 0: none. */
  effectivePid = 0
  /** Payload and packets since the socket was made. */
  rxBytes = 0
  txBytes = 0
  rxPackets = 0
  txPackets = 0

  clear(): void {
    this.state = this.uid = this.lastPid = this.effectivePid = 0
    this.rxBytes = this.txBytes = this.rxPackets = this.txPackets = 0
  }
}

/** What a list held beside the sockets that were told. */
export interface ListReading {
  readonly sockets: number
  /** Sockets whose records are shorter than those that are known. */
  readonly unreadable: number
  /** A record goes beyond the end of the list: what is behind it was not read. */
  readonly isCut: boolean
}

/** Calls back with each socket of the protocol. The object is refilled for the next one. @throws SystemError */
export function forEachListed(protocol: number, visit: (socket: ListedSocket) => void): ListReading {
  const name = names.get(protocol)
  if (name === undefined) throw new RangeError(`protocol ${protocol} has no pcblist_n`)
  return parsePcblist(viewOf(readSysctl(`sysctl(${name})`, name)), protocol, visit)
}

export function parsePcblist(
  view: DataView,
  protocol: number,
  visit: (socket: ListedSocket) => void,
): ListReading {
  const socket = new ListedSocket()
  let sockets = 0
  let unreadable = 0
  /** Kinds of the present socket that were met; 0: there is none. */
  let seen = 0
  let isReadable = true
  const finish = () => {
    if (!isReadable) unreadable++
    else if ((seen & XSO_SOCKET) !== 0 && socket.protocol !== 0) {
      sockets++
      countOnce(socket)
      visit(socket)
    }
    seen = 0
    isReadable = true
  }
  let at = 0
  while (at + HEADER <= view.byteLength) {
    const length = view.getUint32(at, true)
    if (length < HEADER || at + length > view.byteLength) {
      finish()
      return { sockets, unreadable, isCut: true }
    }
    if (length === xinpgen.size) {
      finish()
      at += xinpgen.size
      continue
    }
    const kind = view.getUint32(at + 4, true)
    if (kind === XSO_INPCB) {
      finish()
      socket.clear()
    }
    const size = sizes.get(kind)
    if (size !== undefined && (seen !== 0 || kind === XSO_INPCB)) {
      if (length < size) isReadable = false
      else read(kind, view, at, protocol, socket)
      seen |= kind
    }
    at += (length + 7) & ~7
  }
  finish()
  return { sockets, unreadable, isCut: false }
}

const sizes: ReadonlyMap<number, number> = new Map([
  [XSO_INPCB, xinpcb_n.size],
  [XSO_SOCKET, xsocket_n.size],
  [XSO_STATS, xsockstat_n.size],
  [XSO_TCPCB, xtcpcb_n.size],
])

function read(kind: number, view: DataView, at: number, protocol: number, socket: ListedSocket): void {
  switch (kind) {
    case XSO_INPCB:
      readInpcb(view, at, protocol, socket)
      break
    case XSO_SOCKET: {
      const { fields } = xsocket_n
      socket.uid = fields.so_uid.get(view, at)
      socket.lastPid = fields.so_last_pid.get(view, at)
      socket.effectivePid = fields.so_e_pid.get(view, at)
      // The list of raw sockets has datagram sockets for ICMP, too. One whose descriptor is closed already tells no type.
      if (protocol === IPPROTO_RAW && socket.protocol !== 0)
        socket.setProtocol(fields.so_type.get(view, at), fields.xso_protocol.get(view, at), 0, 0)
      break
    }
    case XSO_STATS: {
      const { fields } = xsockstat_n
      socket.rxPackets = counter(fields['xst_tc_stats[0].rxpackets'].big(view, at))
      socket.rxBytes = counter(fields['xst_tc_stats[0].rxbytes'].big(view, at))
      socket.txPackets = counter(fields['xst_tc_stats[0].txpackets'].big(view, at))
      socket.txBytes = counter(fields['xst_tc_stats[0].txbytes'].big(view, at))
      break
    }
    case XSO_TCPCB:
      socket.state = xtcpcb_n.fields.t_state.get(view, at)
  }
}

function readInpcb(view: DataView, at: number, protocol: number, socket: ListedSocket): void {
  const { fields } = xinpcb_n
  const vflag = fields.inp_vflag.get(view, at) & (INP_IPV4 | INP_IPV6)
  // Of neither family: not in use.
  socket.protocol = vflag === 0 ? 0 : protocol
  // Network order.
  socket.localPort = view.getUint16(at + fields.inp_lport.offset)
  socket.remotePort = view.getUint16(at + fields.inp_fport.offset)
  socket.generation = fields.inp_gencnt.big(view, at)
  socket.setAddresses(view, at + fields.inp_dependladdr.offset, at + fields.inp_dependfaddr.offset, vflag)
}

/**
 * The kernel adds a received datagram twice to a UDP socket's counters: once its payload, and once more with its source
 * address (netinet/udp_usrreq.c, kern/uipc_socket2.c). Control messages, where a process has asked for them, are in there
 * too and cannot be told apart. Flows in user space are counted once.
 */
function countOnce(socket: ListedSocket): void {
  if (socket.protocol !== IPPROTO_UDP || socket.generation === 0n) return
  socket.rxPackets = Math.floor(socket.rxPackets / 2)
  const address = socket.isV6 ? SOURCE_ADDRESS_V6 : SOURCE_ADDRESS_V4
  socket.rxBytes = Math.max(0, Math.floor((socket.rxBytes - socket.rxPackets * address) / 2))
}

/** Records carry numbers up to 2^53: what is above comes from no counter. */
function counter(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(value)
}
