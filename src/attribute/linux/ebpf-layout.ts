// What the programs in the kernel and the code that reads their maps must agree on: byte offsets, written once. All numbers
// little-endian but addresses, which are 16 bytes as on the wire, IPv4 as IPv4-mapped.

/**
 * Key of `flows`. A TCP connection has one entry, its remote all zero: found by cookie alone. A socket that may talk to many
 * (UDP, raw, a listener with its handshakes, the kernel's own) has one for each remote and last word of the local address.
 * Packets of no socket have cookie 0; forwarded ones, whose source stands as remote, have the local port as well. What comes for
 * a connection in TIME-WAIT has an entry of its own, with the cookie that the connection had, and its remote.
 */
export const flowKey = {
  cookie: 0,
  remoteIp: 8,
  remotePort: 24,
  localPort: 26,
  localWord: 28,
  size: 32,
} as const

/** Value of `flows`. What does not change is of the first packet; counters only grow. */
export const flowValue = {
  rxBytes: 0,
  txBytes: 8,
  rxPackets: 16,
  txPackets: 24,
  localIp: 32,
  remoteIp: 48,
  localPort: 64,
  remotePort: 66,
  protocol: 68,
  /** SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_RAW 3. */
  socketType: 69,
  /** State of the socket, as in /proc/net/tcp, at its last packet. */
  state: 70,
  /** PACKETS_OF_… */
  origin: 71,
  ifindex: 72,
  /** TCP: smoothed round trip in 1/8 us; segments sent again. */
  srtt: 76,
  retransmits: 80,
  /** WATCH_… */
  watch: 84,
  netnsCookie: 88,
  size: 96,
} as const

/** `flowValue.origin`: a socket's, or of no socket of this host. Those have cookie 0 (but what our own IcmpWatch has seen). */
export const PACKETS_OF_SOCKET = 0
/** Came for a port that nobody has open. */
export const PACKETS_OF_NOBODY = 1
/** Came for another host; counted in once by the interface they came by, out once by the one they leave by. */
export const PACKETS_FORWARDED = 2
/** Came for the kernel itself, or was dropped by its firewall. */
export const PACKETS_OF_KERNEL = 3

/** `flowValue.watch`: which packets of the flow are handed over, as names are told in them. */
export const WATCH_NONE = 0
/** All: a port of DNS. */
export const WATCH_DNS = 1
/** Of the first that are sent, those that begin a TLS or QUIC connection. */
export const WATCH_FIRST = 2

/** Packets of a flow in which a client may tell a server's name: STARTTLS and proxies come behind some lines of talk. */
export const FIRST_PACKETS = 32

/**
 * One of `slots`: what a flow that has one has moved beside what is in its entry of `flows`. Behind the cookie and the
 * counters the rest of its key; in its place, for a TCP connection, what else is told of that.
 */
export const slot = {
  /** 0: free. */
  cookie: 0,
  rxBytes: 8,
  txBytes: 16,
  rxPackets: 24,
  txPackets: 32,
  /** The key from `flowKey.remoteIp` on. */
  ends: 40,
  srtt: 40,
  retransmits: 44,
  /** Of a TCP connection, and never 0; where a key has the local port, which that of a socket's flow leaves 0. */
  state: 58,
  size: 64,
} as const
/** In the place of the cookie: about to be taken, or given up. Cookies are counted from 1 and, rarely, down from 2^64. */
export const SLOT_BUSY = 1n << 63n
/** A power of two. Where two flows want the same, one goes without, which costs time only. */
export const MAX_SLOTS = 1 << 13
/** Packets of a flow in its entry before it gets a slot. */
export const TAKES_SLOT_AFTER = 64

/** Value of `users`, an array by the last bits of the cookie: a socket with the process that last used it, in one word. */
export const MAX_USERS = 1 << 12
/** Bits of a process id: PID_MAX_LIMIT is 2^22. */
export const PID_BITS = 22

/** Value of `folded` (by cookie) and of the one entry of `totals`: what found no room in `flows`. */
export const foldedValue = { rxBytes: 0, txBytes: 8, rxPackets: 16, txPackets: 24, size: 32 } as const
/**
 * `totals` also counts events, and packets that tell names, for which their ring buffers had no room; and users of sockets that
 * `lost` had no room for.
 */
export const totalsValue = {
  ...foldedValue,
  lostEvents: 32,
  lostPackets: 40,
  lostUsers: 48,
  size: 56,
} as const

/** Value of `lost`, by cookie: when an event of the socket's use found no room, the last time, and who used it. */
export const lostValue = { monotonicNs: 0, tgid: 8, size: 16 } as const
/** In the place of the process: more than one. */
export const SEVERAL_USERS = 0

/** Value of `holders`, by cookie or in the socket itself: the process that last used the socket, and how often that changed. */
export const holderValue = { tgid: 0, changes: 4, size: 8 } as const

/** A record of the ring buffer. */
export const event = {
  kind: 0,
  protocol: 1,
  socketType: 2,
  tgid: 4,
  tid: 8,
  uid: 12,
  cookie: 16,
  monotonicNs: 24,
  netnsCookie: 32,
  comm: 40,
  /** When the process started, ns since boot; 0 when this kernel does not tell programs. */
  startNs: 56,
  /** The counters of one flow at the time of the event: who had it before and who has it after are told apart. */
  rxBytes: 64,
  txBytes: 72,
  rxPackets: 80,
  txPackets: 88,
  /** Which: its key from `flowKey.remoteIp` on; zero: a TCP connection, if it has any. */
  ends: 96,
  size: 120,
} as const

/** A record of the ring buffer of packets that tell names; behind it the packet from its IP header on. */
export const namePacket = {
  monotonicNs: 0,
  cookie: 8,
  netnsCookie: 16,
  ifindex: 24,
  /** Bytes of the packet: as it is, and those that follow here. */
  length: 28,
  captured: 32,
  gsoSize: 36,
  /** 1: its socket sent it; 0: was given it. */
  isOutgoing: 40,
  size: 48,
} as const
/** Room for packets in a record: reserved before the length is known to the verifier, so there are few sizes. */
export const NAME_PACKET_ROOMS = [208, 2000, 16384, 65536] as const

/** `event.kind`. */
export const EVENT_CREATE = 1
/** Bound, connected or sent to by a process that had not used it before. */
export const EVENT_ADDRESS = 2
/** Read or written by a process that had not used it before. */
export const EVENT_TRANSFER = 3
/** The last descriptor was closed. */
export const EVENT_RELEASE = 4
/** A known process has become another program. */
export const EVENT_EXEC = 5
/** So many processes take turns with one socket that its bytes cannot be told apart. */
export const EVENT_SHARED = 6

/** Sent, on a connection of datagrams, by a process that had not used it before. */
export const EVENT_SENT = 7

/** Changes of hands after which a socket counts as shared. */
export const SHARED_AFTER = 64

export const MAX_FILTERS = 1 << 10
export const MAX_FLOWS = 1 << 17
export const MAX_FOLDED = 1 << 14
export const MAX_HOLDERS = 1 << 17
export const MAX_LOST = 1 << 16
export const MAX_PROCESSES = 1 << 15
/** Bytes. Of some 16,000 processes with a socket each, where nobody reads meanwhile: six seconds of 2,700 a second. */
export const EVENT_BUFFER = 1 << 22
