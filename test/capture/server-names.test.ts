// Server names in TLS and QUIC handshakes: found however they are cut, and nothing else in any case.

import { createCipheriv } from 'node:crypto'
import { existsSync } from 'node:fs'
import { connect as connectPlain, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import t from 'tap'
import {
  CUT,
  NO_NAME,
  serverNameOfHello,
  serverNameOfRecords,
} from '../../src/capture/decode/client-hello.ts'
import { Handshakes } from '../../src/capture/decode/handshakes.ts'
import { initialKeys, openInitial, readInitial } from '../../src/capture/decode/quic-initial.ts'
import { initialCrypto } from '../../src/cli/initial-crypto.ts'
import { records, root, shell } from '../support/command.ts'
import { seededRandom } from '../support/random.ts'

/** What OpenSSL sends first, in TLS records. */
function recordedHello(servername: string | undefined): Promise<Buffer> {
  return new Promise((done, fail) => {
    const server = createServer(socket => {
      socket.once('data', data => {
        done(data)
        socket.destroy()
        server.close()
      })
    })
    server.on('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      const socket = connectPlain(port, '127.0.0.1')
      // The peer hangs up in the middle of the handshake: that is what the test wants of it.
      connect({ socket, ...(servername === undefined ? {} : { servername }) }).on('error', () => {})
    })
  })
}

/** A ClientHello with these extensions, and so many bytes of padding before them. */
function hello(extensions: ReadonlyArray<readonly [type: number, data: Buffer]>, padding = 0): Buffer {
  const list = [[21, Buffer.alloc(padding)] as const, ...extensions].map(([type, data]) =>
    Buffer.concat([u16(type), u16(data.length), data]),
  )
  const all = Buffer.concat(list)
  const body = Buffer.concat([
    Buffer.from('0303', 'hex'),
    Buffer.alloc(32, 7),
    Buffer.from([4, 1, 2, 3, 4]),
    Buffer.from([0, 2, 0x13, 1]),
    Buffer.from([1, 0]),
    u16(all.length),
    all,
  ])
  return Buffer.concat([Buffer.from([1, 0]), u16(body.length), body])
}

function sni(name: string | Buffer, type = 0): readonly [number, Buffer] {
  const bytes = Buffer.from(name as string)
  const entry = Buffer.concat([Buffer.from([type]), u16(bytes.length), bytes])
  return [0, Buffer.concat([u16(entry.length), entry])]
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}

function inRecords(message: Buffer, size = 16384): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size)
    parts.push(Buffer.from([22, 3, 1]), u16(part.length), part)
  }
  return Buffer.concat(parts)
}

t.test('what OpenSSL sends, cut anywhere', async t => {
  const bytes = await recordedHello('www.Example.com')
  t.equal(serverNameOfRecords(bytes, 0, bytes.length), 'www.example.com')
  for (let cut = 1; cut < bytes.length; cut++) {
    const handshakes = new Handshakes(undefined)
    const first = handshakes.segment(1, 4294967290, bytes, 0, cut)
    const second = handshakes.segment(1, (4294967290 + cut) >>> 0, bytes, cut, bytes.length)
    // Fewer than six bytes do not show that it is a handshake.
    const found = [first, second].filter(name => name !== undefined)
    if (found.length !== (cut > 5 ? 1 : 0) || found.some(name => name !== 'www.example.com'))
      t.fail(`cut at ${cut}: ${found.join(' ')}`)
  }
  const none = await recordedHello(undefined)
  t.equal(serverNameOfRecords(none, 0, none.length), NO_NAME)
})

t.test('names that are none', t => {
  const of = (...extensions: Array<readonly [number, Buffer]>) => {
    const bytes = hello(extensions)
    return serverNameOfHello(bytes, 0, bytes.length)
  }
  t.equal(of(sni('a.example.')), 'a.example')
  t.equal(of(sni('')), NO_NAME)
  t.equal(of(sni('.')), NO_NAME)
  t.equal(of(sni('evil\x1b[2J.example')), NO_NAME)
  t.equal(of(sni('b\u00fccher.example')), NO_NAME)
  t.equal(of(sni('x'.repeat(256))), NO_NAME)
  t.equal(of(sni('a.example', 1)), NO_NAME)
  t.equal(of([0, Buffer.from([0, 9, 0, 0, 200, 65])]), NO_NAME, 'longer than its extension')
  t.equal(of([16, Buffer.alloc(9)], sni('last.example')), 'last.example')
  t.equal(of(), NO_NAME)
  t.equal(serverNameOfHello(Buffer.from([2, 0, 0, 0, 0]), 0, 5), NO_NAME, 'a ServerHello')
  t.equal(serverNameOfHello(Buffer.alloc(0), 0, 0), CUT)
  t.end()
})

t.test('over TCP: records, segments, retransmissions, gaps', t => {
  const bytes = inRecords(hello([sni('late.example')], 3000), 700)
  t.equal(serverNameOfRecords(bytes, 0, bytes.length), 'late.example', 'several records')
  const parts: Array<[number, number]> = [
    [0, 1000],
    [1000, 2000],
    [2000, bytes.length],
  ]
  const play = (order: ReadonlyArray<readonly [number, number]>) => {
    const handshakes = new Handshakes(undefined)
    return order.map(([from, to]) => handshakes.segment(9, 5000 + from, bytes, from, to)).filter(Boolean)
  }
  t.same(play(parts), ['late.example'])
  t.same(
    play([parts[0], parts[0], parts[1], parts[1], [900, 2000], parts[2]] as never),
    ['late.example'],
    'sent again',
  )
  t.same(play([parts[0], parts[2], parts[1]] as never), [], 'a gap')
  const handshakes = new Handshakes(undefined)
  handshakes.segment(9, 0, bytes, 0, 1000)
  handshakes.forget([9])
  t.equal(handshakes.segment(9, 1000, bytes, 1000, bytes.length), undefined, 'the number is another flow now')
  for (let flow = 0; flow < 300; flow++) handshakes.segment(flow, 0, bytes, 0, 1000)
  t.equal(handshakes.segment(0, 1000, bytes, 1000, bytes.length), undefined, 'few are kept')
  t.equal(handshakes.segment(299, 1000, bytes, 1000, bytes.length), 'late.example')
  const endless = inRecords(hello([[1, Buffer.alloc(60000)], sni('far.example')]))
  let sequence = 0
  const found: unknown[] = []
  for (; sequence < endless.length; sequence += 1000)
    found.push(handshakes.segment(7, sequence, endless, sequence, Math.min(sequence + 1000, endless.length)))
  t.same(found.filter(Boolean), [], 'longer than a handshake is')
  t.end()
})

interface Sealing {
  readonly version?: 1 | 2
  readonly id?: Buffer
  readonly keyId?: Buffer
  readonly number?: number
  readonly token?: Buffer
}

/** A client's Initial packet, made the way RFC 9001 says. */
function initial(frames: Buffer, sealing: Sealing = {}): Buffer {
  const {
    version = 1,
    id = Buffer.from('8394c8f03e515708', 'hex'),
    number = 2,
    token = Buffer.alloc(0),
  } = sealing
  const salt =
    version === 1 ? '38762cf7f55934b34d179ae6a4c80cadccbb7f0a' : '0dede3def700a6db819381be6e269dcbf9bd2ed9'
  const prefix = version === 1 ? 'quic' : 'quicv2'
  const extracted = Buffer.from(initialCrypto.hmacSha256(Buffer.from(salt, 'hex'), sealing.keyId ?? id))
  const expand = (secret: Buffer, label: string, length: number) => {
    const name = `tls13 ${label}`
    const info = Buffer.concat([
      u16(length),
      Buffer.from([name.length]),
      Buffer.from(name),
      Buffer.from([0, 1]),
    ])
    return Buffer.from(initialCrypto.hmacSha256(secret, info)).subarray(0, length)
  }
  const secret = expand(extracted, 'client in', 32)
  const key = expand(secret, `${prefix} key`, 16)
  const nonce = Buffer.from(expand(secret, `${prefix} iv`, 12))
  const headerKey = expand(secret, `${prefix} hp`, 16)
  const first = 0xc0 | (version === 1 ? 0 : 0x10) | 3
  const header = Buffer.concat([
    Buffer.from([first]),
    Buffer.from(version === 1 ? '00000001' : '6b3343cf', 'hex'),
    Buffer.from([id.length]),
    id,
    Buffer.from([0]),
    Buffer.from([0x40 | (token.length >> 8), token.length & 255]),
    token,
    u16(0x4000 | (4 + frames.length + 16)),
    Buffer.from([0, 0, number >> 8, number & 255]),
  ])
  for (let i = 0; i < 4; i++)
    nonce[8 + i] = (nonce[8 + i] as number) ^ (header[header.length - 4 + i] as number)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  cipher.setAAD(header)
  const sealed = Buffer.concat([cipher.update(frames), cipher.final(), cipher.getAuthTag()])
  const mask = initialCrypto.aesBlock(headerKey, sealed.subarray(0, 16))
  header[0] = first ^ ((mask[0] as number) & 15)
  for (let i = 0; i < 4; i++) {
    const at = header.length - 4 + i
    header[at] = (header[at] as number) ^ (mask[1 + i] as number)
  }
  return Buffer.concat([header, sealed])
}

function cryptoFrame(message: Buffer, from: number, to: number): Buffer {
  return Buffer.concat([
    Buffer.from([6]),
    u16(0x4000 | from),
    u16(0x4000 | (to - from)),
    message.subarray(from, to),
  ])
}

t.test('keys of QUIC are those of RFC 9001 appendix A.1 and RFC 9369 appendix A.1', t => {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const keysOf = (version: number) => {
    const packet = {
      version,
      destinationId: Buffer.from('8394c8f03e515708', 'hex'),
      start: 0,
      numberOff: 0,
      end: 0,
    }
    const { key, iv, headerKey } = initialKeys(packet, initialCrypto)
    return [text(key), text(iv), text(headerKey)]
  }
  t.same(keysOf(1), [
    '1f369613dd76d5467730efcbe3b1a22d',
    'fa044b2f42a3fd3b46fb255c',
    '9f50449e04a0e810283a1e9933adedd2',
  ])
  t.same(keysOf(0x6b3343cf), [
    '8b1a0bc121284290a29e0971b5cd045d',
    '91f73e2351d8fa91660e909f',
    '45b95e15235d6f45a6b19cbcb0294ba9',
  ])
  t.end()
})

t.test('over QUIC: whole, in pieces, out of order, after a Retry', t => {
  const message = hello([sni('quic.example')], 1500)
  const whole = cryptoFrame(message, 0, message.length)
  const read = (...datagrams: Buffer[]) => {
    const handshakes = new Handshakes(initialCrypto)
    return datagrams.map(bytes => handshakes.datagram(3, bytes, 0, bytes.length)).filter(Boolean)
  }
  t.same(read(initial(whole)), ['quic.example'])
  t.same(read(initial(whole, { version: 2 })), ['quic.example'], 'version 2')
  t.same(read(initial(whole, { token: Buffer.alloc(300, 1) })), ['quic.example'], 'a token')
  t.same(read(initial(whole), initial(whole, { number: 3 })), ['quic.example'], 'once')
  const [a, b, c] = [
    cryptoFrame(message, 0, 500),
    cryptoFrame(message, 400, 1200),
    cryptoFrame(message, 1200, message.length),
  ]
  const padded = (...frames: Buffer[]) =>
    Buffer.concat([Buffer.alloc(20), Buffer.from([1]), ...frames, Buffer.alloc(9)])
  t.same(read(initial(padded(c, a)), initial(padded(b), { number: 3 })), ['quic.example'], 'in any order')
  t.same(read(initial(padded(a, c))), [], 'a piece is missing')
  const ack = Buffer.from([2, 5, 0, 1, 0, 0, 0])
  t.same(read(initial(padded(ack, whole))), ['quic.example'])
  t.same(
    read(initial(padded(Buffer.from([2, 5, 0, 0xff, 255, 255, 255, 255, 255, 255, 255, 0]), whole))),
    [],
    'an endless ACK',
  )
  const wrong = initial(whole, { keyId: Buffer.from('0102030405060708', 'hex') })
  t.same(read(wrong), [], 'sealed with other keys')
  const retried = Buffer.from('aabbccddeeff0011', 'hex')
  t.same(
    read(initial(padded(a)), initial(whole, { id: retried })),
    ['quic.example'],
    'after a Retry, from the beginning',
  )
  const coalesced = Buffer.concat([initial(padded(a)), initial(padded(b, c), { number: 3 })])
  t.same(read(coalesced), ['quic.example'], 'two in one datagram')
  const handshakes = new Handshakes(undefined)
  t.equal(
    handshakes.datagram(1, initial(whole), 0, initial(whole).length),
    undefined,
    'without cryptography, nothing',
  )
  const packet = readInitial(initial(whole), 0, initial(whole).length)
  t.ok(packet)
  t.equal(readInitial(initial(whole), 0, initial(whole).length - 1), undefined, 'cut')
  if (packet !== undefined)
    t.equal(
      openInitial(initial(whole), packet, initialKeys(packet, initialCrypto), initialCrypto)?.length,
      whole.length,
    )
  t.end()
})

t.test('mutated handshakes neither crash nor name what is not there', t => {
  const random = seededRandom(20251123)
  const tls = inRecords(hello([[16, Buffer.alloc(9)], sni('fuzz.example'), [43, Buffer.alloc(3)]], 40), 90)
  const message = hello([sni('fuzz.example')], 100)
  const quic = initial(Buffer.concat([cryptoFrame(message, 60, message.length), cryptoFrame(message, 0, 60)]))
  const printable = /^[\x21-\x7e]{1,255}$/
  let named = 0
  for (let round = 0; round < 20_000; round++) {
    const isQuic = round % 10 === 0
    const bytes = Buffer.from(isQuic ? quic : tls)
    for (let n = random(4); n >= 0; n--) bytes[random(bytes.length)] = random(256)
    const end = random(3) === 0 ? random(bytes.length + 1) : bytes.length
    const handshakes = new Handshakes(initialCrypto)
    const cut = random(end + 1)
    const names = isQuic
      ? [handshakes.datagram(1, bytes, 0, end)]
      : [handshakes.segment(1, 0, bytes, 0, cut), handshakes.segment(1, cut, bytes, cut, end)]
    for (const name of names) {
      if (name === undefined) continue
      named++
      if (!printable.test(name)) t.fail(JSON.stringify(name))
      if (isQuic && name !== 'fuzz.example') t.fail('a packet that was changed was opened')
    }
  }
  t.ok(named > 1000, `${named} of 20000 still have a name`)
  t.end()
})

const corpus = join(root, '../shared/corpus/dev')
t.test(
  'captures of other projects: as tshark reads them',
  { skip: existsSync(corpus) ? false : '../shared/corpus is not here' },
  async t => {
    const expected: Record<string, string[]> = {
      'tls13.pcap': [],
      'quic-v2.pcap': [],
      'loop-quic-retry.pcap': ['localhost'],
      'ppp-quic.pcap': ['server4:443'],
      'quic-handshake-null.pcap': ['localhost'],
    }
    for (const [name, names] of Object.entries(expected)) {
      const { out } = await shell(`netoproc-capture -r ${join(corpus, name)}`)
      const found = records(out).filter(({ type }) => type === 'server_name')
      t.same(
        found.map(record => record.name),
        names,
        name,
      )
    }
    const off = await shell(`netoproc-capture --no-sni -r ${join(corpus, 'ppp-quic.pcap')}`)
    t.notMatch(off.out, /server_name/)
  },
)
