// What is kept of root's rights once sockets are watched. It goes on reading /proc of others (ptrace(2), access modes),
// entering their network namespaces (setns(2)), asking sock_diag, watching for SYNs, and reading maps of eBPF programs.

import { type Capability, dropCapabilities } from '../../native/linux/capability.ts'

const needed: readonly Capability[] = [
  'CAP_DAC_READ_SEARCH',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_SYS_PTRACE',
  'CAP_SYS_ADMIN',
  'CAP_PERFMON',
  'CAP_BPF',
]

/**
 * For good. What it is worth: see dropCapabilities.
 * @param writesFiles the user may ask for a file, in a directory that is not root's
 * @throws SystemError
 */
export function keepSocketPrivileges(writesFiles: boolean): void {
  dropCapabilities(writesFiles ? [...needed, 'CAP_DAC_OVERRIDE'] : needed)
}
