// A file descriptor to write to: in order, without blocking the loop, with backpressure. One write is under way at a time;
// what comes meanwhile waits, and `ready` tells the source to wait too.

import { write } from 'node:fs'
import type { Writable } from 'node:stream'
import { NetoprocError, systemReason } from '../record/error.ts'
import type { ByteSink } from '../record/ndjson-writer.ts'

/** Bytes that may wait before the source is asked to: so few that they are in the processor's cache still when they are written. */
const HIGH_WATER = 512 << 10
const RETRY_MS = 5

export interface OutputEvents {
  /** The reader went away (EPIPE): not an error, but nothing more is worth doing. */
  readonly onClosed: () => void
}

export class FdOutput implements ByteSink {
  private readonly fd: number
  private readonly events: OutputEvents
  private readonly stream: Writable | undefined
  private readonly queue: Array<{ bytes: Uint8Array; readonly release: (() => void) | undefined }> = []
  private pending = 0
  private writing = false
  private closed = false
  private failure: NetoprocError | undefined
  private waiting: Array<() => void> = []

  /**
   * @param stream of the same descriptor, where it is a pipe: Node has made it non-blocking by then (whatever imports
   *   node:process does), and a stream waits until it takes more, where we could only ask again and again
   */
  constructor(fd: number, events: OutputEvents, stream?: Writable) {
    this.fd = fd
    this.events = events
    this.stream = stream
    // Told by the callback of the write that fails as well.
    stream?.on('error', () => {})
  }

  /** @throws NetoprocError when an earlier write failed */
  write(bytes: Uint8Array, release?: () => void): void {
    if (this.failure !== undefined) throw this.failure
    if (this.closed || bytes.length === 0) return
    this.queue.push({ bytes, release })
    this.pending += bytes.length
    if (!this.writing) this.next()
  }

  /** Something is not written yet. */
  get isWriting(): boolean {
    return this.writing
  }

  /** Undefined, or a promise to await before more is written. */
  ready(): Promise<void> | undefined {
    if (this.pending < HIGH_WATER) return undefined
    return new Promise(resolve => this.waiting.push(resolve))
  }

  /** Resolves when everything is written, or the reader is gone. @throws NetoprocError fatal when that cannot be */
  async end(): Promise<void> {
    while (this.writing) await new Promise<void>(resolve => this.waiting.push(resolve))
    if (this.failure !== undefined) throw this.failure
  }

  private next(): void {
    const first = this.queue[0]
    this.writing = first !== undefined
    if (first === undefined || this.pending < HIGH_WATER) this.wake()
    if (first === undefined) return
    const { bytes } = first
    if (this.stream !== undefined) {
      this.stream.write(bytes, error => {
        if (error !== null && error !== undefined) return this.fail(error)
        this.pending -= bytes.length
        this.shift()
      })
      return
    }
    write(this.fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') return setTimeout(() => this.next(), RETRY_MS)
      if (error !== null) return this.fail(error)
      this.pending -= written
      if (written === bytes.length) return this.shift()
      first.bytes = bytes.subarray(written)
      this.next()
    })
  }

  private shift(): void {
    this.queue.shift()?.release?.()
    this.next()
  }

  private fail(error: NodeJS.ErrnoException): void {
    this.queue.length = 0
    this.pending = 0
    this.closed = true
    this.writing = false
    if (error.code === 'EPIPE') this.events.onClosed()
    else {
      this.failure = new NetoprocError('fatal', `cannot write to standard output: ${systemReason(error)}`, {
        cause: error,
      })
      this.events.onClosed()
    }
    this.wake()
  }

  private wake(): void {
    const waiting = this.waiting
    this.waiting = []
    for (const resolve of waiting) resolve()
  }
}
