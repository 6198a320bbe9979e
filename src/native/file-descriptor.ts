// A file descriptor with one owner: closed once, waited for without a thread, counted, so that a test sees a leak.

import koffi, { type node } from 'koffi'

let open = 0

/** Descriptors that are open at present. */
export function openDescriptors(): number {
  return open
}

export class FileDescriptor {
  private fd: number
  private readonly closeCall: (fd: number) => number
  // Held here because koffi's handle stops polling, without a word, once it is collected.
  private readonly polls = new Set<node.PollHandle>()

  /** @param close the system's close(2) */
  constructor(fd: number, close: (fd: number) => number) {
    this.fd = fd
    this.closeCall = close
    open++
  }

  /** The number, for system calls. Throws once it is closed: the number may belong to another file by then. */
  get number(): number {
    if (this.fd < 0) throw new Error('file descriptor used after close')
    return this.fd
  }

  get isClosed(): boolean {
    return this.fd < 0
  }

  /** Calls back on libuv's loop whenever there is something to read, until the returned function is called, or close. */
  onReadable(callback: () => void): () => void {
    const poll = koffi.node.poll(this.number, { readable: true, disconnect: true }, callback)
    this.polls.add(poll)
    return () => {
      if (this.polls.delete(poll)) poll.close()
    }
  }

  close(): void {
    if (this.fd < 0) return
    for (const poll of this.polls) poll.close()
    this.polls.clear()
    const fd = this.fd
    this.fd = -1
    open--
    this.closeCall(fd)
  }
}
