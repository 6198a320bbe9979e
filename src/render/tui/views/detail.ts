// The selected row in full: what has no room in the list, and why the owner and the name are what they are. How much of it is
// seen depends on the room: a few lines below the list, or a pane beside it (detail-layout.ts).

import type { ResolverRecord } from '../../../record/generated/types.ts'
import type { Context } from '../context.ts'
import { endpoint } from '../endpoint.ts'
import type { ConnectionRow, InterfaceRow, ProcessRow, QueryRow } from '../model.ts'
import { clockTime, percent, shortBytes, shortRate } from '../units.ts'
import type { Section } from './detail-layout.ts'
import { counted, nameOf, nameSource, some, startOf, timing, timingOfAll } from './facts.ts'
import { ENDED_KEY } from './process-lines.ts'
import { busiestFirst, connectionsSection, ownerSection, trafficSection } from './sections.ts'
import { ownerWords, reasonWords } from './words.ts'

/** The most important first. */
export function detailOf(context: Context, key: string | undefined): Section[] {
  const { model, state } = context
  if (key === undefined) return []
  if (state.view === 'dns') {
    const query = model.queries.find(row => row.key === key)
    return query === undefined ? [] : ofQuery(context, query)
  }
  if (state.view === 'interfaces') {
    const row = model.interfaces.get(key)
    return row === undefined ? [] : ofInterface(context, row)
  }
  if (key === ENDED_KEY) return ofEnded()
  const connection = model.connections.get(key) ?? model.connections.get(key.slice(key.indexOf('/') + 1))
  if (connection !== undefined) return ofConnection(context, connection)
  const process = model.processes.get(key)
  return process === undefined ? [] : ofProcess(context, process)
}

function ofEnded(): Section[] {
  const facts = ['processes that have exited or closed their sockets, quiet for a minute', 'Enter lists them']
  return [{ title: 'closed', brief: [facts], lines: facts.map(fact => ({ parts: [fact] })) }]
}

function ofProcess(context: Context, { record, reason, key, history }: ProcessRow): Section[] {
  const { model, state } = context
  const rows = busiestFirst(model, ({ owner }) => owner === key)
  const traffic = trafficSection(context, record, timingOfAll(rows), history)
  const connections = connectionsSection(context, rows, false)
  if (record.pid === null) return [ofReason(reason, true), traffic, connections]
  const { user, uid } = record
  const facts = some(
    user != null && `user ${user}${uid == null || String(uid) === user ? '' : ` (${uid})`}`,
    record.start_time != null && `since ${startOf(record.start_time, model.now)}`,
    record.cgroup !== undefined && `in ${record.cgroup}`,
    record.carries !== undefined && `carries ${record.carries.join(' ')}: not in the sums above`,
    record.exited === true ? 'has exited' : counted(record.sockets, 'socket'),
  )
  const totals = `received ${shortBytes(record.rx_bytes_total)}, sent ${shortBytes(record.tx_bytes_total)}`
  // With whom it talks most, beyond what the list shows of it.
  const remotes = state.expanded.has(key)
    ? []
    : [...new Set(rows.map(({ record: each }) => each.remote_name ?? each.remote_ip))].slice(0, 4)
  const talk = remotes.map((name, i) => (i === 0 ? `with ${name}` : name))
  return [
    {
      title: nameOf(record),
      brief: [[nameOf(record), ...facts], some(record.cmdline), [totals, ...talk]],
      lines: [{ parts: some(record.cmdline) }, { parts: facts }],
    },
    traffic,
    ownerSection(rows),
    connections,
  ]
}

/** @param isRow the row is all traffic of no process that has this reason, not a connection */
function ofReason(reason: string | undefined, isRow: boolean): Section {
  const { what, remedy } = reasonWords(reason)
  const title = `no process: ${reason ?? 'unknown'}`
  return {
    title,
    brief: isRow ? [some(title, what), some(remedy)] : [some(title, what, remedy)],
    lines: [{ parts: some(what) }, { parts: some(remedy) }],
  }
}

function ofConnection(context: Context, { record, owner }: ConnectionRow): Section[] {
  const { model } = context
  const { proto, attribution, initiated } = record
  const cmdline = model.processes.get(owner)?.record.cmdline
  const local = endpoint(record.local_ip, record.local_port)
  const remote = endpoint(record.remote_ip, record.remote_port)
  const facts = some(
    record.service,
    record.state,
    initiated !== undefined && `opened by ${initiated === 'out' ? 'this host' : 'the remote'}`,
    record.iface,
  )
  const user = `${nameOf(record)}${record.user == null ? '' : ` of ${record.user}`}`
  const why = attribution !== undefined && ownerWords(attribution)
  const name = nameSource(record)
  return [
    {
      title: `${proto} ${remote}`,
      brief: [[`${proto} ${local} - ${remote}`, ...facts]],
      lines: [
        { parts: [`${initiated === 'in' ? 'to' : 'from'} ${local}`] },
        { parts: facts },
        { parts: some(record.network) },
      ],
    },
    record.pid === null
      ? ofReason(record.reason, false)
      : {
          title: user,
          brief: [some(user, why !== false && `owner: ${why}`)],
          lines: [{ parts: some(cmdline) }],
        },
    { title: 'Why this owner', lines: record.pid === null ? [] : [{ parts: some(why) }] },
    {
      title: 'Why this name',
      brief: [some(name, timing(record), record.network, cmdline)],
      lines: [{ parts: some(name) }],
    },
    trafficSection(context, record, timing(record)),
  ]
}

function ofQuery({ model }: Context, { record }: QueryRow): Section[] {
  const { latency_ms, rcode, response, resolver } = record
  const question = `${record.query_type} ${record.query_name}`
  const answer = response !== rcode && response
  const took = latency_ms !== null && latency_ms !== undefined && `${latency_ms.toFixed(1)} ms`
  const asker = `asked by ${record.pid === null ? 'nobody known' : nameOf(record)}`
  const statistics = [...model.resolvers.values()].find(({ server }) => server === resolver)
  return [
    {
      title: question,
      brief: [some(question, rcode, answer), some(asker, `of ${resolver}`, took, record.iface)],
      lines: [
        { parts: [asker] },
        { parts: some(`at ${clockTime(record.ts)}`, record.iface, record.service) },
      ],
    },
    {
      title: some(rcode, took && `after ${took}`).join(' '),
      lines: (answer || '').split(', ').map(each => ({ parts: some(each) })),
    },
    {
      title: `resolver ${resolver}`,
      lines: statistics === undefined ? [] : [{ parts: resolverFacts(statistics) }],
    },
  ]
}

function resolverFacts(record: ResolverRecord): string[] {
  const { avg_latency_ms, p95_latency_ms } = record
  return some(
    counted(record.query_count, 'question'),
    `${percent(record.failure_rate_pct / 100)} failed`,
    avg_latency_ms !== null && `mean ${avg_latency_ms.toFixed(1)} ms`,
    p95_latency_ms != null && `95% within ${p95_latency_ms.toFixed(1)} ms`,
  )
}

function ofInterface(context: Context, { record }: InterfaceRow): Section[] {
  const { interval, rx_packets, tx_packets, rx_rate, tx_rate, addresses = [] } = record
  const packets = (count: number | undefined) =>
    interval !== undefined && interval > 0 && count !== undefined
      ? `, ${Math.round(count / interval)} packets/s`
      : ''
  const ways = [
    `in ${shortRate(rx_rate ?? 0)}${packets(rx_packets)}`,
    `out ${shortRate(tx_rate ?? 0)}${packets(tx_packets)}`,
  ]
  const carriers = record.carried_by?.map(nameOf).join(', ')
  const rows = busiestFirst(context.model, ({ record: { iface } }) => iface === record.name)
  return [
    {
      title: record.name,
      brief: [[record.name, ...ways], addresses],
      lines: [
        ...[...ways, ...addresses].map(each => ({ parts: [each] })),
        { parts: some(carriers !== undefined && `carried by ${carriers || 'the kernel'}`) },
      ],
    },
    connectionsSection(context, rows, true),
  ]
}
