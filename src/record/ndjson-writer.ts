// The end of a chain at a pipe: batches become NDJSON. Packets are written straight from the columns into one buffer, with
// the text of their flow and of their owner kept from the last time (JSON.stringify costs some 1,600 ns a record).

import { NO_FLOW } from './flow-table.ts'
import { jsonText } from './json-text.ts'
import { LINE_HEAD, dirTexts, ifaceText, ownerText, placeText } from './packet-text.ts'
import { formatTcpFlags } from './protocol.ts'
import {
  ABSENT_16,
  ATTRIBUTION_ABSENT,
  ATTRIBUTION_NONE,
  ForeignRecord,
  NO_TEXT,
  fragmentNames,
  type RecordBatch,
  type SideRecord,
  type Tables,
} from './record-batch.ts'
import type { Stage } from './stage.ts'
import { TextArena } from './text-arena.ts'
import { formatTimestamp } from './timestamp.ts'
import { copyText } from './wide-text.ts'

/** Takes bytes, which are its own from then on. */
export interface ByteSink {
  /** @param release to be called when the bytes are no longer needed: their memory is used again then */
  write(bytes: Uint8Array, release?: () => void): void
}

const CHUNK = 256 * 1024
/** Up to so many bytes are copied; more are handed over with their buffer, which is used again once they are written. */
const COPIED = 16 * 1024
/** Longest packet line: fixed text, two cached texts of at most 3 bytes a character, and the extra fields apart. */
const LINE = 32 * 1024
/** Buffers that are kept for use again. */
const SPARE = 8
const NEWLINE = 0x0a
/** Letters of TCP flags: nine. */
const FLAGS = 1 << 9
/** Three digits of each number below a thousand, and a fourth byte that what follows is written over, low byte first. */
const DIGITS = Int32Array.from({ length: 1000 }, (_, value) => {
  const [a, b, c] = String(value).padStart(3, '0')
  return (
    (a as string).charCodeAt(0) | ((b as string).charCodeAt(0) << 8) | ((c as string).charCodeAt(0) << 16)
  )
})

/** Numbers of a flow in `flowParts`: sections of its place and of its owner, and what those were made for. */
const PARTS = 6
const PLACE = 0
const PLACE_KEY = 1
const OWNER = 2
const OWNER_ID = 3
const PEER_ID = 4
const OWNER_KEY = 5
const NO_SECTION = -1

export class NdjsonWriter implements Stage {
  private readonly sink: ByteSink
  private buffer: Buffer = Buffer.allocUnsafe(CHUNK + LINE)
  private view = viewOf(this.buffer)
  private readonly spare: Buffer[] = []
  private at = 0
  private tables: Tables | undefined
  private readonly texts = new TextArena()
  /** See PARTS. */
  private flowParts = new Int32Array(0)
  private readonly flags = new Int32Array(FLAGS).fill(NO_SECTION)
  private readonly ownerSections = new Map<string, number>()
  /** By dir. */
  private dirs: number[] = []
  private frameBytes = NO_SECTION
  private packets = NO_SECTION
  private second = NaN
  /** The begin of a line, up to the point of its time. */
  private head = NO_SECTION

  constructor(sink: ByteSink) {
    this.sink = sink
    this.forget()
  }

  push(batch: RecordBatch): void {
    if (this.tables === undefined) {
      this.tables = batch.tables
      batch.tables.flows.onEvict(flows => {
        for (const flow of flows) this.flowParts.fill(NO_SECTION, flow * PARTS, (flow + 1) * PARTS)
      })
      batch.tables.owners.onForget(() => this.forget())
    }
    if (this.texts.isFull) this.forget()
    const flows = batch.tables.flows.capacity
    if (this.flowParts.length < flows * PARTS) {
      const { flowParts } = this
      this.flowParts = new Int32Array(flows * PARTS).fill(NO_SECTION, flowParts.length)
      this.flowParts.set(flowParts)
    }
    let next = 0
    for (let row = 0; row < batch.length; row++) {
      while (next < batch.side.length && (batch.sideAt[next] as number) <= row)
        this.writeSide(batch.side[next++] as SideRecord)
      if (this.at > CHUNK) this.handOver()
      if (batch.textAt[row] === NO_TEXT) this.writePacket(batch, row)
      else this.copyPacket(batch, row, batch.text as DataView)
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
    const { buffer } = this
    this.sink.write(written, () => {
      if (this.spare.length < SPARE && buffer.length === CHUNK + LINE) this.spare.push(buffer)
    })
    this.use(this.spare.pop() ?? Buffer.allocUnsafe(CHUNK + LINE))
  }

  private use(buffer: Buffer): void {
    this.buffer = buffer
    this.view = viewOf(buffer)
  }

  /** Texts that were made: they are made anew as they are needed. */
  private forget(): void {
    this.texts.clear()
    this.flowParts.fill(NO_SECTION)
    this.flags.fill(NO_SECTION)
    this.ownerSections.clear()
    this.second = NaN
    this.dirs = dirTexts.map(text => this.texts.add(text))
    this.frameBytes = this.texts.add(',"frame_bytes":')
    this.packets = this.texts.add(',"packets":')
  }

  private writeSide(record: SideRecord): void {
    const line = record instanceof ForeignRecord ? record.line : encodeRecord(record)
    // A character is at most three bytes.
    if (this.at + 3 * line.length >= this.buffer.length) {
      this.handOver()
      if (3 * line.length >= this.buffer.length) return this.sink.write(Buffer.from(`${line}\n`))
    }
    this.at += this.buffer.write(line, this.at)
    this.buffer[this.at++] = NEWLINE
  }

  private writePacket(batch: RecordBatch, row: number): void {
    const flow = batch.flow[row] as number
    const iface = batch.iface[row] as number
    const dir = batch.dir[row] as number
    this.timestamp(batch.ts[row] as number)
    if (flow === NO_FLOW) {
      this.ascii(ifaceText(batch.tables, iface))
      this.ascii(dirTexts[dir] as string)
      this.ascii('"frame_bytes":')
      this.integer(batch.frameBytes[row] as number)
      const ethertype = batch.ethertype[row] as number
      if (ethertype !== ABSENT_16) this.ascii(`,"ethertype":"0x${ethertype.toString(16).padStart(4, '0')}"`)
    } else {
      const parts = flow * PARTS
      const key = iface * 8 + dir
      if (this.flowParts[parts + PLACE_KEY] !== key) this.place(batch, flow, iface, dir, key)
      this.text(this.flowParts[parts + PLACE] as number)
      this.integer(batch.bytes[row] as number)
      this.text(this.frameBytes)
      this.integer(batch.frameBytes[row] as number)
      this.text(this.packets)
      this.integer(batch.packets[row] as number)
      const flags = batch.tcpFlags[row] as number
      if (flags !== ABSENT_16) this.text(this.flagText(flags))
      const fragment = batch.fragment[row] as number
      if (fragment !== 0) this.ascii(`,"fragment":"${fragmentNames[fragment]}"`)
    }
    const vlan = batch.vlan[row] as number
    if (vlan !== ABSENT_16) {
      this.ascii(',"vlan":')
      this.integer(vlan)
    }
    if (batch.attribution[row] !== ATTRIBUTION_ABSENT) this.owner(batch, row, flow)
    const extra = batch.extra.size > 0 ? batch.extra.get(row) : undefined
    if (extra !== undefined) this.extra(extra)
    this.view.setUint16(this.at, 0x7d0a)
    this.at += 2
  }

  /** The line as it was read, with the owner and the direction that the row has by now. */
  private copyPacket(batch: RecordBatch, row: number, text: DataView): void {
    const { view } = this
    const from = batch.textAt[row] as number
    const to = batch.textEnd[row] as number
    const dir = batch.dir[row] as number
    const dirWas = batch.textDir[row] as number
    if (dir === dirWas) this.at = copyText(view, this.at, text, from, to - from)
    else {
      const dirAt = batch.textDirAt[row] as number
      const rest = dirAt + (dirTexts[dirWas] as string).length
      this.at = copyText(view, this.at, text, from, dirAt - from)
      this.text(this.dirs[dir] as number)
      this.at = copyText(view, this.at, text, rest, to - rest)
    }
    if (batch.attribution[row] !== ATTRIBUTION_ABSENT) this.owner(batch, row, batch.flow[row] as number)
    this.view.setUint16(this.at, 0x7d0a)
    this.at += 2
  }

  private owner(batch: RecordBatch, row: number, flow: number): void {
    const owner = batch.owner[row] as number
    const peer = batch.peer[row] as number
    const attribution = batch.attribution[row] as number
    const reason = attribution === ATTRIBUTION_NONE ? (batch.reason[row] as number) : 0
    const key = attribution * 16 + reason
    if (flow === NO_FLOW) return this.text(this.ownerSection(batch, owner, peer, attribution, reason))
    // A flow's packets have the same owner, but for the first.
    const { flowParts } = this
    const parts = flow * PARTS
    if (
      flowParts[parts + OWNER_KEY] !== key ||
      flowParts[parts + OWNER_ID] !== owner ||
      flowParts[parts + PEER_ID] !== peer
    ) {
      flowParts[parts + OWNER] = this.ownerSection(batch, owner, peer, attribution, reason)
      flowParts[parts + OWNER_KEY] = key
      flowParts[parts + OWNER_ID] = owner
      flowParts[parts + PEER_ID] = peer
    }
    this.text(flowParts[parts + OWNER] as number)
  }

  private ownerSection(
    batch: RecordBatch,
    owner: number,
    peer: number,
    attribution: number,
    reason: number,
  ): number {
    const key = `${owner} ${peer} ${attribution} ${reason}`
    let section = this.ownerSections.get(key)
    if (section === undefined) {
      section = this.texts.add(ownerText(batch.tables, owner, peer, attribution, reason))
      this.ownerSections.set(key, section)
    }
    return section
  }

  private place(batch: RecordBatch, flow: number, iface: number, dir: number, key: number): void {
    this.flowParts[flow * PARTS + PLACE] = this.texts.add(placeText(batch.tables, iface, dir, flow))
    this.flowParts[flow * PARTS + PLACE_KEY] = key
  }

  private flagText(flags: number): number {
    const known = this.flags[flags] as number
    if (known !== NO_SECTION) return known
    const section = this.texts.add(`,"tcp_flags":"${formatTcpFlags(flags)}"`)
    this.flags[flags] = section
    return section
  }

  private extra(text: string): void {
    const bytes = Buffer.from(`,${text}`, 'utf8')
    if (this.at + bytes.length + 16 > this.buffer.length) {
      const longer = Buffer.allocUnsafe(this.at + bytes.length + LINE)
      this.buffer.copy(longer, 0, 0, this.at)
      this.use(longer)
    }
    bytes.copy(this.buffer, this.at)
    this.at += bytes.length
  }

  private timestamp(us: number): void {
    if (us < 0) return this.ascii(`${LINE_HEAD}${formatTimestamp(us)}`)
    const second = Math.floor(us / 1e6)
    if (second !== this.second) {
      this.second = second
      this.head = this.texts.add(`${LINE_HEAD}${second}.`)
    }
    this.text(this.head)
    const rest = (us - second * 1e6) | 0
    const thousands = (rest / 1000) | 0
    this.view.setInt32(this.at, DIGITS[thousands] as number, true)
    this.view.setInt32(this.at + 3, DIGITS[rest - thousands * 1000] as number, true)
    this.at += 6
  }

  private integer(value: number): void {
    if (value < 1000) return this.small(value)
    const thousands = Math.floor(value / 1000)
    this.integer(thousands)
    this.view.setInt32(this.at, DIGITS[value - thousands * 1000] as number, true)
    this.at += 3
  }

  private small(value: number): void {
    // The digits begin in the first, second or third byte.
    const digits = value < 10 ? 1 : value < 100 ? 2 : 3
    this.view.setInt32(this.at, (DIGITS[value] as number) >>> (8 * (3 - digits)), true)
    this.at += digits
  }

  private text(section: number): void {
    this.at = this.texts.copy(section, this.view, this.at)
  }

  private ascii(text: string): void {
    this.at += this.buffer.write(text, this.at, 'latin1')
  }
}

/** A record on one line, without the newline: type and ts first, ts with six decimals. */
export function encodeRecord(record: Exclude<SideRecord, ForeignRecord>): string {
  const { type, ts } = record
  const head = `{"type":"${type}","ts":`
  const text = jsonText(record)
  // As all records are made; the number is written anew, the rest is not.
  const begin = `${head}${ts}`
  const after = text[begin.length]
  if (text.startsWith(begin) && (after === ',' || after === '}'))
    return `${head}${formatTimestamp(ts * 1e6)}${text.slice(begin.length)}`
  const { type: _type, ts: _ts, ...rest } = record
  const body = jsonText(rest)
  return `${head}${formatTimestamp(ts * 1e6)}${body === '{}' ? '' : ','}${body.slice(1)}`
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}
