// Runs a source of packets into a chain until its end: hello first, a flush when one is due, interface and stats records
// in their time, the final stats last. The same for netoproc-capture and netoproc.

import type { EndReason, PacketSource } from '../capture/port.ts'
import type { CaptureStage } from '../capture/stage.ts'
import type { StatsRecord } from '../record/generated/types.ts'
import { FlushTimer } from './flush-timer.ts'
import { hello, nowUs } from './host.ts'
import { RecordsInTime } from './records-in-time.ts'
import type { Life } from './run.ts'

export interface Drive {
  readonly tool: string
  readonly life: Life
  readonly source: PacketSource
  readonly stage: CaptureStage
  /** Resolves when the chain's output can take more: see PacketSource.run. */
  readonly ready: () => Promise<void> | undefined
  readonly durationSeconds?: number | undefined
  /** Who counts, where it is not the source: hello says so. */
  readonly counting?: { readonly method: string; readonly degraded: readonly string[] } | undefined
  /** Between two records of each interface; and what was lost meanwhile is told as often. */
  readonly interfaceSeconds?: number
  /** Between the first and the last records of interfaces, only where they have changed, but for what they have moved. */
  readonly onlyChangedInterfaces?: boolean
  /** Seconds between stats records; none in between when absent. */
  readonly statsSeconds?: number | undefined
}

/**
 * Resolves when the source has ended and the stage is closed. A source that fails is closed in the same way, so that what
 * came before the failure is not lost; then its error is thrown.
 */
export async function drive({
  tool,
  life,
  source,
  stage,
  ready,
  durationSeconds,
  statsSeconds,
  counting = source,
  interfaceSeconds = 1,
  onlyChangedInterfaces = false,
}: Drive): Promise<void> {
  // Also where nothing else is done any more: a second signal, an internal error.
  life.atExit(() => source.close())
  const live = source.method !== 'file'
  const inTime = new RecordsInTime(source, stage)
  const begunUs = nowUs()
  const timer = new FlushTimer({
    flush: now => {
      if (!inTime.isBehind) return stage.flush(now)
      // No interval ends by the clock while its packets wait. The last of them calls again.
      stage.flush(Math.min(now, Math.max(begunUs, stage.lastTsUs)))
      return Infinity
    },
  })
  const timers: NodeJS.Timeout[] = []
  const every = (seconds: number, action: () => void) => timers.push(setInterval(action, seconds * 1000))
  let isFirst = true
  let toldLosses = 0
  let isGreeted = false
  const greet = (tsUs: number) => {
    isGreeted = true
    const { method, degraded } = counting
    stage.append(hello(tool, tsUs, { method, degraded, interfaces: () => source.interfaces() }))
  }
  const writeStats = (when: 'always' | 'of new losses', end?: EndReason) => {
    if (!isGreeted || inTime.isFull) return
    const records = statsRecords(source, stage, live ? nowUs() : stage.lastTsUs, end)
    const losses = records.reduce((sum, { dropped }) => sum + dropped, 0)
    if (when === 'of new losses' && losses === toldLosses) return
    toldLosses = losses
    inTime.add(records)
  }
  const writeInterfaces = () => {
    if (!onlyChangedInterfaces || isFirst || source.interfacesChanged?.() !== false) {
      stage.refreshLocalAddresses()
      if (!inTime.isFull) inTime.add(source.interfaceRecords?.(nowUs()) ?? [])
    }
    isFirst = false
    // Who looks on learns of losses while they happen.
    writeStats('of new losses')
    timer.flush()
  }

  if (live) {
    greet(nowUs())
    writeInterfaces()
    every(interfaceSeconds, () => {
      // Counters that are read late are of the time before these records.
      timer.flush()
      writeInterfaces()
    })
  }
  life.onStop(reason => source.stop(reason))
  life.onStatusRequest(() => {
    writeStats('always')
    timer.flush()
  })
  if (statsSeconds !== undefined) every(statsSeconds, () => writeStats('always'))
  if (durationSeconds !== undefined)
    timers.push(setTimeout(() => source.stop('duration'), durationSeconds * 1000))

  let end: EndReason = 'error'
  try {
    end = await source.run(
      {
        frame: frame => {
          // A recording begins with its first packet, and has told of its interfaces by then.
          if (!isGreeted) greet(frame.tsUs)
          stage.frame(frame)
        },
        interfacesChanged: () => stage.refreshLocalAddresses(),
        warn: message => stage.warn(message),
        endOfBlock: now => {
          stage.endOfBlock(now)
          inTime.pass()
          timer.flush()
        },
      },
      ready,
    )
  } finally {
    for (const each of timers) clearTimeout(each)
    timer.stop()
    try {
      inTime.end()
      if (live) for (const record of source.interfaceRecords?.(nowUs()) ?? []) stage.append(record)
    } finally {
      try {
        if (!isGreeted) greet(stage.lastTsUs)
        writeStats('always', end)
        inTime.end()
        stage.close()
        if (live) tellDropped(source, counting === source, life)
      } finally {
        source.close()
      }
    }
  }
}

/** Forms that show sums alone have no place for what is in none of them. */
function tellDropped(source: PacketSource, counts: boolean, life: Life): void {
  const dropped = source.statistics().reduce((sum, each) => sum + each.dropped, 0)
  if (dropped === 0) return
  const missing = counts ? 'and are in no sum' : 'so that DNS messages and names of servers may be missing'
  const packets = dropped === 1 ? '1 packet was' : `${dropped} packets were`
  life.warn(`${packets} dropped before being read, ${missing}: a larger --buffer holds more`)
}

function statsRecords(
  source: PacketSource,
  { filtered: refused }: CaptureStage,
  tsUs: number,
  end: EndReason | undefined,
): StatsRecord[] {
  const ending = end === undefined ? {} : ({ final: true, reason: end } as const)
  return source.statistics().map(({ iface, received, dropped, filtered }) => ({
    type: 'stats',
    ts: tsUs / 1e6,
    ...(iface === undefined ? {} : { iface }),
    // A source knows nothing of what is refused behind it.
    received: received - (refused ?? 0),
    dropped,
    filtered: refused ?? filtered,
    ...ending,
  }))
}
