// Whether a record that was read has the fields that later stages count on: kinds and ranges as the schemas have them, at
// every depth. Names that the schemas do not know, and values of an enum that is newer than this version, are let through;
// --strict asks for the rest.

import { shapes } from './generated/shapes.ts'

export interface Shape {
  /** any: the schema does not say. */
  readonly kind: 'number' | 'string' | 'boolean' | 'object' | 'array' | 'any'
  readonly nullable?: boolean
  readonly min?: number
  readonly max?: number
  readonly required?: readonly string[]
  readonly fields?: Readonly<Record<string, Shape>>
  readonly items?: Shape
}

/** Types that this version knows. Records of others pass through as they are. */
export function isKnownType(type: string): boolean {
  return Object.hasOwn(shapes, type)
}

/** @returns why the record cannot be used ("local_port is not a number"), or undefined */
export function misfit(type: string, record: Readonly<Record<string, unknown>>): string | undefined {
  const found = misfitOf(shapes[type] as Shape, record)
  return found === undefined ? undefined : `${found.name} ${found.what}`
}

/** Named from within outwards: a record that fits, as nearly all do, costs no text. */
interface Misfit {
  name: string
  readonly what: string
}

function misfitOf(shape: Shape, value: unknown): Misfit | undefined {
  const { kind } = shape
  if (kind === 'any' || (value === null && shape.nullable === true)) return undefined
  if (kind === 'object') return misfitOfObject(shape, value)
  if (kind === 'array') return misfitOfArray(shape, value)
  if (typeof value !== kind) return { name: '', what: `is not a ${kind}` }
  if (typeof value === 'number' && !(value >= (shape.min ?? -Infinity) && value <= (shape.max ?? Infinity)))
    return { name: '', what: 'is out of range' }
  return undefined
}

function misfitOfArray({ items }: Shape, value: unknown): Misfit | undefined {
  if (!Array.isArray(value)) return { name: '', what: 'is not a list' }
  if (items === undefined) return undefined
  for (const item of value) {
    const found = misfitOf(items, item)
    if (found !== undefined) return within(found, 'an item')
  }
  return undefined
}

function misfitOfObject({ fields, required }: Shape, value: unknown): Misfit | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { name: '', what: 'is not an object' }
  if (required !== undefined)
    for (const name of required) if (!Object.hasOwn(value, name)) return { name, what: 'is missing' }
  if (fields === undefined) return undefined
  for (const field in value) {
    const shape = Object.hasOwn(fields, field) ? fields[field] : undefined
    const found = shape === undefined ? undefined : misfitOf(shape, (value as Record<string, unknown>)[field])
    if (found !== undefined) return within(found, field)
  }
  return undefined
}

function within(found: Misfit, outer: string): Misfit {
  found.name = found.name === '' ? outer : `${found.name} of ${outer}`
  return found
}
