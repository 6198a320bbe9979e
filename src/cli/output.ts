// Standard output of a command: records or text as bytes, in order, with backpressure; a reader that goes away ends the
// command quietly.

import { fstatSync } from 'node:fs'
import { FdOutput } from './fd-output.ts'
import type { Life } from './run.ts'

export function openOutput(life: Life): FdOutput {
  const stat = fstatSync(1)
  const isPipe = stat.isFIFO() || stat.isSocket()
  return new FdOutput(1, { onClosed: () => life.stop('closed') }, isPipe ? process.stdout : undefined)
}

/** @throws NetoprocError fatal when it cannot be written */
export async function writeText(text: string, life: Life): Promise<void> {
  const output = openOutput(life)
  output.write(Buffer.from(text, 'utf8'))
  await output.end()
}
