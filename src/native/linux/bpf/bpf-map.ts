// Maps: tables that programs in the kernel write and user space reads. Keys and values are bytes; whoever defines a map
// defines their layout. Reading all entries costs one system call per BATCH entries (BPF_MAP_LOOKUP_BATCH, Linux 5.6), or
// two per entry where the kernel has no batches.

import type { FileDescriptor } from '../../file-descriptor.ts'
import { SystemError } from '../../system-error.ts'
import { PreparedCall, attrField, bpfDescriptor, tryBpf } from './bpf-syscall.ts'
import { NativeMemory } from './native-memory.ts'
import koffi from 'koffi'

const ENOENT = koffi.os.errno['ENOENT'] as number
const ENOSPC = koffi.os.errno['ENOSPC'] as number
const EINVAL = koffi.os.errno['EINVAL'] as number
// ENOTSUPP, not ENOTSUP: a number of the kernel that no errno.h has, for map types without batches.
const ENOTSUPP = 524

export interface MapDescription {
  /** At most 15 characters. */
  readonly name: string
  readonly type: number
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  readonly flags?: number
}

/** One entry: key at `key` in `keys`, value at `value` in `values`; valid during the call. */
export type EntryHandler = (keys: DataView, key: number, values: DataView, value: number) => void

export class BpfMap {
  readonly fd: FileDescriptor
  readonly description: MapDescription
  private readonly key: NativeMemory
  private readonly value: NativeMemory
  /** A call about the entry of `key`, with `value`, and one without: to delete it, where the kernel wants it to be 0. */
  private readonly entry: PreparedCall<'MAP_ELEM'>
  private readonly entryAlone: PreparedCall<'MAP_ELEM'>
  private batch:
    { keys: NativeMemory; values: NativeMemory; cursor: NativeMemory; entries: number } | undefined
  private batchesWork: boolean

  /** @param batches false: walk entry by entry, as on kernels before 5.6 */
  constructor(description: MapDescription, batches = true) {
    this.description = description
    this.fd = bpfDescriptor('BPF_MAP_CREATE', description.name, 'MAP_CREATE', {
      map_type: description.type,
      key_size: description.keySize,
      value_size: description.valueSize,
      max_entries: description.maxEntries,
      map_flags: description.flags ?? 0,
      map_name: description.name,
    })
    this.batchesWork = batches
    this.key = new NativeMemory(Math.max(8, description.keySize))
    this.value = new NativeMemory(Math.max(8, description.valueSize))
    const of = { map_fd: this.fd.number, key: this.key.address }
    this.entry = new PreparedCall('MAP_ELEM', { ...of, value: this.value.address })
    this.entryAlone = new PreparedCall('MAP_ELEM', of)
  }

  /** The value of `key`, in memory that the next call overwrites; undefined when there is no entry. */
  lookup(key: Uint8Array): DataView | undefined {
    this.key.bytes.set(key)
    return this.element('BPF_MAP_LOOKUP_ELEM') ? this.value.view : undefined
  }

  /** As lookup, and removes the entry in the same step (hash maps since Linux 5.14; before, in two steps). */
  take(key: Uint8Array): DataView | undefined {
    this.key.bytes.set(key)
    const result = this.tryElement('BPF_MAP_LOOKUP_AND_DELETE_ELEM')
    if (result === -EINVAL || result === -ENOTSUPP) {
      if (!this.element('BPF_MAP_LOOKUP_ELEM')) return undefined
      this.element('BPF_MAP_DELETE_ELEM')
      return this.value.view
    }
    return this.succeeded('BPF_MAP_LOOKUP_AND_DELETE_ELEM', result) ? this.value.view : undefined
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.key.bytes.set(key)
    this.value.bytes.set(value)
    this.element('BPF_MAP_UPDATE_ELEM')
  }

  /** @returns whether there was such an entry */
  delete(key: Uint8Array): boolean {
    this.key.bytes.set(key)
    return this.element('BPF_MAP_DELETE_ELEM')
  }

  /**
   * Calls back once for each entry that is there throughout; entries that come or go meanwhile may be missed or, in a walk
   * without batches, come twice.
   * @returns the number of entries
   */
  forEach(handler: EntryHandler): number {
    return this.batchesWork ? this.forEachBatch(handler) : this.forEachKey(handler)
  }

  private forEachBatch(handler: EntryHandler): number {
    const { keySize, valueSize, maxEntries, name } = this.description
    // The kernel hands out whole hash buckets and says ENOSPC when one does not fit.
    const memory = (this.batch ??= this.batchMemory(Math.min(maxEntries, 4096)))
    let total = 0
    for (let first = true; ; first = false) {
      const result = tryBpf('BPF_MAP_LOOKUP_BATCH', 'MAP_BATCH', {
        in_batch: first ? 0 : memory.cursor.address,
        out_batch: memory.cursor.address,
        keys: memory.keys.address,
        values: memory.values.address,
        count: memory.entries,
        map_fd: this.fd.number,
      })
      if ((result === -EINVAL || result === -ENOTSUPP) && first) {
        this.batchesWork = false
        return this.forEachKey(handler)
      }
      if (result === -ENOSPC && memory.entries < maxEntries) {
        memory.keys.free()
        memory.values.free()
        memory.cursor.free()
        this.batch = this.batchMemory(Math.min(maxEntries, memory.entries * 4))
        // Entries that were handed out would come again: only the first batch may be too small, or the caller sees doubles.
        if (first) return this.forEachBatch(handler)
      }
      if (result < 0 && result !== -ENOENT) throw new SystemError(`BPF_MAP_LOOKUP_BATCH(${name})`, -result)
      const count = attrField('MAP_BATCH', 'count')
      for (let i = 0; i < count; i++)
        handler(memory.keys.view, i * keySize, memory.values.view, i * valueSize)
      total += count
      // ENOENT: that was the last batch.
      if (result === -ENOENT) return total
    }
  }

  private forEachKey(handler: EntryHandler): number {
    const { keySize } = this.description
    const next = new NativeMemory(Math.max(8, keySize))
    let total = 0
    try {
      for (let first = true; ; first = false) {
        const result = tryBpf('BPF_MAP_GET_NEXT_KEY', 'MAP_ELEM', {
          map_fd: this.fd.number,
          key: first ? 0 : this.key.address,
          value: next.address,
        })
        if (result === -ENOENT) return total
        if (result < 0) throw new SystemError(`BPF_MAP_GET_NEXT_KEY(${this.description.name})`, -result)
        this.key.bytes.set(next.bytes)
        if (this.element('BPF_MAP_LOOKUP_ELEM')) {
          handler(this.key.view, 0, this.value.view, 0)
          total++
        }
        // The handler may have used this map.
        this.key.bytes.set(next.bytes)
      }
    } finally {
      next.free()
    }
  }

  close(): void {
    if (this.fd.isClosed) return
    this.fd.close()
    this.key.free()
    this.value.free()
    this.entry.free()
    this.entryAlone.free()
    if (this.batch !== undefined) {
      this.batch.keys.free()
      this.batch.values.free()
      this.batch.cursor.free()
    }
  }

  private batchMemory(entries: number): NonNullable<BpfMap['batch']> {
    const { keySize, valueSize } = this.description
    return {
      keys: new NativeMemory(entries * keySize),
      values: new NativeMemory(entries * valueSize),
      cursor: new NativeMemory(Math.max(8, keySize)),
      entries,
    }
  }

  private tryElement(name: ElementCommand): number {
    return (name === 'BPF_MAP_DELETE_ELEM' ? this.entryAlone : this.entry).try(name)
  }

  private element(name: ElementCommand): boolean {
    return this.succeeded(name, this.tryElement(name))
  }

  private succeeded(name: ElementCommand, result: number): boolean {
    if (result < 0 && result !== -ENOENT) throw new SystemError(`${name}(${this.description.name})`, -result)
    return result >= 0
  }
}

type ElementCommand =
  'BPF_MAP_LOOKUP_ELEM' | 'BPF_MAP_UPDATE_ELEM' | 'BPF_MAP_DELETE_ELEM' | 'BPF_MAP_LOOKUP_AND_DELETE_ELEM'
