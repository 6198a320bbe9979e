// From argv to checked values: option-words.ts spells the words out, the parser of yargs takes them apart, the option table
// says what may stand where. Every complaint is one line that names the option and its range (exit code 3). Help and completions
// come from the same table (help-text.ts), so that the rest of yargs, which takes longer to load than most of netoproc, is not
// needed.

import { Parser } from 'yargs/helpers'
import { NetoprocError } from '../record/error.ts'
import { needsValue, spelledOut } from './option-words.ts'
import { commonOptions, type CommandLine, type FlagOption, type NumberOption, type Option } from './option.ts'

const CONFIGURATION = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'flatten-duplicate-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'strip-aliased': true,
} as const

export class Arguments {
  private readonly values: ReadonlyMap<string, unknown>
  /** Words that are not options. */
  readonly operands: readonly string[]

  constructor(values: ReadonlyMap<string, unknown>, operands: readonly string[]) {
    this.values = values
    this.operands = operands
  }

  /** Whether the user gave the option, or it has a default. */
  has(name: string): boolean {
    return this.values.get(name) !== undefined
  }

  flag(name: string): boolean {
    return this.values.get(name) === true
  }

  text(name: string): string | undefined {
    return this.values.get(name) as string | undefined
  }

  number(name: string): number | undefined {
    return this.values.get(name) as number | undefined
  }

  list(name: string): readonly string[] {
    return (this.values.get(name) as readonly string[] | undefined) ?? []
  }

  /** The option's value was given, and not by its default. */
  readonly given = (name: string): boolean => this.has(`given ${name}`)

  /** Refuses options that would do nothing: they are never accepted and ignored. */
  refuse(names: readonly string[], why: string): void {
    for (const name of names) {
      if (this.given(name)) throw new NetoprocError('usage', `--${name} has no effect ${why}`)
    }
  }
}

/** @throws NetoprocError usage */
export function parseArguments(command: CommandLine, argv: readonly string[]): Arguments {
  const options = [...command.options, ...commonOptions]
  const parsed = Parser(spelledOut(options, withDefaultShell(argv)), {
    configuration: CONFIGURATION,
    boolean: options.filter(({ kind }) => kind === 'flag').map(({ name }) => name),
    string: options.filter(takesValue).map(({ name }) => name),
  })
  const operands = parsed._.map(String)
  if (command.operands === undefined && operands.length > 0) {
    throw new NetoprocError(
      'usage',
      `unexpected "${operands[0]}": ${command.name} takes options only; see --help`,
    )
  }
  const values = new Map<string, unknown>()
  for (const option of options) {
    const raw = parsed[option.name]
    if (raw === undefined) {
      if ('default' in option && option.default !== undefined) {
        values.set(
          option.name,
          option.kind === 'choice' && option.list ? option.default.split(',') : option.default,
        )
      }
      continue
    }
    values.set(option.name, checkedValue(option, raw))
    values.set(`given ${option.name}`, true)
  }
  return new Arguments(values, operands)
}

/** `--completion` alone means the user's own shell. */
function withDefaultShell(argv: readonly string[]): string[] {
  return argv.map((word, at) => {
    const next = argv[at + 1]
    if (word !== '--completion' || (next !== undefined && !next.startsWith('-'))) return word
    const shell = (process.env.SHELL ?? '').split('/').at(-1) ?? ''
    return `--completion=${['zsh', 'fish'].includes(shell) ? shell : 'bash'}`
  })
}

function takesValue(option: Option): option is Exclude<Option, FlagOption> {
  return option.kind !== 'flag'
}

function checkedValue(option: Option, raw: unknown): unknown {
  const name = `--${option.name}`
  if (!takesValue(option)) {
    // Given twice it says the same.
    return true
  }
  const given = (Array.isArray(raw) ? raw : [raw]) as string[]
  const repeated = option.kind === 'text' && option.repeated === true
  if (given.length > 1 && !repeated) throw new NetoprocError('usage', `${name} may be given once`)
  if (given.some(text => text === '')) throw needsValue(option)
  if (repeated) return given
  const text = given[0] as string
  if (option.kind === 'text') return text
  if (option.kind === 'number') return checkedNumber(option, text)
  const words = option.list ? text.split(',') : [text]
  for (const word of words) {
    if (!option.choices.includes(word)) {
      throw new NetoprocError(
        'usage',
        `${name} must be ${option.list ? 'of' : 'one of'} ${option.choices.join(', ')}, not "${word}"`,
      )
    }
  }
  return option.list ? words : text
}

/** Number() takes more, which nobody would expect here: 0x10, 1e3, " 5 ". */
const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)$/

function checkedNumber(option: NumberOption, text: string): number {
  const value = Number(text)
  const what = option.integer ? 'a whole number' : 'a number'
  if (!DECIMAL.test(text) || (option.integer && !Number.isInteger(value))) {
    throw new NetoprocError(
      'usage',
      `--${option.name} must be ${what} from ${option.min} to ${option.max}, not "${text}"`,
    )
  }
  if (value < option.min || value > option.max) {
    throw new NetoprocError(
      'usage',
      `--${option.name} must be from ${option.min} to ${option.max}, not ${text}`,
    )
  }
  return value
}
