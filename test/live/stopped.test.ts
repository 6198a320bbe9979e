// netoproc that does not run for some seconds while others do, as on a machine that has more to do than it can: the intervals
// that it writes lie one behind the other all the same, and what moved meanwhile is in them, once.

import t, { type Test } from 'tap'
import { probeEbpf } from '../../src/attribute/linux/ebpf-probe.ts'
import type { IntervalRecord, ProcessRecord } from '../../src/record/generated/types.ts'
import { records } from '../support/command.ts'
import { inNamespace, noNamespace } from '../support/namespace.ts'

// On a busy machine.
t.setTimeout(240_000)

const DATAGRAMS = 250
/** To itself, every 20 ms: 172 bytes and two headers. */
const talker = `
  const socket = require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', () => {
    let sent = 0, came = 0
    const send = () => socket.send(Buffer.alloc(172), socket.address().port, '127.0.0.1')
    const timer = setInterval(() => { send(); if (++sent === ${DATAGRAMS}) clearInterval(timer) }, 20)
    socket.on('message', () => { if (++came === ${DATAGRAMS}) socket.close() })
  })`

async function stopped(t: Test, mode: string, command: (out: string) => string): Promise<void> {
  const out = `${t.testdir()}/out`
  const { out: said, err } = await inNamespace(`
    ${command(out)}
    node -e '${talker.replace(/'/g, `'"'"'`)}' & talker=$!
    sleep 1.4
    kill -STOP $stopped
    sleep 3.5
    kill -CONT $stopped
    wait $talker
    sleep 1
    kill -INT $ended
    wait $waited
    echo $talker
    cat ${out}`)
  const [pid, ...lines] = said.split('\n')
  const all = records(lines.join('\n'))
  const intervals = all.filter(({ type }) => type === 'interval') as unknown as IntervalRecord[]
  // A first datagram may come before its socket is found in /proc: counted it is, and nobody else is here.
  const pids = mode === 'ebpf' ? [Number(pid)] : [Number(pid), null]
  const mine = all.filter(
    record => record['type'] === 'process' && pids.includes(record['pid'] as number | null),
  ) as unknown as ProcessRecord[]
  t.equal(intervals[0]?.method, mode, err)
  t.ok(intervals.length > 2)
  t.same(
    intervals.slice(1).map(({ ts, interval }) => ts - interval),
    intervals.slice(0, -1).map(({ ts }) => ts),
    'each begins where the one before ends',
  )
  const sum = (field: 'rx_bytes' | 'tx_bytes' | 'rx_packets' | 'tx_packets') =>
    mine.reduce((total, record) => total + record[field], 0)
  t.same(
    [sum('rx_bytes'), sum('tx_bytes'), sum('rx_packets'), sum('tx_packets')],
    [200 * DATAGRAMS, 200 * DATAGRAMS, DATAGRAMS, DATAGRAMS],
  )
}

t.test('where packets are captured', { skip: noNamespace() }, async t => {
  await stopped(
    t,
    'afpacket',
    out => `
    netoproc --capture-mode afpacket --interval 1 --netns own --interface lo > ${out} & stopped=$!
    ended=$stopped waited=$stopped
    capturing $stopped`,
  )
})

const probe = process.platform === 'linux' ? probeEbpf() : { ok: false as const, reason: 'not Linux' }
t.test('where the kernel counts', { skip: probe.ok ? noNamespace() : probe.reason }, async t => {
  await stopped(
    t,
    'ebpf',
    out => `
    netoproc --capture-mode ebpf --interval 1 --netns own > ${out} & stopped=$!
    ended=$stopped waited=$stopped
    capturing $stopped`,
  )
})

t.test('the last command of a pipe', { skip: noNamespace() }, async t => {
  await stopped(
    t,
    'afpacket',
    out => `
    mkfifo ${out}.packets ${out}.owned
    netoproc-aggregate --interval 1 < ${out}.owned > ${out} & stopped=$!
    netoproc-attribute --netns own < ${out}.packets > ${out}.owned &
    netoproc-capture --interface lo > ${out}.packets & ended=$!
    waited=$stopped
    capturing $ended`,
  )
})
