// Storage in sockets themselves (BPF_MAP_TYPE_SK_STORAGE; in programs of cgroups and tracepoints since Linux 5.11): found from
// the socket without hashing, and gone with it. Such a map wants its types described: by BTF, as little as there can be.
//
//   BTF   header of 24 bytes (kernel-types.ts); type 1: u32; type 2: an array of u32; names

import type { FileDescriptor } from '../../file-descriptor.ts'
import { BpfMap } from './bpf-map.ts'
import { bpfDescriptor } from './bpf-syscall.ts'
import { BPF_F_NO_PREALLOC, mapType } from './helper.ts'
import { NativeMemory } from './native-memory.ts'

const MAGIC = 0xeb9f
const HEADER = 24
const KIND_INT = 1
const KIND_ARRAY = 3
/** Flag of sk_storage_get: make it, zeroed, where there is none. */
export const BPF_SK_STORAGE_GET_F_CREATE = 1

/** @param size of what each socket has, in bytes, a multiple of 4 @throws SystemError */
export function socketStorage(name: string, size: number): BpfMap {
  const btf = loadTypes(size / 4)
  try {
    return new BpfMap({
      name,
      type: mapType.SK_STORAGE,
      keySize: 4,
      valueSize: size,
      maxEntries: 0,
      flags: BPF_F_NO_PREALLOC,
      types: { btf, key: 1, value: 2 },
    })
  } finally {
    // The map keeps it.
    btf.close()
  }
}

function loadTypes(words: number): FileDescriptor {
  const types = [
    // Name at 1, kind, 4 bytes; 32 bits, unsigned.
    [1, KIND_INT << 24, 4, 32],
    // No name, kind, no size; of type 1, indexed by type 1, so many.
    [0, KIND_ARRAY << 24, 0, 1, 1, words],
  ].flat()
  const names = new TextEncoder().encode('\0u32\0')
  const blob = new NativeMemory(HEADER + 4 * types.length + names.length)
  try {
    const { view, bytes } = blob
    view.setUint16(0, MAGIC, true)
    view.setUint8(2, 1)
    view.setUint32(4, HEADER, true)
    view.setUint32(12, 4 * types.length, true)
    view.setUint32(16, 4 * types.length, true)
    view.setUint32(20, names.length, true)
    types.forEach((word, i) => view.setUint32(HEADER + 4 * i, word, true))
    bytes.set(names, HEADER + 4 * types.length)
    return bpfDescriptor('BPF_BTF_LOAD', 'u32', 'BTF_LOAD', { btf: blob.address, btf_size: bytes.length })
  } finally {
    blob.free()
  }
}
