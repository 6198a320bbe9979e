// A VPN in user space: a byte that goes through it is its sender's, and the wrapping is the VPN's, which everybody who adds
// up is told.

import process from 'node:process'
import t from 'tap'
import { records } from '../support/command.ts'
import { inNamespace, missing, noNamespace } from '../support/namespace.ts'

const skip = noNamespace() || missing('ip', 'nsenter', 'socat')

/** socat carries tun9 over UDP between two namespaces; a client gets 500,000 bytes through it. */
const script = `
unshare --net sleep 60 & PEER=$!
until [ "$(readlink /proc/$PEER/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add here0 type veth peer name there0 netns $PEER
ip addr add 10.98.0.1/24 dev here0 && ip link set here0 up
nsenter -t $PEER -n ip link set lo up
nsenter -t $PEER -n ip addr add 10.98.0.2/24 dev there0
nsenter -t $PEER -n ip link set there0 up
# Not connected: a datagram that comes before the other end is there is lost, and does not end it.
tunnel() { exec nsenter -t $1 -n socat UDP4-DATAGRAM:$3:9999,bind=$2:9999 TUN:$4/24,tun-name=tun9,iff-up 2>/dev/null; }
tunnel $PEER 10.98.0.2 10.98.0.1 10.96.0.2 & THERE=$!
tunnel $$ 10.98.0.1 10.98.0.2 10.96.0.1 & VPN=$!
exec 3< <(exec nsenter -t $PEER -n ${process.execPath} -e '
  require("node:http").createServer((_, r) => r.end(Buffer.alloc(500000))).listen(8098, () => console.log("up"))')
SERVER=$!
trap 'kill $THERE $VPN $SERVER $RUN $PEER 2>/dev/null' EXIT
read -r UP <&3
for i in $(seq 200); do ip -4 addr show dev tun9 2>/dev/null | grep -q 10.96 && break; sleep 0.05; done
# Fragments of the wrapping would be nobody's.
ip link set tun9 mtu 1400; nsenter -t $PEER -n ip link set tun9 mtu 1400
exec 4< <(netoproc --netns own --format ndjson --capture-mode MODE)
RUN=$!
# An interval without traffic has been counted: from here on everything is.
while read -r LINE <&4; do case $LINE in *'"type":"interval"'*) break ;; esac; done
for i in $(seq 50); do ${process.execPath} -e '
  require("node:http").get("http://10.96.0.2:8098/", r => r.resume()).on("error", () => process.exit(1))' && break
sleep 0.1; done
sleep 2
kill -INT $RUN
cat <&4
echo "{\\"type\\":\\"told\\",\\"vpn\\":$VPN}"
`

for (const mode of ['auto', 'afpacket']) {
  t.test(`what a tunnel carries is told apart, --capture-mode ${mode}`, { skip }, async t => {
    const { code, out, err } = await inNamespace(script.replace('MODE', mode))
    t.equal(code, 0, err)
    const all = records(out)
    const vpn = all.find(({ type }) => type === 'told')?.['vpn']
    const sum = (rows: typeof all, ...fields: string[]) =>
      rows.reduce((total, row) => total + fields.reduce((of, field) => of + Number(row[field] ?? 0), 0), 0)
    const processes = all.filter(({ type }) => type === 'process')
    const own = processes.filter(({ pid }) => pid === vpn)
    t.match(own.at(-1), { process: 'socat', carries: ['tun9'] }, 'the process that carries it')
    const inside = processes.filter(({ process: name }) => name === 'node')
    t.ok(sum(inside, 'rx_bytes') > 500_000, 'who receives through it')
    t.notOk(inside.some(({ carries }) => carries !== undefined))
    const wrapping = sum(own, 'rx_bytes', 'tx_bytes')
    t.ok(wrapping > sum(inside, 'rx_bytes'), 'and once more, wrapped')
    t.equal(
      sum(
        all.filter(({ type }) => type === 'interval'),
        'carried_bytes',
      ),
      wrapping,
      'a sum can leave the wrapping out, to the byte',
    )
    const tunnel = all.find(({ type, name }) => type === 'interface' && name === 'tun9')
    t.match(tunnel?.['carried_by'], [{ pid: vpn, process: 'socat' }], 'the other end is not ours')
  })
}
