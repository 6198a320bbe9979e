// What records say, as short texts: the parts of which the details of a row are made.

import type { ConnectionRow } from '../model.ts'
import { clockTime, milliseconds, shortCount } from '../units.ts'

/** The parts that there are. */
export function some(...parts: Array<string | false | null | undefined>): string[] {
  return parts.filter((part): part is string => typeof part === 'string' && part !== '')
}

export function counted(count: number, what: string): string {
  return `${shortCount(count)} ${what}${count === 1 ? '' : 's'}`
}

export function nameOf({ process, pid }: { readonly process: string; readonly pid: number | null }): string {
  return pid === null ? process : `${process} ${pid}`
}

/** Where the name of the remote comes from. */
export function nameSource({
  remote_ip,
  remote_name,
  remote_name_source,
}: ConnectionRow['record']): string | false {
  if (remote_name === undefined) return false
  const sources = { dns: 'a DNS answer', sni: "the client's TLS or QUIC handshake", ptr: 'reverse DNS' }
  const source = remote_name_source === undefined ? '' : `, by ${sources[remote_name_source] ?? 'its source'}`
  return `${remote_ip} is ${remote_name}${source}`
}

export function timing({ rtt_us, jitter_us, retransmits }: ConnectionRow['record']): string | false {
  if (rtt_us === undefined) return false
  const jitter = jitter_us === undefined ? '' : ` ±${milliseconds(jitter_us)}`
  return `RTT ${milliseconds(rtt_us)}${jitter} ms${retransmits === undefined ? '' : `, ${counted(retransmits, 'retransmit')}`}`
}

/** Round-trip times and retransmits of several connections. */
export function timingOfAll(rows: readonly ConnectionRow[]): string | false {
  const times = rows.flatMap(({ record }) => record.rtt_us ?? [])
  if (times.length === 0) return false
  const least = milliseconds(times.reduce((a, b) => Math.min(a, b)))
  const most = milliseconds(times.reduce((a, b) => Math.max(a, b)))
  const retransmits = rows.reduce((sum, { record }) => sum + (record.retransmits ?? 0), 0)
  return `RTT ${least === most ? least : `${least} to ${most}`} ms, ${counted(retransmits, 'retransmit')}`
}

/** Time of day; of what began on another day its age. */
export function startOf(start: number, now: number): string {
  const days = Math.floor((now - start) / 86_400)
  return days < 1 ? clockTime(start) : `${days} day${days === 1 ? '' : 's'}`
}
