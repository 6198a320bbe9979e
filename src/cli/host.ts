// What `hello` says of this host, and the tables that a chain shares.

import { readFileSync } from 'node:fs'
import { hostname, platform, release } from 'node:os'
import { isOutOfDescriptors } from '../record/error.ts'
import type { HelloRecord } from '../record/generated/types.ts'
import { FlowTable } from '../record/flow-table.ts'
import { NameTable } from '../record/name-table.ts'
import { OwnerTable } from '../record/owner-table.ts'
import { printable } from '../record/printable.ts'
import type { Tables } from '../record/record-batch.ts'
import { version } from './run.ts'

/** Version of the record format; schemas/ describe this one. */
export const SCHEMA = 1

export function newTables(): Tables {
  return { flows: new FlowTable(), owners: new OwnerTable(), ifaces: new NameTable() }
}

/** Microseconds since the epoch, now. */
export function nowUs(): number {
  return Date.now() * 1000
}

/** When this program was started, us since the epoch. */
export function startedUs(): number {
  return performance.timeOrigin * 1000
}

/**
 * The first record of every source. Of a file it names no host: who recorded it is not known.
 * @param tsUs when the stream begins
 */
export function hello(
  tool: string,
  tsUs: number,
  source: {
    readonly method: string
    readonly degraded: readonly string[]
    interfaces(): readonly NonNullable<HelloRecord['interfaces']>[number][]
  },
): HelloRecord {
  const record: HelloRecord = {
    type: 'hello',
    ts: tsUs / 1e6,
    tool,
    version,
    schema: SCHEMA,
    method: source.method,
    degraded: [...source.degraded],
    interfaces: [...source.interfaces()],
  }
  if (source.method === 'file') return record
  const boot = bootId()
  return {
    ...record,
    host: printable(hostname(), 256),
    ...(boot === undefined ? {} : { boot_id: boot }),
    os: platform(),
    kernel: printable(release(), 256),
  }
}

/** Linux has one; on macOS pids are told apart by start time alone. */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch (error) {
    if (isOutOfDescriptors(error)) throw error
    return undefined
  }
}
