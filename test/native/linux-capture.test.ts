// The structures of live capture on Linux against what a C compiler says of the kernel's headers; interfaces against what
// ip(8) says; capabilities given up.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { formatAddress } from '../../src/record/address.ts'

const here = fileURLToPath(import.meta.url)
const notLinux = process.platform === 'linux' ? false : 'needs Linux'

if (process.env['NETOPROC_TEST_CAPABILITY'] === '1') await giveUp()
else tests()

/** In a process of its own: what is given up does not come back. */
async function giveUp(): Promise<void> {
  const { dropCapabilities, hasCapability } = await import('../../src/native/linux/capability.ts')
  const { PacketSocket } = await import('../../src/native/linux/af-packet.ts')
  const before = hasCapability('CAP_NET_RAW') && hasCapability('CAP_SYS_PTRACE') && hasCapability('CAP_BPF')
  const socket = new PacketSocket()
  dropCapabilities(['CAP_SYS_PTRACE', 'CAP_BPF'])
  let code = ''
  try {
    new PacketSocket().close()
  } catch (error) {
    code = (error as { code: string }).code
  }
  const after = [hasCapability('CAP_NET_RAW'), hasCapability('CAP_SYS_PTRACE'), hasCapability('CAP_BPF')]
  // What was opened before goes on.
  const { dropped: drops } = socket.takeStatistics()
  socket.close()
  const status = readFileSync('/proc/thread-self/status', 'utf8')
  console.log(
    JSON.stringify({
      before,
      after,
      code,
      drops,
      status: status.match(/(CapPrm|CapInh|CapAmb|NoNewPrivs):\s*\w+/g),
    }),
  )
}

function tests(): void {
  const compiler = spawnSync('cc', ['--version']).status === 0
  t.test(
    'structures of linux/if_packet.h',
    { skip: notLinux || (compiler ? false : 'needs a C compiler') },
    async t => {
      const native = await import('../../src/native/linux/af-packet.ts')
      const packet = 'struct { struct tpacket3_hdr h; struct sockaddr_ll a; }'
      const block = 'struct tpacket_block_desc'
      const expected: [keyof typeof native, string][] = [
        ['BLOCK_STATUS', `offsetof(${block}, hdr.bh1.block_status)`],
        ['BLOCK_PACKETS', `offsetof(${block}, hdr.bh1.num_pkts)`],
        ['BLOCK_FIRST', `offsetof(${block}, hdr.bh1.offset_to_first_pkt)`],
        ['PACKET_NEXT', `offsetof(${packet}, h.tp_next_offset)`],
        ['PACKET_SECONDS', `offsetof(${packet}, h.tp_sec)`],
        ['PACKET_NANOSECONDS', `offsetof(${packet}, h.tp_nsec)`],
        ['PACKET_CAPTURED', `offsetof(${packet}, h.tp_snaplen)`],
        ['PACKET_LENGTH', `offsetof(${packet}, h.tp_len)`],
        ['PACKET_STATUS', `offsetof(${packet}, h.tp_status)`],
        ['PACKET_OFFSETS', `offsetof(${packet}, h.tp_mac)`],
        ['PACKET_VLAN_TCI', `offsetof(${packet}, h.hv1.tp_vlan_tci)`],
        ['PACKET_VLAN_TPID', `offsetof(${packet}, h.hv1.tp_vlan_tpid)`],
        [
          'PACKET_LL_PROTOCOL',
          `TPACKET_ALIGN(sizeof(struct tpacket3_hdr)) + offsetof(struct sockaddr_ll, sll_protocol)`,
        ],
        [
          'PACKET_LL_IFINDEX',
          `TPACKET_ALIGN(sizeof(struct tpacket3_hdr)) + offsetof(struct sockaddr_ll, sll_ifindex)`,
        ],
        [
          'PACKET_LL_TYPES',
          `TPACKET_ALIGN(sizeof(struct tpacket3_hdr)) + offsetof(struct sockaddr_ll, sll_hatype)`,
        ],
        ['GSO_TYPE_BEFORE_MAC', 'sizeof(struct virtio_net_hdr) - offsetof(struct virtio_net_hdr, gso_type)'],
        ['GSO_SIZE_BEFORE_MAC', 'sizeof(struct virtio_net_hdr) - offsetof(struct virtio_net_hdr, gso_size)'],
        ['TP_STATUS_VLAN_VALID', 'TP_STATUS_VLAN_VALID'],
        ['TP_STATUS_VLAN_TPID_VALID', 'TP_STATUS_VLAN_TPID_VALID'],
        ['PACKET_OUTGOING', 'PACKET_OUTGOING'],
        ['ARPHRD_ETHER', 'ARPHRD_ETHER'],
        ['ARPHRD_LOOPBACK', 'ARPHRD_LOOPBACK'],
        ['ETH_P_IP', 'ETH_P_IP'],
        ['ETH_P_IPV6', 'ETH_P_IPV6'],
        ['ETH_P_8021Q', 'ETH_P_8021Q'],
        ['ETH_P_8021AD', 'ETH_P_8021AD'],
      ]
      const folder = mkdtempSync(join(tmpdir(), 'netoproc-abi-'))
      try {
        const prints = expected.map(([, c]) => `printf("%ld\\n", (long)(${c}));`).join('\n')
        writeFileSync(
          join(folder, 'abi.c'),
          `#include <stdio.h>\n#include <stddef.h>\n#include <linux/if_packet.h>\n#include <linux/if_arp.h>\n#include <linux/if_ether.h>\n#include <linux/virtio_net.h>\nint main(void) { ${prints} return 0; }\n`,
        )
        const built = spawnSync('cc', ['-o', join(folder, 'abi'), join(folder, 'abi.c')], {
          encoding: 'utf8',
        })
        if (built.status !== 0)
          return void t.pass('not tested', {
            skip: `the kernel's headers are not installed: ${built.stderr.split('\n')[0]}`,
          })
        const values = spawnSync(join(folder, 'abi'), { encoding: 'utf8' })
          .stdout.trim()
          .split('\n')
          .map(Number)
        t.equal(values.length, expected.length)
        for (const [i, [name]] of expected.entries()) t.equal(native[name], values[i], name)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )

  const hasIp = spawnSync('ip', ['-V']).status === 0
  t.test('interfaces and addresses', { skip: notLinux || (hasIp ? false : 'needs ip(8)') }, async t => {
    const { RouteSocket } = await import('../../src/native/linux/rtnetlink.ts')
    interface IpLink {
      ifindex: number
      ifname: string
      flags: string[]
      mtu: number
      link_type: string
      address: string
      linkinfo?: { info_kind?: string }
      stats64: { rx: { bytes: number; packets: number }; tx: { bytes: number; packets: number } }
      addr_info: { local: string }[]
    }
    const ip = (...line: string[]) =>
      JSON.parse(spawnSync('ip', ['-j', ...line], { encoding: 'utf8' }).stdout) as IpLink[]
    const route = new RouteSocket()
    const before = ip('-s', '-d', 'link')
    const links = route.links()
    const after = ip('-s', '-d', 'link')
    t.same(
      links.map(({ index, name }) => [index, name]),
      after.map(({ ifindex, ifname }) => [ifindex, ifname]),
    )
    for (const [i, link] of links.entries()) {
      const [was, is] = [before[i] as IpLink, after[i] as IpLink]
      t.equal(link.mtu, is.mtu, `${link.name} mtu`)
      t.equal(link.isUp, is.flags.includes('UP'))
      t.equal(link.isLoopback, is.flags.includes('LOOPBACK'))
      t.equal(link.kind, is.linkinfo?.info_kind)
      t.equal(link.hardwareType === 1, is.link_type === 'ether')
      if (link.hardwareType === 1)
        t.equal(Buffer.from(link.hardwareAddress).toString('hex'), is.address.replaceAll(':', ''))
      // Traffic goes on meanwhile: the counters lie between two readings.
      const { rxBytes, txBytes, rxPackets, txPackets } = link.counters
      for (const [ours, low, high] of [
        [rxBytes, was.stats64.rx.bytes, is.stats64.rx.bytes],
        [txBytes, was.stats64.tx.bytes, is.stats64.tx.bytes],
        [rxPackets, was.stats64.rx.packets, is.stats64.rx.packets],
        [txPackets, was.stats64.tx.packets, is.stats64.tx.packets],
      ] as const) {
        t.ok(ours >= low && ours <= high, `${low} <= ${ours} <= ${high}`)
      }
    }
    const addresses = route.addresses().map(({ index, words }) => `${index} ${formatAddress(...words)}`)
    const theirs = ip('addr').flatMap(({ ifindex, addr_info }) =>
      addr_info.map(({ local }) => `${ifindex} ${local}`),
    )
    t.same(addresses.sort(), theirs.sort())
    const loopback = route.addresses().find(({ words }) => words[3] === 0x7f000001)
    t.equal(loopback?.broadcast, 0x7fffffff, 'also where none is set')
    route.close()
  })

  t.test('changes of links and addresses', { skip: notLinux || (hasIp ? false : 'needs ip(8)') }, async t => {
    const url = (file: string) =>
      JSON.stringify(new URL(`../../src/native/linux/${file}`, import.meta.url).href)
    const inside = spawnSync(
      'unshare',
      [
        '--user',
        '--map-root-user',
        '--net',
        process.execPath,
        ...process.execArgv,
        '--input-type=module',
        '-e',
        `
      import { spawnSync } from 'node:child_process'
      import { RouteChanges } from ${url('route-changes.ts')}
      import { RouteSocket } from ${url('rtnetlink.ts')}
      const changes = new RouteChanges()
      const route = new RouteSocket()
      const after = (...line) => {
        if (line.length > 0 && spawnSync('ip', line).status !== 0) throw new Error(line.join(' '))
        const told = changes.take()
        route.links()
        route.addresses()
        return [told, changes.take()]
      }
      const address = ['addr', 'add', '127.0.0.2/8', 'dev', 'lo']
      console.log(JSON.stringify([after(), after('link', 'set', 'lo', 'up'), after(...address), after('link', 'set', 'lo', 'mtu', '1400')]))`,
      ],
      { encoding: 'utf8' },
    )
    if (inside.status !== 0)
      return void t.pass('not tested', {
        skip: `user namespaces are not available: ${inside.stderr.split('\n')[0]}`,
      })
    t.same(JSON.parse(inside.stdout), [
      [false, false],
      [true, false],
      [true, false],
      [true, false],
    ])
  })

  t.test('links below, masters and tags', { skip: notLinux || (hasIp ? false : 'needs ip(8)') }, async t => {
    const script = [
      'ip link add br0 type bridge',
      'ip link add v0 type veth peer name v1',
      'ip link set v0 master br0',
      'ip link add link v1 name mac0 type macvlan',
      'ip link add link v1 name v1.10 type vlan id 10 2>/dev/null || true', // not in every kernel
    ].join(' && ')
    const inside = spawnSync(
      'unshare',
      [
        '--user',
        '--map-root-user',
        '--net',
        'sh',
        '-c',
        `${script}; exec "$0" "$@"`,
        process.execPath,
        ...process.execArgv,
        '--input-type=module',
        '-e',
        `
      import { RouteSocket } from ${JSON.stringify(new URL('../../src/native/linux/rtnetlink.ts', import.meta.url).href)}
      console.log(JSON.stringify(new RouteSocket().links()))`,
      ],
      { encoding: 'utf8' },
    )
    interface Shown {
      name: string
      index: number
      kind?: string
      master?: number
      lower?: number
      vlan?: { protocol: number; id: number }
    }
    const links =
      inside.status === 0 && inside.stdout.startsWith('[') ? (JSON.parse(inside.stdout) as Shown[]) : []
    const named = (name: string) => links.find(link => link.name === name)
    if (named('mac0') === undefined)
      return void t.pass('not tested', {
        skip: `user namespaces, bridge, veth or macvlan are not available: ${inside.stderr.split('\n')[0]}`,
      })
    t.equal(named('br0')?.kind, 'bridge')
    t.equal(named('v0')?.master, named('br0')?.index)
    t.equal(named('mac0')?.kind, 'macvlan')
    t.equal(named('mac0')?.lower, named('v1')?.index)
    if (named('v1.10') === undefined) t.comment('VLAN interfaces are not in this kernel')
    else t.match(named('v1.10'), { vlan: { protocol: 0x8100, id: 10 }, lower: named('v1')?.index })
  })

  t.test(
    'capabilities',
    { skip: notLinux || (process.getuid?.() === 0 ? false : 'needs root, to have any') },
    async t => {
      const { stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, here], {
        encoding: 'utf8',
        env: { ...process.env, NETOPROC_TEST_CAPABILITY: '1' },
      })
      const result = JSON.parse(
        stdout.split('\n').find(line => line.startsWith('{')) ?? `{"error":${JSON.stringify(stderr)}}`,
      ) as object
      t.match(result, { before: true, after: [false, true, true], code: 'EPERM', drops: 0 })
      t.match(
        JSON.stringify(result),
        /CapInh:\\t0+".*CapPrm:\\t0000008000080000.*CapAmb:\\t0+".*NoNewPrivs:\\t1/,
      )
    },
  )
}
