// Text of a renderer onto an output of bytes.

import type { FdOutput } from './fd-output.ts'

export class TextOutput {
  private readonly output: FdOutput

  constructor(output: FdOutput) {
    this.output = output
  }

  write(text: string): void {
    this.output.write(Buffer.from(text, 'utf8'))
  }
}
