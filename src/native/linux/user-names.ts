// Names of users, from /etc/passwd alone: a name service (NSS, LDAP) may ask the network, and netoproc sends nothing.

import { readFileSync, statSync } from 'node:fs'

const FILE = '/etc/passwd'
/** The file is looked at again, for a uid without a name, after this. */
const RECHECK_MS = 5000

let names = new Map<number, string>()
let modifiedMs = -1
let checkedMs = -Infinity

/** The user's name, or the uid as text where it has none. */
export function userName(uid: number): string {
  const known = names.get(uid)
  if (known !== undefined) return known
  const now = Date.now()
  if (now - checkedMs >= RECHECK_MS) {
    checkedMs = now
    refresh()
  }
  return names.get(uid) ?? String(uid)
}

function refresh(): void {
  const modified = statSync(FILE, { throwIfNoEntry: false })?.mtimeMs
  if (modified === undefined || modified === modifiedMs) return
  modifiedMs = modified
  names = parsePasswd(readFileSync(FILE, 'utf8'))
}

/** passwd(5): name:password:uid:gid:… ; the first name of a uid counts, as in getpwuid(3). */
export function parsePasswd(text: string): Map<number, string> {
  const found = new Map<number, string>()
  for (const line of text.split('\n')) {
    const match = /^([^:#+-][^:]*):[^:]*:(\d+):/.exec(line)
    if (match !== null && !found.has(Number(match[2]))) found.set(Number(match[2]), match[1] as string)
  }
  return found
}
