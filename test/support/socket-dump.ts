// A dump of netoproc-sockets of the host that captureFile() was recorded on: one connection of one process.

export const socket = {
  type: 'socket',
  ts: 1763910000,
  proto: 'tcp',
  local_ip: '192.0.2.7',
  local_port: 53122,
  remote_ip: '198.51.100.9',
  remote_port: 443,
  state: 'established',
  pid: 4821,
  start_time: 1763909990.25,
  process: 'curl',
  user: 'ann',
  uid: 1000,
  cmdline: 'curl https://example.com/',
  fd: 5,
  inode: '88213',
  cookie: '4097',
  event: 'present',
}
export const hello = {
  type: 'hello',
  ts: 1763910000,
  tool: 'netoproc-sockets',
  version: '0.1.0',
  schema: 1,
  method: 'sock_diag',
  degraded: [],
  interfaces: [{ name: 'eth0', index: 2, mtu: 1500, addresses: ['192.0.2.7'] }],
}
export const dumpText = `${JSON.stringify(hello)}\n${JSON.stringify(socket)}\n`
