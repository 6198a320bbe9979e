// Who has which socket, from made-up events: no kernel, no root.

import t from 'tap'
import { Counters } from '../../src/attribute/counters.ts'
import { Flow } from '../../src/attribute/linux/ebpf-flow.ts'
import { FlowMemory } from '../../src/attribute/linux/ebpf-flow-memory.ts'
import { OwnerEvent } from '../../src/attribute/linux/ebpf-event.ts'
import {
  EVENT_ADDRESS,
  EVENT_CREATE,
  EVENT_EXEC,
  EVENT_RELEASE,
  EVENT_SHARED,
  EVENT_TRANSFER,
  event as layout,
  flowKey,
  flowValue,
  namePacket,
} from '../../src/attribute/linux/ebpf-layout.ts'
import { AcceptedSockets } from '../../src/attribute/linux/ebpf-accepted.ts'
import { EventClock } from '../../src/attribute/linux/event-clock.ts'
import { CLOCK_REALTIME } from '../../src/native/linux/clock.ts'
import { ListedSockets } from '../../src/attribute/linux/ebpf-listed.ts'
import { NamePackets } from '../../src/attribute/linux/ebpf-name-packets.ts'
import { KernelSockets } from '../../src/attribute/linux/ebpf-socket.ts'
import type { SocketPacket } from '../../src/record/socket-packet.ts'
import type { SocketRecord } from '../../src/record/generated/types.ts'
import { startTime } from '../../src/native/linux/proc.ts'
import { seededRandom } from '../support/random.ts'

const skip = process.platform === 'linux' ? false : 'not Linux'
/** Above every pid that a kernel gives (PID_MAX_LIMIT is 2^22): /proc knows nothing of them. */
const ANN = 5_000_001
const BOB = 5_000_002

function event(fields: Partial<OwnerEvent>): OwnerEvent {
  return Object.assign(new OwnerEvent(), {
    cookie: 1,
    startNs: 5_000_000_000,
    tid: fields.tgid ?? 0,
    ...fields,
  })
}

/** Sockets, and the owners that beforeChange was told of. */
function sockets(isExact: boolean): { table: KernelSockets; before: (string | undefined)[] } {
  const before: (string | undefined)[] = []
  const table = new KernelSockets(socket => {
    before.push(socket.owner?.fields.process)
    return isExact
  })
  return { table, before }
}

t.test('an event is read from its bytes', async t => {
  const bytes = new DataView(new ArrayBuffer(layout.size + 8))
  const at = 8
  bytes.setUint8(at + layout.kind, EVENT_TRANSFER)
  bytes.setUint32(at + layout.tgid, 4_194_303, true)
  bytes.setUint32(at + layout.uid, 4_294_967_294, true)
  bytes.setBigUint64(at + layout.cookie, 0x0001_8000_0001n, true)
  bytes.setBigUint64(at + layout.rxBytes, 5_000_000_000n, true)
  bytes.setUint16(at + layout.ends + flowKey.remotePort - flowKey.remoteIp, 443, true)
  bytes.setUint32(at + layout.ends + flowKey.localWord - flowKey.remoteIp, 0x0100007f, true)
  // "é", a byte that is not UTF-8, a NUL, and what was there before.
  new Uint8Array(bytes.buffer).set([0xc3, 0xa9, 0xff, 0, 0x41, 0x41], at + layout.comm)
  const decoded = new OwnerEvent()
  decoded.decode(bytes, at)
  t.match(decoded, {
    kind: EVENT_TRANSFER,
    tgid: 4_194_303,
    uid: 4_294_967_294,
    cookie: 0x0001_8000_0001,
    rxBytes: 5_000_000_000,
    comm: 'é\ufffd',
  })
  const key = new DataView(new ArrayBuffer(flowKey.size))
  key.setBigUint64(flowKey.cookie, 0x0001_8000_0001n, true)
  key.setUint16(flowKey.remotePort, 443, true)
  key.setUint32(flowKey.localWord, 0x0100007f, true)
  t.equal(Buffer.from(decoded.flow.buffer).toString('hex'), Buffer.from(key.buffer).toString('hex'))
})

t.test("a socket is its creator's until another process uses it", { skip }, async t => {
  const { table, before } = sockets(true)
  table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN, comm: 'ann\x1b' }))
  t.strictSame(table.get(1)?.owner?.fields, {
    pid: ANN,
    start_time: startTime(500),
    process: 'ann\\x1b',
    user: 'root',
    uid: 0,
    cmdline: null,
  })
  table.onEvent(event({ kind: EVENT_ADDRESS, tgid: ANN, comm: 'ann\x1b' }))
  t.strictSame(before, [], 'nothing has changed')
  table.onEvent(event({ kind: EVENT_TRANSFER, tgid: BOB, comm: 'bob' }))
  t.strictSame(before, ['ann\\x1b'], 'told before the change')
  t.equal(table.get(1)?.owner?.fields.process, 'bob')
  table.onEvent(event({ kind: EVENT_RELEASE, tgid: ANN, comm: 'ann\x1b' }))
  t.equal(table.get(1)?.owner?.fields.process, 'bob', 'who closes a socket last is not therefore its owner')
  t.equal(table.get(1)?.isReleased, true)
})

t.test('a pid that is used again is another process', { skip }, async t => {
  const { table, before } = sockets(true)
  table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN, comm: 'same', cookie: 1 }))
  table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN, comm: 'same', cookie: 2 }))
  table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN, comm: 'same', cookie: 3, startNs: 9_000_000_000 }))
  t.equal(table.get(1)?.owner, table.get(2)?.owner)
  t.not(table.get(1)?.owner, table.get(3)?.owner)
  t.equal(table.get(3)?.owner?.fields.start_time, startTime(900))
  t.strictSame(before, [])
})

t.test('a process that has become another program has its sockets under the new name', { skip }, async t => {
  const { table, before } = sockets(true)
  table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN, comm: 'sh', cookie: 1 }))
  table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN, comm: 'sh', cookie: 2, startNs: 1_000_000_000 }))
  table.onEvent(event({ kind: EVENT_CREATE, tgid: BOB, comm: 'bob', cookie: 3 }))
  t.equal(table.onEvent(event({ kind: EVENT_EXEC, tgid: ANN, comm: 'curl', cookie: 0 })), undefined)
  t.strictSame(before, ['sh'])
  t.equal(table.get(1)?.owner?.fields.process, 'curl')
  t.equal(table.get(2)?.owner?.fields.process, 'sh', 'of an earlier process with that pid')
  t.equal(table.get(3)?.owner?.fields.process, 'bob')
})

t.test("an accepted connection is its first user's, or its closer's", { skip }, async t => {
  const { table, before } = sockets(true)
  table.onEvent(event({ kind: EVENT_TRANSFER, tgid: BOB, comm: 'bob', cookie: 1 }))
  table.onEvent(event({ kind: EVENT_RELEASE, tgid: BOB, comm: 'bob', cookie: 2 }))
  t.equal(table.get(1)?.owner?.fields.process, 'bob')
  t.equal(table.get(2)?.owner?.fields.process, 'bob')
  t.strictSame(before, [])
})

t.test(
  "turns are told apart where the counters are, and are nobody's where they are not",
  { skip },
  async t => {
    for (const isExact of [true, false]) {
      const { table } = sockets(isExact)
      table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN, comm: 'ann' }))
      table.onEvent(event({ kind: EVENT_TRANSFER, tgid: BOB, comm: 'bob' }))
      t.equal(table.get(1)?.isShared, false, 'handed over once')
      table.onEvent(event({ kind: EVENT_TRANSFER, tgid: ANN, comm: 'ann' }))
      t.equal(table.get(1)?.isShared, !isExact)
    }
    const { table, before } = sockets(true)
    table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN, comm: 'ann' }))
    table.onEvent(event({ kind: EVENT_SHARED, tgid: BOB, comm: 'bob' }))
    t.equal(table.get(1)?.isShared, true)
    t.strictSame(before, ['ann'])
  },
)

t.test('turns are kept with their times', { skip }, async t => {
  const { table } = sockets(true)
  const turns = (cookie = 1) =>
    table
      .get(cookie)
      ?.turns?.map(({ fromUs, owner }) => [fromUs, typeof owner === 'string' ? owner : owner.process])
  const ann = (kind: number, cookie = 1) => event({ kind, tgid: ANN, comm: 'ann', cookie })
  const bob = (kind: number, cookie = 1) => event({ kind, tgid: BOB, comm: 'bob', cookie })
  table.onEvent(ann(EVENT_CREATE), 10)
  table.onEvent(ann(EVENT_ADDRESS), 11)
  t.equal(turns(), undefined, 'one owner needs no history')
  table.onEvent(bob(EVENT_TRANSFER), 20)
  table.onEvent(bob(EVENT_ADDRESS), 25)
  table.onEvent(ann(EVENT_TRANSFER), 30)
  table.onEvent(bob(EVENT_RELEASE), 40)
  const known = [[-Infinity, 'ann'], [20, 'bob'], [30, 'ann']] // prettier-ignore
  t.strictSame(turns(), known)
  t.strictSame(
    table.takePassed().map(({ cookie }) => cookie),
    [1],
  )
  t.strictSame(table.takePassed(), [], 'told once')
  table.onEvent(event({ kind: EVENT_EXEC, tgid: ANN, comm: 'exec', cookie: 0 }), 50)
  t.strictSame(turns(), [...known, [50, 'exec']])
  table.onEvent(bob(EVENT_SHARED), 60)
  table.onEvent(bob(EVENT_RELEASE), 70)
  t.strictSame(turns(), [...known, [50, 'exec'], [60, 'nobody']])

  // Its maker has connected nothing.
  const inUse = { protocol: 6, txPackets: 1 }
  for (const [cookie, fields] of [
    [2, {}],
    [3, inUse],
    [4, { protocol: 6 }],
  ] as const) {
    // prettier-ignore
    table.onEvent(ann(EVENT_CREATE, cookie), 10)
    Object.assign(table.of(cookie), { madeUs: 10 })
    table.onEvent(Object.assign(bob(EVENT_ADDRESS, cookie), fields), 20)
    t.equal(table.get(cookie)?.turns?.at(-1)?.isFirstUse, cookie === 4)
  }

  table.onEvent(bob(EVENT_TRANSFER, 5), 20, true)
  t.strictSame(turns(5), [[-Infinity, 'holder'], [20, 'bob']], 'a scan has told who held it until then') // prettier-ignore
  table.onEvent(bob(EVENT_TRANSFER, 6), 20, false)
  t.equal(turns(6), undefined)
  table.onEvent(bob(EVENT_SHARED, 7), 20, false)
  t.strictSame(turns(7), [[-Infinity, 'nobody'], [20, 'nobody']]) // prettier-ignore
  table.forget(table.of(7))
  t.notOk(table.takePassed().some(({ cookie }) => cookie === 7))
})

t.test('of turns whose events were lost nobody is known', { skip }, async t => {
  const { table } = sockets(false)
  const at = (kind: number, tgid: number, us: number, cookie: number) =>
    event({ kind, tgid, comm: tgid === ANN ? 'ann' : 'bob', monotonicNs: us * 1000, cookie })
  const turns = (cookie: number) =>
    table
      .get(cookie)
      ?.turns?.map(({ fromUs, owner }) => [fromUs, typeof owner === 'string' ? owner : owner.process])
  const tell = (kind: number, tgid: number, us: number, cookie: number) =>
    table.onEvent(at(kind, tgid, us, cookie), us)
  for (const cookie of [1, 2, 3]) tell(EVENT_CREATE, ANN, 10, cookie)
  table.readUs = 100
  for (const cookie of [1, 2]) table.lostUser(cookie, BOB, 150_000)
  table.lostUser(3, ANN, 150_000)
  tell(EVENT_TRANSFER, ANN, 120, 1)
  tell(EVENT_TRANSFER, ANN, 200, 2)
  table.settleLosses()
  t.strictSame(turns(1), [[-Infinity, 'ann'], [100, 'nobody']]) // prettier-ignore
  t.strictSame(turns(2), [[-Infinity, 'ann'], [100, 'nobody'], [200, 'ann']], 'until it is told of again') // prettier-ignore
  t.equal(turns(3), undefined, 'nobody else has used it')
  table.readUs = 300
  tell(EVENT_TRANSFER, ANN, 310, 1)
  t.strictSame(turns(1)?.at(-1), [310, 'ann'])
})

t.test('where no event has named anybody, one holder is the owner and two are nobody', { skip }, async t => {
  const { table } = sockets(true)
  const line = (pid: number | null, fields: Partial<SocketRecord> = {}): SocketRecord => ({
    type: 'socket',
    ts: 0,
    proto: 'udp',
    local_ip: '192.0.2.1',
    local_port: 53,
    state: 'unconnected',
    pid,
    process: pid === null ? 'unknown' : `p${pid}`,
    event: 'present',
    ...fields,
  })
  table.onListed(table.of(1), [line(7), line(7, { fd: 9 })])
  t.match(table.get(1), { attribution: 'socket', owner: { fields: { pid: 7, process: 'p7' } } })
  table.onListed(table.of(2), [line(7), line(8)])
  t.match(table.get(2), { owner: undefined, listed: 'ambiguous' })
  table.onListed(table.of(3), [line(null)])
  t.match(table.get(3), { owner: undefined, listed: 'unheld' })
  table.onListed(table.of(4), [line(null, { reason: 'permission' })])
  t.match(table.get(4), { owner: undefined, listed: 'permission' })
  table.onEvent(event({ kind: EVENT_TRANSFER, tgid: BOB, comm: 'bob', cookie: 2 }))
  t.match(table.get(2), { attribution: 'kernel', owner: { fields: { process: 'bob' } } })

  // What a source tells, by changes.
  const told: SocketRecord[] = []
  const script = [
    [line(null, { cookie: '5' }), line(7, { cookie: '6', fd: 3 })],
    [line(8, { cookie: '5', fd: 4, event: 'open' }), line(9, { cookie: '6', fd: 5, event: 'open' })],
    [line(7, { cookie: '6', fd: 3, event: 'close' })],
  ]
  const listed = new ListedSockets({
    method: 'script',
    degraded: [],
    tellsChanges: true,
    scan: sink => script.shift()?.forEach(record => sink.socket(record)),
    close: () => {},
  })
  const pids = (cookie: number): (number | null)[] | undefined => {
    const lines = listed.of(cookie)
    return lines === undefined ? undefined : [...lines].map(record => record.pid)
  }
  const sink = { socket: (record: SocketRecord) => void told.push(record) }
  listed.scan(0, sink)
  t.strictSame([pids(5), pids(6), pids(7)], [[null], [7], undefined])
  listed.scan(0, sink)
  t.strictSame([pids(5), pids(6)], [[8], [7, 9]])
  listed.scan(0)
  t.strictSame([pids(5), pids(6)], [[8], [9]])
  t.equal(told.length, 4, 'passed on where somebody listens')
})

t.test('a flow tells what is new, once, and older counters change nothing', async t => {
  const key = new DataView(new ArrayBuffer(flowKey.size))
  key.setUint32(flowKey.cookie, 77, true)
  const value = new DataView(new ArrayBuffer(flowValue.size))
  value.setUint8(flowValue.protocol, 6)
  new Uint8Array(value.buffer).set([0xff, 0xff, 192, 0, 2, 1], flowValue.localIp + 10)
  new Uint8Array(value.buffer).set([0x20, 1, 0xd, 0xb8], flowValue.remoteIp)
  value.setUint16(flowValue.remotePort, 443, true)
  value.setBigUint64(flowValue.rxBytes, 6_000_000_000n, true)
  value.setUint32(flowValue.rxPackets, 3, true)
  value.setUint32(flowValue.srtt, 800, true)
  const memory = new FlowMemory<Flow>()
  const flow = new Flow(memory, key, 0, value, 0)
  t.match(flow, {
    cookie: 77,
    isConnected: true,
    isHandshake: false,
    localIp: '192.0.2.1',
    remoteIp: '2001:db8::',
    remotePort: 443,
    isLoopback: false,
  })
  flow.update(value, 0)
  t.match(flow.pending, { rxBytes: 6_000_000_000, txBytes: 0, rxPackets: 3, txPackets: 0 })
  t.equal(flow.rttUs, 100)
  flow.pending.set(new Counters())
  t.equal(flow.advance(5_000_000_000, 0, 2, 0), false, 'an event from before the reading')
  t.ok(flow.pending.isZero)
  t.equal(flow.advance(6_000_000_100, 40, 4, 1), true)
  t.match(flow.pending, { rxBytes: 100, txBytes: 40, rxPackets: 1, txPackets: 1 })
  // A listener's entry for a remote: packets of a connection to come.
  key.setUint16(flowKey.remotePort, 1, true)
  value.setUint8(flowValue.state, 10)
  t.match(new Flow(memory, key, 0, value, 0), { isConnected: false, isHandshake: true })
})

t.test("an accepted connection is nobody's until it is used, or has rested", async t => {
  const accepted = new AcceptedSockets(true)
  const record: SocketRecord = {
    type: 'socket',
    ts: 1,
    proto: 'tcp',
    local_ip: '192.0.2.1',
    local_port: 22,
    remote_ip: '192.0.2.2',
    remote_port: 40000,
    state: 'established',
    pid: 7,
    process: 'sshd',
    user: 'root',
    fd: 4,
    cookie: '9',
    event: 'open',
  }
  const told: SocketRecord[] = []
  const sink = { socket: (of: SocketRecord) => void told.push(of) }
  const { pid, process, user, ...rest } = accepted.settled(record, 0)
  t.strictSame([pid, process, user, rest.fd], [null, 'unknown', undefined, undefined])
  accepted.release(sink, 199_999, () => false)
  t.strictSame(told, [])
  accepted.release(sink, 200_000, () => false)
  t.match(told, [{ pid: 7, process: 'sshd', fd: 4, ts: 0.2 }])
  // Used by a child meanwhile: its event tells.
  accepted.settled({ ...record, cookie: '10' }, 0)
  accepted.release(sink, 300_000, () => true)
  t.equal(told.length, 1)
  // There before us; a listener; a kernel that does not tell who reads and writes.
  t.equal(accepted.settled({ ...record, event: 'present' }, 0).pid, 7)
  const { remote_ip, ...listener } = record
  t.equal(accepted.settled(listener, 0).pid, 7, `without ${remote_ip}`)
  t.equal(new AcceptedSockets(false).settled(record, 0).pid, 7)
})

t.test('times of events are those of the wall clock, set or not', async t => {
  let nowUs = 1_000_000
  let offsetUs = 4_000_000
  /** What the next readings take: a process that is interrupted between two of them. */
  let pauses: number[] = []
  const clock = new EventClock(id => {
    nowUs += pauses.shift() ?? 1
    return id === CLOCK_REALTIME ? nowUs + offsetUs : nowUs
  })
  const after = (...us: number[]) => {
    pauses = us
    clock.measure()
    return clock.wallUs(1_500_000_000)
  }
  t.equal(after(), 5_500_000)
  t.equal(after(0, 3000), 5_500_000, 'measured again')
  t.equal(after(...Array<number>(12).fill(3000)), 5_500_000, 'a bad measurement changes nothing')
  offsetUs = 3_000_000
  t.equal(after(), 4_500_000, 'set back')
  offsetUs += 100
  t.equal(after(), 4_500_100)
  const begun = Date.now() * 1000
  const real = new EventClock()
  real.measure()
  const wallUs = real.wallUs(Number(process.hrtime.bigint()))
  t.ok(wallUs >= begun && wallUs < Date.now() * 1000 + 1000, `${wallUs - begun} us later`)
})

/** A ring buffer of packets: UDP datagrams of IPv4. */
class Ring {
  end = 0
  private readonly records: DataView[] = []

  /** @param ends last bytes of the addresses and ports of source and destination */
  add(
    ns: number,
    cookie: number,
    netns: number,
    isOutgoing: boolean,
    ends: readonly [from: number, port: number, to: number, port: number],
    message: string,
    to = 10,
  ): void {
    const length = 28 + message.length
    const bytes = new Uint8Array(namePacket.size + length)
    const view = new DataView(bytes.buffer)
    view.setBigUint64(namePacket.monotonicNs, BigInt(ns), true)
    view.setBigUint64(namePacket.cookie, BigInt(cookie), true)
    view.setBigUint64(namePacket.netnsCookie, BigInt(netns), true)
    view.setUint32(namePacket.ifindex, 7, true)
    view.setUint32(namePacket.length, length, true)
    view.setUint32(namePacket.captured, length, true)
    view.setUint8(namePacket.isOutgoing, isOutgoing ? 1 : 0)
    const ip = namePacket.size
    view.setUint8(ip, 0x45)
    view.setUint8(ip + 9, 17)
    bytes.set([10, 0, 0, ends[0], to, 0, 0, ends[2]], ip + 12)
    view.setUint16(ip + 20, ends[1])
    view.setUint16(ip + 22, ends[3])
    // The checksum differs from socket to socket: the kernel makes it late.
    view.setUint16(ip + 26, this.end)
    bytes.set(new TextEncoder().encode(message), ip + 28)
    this.records.push(view)
    this.end++
  }

  read(handler: (view: DataView, start: number, end: number) => boolean | void, end = this.end): number {
    let count = 0
    const left = end - (this.end - this.records.length)
    for (; count < left; count++) {
      const [view] = this.records as [DataView]
      if (handler(view, 0, view.byteLength) === false) break
      this.records.shift()
    }
    return count
  }
}

const OURS = 1
const THEIRS = 2

function names(ring: Ring, table: KernelSockets, drain = () => {}): NamePackets {
  return new NamePackets(ring, {
    ownCookie: OURS,
    socket: cookie => table.get(cookie),
    wallUs: ns => ns / 1000,
    lost: () => 3,
    drain,
  })
}

function takeAll(packets: NamePackets): SocketPacket[] {
  const taken: SocketPacket[] = []
  for (let packet = packets.take(); packet !== undefined; packet = packets.take()) taken.push(packet)
  return taken
}

t.test('packets that tell names have the owner of their time', { skip }, async t => {
  const { table } = sockets(true)
  const ring = new Ring()
  let news = 0
  const packets = names(ring, table)
  packets.onNews(() => news++)
  table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN }))
  ring.add(1000, 1, OURS, true, [1, 4000, 2, 53], 'first')
  ring.add(3000, 1, OURS, true, [1, 4000, 2, 53], 'second')
  ring.add(4000, 2, THEIRS, true, [1, 4000, 2, 53], 'third')
  packets.read(ring.end, 2000)
  table.onEvent(event({ kind: EVENT_ADDRESS, tgid: BOB }))
  const { end } = ring
  ring.add(5000, 1, OURS, true, [1, 4000, 2, 53], 'behind the end')
  packets.read(end, Infinity)
  t.equal(news, 2)
  const taken = takeAll(packets)
  t.match(taken, [
    { owner: { pid: ANN }, tsUs: 1, ifindex: 7, isOutgoing: true, wireLength: 33 },
    { owner: { pid: BOB }, tsUs: 3 },
    { owner: undefined, ifindex: undefined },
  ])
  t.strictSame(Buffer.from(taken[0]?.bytes.subarray(28) ?? []).toString(), 'first')
  t.strictSame(packets.statistics(), { received: 3, dropped: 3 })
})

t.test('a socket that several share names nobody', { skip }, async t => {
  const { table } = sockets(true)
  table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN }))
  table.onEvent(event({ kind: EVENT_SHARED, tgid: BOB }))
  const ring = new Ring()
  ring.add(1, 1, OURS, true, [1, 4000, 2, 53], 'q')
  const packets = names(ring, table)
  packets.read(ring.end, Infinity)
  t.match(takeAll(packets), [{ owner: undefined }])
})

t.test('each packet is told once, whichever sockets it passes', { skip }, async t => {
  const { table } = sockets(true)
  table.onEvent(event({ kind: EVENT_CREATE, tgid: ANN, cookie: 1 }))
  table.onEvent(event({ kind: EVENT_CREATE, tgid: BOB, cookie: 2 }))
  const ring = new Ring()
  const packets = names(ring, table)
  const told = (): string[] => {
    packets.read(ring.end, Infinity)
    return takeAll(packets).map(
      ({ bytes, isOutgoing, owner }) =>
        `${isOutgoing ? 'out' : 'in'} ${Buffer.from(bytes.subarray(28)).toString()} ${owner?.pid ?? '-'}`,
    )
  }
  // A server in a container: of question and answer the client's ends are told.
  ring.add(1, 1, OURS, true, [1, 4000, 2, 53], 'question')
  ring.add(2, 2, THEIRS, false, [1, 4000, 2, 53], 'question')
  ring.add(3, 2, THEIRS, true, [2, 53, 1, 4000], 'answer')
  ring.add(4, 1, OURS, false, [2, 53, 1, 4000], 'answer')
  t.strictSame(told(), [`out question ${ANN}`, `in answer ${ANN}`])
  // The same again is another packet.
  ring.add(5, 1, OURS, true, [1, 4000, 2, 53], 'question')
  ring.add(6, 2, THEIRS, false, [1, 4000, 2, 53], 'question')
  t.strictSame(told(), [`out question ${ANN}`])
  // In one namespace the kernel hands over the sender's alone.
  ring.add(7, 1, OURS, true, [1, 4001, 2, 53], 'here')
  ring.add(8, 2, OURS, true, [2, 53, 1, 4001], 'answer')
  t.strictSame(told(), [`out here ${ANN}`, `out answer ${BOB}`])
  // A multicast, to two sockets, twice: nobody's, as it is everybody's.
  for (const ns of [10, 20]) {
    ring.add(ns, 1, OURS, false, [9, 5353, 251, 5353], 'mdns', 224)
    ring.add(ns + 1, 2, OURS, false, [9, 5353, 251, 5353], 'mdns', 224)
  }
  t.strictSame(told(), ['in mdns -', 'in mdns -'])
  // Two sockets may send the same.
  ring.add(30, 1, OURS, true, [1, 5353, 251, 5353], 'both', 224)
  ring.add(31, 2, OURS, true, [1, 5353, 251, 5353], 'both', 224)
  t.strictSame(told(), [`out both ${ANN}`, `out both ${BOB}`])
  // Long after, the same is no copy.
  ring.add(40, 1, OURS, false, [3, 53, 1, 4000], 'late')
  ring.add(2e9, 2, OURS, false, [3, 53, 1, 4000], 'late')
  t.strictSame(told(), [`in late ${ANN}`, `in late ${BOB}`])
})

t.test('packets that nobody takes are dropped, and counted', { skip }, async t => {
  const ring = new Ring()
  const packets = names(ring, sockets(true).table)
  for (let i = 0; i < 20_000; i++) ring.add(i, 1, OURS, true, [1, 4000, 2, 53], `${i}`)
  packets.read(ring.end, Infinity)
  const { received, dropped } = packets.statistics()
  t.equal(received + dropped, 20_000 + 3)
  t.equal(takeAll(packets).length, received)
  t.ok(received < 20_000)
})

t.test('flows are found by their keys, whatever comes and goes', async t => {
  const memory = new FlowMemory<{ row: number; name: number }>()
  const known = new Map<number, { row: number; name: number }>()
  const key = new DataView(new ArrayBuffer(flowKey.size))
  const random = seededRandom(7)
  const of = (name: number) => {
    // Few bits differ, and not in the first word.
    key.setUint32(flowKey.remoteIp + 12, name * 4096, true)
    return key
  }
  for (let i = 0; i < 60_000; i++) {
    const name = random(9000)
    const flow = known.get(name)
    if (memory.find(of(name), 0) !== flow) return t.fail(`key ${name} finds another flow`)
    if (flow === undefined) {
      const made = { row: memory.take(of(name), 0), name }
      memory.set(made)
      known.set(name, made)
    } else if (random(3) === 0) {
      memory.delete(flow)
      known.delete(name)
    } else if (!memory.isAt(flow.row, of(name), 0)) return t.fail(`key ${name} is another's`)
  }
  t.equal(memory.count, known.size)
  t.strictSame(new Set(memory.values()), new Set(known.values()))
})
