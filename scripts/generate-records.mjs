// Makes src/record/generated/ from schemas/ (TypeScript types, and validators as plain code: no ajv at run time) and the
// man page of the records; and what the reader checks of each.
// Run by `npm run generate` after a change of a schema; with --check it writes nothing, and fails when that was forgotten.
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Ajv2020 from 'ajv/dist/2020.js'
import standaloneCode from 'ajv/dist/standalone/index.js'
import { compile } from 'json-schema-to-typescript'
import { recordPage } from './record-page.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const schemaDir = join(root, 'schemas')
const header = '// Generated from schemas/ by `npm run generate`. Do not edit.\n'

/** Reads every schema, `field.schema.json` (shared definitions, no record) apart. */
async function readSchemas() {
  const names = (await readdir(schemaDir)).filter(name => name.endsWith('.schema.json')).sort()
  const all = await Promise.all(
    names.map(async name => JSON.parse(await readFile(join(schemaDir, name), 'utf8'))),
  )
  return {
    fields: all.find(schema => schema.$id === 'field.schema.json'),
    records: all.filter(schema => schema.$id !== 'field.schema.json'),
  }
}

/** Descriptions and examples are for people: they would only be copied into the validators. */
function withoutProse(node) {
  if (Array.isArray(node)) return node.map(withoutProse)
  if (node === null || typeof node !== 'object') return node
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => key !== 'examples' && !(key === 'description' && typeof value === 'string'))
      .map(([key, value]) => [key, withoutProse(value)]),
  )
}

async function generateTypes() {
  const { records } = await readSchemas()
  // One schema that names them all gives each interface once.
  const wrapper = {
    title: 'NetoprocRecord',
    oneOf: records.map(schema => ({ $ref: schema.$id })),
  }
  return compile(wrapper, 'NetoprocRecord', {
    cwd: schemaDir + '/',
    bannerComment: header,
    additionalProperties: true,
    unknownAny: true,
    style: { semi: false, singleQuote: true, printWidth: 110 },
  })
}

async function generateValidators() {
  const { fields, records } = await readSchemas()
  const ajv = new Ajv2020({
    schemas: [fields, ...records].map(withoutProse),
    code: { source: true, esm: true, lines: true },
    strictTypes: false,
    allErrors: false,
    unicodeRegExp: false,
  })
  // `interface` and others are reserved words: packetRecord, interfaceRecord …
  const exports = Object.fromEntries(
    records.map(schema => [schema.title[0].toLowerCase() + schema.title.slice(1), schema.$id]),
  )
  const code = standaloneCode(ajv, exports)
  // maxLength counts code points through a one-function run-time module of ajv; the length of a string in UTF-16 units
  // is never smaller, so it serves as the limit and leaves nothing to import.
  return (
    header +
    '// @ts-nocheck\n/* eslint-disable */\n' +
    validatorType +
    code
      .replace(/const func\d+ = require\("ajv\/dist\/runtime\/ucs2length"\)\.default;/g, found =>
        found.replace(/require.*/, '(text) => text.length;'),
      )
      // What is inferred from the code does not pass the type check of those who use the package.
      .replace(/^export const (\w+) = /gm, 'export const $1: Validator = ')
  )
}

const validatorType = `export interface Validator {
  (record: unknown): boolean
  /** Of the last record, when it does not validate. */
  errors?: ReadonlyArray<{ readonly instancePath?: string; readonly message?: string }> | null
}
`

/** Kinds and ranges of fields, for the reader: see src/record/record-shape.ts. */
async function generateShapes() {
  const { fields, records } = await readSchemas()
  const shapes = Object.fromEntries(
    records.map(schema => [schema.properties.type.const, shapeOf(schema, fields)]),
  )
  return (
    header +
    "import type { Shape } from '../record-shape.ts'\n\n" +
    `export const shapes: Readonly<Record<string, Shape>> = ${JSON.stringify(shapes)}\n`
  )
}

const kinds = {
  integer: 'number',
  number: 'number',
  string: 'string',
  boolean: 'boolean',
  object: 'object',
  array: 'array',
}

function shapeOf(schema, definitions) {
  if (schema.$ref !== undefined) {
    const { $ref, ...own } = schema
    return shapeOf({ ...definitions.$defs[$ref.split('/').at(-1)], ...own }, definitions)
  }
  const types = [
    schema.type ?? [...new Set((schema.enum ?? ['const' in schema ? schema.const : {}]).map(jsonType))],
  ].flat()
  const known = [...new Set(types.filter(type => type !== 'null').map(type => kinds[type]))]
  const alternatives = schema.anyOf !== undefined || schema.oneOf !== undefined
  if (known.length !== 1 || alternatives) return { kind: 'any' }
  const { properties, required, items } = schema
  return {
    kind: known[0],
    ...(types.includes('null') ? { nullable: true } : {}),
    ...(schema.minimum === undefined ? {} : { min: schema.minimum }),
    ...(schema.maximum === undefined ? {} : { max: schema.maximum }),
    ...(required === undefined ? {} : { required }),
    ...(properties === undefined
      ? {}
      : {
          fields: Object.fromEntries(
            Object.entries(properties).map(([name, property]) => [name, shapeOf(property, definitions)]),
          ),
        }),
    ...(items === undefined ? {} : { items: shapeOf(items, definitions) }),
  }
}

function jsonType(value) {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

const generated = join(root, 'src', 'record', 'generated')
const made = [
  [join(generated, 'types.ts'), await generateTypes()],
  [join(generated, 'validate.ts'), await generateValidators()],
  [join(generated, 'shapes.ts'), await generateShapes()],
  [join(root, 'man', 'netoproc-record.5'), recordPage(await readSchemas())],
]
for (const [path, text] of made) {
  if (process.argv[2] !== '--check') await writeFile(path, text)
  else if ((await readFile(path, 'utf8')) !== text) {
    process.stderr.write(`${path} is not what schemas/ say: run npm run generate\n`)
    process.exitCode = 1
  }
}
