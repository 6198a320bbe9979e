// netoproc-sockets: the sockets of this host and the processes that hold them, as records.

import { giveUpPrivileges, openSockets } from '../attribute/open.ts'
import { SocketsStage } from '../attribute/sockets-stage.ts'
import { NdjsonWriter } from '../record/ndjson-writer.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { SocketSource } from '../attribute/port.ts'
import type { Arguments } from './arguments.ts'
import { FlushTimer } from './flush-timer.ts'
import { hello, newTables, nowUs } from './host.ts'
import { netnsOf } from './netns.ts'
import { openOutput } from './output.ts'
import type { Command, Life } from './run.ts'
import { netnsOption } from './shared-options.ts'

export const command: Command = {
  name: 'netoproc-sockets',
  summary: 'write a record for each socket and the process that holds it, as NDJSON',
  options: [
    { kind: 'flag', name: 'follow', help: 'Go on: write sockets as they open and close' },
    {
      kind: 'flag',
      name: 'counters',
      help: 'With --follow: bytes and packets of each socket since its last record',
    },
    {
      kind: 'number',
      name: 'interval',
      value: 'SECONDS',
      min: 0.1,
      max: 3600,
      default: 1,
      help: 'With --follow: seconds between looks',
    },
    {
      kind: 'choice',
      name: 'proto',
      value: 'LIST',
      choices: ['tcp', 'udp', 'udplite', 'raw'],
      list: true,
      help: 'Only these protocols',
    },
    {
      kind: 'number',
      name: 'pid',
      value: 'N',
      min: 1,
      max: 4194304,
      integer: true,
      help: 'Only sockets of this process',
    },
    netnsOption,
  ],
  examples: [
    [
      'sudo netoproc-sockets | jq -r \'select(.state == "listen") | [.process, .local_ip, .local_port] | @tsv\'',
      'Who listens, and where.',
    ],
    [
      'sudo netoproc-sockets --follow --counters | netoproc-aggregate | netoproc-render',
      'Traffic by process, counted by the kernel itself.',
    ],
    ['sudo netoproc-sockets > sockets.ndjson', 'A dump to name the owners in a capture file with.'],
  ],
  run,
}

async function run(args: Arguments, life: Life): Promise<void> {
  const follow = args.flag('follow')
  if (!follow) args.refuse(['counters', 'interval'], 'without --follow')
  const tables = newTables()
  const source = await openSockets({
    netns: netnsOf(args),
    method: follow ? 'auto' : 'poll',
    counts: args.flag('counters'),
  })
  await giveUpPrivileges()
  const output = openOutput(life)
  try {
    const stage = new SocketsStage(new NdjsonWriter(output), tables, source, {
      follow,
      counters: args.flag('counters'),
      intervalUs: (args.number('interval') as number) * 1e6,
      protos: args.has('proto') ? args.list('proto') : undefined,
      pid: args.number('pid'),
      warn: reason => life.warn(reason),
    })
    for (const reason of source.degraded) life.warn(reason)
    const first = new RecordBatch(tables, 0)
    first.append(
      hello(command.name, nowUs(), {
        method: source.method,
        degraded: source.degraded,
        interfaces: () => source.interfaces?.() ?? [],
      }),
    )
    stage.push(first)
    const timer = new FlushTimer(stage)
    timer.flush()
    if (follow) followAtOnce(source, timer)
    if (follow) await new Promise<void>(resolve => life.onStop(() => resolve()))
    timer.stop()
    stage.close()
  } finally {
    source.close()
    await output.end()
  }
}

/** Bursts of events are looked at together. */
const AT_ONCE_MS = 20

function followAtOnce(source: SocketSource, timer: FlushTimer): void {
  let isDue = false
  source.follow?.(() => {
    if (isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      timer.flush()
    }, AT_ONCE_MS).unref()
  })
}
