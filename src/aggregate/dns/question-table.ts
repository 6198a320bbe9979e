// Questions that wait for their answers. A question is known by its client's address and port, its server, its id, its name
// and its type; the same again is the same question sent again. Time is that of the packets.

import type { DnsRecord } from '../../record/generated/types.ts'
import { Question, type QuestionKeys } from './question.ts'

/** No answer is expected later than this after a question was last sent: the time-out of resolv.conf(5). */
export const TIMEOUT_US = 5_000_000
/** A client that waits so long sends the question again a moment later: it is not given up before that. */
const GRACE_US = 250_000
/** Some 1 KiB each. */
const MAX_QUESTIONS = 1 << 14
/** A question that comes through another interface within this time, from another address, was rewritten on its way (NAT). */
const COPY_US = 1_000_000

export class QuestionTable {
  /** In the order in which they were last sent. */
  private readonly questions = new Map<string, Question>()
  private readonly byShortKey = new Map<string, Question>()
  /** By everything but the client. */
  private readonly byServer = new Map<string, Question>()
  /** Keys under which the copies of a question that was rewritten are known. */
  private readonly copies = new Map<string, Question>()
  private readonly givenUp: Question[] = []
  /** No question was last sent before. */
  private oldestUs = -Infinity

  /**
   * A query was sent.
   * @returns the question, when there is no room to follow it
   */
  ask(query: DnsRecord): Question | undefined {
    const keys = keysOf(query)
    const { key } = keys
    const nowUs = query.ts * 1e6
    const known = this.questions.get(key) ?? this.copies.get(key)
    if (known !== undefined && nowUs <= known.lastUs + TIMEOUT_US + GRACE_US) {
      // The same packet on another interface, or behind an address translation, is no other.
      if (known.keys.key !== key || known.iface !== query.iface) return undefined
      known.retransmits++
      known.lastUs = Math.max(known.lastUs, nowUs)
      this.questions.delete(key)
      this.questions.set(key, known)
      return undefined
    }
    if (known !== undefined) this.giveUp(known)
    const question = new Question(query, keys)
    const first = query.id === 0 ? undefined : this.byServer.get(keys.serverKey)
    if (
      first !== undefined &&
      first.client !== question.client &&
      first.iface !== question.iface &&
      Math.abs(nowUs - first.lastUs) <= COPY_US &&
      this.copies.size < MAX_QUESTIONS
    ) {
      this.copies.set(key, first)
      first.copies.push(key)
      return undefined
    }
    if (this.questions.size >= MAX_QUESTIONS) return question
    this.questions.set(key, question)
    this.oldestUs = Math.min(this.oldestUs, nowUs)
    this.byShortKey.set(keys.shortKey, question)
    this.byServer.set(keys.serverKey, question)
    return undefined
  }

  /** @returns the question that the response answers, which is forgotten with that */
  answer(response: DnsRecord): Question | undefined {
    const { key, shortKey } = keysOf(response)
    const question =
      response.query_name === undefined
        ? this.byShortKey.get(shortKey)
        : (this.questions.get(key) ?? this.copies.get(key))
    if (question === undefined) return undefined
    // It comes too late: what became of the question is that it timed out.
    if (response.ts * 1e6 > question.lastUs + TIMEOUT_US) return undefined
    this.forget(question)
    question.answer(response)
    return question
  }

  /** Takes out those that nobody answers any more. */
  expire(nowUs: number): Question[] {
    if (nowUs > this.oldestUs + TIMEOUT_US + GRACE_US) {
      this.oldestUs = nowUs
      for (const question of this.questions.values()) {
        this.oldestUs = question.lastUs
        if (nowUs <= question.lastUs + TIMEOUT_US + GRACE_US) break
        this.giveUp(question)
        this.oldestUs = nowUs
      }
    }
    return this.givenUp.splice(0)
  }

  /** Takes out those that wait still, too. */
  drain(nowUs: number): Question[] {
    const expired = this.expire(nowUs)
    const waiting = [...this.questions.values()]
    for (const question of waiting) {
      this.forget(question)
      if (nowUs > question.lastUs + TIMEOUT_US) question.rcode = 'timeout'
    }
    return [...expired, ...waiting]
  }

  private giveUp(question: Question): void {
    this.forget(question)
    question.rcode = 'timeout'
    this.givenUp.push(question)
  }

  private forget(question: Question): void {
    const { key, shortKey, serverKey } = question.keys
    this.questions.delete(key)
    if (this.byShortKey.get(shortKey) === question) this.byShortKey.delete(shortKey)
    if (this.byServer.get(serverKey) === question) this.byServer.delete(serverKey)
    for (const copy of question.copies) if (this.copies.get(copy) === question) this.copies.delete(copy)
  }
}

function keysOf(record: DnsRecord): QuestionKeys {
  const isQuery = record.qr === 'query'
  const client = isQuery ? record.src_ip : record.dst_ip
  const port = isQuery ? record.src_port : record.dst_port
  // A question to a multicast address is answered from another one.
  const server = record.service !== undefined ? record.service : isQuery ? record.dst_ip : record.src_ip
  const asked = `${(record.query_name ?? '.').toLowerCase()} ${record.query_type ?? ''}`
  const toServer = `${record.proto ?? 'udp'} ${server} ${record.id}`
  const shortKey = `${toServer} ${client} ${port}`
  return { shortKey, key: `${shortKey} ${asked}`, serverKey: `${toServer} ${asked}` }
}
