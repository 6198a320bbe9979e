// What a format's parser and the file source say to each other.

import type { NetoprocError } from '../../record/error.ts'
import type { Frame, InterfaceDescription } from '../port.ts'

export interface FormatParser {
  /**
   * Hands over the whole records in [start, end).
   * @returns bytes used; the rest begins the next call, with more behind it
   * @throws NetoprocError fatal for damage
   */
  parse(bytes: Uint8Array, view: DataView, start: number, end: number, frame: Frame): number
}

export interface Recording {
  /** For messages: the path, or "standard input". */
  readonly name: string
  frame(frame: Frame): void
  warn(message: string): void
  /** Id in tables.ifaces. */
  internInterface(name: string): number
  /** The file names an interface of the host that was recorded. */
  addInterface(description: InterfaceDescription): void
  /** @param offset in bytes from the begin of this parse call's range */
  damaged(offset: number, what: string): NetoprocError
}
