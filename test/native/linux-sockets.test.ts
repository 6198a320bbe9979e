// sock_diag and /proc against the kernel's other tellings of the same, and parsers against hostile text.

import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { openSync, closeSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import process from 'node:process'
import t from 'tap'
import type { DiagSocket } from '../../src/native/linux/sock-diag.ts'

if (process.platform !== 'linux') {
  t.plan(0, 'Linux')
  process.exit(0)
}

const {
  ALL_BUT_TIME_WAIT,
  DiagSocket: Socket,
  SockDiag,
  TCP_LISTEN,
  stateName,
} = await import('../../src/native/linux/sock-diag.ts')
const {
  cgroupName,
  parseCgroup,
  parseCmdline,
  ignoresChildren,
  parseStat,
  parseUid,
  processName,
  readNetworkNamespace,
  startTime,
} = await import('../../src/native/linux/proc.ts')
const { forEachPid, openProcess } = await import('../../src/native/linux/proc-directory.ts')
const { parseProcNetLine, readProcNet } = await import('../../src/native/linux/proc-net.ts')
const { parsePasswd, userName } = await import('../../src/native/linux/user-names.ts')
const { inNetworkNamespace, ownNetworkNamespace } =
  await import('../../src/native/linux/network-namespace.ts')
const { ownDescriptor } = await import('../../src/native/linux/libc.ts')
const { Syn, parseSyn } = await import('../../src/native/linux/syn-watch.ts')

const text = ({ local, localPort, remote, remotePort, state, inode, uid, family }: DiagSocket) =>
  [family, [...local].join(), localPort, [...remote].join(), remotePort, state, inode, uid].join(' ')

t.test('a dump agrees with /proc/net', async t => {
  const udp = [createSocket('udp4').bind(0), createSocket('udp6').bind(0)]
  await Promise.all(udp.map(socket => once(socket, 'listening')))
  const diag = new SockDiag()
  const dumped: string[] = []
  const isThere = diag.dump(17, ALL_BUT_TIME_WAIT, socket => dumped.push(text(socket)))
  if (!isThere) {
    t.comment('skipped: a kernel without udp_diag')
    return
  }
  const read: string[] = []
  readProcNet(17, new Socket(), socket => read.push(text(socket)))
  const mine = new Set(udp.map(socket => socket.address().port))
  const of = (lines: string[]) => lines.filter(line => mine.has(Number(line.split(' ')[2]))).sort()
  t.equal(of(dumped).length, 2)
  t.same(of(dumped), of(read))
  for (const socket of udp) socket.close()
  diag.close()
})

t.test('tcp_info, v6only and the very socket of a tuple', async t => {
  const server = createServer(socket => socket.pipe(socket)).listen({ port: 0, host: '::', ipv6Only: true })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect(port, '::1')
  await once(client, 'connect')
  client.write('x'.repeat(1000))
  await once(client, 'data')
  const other = createServer().listen({ port, host: '127.0.0.1' })
  await once(other, 'listening')
  const diag = new SockDiag()
  const listed: string[] = []
  diag.dump(6, ALL_BUT_TIME_WAIT, ({ localPort, remotePort, family, state, v6only, rttUs, segmentsIn }) => {
    if (localPort !== port && remotePort !== port) return
    const isMeasured = state !== TCP_LISTEN && rttUs > 0 && segmentsIn > 0
    listed.push(`${family} ${stateName(6, state)}${v6only ? ' v6only' : ''}${isMeasured ? ' measured' : ''}`)
  })
  // Both families by one request, each socket once.
  const ends = Array<string>(2).fill('10 established measured')
  t.same(listed.sort(), [...ends, '10 listen v6only', '2 listen'])
  const loopback = [0, 0, 0, 1]
  const found = diag.find(6, true, loopback, client.localPort as number, loopback, port)
  t.ok(found !== undefined && found.rttUs > 0 && found.rttUs < 1e6, `rtt ${found?.rttUs} us`)
  t.equal(found?.bytesReceived, 1000)
  t.equal(found?.retransmits, 0)
  t.equal(found?.uid, process.geteuid?.())
  t.equal(stateName(6, found?.state as number), 'established')
  t.equal(diag.find(6, true, loopback, 1, loopback, 1), undefined)
  client.destroy()
  server.close()
  other.close()
  diag.close()
})

t.test('a protocol that the kernel does not list is told from one without sockets', async t => {
  const diag = new SockDiag()
  t.ok(diag.dump(6, ALL_BUT_TIME_WAIT, () => {}))
  t.notOk(
    diag.dump(77, ALL_BUT_TIME_WAIT, () => {}),
    'an error that the end of the dump tells',
  )
  diag.close()
})

t.test('a process directory agrees with fs', async t => {
  const udp = createSocket('udp4').bind(0)
  await once(udp, 'listening')
  const file = openSync('/dev/null', 'r')
  const directory = openProcess(process.pid)
  const found: string[] = []
  t.equal(
    directory?.forEachSocket((inode, fd) => found.push(`${fd} ${inode}`)),
    'read',
  )
  const expected = readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1]
      return inode === undefined ? [] : [`${fd} ${inode}`]
    } catch {
      return [] // the descriptor that read the directory
    }
  })
  t.same(found.sort(), expected.sort())
  t.ok(found.length > 0)
  const stat = parseStat(directory?.read('stat') ?? '')
  t.equal(stat?.ppid, process.ppid)
  const age = Date.now() / 1000 - startTime(stat?.startTicks as number)
  t.ok(age > -2 && age < process.uptime() + 3, `${age} s old`)
  t.equal(parseUid(directory?.read('status') ?? ''), process.geteuid?.())
  t.equal(parseCmdline(directory?.read('cmdline') ?? '')[0], process.argv0)
  t.equal(directory === undefined ? 0 : readNetworkNamespace(directory), ownNetworkNamespace())
  t.equal(directory?.read('no such file'), undefined)
  directory?.close()
  closeSync(file)
  udp.close()
  const pids: number[] = []
  forEachPid(pid => pids.push(pid))
  t.ok(pids.includes(process.pid) && pids.includes(1))
})

t.test('a process that has ended is not another one', async t => {
  const dead = spawnSync('true').pid
  t.equal(openProcess(dead), undefined)
})

const mayUnshare = spawnSync('unshare', ['--net', 'true']).status === 0
t.test('another network namespace, and back', { skip: mayUnshare ? false : 'needs root' }, async t => {
  const own = ownNetworkNamespace()
  const { spawn } = await import('node:child_process')
  const child = spawn('unshare', ['--net', 'sleep', '60'], { stdio: 'ignore' })
  for (let i = 0; i < 100; i++) {
    const directory = openProcess(child.pid as number)
    const netns = directory === undefined ? own : readNetworkNamespace(directory)
    directory?.close()
    if (netns !== own) break
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  const inside = inNetworkNamespace(child.pid as number, ownNetworkNamespace)
  t.not(inside, own)
  t.throws(() =>
    inNetworkNamespace(child.pid as number, () => {
      throw new Error('inside')
    }),
  )
  t.equal(ownNetworkNamespace(), own)
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.throws(() => inNetworkNamespace(child.pid as number, () => {}), { code: 'ENOENT' })
})

t.test('names that processes give themselves', async t => {
  t.match(parseStat('7 (a) 1 (b) S 3 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0'), {
    comm: 'a) 1 (b',
    ppid: 3,
    startTicks: 99,
    isZombie: false,
  })
  t.equal(
    ignoresChildren('SigBlk:\t0000000000000000\nSigIgn:\t0000000000011001\nSigCgt:\t0000000000000000\n'),
    true,
  )
  t.equal(
    ignoresChildren('SigBlk:\t0000000000010000\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000010000\n'),
    false,
  )
  t.equal(ignoresChildren('Name:\tx\n'), false)
  t.match(parseStat('7 (x) Z 3 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0'), { isZombie: true })
  for (const broken of ['', '7', '7 (x', ') (', '7 (x) S', `7 (x) S ${'y '.repeat(30)}`])
    t.equal(parseStat(broken), undefined)
  t.same(parseCmdline('a\0b c\0\0d\0'), ['a', 'b c', '', 'd'])
  t.same(parseCmdline(''), [])
  t.equal(processName('short', ['/bin/shorter'], '/bin/shorter'), 'short', 'a name that was not cut stays')
  t.equal(processName('systemd-resolve', [], '/usr/lib/systemd/systemd-resolved'), 'systemd-resolved')
  t.equal(
    processName('systemd-resolve', ['/usr/lib/systemd/systemd-resolved'], undefined),
    'systemd-resolved',
  )
  t.equal(processName('a-very-long-nam', ['b'], '/bin/a-very-long-name (deleted)'), 'a-very-long-name')
  t.equal(processName('a-very-long-nam', ['b'], '/bin/python3'), 'a-very-long-nam')
  t.equal(parseUid('Name:\tx\nUid:\t1\t2\t3\t4\n'), 2)
  t.equal(parseUid(''), undefined)
})

t.test('containers and units', async t => {
  const id = '0123456789ab'
  const long = id + 'c'.repeat(52)
  const names: Array<[string, string | undefined]> = [
    [`/system.slice/docker-${long}.scope`, `docker-${id}`],
    [`/docker/${long}`, `docker-${id}`],
    [`/machine.slice/libpod-${long}.scope/container`, `podman-${id}`],
    [`/kubepods.slice/kubepods-pod1.slice/cri-containerd-${long}.scope`, `cri-containerd-${id}`],
    [`/kubepods/besteffort/pod1/${long}`, `kubepods-${id}`],
    ['/system.slice/sshd.service', 'sshd.service'],
    ['/user.slice/user-1000.slice/user@1000.service/app.slice/app-x\\x2dy.scope', 'app-x-y.scope'],
    ['/user.slice', undefined],
    ['/', undefined],
  ]
  for (const [path, name] of names) t.equal(cgroupName(path), name, path)
  t.equal(parseCgroup('0::/a\n'), '/a')
  t.equal(parseCgroup('12:cpu:/b\n1:name=systemd:/c\n0::/\n'), '/c')
  t.equal(parseCgroup('12:cpu:/b\n'), '/b')
  t.equal(parseCgroup('nonsense'), undefined)
})

t.test('users', async t => {
  const names = parsePasswd(
    'root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n#c:x:5:5\n+nis:x:6:6\nbroken\nann:x:1000:1000::\n',
  )
  t.same(
    [...names],
    [
      [0, 'root'],
      [1000, 'ann'],
    ],
  )
  const root = /^([^:]*):[^:]*:0:/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1]
  t.equal(userName(0), root)
  t.equal(userName(4_000_000_000), '4000000000')
})

t.test('lines of /proc/net', async t => {
  const socket = new Socket()
  const line =
    '  12: 0100007F:0035 08080808:D431 01 00000000:00000000 00:00000000 00000000  101        0 4711 2 0000000000000000 0'
  t.ok(parseProcNetLine(line, 2, socket))
  t.match(text(socket), `2 0,0,65535,${0x7f000001} 53 0,0,65535,${0x08080808} 54321 1 4711 101`)
  const v6 =
    ' 1: B80D0120000000000000000001000000:0035 00000000000000000000000000000000:0000 07 0:0 00:0 0 0 0 99 2 0 0'
  t.ok(parseProcNetLine(v6, 10, socket))
  t.same([...socket.local], [0x20010db8, 0, 0, 1])
  for (const broken of ['', 'sl', line.slice(0, 30), v6]) t.notOk(parseProcNetLine(broken, 2, socket))
})

t.test('the first packet of a connection', async t => {
  // 192.0.2.1.4660 > 198.51.100.2.443: Flags [S], with four bytes of IP options.
  const v4 = Buffer.from('460000300001000040060000c0000201c6336402010101001234 01bb'.replace(' ', ''), 'hex')
  const syn = new Syn()
  t.ok(parseSyn(new DataView(v4.buffer, v4.byteOffset, v4.length), v4.length, syn))
  t.same(
    [syn.isV6, [...syn.source], syn.sourcePort, [...syn.destination], syn.destinationPort],
    [false, [0, 0, 0xffff, 0xc0000201], 0x1234, [0, 0, 0xffff, 0xc6336402], 443],
  )
  for (let length = 0; length < v4.length; length++) {
    t.equal(
      parseSyn(new DataView(v4.buffer, v4.byteOffset, v4.length), length, syn),
      false,
      `${length} bytes`,
    )
  }
  const v6 = Buffer.from(
    `6000000000140640${'20010db8'.padEnd(32, '0')}${'fe80'.padEnd(32, '1')}123401bb`,
    'hex',
  )
  t.ok(parseSyn(new DataView(v6.buffer, v6.byteOffset, v6.length), v6.length, syn))
  t.same([syn.isV6, syn.source[0], syn.destinationPort], [true, 0x20010db8, 443])
})

t.test('a descriptor that cannot be waited for is refused, and does not end the process', async t => {
  const file = ownDescriptor(openSync('/proc/self/stat', 'r'))
  t.teardown(() => file.close())
  t.throws(() => file.onReadable(() => {}), { code: 'EPERM', message: 'epoll_ctl: EPERM' })
  const directory = ownDescriptor(openSync('/', 'r'))
  t.teardown(() => directory.close())
  t.throws(() => directory.onReadable(() => {}), { code: 'EPERM' })
})

t.test(
  'what goes wrong while a descriptor is read is told, and not by a call that has nothing to do with it',
  t => {
    const script = `
    import { AF_INET, SOCK_DGRAM, ownDescriptor, socket } from ${JSON.stringify(new URL('../../src/native/linux/libc.ts', import.meta.url).href)}
    const input = ownDescriptor(0)
    process.on('uncaughtException', ({ message }) => {
      input.close()
      console.log(message)
    })
    const call = () => {
      try {
        socket('any call', AF_INET, SOCK_DGRAM, 0).close()
      } catch {
        console.log('a call threw')
      }
    }
    input.onReadable(() => {
      setImmediate(call)
      throw new Error('of the descriptor')
    })`
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...process.execArgv, '--input-type=module', '-e', script],
      {
        input: 'x',
        encoding: 'utf8',
      },
    )
    t.equal(stdout, 'of the descriptor\n', stderr)
    t.end()
  },
)
