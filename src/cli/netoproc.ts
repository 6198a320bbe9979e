// netoproc: the whole chain in one process. The same stage objects as in the pipe, connected directly: no child process,
// no JSON between them. What they are made of is loaded behind the screen (chain.ts).

import { isatty } from 'node:tty'
import type { Arguments } from './arguments.ts'
import { captureModes, refuseModeOfOthers, type CaptureMode } from './capture-mode.ts'
import { newTables } from './host.ts'
import type { Command, Life } from './run.ts'
import {
  bufferOption,
  filterOption,
  interfaceOption,
  localOption,
  netnsOption,
  noDnsOption,
  noSniOption,
  readOption,
  refuseOfOtherSource,
  resolveOption,
  socketsFileOption,
} from './shared-options.ts'

export const command: Command = {
  name: 'netoproc',
  summary: 'show which process is using the network, with whom, and how much',
  options: [
    {
      kind: 'number',
      name: 'duration',
      value: 'SECONDS',
      min: 1,
      max: 3600,
      help: 'Count for SECONDS, print the result once, and end',
    },
    { kind: 'flag', name: 'monitor', help: 'Show the screen, as is the default on a terminal' },
    {
      kind: 'choice',
      name: 'format',
      value: 'FORMAT',
      choices: ['tsv', 'json', 'pretty', 'ndjson'],
      help: 'Form of the result: tsv with --duration; ndjson, a rollup each interval, without',
    },
    {
      kind: 'number',
      name: 'interval',
      value: 'SECONDS',
      min: 0.1,
      max: 10,
      default: 1,
      help: 'Length of an interval',
    },
    interfaceOption,
    filterOption,
    {
      kind: 'choice',
      name: 'sort',
      value: 'COLUMN',
      choices: ['traffic', 'pid', 'name', 'connections'],
      default: 'traffic',
      help: 'Order of the rows',
    },
    noDnsOption,
    noSniOption,
    resolveOption,
    {
      kind: 'choice',
      name: 'capture-mode',
      value: 'MODE',
      choices: captureModes,
      default: 'auto',
      help: "How to count: ebpf, ntstat by the kernel's counters; afpacket, pktap, bpf by packets; the best that works",
    },
    netnsOption,
    bufferOption,
    readOption,
    socketsFileOption,
    localOption,
  ],
  examples: [
    ['sudo netoproc --duration 10 --format pretty', 'Who used the network in the next ten seconds.'],
    ['sudo netoproc --duration 60 --format json > minute.json', 'The same for a program.'],
    ['sudo netoproc | jq \'select(.type == "process")\'', 'A line per process and second.'],
    ['netoproc --read trace.pcapng --sockets sockets.ndjson --format pretty', 'A recording.'],
  ],
  run,
}

async function run(args: Arguments, life: Life): Promise<void> {
  const path = args.text('read')
  const format = checkedFormat(args)
  const tables = newTables()
  // A file that cannot be read is told of before the screen is taken.
  const recording =
    path === undefined
      ? undefined
      : await (
          await import('../capture/open.ts')
        ).openFile({ path, localAddresses: args.list('local') }, tables)
  const openScreen = async () =>
    (await import('./screen.ts')).openScreen({ args, life, tables, isReplay: recording !== undefined })
  // To load the stages and programs and to find out about sockets takes a while. Who may do all of it sees the screen
  // meanwhile; who may not is told so before it is taken.
  const isSure = recording !== undefined || process.geteuid?.() === 0
  const screen = format === 'tui' && isSure ? await openScreen() : undefined
  const { runChain } = await import('./chain.ts')
  await runChain({ args, life, tables, format, recording, screen, openScreen })
}

/** Of the result, or tui. @throws NetoprocError usage for options that do not go together */
function checkedFormat(args: Arguments): string {
  const isFile = args.has('read')
  refuseOfOtherSource(args)
  if (isFile) args.refuse(['resolve'], 'with --read')
  else args.refuse(['sockets'], 'without --read')
  refuseModeOfOthers(args.text('capture-mode') as CaptureMode)
  const hasDuration = args.has('duration')
  const isMonitor = args.flag('monitor')
  if (isMonitor) args.refuse(['duration', 'format'], 'with --monitor')
  const format = isMonitor
    ? 'tui'
    : (args.text('format') ?? (hasDuration ? 'tsv' : isatty(1) ? 'tui' : 'ndjson'))
  if (format === 'ndjson') args.refuse(['sort'], 'with --format ndjson')
  else if (format !== 'tui') args.refuse(['interval'], `with --format ${format}`)
  return format
}
