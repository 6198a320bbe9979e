// Structures of the Darwin ABI as tables of offsets, and how a field is read and written through a DataView. The tables are
// in generated/; both architectures of macOS are little-endian and lay these structures out alike.

const LITTLE_ENDIAN = true

type Kind = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64'

/** An integer, or an address, in a structure. `base`: where the structure begins in the view. */
export class NumberField {
  readonly offset: number
  readonly size: number
  readonly kind: Kind

  constructor(kind: Kind, offset: number) {
    this.kind = kind
    this.offset = offset
    this.size = Number(kind.slice(1)) / 8
  }

  /** @throws RangeError outside the view, and for a 64-bit value that a number cannot hold: see `big` */
  get(view: DataView, base: number): number {
    const at = base + this.offset
    switch (this.kind) {
      case 'u8':
        return view.getUint8(at)
      case 'i8':
        return view.getInt8(at)
      case 'u16':
        return view.getUint16(at, LITTLE_ENDIAN)
      case 'i16':
        return view.getInt16(at, LITTLE_ENDIAN)
      case 'u32':
        return view.getUint32(at, LITTLE_ENDIAN)
      case 'i32':
        return view.getInt32(at, LITTLE_ENDIAN)
      default: {
        const high = this.kind === 'u64' ? view.getUint32(at + 4, LITTLE_ENDIAN) : view.getInt32(at + 4, true)
        const value = high * 0x100000000 + view.getUint32(at, LITTLE_ENDIAN)
        if (!Number.isSafeInteger(value)) throw new RangeError('64-bit field above 2^53')
        return value
      }
    }
  }

  /** A 64-bit field, whatever its value. */
  big(view: DataView, base: number): bigint {
    return this.kind === 'i64'
      ? view.getBigInt64(base + this.offset, LITTLE_ENDIAN)
      : view.getBigUint64(base + this.offset, LITTLE_ENDIAN)
  }

  set(view: DataView, base: number, value: number | bigint): void {
    const at = base + this.offset
    if (this.size === 8) view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), LITTLE_ENDIAN)
    else if (this.size === 4) view.setUint32(at, Number(value), LITTLE_ENDIAN)
    else if (this.size === 2) view.setUint16(at, Number(value), LITTLE_ENDIAN)
    else view.setUint8(at, Number(value))
  }
}

/** An array, or a structure within a structure. */
export class BytesField {
  readonly kind = 'bytes'
  readonly offset: number
  readonly size: number
  /** Of one element; 0 where it is no array. */
  readonly stride: number

  constructor(offset: number, size: number, stride: number) {
    this.offset = offset
    this.size = size
    this.stride = stride
  }

  /** The bytes where they lie. @throws RangeError outside the view */
  get(view: DataView, base: number): Uint8Array {
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).subarray(
      base + this.offset,
      checkedEnd(view, base + this.offset + this.size),
    )
  }

  /** Characters up to the first NUL, or to the end of the field. */
  text(view: DataView, base: number): string {
    return textOf(this.get(view, base))
  }

  /** @throws RangeError for a text that does not fit with its NUL */
  setText(view: DataView, base: number, text: string): void {
    const bytes = Buffer.from(text)
    if (bytes.length >= this.size) throw new RangeError(`"${text}" does not fit into ${this.size} bytes`)
    const into = this.get(view, base)
    into.fill(0)
    into.set(bytes)
  }
}

export type Field = NumberField | BytesField

export interface Struct<Fields extends Readonly<Record<string, Field>>> {
  readonly name: string
  /** Bytes, with the padding at its end. */
  readonly size: number
  readonly fields: Fields
}

export function struct<Fields extends Readonly<Record<string, Field>>>(
  name: string,
  size: number,
  fields: Fields,
): Struct<Fields> {
  return { name, size, fields }
}

export const u8 = (offset: number) => new NumberField('u8', offset)
export const i8 = (offset: number) => new NumberField('i8', offset)
export const u16 = (offset: number) => new NumberField('u16', offset)
export const i16 = (offset: number) => new NumberField('i16', offset)
export const u32 = (offset: number) => new NumberField('u32', offset)
export const i32 = (offset: number) => new NumberField('i32', offset)
export const u64 = (offset: number) => new NumberField('u64', offset)
export const i64 = (offset: number) => new NumberField('i64', offset)
export const bytes = (offset: number, size: number, stride = 0) => new BytesField(offset, size, stride)

/** A C string: UTF-8 up to its NUL, or to the end of the bytes. */
export function textOf(text: Uint8Array): string {
  const end = text.indexOf(0)
  return Buffer.from(text.buffer, text.byteOffset, end < 0 ? text.length : end).toString('utf8')
}

/** A view of bytes that a call has filled. */
export function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength)
}

function checkedEnd(view: DataView, end: number): number {
  if (end > view.byteLength) throw new RangeError('field outside the buffer')
  return end
}
