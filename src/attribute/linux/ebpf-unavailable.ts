// Why kernel counters cannot be had here, in one sentence with the remedy.

import { hasCapability } from '../../native/linux/capability.ts'
import { SystemError } from '../../native/system-error.ts'
import { isOutOfDescriptors } from '../../record/error.ts'

/** `privilege`: more rights would do. */
export class EbpfUnavailableError extends Error {
  override readonly name = 'EbpfUnavailableError'
  readonly privilege: boolean

  constructor(message: string, privilege: boolean, options?: ErrorOptions) {
    super(message, options)
    this.privilege = privilege
  }
}

const needed = ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON'] as const

/** The one honest sentence for an error of bpf(2); other errors as they are. */
export function unavailable(error: unknown): unknown {
  if (!(error instanceof SystemError) || isOutOfDescriptors(error)) return error
  const { code, message } = error
  const because = (reason: string, privilege: boolean): EbpfUnavailableError =>
    new EbpfUnavailableError(reason, privilege, { cause: error })
  // CAP_SYS_ADMIN stands for the first and the last.
  const isAdmin = hasCapability('CAP_SYS_ADMIN')
  const missing = needed.filter(name => !hasCapability(name) && !(isAdmin && name !== 'CAP_NET_ADMIN'))
  if (missing.length > 0) {
    return because(`eBPF needs ${missing.join(', ')}, which this process has not: run with sudo`, true)
  }
  if (code === 'ENOSYS') return because('eBPF: the kernel has no bpf(2), or a sandbox hides it', false)
  if (code === 'EPERM') {
    return because(
      'the kernel refuses eBPF to this process in spite of its capabilities (a user namespace, a sandbox, or lockdown)',
      false,
    )
  }
  if (message.startsWith('BPF_MAP_CREATE(np_events)')) {
    return because('eBPF needs Linux 5.8 or later: this kernel has no ring buffer for it', false)
  }
  return because(`eBPF does not work here: ${message}`, false)
}
