// The bytes of a capture file, or of standard input. A pipe is read as it gets ready, never by a thread that waits in read(2):
// nothing could wake that thread, and the exit of the process waits for it. A socket, which inetd and sshd give a command as its
// standard input, cannot be opened by name at all.

import { constants, fstatSync, openSync, statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Socket } from 'node:net'
import { isatty } from 'node:tty'
import { NetoprocError } from '../../record/error.ts'

export interface FileInput {
  /** @returns how many bytes were put at `at`; 0 at the end, or once woken */
  read(into: Uint8Array, at: number, length: number): Promise<number>
  /** What is to come is not wanted any more: ends a read that waits for it. */
  wake(): void
  close(): void
}

/** @param path of a file, or "-" for standard input. @throws NodeJS.ErrnoException; NetoprocError usage for a terminal */
export async function openInput(path: string): Promise<FileInput> {
  if (path === '-') {
    const stat = fstatSync(0)
    if (stat.isFIFO() || stat.isSocket()) return new PipeInput(0)
  } else if (statSync(path).isFIFO()) {
    // It is open before anybody writes to it: else a thread would wait for that.
    return new PipeInput(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
  }
  // The same file on Linux and macOS, read anew from its begin.
  const file = await open(path === '-' ? '/dev/stdin' : path, 'r')
  if ((await file.stat()).isDirectory()) {
    await file.close()
    throw new Error('it is a directory (EISDIR)')
  }
  if (isatty(file.fd)) {
    await file.close()
    const name = path === '-' ? 'standard input' : path
    throw new NetoprocError('usage', `${name} is a terminal, where no packets come from`)
  }
  return new HandleInput(file)
}

class HandleInput implements FileInput {
  private readonly file: FileHandle

  constructor(file: FileHandle) {
    this.file = file
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    return (await this.file.read(into, at, length, null)).bytesRead
  }

  /** A file never waits. */
  wake(): void {}

  close(): void {
    void this.file.close()
  }
}

class PipeInput implements FileInput {
  private readonly socket: Socket
  /** What was read and did not fit. */
  private rest: Buffer | null = null
  private hasEnded = false
  private failure: Error | undefined
  private onNews = (): void => {}

  constructor(fd: number) {
    this.socket = new Socket({ fd, readable: true, writable: false })
    this.socket.on('readable', () => this.onNews())
    this.socket.on('end', () => this.wake())
    this.socket.on('error', error => {
      this.failure = error
      this.wake()
    })
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    for (;;) {
      const bytes = this.rest ?? (this.socket.read() as Buffer | null)
      if (bytes !== null) {
        const taken = Math.min(length, bytes.length)
        into.set(bytes.subarray(0, taken), at)
        this.rest = taken < bytes.length ? bytes.subarray(taken) : null
        return taken
      }
      if (this.failure !== undefined) throw this.failure
      if (this.hasEnded) return 0
      await new Promise<void>(resolve => (this.onNews = resolve))
    }
  }

  wake(): void {
    this.hasEnded = true
    this.onNews()
  }

  close(): void {
    this.socket.destroy()
  }
}
