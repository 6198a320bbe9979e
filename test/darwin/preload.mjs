// node --import: makes a command of bin/ run as on macOS, with the simulated libSystem in place of the real one and of the
// frameworks.

import os from 'node:os'
import { syncBuiltinESMExports } from 'node:module'
// koffi asks for the platform to find its own library: it is loaded before the platform changes. The command gets the same.
import koffi from 'koffi'

const { NETOPROC_SIMULATOR: library, NETOPROC_SIMULATOR_UID: uid = '501' } = process.env

const { load } = koffi
koffi.load = (path, ...options) =>
  load(/^\/usr\/lib\/libSystem|^\/System\//.test(path) ? library : path, ...options)
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
