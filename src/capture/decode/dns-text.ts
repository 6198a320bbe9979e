// Octets of DNS messages as text: of labels and strings (RFC 1035 sec. 5.1), and of binary data in hex as dig(1) writes it, base64
// and base32 with the extended hex alphabet (RFC 4648).

/** A label: a dot in it is escaped, like what is not printable. */
export function labelText(bytes: Uint8Array, from: number, to: number): string {
  return octetsText(labelOctets, bytes, from, to)
}

/** Text within quotes: spaces and dots stand for themselves. */
export function quotedText(bytes: Uint8Array, from: number, to: number): string {
  return octetsText(stringOctets, bytes, from, to)
}

const labelOctets = octetTexts('."\\', '')
const stringOctets = octetTexts('"\\', ' ')

/** The text of each octet: itself, behind a backslash, or as a backslash and three decimal digits. */
function octetTexts(escaped: string, plain: string): readonly string[] {
  return Array.from({ length: 256 }, (_, octet) => {
    const character = String.fromCharCode(octet)
    if (escaped.includes(character)) return `\\${character}`
    if ((octet > 0x20 && octet < 0x7f) || plain.includes(character)) return character
    return `\\${String(octet).padStart(3, '0')}`
  })
}

function octetsText(texts: readonly string[], bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += texts[bytes[i] as number]
  return text
}

const hexOctets = Array.from({ length: 256 }, (_, octet) => octet.toString(16).toUpperCase().padStart(2, '0'))

export function hex(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += hexOctets[bytes[i] as number]
  return text
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BASE32HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV'

export function base64(bytes: Uint8Array, from: number, to: number): string {
  const text = digits(bytes, from, to, 6, BASE64)
  return text + '='.repeat((4 - (text.length % 4)) % 4)
}

/** Without padding (RFC 5155 sec. 3.3). */
export function base32hex(bytes: Uint8Array, from: number, to: number): string {
  return digits(bytes, from, to, 5, BASE32HEX)
}

function digits(bytes: Uint8Array, from: number, to: number, bits: number, alphabet: string): string {
  const mask = (1 << bits) - 1
  let text = ''
  let held = 0
  let heldBits = 0
  for (let i = from; i < to; i++) {
    // At most 13 bits are of use; what is above them is behind us.
    held = ((held << 8) | (bytes[i] as number)) & 0x1fff
    heldBits += 8
    for (; heldBits >= bits; heldBits -= bits) text += alphabet[(held >> (heldBits - bits)) & mask]
  }
  return heldBits === 0 ? text : text + alphabet[(held << (bits - heldBits)) & mask]
}
