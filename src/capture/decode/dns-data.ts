// The data of a DNS record as text: the presentation format that the RFC of its type defines, as dig(1) prints it but for final
// dots of names; \# and hex (RFC 3597 sec. 5) for types that are not known and for data that is not what its type says.

import { formatAddress } from '../../record/address.ts'
import { locationText } from './dns-location.ts'
import { typeName } from './dns-numbers.ts'
import { CutShort, type DnsReader } from './dns-reader.ts'
import { serviceParameters } from './dns-service-parameters.ts'
import { base32hex, base64, hex, labelText, quotedText } from './dns-text.ts'

/** Takes its part of the data, and returns it as text; undefined when there is nothing to show. */
type Field = (data: DnsReader) => string | undefined

/** Fields of a record's data, in their order. Of the last ones named `…s` and the binary ones there is as much as there is data. */
const fields = {
  u8: data => String(data.u8()),
  u16: data => String(data.u16()),
  u32: data => String(data.u32()),
  ipv4: data => formatAddress(0, 0, 0xffff, data.u32()),
  ipv6: data => formatAddress(data.u32(), data.u32(), data.u32(), data.u32()),
  name: data => data.name(),
  type: data => typeName(data.u16()),
  types: data => typesOfBitmap(data),
  time: data => timeText(data.u32()),
  string: data => characterString(data),
  strings: data => {
    let text = characterString(data)
    while (data.left > 0) text += ` ${characterString(data)}`
    return text
  },
  text: data => `"${quotedText(data.bytes, data.at, data.takeRest())}"`,
  tag: data => {
    const length = data.u8()
    return labelText(data.bytes, data.take(length), data.at)
  },
  hex: data => hex(data.bytes, data.at, data.takeRest()),
  base64: data => base64(data.bytes, data.at, data.takeRest()),
  salt: data => {
    const length = data.u8()
    return length === 0 ? '-' : hex(data.bytes, data.take(length), data.at)
  },
  hash: data => {
    const length = data.u8()
    return base32hex(data.bytes, data.take(length), data.at)
  },
  eui: data =>
    hex(data.bytes, data.at, data.takeRest())
      .toLowerCase()
      .replace(/..(?!$)/g, '$&-'),
  location: data => locationText(data.bytes, data.take(16)),
  parameters: data => serviceParameters(data.bytes, data.at, data.takeRest()),
} satisfies Record<string, Field>

const DS = 'u16 u8 u8 hex'
const DNSKEY = 'u16 u8 u8 base64'
const RRSIG = 'type u8 u8 u32 time time u16 name base64'
const TLSA = 'u8 u8 u8 hex'

const formats: Readonly<Record<string, string>> = {
  // RFC 1035, RFC 1183, RFC 1876, RFC 3596
  A: 'ipv4',
  AAAA: 'ipv6',
  NS: 'name',
  CNAME: 'name',
  PTR: 'name',
  MX: 'u16 name',
  SOA: 'name name u32 u32 u32 u32 u32',
  TXT: 'strings',
  HINFO: 'string string',
  RP: 'name name',
  AFSDB: 'u16 name',
  LOC: 'location',
  // RFC 2230, RFC 2782, RFC 3403, RFC 6672, RFC 7208, RFC 7553
  KX: 'u16 name',
  SRV: 'u16 u16 u16 name',
  NAPTR: 'u16 u16 string string string name',
  DNAME: 'name',
  SPF: 'strings',
  URI: 'u16 u16 text',
  // DNSSEC: RFC 4034, RFC 5155, RFC 7344, RFC 8976
  DS,
  CDS: DS,
  DNSKEY,
  CDNSKEY: DNSKEY,
  KEY: DNSKEY,
  RRSIG,
  SIG: RRSIG,
  NSEC: 'name types',
  NSEC3: 'u8 u8 u16 salt hash types',
  NSEC3PARAM: 'u8 u8 u16 salt',
  CSYNC: 'u32 u16 types',
  ZONEMD: 'u32 u8 u8 hex',
  // Keys and certificates: RFC 4255, RFC 4398, RFC 6698, RFC 7929, RFC 8162, RFC 8659
  SSHFP: 'u8 u8 hex',
  CERT: 'u16 u16 u8 base64',
  TLSA,
  SMIMEA: TLSA,
  OPENPGPKEY: 'base64',
  CAA: 'u8 tag text',
  // RFC 4701, RFC 7043, RFC 9460
  DHCID: 'base64',
  EUI48: 'eui',
  EUI64: 'eui',
  SVCB: 'u16 name parameters',
  HTTPS: 'u16 name parameters',
}

const formatOf: ReadonlyMap<string, readonly Field[]> = new Map(
  Object.entries(formats).map(([type, format]) => [
    type,
    format.split(' ').map(field => fields[field as keyof typeof fields]),
  ]),
)

/** As in schemas/: every byte of 64 KiB escaped, and more; what is longer is names that numbers stand for. */
const LONGEST_TEXT = 5 << 16

/** @param data nothing but the record's data */
export function dataText(type: number, data: DnsReader): string {
  const { bytes, at: from } = data
  const format = formatOf.get(typeName(type))
  if (format !== undefined) {
    try {
      const parts = format.map(field => field(data)).filter(part => part !== undefined)
      const text = parts.join(' ')
      if (data.left === 0 && text.length <= LONGEST_TEXT) return text
    } catch (error) {
      if (!(error instanceof CutShort)) throw error
    }
  }
  const to = data.takeRest()
  return `\\# ${to - from}${to === from ? '' : ` ${hex(bytes, from, to)}`}`
}

function characterString(data: DnsReader): string {
  const length = data.u8()
  return `"${quotedText(data.bytes, data.take(length), data.at)}"`
}

/** RFC 4034 sec. 3.2. */
function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/[-T:]|\..*/g, '')
}

/** More than there are: what claims them is no list of types, and its text would be endless. */
const MOST_TYPES = 256

/** RFC 4034 sec. 4.1.2: windows of 256 types, of each up to 32 bytes of bits. */
function typesOfBitmap(data: DnsReader): string | undefined {
  const names: string[] = []
  while (data.left > 0) {
    const window = data.u8()
    const length = data.u8()
    const from = data.take(length)
    if (length > 32) throw new CutShort()
    for (let i = 0; i < length * 8; i++) {
      if (((data.bytes[from + (i >> 3)] as number) & (0x80 >> (i & 7))) === 0) continue
      if (names.length === MOST_TYPES) throw new CutShort()
      names.push(typeName(window * 256 + i))
    }
  }
  return names.length === 0 ? undefined : names.join(' ')
}
