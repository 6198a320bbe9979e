// netoproc-render: records for people (a table) or for other programs (TSV, JSON).

import { isatty } from 'node:tty'
import { NdjsonWriter } from '../record/ndjson-writer.ts'
import type { Tables } from '../record/record-batch.ts'
import type { Stage } from '../record/stage.ts'
import { FilterStage } from '../render/filter-stage.ts'
import { openSnapshot, type SnapshotFormat } from '../render/stage.ts'
import { defaultColumns } from '../render/text-format.ts'
import type { Arguments } from './arguments.ts'
import type { FdOutput } from './fd-output.ts'
import { newTables } from './host.ts'
import { readRecords, refuseTerminalInput } from './input.ts'
import { openOutput } from './output.ts'
import type { Command, Life } from './run.ts'
import type { ScreenChain } from './screen.ts'
import { filterOption, strictOption } from './shared-options.ts'
import { TextOutput } from './text-output.ts'

/** Columns that --sort and --columns know: fields of the process record. */
const columns =
  'pid start_time process user uid cmdline cgroup rx_bytes tx_bytes rx_packets tx_packets rx_rate tx_rate rx_bytes_total tx_bytes_total connections sockets'.split(
    ' ',
  )

export const command: Command = {
  name: 'netoproc-render',
  summary: 'show records as a table, TSV or JSON',
  options: [
    {
      kind: 'choice',
      name: 'format',
      value: 'FORMAT',
      choices: ['tui', 'tsv', 'json', 'pretty', 'ndjson'],
      help: 'Form of the output; tui on a terminal, else tsv',
    },
    filterOption,
    {
      kind: 'choice',
      name: 'sort',
      value: 'COLUMN',
      choices: ['traffic', 'name', ...columns],
      default: 'traffic',
      help: 'Order of the rows',
    },
    {
      kind: 'choice',
      name: 'columns',
      value: 'LIST',
      choices: columns,
      list: true,
      help: 'Columns of tsv, json and pretty',
    },
    strictOption,
  ],
  examples: [
    [
      'netoproc-aggregate --total < attributed.ndjson | netoproc-render --format pretty',
      'A recording as a table.',
    ],
    ['netoproc-render --format json --filter :443 < rollups.ndjson', 'Processes that talked to port 443.'],
  ],
  run,
}

async function run(args: Arguments, life: Life): Promise<void> {
  const format = args.text('format') ?? (isatty(1) ? 'tui' : 'tsv')
  if (format === 'tui') return runScreen(args, life)
  if (format === 'ndjson') args.refuse(['sort', 'columns'], 'with --format ndjson')
  const tables = newTables()
  const output = openOutput(life)
  const first = await renderer(args, tables, output, format)
  try {
    await readRecords({ life, first, tables, strict: args.flag('strict'), ready: () => output.ready() })
  } finally {
    await output.end()
  }
}

async function runScreen(args: Arguments, life: Life): Promise<void> {
  args.refuse(['columns'], 'with --format tui')
  refuseTerminalInput()
  const tables = newTables()
  // Loaded only where there is a screen.
  const { refuseWithoutTerminal, takeScreen } = await import('./screen.ts')
  const { loadWidths } = await import('../render/tui/cell-width.ts')
  refuseWithoutTerminal()
  await loadWidths()
  // The terminal is taken when the first record comes: until then a sudo in the same pipe may ask for a password there.
  let screen: ScreenChain | undefined
  const open = () => (screen ??= takeScreen({ args, life, tables, isReplay: false }))
  const first: Stage = {
    push: batch => open().stage.push(batch),
    flush: nowUs => screen?.stage.flush(nowUs) ?? Infinity,
    close: () => screen?.stage.close(),
  }
  const stopped = new Promise<void>(resolve => life.onStop(() => resolve()))
  try {
    const read = readRecords({
      life,
      first,
      tables,
      strict: args.flag('strict'),
      ready: () => screen?.ready(),
    })
    const quit = read.then(() => {
      screen?.inputEnded()
      return screen?.quit
    })
    await Promise.race([quit, stopped])
  } finally {
    await screen?.end()
  }
}

/** The last stage, for any form but the screen. @throws NetoprocError usage for a filter that cannot be */
export async function renderer(
  args: Arguments,
  tables: Tables,
  output: FdOutput,
  format: string,
): Promise<Stage> {
  const filter = args.text('filter')
  if (format === 'ndjson') {
    const writer = new NdjsonWriter(output)
    return filter === undefined ? writer : new FilterStage(writer, tables, filter)
  }
  return openSnapshot(new TextOutput(output), format as SnapshotFormat, {
    sort: args.text('sort') ?? 'traffic',
    columns: args.has('columns') ? args.list('columns') : defaultColumns,
    filter,
  })
}
