// When datagram sockets were closed, by local port: what a look at the sockets cannot tell, of those that came and went between
// two looks.

import { SocketCloses } from '../../native/linux/socket-closes.ts'

interface Close {
  readonly cookie: number
  readonly us: number
}

export class PortCloses {
  /** The last close at each port, and the last one before it of another socket. */
  private readonly last = new Map<number, readonly [Close, Close | undefined]>()
  private lostUs = -Infinity
  private readonly closes: SocketCloses

  /** @throws SystemError where the kernel does not tell */
  constructor() {
    this.closes = new SocketCloses({
      closed: (port, cookie) => this.note(port, cookie, Date.now() * 1000),
      lost: () => (this.lostUs = Date.now() * 1000),
    })
  }

  /** Since then no socket but this one was closed at the port, as far as the kernel has told. */
  lastUs(port: number, cookie: number): number {
    this.closes.read()
    const [last, before] = this.last.get(port) ?? []
    const other = last?.cookie === cookie ? before : last
    return Math.max(other?.us ?? -Infinity, this.lostUs)
  }

  close(): void {
    this.closes.close()
  }

  private note(port: number, cookie: number, us: number): void {
    this.last.set(port, [{ cookie, us }, this.last.get(port)?.[0]])
  }
}
