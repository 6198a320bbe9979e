// An array of one value that user space has in its own memory (BPF_F_MMAPABLE, Linux 5.5): programs find it without a call, and
// it is read and written here without a system call. What programs may change meanwhile is to be read in one piece: by `words64`.

import type { FileDescriptor } from '../../file-descriptor.ts'
import { SharedMapping } from '../libc.ts'
import { BpfMap } from './bpf-map.ts'
import { BPF_F_MMAPABLE, mapType } from './helper.ts'

export class MappedArray {
  readonly fd: FileDescriptor
  readonly bytes: Uint8Array
  readonly words32: Uint32Array
  readonly words64: BigUint64Array
  private readonly map: BpfMap
  private readonly mapping: SharedMapping

  /** @param size bytes, a multiple of 8; zeroed @throws SystemError */
  constructor(name: string, size: number) {
    this.map = new BpfMap({
      name,
      type: mapType.ARRAY,
      keySize: 4,
      valueSize: size,
      maxEntries: 1,
      flags: BPF_F_MMAPABLE,
    })
    this.fd = this.map.fd
    try {
      this.mapping = new SharedMapping(`mmap(${name})`, this.fd, size)
    } catch (error) {
      this.map.close()
      throw error
    }
    this.bytes = this.mapping.bytes
    this.words32 = new Uint32Array(this.mapping.buffer)
    this.words64 = new BigUint64Array(this.mapping.buffer)
  }

  get isClosed(): boolean {
    return this.fd.isClosed
  }

  /** The memory must not be touched afterwards. */
  close(): void {
    if (this.isClosed) return
    this.map.close()
    this.mapping.unmap()
  }
}
