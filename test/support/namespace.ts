// Shell scripts in a network namespace of their own: as root, or where a user namespace is allowed, as anybody.

import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { type Outcome, root } from './command.ts'

const unshare =
  process.geteuid?.() === 0 ? ['unshare', '--net'] : ['unshare', '--user', '--map-root-user', '--net']

/** False, or why no namespace can be had here: for the `skip` of a test. */
export function noNamespace(): false | string {
  if (process.platform !== 'linux') return 'not Linux'
  const { status, error, stderr } = spawnSync(unshare[0] as string, [...unshare.slice(1), 'true'], {
    encoding: 'utf8',
  })
  return status === 0 ? false : `no network namespace: ${error?.message ?? stderr.trim()}`
}

/** False, or which of these programs is not installed. */
export function missing(...programs: string[]): false | string {
  for (const program of programs) {
    const found = spawnSync('sh', ['-c', `command -v ${program}`])
    if (found.status !== 0) return `${program} is not installed`
  }
  return false
}

/**
 * A packet(7) socket that is bound to an interface, and running; or, of the process, a link of the last program that counts
 * (BPF_CGROUP_INET_INGRESS, 0): a command that has one misses nothing from then on.
 */
const capturing = String.raw`capturing() {
  until awk '$5 > 0 && $6 == 1 { found = 1 } END { exit !found }' /proc/net/packet ||
    grep -qsx $'attach_type:\t0' /proc/$1/fdinfo/*
  do sleep 0.02; done
}`

/**
 * Runs a bash script in a new network namespace, loopback up; netoproc… are the commands of bin/, and `capturing`
 * waits until one with a single --interface captures packets, `capturing PID` until it does that or lets the kernel count.
 */
export function inNamespace(script: string): Promise<Outcome> {
  const functions = ['', '-capture', '-sockets', '-attribute', '-aggregate', '-render']
    .map(
      part =>
        `netoproc${part}() { exec "${process.execPath}" "${join(root, 'bin', `netoproc${part}.js`)}" "$@"; }`,
    )
    .join('\n')
  const child = spawn(
    unshare[0] as string,
    [
      ...unshare.slice(1),
      'bash',
      '-o',
      'pipefail',
      '-c',
      `ip link set lo up\n${functions}\n${capturing}\n${script}`,
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', text => (out += text))
  child.stderr.setEncoding('utf8').on('data', text => (err += text))
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', code => done({ code, out, err }))
  })
}
