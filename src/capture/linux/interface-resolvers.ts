// Which resolvers and search domains each interface has: what systemd-networkd and systemd-resolved keep of each link; and the
// servers of resolv.conf(5) files, which belong to the interface through which they are reached. The files:
//
//   /run/systemd/netif/links/INDEX     DNS= DOMAINS=          systemd-networkd: src/network/networkd-state-file.c
//   /run/systemd/resolve/netif/INDEX   SERVERS= DOMAINS=      set by NetworkManager, resolvectl …: src/resolve/resolved-link.c
//   /etc/resolv.conf                   what programs use, often a stub at 127.0.0.53
//   /run/systemd/resolve/resolv.conf, /run/NetworkManager/no-stub-resolv.conf, /run/NetworkManager/resolv.conf
//                                      whom a stub asks

import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseAddress } from '../../record/address.ts'
import { isOutOfDescriptors } from '../../record/error.ts'
import { parseDomain, parseResolvConf, parseServer } from '../resolv-conf.ts'
import { interfaceTowards, parseRoutes, type Route } from './route-file.ts'

export interface Resolvers {
  readonly servers: readonly string[]
  readonly domains: readonly string[]
}

/** The files change when the network does: a look now and then is enough. */
const FRESH_MS = 5000
const MAX_FILE_BYTES = 65536
/** Of one interface. */
const MAX_SERVERS = 32
const MAX_DOMAINS = 32
const MAX_LINKS = 1024

const linkFolders = [
  ['run/systemd/netif/links', 'DNS'],
  ['run/systemd/resolve/netif', 'SERVERS'],
] as const
const ownFile = 'etc/resolv.conf'
const upstreamFiles = [
  'run/systemd/resolve/resolv.conf',
  'run/NetworkManager/no-stub-resolv.conf',
  'run/NetworkManager/resolv.conf',
]

export class InterfaceResolvers {
  private readonly root: string
  private known = new Map<string, Resolvers>()
  private readAtMs = -Infinity

  /** @param root where the files lie, for tests */
  constructor(root = '/') {
    this.root = root
  }

  /** By interface name. @param names of the interfaces, by index */
  read(names: ReadonlyMap<number, string>): ReadonlyMap<string, Resolvers> {
    const now = performance.now()
    if (now - this.readAtMs < FRESH_MS) return this.known
    this.readAtMs = now
    const found = new Map<string, { servers: Set<string>; domains: Set<string> }>()
    const of = (iface: string) => {
      const known = found.get(iface)
      if (known !== undefined) return known
      const made = { servers: new Set<string>(), domains: new Set<string>() }
      found.set(iface, made)
      return made
    }
    // The host's services know the host's interfaces: in another network namespace their numbers mean others.
    const isOfHost = this.isNamespaceOfInit()
    if (isOfHost) this.readLinks(names, of)
    const placed = new Set([...found.values()].flatMap(({ servers }) => [...servers]))
    const routes = parseRoutes(this.text('proc/net/route') ?? '', this.text('proc/net/ipv6_route') ?? '')
    const present = new Set(names.values())
    for (const file of isOfHost ? [ownFile, ...upstreamFiles] : [ownFile]) {
      const { servers, domains } = parseResolvConf(this.text(file) ?? '')
      for (const server of servers) {
        if (placed.has(server.address)) continue
        const iface = server.zone ?? placeOf(server.address, routes)
        if (iface === undefined || !present.has(iface)) continue
        const into = of(iface)
        into.servers.add(server.address)
        for (const domain of domains) into.domains.add(domain)
      }
    }
    this.known = new Map(
      [...found].map(([iface, { servers, domains }]) => [
        iface,
        { servers: [...servers].slice(0, MAX_SERVERS), domains: [...domains].slice(0, MAX_DOMAINS) },
      ]),
    )
    return this.known
  }

  private readLinks(
    names: ReadonlyMap<number, string>,
    of: (iface: string) => { servers: Set<string>; domains: Set<string> },
  ): void {
    for (const [folder, key] of linkFolders) {
      for (const file of this.list(folder)) {
        const iface = names.get(Number(file))
        const text = iface === undefined ? undefined : this.text(join(folder, file))
        if (iface === undefined || text === undefined) continue
        const servers = wordsOf(text, key).flatMap(parseServer)
        const domains = wordsOf(text, 'DOMAINS').flatMap(parseDomain)
        if (servers.length + domains.length === 0) continue
        const into = of(iface)
        for (const { address } of servers) into.servers.add(address)
        for (const domain of domains) into.domains.add(domain)
      }
    }
  }

  private isNamespaceOfInit(): boolean {
    try {
      return (
        readlinkSync(join(this.root, 'proc/self/ns/net')) === readlinkSync(join(this.root, 'proc/1/ns/net'))
      )
    } catch (error) {
      if (isOutOfDescriptors(error)) throw error
      // Without privilege init's is not shown. Who runs in a namespace of its own was root, or in a container, whose /run is
      // its own as well.
      return true
    }
  }

  /** Undefined for a file that is not there, may not be read or is no configuration: one source of several. */
  private text(file: string): string | undefined {
    const path = join(this.root, file)
    try {
      return statSync(path).isFile() ? readFileSync(path, 'utf8').slice(0, MAX_FILE_BYTES) : undefined
    } catch (error) {
      if (isOutOfDescriptors(error)) throw error
      return undefined
    }
  }

  private list(folder: string): string[] {
    try {
      return readdirSync(join(this.root, folder)).slice(0, MAX_LINKS)
    } catch (error) {
      if (isOutOfDescriptors(error)) throw error
      return []
    }
  }
}

function placeOf(address: string, routes: readonly Route[]): string | undefined {
  // The local table, which holds these, is not in the files.
  if (address.startsWith('127.') || address === '::1') return 'lo'
  const words = parseAddress(address)
  return words === undefined ? undefined : interfaceTowards(words, routes)
}

/** Words behind `KEY=` in a file of systemd's. */
function wordsOf(text: string, key: string): string[] {
  const line = text.split('\n').find(each => each.startsWith(`${key}=`))
  return line === undefined ? [] : line.slice(key.length + 1).split(/\s+/)
}
