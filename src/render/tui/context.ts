// What every view is drawn from: the same context and size give the same cells.

import type { RowFilter } from '../row-filter.ts'
import type { Glyphs } from './look.ts'
import type { Model } from './model.ts'
import type { UiState } from './ui-state.ts'

export interface Context {
  readonly model: Model
  readonly state: UiState
  readonly glyphs: Glyphs
  /** Undefined: everything is shown. */
  readonly filter: RowFilter | undefined
  /** Places that rows keep for now. */
  readonly held: ReadonlyMap<string, number> | undefined
}
