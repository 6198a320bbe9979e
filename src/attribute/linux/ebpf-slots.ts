// Reads the slots that programs have given to flows (ebpf-slot-code.ts), in memory that is shared with the kernel: no system
// call, and for a flow that has not moved since the last reading two comparisons. Here alone slots are freed.

import type { MappedArray } from '../../native/linux/bpf/mapped-array.ts'
import { Counters } from '../counters.ts'
import type { Flow } from './ebpf-flow.ts'
import { MAX_SLOTS, SLOT_BUSY, flowKey, slot } from './ebpf-layout.ts'

const WORDS = slot.size / 4
const SLOT_BUSY_HIGH = Number(SLOT_BUSY >> 32n)
const FREE = 0n
/** A program that has found the cookie in a slot counts there within microseconds. So long after it was taken away, it has. */
const LEAVE_US = 500_000
/** A slot without a flow: the table of flows may not have been read as a whole. */
const ORPHAN_US = 3_000_000

/** A slot that has been taken away from its flow, with what was in it then. */
interface Leaving {
  readonly cookie: number
  readonly counted: Counters
  readonly sinceUs: number
}

/** What was counted for a socket in a slot whose flow is gone. */
export type RestHandler = (cookie: number, counters: Counters) => void

export class FlowSlots {
  private readonly array: MappedArray
  private readonly flows: (Flow | undefined)[] = Array<Flow | undefined>(MAX_SLOTS).fill(undefined)
  private readonly leaving = new Map<number, Leaving>()
  /** Slots without a flow, since when. */
  private readonly orphans = new Map<number, number>()
  private rest: { cookie: number; counters: Counters }[] = []
  private readonly key = new DataView(new ArrayBuffer(flowKey.size))

  constructor(array: MappedArray) {
    this.array = array
  }

  /**
   * @param flowOf the flow with this key, and that it has a slot from now on; undefined: not known yet
   * @param onMoved told of each flow whose slot has counted something: it has taken that
   */
  read(nowUs: number, flowOf: (key: DataView) => Flow | undefined, onMoved: (flow: Flow) => void): void {
    if (this.array.isClosed) return
    this.free(nowUs)
    const { flows } = this
    const { words32 } = this.array
    for (let number = 0, at = 0; number < MAX_SLOTS; number++, at += WORDS) {
      const high = words32[at + 1] as number
      if ((words32[at] === 0 && high === 0) || high === SLOT_BUSY_HIGH) continue
      let flow = flows[number]
      if (flow === undefined) {
        flow = this.flowAt(number, nowUs, flowOf)
        if (flow === undefined) continue
        flows[number] = flow
      } else if (
        words32[at + slot.rxPackets / 4] === flow.slotted.rxPackets >>> 0 &&
        words32[at + slot.txPackets / 4] === flow.slotted.txPackets >>> 0
      )
        continue
      this.take(flow, number)
      onMoved(flow)
    }
  }

  /** Takes its slot away from a flow, which gets what was counted there. */
  release(flow: Flow, nowUs: number): void {
    const number = flow.slot
    if (number < 0 || this.array.isClosed) return
    this.array.words64[(number * slot.size) / 8] = SLOT_BUSY
    this.take(flow, number)
    this.leave(number, flow.cookie, flow.slotted, nowUs)
    this.flows[number] = undefined
    flow.slot = -1
  }

  /** Hands out what was counted in slots that had no flow any more. */
  takeRest(handler: RestHandler): void {
    for (const { cookie, counters } of this.rest.splice(0)) handler(cookie, counters)
  }

  private flowAt(
    number: number,
    nowUs: number,
    flowOf: (key: DataView) => Flow | undefined,
  ): Flow | undefined {
    const flow = flowOf(this.keyAt(number))
    if (flow !== undefined) {
      flow.slot = number
      this.orphans.delete(number)
      return flow
    }
    const sinceUs = this.orphans.get(number)
    if (sinceUs === undefined) this.orphans.set(number, nowUs)
    else if (nowUs - sinceUs > ORPHAN_US) {
      const cookie = this.number(number, slot.cookie)
      this.array.words64[(number * slot.size) / 8] = SLOT_BUSY
      this.leave(number, cookie, new Counters(), nowUs)
      this.orphans.delete(number)
    }
    return undefined
  }

  private keyAt(number: number): DataView {
    const { key, array } = this
    const bytes = new Uint8Array(key.buffer)
    const at = number * slot.size
    bytes.fill(0)
    bytes.set(array.bytes.subarray(at, at + 8), flowKey.cookie)
    if (array.bytes[at + slot.state] === 0)
      bytes.set(array.bytes.subarray(at + slot.ends, at + slot.size), flowKey.remoteIp)
    return key
  }

  private take(flow: Flow, number: number): void {
    const { bytes, words32 } = this.array
    const at = number * slot.size
    flow.updateSlot(this.counters(number))
    if (!flow.isConnected) return
    flow.tell(
      bytes[at + slot.state] as number,
      words32[(at + slot.srtt) / 4] as number,
      words32[(at + slot.retransmits) / 4] as number,
    )
  }

  private leave(number: number, cookie: number, counted: Counters, sinceUs: number): void {
    this.leaving.set(number, { cookie, counted, sinceUs })
  }

  /** Frees the slots that have been taken away long enough ago. */
  private free(nowUs: number): void {
    const { words64 } = this.array
    for (const [number, { cookie, counted, sinceUs }] of this.leaving) {
      if (nowUs - sinceUs < LEAVE_US) continue
      const counters = new Counters()
      counted.advance(this.counters(number), counters)
      if (!counters.isZero) this.rest.push({ cookie, counters })
      const at = (number * slot.size) / 8
      words64.fill(0n, at + 1, at + slot.size / 8)
      // Last: from now on it may be taken.
      words64[at] = FREE
      this.leaving.delete(number)
    }
  }

  private counters(number: number): Counters {
    const counters = new Counters()
    counters.rxBytes = this.number(number, slot.rxBytes)
    counters.txBytes = this.number(number, slot.txBytes)
    counters.rxPackets = this.number(number, slot.rxPackets)
    counters.txPackets = this.number(number, slot.txPackets)
    return counters
  }

  /** In one piece: the kernel counts on. */
  private number(number: number, member: number): number {
    return Number(this.array.words64[(number * slot.size + member) / 8])
  }
}
