// Messages of the network statistics control: bsd/net/ntstat.h. Private and versioned: a descriptor of another length than
// the known one is of another macOS, and is not read; messages of unknown types are passed over, and counted.

import {
  NSTAT_IFNET_IS_LOOPBACK,
  NSTAT_MSG_HDR_FLAG_CLOSED_AFTER_DROP,
  NSTAT_MSG_HDR_FLAG_CLOSING,
  NSTAT_MSG_HDR_FLAG_CONTINUATION,
  NSTAT_MSG_TYPE_ADD_ALL_SRCS,
  NSTAT_MSG_TYPE_ERROR,
  NSTAT_MSG_TYPE_GET_SRC_DESC,
  NSTAT_MSG_TYPE_GET_UPDATE,
  NSTAT_MSG_TYPE_SRC_ADDED,
  NSTAT_MSG_TYPE_SRC_COUNTS,
  NSTAT_MSG_TYPE_SRC_DESC,
  NSTAT_MSG_TYPE_SRC_REMOVED,
  NSTAT_MSG_TYPE_SRC_UPDATE,
  NSTAT_MSG_TYPE_SUCCESS,
  NSTAT_PROVIDER_QUIC_USERLAND,
  NSTAT_PROVIDER_TCP_KERNEL,
  NSTAT_PROVIDER_TCP_USERLAND,
  NSTAT_PROVIDER_UDP_KERNEL,
  NSTAT_PROVIDER_UDP_USERLAND,
  NSTAT_SRC_REF_ALL,
  nstat_counts,
  nstat_msg_add_all_srcs,
  nstat_msg_error,
  nstat_msg_get_src_description,
  nstat_msg_hdr,
  nstat_msg_query_src,
  nstat_msg_src_added,
  nstat_msg_src_counts,
  nstat_msg_src_description_header,
  nstat_msg_src_removed,
  nstat_msg_src_update_hdr,
  nstat_tcp_descriptor,
  nstat_udp_descriptor,
} from './generated/ntstat.ts'
import { AF_INET, AF_INET6 } from './generated/system.ts'
import { IPPROTO_TCP, IPPROTO_UDP, setV4, withoutScope } from './inet-socket.ts'
import { viewOf } from './struct.ts'

/** Providers that any user may watch; user space: the stacks of Network.framework. */
export const providers = [
  NSTAT_PROVIDER_TCP_KERNEL,
  NSTAT_PROVIDER_TCP_USERLAND,
  NSTAT_PROVIDER_UDP_KERNEL,
  NSTAT_PROVIDER_UDP_USERLAND,
  NSTAT_PROVIDER_QUIC_USERLAND,
] as const

/** What a flow is of. One object, refilled for each message. */
export class FlowDescription {
  /** NSTAT_PROVIDER_… */
  provider = 0
  protocol = 0
  isV6 = false
  readonly local = new Uint32Array(4)
  readonly remote = new Uint32Array(4)
  localPort = 0
  remotePort = 0
  /** The last process that used it. */
  pid = 0
  /** The process on whose behalf; 0: another one is responsible, or nothing is known. */
  effectivePid = 0
  uid = 0
  ifindex = 0
  /** TCPS_…; -1 where there is none. */
  state = -1
  isLoopback = false
  /** Of `pid`, as the kernel knew it: there is nobody else to ask once it has ended. */
  name = ''
}

/** Since the flow began: payload, for TCP with what was sent or came again. One object, refilled for each message. */
export class FlowCounts {
  rxPackets = 0
  rxBytes = 0
  txPackets = 0
  txBytes = 0
}

export interface NtstatSink {
  /** A flow has begun, or was there when its provider was added. */
  added(ref: bigint, provider: number): void
  described(ref: bigint, description: FlowDescription): void
  /** @param isClosing the last that is told of the flow */
  counted(ref: bigint, counts: FlowCounts, isClosing: boolean): void
  /** @param isUncounted its last counts found no room in the socket's buffer */
  removed(ref: bigint, isUncounted: boolean): void
  /** A request is done: errno 0, or why not. @param isContinued ask again for the rest */
  answered(context: bigint, errno: number, isContinued: boolean): void
  /** A message that cannot be read: of an unknown type, or length. */
  unread(type: number, length: number): void
}

const HEADER = nstat_msg_hdr.size
const REF_ALL = NSTAT_SRC_REF_ALL
const header = nstat_msg_hdr.fields
const tcp = nstat_tcp_descriptor.fields
const udp = nstat_udp_descriptor.fields
const countFields = nstat_counts.fields

const description = new FlowDescription()
const counts = new FlowCounts()

/** ADD_ALL_SRCS: every flow of the provider, present and to come. */
export function addAllRequest(provider: number, context: bigint): Uint8Array {
  const message = request(NSTAT_MSG_TYPE_ADD_ALL_SRCS, nstat_msg_add_all_srcs.size, context, 0)
  nstat_msg_add_all_srcs.fields.provider.set(viewOf(message), 0, provider)
  return message
}

/** GET_UPDATE: counts and descriptors of all flows; the answer may come in parts. */
export function updateAllRequest(context: bigint): Uint8Array {
  const message = request(
    NSTAT_MSG_TYPE_GET_UPDATE,
    nstat_msg_query_src.size,
    context,
    NSTAT_MSG_HDR_FLAG_CONTINUATION,
  )
  nstat_msg_query_src.fields.srcref.set(viewOf(message), 0, REF_ALL)
  return message
}

/** GET_SRC_DESC: what one flow is of. */
export function describeRequest(ref: bigint): Uint8Array {
  const message = request(NSTAT_MSG_TYPE_GET_SRC_DESC, nstat_msg_get_src_description.size, 0n, 0)
  nstat_msg_get_src_description.fields.srcref.set(viewOf(message), 0, ref)
  return message
}

function request(type: number, size: number, context: bigint, flags: number): Uint8Array {
  const message = new Uint8Array(size)
  const view = viewOf(message)
  header.context.set(view, 0, context)
  header.type.set(view, 0, type)
  header.length.set(view, 0, size)
  header.flags.set(view, 0, flags)
  return message
}

/** Reads the messages of one datagram. */
export function parseMessages(view: DataView, sink: NtstatSink): void {
  let at = 0
  while (at + HEADER <= view.byteLength) {
    const length = header.length.get(view, at)
    const type = header.type.get(view, at)
    if (length < HEADER || at + length > view.byteLength) {
      sink.unread(type, length)
      return
    }
    if (!parseMessage(view, at, type, length, sink)) sink.unread(type, length)
    // Behind an error comes the request that failed, which is no message.
    if (type === NSTAT_MSG_TYPE_ERROR) return
    at += length
  }
}

/** @returns whether it could be read */
function parseMessage(view: DataView, at: number, type: number, length: number, sink: NtstatSink): boolean {
  const flags = header.flags.get(view, at)
  switch (type) {
    case NSTAT_MSG_TYPE_SUCCESS:
      sink.answered(header.context.big(view, at), 0, (flags & NSTAT_MSG_HDR_FLAG_CONTINUATION) !== 0)
      return true
    case NSTAT_MSG_TYPE_ERROR:
      if (length < nstat_msg_error.size) return false
      sink.answered(header.context.big(view, at), nstat_msg_error.fields.error.get(view, at), false)
      return true
    case NSTAT_MSG_TYPE_SRC_ADDED: {
      if (length < nstat_msg_src_added.size) return false
      const { srcref, provider } = nstat_msg_src_added.fields
      sink.added(srcref.big(view, at), provider.get(view, at))
      return true
    }
    case NSTAT_MSG_TYPE_SRC_REMOVED:
      if (length < nstat_msg_src_removed.size) return false
      sink.removed(
        nstat_msg_src_removed.fields.srcref.big(view, at),
        (flags & NSTAT_MSG_HDR_FLAG_CLOSED_AFTER_DROP) !== 0,
      )
      return true
    case NSTAT_MSG_TYPE_SRC_DESC: {
      const { fields, size } = nstat_msg_src_description_header
      if (length < size) return false
      const isRead = describe(view, at + size, length - size, fields.provider.get(view, at))
      if (isRead) sink.described(fields.srcref.big(view, at), description)
      return isRead
    }
    case NSTAT_MSG_TYPE_SRC_COUNTS: {
      const { fields, size } = nstat_msg_src_counts
      if (length < size) return false
      count(view, at + fields.counts.offset)
      sink.counted(fields.srcref.big(view, at), counts, (flags & NSTAT_MSG_HDR_FLAG_CLOSING) !== 0)
      return true
    }
    case NSTAT_MSG_TYPE_SRC_UPDATE: {
      const { fields, size } = nstat_msg_src_update_hdr
      if (length < size) return false
      if (!describe(view, at + size, length - size, fields.provider.get(view, at))) return false
      const ref = fields.srcref.big(view, at)
      count(view, at + fields.counts.offset)
      sink.described(ref, description)
      sink.counted(ref, counts, (flags & NSTAT_MSG_HDR_FLAG_CLOSING) !== 0)
      return true
    }
    default:
      return false
  }
}

/** @returns false for a descriptor of another version */
function describe(view: DataView, at: number, length: number, provider: number): boolean {
  description.provider = provider
  switch (provider) {
    case NSTAT_PROVIDER_TCP_KERNEL:
    case NSTAT_PROVIDER_TCP_USERLAND:
    case NSTAT_PROVIDER_QUIC_USERLAND: // nstat_quic_descriptor is nstat_tcp_descriptor under another name
      if (length !== nstat_tcp_descriptor.size) return false
      description.pid = tcp.pid.get(view, at)
      description.effectivePid = tcp.epid.get(view, at)
      description.uid = tcp.uid.get(view, at)
      description.name = tcp.pname.text(view, at)
      description.ifindex = tcp.ifindex.get(view, at)
      description.isLoopback = (tcp.ifnet_properties.get(view, at) & NSTAT_IFNET_IS_LOOPBACK) !== 0
      description.protocol = provider === NSTAT_PROVIDER_QUIC_USERLAND ? IPPROTO_UDP : IPPROTO_TCP
      description.state = provider === NSTAT_PROVIDER_QUIC_USERLAND ? -1 : tcp.state.get(view, at)
      return readEnds(view, at + tcp.local.offset, at + tcp.remote.offset)
    case NSTAT_PROVIDER_UDP_KERNEL:
    case NSTAT_PROVIDER_UDP_USERLAND:
      if (length !== nstat_udp_descriptor.size) return false
      description.pid = udp.pid.get(view, at)
      description.effectivePid = udp.epid.get(view, at)
      description.uid = udp.uid.get(view, at)
      description.name = udp.pname.text(view, at)
      description.ifindex = udp.ifindex.get(view, at)
      description.isLoopback = (udp.ifnet_properties.get(view, at) & NSTAT_IFNET_IS_LOOPBACK) !== 0
      description.protocol = IPPROTO_UDP
      description.state = -1
      return readEnds(view, at + udp.local.offset, at + udp.remote.offset)
    default:
      return false
  }
}

/** Two unions of sockaddr_in and sockaddr_in6; an end that is not known yet is of family 0. */
function readEnds(view: DataView, local: number, remote: number): boolean {
  const family = view.getUint8(local + SA_FAMILY)
  if (family !== AF_INET && family !== AF_INET6 && family !== 0) return false
  description.isV6 = family === AF_INET6
  description.localPort = readEnd(view, local, description.local)
  description.remotePort = readEnd(view, remote, description.remote)
  if (description.isV6 && description.remotePort === 0 && isZeroV4(description.remote))
    description.remote.fill(0)
  return true
}

const SA_FAMILY = 1
const SIN_PORT = 2
const SIN_ADDR = 4
const SIN6_ADDR = 8

/** @returns the port */
function readEnd(view: DataView, at: number, words: Uint32Array): number {
  const family = view.getUint8(at + SA_FAMILY)
  if (family === AF_INET6) {
    for (let i = 0; i < 4; i++) words[i] = view.getUint32(at + SIN6_ADDR + 4 * i)
    withoutScope(words)
  } else setV4(words, family === AF_INET ? view.getUint32(at + SIN_ADDR) : 0)
  return family === AF_INET || family === AF_INET6 ? view.getUint16(at + SIN_PORT) : 0
}

function isZeroV4(words: Uint32Array): boolean {
  return words[2] === 0xffff && words[3] === 0
}

function count(view: DataView, at: number): void {
  counts.rxPackets = bounded(countFields.nstat_rxpackets.big(view, at))
  counts.rxBytes = bounded(countFields.nstat_rxbytes.big(view, at))
  counts.txPackets = bounded(countFields.nstat_txpackets.big(view, at))
  counts.txBytes = bounded(countFields.nstat_txbytes.big(view, at))
}

/** Records carry numbers up to 2^53: what is above comes from no counter. */
function bounded(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(value)
}
