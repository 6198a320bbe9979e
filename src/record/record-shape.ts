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
  return misfitOf(shapes[type] as Shape, record, '')
}

function misfitOf(shape: Shape, value: unknown, name: string): string | undefined {
  if (shape.kind === 'any' || (value === null && shape.nullable === true)) return undefined
  if (shape.kind === 'array') {
    if (!Array.isArray(value)) return `${name} is not a list`
    if (shape.items !== undefined) {
      for (const item of value) {
        const reason = misfitOf(shape.items, item, `an item of ${name}`)
        if (reason !== undefined) return reason
      }
    }
    return undefined
  }
  if (shape.kind === 'object') return misfitOfObject(shape, value, name)
  if (typeof value !== shape.kind) return `${name} is not a ${shape.kind}`
  if (typeof value === 'number' && !(value >= (shape.min ?? -Infinity) && value <= (shape.max ?? Infinity)))
    return `${name} is out of range`
  return undefined
}

function misfitOfObject(shape: Shape, value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${name} is not an object`
  const { fields, required = [] } = shape
  for (const field of required) if (!Object.hasOwn(value, field)) return `${inside(name, field)} is missing`
  if (fields === undefined) return undefined
  for (const [field, content] of Object.entries(value)) {
    if (!Object.hasOwn(fields, field)) continue
    const reason = misfitOf(fields[field] as Shape, content, inside(name, field))
    if (reason !== undefined) return reason
  }
  return undefined
}

function inside(name: string, field: string): string {
  return name === '' ? field : `${field} of ${name}`
}
