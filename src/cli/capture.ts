// netoproc-capture: packets of this host's interfaces, or of a capture file, as records.

import { platform } from 'node:os'
import { giveUpPrivileges, listInterfaces, openExpression, openFile, openLive } from '../capture/open.ts'
import type { LiveOptions } from '../capture/port.ts'
import { CaptureStage } from '../capture/stage.ts'
import { NetoprocError } from '../record/error.ts'
import { NdjsonWriter } from '../record/ndjson-writer.ts'
import type { Tables } from '../record/record-batch.ts'
import type { Arguments } from './arguments.ts'
import { drive } from './drive.ts'
import { newTables } from './host.ts'
import { initialCrypto } from './initial-crypto.ts'
import { openOutput, writeText } from './output.ts'
import type { Command, Life } from './run.ts'
import {
  bufferOption,
  interfaceOption,
  localOption,
  noDnsOption,
  noSniOption,
  readOption,
  refuseOfOtherSource,
} from './shared-options.ts'

export const command: Command = {
  name: 'netoproc-capture',
  summary: 'write a record for each packet on the network, as NDJSON',
  operands: 'EXPRESSION',
  options: [
    interfaceOption,
    readOption,
    {
      kind: 'number',
      name: 'count',
      alias: ['c'],
      value: 'N',
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      integer: true,
      help: 'End after N packets',
    },
    {
      kind: 'number',
      name: 'duration',
      alias: ['d'],
      value: 'SECONDS',
      min: 0.1,
      max: 31536000,
      help: 'End after SECONDS',
    },
    {
      kind: 'number',
      name: 'snaplen',
      alias: ['s'],
      value: 'BYTES',
      min: 64,
      max: 262144,
      integer: true,
      help: 'Bytes of each packet that the kernel hands over; DNS is handed over whole',
    },
    bufferOption,
    noDnsOption,
    noSniOption,
    { kind: 'flag', name: 'promisc', help: "Promiscuous mode: other hosts' packets too" },
    {
      kind: 'number',
      name: 'stats',
      value: 'SECONDS',
      min: 0.1,
      max: 86400,
      help: 'Write a stats record every SECONDS',
    },
    localOption,
    { kind: 'flag', name: 'list-interfaces', alias: ['D'], help: 'List the interfaces and end' },
  ],
  examples: [
    ['sudo netoproc-capture -i eth0 | sudo netoproc-attribute', 'Packets of eth0 with the process of each.'],
    [
      'sudo netoproc-capture -d 10 udp port 53 > dns.ndjson',
      'Ten seconds of DNS traffic; EXPRESSION as in pcap-filter(7).',
    ],
    [
      'netoproc-capture -r trace.pcapng | jq -r \'select(.type == "packet") | .dst_ip\'',
      'Where each packet of a capture file went.',
    ],
  ],
  run,
}

async function run(args: Arguments, life: Life): Promise<void> {
  if (args.flag('list-interfaces')) {
    args.refuse(
      command.options.map(({ name }) => name).filter(name => name !== 'list-interfaces'),
      'with --list-interfaces',
    )
    if (args.operands.length > 0)
      throw new NetoprocError('usage', 'EXPRESSION has no effect with --list-interfaces')
    return writeText(await interfaceLines(), life)
  }
  refuseOfOtherSource(args)
  const tables = newTables()
  const expression = args.operands.length > 0 ? args.operands.join(' ') : undefined
  const { source, accepts } = await openSource(args, tables, { expression })
  if (!args.has('read')) await giveUpPrivileges()
  const output = openOutput(life)
  const stage = new CaptureStage(new NdjsonWriter(output), tables, {
    dns: !args.flag('no-dns'),
    serverNames: !args.flag('no-sni'),
    crypto: initialCrypto,
    localAddresses: () => source.interfaces().flatMap(({ addresses }) => addresses),
    broadcastAddresses: () => source.broadcastAddresses?.() ?? [],
    maxPackets: args.number('count'),
    onLimit: () => source.stop('count'),
    accepts,
    warn: message => life.warn(message),
  })
  try {
    await drive({
      tool: command.name,
      life,
      source,
      stage,
      ready: () => output.ready(),
      durationSeconds: args.number('duration'),
      statsSeconds: args.number('stats'),
    })
  } finally {
    await output.end()
  }
}

export interface SourceOptions {
  readonly expression?: string | undefined
  readonly method?: LiveOptions['method']
  /** Live: DNS alone, as the kernel counts. */
  readonly dnsOnly?: boolean
  /** Live: where packets come from, if not from interfaces. */
  readonly feed?: LiveOptions['feed']
}

/** The network, or the file of --read. The same for netoproc-capture and netoproc. @throws NetoprocError */
export async function openSource(
  args: Arguments,
  tables: Tables,
  { expression, method = 'auto', dnsOnly = false, feed }: SourceOptions = {},
) {
  const path = args.text('read')
  if (path !== undefined) {
    const accepts = expression === undefined ? undefined : await openExpression(expression)
    return { source: await openFile({ path, localAddresses: args.list('local') }, tables), accepts }
  }
  const source = await openLive(
    {
      method,
      interfaces: args.list('interface'),
      promisc: args.flag('promisc'),
      snaplen: args.number('snaplen'),
      bufferBytes: args.number('buffer') ?? (dnsOnly ? DNS_BUFFER : defaultBuffer()),
      feed,
      expression,
      dns: !args.flag('no-dns'),
      dnsOnly,
      serverNames: !args.flag('no-sni'),
    },
    tables,
  )
  return { source, accepts: undefined }
}

/** Bytes of the kernel's capture buffer. */
const DNS_BUFFER = 8 << 20

function defaultBuffer(): number {
  return platform() === 'linux' ? 32 << 20 : 2 << 20
}

async function interfaceLines(): Promise<string> {
  const lines = (await listInterfaces()).map(
    ({ index, name, up, kind, addresses }) =>
      `${index}\t${name}\t${up ? 'up' : 'down'}\t${kind}\t${addresses.join(' ')}\n`,
  )
  return lines.join('')
}
