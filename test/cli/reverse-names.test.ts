// Reverse DNS: asked in the background, few at a time, remembered for a while; hostile names are none.

import t from 'tap'
import { ReverseNames, type ReverseResolver } from '../../src/cli/reverse-names.ts'

class Answers implements ReverseResolver {
  readonly questions: string[] = []
  most = 0
  private readonly open = new Map<string, { done: (names: string[]) => void; fail: (error: Error) => void }>()

  reverse(address: string): Promise<string[]> {
    this.questions.push(address)
    return new Promise((done, fail) => {
      this.open.set(address, { done, fail })
      this.most = Math.max(this.most, this.open.size)
    })
  }

  cancel(): void {
    for (const address of this.waiting) void this.answer(address, 'ECANCELLED')
  }

  async answer(address: string, names: string[] | string): Promise<void> {
    const asked = this.open.get(address)
    this.open.delete(address)
    if (typeof names === 'string') asked?.fail(Object.assign(new Error(names), { code: names }))
    else asked?.done(names)
    await new Promise(setImmediate)
  }

  get waiting(): string[] {
    return [...this.open.keys()]
  }
}

t.test('a name is there later, and for a while', async t => {
  const answers = new Answers()
  let now = 0
  const names = new ReverseNames(answers, () => now)
  t.equal(names.of('198.51.100.1'), undefined)
  t.equal(names.of('198.51.100.1'), undefined)
  await answers.answer('198.51.100.1', ['Host.example'])
  t.equal(names.of('198.51.100.1'), 'host.example')
  t.equal(answers.questions.length, 1, 'asked once')
  now += 3_600_001
  t.equal(names.of('198.51.100.1'), 'host.example', 'shown until there is a newer one')
  await answers.answer('198.51.100.1', ['new.example'])
  t.equal(names.of('198.51.100.1'), 'new.example')
  t.equal(answers.questions.length, 2)
})

t.test('no name is remembered as well, a failure for less', async t => {
  const answers = new Answers()
  let now = 0
  const names = new ReverseNames(answers, () => now)
  const ask = async (address: string, outcome: string) => {
    names.of(address)
    await answers.answer(address, outcome)
  }
  await ask('198.51.100.1', 'ENOTFOUND')
  await ask('198.51.100.2', 'ETIMEOUT')
  now = 5001
  names.of('198.51.100.1')
  names.of('198.51.100.2')
  t.same(answers.waiting, ['198.51.100.2'])
  t.ok(names.isAsking('198.51.100.2'))
  t.notOk(names.isAsking('198.51.100.1'))
  // Ever less often: after 5, 10, 20, 40 s, at last ten minutes.
  let asked = 0
  for (; now < 4_000_000; now += 1000) {
    asked += answers.waiting.length
    await answers.answer('198.51.100.2', 'ETIMEOUT')
    names.of('198.51.100.2')
  }
  t.equal(asked, 12)
  names.of('198.51.100.1')
  t.same(answers.waiting, ['198.51.100.1'])
})

t.test('few at a time, and not everything', async t => {
  const answers = new Answers()
  const names = new ReverseNames(answers, () => 0)
  for (let i = 0; i < 2000; i++) names.of(`10.0.${i >> 8}.${i & 255}`)
  t.equal(answers.most, 8)
  for (let next = answers.waiting[0]; next !== undefined; next = answers.waiting[0])
    await answers.answer(next, [`n${answers.questions.length}.example`])
  t.equal(answers.most, 8)
  t.equal(answers.questions.length, 8 + 512, 'what finds no room waits until it is seen again')
  const before = answers.questions.length
  const nobodyKnows = [
    '127.0.0.1',
    '169.254.1.1',
    '224.0.0.251',
    '255.255.255.255',
    '0.0.0.0',
    '::',
    '::1',
    'fe80::1',
    'ff02::1',
  ]
  for (const address of [...nobodyKnows, 'no address']) names.of(address)
  t.equal(answers.questions.length, before)
})

t.test('closed, it asks nothing more', async t => {
  const answers = new Answers()
  const names = new ReverseNames(answers, () => 0)
  for (let i = 0; i < 100; i++) names.of(`10.0.0.${i}`)
  names.close()
  await new Promise(setImmediate)
  names.of('10.0.1.1')
  t.equal(answers.questions.length, 8)
  t.same(answers.waiting, [])
})

t.test('a name that is no host name is none', async t => {
  const answers = new Answers()
  const names = new ReverseNames(answers, () => 0)
  const evil = ['', 'a b', 'x\x1b[2J', 'x'.repeat(300), '-x', 'b\u00fc.example', '\u202eelpmaxe']
  for (const [i, name] of evil.entries()) {
    const address = `198.51.100.${i}`
    names.of(address)
    await answers.answer(address, [name])
    t.equal(names.of(address), undefined, JSON.stringify(name))
  }
  names.of('2001:db8::1')
  await answers.answer('2001:db8::1', ['a b', 'second.example'])
  t.equal(names.of('2001:db8::1'), 'second.example')
})
