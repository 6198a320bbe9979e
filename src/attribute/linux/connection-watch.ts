// Names the processes of short connections: whoever begins one is looked for while its SYN is on the way, and whoever
// accepts one shortly after, again and again in growing steps, as the connection is accepted a round trip later and may be
// left to another process then (a server that forks). Without it a connection is looked for when its packets have been
// read from the ring, up to 40 ms later.

import { performance } from 'node:perf_hooks'
import type { LocalTuple } from '../port.ts'
import type { Syn } from '../../native/linux/syn-watch.ts'

/** When a connection is looked at, ms after its SYN. */
const STEPS_MS = [0, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256]
/** Connections that are followed at a time; more are left to the ordinary looks. */
const MAX_FOLLOWED = 256
/** A quarter of the time is spent here, at most, 100 ms at once: in a SYN flood most are not followed. */
const SHARE = 0.25
const BURST_MS = 100
/** Seen so often with the same holders, a connection has come to whom it will stay with. */
const SETTLED = 2

export interface Sighting {
  /**
   * absent: no socket. listening: one that may accept it, or has done so, and it is gone. orphaned: no process has it, not yet or
   * not any more. open: by whom is not known. held: by those in `holders`.
   */
  readonly state: 'absent' | 'listening' | 'orphaned' | 'open' | 'held'
  /** Another text when they are others. */
  readonly holders: string
}

interface Followed {
  readonly tuple: LocalTuple
  /** It is the end that connects: a process had it when it began. */
  readonly isSource: boolean
  readonly begunMs: number
  step: number
  wasThere: boolean
  holders: string
  /** Times in a row that the same holders were seen. */
  settled: number
}

export class ConnectionWatch {
  private readonly look: (tuple: LocalTuple) => Sighting
  private followed: Followed[] = []
  private timer: NodeJS.Timeout | undefined
  /** When it goes off. */
  private timerMs = Infinity
  /** Milliseconds that may be spent. */
  private credit = BURST_MS
  private creditedMs = 0

  /** @param look looks for the socket with this very tuple, and for who holds it */
  constructor(look: (tuple: LocalTuple) => Sighting) {
    this.look = look
  }

  begun(syn: Syn): void {
    const now = performance.now()
    this.credit = Math.min(BURST_MS, this.credit + (now - this.creditedMs) * SHARE)
    this.creditedMs = now
    if (this.credit <= 0 || this.followed.length >= MAX_FOLLOWED) return
    // The end that connects has a socket already; the other end, if it is here, will have one.
    this.visit(follow(syn, true, now), now)
    this.visit(follow(syn, false, now), now)
    this.credit -= performance.now() - now
    this.schedule()
  }

  close(): void {
    clearTimeout(this.timer)
    this.followed = []
  }

  private visit(connection: Followed, now: number): void {
    const { state, holders } = this.look(connection.tuple)
    if (state === 'absent' || (state === 'listening' && connection.wasThere)) return
    if (state === 'orphaned' && connection.isSource) return
    if (state !== 'listening') connection.wasThere = true
    if (state === 'held') {
      connection.settled = holders === connection.holders ? connection.settled + 1 : 1
      connection.holders = holders
      if (connection.settled >= SETTLED) return
    }
    while (now >= dueMs(connection)) connection.step++
    if (connection.step < STEPS_MS.length) this.followed.push(connection)
  }

  private readonly visitAll = (): void => {
    this.timerMs = Infinity
    const now = performance.now()
    const due = this.followed
    this.followed = []
    for (const connection of due) {
      if (now >= dueMs(connection)) this.visit(connection, now)
      else this.followed.push(connection)
    }
    this.credit -= performance.now() - now
    this.schedule()
  }

  private schedule(): void {
    const next = Math.min(Infinity, ...this.followed.map(dueMs))
    // It may have been set for one that is looked at rarely by now.
    if (next >= this.timerMs) return
    clearTimeout(this.timer)
    this.timerMs = next
    this.timer = setTimeout(this.visitAll, Math.max(0, next - performance.now()))
  }
}

function dueMs({ begunMs, step }: Followed): number {
  return begunMs + (STEPS_MS[step] ?? Infinity)
}

function follow(syn: Syn, isSource: boolean, now: number): Followed {
  const tuple: LocalTuple = {
    protocol: 6,
    isV6: syn.isV6,
    local: (isSource ? syn.source : syn.destination).slice(),
    localPort: isSource ? syn.sourcePort : syn.destinationPort,
    remote: (isSource ? syn.destination : syn.source).slice(),
    remotePort: isSource ? syn.destinationPort : syn.sourcePort,
    isForMany: false,
    iface: undefined,
  }
  return { tuple, isSource, begunMs: now, step: 1, wasThere: false, holders: '', settled: 0 }
}
