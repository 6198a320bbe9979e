// Plain packets have a way of their own through the capture stage: it must give what the decoders give that know everything.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PlainPackets } from '../../src/capture/decode/plain-packet.ts'
import { FileSource } from '../../src/capture/file/file-source.ts'
import { Frame, NONE } from '../../src/capture/port.ts'
import { CaptureStage } from '../../src/capture/stage.ts'
import { newTables } from '../../src/cli/host.ts'
import { initialCrypto } from '../../src/cli/initial-crypto.ts'
import { NetoprocError } from '../../src/record/error.ts'
import { NdjsonWriter } from '../../src/record/ndjson-writer.ts'
import type { Tables } from '../../src/record/record-batch.ts'
import { root } from '../support/command.ts'
import { Mutator } from '../support/mutator.ts'
import { packet } from '../support/packet.ts'

/** How packets of a stage go: as they do, with those that are plain counted, or all through the general decoders. */
type Way = 'plain' | 'general'

interface Written {
  readonly lines: string
  /** Packets that were taken as plain. */
  readonly plain: number
}

interface Fed {
  readonly stage: CaptureStage
  written(): Written
}

function feed(way: Way, tables: Tables, localAddresses: readonly string[]): Fed {
  const chunks: Buffer[] = []
  const writer = new NdjsonWriter({
    write: (bytes, release) => {
      chunks.push(Buffer.from(bytes))
      release?.()
    },
  })
  const { take } = PlainPackets.prototype
  let plain = 0
  const stage = new CaptureStage(writer, tables, {
    dns: true,
    serverNames: true,
    crypto: initialCrypto,
    localAddresses: () => localAddresses,
    warn: () => {},
  })
  stage['plain'].take = function (this: PlainPackets, frame: Frame) {
    if (way === 'general' || !take.call(this, frame)) return false
    plain++
    return true
  }
  const written = () => {
    stage.close()
    return { lines: Buffer.concat(chunks).toString(), plain }
  }
  return { stage, written }
}

const corpus = join(root, '../shared/corpus/dev')
const skip = existsSync(corpus) ? false : 'no corpus of captures beside the repository'

t.test('every capture gives the same lines both ways', { skip }, async t => {
  let plain = 0
  for (const name of readdirSync(corpus).filter(file => /\.pcap(ng)?$/.test(file))) {
    const lines: string[] = []
    for (const way of ['plain', 'general'] as const) {
      const tables = newTables()
      const source = await FileSource.open({ path: join(corpus, name), localAddresses: [] }, tables)
      const { stage, written } = feed(way, tables, [])
      try {
        await source.run(stage, () => undefined)
      } catch (error) {
        if (!(error instanceof NetoprocError)) throw error
      }
      source.close()
      const result = written()
      plain += result.plain
      lines.push(result.lines)
    }
    t.equal(lines[0], lines[1], name)
  }
  t.ok(plain > 500, `${plain} packets were plain`)
})

const CLIENT_HELLO = [22, 3, 1, 0, 60, 1, 0, 0, 56]
const INITIAL = [0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x40, 0x20]
const seeds = ([4, 6] as const).flatMap(version =>
  (['tcp', 'udp'] as const).flatMap(protocol => [
    packet({ version, protocol }),
    packet({ version, protocol, payload: 30 }),
    packet({ version, protocol, payload: 64, beginning: protocol === 'tcp' ? CLIENT_HELLO : INITIAL }),
    packet({ version, protocol, destinationPort: 53, payload: 40 }),
    packet({ version, protocol, sourcePort: 5353, destinationPort: 5353, payload: 12 }),
    packet({ version, protocol, options: 4, tcpOptions: 12, payload: 3 }),
    packet({ version, protocol, vlan: [7], payload: 3 }),
    packet({ version, protocol, fragmentOffset: 0x2000, payload: 3 }),
    packet({ version, protocol, fragmentOffset: 0x4000, payload: 3 }),
    // Padded to the least length of an Ethernet frame.
    Uint8Array.of(...packet({ version, protocol }), ...new Uint8Array(18)),
  ]),
)

/** Refills the frame with a packet that is damaged a little, or not, cut, and lies somewhere in its memory. */
function nextFrame(random: Mutator, frame: Frame, tables: Tables): void {
  const seed = seeds[random.below(seeds.length)] as Uint8Array
  const lead = random.below(5)
  const bytes = new Uint8Array(lead + seed.length + random.below(5))
  bytes.set(seed, lead)
  // Header bytes mostly: there each bit counts.
  for (let left = random.below(3); left > 0; left--)
    bytes[lead + 12 + random.below(60)] = [0, 1, 4, 6, 17, 0x45, 0x46, 0x60, 0xff, random.below(256)][
      random.below(10)
    ] as number
  frame.lieIn(bytes, new DataView(bytes.buffer))
  frame.offset = lead
  frame.capturedLength = random.below(3) === 0 ? random.below(seed.length + 1) : seed.length
  frame.wireLength = frame.capturedLength + random.below(2) * 1000
  frame.tsUs = 1_800_000_000_000_000 + random.below(1e6)
  frame.iface = tables.ifaces.intern(`eth${random.below(2)}`)
  frame.linkType = random.below(20) === 0 ? 101 : 1
  frame.direction = random.below(3)
  frame.isElsewhere = random.below(8) === 0
  frame.vlanTci = random.below(8) === 0 ? 0x2007 : NONE
  frame.gsoSize = random.below(8) === 0 ? 20 : 0
  frame.owner = random.below(8) === 0 ? tables.owners.intern(7, 1, 'curl', 'ann') : 0
}

t.test('damaged packets, cut ones, and what sources say beside them', async t => {
  for (const local of [[], ['10.0.0.1', 'fd00::1']]) {
    const written = (['plain', 'general'] as const).map(way => {
      const tables = newTables()
      const fed = feed(way, tables, local)
      const random = new Mutator(17)
      const frame = new Frame()
      for (let round = 0; round < 50_000; round++) {
        nextFrame(random, frame, tables)
        fed.stage.frame(frame)
      }
      return fed.written()
    })
    const [plain, general] = written as [Written, Written]
    const expected = general.lines.split('\n')
    const differing = plain.lines.split('\n').findIndex((line, i) => line !== expected[i])
    t.equal(
      differing,
      -1,
      `line ${differing}: ${plain.lines.split('\n')[differing]} for ${expected[differing]}`,
    )
    t.equal(plain.lines.length, general.lines.length)
    t.ok(plain.plain > 5000, `${plain.plain} packets were plain`)
    t.equal(general.plain, 0)
  }
})
