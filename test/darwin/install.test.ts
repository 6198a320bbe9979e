// The scripts that give a group access to /dev/bpf*, with commands of macOS that note what they are asked, and /Library and
// /dev in a folder of the test.

import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../support/command.ts'

/** Groups are files of members: dseditgroup and dscl, as far as the scripts use them. */
const commands = {
  uname: 'echo Darwin',
  id: 'case $1 in -u) [ -n "${2:-}" ] && [ "$2" = nobody-here ] && exit 1; echo 0 ;; esac',
  dscl: 'f=$T/groups/access_bpf; [ -f $f ] || exit 56; [ -s $f ] && echo "GroupMembership: $(tr "\\n" " " <$f)"; exit 0',
  dseditgroup: `f=$T/groups/access_bpf
case "$3 $4" in
'create -r') : >$f ;;
'delete access_bpf') rm $f ;;
'checkmember -m') grep -qx "$5" $f ;;
'edit -a') echo "$5" >>$f ;;
'edit -d') grep -vx "$5" $f >$f.new; mv $f.new $f ;;
*) exit 64 ;;
esac`,
  launchctl: 'case $1 in bootstrap) [ -f "$3" ] || exit 5 ;; bootout) exit 3 ;; *) exit 64 ;; esac',
  chown: '',
  chgrp: '',
  sysctl: 'echo 4',
}

function mac(t: { testdir(): string }) {
  const folder = t.testdir()
  for (const name of ['bin', 'groups', 'dev', 'Library/LaunchDaemons', 'Library/Application Support'])
    mkdirSync(join(folder, name), { recursive: true })
  for (let i = 0; i < 4; i++) writeFileSync(join(folder, `dev/bpf${i}`), '')
  for (const [name, body] of Object.entries(commands)) {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\necho "${name} $*" >>"$T/log"\n${body}\n`)
    chmodSync(join(folder, 'bin', name), 0o755)
  }
  const env = { ...process.env, T: folder, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` }
  const moved = (text: string) =>
    text.replaceAll('/Library/', `${folder}/Library/`).replaceAll('/dev/bpf', `${folder}/dev/bpf`)
  const run = (script: string, ...users: string[]) => {
    const path = join(folder, script)
    writeFileSync(path, moved(readFileSync(join(root, 'scripts', script), 'utf8')))
    return spawnSync('sh', [path, ...users], { env: { ...env, SUDO_USER: 'ann' }, encoding: 'utf8' })
  }
  const group = join(folder, 'groups/access_bpf')
  return {
    folder,
    group,
    install: (...users: string[]) => run('macos-install-bpf.sh', ...users),
    uninstall: () => run('macos-uninstall-bpf.sh'),
    members: () => (existsSync(group) ? readFileSync(group, 'utf8').split('\n').filter(Boolean) : undefined),
    access: () =>
      spawnSync('sh', [join(folder, 'Library/Application Support/netoproc/bpf-access.sh')], {
        env,
        encoding: 'utf8',
      }),
    log: () => readFileSync(join(folder, 'log'), 'utf8'),
  }
}

t.test('a group is made, and taken away again', async t => {
  const { folder, install, uninstall, members, access, log } = mac(t)
  const installed = install()
  t.same([installed.status, installed.stderr], [0, ''])
  t.same(members(), ['ann'])
  const again = install()
  t.same([again.status, again.stderr], [0, ''])
  t.same(members(), ['ann'], 'once more changes nothing')
  const plist = readFileSync(join(folder, 'Library/LaunchDaemons/netoproc.bpf.plist'), 'utf8')
  t.match(plist, /<key>RunAtLoad<\/key>\s*<true\/>/)
  t.match(log(), /launchctl bootstrap system .*netoproc\.bpf\.plist/)
  const { status, stderr } = access()
  t.same([status, stderr], [0, ''])
  t.match(log(), /chgrp access_bpf .*bpf0 .*bpf3/)
  const removed = uninstall()
  t.same([removed.status, removed.stderr], [0, ''])
  t.equal(members(), undefined, 'the group is gone')
  t.same(readdirSync(join(folder, 'Library/LaunchDaemons')), [])
  t.notOk(existsSync(join(folder, 'Library/Application Support/netoproc')))
  t.equal(uninstall().status, 0, 'there is nothing left to take away')
})

t.test('a group that was there is left, with the members that are not ours', async t => {
  const { group, install, uninstall, members } = mac(t)
  writeFileSync(group, 'bob\n')
  t.equal(install('bob', 'cid').status, 0)
  t.same(members(), ['bob', 'cid'])
  t.equal(uninstall().status, 0)
  t.same(members(), ['bob'])
})

t.test('a group that we made and others use since is left', async t => {
  const { folder, group, install, uninstall, members } = mac(t)
  install()
  writeFileSync(group, 'ann\neve\n')
  t.match(uninstall().stdout, /stays: others use it/)
  t.same(members(), ['eve'])
  writeFileSync(group, '')
  install()
  writeFileSync(join(folder, 'Library/LaunchDaemons/org.wireshark.ChmodBPF.plist'), '')
  uninstall()
  t.same(members(), [])
})

t.test('wrong use', async t => {
  const { install, members } = mac(t)
  const { status, stderr } = install('nobody-here')
  t.match([status, stderr], [3, /^macos-install-bpf\.sh: no user "nobody-here"\n$/])
  t.equal(members(), undefined)
})
