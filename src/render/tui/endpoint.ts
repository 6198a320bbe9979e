// One end of a connection as text.

import type { ConnectionRecord } from '../../record/generated/types.ts'

export function endpoint(ip: string, port: number | undefined): string {
  const address = ip.includes(':') && port !== undefined ? `[${ip}]` : ip
  return port === undefined ? address : `${address}:${port}`
}

/** The remote end by name; "~" before a name that reverse DNS told, which its owner can choose at will. */
export function remote(record: ConnectionRecord, isAddress: boolean): string {
  if (isAddress || record.remote_name === undefined) return endpoint(record.remote_ip, record.remote_port)
  const mark = record.remote_name_source === 'ptr' ? '~' : ''
  return `${mark}${endpoint(record.remote_name.replaceAll(':', ''), record.remote_port)}`
}
