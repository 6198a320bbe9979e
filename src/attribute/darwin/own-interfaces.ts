// This host's interfaces and addresses, as hello tells of them.

import { listInterfaces, readCounters } from '../../native/darwin/interfaces.ts'
import { viewOf } from '../../native/darwin/struct.ts'
import { V4_MAPPED, formatAddress } from '../../record/address.ts'
import type { HelloRecord } from '../../record/generated/types.ts'
import { printable } from '../../record/printable.ts'

/** @throws SystemError */
export function readInterfaces(): NonNullable<HelloRecord['interfaces']> {
  return listInterfaces().flatMap(({ name, index, addresses }) => {
    const counters = readCounters(index)
    // Gone since it was listed.
    if (counters === undefined) return []
    return [{ name: printable(name, 256), index, mtu: counters.mtu, addresses: addresses.map(addressText) }]
  })
}

/** Of 4 or 16 bytes in network order. */
function addressText(bytes: Uint8Array): string {
  const view = viewOf(bytes)
  if (bytes.length === 4) return formatAddress(0, 0, V4_MAPPED, view.getUint32(0))
  return formatAddress(view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12))
}
