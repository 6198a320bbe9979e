// Addresses are four 32-bit words in host order, most significant first; IPv4 is held as IPv4-mapped IPv6
// (RFC 4291 sec. 2.5.5.2), so that both compare and hash alike and a dual-stack socket needs no second look.

/** Third word of an IPv4-mapped address, ::ffff:0:0/96. */
export const V4_MAPPED = 0xffff

export type AddressWords = readonly [number, number, number, number]

export function isV4Words(w0: number, w1: number, w2: number): boolean {
  return w0 === 0 && w1 === 0 && w2 === V4_MAPPED
}

/** Text of an address: dotted IPv4 (also for IPv4-mapped), RFC 5952 for IPv6. Words may be signed or unsigned. */
export function formatAddress(w0: number, w1: number, w2: number, w3: number): string {
  if (isV4Words(w0, w1, w2)) return `${w3 >>> 24}.${(w3 >>> 16) & 255}.${(w3 >>> 8) & 255}.${w3 & 255}`
  const groups = [
    w0 >>> 16,
    w0 & 0xffff,
    w1 >>> 16,
    w1 & 0xffff,
    w2 >>> 16,
    w2 & 0xffff,
    w3 >>> 16,
    w3 & 0xffff,
  ]
  // RFC 5952 sec. 4.2: the longest run of two or more zero groups, the first of equals, becomes "::".
  let runStart = -1
  let runLength = 1
  for (let i = 0; i < 8;) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > runLength) {
      runStart = i
      runLength = end - i
    }
    i = end === i ? i + 1 : end
  }
  const hex = groups.map(group => group.toString(16))
  if (runStart < 0) return hex.join(':')
  return `${hex.slice(0, runStart).join(':')}::${hex.slice(runStart + runLength).join(':')}`
}

/** Words of an address's text (RFC 4291 sec. 2.2, dotted tails included; no zone). Undefined when it is not one. */
export function parseAddress(text: string): AddressWords | undefined {
  if (!text.includes(':')) {
    const v4 = parseDotted(text)
    return v4 === undefined ? undefined : [0, 0, V4_MAPPED, v4]
  }
  let body = text
  const dot = text.indexOf('.')
  if (dot >= 0) {
    const tail = text.lastIndexOf(':') + 1
    const v4 = parseDotted(text.slice(tail))
    if (v4 === undefined) return undefined
    body = `${text.slice(0, tail)}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`
  }
  const halves = body.split('::')
  if (halves.length > 2) return undefined
  const left = halves[0] === '' ? [] : (halves[0] as string).split(':')
  const right = halves.length < 2 || halves[1] === '' ? [] : (halves[1] as string).split(':')
  const zeros = 8 - left.length - right.length
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return undefined
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right]
  const words: [number, number, number, number] = [0, 0, 0, 0]
  for (let i = 0; i < 8; i++) {
    const group = groups[i] as string
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined
    words[i >> 1] = ((words[i >> 1] as number) << 16) | parseInt(group, 16)
  }
  return [words[0] >>> 0, words[1] >>> 0, words[2] >>> 0, words[3] >>> 0]
}

/** Each number one to three digits, zeros in front allowed. A dump of sockets has thousands: no regular expression. */
function parseDotted(text: string): number | undefined {
  let value = 0
  let byte = 0
  let digits = 0
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return undefined
      value = (value << 8) | byte
      byte = digits = 0
      continue
    }
    if (code < ZERO || code > NINE || ++digits > 3) return undefined
    byte = byte * 10 + code - ZERO
    if (byte > 255) return undefined
  }
  return dots === 3 && digits > 0 ? ((value << 8) | byte) >>> 0 : undefined
}

const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
