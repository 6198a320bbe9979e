// The render stage for a terminal: rollups in, frames out. It draws when there is something new, at most four times a
// second, and at once for a key; when nothing changed it writes nothing.

import { NetoprocError } from '../../record/error.ts'
import { ForeignRecord, type RecordBatch } from '../../record/record-batch.ts'
import type { Stage } from '../../record/stage.ts'
import { act, withList, type Effect } from './actions.ts'
import { drawFrame, type Frame } from './frame.ts'
import type { Key } from './keys.ts'
import { Model } from './model.ts'
import { LinePainter, Painter } from './painter.ts'
import type { ColorDepth } from './palette.ts'
import type { Screen } from './port.ts'
import { initialState, type InitialChoice, type UiState } from './ui-state.ts'

const FRAME_US = 250_000
const BUSY_US = 50_000
/** After the selection was moved the rows keep their places so long: seconds of the records. */
const HOLD_SECONDS = 3

export interface TuiOptions extends InitialChoice {
  /** Undefined: the terminal cannot place its cursor, and gets lines. */
  readonly color: ColorDepth | undefined
  readonly isAscii: boolean
  /** Something is to be drawn: call flush. */
  readonly wake: () => void
  /** The state changed: a replay follows its speed and pause. */
  readonly onState?: (state: UiState) => void
}

export class TuiStage implements Stage {
  private readonly screen: Screen
  private readonly options: TuiOptions
  private readonly painter: Painter | LinePainter
  private readonly live = new Model()
  /** What a paused screen shows. */
  private frozen: Model | undefined
  private state: UiState
  private frame: Frame | undefined
  private hold: { readonly until: number; readonly places: ReadonlyMap<string, number> } | undefined
  private isDue = true
  private drawnUs = -Infinity
  /** End of the newest interval when the clock was last looked at. */
  private arrived = 0

  constructor(screen: Screen, options: TuiOptions) {
    this.screen = screen
    this.options = options
    this.painter = options.color === undefined ? new LinePainter() : new Painter(options.color)
    this.state = initialState(options)
  }

  push(batch: RecordBatch): void {
    let isNew = false
    for (const record of batch.side)
      if (!(record instanceof ForeignRecord) && this.live.add(record)) isNew = true
    if (!isNew) return
    this.isDue = true
    this.options.wake()
  }

  flush(nowUs: number): number {
    if (this.live.now !== this.arrived) {
      this.arrived = this.live.now
      this.live.watch.arrived(nowUs / 1e6)
    }
    if (!this.isDue) return Infinity
    const dueUs = this.drawnUs + FRAME_US
    // A clock that was set back must not stop the screen.
    if (nowUs < dueUs && nowUs >= this.drawnUs) return dueUs
    if (this.screen.isBusy()) return nowUs + BUSY_US
    this.draw()
    this.drawnUs = nowUs
    return Infinity
  }

  /** The last screen stays until the user has seen it. */
  close(): void {
    const isCut = this.live.ended === undefined
    if (isCut) this.live.ended = 'cut'
    const { message } = this.state
    const end = isCut
      ? 'the records stop without the final one, so that some may be missing: q quits'
      : 'end of the records: q quits'
    this.show(message === undefined ? end : `${message}; ${end}`)
  }

  /** Something to tell that is not in the records: a line of diagnostics. */
  say(message: string): void {
    this.live.watch.warning(message)
    this.show(message)
  }

  private show(message: string): void {
    this.state = { ...this.state, message }
    this.isDue = true
    this.options.wake()
  }

  key(key: Key): void {
    const outcome = act(this.state, key, this.frame ?? {}, this.model)
    if (outcome.state.isPaused !== this.state.isPaused)
      this.frozen = outcome.state.isPaused ? this.live.copy() : undefined
    this.holdOrder(this.state, outcome.state)
    this.state = outcome.state
    this.options.onState?.(this.state)
    if (outcome.effect !== undefined) this.perform(outcome.effect)
    if (outcome.effect !== 'quit') this.drawSoon()
  }

  /** The terminal has another size, or shows something else: draw all of it. */
  redraw(): void {
    this.painter.forget()
    this.drawSoon()
  }

  private get model(): Model {
    return this.frozen ?? this.live
  }

  /** While the user moves in a list it stays as it is; another order or view is wanted at once. */
  private holdOrder(before: UiState, after: UiState): void {
    const [from, to] = [before.lists[before.view], after.lists[after.view]]
    const isSame =
      before.view === after.view && from.sort === to.sort && from.isDescending === to.isDescending
    const keys = this.frame?.list?.keys
    if (!isSame) this.hold = undefined
    else if (keys !== undefined && from.selected !== to.selected)
      this.hold = {
        until: this.model.now + HOLD_SECONDS,
        places: new Map(keys.map((key, place) => [key, place])),
      }
  }

  private perform(effect: Effect): void {
    if (effect === 'quit') this.screen.quit()
    else if (effect === 'suspend') this.screen.suspend()
    else if (effect === 'redraw') this.painter.forget()
    else this.export()
  }

  private export(): void {
    const list = this.frame?.list
    if (list === undefined) return
    try {
      this.state = { ...this.state, message: `written: ${this.screen.save(this.state.view, list.tsv())}` }
    } catch (error) {
      if (!(error instanceof NetoprocError)) throw error
      this.state = { ...this.state, message: error.message }
    }
  }

  /** For a key there is no waiting, unless the terminal is behind: then the newest state is drawn when it can take it. */
  private drawSoon(): void {
    if (!this.screen.isBusy()) return this.draw()
    this.isDue = true
    this.options.wake()
  }

  private draw(): void {
    this.isDue = false
    const { model, state, hold, options } = this
    const left = hold === undefined ? 0 : hold.until - model.now
    const held = left > 0 && left <= HOLD_SECONDS ? hold?.places : undefined
    const frame = drawFrame(model, state, this.screen.size(), options.isAscii, held)
    this.frame = frame
    if (frame.list !== undefined) {
      const { index, top, keys } = frame.list
      const { selected } = this.state.lists[this.state.view]
      // A row that is gone leaves the selection to the one in its place.
      const now = selected === undefined ? undefined : keys[index]
      this.state = withList(this.state, { selected: now, index, top })
    }
    const text = this.painter.paint(frame.grid)
    if (text !== '') this.screen.write(text)
  }
}
