// netoproc: the whole chain in one process. The same stage objects as in the pipe, connected directly: no child process,
// no JSON between them.

import { isatty } from 'node:tty'
import { AggregateStage } from '../aggregate/stage.ts'
import { openSockets } from '../attribute/open.ts'
import { AttributeStage } from '../attribute/stage.ts'
import { CaptureStage } from '../capture/stage.ts'
import { NetoprocError } from '../record/error.ts'
import { openDump, attributeOptions } from './attribute.ts'
import type { Arguments } from './arguments.ts'
import { openSource } from './capture.ts'
import { drive } from './drive.ts'
import { newTables } from './host.ts'
import { initialCrypto } from './initial-crypto.ts'
import { openNames } from './names.ts'
import { openOutput } from './output.ts'
import { NO_TUI, renderer } from './render.ts'
import { version, type Command, type Life } from './run.ts'
import {
  bufferOption,
  filterOption,
  interfaceOption,
  localOption,
  netnsOption,
  noDnsOption,
  noSniOption,
  readOption,
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
  else args.refuse(['duration', 'resolve'], 'with --read')
  const format = args.text('format') ?? (duration !== undefined ? 'tsv' : isatty(1) ? 'tui' : 'ndjson')
  if (format === 'tui') throw new NetoprocError('usage', NO_TUI)
  const isStream = format === 'ndjson'
  if (isStream) args.refuse(['sort'], 'with --format ndjson')
  else args.refuse(['interval'], `with --format ${format}`)

  const tables = newTables()
  const { source, accepts } = await openSource(args, tables)
  const output = openOutput(life)
  const dump = args.text('sockets')
  const sockets =
    path === undefined
      ? await openSockets({ netns: args.text('netns') as 'own' | 'all' })
      : await openDump(dump, life)
  const names = openNames(args.flag('resolve'))
  const aggregate = new AggregateStage(renderer(args, tables, output, format), tables, {
    intervalUs: (args.number('interval') as number) * 1e6,
    total: !isStream,
    by: ['process', 'connection', 'interface', 'dns'],
    version,
    dns: names.dns,
    names: names.names,
  })
  const attribute = new AttributeStage(aggregate, tables, sockets, attributeOptions(args, life))
  const capture = new CaptureStage(attribute, tables, {
    dns: !args.flag('no-dns'),
    serverNames: !args.flag('no-sni'),
    crypto: initialCrypto,
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
  } finally {
    names.close()
    sockets.close()
    await output.end()
  }
}
