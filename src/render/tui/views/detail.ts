// The selected row in full, in a few lines: what has no room in the list, and why the owner and the name are what they are.

import { cellWidth } from '../cell-width.ts'
import type { Context } from '../context.ts'
import { endpoint } from '../endpoint.ts'
import type { ConnectionRow, InterfaceRow, ProcessRow, QueryRow } from '../model.ts'
import { clockTime, milliseconds, shortBytes, shortCount, shortRate } from '../units.ts'
import { ENDED_KEY } from './process-lines.ts'
import { ownerWords, reasonWords } from './words.ts'

/** The lines, the most important first; a line is made of parts that stay together when it is broken. */
export function detailOf(context: Context, key: string | undefined): string[][] {
  const { model, state } = context
  if (key === undefined) return []
  if (state.view === 'dns') {
    const query = model.queries.find(row => row.key === key)
    return query === undefined ? [] : ofQuery(query)
  }
  if (state.view === 'interfaces') {
    const row = model.interfaces.get(key)
    return row === undefined ? [] : ofInterface(row)
  }
  if (key === ENDED_KEY)
    return [['processes that have exited or closed their sockets, quiet for a minute', 'Enter lists them']]
  const connection = model.connections.get(key) ?? model.connections.get(key.slice(key.indexOf('/') + 1))
  if (connection !== undefined) return ofConnection(context, connection)
  const process = model.processes.get(key)
  return process === undefined ? [] : ofProcess(context, process)
}

function ofProcess(context: Context, { record, reason, key }: ProcessRow): string[][] {
  if (record.pid === null) return ofUnknown(reason)
  const { user, uid } = record
  return [
    some(
      nameOf(record),
      user != null && `user ${user}${uid == null || String(uid) === user ? '' : ` (${uid})`}`,
      record.start_time != null && `since ${startOf(record.start_time, context.model.now)}`,
      record.cgroup !== undefined && `in ${record.cgroup}`,
      record.exited === true ? 'has exited' : counted(record.sockets, 'socket'),
    ),
    some(record.cmdline),
    some(
      `received ${shortBytes(record.rx_bytes_total)}, sent ${shortBytes(record.tx_bytes_total)}`,
      ...remotes(context, key),
    ),
  ]
}

function ofUnknown(reason: string | undefined): string[][] {
  const { what, remedy } = reasonWords(reason)
  return [some(`no process: ${reason ?? 'unknown'}`, what), some(remedy)]
}

function ofConnection({ model }: Context, { record, owner }: ConnectionRow): string[][] {
  const { proto, local_ip, local_port, remote_ip, remote_port, attribution } = record
  const process = model.processes.get(owner)?.record
  const { what, remedy } = reasonWords(record.reason)
  return [
    some(
      `${proto} ${endpoint(local_ip, local_port)} - ${endpoint(remote_ip, remote_port)}`,
      record.service,
      record.state,
      record.initiated !== undefined &&
        `opened by ${record.initiated === 'out' ? 'this host' : 'the remote'}`,
      record.iface,
    ),
    record.pid === null
      ? some(`no process: ${record.reason ?? 'unknown'}`, what, remedy)
      : some(
          `${nameOf(record)}${record.user == null ? '' : ` of ${record.user}`}`,
          attribution !== undefined && `owner: ${ownerWords(attribution)}`,
        ),
    some(nameSource(record), timing(record), record.network, process?.cmdline),
  ]
}

function ofQuery({ record }: QueryRow): string[][] {
  const milli = record.latency_ms
  return [
    some(
      `${record.query_type} ${record.query_name}`,
      record.rcode,
      record.response !== record.rcode && record.response,
    ),
    some(
      `asked by ${record.pid === null ? 'nobody known' : nameOf(record)}`,
      `of ${record.resolver}`,
      milli !== undefined && milli !== null && `${milli.toFixed(1)} ms`,
      record.iface,
    ),
  ]
}

function ofInterface({ record }: InterfaceRow): string[][] {
  const { interval, rx_packets, tx_packets, rx_rate, tx_rate } = record
  const packets = (count: number | undefined) =>
    interval !== undefined && interval > 0 && count !== undefined
      ? `, ${Math.round(count / interval)} packets/s`
      : ''
  return [
    some(
      record.name,
      `in ${shortRate(rx_rate ?? 0)}${packets(rx_packets)}`,
      `out ${shortRate(tx_rate ?? 0)}${packets(tx_packets)}`,
    ),
    some(...(record.addresses ?? [])),
  ]
}

function nameOf({ process, pid }: { readonly process: string; readonly pid: number | null }): string {
  return pid === null ? process : `${process} ${pid}`
}

function nameSource({ remote_ip, remote_name, remote_name_source }: ConnectionRow['record']): string | false {
  if (remote_name === undefined) return false
  const sources = { dns: 'a DNS answer', sni: "the client's TLS or QUIC handshake", ptr: 'reverse DNS' }
  const source = remote_name_source === undefined ? '' : `, by ${sources[remote_name_source] ?? 'its source'}`
  return `${remote_ip} is ${remote_name}${source}`
}

function timing({ rtt_us, jitter_us, retransmits }: ConnectionRow['record']): string | false {
  if (rtt_us === undefined) return false
  const jitter = jitter_us === undefined ? '' : ` ±${milliseconds(jitter_us)}`
  return `RTT ${milliseconds(rtt_us)}${jitter} ms${retransmits === undefined ? '' : `, ${counted(retransmits, 'retransmit')}`}`
}

/** With whom it talks most, beyond what the list shows of it. */
function remotes({ model, state }: Context, owner: string): string[] {
  if (state.expanded.has(owner)) return []
  const rows = [...model.connections.values()].filter(row => row.owner === owner)
  rows.sort((a, b) => b.calm.both - a.calm.both || (a.key < b.key ? -1 : 1))
  const names = [...new Set(rows.map(({ record }) => record.remote_name ?? record.remote_ip))]
  return names.slice(0, 4).map((name, i) => (i === 0 ? `with ${name}` : name))
}

/** Time of day; of a process of another day its age. */
function startOf(start: number, now: number): string {
  const days = Math.floor((now - start) / 86_400)
  return days < 1 ? clockTime(start) : `${days} day${days === 1 ? '' : 's'}`
}

function counted(count: number, what: string): string {
  return `${shortCount(count)} ${what}${count === 1 ? '' : 's'}`
}

function some(...parts: Array<string | false | null | undefined>): string[] {
  return parts.filter((part): part is string => typeof part === 'string' && part !== '')
}

/**
 * The lines in the room for them: each has one, cut where it is longer; while there are fewer lines than room, parts that find
 * no room in their line go to another.
 */
export function layOut(lines: readonly string[][], width: number, room: number): string[] {
  const some = lines.filter(parts => parts.length > 0).slice(0, room)
  let spare = room - some.length
  return some.flatMap(parts => {
    const out = ['']
    for (const part of parts) {
      const line = out.at(-1) as string
      const longer = line === '' ? part : `${line}  ${part}`
      if (line === '' || spare === 0 || cellWidth(longer) <= width) out[out.length - 1] = longer
      else {
        out.push(part)
        spare--
      }
    }
    return out
  })
}
