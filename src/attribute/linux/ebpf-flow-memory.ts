// What is known of flows by number: their keys, as the kernel has them, and their addresses, 64 bytes in a row each; and a
// flow by its key, by open addressing over those rows. No object, string or typed array of its own for any of it: ten
// thousand flows that begin in a second are ten thousand times that.

import { flowKey } from './ebpf-layout.ts'

export const KEY_WORDS = flowKey.size / 4
/** Of a row, behind the key: local address, remote address, as words in host order. */
export const LOCAL = KEY_WORDS
export const REMOTE = KEY_WORDS + 4
const ROW_WORDS = KEY_WORDS + 8
const FREE = -1
const FIRST_ROWS = 1024

export class FlowMemory<F extends { readonly row: number }> {
  words = new Uint32Array(FIRST_ROWS * ROW_WORDS)
  /** Of the keys, by row: ten thousand flows that begin at once make the table grow often, and each time find new places. */
  private hashes = new Int32Array(FIRST_ROWS)
  private flows: (F | undefined)[] = []
  private readonly freeRows: number[] = []
  private rows = 0
  /** Rows by hash of their key; FREE where there is none. At most half of it is in use. */
  private table = new Int32Array(2048).fill(FREE)
  private used = 0

  get count(): number {
    return this.used
  }

  /** A row with this key, for a flow that set() then puts there. @returns where its words begin */
  take(keys: DataView, key: number): number {
    const row = this.freeRows.pop() ?? this.rows++
    const at = row * ROW_WORDS
    if (at === this.words.length) {
      const { words, hashes } = this
      this.words = new Uint32Array(words.length * 2)
      this.words.set(words)
      this.hashes = new Int32Array(hashes.length * 2)
      this.hashes.set(hashes)
    }
    const { words } = this
    let hash = 0
    for (let i = 0; i < KEY_WORDS; i++) {
      const word = keys.getUint32(key + 4 * i, true)
      words[at + i] = word
      hash = mixed(hash, word)
    }
    this.hashes[row] = hash
    return at
  }

  /** The flow can be found from now on. */
  set(flow: F): void {
    if (++this.used * 2 > this.table.length) this.grow()
    this.flows[flow.row / ROW_WORDS] = flow
    this.place(flow.row / ROW_WORDS)
  }

  find(keys: DataView, key: number): F | undefined {
    const mask = this.table.length - 1
    let hash = 0
    for (let i = 0; i < KEY_WORDS; i++) hash = mixed(hash, keys.getUint32(key + 4 * i, true))
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = this.table[at] as number
      if (row === FREE) return undefined
      if (this.isAt(row * ROW_WORDS, keys, key)) return this.flows[row]
    }
  }

  /** Whether the row's key is this one. */
  isAt(row: number, keys: DataView, key: number): boolean {
    const { words } = this
    for (let i = 0; i < KEY_WORDS; i++) if (keys.getUint32(key + 4 * i, true) !== words[row + i]) return false
    return true
  }

  /** The row's key as the kernel wants it; good until the next flow comes. */
  keyOf(row: number): Uint8Array {
    return new Uint8Array(this.words.buffer, row * 4, flowKey.size)
  }

  /** Takes the flow out; its row is another's from now on. */
  delete(flow: F): void {
    const { table } = this
    const mask = table.length - 1
    const row = flow.row / ROW_WORDS
    const { hashes } = this
    let at = (hashes[row] as number) & mask
    while (table[at] !== row) at = (at + 1) & mask
    // Those behind it that had to give way to it move up: a gap would hide them.
    for (let next = (at + 1) & mask; table[next] !== FREE; next = (next + 1) & mask) {
      const home = (hashes[table[next] as number] as number) & mask
      if (((next - home) & mask) < ((next - at) & mask)) continue
      table[at] = table[next] as number
      at = next
    }
    table[at] = FREE
    this.used--
    this.flows[row] = undefined
    this.freeRows.push(row)
  }

  *values(): Generator<F> {
    for (const flow of this.flows) if (flow !== undefined) yield flow
  }

  private place(row: number): void {
    const { table } = this
    const mask = table.length - 1
    let at = (this.hashes[row] as number) & mask
    while (table[at] !== FREE) at = (at + 1) & mask
    table[at] = row
  }

  private grow(): void {
    this.table = new Int32Array(this.table.length * 2).fill(FREE)
    for (let row = 0; row < this.rows; row++) if (this.flows[row] !== undefined) this.place(row)
  }
}

function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1)
  return product ^ (product >>> 15)
}
