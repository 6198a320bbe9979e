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

export class OwnerTable {
  private readonly owners: Owner[] = [{ pid: -1, startTime: null, process: 'unknown', user: null }]
  private readonly ids = new Map<string, number>()

  get count(): number {
    return this.owners.length
  }

  /** The owner's number, new or known. Owners are never forgotten: one that has exited keeps its name and totals. */
  intern(pid: number, startTime: number | null, process: string, user: string | null): number {
    const key = `${pid} ${startTime ?? ''} ${user ?? ''} ${process}`
    let id = this.ids.get(key)
    if (id === undefined) {
      id = this.owners.length
      this.owners.push({ pid, startTime, process, user })
      this.ids.set(key, id)
    }
    return id
  }

  /** Of NO_OWNER: pid -1, process "unknown". */
  get(id: number): Owner {
    const owner = this.owners[id]
    if (owner === undefined) throw new RangeError(`no owner ${id}`)
    return owner
  }
}
