// The terminal UI as the end of a chain: terminal, screen stage and, for a recording, its pace, put together.

import { isatty } from 'node:tty'
import { NetoprocError } from '../record/error.ts'
import type { Tables } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { isPlain, loadWidths } from '../render/tui/cell-width.ts'
import { compiled } from '../render/tui/frame.ts'
import type { ColorDepth } from '../render/tui/palette.ts'
import { Replay } from '../render/tui/replay.ts'
import { TuiStage } from '../render/tui/stage.ts'
import type { Arguments } from './arguments.ts'
import { FlushTimer } from './flush-timer.ts'
import { nowUs } from './host.ts'
import type { Life } from './run.ts'
import { Terminal } from './terminal.ts'

export interface ScreenChain {
  /** Takes the rollups. */
  readonly stage: Stage
  /** Undefined, or a promise to await before more is pushed. */
  ready(): Promise<void> | undefined
  /** Resolves when it can show any text, and reads keys. */
  readonly loaded: Promise<void>
  /** Resolves when the user has quit, or a signal came. */
  readonly quit: Promise<void>
  /** The commands before this one in the pipe have ended. */
  inputEnded(): void
  /** The terminal as it was. */
  end(): Promise<void>
}

export interface ScreenOptions {
  readonly args: Arguments
  readonly life: Life
  readonly tables: Tables
  readonly isReplay: boolean
}

/** @throws NetoprocError usage where there is no terminal, or for a filter that cannot be */
export async function openScreen(options: ScreenOptions): Promise<ScreenChain> {
  if (!isPlain(options.args.text('filter') ?? '')) await loadWidths()
  const screen = takeScreen(options)
  await screen.loaded
  return screen
}

/** The same at once, for who has loaded the widths of characters. @throws NetoprocError usage */
export function takeScreen({ args, life, tables, isReplay }: ScreenOptions): ScreenChain {
  refuseWithoutTerminal()
  const filter = args.text('filter')
  const { error } = compiled(filter ?? '')
  if (error !== undefined) throw new NetoprocError('usage', `--${error}`)

  let isWoken = false
  // Not at once: one frame for all that comes in this turn.
  const wake = () => {
    if (isWoken) return
    isWoken = true
    setImmediate(() => {
      isWoken = false
      timer.flush()
    })
  }
  const color = colorDepth(args.flag('no-color'))
  const terminal = new Terminal(life, color !== undefined, {
    onKey: key => screen.key(key),
    onRedraw: () => screen.redraw(),
    onQuit: () => life.stop('closed'),
  })
  const screen: TuiStage = new TuiStage(terminal, {
    filter,
    sort: args.text('sort'),
    isReplay,
    readsDns: !args.flag('no-dns'),
    color,
    isAscii: !isUtf8(),
    wake,
    onState: ({ speed, isPaused }) => replay?.setPace(speed ?? 1, isPaused, nowUs()),
  })
  const replay = isReplay ? new Replay(screen, tables, wake) : undefined
  const stage: Stage = replay ?? screen
  const timer = new FlushTimer(stage)
  life.divertWarnings(message => screen.say(message))
  timer.flush()
  return {
    stage,
    // Keys that are pressed before wait in the terminal.
    loaded: loadWidths().then(() => terminal.readKeys()),
    ready: () => replay?.ready(),
    quit: new Promise(resolve => life.onStop(() => resolve())),
    inputEnded: () => terminal.retake(),
    end: async () => {
      timer.stop()
      await terminal.end()
      life.divertWarnings(undefined)
    },
  }
}

/** @throws NetoprocError usage */
export function refuseWithoutTerminal(): void {
  if (isatty(1)) return
  throw new NetoprocError(
    'usage',
    'the terminal UI needs a terminal on standard output; use --format pretty, tsv, json or ndjson',
  )
}

/** Undefined: the terminal cannot even place its cursor. */
function colorDepth(noColor: boolean): ColorDepth | undefined {
  const { TERM = 'dumb', COLORTERM, NO_COLOR } = process.env
  if (TERM === 'dumb' || TERM === '') return undefined
  if (noColor || (NO_COLOR !== undefined && NO_COLOR !== '')) return 'none'
  return COLORTERM === 'truecolor' || COLORTERM === '24bit' || TERM.includes('256') ? '256' : '16'
}

/** The Linux console takes UTF-8, but its fonts have no charts. */
function isUtf8(): boolean {
  const { LC_ALL, LC_CTYPE, LANG, TERM } = process.env
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '') && TERM !== 'linux'
}
