// Interfaces: getifaddrs(3), the if_mib sysctl, and packets that arrive at them.
//
//   interface NAME [index=N] [type=6] [flags=0x8863] [mtu=1500] [dlt=1] [mac=HEX]   also changes one that is there
//   address NAME ADDRESS                            IPv6 link-local ones are given out with the scope embedded, as the kernel does
//   counters NAME [ipackets=N] [ibytes=N] …
//   vanish NAME
//   flow on|off                                     off: packets do not wait for room, and are dropped
//   packet NAME HEX [ts=S.UUUUUU] [wire=N] [dir=out] [pid=N] [comm=NAME] [epid=N] [ecomm=NAME]

#include "network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_INTERFACES 64
#define MAX_PACKET 65536

// bsd/sys/socket.h, bsd/sys/sysctl.h, bsd/net/if_mib.h
#define D_AF_INET 2
#define D_AF_LINK 18
#define D_AF_INET6 30
#define D_CTL_NET 4
#define D_IFMIB_IFDATA 2
#define D_IFDATA_GENERAL 1

static struct interface interfaces[MAX_INTERFACES];
static unsigned last_index;
static bool waits_for_room = true;
static int lists_out;

struct interface *interface_by_name(const char *name) {
  for (int i = 0; i < MAX_INTERFACES; i++) {
    if (interfaces[i].present && strcmp(interfaces[i].name, name) == 0) return &interfaces[i];
  }
  return NULL;
}

struct interface *interface_add(const char *name, unsigned type, unsigned dlt) {
  for (int i = 0; i < MAX_INTERFACES; i++) {
    if (interfaces[i].present) continue;
    interfaces[i] = (struct interface){.present = true, .index = ++last_index, .type = type, .dlt = dlt, .mtu = 1500};
    snprintf(interfaces[i].name, sizeof interfaces->name, "%s", name);
    return &interfaces[i];
  }
  abort();
}

void interface_remove(struct interface *interface) {
  bpf_detach(interface);
  interface->present = false;
  kernel_changed();
}

static struct interface *named(int argc, char **argv) {
  struct interface *interface = argc < 2 ? NULL : interface_by_name(argv[1]);
  if (interface == NULL) scenario_error("no interface %s", argc < 2 ? "" : argv[1]);
  return interface;
}

static void interface_line(int argc, char **argv) {
  if (argc < 2) scenario_error("interface NAME");
  struct interface *interface = interface_by_name(argv[1]);
  if (interface == NULL) {
    unsigned type = number(argc, argv, "type", 6);
    interface = interface_add(argv[1], type, type == 6 ? 1 : 0);
    interface->flags = 0x8863; // UP BROADCAST NOTRAILERS RUNNING SIMPLEX MULTICAST
  }
  interface->index = number(argc, argv, "index", interface->index);
  if (interface->index > last_index) last_index = interface->index;
  interface->flags = number(argc, argv, "flags", interface->flags);
  interface->mtu = number(argc, argv, "mtu", interface->mtu);
  interface->dlt = number(argc, argv, "dlt", interface->dlt);
  unhex(word(argc, argv, "mac", "020000000001"), interface->mac, 6);
}

static void address_line(int argc, char **argv) {
  struct interface *interface = named(argc, argv);
  struct address *address = &interface->addresses[interface->address_count];
  if (argc < 3 || interface->address_count++ == MAX_ADDRESSES) scenario_error("address NAME ADDRESS");
  if (inet_pton(AF_INET, argv[2], address->bytes) == 1) address->family = D_AF_INET;
  else if (inet_pton(AF_INET6, argv[2], address->bytes) == 1) address->family = D_AF_INET6;
  else scenario_error("address %s", argv[2]);
}

static void counters_line(int argc, char **argv) {
  struct interface *i = named(argc, argv);
  i->ipackets = number(argc, argv, "ipackets", i->ipackets);
  i->ierrors = number(argc, argv, "ierrors", i->ierrors);
  i->opackets = number(argc, argv, "opackets", i->opackets);
  i->oerrors = number(argc, argv, "oerrors", i->oerrors);
  i->ibytes = number(argc, argv, "ibytes", i->ibytes);
  i->obytes = number(argc, argv, "obytes", i->obytes);
  i->iqdrops = number(argc, argv, "iqdrops", i->iqdrops);
  i->snd_drops = number(argc, argv, "snd_drops", i->snd_drops);
}

static void vanish_line(int argc, char **argv) { interface_remove(named(argc, argv)); }

static void flow_line(int argc, char **argv) { waits_for_room = argc > 1 && strcmp(argv[1], "on") == 0; }

static void packet_line(int argc, char **argv) {
  static uint8_t bytes[MAX_PACKET];
  struct interface *interface = named(argc, argv);
  if (argc < 3) scenario_error("packet NAME HEX");
  struct packet packet = {.interface = interface, .bytes = bytes};
  packet.captured = unhex(argv[2], bytes, sizeof bytes);
  packet.wire = number(argc, argv, "wire", packet.captured);
  const char *ts = word(argc, argv, "ts", NULL);
  if (ts == NULL) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    packet.seconds = now.tv_sec;
    packet.microseconds = now.tv_nsec / 1000;
  } else if (sscanf(ts, "%d.%6d", &packet.seconds, &packet.microseconds) != 2) scenario_error("ts=%s", ts);
  packet.is_outgoing = strcmp(word(argc, argv, "dir", "in"), "out") == 0;
  packet.pid = number(argc, argv, "pid", -1);
  packet.epid = number(argc, argv, "epid", -1);
  packet.comm = word(argc, argv, "comm", "");
  packet.ecomm = word(argc, argv, "ecomm", "");
  uint64_t *packets = packet.is_outgoing ? &interface->opackets : &interface->ipackets;
  uint64_t *octets = packet.is_outgoing ? &interface->obytes : &interface->ibytes;
  ++*packets;
  *octets += packet.wire;
  if (waits_for_room) {
    char *condition[] = {"room", NULL};
    char size[16];
    snprintf(size, sizeof size, "%u", packet.captured + 256);
    condition[1] = size;
    wait_for(2, condition);
  }
  bpf_tap(interface, &packet, NULL, 0);
  pktap_tap(&packet);
  kernel_changed();
}

static bool has_room(int argc, char **argv) { return bpf_has_room(argc < 2 ? 0 : atoi(argv[1])); }

// struct ifmibdata, packed: if_data64 at 52.
static int ifdata(const int *mib, unsigned count, void *into, size_t *length) {
  if (count != 6 || mib[2] != 0 || mib[3] != D_IFMIB_IFDATA || mib[5] != D_IFDATA_GENERAL) {
    misuse("sysctl of the if_mib: %d %d … %d", mib[2], mib[3], mib[5]);
    return fail(D_EINVAL);
  }
  struct interface *interface = NULL;
  for (int i = 0; i < MAX_INTERFACES; i++) {
    if (interfaces[i].present && interfaces[i].index == (unsigned)mib[4]) interface = &interfaces[i];
  }
  if (interface == NULL) return fail(D_ENOENT);
  uint8_t data[180] = {0};
  memcpy(data, interface->name, 16);
  memcpy(data + 20, &interface->flags, 4);
  memcpy(data + 32, &interface->snd_drops, 4);
  data[52] = interface->type;
  memcpy(data + 60, &interface->mtu, 4);
  memcpy(data + 76, &interface->ipackets, 8);
  memcpy(data + 84, &interface->ierrors, 8);
  memcpy(data + 92, &interface->opackets, 8);
  memcpy(data + 100, &interface->oerrors, 8);
  memcpy(data + 116, &interface->ibytes, 8);
  memcpy(data + 124, &interface->obytes, 8);
  memcpy(data + 148, &interface->iqdrops, 8);
  return sysctl_answer(into, length, data, sizeof data);
}

struct ifaddrs {
  struct ifaddrs *ifa_next;
  char *ifa_name;
  unsigned ifa_flags;
  void *ifa_addr;
  void *ifa_netmask;
  void *ifa_dstaddr;
  void *ifa_data;
};
_Static_assert(sizeof(struct ifaddrs) == 56, "as in Libc");

static struct ifaddrs *new_entry(struct ifaddrs ***end, const struct interface *interface, const void *address, size_t length) {
  struct ifaddrs *entry = calloc(1, sizeof *entry);
  entry->ifa_name = strdup(interface->name);
  entry->ifa_flags = interface->flags;
  entry->ifa_addr = malloc(length);
  memcpy(entry->ifa_addr, address, length);
  **end = entry;
  *end = &entry->ifa_next;
  return entry;
}

int getifaddrs(struct ifaddrs **list) {
  boot();
  lock();
  int code = injected("getifaddrs");
  if (code != 0) {
    unlock();
    return fail(code);
  }
  *list = NULL;
  struct ifaddrs **end = list;
  for (int i = 0; i < MAX_INTERFACES; i++) {
    const struct interface *interface = &interfaces[i];
    if (!interface->present) continue;
    uint8_t link[40] = {20, D_AF_LINK, interface->index & 255, interface->index >> 8, interface->type};
    link[5] = strlen(interface->name);
    link[6] = 6;
    memcpy(link + 8, interface->name, link[5]);
    memcpy(link + 8 + link[5], interface->mac, 6);
    new_entry(&end, interface, link, sizeof link);
    for (int k = 0; k < interface->address_count; k++) {
      const struct address *address = &interface->addresses[k];
      uint8_t bytes[28] = {address->family == D_AF_INET ? 16 : 28, address->family};
      memcpy(bytes + (address->family == D_AF_INET ? 4 : 8), address->bytes, address->family == D_AF_INET ? 4 : 16);
      if (address->family == D_AF_INET6 && address->bytes[0] == 0xfe && address->bytes[1] == 0x80) {
        bytes[10] = interface->index >> 8;
        bytes[11] = interface->index & 255;
      }
      new_entry(&end, interface, bytes, bytes[0]);
    }
  }
  lists_out++;
  unlock();
  return 0;
}

void freeifaddrs(struct ifaddrs *list) {
  lock();
  lists_out--;
  unlock();
  while (list != NULL) {
    struct ifaddrs *next = list->ifa_next;
    free(list->ifa_name);
    free(list->ifa_addr);
    free(list);
    list = next;
  }
}

// An AF_INET datagram socket: what the ioctls of interfaces are asked of.
static const struct file_kind udp_socket = {.name = "AF_INET socket", .ioctl = pktap_ioctl};

static int create_socket(int type, int protocol) {
  if (type != 2 || protocol != 0) misuse("socket(AF_INET, %d, %d)", type, protocol);
  return file_open(&udp_socket, event_open(), NULL);
}

static void end(void) {
  if (lists_out != 0) misuse("%d lists of getifaddrs were never freed", lists_out);
}

__attribute__((constructor)) static void register_network(void) {
  register_line("interface", interface_line);
  register_line("address", address_line);
  register_line("counters", counters_line);
  register_line("vanish", vanish_line);
  register_line("flow", flow_line);
  register_line("packet", packet_line);
  register_wait("room", has_room);
  register_sysctl(NULL, (int[]){D_CTL_NET, D_AF_LINK, 0}, 3, ifdata);
  register_socket(D_AF_INET, create_socket);
  register_end(end);
}
