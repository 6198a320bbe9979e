// What the stream's socket records tell of processes and connections beside their traffic.

import type { SocketRecord } from '../record/generated/types.ts'

export interface ProcessFacts {
  uid?: number | null
  cmdline?: string | null
  cgroup?: string
  exited: boolean
  readonly sockets: Set<string>
}

const MOST_CONNECTIONS = 1 << 17

export class StreamFacts {
  private readonly processes = new Map<string, ProcessFacts>()
  private readonly connections = new Map<string, SocketRecord>()

  add(record: SocketRecord): void {
    const key = connectionKey(record.proto, record.local_ip, record.local_port, record.remote_ip, record.remote_port)
    if (record.event === 'close') this.connections.delete(key)
    else {
      if (this.connections.size >= MOST_CONNECTIONS) this.connections.delete(this.connections.keys().next().value as string)
      this.connections.set(key, record)
    }
    if (record.pid === null) return
    const process = `${record.pid} ${record.start_time ?? ''}`
    let facts = this.processes.get(process)
    if (facts === undefined) {
      facts = { exited: false, sockets: new Set() }
      this.processes.set(process, facts)
    }
    if (record.uid !== undefined) facts.uid = record.uid
    if (record.cmdline !== undefined) facts.cmdline = record.cmdline
    if (record.cgroup !== undefined) facts.cgroup = record.cgroup
    const socket = record.cookie ?? record.inode ?? key
    if (record.event === 'close') facts.sockets.delete(socket)
    else facts.sockets.add(socket)
  }

  process(key: string): ProcessFacts | undefined {
    return this.processes.get(key)
  }

  connection(proto: string, localIp: string, localPort: number | undefined, remoteIp: string, remotePort: number | undefined): SocketRecord | undefined {
    return this.connections.get(connectionKey(proto, localIp, localPort, remoteIp, remotePort))
  }
}

function connectionKey(proto: string, localIp: string, localPort: number | undefined, remoteIp: string | undefined, remotePort: number | undefined): string {
  return `${proto} ${localIp} ${localPort ?? ''} ${remoteIp ?? ''} ${remotePort ?? ''}`
}
