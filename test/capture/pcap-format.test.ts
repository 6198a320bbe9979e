// pcap files of old versions, and where one of them is damaged.

import t from 'tap'
import { records, shell } from '../support/command.ts'

interface PcapPacket {
  readonly captured: number
  readonly wire: number
  readonly bytes?: Buffer
}

const ETHERNET = 1
const DBUS = 231

/** A little-endian file; its records tell the two lengths in the order given. */
function pcap(
  options: { minor?: number; snaplen?: number; linkType?: number },
  packets: readonly PcapPacket[],
): Buffer {
  const { minor = 4, snaplen = 65535, linkType = ETHERNET } = options
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(minor, 6)
  header.writeUInt32LE(snaplen, 16)
  header.writeUInt32LE(linkType, 20)
  const parts = packets.flatMap(({ captured, wire, bytes = Buffer.alloc(captured, 0xff) }) => {
    const record = Buffer.alloc(16)
    record.writeUInt32LE(1763910000, 0)
    record.writeUInt32LE(captured, 8)
    record.writeUInt32LE(wire, 12)
    return [record, bytes]
  })
  return Buffer.concat([header, ...parts])
}

async function lengths(file: Buffer): Promise<{ code: number | null; err: string; lengths: unknown[] }> {
  const { code, out, err } = await shell('netoproc-capture -r -', file)
  const packets = records(out).filter(({ type }) => type === 'packet')
  return { code, err, lengths: packets.map(({ frame_bytes: length }) => length) }
}

t.test('before version 2.3 the length on the wire comes first, in 2.3 either does', async t => {
  const cut = { captured: 100, wire: 60, bytes: Buffer.alloc(60, 0xff) }
  const uncut = { captured: 60, wire: 60 }
  for (const minor of [0, 1, 2]) {
    const read = await lengths(pcap({ minor }, [cut, uncut]))
    t.same(read, { code: 0, err: '', lengths: [100, 60] }, `version 2.${minor}`)
  }
  const either = await lengths(pcap({ minor: 3 }, [cut, { captured: 60, wire: 100 }, uncut]))
  t.same(either, { code: 0, err: '', lengths: [100, 100, 60] }, 'the longer one is that on the wire')
  const now = await lengths(pcap({}, [{ captured: 60, wire: 100 }, uncut]))
  t.same(now, { code: 0, err: '', lengths: [100, 60] }, 'version 2.4')
})

t.test('a packet longer than any is damage, also where the file is long enough for it', async t => {
  const whole = { captured: 60, wire: 60 }
  const long = { captured: 262_145, wire: 262_145 }
  const damaged = await lengths(pcap({}, [whole, long, whole]))
  t.match(damaged, { code: 4, lengths: [60] })
  t.match(damaged.err, /^netoproc-capture: standard input: damaged at byte 100: a packet of 262145 bytes\n$/)
  const largest = { captured: 262_144, wire: 262_144 }
  t.match(await lengths(pcap({}, [largest])), { code: 0, lengths: [262_144] }, 'as long as tcpdump takes')
  t.match(await lengths(pcap({ snaplen: 300_000 }, [long])), { code: 0 }, 'as long as the file says')
  t.match(await lengths(pcap({ snaplen: 0xffffffff }, [long])), { code: 4 }, 'a file that says nothing')
  t.match(await lengths(pcap({ linkType: DBUS }, [long])), { code: 0 }, 'a message of D-Bus')
})
