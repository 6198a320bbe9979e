// argv, spelled out: each option as --name=value, whether it came as --name value, -n value or -nvalue, each flag as
// --name=true, and the words that are no options behind "--". The parser of yargs guesses at what is nearly an option
// (--no-total, --total.x, -d.5) and then drops it; what is not spelled as the option table says is refused here.

import { NetoprocError } from '../record/error.ts'
import type { FlagOption, Option } from './option.ts'

type ValueOption = Exclude<Option, FlagOption>

/** @throws NetoprocError usage */
export function spelledOut(options: readonly Option[], argv: readonly string[]): string[] {
  return new Speller(options).spell(argv)
}

class Speller {
  private readonly long = new Map<string, Option>()
  private readonly short = new Map<string, Option>()
  private readonly options: string[] = []
  private readonly operands: string[] = []

  constructor(options: readonly Option[]) {
    for (const option of options)
      for (const spelling of [option.name, ...(option.alias ?? [])])
        (spelling.length === 1 ? this.short : this.long).set(spelling, option)
  }

  spell(argv: readonly string[]): string[] {
    const words = argv.values()
    let areOptions = true
    for (const word of words) {
      if (areOptions && word === '--') areOptions = false
      else if (!areOptions || !/^-./.test(word)) this.operands.push(word)
      else if (word.startsWith('--')) this.longOption(word, words)
      else this.shortOptions(word, words)
    }
    return [...this.options, '--', ...this.operands]
  }

  /** --name, --name=value, --name value */
  private longOption(word: string, next: Iterator<string>): void {
    const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) as RegExpExecArray
    const option = this.long.get(name)
    if (option === undefined) throw unknown(word)
    if (option.kind !== 'flag') this.add(option, value ?? this.valueFrom(option, next))
    else if (value === undefined) this.add(option, 'true')
    else throw takesNone(option)
  }

  /** -n, -n value, -nvalue, -n=value; and flags in one word, behind which an option with its value may stand */
  private shortOptions(word: string, next: Iterator<string>): void {
    for (let at = 1; at < word.length; at++) {
      const option = this.short.get(word.charAt(at))
      if (option === undefined) throw unknown(word)
      const rest = word.slice(at + 1)
      if (option.kind !== 'flag')
        return this.add(option, rest === '' ? this.valueFrom(option, next) : rest.replace(/^=/, ''))
      if (rest.startsWith('=')) throw takesNone(option)
      this.add(option, 'true')
    }
  }

  /** A value may begin with a dash, but be no option: who forgot the value is told so. */
  private valueFrom(option: ValueOption, next: Iterator<string>): string {
    const { value, done } = next.next()
    if (done === true || this.isOption(value)) throw needsValue(option)
    return value
  }

  private isOption(word: string): boolean {
    const [dashes, name = ''] = [/^-*/.exec(word)?.[0], word.replace(/^-*|=.*$/gs, '')]
    return (dashes === '--' && this.long.has(name)) || (dashes === '-' && this.short.has(name))
  }

  private add({ name }: Option, value: string): void {
    this.options.push(`--${name}=${value}`)
  }
}

function unknown(word: string): NetoprocError {
  return new NetoprocError('usage', `unknown option ${word.replace(/=.*/s, '')}; see --help`)
}

function takesNone({ name }: FlagOption): NetoprocError {
  return new NetoprocError('usage', `--${name} takes no value`)
}

/** @param option what was given without its value, or with an empty one */
export function needsValue({ name, value }: ValueOption): NetoprocError {
  return new NetoprocError('usage', `--${name} needs a value: --${name} ${value}`)
}
