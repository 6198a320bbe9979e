// Interfaces of the simulated kernel, as bpf.c and pktap.c see them.

#pragma once

#include "kernel.h"

#define MAX_ADDRESSES 8

struct address {
  int family; // Darwin's: 2, 30
  uint8_t bytes[16];
};

struct interface {
  char name[16];
  bool present;
  unsigned index;
  unsigned type; // IFT_…
  unsigned flags; // IFF_…
  unsigned mtu;
  unsigned dlt;
  uint8_t mac[6];
  struct address addresses[MAX_ADDRESSES];
  int address_count;
  uint64_t ipackets, ierrors, opackets, oerrors, ibytes, obytes, iqdrops;
  uint32_t snd_drops;
};

struct interface *interface_by_name(const char *name);
/** A new interface, with the next index. */
struct interface *interface_add(const char *name, unsigned type, unsigned dlt);
void interface_remove(struct interface *);

/** One packet at the tap of an interface. */
struct packet {
  const struct interface *interface;
  const uint8_t *bytes; // from the link header on
  uint32_t captured;
  uint32_t wire;
  int32_t seconds;
  int32_t microseconds;
  bool is_outgoing;
  int pid, epid; // -1: unknown
  const char *comm, *ecomm;
};

/** bpf.c: a packet for every device that listens on `interface`; `header` bytes of pktap are in front. */
void bpf_tap(const struct interface *interface, const struct packet *, const void *header, uint32_t header_length);
/** Whether every device that listens has room for this packet; `interface` and pktap ones. */
bool bpf_has_room(uint32_t bytes);
void bpf_detach(const struct interface *interface);

/** pktap.c: the packet, for pktap interfaces whose filters let it pass. */
void pktap_tap(const struct packet *);
/** ioctl(2) of an AF_INET datagram socket. */
int pktap_ioctl(struct file *, uint32_t request, void *argument);
