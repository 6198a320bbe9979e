// Reads the kernel's map of flows, and their slots, again and again: finds each flow again, and what has moved since.

import type { BpfMap } from '../../native/linux/bpf/bpf-map.ts'
import { Flow } from './ebpf-flow.ts'
import { FlowMemory } from './ebpf-flow-memory.ts'
import { flowValue } from './ebpf-layout.ts'
import type { FlowSlots, RestHandler } from './ebpf-slots.ts'

export class FlowReader {
  /** What has something in `pending`, as far as this reader has found it. Whoever hands that out takes the flow out. */
  readonly moved = new Set<Flow>()
  private readonly map: BpfMap
  private readonly slots: FlowSlots | undefined
  private readonly onNew: (flow: Flow) => void
  private readonly memory = new FlowMemory<Flow>()
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
    return this.memory.count
  }

  /** The flow with this key, from the map if it is new here. */
  of(key: DataView<ArrayBuffer>, nowUs: number): Flow | undefined {
    const known = this.memory.find(key, 0)
    if (known !== undefined) return known
    const value = this.map.lookup(new Uint8Array(key.buffer))
    if (value === undefined) return undefined
    const flow = new Flow(this.memory, key, 0, value, 0)
    flow.seenUs = nowUs
    flow.changedUs = nowUs
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
      if (flow === undefined || flow.isRemoved || !flow.isAt(keys, key)) flow = this.memory.find(keys, key)
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

  flows(): Iterable<Flow> {
    return this.memory.values()
  }

  /** Takes the entry out of the kernel, and what it had counted last. */
  remove(flow: Flow, nowUs: number): void {
    this.slots?.release(flow, nowUs)
    const value = this.map.take(flow.key)
    if (value !== undefined) flow.update(value, 0)
    flow.remove()
    this.moved.delete(flow)
  }

  private flowWithSlot(key: DataView): Flow | undefined {
    const flow = this.memory.find(key, 0)
    // Mostly its entry has just been read. What was counted there since is found at the next reading.
    if (flow === undefined || flow.takeSlotSinceRead()) return flow
    const value = this.map.lookup(flow.key)
    if (value === undefined) return undefined
    flow.takeSlot(value, 0)
    return flow
  }

  private update(flow: Flow, values: DataView, value: number, nowUs: number): void {
    flow.changedUs = nowUs
    flow.update(values, value)
    this.moved.add(flow)
  }

  private add(keys: DataView, key: number, values: DataView, value: number, nowUs: number): Flow {
    const flow = new Flow(this.memory, keys, key, values, value)
    flow.seenUs = nowUs
    this.update(flow, values, value, nowUs)
    this.onNew(flow)
    return flow
  }
}
