// Memory that does not move: bpf(2) takes addresses in a struct, and V8 moves small typed arrays about.

import koffi from 'koffi'

export class NativeMemory {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly address: bigint
  private pointer: unknown

  /** Zeroed. */
  constructor(length: number) {
    this.pointer = koffi.alloc('uint8_t', length)
    this.address = koffi.address(this.pointer)
    const buffer = koffi.view(this.pointer, length)
    this.bytes = new Uint8Array(buffer)
    this.view = new DataView(buffer)
    this.bytes.fill(0)
  }

  /** The bytes must not be touched afterwards. */
  free(): void {
    if (this.pointer === undefined) return
    koffi.free(this.pointer)
    this.pointer = undefined
  }
}
