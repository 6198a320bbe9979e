// Statistics of resolvers, one for each server and interface, since the start.

import type { ResolverRecord } from '../../record/generated/types.ts'
import { LatencySummary } from './latency-summary.ts'
import { RecentMap } from '../recent-map.ts'
import type { Question } from './question.ts'

/** A resolver that asks from the root down talks to thousands; each takes some 3 KiB at most. */
const MAX_RESOLVERS = 4096

export class ResolverTable {
  private readonly resolvers = new RecentMap<string, Resolver>(MAX_RESOLVERS)

  /** The question has its answer, or has timed out. */
  count(question: Question): void {
    this.touch(question).count(question)
  }

  /** A question was not followed, for lack of room. */
  countUntracked(question: Question): void {
    this.touch(question).untracked++
  }

  /** Records of those that changed since the last call. */
  rollup(tsUs: number): ResolverRecord[] {
    const records: ResolverRecord[] = []
    for (const resolver of this.resolvers.values()) {
      if (!resolver.isTouched) continue
      resolver.isTouched = false
      records.push(resolver.record(tsUs))
    }
    return records
  }

  private touch(question: Question): Resolver {
    const key = keyOf(question.server, question.iface)
    let resolver = this.resolvers.get(key)
    resolver ??= new Resolver(question.server, question.iface)
    this.resolvers.set(key, resolver)
    resolver.isTouched = true
    resolver.isStub = question.isStub
    return resolver
  }
}

class Resolver {
  isTouched = false
  isStub = false
  untracked = 0
  private readonly server: string
  private readonly iface: string | undefined
  private readonly latency = new LatencySummary()
  private queries = 0
  private truncated = 0
  private readonly outcomes = { SERVFAIL: 0, REFUSED: 0, NXDOMAIN: 0, timeout: 0 }

  constructor(server: string, iface: string | undefined) {
    this.server = server
    this.iface = iface
  }

  count({ rcode, latencyUs, isTruncated }: Question): void {
    this.queries++
    if (isTruncated) this.truncated++
    if (rcode !== undefined && Object.hasOwn(this.outcomes, rcode))
      this.outcomes[rcode as keyof typeof this.outcomes]++
    if (latencyUs !== undefined) this.latency.add(latencyUs)
  }

  record(tsUs: number): ResolverRecord {
    const { outcomes, queries, latency, iface } = this
    const failures = outcomes.SERVFAIL + outcomes.REFUSED + outcomes.timeout
    return {
      type: 'resolver',
      ts: tsUs / 1e6,
      ...(iface === undefined ? {} : { iface }),
      server: this.server,
      avg_latency_ms: milliseconds(latency.meanUs),
      p95_latency_ms: milliseconds(latency.p95Us),
      failure_rate_pct: queries === 0 ? 0 : Math.round((failures / queries) * 1e4) / 100,
      query_count: queries,
      servfail_count: outcomes.SERVFAIL,
      refused_count: outcomes.REFUSED,
      timeout_count: outcomes.timeout,
      nxdomain_count: outcomes.NXDOMAIN,
      truncated_count: this.truncated,
      untracked_count: this.untracked,
      ...(this.isStub ? { stub: true } : {}),
    }
  }
}

function keyOf(server: string, iface: string | undefined): string {
  return `${server} ${iface ?? ''}`
}

function milliseconds(us: number | null): number | null {
  return us === null ? null : Math.round(us) / 1000
}
