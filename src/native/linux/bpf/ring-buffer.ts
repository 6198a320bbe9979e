// The reading end of a BPF ring buffer (BPF_MAP_TYPE_RINGBUF, Linux 5.8; Documentation/bpf/ringbuf.rst): programs on all
// processors write records in order, one reader takes them without a system call per record.
//
//   page 0        consumer position, u64, ours to write
//   page 1        producer position, u64, read only
//   from page 2   data, mapped twice in a row, so that a record never wraps
//   record        0 u32 length (bit 31 busy: still being written, bit 30 discarded)  4 u32  8 payload, padded to 8 bytes
//
// Positions only grow. They are read as 32-bit halves and 64-bit words with Atomics: sequentially consistent, which is more
// than the load-acquire and store-release that the protocol asks for.

import koffi from 'koffi'
import type { FileDescriptor } from '../../file-descriptor.ts'
import { SharedMapping } from '../libc.ts'
import { mapType } from './helper.ts'
import { bpfDescriptor } from './bpf-syscall.ts'

const BUSY = 0x80000000
const DISCARDED = 0x40000000
const HEADER = 8

const pageSize = (koffi.load('libc.so.6').func('int getpagesize()') as () => number)()

/** One record: bytes [start, end) of `view`; valid during the call. @returns false: leave it, and those behind it, for now */
export type RecordHandler = (view: DataView, start: number, end: number) => boolean | void

export class RingBuffer {
  readonly fd: FileDescriptor
  private readonly size: number
  private readonly consumer: SharedMapping
  private readonly producer: SharedMapping
  private consumerPosition: BigInt64Array
  private producerPosition: BigInt64Array
  private readonly headers: Int32Array
  private readonly data: DataView

  /** @param size bytes, a power of two, at least a page */
  constructor(name: string, size: number) {
    this.size = size
    this.fd = bpfDescriptor('BPF_MAP_CREATE', name, 'MAP_CREATE', {
      map_type: mapType.RINGBUF,
      max_entries: size,
      map_name: name,
    })
    this.consumer = new SharedMapping(`mmap(${name}, consumer)`, this.fd, pageSize)
    this.producer = new SharedMapping(`mmap(${name}, data)`, this.fd, pageSize + 2 * size, pageSize, false)
    this.consumerPosition = new BigInt64Array(this.consumer.buffer, 0, 1)
    this.producerPosition = new BigInt64Array(this.producer.buffer, 0, 1)
    this.headers = new Int32Array(this.producer.buffer, pageSize, (2 * size) / 4)
    this.data = new DataView(this.producer.buffer, pageSize)
  }

  /** Where the next record will begin. Positions only grow. */
  get end(): number {
    return Number(Atomics.load(this.producerPosition, 0))
  }

  /**
   * Hands over the records before `end` that are complete, oldest first.
   * @returns how many there were
   */
  read(handler: RecordHandler, end = this.end): number {
    let position = Number(Atomics.load(this.consumerPosition, 0))
    let count = 0
    while (position < end) {
      const at = position & (this.size - 1)
      const header = Atomics.load(this.headers, at >> 2) >>> 0
      // The writer is in the middle of it: the kernel wakes us again when it is done.
      if ((header & BUSY) !== 0) break
      const length = header & 0x3fffffff
      if ((header & DISCARDED) === 0) {
        if (handler(this.data, at + HEADER, at + HEADER + length) === false) break
        count++
      }
      position += HEADER + ((length + 7) & ~7)
      // At once, record by record: the room is the writers' again, and an exception in the handler loses one record only.
      Atomics.store(this.consumerPosition, 0, BigInt(position))
    }
    return count
  }

  /** Whether there is something to read: two loads, no system call. */
  get hasNews(): boolean {
    return Atomics.load(this.producerPosition, 0) !== Atomics.load(this.consumerPosition, 0)
  }

  /** Who asks afterwards finds it empty: what was mapped is gone, and to read it would end the process. */
  close(): void {
    if (this.fd.isClosed) return
    this.fd.close()
    this.consumerPosition = new BigInt64Array(1)
    this.producerPosition = this.consumerPosition
    this.consumer.unmap()
    this.producer.unmap()
  }
}
