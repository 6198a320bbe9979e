// Names of addresses by reverse DNS, for --resolve: asked of the system's resolver in the background, few at a time, and
// remembered whether there is one or not. The answer is there at a later interval, or never: nobody waits for it.

import { Resolver } from 'node:dns/promises'
import { parseAddress } from '../record/address.ts'

export interface ReverseResolver {
  reverse(address: string): Promise<string[]>
  /** Gives up what is asked. */
  cancel(): void
}

interface Entry {
  readonly name: string | undefined
  readonly untilMs: number
  /** Times in a row that the resolver failed. */
  readonly failures: number
}

const AT_ONCE = 8
/** Waiting questions; of more, addresses are asked for again when they are seen again. */
const MAX_WAITING = 512
const MAX_KNOWN = 16_384
/** Node does not tell the records' TTL. These are short enough for an address that moves, and spare the resolver. */
const FOUND_MS = 3_600_000
const NONE_MS = 600_000
/** The resolver failed: it may be back soon, but is asked less and less often. */
const FAILED_MS = 5000
const TIMEOUT_MS = 2000

/** Says that there is no name: an answer, unlike a failure (node:dns, error codes). */
const noName: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA'])

export class ReverseNames {
  private readonly resolver: ReverseResolver
  private readonly now: () => number
  private readonly known = new Map<string, Entry>()
  private readonly waiting = new Set<string>()
  private readonly asked = new Set<string>()
  private isClosed = false

  constructor(
    resolver: ReverseResolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 }),
    now: () => number = () => performance.now(),
  ) {
    this.resolver = resolver
    this.now = now
  }

  /** The name, if it is known by now; else it is asked for. */
  of(address: string): string | undefined {
    const entry = this.known.get(address)
    if (entry !== undefined && entry.untilMs > this.now()) return entry.name
    if (
      !this.isClosed &&
      isPublicOrPrivate(address) &&
      this.waiting.size < MAX_WAITING &&
      !this.asked.has(address)
    ) {
      this.waiting.add(address)
      this.askNext()
    }
    // A name that is old is shown until there is a newer one.
    return entry?.name
  }

  /** The address was asked for, and there is no answer yet. */
  isAsking(address: string): boolean {
    return this.waiting.has(address) || this.asked.has(address)
  }

  /** Nobody asks any more: what is open would keep the process from its end. */
  close(): void {
    this.isClosed = true
    this.waiting.clear()
    this.resolver.cancel()
  }

  private askNext(): void {
    while (this.asked.size < AT_ONCE) {
      const [address] = this.waiting
      if (address === undefined) return
      this.waiting.delete(address)
      this.asked.add(address)
      void this.ask(address)
    }
  }

  private async ask(address: string): Promise<void> {
    try {
      const names = await this.resolver.reverse(address)
      const name = names.find(isHostName)
      this.remember(address, name, name === undefined ? NONE_MS : FOUND_MS)
    } catch (error) {
      if (noName.has((error as NodeJS.ErrnoException).code)) this.remember(address, undefined, NONE_MS)
      else this.rememberFailure(address)
    }
    this.asked.delete(address)
    this.askNext()
  }

  /** A name that is known stays. */
  private rememberFailure(address: string): void {
    const { name, failures = 0 } = this.known.get(address) ?? {}
    this.remember(address, name, Math.min(NONE_MS, FAILED_MS * 2 ** failures), failures + 1)
  }

  private remember(address: string, name: string | undefined, forMs: number, failures = 0): void {
    this.known.delete(address)
    if (this.known.size >= MAX_KNOWN) {
      const [oldest] = this.known.keys()
      this.known.delete(oldest as string)
    }
    this.known.set(address, { name: name?.toLowerCase(), untilMs: this.now() + forMs, failures })
  }
}

/** Whoever owns the address chooses the name: anything but a host name's characters is no name. */
function isHostName(name: string): boolean {
  return /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?$/.test(name)
}

/** Not loopback, link-local or multicast, which no server knows. */
function isPublicOrPrivate(address: string): boolean {
  const words = parseAddress(address)
  if (words === undefined || /^(127\.|169\.254\.|0\.|::1?$|fe[89ab]|ff)/i.test(address)) return false
  return address.includes(':') || words[3] < 0xe0000000
}
