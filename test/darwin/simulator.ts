// The simulated libSystem for tests: compiled once for each test file, loaded by commands in place of macOS's.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shell, type Outcome } from '../support/command.ts'

const here = dirname(fileURLToPath(import.meta.url))
const sources = join(here, 'libsystem')
const flags = [
  '-std=gnu11',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-O1',
  '-g',
  '-fPIC',
  '-shared',
  '-Wl,-Bsymbolic',
  '-Wl,-z,nodelete',
]

export interface Simulation extends Outcome {
  /** What the program did that it must not do, one a line. */
  readonly misuse: string
}

export class Simulator {
  readonly library: string
  private readonly folder = mkdtempSync(join(tmpdir(), 'netoproc-simulator-'))
  private runs = 0

  constructor() {
    this.library = join(this.folder, 'libSystem.so')
    const files = readdirSync(sources).filter(name => name.endsWith('.c'))
    execFileSync('cc', [...flags, '-o', this.library, ...files.map(name => join(sources, name)), '-lpthread'])
  }

  /**
   * Runs a shell line of netoproc commands on a macOS of this scenario.
   * @param uid 0 for root
   */
  async run(scenario: string, line: string, { uid = 501 } = {}): Promise<Simulation> {
    const run = join(this.folder, String(this.runs++))
    const report = `${run}.report`
    writeFileSync(`${run}.scenario`, scenario)
    const environment = {
      NODE_OPTIONS: `--import=${join(here, 'preload.mjs')}`,
      NETOPROC_SIMULATOR: this.library,
      NETOPROC_SIMULATOR_UID: String(uid),
      NETOPROC_SIMULATOR_SCENARIO: `${run}.scenario`,
      NETOPROC_SIMULATOR_REPORT: report,
    }
    const exports = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`)
    const outcome = await shell([...exports, line].join('\n'))
    return { ...outcome, misuse: existsSync(report) ? readFileSync(report, 'utf8') : '' }
  }

  close(): void {
    rmSync(this.folder, { recursive: true })
  }
}

/** Why there is no simulator here, for a test's `skip`; false when there can be one. */
export function noSimulator(): string | false {
  if (process.platform !== 'linux') return 'the simulated libSystem is built on Linux'
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    return 'needs a C compiler: cc'
  }
}
