// Sockets by the hash of their five-tuple, in chains: several have the same tuple where a port is used again.

import type { KnownSocket } from './known-socket.ts'

export class TupleChains {
  private readonly heads = new Map<number, KnownSocket>()

  get isEmpty(): boolean {
    return this.heads.size === 0
  }

  /** First of the sockets with this hash; KnownSocket.next is the one after it. */
  first(hash: number): KnownSocket | undefined {
    return this.heads.get(hash)
  }

  add(socket: KnownSocket): void {
    const hash = hashOf(socket)
    socket.next = this.heads.get(hash)
    this.heads.set(hash, socket)
  }

  /** @param hash of the tuple that it had when it was added */
  remove(socket: KnownSocket, hash: number): void {
    let before: KnownSocket | undefined
    for (let other = this.heads.get(hash); other !== undefined; before = other, other = other.next) {
      if (other !== socket) continue
      if (before !== undefined) before.next = socket.next
      else if (socket.next !== undefined) this.heads.set(hash, socket.next)
      else this.heads.delete(hash)
      break
    }
    socket.next = undefined
  }
}

export function hashOf(socket: KnownSocket): number {
  return hashTuple(socket.protocol, socket.local, socket.localPort, socket.remote, socket.remotePort)
}

export function hashTuple(
  protocol: number,
  local: Uint32Array,
  localPort: number,
  remote: Uint32Array,
  remotePort: number,
): number {
  let hash = Math.imul(protocol ^ (localPort << 16) ^ remotePort, 0x9e3779b1)
  for (let i = 0; i < 4; i++) {
    hash = Math.imul((hash ^ (hash >>> 15)) + (local[i] as number), 0x85ebca6b)
    hash = Math.imul((hash ^ (hash >>> 13)) + (remote[i] as number), 0xc2b2ae35)
  }
  return hash ^ (hash >>> 16)
}
