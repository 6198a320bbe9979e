// What carries what: a byte that goes through a tunnel is counted there, for whoever sent it, and once more, wrapped, for the
// process that runs the tunnel, or for nobody where the kernel does. Interface records tell of it (carried_by); here it is
// known which bytes are the wrapping ones, so that a sum can leave them out.

import type { InterfaceRecord } from '../record/generated/types.ts'

/** IP protocols that are nothing but packets in packets (IANA): IPIP, 6in4, GRE, ESP, AH, L2TPv3. */
const wrappings: ReadonlySet<string> = new Set(['ipip', 'ipv6', 'gre', 'esp', 'ah', 'l2tp'])
/** An interface that is not told of any more is gone. */
const GONE_US = 10_000_000

/** Of a process account. */
export interface Identity {
  readonly pid: number | null
  readonly startTime: number | null
}

interface Told {
  readonly carriers: NonNullable<InterfaceRecord['carried_by']>
  readonly atUs: number
  /** It is not carried any more; what is counted until the interval ends may still be of before. */
  readonly isOver: boolean
}

const nothing: readonly string[] = []

export class Carriers {
  private readonly told = new Map<string, Told>()
  /** Interfaces by process. */
  private byProcess = new Map<string, string[]>()
  private hasKernelTunnel = false

  take(record: InterfaceRecord): void {
    const { name, up, carried_by: carriers } = record
    const before = this.told.get(name)
    if (up && carriers !== undefined) this.told.set(name, { carriers, atUs: record.ts * 1e6, isOver: false })
    else if (before !== undefined) this.told.set(name, { ...before, isOver: true })
    else return
    this.index()
  }

  /** What was counted until now is charged. */
  endInterval(nowUs: number): void {
    if (this.isEmpty) return
    for (const [name, { isOver, atUs }] of this.told)
      if (isOver || nowUs - atUs > GONE_US) this.told.delete(name)
    this.index()
  }

  get isEmpty(): boolean {
    return this.told.size === 0
  }

  /** Interfaces whose packets the process carries. */
  of({ pid, startTime }: Identity): readonly string[] {
    if (this.byProcess.size === 0 || pid === null) return nothing
    return this.byProcess.get(`${pid} ${startTime ?? ''}`) ?? nothing
  }

  /**
   * Whether what the process moves carries packets that are counted in a tunnel as well. What it moves within this host does
   * not. Of what is nobody's: the kernel's own sockets (WireGuard, VXLAN), and packets in packets.
   * @param reason why it is nobody's
   */
  isCarrying(process: Identity, proto: string | undefined, reason: string | undefined): boolean {
    if (this.isEmpty) return false
    if (process.pid !== null) return this.of(process).length > 0
    if (!this.hasKernelTunnel || proto === undefined) return false
    return wrappings.has(proto) || (proto === 'udp' && reason === 'kernel')
  }

  private index(): void {
    this.byProcess = new Map()
    this.hasKernelTunnel = false
    for (const [name, { carriers }] of this.told) {
      if (carriers.length === 0) this.hasKernelTunnel = true
      for (const { pid, start_time: startTime } of carriers) {
        const key = `${pid} ${startTime ?? ''}`
        this.byProcess.set(key, [...(this.byProcess.get(key) ?? []), name])
      }
    }
  }
}
