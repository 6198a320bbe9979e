// Who a pid is: name, user, command line, and the start time that tells it from another process with the same pid. One that has
// ended keeps what was known of it.

import { executablePath, readShortInfo } from '../../native/darwin/libproc.ts'
import { type ProcessInfo, readArguments, readProcessInfo } from '../../native/darwin/process-info.ts'
import { userName } from '../../native/darwin/user-names.ts'
import { hasCode } from '../../native/system-error.ts'
import { printable } from '../../record/printable.ts'

/** The owner fields of a socket record. */
export interface Identity {
  readonly pid: number
  /** Null where the system does not tell. */
  readonly start_time: number | null
  readonly process: string
  readonly user: string | null
  readonly uid: number | null
  /** Null where it may not be known. */
  readonly cmdline: string | null
}

interface Known {
  readonly identity: Identity
  readonly comm: string
  checkedUs: number
}

const NAME_LENGTH = 256
/** The kernel cuts names to 15 bytes in some places and to 16 in others. */
const COMM_LENGTH = 15
/** Beyond so many, those that were not asked for lately are forgotten. */
const MAX_KNOWN = 16_384
const KEEP_US = 60_000_000

export class ProcessTable {
  private readonly known = new Map<number, Known>()

  /**
   * The process that has this pid now, or had it last; undefined when it was never seen. Once it has been asked for at a time,
   * the kernel is not asked again for that time.
   * @throws SystemError
   */
  identify(pid: number, nowUs: number): Identity | undefined {
    const known = this.known.get(pid)
    if (known !== undefined && nowUs === known.checkedUs) return known.identity
    const info = readInfo(pid)
    if (info === undefined) return known?.identity
    if (known !== undefined && known.comm === info.comm && known.identity.start_time === info.startTime) {
      known.checkedUs = nowUs
      return known.identity
    }
    const identity = describe(info)
    if (this.known.size >= MAX_KNOWN) this.forget(nowUs - KEEP_US)
    this.known.set(pid, { identity, comm: info.comm, checkedUs: nowUs })
    return identity
  }

  /** Whether the pid is still this process's. @throws SystemError */
  isStill({ pid, start_time }: Identity): boolean {
    return readInfo(pid)?.startTime === start_time
  }

  /** Whether the pid is another process's by now. Of one that has ended and left its pid to nobody it is not. @throws SystemError */
  isReused({ pid, start_time }: Identity): boolean {
    const info = readInfo(pid)
    return info !== undefined && info.startTime !== start_time
  }

  /**
   * A process as others knew it: it may have ended before it could be looked at, and its pid be another's.
   * @param name as the kernel gave it; empty: it gave none
   */
  unseen(pid: number, name: string, uid: number, nowUs: number): Identity {
    const identity = this.identify(pid, nowUs)
    const comm = this.known.get(pid)?.comm
    if (identity !== undefined && comm !== undefined && isNamed(comm, name)) return identity
    return identityOf({ pid, uid, startTime: null }, name, null)
  }

  private forget(beforeUs: number): void {
    for (const [pid, { checkedUs }] of this.known) if (checkedUs < beforeUs) this.known.delete(pid)
    if (this.known.size >= MAX_KNOWN) this.known.clear()
  }
}

type Info = Omit<ProcessInfo, 'startTime'> & { readonly startTime: number | null }

function readInfo(pid: number): Info | undefined {
  try {
    return readProcessInfo(pid)
  } catch (error) {
    if (!hasCode(error, 'EPERM', 'EACCES', 'ENOENT')) throw error
    // A sandbox: libproc may still tell, but not when the process began.
    const info = readShortInfo(pid)
    return info === undefined ? undefined : { ...info, pid, startTime: null }
  }
}

function describe(info: Info): Identity {
  const path = executablePath(info.pid)
  const args = readArguments(info.pid)
  // It may have ended, and its pid gone to another process, while it was asked about.
  if (readInfo(info.pid)?.startTime !== info.startTime) return identityOf(info, info.comm, null)
  const cmdline = args === undefined || args.length === 0 ? null : printable(args.join(' '))
  return identityOf(info, processName(info.comm, path), cmdline)
}

function identityOf(
  { pid, uid, startTime }: Pick<Info, 'pid' | 'uid' | 'startTime'>,
  name: string,
  cmdline: string | null,
): Identity {
  return {
    pid,
    start_time: startTime,
    process: printable(name === '' ? `pid ${pid}` : name, NAME_LENGTH),
    user: printable(userName(uid), NAME_LENGTH),
    uid,
    cmdline,
  }
}

/** Whether comm can be that name, which may be longer. */
function isNamed(comm: string, name: string): boolean {
  return name === '' || (Buffer.byteLength(comm) < COMM_LENGTH ? name === comm : name.startsWith(comm))
}

/** The name by which people know a process: comm, and where that was cut the whole of it, from the file that it runs. */
export function processName(comm: string, path: string | undefined): string {
  if (path === undefined || Buffer.byteLength(comm) < COMM_LENGTH) return comm
  const base = path.slice(path.lastIndexOf('/') + 1)
  return base.startsWith(comm) ? base : comm
}
