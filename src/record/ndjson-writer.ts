// The end of a chain at a pipe: batches become NDJSON. Packets are written straight from the columns into one buffer, with
// the text of their flow and of their owner kept from the last time (JSON.stringify costs some 1,600 ns a record).

import { META_IPV6, META_PORTS, NO_FLOW } from './flow-table.ts'
import { jsonText } from './json-text.ts'
import { formatTcpFlags, protocolName } from './protocol.ts'
import {
  ABSENT_16,
  ATTRIBUTION_ABSENT,
  ATTRIBUTION_NONE,
  ForeignRecord,
  attributionNames,
  dirNames,
  fragmentNames,
  reasonNames,
  type RecordBatch,
  type SideRecord,
  type Tables,
} from './record-batch.ts'
import { NO_OWNER } from './owner-table.ts'
import type { Stage } from './stage.ts'
import { formatTimestamp } from './timestamp.ts'

/** Takes bytes, which are its own from then on. */
export interface ByteSink {
  write(bytes: Uint8Array): void
}

const CHUNK = 256 * 1024
/** Up to so many bytes are copied, which costs less than a new buffer. */
const COPIED = CHUNK / 2
/** Longest packet line: fixed text, two cached texts of at most 3 bytes a character, and the extra fields apart. */
const LINE = 32 * 1024
const DIRS = dirNames.map(dir => `"dir":${dir === null ? 'null' : `"${dir}"`},`)
const FRAME_BYTES = Buffer.from(',"frame_bytes":')
const PACKETS = Buffer.from(',"packets":')
const HEAD = '{"type":"packet","ts":'
/** Letters of TCP flags: nine. */
const FLAGS = 1 << 9
/** Below it a product with 0.1 is rounded to the right tenth. */
const SMALL = 1 << 24

export class NdjsonWriter implements Stage {
  private readonly sink: ByteSink
  private buffer = Buffer.allocUnsafe(CHUNK + LINE)
  private at = 0
  private tables: Tables | undefined
  private flowTexts: Array<string | undefined> = []
  private readonly ifaceTexts: string[] = []
  /** From the interface to `"bytes":`, by flow: for the interface and direction of its last packet (placeKeys). */
  private places: Array<Uint8Array | undefined> = []
  private placeKeys: number[] = []
  private readonly flagTexts: Array<Uint8Array | undefined> = Array.from({ length: FLAGS })
  private readonly ownerTexts = new Map<number, Uint8Array>()
  private ownerKey = NaN
  private ownerBytes: Uint8Array = new Uint8Array(0)
  private second = NaN
  /** The begin of a line, up to the point of its time. */
  private head: Uint8Array = new Uint8Array(0)

  constructor(sink: ByteSink) {
    this.sink = sink
  }

  push(batch: RecordBatch): void {
    if (this.tables === undefined) {
      this.tables = batch.tables
      batch.tables.flows.onEvict(flows => {
        for (const flow of flows) this.flowTexts[flow] = this.places[flow] = undefined
      })
    }
    let next = 0
    for (let row = 0; row < batch.length; row++) {
      while (next < batch.side.length && (batch.sideAt[next] as number) <= row)
        this.writeSide(batch.side[next++] as SideRecord)
      if (this.at > CHUNK) this.handOver()
      this.writePacket(batch, row)
    }
    while (next < batch.side.length) this.writeSide(batch.side[next++] as SideRecord)
    if (this.at > CHUNK) this.handOver()
  }

  flush(): number {
    this.handOver()
    return Infinity
  }

  close(): void {
    this.handOver()
  }

  private handOver(): void {
    if (this.at === 0) return
    const written = this.buffer.subarray(0, this.at)
    this.at = 0
    if (written.length <= COPIED) return this.sink.write(Buffer.from(written))
    this.sink.write(written)
    this.buffer = Buffer.allocUnsafe(CHUNK + LINE)
  }

  private writeSide(record: SideRecord): void {
    const line = record instanceof ForeignRecord ? record.line : encodeRecord(record)
    const bytes = Buffer.from(`${line}\n`, 'utf8')
    if (this.at + bytes.length > this.buffer.length) this.handOver()
    if (bytes.length > this.buffer.length) this.sink.write(bytes)
    else {
      bytes.copy(this.buffer, this.at)
      this.at += bytes.length
    }
  }

  private writePacket(batch: RecordBatch, row: number): void {
    const flow = batch.flow[row] as number
    const iface = batch.iface[row] as number
    const dir = batch.dir[row] as number
    this.timestamp(batch.ts[row] as number)
    if (flow === NO_FLOW) {
      this.ascii(this.ifaceText(batch, iface))
      this.ascii(DIRS[dir] as string)
      this.ascii('"frame_bytes":')
      this.integer(batch.frameBytes[row] as number)
      const ethertype = batch.ethertype[row] as number
      if (ethertype !== ABSENT_16) this.ascii(`,"ethertype":"0x${ethertype.toString(16).padStart(4, '0')}"`)
    } else {
      const key = iface * 8 + dir
      const known = this.places[flow]
      this.copy(
        known !== undefined && this.placeKeys[flow] === key
          ? known
          : this.place(batch, flow, iface, dir, key),
      )
      this.integer(batch.bytes[row] as number)
      this.short(FRAME_BYTES)
      this.integer(batch.frameBytes[row] as number)
      this.short(PACKETS)
      this.integer(batch.packets[row] as number)
      const flags = batch.tcpFlags[row] as number
      if (flags !== ABSENT_16) this.short(this.flagTexts[flags] ?? this.flagText(flags))
      const fragment = batch.fragment[row] as number
      if (fragment !== 0) this.ascii(`,"fragment":"${fragmentNames[fragment]}"`)
    }
    const vlan = batch.vlan[row] as number
    if (vlan !== ABSENT_16) {
      this.ascii(',"vlan":')
      this.integer(vlan)
    }
    if (batch.attribution[row] !== ATTRIBUTION_ABSENT) this.owner(batch, row)
    const extra = batch.extra.size > 0 ? batch.extra.get(row) : undefined
    if (extra !== undefined) this.extra(extra)
    this.byte(0x7d)
    this.byte(0x0a)
  }

  private owner(batch: RecordBatch, row: number): void {
    const owner = batch.owner[row] as number
    const peer = batch.peer[row] as number
    const attribution = batch.attribution[row] as number
    const reason = attribution === ATTRIBUTION_NONE ? (batch.reason[row] as number) : 0
    const key = ((owner * 0x100000 + peer) * 8 + attribution) * 16 + reason
    if (key !== this.ownerKey) {
      let bytes = this.ownerTexts.get(key)
      if (bytes === undefined) {
        bytes = Buffer.from(ownerText(batch.tables, owner, peer, attribution, reason), 'utf8')
        if (this.ownerTexts.size > 100_000) this.ownerTexts.clear()
        this.ownerTexts.set(key, bytes)
      }
      this.ownerKey = key
      this.ownerBytes = bytes
    }
    this.copy(this.ownerBytes)
  }

  private place(batch: RecordBatch, flow: number, iface: number, dir: number, key: number): Uint8Array {
    const text =
      this.ifaceText(batch, iface) + DIRS[dir] + (this.flowTexts[flow] ?? this.flowText(batch.tables, flow))
    const bytes = Buffer.from(text, 'latin1')
    this.places[flow] = bytes
    this.placeKeys[flow] = key
    return bytes
  }

  private flagText(flags: number): Uint8Array {
    const bytes = Buffer.from(`,"tcp_flags":"${formatTcpFlags(flags)}"`)
    if (flags < FLAGS) this.flagTexts[flags] = bytes
    return bytes
  }

  private extra(text: string): void {
    const bytes = Buffer.from(`,${text}`, 'utf8')
    if (this.at + bytes.length + 16 > this.buffer.length) {
      const longer = Buffer.allocUnsafe(this.at + bytes.length + LINE)
      this.buffer.copy(longer, 0, 0, this.at)
      this.buffer = longer
    }
    bytes.copy(this.buffer, this.at)
    this.at += bytes.length
  }

  private flowText(tables: Tables, flow: number): string {
    const { flows } = tables
    const bits = flows.meta(flow)
    const both = flows.ports(flow)
    const [source, destination] =
      (bits & META_PORTS) === 0 ? ['', ''] : [`"src_port":${both >>> 16},`, `"dst_port":${both & 0xffff},`]
    const text =
      `"ip_version":${bits & META_IPV6 ? 6 : 4},"proto":"${protocolName(bits & 255)}",` +
      `"src_ip":"${flows.addressText(flow, 0)}",${source}` +
      `"dst_ip":"${flows.addressText(flow, 4)}",${destination}"bytes":`
    this.flowTexts[flow] = text
    return text
  }

  private ifaceText(batch: RecordBatch, iface: number): string {
    const known = this.ifaceTexts[iface]
    if (known !== undefined) return known
    const name = batch.tables.ifaces.get(iface)
    // Escaped to ASCII: the line is written byte by byte.
    const text = name === undefined ? ',' : `,"iface":${asciiJson(name)},`
    this.ifaceTexts[iface] = text
    return text
  }

  private timestamp(us: number): void {
    if (us < 0) return this.ascii(`${HEAD}${formatTimestamp(us)}`)
    const second = Math.floor(us / 1e6)
    if (second !== this.second) {
      this.second = second
      this.head = Buffer.from(`${HEAD}${second}.`)
    }
    this.short(this.head)
    let rest = us - second * 1e6
    const { buffer } = this
    for (let i = this.at + 5; i >= this.at; i--) {
      const tenth = (rest * 0.1) | 0
      buffer[i] = 0x30 + rest - tenth * 10
      rest = tenth
    }
    this.at += 6
  }

  private integer(value: number): void {
    const { buffer } = this
    if (value < 10) {
      buffer[this.at++] = 0x30 + value
      return
    }
    let digits = 1
    for (let limit = 10; limit <= value; limit *= 10) digits++
    for (let i = this.at + digits - 1; i >= this.at; i--) {
      const tenth = value < SMALL ? (value * 0.1) | 0 : Math.floor(value / 10)
      buffer[i] = 0x30 + value - tenth * 10
      value = tenth
    }
    this.at += digits
  }

  /** For bytes that are worth a call. */
  private copy(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
  }

  /** For a few bytes. */
  private short(bytes: Uint8Array): void {
    const { buffer, at } = this
    const { length } = bytes
    for (let i = 0; i < length; i++) buffer[at + i] = bytes[i] as number
    this.at = at + length
  }

  private ascii(text: string): void {
    this.at += this.buffer.write(text, this.at, 'latin1')
  }

  private byte(value: number): void {
    this.buffer[this.at++] = value
  }
}

/** A record on one line, without the newline: type and ts first, ts with six decimals. */
export function encodeRecord(record: Exclude<SideRecord, ForeignRecord>): string {
  const { type, ts, ...rest } = record
  const body = jsonText(rest)
  return `{"type":"${type}","ts":${formatTimestamp(ts * 1e6)}${body === '{}' ? '' : ','}${body.slice(1)}`
}

function ownerText(tables: Tables, owner: number, peer: number, attribution: number, reason: number): string {
  const { pid, startTime, process, user } = tables.owners.get(owner)
  let text = owner === NO_OWNER ? ',"pid":null,"process":"unknown"' : `,"pid":${pid}`
  if (owner !== NO_OWNER)
    text += `,"start_time":${startTime},"process":${jsonText(process)},"user":${jsonText(user)}`
  text += `,"attribution":"${attributionNames[attribution]}"`
  if (reason !== 0) text += `,"reason":"${reasonNames[reason]}"`
  if (peer !== NO_OWNER) {
    const other = tables.owners.get(peer)
    text += `,"peer_pid":${other.pid},"peer_process":${jsonText(other.process)}`
  }
  return text
}

function asciiJson(text: string): string {
  return jsonText(text).replace(
    /[\u0080-\uffff]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
