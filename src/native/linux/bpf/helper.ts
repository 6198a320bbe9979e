// Numbers of the kernel's helper functions, constants of maps, programs and attachments, and the context structs of the
// programs that we use: linux/bpf.h (enum bpf_func_id, bpf_map_type, bpf_prog_type, bpf_attach_type). uapi: they never change.

export const helper = {
  map_lookup_elem: 1,
  map_update_elem: 2,
  map_delete_elem: 3,
  ktime_get_ns: 5,
  get_current_pid_tgid: 14,
  get_current_uid_gid: 15,
  get_current_comm: 16,
  skb_load_bytes: 26,
  get_current_task: 35,
  get_socket_cookie: 46,
  sk_fullsock: 95,
  tcp_sock: 96,
  sk_storage_get: 107,
  probe_read_kernel: 113,
  get_netns_cookie: 122,
  ringbuf_reserve: 131,
  ringbuf_submit: 132,
  ringbuf_discard: 133,
  get_current_task_btf: 158,
} as const

export const mapType = { HASH: 1, ARRAY: 2, LRU_HASH: 9, SK_STORAGE: 24, RINGBUF: 27 } as const
/** Memory for entries is taken when they are added, not all at once. */
export const BPF_F_NO_PREALLOC = 1
/** User space may map the values of an array (Linux 5.5). */
export const BPF_F_MMAPABLE = 1024

export const programType = {
  SOCKET_FILTER: 1,
  CGROUP_SKB: 8,
  CGROUP_SOCK: 9,
  CGROUP_SOCK_ADDR: 18,
  TRACING: 26,
} as const

/** Of Linux 6.4: newer than the headers that many systems have installed. */
export const BPF_PROG_TYPE_NETFILTER = 32
export const BPF_NETFILTER = 45

export const attachType = {
  CGROUP_INET_INGRESS: 0,
  CGROUP_INET_EGRESS: 1,
  CGROUP_INET_SOCK_CREATE: 2,
  CGROUP_INET4_CONNECT: 10,
  CGROUP_INET6_CONNECT: 11,
  CGROUP_INET4_POST_BIND: 12,
  CGROUP_INET6_POST_BIND: 13,
  CGROUP_UDP4_SENDMSG: 14,
  CGROUP_UDP6_SENDMSG: 15,
  TRACE_RAW_TP: 23,
  CGROUP_INET_SOCK_RELEASE: 34,
} as const

/** struct __sk_buff: offsets of u32 fields, `sk` a pointer. */
export const skb = {
  len: 0,
  /** PACKET_… of linux/if_packet.h. */
  pkt_type: 4,
  protocol: 16,
  ingress_ifindex: 36,
  ifindex: 40,
  /** The packet's bytes that lie in one piece; the verifier makes pointers of these. */
  data: 76,
  data_end: 80,
  sk: 168,
  gso_size: 176,
} as const

/** struct bpf_sock: the context of cgroup_sock programs, and what skb.sk points to. dst_port is in network order. */
export const sock = { type: 8, protocol: 12, src_port: 44, dst_port: 48, state: 72 } as const

/** struct bpf_sock_addr: the context of connect and sendmsg programs. */
export const sockAddr = { type: 32, protocol: 36, sk: 64 } as const

/** struct bpf_tcp_sock: srtt_us is eight times the smoothed round trip. */
export const tcpSock = { srtt_us: 4, total_retrans: 52 } as const
