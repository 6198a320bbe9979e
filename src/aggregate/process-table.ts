// The processes of the stream, with what they have moved. A process is a pid with its start time, under its latest name: one
// that has ended keeps its name and its totals, and a pid that is used again is another process.

import type { ProcessRecord, SocketRecord } from '../record/generated/types.ts'
import { NO_OWNER, type Owner, type OwnerTable } from '../record/owner-table.ts'
import type { Carriers } from './carriers.ts'
import { Traffic, byTraffic, noTraffic } from './traffic.ts'

export type Layer = 'ip' | 'payload'

/** Ports that a process is remembered to listen at: for the direction of its connections. */
const MAX_LISTENING = 1024
/** Beyond so many, those that have rested for longest are forgotten; one that comes back begins at zero. */
const MAX_PROCESSES = 65_536

export class ProcessAccount extends Traffic {
  /** Number of the account, for keys. */
  readonly id: number
  /** Null: no process could be named. */
  readonly pid: number | null
  readonly layer: Layer
  startTime: number | null
  process: string
  user: string | null
  uid: number | null | undefined
  cmdline: string | null | undefined
  cgroup: string | undefined
  /** Connections with traffic in the open interval. */
  connections = 0
  /** Sockets that it is known to hold now. */
  sockets = 0
  hasExited = false
  /** Start of the interval that last touched it, us. */
  lastUs = -Infinity
  private listening: Set<string> | undefined

  constructor(
    id: number,
    layer: Layer,
    owner: Pick<Owner, 'startTime' | 'process' | 'user'>,
    pid: number | null,
  ) {
    super()
    this.id = id
    this.layer = layer
    this.pid = pid
    this.startTime = owner.startTime
    this.process = owner.process
    this.user = owner.user
  }

  /** Takes from a socket record what it tells of its process. */
  describe(record: SocketRecord): void {
    this.process = record.process
    this.user = record.user ?? this.user
    this.uid = record.uid ?? this.uid
    this.cmdline = record.cmdline ?? this.cmdline
    this.cgroup = record.cgroup ?? this.cgroup
    if (record.state === 'listen') {
      this.listening ??= new Set()
      if (this.listening.size < MAX_LISTENING) this.listening.add(`${record.proto} ${record.local_port}`)
    }
  }

  listensAt(proto: string, port: number | undefined): boolean {
    return this.listening !== undefined && this.listening.has(`${proto} ${port}`)
  }

  /** @param carries tunnels whose packets its traffic carries */
  record(tsUs: number, seconds: number, carries: readonly string[]): ProcessRecord {
    const record: ProcessRecord = {
      type: 'process',
      ts: tsUs / 1e6,
      interval: seconds,
      pid: this.pid,
      start_time: this.startTime,
      process: this.process,
      user: this.user,
      ...(this.uid === undefined ? {} : { uid: this.uid }),
      ...(this.cmdline === undefined ? {} : { cmdline: this.cmdline }),
      ...(this.cgroup === undefined ? {} : { cgroup: this.cgroup }),
      layer: this.layer,
      ...noTraffic,
      connections: this.connections,
      sockets: this.sockets,
      ...(carries.length === 0 ? {} : { carries: [...carries] }),
      ...(this.hasExited ? { exited: true } : {}),
    }
    this.writeTo(record, seconds)
    return record
  }
}

export class ProcessTable {
  private readonly accounts = new Map<string, ProcessAccount>()
  /** The latest process of each pid. */
  private readonly latest = new Map<string, ProcessAccount>()
  private readonly byOwner = new Map<number, ProcessAccount>()
  private touched: ProcessAccount[] = []
  private nextId = 0
  private readonly carriers: Carriers
  private nowUs = -Infinity

  constructor(carriers: Carriers) {
    this.carriers = carriers
  }

  /** A new interval begins. */
  begin(startUs: number): void {
    this.nowUs = startUs
  }

  /** What comes is of another boot: whoever has a pid there is none of those that are known. */
  beginBoot(): void {
    for (const [key, { pid }] of this.accounts) if (pid !== null) this.accounts.delete(key)
    this.latest.clear()
    this.forgetOwners()
  }

  /** Traffic of no process. */
  unknown(layer: Layer): ProcessAccount {
    return (
      this.accounts.get(layer) ??
      this.add(layer, layer, null, { startTime: null, process: 'unknown', user: null })
    )
  }

  /** The process of an owner of packets. */
  ofOwner(owner: number, owners: OwnerTable): ProcessAccount {
    if (owner === NO_OWNER) return this.unknown('ip')
    const { pid, startTime, process, user } = owners.get(owner)
    const known = this.byOwner.get(owner)
    if (known !== undefined) {
      // It may have had another name since.
      known.process = process
      return known
    }
    const account = this.of('ip', pid, startTime, process, user)
    // A pid without start time is whoever has that pid at the time: not to be remembered.
    if (startTime !== null) this.byOwner.set(owner, account)
    return account
  }

  /** @param startTime null where it is not told: then the latest process with that pid is meant */
  of(
    layer: Layer,
    pid: number,
    startTime: number | null,
    process: string,
    user: string | null,
  ): ProcessAccount {
    const pidKey = `${layer} ${pid}`
    const latest = this.latest.get(pidKey)
    if (latest !== undefined && (startTime === null || latest.startTime === startTime)) {
      if (startTime !== null) latest.process = process
      return latest
    }
    const key = `${pidKey} ${startTime ?? ''}`
    let account = this.accounts.get(key)
    if (
      account === undefined &&
      latest !== undefined &&
      latest.startTime === null &&
      latest.process === process
    ) {
      account = latest
      account.startTime = startTime
      this.accounts.set(key, account)
    }
    if (account === undefined) account = this.add(key, layer, pid, { startTime, process, user })
    account.process = process
    account.user ??= user
    this.succeed(pidKey, latest, account)
    return account
  }

  /** Its record is to be written when the interval ends. */
  touch(account: ProcessAccount): void {
    if (account.isTouched) return
    account.isTouched = true
    account.lastUs = this.nowUs
    this.touched.push(account)
  }

  /** Records of those that were touched, busiest first, and a new interval. */
  rollup(tsUs: number, seconds: number): ProcessRecord[] {
    const records = this.touched
      .sort(compare)
      .map(account => account.record(tsUs, seconds, this.carriers.of(account)))
    for (const account of this.touched) {
      account.beginInterval()
      account.connections = 0
    }
    this.touched = []
    return records
  }

  /** Forgets processes of before `beforeUs` that have moved nothing, and the others when there are too many. */
  sweep(beforeUs: number): void {
    const resting = [...this.accounts]
      .filter(
        ([, { lastUs, sockets, pid, isTouched }]) =>
          lastUs < beforeUs && sockets === 0 && pid !== null && !isTouched,
      )
      .sort(([, a], [, b]) => a.lastUs - b.lastUs)
    let excess = this.accounts.size - MAX_PROCESSES
    for (const [key, account] of resting) {
      if (account.hasTotal && excess <= 0) continue
      excess--
      this.accounts.delete(key)
      const pidKey = `${account.layer} ${account.pid}`
      if (this.latest.get(pidKey) === account) this.latest.delete(pidKey)
      this.forgetOwners()
    }
  }

  /** Numbers of owners: whose they are is looked for anew. */
  forgetOwners(): void {
    this.byOwner.clear()
  }

  private add(
    key: string,
    layer: Layer,
    pid: number | null,
    owner: Pick<Owner, 'startTime' | 'process' | 'user'>,
  ): ProcessAccount {
    const account = new ProcessAccount(this.nextId++, layer, owner, pid)
    account.lastUs = this.nowUs
    this.accounts.set(key, account)
    return account
  }

  /** A later process with the pid of another: the other has ended. */
  private succeed(pidKey: string, before: ProcessAccount | undefined, account: ProcessAccount): void {
    if (before === account) return
    if (before !== undefined && (account.startTime ?? Infinity) < (before.startTime ?? -Infinity)) {
      account.hasExited = true
      return
    }
    this.latest.set(pidKey, account)
    if (before === undefined || before.hasExited) return
    before.hasExited = true
    if (before.hasTotal) this.touch(before)
  }
}

/** A total order that does not depend on the order of arrival. */
function compare(a: ProcessAccount, b: ProcessAccount): number {
  return (
    byTraffic(a, b) ||
    (a.pid ?? Infinity) - (b.pid ?? Infinity) ||
    (a.startTime ?? 0) - (b.startTime ?? 0) ||
    (a.process < b.process ? -1 : a.process > b.process ? 1 : 0) ||
    (a.layer < b.layer ? -1 : 1)
  )
}
