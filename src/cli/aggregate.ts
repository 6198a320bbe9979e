// netoproc-aggregate: sums packets and sockets' counters up by process, connection and interface; DNS by question and resolver.

import { AggregateStage, type AggregateKind } from '../aggregate/stage.ts'
import { NdjsonWriter } from '../record/ndjson-writer.ts'
import type { Arguments } from './arguments.ts'
import { newTables, startedUs } from './host.ts'
import { readRecords } from './input.ts'
import { openNames } from './names.ts'
import { openOutput } from './output.ts'
import { version, type Command, type Life } from './run.ts'
import { resolveOption, strictOption } from './shared-options.ts'

export const command: Command = {
  name: 'netoproc-aggregate',
  summary: 'sum records up by process, connection and interface, DNS by question and resolver',
  options: [
    {
      kind: 'number',
      name: 'interval',
      value: 'SECONDS',
      min: 0.1,
      max: 86400,
      default: 1,
      help: 'Length of an interval, in the time of the records',
    },
    { kind: 'flag', name: 'total', help: 'One rollup of everything, at the end' },
    {
      kind: 'choice',
      name: 'by',
      value: 'LIST',
      choices: ['process', 'connection', 'interface', 'dns'],
      list: true,
      default: 'process,connection,interface,dns',
      help: 'Which rollups to write',
    },
    resolveOption,
    strictOption,
  ],
  examples: [
    [
      'sudo netoproc-capture | sudo netoproc-attribute | netoproc-aggregate --interval 10 --by process',
      'Ten-second sums by process.',
    ],
    [
      'netoproc-aggregate --total < attributed.ndjson | netoproc-render --format pretty',
      'A recording, summed up.',
    ],
  ],
  run,
}

async function run(args: Arguments, life: Life): Promise<void> {
  if (args.flag('total')) args.refuse(['interval'], 'with --total')
  const by = args.list('by') as AggregateKind[]
  const tables = newTables()
  const output = openOutput(life)
  const names = openNames(args.flag('resolve'))
  const stage = new AggregateStage(new NdjsonWriter(output), tables, {
    intervalUs: (args.number('interval') as number) * 1e6,
    total: args.flag('total'),
    by,
    version,
    dns: names.dns,
    names: names.names,
    startedUs: startedUs(),
  })
  try {
    await readRecords({
      life,
      first: stage,
      tables,
      strict: args.flag('strict'),
      ready: () => output.ready(),
      onMalformed: () => stage.missLine(),
    })
  } finally {
    names.close()
    await output.end()
  }
}
