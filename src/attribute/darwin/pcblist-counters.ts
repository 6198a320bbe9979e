// What sockets have moved, by the counters of pcblist_n: socket payload, no headers. A socket that closes takes its counters with
// it, so that what it moved since the last look is lost, and short flows are not seen: ntstat loses none.

import type { ListedSocket } from '../../native/darwin/pcblist.ts'
import type { SocketRecord } from '../../record/generated/types.ts'
import type { RecordBatch } from '../../record/record-batch.ts'
import { Counters } from '../counters.ts'
import { readInterfaces } from './own-interfaces.ts'
import type { Identity, ProcessTable } from './process-table.ts'
import { forEachSocket, userOf } from './socket-list.ts'
import { type OwnerFields, addressText, cookieOf, describeSocket, nobody, ownedBy } from './socket-record.ts'
import { LocalAddresses, counterFields } from './payload.ts'

interface Counted {
  readonly read: Counters
  readonly pending: Counters
  /** Look in which it was last listed. */
  listedIn: number
  owner: Identity | undefined
  /** Of the last record; undefined: none was needed yet. */
  told: SocketRecord | undefined
}

export class PcblistCounters {
  private readonly processes: ProcessTable
  private readonly addresses = new LocalAddresses(readInterfaces)
  private readonly sockets = new Map<string, Counted>()
  private readonly now = new Counters()
  private look = 0

  constructor(processes: ProcessTable) {
    this.processes = processes
  }

  /** Appends a record for each socket that has moved something since the last call; the first call is where counting begins. */
  collect(batch: RecordBatch, nowUs: number): void {
    const look = ++this.look
    this.addresses.refresh(nowUs)
    forEachSocket(socket => {
      const cookie = cookieOf(socket)
      const key = cookie ?? keyOf(socket)
      const { now } = this
      now.rxBytes = socket.rxBytes
      now.txBytes = socket.txBytes
      now.rxPackets = socket.rxPackets
      now.txPackets = socket.txPackets
      let counted = this.sockets.get(key)
      if (counted === undefined) {
        this.sockets.set(key, (counted = newCounted()))
        // What it moved before we came is not ours to tell.
        if (look === 1) counted.read.set(now)
      } else if (
        cookie === undefined &&
        now.rxBytes + now.txBytes < counted.read.rxBytes + counted.read.txBytes
      ) {
        // Another flow of the process between the same ends.
        counted.read.set(zero)
      }
      counted.listedIn = look
      counted.read.advance(now, counted.pending)
      if (!counted.pending.isZero) this.tell(socket, cookie, counted, batch, nowUs)
    })
    for (const [key, { listedIn, told }] of this.sockets) {
      if (listedIn === look) continue
      this.sockets.delete(key)
      if (told !== undefined)
        batch.append({ ...told, ...counterFields(zero), ts: nowUs / 1e6, event: 'close' })
    }
  }

  private tell(
    socket: ListedSocket,
    cookie: string | undefined,
    counted: Counted,
    batch: RecordBatch,
    nowUs: number,
  ): void {
    const record: SocketRecord = {
      ...describeSocket(socket, cookie),
      uid: socket.uid,
      ...this.ownerOf(socket, counted, nowUs),
      ...counterFields(counted.pending),
      ts: nowUs / 1e6,
      event: counted.told === undefined ? 'open' : 'update',
    }
    if (this.addresses.isLocal(socket.remote)) record.dir = 'local'
    batch.append(record)
    counted.told = record
    counted.pending.set(zero)
  }

  private ownerOf(socket: ListedSocket, counted: Counted, nowUs: number): OwnerFields {
    const pid = userOf(socket)
    if (pid <= 0) return nobody('kernel')
    const identity = this.processes.identify(pid, nowUs)
    const { owner } = counted
    // A process that has ended may leave a socket behind, and its pid to another process.
    if (owner?.pid !== pid || owner.start_time === identity?.start_time) {
      if (identity === undefined || this.processes.isReused(identity)) return nobody('closed_before_scan')
      counted.owner = identity
    }
    return { ...ownedBy(counted.owner as Identity, socket.effectivePid > 0), attribution: 'kernel' }
  }
}

const zero: Readonly<Counters> = new Counters()

function newCounted(): Counted {
  return { read: new Counters(), pending: new Counters(), listedIn: 0, owner: undefined, told: undefined }
}

/** Of a flow in user space, which has no control block. */
function keyOf(socket: ListedSocket): string {
  const { protocol, local, localPort, remote, remotePort } = socket
  return `${protocol} ${addressText(local)} ${localPort} ${addressText(remote)} ${remotePort} ${userOf(socket)}`
}
