// Reads the kernel's map of flows, and their slots, again and again: finds each flow again, and what has moved since.

import type { BpfMap } from '../../native/linux/bpf/bpf-map.ts'
import { u64 } from './ebpf-event.ts'
import { Flow, isConnectedKey } from './ebpf-flow.ts'
import { flowKey, flowValue } from './ebpf-layout.ts'
import type { FlowSlots, RestHandler } from './ebpf-slots.ts'

export class FlowReader {
  /** What has something in `pending`, as far as this reader has found it. Whoever hands that out takes the flow out. */
  readonly moved = new Set<Flow>()
  private readonly map: BpfMap
  private readonly slots: FlowSlots | undefined
  private readonly onNew: (flow: Flow) => void
  private readonly connected = new Map<number, Flow>()
  private readonly others = new Map<string, Flow>()
  /** As the last reading met them. The kernel hands entries out in the same order as long as none comes or goes. */
  private order: Flow[] = []
  private previous: Flow[] = []

  /** @param onNew told of each flow that was not there before */
  constructor(map: BpfMap, slots: FlowSlots | undefined, onNew: (flow: Flow) => void) {
    this.map = map
    this.slots = slots
    this.onNew = onNew
  }

  get count(): number {
    return this.connected.size + this.others.size
  }

  /** The flow of a TCP connection, from the map if it is new here. */
  ofConnection(cookie: number, nowUs: number): Flow | undefined {
    const known = this.connected.get(cookie)
    if (known !== undefined) return known
    const key = connectedKey(cookie)
    const value = this.map.lookup(key)
    if (value === undefined) return undefined
    const flow = new Flow(new DataView(key.buffer), 0, value, 0)
    flow.seenUs = nowUs
    flow.changedUs = nowUs
    this.connected.set(cookie, flow)
    this.onNew(flow)
    return flow
  }

  /** Reads all counters. What is new in each flow is in its `pending`. */
  read(nowUs: number): void {
    const known = this.order
    const order = this.previous
    let count = 0
    let expected = 0
    this.map.forEach((keys, key, values, value) => {
      let flow = known[expected]
      if (flow === undefined || flow.isRemoved || !flow.isAt(keys, key)) flow = this.find(keys, key)
      if (flow === undefined) flow = this.add(keys, key, values, value, nowUs)
      else {
        if (flow.place >= 0) expected = flow.place + 1
        // Most have not moved since: two comparisons each.
        if (
          values.getUint32(value + flowValue.rxPackets, true) !== flow.entry.rxPackets >>> 0 ||
          values.getUint32(value + flowValue.txPackets, true) !== flow.entry.txPackets >>> 0
        )
          this.update(flow, values, value, nowUs)
      }
      flow.place = count
      order[count++] = flow
    })
    order.length = count
    this.order = order
    this.previous = known
    // Behind the entries: the flow of a slot is known by its entry.
    this.slots?.read(
      nowUs,
      key => this.flowWithSlot(key),
      flow => {
        flow.changedUs = nowUs
        this.moved.add(flow)
      },
    )
  }

  /** Hands out what slots have counted for sockets whose flows had been removed. */
  takeRest(handler: RestHandler): void {
    this.slots?.takeRest(handler)
  }

  *flows(): Generator<Flow> {
    yield* this.connected.values()
    yield* this.others.values()
  }

  /** Takes the entry out of the kernel, and what it had counted last. */
  remove(flow: Flow, nowUs: number): void {
    this.slots?.release(flow, nowUs)
    const value = this.map.take(flow.key)
    if (value !== undefined) flow.update(value, 0)
    flow.isRemoved = true
    this.moved.delete(flow)
    if (flow.isConnected) this.connected.delete(flow.cookie)
    else this.others.delete(otherKey(new DataView(flow.key.buffer), 0))
  }

  private flowWithSlot(key: DataView): Flow | undefined {
    const flow = this.find(key, 0)
    const value = flow === undefined ? undefined : this.map.lookup(flow.key)
    if (value === undefined) return undefined
    flow?.takeSlot(value, 0)
    return flow
  }

  private update(flow: Flow, values: DataView, value: number, nowUs: number): void {
    flow.changedUs = nowUs
    flow.update(values, value)
    this.moved.add(flow)
  }

  private add(keys: DataView, key: number, values: DataView, value: number, nowUs: number): Flow {
    const flow = new Flow(keys, key, values, value)
    if (flow.isConnected) this.connected.set(flow.cookie, flow)
    else this.others.set(otherKey(keys, key), flow)
    flow.seenUs = nowUs
    this.update(flow, values, value, nowUs)
    this.onNew(flow)
    return flow
  }

  private find(keys: DataView, key: number): Flow | undefined {
    return isConnectedKey(keys, key)
      ? this.connected.get(u64(keys, key + flowKey.cookie))
      : this.others.get(otherKey(keys, key))
  }
}

function connectedKey(cookie: number): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(flowKey.size)
  new DataView(key.buffer).setBigUint64(flowKey.cookie, BigInt(cookie), true)
  return key
}

/** The key as a string of 32 characters: the fastest exact key that a Map takes. */
function otherKey(keys: DataView, key: number): string {
  return Buffer.from(keys.buffer, keys.byteOffset + key, flowKey.size).toString('latin1')
}
