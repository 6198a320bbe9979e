// What the user has chosen: view, order, selection, filter. Plain values; keys make a new state of it (actions.ts).

export const viewNames = ['processes', 'connections', 'interfaces', 'dns'] as const
export type ViewName = (typeof viewNames)[number]
export const viewTitles: Readonly<Record<ViewName, string>> = {
  processes: 'Processes',
  connections: 'Connections',
  interfaces: 'Interfaces',
  dns: 'DNS',
}

export interface ListState {
  /** Id of the column that orders the rows. */
  readonly sort: string
  readonly isDescending: boolean
  /** Key of the selected row: the selection follows it wherever it goes. Undefined: the first row, whatever it is. */
  readonly selected: string | undefined
  /** Where that row was last, for when it is gone. */
  readonly index: number
  /** First row on the screen. */
  readonly top: number
}

export interface UiState {
  readonly view: ViewName
  readonly lists: Readonly<Record<ViewName, ListState>>
  /** Keys of processes whose connections are shown. */
  readonly expanded: ReadonlySet<string>
  readonly filter: string
  /** The filter is being typed. */
  readonly isEditing: boolean
  readonly isHelp: boolean
  /** First line of the help on the screen. */
  readonly helpTop: number
  readonly isPaused: boolean
  /** The pane beside the list; undefined: where the terminal is wide. */
  readonly isPane: boolean | undefined
  /** Totals before rates. */
  readonly isTotals: boolean
  /** Addresses instead of names. */
  readonly isAddresses: boolean
  /** DNS messages are read, as far as is known. */
  readonly readsDns: boolean
  /** Seconds of a recording in one second; undefined when it is no recording. */
  readonly speed: number | undefined
  /** Said once in the last line, until the next key. */
  readonly message: string | undefined
}

export interface InitialChoice {
  readonly filter?: string | undefined
  /** As of --sort: traffic, pid, name, connections. */
  readonly sort?: string | undefined
  readonly isReplay?: boolean
  readonly readsDns?: boolean
}

function list(sort: string, isDescending: boolean): ListState {
  return { sort, isDescending, selected: undefined, index: 0, top: 0 }
}

export function initialState({ filter, sort, isReplay, readsDns = true }: InitialChoice): UiState {
  const [column, isDescending] = sortColumns[sort ?? 'traffic'] ?? [sort as string, true]
  return {
    view: 'processes',
    lists: {
      processes: list(column, isDescending),
      connections: list('rate', true),
      interfaces: list('name', false),
      dns: list('time', true),
    },
    expanded: new Set(),
    filter: filter ?? '',
    isEditing: false,
    isHelp: false,
    helpTop: 0,
    isPaused: false,
    isPane: undefined,
    isTotals: false,
    isAddresses: false,
    readsDns,
    speed: isReplay === true ? 1 : undefined,
    message: undefined,
  }
}

/** --sort by column of the process view, and whether the largest comes first. */
const sortColumns: Readonly<Record<string, readonly [column: string, isDescending: boolean]>> = {
  traffic: ['rate', true],
  name: ['process', false],
  pid: ['pid', false],
  connections: ['connections', true],
  process: ['process', false],
  start_time: ['pid', false],
  user: ['user', false],
  uid: ['user', false],
  cmdline: ['process', false],
  cgroup: ['process', false],
  rx_bytes: ['rx_rate', true],
  tx_bytes: ['tx_rate', true],
  rx_packets: ['rx_rate', true],
  tx_packets: ['tx_rate', true],
  rx_rate: ['rx_rate', true],
  tx_rate: ['tx_rate', true],
  rx_bytes_total: ['rx_total', true],
  tx_bytes_total: ['tx_total', true],
  sockets: ['connections', true],
}
