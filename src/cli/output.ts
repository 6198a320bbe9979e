// Standard output of a command: records or text as bytes, in order, with backpressure; a reader that goes away ends the
// command quietly.

import { FdOutput } from './fd-output.ts'
import type { Life } from './run.ts'

export function openOutput(life: Life): FdOutput {
  return new FdOutput(1, { onClosed: () => life.stop('closed') })
}
