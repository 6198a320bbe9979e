// What the screen needs of the outside: somewhere to write, and to put a file.

import type { Size } from './layout.ts'

export interface Screen {
  size(): Size
  write(text: string): void
  /** What was written is not yet on its way: another frame would only queue behind it. */
  isBusy(): boolean
  /** Gives the terminal back, stops with the job, and takes it again when that goes on. */
  suspend(): void
  /** Writes a new file, and says where. @throws NetoprocError */
  save(name: string, text: string): string
  quit(): void
}
