// JSON whose text is safe on a terminal: JSON.stringify escapes the control characters below space, but writes DEL and the
// C1 controls (ECMA-48: 0x9b begins an escape sequence in some terminals) as they are.

// eslint-disable-next-line no-control-regex
const unescaped = /[\x7f-\x9f]/g
// eslint-disable-next-line no-control-regex
const control = /[\x00-\x1f\x7f-\x9f]/

/** The value as JSON, without a control character. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    unescaped,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A line of JSON that was read, unchanged where it is safe as it is. */
export function safeLine(text: string, value: unknown): string {
  return control.test(text) ? jsonText(value) : text
}
