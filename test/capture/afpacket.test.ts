// AF_PACKET for real, in a network namespace of its own: no root is needed, where user namespaces are allowed. This file runs
// itself again inside (NETOPROC_TEST_INSIDE), where `lo` is all there is until the tests make more.

import { spawn, spawnSync, execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { AfPacketSource } from '../../src/capture/linux/afpacket-source.ts'
import { openLive } from '../../src/capture/open.ts'
import { Frame, type EndReason, type FrameSink, type LiveOptions } from '../../src/capture/port.ts'
import { FileDescriptor, openDescriptors } from '../../src/native/file-descriptor.ts'
import { NetoprocError } from '../../src/record/error.ts'
import { FlowTable } from '../../src/record/flow-table.ts'
import { NameTable } from '../../src/record/name-table.ts'
import { OwnerTable } from '../../src/record/owner-table.ts'

const here = fileURLToPath(import.meta.url)
const namespace = ['--user', '--map-root-user', '--net', '--mount']

interface Seen {
  readonly iface: string | undefined
  readonly tsUs: number
  readonly linkType: number
  readonly capturedLength: number
  readonly wireLength: number
  readonly gsoSize: number
  readonly data: Buffer
}

class Recorder implements FrameSink {
  readonly frames: Seen[] = []
  readonly warnings: string[] = []
  readonly names: NameTable
  constructor(names: NameTable) {
    this.names = names
  }
  frame(frame: Frame): void {
    const { tsUs, linkType, capturedLength, wireLength, gsoSize, offset, bytes } = frame
    const iface = this.names.get(frame.iface)
    const data = Buffer.from(bytes.subarray(offset, offset + capturedLength))
    this.frames.push({ iface, tsUs, linkType, capturedLength, wireLength, gsoSize, data })
  }
  endOfBlock(): void {}
  warn(message: string): void {
    this.warnings.push(message)
  }
}

const tables = () => ({ flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() })
const defaults: LiveOptions = {
  method: 'auto',
  interfaces: [],
  promisc: false,
  bufferBytes: 1 << 20,
  dns: true,
}

/** Captures while `action` runs. */
async function capture(
  options: Partial<LiveOptions>,
  action: (source: AfPacketSource) => Promise<void>,
): Promise<Recorder & { end: EndReason; source: AfPacketSource }> {
  const all = tables()
  const source = new AfPacketSource({ ...defaults, ...options }, all)
  try {
    const recorder = new Recorder(all.ifaces)
    const running = source.run(recorder, () => undefined)
    await action(source)
    source.stop('duration')
    return Object.assign(recorder, { end: await running, source })
  } finally {
    source.close()
  }
}

async function sendUdp(count: number, length: number, port: number, host = '127.0.0.1'): Promise<void> {
  const socket = createSocket('udp4')
  for (let i = 0; i < count; i++) {
    await new Promise<void>((done, failed) =>
      socket.send(Buffer.alloc(length, 0x5a), port, host, error => (error === null ? done() : failed(error))),
    )
  }
  socket.close()
}

/** What a process has read that did not run while `action` did. */
async function readLate(
  options: Partial<LiveOptions>,
  action: () => Promise<void>,
): Promise<{ lengths: Record<number, number>; received: number; dropped: number }> {
  const reader = spawn(process.execPath, [...process.execArgv, here], {
    env: { ...process.env, NETOPROC_TEST_INSIDE: 'reader', NETOPROC_TEST_OPTIONS: JSON.stringify(options) },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let said = ''
  reader.stdout.setEncoding('utf8').on('data', text => (said += text))
  const ended = once(reader, 'close')
  await once(reader.stdout, 'data')
  try {
    reader.kill('SIGSTOP')
    await action()
  } finally {
    reader.kill('SIGCONT')
    reader.stdin.end()
  }
  await ended
  return JSON.parse(said.slice('reading\n'.length))
}

/** The process that is stopped: counts packets by their length on the wire. */
async function reader(): Promise<void> {
  const all = tables()
  const options = JSON.parse(process.env['NETOPROC_TEST_OPTIONS'] as string) as Partial<LiveOptions>
  const source = new AfPacketSource({ ...defaults, ...options }, all)
  const lengths: Record<number, number> = {}
  const sink: FrameSink = {
    frame: ({ wireLength, capturedLength }) => {
      const length = options.dns === false ? wireLength : capturedLength
      lengths[length] = (lengths[length] ?? 0) + 1
    },
    endOfBlock: () => {},
    warn: () => {},
  }
  const running = source.run(sink, () => undefined)
  process.stdin.resume().once('end', () => source.stop('signal'))
  process.stdout.write('reading\n')
  await running
  const { received, dropped } = source.statistics()[0] as { received: number; dropped: number }
  source.close()
  process.stdout.write(JSON.stringify({ lengths, received, dropped }))
}

const ip = (...line: string[]) => execFileSync('ip', line, { stdio: ['ignore', 'ignore', 'pipe'] })
/** UDP to a port, without ICMP's answers. */
const udpTo = (frames: readonly Seen[], port: number) =>
  frames.filter(({ data, linkType }) => {
    const at = linkType === 1 ? 14 : 0
    return (
      data.length >= at + 28 &&
      data[at] === 0x45 &&
      data[at + 9] === 17 &&
      data.readUInt16BE(at + 22) === port
    )
  })

function inside(): void {
  ip('link', 'set', 'lo', 'up')

  t.test('loopback: each packet once, headers alone', async t => {
    const before = Date.now() * 1000
    const { frames, end, source } = await capture({}, async () => sendUdp(20, 500, 4000))
    const sent = udpTo(frames, 4000)
    t.equal(end, 'duration')
    t.equal(sent.length, 20)
    for (const frame of sent) {
      t.match(frame, { iface: 'lo', linkType: 1, capturedLength: 128, wireLength: 14 + 28 + 500, gsoSize: 0 })
      t.ok(frame.tsUs >= before - 1e6 && frame.tsUs <= Date.now() * 1000 + 1e6, 'time of the wall clock')
    }
    t.match(source.statistics(), [{ received: frames.length, dropped: 0, filtered: null }])
  })

  t.test('whole packets of DNS, and no others when somebody else counts', async t => {
    const whole = await capture({}, async () => sendUdp(3, 500, 53))
    t.same(
      udpTo(whole.frames, 53).map(frame => frame.capturedLength),
      [542, 542, 542],
    )
    const without = await capture({ dns: false, snaplen: 96 }, async () => sendUdp(1, 500, 53))
    t.same(
      udpTo(without.frames, 53).map(frame => frame.capturedLength),
      [96],
    )
    const only = await capture({ dnsOnly: true }, async () => {
      await sendUdp(3, 500, 4000)
      await sendUdp(2, 30, 53)
    })
    t.same(
      udpTo(only.frames, 53).map(frame => frame.capturedLength),
      [72, 72],
    )
    t.same(udpTo(only.frames, 4000), [])
  })

  t.test('an expression, in the kernel and here', async t => {
    const send = async () => {
      await sendUdp(2, 10, 4001)
      await sendUdp(3, 10, 4002)
    }
    const inKernel = await capture({ expression: 'udp dst port 4002' }, send)
    t.equal(inKernel.frames.length, 3)
    t.equal(inKernel.source.statistics()[0]?.received, 3)
    const mixed = await capture({ expression: 'udp dst port 4001 or vlan 7' }, send)
    t.equal(mixed.frames.length, 2)
    await t.rejects(capture({ expression: 'udp dst prot 1' }, send), {
      kind: 'usage',
      message: /^EXPRESSION/,
    })
  })

  t.test('super-packets tell their segments', async t => {
    ip('link', 'set', 'lo', 'mtu', '1500')
    const outSegments = () => {
      const [names, values] = readFileSync('/proc/net/snmp', 'utf8')
        .split('\n')
        .filter(line => line.startsWith('Tcp:'))
      // OutSegs does not count what is sent again, as happens on a machine that is busy (RFC 4022).
      const of = (name: string) =>
        Number((values as string).split(' ')[(names as string).split(' ').indexOf(name)])
      return of('OutSegs') + of('RetransSegs')
    }
    let segments = 0
    const { frames, source } = await capture({ expression: 'tcp', bufferBytes: 1 << 23 }, async () => {
      const server = createServer(socket => socket.resume().on('end', () => socket.end()))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const before = outSegments()
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
      client.resume().end(Buffer.alloc(3_000_000))
      await once(client, 'close')
      server.close()
      await sleep(50)
      segments = outSegments() - before
    })
    let counted = 0
    const parts: Array<[from: number, to: number]> = []
    for (const { data, gsoSize, wireLength } of frames) {
      const headers = 14 + 20 + ((data[46] as number) >> 4) * 4
      const sequence = Buffer.from(data.slice(38, 42)).readUInt32BE()
      if (wireLength > headers) parts.push([sequence, sequence + wireLength - headers])
      counted += gsoSize === 0 ? 1 : Math.ceil((wireLength - headers) / gsoSize)
    }
    t.ok(
      frames.some(frame => frame.gsoSize === 1448),
      'some are super-packets',
    )
    // From the first byte's number on, which may wrap; each byte once.
    const first = parts[0]?.[0] ?? 0
    let payload = 0
    for (const [from, to] of parts
      .map(([from, to]) => [(from - first) >>> 0, to - from] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([from, length]) => [from, from + length] as const))
      if (from <= payload && to > payload) payload = to
    t.equal(payload, 3_000_000)
    t.equal(counted, segments, "as many segments as the kernel's own count")
    t.equal(source.statistics()[0]?.dropped, 0)
    ip('link', 'set', 'lo', 'mtu', '65536')
  })

  t.test('a datagram that the kernel takes apart (UDP_SEGMENT)', async t => {
    const SOL_UDP = 17
    const UDP_SEGMENT = 103
    const { setsockopt } = await import('../../src/native/linux/libc.ts')
    const { frames } = await capture({ expression: 'udp' }, async () => {
      const socket = createSocket('udp4')
      socket.connect(4010, '127.0.0.1')
      await once(socket, 'connect')
      const { fd } = (socket as unknown as { _handle: { fd: number } })._handle
      const size = new Uint8Array(Int32Array.of(1000).buffer)
      setsockopt(
        'UDP_SEGMENT',
        new FileDescriptor(fd, { close: () => 0, checkWaitable: () => {} }),
        SOL_UDP,
        UDP_SEGMENT,
        size,
      )
      await new Promise(done => socket.send(Buffer.alloc(13_500), done))
      socket.close()
      await sleep(50)
    })
    t.match(udpTo(frames, 4010), [{ gsoSize: 1000, wireLength: 14 + 28 + 13_500 }])
  })

  t.test('a ring that is too small says what it lost', async t => {
    const all = tables()
    const source = new AfPacketSource({ ...defaults, bufferBytes: 8192, dns: false }, all)
    const recorder = new Recorder(all.ifaces)
    let open = (): void => {}
    const running = source.run(recorder, () => new Promise<void>(resolve => (open = resolve)))
    await sendUdp(300, 400, 4000)
    await sleep(100)
    const opening = setInterval(() => open(), 5)
    source.stop('duration')
    await running
    clearInterval(opening)
    const [{ received, dropped } = { received: 0, dropped: 0 }] = source.statistics()
    source.close()
    t.ok(dropped > 0, `${dropped} dropped`)
    t.equal(received, recorder.frames.length)
    t.ok(received + dropped >= 300, 'nothing is lost in silence')
  })

  t.test('who does not run for some seconds misses nothing: few packets, and bursts', async t => {
    const expression = 'udp dst port 53 or udp dst port 4000'
    const read = await readLate({ expression, bufferBytes: 1 << 25 }, async () => {
      for (let i = 1; i <= 150; i++) {
        await sendUdp(1, 58, 4000)
        await sleep(25)
        if (i % 50 === 0) {
          await sendUdp(1000, 500, 4000)
          await sendUdp(5, 60_000, 53)
        }
      }
    })
    t.same(read, { lengths: { 100: 150, 128: 3000, 60_042: 15 }, received: 3165, dropped: 0 })
  })

  t.test('what a small ring could not hold meanwhile is counted', async t => {
    const { lengths, received, dropped } = await readLate(
      { expression: 'udp dst port 4000', bufferBytes: 1 << 20, dns: false },
      async () => sendUdp(10_000, 500, 4000),
    )
    t.ok(dropped > 0, `${dropped} dropped`)
    t.same(lengths, { 542: received })
    t.equal(received + dropped, 10_000)
  })

  t.test('interfaces that come, go and are not there', async t => {
    const late = await capture({}, async () => {
      ip('link', 'add', 'ncA', 'type', 'veth', 'peer', 'name', 'ncB')
      ip('addr', 'add', '10.200.0.1/24', 'dev', 'ncA')
      ip('neigh', 'add', '10.200.0.2', 'lladdr', '02:00:00:00:00:99', 'dev', 'ncA')
      ip('link', 'set', 'ncB', 'up')
      ip('link', 'set', 'ncA', 'up')
      await sleep(50)
      await sendUdp(4, 10, 4005, '10.200.0.2')
    })
    const seen = udpTo(late.frames, 4005)
    t.same(
      seen.map(({ iface }) => iface),
      ['ncA', 'ncA', 'ncA', 'ncA'],
      'seen where they leave; at the other end they are for another host',
    )
    const promiscuous = await capture({ promisc: true }, async () => sendUdp(1, 10, 4005, '10.200.0.2'))
    t.same(
      udpTo(promiscuous.frames, 4005)
        .map(({ iface }) => iface)
        .sort(),
      ['ncA', 'ncB'],
    )
    const chosen = await capture({ interfaces: ['ncA', 'ncB'] }, async () => {
      await sendUdp(1, 10, 4000)
      await sendUdp(1, 10, 4005, '10.200.0.2')
    })
    t.same(
      chosen.frames.filter(({ iface }) => iface === 'lo'),
      [],
    )
    t.equal(udpTo(chosen.frames, 4005).length, 1)

    const source = await openLive({ ...defaults, interfaces: ['ncA'] }, tables())
    t.equal(source.method, 'afpacket')
    t.ok(
      source.interfaces().some(({ name, addresses }) => name === 'ncA' && addresses.includes('10.200.0.1')),
    )
    t.same(
      source.interfaceRecords?.(1e15).map(({ name, up }) => ({ name, up })),
      [{ name: 'ncA', up: true }],
    )
    const running = source.run(new Recorder(new NameTable()), () => undefined)
    ip('link', 'set', 'ncA', 'down')
    await sleep(100)
    ip('link', 'del', 'ncA')
    await t.rejects(running, { kind: 'device', message: 'interface "ncA" is gone' })
    source.close()

    ip('link', 'add', 'ncC', 'type', 'veth', 'peer', 'name', 'ncD')
    const down = await capture({ interfaces: ['ncC'] }, async () => {})
    t.same(down.warnings, ['interface "ncC" is down'])
    const others = await capture({ interfaces: ['lo', 'ncC'] }, async source => {
      ip('link', 'del', 'ncC')
      await sleep(1200)
      source.interfaceRecords(0)
      await sendUdp(2, 10, 4000)
    })
    t.same(others.warnings, [
      'interface "ncC" is down',
      'interface "ncC" is gone; the others are still captured',
    ])
    t.equal(udpTo(others.frames, 4000).length, 2)
    t.throws(() => new AfPacketSource({ ...defaults, interfaces: ['ncC'] }, tables()), {
      kind: 'device',
      message: 'no interface "ncC"; there are: lo',
    })
  })

  t.test('a new address is known before the packets that it has', async t => {
    const source = new AfPacketSource(defaults, tables())
    const known: boolean[] = []
    let isKnown = false
    const running = source.run(
      {
        frame: ({ wireLength }) => void (wireLength === 14 + 28 + 77 && known.push(isKnown)),
        interfacesChanged: () => {
          isKnown = source.interfaces().some(({ addresses }) => addresses.includes('10.200.1.1'))
        },
        endOfBlock() {},
        warn() {},
      },
      () => undefined,
    )
    // Interfaces have just been read, and are not read again at once.
    await sleep(60)
    ip('addr', 'add', '10.200.1.1/24', 'dev', 'lo')
    await sendUdp(2, 77, 4007, '10.200.1.1')
    source.stop('duration')
    await running
    source.close()
    ip('addr', 'del', '10.200.1.1/24', 'dev', 'lo')
    t.same(known, [true, true])
  })

  t.test('ends', async t => {
    const before = openDescriptors()
    const source = new AfPacketSource(defaults, tables())
    const running = source.run(new Recorder(new NameTable()), () => undefined)
    await sleep(30)
    source.close()
    t.equal(await running, 'closed')
    source.close()
    source.stop('signal')
    const stopped = await capture({}, async source => {
      source.stop('count')
      source.stop('signal')
    })
    t.equal(stopped.end, 'count', 'the first reason stands')
    t.equal(openDescriptors(), before, 'every descriptor is given back')
    await t.rejects(openLive({ ...defaults, method: 'pktap' }, tables()), {
      kind: 'usage',
      message: /^capture by pktap is not available on linux$/,
    })
  })
}

async function outside(): Promise<void> {
  const trial = spawnSync('unshare', [...namespace, 'ip', 'link', 'set', 'lo', 'up'])
  const possible = process.platform === 'linux' && trial.status === 0
  t.test(
    'in a network namespace',
    { skip: possible ? false : 'needs Linux, unshare, ip, and user namespaces' },
    async t => {
      const { stdout, stderr, status } = spawnSync(
        'unshare',
        [...namespace, process.execPath, ...process.execArgv, here],
        {
          encoding: 'utf8',
          env: { ...process.env, NETOPROC_TEST_INSIDE: '1' },
        },
      )
      if (status !== 0) t.comment(stdout + stderr)
      t.equal(status, 0, 'all tests inside pass')
      t.match(stdout, /ok \d+ - ends/)
    },
  )

  t.test('without privilege', { skip: process.platform === 'linux' ? false : 'needs Linux' }, async t => {
    const script = `import { AfPacketSource } from ${JSON.stringify(new URL('../../src/capture/linux/afpacket-source.ts', import.meta.url).href)}
      import { NameTable } from ${JSON.stringify(new URL('../../src/record/name-table.ts', import.meta.url).href)}
      try {
        new AfPacketSource({ method: 'auto', interfaces: [], promisc: false, bufferBytes: 65536, dns: true }, { ifaces: new NameTable() })
      } catch (error) { console.log(error.kind + ': ' + error.message) }`
    const isRoot = process.getuid?.() === 0
    // Root without the capability is what a container has; a user has none at all.
    const command = isRoot
      ? ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-all', process.execPath]
      : [process.execPath]
    const [program = '', ...rest] = command
    const { stdout, stderr } = spawnSync(
      program,
      [...rest, ...process.execArgv, '--input-type=module', '-e', script],
      { encoding: 'utf8' },
    )
    t.match(stdout, /^privilege: capturing packets needs CAP_NET_RAW; /, stderr)
    t.match(stdout, isRoot ? /--cap-add=NET_RAW/ : /sudo sh .*scripts\/linux-install\.sh/)
  })
  t.ok(new NetoprocError('privilege', '').exitCode === 1)
}

const role = process.env['NETOPROC_TEST_INSIDE']
if (role === 'reader') await reader()
else if (role === '1') inside()
else await outside()
