// A file or descriptor to read from in large pieces, as fast as the consumer takes them.

import { close, fstatSync, open, read } from 'node:fs'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { NetoprocError } from '../record/error.ts'

const PIECE = 1 << 20
const RETRY_MS = 5

export class FdInput {
  private readonly from: number | string
  private stopped = false
  private wake: (() => void) | undefined

  /** @param from a descriptor, or the path of a file */
  constructor(from: number | string) {
    this.from = from
  }

  /**
   * Calls back for each piece, which is valid until the callback returns; resolves at the end of the input or after stop.
   * @throws NetoprocError
   */
  async run(onPiece: (bytes: Uint8Array) => void, ready: () => Promise<void> | undefined): Promise<void> {
    if (this.from === 0 && isPipe(0)) return this.follow(process.stdin, onPiece, ready)
    const fd = typeof this.from === 'number' ? this.from : await this.open(this.from)
    const buffer = Buffer.allocUnsafe(PIECE)
    try {
      while (!this.stopped) {
        const length = await this.piece(fd, buffer)
        if (length === 0) return
        if (length > 0) onPiece(buffer.subarray(0, length))
        const wait = ready()
        if (wait !== undefined) await wait
      }
    } finally {
      if (typeof this.from === 'string') close(fd)
    }
  }

  /**
   * A pipe. Node has made it non-blocking by then (whatever imports node:process does): a stream waits until there is more,
   * where read(2) could only be tried again and again.
   */
  private async follow(
    stream: Readable,
    onPiece: (bytes: Uint8Array) => void,
    ready: () => Promise<void> | undefined,
  ): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.wake = resolve
        stream.on('end', resolve)
        stream.on('error', (error: NodeJS.ErrnoException) => reject(this.error(error)))
        stream.on('data', (bytes: Buffer) => {
          if (this.stopped) return
          try {
            onPiece(bytes)
            const wait = ready()
            if (wait === undefined) return
            stream.pause()
            void wait.then(() => stream.resume())
          } catch (error) {
            reject(error as Error)
          }
        })
        if (this.stopped) resolve()
      })
    } finally {
      stream.destroy()
    }
  }

  /** Makes run resolve, even while it waits for input that does not come. */
  stop(): void {
    this.stopped = true
    this.wake?.()
  }

  private open(path: string): Promise<number> {
    return new Promise((resolve, reject) =>
      open(path, 'r', (error, fd) => (error === null ? resolve(fd) : reject(this.error(error)))),
    )
  }

  /** Bytes read; 0 at the end or when stopped, -1 to try again. */
  private piece(fd: number, buffer: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.wake = () => resolve(0)
      read(fd, buffer, 0, buffer.length, null, (error, length) => {
        if (error === null) resolve(length)
        else if (error.code === 'EAGAIN') setTimeout(() => resolve(-1), RETRY_MS)
        else if (error.code === 'EOF') resolve(0)
        else reject(this.error(error))
      })
    })
  }

  private error(error: NodeJS.ErrnoException): NetoprocError {
    const what = typeof this.from === 'string' ? this.from : 'standard input'
    return new NetoprocError('fatal', `cannot read ${what}: ${error.code ?? error.message}`, { cause: error })
  }
}

function isPipe(fd: number): boolean {
  const stat = fstatSync(fd)
  return stat.isFIFO() || stat.isSocket()
}
