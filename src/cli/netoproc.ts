// netoproc: the whole chain in one process. The same stage objects as in the pipe, connected directly: no child process,
// no JSON between them.

import { isatty } from 'node:tty'
import { AggregateStage } from '../aggregate/stage.ts'
import { openSockets } from '../attribute/open.ts'
import { AttributeStage } from '../attribute/stage.ts'
import { CaptureStage } from '../capture/stage.ts'
import { openDump, attributeOptions } from './attribute.ts'
import type { Arguments } from './arguments.ts'
import { openSource } from './capture.ts'
import { drive } from './drive.ts'
import { newTables } from './host.ts'
import { openOutput } from './output.ts'
import { renderer } from './render.ts'
import { version, type Command, type Life } from './run.ts'
import {
  bufferOption,
  filterOption,
  interfaceOption,
  localOption,
  netnsOption,
  noDnsOption,
  readOption,
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
    {
      kind: 'choice',
      name: 'capture-mode',
      value: 'MODE',
      choices: ['auto', 'afpacket'],
      default: 'auto',
      help: 'How to count',
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
  const duration = args.number('duration')
  const path = args.text('read')
  if (path === undefined) args.refuse(['sockets'], 'without --read')
  else if (duration !== undefined) args.refuse(['duration'], 'with --read')
  const isMonitor = args.flag('monitor')
  if (isMonitor) args.refuse(['duration', 'format'], 'with --monitor')
  const format = isMonitor
    ? 'tui'
    : (args.text('format') ?? (duration !== undefined ? 'tsv' : isatty(1) ? 'tui' : 'ndjson'))
  const isScreen = format === 'tui'
  const isStream = isScreen || format === 'ndjson'
  if (format === 'ndjson') args.refuse(['sort'], 'with --format ndjson')
  else if (!isScreen) args.refuse(['interval'], `with --format ${format}`)

  const tables = newTables()
  const { source, accepts } = await openSource(args, tables)
  const output = isScreen
    ? (await import('./screen.ts')).openScreen(args, life, tables, { isReplay: path !== undefined })
    : openOutput(life)
  const dump = args.text('sockets')
  const sockets =
    path === undefined
      ? await openSockets({ netns: args.text('netns') as 'own' | 'all' })
      : await openDump(dump, life)
  const aggregate = new AggregateStage(
    'stage' in output ? output.stage : renderer(args, tables, output, format),
    tables,
    {
      intervalUs: (args.number('interval') as number) * 1e6,
      total: !isStream,
      by: ['process', 'connection', 'interface'],
      version,
    },
  )
  const attribute = new AttributeStage(aggregate, tables, sockets, attributeOptions(args, life))
  const capture = new CaptureStage(attribute, tables, {
    dns: !args.flag('no-dns'),
    localAddresses: () => source.interfaces().flatMap(({ addresses }) => addresses),
    accepts,
    warn: message => life.warn(message),
  })
  for (const reason of [...source.degraded, ...sockets.degraded]) life.warn(reason)
  try {
    await drive({
      tool: command.name,
      life,
      source,
      stage: capture,
      ready: () => output.ready(),
      durationSeconds: duration,
    })
    if ('quit' in output) await output.quit
  } finally {
    sockets.close()
    await output.end()
  }
}
