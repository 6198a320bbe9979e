// The parts of a packet's line that are the same for many packets: where it comes from and goes to, and whose it is.

import { META_IPV6, META_PORTS } from './flow-table.ts'
import { jsonText } from './json-text.ts'
import { NO_OWNER } from './owner-table.ts'
import { protocolName } from './protocol.ts'
import { attributionNames, dirNames, reasonNames, type Tables } from './record-batch.ts'

/** Up to the value of ts. */
export const LINE_HEAD = '{"type":"packet","ts":'
/** By dir. */
export const dirTexts = dirNames.map(dir => `"dir":${dir === null ? 'null' : `"${dir}"`},`)

/** The comma behind ts, and the interface where there is one, in ASCII. */
export function ifaceText(tables: Tables, iface: number): string {
  const name = tables.ifaces.get(iface)
  return name === undefined ? ',' : `,"iface":${asciiJson(name)},`
}

/** From the comma behind ts up to the value of bytes, in ASCII. */
export function placeText(tables: Tables, iface: number, dir: number, flow: number): string {
  return ifaceText(tables, iface) + dirTexts[dir] + flowText(tables, flow)
}

/** From ip_version up to the value of bytes. */
function flowText(tables: Tables, flow: number): string {
  const { flows } = tables
  const bits = flows.meta(flow)
  const both = flows.ports(flow)
  const [source, destination] =
    (bits & META_PORTS) === 0 ? ['', ''] : [`"src_port":${both >>> 16},`, `"dst_port":${both & 0xffff},`]
  return (
    `"ip_version":${bits & META_IPV6 ? 6 : 4},"proto":"${protocolName(bits & 255)}",` +
    `"src_ip":"${flows.addressText(flow, 0)}",${source}` +
    `"dst_ip":"${flows.addressText(flow, 4)}",${destination}"bytes":`
  )
}

/** From pid on, with the comma before it. @param reason 0: none */
export function ownerText(
  tables: Tables,
  owner: number,
  peer: number,
  attribution: number,
  reason: number,
): string {
  const { pid, startTime, process, user } = tables.owners.get(owner)
  let text = owner === NO_OWNER ? ',"pid":null,"process":"unknown"' : `,"pid":${pid}`
  if (owner !== NO_OWNER)
    text += `,"start_time":${startTime},"process":${jsonText(process)},"user":${jsonText(user)}`
  text += `,"attribution":"${attributionNames[attribution]}"`
  if (reason !== 0) text += `,"reason":"${reasonNames[reason]}"`
  if (peer !== NO_OWNER) {
    const other = tables.owners.get(peer)
    text += `,"peer_pid":${other.pid},"peer_process":${jsonText(other.process)}`
  }
  return text
}

/** As JSON, with what is not ASCII escaped: for lines that are written byte by byte. */
function asciiJson(text: string): string {
  return jsonText(text).replace(
    /[\u0080-\uffff]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
