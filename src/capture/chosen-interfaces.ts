// What has become of the interfaces that a live source was told to listen to: one that goes is told of, the last one ends it.

import { NetoprocError, isOutOfDescriptors, outOfDescriptors } from '../record/error.ts'
import { printable } from '../record/printable.ts'
import type { FrameSink, ListedInterface } from './port.ts'

/** The interfaces as they are now. */
export interface InterfacesNow {
  /** Those of the chosen names that no interface has. */
  missing(): string[]
  listed(): ListedInterface[]
}

export class ChosenInterfaces {
  private readonly table: InterfacesNow
  private readonly chosen: readonly string[]
  private readonly warned = new Set<string>()

  constructor(table: InterfacesNow, chosen: readonly string[]) {
    this.table = table
    this.chosen = chosen
  }

  /** What to tell at the start. */
  warnings(): string[] {
    const down = this.table.listed().filter(({ name, up }) => this.chosen.includes(name) && !up)
    return down.map(({ name }) => `interface "${name}" is down`)
  }

  /** Of those that were chosen, none is left. */
  get failure(): NetoprocError | undefined {
    const missing = this.table.missing()
    if (missing.length === 0 || missing.length < this.chosen.length) return undefined
    const names = missing.map(name => `"${printable(name, 64)}"`).join(', ')
    return new NetoprocError('device', `interface ${names} is gone`)
  }

  /** Of those that are gone, while others are left. */
  warnOfMissing(sink: Pick<FrameSink, 'warn'>): void {
    if (this.failure !== undefined) return
    for (const name of this.table.missing()) {
      if (this.warned.has(name)) continue
      this.warned.add(name)
      sink.warn(`interface "${printable(name, 64)}" is gone; the others are still captured`)
    }
  }
}

/** An interface table that cannot be read any more ends the source. */
export function cannotRead(error: unknown): NetoprocError {
  if (isOutOfDescriptors(error)) return outOfDescriptors(error)
  return new NetoprocError('fatal', `cannot read the interfaces: ${(error as Error).message}`, {
    cause: error,
  })
}
