// The commands as a user runs them: records, pipes, exit codes.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import * as validators from '../../src/record/generated/validate.ts'
import { captureFile, frames, pcapngFile } from '../support/capture-file.ts'
import { records, root, shell } from '../support/command.ts'
import { dumpText, hello } from '../support/socket-dump.ts'

const folder = mkdtempSync(join(tmpdir(), 'netoproc-test-'))
const file = join(folder, 'trace.pcap')
writeFileSync(file, captureFile())
const dump = join(folder, 'sockets.ndjson')
writeFileSync(dump, dumpText)
t.teardown(() => rmSync(folder, { recursive: true }))

t.test('a capture file becomes records that validate', async t => {
  const { code, out, err } = await shell(`netoproc-capture -r ${file} --local 192.0.2.7`)
  t.equal(code, 0, err)
  const all = records(out)
  for (const record of all) {
    const name = `${(record.type as string).replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())}Record`
    const validate = (validators as unknown as Record<string, (record: unknown) => boolean>)[name]
    t.ok(validate?.(record), `${record.type}: ${JSON.stringify(record)}`)
  }
  const packets = all.filter(({ type }) => type === 'packet')
  t.equal(packets.length, frames.length)
  t.match(packets[2], {
    dir: 'out',
    proto: 'tcp',
    src_port: 53122,
    dst_ip: '198.51.100.9',
    tcp_flags: 'S',
    bytes: 40,
    frame_bytes: 54,
  })
  t.match(packets[7], { ip_version: 6, src_ip: '2001:db8::1', dir: 'forward' })
  t.match(packets[8], { ethertype: '0x0806', dir: null })
  const dns = all.filter(({ type }) => type === 'dns')
  t.match(dns[1], {
    qr: 'response',
    query_name: 'example.com',
    answers: [{ type: 'A', ttl: 300, data: '198.51.100.9' }],
  })
  t.match(all.at(-1), { type: 'stats', final: true, reason: 'eof', received: frames.length })
})

t.test('a recording is of its own time: whenever it is read, the same records come', async t => {
  const line = `netoproc-capture -r ${file}`
  const first = await shell(line)
  t.equal((await shell(line)).out, first.out)
  const [greeting, packet] = records(first.out)
  t.match(greeting, { type: 'hello', method: 'file', ts: packet?.ts })
  writeFileSync(join(folder, 'empty.pcap'), captureFile().subarray(0, 24))
  const empty = records((await shell(`netoproc-capture -r ${join(folder, 'empty.pcap')}`)).out)
  t.match(empty, [
    { type: 'hello', ts: 0 },
    { type: 'stats', ts: 0, received: 0, reason: 'eof' },
  ])
  const { out } = await shell('netoproc-capture -r -', pcapngFile([192, 0, 2, 7]))
  t.match(
    records(out)[0],
    { interfaces: [{ name: 'eth0', addresses: ['192.0.2.7'] }] },
    'hello knows its interfaces',
  )
})

t.test('a pipe and one process give the same rollups', async t => {
  const piped = await shell(
    `netoproc-capture -r ${file} | netoproc-attribute --sockets ${dump} | netoproc-aggregate`,
  )
  const inOne = await shell(`netoproc --read ${file} --sockets ${dump} --format ndjson`)
  t.equal(piped.code, 0, piped.err)
  t.equal(inOne.code, 0, inOne.err)
  const rollups = (text: string) => records(text).filter(({ type }) => type !== 'hello')
  t.same(rollups(inOne.out), rollups(piped.out))
  const processes = records(inOne.out).filter(({ type }) => type === 'process')
  const curl = processes.filter(({ pid }) => pid === 4821)
  const sum = (rows: typeof curl, name: string) => rows.reduce((all, row) => all + (row[name] as number), 0)
  t.equal(sum(curl, 'tx_bytes'), 40 + 140)
  t.equal(sum(curl, 'rx_bytes'), 40 + 1040)
  t.equal(curl[0]?.cmdline, 'curl https://example.com/')
  const seen = records(piped.out).filter(({ type }) => type === 'interval')
  t.equal(
    sum(processes, 'rx_bytes') + sum(processes, 'tx_bytes'),
    sum(seen, 'bytes') + sum(seen, 'local_bytes'),
  )
})

t.test('of a minute with many sockets, too: when each becomes known depends on no batch', async t => {
  const demo = join(root, 'test/golden/demo')
  const local = '--local 192.0.2.7 --local 2001:db8:7::7'
  const piped = await shell(
    `netoproc-capture -r ${demo}.pcapng ${local} | netoproc-attribute --sockets ${demo}.sockets.ndjson | netoproc-aggregate`,
  )
  const inOne = await shell(
    `netoproc --read ${demo}.pcapng ${local} --sockets ${demo}.sockets.ndjson --format ndjson`,
  )
  t.same([piped.code, inOne.code], [0, 0], piped.err + inOne.err)
  const rollups = (text: string) => text.split('\n').slice(1)
  t.ok(rollups(inOne.out).length > 1000)
  t.same(rollups(inOne.out), rollups(piped.out))
})

t.test('DNS questions, resolvers and names of remotes, from a file', async t => {
  const line = `netoproc --read ${file} --sockets ${dump} --format ndjson`
  const all = records((await shell(line)).out)
  const of = (name: string) => all.filter(({ type }) => type === name)
  t.match(of('dns_query'), [
    {
      query_name: 'example.com',
      query_type: 'A',
      rcode: 'NOERROR',
      response: '198.51.100.9',
      resolver: '192.0.2.53',
    },
  ])
  t.match(of('resolver'), [{ server: '192.0.2.53', query_count: 1, failure_rate_pct: 0 }])
  t.match(
    of('connection').find(({ pid }) => pid === 4821),
    { remote_name: 'example.com', remote_name_source: 'dns', service: 'https', network: 'documentation' },
  )
  const filtered = records((await shell(`${line} --filter example.com`)).out)
  const names = filtered.filter(({ type }) => type === 'connection').map(row => row.remote_name)
  t.ok(names.length > 0 && names.length < of('connection').length)
  t.same([...new Set(names)], ['example.com'])
  const onlyDns = await shell(
    `netoproc-capture -r ${file} | netoproc-attribute --sockets ${dump} | netoproc-aggregate --by dns --strict`,
  )
  t.equal(onlyDns.code, 0, onlyDns.err)
  t.same(
    records(onlyDns.out).filter(({ type }) => type === 'dns_query' || type === 'resolver'),
    all.filter(({ type }) => type === 'dns_query' || type === 'resolver'),
  )
  // Messages without their packets are enough for the questions.
  const bare = await shell(`netoproc-capture -r ${file} | grep '"type":"dns"' | netoproc-aggregate --by dns`)
  t.match(
    records(bare.out).filter(({ type }) => type === 'dns_query'),
    [{ query_name: 'example.com', rcode: 'NOERROR' }],
  )
  const bad = '{"type":"dns","ts":1,"id":1,"qr":"query","opcode":"QUERY","answers":[null],"truncated":false}'
  t.match((await shell('netoproc-aggregate', `${bad}\n`)).err, /line 1: an item of answers is not an object/)
})

t.test('snapshots: tsv, json, pretty', async t => {
  const run = (format: string) => shell(`netoproc --read ${file} --sockets ${dump} --format ${format}`)
  const [tsv, json, pretty] = await Promise.all([run('tsv'), run('json'), run('pretty')])
  t.equal(tsv.out.split('\n')[0], 'pid\tprocess\trx_bytes\ttx_bytes\trx_packets\ttx_packets')
  t.ok(tsv.out.includes('4821\tcurl\t1080\t180\t2\t2'), tsv.out)
  const rows = JSON.parse(json.out) as Array<Record<string, unknown>>
  t.same(
    rows.find(({ pid }) => pid === 4821),
    { pid: 4821, process: 'curl', rx_bytes: 1080, tx_bytes: 180, rx_packets: 2, tx_packets: 2 },
  )
  t.match(pretty.out, /TOTAL/)
  t.match(pretty.out, /unknown:\n {2}/)
})

t.test('--filter and --sort', async t => {
  const run = (options: string) => shell(`netoproc --read ${file} --sockets ${dump} --format tsv ${options}`)
  const pids = (out: string) =>
    out
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.split('\t')[0])
  t.same(pids((await run('--filter CURL')).out), ['4821'])
  t.same(pids((await run('--filter :443')).out), ['4821'])
  t.same(pids((await run('--filter 198.51.100.0/24 --sort pid')).out), ['4821', '-'])
  t.equal((await run('--filter 10.0.0.0/40')).code, 3)
})

t.test('malformed lines are told, skipped and make the exit code 4', async t => {
  const good = '{"type":"packet","ts":1.000000,"dir":null,"frame_bytes":60,"ethertype":"0x0806"}'
  const foreign = '{"type":"weather","ts":1,"rain":true}'
  const { code, out, err } = await shell(
    'netoproc-aggregate',
    `${good}\nnot json\n${foreign}\n{"type":"packet"}\n`,
  )
  t.equal(code, 4)
  t.match(err, /^netoproc-aggregate: line 2: not JSON\nnetoproc-aggregate: line 4: /)
  t.ok(out.split('\n').includes(foreign), 'unknown types pass through untouched')
  t.match(
    records(out).filter(({ type }) => type === 'interval'),
    [{ malformed: 2 }],
    'they are counted',
  )
  const strict = await shell(
    'netoproc-aggregate --strict',
    `${good}\n${foreign}\n{"type":"packet","ts":1,"dir":"up","frame_bytes":60}\n${foreign}\n`,
  )
  t.equal(strict.code, 4)
  t.match(strict.err, /line 3: packet record/)
  t.match(
    records(strict.out).filter(({ type }) => type !== 'process' && type !== 'connection'),
    [{ type: 'weather' }, { type: 'interval', non_ip_frames: 1 }],
    'what came before it is written',
  )
})

t.test('damage: what came before it is written', async t => {
  writeFileSync(join(folder, 'cut.pcap'), captureFile().subarray(0, -10))
  const { code, out, err } = await shell(`netoproc-capture -r ${join(folder, 'cut.pcap')}`)
  t.equal(code, 4)
  t.equal(err.trim().split('\n').length, 1, err)
  t.equal(records(out).filter(({ type }) => type === 'packet').length, frames.length - 1)
  t.match(records(out).at(-1), { type: 'stats', final: true, reason: 'error' })
})

t.test('a reader that goes away', async t => {
  for (const line of [`netoproc-capture -r ${file} | head -1`, 'netoproc --help | head -1']) {
    const { code, err } = await shell(line)
    t.same([code, err], [0, ''], line)
  }
})

t.test('what the capture took is what it looked at', async t => {
  const last = async (options: string) =>
    records((await shell(`netoproc-capture -r ${file} ${options}`)).out).at(-1)
  t.match(await last('-c 1'), { received: 1, filtered: null, reason: 'count' })
  const udp = await last('udp')
  const received = udp?.received as number
  t.ok(received > 1 && received < frames.length)
  t.match(udp, { filtered: frames.length - received, reason: 'eof' })
  const one = await last('-c 1 udp')
  t.match(one, { received: 1, reason: 'count' })
  t.ok((one?.filtered as number) < (udp?.filtered as number))
})

t.test('a signal ends a command on whose pipe nothing comes', async t => {
  const begins: ReadonlyArray<readonly [args: readonly string[], begin: string | Buffer]> = [
    [['aggregate'], `${JSON.stringify(hello)}\n`],
    [['capture', '-r', '-'], captureFile()],
  ]
  for (const [[name, ...args], begin] of begins) {
    const child = spawn(process.execPath, [join(root, `bin/netoproc-${name}.js`), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    child.stdin.write(begin)
    await new Promise(resolve => child.stdout.once('data', resolve))
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    const late = new Promise(resolve => setTimeout(() => resolve('still there'), 6000).unref())
    t.equal(
      await Promise.race([ended, late]),
      0,
      `${name}, after the time that is left to the commands before it`,
    )
  }
})

t.test('a command that has no status to tell goes on when it is asked for it', async t => {
  const child = spawn(process.execPath, [join(root, 'bin/netoproc-aggregate.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  child.stdin.write(`${JSON.stringify(hello)}\n`)
  await new Promise(resolve => child.stdout.once('data', resolve))
  child.kill('SIGUSR2')
  child.stdin.end()
  t.equal(await new Promise(resolve => child.once('exit', resolve)), 0)
})

t.test('each command answers --help, --version and --completion', async t => {
  for (const part of ['', '-capture', '-sockets', '-attribute', '-aggregate', '-render']) {
    const name = `netoproc${part}`
    const [help, version, completion] = await Promise.all([
      shell(`${name} --help`),
      shell(`${name} --version`),
      shell(`SHELL=/bin/zsh ${name} --completion`),
    ])
    t.same([help.code, version.code, completion.code], [0, 0, 0], help.err + version.err + completion.err)
    t.ok(help.out.startsWith(`${name} - `))
    t.match(version.out, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\n$`))
    t.ok(completion.out.startsWith(`#compdef ${name}\n`), "the user's shell by default")
  }
})
