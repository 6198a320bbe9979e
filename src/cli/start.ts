// How a command begins: its modules are loaded, then it runs (run.ts). What hinders the loading is told here, in one line, as
// there is nobody else yet: each module is a file, and the system may give no descriptor for it.

import { writeSync } from 'node:fs'
import { isOutOfDescriptors, outOfDescriptors } from '../record/error.ts'
import type { Command, run } from './run.ts'

interface Loaded {
  readonly command: Command
  readonly run: typeof run
}

/** Runs the command, and ends the process. */
export async function start(name: string, load: () => Promise<Loaded>): Promise<void> {
  let loaded: Loaded
  try {
    loaded = await load()
  } catch (error) {
    const { message } = isOutOfDescriptors(error) ? outOfDescriptors(error) : (error as Error)
    writeSync(2, `${name}: ${message.split('\n')[0]}\n`)
    if (process.env['NETOPROC_DEBUG']) writeSync(2, `${(error as Error).stack}\n`)
    process.exit(4)
  }
  await loaded.run(loaded.command)
}
