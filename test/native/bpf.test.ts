// The assembler against known bytes, against the compiler's headers and against bpftool; maps, programs and the kernel's
// types against the running kernel where there is the right to.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { attrLayout, command, tryBpf } from '../../src/native/linux/bpf/bpf-syscall.ts'
import { BpfMap } from '../../src/native/linux/bpf/bpf-map.ts'
import { ProgramError, loadProgram } from '../../src/native/linux/bpf/bpf-program.ts'
import { cgroup2Mounts, openCgroupRoot } from '../../src/native/linux/bpf/cgroup-root.ts'
import {
  BPF_NETFILTER,
  BPF_PROG_TYPE_NETFILTER,
  attachType,
  helper,
  mapType,
  programType,
  skb,
  sock,
  sockAddr,
  tcpSock,
} from '../../src/native/linux/bpf/helper.ts'
import * as bpf from '../../src/native/linux/bpf/instruction.ts'
import { KernelTypes } from '../../src/native/linux/bpf/kernel-types.ts'
import { listing } from '../../src/native/linux/bpf/listing.ts'
import { RingBuffer } from '../../src/native/linux/bpf/ring-buffer.ts'
import { MappedArray } from '../../src/native/linux/bpf/mapped-array.ts'
import { type FileDescriptor, openDescriptors } from '../../src/native/file-descriptor.ts'

const isLinux = process.platform === 'linux'
/** Why programs cannot be loaded here. */
const noBpf = ((): string | false => {
  if (!isLinux) return 'not Linux'
  const result = tryBpf('BPF_PROG_GET_NEXT_ID', 'GET_NEXT_ID', { start_id: 0 })
  return result === -1 ? 'no right to use bpf(2): run as root' : false
})()

function has(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some(directory => existsSync(join(directory, program)))
}

function hex(program: bpf.Program): string {
  return Buffer.from(bpf.assemble(program)).toString('hex')
}

t.test('each instruction has the bytes that the instruction set says', async t => {
  const cases: [string, bpf.Program, string][] = [
    // From Documentation/bpf/standardization/instruction-set.rst and the test vectors of kernel and compilers.
    ['move a register', [bpf.mov('r6', 'r1')], 'bf16000000000000'],
    ['move a number', [bpf.mov('r0', -1)], 'b7000000ffffffff'],
    ['move 32 bits', [bpf.mov32('r1', 'r2')], 'bc21000000000000'],
    ['add', [bpf.add('r2', -32)], '07020000e0ffffff'],
    ['subtract', [bpf.sub('r1', 'r3')], '1f31000000000000'],
    ['multiply, divide', [bpf.mul('r1', 3), bpf.div('r1', 'r2')], '27010000030000003f21000000000000'],
    ['and, or', [bpf.and('r5', 15), bpf.or('r5', 'r1')], '570500000f0000004f15000000000000'],
    ['exclusive or', [bpf.xor('r5', 1)], 'a705000001000000'],
    ['shift', [bpf.lsh('r1', 2), bpf.rsh('r1', 32)], '67010000020000007701000020000000'],
    ['byte order', [bpf.bigEndian('r1', 16)], 'dc01000010000000'],
    ['load 32 bits', [bpf.load('u32', 'r2', 'r6', 40)], '6162280000000000'],
    [
      'load 8, 16, 64 bits',
      [bpf.load('u8', 'r1', 'r2'), bpf.load('u16', 'r1', 'r2'), bpf.load('u64', 'r1', 'r2')],
      '712100000000000069210000000000007921000000000000',
    ],
    ['store a register', [bpf.store('u64', 'r10', -8, 'r7')], '7b7af8ff00000000'],
    ['store a number', [bpf.store('u32', 'r10', -12, 5)], '620af4ff05000000'],
    ['add in memory', [bpf.atomicAdd('u64', 'r0', 8, 'r1')], 'db10080000000000'],
    ['compare and exchange', [bpf.compareExchange('r4', 8, 'r3')], 'db340800f1000000'],
    ['call', [bpf.call(14)], '850000000e000000'],
    ['call a function of the kernel', [bpf.callKernel(0x1234)], '8520000034120000'],
    ['exit', [bpf.exit()], '9500000000000000'],
    ['a map', bpf.loadMap('r1', 5), '18110000050000000000000000000000'],
    ["a map's value", bpf.loadMapValue('r1', 5), '18210000050000000000000000000000'],
    ['64 bits, the highest alone', bpf.load64('r1', 1n << 63n), '18010000000000000000000000000080'],
    ['64 bits', bpf.load64('r1', 0x1122334455667788n), '18010000887766550000000044332211'],
    [
      'jumps',
      [
        bpf.jumpIf('r0', '==', 0, 'out'),
        bpf.jumpIf('r1', '>', 'r2', 'out'),
        bpf.jump('out'),
        bpf.label('out'),
        bpf.exit(),
      ],
      '15000200000000002d210100000000000500000000000000' + '9500000000000000',
    ],
    ['a jump back', [bpf.label('again'), bpf.jumpIf('r1', '!=', 1, 'again')], '5501ffff01000000'],
  ]
  for (const [name, program, expected] of cases) t.equal(hex(program), expected, name)
})

t.test('what cannot be assembled is refused', async t => {
  t.throws(() => bpf.assemble([bpf.jump('nowhere')]), { message: 'no label nowhere' })
  t.throws(() => bpf.assemble([bpf.label('a'), bpf.label('a')]), { message: 'label a stands twice' })
  t.throws(() => bpf.assemble([bpf.load('u8', 'r0', 'r1', 40000)]), /offset 40000/)
  t.throws(() => bpf.assemble([bpf.mov('r0', 2 ** 33)]), /immediate/)
  const far = Array.from({ length: 4097 }, () => bpf.mov('r0', 0))
  t.throws(() => bpf.assemble(far), /4097 instructions/)
})

t.test('code with labels of its own may stand in a program that has labels of these names', async t => {
  const part = [bpf.jump('out'), bpf.mov('r0', 7), bpf.label('out')]
  const program = [
    ...bpf.scoped('part', part),
    bpf.jump('out'),
    bpf.mov('r0', 1),
    bpf.label('out'),
    bpf.exit(),
  ]
  t.strictSame(
    bpf.resolve(program).map(({ offset }) => offset),
    [1, 0, 1, 0, 0],
  )
})

t.test("the listing reads like the kernel's", async t => {
  t.strictSame(
    listing([
      bpf.mov('r6', 'r1'),
      ...bpf.loadMap('r1', 7),
      bpf.load('u32', 'r2', 'r6', 40),
      bpf.jumpIf('r2', '==', 6, 'out'),
      bpf.store('u64', 'r10', -8, 0),
      bpf.atomicAdd('u64', 'r0', 8, 'r1'),
      bpf.bigEndian('r1', 16),
      bpf.mov32('r1', 'r2'),
      ...bpf.loadMapValue('r2', 7),
      bpf.compareExchange('r2', 0, 'r1'),
      bpf.callKernel(99),
      bpf.call(helper.get_socket_cookie),
      bpf.label('out'),
      bpf.exit(),
    ]),
    [
      '   0: (bf) r6 = r1',
      '   1: (18) r1 = map[fd:7]',
      '   3: (61) r2 = *(u32 *)(r6 +40)',
      '   4: (15) if r2 == 0x6 goto pc+9',
      '   5: (7a) *(u64 *)(r10 -8) = 0',
      '   6: (db) lock *(u64 *)(r0 +8) += r1',
      '   7: (dc) r1 = be16 r1',
      '   8: (bc) w1 = w2',
      '   9: (18) r2 = map[fd:7][0]+0',
      '  11: (db) r0 = atomic64_cmpxchg((u64 *)(r2 +0), r0, r1)',
      '  12: (85) call kernel-function#99',
      '  13: (85) call bpf_get_socket_cookie#46',
      '  14: (95) exit',
    ],
  )
})

t.test(
  'numbers and offsets are those of linux/bpf.h',
  {
    skip:
      !(isLinux && has('gcc') && existsSync('/usr/include/linux/bpf.h')) &&
      'needs Linux, gcc and kernel headers',
  },
  async t => {
    const directory = mkdtempSync(join(tmpdir(), 'netoproc-bpf-'))
    t.teardown(() => rmSync(directory, { recursive: true }))
    const print = (key: string, value: string): string => `printf("${key} %d\\n", (int)(${value}));`
    // In the union the names of some commands' structs are nested.
    const nested: Record<string, string> = {
      MAP_BATCH: 'batch.',
      LINK_CREATE: 'link_create.',
      RAW_TRACEPOINT: 'raw_tracepoint.',
      ENABLE_STATS: 'enable_stats.',
      NETFILTER_LINK: 'link_create.',
    }
    const lines: string[] = []
    const expected: Record<string, number> = {}
    const want = (key: string, c: string, value: number): void => {
      lines.push(print(key, c))
      expected[key] = value
    }
    const hasNetfilter = readFileSync('/usr/include/linux/bpf.h', 'utf8').includes('BPF_NETFILTER')
    for (const [layout, fields] of Object.entries(attrLayout)) {
      for (const [field, [offset, size]] of Object.entries(fields)) {
        const ofHook = ['pf', 'hooknum', 'priority'].includes(field)
        if (ofHook && !hasNetfilter) continue // headers older than Linux 6.4
        const member = `${nested[layout] ?? ''}${ofHook ? 'netfilter.' : ''}${field}`
        want(`${layout}.${field}`, `offsetof(union bpf_attr, ${member})`, offset)
        want(`sizeof ${layout}.${field}`, `sizeof(((union bpf_attr *)0)->${member})`, size)
      }
    }
    for (const [name, number] of Object.entries(command)) want(name, name, number)
    for (const [name, number] of Object.entries(helper)) want(name, `BPF_FUNC_${name}`, number)
    for (const [name, number] of Object.entries(mapType)) want(name, `BPF_MAP_TYPE_${name}`, number)
    for (const [name, number] of Object.entries(programType)) want(name, `BPF_PROG_TYPE_${name}`, number)
    for (const [name, number] of Object.entries(attachType)) want(`BPF_${name}`, `BPF_${name}`, number)
    if (hasNetfilter) {
      want('BPF_NETFILTER', 'BPF_NETFILTER', BPF_NETFILTER)
      want('NETFILTER', 'BPF_PROG_TYPE_NETFILTER', BPF_PROG_TYPE_NETFILTER)
    }
    const structs = { __sk_buff: skb, bpf_sock: sock, bpf_sock_addr: sockAddr, bpf_tcp_sock: tcpSock }
    for (const [struct, fields] of Object.entries(structs)) {
      for (const [name, offset] of Object.entries(fields)) {
        want(`${struct} ${name}`, `offsetof(struct ${struct}, ${name})`, offset)
      }
    }
    writeFileSync(
      join(directory, 'a.c'),
      `#include <stdio.h>\n#include <stddef.h>\n#include <linux/bpf.h>\nint main(void) {\n${lines.join('\n')}\n}\n`,
    )
    execFileSync('gcc', ['-o', join(directory, 'a'), join(directory, 'a.c')])
    const said = Object.fromEntries(
      execFileSync(join(directory, 'a'))
        .toString()
        .trim()
        .split('\n')
        .map(line => {
          const at = line.lastIndexOf(' ')
          return [line.slice(0, at), Number(line.slice(at + 1))]
        }),
    )
    t.strictSame(said, expected)
  },
)

t.test(
  'bpftool reads in the kernel what the listing says',
  { skip: noBpf || (!has('bpftool') && 'bpftool is not installed') },
  async t => {
    const program: bpf.Program = [
      bpf.mov('r6', 'r1'),
      bpf.call(helper.ktime_get_ns),
      bpf.mov('r7', 'r0'),
      bpf.store('u64', 'r10', -8, 'r7'),
      bpf.load('u32', 'r8', 'r10', -8),
      bpf.rsh('r8', 3),
      bpf.and('r8', 7),
      bpf.jumpIf('r8', '==', 3, 'three'),
      bpf.jumpIf('r8', '>', 'r7', 'three'),
      bpf.mul('r8', 5),
      bpf.xor('r8', 'r7'),
      bpf.bigEndian('r8', 32),
      bpf.mov('r1', 'r10'),
      bpf.add('r1', -8),
      bpf.atomicAdd('u64', 'r1', 0, 'r8'),
      bpf.mov('r0', 0),
      bpf.compareExchange('r1', 0, 'r8'),
      bpf.label('three'),
      bpf.mov('r0', 'r8'),
      bpf.exit(),
    ]
    const fd = loadProgram({ name: 'np_test', type: programType.SOCKET_FILTER, attachType: 0, program })
    t.teardown(() => fd.close())
    const id = /^prog_id:\s+(\d+)$/m.exec(
      readFileSync(`/proc/self/fdinfo/${fd.number}`, 'utf8'),
    )?.[1] as string
    const dump = execFileSync('bpftool', ['prog', 'dump', 'xlated', 'id', id]).toString()
    // bpftool prints the address of a helper, or its number, after the name.
    const normal = (line: string): string => line.replace(/#-?\d+$/, '').trim()
    t.strictSame(dump.trimEnd().split('\n').map(normal), listing(program).map(normal))
  },
)

t.test("the verifier's words are in the error", { skip: noBpf }, async t => {
  const before = openDescriptors()
  const bad: bpf.Program = [bpf.exit()]
  t.throws(
    () => loadProgram({ name: 'np_bad', type: programType.SOCKET_FILTER, attachType: 0, program: bad }),
    {
      name: 'SystemError',
      code: 'EACCES',
      message: /^BPF_PROG_LOAD\(np_bad\): EACCES: .*R0 !read_ok/,
    },
  )
  try {
    loadProgram({ name: 'np_bad', type: programType.SOCKET_FILTER, attachType: 0, program: bad })
  } catch (error) {
    t.ok(error instanceof ProgramError && error.log.includes('(95) exit'))
  }
  t.equal(openDescriptors(), before)
})

for (const batches of [true, false]) {
  t.test(
    `a map is written, read and emptied, ${batches ? 'in batches' : 'entry by entry'}`,
    { skip: noBpf },
    async t => {
      const map = new BpfMap(
        { name: 'np_test', type: mapType.HASH, keySize: 8, valueSize: 16, maxEntries: 10_000 },
        batches,
      )
      t.teardown(() => map.close())
      const key = new Uint8Array(8)
      const value = new Uint8Array(16)
      t.equal(
        map.forEach(() => t.fail('empty')),
        0,
      )
      t.equal(map.lookup(key), undefined)
      t.equal(map.take(key), undefined)
      t.equal(map.delete(key), false)
      for (let i = 0; i < 5000; i++) {
        new DataView(key.buffer).setUint32(0, i, true)
        new DataView(value.buffer).setUint32(4, i * 3, true)
        map.set(key, value)
      }
      const seen = new Set<number>()
      const count = map.forEach((keys, at, values, valueAt) => {
        const i = keys.getUint32(at, true)
        seen.add(i)
        if (values.getUint32(valueAt + 4, true) !== i * 3) t.fail(`value of ${i}`)
      })
      t.equal(count, 5000)
      t.equal(seen.size, 5000)
      t.equal(map.take(key)?.getUint32(4, true), 4999 * 3)
      t.equal(map.lookup(key), undefined, 'taken')
      new DataView(key.buffer).setUint32(0, 7, true)
      t.equal(map.delete(key), true)
      t.equal(
        map.forEach(() => {}),
        4998,
      )
    },
  )
}

t.test('a full map says so', { skip: noBpf }, async t => {
  const map = new BpfMap({ name: 'np_test', type: mapType.HASH, keySize: 4, valueSize: 4, maxEntries: 1 })
  t.teardown(() => map.close())
  map.set(new Uint8Array([1, 0, 0, 0]), new Uint8Array(4))
  t.throws(() => map.set(new Uint8Array([2, 0, 0, 0]), new Uint8Array(4)), { code: 'E2BIG' })
})

const noBpftool = noBpf || (!has('bpftool') && 'bpftool runs the program')

/** Runs a program of cgroup_skb so many times, each for the same packet. */
function runner(t: Test, fd: FileDescriptor): (times: number) => void {
  const id = /^prog_id:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd.number}`, 'utf8'))?.[1] as string
  const directory = mkdtempSync(join(tmpdir(), 'netoproc-run-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const packet = join(directory, 'packet')
  writeFileSync(packet, Buffer.concat([Buffer.alloc(12), Buffer.from([8, 0, 0x45]), Buffer.alloc(80)]))
  return times => {
    execFileSync('bpftool', ['prog', 'run', 'id', id, 'data_in', packet, 'repeat', String(times)])
  }
}

t.test("an array's value is the memory of programs and user space alike", { skip: noBpftool }, async t => {
  const before = openDescriptors()
  const array = new MappedArray('np_mapped', 8192)
  // Its first word becomes 9 where it is 7; the second counts the runs that met 7.
  const fd = loadProgram({
    name: 'np_exchange',
    type: programType.CGROUP_SKB,
    attachType: attachType.CGROUP_INET_EGRESS,
    program: [
      ...bpf.loadMapValue('r6', array.fd.number),
      bpf.mov('r0', 7),
      bpf.mov('r2', 9),
      bpf.compareExchange('r6', 0, 'r2'),
      bpf.jumpIf('r0', '!=', 7, 'out'),
      bpf.mov('r1', 1),
      bpf.atomicAdd('u64', 'r6', 8, 'r1'),
      bpf.label('out'),
      bpf.mov('r0', 1),
      bpf.exit(),
    ],
  })
  const run = runner(t, fd)
  run(3)
  t.strictSame([...array.words64.subarray(0, 2)], [0n, 0n])
  for (let round = 0; round < 2; round++) {
    array.words64[0] = 7n
    run(3)
  }
  t.strictSame([...array.words64.subarray(0, 2)], [9n, 2n])
  t.equal(array.words32[2], 2)
  fd.close()
  t.notOk(array.isClosed)
  array.close()
  array.close()
  t.ok(array.isClosed)
  t.equal(openDescriptors(), before)
})

t.test(
  'a ring buffer is read in order, wrapped around, and full without loss of what fits',
  { skip: noBpftool },
  async t => {
    const ring = new RingBuffer('np_ring', 4096)
    t.teardown(() => ring.close())
    const count = new BpfMap({
      name: 'np_count',
      type: mapType.ARRAY,
      keySize: 4,
      valueSize: 8,
      maxEntries: 1,
    })
    t.teardown(() => count.close())
    // Each run puts its number, and twice that, into the ring; a run that finds no room counts all the same.
    const fd = loadProgram({
      name: 'np_writer',
      type: programType.CGROUP_SKB,
      attachType: attachType.CGROUP_INET_EGRESS,
      program: [
        bpf.store('u32', 'r10', -4, 0),
        ...bpf.loadMap('r1', count.fd.number),
        bpf.mov('r2', 'r10'),
        bpf.add('r2', -4),
        bpf.call(helper.map_lookup_elem),
        bpf.jumpIf('r0', '==', 0, 'out'),
        bpf.mov('r6', 'r0'),
        ...bpf.loadMap('r1', ring.fd.number),
        bpf.mov('r2', 16),
        bpf.mov('r3', 0),
        bpf.call(helper.ringbuf_reserve),
        bpf.load('u64', 'r7', 'r6', 0),
        bpf.mov('r1', 1),
        bpf.atomicAdd('u64', 'r6', 0, 'r1'),
        bpf.jumpIf('r0', '==', 0, 'out'),
        bpf.store('u64', 'r0', 0, 'r7'),
        bpf.add('r7', 'r7'),
        bpf.store('u64', 'r0', 8, 'r7'),
        bpf.mov('r1', 'r0'),
        bpf.mov('r2', 0),
        bpf.call(helper.ringbuf_submit),
        bpf.label('out'),
        bpf.mov('r0', 1),
        bpf.exit(),
      ],
    })
    t.teardown(() => fd.close())
    const run = runner(t, fd)
    const numbers: number[] = []
    const read = (): number =>
      ring.read((view, start, end) => {
        t.equal(end - start, 16)
        const n = Number(view.getBigUint64(start, true))
        if (Number(view.getBigUint64(start + 8, true)) !== 2 * n) t.fail(`record ${n} is torn`)
        numbers.push(n)
      })
    let woken = 0
    const stop = ring.fd.onReadable(() => woken++)
    t.teardown(stop)
    t.equal(read(), 0)
    // 4096 bytes hold 170 records of 24: three rounds wrap.
    for (let round = 0; round < 3; round++) {
      run(100)
      t.equal(read(), 100)
    }
    t.strictSame(
      numbers,
      Array.from({ length: 300 }, (_, i) => i),
    )
    run(400)
    const kept = read()
    t.ok(kept >= 150 && kept <= 171, `${kept} of 400 fit`)
    t.strictSame(
      numbers.slice(300),
      Array.from({ length: kept }, (_, i) => 300 + i),
      'the first ones',
    )
    run(1)
    await new Promise(resolve => setTimeout(resolve, 50))
    t.ok(woken > 0, 'poll woke us')
    numbers.length = 0
    t.equal(read(), 1)
    t.strictSame(numbers, [700], 'after the gap')
  },
)

t.test('mounts of cgroup2 are found in mountinfo', async t => {
  t.strictSame(
    cgroup2Mounts(
      [
        '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
        '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 master:2 - cgroup2 cgroup2 rw',
        '42 31 0:38 /part /elsewhere rw - cgroup2 cgroup2 rw',
        '43 31 0:38 / /with\\040space rw - cgroup2 none rw',
        'nonsense',
        '',
      ].join('\n'),
    ),
    ['/sys/fs/cgroup/unified', '/with space'],
  )
})

t.test('without a mount a private one is made, and leaves no trace', { skip: noBpf }, async t => {
  const before = openDescriptors()
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
  const root = openCgroupRoot('')
  t.equal(root.path, undefined)
  t.equal(readFileSync('/proc/self/mountinfo', 'utf8'), mounts)
  root.fd.close()
  t.equal(openDescriptors(), before)
})

/** A BTF blob: types as words, and their names. */
function btf(names: string[], types: number[]): Buffer {
  const strings = Buffer.from(['', ...names].map(name => `${name}\0`).join(''))
  const header = Buffer.alloc(24)
  header.writeUInt16LE(0xeb9f, 0)
  header.writeUInt32LE(24, 4)
  header.writeUInt32LE(types.length * 4, 12)
  header.writeUInt32LE(types.length * 4, 16)
  header.writeUInt32LE(strings.length, 20)
  return Buffer.concat([header, Buffer.from(Uint32Array.from(types).buffer), strings])
}

t.test('types of the kernel', async t => {
  // Names at 1 "int", 5 "pair", 10 "a", 12 "b", 14 "btf_trace_x".
  const INT = [1, 0x01000000, 4, 0x20]
  const anonymous = [0, 0x05000001, 4, 12, 1, 0]
  const pair = [5, 0x04000002, 8, 10, 1, 0, 0, 2, 32]
  const typedef = [14, 0x08000000, 1]
  // Behind them, at 26 "why", 30 "NONE", 35 "LOST".
  const why = [26, 0x06000002, 4, 30, 0, 35, 3]
  const blob = btf(
    ['int', 'pair', 'a', 'b', 'btf_trace_x', 'why', 'NONE', 'LOST'],
    [...INT, ...anonymous, ...pair, ...typedef, ...why],
  )
  const types = new KernelTypes(blob)
  t.equal(types.memberOffset('pair', 'a'), 0)
  t.equal(types.memberOffset('pair', 'b'), 4, 'in an anonymous union')
  t.equal(types.memberOffset('pair', 'c'), undefined)
  t.equal(types.memberOffset('int', 'a'), undefined, 'not a struct')
  t.equal(types.tracepoint('x'), 4)
  t.equal(types.tracepoint('y'), undefined)
  t.strictSame([types.struct('pair'), types.struct('int')], [3, undefined])
  t.strictSame(
    ['NONE', 'LOST', 'FOUND'].map(constant => types.enumerator('why', constant)),
    [0, 3, undefined],
  )
  t.equal(types.enumerator('pair', 'NONE'), undefined, 'not an enum')
  t.throws(() => new KernelTypes(Buffer.alloc(8)), RangeError)
  t.throws(() => new KernelTypes(blob.subarray(0, 60)), RangeError)
  t.throws(() => new KernelTypes(btf(['int'], [1, 0x1f000000, 4])), /kind 31/)
})

t.test(
  'types of this kernel agree with bpftool',
  {
    skip:
      noBpf ||
      ((!has('bpftool') || !existsSync('/sys/kernel/btf/vmlinux')) && 'needs bpftool and a kernel with BTF'),
  },
  async t => {
    const types = KernelTypes.ofKernel()
    const dump = execFileSync('bpftool', ['btf', 'dump', 'file', '/sys/kernel/btf/vmlinux'], {
      maxBuffer: 2 ** 28,
    }).toString()
    const id = /^\[(\d+)\] TYPEDEF 'btf_trace_sched_process_exec'/m.exec(dump)?.[1]
    t.equal(types?.tracepoint('sched_process_exec'), Number(id))
    const task = dump.slice(dump.search(/^\[\d+\] STRUCT 'task_struct' /m))
    const bits = /'group_leader' type_id=\d+ bits_offset=(\d+)/.exec(task)?.[1]
    t.equal(types?.memberOffset('task_struct', 'group_leader'), Number(bits) / 8)
    const kernelFunction = /^\[(\d+)\] FUNC 'tcp_slow_start'/m.exec(dump)?.[1]
    t.equal(types?.kernelFunction('tcp_slow_start'), kernelFunction && Number(kernelFunction))
  },
)
