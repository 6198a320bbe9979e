// A capture file as a source of frames: read in large pieces, so that memory does not grow with the file.

import { NetoprocError, systemReason } from '../../record/error.ts'
import { compressed } from '../../record/file-kind.ts'
import { NO_IFACE, type Tables } from '../../record/record-batch.ts'
import {
  Frame,
  type EndReason,
  type FrameSink,
  type InterfaceDescription,
  type PacketSource,
  type SourceStatistics,
} from '../port.ts'
import { openInput, type FileInput } from './file-input.ts'
import { mayHavePktap, takePktap } from './pktap-frames.ts'
import { PcapFormat, pcapByteOrder } from './pcap-format.ts'
import { PcapngFormat, SECTION_HEADER_BLOCK } from './pcapng-format.ts'
import type { FormatParser, Recording } from './recording.ts'

const PIECE = 1 << 20
const BRACE = 0x7b

export interface FileOptions {
  /** A path, or "-" for standard input. */
  readonly path: string
  /** Addresses of the host that was recorded, where the user knows them. */
  readonly localAddresses: readonly string[]
}

export class FileSource implements PacketSource {
  readonly method = 'file'
  readonly degraded: readonly string[] = []
  private readonly options: FileOptions
  private readonly tables: Tables
  private readonly described: InterfaceDescription[] = []
  private input: FileInput | undefined
  private stopped: EndReason | undefined
  private received = 0

  private constructor(options: FileOptions, tables: Tables) {
    this.options = options
    this.tables = tables
    if (options.localAddresses.length > 0) {
      this.described.push({ name: '', index: 0, mtu: 0, addresses: [...options.localAddresses] })
    }
  }

  /** @throws NetoprocError fatal when the file cannot be opened */
  static async open(options: FileOptions, tables: Tables): Promise<FileSource> {
    const source = new FileSource(options, tables)
    try {
      source.input = await openInput(options.path)
    } catch (error) {
      throw source.unreadable(error)
    }
    return source
  }

  private get name(): string {
    return this.options.path === '-' ? 'standard input' : this.options.path
  }

  interfaces(): readonly InterfaceDescription[] {
    return this.described
  }

  async run(sink: FrameSink, ready: () => Promise<void> | undefined): Promise<EndReason> {
    const input = this.input as FileInput
    const frame = new Frame()
    frame.iface = NO_IFACE
    let buffer = Buffer.allocUnsafe(PIECE)
    let held = 0
    /** Offset in the file of the first held byte. */
    let offset = 0
    let parser: FormatParser | undefined
    const recording: Recording = {
      name: this.name,
      frame: taken => {
        if (this.stopped !== undefined) return
        this.received++
        if (mayHavePktap(taken.linkType)) takePktap(taken, this.tables, sink)
        else sink.frame(taken)
      },
      warn: message => sink.warn(message),
      internInterface: name => this.tables.ifaces.intern(name),
      addInterface: description => this.described.push(description),
      damaged: (at, what) =>
        new NetoprocError('fatal', `${this.name}: damaged at byte ${offset + at}: ${what}`),
    }
    while (this.stopped === undefined) {
      if (held === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2)
      const bytesRead = await this.read(input, buffer, held)
      if (this.stopped !== undefined) return this.stopped
      held += bytesRead
      const view = new DataView(buffer.buffer, buffer.byteOffset, held)
      if (parser === undefined && held >= 12) parser = this.format(view, recording)
      const used = parser?.parse(buffer, view, 0, held, frame) ?? 0
      sink.endOfBlock(frame.tsUs)
      if (bytesRead === 0) {
        if (held === 0 && parser === undefined)
          throw new NetoprocError('fatal', `${this.name} is empty: not a pcap or pcapng file`)
        if (held > used || parser === undefined) throw recording.damaged(used, 'the file ends in the middle')
        return this.stopped ?? 'eof'
      }
      buffer.copyWithin(0, used, held)
      held -= used
      offset += used
      const wait = ready()
      if (wait !== undefined) await wait
    }
    return this.stopped
  }

  stop(reason: EndReason): void {
    this.stopped ??= reason
    this.input?.wake()
  }

  statistics(): readonly SourceStatistics[] {
    return [{ received: this.received, dropped: 0, filtered: null }]
  }

  close(): void {
    this.input?.close()
    this.input = undefined
  }

  private async read(input: FileInput, into: Uint8Array, at: number): Promise<number> {
    try {
      return await input.read(into, at, into.length - at)
    } catch (error) {
      throw this.unreadable(error)
    }
  }

  private unreadable(error: unknown): NetoprocError {
    if (error instanceof NetoprocError) return error
    return new NetoprocError('fatal', `cannot read ${this.name}: ${systemReason(error)}`, { cause: error })
  }

  private format(view: DataView, recording: Recording): FormatParser {
    if (view.getUint32(0, false) === SECTION_HEADER_BLOCK) return new PcapngFormat(recording)
    const little = pcapByteOrder(view)
    if (little === undefined) throw new NetoprocError('fatal', `${this.name} is ${otherThanCapture(view)}`)
    return new PcapFormat(little, recording)
  }
}

function otherThanCapture(view: DataView): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  if (bytes[0] === BRACE) return 'not a pcap or pcapng file, but NDJSON: what netoproc-capture writes'
  return compressed(bytes) ?? 'not a pcap or pcapng file'
}
