// What a terminal sends, as keys: UTF-8 text, control characters, and the escape sequences of xterm and its kin (ctlseqs:
// CSI and SS3 keys, SGR mouse mode 1006). Sequences may come in pieces; a lone ESC is the Escape key once nothing follows.

export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'enter'
  | 'tab'
  | 'shift-tab'
  | 'escape'
  | 'backspace'
  | 'ctrl-c'
  | 'ctrl-l'
  | 'ctrl-u'
  | 'ctrl-z'
  | 'wheel-up'
  | 'wheel-down'
  | 'click'
  | 'text'

export interface Key {
  readonly name: KeyName
  /** Of 'text': one character. */
  readonly text?: string
  /** Of mouse keys: the cell, from 0. */
  readonly x?: number
  readonly y?: number
}

const controls: Readonly<Record<string, KeyName>> = {
  '\x03': 'ctrl-c',
  '\b': 'backspace',
  '\t': 'tab',
  '\n': 'enter',
  '\x0c': 'ctrl-l',
  '\r': 'enter',
  '\x15': 'ctrl-u',
  '\x1a': 'ctrl-z',
  '\x7f': 'backspace',
}
/** By final byte of CSI or SS3. */
const finals: Readonly<Record<string, KeyName>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  Z: 'shift-tab',
  M: 'enter',
}
/** By number before "~": vt220, rxvt. */
const numbered: Readonly<Record<string, KeyName>> = {
  '1': 'home',
  '4': 'end',
  '5': 'page-up',
  '6': 'page-down',
  '7': 'home',
  '8': 'end',
}
// eslint-disable-next-line no-control-regex
const sequence = /^\x1b(?:\[([<?]?[0-9;]*)([@-~])|O([A-Za-z]))/
// eslint-disable-next-line no-control-regex
const unfinished = /^\x1b(?:\[[<?]?[0-9;]{0,32}|O)?$/

export class KeyReader {
  private readonly decoder = new TextDecoder()
  private held = ''

  /** The keys that are complete. */
  push(bytes: Uint8Array): Key[] {
    this.held += this.decoder.decode(bytes, { stream: true })
    return this.take(false)
  }

  /** Nothing came for a while: what is held is all there is. */
  idle(): Key[] {
    return this.take(true)
  }

  get isHolding(): boolean {
    return this.held !== ''
  }

  private take(isAll: boolean): Key[] {
    const keys: Key[] = []
    while (this.held !== '') {
      const { held } = this
      if (held[0] !== '\x1b') {
        const char = String.fromCodePoint(held.codePointAt(0) as number)
        this.held = held.slice(char.length)
        const name = controls[char]
        if (name !== undefined) keys.push({ name })
        else if (char >= ' ') keys.push({ name: 'text', text: char })
        continue
      }
      const match = sequence.exec(held)
      if (match !== null) {
        this.held = held.slice(match[0].length)
        const key = keyOf(match[1] ?? '', match[2] ?? match[3] ?? '')
        if (key !== undefined) keys.push(key)
      } else if (unfinished.test(held) && !isAll) break
      else {
        this.held = held.slice(1)
        keys.push({ name: 'escape' })
        // What follows an Escape key that was held back is not text that somebody typed.
        if (isAll) this.held = ''
      }
    }
    return keys
  }
}

function keyOf(parameters: string, final: string): Key | undefined {
  if (parameters.startsWith('<')) return mouseKey(parameters.slice(1).split(';').map(Number), final)
  const name = final === '~' ? numbered[parameters.split(';')[0] as string] : finals[final]
  return name === undefined ? undefined : { name }
}

/** SGR mouse: button, column, row from 1; "M" pressed, "m" released. Bits 2 to 4 are modifiers, bit 5 is motion. */
function mouseKey([button = 0, column = 1, row = 1]: number[], final: string): Key | undefined {
  const at = { x: column - 1, y: row - 1 }
  const plain = button & ~0x1c
  if (final !== 'M') return undefined
  if (plain === 64) return { name: 'wheel-up', ...at }
  if (plain === 65) return { name: 'wheel-down', ...at }
  return plain === 0 ? { name: 'click', ...at } : undefined
}
