// What owners and missing owners mean, in words: for the details of a row, for the help, and for the manual page (a test compares).

/** Values of attribution, and how sure the owner is. */
export const attributionHelp: ReadonlyArray<readonly [attribution: string, what: string]> = [
  ['kernel', 'the kernel named it'],
  ['socket', 'it holds the socket of this five-tuple'],
  ['bound', 'it holds the socket bound to the local address'],
]

/** Values of reason, what they mean, and what can be done about them. */
export const reasonHelp: ReadonlyArray<readonly [reason: string, what: string, remedy: string]> = [
  ['no_socket', 'no socket was there to take it: refused, or closed already', ''],
  [
    'closed_before_scan',
    'its socket was gone before it could be looked at',
    'where the kernel counts (--capture-mode ebpf) it would have been named',
  ],
  ['other_netns', 'of another network namespace', '--netns all looks into them, as root'],
  ['kernel', 'the kernel itself answers: ICMP, ARP and the like', ''],
  ['not_local', 'neither end is this host: forwarded', 'a recording may need --local ADDRESS'],
  ['fragment', 'a fragment without its first part, which has the ports', ''],
  ['permission', 'its process is of another user', 'run as root'],
  ['ambiguous', 'several processes hold the socket, or it was passing from one to another', ''],
  ['not_attributed', 'no netoproc-attribute in the pipe', ''],
]

export function ownerWords(attribution: string): string {
  return attributionHelp.find(([name]) => name === attribution)?.[1] ?? attribution
}

export function reasonWords(reason: string | undefined): { what: string; remedy: string } {
  const [, what, remedy] = reasonHelp.find(([name]) => name === reason) ?? ['', '', '']
  return { what, remedy }
}
