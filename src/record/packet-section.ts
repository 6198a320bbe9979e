// The parts of a packet's line (packet-text.ts), read: each alone is the begin of a JSON object. A part counts only when it is,
// letter by letter, what packet-text.ts makes of what was read in it.

import { dirNames, ATTRIBUTION_ABSENT, NO_IFACE, type Tables } from './record-batch.ts'
import { type PacketOwner, decodeOwner, internFlow, isIfaceName } from './packet-object.ts'
import { ownerText, placeText } from './packet-text.ts'

export interface Place {
  readonly flow: number
  readonly iface: number
  readonly dir: number
}

/** @param text from the comma behind ts up to the value of bytes */
export function readPlace(text: string, tables: Tables): Place | undefined {
  const record = parsed(`{${text.slice(1)}0}`)
  if (record === undefined) return undefined
  const { dir: dirName, iface: name } = record
  const dir = dirNames.indexOf(dirName as (typeof dirNames)[number])
  if (dir < 0 || !(name === undefined || isIfaceName(name))) return undefined
  const flow = internFlow(record, tables)
  if (typeof flow === 'string') return undefined
  const iface = name === undefined ? NO_IFACE : tables.ifaces.intern(name)
  return placeText(tables, iface, dir, flow) === text ? { flow, iface, dir } : undefined
}

/** @param text from the comma before pid up to the closing brace */
export function readOwner(text: string, tables: Tables): PacketOwner | undefined {
  if (!text.startsWith(OWNER_BEGIN)) return undefined
  const record = parsed(`{${text.slice(1)}}`)
  if (record === undefined) return undefined
  const owned = decodeOwner(record, tables)
  if (typeof owned === 'string' || owned.attribution === ATTRIBUTION_ABSENT) return undefined
  const { owner, peer, attribution, reason } = owned
  return ownerText(tables, owner, peer, attribution, reason) === text ? owned : undefined
}

const OWNER_BEGIN = ',"pid":'

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    // The whole line is read then, and what is wrong with it is told.
    return undefined
  }
}
