// Keys to actions: a new state, and what has to be done outside of it. Pure: what the keys mean depends on the state and on
// the list that is on the screen, nothing else.

import type { Frame } from './frame.ts'
import type { Key } from './keys.ts'
import { PANE_FROM, hasPane } from './layout.ts'
import type { Model } from './model.ts'
import type { ListLayout } from './table.ts'
import type { HelpLayout } from './views/help.ts'
import { ENDED_KEY } from './views/process-lines.ts'
import { viewNames, viewTitles, type ListState, type UiState, type ViewName } from './ui-state.ts'

export type Effect = 'quit' | 'suspend' | 'redraw' | 'export'

export interface Outcome {
  readonly state: UiState
  readonly effect?: Effect
}

const MOST_FILTER = 200
const SPEEDS = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300]
const WHEEL = 3

/** @param frame what the user sees */
export function act(before: UiState, key: Key, frame: Partial<Frame>, model: Model): Outcome {
  const state: UiState = { ...before, message: undefined }
  const { list, help } = frame
  if (key.name === 'ctrl-c') return { state, effect: 'quit' }
  if (key.name === 'ctrl-z') return { state, effect: 'suspend' }
  if (key.name === 'ctrl-l') return { state, effect: 'redraw' }
  if (state.isEditing && isEditKey(key)) return { state: edit(state, key) }
  const moved = list !== undefined ? move(state, key, list) : help && scroll(state, key, help)
  if (moved !== undefined) return { state: moved }
  switch (key.name) {
    case 'tab':
      return { state: show(state, neighbour(state.view, 1)) }
    case 'shift-tab':
      return { state: show(state, neighbour(state.view, -1)) }
    case 'escape':
      return { state: state.isHelp ? { ...state, isHelp: false } : { ...state, filter: '' } }
    case 'enter':
      return { state: list === undefined ? state : open(state, list, model) }
    case 'click':
      return { state: list === undefined ? state : click(state, key, list, model) }
    case 'text':
      return type(state, key.text ?? '', frame)
    default:
      return { state }
  }
}

/** While a filter is typed, lists can still be moved in by keys that are no text. */
function isEditKey({ name }: Key): boolean {
  return ['text', 'backspace', 'ctrl-u', 'enter', 'escape'].includes(name)
}

function edit(state: UiState, key: Key): UiState {
  switch (key.name) {
    case 'enter':
      return { ...state, isEditing: false }
    case 'escape':
      return { ...state, isEditing: false, filter: '' }
    case 'ctrl-u':
      return { ...state, filter: '' }
    case 'backspace':
      return { ...state, filter: [...state.filter].slice(0, -1).join('') }
    default:
      return { ...state, filter: (state.filter + (key.text ?? '')).slice(0, MOST_FILTER) }
  }
}

function type(state: UiState, text: string, { list, grid }: Partial<Frame>): Outcome {
  const view = viewNames[Number(text) - 1]
  if (view !== undefined) return { state: show(state, view) }
  switch (text) {
    case 'q':
      return { state, effect: 'quit' }
    case '?':
      return { state: { ...state, isHelp: !state.isHelp, helpTop: 0 } }
    case '/':
      return { state: { ...state, isHelp: false, isEditing: true } }
    case ' ':
      return { state: { ...state, isPaused: !state.isPaused } }
    case 's':
      return { state: list === undefined ? state : nextColumn(state, list) }
    case 'S':
      return { state: withList(state, { isDescending: !state.lists[state.view].isDescending }) }
    case 't':
      return { state: totals(state) }
    case 'd':
      return { state: { ...state, isAddresses: !state.isAddresses } }
    case 'i':
      return { state: grid === undefined ? state : pane(state, grid.width) }
    case 'e':
      return list === undefined ? { state } : { state, effect: 'export' }
    case '+':
    case '=':
      return { state: faster(state, 1) }
    case '-':
      return { state: faster(state, -1) }
    default:
      return { state }
  }
}

function show(state: UiState, view: ViewName): UiState {
  return { ...state, view, isHelp: false }
}

function neighbour(view: ViewName, step: number): ViewName {
  return viewNames[(viewNames.indexOf(view) + step + viewNames.length) % viewNames.length] as ViewName
}

export function withList(state: UiState, change: Partial<ListState>, view = state.view): UiState {
  return { ...state, lists: { ...state.lists, [view]: { ...state.lists[view], ...change } } }
}

/** Undefined: not a key that moves. */
function move(state: UiState, key: Key, { keys, index, page, top }: ListLayout): UiState | undefined {
  const step = stepOf(key, page, keys.length)
  if (step === undefined) return undefined
  const to = Math.max(0, Math.min(keys.length - 1, index + step))
  return withList(state, { selected: keys[to], index: to, top })
}

function scroll(state: UiState, key: Key, { top, page, lines }: HelpLayout): UiState | undefined {
  const step = stepOf(key, page - 1, lines)
  return step === undefined
    ? undefined
    : { ...state, helpTop: Math.max(0, Math.min(lines - page, top + step)) }
}

/** By how many rows the key moves. */
function stepOf(key: Key, page: number, all: number): number | undefined {
  const name =
    key.name === 'text' ? ({ j: 'down', k: 'up', g: 'home', G: 'end' } as const)[key.text ?? ''] : key.name
  const steps: Partial<Record<string, number>> = {
    up: -1,
    down: 1,
    'page-up': -page,
    'page-down': page,
    home: -all,
    end: all,
    'wheel-up': -WHEEL,
    'wheel-down': WHEEL,
  }
  return name === undefined ? undefined : steps[name]
}

/** Opens or closes a process; from a connection or a query, goes to its process. */
function open(state: UiState, { keys, index }: ListLayout, model: Model): UiState {
  const key = keys[index]
  if (key === undefined || state.view === 'interfaces') return state
  if (state.view === 'processes') {
    const owner = key === ENDED_KEY || model.processes.has(key) ? key : key.slice(0, key.indexOf('/'))
    const expanded = new Set(state.expanded)
    if (!expanded.delete(owner)) expanded.add(owner)
    return withList({ ...state, expanded }, { selected: owner })
  }
  const owner =
    state.view === 'connections'
      ? model.connections.get(key)?.owner
      : model.queries.find(row => row.key === key)?.owner
  if (owner === undefined || !model.processes.has(owner))
    return { ...state, message: 'its process is not in the list' }
  const expanded = new Set(state.expanded).add(owner)
  return withList({ ...state, view: 'processes', expanded }, { selected: owner }, 'processes')
}

function click(state: UiState, { x = 0, y = 0 }: Key, list: ListLayout, model: Model): UiState {
  if (y === list.headerY) {
    const column = list.columns.find(each => x >= each.x && x < each.x + each.width)
    if (column === undefined) return state
    if (column.id === state.lists[state.view].sort)
      return withList(state, { isDescending: !state.lists[state.view].isDescending })
    return withList(state, { sort: column.id, isDescending: column.isNumber })
  }
  if (y === 0) return clickTab(state, x)
  if (x >= list.right) return state
  const row = Math.floor((y - list.bodyY) / list.rowHeight)
  const at = list.top + row
  if (y < list.bodyY || row >= list.page || at >= list.keys.length) return state
  // A second click on the selected row opens it.
  if (at === list.index && state.lists[state.view].selected !== undefined) return open(state, list, model)
  return withList(state, { selected: list.keys[at], index: at, top: list.top })
}

/** Tabs stand from column 10 on, each with its number and a space on either side (views/chrome.ts). */
function clickTab(state: UiState, x: number): UiState {
  let from = 10
  for (const [i, name] of viewNames.entries()) {
    const width = ` ${i + 1} ${viewTitles[name]} `.length
    if (x >= from && x < from + width) return show(state, name)
    from += width
  }
  return state
}

/** Also one without room: it gets some, since the order must be seen. */
function nextColumn(state: UiState, { sortable }: ListLayout): UiState {
  const at = sortable.findIndex(({ id }) => id === state.lists[state.view].sort)
  const next = sortable[(at + 1) % sortable.length]
  return next === undefined ? state : withList(state, { sort: next.id, isDescending: next.isNumber })
}

/** The order goes with what is shown: by rate becomes by total, and back. */
function totals(state: UiState): UiState {
  const isTotals = !state.isTotals
  let changed: UiState = { ...state, isTotals }
  for (const view of ['processes', 'connections'] as const) {
    const { sort } = state.lists[view]
    const other = isTotals ? sort.replace(/rate$/, 'total') : sort.replace(/total$/, 'rate')
    changed = withList(changed, { sort: other }, view)
  }
  return changed
}

function pane(state: UiState, width: number): UiState {
  if (width < PANE_FROM) return { ...state, message: `the pane needs ${PANE_FROM} columns` }
  return { ...state, isPane: !hasPane(state, width) }
}

function faster(state: UiState, step: number): UiState {
  if (state.speed === undefined)
    return { ...state, message: 'only a recording can be shown faster or slower' }
  const at = SPEEDS.indexOf(state.speed) + step
  return { ...state, speed: SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))] as number }
}
