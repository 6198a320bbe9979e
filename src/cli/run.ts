// The life of a command: arguments in, exit code out. The only place that ends the process, handles signals and writes
// diagnostics; stages and sources throw NetoprocError and know nothing of any of it.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { NetoprocError, isOutOfDescriptors, outOfDescriptors } from '../record/error.ts'
import { printable } from '../record/printable.ts'
import { parseArguments, type Arguments } from './arguments.ts'
import type { Shell } from './completion.ts'
import type { CommandLine } from './option.ts'

export interface Command extends CommandLine {
  /** @returns when all output is written; throws NetoprocError */
  run(args: Arguments, life: Life): Promise<void>
}

/** Why a command should come to its end: a signal, the reader of its output went away, or something failed. */
export type StopReason = 'signal' | 'closed' | 'error'

/** What a running command may ask of its process. */
export interface Life {
  readonly name: string
  /** One line on stderr: "netoproc-capture: message". */
  warn(message: string): void
  /** While somebody else uses the terminal warnings go there; those are written to stderr once that ends (undefined). */
  divertWarnings(to: ((message: string) => void) | undefined): void
  /** Some input was damaged: what could be read was used, and the exit code says so (4). */
  damaged(): void
  /** Calls back once, at SIGINT, SIGTERM, SIGHUP or stop(); at once when that has already happened. */
  onStop(callback: (reason: StopReason) => void): void
  stop(reason: StopReason): void
  /** Calls back at SIGUSR2, or SIGINFO (Ctrl-T) where there is one. */
  onStatusRequest(callback: () => void): void
  /** Calls back however the command ends, an exception included: give the terminal back, remove what must not stay. */
  atExit(callback: () => void): void
}

/** What was read before a failure is written meanwhile, unless nobody takes it. */
const LAST_WRITES_MS = 2000
/** Warnings that are kept for the end while the terminal shows something else. */
const MOST_HELD = 100

/** Version of the package. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version

/** Runs the command with the process's arguments, and ends the process. */
export async function run(command: Command): Promise<void> {
  const life = new ProcessLife(command.name)
  let exitCode: number
  try {
    nameProcess(command.name)
    const args = parseArguments(command, process.argv.slice(2))
    const text = await answer(command, args)
    if (text === undefined) await command.run(args, life)
    else await (await import('./output.ts')).writeText(text, life)
    if (life.failure !== undefined) throw life.failure
    exitCode = life.isDamaged ? 4 : 0
  } catch (error) {
    exitCode = life.report(life.failure ?? error)
  }
  life.exit(exitCode)
}

/**
 * ps, top and netoproc itself show the program by its name, not as node: so is its own traffic known. process.title would
 * write over the arguments as well, which ps shows too (proc(5), /proc/pid/comm).
 */
function nameProcess(name: string): void {
  if (!existsSync('/proc/self/comm')) process.title = name
  else
    try {
      writeFileSync('/proc/self/comm', name)
    } catch (error) {
      // Where a sandbox shows /proc read-only it stays "node".
      if (!['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
}

/** What --help, --version and --completion print, if one of them was given. */
async function answer(command: Command, args: Arguments): Promise<string | undefined> {
  if (args.flag('version') && !args.flag('help')) return `${command.name} ${version}\n`
  const shell = args.text('completion')
  if (!args.flag('help') && shell === undefined) return undefined
  if (args.flag('help')) return (await import('./help-text.ts')).helpText(command)
  return (await import('./completion.ts')).completionScript(command, shell as Shell)
}

class ProcessLife implements Life {
  readonly name: string
  isDamaged = false
  /** What went wrong where nobody waited for it: in a timer, an event. */
  failure: Error | undefined
  private stopped: StopReason | undefined
  private readonly stopCallbacks: Array<(reason: StopReason) => void> = []
  private readonly statusCallbacks: Array<() => void> = []
  private readonly exitCallbacks: Array<() => void> = []
  private diverted: ((message: string) => void) | undefined
  private readonly held: string[] = []

  constructor(name: string) {
    this.name = name
    // A second signal ends the command even if it hangs on a reader that does not read.
    // Whoever asks all commands of a pipe for their status by one signal means to end none.
    const onStatus = () => this.statusCallbacks.forEach(callback => callback())
    process.on('SIGUSR2', onStatus)
    if ('SIGINFO' in constants.signals) process.on('SIGINFO', onStatus)
    const onSignal = () => (this.stopped === undefined ? this.stop('signal') : this.exit(130))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
    const onUncaught = (error: unknown) => this.fail(error)
    process.on('uncaughtException', onUncaught)
    process.on('unhandledRejection', onUncaught)
    // Nobody reads the diagnostics any more: nothing to tell, and nobody to tell it to.
    process.stderr.on('error', () => {})
  }

  divertWarnings(to: ((message: string) => void) | undefined): void {
    this.diverted = to
    if (to === undefined) for (const message of this.held.splice(0)) this.warn(message)
  }

  warn(message: string): void {
    if (this.diverted !== undefined) {
      if (this.held.length < MOST_HELD) this.held.push(message)
      return this.diverted(message)
    }
    process.stderr.write(`${this.name}: ${printable(message)}\n`)
  }

  damaged(): void {
    this.isDamaged = true
  }

  onStop(callback: (reason: StopReason) => void): void {
    if (this.stopped !== undefined) callback(this.stopped)
    else this.stopCallbacks.push(callback)
  }

  stop(reason: StopReason): void {
    if (this.stopped !== undefined) return
    this.stopped = reason
    for (const callback of this.stopCallbacks) callback(reason)
  }

  onStatusRequest(callback: () => void): void {
    this.statusCallbacks.push(callback)
  }

  atExit(callback: () => void): void {
    this.exitCallbacks.push(callback)
  }

  /** Ends the command as a signal would, so that what came before the failure is written: run() then tells of it. */
  private fail(error: unknown): void {
    // What fails while the command ends, fails for the same reason.
    if (this.failure !== undefined) return
    this.failure = error instanceof Error ? error : new Error(String(error))
    const end = () => this.exit(this.report(this.failure))
    if (this.stopped !== undefined || this.stopCallbacks.length === 0) return end()
    setTimeout(end, LAST_WRITES_MS)
    this.stop('error')
  }

  /** Says what went wrong in one line, and returns the exit code for it. */
  report(failure: unknown): number {
    this.runExitCallbacks()
    const isKnown = failure instanceof NetoprocError
    const error = !isKnown && isOutOfDescriptors(failure) ? outOfDescriptors(failure) : failure
    const known = error instanceof NetoprocError
    const message = error instanceof Error ? error.message : String(error)
    this.warn(known ? message : `internal error: ${message}; please report it, with NETOPROC_DEBUG=1`)
    if (process.env.NETOPROC_DEBUG && error instanceof Error)
      process.stderr.write(`${stackWithCauses(error)}\n`)
    return known ? error.exitCode : 4
  }

  exit(code: number): never {
    this.runExitCallbacks()
    process.exit(code)
  }

  private runExitCallbacks(): void {
    for (const callback of this.exitCallbacks.splice(0)) callback()
    this.divertWarnings(undefined)
  }
}

function stackWithCauses(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackWithCauses(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
