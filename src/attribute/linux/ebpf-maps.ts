// The maps of the programs, but for who last used a socket and for packets that tell names, which depend on what the kernel allows.

import { BpfMap, type MapDescription } from '../../native/linux/bpf/bpf-map.ts'
import { BPF_F_NO_PREALLOC, mapType } from '../../native/linux/bpf/helper.ts'
import { MappedArray } from '../../native/linux/bpf/mapped-array.ts'
import { RingBuffer } from '../../native/linux/bpf/ring-buffer.ts'
import {
  EVENT_BUFFER,
  MAX_FILTERS,
  MAX_FLOWS,
  MAX_FOLDED,
  MAX_LOST,
  MAX_PROCESSES,
  MAX_SLOTS,
  MAX_USERS,
  flowKey,
  flowValue,
  foldedValue,
  lostValue,
  slot,
  totalsValue,
} from './ebpf-layout.ts'

export interface EbpfMaps {
  readonly flows: BpfMap
  readonly folded: BpfMap
  readonly totals: BpfMap
  readonly lost: BpfMap
  readonly slots: MappedArray | undefined
  readonly users: BpfMap
  readonly processes: BpfMap
  readonly filters: BpfMap
  readonly events: RingBuffer
}

/** @param keep told of each as it is opened, to close it, also when another fails @throws SystemError */
export function openMaps(
  keep: <T extends { close(): void }>(resource: T) => T,
  maxFlows: number | undefined,
  hasSlots: boolean,
): EbpfMaps {
  const open = (description: MapDescription): BpfMap => keep(new BpfMap(description))
  const one = { type: mapType.ARRAY, keySize: 4, maxEntries: 1 }
  return {
    flows: open({
      name: 'np_flows',
      type: mapType.HASH,
      keySize: flowKey.size,
      valueSize: flowValue.size,
      maxEntries: maxFlows ?? MAX_FLOWS,
      flags: BPF_F_NO_PREALLOC,
    }),
    folded: open({
      name: 'np_folded',
      type: mapType.HASH,
      keySize: 8,
      valueSize: foldedValue.size,
      maxEntries: MAX_FOLDED,
      flags: BPF_F_NO_PREALLOC,
    }),
    totals: open({ ...one, name: 'np_totals', valueSize: totalsValue.size }),
    lost: open({
      name: 'np_lost',
      type: mapType.HASH,
      keySize: 8,
      valueSize: lostValue.size,
      maxEntries: MAX_LOST,
      flags: BPF_F_NO_PREALLOC,
    }),
    slots: hasSlots ? keep(new MappedArray('np_slots', MAX_SLOTS * slot.size)) : undefined,
    users: open({ ...one, name: 'np_users', valueSize: MAX_USERS * 8 }),
    processes: open({
      name: 'np_processes',
      type: mapType.LRU_HASH,
      keySize: 8,
      valueSize: 8,
      maxEntries: MAX_PROCESSES,
    }),
    filters: open({
      name: 'np_filters',
      type: mapType.LRU_HASH,
      keySize: 8,
      valueSize: 8,
      maxEntries: MAX_FILTERS,
    }),
    events: keep(new RingBuffer('np_events', EVENT_BUFFER)),
  }
}
