// A file descriptor with one owner: closed once, waited for without a thread, counted, so that a test sees a leak.

import koffi, { type node } from 'koffi'

let open = 0

/** Descriptors that are open at present. */
export function openDescriptors(): number {
  return open
}

/** What the system does with a descriptor, by its number. */
export interface DescriptorCalls {
  /** close(2). */
  close(fd: number): number
  /** Throws SystemError where epoll or kqueue, by which libuv waits, does not take the descriptor. */
  checkWaitable(fd: number): void
}

export class FileDescriptor {
  private fd: number
  private readonly system: DescriptorCalls
  // Held here because koffi's handle stops polling, without a word, once it is collected.
  private readonly polls = new Set<node.PollHandle>()

  constructor(fd: number, system: DescriptorCalls) {
    this.fd = fd
    this.system = system
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

  /**
   * Calls back on libuv's loop whenever there is something to read, until the returned function is called, or close.
   * @throws SystemError where the system cannot wait for it
   */
  onReadable(callback: () => void): () => void {
    // koffi ends the process where libuv refuses, and so where the system refuses libuv: asked before.
    this.system.checkWaitable(this.number)
    const poll = koffi.node.poll(this.number, { readable: true, disconnect: true }, () => guarded(callback))
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
    this.system.close(fd)
  }
}

/** koffi keeps what its callback throws, and throws it out of the next call that anybody makes, whatever that is. */
function guarded(callback: () => void): void {
  try {
    callback()
  } catch (error) {
    setImmediate(() => {
      throw error
    })
  }
}
