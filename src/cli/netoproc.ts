// netoproc: the whole chain in one process. The same stage objects as in the pipe, connected directly: no child process,
// no JSON between them.

import { isatty } from 'node:tty'
import { AggregateStage } from '../aggregate/stage.ts'
import { SocketsStage } from '../attribute/sockets-stage.ts'
import { AttributeStage } from '../attribute/stage.ts'
import { CaptureStage } from '../capture/stage.ts'
import { openDump, attributeOptions } from './attribute.ts'
import type { Arguments } from './arguments.ts'
import { openSource } from './capture.ts'
import { MODES, openCounting } from './counting.ts'
import { drive } from './drive.ts'
import { newTables } from './host.ts'
import { initialCrypto } from './initial-crypto.ts'
import { openNames } from './names.ts'
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
      choices: MODES,
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

/** Of what nobody looks at before the end. */
const SELDOM_SECONDS = 5

async function run(args: Arguments, life: Life): Promise<void> {
  const duration = args.number('duration')
  const path = args.text('read')
  if (path === undefined) args.refuse(['sockets'], 'without --read')
  else args.refuse(['duration', 'resolve'], 'with --read')
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
  const openScreen = async () =>
    (await import('./screen.ts')).openScreen(args, life, tables, { isReplay: path !== undefined })
  // To load programs and find out about sockets takes a while. Who may do all of it sees the screen meanwhile; who may not
  // is told so before it is taken.
  const screen = isScreen && path === undefined && process.geteuid?.() === 0 ? await openScreen() : undefined
  const { source, sockets, accepts, kernelCounts, degraded } =
    path === undefined
      ? await openCounting(args, tables)
      : {
          ...(await openSource(args, tables)),
          sockets: await openDump(args.text('sockets'), life),
          kernelCounts: false,
          degraded: [],
        }
  const output = screen ?? (isScreen ? await openScreen() : openOutput(life))
  const intervalUs = (args.number('interval') as number) * 1e6
  // Sums of processes alone, of counters that are the kernel's: ten thousand connections need not be remembered for them.
  const showsConnections =
    isStream ||
    !kernelCounts ||
    format === 'pretty' ||
    args.text('filter') !== undefined ||
    args.text('sort') === 'connections'
  const names = openNames(args.flag('resolve'))
  const aggregate = new AggregateStage(
    'stage' in output ? output.stage : await renderer(args, tables, output, format),
    tables,
    {
      intervalUs,
      total: !isStream,
      by: ['process', 'connection', 'interface', 'dns'],
      connections: showsConnections,
      version,
      dns: names.dns,
      names: names.names,
    },
  )
  const counted = kernelCounts
    ? new SocketsStage(aggregate, tables, sockets, {
        follow: true,
        counters: true,
        intervalUs: isStream ? intervalUs : Infinity,
        warn: reason => life.warn(reason),
      })
    : aggregate
  const attribute = new AttributeStage(counted, tables, sockets, attributeOptions(args, life))
  const capture = new CaptureStage(attribute, tables, {
    dns: !args.flag('no-dns'),
    serverNames: !args.flag('no-sni'),
    crypto: initialCrypto,
    localAddresses: () => source.interfaces().flatMap(({ addresses }) => addresses),
    accepts,
    warn: message => life.warn(message),
  })
  const counting = kernelCounts ? { method: sockets.method, degraded } : source
  for (const reason of [...counting.degraded, ...sockets.degraded]) life.warn(reason)
  try {
    await drive({
      tool: command.name,
      life,
      source,
      stage: capture,
      ready: () => output.ready(),
      durationSeconds: duration,
      counting,
      // Of a total only what they have moved from beginning to end, and which of them are tunnels.
      interfaceSeconds: kernelCounts && !isStream ? SELDOM_SECONDS : 1,
    })
    if ('quit' in output) await output.quit
  } finally {
    names.close()
    sockets.close()
    await output.end()
  }
}
