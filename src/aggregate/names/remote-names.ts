// Names of remotes, with where they come from: what the process looked up; else the server name that it sent in its TLS or
// QUIC handshake; else what somebody else on this host looked up; else, where it is asked for, reverse DNS. Beside them the
// service by its port and what the address is for. Every label is right or absent.

import type { ConnectionRecord, DnsRecord, ServerNameRecord } from '../../record/generated/types.ts'
import { printable } from '../../record/printable.ts'
import type { Asker } from '../dns/question.ts'
import { type Ends, endsKey } from '../ends.ts'
import type { RemoteNamer } from '../port.ts'
import { RecentMap } from '../recent-map.ts'
import { Beginning, Beginnings } from './beginnings.ts'
import { NameBook, type Talker } from './name-book.ts'
import { networkName } from './networks.ts'
import type { Services } from './services.ts'

export interface RemoteNamesOptions {
  readonly services: Services
  readonly reverse?: ReverseLookup | undefined
}

/** Reverse DNS, in the background. */
export interface ReverseLookup {
  /** The name of an address, if it is known by now; else it is asked for. */
  of(address: string): string | undefined
  /** It was asked for, and there is no answer yet. */
  isAsking(address: string): boolean
}

/** Handshakes that are remembered. */
const MAX_HANDSHAKES = 1 << 15

export class RemoteNames implements RemoteNamer {
  private readonly options: RemoteNamesOptions
  private readonly book = new NameBook()
  private readonly beginnings = new Beginnings(this.book)
  /** Server name by the client's ends. */
  private readonly handshakes = new RecentMap<string, string>(MAX_HANDSHAKES)

  constructor(options: RemoteNamesOptions) {
    this.options = options
  }

  /** The answer to a question for `name`. */
  answered(name: string, answer: DnsRecord, asker: Asker | undefined): void {
    this.beginnings.revise(this.book.learn(name, answer, asker), answer.ts * 1e6)
  }

  serverName(record: ServerNameRecord): void {
    const key = endsKey({
      proto: record.proto,
      localIp: record.src_ip,
      localPort: record.src_port,
      remoteIp: record.dst_ip,
      remotePort: record.dst_port,
    })
    this.handshakes.set(key, printable(record.name.toLowerCase(), 255))
  }

  begin(talker: Talker, ends: Ends, nowUs: number, earliestUs: number, isAnew: boolean): Beginning {
    if (isAnew) this.handshakes.delete(endsKey(ends))
    const beginning = new Beginning(ends.remoteIp, talker, nowUs, earliestUs)
    this.beginnings.add(beginning)
    // An answer takes a while: it is asked for as soon as it is clear that it may be needed.
    if (beginning.lookedUp?.name === undefined) this.options.reverse?.of(ends.remoteIp)
    return beginning
  }

  label(record: ConnectionRecord, ends: Ends, beginning: Beginning | undefined): void {
    const [name, source] = this.nameOf(record, ends, beginning)
    if (name !== undefined) {
      record.remote_name = name
      record.remote_name_source = source
    }
    const service = this.options.services.of(record)
    if (service !== undefined) record.service = service
    const network = networkName(ends.remoteIp)
    if (network !== undefined) record.network = network
  }

  later({ remoteIp }: Ends): 'awaited' | 'known' | 'none' {
    const { reverse } = this.options
    if (reverse?.isAsking(remoteIp) === true) return 'awaited'
    return reverse?.of(remoteIp) === undefined ? 'none' : 'known'
  }

  /** Used again, it stays: connections that go on keep their names. */
  private handshake(ends: Ends): string | undefined {
    if (this.handshakes.size === 0) return undefined
    const key = endsKey(ends)
    const name = this.handshakes.get(key)
    if (name !== undefined) this.handshakes.set(key, name)
    return name
  }

  private nameOf(
    record: ConnectionRecord,
    ends: Ends,
    beginning: Beginning | undefined,
  ): [name: string | undefined, source: 'dns' | 'sni' | 'ptr'] {
    const serverName = this.handshake(ends)
    const lookedUp = beginning?.lookedUp
    if (serverName !== undefined && lookedUp?.among.includes(serverName) === true) return [serverName, 'dns']
    // One process, one address, several names: the handshake says which.
    const isClear = lookedUp?.isOwn === true && lookedUp.among.length === 1
    if (isClear) return [lookedUp.name, 'dns']
    if (serverName !== undefined) return [serverName, 'sni']
    // It may have been there before this program was: a later look-up by its own process names it as well, if it is the only one.
    const known = lookedUp ?? this.book.find(ends.remoteIp, talkerOf(record), record.ts * 1e6, -Infinity)
    if (known?.name !== undefined && (known === lookedUp || known.isOwn)) return [known.name, 'dns']
    return [this.options.reverse?.of(ends.remoteIp), 'ptr']
  }
}

function talkerOf({ pid, start_time: startTime }: ConnectionRecord): Talker {
  return { pid, startTime: startTime ?? null }
}
