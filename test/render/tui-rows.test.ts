// What rows tell, and what stands beside and below them: processes, traffic of nobody, the row in full, events.

import t from 'tap'
import {
  START,
  TuiRig,
  connectionRecord,
  interfaceRecord,
  intervalRecord,
  processRecord,
  queryRecord,
  resolverRecord,
} from '../support/tui-rig.ts'
import { BODY, down, lineWith, second, started, up } from '../support/tui-seconds.ts'

t.test('processes: names, units, a pid that comes twice, and those that have ended', async t => {
  const rig = new TuiRig(120, 24)
  await rig.show()
  await rig.type('i')
  const one = (at: number) => processRecord(at, 7, 'one', 500, 0, { cgroup: 'docker:web' })
  let lines = await rig.show(
    one(1),
    processRecord(1, 7, 'two', 400, 0, { start_time: START - 5, exited: true }),
    processRecord(1, 8, 'three', 300, 30),
    connectionRecord(1, 8, 'three', 5, 10, 0, { remote_name: 'quiet.example.org' }),
    connectionRecord(1, 8, 'three', 6, 290, 30, { remote_name: 'b.example.org' }),
    intervalRecord(1),
  )
  const text = lines.join('\n')
  t.match(text, /▸ one +7 .*/)
  t.match(text, /one 7 {2}user ann .*in docker:web/, 'the container')
  t.match(text, /▸ two \(exited\) +7 /)
  t.match(text, /▸ three +8 .*b\.example\.org/, 'with whom it talks most')
  t.ok(rig.cell(6, lineWith(lines, 'two (exited)'))?.isDim())
  t.notOk(rig.cell(6, lineWith(lines, '▸ one'))?.isDim())
  await rig.show(
    processRecord(2, 8, 'three', 0, 0, { sockets: 0, rx_bytes_total: 3000, tx_bytes_total: 300 }),
    intervalRecord(2),
  )
  t.match((await rig.lines()).join('\n'), /▸ three \(closed\) +8 /, 'it holds no socket any more')
  await rig.show(one(62), intervalRecord(62))
  lines = await rig.type('G')
  t.match(
    lines.join('\n'),
    /▸ one .*\n▌ ▸ closed \(2\) .* 6\.8 K .* 300 B /,
    'after a minute all in one line, which adds up',
  )
  t.match((await rig.type('\r')).join('\n'), /▾ closed \(2\).*\n +├ two \(exited\) .*\n +└ three /)
  await rig.show(processRecord(63, 8, 'three', 300, 30, { sockets: 1 }), intervalRecord(63))
  t.match(
    (await rig.lines()).join('\n'),
    /▸ three +8 .*\n▌ ▾ closed \(1\)/,
    'one that comes back has its line again',
  )
})

t.test('traffic of no process: a line for each reason, and a balance', async t => {
  const rig = new TuiRig(120, 40)
  await rig.show()
  await rig.type('i')
  const unknown = (at: number, reason: string | undefined, port: number, rx: number, more = {}) =>
    connectionRecord(at, null, 'unknown', port, rx, 0, {
      reason,
      attribution: 'none',
      rx_bytes_total: rx * at,
      tx_bytes_total: 0,
      ...more,
    })
  const whole = (at: number, rx: number) =>
    processRecord(at, null, 'unknown', rx, 0, { rx_bytes_total: rx * at, tx_bytes_total: 0, connections: 3 })
  const interval = (at: number, more = {}) =>
    intervalRecord(at, {
      packets: 10,
      bytes: 10_000,
      attributed_bytes: 9000,
      unknown_bytes: 1000,
      unknown_by_reason: { closed_before_scan: 700, kernel: 250, no_socket: 50 },
      interface_bytes: 10_240,
      ...more,
    })
  const seconds = (at: number) => [
    processRecord(at, 9, 'known', 9000, 0),
    whole(at, 1000),
    connectionRecord(at, 9, 'known', 1, 6000, 0, { attribution: 'socket' }),
    connectionRecord(at, 9, 'known', 2, 3000, 0, { attribution: 'bound' }),
    unknown(at, 'closed_before_scan', 5, 400),
    unknown(at, 'closed_before_scan', 6, 300),
    unknown(at, 'kernel', 7, 250),
  ]
  let lines = await rig.show(...seconds(1), interval(1))
  t.match(
    lines[4],
    /^ counted 9\.8 K │ seen 99\.0% of interfaces │ owned 90\.0% \(60\.0% exact\) │ unknown 10\.0% closed_before_scan$/,
  )
  t.match(
    (await rig.resize(80, 24))[2],
    /^ counted 9\.8 K │ seen 99\.0% │ owned 90\.0% \(60\.0% exact\) │ unknown 10\.0%$/,
    'words go, figures stay',
  )
  await rig.resize(120, 40)
  lines = await rig.show(...seconds(2), interval(2))
  const text = lines.join('\n')
  t.match(text, /▸ \? closed_before_scan .* 2 +700 B\/s +1\.4 K /)
  t.match(text, /▸ \? kernel .* 1 +250 B\/s +500 B /)
  t.match(text, /▸ \? unknown .* 50 B\/s +100 B /, 'what no connection tells of')
  lines = await rig.type(`${down}\r`)
  t.match(lines.join('\n'), /▾ \? closed_before_scan.*\n +├ .*established.*\n +└ /, 'its connections')
  t.match(
    lines.join('\n'),
    /no process: closed_before_scan {2}its socket was gone before.*\n where the kernel counts/,
  )
  t.match((await rig.type('/kernel\r')).at(-2), /\/kernel 1 of 4/, 'can be filtered for')
  // The owner of one is found late: the totals of its reason shrink.
  await rig.type('\x1b')
  lines = await rig.show(
    processRecord(3, 9, 'known', 9000, 0),
    processRecord(3, null, 'unknown', 0, 0, { rx_bytes_total: 1200, tx_bytes_total: 0 }),
    unknown(3, 'closed_before_scan', 5, 0, { rx_bytes_total: 0, rx_packets: 0, tx_packets: 0 }),
    interval(3, { attributed_bytes: 10_000, unknown_bytes: 0, unknown_by_reason: {}, late_bytes: 800 }),
  )
  t.match(lines.join('\n'), /▾ \? closed_before_scan .* 0 +0 +600 B /)
  t.match(lines[4], /owned 96\.0% .* unknown 4\.0%/)
  lines = await rig.show(interval(4, { dropped: 3 }))
  t.match(lines[4], /^ lost 3 packets │ counted/)
  t.ok(rig.cell(2, 4)?.isBold())
  lines = await rig.show(interval(5, { method: 'ebpf' }))
  t.match(lines[4], /by the kernel │ owned/, 'at its sockets, where no interface is compared with')
  t.match((await rig.type('2')).join('\n'), /\? closed_be.*/, 'in the place of a name')
})

t.test('rows do not change places for a little', async t => {
  const rig = new TuiRig(80, 24)
  const names = (lines: string[]) =>
    [...lines.join('\n').matchAll(/▸ (\w+)/g)].map(match => match[1]).join(' ')
  const at = (second: number, alpha: number, beta: number, gamma: number) =>
    rig.show(...second_(second, { alpha, beta, gamma }))
  const second_ = (n: number, rates: Record<string, number>) => second(n, rates)
  t.equal(names(await at(1, 1000, 900, 0)), 'alpha beta gamma')
  for (let n = 2; n < 12; n++)
    t.equal(
      names(await at(n, 1000 + (n % 2) * 150, 1150 - (n % 2) * 150, 0)),
      'alpha beta gamma',
      `second ${n}`,
    )
  t.match(
    (await at(12, 1000, 1150, 90_000)).join('\n'),
    /gamma +102 .*87\.9 K\/s.*\n.*alpha/,
    'much is seen at once',
  )
  for (let n = 13; n < 17; n++) await at(n, 1000, 1150, 0)
  t.match(names(await rig.lines()), / gamma$/, 'what has stopped sinks')
})

t.test('the help moves', async t => {
  const rig = await started()
  let lines = await rig.type('?')
  t.match(lines.join('\n'), /1 2 3 4 +processes[^]*q, Ctrl-C +quit[^]*\d+ more lines/)
  t.match((await rig.type(down)).join('\n'), /^(?![^]*1 2 3 4)[^]*Tab, Shift-Tab/)
  lines = await rig.type('G')
  t.match(lines.join('\n'), /closed_before_scan +its socket was gone/)
  t.notMatch(lines.join('\n'), /more lines/)
  t.match((await rig.type(`g${up}`)).join('\n'), /1 2 3 4/)
  t.notMatch((await rig.resize(150, 60)).join('\n'), /more lines/, 'all of it where there is room')
  t.match((await rig.type('1')).join('\n'), /▸ alpha/)
})

t.test('a row in full', async t => {
  const rig = new TuiRig(110, 30)
  await rig.show(
    processRecord(1, 7, 'one', 500, 0, {
      cmdline: 'one --with arguments',
      uid: 1000,
      start_time: START - 200_000,
    }),
    connectionRecord(1, 7, 'one', 40_000, 500, 0, {
      remote_name: 'a.example.org',
      remote_name_source: 'sni',
      attribution: 'bound',
      service: 'https',
      jitter_us: 5000,
      retransmits: 1,
      start_time: START - 200_000,
    }),
    queryRecord(1, 'a.example.org'),
    interfaceRecord(1, 'eth0', 5000, 500),
    intervalRecord(1),
  )
  const detail = (lines: string[]) => lines.slice(-5, -2).map(line => line.trim())
  t.same(detail(await rig.lines()), [
    'one 7  user ann (1000)  since 2 days  1 socket',
    'one --with arguments',
    'received 4.9 K, sent 0  with a.example.org',
  ])
  t.same(detail(await rig.type('2')), [
    'tcp 192.0.2.7:40000 - 198.51.100.9:443  https  established  opened by this host  eth0',
    'one 7 of ann  owner: it holds the socket bound to the local address',
    "198.51.100.9 is a.example.org, by the client's TLS or QUIC handshake  RTT 400 ±5.0 ms, 1 retransmit  one --…",
  ])
  t.same(detail(await rig.type('4')), [
    'A a.example.org  NOERROR  198.51.100.9',
    'asked by curl 100  of 192.0.2.1  12.5 ms',
    '',
  ])
  t.same(detail(await rig.type('3')), ['eth0  in 4.9 K/s  out 500 B/s', '192.0.2.7/24  2001:db8::7/64', ''])
})

t.test('the pane: the selected row in full, beside the list', async t => {
  const rig = new TuiRig(120, 24)
  const paneOf = (lines: string[]) => {
    const x = rig.size().width - Math.floor(rig.size().width * 0.35) + 1
    return lines.slice(BODY - 1, -2).map(line => (line[x] === '│' ? line.slice(x + 2).trimEnd() : line))
  }
  const seconds = (at: number) => [
    processRecord(at, 7, 'one', 500, 5, { cmdline: 'one --with arguments', uid: 1000 }),
    processRecord(at, 8, 'two', 100, 5, { rx_bytes_total: 100 * at }),
    ...['kernel', 'socket', 'socket'].map((attribution, i) =>
      connectionRecord(at, 7, 'one', 50 * (i + 1), 200 - i, 5, {
        attribution,
        remote_name: `${i}.example.org`,
        remote_name_source: 'sni',
        retransmits: i,
      }),
    ),
    connectionRecord(at, null, 'unknown', 9, 10, 0, { reason: 'other_netns' }),
    processRecord(at, null, 'unknown', 10, 0),
    queryRecord(at, 'a.example.org', { response: '198.51.100.9, 198.51.100.10' }),
    resolverRecord(at, '192.0.2.1'),
    interfaceRecord(at, 'eth0', 5000, 500),
    intervalRecord(at),
  ]
  await rig.show(...seconds(1))
  let lines = await rig.show(...seconds(2))
  t.same(
    paneOf(lines),
    [
      'one 7',
      'one --with arguments',
      'user ann (1000)  since 14:58:20',
      '1 socket',
      '',
      'Traffic               now   60 s  total',
      '▼ received        500 B/s  1.0 K  4.9 K',
      '▲ sent              5 B/s   10 B   50 B',
      'RTT 0.50 to 1.5 ms, 3 retransmits',
      '',
      'Why this owner',
      '1 of 3: the kernel named it',
      '2 of 3: it holds the socket of this',
      'five-tuple',
      '',
      'Connections            3 now, 3 in 60 s',
      '0.example.org:443               205 B/s',
      '  tcp established out  eth0',
      '2 more',
    ].map(line => line),
  )
  for (const line of lines) t.ok(line.length <= 120)
  t.match(
    (await rig.type(`${down}${down}`)).join('\n'),
    /│ no process: other_netns *\n.*│ of another network namespace *\n/,
  )
  lines = await rig.type('2')
  t.match(lines.join('\n'), /Why this name *\n.*│ 198\.51\.100\.9 is 0\.example\.org, by the *\n/)
  lines = await rig.type('4')
  t.match(lines.join('\n'), /│ NOERROR after 12\.5 ms *\n.*│ 198\.51\.100\.9 *\n.*│ 198\.51\.100\.10 *\n/)
  t.match(lines.join('\n'), /│ resolver 192\.0\.2\.1 *\n.*│ 64 questions {2}12\.5% failed/)
  lines = await rig.type('3')
  t.match(lines.join('\n'), /│ eth0 *\n.*│ in 4\.9 K\/s *\n[^]*│ {3}one 7 {2}tcp established out/)
  lines = await rig.type('1+')
  t.match(
    lines.slice(-4).join('\n'),
    /│ only a recording.*\n.*│ slower\n.*afpacket/,
    'what there is to tell at its foot',
  )
  lines = await rig.type('i')
  t.notMatch(lines.slice(BODY - 1, -2).join('\n'), /│/, 'i: it goes')
  t.match((await rig.resize(100, 24)).join('\n'), / {2}PROCESS.*SHARE/)
  lines = await rig.type('i')
  t.match(lines.join('\n'), /│ Traffic +now +60 s +total\n/, 'and comes, where it does not by itself')
  t.match(lines.join('\n'), /PROCESS +PID +▼RATE +▲RATE +LAST 60 s↓ +│/)
  lines = await rig.type(`\x1b[<0;90;${BODY + 2}M`)
  t.ok(rig.isSelected(BODY + 2), 'a click beside the list chooses nothing')
  t.match((await rig.resize(99, 24)).join('\n'), /SHARE/, 'the list alone')
  t.match((await rig.type('i')).at(-5), /the pane needs 100 columns/)
})

t.test('events and DNS questions, where the screen is high', async t => {
  const rig = new TuiRig(100, 36)
  const hello = { type: 'hello', ts: START, tool: 'x', version: '1', schema: 1, method: 'ebpf', degraded: [] }
  const at = (n: number, more: Record<string, unknown> = {}) => intervalRecord(n, { method: 'ebpf', ...more })
  await rig.show(hello as never, processRecord(1, 7, 'one', 500, 5), at(1))
  const queries = [1, 2, 3, 4, 5, 6, 7].map(n => queryRecord(n, `host-${n}.example.org`))
  const lines = await rig.show(
    ...queries,
    queryRecord(8, 'gone.example.org', { rcode: 'timeout', response: 'timeout', latency_ms: null }),
    at(2, { dropped: 17 }),
  )
  t.match(
    lines.slice(-13, -2).join('\n'),
    new RegExp(
      [
        '^─ DNS, last 5 of 8 ─+$',
        '^ 15:00:08 +A +gone\\.example\\.org +curl +192\\.0\\.2\\.1 +timeout$',
        '^ 15:00:07 +A +host-7\\.example\\.org +curl +192\\.0\\.2\\.1 +12\\.5 ms 198\\.51\\.100\\.9$',
        '^[^]*host-4.*',
        '^─ events ─+$',
        '^ 15:00:01 ! 17 packets lost in 1 s so far$',
        '^ 15:00:00 counting by ebpf$',
      ].join('\n'),
      'm',
    ),
  )
  t.match(lines.slice(-16, -13).join('\n'), /received 4\.9 K/, 'below the selected row in full')
  t.match((await rig.type('/host-7\r')).join('\n'), /─ DNS, last 1 of 8, filtered ─+\n.*host-7.*\n +\n/)
  t.notMatch((await rig.type('\x1b4')).join('\n'), /─ DNS/, 'not below the list of all of them')
  t.notMatch((await rig.resize(100, 35)).join('\n') + (await rig.type('1')).join('\n'), /─ DNS/)
  t.match((await rig.resize(100, 32)).join('\n'), /─ events ─/)
  t.notMatch((await rig.resize(100, 31)).join('\n'), /events/)
  t.match(
    (await rig.type('?jjjjj')).join('\n'),
    /Events, the newest first *\n +15:00:01 +! 17 packets lost/,
    'all are in the help',
  )
  rig.stage.say('line 7: not JSON')
  t.match((await rig.resize(130, 40)).join('\n'), /15:00:02 +! line 7: not JSON/, 'a warning stays')
  await rig.type('? ')
  const before = await rig.lines()
  t.same(await rig.show(at(3, { method: 'afpacket' })), before, 'nothing is told on a paused screen')
  t.match((await rig.type(' ')).join('\n'), /15:00:03 counting by afpacket, before by ebpf/)
})

t.test('what carries a tunnel is told, and not added up', async t => {
  const rig = new TuiRig(110, 30)
  const vpn = { carries: ['tun0'] }
  await rig.show(
    processRecord(1, 7, 'curl', 50_000, 0),
    processRecord(1, 8, 'openvpn', 60_000, 0, vpn),
    intervalRecord(1),
  )
  const text = (await rig.lines()).join('\n')
  t.match(text, /^ ▼ 48\.8 K\/s/m, 'the rate of the host is that of what is inside')
  t.match(text, /openvpn \[tun0\] .* 58\.6 K\/s/)
  t.match(text, /curl .*100/)
})
