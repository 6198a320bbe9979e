// Which resolvers and search domains each interface has: those of the network service on it, from the dynamic store; where
// that does not answer, those of /etc/resolv.conf.
//
//   (State|Setup):/Network/Service/ID/DNS    ServerAddresses, SearchDomains, DomainName; InterfaceName, of some VPNs
//   State:/Network/Service/ID/IPv4 (IPv6)    InterfaceName
//
// What the user has set up goes before what the network told (SystemConfiguration/SCSchemaDefinitions.h).

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { PropertyList } from '../../native/darwin/core-foundation.ts'
import { readDynamicStore } from '../../native/darwin/dynamic-store.ts'
import type { InterfaceRecord } from '../../record/generated/types.ts'
import { parseDomain, parseResolvConf, parseServer } from '../resolv-conf.ts'

export type Resolvers = Pick<InterfaceRecord, 'dns_servers' | 'search_domains'>

const FRESH_MS = 5000
const PATTERN = '(State|Setup):/Network/Service/[^/]+/(DNS|IPv4|IPv6)'
const MAX_FILE_BYTES = 65_536
/** Of one interface. */
const MAX_NAMES = 32

export class InterfaceResolvers {
  private readonly file: string
  private known = new Map<string, Resolvers>()
  private readAtMs = -Infinity

  /** @param file resolv.conf(5); another one for tests */
  constructor(file = '/etc/resolv.conf') {
    this.file = file
  }

  /** By interface name. @param carriers interfaces with addresses of their own: if there is one alone, the file's are its */
  read(carriers: readonly string[]): ReadonlyMap<string, Resolvers> {
    const now = performance.now()
    if (now - this.readAtMs < FRESH_MS) return this.known
    this.readAtMs = now
    const store = readDynamicStore(PATTERN)
    this.known = store === undefined ? this.ofFile(carriers) : ofServices(store)
    return this.known
  }

  /** The file does not say which interface its servers are reached by: told of the only one that there is. */
  private ofFile(carriers: readonly string[]): Map<string, Resolvers> {
    const [only, ...others] = carriers
    if (only === undefined || others.length > 0) return new Map()
    let text: string
    try {
      text = readFileSync(this.file, 'utf8').slice(0, MAX_FILE_BYTES)
    } catch {
      return new Map() // no network is configured
    }
    const { servers, domains } = parseResolvConf(text)
    return new Map([
      [
        only,
        resolvers(
          servers.map(({ address }) => address),
          domains,
        ),
      ],
    ])
  }
}

function ofServices(store: Readonly<Record<string, PropertyList>>): Map<string, Resolvers> {
  const services = new Set(Object.keys(store).flatMap(key => key.split('/')[3] ?? []))
  const found = new Map<string, { servers: string[]; domains: string[] }>()
  for (const service of services) {
    const entry = (kind: string, name: string) => store[`${kind}:/Network/Service/${service}/${name}`]
    const told = entry('State', 'DNS')
    const set = entry('Setup', 'DNS')
    const iface = [told, entry('State', 'IPv4'), entry('State', 'IPv6')].flatMap(of =>
      texts(of, 'InterfaceName'),
    )[0]
    if (iface === undefined) continue // a service that is not in use
    const first = (name: string) => [texts(set, name), texts(told, name)].find(list => list.length > 0) ?? []
    const domains = first('SearchDomains')
    const into = found.get(iface) ?? { servers: [], domains: [] }
    into.servers.push(
      ...first('ServerAddresses')
        .flatMap(parseServer)
        .map(({ address }) => address),
    )
    into.domains.push(...(domains.length > 0 ? domains : first('DomainName')).flatMap(parseDomain))
    found.set(iface, into)
  }
  return new Map([...found].map(([iface, { servers, domains }]) => [iface, resolvers(servers, domains)]))
}

/** A text, or the texts of a list, in an entry of the store. */
function texts(of: PropertyList | undefined, name: string): string[] {
  const value = typeof of === 'object' && !Array.isArray(of) ? of[name] : undefined
  const list = Array.isArray(value) ? value : [value]
  return list.filter(each => typeof each === 'string')
}

/** Absent rather than empty. */
function resolvers(servers: readonly string[], domains: readonly string[]): Resolvers {
  const bounded = (list: readonly string[]) => [...new Set(list)].slice(0, MAX_NAMES)
  return {
    ...(servers.length === 0 ? {} : { dns_servers: bounded(servers) }),
    ...(domains.length === 0 ? {} : { search_domains: bounded(domains) }),
  }
}
