// Questions and answers as tcpdump -nn -tt prints them: another reading of what netoproc is to tell.

export interface Exchange {
  readonly askedUs: number
  readonly id: number
  readonly proto: string
  readonly server: string
  readonly name: string
  readonly type: string
  /** Undefined: nobody answered. */
  latencyUs: number | undefined
}

/** One for each question, however often it was sent. */
export function exchanges(text: string): Exchange[] {
  const found = new Map<string, Exchange>()
  const line = /^(\d+)\.(\d{6}) IP (\S+)\.(\d+) > (\S+)\.(\d+): (Flags .* length \d+ )?(\d+)[-+*|$%]* (.*)$/gm
  for (const [, seconds, us, source, from, destination, to, isTcp, id, rest] of text.matchAll(line)) {
    const tsUs = Number(seconds) * 1e6 + Number(us)
    const proto = isTcp === undefined ? 'udp' : 'tcp'
    const isQuery = to === '53'
    const key = `${proto} ${isQuery ? source : destination} ${isQuery ? from : to} ${id}`
    const known = found.get(key)
    if (!isQuery) {
      if (known !== undefined) known.latencyUs ??= tsUs - known.askedUs
      continue
    }
    const [, type, name] = /(\w+)\? (\S+)\. \(/.exec(rest as string) ?? []
    if (known !== undefined || type === undefined || name === undefined) continue
    const server = destination as string
    found.set(key, { askedUs: tsUs, id: Number(id), proto, server, name, type, latencyUs: undefined })
  }
  return [...found.values()]
}
