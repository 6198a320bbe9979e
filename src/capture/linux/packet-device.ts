// Opens the AF_PACKET socket and its ring, and says in words what is wrong when that fails.

import { fileURLToPath } from 'node:url'
import { PacketSocket, type PacketRing } from '../../native/linux/af-packet.ts'
import { SystemError, hasCode } from '../../native/system-error.ts'
import { NetoprocError, isOutOfDescriptors, outOfDescriptors } from '../../record/error.ts'

/**
 * Of one block. The kernel gives each block 2^n pages, whatever is asked for (alloc_pg_vec(), net/packet/af_packet.c), and a
 * packet is cut to what a block holds: this is the least of them that holds the longest packet, 64 KiB, and its headers.
 * Fewer, larger ones cost as much CPU in a flood (test/bench/afpacket.bench.ts), and are sooner used up: see RETIRE_MS.
 */
const BLOCK_BYTES = 128 * 1024
/**
 * A packet waits this long at most (tcpdump's: a second). While packets are few, one block is used up in this time however
 * little is in it: 256 of them, a ring's usual size, last for 10 s in which nobody reads, which was 2.5 s with 128 of 20 ms.
 * It is also how often packets wake us. With 100 ms the first packets of a UDP socket that is looked up in /proc came too late.
 */
export const RETIRE_MS = 40

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
  const blockBytes = Math.max(4096, Math.min(BLOCK_BYTES, 2 ** Math.floor(Math.log2(bytes / 2))))
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
