// Parameters of SVCB and HTTPS records as text (RFC 9460 sec. 2.1, 7, 14.3.2).

import { formatAddress } from '../../record/address.ts'
import { u16, u32 } from './decoded.ts'
import { CutShort } from './dns-reader.ts'
import { base64, quotedText } from './dns-text.ts'

type Value = (bytes: Uint8Array, from: number, to: number) => string

const parameters: ReadonlyArray<readonly [name: string, value: Value]> = [
  ['mandatory', (bytes, from, to) => each(2, from, to, at => keyName(u16(bytes, at)))],
  ['alpn', (bytes, from, to) => protocols(bytes, from, to)],
  ['no-default-alpn', quoted],
  ['port', (bytes, from, to) => (to - from === 2 ? String(u16(bytes, from)) : quoted(bytes, from, to))],
  ['ipv4hint', (bytes, from, to) => each(4, from, to, at => formatAddress(0, 0, 0xffff, u32(bytes, at)))],
  ['ech', base64],
  [
    'ipv6hint',
    (bytes, from, to) =>
      each(16, from, to, at =>
        formatAddress(u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12)),
      ),
  ],
  // RFC 9461 sec. 5, RFC 9540 sec. 4.
  ['dohpath', quoted],
  ['ohttp', quoted],
]

/** Undefined when there is none. @throws CutShort */
export function serviceParameters(bytes: Uint8Array, from: number, to: number): string | undefined {
  const texts: string[] = []
  for (let at = from; at < to;) {
    if (at + 4 > to) throw new CutShort()
    const key = u16(bytes, at)
    const end = at + 4 + u16(bytes, at + 2)
    if (end > to) throw new CutShort()
    const value = parameters[key]?.[1] ?? quoted
    texts.push(end === at + 4 ? keyName(key) : `${keyName(key)}=${value(bytes, at + 4, end)}`)
    at = end
  }
  return texts.length === 0 ? undefined : texts.join(' ')
}

function keyName(key: number): string {
  return parameters[key]?.[0] ?? `key${key}`
}

function quoted(bytes: Uint8Array, from: number, to: number): string {
  return `"${quotedText(bytes, from, to)}"`
}

function each(size: number, from: number, to: number, format: (at: number) => string): string {
  if ((to - from) % size !== 0) throw new CutShort()
  return Array.from({ length: (to - from) / size }, (_, i) => format(from + i * size)).join(',')
}

/** A list within a string: commas of its items are escaped, and the escapes are escaped again (RFC 9460 appendix A.1). */
function protocols(bytes: Uint8Array, from: number, to: number): string {
  const items: string[] = []
  for (let at = from; at < to;) {
    const end = at + 1 + (bytes[at] as number)
    if (end > to) throw new CutShort()
    items.push(
      quotedText(bytes, at + 1, end).replace(/,|\\\\/g, item => (item === ',' ? '\\\\,' : '\\\\\\\\')),
    )
    at = end
  }
  return `"${items.join(',')}"`
}
