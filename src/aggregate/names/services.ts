// Names of services by port and protocol: /etc/services where there is one (services(5)), in its own order of preference.

import type { ConnectionRecord } from '../../record/generated/types.ts'
import { wellKnownServices } from './well-known-services.ts'

/** Ports that clients are given (Linux's default; IANA's begin at 49152) tell nothing of what they talk to. */
const FIRST_EPHEMERAL = 32768
/** Lines of /etc/services: IANA's whole list has some 12,000. */
const MAX_SERVICES = 1 << 15

export class Services {
  private readonly names = new Map<string, string>()

  /** @param text of /etc/services; without it, the list that comes with this program */
  constructor(text: string | undefined) {
    for (const line of (text ?? wellKnownServices).split('\n')) {
      const [, name, port, protocol] = /^\s*([\w.+*-]{1,64})\s+(\d{1,5})\/([\w-]{1,16})/.exec(line) ?? []
      if (name === undefined || Number(port) > 65535) continue
      const key = `${protocol} ${Number(port)}`
      if (!this.names.has(key) && this.names.size < MAX_SERVICES) this.names.set(key, name)
    }
  }

  /** The service that a connection uses; undefined when it is not clear which end serves. */
  of(record: ConnectionRecord): string | undefined {
    const { proto, local_port: local, remote_port: remote, initiated } = record
    if (local === undefined || remote === undefined) return undefined
    if (initiated === 'out') return this.names.get(`${proto} ${remote}`)
    if (initiated === 'in') return this.names.get(`${proto} ${local}`)
    const ofRemote = remote < FIRST_EPHEMERAL ? this.names.get(`${proto} ${remote}`) : undefined
    const ofLocal = local < FIRST_EPHEMERAL ? this.names.get(`${proto} ${local}`) : undefined
    if (ofRemote !== undefined && ofLocal !== undefined && ofRemote !== ofLocal) return undefined
    return ofRemote ?? ofLocal
  }
}
