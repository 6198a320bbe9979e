// Frames that come by TAP and TUN devices, as from a wire: what netoproc-capture says of each is what it says of the same frame
// in the file that tcpdump has written beside it.

import process from 'node:process'
import t from 'tap'
import { records } from '../support/command.ts'
import { inNamespace, missing, noNamespace } from '../support/namespace.ts'
import { packet, type PacketOptions } from '../support/packet.ts'

const skip =
  noNamespace() ||
  missing('ip', 'socat', 'tcpdump') ||
  (process.geteuid?.() !== 0 && 'needs root: in a namespace of one user tcpdump cannot change its groups')

/**
 * Puts frames on a device of socat's, each a datagram to it, while tcpdump and netoproc-capture look.
 * @param device socat's TUN address
 * @returns the records of packets: live, and of tcpdump's file; and what of socat's is up at the end
 */
async function injected(t: { testdir(): string }, device: string, frames: readonly Uint8Array[]) {
  const dir = t.testdir()
  const list = JSON.stringify(frames.map(frame => Buffer.from(frame).toString('hex')))
  const { code, out, err } = await inNamespace(`
    # No packets of the kernel's own.
    sysctl -qw net.ipv6.conf.default.disable_ipv6=1
    (exec socat UDP4-RECV:9998,bind=127.0.0.1 ${device},tun-name=wire0,iff-no-pi,iff-up) & SOCAT=$!
    trap 'kill $SOCAT $DUMP $RUN 2>/dev/null' EXIT
    until ip -j link show dev wire0 2>/dev/null | grep -q LOWER_UP; do kill -0 $SOCAT || exit; sleep 0.02; done
    # The frames are for this address; a TUN device has none.
    ip link set wire0 address 02:00:00:00:00:02 2>/dev/null
    (exec tcpdump -Z root -i wire0 -p -U -w ${dir}/dump.pcap 2>${dir}/dump.err) & DUMP=$!
    until grep -q listening ${dir}/dump.err; do kill -0 $DUMP || { cat ${dir}/dump.err >&2; exit 1; }; sleep 0.02; done
    (netoproc-capture -i wire0 > ${dir}/live) & RUN=$!
    until [ $(awk '$5 > 0 && $6 == 1' /proc/net/packet | wc -l) -ge 2 ]; do sleep 0.02; done
    ${process.execPath} -e '
      const socket = require("node:dgram").createSocket("udp4")
      const frames = ${list}.map(text => Buffer.from(text, "hex"))
      const next = () => {
        const frame = frames.shift()
        if (frame === undefined) return socket.close()
        socket.send(frame, 9998, "127.0.0.1", next)
      }
      next()'
    until [ "$(awk '$1 == "wire0:" { print $3 }' /proc/net/dev)" -ge ${frames.length} ]; do sleep 0.02; done
    for i in $(seq 100); do [ $(tcpdump -r ${dir}/dump.pcap 2>/dev/null | wc -l) -ge ${frames.length} ] && break; sleep 0.05; done
    kill $DUMP; wait $DUMP
    kill $RUN; wait $RUN || exit
    cat ${dir}/live
    echo '{"type":"told"}'
    (netoproc-capture -r ${dir}/dump.pcap)`)
  if (code !== 0) throw new Error(err)
  const all = records(out)
  const middle = all.findIndex(({ type }) => type === 'told')
  const packets = (from: number, to: number) =>
    all
      .slice(from, to)
      .flatMap(({ type, ts, dir, iface, ...rest }) => (type === 'packet' ? [{ ts, dir, iface, rest }] : []))
  return { live: packets(0, middle), file: packets(middle, all.length) }
}

const shapes: readonly PacketOptions[] = [
  { protocol: 'udp', payload: 30 },
  { protocol: 'tcp', payload: 1200, tcpOptions: 12 },
  { protocol: 'udp', version: 6, payload: 700 },
  { protocol: 'tcp', version: 6, payload: 0 },
]

t.test('a TAP device: tags that the kernel took off are told, one and two', { skip }, async t => {
  const tags = [[], [10], [0x600b], [100, 200]]
  const frames = tags.flatMap(vlan => shapes.map(shape => packet({ ...shape, vlan })))
  const service = packet({ protocol: 'udp', payload: 30, vlan: [100, 200] })
  new DataView(service.buffer).setUint16(12, 0x88a8)
  frames.push(service)
  // Seen by the interface, but for another host: no traffic of this one.
  const others = packet({ protocol: 'udp', payload: 30 })
  others[5] = 9
  frames.unshift(others)
  const { live, file } = await injected(t, 'TUN,tun-type=tap', frames)
  t.equal(file.length, frames.length)
  t.same(
    live.map(({ rest }) => rest),
    file.slice(1).map(({ rest }) => rest),
  )
  t.same(
    live.map(({ rest }) => rest['vlan']),
    [...tags.flatMap(vlan => shapes.map(() => vlan)), [100, 200]].map(vlan =>
      vlan.length === 0 ? undefined : vlan[0] === 0x600b ? 11 : vlan[0],
    ),
  )
  t.same(
    live.map(({ rest }) => rest['frame_bytes']),
    frames.slice(1).map(({ length }) => length),
  )
  t.ok(live.every(({ iface }) => iface === 'wire0'))
})

t.test('a TUN device, which has no link header', { skip }, async t => {
  const frames = shapes.map(shape => packet({ ...shape, link: false }))
  const { live, file } = await injected(t, 'TUN:10.0.0.2/24', frames)
  t.same(
    live.map(({ rest }) => rest),
    file.map(({ rest }) => rest),
  )
  t.same(
    live.map(({ rest }) => [rest['bytes'], rest['frame_bytes']]),
    frames.map(({ length }) => [length, length]),
  )
  t.same(
    live.map(({ dir }) => dir),
    ['in', 'in', 'forward', 'forward'],
  )
})
