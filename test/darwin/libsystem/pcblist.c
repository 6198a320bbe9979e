// The sysctls net.inet.{tcp,udp,raw}.pcblist_n: records of their own lengths, each at a multiple of 8.
//
//   pcblist [xinpcb=104]      length of that record: another macOS's
//   wait lists N              the list of UDP sockets has been read so many times

#include "inet.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

// bsd/sys/socketvar.h
enum { XSO_SOCKET = 1, XSO_RCVBUF = 2, XSO_SNDBUF = 4, XSO_STATS = 8, XSO_INPCB = 0x10, XSO_TCPCB = 0x20 };

struct list {
  int protocol; // 6, 17, or 0 for raw and ICMP sockets
  uint8_t *bytes;
  size_t length, room;
  uint32_t count;
};

static uint32_t xinpcb_length = 104;
static int lists;

static void pcblist_line(int argc, char **argv) { xinpcb_length = number(argc, argv, "xinpcb", xinpcb_length); }

/** A record of zeros, but for length and kind (0: xinpgen, which has none). */
static uint8_t *record(struct list *list, uint32_t length, uint32_t kind) {
  size_t rounded = (length + 7) & ~7u;
  while (list->length + rounded > list->room) list->bytes = realloc(list->bytes, list->room = list->room * 2 + 65536);
  uint8_t *at = list->bytes + list->length;
  memset(at, 0, rounded);
  memcpy(at, &length, 4);
  if (kind != 0) memcpy(at + 4, &kind, 4);
  list->length += rounded;
  return at;
}

static bool is_of(const struct inet_socket *socket, int protocol) {
  if (protocol == 0) return socket->type == 3 || socket->protocol == D_IPPROTO_ICMP;
  return socket->type != 3 && socket->protocol == protocol;
}

static void add(struct inet_socket *socket, void *with) {
  struct list *list = with;
  if (!is_of(socket, list->protocol)) return;
  list->count++;
  bool is_flow = socket->generation == 0;
  uint8_t *pcb = record(list, xinpcb_length, XSO_INPCB);
  uint16_t remote_port = htons(socket->remote_port), local_port = htons(socket->local_port);
  memcpy(pcb + 16, &remote_port, 2);
  memcpy(pcb + 18, &local_port, 2);
  memcpy(pcb + 28, &socket->generation, 8);
  pcb[44] = socket->vflag;
  pcb[46] = (uint8_t)socket->protocol;
  memcpy(pcb + 48, socket->remote, 16);
  memcpy(pcb + 64, socket->local, 16);
  uint8_t *so = record(list, 104, XSO_SOCKET);
  uint16_t type = (uint16_t)socket->type;
  int family = is_flow ? 0 : socket->vflag == 1 ? 2 : 30;
  memcpy(so + 16, &type, 2);
  memcpy(so + 36, &socket->protocol, 4);
  memcpy(so + 40, &family, 4);
  memcpy(so + 64, &socket->uid, 4);
  memcpy(so + 68, &socket->last_pid, 4);
  memcpy(so + 72, &socket->e_pid, 4);
  record(list, 32, XSO_RCVBUF);
  record(list, 32, XSO_SNDBUF);
  uint8_t *stats = record(list, 136, XSO_STATS);
  uint64_t rx_packets = socket->rx_packets, rx_bytes = socket->rx_bytes;
  if (socket->protocol == D_IPPROTO_UDP && !is_flow) {
    // Counted by the protocol, and once more, with the source address, by the buffer.
    rx_bytes = 2 * rx_bytes + rx_packets * (socket->vflag == 1 ? 16 : 28);
    rx_packets *= 2;
  }
  memcpy(stats + 8, &rx_packets, 8);
  memcpy(stats + 16, &rx_bytes, 8);
  memcpy(stats + 24, &socket->tx_packets, 8);
  memcpy(stats + 32, &socket->tx_bytes, 8);
  // Refused for lack of room: not to be added.
  memcpy(stats + 40, &(uint64_t){7}, 8);
  memcpy(stats + 48, &(uint64_t){7777}, 8);
  if (list->protocol == D_IPPROTO_TCP) memcpy(record(list, 204, XSO_TCPCB) + 36, &socket->state, 4);
}

static int answer(int protocol, void *into, size_t *length) {
  struct list list = {.protocol = protocol};
  record(&list, 24, 0);
  each_socket(add, &list);
  memcpy(list.bytes + 4, &list.count, 4);
  // The closing one is there only when there is something to close.
  if (list.count > 0) record(&list, 24, 0);
  if (into == NULL) list.length += list.length / 8;
  int result = sysctl_answer(into, length, list.bytes, list.length);
  free(list.bytes);
  if (into != NULL && result == 0 && protocol == D_IPPROTO_UDP) lists++;
  kernel_changed();
  return result;
}

#define HANDLER(name, protocol)                                                          \
  static int name(const int *mib, unsigned count, void *into, size_t *length) {          \
    (void)mib;                                                                           \
    (void)count;                                                                         \
    return answer(protocol, into, length);                                               \
  }

static bool has_listed(int argc, char **argv) { return argc > 1 && lists >= atoi(argv[1]); }

HANDLER(tcp, D_IPPROTO_TCP)
HANDLER(udp, D_IPPROTO_UDP)
HANDLER(raw, 0)

__attribute__((constructor)) static void register_pcblist(void) {
  register_line("pcblist", pcblist_line);
  register_wait("lists", has_listed);
  register_sysctl("net.inet.tcp.pcblist_n", NULL, 0, tcp);
  register_sysctl("net.inet.udp.pcblist_n", NULL, 0, udp);
  register_sysctl("net.inet.raw.pcblist_n", NULL, 0, raw);
}
