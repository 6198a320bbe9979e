// The kernel counts the handshake of a connection that comes in at the listener, and what follows at the accepted socket: here
// the two are put together, by their five-tuple.

import type { Flow } from './ebpf-flow.ts'

export class Handshakes {
  private readonly waiting = new Map<string, Flow>()
  /** Connections that are new enough to have one. */
  private readonly young = new Map<string, Flow>()
  private readonly holdUs: number

  /** @param holdUs a handshake waits so long for its connection */
  constructor(holdUs: number) {
    this.holdUs = holdUs
  }

  add(flow: Flow): void {
    if (flow.isHandshake) this.waiting.set(flow.tuple, flow)
    else if (flow.isConnected) this.young.set(flow.tuple, flow)
  }

  /** The listener's packets of a connection go to whoever accepts it. */
  match(nowUs: number, merge: (handshake: Flow, connection: Flow) => void): void {
    for (const [tuple, handshake] of this.waiting) {
      const connection = this.young.get(tuple)
      if (connection !== undefined) {
        connection.isAccepted = true
        merge(handshake, connection)
        this.waiting.delete(tuple)
      } else if (nowUs - handshake.seenUs > this.holdUs) this.waiting.delete(tuple)
    }
    for (const [tuple, connection] of this.young)
      if (nowUs - connection.seenUs > this.holdUs) this.young.delete(tuple)
  }

  isWaiting(handshake: Flow): boolean {
    return this.waiting.has(handshake.tuple)
  }

  forget(flow: Flow): void {
    const { tuple } = flow
    if (this.waiting.get(tuple) === flow) this.waiting.delete(tuple)
    if (this.young.get(tuple) === flow) this.young.delete(tuple)
  }
}
