// Whether this machine lets netoproc count in the kernel: by doing it, and taking everything out again. Costs some 60 ms.

import { EbpfKernel } from './ebpf-kernel.ts'
import { EbpfUnavailableError } from './ebpf-unavailable.ts'

export type EbpfProbe =
  { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly privilege: boolean }

/** @returns one sentence why not, with the remedy; `privilege`: more rights would do */
export function probeEbpf(): EbpfProbe {
  try {
    new EbpfKernel({ ifindexes: [] }).close()
    return { ok: true }
  } catch (error) {
    if (error instanceof EbpfUnavailableError)
      return { ok: false, reason: error.message, privilege: error.privilege }
    throw error
  }
}
