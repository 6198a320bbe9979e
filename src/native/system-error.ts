// A system call that failed: which, on what, and the errno by its name on this system (numbers differ between Linux and
// macOS, names do not).

import koffi from 'koffi'

// Where two names have one number (EAGAIN and EWOULDBLOCK, ENOTSUP and EOPNOTSUPP on Linux), the one that man pages use.
const aliases = new Set(['EWOULDBLOCK', 'EDEADLOCK', 'ENOTSUP'])
const errnoNames: ReadonlyMap<number, string> = new Map(
  Object.entries(koffi.os.errno)
    .sort(([a], [b]) => Number(aliases.has(b)) - Number(aliases.has(a)))
    .map(([name, number]) => [number, name]),
)

export class SystemError extends Error {
  override readonly name = 'SystemError'
  /** Name of the errno: "EPERM". */
  readonly code: string
  readonly errno: number

  /**
   * @param operation what was tried, in the kernel's words: "bind(AF_PACKET, eth0)"
   * @param names of the errno numbers; those of the system that this runs on
   */
  constructor(operation: string, errno: number, names: ReadonlyMap<number, string> = errnoNames) {
    const code = names.get(errno) ?? `errno ${errno}`
    super(`${operation}: ${code}`)
    this.code = code
    this.errno = errno
  }
}

/** Throws the errno of the call that has just returned `result`, when that is negative; else returns it. */
export function checked(operation: string, result: number): number {
  if (result < 0) throw new SystemError(operation, koffi.errno())
  return result
}

/** Whether `error` is a failed system call with one of these errno names. */
export function hasCode(error: unknown, ...codes: string[]): error is SystemError {
  return error instanceof SystemError && codes.includes(error.code)
}
