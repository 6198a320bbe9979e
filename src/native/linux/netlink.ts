// Netlink requests and dumps (netlink(7), linux/netlink.h): framing and attributes only; what the messages mean is for
// sock-diag.ts and rtnetlink.ts. All integers are in host byte order, which is little-endian on every machine that
// netoproc's Linux backends know (x86-64, arm64).
//
//   nlmsghdr  0 u32 length (header included)  4 u16 type  6 u16 flags  8 u32 sequence  12 u32 port id
//   rtattr    0 u16 length (header included)  2 u16 type  4 payload, padded to 4 bytes

import { SystemError } from '../system-error.ts'
import type { FileDescriptor } from '../file-descriptor.ts'
import { AF_NETLINK, SOCK_RAW, SOL_SOCKET, recv, send, setsockopt, socket } from './libc.ts'

const NLMSG_HEADER = 16
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const NLM_F_REQUEST = 0x01
const NLM_F_DUMP = 0x300
const NLM_F_DUMP_INTR = 0x10
const SO_RCVBUF = 8

/** One message of an answer: bytes [start, end) of `view` are its payload, behind the nlmsghdr. */
export type MessageHandler = (type: number, view: DataView, start: number, end: number) => void

export class NetlinkSocket {
  readonly fd: FileDescriptor
  private readonly name: string
  // A dump comes in pieces of at most 32 KiB, unless the reader offers more.
  private readonly buffer = new Uint8Array(256 * 1024)
  private readonly view = new DataView(this.buffer.buffer)
  private sequence = 0

  /**
   * @param protocol NETLINK_ROUTE 0, NETLINK_SOCK_DIAG 4, NETLINK_CONNECTOR 11 (linux/netlink.h)
   * @param name of the protocol, for errors
   * @throws SystemError
   */
  constructor(protocol: number, name: string) {
    this.name = name
    this.fd = socket(`socket(AF_NETLINK, ${name})`, AF_NETLINK, SOCK_RAW, protocol)
    const size = new Uint8Array(4)
    new DataView(size.buffer).setUint32(0, 1 << 20, true)
    setsockopt(`setsockopt(${name}, SO_RCVBUF)`, this.fd, SOL_SOCKET, SO_RCVBUF, size)
  }

  /**
   * Sends one dump request and calls back for each message of the answer, synchronously.
   * @returns false when the kernel's table changed meanwhile (NLM_F_DUMP_INTR): entries may be missing or double
   * @throws SystemError of the kernel's NLMSG_ERROR, or NLMSG_DONE
   */
  dump(type: number, payload: Uint8Array, onMessage: MessageHandler): boolean {
    const sequence = this.request(type, NLM_F_REQUEST | NLM_F_DUMP, payload)
    let consistent = true
    for (;;) {
      const received = recv(`recv(${this.name})`, this.fd, this.buffer, 0)
      for (let at = 0; at + NLMSG_HEADER <= received;) {
        const length = this.view.getUint32(at, true)
        if (length < NLMSG_HEADER || at + length > received)
          throw new Error(`${this.name}: message cut short`)
        // What is left of an earlier dump that was broken off by an error.
        if (this.view.getUint32(at + 8, true) === sequence) {
          const kind = this.view.getUint16(at + 4, true)
          if ((this.view.getUint16(at + 6, true) & NLM_F_DUMP_INTR) !== 0) consistent = false
          // The end tells of an error, too: netlink_dump_done().
          const hasResult = (kind === NLMSG_DONE || kind === NLMSG_ERROR) && length >= NLMSG_HEADER + 4
          const result = hasResult ? this.view.getInt32(at + NLMSG_HEADER, true) : 0
          if (result < 0 || kind === NLMSG_ERROR) throw new SystemError(`${this.name} dump ${type}`, -result)
          if (kind === NLMSG_DONE) return consistent
          onMessage(kind, this.view, at + NLMSG_HEADER, at + length)
        }
        at += (length + 3) & ~3
      }
    }
  }

  /**
   * Sends a request for one object and calls back with the answer, synchronously.
   * @returns 0, or the errno that the kernel answered with (ENOENT: there is no such object)
   * @throws SystemError when the answer cannot be read
   */
  get(type: number, payload: Uint8Array, onMessage: MessageHandler): number {
    const sequence = this.request(type, NLM_F_REQUEST, payload)
    for (;;) {
      const received = recv(`recv(${this.name})`, this.fd, this.buffer, 0)
      for (let at = 0; at + NLMSG_HEADER <= received;) {
        const length = this.view.getUint32(at, true)
        if (length < NLMSG_HEADER || at + length > received)
          throw new Error(`${this.name}: message cut short`)
        if (this.view.getUint32(at + 8, true) === sequence) {
          const kind = this.view.getUint16(at + 4, true)
          if (kind === NLMSG_ERROR) return -this.view.getInt32(at + NLMSG_HEADER, true)
          onMessage(kind, this.view, at + NLMSG_HEADER, at + length)
          return 0
        }
        at += (length + 3) & ~3
      }
    }
  }

  /** @returns the sequence number that the answer carries */
  private request(type: number, flags: number, payload: Uint8Array): number {
    const sequence = ++this.sequence
    const request = new Uint8Array(NLMSG_HEADER + payload.length)
    const header = new DataView(request.buffer)
    header.setUint32(0, request.length, true)
    header.setUint16(4, type, true)
    header.setUint16(6, flags, true)
    header.setUint32(8, sequence, true)
    request.set(payload, NLMSG_HEADER)
    send(`send(${this.name})`, this.fd, request)
    return sequence
  }

  close(): void {
    this.fd.close()
  }
}

/** Calls back for each attribute in [start, end) of a message. Attributes that do not fit end the walk. */
export function forEachAttribute(
  view: DataView,
  start: number,
  end: number,
  callback: (type: number, start: number, end: number, view: DataView) => void,
): void {
  for (let at = start; at + 4 <= end;) {
    const length = view.getUint16(at, true)
    if (length < 4 || at + length > end) return
    // The two high bits are flags: NLA_F_NESTED, NLA_F_NET_BYTEORDER.
    callback(view.getUint16(at + 2, true) & 0x3fff, at + 4, at + length, view)
    at += (length + 3) & ~3
  }
}
