// Which interface a socket is bound to, and which ones are below it.

import t from 'tap'
import type { Link } from '../../src/native/linux/rtnetlink.ts'
import { LinkNames } from '../../src/attribute/linux/link-names.ts'
import { inNamespace, missing, noNamespace } from '../support/namespace.ts'

t.test('names and indexes, and what packets pass by as well', async t => {
  const link = (index: number, name: string, part: Partial<Link> = {}) => ({ index, name, ...part }) as Link
  let links = [
    link(1, 'eth0', { master: 3 }),
    link(2, 'eth1', { master: 3 }),
    link(3, 'bond0', { kind: 'bond' }),
    link(4, 'bond0.5', { kind: 'vlan', lower: 3 }),
    link(5, 'bond0.6', { kind: 'vlan', lower: 3 }),
    link(6, 'veth0', { kind: 'veth', lower: 7 }),
    link(7, 'veth1', { kind: 'veth', lower: 6 }),
  ]
  let nowUs = 0
  let reads = 0
  const names = new LinkNames(
    () => ({ links: () => (reads++, links), close: () => {} }),
    () => nowUs,
  )
  t.equal(names.nameOf(4), 'bond0.5')
  t.equal(names.indexOf('veth1'), 7)
  t.ok(names.isBelow('bond0', 'bond0.5'))
  t.ok(names.isBelow('eth1', 'bond0.5'), 'two steps down')
  t.notOk(names.isBelow('bond0.5', 'bond0'), 'above it')
  t.notOk(names.isBelow('bond0.6', 'bond0.5'), 'beside it')
  t.notOk(names.isBelow('veth1', 'veth0'), 'the other end')
  t.equal(names.nameOf(9), 'if9')
  t.equal(names.indexOf('eth9'), 0)
  t.equal(reads, 1)
  links = [link(9, 'eth9')]
  nowUs += 1_000_000
  t.equal(names.nameOf(9), 'eth9', 'a new one is looked for, once a second')
  t.equal(names.indexOf('eth0'), 0)
  t.equal(reads, 2)
})

const skip = noNamespace() || missing('socat')

t.test(
  'packets at an interface that the socket at the port is not bound to are not its own',
  { skip },
  async t => {
    const { out } = await inNamespace(`
    ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up
    ip addr add 10.9.0.1/24 dev v0 && ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev v0
    socat -u UDP4-RECV:6700,so-bindtodevice=v0 - > /dev/null & pid=$!
    until ss -Huln | grep -q :6700; do sleep 0.02; done
    netoproc-sockets | grep '"local_port":6700'
    netoproc-capture -i lo -c 1 | netoproc-attribute --netns own | grep '"type":"packet"' & capture=$!
    capturing
    echo x | socat -u - UDP4-SENDTO:10.9.0.1:6700,sourceport=6701
    wait $capture
    kill $pid`)
    const [socket, packet] = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    t.match(socket, { type: 'socket', process: 'socat', bound_iface: 'v0' })
    t.match(packet, { iface: 'lo', dst_port: 6700 })
    t.match(packet, { dir: 'local', peer_process: undefined }, 'it comes to nobody')
  },
)
