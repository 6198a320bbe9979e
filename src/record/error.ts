// Every failure that a user can meet, with the exit code of the contract and one line that says what to do.

/** privilege 1, device 2, usage 3, fatal 4 (damaged input included): the exit codes that users' scripts rely on. */
export type ErrorKind = 'privilege' | 'device' | 'usage' | 'fatal'

const exitCodes: Record<ErrorKind, 1 | 2 | 3 | 4> = { privilege: 1, device: 2, usage: 3, fatal: 4 }

export class NetoprocError extends Error {
  override readonly name = 'NetoprocError'
  readonly kind: ErrorKind

  /** @param message one line for people, without the program's name; ends with the remedy where there is one */
  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }

  get exitCode(): 1 | 2 | 3 | 4 {
    return exitCodes[this.kind]
  }
}

/** Why the system refused, in words: "no such file or directory (ENOENT)" of Node's "ENOENT: no such file or directory, open 'x'". */
export function systemReason(error: unknown): string {
  const { message } = error as Error
  const [, code, words] = /^(E[A-Z0-9]+): (.*?), \w+/.exec(message) ?? []
  return code === undefined ? message : `${words} (${code})`
}

/** This process (EMFILE), or the whole system (ENFILE), has no file descriptor left: open(2). */
export function isOutOfDescriptors(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (code === 'EMFILE' || code === 'ENFILE') return true
  // dlopen(3) gives words alone.
  return / Too many open files/.test(error.message)
}

/** The same in one line, with the remedy. */
export function outOfDescriptors(error: unknown): NetoprocError {
  const [reason] = (error as Error).message.split('\n')
  return new NetoprocError(
    'fatal',
    `no file descriptor is left: raise the limit, ulimit -n 256 (${reason})`,
    {
      cause: error,
    },
  )
}
