// Which way the packets of a file went, where no address of its host is known.

import t from 'tap'
import { FRAME_IN, FRAME_OUT, FRAME_UNKNOWN, Frame } from '../../src/capture/port.ts'
import { CaptureStage } from '../../src/capture/stage.ts'
import { newTables } from '../../src/cli/host.ts'
import { dirNames, type RecordBatch } from '../../src/record/record-batch.ts'

const [RAW, SLL, SLL2, PKTAP] = [101, 113, 276, 258]
const HERE = '7f000001'
const ALSO_HERE = '7f010203'
const OTHER = '0a000001'

/** UDP, 28 bytes. */
const ipv4 = (from: string, to: string) => `4500001c00000000401100${'00'}${from}${to}0001000200080000`
const ipv6 = (from: string, to: string) => `6000000000081140${from}${to}0001000200080000`
const V6_HERE = '0'.repeat(31) + '1'
const V6_OTHER = `fd${'0'.repeat(29)}2`

/** Packet type 0 is for this host, 1 broadcast, 4 sent; hardware type 772 is the loopback interface. */
const sll = (type: number, hardware: number, ip: string) =>
  `000${type}${hardware.toString(16).padStart(4, '0')}00060000000000000000${'0800'}${ip}`
const sll2 = (type: number, hardware: number, ip: string) =>
  `0800000000000001${hardware.toString(16).padStart(4, '0')}0${type}060000000000000000${ip}`

const [ETHERNET, LOOPBACK] = [1, 772]

function pktap(flags: number, ip: string): string {
  const header = Buffer.alloc(108)
  for (const [at, value] of [
    [0, header.length],
    [4, 1],
    [8, RAW],
    [36, flags],
    [52, 0xffffffff],
  ] as const)
    header.writeUInt32LE(value, at)
  return header.toString('hex') + ip
}

function directionOf(
  linkType: number,
  hex: string,
  said = FRAME_UNKNOWN,
  localAddresses: readonly string[] = [],
): unknown {
  const found: unknown[] = []
  const next = {
    push: (batch: RecordBatch) =>
      found.push(...Array.from({ length: batch.length }, (_, row) => dirNames[batch.dir[row] ?? 0])),
    flush: () => Infinity,
    close() {},
  }
  const stage = new CaptureStage(next, newTables(), {
    dns: false,
    localAddresses: () => localAddresses,
    warn() {},
  })
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
  const frame = new Frame()
  frame.lieIn(bytes, new DataView(bytes.buffer))
  frame.capturedLength = frame.wireLength = bytes.length
  frame.linkType = linkType
  frame.direction = said
  stage.frame(frame)
  stage.close()
  return found[0]
}

t.test('on the loopback interface both ends are here', async t => {
  // libpcap leaves out what such a packet looks like when it leaves: it is there once, as one that came in.
  t.equal(directionOf(SLL, sll(0, LOOPBACK, ipv4(HERE, HERE))), 'local')
  t.equal(directionOf(SLL2, sll2(0, LOOPBACK, ipv4(OTHER, OTHER))), 'local', 'at an address of its own')
  t.equal(directionOf(SLL, sll(0, ETHERNET, ipv4(OTHER, OTHER))), 'in')
  t.equal(directionOf(SLL, sll(4, ETHERNET, ipv4(OTHER, OTHER))), 'out')
  t.equal(directionOf(SLL2, sll2(4, ETHERNET, ipv4(OTHER, OTHER))), 'out')
  t.equal(directionOf(SLL, sll(1, ETHERNET, ipv4(OTHER, OTHER))), null, 'broadcast')
})

t.test('so they are between loopback addresses, where nothing else is said', async t => {
  t.equal(directionOf(RAW, ipv4(HERE, ALSO_HERE)), 'local')
  t.equal(directionOf(RAW, ipv6(V6_HERE, V6_HERE)), 'local')
  for (const [from, to] of [
    [HERE, OTHER],
    [OTHER, HERE],
    [OTHER, OTHER],
  ] as const)
    t.equal(directionOf(RAW, ipv4(from, to)), null, `${from} ${to}`)
  t.equal(directionOf(RAW, ipv6(V6_HERE, V6_OTHER)), null)
})

t.test('a packet that is there twice, sent and received, is one of each', async t => {
  for (const [flags, dir] of [
    [2, 'out'],
    [1, 'in'],
  ] as const)
    t.equal(directionOf(PKTAP, pktap(flags, ipv4(HERE, HERE))), dir)
  t.equal(directionOf(RAW, ipv4(HERE, HERE), FRAME_OUT), 'out')
  t.equal(directionOf(RAW, ipv4(HERE, HERE), FRAME_IN), 'in')
})

t.test('what is sent to many is not received here, unless it is seen to come in', async t => {
  const [MINE, GROUP, ALL, NOBODY] = ['0a000002', 'ef010203', 'ffffffff', '00000000']
  const [V6_GROUP, V6_NOBODY] = ['ff02' + '0'.repeat(27) + '1', '0'.repeat(32)]
  for (const [from, to, unknown, out, incoming] of [
    [MINE, GROUP, 'out', 'out', 'local'],
    [MINE, ALL, 'out', 'out', 'local'],
    [OTHER, GROUP, 'in', 'forward', 'in'],
    [OTHER, ALL, 'in', 'forward', 'in'],
    // DHCP: who has no address yet.
    [NOBODY, ALL, 'in', 'out', 'in'],
    [HERE, GROUP, 'local', 'local', 'local'],
  ] as const) {
    const of = (said: number) => directionOf(RAW, ipv4(from, to), said, ['10.0.0.2'])
    t.same([of(FRAME_UNKNOWN), of(FRAME_OUT), of(FRAME_IN)], [unknown, out, incoming], `${from} ${to}`)
  }
  // Duplicate address detection.
  const detection = (said: number) => directionOf(RAW, ipv6(V6_NOBODY, V6_GROUP), said, ['10.0.0.2'])
  t.same([detection(FRAME_OUT), detection(FRAME_IN)], ['out', 'in'])
})
