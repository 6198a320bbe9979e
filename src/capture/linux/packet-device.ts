// Opens the AF_PACKET socket and its ring, and says in words what is wrong when that fails.

import { fileURLToPath } from 'node:url'
import { PacketSocket, type PacketRing } from '../../native/linux/af-packet.ts'
import { SystemError, hasCode } from '../../native/system-error.ts'
import { NetoprocError, isOutOfDescriptors, outOfDescriptors } from '../../record/error.ts'

/**
 * So many blocks, where the ring's size allows it: as one is used up every RETIRE_MS when packets are few, the ring is full
 * after a stall of 128 x 20 ms. (Four blocks lost a third of a few hundred DNS messages on a machine with a load of 14.)
 */
const BLOCKS = 128
/** Some 1,100 packets' headers. Smaller blocks cost more wake-ups under load. */
const MOST_BLOCK_BYTES = 256 * 1024
/** A packet is cut to what a block holds: the longest one, and the headers of block and packet, go into this. */
const LEAST_BLOCK_BYTES = 68 * 1024
/** A packet waits this long at most; and this is how often an almost idle network wakes us. */
export const RETIRE_MS = 20

/** Whether virtio_net_hdr_from_skb() of this kernel knows UDP's super-packets: see segment-size.ts. */
export function keepsUdpSuperPackets(kernelRelease: string): boolean {
  const [major = 0, minor = 0] = kernelRelease.split('.').map(part => parseInt(part, 10))
  return major > 6 || (major === 6 && minor >= 2)
}

/** @throws NetoprocError privilege, device */
export function openSocket(): PacketSocket {
  try {
    return new PacketSocket()
  } catch (error) {
    throw deviceError(error)
  }
}

/** What a failed system call means to the user; other errors as they are. */
export function deviceError(error: unknown): unknown {
  if (hasCode(error, 'EPERM', 'EACCES')) {
    const remedy =
      process.getuid?.() === 0
        ? 'this root has not got it: in a container, add --cap-add=NET_RAW'
        : `run it with sudo, or set it up once for your user: sudo sh ${fileURLToPath(new URL('../../../scripts/linux-install.sh', import.meta.url))}`
    return new NetoprocError('privilege', `capturing packets needs CAP_NET_RAW; ${remedy}`, { cause: error })
  }
  if (isOutOfDescriptors(error)) return outOfDescriptors(error)
  if (error instanceof SystemError) {
    return new NetoprocError('device', `cannot capture packets: ${error.message}`, { cause: error })
  }
  return error
}

/** The ring as asked for, or the largest half, quarter … of it that the kernel has memory for. */
export function mapRing(socket: PacketSocket, bytes: number): { ring: PacketRing; warnings: string[] } {
  const wanted = Math.min(MOST_BLOCK_BYTES, Math.max(LEAST_BLOCK_BYTES, bytes / BLOCKS))
  const blockBytes = Math.max(4096, Math.min(wanted, bytes / 2))
  for (let size = bytes; ; size /= 2) {
    try {
      const ring = socket.mapRing({ bytes: size, blockBytes, retireMs: RETIRE_MS })
      const warnings =
        size === bytes
          ? []
          : [`no memory for a buffer of ${bytes} bytes: ${ring.blockSize * ring.blocks} are used`]
      return { ring, warnings }
    } catch (error) {
      if (!hasCode(error, 'ENOMEM') || size <= 2 * blockBytes) throw error
    }
  }
}
