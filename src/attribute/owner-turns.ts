// Whose a socket was when, where it has passed from process to process: each packet is its owner's of its own time. What passes
// while it changes hands is nobody's, as the time of the change and that of a packet are taken at different places.

import type { SocketRecord } from '../record/generated/types.ts'
import { NO_OWNER, type OwnerTable } from '../record/owner-table.ts'

/** Fields of the process, or nobody that could be named, or whoever was found to hold the socket. */
export type TurnOwner =
  (Pick<SocketRecord, 'start_time' | 'process' | 'user'> & { pid: number }) | 'nobody' | 'holder'

/** From a time on, us since the epoch, until the next turn. The first goes back to the beginning. */
export interface OwnerTurn {
  readonly fromUs: number
  readonly owner: TurnOwner
  /** The socket had moved nothing until then: what comes at once is the owner's. */
  readonly isFirstUse: boolean
}

/** Of a longer history the beginning is forgotten: it is nobody's then. */
const MAX_TURNS = 128
/** Some events come behind what they tell of, when a read or a write is over and its process has been given the time to say so. */
const BEFORE_US = 5_000
/** What another process was about to send comes behind the event; a little more, as clocks are not read at once. */
const AFTER_US = 1_000

/** Turns with one more. What was told of later times does not hold then. */
export function withTurn(turns: readonly OwnerTurn[], turn: OwnerTurn): readonly OwnerTurn[] {
  const kept = turns.filter(({ fromUs }, i) => i === 0 || fromUs < turn.fromUs)
  kept.push(turn)
  if (kept.length <= MAX_TURNS) return kept
  const rest = kept.slice(2)
  rest.unshift({ fromUs: -Infinity, owner: 'nobody', isFirstUse: false })
  return rest
}

/** Nobody can be named, whenever it was. */
export const nobodys: readonly OwnerTurn[] = [{ fromUs: -Infinity, owner: 'nobody', isFirstUse: false }]

/** Turns as packets are matched with them: spans of time, each with an owner or with nobody. */
export class OwnerSpans {
  readonly turns: readonly OwnerTurn[]
  readonly holder: number | undefined
  private readonly fromUs: number[] = []
  private readonly owner: number[] = []

  /** @param holder the owner where a turn is its holder's. undefined: none was found; NO_OWNER: several were */
  constructor(turns: readonly OwnerTurn[], owners: OwnerTable, holder: number | undefined) {
    this.turns = turns
    this.holder = holder
    let last = NO_OWNER
    for (const [i, turn] of turns.entries()) {
      const owner =
        ownerOf(turn.owner, owners, holder) ?? ownerOf(turns[i + 1]?.owner, owners, holder) ?? NO_OWNER
      if (i === 0) this.add(-Infinity, owner)
      else if (owner !== NO_OWNER && isSameProcess(owners, last, owner)) this.add(turn.fromUs, owner)
      else {
        this.add(turn.fromUs - BEFORE_US, NO_OWNER)
        if (owner !== NO_OWNER) this.add(turn.fromUs + (turn.isFirstUse ? 0 : AFTER_US), owner)
      }
      last = owner
    }
  }

  forEachOwner(visit: (owner: number) => void): void {
    for (const owner of this.owner) visit(owner)
    if (this.holder !== undefined) visit(this.holder)
  }

  /** NO_OWNER: nobody can be named. */
  ownerAt(us: number): number {
    return this.owner[this.at(us)] as number
  }

  /** The span of this time: from when, and until when, us. */
  startAt(us: number): number {
    return this.fromUs[this.at(us)] as number
  }

  endAt(us: number): number {
    return this.fromUs[this.at(us) + 1] ?? Infinity
  }

  /** Most packets are of late. */
  private at(us: number): number {
    let at = this.fromUs.length - 1
    while ((this.fromUs[at] as number) > us) at--
    return at
  }

  private add(fromUs: number, owner: number): void {
    while (this.fromUs.length > 1 && (this.fromUs.at(-1) as number) >= fromUs) {
      this.fromUs.pop()
      this.owner.pop()
    }
    this.fromUs.push(fromUs)
    this.owner.push(owner)
  }
}

function ownerOf(
  turn: TurnOwner | undefined,
  owners: OwnerTable,
  holder: number | undefined,
): number | undefined {
  if (turn === 'holder') return holder
  if (turn === undefined || turn === 'nobody') return NO_OWNER
  return owners.intern(turn.pid, turn.start_time ?? null, turn.process, turn.user ?? null)
}

/** It may have become another program. */
function isSameProcess(owners: OwnerTable, a: number, b: number): boolean {
  if (a === NO_OWNER) return false
  const [one, other] = [owners.get(a), owners.get(b)]
  return one.pid === other.pid && one.startTime === other.startTime
}
