// One DNS question: who asked whom, when, and what became of it.

import type { DnsQueryRecord, DnsRecord } from '../../record/generated/types.ts'
import { printable } from '../../record/printable.ts'

/** A client's side of a message: the process that asked. */
export interface Asker {
  readonly pid: number
  readonly process: string
  readonly startTime: number | null | undefined
  readonly user: string | null | undefined
}

/** Characters of the text that shows the answers; the dns records have them all. */
const LONGEST_RESPONSE = 4096

export interface QuestionKeys {
  readonly key: string
  /** Without name and type, for answers that do not repeat them. */
  readonly shortKey: string
  /** Without the client. */
  readonly serverKey: string
}

export class Question {
  readonly keys: QuestionKeys
  /** Keys of copies that were rewritten on their way. */
  readonly copies: string[] = []
  readonly client: string
  readonly server: string
  readonly iface: string | undefined
  readonly name: string
  readonly type: string
  readonly firstUs: number
  /** When it was sent again, last. */
  lastUs: number
  retransmits = 0
  rcode: string | undefined
  latencyUs: number | undefined
  isTruncated = false
  asker: Asker | undefined
  private response: string | undefined
  private readonly query: DnsRecord

  constructor(query: DnsRecord, keys: QuestionKeys) {
    this.query = query
    this.keys = keys
    this.client = query.src_ip as string
    this.server = query.dst_ip as string
    this.iface = query.iface
    this.name = printable(query.query_name ?? '.')
    this.type = query.query_type ?? 'TYPE0'
    this.firstUs = this.lastUs = query.ts * 1e6
    this.asker = askerOf(query)
  }

  /** The server is on this host. */
  get isStub(): boolean {
    return this.query.dir === 'local' || this.query.dir === 'in'
  }

  /** Asked of whoever is on the link (RFC 6762, RFC 4795): nobody need answer. */
  get isMulticast(): boolean {
    return this.query.service !== undefined
  }

  answer(record: DnsRecord): void {
    this.latencyUs = Math.max(0, record.ts * 1e6 - this.firstUs)
    this.rcode = record.rcode ?? 'NOERROR'
    this.isTruncated = record.truncated
    this.response = responseText(record)
    // The owner of the client's socket may be known only by now.
    this.asker ??= askerOf(record)
  }

  record(): DnsQueryRecord {
    const { asker, query } = this
    const rcode = this.rcode ?? 'pending'
    const isElsewhere = query.dir === 'in' || query.dir === 'forward'
    return {
      type: 'dns_query',
      ts: query.ts,
      pid: asker?.pid ?? null,
      ...(asker === undefined ? {} : { start_time: asker.startTime ?? null, user: asker.user ?? null }),
      process: asker?.process ?? 'unknown',
      query_name: this.name,
      query_type: this.type,
      response: this.response ?? rcode,
      rcode,
      latency_ms: this.latencyUs === undefined ? null : Math.round(this.latencyUs) / 1000,
      resolver: this.server,
      ...(this.iface === undefined ? {} : { iface: this.iface }),
      proto: query.proto ?? 'udp',
      retransmits: this.retransmits,
      ...(this.isStub ? { stub: true } : {}),
      ...(this.isTruncated ? { truncated: true } : {}),
      ...(query.service === undefined ? {} : { service: query.service }),
      ...(isElsewhere ? { client_ip: this.client } : {}),
    }
  }
}

/**
 * The process at the client's end. A record names the owner of this host's end, and where both are this host's, the
 * sender's as its own and the receiver's as its peer.
 */
export function askerOf(record: DnsRecord): Asker | undefined {
  const { qr, dir, pid, process, start_time: startTime, user, peer_pid, peer_process } = record
  if (qr === 'query' ? dir === 'out' || dir === 'local' : dir === 'in') {
    return typeof pid === 'number' ? { pid, process: process ?? 'unknown', startTime, user } : undefined
  }
  if (qr === 'query' || dir !== 'local' || typeof peer_pid !== 'number') return undefined
  return { pid: peer_pid, process: peer_process ?? 'unknown', startTime: undefined, user: undefined }
}

function responseText(record: DnsRecord): string | undefined {
  let text = ''
  for (const { data } of record.answers) {
    if (text.length + data.length > LONGEST_RESPONSE) {
      text += '…'
      break
    }
    text += text === '' ? data : `, ${data}`
  }
  if (text !== '') return printable(text)
  return record.truncated ? 'truncated' : undefined
}
