// Resolvers of interfaces, from the files that systems keep them in.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { InterfaceResolvers } from '../../src/capture/linux/interface-resolvers.ts'
import { interfaceTowards, parseRoutes } from '../../src/capture/linux/route-file.ts'
import { parseAddress, type AddressWords } from '../../src/record/address.ts'

const names = new Map([
  [1, 'lo'],
  [2, 'eth0'],
  [3, 'wlan0'],
  [4, 'tun0'],
])

// As a little-endian kernel prints them: default by eth0, 192.0.2.0/24 on eth0, 10.8.0.0/16 on tun0, default by wlan0 too.
const route = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t016433C6\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
tun0\t0000080A\t00000000\t0001\t0\t0\t50\t0000FFFF\t0\t0\t0
eth0\t0000090A\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0
`
const route6 = `20010db8000000000000000000000000 20 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 00000001     eth0
${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fe800000000000000000000000000001 00000258 00000001 00000000 00000003    wlan0
`

function tree(t: Test, files: Record<string, string>, init = 'net:[1]'): InterfaceResolvers {
  const root = mkdtempSync(join(tmpdir(), 'netoproc-test-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  for (const [pid, link] of [
    ['self', 'net:[1]'],
    ['1', init],
  ] as const) {
    mkdirSync(join(root, 'proc', pid, 'ns'), { recursive: true })
    symlinkSync(link, join(root, 'proc', pid, 'ns/net'))
  }
  for (const [name, text] of Object.entries({
    'proc/net/route': route,
    'proc/net/ipv6_route': route6,
    ...files,
  })) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return new InterfaceResolvers(root)
}

t.test('routes: the longest prefix, then the least metric', t => {
  const routes = parseRoutes(route, route6)
  const towards = (address: string) => interfaceTowards(parseAddress(address) as AddressWords, routes)
  t.equal(towards('8.8.8.8'), 'eth0')
  t.equal(towards('10.8.3.4'), 'tun0')
  t.equal(towards('10.9.3.4'), 'eth0', 'a rejected route is none')
  t.equal(towards('2001:db8::53'), 'eth0')
  t.equal(towards('2001:4860::1'), 'wlan0')
  t.equal(
    interfaceTowards(parseAddress('8.8.8.8') as AddressWords, parseRoutes('', route6)),
    undefined,
    'not by IPv6',
  )
  t.same(parseRoutes('x\ngarbage\n\neth0 zz', 'garbage here'), [])
  t.end()
})

t.test('resolv.conf: servers belong to the interface they are reached through', t => {
  const text =
    '# c\nnameserver 192.0.2.53\nnameserver 10.8.0.1\nnameserver fe80::1%wlan0\nnameserver nonsense\nsearch a.example b.example.\n'
  t.same(
    [...tree(t, { 'etc/resolv.conf': text }).read(names)],
    [
      ['eth0', { servers: ['192.0.2.53'], domains: ['a.example', 'b.example'] }],
      ['tun0', { servers: ['10.8.0.1'], domains: ['a.example', 'b.example'] }],
      ['wlan0', { servers: ['fe80::1'], domains: ['a.example', 'b.example'] }],
    ],
  )
  t.same([...tree(t, {}).read(names)], [], 'no file')
  t.same(
    [...tree(t, { 'etc/resolv.conf': 'nameserver fe80::1%gone0\n' }).read(names)],
    [],
    'no such interface',
  )
  t.end()
})

t.test('systemd: a stub, its links, whom it asks', t => {
  const files = {
    'etc/resolv.conf': 'nameserver 127.0.0.53\nsearch lan\n',
    'run/systemd/netif/links/2':
      'ADMIN_STATE=configured\nDNS=192.0.2.53 2001:db8::53\nDOMAINS=corp.example\n',
    'run/systemd/resolve/netif/4':
      'SERVERS=10.8.0.1:53 [2001:db8:8::1]:53#dns.example\nDOMAINS=vpn.example ~.\n',
    'run/systemd/resolve/netif/99': 'SERVERS=203.0.113.1\n',
    'run/systemd/resolve/resolv.conf': 'nameserver 192.0.2.53\nnameserver 10.8.0.1\nnameserver 9.9.9.9\n',
  }
  t.same(
    [...tree(t, files).read(names)],
    [
      ['eth0', { servers: ['192.0.2.53', '2001:db8::53', '9.9.9.9'], domains: ['corp.example'] }],
      ['tun0', { servers: ['10.8.0.1', '2001:db8:8::1'], domains: ['vpn.example'] }],
      ['lo', { servers: ['127.0.0.53'], domains: ['lan'] }],
    ],
  )
  t.same(
    [...tree(t, files, 'net:[2]').read(names)],
    [['lo', { servers: ['127.0.0.53'], domains: ['lan'] }]],
    'in another namespace the numbers are not ours',
  )
  t.end()
})

t.test('NetworkManager, and files from hell', t => {
  const nm = {
    'etc/resolv.conf': 'nameserver 127.0.0.1\n',
    'run/NetworkManager/no-stub-resolv.conf': 'search home\nnameserver 192.0.2.1\n',
  }
  t.same(tree(t, nm).read(names).get('eth0'), { servers: ['192.0.2.1'], domains: ['home'] })
  const many = Array.from({ length: 5000 }, (_, i) => `nameserver 192.0.2.${i & 255}`).join('\n')
  t.equal(tree(t, { 'etc/resolv.conf': many }).read(names).get('eth0')?.servers.length, 32)
  const evil = 'nameserver 192.0.2.1\x1b[2J\nnameserver 192.0.2.2\nsearch evil\x1b[2J good.example -x\n'
  t.same(tree(t, { 'etc/resolv.conf': evil }).read(names).get('eth0'), {
    servers: ['192.0.2.2'],
    domains: ['good.example'],
  })
  const resolvers = tree(t, nm)
  const first = resolvers.read(names)
  t.equal(resolvers.read(names), first, 'read again after a while only')
  t.end()
})
