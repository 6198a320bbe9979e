// Owners of traffic, interned: a row of a batch carries a number. An owner is a process at one time of its life (pid and
// start time) under one name: a pid that is used again, and a process that has exec'd, are other owners.

/** Row 0 of every table: no process could be named. */
export const NO_OWNER = 0

export interface Owner {
  readonly pid: number
  /** Seconds since the epoch, to 0.01 s; null where the system does not tell. */
  readonly startTime: number | null
  /** Printable (see printable.ts). */
  readonly process: string
  readonly user: string | null
}

/** Calls back with the numbers that it keeps; what it can make anew it lets go. */
export type OwnerHolder = (keep: (id: number) => void) => void

/** Some 300 bytes each. */
const MANY = 1 << 16

export class OwnerTable {
  private readonly owners = new Map<number, Owner>([
    [NO_OWNER, { pid: -1, startTime: null, process: 'unknown', user: null }],
  ])
  private readonly ids = new Map<string, number>()
  private readonly holders: OwnerHolder[] = []
  private readonly many: number
  private limit: number
  /** Numbers are not given twice: one that is held in error is nobody's, not another's. */
  private nextId = NO_OWNER + 1

  /** @param many so many are kept before those that nobody holds are forgotten */
  constructor(many = MANY) {
    this.many = this.limit = many
  }

  get count(): number {
    return this.owners.size
  }

  /** The owner's number, new or known. */
  intern(pid: number, startTime: number | null, process: string, user: string | null): number {
    const key = `${pid} ${startTime ?? ''} ${user?.length ?? ''} ${user ?? ''}${process}`
    let id = this.ids.get(key)
    if (id === undefined) {
      id = this.nextId++
      this.owners.set(id, { pid, startTime, process, user })
      this.ids.set(key, id)
    }
    return id
  }

  /** Of NO_OWNER: pid -1, process "unknown". */
  get(id: number): Owner {
    const owner = this.owners.get(id)
    if (owner === undefined) throw new RangeError(`no owner ${id}`)
    return owner
  }

  /** Whoever keeps numbers of owners beyond a batch says here which. */
  onForget(holder: OwnerHolder): void {
    this.holders.push(holder)
  }

  /**
   * Forgets those that nobody holds, when there are many: processes come and go for as long as this one runs. Call it between
   * two batches, when no row is on its way.
   */
  forgetUnheld(): void {
    if (this.owners.size <= this.limit) return
    const kept = new Set([NO_OWNER])
    for (const holder of this.holders) holder(id => kept.add(id))
    for (const [key, id] of this.ids) {
      if (kept.has(id)) continue
      this.ids.delete(key)
      this.owners.delete(id)
    }
    this.limit = Math.max(this.many, 2 * this.owners.size)
  }
}
