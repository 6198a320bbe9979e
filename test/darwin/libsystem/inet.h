// Processes and sockets of the simulated kernel, as process.c, pcblist.c and ntstat.c tell of them.

#pragma once

#include "kernel.h"

#define MAX_HOLDERS 4
/** Sockets of the program itself count from here. */
#define OWN_GENERATION (1ull << 40)

// bsd/netinet/in.h
#define D_IPPROTO_ICMP 1
#define D_IPPROTO_TCP 6
#define D_IPPROTO_UDP 17

struct inet_socket {
  char id[24];
  int type;     // SOCK_…: 1 stream, 2 datagram, 3 raw
  int protocol; // of raw sockets: what they take
  uint8_t vflag; // 1 IPv4, 2 IPv6, 3 both
  uint8_t local[16], remote[16]; // IPv4 in the last four bytes
  uint16_t local_port, remote_port;
  int state; // TCPS_…
  uint64_t generation; // 0: a flow in user space
  bool is_quic;
  int holders[MAX_HOLDERS];
  int holder_count;
  int last_pid, e_pid;
  unsigned uid;
  unsigned ifindex;
  bool is_loopback;
  // Payload and packets.
  uint64_t rx_bytes, rx_packets, tx_bytes, tx_packets;
  // ntstat.c
  uint64_t ref;
  bool is_watched;
  uint64_t polled; // context of the GET_UPDATE that has told of it
};

/** Calls back with each socket that is open, those of this program included. */
void each_socket(void (*visit)(struct inet_socket *, void *), void *with);
/** ntstat.c: a socket is gone, and its flow ends. */
void flow_closed(struct inet_socket *);
/** ntstat.c: a socket is there. */
void flow_opened(struct inet_socket *);
/** Name of a process as the kernel has it, in `into` of `size` bytes; empty when it is gone. */
void process_name(int pid, char *into, size_t size);
/** The user that the program runs as. */
unsigned program_uid(void);
