// The dynamic store of configd(8): what the system's network services are configured with at present. SCDynamicStore(3),
// SystemConfiguration/SCSchemaDefinitions.h.

import { Pool, propertyList, type PropertyList, type Ref } from './core-foundation.ts'
import { lazy } from './libsystem.ts'

const framework = 'SystemConfiguration'
const storeCreate = lazy<(allocator: Ref, name: Ref, callout: null, context: null) => Ref>(
  'uint64_t SCDynamicStoreCreate(uint64_t allocator, uint64_t name, void *callout, void *context)',
  framework,
)
const copyMultiple = lazy<(store: Ref, keys: Ref, patterns: Ref) => Ref>(
  'uint64_t SCDynamicStoreCopyMultiple(uint64_t store, uint64_t keys, uint64_t patterns)',
  framework,
)

/**
 * Keys and values of all entries whose key matches the regular expression; undefined when configd does not answer, as in a
 * sandbox.
 */
export function readDynamicStore(pattern: string): Readonly<Record<string, PropertyList>> | undefined {
  const pool = new Pool()
  try {
    const name = pool.string('netoproc')
    const wanted = pool.string(pattern)
    const patterns = wanted === undefined ? undefined : pool.array([wanted])
    if (name === undefined || patterns === undefined) return undefined
    const store = pool.own(storeCreate(0n, name, null, null))
    if (store === undefined) return undefined
    const found = pool.own(copyMultiple(store, 0n, patterns))
    const value = found === undefined ? undefined : propertyList(found)
    return typeof value === 'object' && !Array.isArray(value) ? value : undefined
  } finally {
    pool.release()
  }
}
