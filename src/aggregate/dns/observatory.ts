// DNS as this host sees it: what was asked, by whom, what came of it, and how its resolvers do.

import type { DnsRecord } from '../../record/generated/types.ts'
import type { SideRecord } from '../../record/record-batch.ts'
import type { DnsObserver } from '../port.ts'
import { QuestionTable } from './question-table.ts'
import type { Asker, Question } from './question.ts'
import { ResolverTable } from './resolver-table.ts'

/** Multicast DNS asks and answers as peers from here (RFC 6762 sec. 5.2): there is no question with its answer. */
const MDNS_PORT = 5353

export class DnsObservatory implements DnsObserver {
  private readonly questions = new QuestionTable()
  private readonly resolvers = new ResolverTable()

  private readonly answered: (name: string, answer: DnsRecord, asker: Asker | undefined) => void

  /** @param answered told of each answer to a question that was seen */
  constructor(answered: (name: string, answer: DnsRecord, asker: Asker | undefined) => void = () => {}) {
    this.answered = answered
  }

  take(record: DnsRecord): readonly SideRecord[] {
    if (!isQuestion(record)) return []
    const settled = this.questions.expire(record.ts * 1e6)
    if (record.qr === 'query') {
      const untracked = this.questions.ask(record)
      if (untracked !== undefined) this.resolvers.countUntracked(untracked)
    } else {
      const answered = this.questions.answer(record)
      if (answered !== undefined) {
        settled.push(answered)
        if (!answered.isMulticast) this.answered(answered.name, record, answered.asker)
      }
    }
    return settled.map(question => this.settle(question))
  }

  rollup(nowUs: number, isLast: boolean): readonly SideRecord[] {
    const settled = isLast ? this.questions.drain(nowUs) : this.questions.expire(nowUs)
    return [...settled.map(question => this.settle(question)), ...this.resolvers.rollup(nowUs)]
  }

  private settle(question: Question): SideRecord {
    // Of one that waits still, when the stream ends, it is not known whether its resolver fails.
    if (question.rcode !== undefined && !question.isMulticast) this.resolvers.count(question)
    return question.record()
  }
}

/** Neither an update nor a notification, and with the addresses by which question and answer find each other. */
function isQuestion({ opcode, src_ip, dst_ip, src_port, dst_port }: DnsRecord): boolean {
  if (opcode !== 'QUERY' || typeof src_ip !== 'string' || typeof dst_ip !== 'string') return false
  if (typeof src_port !== 'number' || typeof dst_port !== 'number') return false
  return src_port !== MDNS_PORT || dst_port !== MDNS_PORT
}
