// JSON whose text is safe on a terminal: JSON.stringify escapes the control characters below space, but writes DEL, the C1
// controls (ECMA-48: 0x9b begins an escape sequence in some terminals) and what reorders the text around it as they are.

import { UNSAFE } from './printable.ts'

const unsafe = new RegExp(UNSAFE, 'g')
const anyUnsafe = new RegExp(UNSAFE)

/** The value as JSON, without a character that a terminal acts on. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, escaped)
}

/** The same of a line of JSON that was read: its value does not change, be it numbers that JavaScript has not. */
export function safeLine(text: string): string {
  if (!anyUnsafe.test(text)) return text
  // Of these only white space can stand outside of strings, and it cannot stand in them (RFC 8259 sec. 7).
  return text.replace(unsafe, char => (char < ' ' ? ' ' : escaped(char)))
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
