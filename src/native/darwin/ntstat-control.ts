// The network statistics control, com.apple.network.statistics (bsd/net/ntstat.c, bsd/kern/kern_control.c): the kernel tells
// of each flow when it begins and ends, whose it is, and what it has moved. Open to any user for TCP, UDP and QUIC. A request
// is answered before send(2) returns: the answer lies in the socket's buffer, as far as that has room.

import type { FileDescriptor } from '../file-descriptor.ts'
import { SystemError, hasCode } from '../system-error.ts'
import {
  AF_SYS_CONTROL,
  CTLIOCGINFO,
  NET_STAT_CONTROL_NAME,
  SYSPROTO_CONTROL,
  ctl_info,
  sockaddr_ctl,
} from './generated/ntstat.ts'
import { AF_SYSTEM, MSG_DONTWAIT, SOCK_DGRAM, SOL_SOCKET, SO_RCVBUF, errorNames } from './generated/system.ts'
import { connect, ioctl, recv, send, setsockopt, socket } from './libsystem.ts'
import {
  type NtstatSink,
  addAllRequest,
  describeRequest,
  parseMessages,
  providers,
  updateAllRequest,
} from './ntstat-message.ts'
import { viewOf } from './struct.ts'

/** The default of 8 KiB loses messages; some systems allow less than this. */
const BUFFER_SIZES = [4 << 20, 1 << 20, 256 << 10]
/** The kernel fills datagrams up to 4 KiB, and one message may be longer. */
const DATAGRAM = 64 << 10
/** Parts of one answer: of a hundred flows each, or fewer. */
const MAX_PARTS = 100_000
/** An answer that found no room is asked for again: there is room now. */
const MAX_TRIES = 8

export class NtstatControl {
  private readonly fd: FileDescriptor
  private readonly sink: NtstatSink
  private readonly buffer = new Uint8Array(DATAGRAM)
  private context = 1n
  /** Of the request that waits for its answer. */
  private awaited = 0n
  private answer: { errno: number; isContinued: boolean } | undefined

  /** Told of what comes: while a method of this object runs. @throws SystemError */
  constructor(sink: NtstatSink) {
    this.sink = {
      added: (ref, provider) => sink.added(ref, provider),
      described: (ref, description) => sink.described(ref, description),
      counted: (ref, counts, isClosing) => sink.counted(ref, counts, isClosing),
      removed: (ref, isUncounted) => sink.removed(ref, isUncounted),
      unread: (type, length) => sink.unread(type, length),
      answered: (context, errno, isContinued) => {
        if (context === this.awaited) this.answer = { errno, isContinued }
        sink.answered(context, errno, isContinued)
      },
    }
    this.fd = socket('socket(PF_SYSTEM)', AF_SYSTEM, SOCK_DGRAM, SYSPROTO_CONTROL)
    try {
      this.enlarge()
      connect(`connect(${NET_STAT_CONTROL_NAME})`, this.fd, this.address())
    } catch (error) {
      this.fd.close()
      throw error
    }
  }

  /**
   * Asks for every flow of a provider: those that are there are told as added before this returns.
   * @returns false where this system has no such provider, or does not let one watch it
   * @throws SystemError
   */
  watch(provider: (typeof providers)[number]): boolean {
    const context = this.context++
    const answer = this.ask(context, addAllRequest(provider, context))
    if (answer.errno === 0) return true
    const error = new SystemError(`ntstat: ADD_ALL_SRCS ${provider}`, answer.errno, errorNames)
    if (hasCode(error, 'ENOENT', 'ENOTSUP', 'EPERM', 'EACCES')) return false
    throw error
  }

  /**
   * Has the counts and the description of every flow told. What finds no room in the buffer the kernel passes over without a
   * word; it is told the next time, as counts are since the beginning of the flow.
   * @returns whether the kernel came to the end of its flows
   * @throws SystemError
   */
  update(): boolean {
    // One context for all parts: another one would end the answer.
    const context = this.context++
    const request = updateAllRequest(context)
    let tries = MAX_TRIES
    for (let part = 0; part < MAX_PARTS; part++) {
      const { errno, isContinued } = this.ask(context, request)
      if (errno !== 0 && --tries === 0) return false
      if (errno === 0 && !isContinued) return true
    }
    return false
  }

  /** Has the description of one flow told; of one that is gone, nothing. @throws SystemError */
  describe(ref: bigint): void {
    this.send(describeRequest(ref))
  }

  /** Takes what has come. @throws SystemError */
  drain(): void {
    for (;;) {
      let length
      try {
        length = recv('recv(ntstat)', this.fd, this.buffer, MSG_DONTWAIT)
      } catch (error) {
        if (hasCode(error, 'EAGAIN', 'EINTR')) return
        throw error
      }
      // A kernel control has no empty messages.
      if (length === 0) return
      parseMessages(viewOf(this.buffer.subarray(0, length)), this.sink)
    }
  }

  /** Calls back whenever there is something to take. */
  onReadable(callback: () => void): void {
    this.fd.onReadable(callback)
  }

  close(): void {
    this.fd.close()
  }

  private ask(context: bigint, request: Uint8Array): { errno: number; isContinued: boolean } {
    this.answer = undefined
    this.awaited = context
    this.send(request)
    this.drain()
    return this.answer ?? noAnswer
  }

  private send(request: Uint8Array): void {
    try {
      send('send(ntstat)', this.fd, request)
    } catch (error) {
      // No room for an answer, or for the error that says so: what has come makes room, and there is no answer.
      if (!hasCode(error, 'ENOBUFS', 'ENOMEM', 'EAGAIN')) throw error
      this.drain()
    }
  }

  private enlarge(): void {
    const value = new Uint8Array(4)
    for (const size of BUFFER_SIZES) {
      viewOf(value).setInt32(0, size, true)
      try {
        setsockopt('setsockopt(SO_RCVBUF)', this.fd, SOL_SOCKET, SO_RCVBUF, value)
        return
      } catch (error) {
        // More than kern.ipc.maxsockbuf allows.
        if (!hasCode(error, 'ENOBUFS', 'EINVAL')) throw error
      }
    }
  }

  private address(): Uint8Array {
    const info = new Uint8Array(ctl_info.size)
    ctl_info.fields.ctl_name.setText(viewOf(info), 0, NET_STAT_CONTROL_NAME)
    ioctl('ioctl(CTLIOCGINFO)', this.fd, CTLIOCGINFO, info)
    const address = new Uint8Array(sockaddr_ctl.size)
    const view = viewOf(address)
    const { fields } = sockaddr_ctl
    fields.sc_len.set(view, 0, sockaddr_ctl.size)
    fields.sc_family.set(view, 0, AF_SYSTEM)
    fields.ss_sysaddr.set(view, 0, AF_SYS_CONTROL)
    fields.sc_id.set(view, 0, ctl_info.fields.ctl_id.get(viewOf(info), 0))
    fields.sc_unit.set(view, 0, 0)
    return address
  }
}

/** ENOBUFS */
const noAnswer = { errno: 55, isContinued: false } as const
