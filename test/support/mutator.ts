// Damages bytes the way that disks, networks and enemies do. The same seed gives the same damage.

/** Numbers at which readers of lengths and offsets go wrong. */
const EDGES = [
  0, 1, 2, 3, 4, 7, 8, 12, 16, 20, 0x7f, 0x80, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe,
  0xffffffff,
]
const VALUES = [
  'null',
  'true',
  '-1',
  '0',
  '1e308',
  '-1e308',
  '1e400',
  '9007199254740993',
  '65536',
  '4294967296',
  '""',
  '"\\u0000\\u001b[31m"',
  '"\\ud800"',
  '"__proto__"',
  '"::ffff:1.2.3.4"',
  '"300.1.2.3"',
  '[]',
  '{}',
  '[[[[[[[[]]]]]]]]',
  '{"type":"packet"}',
  `"${'x'.repeat(5000)}"`,
]
const FIELDS = [
  'pid',
  'ts',
  'process',
  'start_time',
  'rx_bytes',
  'src_ip',
  'dir',
  'addresses',
  'interfaces',
  'type',
  'netns',
  '__proto__',
  'constructor',
]

export class Mutator {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** A whole number from 0 on, below `end`. mulberry32. */
  below(end: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let x = this.state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 4294967296) * end)
  }

  /** One to eight damages anywhere. */
  bytes(seed: Uint8Array): Buffer {
    let bytes: Buffer = Buffer.from(seed)
    for (let left = 1 + this.below(8); left > 0; left--) bytes = this.damage(bytes)
    return bytes
  }

  /** Fields of records with other values, lines doubled, left out, put elsewhere. */
  lines(seed: Uint8Array): Buffer {
    const lines = Buffer.from(seed).toString('utf8').trimEnd().split('\n')
    for (let left = 1 + this.below(8); left > 0; left--) {
      const at = this.below(lines.length)
      const line = lines[at] as string
      switch (this.below(5)) {
        case 0:
          lines.splice(at, 1, line, line)
          break
        case 1:
          if (lines.length > 1) lines.splice(at, 1)
          break
        case 2:
          lines.splice(this.below(lines.length), 0, line)
          break
        case 3:
          lines[at] = line.replace('{', `{"${this.of(FIELDS)}":${this.of(VALUES)},`)
          break
        default:
          lines[at] = this.otherValue(line)
      }
    }
    return Buffer.from(`${lines.join('\n')}\n`)
  }

  private otherValue(line: string): string {
    const values = [...line.matchAll(/(?<=":)("(?:[^"\\]|\\.)*"|[-\d.e]+|null|true|false)/g)]
    const match = values[this.below(values.length)]
    if (match === undefined) return line
    return line.slice(0, match.index) + this.of(VALUES) + line.slice(match.index + match[0].length)
  }

  private of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  private damage(bytes: Buffer): Buffer {
    if (bytes.length < 8) return Buffer.concat([bytes, Buffer.from([this.below(256)])])
    const at = this.below(bytes.length)
    const length = Math.min(1 + this.below(40), bytes.length - at)
    switch (this.below(8)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << this.below(8))
        return bytes
      case 1:
        bytes[at] = this.of(EDGES) & 0xff
        return bytes
      case 2: {
        const word = Math.min(at, bytes.length - 4)
        if (this.below(2) === 0) bytes.writeUInt32LE(this.of(EDGES), word)
        else bytes.writeUInt32BE(this.of(EDGES), word)
        return bytes
      }
      case 3: {
        const half = Math.min(at, bytes.length - 2)
        if (this.below(2) === 0) bytes.writeUInt16LE(this.of(EDGES) & 0xffff, half)
        else bytes.writeUInt16BE(this.of(EDGES) & 0xffff, half)
        return bytes
      }
      case 4:
        return bytes.subarray(0, at)
      case 5:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
      case 6:
        return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
      default:
        for (let k = at; k < at + length; k++) bytes[k] = this.below(256)
        return bytes
    }
  }
}
