// Of which packets the payload is read as DNS, by protocol and port.

import t from 'tap'
import { Frame } from '../../src/capture/port.ts'
import { CaptureStage } from '../../src/capture/stage.ts'
import { newTables } from '../../src/cli/host.ts'
import type { RecordBatch } from '../../src/record/record-batch.ts'
import { header, nameBytes, u16 } from '../support/dns-messages.ts'
import { packet, type PacketOptions } from '../support/packet.ts'

const query = Buffer.concat([header(0x0100, [1, 0, 0, 0]), nameBytes('example.com'), u16(1), u16(1)])

/** The dns records that a packet with a question makes. */
function dnsOf(options: PacketOptions): unknown[] {
  const payload = options.protocol === 'tcp' ? [...u16(query.length), ...query] : [...query]
  const found: unknown[] = []
  const next = {
    push: (batch: RecordBatch) => found.push(...batch.side),
    flush: () => Infinity,
    close() {},
  }
  const stage = new CaptureStage(next, newTables(), { dns: true, localAddresses: () => [], warn() {} })
  const bytes = packet({ ...options, payload: payload.length, beginning: payload })
  const frame = new Frame()
  frame.lieIn(bytes, new DataView(bytes.buffer))
  frame.capturedLength = frame.wireLength = bytes.length
  stage.frame(frame)
  stage.close()
  return found
}

t.test('DNS is read from its ports, whichever way the packet goes', async t => {
  for (const protocol of ['udp', 'tcp'] as const)
    for (const [port, service] of [
      [53, undefined],
      [5353, 'mdns'],
      [5355, 'llmnr'],
    ] as const)
      for (const end of ['sourcePort', 'destinationPort'] as const) {
        const found = dnsOf({ protocol, [end]: port })
        t.match(
          found,
          [{ type: 'dns', query_name: 'example.com', proto: protocol, service }],
          `${protocol} ${port}`,
        )
      }
})

t.test('and from no other', async t => {
  for (const protocol of ['udp', 'tcp'] as const)
    for (const port of [54, 853, 5354])
      t.same(dnsOf({ protocol, destinationPort: port }), [], `${protocol} ${port}`)
  t.same(dnsOf({ protocol: 'udp', destinationPort: 53, fragmentOffset: 1 }), [], 'a later fragment')
})
