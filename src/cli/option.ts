// What an option is. One table of these per command feeds the parser, --help, the shell completions, and the test that
// compares them with the man page.

interface OptionBase {
  /** Long name, kebab-case, without dashes. */
  readonly name: string
  /** Short and further long names, without dashes. */
  readonly alias?: readonly string[]
  /** One line for --help: what it does, then units or range. */
  readonly help: string
}

export interface FlagOption extends OptionBase {
  readonly kind: 'flag'
}

export interface TextOption extends OptionBase {
  readonly kind: 'text'
  /** Placeholder in --help: FILE, PATTERN. */
  readonly value: string
  /** May be given several times. */
  readonly repeated?: boolean
  /** Names that a shell completes by itself. */
  readonly completes?: 'file' | 'interface'
}

export interface NumberOption extends OptionBase {
  readonly kind: 'number'
  readonly value: string
  readonly min: number
  readonly max: number
  readonly integer?: boolean
  readonly default?: number
}

export interface ChoiceOption extends OptionBase {
  readonly kind: 'choice'
  readonly value: string
  readonly choices: readonly string[]
  readonly default?: string
  /** A comma-separated list of choices. */
  readonly list?: boolean
}

export type Option = FlagOption | TextOption | NumberOption | ChoiceOption

export interface CommandLine {
  /** Program name, as it is typed and as it stands before every diagnostic. */
  readonly name: string
  /** What it does, in one sentence. */
  readonly summary: string
  readonly options: readonly Option[]
  /** Placeholder of the words behind the options, when it takes any. */
  readonly operands?: string
  readonly examples: ReadonlyArray<readonly [command: string, what: string]>
}

/** Every command has these. */
export const commonOptions: readonly Option[] = [
  { kind: 'flag', name: 'help', alias: ['h'], help: 'Show this help' },
  { kind: 'flag', name: 'version', alias: ['V'], help: 'Show the version' },
  {
    kind: 'choice',
    name: 'completion',
    value: 'SHELL',
    choices: ['bash', 'zsh', 'fish'],
    help: 'Print a completion script for SHELL',
  },
  { kind: 'flag', name: 'no-color', help: 'No colours; NO_COLOR in the environment says the same' },
]
