// What the tests of the screen show on it: some processes and what they move.

import {
  TuiRig,
  connectionRecord,
  interfaceRecord,
  intervalRecord,
  processRecord,
  queryRecord,
  resolverRecord,
} from './tui-rig.ts'

/** Line of the first row, from 0, where the chart has one line. */
export const BODY = 4
export const down = '\x1b[B'
export const up = '\x1b[A'

const pids: Record<string, number> = { alpha: 100, beta: 101, gamma: 102, delta: 103 }

/** A second of these processes: their records, by name what each receives. */
export function second(at: number, rates: Record<string, number>) {
  return [
    ...Object.entries(rates).map(([name, rate]) =>
      processRecord(at, pids[name] as number, name, rate, rate / 10),
    ),
    ...Object.entries(rates).map(([name, rate]) =>
      connectionRecord(at, pids[name] as number, name, 39900 + (pids[name] as number), rate, rate / 10, {
        remote_name: `${name}.example.org`,
      }),
    ),
    interfaceRecord(at, 'eth0', 5000, 500),
    interfaceRecord(at, 'wlan0', 50, 5),
    resolverRecord(at, '192.0.2.1'),
    queryRecord(at, `host-${at}.example.org`),
    intervalRecord(at),
  ]
}

/** A screen that shows the first one. */
export async function started(width = 80, height = 24, options = {}) {
  const rig = new TuiRig(width, height, options)
  await rig.show(...second(1, { alpha: 3000, beta: 2000, gamma: 1000 }))
  return rig
}

export const lineWith = (lines: string[], text: string) => lines.findIndex(line => line.includes(text))
