// resolv.conf(5): the servers that programs ask, and the domains that they complete names with.

import { formatAddress, parseAddress } from '../record/address.ts'

export interface Server {
  readonly address: string
  /** fe80::1%eth0: the interface is told. */
  readonly zone: string | undefined
}

/** The last of `search` and `domain` counts. */
export function parseResolvConf(text: string): { servers: Server[]; domains: string[] } {
  const servers: Server[] = []
  let domains: string[] = []
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (keyword === 'nameserver') servers.push(...words.slice(0, 1).flatMap(parseServer))
    else if (keyword === 'search' || keyword === 'domain') domains = words.flatMap(parseDomain)
  }
  return { servers, domains }
}

/** An address; systemd writes port, interface and TLS name to it: 192.0.2.53:53%eth0#name, [2001:db8::53]:53. */
export function parseServer(text: string): Server[] {
  const [, bracketed, plain, zone] =
    /^(?:\[([0-9a-fA-F:.]+)\](?::\d+)?|([0-9a-fA-F:]+|[\d.]+(?::\d+)?))(?:%([^#\s]{1,15}))?(?:#.*)?$/.exec(
      text,
    ) ?? []
  const address = bracketed ?? (plain?.includes('.') ? plain.replace(/:\d+$/, '') : plain)
  const words = address === undefined ? undefined : parseAddress(address)
  return words === undefined ? [] : [{ address: formatAddress(...words), zone }]
}

/** Routing-only domains of systemd begin with a tilde: names are not completed with those. */
export function parseDomain(text: string): string[] {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,253}$/.test(text) ? [text.replace(/\.$/, '')] : []
}
