// Small sets of names that rows refer to by number (interfaces): never more than 65,535 of them.

import { NO_IFACE } from './record-batch.ts'

export class NameTable {
  private readonly names: string[] = []
  private readonly ids = new Map<string, number>()

  get count(): number {
    return this.names.length
  }

  /** The name's number, new or known. Past the last number (a hostile stream) names are not kept: NO_IFACE. */
  intern(name: string): number {
    const known = this.ids.get(name)
    if (known !== undefined) return known
    const id = this.names.length
    if (id >= NO_IFACE) return NO_IFACE
    this.names.push(name)
    this.ids.set(name, id)
    return id
  }

  /** Undefined for NO_IFACE. */
  get(id: number): string | undefined {
    return this.names[id]
  }
}
