// What a file is that was given by mistake, by the bytes that it begins with: what a message says of it. Numbers: RFC 1952 (gzip),
// the xz file format, RFC 8878 (zstd), bzip2, LZ4 frames; pcap and pcapng.

const compressions: ReadonlyArray<readonly [unpack: string, begin: readonly number[]]> = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
]

const captures: ReadonlyArray<readonly number[]> = [
  [0x0a, 0x0d, 0x0d, 0x0a],
  [0xa1, 0xb2, 0xc3, 0xd4],
  [0xd4, 0xc3, 0xb2, 0xa1],
  [0xa1, 0xb2, 0x3c, 0x4d],
  [0x4d, 0x3c, 0xb2, 0xa1],
]

/** "compressed: unpack it first (gzip -dc)", or undefined. */
export function compressed(bytes: Uint8Array): string | undefined {
  const found = compressions.find(([, begin]) => begins(bytes, begin))
  return found && `compressed: unpack it first (${found[0]} -dc)`
}

export function isCapture(bytes: Uint8Array): boolean {
  return captures.some(begin => begins(bytes, begin))
}

function begins(bytes: Uint8Array, begin: readonly number[]): boolean {
  return begin.every((byte, at) => bytes[at] === byte)
}
