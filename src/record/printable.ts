// Names come from outside (a process calls itself what it likes, a DNS server answers what it likes), and end on
// terminals and in other people's scripts: control characters are written out wherever a name enters netoproc.

// C0, DEL, C1 (ECMA-48), the line separators that some terminals and JSON readers act on, and the bidirectional
// controls that reorder the text around them (Unicode UAX 9, "Trojan Source").
export const UNSAFE =
  '[\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]'
const unsafe = new RegExp(UNSAFE, 'g')
const named: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/**
 * The text with control characters escaped (`\t`, `\x1b`, `\u202e`) and cut to `maxLength` UTF-16 units. Escaping what is
 * escaped already changes nothing, so every stage may call it.
 */
export function printable(text: string, maxLength = 4096): string {
  const escaped = text.replace(unsafe, char => {
    const code = char.charCodeAt(0)
    return (
      named[char] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`)
    )
  })
  if (escaped.length <= maxLength) return escaped
  // Never half a surrogate pair at the cut.
  const last = escaped.charCodeAt(maxLength - 1)
  return escaped.slice(0, last >= 0xd800 && last < 0xdc00 ? maxLength - 1 : maxLength)
}
