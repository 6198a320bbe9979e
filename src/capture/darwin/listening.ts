// What the BPF and the PKTAP source have in common: devices that are read in turn, whenever one is ready and now and then
// anyway, until the end.

import type { BpfDevice } from '../../native/darwin/bpf-device.ts'
import { hasCode } from '../../native/system-error.ts'
import type { EndReason, Frame, FrameSink } from '../port.ts'
import { PacketBuffer } from './packet-buffer.ts'

/**
 * A device is read this often, whatever kqueue says of it: any ioctl makes the kernel forget that its timeout has run out, and
 * of an interface that is gone it tells nobody but who reads. So nothing waits longer.
 */
const READ_MS = 250
/** After so long the kernel says that there is something to read. */
export const TIMEOUT_MS = 100

/** One device, and what its packets are made into. */
export interface Listener {
  readonly device: BpfDevice
  /** Hands on one packet, whose time and place `frame` has. @returns whether it was taken */
  readonly take: (buffer: PacketBuffer, frame: Frame, sink: FrameSink) => boolean
  /** The device says that its interface is gone. It is closed already. */
  readonly gone: () => void
}

export class Listening {
  /** Packets that were handed over, and that found no room. */
  taken = 0
  private dropped = 0
  private readonly listeners = new Set<Listener>()
  private readonly polls = new Map<Listener, () => void>()
  private readonly buffers = new Map<number, PacketBuffer>()
  private readonly frame: Frame
  private wake: (() => void) | undefined
  private ending: EndReason | undefined
  private failure: Error | undefined
  private readonly warned = new Set<string>()
  /** The last wait ended because a device was ready. */
  private wasTold = false
  private isClosed = false

  constructor(frame: Frame) {
    this.frame = frame
  }

  add(listener: Listener): void {
    this.listeners.add(listener)
  }

  /** Closes its device. */
  remove(listener: Listener): void {
    if (!this.listeners.delete(listener)) return
    this.polls.get(listener)?.()
    this.polls.delete(listener)
    this.dropped += listener.device.takeDrops()
    listener.device.close()
  }

  /** Makes run() throw this. */
  fail(error: Error): void {
    this.failure ??= error
    this.wake?.()
  }

  /** Makes run() end, once it has handed over what is stored. Nothing more is to be stored. */
  end(reason: EndReason): void {
    this.ending ??= reason
    this.wake?.()
  }

  get isEnding(): boolean {
    return this.ending !== undefined || this.isClosed
  }

  drops(): number {
    for (const { device } of this.listeners) this.dropped += device.takeDrops()
    return this.dropped
  }

  async run(sink: FrameSink, ready: () => Promise<void> | undefined): Promise<EndReason> {
    for (;;) {
      const { ending } = this
      let isIdle = true
      for (const listener of this.listeners) {
        if (this.read(listener, sink) === 0) continue
        isIdle = false
        sink.endOfBlock(Date.now() * 1000)
        await ready()
        if (this.isClosed) break
      }
      if (this.isClosed) return this.ending ?? 'closed'
      if (this.failure !== undefined) throw this.failure
      if (ending !== undefined && isIdle) return ending
      if (ending !== undefined) continue
      // Told of something that was not there: not to be told again before the next look.
      if (isIdle && this.wasTold) this.stopPolling()
      else for (const listener of this.listeners) this.poll(listener, sink)
      await this.wait()
    }
  }

  close(): void {
    this.isClosed = true
    for (const listener of this.listeners) listener.device.close()
    this.listeners.clear()
    this.polls.clear()
    this.wake?.()
  }

  /** @returns bytes read */
  private read(listener: Listener, sink: FrameSink): number {
    const { frame } = this
    const { device } = listener
    const buffer = this.bufferOf(device.bufferBytes)
    let length: number
    try {
      length = device.read(buffer.bytes)
    } catch (error) {
      if (!hasCode(error, 'ENXIO')) throw error
      this.remove(listener)
      listener.gone()
      return 0
    }
    frame.lieIn(buffer.bytes, buffer.view)
    for (let at = 0; at < length;) {
      const next = buffer.packetAt(at, length, frame)
      if (next === undefined) {
        this.warnOnce(sink, 'the kernel handed over a damaged packet: the rest of that buffer is left out')
        break
      }
      if (listener.take(buffer, frame, sink)) this.taken++
      at = next
    }
    return length
  }

  /** Resolves when a device is ready, when somebody wakes us, or after READ_MS. */
  private wait(): Promise<void> {
    this.wasTold = false
    return new Promise(resolve => {
      const timer = setTimeout(() => wake(), READ_MS)
      const wake = () => {
        if (this.wake !== wake) return
        this.wake = undefined
        clearTimeout(timer)
        resolve()
      }
      this.wake = wake
    })
  }

  private poll(listener: Listener, sink: FrameSink): void {
    if (this.polls.has(listener)) return
    if (!listener.device.canPoll) {
      this.warnOnce(
        sink,
        `the system does not tell when /dev/bpf has packets: it is read every ${READ_MS} ms`,
      )
      return
    }
    const stop = listener.device.fd.onReadable(() => {
      // Not in the callback itself: koffi calls it without running the microtasks that wait for this promise.
      if (this.wake === undefined) this.stopPolling()
      else {
        this.wasTold = true
        setImmediate(() => this.wake?.())
      }
    })
    this.polls.set(listener, stop)
  }

  private stopPolling(): void {
    for (const stop of this.polls.values()) stop()
    this.polls.clear()
  }

  private bufferOf(size: number): PacketBuffer {
    let buffer = this.buffers.get(size)
    if (buffer === undefined) this.buffers.set(size, (buffer = new PacketBuffer(size)))
    return buffer
  }

  private warnOnce(sink: FrameSink, message: string): void {
    if (!this.warned.has(message)) sink.warn(message)
    this.warned.add(message)
  }
}
