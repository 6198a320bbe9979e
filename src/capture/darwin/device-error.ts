// What a failed system call of a capture device means to the user.

import { fileURLToPath } from 'node:url'
import { SystemError, hasCode } from '../../native/system-error.ts'
import { NetoprocError } from '../../record/error.ts'

/** Other errors as they are. */
export function deviceError(error: unknown): unknown {
  if (hasCode(error, 'EPERM', 'EACCES')) {
    const script = fileURLToPath(new URL('../../../scripts/macos-install-bpf.sh', import.meta.url))
    return new NetoprocError(
      'privilege',
      `capturing packets needs access to /dev/bpf*: run it with sudo, or give your user access once: sudo sh ${script}`,
      { cause: error },
    )
  }
  if (hasCode(error, 'EBUSY')) {
    return new NetoprocError(
      'device',
      'cannot capture packets: every /dev/bpf device is in use by another program (see: sudo lsof /dev/bpf*)',
      { cause: error },
    )
  }
  if (error instanceof SystemError)
    return new NetoprocError('device', `cannot capture packets: ${error.message}`, { cause: error })
  return error
}
