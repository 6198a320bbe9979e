// node --import: makes a command of dist/ run as on macOS, with the simulated libSystem in place of the real one.

import os from 'node:os'
import { syncBuiltinESMExports } from 'node:module'

const { NETOPROC_SIMULATOR: library, NETOPROC_SIMULATOR_UID: uid = '501' } = process.env

// koffi asks for the platform to find its own library: it is loaded before the platform changes.
const { useLibrary } = await import('../../dist/native/darwin/libsystem.js')
useLibrary(library)
Object.defineProperty(process, 'platform', { value: 'darwin' })
process.getuid = process.geteuid = () => Number(uid)
os.platform = () => 'darwin'
os.release = () => '24.4.0'
syncBuiltinESMExports()

// A scenario that waits for what never comes must not hang the test.
setTimeout(() => {
  process.stderr.write('simulator: the command did not end\n')
  process.exit(99)
}, 60_000).unref()
