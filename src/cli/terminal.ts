// The user's terminal: raw keys from /dev/tty (standard input may be a pipe), the alternate screen on standard output, and
// everything put back as it was, however the command ends or is stopped for a while. Sequences: xterm's ctlseqs.

import { openSync, writeFileSync, writeSync } from 'node:fs'
import { ReadStream, isatty, type WriteStream } from 'node:tty'
import { NetoprocError, isOutOfDescriptors, systemReason } from '../record/error.ts'
import { KeyReader, type Key } from '../render/tui/keys.ts'
import type { Screen } from '../render/tui/port.ts'
import { FdOutput } from './fd-output.ts'
import type { Life } from './run.ts'

const STDIN = 0
const STDOUT = 1
/** Alternate screen, no cursor, no automatic wrap, mouse buttons in SGR form. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?1000h\x1b[?1006h'
/** CAN ends a sequence that was cut in the middle; then everything of ENTER backwards, and a frame's bracket. */
const LEAVE = '\x18\x1b[?2026l\x1b[0m\x1b[?1006l\x1b[?1000l\x1b[?7h\x1b[?25h\x1b[?1049l'
/** An escape sequence that comes in pieces is complete after this. */
const ESCAPE_MS = 50
/** A stop by the shell's job control has come into force by then, or never will (nobody is there to continue the job). */
const STOP_MS = 200

export interface TerminalEvents {
  readonly onKey: (key: Key) => void
  /** Another size, or the screen was used by somebody else: draw all of it. */
  readonly onRedraw: () => void
  readonly onQuit: () => void
}

export class Terminal implements Screen {
  private readonly output: FdOutput
  private readonly stdout = process.stdout as WriteStream
  private readonly input: ReadStream
  private readonly keys = new KeyReader()
  private readonly events: TerminalEvents
  /** False: a terminal that takes lines only, without any sequence. */
  private readonly hasCursor: boolean
  private isOurs = false
  private escape: NodeJS.Timeout | undefined

  /** @throws NetoprocError usage when there is no terminal to read keys from */
  constructor(life: Life, hasCursor: boolean, events: TerminalEvents) {
    this.events = events
    this.hasCursor = hasCursor
    this.output = new FdOutput(STDOUT, { onClosed: () => life.stop('closed') })
    this.input = openKeys()
    life.atExit(() => this.giveBack())
    // The terminal went away.
    this.input.on('error', () => life.stop('closed'))
    this.input.on('end', () => life.stop('closed'))
    this.stdout.on('resize', () => this.events.onRedraw())
    process.on('SIGTSTP', this.onStop)
    process.on('SIGCONT', this.onContinue)
    this.take()
  }

  readKeys(): void {
    this.input.on('data', bytes => this.read(bytes))
  }

  size(): { width: number; height: number } {
    const [width, height] = this.stdout.getWindowSize()
    // A serial line has no size.
    return width > 0 && height > 0 ? { width, height } : { width: 80, height: 24 }
  }

  write(text: string): void {
    if (this.isOurs) this.output.write(Buffer.from(text, 'utf8'))
  }

  isBusy(): boolean {
    return this.output.isWriting
  }

  save(name: string, text: string): string {
    const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
    const path = `netoproc-${name}-${stamp}.tsv`
    try {
      // Only a new file, for the user alone: who runs this as root may stand in a directory of others.
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
    } catch (error) {
      throw new NetoprocError('fatal', `cannot write ${path}: ${systemReason(error)}`, { cause: error })
    }
    return path
  }

  quit(): void {
    this.events.onQuit()
  }

  /** Ctrl-Z came as a key, since the terminal is raw: the whole job stops, as it would by the terminal's own doing. */
  suspend(): void {
    process.kill(0, 'SIGTSTP')
  }

  /**
   * Takes the terminal again that others gave back. Node restores the settings that it found on its standard streams when it
   * exits: the commands before this one in a pipe undo the raw mode that was set meanwhile.
   */
  retake(): void {
    if (!this.isOurs) return
    // Off and on: raw after raw would change nothing in the eyes of libuv.
    this.input.setRawMode(false)
    this.input.setRawMode(true)
  }

  /** Resolves when everything is written. */
  async end(): Promise<void> {
    await this.output.end()
    this.giveBack()
    this.input.destroy()
  }

  private readonly onStop = () => {
    this.giveBack()
    process.off('SIGTSTP', this.onStop)
    process.kill(process.pid, 'SIGTSTP')
    setTimeout(this.onContinue, STOP_MS)
  }

  private readonly onContinue = () => {
    if (this.isOurs || this.input.destroyed) return
    process.on('SIGTSTP', this.onStop)
    this.take()
    this.events.onRedraw()
  }

  private read(bytes: Buffer): void {
    if (this.escape !== undefined) clearTimeout(this.escape)
    for (const key of this.keys.push(bytes)) this.events.onKey(key)
    if (!this.keys.isHolding) return
    this.escape = setTimeout(() => {
      for (const key of this.keys.idle()) this.events.onKey(key)
    }, ESCAPE_MS)
  }

  private take(): void {
    this.isOurs = true
    this.input.setRawMode(true)
    if (this.hasCursor) this.output.write(Buffer.from(ENTER))
  }

  private giveBack(): void {
    if (!this.isOurs) return
    this.isOurs = false
    try {
      if (this.hasCursor) writeSync(STDOUT, LEAVE)
      this.input.setRawMode(false)
    } catch {
      // EIO: the terminal hung up, and there is nothing left to give back; EAGAIN: it takes nothing more.
    }
  }
}

function openKeys(): ReadStream {
  try {
    return new ReadStream(openSync('/dev/tty', 'r'))
  } catch (error) {
    if (isOutOfDescriptors(error)) throw error
    // A session without a controlling terminal (su -c, setsid) may have one to read from all the same.
    if (isatty(STDIN)) return new ReadStream(STDIN)
    throw new NetoprocError(
      'usage',
      'the terminal UI needs a terminal for its keys; use --format pretty, tsv, json or ndjson',
      { cause: error },
    )
  }
}
