// Generated from schemas/ by `npm run generate`. Do not edit.

export type NetoprocRecord =
  | ConnectionRecord
  | DnsRecord
  | DnsQueryRecord
  | HelloRecord
  | InterfaceRecord
  | IntervalRecord
  | PacketRecord
  | ProcessRecord
  | ResolverRecord
  | ServerNameRecord
  | SocketRecord
  | StatsRecord
/**
 * Why a better method is not used, one sentence each, with the remedy.
 */
export type Degraded = string[]

/**
 * What one five-tuple moved in the interval. After two minutes without a packet its totals begin anew, unless it is of TCP and its socket is known to be open.
 */
export interface ConnectionRecord {
  type: 'connection'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Length of the interval in seconds. Of counters that were read late, as on a busy machine, the whole time since the last reading.
   */
  interval: number
  /**
   * Process id; null when no process could be named.
   */
  pid: number | null
  /**
   * When the process started, seconds since the Unix epoch, to 0.01 s: a pid that is used again is another process.
   */
  start_time?: number | null
  /**
   * Process name at the time of the traffic, control characters escaped; "unknown" when no process could be named.
   */
  process: string
  /**
   * Name of the user, or the uid as text where it has no name.
   */
  user?: string | null
  /**
   * The protocol after the IP header (and IPv6 extension headers): a name (tcp udp icmp icmp6 sctp gre esp ah igmp ipip ipv6 …) or the number as text.
   */
  proto: string
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  local_ip: string
  /**
   * A port of TCP, UDP, UDP-Lite or SCTP.
   */
  local_port?: number
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  remote_ip: string
  /**
   * A port of TCP, UDP, UDP-Lite or SCTP.
   */
  remote_port?: number
  /**
   * Name of the remote.
   */
  remote_name?: string
  /**
   * Where the name comes from: dns: this host looked it up and got this address; sni: the client's TLS or QUIC handshake names it; ptr: reverse DNS, with --resolve.
   */
  remote_name_source?: 'dns' | 'sni' | 'ptr'
  /**
   * Service by the port of the end that serves.
   */
  service?: string
  /**
   * What the remote address is for: a special-purpose network or multicast group (IANA registries), or a service that is known by its address, such as a public resolver.
   */
  network?: string
  /**
   * State of the socket in the kernel's terms, lower case.
   */
  state?: string
  /**
   * in: by the remote; out: by this host.
   */
  initiated?: 'in' | 'out'
  /**
   * Interface name.
   */
  iface?: string
  /**
   * in: to a local address; out: from a local address; local: both are this host's; forward: neither; null: no IP, or a file that does not tell which addresses are local.
   */
  dir?: 'in' | 'out' | 'local' | 'forward' | null
  /**
   * How the owner was found. kernel: the kernel named it; socket: exact five-tuple; bound: listening or unconnected local socket; none: not found.
   */
  attribution?: 'kernel' | 'socket' | 'bound' | 'none'
  /**
   * Why no owner was found.
   */
  reason?:
    | 'no_socket'
    | 'closed_before_scan'
    | 'other_netns'
    | 'kernel'
    | 'not_local'
    | 'fragment'
    | 'permission'
    | 'ambiguous'
  /**
   * What is counted. ip: IP bytes on the wire; payload: the kernel counts socket payload only. Never added up with each other.
   */
  layer?: 'ip' | 'payload'
  /**
   * Bytes or packets since the last record.
   */
  rx_bytes: number
  /**
   * Bytes or packets since the last record.
   */
  tx_bytes: number
  /**
   * Bytes or packets since the last record.
   */
  rx_packets: number
  /**
   * Bytes or packets since the last record.
   */
  tx_packets: number
  /**
   * Bytes per second over the interval, not smoothed.
   */
  rx_rate: number
  /**
   * Bytes per second over the interval, not smoothed.
   */
  tx_rate: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  rx_bytes_total: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  tx_bytes_total: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  rx_packets_total?: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  tx_packets_total?: number
  /**
   * Smoothed round-trip time in microseconds, as the kernel's TCP keeps it.
   */
  rtt_us?: number
  /**
   * Mean deviation of the round-trip time in microseconds.
   */
  jitter_us?: number
  /**
   * Segments that this host retransmitted on the connection.
   */
  retransmits?: number
  [k: string]: unknown
}
/**
 * One DNS message, after the packet that completed it. UDP and TCP port 53; 5353 with service mdns and 5355 with service llmnr.
 */
export interface DnsRecord {
  type: 'dns'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Interface name.
   */
  iface?: string
  /**
   * in: to a local address; out: from a local address; local: both are this host's; forward: neither; null: no IP, or a file that does not tell which addresses are local.
   */
  dir?: 'in' | 'out' | 'local' | 'forward' | null
  /**
   * Version of the outermost IP header.
   */
  ip_version?: 4 | 6
  /**
   * The protocol after the IP header (and IPv6 extension headers): a name (tcp udp icmp icmp6 sctp gre esp ah igmp ipip ipv6 …) or the number as text.
   */
  proto?: string
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  src_ip?: string
  /**
   * A port of TCP, UDP, UDP-Lite or SCTP.
   */
  src_port?: number
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  dst_ip?: string
  /**
   * A port of TCP, UDP, UDP-Lite or SCTP.
   */
  dst_port?: number
  /**
   * Absent for port 53.
   */
  service?: 'mdns' | 'llmnr'
  /**
   * Message id.
   */
  id: number
  /**
   * query or response.
   */
  qr: 'query' | 'response'
  /**
   * QUERY, STATUS, NOTIFY, UPDATE … or the number as text.
   */
  opcode: string
  /**
   * Response code with its EDNS extension: NOERROR NXDOMAIN SERVFAIL … or the number as text; of responses only.
   */
  rcode?: string
  /**
   * Name of the first question, without the final dot (the root is "."), bytes outside printable ASCII escaped.
   */
  query_name?: string
  /**
   * Type of the first question: A AAAA … or TYPE123 (RFC 3597).
   */
  query_type?: string
  /**
   * Records of the answer section (an UPDATE has none), the first 256, and fewer of very long ones; data is the text form of RFC 1035 where it is known, else \# and the hex (RFC 3597).
   */
  answers: {
    name: string
    type: string
    /**
     * Seconds.
     */
    ttl: number
    data: string
    [k: string]: unknown
  }[]
  /**
   * The TC bit, or the message was cut before its end.
   */
  truncated: boolean
  /**
   * Process id; null when no process could be named.
   */
  pid?: number | null
  /**
   * When the process started, seconds since the Unix epoch, to 0.01 s: a pid that is used again is another process.
   */
  start_time?: number | null
  /**
   * Process name at the time of the traffic, control characters escaped; "unknown" when no process could be named.
   */
  process?: string
  /**
   * Name of the user, or the uid as text where it has no name.
   */
  user?: string | null
  /**
   * How the owner was found. kernel: the kernel named it; socket: exact five-tuple; bound: listening or unconnected local socket; none: not found.
   */
  attribution?: 'kernel' | 'socket' | 'bound' | 'none'
  /**
   * Why no owner was found.
   */
  reason?:
    | 'no_socket'
    | 'closed_before_scan'
    | 'other_netns'
    | 'kernel'
    | 'not_local'
    | 'fragment'
    | 'permission'
    | 'ambiguous'
  /**
   * Process id; null when no process could be named.
   */
  peer_pid?: number | null
  /**
   * Process name at the time of the traffic, control characters escaped; "unknown" when no process could be named.
   */
  peer_process?: string
  [k: string]: unknown
}
/**
 * One DNS question and what became of it. Written when its answer came, or when it is clear that none comes.
 */
export interface DnsQueryRecord {
  type: 'dns_query'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Process id; null when no process could be named.
   */
  pid: number | null
  /**
   * When the process started, seconds since the Unix epoch, to 0.01 s: a pid that is used again is another process.
   */
  start_time?: number | null
  /**
   * Process name at the time of the traffic, control characters escaped; "unknown" when no process could be named.
   */
  process: string
  /**
   * Name of the user, or the uid as text where it has no name.
   */
  user?: string | null
  /**
   * As asked, without the final dot.
   */
  query_name: string
  /**
   * A AAAA … or TYPE123.
   */
  query_type: string
  /**
   * The answers as shown; the rcode when there are none; "truncated" when the answer was cut and holds none.
   */
  response: string
  /**
   * Response code; timeout: no answer for 5 s after it was last sent; pending: the stream ended before that.
   */
  rcode: string
  /**
   * Milliseconds from the first query to its response; null without one.
   */
  latency_ms: number | null
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  resolver: string
  /**
   * Interface name.
   */
  iface?: string
  /**
   * The protocol after the IP header (and IPv6 extension headers): a name (tcp udp icmp icmp6 sctp gre esp ah igmp ipip ipv6 …) or the number as text.
   */
  proto?: string
  /**
   * Times that the question was sent again.
   */
  retransmits?: number
  /**
   * The question went to a resolver on this host, which may ask another one in turn: that question has a record of its own.
   */
  stub?: boolean
  /**
   * Absent for port 53. The answers of these come from anybody on the link, no resolver.
   */
  service?: 'mdns' | 'llmnr'
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  client_ip?: string
  /**
   * The answer did not fit (TC bit): true, and the client asks again over TCP.
   */
  truncated?: boolean
  [k: string]: unknown
}
/**
 * First line of every source; later stages add themselves to stages. From it an offline run knows the host's own addresses. Of a recording it has the time of the first packet.
 */
export interface HelloRecord {
  type: 'hello'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Name of the program that wrote the line.
   */
  tool: string
  /**
   * Its version.
   */
  version: string
  /**
   * Version of the record format.
   */
  schema: number
  /**
   * Host name.
   */
  host?: string
  /**
   * Identifies the boot: pids and start times of two boots do not compare.
   */
  boot_id?: string
  /**
   * Operating system.
   */
  os?: string
  /**
   * Kernel release.
   */
  kernel?: string
  /**
   * Interfaces of the source, with the addresses that are local.
   */
  interfaces?: {
    /**
     * Interface name.
     */
    name: string
    /**
     * Interface index.
     */
    index: number
    /**
     * Maximum transmission unit in bytes; 0 when not known.
     */
    mtu: number
    /**
     * Local addresses.
     *
     * Items: An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
     */
    addresses: string[]
    [k: string]: unknown
  }[]
  /**
   * How traffic is counted: afpacket, ebpf, bpf, pktap, ntstat, pcblist_n, file; of netoproc-sockets also how sockets are listed: sock_diag, libproc; unknown where no hello says.
   */
  method: string
  degraded: Degraded
  /**
   * The stages that the stream went through after its source.
   */
  stages?: {
    tool: string
    version: string
    [k: string]: unknown
  }[]
  /**
   * Network namespace: inode of /proc/<pid>/ns/net, decimal.
   */
  netns?: string
  [k: string]: unknown
}
/**
 * Counters of one interface. From netoproc-capture all of them are totals, as the kernel keeps them since the interface is there; from netoproc-aggregate they are differences over the interval, and *_total since it began to count.
 */
export interface InterfaceRecord {
  type: 'interface'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Length of the interval in seconds. Of counters that were read late, as on a busy machine, the whole time since the last reading.
   */
  interval?: number
  /**
   * Interface name.
   */
  name: string
  /**
   * Up and running.
   */
  up: boolean
  /**
   * Bytes.
   */
  mtu?: number
  /**
   * What it is.
   */
  kind?: 'physical' | 'tunnel' | 'bridge' | 'loopback' | 'virtual'
  /**
   * Addresses.
   *
   * Items: An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  addresses?: string[]
  /**
   * Resolvers of the interface.
   *
   * Items: An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  dns_servers?: string[]
  /**
   * Search domains.
   */
  search_domains?: string[]
  /**
   * Of a tunnel: the processes whose own traffic carries its packets, since they have its TUN or TAP device open; empty where the kernel itself carries them (WireGuard, VXLAN, GRE …); absent: no tunnel, or not known.
   */
  carried_by?: {
    /**
     * Process id.
     */
    pid: number
    /**
     * When the process started, seconds since the Unix epoch, to 0.01 s: a pid that is used again is another process.
     */
    start_time?: number | null
    /**
     * Process name at the time of the traffic, control characters escaped; "unknown" when no process could be named.
     */
    process: string
    [k: string]: unknown
  }[]
  /**
   * Bytes or packets since the last record.
   */
  rx_bytes?: number
  /**
   * Bytes or packets since the last record.
   */
  tx_bytes?: number
  /**
   * Bytes or packets since the last record.
   */
  rx_packets?: number
  /**
   * Bytes or packets since the last record.
   */
  tx_packets?: number
  /**
   * Bytes per second over the interval, not smoothed.
   */
  rx_rate?: number
  /**
   * Bytes per second over the interval, not smoothed.
   */
  tx_rate?: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  rx_bytes_total?: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  tx_bytes_total?: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  rx_packets_total?: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  tx_packets_total?: number
  /**
   * Bytes or packets since the last record.
   */
  rx_errors?: number
  /**
   * Bytes or packets since the last record.
   */
  tx_errors?: number
  /**
   * Bytes or packets since the last record.
   */
  rx_dropped?: number
  /**
   * Bytes or packets since the last record.
   */
  tx_dropped?: number
  [k: string]: unknown
}
/**
 * Closes each interval and balances it: all records of an interval come before it.
 */
export interface IntervalRecord {
  type: 'interval'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Length of the interval in seconds. Of counters that were read late, as on a busy machine, the whole time since the last reading.
   */
  interval: number
  /**
   * How traffic is counted: afpacket, ebpf, bpf, pktap, ntstat, pcblist_n, file; of netoproc-sockets also how sockets are listed: sock_diag, libproc; unknown where no hello says.
   */
  method: string
  degraded: Degraded
  /**
   * What is counted. ip: IP bytes on the wire; payload: the kernel counts socket payload only. Never added up with each other.
   */
  layer?: 'ip' | 'payload'
  /**
   * Packets that capture saw.
   */
  packets: number
  /**
   * IP bytes that capture saw; a packet between two processes of this host once.
   */
  bytes: number
  /**
   * Of these, bytes between two addresses of this host, which count at the sender and at the receiver.
   */
  local_bytes?: number
  /**
   * Of bytes, those that carry packets of a tunnel interface that are counted as well: without them each byte is counted once.
   */
  carried_bytes?: number
  /**
   * Frames that are not IP.
   */
  non_ip_frames?: number
  /**
   * Packets that the kernel dropped before capture.
   */
  dropped: number
  /**
   * rx and tx bytes of named processes.
   */
  attributed_bytes: number
  /**
   * rx and tx bytes of no process. attributed_bytes + unknown_bytes = bytes + local_bytes.
   */
  unknown_bytes: number
  /**
   * Bytes by reason: those of a packet, and not_attributed, of packets that have been through no netoproc-attribute.
   */
  unknown_by_reason: {
    [k: string]: number
  }
  /**
   * Bytes that earlier intervals gave as unknown and whose owner was found in this one: moved to it in the *_total fields, which balance over the run.
   */
  late_bytes?: number
  /**
   * Flows for which there was no room: counted for their processes, without a connection record.
   */
  folded_flows?: number
  /**
   * Bytes that the kernel counted on the interfaces in the interval, link headers included; null when not known.
   */
  interface_bytes: number | null
  /**
   * Lines of the input of netoproc-aggregate that could not be read; absent when all could.
   */
  malformed?: number
  [k: string]: unknown
}
/**
 * One packet. Fields are absent when they do not apply: ports for protocols without ports and for later fragments; a frame that is not IP has ethertype and frame_bytes only. Outermost IP header only. netoproc-attribute adds the owner.
 */
export interface PacketRecord {
  type: 'packet'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Interface name.
   */
  iface?: string
  /**
   * in: to a local address; out: from a local address; local: both are this host's; forward: neither; null: no IP, or a file that does not tell which addresses are local.
   */
  dir: 'in' | 'out' | 'local' | 'forward' | null
  /**
   * Version of the outermost IP header.
   */
  ip_version?: 4 | 6
  /**
   * The protocol after the IP header (and IPv6 extension headers): a name (tcp udp icmp icmp6 sctp gre esp ah igmp ipip ipv6 …) or the number as text.
   */
  proto?: string
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  src_ip?: string
  /**
   * A port of TCP, UDP, UDP-Lite or SCTP.
   */
  src_port?: number
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  dst_ip?: string
  /**
   * A port of TCP, UDP, UDP-Lite or SCTP.
   */
  dst_port?: number
  /**
   * IP bytes on the wire: IP header and payload, as the IP header says. A GSO or GRO super-packet counts as its segments do.
   */
  bytes?: number
  /**
   * Length in bytes of the link-layer frame on the wire.
   */
  frame_bytes: number
  /**
   * Packets on the wire: a GSO or GRO super-packet of N segments counts N.
   */
  packets?: number
  /**
   * TCP flags in tcpdump's letters: F S R P . (ACK) U E W e (accurate ECN), or "none".
   */
  tcp_flags?: string
  /**
   * VLAN id of the outermost 802.1Q or 802.1ad tag.
   */
  vlan?: number
  /**
   * first: offset 0 and more to follow; later: offset above 0, which has no ports.
   */
  fragment?: 'first' | 'later'
  /**
   * EtherType of a frame that is not IP.
   */
  ethertype?: string
  /**
   * Process id; null when no process could be named.
   */
  pid?: number | null
  /**
   * When the process started, seconds since the Unix epoch, to 0.01 s: a pid that is used again is another process.
   */
  start_time?: number | null
  /**
   * Process name at the time of the traffic, control characters escaped; "unknown" when no process could be named.
   */
  process?: string
  /**
   * Name of the user, or the uid as text where it has no name.
   */
  user?: string | null
  /**
   * How the owner was found. kernel: the kernel named it; socket: exact five-tuple; bound: listening or unconnected local socket; none: not found.
   */
  attribution?: 'kernel' | 'socket' | 'bound' | 'none'
  /**
   * Why no owner was found.
   */
  reason?:
    | 'no_socket'
    | 'closed_before_scan'
    | 'other_netns'
    | 'kernel'
    | 'not_local'
    | 'fragment'
    | 'permission'
    | 'ambiguous'
  /**
   * Process id; null when no process could be named.
   */
  peer_pid?: number | null
  /**
   * Process name at the time of the traffic, control characters escaped; "unknown" when no process could be named.
   */
  peer_process?: string
  [k: string]: unknown
}
/**
 * What one process moved in the interval. Sum over all process records of an interval: everything that capture saw.
 */
export interface ProcessRecord {
  type: 'process'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Length of the interval in seconds. Of counters that were read late, as on a busy machine, the whole time since the last reading.
   */
  interval: number
  /**
   * Process id; null when no process could be named.
   */
  pid: number | null
  /**
   * When the process started, seconds since the Unix epoch, to 0.01 s: a pid that is used again is another process.
   */
  start_time?: number | null
  /**
   * Process name at the time of the traffic, control characters escaped; "unknown" when no process could be named.
   */
  process: string
  /**
   * Name of the user, or the uid as text where it has no name.
   */
  user?: string | null
  /**
   * User id.
   */
  uid?: number | null
  /**
   * Command line, arguments joined by spaces, control characters escaped.
   */
  cmdline?: string | null
  /**
   * Container or unit name read from the cgroup path.
   */
  cgroup?: string
  /**
   * What is counted. ip: IP bytes on the wire; payload: the kernel counts socket payload only. Never added up with each other.
   */
  layer?: 'ip' | 'payload'
  /**
   * Bytes or packets since the last record.
   */
  rx_bytes: number
  /**
   * Bytes or packets since the last record.
   */
  tx_bytes: number
  /**
   * Bytes or packets since the last record.
   */
  rx_packets: number
  /**
   * Bytes or packets since the last record.
   */
  tx_packets: number
  /**
   * Bytes per second over the interval, not smoothed.
   */
  rx_rate: number
  /**
   * Bytes per second over the interval, not smoothed.
   */
  tx_rate: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  rx_bytes_total: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  tx_bytes_total: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  rx_packets_total?: number
  /**
   * Bytes or packets since netoproc began to count.
   */
  tx_packets_total?: number
  /**
   * Connections with traffic in the interval.
   */
  connections: number
  /**
   * Sockets that the process is known to hold.
   */
  sockets: number
  /**
   * Tunnel interfaces whose packets this process's own traffic carries: what others move through them is counted for them as well.
   *
   * Items: Interface name.
   */
  carries?: string[]
  /**
   * The process has ended.
   */
  exited?: boolean
  [k: string]: unknown
}
/**
 * Statistics of one resolver on one interface since the start: questions that were answered or timed out, each once however often it was sent. Written in the intervals in which they changed.
 */
export interface ResolverRecord {
  type: 'resolver'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Interface name.
   */
  iface?: string
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  server: string
  /**
   * Mean latency in milliseconds.
   */
  avg_latency_ms: number | null
  /**
   * 95th percentile of the latency in milliseconds.
   */
  p95_latency_ms?: number | null
  /**
   * SERVFAIL, REFUSED and timeouts, in per cent of the queries.
   */
  failure_rate_pct: number
  /**
   * NXDOMAIN answers: not a failure of the resolver.
   */
  nxdomain_count?: number
  /**
   * Questions that were answered or timed out.
   */
  query_count: number
  /**
   * SERVFAIL answers.
   */
  servfail_count?: number
  /**
   * REFUSED answers.
   */
  refused_count?: number
  /**
   * Questions without an answer for 5 s.
   */
  timeout_count?: number
  /**
   * Answers over UDP that did not fit; the client asks again over TCP, which counts as a question of its own.
   */
  truncated_count?: number
  /**
   * Questions that found no room in netoproc's table, and count nowhere else.
   */
  untracked_count?: number
  /**
   * A resolver on this host: what it asks another one in turn counts for that one, too. Sums over resolvers leave it out.
   */
  stub?: boolean
  [k: string]: unknown
}
/**
 * The server name that a client sent when it began a TLS or QUIC connection (SNI, RFC 6066), after the packet that completed it. Nothing else of the handshake is read.
 */
export interface ServerNameRecord {
  type: 'server_name'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Interface name.
   */
  iface?: string
  /**
   * in: to a local address; out: from a local address; local: both are this host's; forward: neither; null: no IP, or a file that does not tell which addresses are local.
   */
  dir?: 'in' | 'out' | 'local' | 'forward' | null
  /**
   * tcp: TLS; udp: QUIC.
   */
  proto: string
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  src_ip: string
  /**
   * A port of TCP, UDP, UDP-Lite or SCTP.
   */
  src_port: number
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  dst_ip: string
  /**
   * A port of TCP, UDP, UDP-Lite or SCTP.
   */
  dst_port: number
  /**
   * In lower case. A name with anything but printable ASCII is left out.
   */
  name: string
  [k: string]: unknown
}
/**
 * One socket of one process: a line for each (pid, fd). proto is tcp, udp, udplite, raw, whose local_port is the IP protocol that it takes, or icmp and icmp6, sockets for echo requests (ping), whose local_port is their id. With --counters, bytes and packets since the last line of the socket.
 */
export interface SocketRecord {
  type: 'socket'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * The protocol after the IP header (and IPv6 extension headers): a name (tcp udp icmp icmp6 sctp gre esp ah igmp ipip ipv6 …) or the number as text.
   */
  proto: string
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  local_ip: string
  /**
   * A port of TCP, UDP, UDP-Lite or SCTP.
   */
  local_port: number
  /**
   * An address: IPv4 dotted, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is written as IPv4.
   */
  remote_ip?: string
  /**
   * A port of TCP, UDP, UDP-Lite or SCTP.
   */
  remote_port?: number
  /**
   * State of the socket in the kernel's terms, lower case.
   */
  state: string
  /**
   * Process id; null when no process could be named.
   */
  pid: number | null
  /**
   * When the process started, seconds since the Unix epoch, to 0.01 s: a pid that is used again is another process.
   */
  start_time?: number | null
  /**
   * Process name at the time of the traffic, control characters escaped; "unknown" when no process could be named.
   */
  process: string
  /**
   * Name of the user, or the uid as text where it has no name.
   */
  user?: string | null
  /**
   * User id.
   */
  uid?: number | null
  /**
   * Command line, arguments joined by spaces, control characters escaped.
   */
  cmdline?: string | null
  /**
   * Descriptor number in the process.
   */
  fd?: number | null
  /**
   * Inode of the socket, decimal.
   */
  inode?: string
  /**
   * Socket cookie, decimal: unique for the life of the host.
   */
  cookie?: string
  /**
   * Network namespace: inode of /proc/<pid>/ns/net, decimal.
   */
  netns?: string
  /**
   * Container or unit name read from the cgroup path.
   */
  cgroup?: string
  /**
   * present in a dump; open, update (new counters or tcp_info) and close when following.
   */
  event: 'present' | 'open' | 'update' | 'close'
  /**
   * Interface name.
   */
  iface?: string
  /**
   * Interface that the socket is bound to (SO_BINDTODEVICE, or the scope of a link-local address): it takes no packets of others.
   */
  bound_iface?: string
  /**
   * How the owner was found. kernel: the kernel named it; socket: exact five-tuple; bound: listening or unconnected local socket; none: not found.
   */
  attribution?: 'kernel' | 'socket' | 'bound' | 'none'
  /**
   * Why no owner was found.
   */
  reason?:
    | 'no_socket'
    | 'closed_before_scan'
    | 'other_netns'
    | 'kernel'
    | 'not_local'
    | 'fragment'
    | 'permission'
    | 'ambiguous'
  /**
   * Smoothed round-trip time in microseconds, as the kernel's TCP keeps it.
   */
  rtt_us?: number
  /**
   * Mean deviation of the round-trip time in microseconds.
   */
  jitter_us?: number
  /**
   * Segments that this host retransmitted on the connection.
   */
  retransmits?: number
  /**
   * What is counted. ip: IP bytes on the wire; payload: the kernel counts socket payload only. Never added up with each other.
   */
  layer?: 'ip' | 'payload'
  /**
   * Bytes or packets since the last record.
   */
  rx_bytes?: number
  /**
   * Bytes or packets since the last record.
   */
  tx_bytes?: number
  /**
   * Bytes or packets since the last record.
   */
  rx_packets?: number
  /**
   * Bytes or packets since the last record.
   */
  tx_packets?: number
  /**
   * in: to a local address; out: from a local address; local: both are this host's; forward: neither; null: no IP, or a file that does not tell which addresses are local.
   */
  dir?: 'in' | 'out' | 'local' | 'forward' | null
  /**
   * macOS: how the process is known. descriptor: it has the socket open; last_user: it was the last to work on it (so_last_pid); effective: the one that the last user works for (so_e_pid).
   */
  named_by?: 'descriptor' | 'last_user' | 'effective'
  /**
   * A TCP connection, where the kernel has told. in: by the remote; out: by this host.
   */
  initiated?: 'in' | 'out'
  /**
   * An IPv6 wildcard socket that does not take IPv4.
   */
  v6only?: boolean
  [k: string]: unknown
}
/**
 * Counters of a capture: at the end, on SIGUSR2 (SIGINFO on macOS), every --stats seconds, and within a second of packets being dropped. The last one is final, so that a stream that was cut shows.
 */
export interface StatsRecord {
  type: 'stats'
  /**
   * Seconds since the Unix epoch, written with six decimals.
   */
  ts: number
  /**
   * Interface name.
   */
  iface?: string
  /**
   * Packets that the capture took.
   */
  received: number
  /**
   * Packets that the kernel dropped for lack of room.
   */
  dropped: number
  /**
   * Packets that the filter refused; null where the kernel does not say.
   */
  filtered: number | null
  /**
   * The capture has ended.
   */
  final?: boolean
  /**
   * Why it ended.
   */
  reason?: 'eof' | 'signal' | 'count' | 'duration' | 'error' | 'closed'
  [k: string]: unknown
}
