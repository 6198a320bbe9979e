// --help and the completion scripts, made from the option table.

import { commonOptions, type CommandLine, type Option } from './option.ts'

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
  if (option.kind === 'choice') facts.push(option.choices.join(option.list ? ',' : '|'))
  if ('default' in option && option.default !== undefined) facts.push(`default ${option.default}`)
  if (option.kind === 'text' && option.repeated) facts.push('may be repeated')
  const also = names.filter(name => !shown.includes(name))
  if (also.length > 0) facts.push(`also ${also.join(', ')}`)
  const text = wrap(facts.length > 0 ? `${option.help} (${facts.join('; ')})` : option.help, WIDTH - INDENT)
  const first = head.length < INDENT - 1 ? [head.padEnd(INDENT) + (text.shift() ?? '')] : [head]
  return [...first, ...text.map(line => ' '.repeat(INDENT) + line)]
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

export type Shell = 'bash' | 'zsh' | 'fish'

export function completionScript(command: CommandLine, shell: Shell): string {
  const options = [...command.options, ...commonOptions]
  if (shell === 'fish') return options.map(option => fishLine(command.name, option)).join('')
  return shell === 'bash' ? bashScript(command.name, options) : zshScript(command.name, options)
}

// Interfaces are listed by the kernel on Linux and by ifconfig elsewhere, when the user presses Tab.
const listInterfaces = 'ls /sys/class/net 2>/dev/null || ifconfig -l 2>/dev/null'

function fishLine(name: string, option: Option): string {
  const words = [`complete -c ${name}`]
  for (const spelling of spellings(option)) {
    words.push(spelling.startsWith('--') ? `-l ${spelling.slice(2)}` : `-s ${spelling.slice(1)}`)
  }
  if (option.kind !== 'flag') words.push('-r')
  if (option.kind === 'choice') words.push(`-f -a '${option.choices.join(' ')}'`)
  if (option.kind === 'number') words.push('-f')
  if (option.kind === 'text' && option.completes === 'interface') words.push(`-f -a '(${listInterfaces})'`)
  words.push(`-d '${option.help.replaceAll("'", "\\'")}'`)
  return `${words.join(' ')}\n`
}

function bashScript(name: string, options: readonly Option[]): string {
  const cases = options.flatMap(option => {
    if (option.kind === 'flag') return []
    const pattern = spellings(option).join('|')
    if (option.kind === 'choice')
      return [`    ${pattern}) COMPREPLY=($(compgen -W '${option.choices.join(' ')}' -- "$cur")); return ;;`]
    if (option.kind === 'text' && option.completes === 'interface') {
      return [`    ${pattern}) COMPREPLY=($(compgen -W "$(${listInterfaces})" -- "$cur")); return ;;`]
    }
    if (option.kind === 'text' && option.completes === 'file')
      return [`    ${pattern}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`]
    return [`    ${pattern}) COMPREPLY=(); return ;;`]
  })
  const all = options.flatMap(spellings).join(' ')
  const fn = `_${name.replaceAll('-', '_')}`
  return `# bash completion for ${name}: source <(${name} --completion bash)
${fn}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  case $prev in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W '${all}' -- "$cur"))
}
complete -F ${fn} ${name}
`
}

function zshScript(name: string, options: readonly Option[]): string {
  const quote = (text: string) =>
    text.replaceAll("'", "'\\''").replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:')
  const specs = options.flatMap(option => {
    const names = spellings(option)
    const group = names.length > 1 ? `(${names.join(' ')})` : ''
    const many = option.kind === 'text' && option.repeated ? '*' : group
    let action = ''
    if (option.kind === 'choice') action = `:${option.value}:(${option.choices.join(' ')})`
    else if (option.kind === 'number') action = `:${option.value}: `
    else if (option.kind === 'text' && option.completes === 'interface')
      action = `:${option.value}:{compadd $(${listInterfaces})}`
    else if (option.kind === 'text')
      action = `:${option.value}:${option.completes === 'file' ? '_files' : ' '}`
    return names.map(spelling => `  '${many}${spelling}[${quote(option.help)}]${action}'`)
  })
  return `#compdef ${name}
# zsh completion for ${name}: ${name} --completion zsh > "\${fpath[1]}/_${name}"
_arguments -s \\
${specs.join(' \\\n')}
`
}
