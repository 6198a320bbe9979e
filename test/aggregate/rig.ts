// An aggregate stage with a stream that a test writes in a few words, and what comes out of it.

import { formatAddress, parseAddress, type AddressWords } from '../../src/record/address.ts'
import { FlowTable, META_IPV6, META_PORTS, NO_FLOW } from '../../src/record/flow-table.ts'
import type {
  ConnectionRecord,
  HelloRecord,
  InterfaceRecord,
  IntervalRecord,
  ProcessRecord,
  SocketRecord,
} from '../../src/record/generated/types.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { NO_OWNER, OwnerTable } from '../../src/record/owner-table.ts'
import { protocolNumber } from '../../src/record/protocol.ts'
import {
  ABSENT_16,
  attributionNames,
  dirNames,
  NO_IFACE,
  reasonNames,
  RecordBatch,
  type SideRecord,
} from '../../src/record/record-batch.ts'
import { type AggregateOptions, AggregateStage } from '../../src/aggregate/stage.ts'

/** Seconds since the epoch, a whole minute: the streams of tests begin here. */
export const START = 1_800_000_000

export interface PacketOf {
  /** Seconds since START. */
  readonly at?: number
  readonly src?: string
  readonly dst?: string
  readonly proto?: string
  readonly dir?: 'in' | 'out' | 'local' | 'forward' | null
  readonly bytes?: number
  readonly packets?: number
  /** Name of the process: its pid and start time are made of it. Absent: nobody. */
  readonly owner?: string
  readonly peer?: string
  readonly attribution?: 'kernel' | 'socket' | 'bound' | 'none' | undefined
  readonly reason?: string
  readonly flags?: number
  readonly iface?: string
  readonly ethertype?: number
}

export class Rig {
  readonly tables
  readonly stage: AggregateStage
  readonly out: SideRecord[] = []
  isClosed = false
  private batch: RecordBatch

  /** @param manyOwners see OwnerTable */
  constructor(options: Partial<AggregateOptions> = {}, maxFlows = 1 << 20, manyOwners = 1 << 16) {
    this.tables = {
      flows: new FlowTable(maxFlows, Math.min(64, maxFlows)),
      owners: new OwnerTable(manyOwners),
      ifaces: new NameTable(),
    }
    this.batch = new RecordBatch(this.tables, 256)
    this.stage = new AggregateStage(
      {
        push: batch => this.out.push(...batch.side),
        flush: () => Infinity,
        close: () => {
          this.isClosed = true
        },
      },
      this.tables,
      {
        intervalUs: 1e6,
        total: false,
        by: ['process', 'connection', 'interface'],
        version: '9.9.9',
        ...options,
      },
    )
  }

  packet(packet: PacketOf): this {
    const { batch } = this
    if (batch.isFull) this.push()
    const row = batch.length++
    const attribution = packet.attribution ?? (packet.owner === undefined ? 'none' : 'socket')
    batch.ts[row] = Math.round((START + (packet.at ?? 0)) * 1e6)
    batch.flow[row] = packet.ethertype === undefined ? this.flow(packet) : NO_FLOW
    batch.ethertype[row] = packet.ethertype ?? ABSENT_16
    batch.bytes[row] = packet.ethertype === undefined ? (packet.bytes ?? 100) : 0
    batch.frameBytes[row] = (packet.bytes ?? 100) + 14
    batch.packets[row] = packet.packets ?? 1
    batch.dir[row] = dirNames.indexOf(packet.dir === undefined ? 'out' : packet.dir)
    batch.owner[row] = this.owner(packet.owner)
    batch.peer[row] = this.owner(packet.peer)
    batch.attribution[row] =
      'attribution' in packet && packet.attribution === undefined ? 0 : attributionNames.indexOf(attribution)
    batch.reason[row] =
      packet.owner === undefined && batch.attribution[row] !== 0
        ? reasonNames.indexOf((packet.reason ?? 'no_socket') as 'no_socket')
        : 0
    batch.tcpFlags[row] = packet.flags ?? ABSENT_16
    batch.iface[row] = packet.iface === undefined ? NO_IFACE : this.tables.ifaces.intern(packet.iface)
    return this
  }

  record(record: SideRecord): this {
    this.batch.append(record)
    return this
  }

  /** Gives the first packet that was not handed over this peer. */
  peerOfFirst(peer: number): this {
    this.batch.peer[0] = peer
    return this
  }

  /** Hands over what was written until now. */
  push(): this {
    this.tables.flows.nextEpoch()
    this.stage.push(this.batch)
    this.batch.clear()
    this.tables.owners.forgetUnheld()
    return this
  }

  /** Ends the stream. */
  close(): this {
    this.push()
    this.stage.close()
    return this
  }

  get processes(): ProcessRecord[] {
    return this.out.filter(record => record.type === 'process')
  }

  get connections(): ConnectionRecord[] {
    return this.out.filter(record => record.type === 'connection')
  }

  get interfaces(): InterfaceRecord[] {
    return this.out.filter(record => record.type === 'interface')
  }

  get intervals(): IntervalRecord[] {
    return this.out.filter(record => record.type === 'interval')
  }

  /** "name rx/tx" of each process record. */
  get sums(): string[] {
    return this.processes.map(record => `${record.process} ${record.rx_bytes}/${record.tx_bytes}`)
  }

  private owner(name: string | undefined): number {
    if (name === undefined) return NO_OWNER
    const { pid, startTime } = identity(name)
    return this.tables.owners.intern(pid, startTime, name, 'ann')
  }

  private flow(packet: PacketOf): number {
    const [source, sourcePort] = endOf(packet.src ?? '192.0.2.1:40000')
    const [destination, destinationPort] = endOf(packet.dst ?? '198.51.100.1:443')
    const hasPorts = sourcePort !== undefined
    const isV6 = formatAddress(...source).includes(':')
    const meta =
      (protocolNumber(packet.proto ?? 'tcp') as number) | (hasPorts ? META_PORTS : 0) | (isV6 ? META_IPV6 : 0)
    const ports = hasPorts ? ((sourcePort << 16) | (destinationPort ?? 0)) >>> 0 : 0
    return this.tables.flows.intern(meta, ports, ...source, ...destination)
  }
}

/** Pid and start time that a test's process has, by its name; "curl#7" has pid 7, "curl#7@2000" started at 2000. */
export function identity(name: string): { pid: number; startTime: number } {
  const [, pid, startTime] = /#(\d+)(?:@(\d+))?$/.exec(name) ?? []
  return {
    pid:
      pid === undefined ? Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 30011, 7) : Number(pid),
    startTime: Number(startTime ?? 1000),
  }
}

function endOf(text: string): [AddressWords, number | undefined] {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(text) ?? []
  const words = parseAddress((bracketed ?? plain) as string)
  if (words === undefined) throw new Error(`no address: ${text}`)
  return [words, port === undefined ? undefined : Number(port)]
}

export function hello(method = 'afpacket', more: Partial<HelloRecord> = {}): HelloRecord {
  return { type: 'hello', ts: START, tool: 'test', version: '0', schema: 1, method, degraded: [], ...more }
}

export function socket(owner: string | null, more: Partial<SocketRecord> = {}): SocketRecord {
  return {
    type: 'socket',
    ts: START,
    proto: 'tcp',
    local_ip: '192.0.2.1',
    local_port: 40000,
    remote_ip: '198.51.100.1',
    remote_port: 443,
    state: 'established',
    ...(owner === null
      ? { pid: null, process: 'unknown' }
      : { pid: identity(owner).pid, start_time: identity(owner).startTime, process: owner, user: 'ann' }),
    inode: '1',
    event: 'present',
    ...more,
  }
}

/** @param at seconds since START */
export function device(
  at: number,
  name: string,
  rx: number,
  tx: number,
  more: Partial<InterfaceRecord> = {},
): InterfaceRecord {
  return {
    type: 'interface',
    ts: START + at,
    name,
    up: true,
    kind: 'physical',
    rx_bytes_total: rx,
    tx_bytes_total: tx,
    rx_packets_total: rx / 100,
    tx_packets_total: tx / 100,
    rx_errors: 0,
    ...more,
  }
}
