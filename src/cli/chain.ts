// The stages of netoproc, connected and run: sources, capture, attribute, aggregate, and the end that shows or writes.

import { AggregateStage } from '../aggregate/stage.ts'
import { giveUpPrivileges } from '../attribute/open.ts'
import { SocketsStage } from '../attribute/sockets-stage.ts'
import { AttributeStage } from '../attribute/stage.ts'
import type { PacketSource } from '../capture/port.ts'
import { CaptureStage } from '../capture/stage.ts'
import type { Tables } from '../record/record-batch.ts'
import { checkPattern } from '../render/row-filter.ts'
import { openDump, attributeOptions } from './attribute.ts'
import type { Arguments } from './arguments.ts'
import { openCounting, type Counting } from './counting.ts'
import { drive } from './drive.ts'
import { initialCrypto } from './initial-crypto.ts'
import { startedUs } from './host.ts'
import { openNames } from './names.ts'
import { openOutput } from './output.ts'
import { renderer } from './render.ts'
import { version, type Life } from './run.ts'
import type { ScreenChain } from './screen.ts'

export interface Chain {
  readonly args: Arguments
  readonly life: Life
  readonly tables: Tables
  /** Of the result, or tui. */
  readonly format: string
  /** The file that is shown; undefined: the network is. */
  readonly recording: PacketSource | undefined
  /** Where it is taken already. */
  readonly screen: ScreenChain | undefined
  readonly openScreen: () => Promise<ScreenChain>
}

/** Of what nobody looks at before the end. */
const SELDOM_SECONDS = 5

/** To the end of the source, and until the user has quit. @throws NetoprocError */
export async function runChain(chain: Chain): Promise<void> {
  const { args, life, tables, format, recording, screen } = chain
  const pattern = args.text('filter')
  // Before anything is opened: who may not open it is told of the mistake all the same.
  if (pattern !== undefined) checkPattern(pattern)
  const isScreen = format === 'tui'
  const isStream = isScreen || format === 'ndjson'
  const showsConnections =
    isStream ||
    format === 'pretty' ||
    args.text('filter') !== undefined ||
    args.text('sort') === 'connections'
  const opened =
    recording === undefined
      ? await openCounting(args, tables, showsConnections)
      : await ofRecording(chain, recording)
  if (opened === undefined) return
  const { source, sockets, kernelCounts, degraded } = opened
  // The screen exports tables to files.
  if (recording === undefined) await giveUpPrivileges(isScreen)
  const output = screen ?? (isScreen ? await chain.openScreen() : openOutput(life))
  const intervalUs = (args.number('interval') as number) * 1e6
  const names = openNames(args.flag('resolve'))
  const aggregate = new AggregateStage(
    'stage' in output ? output.stage : await renderer(args, tables, output, format),
    tables,
    {
      intervalUs,
      total: !isStream,
      by: ['process', 'connection', 'interface', 'dns'],
      // Sums of processes alone, of counters that are the kernel's: ten thousand connections need not be remembered for them.
      connections: showsConnections || !kernelCounts,
      version,
      dns: names.dns,
      names: names.names,
      startedUs: startedUs(),
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
  const attribute = new AttributeStage(counted, tables, sockets, {
    ...attributeOptions(args, life),
    onlyNames: kernelCounts,
  })
  const capture = new CaptureStage(attribute, tables, {
    dns: !args.flag('no-dns'),
    serverNames: !args.flag('no-sni'),
    crypto: initialCrypto,
    localAddresses: () => source.interfaces().flatMap(({ addresses }) => addresses),
    broadcastAddresses: () => source.broadcastAddresses?.() ?? [],
    warn: message => life.warn(message),
  })
  const counting = kernelCounts ? { method: sockets.method, degraded } : source
  for (const reason of [...counting.degraded, ...sockets.degraded]) life.warn(reason)
  try {
    await drive({
      tool: life.name,
      life,
      source,
      stage: capture,
      ready: () => output.ready(),
      durationSeconds: args.number('duration'),
      counting,
      // Of a total only what they have moved from beginning to end, and which of them are tunnels.
      interfaceSeconds: kernelCounts && !isStream ? SELDOM_SECONDS : 1,
      onlyChangedInterfaces: kernelCounts && !isStream,
    })
    if ('quit' in output) await output.quit
  } finally {
    names.close()
    sockets.close()
    await output.end()
  }
}

/** Undefined: a signal came before the dump was read. */
async function ofRecording({ args, life }: Chain, source: PacketSource): Promise<Counting | undefined> {
  const sockets = await openDump(args.text('sockets'), life)
  return sockets && { source, sockets, kernelCounts: false, degraded: [] }
}
