// Slots of flows: how they are read and freed, with a made-up array (no kernel, no root); and that what is counted in them is the
// same to the byte as without them, by the running kernel.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { Counters } from '../../src/attribute/counters.ts'
import { Flow } from '../../src/attribute/linux/ebpf-flow.ts'
import { FlowMemory } from '../../src/attribute/linux/ebpf-flow-memory.ts'
import { EbpfKernel } from '../../src/attribute/linux/ebpf-kernel.ts'
import {
  MAX_SLOTS,
  SLOT_BUSY,
  TAKES_SLOT_AFTER,
  flowKey,
  flowValue,
  slot,
} from '../../src/attribute/linux/ebpf-layout.ts'
import { probeEbpf } from '../../src/attribute/linux/ebpf-probe.ts'
import { FlowSlots } from '../../src/attribute/linux/ebpf-slots.ts'
import type { MappedArray } from '../../src/native/linux/bpf/mapped-array.ts'
import { Monitor, inNamespace } from '../support/ebpf-monitor.ts'

const probe = process.platform === 'linux' ? probeEbpf() : { ok: false as const, reason: 'not Linux' }
const skip = probe.ok ? false : probe.reason

/** An array as programs fill it. */
function madeUp() {
  const buffer = new ArrayBuffer(MAX_SLOTS * slot.size)
  const view = new DataView(buffer)
  const array = {
    isClosed: false,
    bytes: new Uint8Array(buffer),
    words32: new Uint32Array(buffer),
    words64: new BigUint64Array(buffer),
  } as MappedArray
  const set = (number: number, member: number, value: bigint): void =>
    view.setBigUint64(number * slot.size + member, value, true)
  return { array, view, set, slots: new FlowSlots(array) }
}

function unslotted(cookie: number, remotePort = 0, protocol = 17): { flow: Flow; value: DataView } {
  const key = new DataView(new ArrayBuffer(flowKey.size))
  key.setUint32(flowKey.cookie, cookie, true)
  key.setUint16(flowKey.remotePort, remotePort, true)
  const value = new DataView(new ArrayBuffer(flowValue.size))
  value.setUint8(flowValue.protocol, protocol)
  value.setBigUint64(flowValue.txBytes, 100n, true)
  value.setBigUint64(flowValue.txPackets, 64n, true)
  const flow = new Flow(new FlowMemory<Flow>(), key, 0, value, 0)
  flow.update(value, 0)
  return { flow, value }
}

function flowOf(cookie: number, remotePort?: number, protocol?: number): Flow {
  const { flow, value } = unslotted(cookie, remotePort, protocol)
  flow.takeSlot(value, 0)
  return flow
}

t.test('a slot adds to what the entry has counted, once', async t => {
  const { set, slots, view } = madeUp()
  const flow = flowOf(7, 53)
  set(5, slot.cookie, 7n)
  view.setUint16(5 * slot.size + slot.ends + flowKey.remotePort - flowKey.remoteIp, 53, true)
  set(5, slot.txBytes, 5_000_000_000n)
  set(5, slot.txPackets, 10n)
  const keys: number[] = []
  const moved: Flow[] = []
  const read = (nowUs: number): void =>
    slots.read(
      nowUs,
      key => {
        keys.push(key.getUint32(flowKey.cookie, true), key.getUint16(flowKey.remotePort, true))
        return flow
      },
      each => void moved.push(each),
    )
  read(1)
  t.strictSame(keys, [7, 53])
  t.match(flow.pending, { txBytes: 5_000_000_100, txPackets: 74 })
  read(2)
  t.equal(moved.length, 1, 'nothing new')
  set(5, slot.rxPackets, 1n)
  set(5, slot.rxBytes, 40n)
  flow.pending.set(new Counters())
  read(3)
  t.match(flow.pending, { rxBytes: 40, rxPackets: 1, txBytes: 0, txPackets: 0 })
  t.equal(keys.length, 2, 'found again without its key')
})

t.test('where a slot is found behind a reading of its entry, what came in between is not lost', async t => {
  const { flow, value } = unslotted(7)
  t.equal(flow.takeSlotSinceRead(), true)
  const slotted = new Counters()
  slotted.txBytes = 10
  slotted.txPackets = 1
  flow.updateSlot(slotted)
  t.match(flow.pending, { txBytes: 110, txPackets: 65 })
  value.setBigUint64(flowValue.txBytes, 130n, true)
  value.setBigUint64(flowValue.txPackets, 66n, true)
  flow.update(value, 0)
  t.match(flow.pending, { txBytes: 140, txPackets: 67 })
  t.equal(flow.takeSlotSinceRead(), false, 'it has one')
})

t.test('an event may have told more than an entry, when its slot is found', async t => {
  const { flow, value } = unslotted(7)
  // The slot's ten bytes are in it.
  flow.advanceTo({ rxBytes: 0, txBytes: 110, rxPackets: 0, txPackets: 65 })
  t.equal(flow.takeSlotSinceRead(), false)
  flow.takeSlot(value, 0)
  const slotted = new Counters()
  slotted.txBytes = 10
  slotted.txPackets = 1
  flow.updateSlot(slotted)
  t.match(flow.pending, { txBytes: 110, txPackets: 65 }, 'once')
})

t.test("a connection's slot tells of its state and round trip", async t => {
  const { set, slots, view } = madeUp()
  const flow = flowOf(9, 0, 6)
  set(1, slot.cookie, 9n)
  set(1, slot.rxPackets, 1n)
  view.setUint8(slot.size + slot.state, 1)
  view.setUint32(slot.size + slot.srtt, 800, true)
  view.setUint32(slot.size + slot.retransmits, 3, true)
  let key: number[] = []
  slots.read(
    1,
    of => {
      key = [...new Uint8Array(of.buffer, flowKey.remoteIp)]
      return flow
    },
    () => {},
  )
  t.ok(
    key.every(byte => byte === 0),
    'the key of a connection is its cookie',
  )
  t.match(flow, { state: 1, rttUs: 100, retransmits: 3 })
})

t.test('a slot is free again when nothing can be counted there any more', async t => {
  const { set, slots, array } = madeUp()
  const flow = flowOf(7)
  const rest: unknown[] = []
  const read = (nowUs: number, known: Flow | undefined): void => {
    slots.read(
      nowUs,
      () => known,
      () => {},
    )
    slots.takeRest((cookie, { txBytes, txPackets }) => void rest.push([cookie, txBytes, txPackets]))
  }
  set(3, slot.cookie, 7n)
  set(3, slot.txBytes, 100n)
  set(3, slot.txPackets, 1n)
  read(0, flow)
  set(3, slot.txBytes, 200n)
  set(3, slot.txPackets, 2n)
  slots.release(flow, 0)
  t.match(flow.pending, { txBytes: 300, txPackets: 66 }, 'what was there is taken')
  t.equal(array.words64[(3 * slot.size) / 8], SLOT_BUSY)
  // A program that had looked before.
  set(3, slot.txBytes, 250n)
  set(3, slot.txPackets, 3n)
  read(400_000, undefined)
  t.strictSame(rest, [])
  read(600_000, undefined)
  t.strictSame(rest, [[7, 50, 1]])
  t.ok(array.bytes.every(byte => byte === 0))
  // Taken by a flow whose entry was removed at the same time.
  set(3, slot.cookie, 8n)
  set(3, slot.txBytes, 60n)
  set(3, slot.txPackets, 1n)
  for (const nowUs of [1e6, 3e6, 5e6, 6e6]) read(nowUs, undefined)
  t.strictSame(rest.slice(1), [[8, 60, 1]])
  t.ok(array.bytes.every(byte => byte === 0))
})

/** Datagrams from one socket to several, over IPv4, IPv6 and both at once; connections over both, each way. */
const traffic = `
  const dgram = require('node:dgram'), net = require('node:net')
  const send = (s, size, port, to) => new Promise(done => s.send(Buffer.alloc(size), port, to, done))
  const run = async () => {
    const four = dgram.createSocket('udp4'), six = dgram.createSocket('udp6')
    for (let i = 0; i < 300; i++) {
      for (const port of [9, 10, 11]) await send(four, 100, port, '127.0.0.1')
      await send(four, 50, 9, '127.0.0.2')
      await send(six, 70, 9, '::1')
      await send(six, 30, 9, '::ffff:127.0.0.1')
      if (i === 150) { console.log('half'); await new Promise(done => process.stdin.once('data', done)) }
    }
    four.close()
    six.close()
    for (const address of ['127.0.0.1', '::1'])
      await new Promise(done => {
        const server = net.createServer(c => { c.resume().end(Buffer.alloc(3e6)); server.close(done) })
        server.listen(0, address, () => net.connect(server.address().port, address).resume().end(Buffer.alloc(2e6)))
      })
  }
  run().then(() => process.exit(0))`

for (const slots of [true, false]) {
  t.test(`busy flows, ${slots ? 'in slots' : 'without slots'}: every byte`, { skip }, async t => {
    const monitor = new Monitor(t, { slots })
    const child = inNamespace(t, traffic)
    const pid = child.pid as number
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
    monitor.collect()
    child.stdin?.write('go\n')
    await child.text
    monitor.collect(true)
    const sum = (ip: string, port: number): unknown => {
      const of = monitor
        .of(pid)
        .filter(r => r.remote_ip === ip && r.remote_port === port && r.proto === 'udp')
      const add = (field: 'tx_bytes' | 'tx_packets'): number => of.reduce((s, r) => s + (r[field] ?? 0), 0)
      return [add('tx_packets'), add('tx_bytes')]
    }
    for (const port of [9, 10, 11])
      // Port 9 also from the socket of IPv6: its flow is another.
      t.strictSame(
        sum('127.0.0.1', port),
        port === 9 ? [600, 300 * (128 + 58)] : [300, 300 * 128],
        `127.0.0.1:${port}`,
      )
    t.strictSame(sum('127.0.0.2', 9), [300, 300 * 78])
    t.strictSame(sum('::1', 9), [300, 300 * 118])
    for (const [ip, headers] of [
      ['127.0.0.1', 52],
      ['::1', 72],
    ] as const) {
      const both = monitor.of(pid).filter(r => r.proto === 'tcp' && r.remote_ip === ip)
      const add = (field: 'rx_bytes' | 'tx_bytes' | 'rx_packets' | 'tx_packets'): number =>
        both.reduce((s, r) => s + (r[field] ?? 0), 0)
      t.equal(add('rx_bytes'), add('tx_bytes'), 'both ends are this process')
      t.equal(add('rx_packets'), add('tx_packets'))
      // Above 64 KiB, too, where IPv6 has a jumbo option before it is segmented.
      t.ok(both.every(r => r.remote_port !== 0 && r.local_port !== 0))
      const retransmits = Math.max(...both.map(r => r.retransmits ?? 0))
      // Two SYN have 8 bytes of options more.
      if (retransmits === 0) t.equal(add('tx_bytes') - 5e6 - headers * add('tx_packets'), 16)
      t.ok(both.some(r => (r.rtt_us ?? 0) > 0))
    }
  })
}

const noPython: string | false = ((): string | false => {
  try {
    execFileSync('python3', ['--version'])
    return false
  } catch {
    return 'python3 is not installed'
  }
})()

t.test(
  'the first packets are in the entry, the others in the slot',
  { skip: skip === false ? noPython : skip },
  async t => {
    const kernel = new EbpfKernel({ ifindexes: [] })
    t.teardown(() => kernel.close())
    if (kernel.slots === undefined) {
      t.comment('slots need Linux 5.12')
      return
    }
    const { flows, slots } = kernel
    const entryOf = (cookie: number): number[] => {
      let entry: number[] = []
      flows.forEach((keys, key, values, value) => {
        if (keys.getUint32(key + flowKey.cookie, true) !== cookie) return
        entry = [flowValue.txPackets, flowValue.txBytes].map(at => values.getUint32(value + at, true))
      })
      return entry
    }
    const slotOf = (cookie: number): number[] => {
      const words = slot.size / 8
      const first = slots.words64.findIndex((word, i) => i % words === 0 && Number(word) === cookie)
      return [slot.txPackets, slot.txBytes].map(at => Number(slots.words64[first + at / 8]))
    }
    // SO_COOKIE 57; SOL_UDP 17, UDP_SEGMENT 103: super-packets of ten segments of 1000 bytes.
    const script = `
import socket
def told(s): print(int.from_bytes(s.getsockopt(socket.SOL_SOCKET, 57, 8), 'little'), flush=True)
for family, to in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1'), (socket.AF_INET6, '::ffff:127.0.0.1')):
  s = socket.socket(family, socket.SOCK_DGRAM)
  s.connect((to, 9))
  told(s)
  s.setsockopt(17, 103, 1000)
  for _ in range(20):
    try: s.send(bytes(10000))
    except ConnectionRefusedError: s.send(bytes(10000))
for family, to in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
  server = socket.socket(family)
  server.bind((to, 0))
  server.listen()
  s = socket.create_connection(server.getsockname()[:2])
  told(s)
  peer = server.accept()[0]
  for _ in range(100):
    s.sendall(b'ping')
    peer.recv(4)
    peer.sendall(b'pong')
    s.recv(4)`
    const cookies = execFileSync('python3', ['-c', script]).toString().trim().split('\n').map(Number)
    const takenAfter = Math.ceil(TAKES_SLOT_AFTER / 10)
    for (const [i, headers] of [28, 48, 28].entries()) {
      const bytes = 10_000 + 10 * headers
      const cookie = cookies[i] as number
      t.strictSame(entryOf(cookie), [10 * takenAfter, takenAfter * bytes], `${headers} bytes of headers`)
      t.strictSame(slotOf(cookie), [10 * (20 - takenAfter), (20 - takenAfter) * bytes])
    }
    for (const cookie of cookies.slice(3)) {
      const [packets = 0] = slotOf(cookie)
      t.ok(packets > 50, `${packets} packets in the slot of a connection`)
      t.ok((entryOf(cookie)[0] ?? 0) <= TAKES_SLOT_AFTER)
    }
  },
)
