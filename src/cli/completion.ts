// Completion scripts for bash (3.2, which macOS has, and later), zsh and fish, made from the option table.

import { spellings } from './help-text.ts'
import { commonOptions, type CommandLine, type Option } from './option.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

export function completionScript(command: CommandLine, shell: Shell): string {
  const options = [...command.options, ...commonOptions]
  if (shell === 'fish') return fishScript(command.name, options)
  return shell === 'bash' ? bashScript(command.name, options) : zshScript(command, options)
}

// Interfaces are listed by the kernel on Linux and by ifconfig elsewhere, when the user presses Tab.
const listInterfaces = 'ls /sys/class/net 2>/dev/null || ifconfig -l 2>/dev/null'

function bashScript(name: string, options: readonly Option[]): string {
  const cases = options
    .filter(option => option.kind !== 'flag')
    .map(option => `    ${spellings(option).join('|')}) ${bashValues(option)}; return ;;`)
  const all = options.flatMap(spellings).join(' ')
  const fn = `_${name.replaceAll('-', '_')}`
  return `# bash completion for ${name}: source <(${name} --completion bash)
${fn}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  # Readline takes --option=value apart.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  case $prev in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W '${all}' -- "$cur"))
}
complete -F ${fn} ${name}
`
}

function bashValues(option: Option): string {
  if (option.kind === 'choice') {
    const words = `-W '${option.choices.join(' ')}'`
    if (option.list !== true) return `COMPREPLY=($(compgen ${words} -- "$cur"))`
    return `COMPREPLY=($(compgen -P "\${cur%"\${cur##*,}"}" ${words} -- "\${cur##*,}"))`
  }
  const completes = option.kind === 'text' ? option.completes : undefined
  if (completes === 'interface') return `COMPREPLY=($(compgen -W "$(${listInterfaces})" -- "$cur"))`
  // Readline itself knows names with blanks; bash 3.2 cannot be asked to let it.
  if (completes === 'file')
    return `compopt -o default 2>/dev/null || { local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$cur")); }`
  return ':'
}

function zshScript({ name, operands }: CommandLine, options: readonly Option[]): string {
  const specs = options.flatMap(zshSpecs)
  if (operands !== undefined) specs.push(`'*:${operands}: '`)
  return `#compdef ${name}
# zsh completion for ${name}: source <(${name} --completion zsh), or as a file _${name} in a folder of fpath
_${name}() {
  _arguments -s \\
${specs.map(spec => `    ${spec}`).join(' \\\n')}
}
if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`
}

function zshSpecs(option: Option): string[] {
  const quoted = option.help.replaceAll("'", "'\\''").replace(/[[\]:]/g, '\\$&')
  const names = spellings(option)
  const others = names.length > 1 ? `(${names.join(' ')})` : ''
  const before = option.kind === 'text' && option.repeated ? '*' : others
  // A value may stand in the same word: --option=value, -ovalue.
  const joint = (spelling: string) => (option.kind === 'flag' ? '' : spelling.startsWith('--') ? '=' : '+')
  return names.map(spelling => `'${before}${spelling}${joint(spelling)}[${quoted}]${zshValues(option)}'`)
}

function zshValues(option: Option): string {
  if (option.kind === 'flag') return ''
  if (option.kind === 'choice') {
    const words = option.choices.join(' ')
    return `:${option.value}:${option.list ? `_values -s , ${option.value} ${words}` : `(${words})`}`
  }
  const completes = option.kind === 'text' ? option.completes : undefined
  if (completes === 'interface') return `:${option.value}:{compadd $(${listInterfaces})}`
  return `:${option.value}:${completes === 'file' ? '_files' : ' '}`
}

function fishScript(name: string, options: readonly Option[]): string {
  const lines = options.map(option => {
    const names = spellings(option).map(spelling =>
      spelling.startsWith('--') ? `-l ${spelling.slice(2)}` : `-s ${spelling.slice(1)}`,
    )
    const help = option.help.replaceAll("'", "\\'")
    return `complete -c ${name} ${names.join(' ')}${fishValues(option)} -d '${help}'`
  })
  return `# fish completion for ${name}: ${name} --completion fish | source
complete -c ${name} -f
${lines.join('\n')}
`
}

function fishValues(option: Option): string {
  if (option.kind === 'flag') return ''
  if (option.kind === 'choice') {
    const words = option.choices.join(' ')
    return ` -x -a '${option.list ? `(__fish_append , ${words})` : words}'`
  }
  const completes = option.kind === 'text' ? option.completes : undefined
  if (completes === 'interface') return ` -x -a '(${listInterfaces})'`
  return completes === 'file' ? ' -r -F' : ' -x'
}
