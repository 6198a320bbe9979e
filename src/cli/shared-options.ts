// Options that more than one command has: defined once, so that they mean the same everywhere.

import { parseAddress } from '../record/address.ts'
import { NetoprocError } from '../record/error.ts'
import type { Arguments } from './arguments.ts'
import type { ChoiceOption, FlagOption, NumberOption, TextOption } from './option.ts'

export const interfaceOption: TextOption = {
  kind: 'text',
  name: 'interface',
  alias: ['i'],
  value: 'IFACE',
  repeated: true,
  completes: 'interface',
  help: 'Capture on this interface; all that are up, by default',
}

export const readOption: TextOption = {
  kind: 'text',
  name: 'read',
  alias: ['r'],
  value: 'FILE',
  completes: 'file',
  help: 'Read a pcap or pcapng file instead of the network; - is standard input',
}

export const localOption: TextOption = {
  kind: 'text',
  name: 'local',
  value: 'ADDRESS',
  repeated: true,
  help: 'With --read: an address of the host that was recorded, for in and out',
}

export const bufferOption: NumberOption = {
  kind: 'number',
  name: 'buffer',
  alias: ['capture-buffer', 'bpf-buffer'],
  value: 'BYTES',
  min: 4096,
  max: 268435456,
  integer: true,
  help: "Size of the kernel's capture buffer; default 33554432 on Linux, 2097152 on macOS",
}

export const noDnsOption: FlagOption = { kind: 'flag', name: 'no-dns', help: 'Do not read DNS messages' }

export const netnsOption: ChoiceOption = {
  kind: 'choice',
  name: 'netns',
  value: 'WHICH',
  choices: ['own', 'all'],
  default: 'all',
  help: 'Sockets of this network namespace, or of containers too',
}

export const noSniOption: FlagOption = {
  kind: 'flag',
  name: 'no-sni',
  help: 'Do not read the server names in TLS and QUIC handshakes',
}

export const resolveOption: FlagOption = {
  kind: 'flag',
  name: 'resolve',
  help: 'Ask reverse DNS for names that are not known otherwise: tells the resolver whom this host talks to',
}

export const strictOption: FlagOption = {
  kind: 'flag',
  name: 'strict',
  help: 'Validate every record against its schema; the first bad one ends the run',
}

export const socketsFileOption: TextOption = {
  kind: 'text',
  name: 'sockets',
  value: 'FILE',
  completes: 'file',
  help: 'Name owners from a dump of netoproc-sockets, not from this host',
}

export const filterOption: TextOption = {
  kind: 'text',
  name: 'filter',
  value: 'PATTERN',
  help: 'Only rows whose process, user, remote address or name contains PATTERN; 10.0.0.0/8 matches a network, 10.0.0.1 an address, :443 a port',
}

/** What has no effect on a file, or on the network; and what cannot be an address. @throws NetoprocError usage */
export function refuseOfOtherSource(args: Arguments): void {
  const wrong = args.list('local').find(address => parseAddress(address) === undefined)
  if (wrong !== undefined)
    throw new NetoprocError('usage', `--local must be an IPv4 or IPv6 address, not "${wrong}"`)
  if (args.text('read') === undefined) args.refuse(['local'], 'without --read')
  else
    args.refuse(
      ['interface', 'duration', 'snaplen', 'buffer', 'promisc', 'stats', 'capture-mode', 'netns'],
      'with --read',
    )
}
