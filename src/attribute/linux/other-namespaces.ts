// Network namespaces that processes run in, beside our own (containers): found by /proc, their sockets read inside them.

import { inNetworkNamespace } from '../../native/linux/network-namespace.ts'
import { SockDiag } from '../../native/linux/sock-diag.ts'
import { hasCode } from '../../native/system-error.ts'
import { NamespaceSockets, type SocketChanges } from './namespace-sockets.ts'
import type { ProcessTable } from './process-table.ts'

/** They are looked into, and looked for, this often. */
const PERIOD_US = 500_000

export class OtherNamespaces {
  private readonly ownNetns: number
  private readonly processes: ProcessTable
  private readonly host: SocketChanges
  private readonly degrade: (reason: string) => void
  private readonly sockets = new Map<number, NamespaceSockets>()
  /** The processes were read, and the sockets. */
  private foundUs = Date.now() * 1000
  private readUs = -Infinity

  /**
   * @param processes as they are now
   * @param degrade told why some are not seen
   */
  constructor(
    ownNetns: number,
    processes: ProcessTable,
    host: SocketChanges,
    degrade: (reason: string) => void,
  ) {
    this.ownNetns = ownNetns
    this.processes = processes
    this.host = host
    this.degrade = degrade
    this.find()
  }

  /** Reads their sockets, if it is time to. */
  read(nowUs: number): void {
    if (nowUs - this.readUs < PERIOD_US) return
    this.readUs = nowUs
    // The first reading mostly comes right behind the constructor.
    if (nowUs - this.foundUs >= PERIOD_US) {
      this.processes.refresh()
      this.foundUs = nowUs
    }
    const runIn = this.find()
    for (const [netns, sockets] of this.sockets) {
      const pid = runIn.get(netns)
      if (pid === undefined) {
        sockets.clear()
        this.sockets.delete(netns)
        continue
      }
      this.enter(pid, () => {
        const diag = new SockDiag()
        try {
          sockets.read(diag)
        } finally {
          diag.close()
        }
      })
    }
  }

  /** @returns a process in each of them */
  private find(): Map<number, number> {
    const runIn = new Map<number, number>()
    for (const { netns, pid } of this.processes.all()) {
      if (netns === undefined || netns === this.ownNetns || runIn.has(netns)) continue
      runIn.set(netns, pid)
      if (this.sockets.has(netns)) continue
      if (this.enter(pid, () => {})) this.sockets.set(netns, new NamespaceSockets(netns, this.host))
    }
    return runIn
  }

  private enter(pid: number, action: () => void): boolean {
    try {
      inNetworkNamespace(pid, action)
      return true
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ESRCH')) return false // the process has ended: another one, next time
      if (!hasCode(error, 'EPERM', 'EACCES')) throw error
      this.degrade('sockets of other network namespaces (containers) cannot be read: run with sudo')
      return false
    }
  }
}
