// Every number of the Darwin ABI that this program uses, against the description that a compiler made from the XNU headers.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { BytesField, NumberField, type Struct } from '../../src/native/darwin/struct.ts'
// @ts-expect-error: a script, without types
import { generateDarwinAbi } from '../../scripts/generate-darwin-abi.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const generated = join(root, 'src/native/darwin/generated')
const path = join(root, '../shared/facts/darwin-abi.json')

interface Fact {
  readonly name: string
  readonly offset: number
  readonly size: number
  readonly kind: string
  readonly signed: boolean | null
  readonly elemSize?: number
}
interface Facts {
  readonly structs: Record<string, { size: number; fields: Fact[] }>
  readonly constants: Record<string, { value: number; hex: string }>
  readonly ioctls: Record<string, { value: number; arg_size: number }>
  readonly strings: Record<string, { value: string }>
  readonly differences: {
    readonly arm64_vs_x86_64: { struct: string; layout_differs: boolean; fields: { arm64: Fact }[] }[]
  }
}

const skip = existsSync(path) ? false : 'needs ../shared/facts/darwin-abi.json'
const facts = skip === false ? (JSON.parse(readFileSync(path, 'utf8')) as Facts) : undefined
const files = readdirSync(generated).filter(name => name.endsWith('.ts'))

t.test('what is generated is what is committed', { skip }, async t => {
  const modules = (await generateDarwinAbi(facts)) as Map<string, string>
  t.same([...modules.keys()].sort(), files.sort())
  for (const [name, text] of modules) t.equal(readFileSync(join(generated, name), 'utf8'), text, name)
})

for (const file of files) {
  t.test(file, { skip }, async t => {
    const exported = (await import(join(generated, file))) as Record<string, unknown>
    for (const [name, value] of Object.entries(exported)) check(t, facts as Facts, name, value)
  })
}

function check(t: Test, { structs, constants, ioctls, strings }: Facts, name: string, value: unknown): void {
  if (value instanceof Map) {
    for (const [errno, code] of value as Map<number, string>)
      t.equal(errno, constants[code]?.value, `errno ${errno} ${code}`)
  } else if (typeof value === 'string') t.equal(value, strings[name]?.value, `${name} "${value}"`)
  else if (typeof value === 'bigint') t.equal(value, BigInt(constants[name]?.hex ?? -1), `${name} ${value}`)
  else if (typeof value === 'number')
    t.equal(value, (ioctls[name] ?? constants[name])?.value, `${name} ${value}`)
  else checkStruct(t, structs, value as Struct<Record<string, NumberField | BytesField>>)
}

function checkStruct(
  t: Test,
  structs: Facts['structs'],
  { name, size, fields }: Struct<Record<string, NumberField | BytesField>>,
): void {
  const fact = structs[name]
  t.equal(size, fact?.size, `struct ${name}: ${size} bytes`)
  for (const [field, table] of Object.entries(fields)) {
    const found = fact?.fields.find(each => each.name === field)
    t.same([table.offset, table.size], [found?.offset, found?.size], `${name}.${field} at ${table.offset}`)
    if (table instanceof NumberField)
      t.equal(table.kind[0] === 'i', found?.signed ?? false, `${name}.${field} signed`)
    else if (table.stride > 0) t.equal(table.stride, found?.elemSize, `${name}.${field} stride`)
  }
}

t.test('arm64 and x86-64 lay out alike what is used', { skip }, async t => {
  const { arm64_vs_x86_64: differing } = (facts as Facts).differences
  t.ok(differing.length > 0, `${differing.length} structures differ in some field`)
  const used = new Map<string, Record<string, unknown>>()
  for (const file of files) {
    const exported = Object.values((await import(join(generated, file))) as Record<string, unknown>)
    for (const value of exported as Struct<Record<string, NumberField>>[]) {
      if (typeof value === 'object' && 'fields' in value) used.set(value.name, value.fields)
    }
  }
  for (const { struct, layout_differs, fields } of differing) {
    t.notOk(layout_differs && used.has(struct), struct)
    for (const { arm64 } of fields)
      t.notOk(used.get(struct)?.[arm64.name], `${struct}.${arm64.name} is not used`)
  }
})

t.test('no request number and no offset is typed by hand', async t => {
  const darwin = ['src/native/darwin', 'src/capture/darwin', 'src/attribute/darwin'].filter(folder =>
    existsSync(join(root, folder)),
  )
  for (const folder of darwin) {
    for (const name of readdirSync(join(root, folder)).filter(each => each.endsWith('.ts'))) {
      const code = readFileSync(join(root, folder, name), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
      t.notMatch(code, /0x[248c]0[0-9a-f]{6}\b/i, `${folder}/${name}`)
    }
  }
})

t.test('variadic functions are declared so', async t => {
  const text = readFileSync(join(root, 'src/native/darwin/libsystem.ts'), 'utf8')
  for (const call of ['open', 'ioctl', 'fcntl'])
    t.match(text, new RegExp(`int ${call}\\([^)]*, \\.\\.\\.\\)`), call)
})

t.test('fields are read and written by their width', async t => {
  const view = new DataView(new ArrayBuffer(32))
  const i64 = new NumberField('i64', 8)
  i64.set(view, 0, -2)
  t.equal(i64.get(view, 0), -2)
  t.equal(i64.big(view, 0), -2n)
  const u64 = new NumberField('u64', 8)
  t.throws(() => u64.get(view, 0), RangeError)
  t.equal(u64.big(view, 0), 0xfffffffffffffffen)
  const u16 = new NumberField('u16', 2)
  u16.set(view, 4, 0x1234)
  t.equal(view.getUint8(6), 0x34)
  const name = new BytesField(16, 8, 1)
  name.setText(view, 0, 'en0')
  t.equal(name.text(view, 0), 'en0')
  t.throws(() => name.setText(view, 0, 'too long'), RangeError)
  t.throws(() => name.get(view, 16), RangeError)
})
