// A file or descriptor to read from in large pieces, as fast as the consumer takes them. A pipe is read as it gets ready,
// never by a thread that waits in read(2): nothing could wake that thread, and the exit of the process waits for it.

import { close, closeSync, constants, fstatSync, openSync, read, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { isatty } from 'node:tty'
import { NetoprocError, systemReason } from '../record/error.ts'

const PIECE = 1 << 20
/** As much as a pipe holds on Linux. */
const PIPE_PIECE = 64 << 10
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
    const fd = typeof this.from === 'number' ? this.from : this.open(this.from)
    if (isPipe(fd)) return this.runPipe(fd, onPiece, ready)
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

  /** Makes run resolve, even while it waits for input that does not come. */
  stop(): void {
    this.stopped = true
    this.wake?.()
  }

  private runPipe(
    fd: number,
    onPiece: (bytes: Uint8Array) => void,
    ready: () => Promise<void> | undefined,
  ): Promise<void> {
    const buffer = Buffer.allocUnsafe(PIPE_PIECE)
    return new Promise((resolve, reject) => {
      const take = (length: number): boolean => {
        if (this.stopped) return false
        try {
          onPiece(buffer.subarray(0, length))
        } catch (error) {
          socket.destroy()
          reject(error)
          return false
        }
        const wait = ready()
        if (wait === undefined) return true
        void wait.then(() => socket.resume())
        return false
      }
      // One buffer for all pieces; the type does not know it here, though net.Socket takes it as connect() does.
      const options = { fd, readable: true, writable: false, onread: { buffer, callback: take } }
      const socket = new Socket(options)
      socket.on('end', () => resolve())
      socket.on('error', error => reject(this.error(error)))
      this.wake = () => {
        socket.destroy()
        resolve()
      }
      if (this.stopped) this.wake()
      else socket.resume()
    })
  }

  private open(path: string): number {
    let fd: number
    try {
      // A named pipe is open before anybody writes to it: else a thread would wait for that, and nothing could wake it.
      const noWait = statSync(path).isFIFO() ? constants.O_NONBLOCK : 0
      fd = openSync(path, constants.O_RDONLY | noWait)
    } catch (error) {
      throw this.error(error as NodeJS.ErrnoException)
    }
    if (!isatty(fd)) return fd
    closeSync(fd)
    throw new NetoprocError('usage', `${path} is a terminal, where no records come from`)
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
    return new NetoprocError('fatal', `cannot read ${what}: ${systemReason(error)}`, { cause: error })
  }
}

function isPipe(fd: number): boolean {
  const stat = fstatSync(fd)
  return stat.isFIFO() || stat.isSocket()
}
