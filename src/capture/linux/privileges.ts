// What a capture keeps of root's rights once its devices are open: an interface that comes up later may need them again.

import { dropCapabilities } from '../../native/linux/capability.ts'

/** For good. What it is worth: see dropCapabilities. @throws SystemError */
export function keepCapturePrivileges(): void {
  dropCapabilities(['CAP_NET_ADMIN', 'CAP_NET_RAW'])
}
