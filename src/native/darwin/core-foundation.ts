// CoreFoundation's property lists as values of this language: CFDictionary, CFArray, CFString. What Create and Copy functions
// give is ours to release; what Get functions give belongs to its container.

import { lazy } from './libsystem.ts'

/** A CFTypeRef; 0n is NULL. */
export type Ref = bigint

export type PropertyList = string | PropertyList[] | { readonly [key: string]: PropertyList }

const framework = 'CoreFoundation'
const KCF_STRING_ENCODING_UTF8 = 0x08000100
/** Longer strings, larger containers and deeper lists than any network configuration has are left out. */
const MAX_TEXT_BYTES = 4096
const MAX_ENTRIES = 4096
const MAX_DEPTH = 8

const release = lazy<(ref: Ref) => void>('void CFRelease(uint64_t ref)', framework)
const typeOf = lazy<(ref: Ref) => number>('unsigned long CFGetTypeID(uint64_t ref)', framework)
const stringType = lazy<() => number>('unsigned long CFStringGetTypeID()', framework)
const arrayType = lazy<() => number>('unsigned long CFArrayGetTypeID()', framework)
const dictionaryType = lazy<() => number>('unsigned long CFDictionaryGetTypeID()', framework)
const stringCreate = lazy<(allocator: Ref, text: string, encoding: number) => Ref>(
  'uint64_t CFStringCreateWithCString(uint64_t allocator, const char *text, uint32_t encoding)',
  framework,
)
const stringGet = lazy<(ref: Ref, into: Uint8Array, size: number, encoding: number) => number>(
  'uint8_t CFStringGetCString(uint64_t ref, _Out_ uint8_t *into, long size, uint32_t encoding)',
  framework,
)
const arrayCreate = lazy<(allocator: Ref, values: BigUint64Array, count: number, callbacks: null) => Ref>(
  'uint64_t CFArrayCreate(uint64_t allocator, const uint64_t *values, long count, void *callbacks)',
  framework,
)
const arrayCount = lazy<(ref: Ref) => number>('long CFArrayGetCount(uint64_t ref)', framework)
const arrayValue = lazy<(ref: Ref, index: number) => Ref>(
  'uint64_t CFArrayGetValueAtIndex(uint64_t ref, long index)',
  framework,
)
const dictionaryCount = lazy<(ref: Ref) => number>('long CFDictionaryGetCount(uint64_t ref)', framework)
const dictionaryEntries = lazy<(ref: Ref, keys: BigUint64Array, values: BigUint64Array) => void>(
  'void CFDictionaryGetKeysAndValues(uint64_t ref, _Out_ uint64_t *keys, _Out_ uint64_t *values)',
  framework,
)

/** Releases, at the end of a piece of work, all that it was given. */
export class Pool {
  private readonly owned: Ref[] = []

  /** A reference that is ours. @returns undefined for NULL */
  own(ref: Ref | number): Ref | undefined {
    const owned = BigInt(ref)
    if (owned === 0n) return undefined
    this.owned.push(owned)
    return owned
  }

  string(text: string): Ref | undefined {
    return this.own(stringCreate(0n, text, KCF_STRING_ENCODING_UTF8))
  }

  /** The array does not retain its values: they live as long as the pool does. */
  array(values: readonly Ref[]): Ref | undefined {
    return this.own(arrayCreate(0n, BigUint64Array.from(values), values.length, null))
  }

  release(): void {
    for (const ref of this.owned.splice(0).reverse()) release(ref)
  }
}

/** A value, and all in it; undefined for what is of another type: numbers, dates, data. */
export function propertyList(ref: Ref, depth = 0): PropertyList | undefined {
  if (ref === 0n || depth > MAX_DEPTH) return undefined
  const type = typeOf(ref)
  if (type === stringType()) return textOfString(ref)
  if (type === arrayType()) return listOfArray(ref, depth)
  return type === dictionaryType() ? objectOfDictionary(ref, depth) : undefined
}

function textOfString(ref: Ref): string | undefined {
  const bytes = Buffer.alloc(MAX_TEXT_BYTES)
  if (stringGet(ref, bytes, bytes.length, KCF_STRING_ENCODING_UTF8) === 0) return undefined
  return bytes.toString('utf8', 0, bytes.indexOf(0))
}

function listOfArray(ref: Ref, depth: number): PropertyList[] {
  const list: PropertyList[] = []
  const count = Math.min(arrayCount(ref), MAX_ENTRIES)
  for (let i = 0; i < count; i++) {
    const value = propertyList(BigInt(arrayValue(ref, i)), depth + 1)
    if (value !== undefined) list.push(value)
  }
  return list
}

function objectOfDictionary(ref: Ref, depth: number): Record<string, PropertyList> {
  const count = dictionaryCount(ref)
  if (count > MAX_ENTRIES) return {}
  const keys = new BigUint64Array(count)
  const values = new BigUint64Array(count)
  dictionaryEntries(ref, keys, values)
  const entries: [string, PropertyList][] = []
  for (let i = 0; i < count; i++) {
    const key = propertyList(keys[i] as Ref, depth + 1)
    const value = propertyList(values[i] as Ref, depth + 1)
    if (typeof key === 'string' && value !== undefined) entries.push([key, value])
  }
  return Object.fromEntries(entries)
}
