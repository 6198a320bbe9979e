// Which names this host's programs looked up to get which addresses. Learnt from answers to questions that were seen, so that
// who forges an answer has to guess as much as for a resolver; kept as long as their TTL says, and no more than so many.

import type { DnsRecord } from '../../record/generated/types.ts'
import type { Asker } from '../dns/question.ts'
import { RecentMap } from '../recent-map.ts'

/** Who talks to an address. */
export interface Talker {
  readonly pid: number | null
  readonly startTime: number | null
}

/** What is known of an address, when a connection begins. */
export interface LookedUp {
  /** The name; undefined when several are as likely. */
  readonly name: string | undefined
  /** The process itself asked for it: else another one did, which may be its resolver or have nothing to do with it. */
  readonly isOwn: boolean
  /** Every name that led to the address. */
  readonly among: readonly string[]
}

interface Entry {
  readonly name: string
  readonly asker: Asker | undefined
  /** Its asker has had it since then, and was last told of it: times of answers. */
  readonly sinceUs: number
  readonly learntUs: number
  readonly expiresUs: number
}

/** Some 300 bytes each. */
const MAX_ADDRESSES = 1 << 15
/** Names of a shared address (a content network's) that are remembered. */
const MAX_ENTRIES = 16
/** Addresses learnt of one message. */
const MAX_LEARNT = 64
/** RFC 1034 sec. 3.6.2 forbids chains; content networks use some three. */
const MAX_ALIASES = 16
/** Programs keep an address for a while, whatever its TTL says (browsers a minute). */
const LEAST_TTL_US = 60_000_000
const MOST_TTL_US = 86_400_000_000

export class NameBook {
  private readonly addresses = new RecentMap<string, Entry[]>(MAX_ADDRESSES)

  /**
   * Takes the answer to a question. One that does not repeat its question, as programs demand, teaches nothing.
   * @returns the addresses that something was learnt of
   */
  learn(name: string, answer: DnsRecord, asker: Asker | undefined): readonly string[] {
    if (answer.rcode !== 'NOERROR' || answer.query_name === undefined) return []
    const lowered = name.toLowerCase()
    const aliases = aliasesOf(lowered, answer)
    const learnt: string[] = []
    for (const { name: owner, type, ttl, data } of answer.answers) {
      if ((type !== 'A' && type !== 'AAAA') || !aliases.has(owner.toLowerCase())) continue
      if (learnt.length === MAX_LEARNT) break
      const ttlUs = Math.min(MOST_TTL_US, Math.max(LEAST_TTL_US, ttl * 1e6))
      const learntUs = answer.ts * 1e6
      this.add(data, { name: lowered, asker, sinceUs: learntUs, learntUs, expiresUs: learntUs + ttlUs })
      learnt.push(data)
    }
    return learnt
  }

  /**
   * What the address is called by who talks to it: the name that the process looked up last before it connected. Times count,
   * not the order in which they were told: an answer may be read later than what came of it.
   * @param earliestUs when it may have connected, at the earliest; at the latest at `nowUs`
   */
  find(address: string, talker: Talker, nowUs: number, earliestUs = nowUs): LookedUp | undefined {
    const entries =
      this.addresses
        .get(address)
        ?.filter(({ sinceUs, expiresUs }) => sinceUs <= nowUs && expiresUs >= nowUs) ?? []
    if (entries.length === 0) return undefined
    const own = entries.filter(({ asker }) => asker !== undefined && isSame(asker, talker))
    const isOwn = own.length > 0
    const lastBefore = own.findLastIndex(({ learntUs }) => learntUs <= earliestUs)
    // What others asked for names an address only if they agree.
    const likely = namesOf(isOwn ? own.slice(Math.max(0, lastBefore)) : entries)
    return { name: likely.length === 1 ? likely[0] : undefined, isOwn, among: namesOf(isOwn ? own : entries) }
  }

  /** Entries of an address are in the order of their times. */
  private add(address: string, entry: Entry): void {
    const entries = [...(this.addresses.get(address) ?? [])]
    const at = entries.findIndex(known => known.name === entry.name && known.asker?.pid === entry.asker?.pid)
    const [known] = at < 0 ? [] : entries.splice(at, 1)
    if (entries.length >= MAX_ENTRIES) entries.shift()
    entries.push(known === undefined ? entry : joined(known, entry))
    entries.sort((a, b) => a.learntUs - b.learntUs)
    this.addresses.set(address, entries)
  }
}

/** The same name for the same pid, twice. */
function joined(a: Entry, b: Entry): Entry {
  const [first, last] = a.learntUs <= b.learntUs ? [a, b] : [b, a]
  const isNew = first.asker?.startTime !== last.asker?.startTime || first.expiresUs < last.learntUs
  return isNew ? last : { ...last, sinceUs: Math.min(first.sinceUs, last.sinceUs) }
}

function namesOf(entries: readonly Entry[]): string[] {
  return [...new Set(entries.map(({ name }) => name))]
}

/** The name and, through CNAMEs, what it stands for: records of other names in the message are not its answer. */
function aliasesOf(name: string, { answers }: DnsRecord): ReadonlySet<string> {
  const targets = new Map<string, string>()
  for (const answer of answers)
    if (answer.type === 'CNAME') targets.set(answer.name.toLowerCase(), answer.data.toLowerCase())
  const aliases = new Set([name])
  for (
    let target = targets.get(name);
    target !== undefined && !aliases.has(target) && aliases.size <= MAX_ALIASES;
    target = targets.get(target)
  )
    aliases.add(target)
  return aliases
}

function isSame({ pid, startTime }: Asker, talker: Talker): boolean {
  if (pid !== talker.pid) return false
  return startTime == null || talker.startTime === null || startTime === talker.startTime
}
