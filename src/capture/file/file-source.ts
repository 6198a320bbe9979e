// A capture file as a source of frames: read in large pieces, so that memory does not grow with the file.

import { open, type FileHandle } from 'node:fs/promises'
import { NetoprocError } from '../../record/error.ts'
import { NO_IFACE, type Tables } from '../../record/record-batch.ts'
import {
  Frame,
  type EndReason,
  type FrameSink,
  type InterfaceDescription,
  type PacketSource,
  type SourceStatistics,
} from '../port.ts'
import { PcapFormat, pcapByteOrder } from './pcap-format.ts'
import { PcapngFormat, SECTION_HEADER_BLOCK } from './pcapng-format.ts'
import type { FormatParser, Recording } from './recording.ts'

const PIECE = 1 << 20

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
  private file: FileHandle | undefined
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
    // /dev/stdin is the same file on Linux and macOS, and takes the same calls as any other.
    try {
      source.file = await open(options.path === '-' ? '/dev/stdin' : options.path, 'r')
      if ((await source.file.stat()).isDirectory())
        throw Object.assign(new Error('is a directory'), { code: 'EISDIR' })
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      source.close()
      throw new NetoprocError('fatal', `cannot read ${source.name}: ${code ?? message}`, { cause: error })
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
    const file = this.file as FileHandle
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
        this.received++
        if (this.stopped === undefined) sink.frame(taken)
      },
      warn: message => sink.warn(message),
      internInterface: name => this.tables.ifaces.intern(name),
      addInterface: description => this.described.push(description),
      damaged: (at, what) =>
        new NetoprocError('fatal', `${this.name}: damaged at byte ${offset + at}: ${what}`),
    }
    while (this.stopped === undefined) {
      if (held === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2)
      const { bytesRead } = await file.read(buffer, held, buffer.length - held, null)
      held += bytesRead
      const view = new DataView(buffer.buffer, buffer.byteOffset, held)
      if (parser === undefined && held >= 12) parser = this.format(view, recording)
      const used = parser?.parse(buffer, view, 0, held, frame) ?? 0
      sink.endOfBlock(frame.tsUs)
      if (bytesRead === 0) {
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
  }

  statistics(): readonly SourceStatistics[] {
    return [{ received: this.received, dropped: 0, filtered: null }]
  }

  close(): void {
    void this.file?.close()
    this.file = undefined
  }

  private format(view: DataView, recording: Recording): FormatParser {
    if (view.getUint32(0, false) === SECTION_HEADER_BLOCK) return new PcapngFormat(recording)
    const little = pcapByteOrder(view)
    if (little === undefined) throw new NetoprocError('fatal', `${this.name} is not a pcap or pcapng file`)
    return new PcapFormat(little, recording)
  }
}
