// Runs the commands of bin/ as a user would.

import { spawn } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a shell line with bin/ in front of PATH. */
export function shell(line: string, input?: string | Buffer): Promise<Outcome> {
  const functions = ['', '-capture', '-sockets', '-attribute', '-aggregate', '-render']
    .map(
      part =>
        `netoproc${part}() { "${process.execPath}" "${join(root, 'bin', `netoproc${part}.js`)}" "$@"; }`,
    )
    .join('\n')
  const child = spawn('bash', ['-o', 'pipefail', '-c', `${functions}\n${line}`], { cwd: root })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', text => (out += text))
  child.stderr.setEncoding('utf8').on('data', text => (err += text))
  child.stdin.on('error', () => {})
  child.stdin.end(input ?? '')
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', code => done({ code, out, err }))
  })
}

export function records(text: string): Array<Record<string, unknown>> {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)
}
