// Whose traffic carries the packets of a tunnel: a byte that goes through a VPN is seen twice, in the tunnel and, wrapped, on
// the way out, and both are true. Who adds them up must know which is which. A TUN or TAP device is carried by the processes
// that have it open, which /proc/<pid>/fdinfo tells ("iff:", drivers/net/tun.c); other tunnels by the kernel itself.

import { ownNetworkNamespace } from '../../native/linux/network-namespace.ts'
import {
  parseCmdline,
  parseStat,
  processName,
  readNetworkNamespace,
  startTime,
} from '../../native/linux/proc.ts'
import { forEachPid, openProcess, type ProcDirectory } from '../../native/linux/proc-directory.ts'
import type { Link } from '../../native/linux/rtnetlink.ts'
import type { InterfaceRecord } from '../../record/generated/types.ts'
import { printable } from '../../record/printable.ts'

export type Carrier = NonNullable<InterfaceRecord['carried_by']>[number]

const TUN_DEVICE = '/dev/net/tun'
/** drivers/net/tun.c: rtnl_link_ops.kind, of TUN and TAP alike. */
const TUN_KIND = 'tun'
/** Reading the descriptors of all processes takes some milliseconds a thousand: not for ever for a device that nobody has. */
const SEARCH_AGAIN_US = 5_000_000

/** Where processes are looked for: /proc. */
export interface CarrierSource {
  /** The processes that have TUN or TAP devices open, by name of the device. */
  search(): ReadonlyMap<string, readonly Carrier[]>
  /** It is still the process that it was. */
  isAlive(carrier: Carrier): boolean
}

export class TunnelCarriers {
  private readonly source: CarrierSource
  private found: ReadonlyMap<string, readonly Carrier[]> = new Map()
  private searchedUs = -Infinity

  constructor(source: CarrierSource = procCarriers) {
    this.source = source
  }

  /** Call when links have been read. Cheap while no tunnel comes or loses its process. */
  refresh(links: readonly Link[], nowUs: number): void {
    if (nowUs - this.searchedUs < SEARCH_AGAIN_US) return
    const isMissing = links.some(link => {
      if (!isCarriedByProcess(link)) return false
      const carriers = this.found.get(link.name) ?? []
      return carriers.length === 0 || !carriers.every(carrier => this.source.isAlive(carrier))
    })
    if (!isMissing) return
    this.found = this.source.search()
    this.searchedUs = nowUs
  }

  /** @returns empty: the kernel; undefined: no tunnel, or nobody knows */
  of(link: Link, isTunnel: boolean): Carrier[] | undefined {
    if (link.kind === TUN_KIND) {
      const carriers = isCarriedByProcess(link) ? this.found.get(link.name) : undefined
      return carriers === undefined ? undefined : [...carriers]
    }
    // Hardware without a link header (a modem, InfiniBand) is no tunnel, though it looks like one: it has no kind.
    return isTunnel && link.kind !== undefined ? [] : undefined
  }
}

/** A TAP device in a bridge is a virtual machine's: what its process sends is another thing. */
function isCarriedByProcess(link: Link): boolean {
  return link.kind === TUN_KIND && link.isRunning && link.master === undefined
}

const procCarriers: CarrierSource = {
  search() {
    const found = new Map<string, Carrier[]>()
    const own = ownNetworkNamespace()
    forEachPid(pid => {
      const directory = openProcess(pid)
      if (directory === undefined) return
      try {
        const names = devicesOf(directory)
        // A name is one of a network namespace: another container's tun0 is not ours.
        if (names.size === 0 || readNetworkNamespace(directory) !== own) return
        const carrier = describe(pid, directory)
        if (carrier === undefined) return
        for (const name of names) found.set(name, [...(found.get(name) ?? []), carrier])
      } finally {
        directory.close()
      }
    })
    return found
  },

  isAlive({ pid, start_time: started }) {
    const directory = openProcess(pid)
    if (directory === undefined) return false
    try {
      return describe(pid, directory)?.start_time === started
    } finally {
      directory.close()
    }
  },
}

function devicesOf(directory: ProcDirectory): Set<string> {
  const descriptors: number[] = []
  directory.forEachOpened(TUN_DEVICE, fd => descriptors.push(fd))
  const names = descriptors.map(fd => /^iff:\t(.+)$/m.exec(directory.read(`fdinfo/${fd}`) ?? '')?.[1])
  return new Set(names.filter(name => name !== undefined))
}

function describe(pid: number, directory: ProcDirectory): Carrier | undefined {
  const stat = parseStat(directory.read('stat') ?? '')
  if (stat === undefined || stat.isZombie) return undefined
  const args = parseCmdline(directory.read('cmdline') ?? '')
  return {
    pid,
    start_time: startTime(stat.startTicks),
    process: printable(processName(stat.comm, args, directory.readLink('exe')), 256),
  }
}
