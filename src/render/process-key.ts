/**
 * What tells processes apart within one boot, in their own records and those of their connections: pid and start time; and what
 * the kernel counts in another layer is never added up with the rest in silence.
 */
export function processKey(record: {
  readonly pid: number | null
  readonly start_time?: number | null
  readonly layer?: unknown
}): string {
  const layer = record.layer === 'payload' ? ' payload' : ''
  return `${record.pid ?? 'unknown'} ${record.start_time ?? ''}${layer}`
}
