// netoproc-attribute: names the process of each packet record.

import { giveUpPrivileges, openSockets } from '../attribute/open.ts'
import { OfflineSockets } from '../attribute/offline-sockets.ts'
import type { SocketSource } from '../attribute/port.ts'
import { AttributeStage } from '../attribute/stage.ts'
import { NetoprocError } from '../record/error.ts'
import { NdjsonWriter } from '../record/ndjson-writer.ts'
import type { Arguments } from './arguments.ts'
import { bootId, newTables, startedUs } from './host.ts'
import { readRecordFile, readRecords } from './input.ts'
import { netnsOf } from './netns.ts'
import { openOutput } from './output.ts'
import { version, type Command, type Life } from './run.ts'
import { netnsOption, socketsFileOption, strictOption } from './shared-options.ts'

export const holdOption = {
  kind: 'number',
  name: 'hold',
  value: 'MS',
  min: 0,
  max: 10000,
  default: 250,
  help: 'Hold a packet whose owner is not known for up to MS milliseconds; order is kept',
} as const

export const command: Command = {
  name: 'netoproc-attribute',
  summary: 'name the process of each packet in a stream of records',
  options: [socketsFileOption, holdOption, netnsOption, strictOption],
  examples: [
    [
      'sudo netoproc-capture | sudo netoproc-attribute | jq \'select(.process == "curl")\'',
      'Packets of one program.',
    ],
    [
      'netoproc-capture -r trace.pcapng | netoproc-attribute --sockets sockets.ndjson',
      'Owners for a recording, from a dump taken beside it.',
    ],
  ],
  run,
}

async function run(args: Arguments, life: Life): Promise<void> {
  const dump = args.text('sockets')
  if (dump !== undefined) args.refuse(['hold', 'netns'], 'with --sockets')
  const tables = newTables()
  const source = dump === undefined ? await openSockets({ netns: netnsOf(args) }) : await openDump(dump, life)
  // A signal came before anything was read that could be written.
  if (source === undefined) return
  if (dump === undefined) await giveUpPrivileges()
  const output = openOutput(life)
  try {
    const stage = new AttributeStage(new NdjsonWriter(output), tables, source, attributeOptions(args, life))
    await readRecords({
      life,
      first: stage,
      tables,
      strict: args.flag('strict'),
      ready: () => output.ready(),
    })
  } finally {
    source.close()
    await output.end()
  }
}

export function attributeOptions(args: Arguments, life: Life) {
  const hold = args.number('hold')
  return {
    ...(hold === undefined ? {} : { holdUs: hold * 1000 }),
    version,
    bootId: bootId(),
    startedUs: startedUs(),
    warn: (message: string) => life.warn(message),
  }
}

/**
 * A dump of netoproc-sockets; without one, no sockets at all.
 * @returns undefined: a signal came before it was read
 * @throws NetoprocError when it cannot be read
 */
export async function openDump(path: string | undefined, life: Life): Promise<SocketSource | undefined> {
  const sockets = new OfflineSockets()
  if (path === undefined) return sockets
  if (!(await readRecordFile(path, sockets, newTables(), life))) return undefined
  if (!sockets.isDump)
    throw new NetoprocError('fatal', `${path} has no sockets: --sockets takes what netoproc-sockets writes`)
  return sockets
}
