// Names of users. On macOS they are in the directory service, not in /etc/passwd: user_from_uid(3) asks it, and keeps what it
// says. A local user's name comes from this machine; only the directory service knows whether one of a network account does.

import { lazy } from './libsystem.ts'

const userFromUid = lazy<(uid: number, noUser: number) => string | null>(
  'const char *user_from_uid(uint32_t uid, int nouser)',
)
const NULL_WITHOUT_USER = 1
const names = new Map<number, string>()

/** The user's name, or the uid as text where it has none. */
export function userName(uid: number): string {
  let name = names.get(uid)
  if (name === undefined) names.set(uid, (name = userFromUid(uid, NULL_WITHOUT_USER) ?? String(uid)))
  return name
}
