// What the aggregate stage is given to understand DNS and to name remotes: one set for each run.

import { readFileSync } from 'node:fs'
import { DnsObservatory } from '../aggregate/dns/observatory.ts'
import { RemoteNames } from '../aggregate/names/remote-names.ts'
import { Services } from '../aggregate/names/services.ts'
import { isOutOfDescriptors } from '../record/error.ts'
import { ReverseNames } from './reverse-names.ts'

/** @param resolves ask reverse DNS for names that are not known otherwise */
export function openNames(resolves: boolean) {
  const reverse = resolves ? new ReverseNames() : undefined
  const names = new RemoteNames({
    services: new Services(etcServices()),
    reverse,
  })
  const dns = new DnsObservatory((name, answer, asker) => names.answered(name, answer, asker))
  return { dns, names, close: () => reverse?.close() }
}

/** Minimal systems have none, or none for us: the list that comes with netoproc serves then. */
function etcServices(): string | undefined {
  try {
    return readFileSync('/etc/services', 'utf8')
  } catch (error) {
    if (isOutOfDescriptors(error)) throw error
    return undefined
  }
}
