// --help, made from the option table.

import { commonOptions, type ChoiceOption, type CommandLine, type Option } from './option.ts'

const WIDTH = 79
const INDENT = 28

export function helpText(command: CommandLine): string {
  const operands = command.operands === undefined ? '' : ` [${command.operands}]`
  const lines = [
    `${command.name} - ${command.summary}`,
    '',
    `Usage: ${command.name} [OPTION]...${operands}`,
    '',
    'Options:',
  ]
  for (const option of [...command.options, ...commonOptions]) lines.push(...optionLines(option))
  lines.push('', 'Examples:')
  for (const [example, what] of command.examples) lines.push(`  ${example}`, `      ${what}`)
  lines.push(
    '',
    'Exit codes: 0 done, 1 not enough privilege, 2 capture device, 3 usage, 4 damaged input or other error.',
    `The whole story: man ${command.name}; the records: man netoproc-record.`,
  )
  return `${lines.join('\n')}\n`
}

/** All spellings, short ones first: "-i, --interface". */
export function spellings(option: Option): string[] {
  const names = [...(option.alias ?? []), option.name].sort(
    (a, b) => Math.min(a.length, 2) - Math.min(b.length, 2),
  )
  return names.map(name => (name.length === 1 ? `-${name}` : `--${name}`))
}

function optionLines(option: Option): string[] {
  const names = spellings(option)
  const shown = names.filter(name => !name.startsWith('--') || name === `--${option.name}`)
  const value = option.kind === 'flag' ? '' : ` ${option.value}`
  const head = `  ${shown[0]?.startsWith('--') ? '    ' : ''}${shown.join(', ')}${value}`
  const facts: string[] = []
  if (option.kind === 'number') facts.push(`${option.min}..${option.max}`)
  if (option.kind === 'choice') facts.push(choicesText(option))
  if ('default' in option && option.default !== undefined) facts.push(`default ${option.default}`)
  if (option.kind === 'text' && option.repeated) facts.push('may be repeated')
  const also = names.filter(name => !shown.includes(name))
  if (also.length > 0) facts.push(`also ${also.join(', ')}`)
  const text = wrap(facts.length > 0 ? `${option.help} (${facts.join('; ')})` : option.help, WIDTH - INDENT)
  const first = head.length < INDENT - 1 ? [head.padEnd(INDENT) + (text.shift() ?? '')] : [head]
  return [...first, ...text.map(line => ' '.repeat(INDENT) + line)]
}

/** As it would be typed; one that is too long for a line is broken at blanks. */
function choicesText({ choices, list }: ChoiceOption): string {
  const text = choices.join(list ? ',' : '|')
  return text.length <= WIDTH - INDENT ? text : choices.join(', ')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
