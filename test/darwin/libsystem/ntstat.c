// The kernel control com.apple.network.statistics: flows, told as they begin and end, and their counts when asked. Requests
// are answered before send(2) returns, as far as the socket's buffer has room.
//
//   ntstat [providers=2,3,4,5,8] [grow=BYTES] [part=100] [most=8388608]
//       grow: descriptors are longer, as on another macOS. part: flows told in answer to one GET_UPDATE. most: the largest
//       buffer that SO_RCVBUF may ask for
//   wait updates N            GET_UPDATE has told of all flows so many times

#include "inet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// bsd/sys/socket.h, bsd/sys/kern_control.h
#define D_PF_SYSTEM 32
#define D_SOL_SOCKET 0xffff
#define D_SO_RCVBUF 0x1002
#define D_MSG_DONTWAIT 0x80
#define D_CTLIOCGINFO 0xc0644e03u
#define CONTROL_ID 7
#define DATAGRAM 4096

// bsd/net/ntstat.h
enum {
  SUCCESS = 0,
  ERROR = 1,
  ADD_ALL_SRCS = 1002,
  GET_SRC_DESC = 1005,
  GET_UPDATE = 1007,
  SRC_ADDED = 10001,
  SRC_REMOVED = 10002,
  SRC_DESC = 10003,
  SRC_UPDATE = 10006,
  CONTINUATION = 2,
  CLOSING = 4,
  CLOSED_AFTER_DROP = 8,
  IS_LOOPBACK = 2,
};

struct message {
  uint64_t context;
  uint32_t type;
  uint16_t length;
  uint16_t flags;
};

struct datagram {
  struct datagram *next;
  size_t length;
  uint8_t bytes[];
};

static struct {
  struct file *file;
  bool is_connected;
  unsigned watched; // bits: providers
  size_t room, used;
  struct datagram *first, **last;
  uint64_t last_ref;
} client;

static unsigned available = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 8;
static uint32_t grow;
static int part = 100;
static size_t most = 8 << 20;
static int updates;

/** Sockets of this program that have been told of. */
static struct {
  struct inet_socket socket;
  bool is_there;
} own[64];
static int own_count;

static int provider_of(const struct inet_socket *socket) {
  bool is_flow = socket->generation == 0;
  if (socket->is_quic) return 8;
  if (socket->type == 1) return is_flow ? 3 : 2;
  if (socket->type == 2 && socket->protocol == D_IPPROTO_UDP) return is_flow ? 5 : 4;
  return 0;
}

// --- The socket's buffer ------------------------------------------------------------------------------------------------

/** Appends to the last datagram where that has room. Returns false when the buffer has none. */
static bool enqueue(const uint8_t *bytes, size_t length, bool is_forced) {
  if (!client.is_connected) return false;
  if (client.used + length > client.room && !is_forced) return false;
  client.used += length;
  struct datagram *datagram = malloc(sizeof *datagram + length);
  datagram->next = NULL;
  datagram->length = length;
  memcpy(datagram->bytes, bytes, length);
  if (client.first == NULL) event_raise(client.file->fd);
  *client.last = datagram;
  client.last = &datagram->next;
  return true;
}

/** Messages that share datagrams. One that finds no room is lost without a word. */
static uint8_t gathered[DATAGRAM];
static size_t gathered_length;

static void send_gathered(void) {
  if (gathered_length > 0) enqueue(gathered, gathered_length, false);
  gathered_length = 0;
}

static void gather(const uint8_t *bytes, size_t length) {
  if (gathered_length + length > sizeof gathered) send_gathered();
  memcpy(gathered + gathered_length, bytes, length);
  gathered_length += length;
}

static size_t header(uint8_t *into, uint64_t context, uint32_t type, size_t length, uint16_t flags) {
  memset(into, 0, length);
  struct message message = {context, type, (uint16_t)length, flags};
  memcpy(into, &message, 16);
  return length;
}

static void answer(uint64_t context, int code, uint16_t flags) {
  uint8_t bytes[24 + 24];
  // An error ends with the request that failed, and finds room always.
  size_t length = code == 0 ? header(bytes, context, SUCCESS, 16, flags) : header(bytes, context, ERROR, 48, flags);
  if (code != 0) {
    memcpy(bytes + 16, &code, 4);
    memset(bytes + 24, 0xee, 24);
  }
  enqueue(bytes, length, code != 0);
}

// --- Flows --------------------------------------------------------------------------------------------------------------

static void socket_address(uint8_t *into, const uint8_t *address, uint16_t port, bool is_v6) {
  uint16_t network = htons(port);
  into[0] = is_v6 ? 28 : 16;
  into[1] = is_v6 ? 30 : 2;
  memcpy(into + 2, &network, 2);
  memcpy(into + (is_v6 ? 8 : 4), is_v6 ? address : address + 12, is_v6 ? 16 : 4);
}

/** nstat_tcp_descriptor or nstat_udp_descriptor. Returns its length. */
static size_t describe(const struct inet_socket *socket, uint8_t *into) {
  bool is_udp = provider_of(socket) == 4 || provider_of(socket) == 5;
  size_t length = (is_udp ? 280 : 344) + grow;
  memset(into, 0, length);
  bool is_v6 = socket->vflag != 1;
  // A program that another one is responsible for, as those of a terminal, has none.
  int epid = socket->e_pid != 0 ? socket->e_pid : socket->uid == 0 ? socket->last_pid : 0;
  uint32_t properties = socket->is_loopback ? IS_LOOPBACK : 0;
  memcpy(into + (is_udp ? 112 : 72), &socket->ifindex, 4);
  if (!is_udp) memcpy(into + 76, &socket->state, 4);
  memcpy(into + (is_udp ? 128 : 116), &socket->last_pid, 4);
  memcpy(into + (is_udp ? 196 : 120), &epid, 4);
  socket_address(into + (is_udp ? 56 : 124), socket->local, socket->local_port, is_v6);
  socket_address(into + (is_udp ? 84 : 152), socket->remote, socket->remote_port, is_v6);
  process_name(socket->last_pid, (char *)into + (is_udp ? 132 : 196), 64);
  memcpy(into + (is_udp ? 268 : 328), &socket->uid, 4);
  memcpy(into + (is_udp ? 272 : 336), &properties, 4);
  return length;
}

static size_t update_message(const struct inet_socket *socket, uint8_t *into, uint64_t context, uint16_t flags) {
  size_t length = 152 + describe(socket, into + 152);
  header(into, context, SRC_UPDATE, 152, flags);
  memcpy(into + 12, &(uint16_t){(uint16_t)length}, 2);
  memcpy(into + 16, &socket->ref, 8);
  memcpy(into + 32, &socket->rx_packets, 8);
  memcpy(into + 40, &socket->rx_bytes, 8);
  memcpy(into + 48, &socket->tx_packets, 8);
  memcpy(into + 56, &socket->tx_bytes, 8);
  memcpy(into + 144, &(uint32_t){(uint32_t)provider_of(socket)}, 4);
  return length;
}

/** The flow gets the next number, whether the message finds room or not. */
static size_t added_message(struct inet_socket *socket, uint8_t *into) {
  socket->ref = ++client.last_ref;
  size_t length = header(into, 0, SRC_ADDED, 32, 0);
  memcpy(into + 16, &socket->ref, 8);
  memcpy(into + 24, &(uint32_t){(uint32_t)provider_of(socket)}, 4);
  return length;
}

void flow_opened(struct inet_socket *socket) {
  if (!client.is_connected || (client.watched >> provider_of(socket) & 1) == 0) return;
  uint8_t bytes[32];
  // One that finds no room is not watched at all.
  socket->is_watched = enqueue(bytes, added_message(socket, bytes), false);
}

void flow_closed(struct inet_socket *socket) {
  if (!client.is_connected || !socket->is_watched) return;
  uint8_t bytes[152 + 344 + 256];
  bool is_told = enqueue(bytes, update_message(socket, bytes, 0, CLOSING), false);
  header(bytes, 0, SRC_REMOVED, 24, is_told ? 0 : CLOSED_AFTER_DROP);
  memcpy(bytes + 16, &socket->ref, 8);
  enqueue(bytes, 24, true);
}

/** Sockets of this program come and go without a scenario line. */
static void see_own(struct inet_socket *socket, void *unused) {
  (void)unused;
  if (socket->generation < OWN_GENERATION) return;
  for (int i = 0; i < own_count; i++) {
    if (own[i].socket.generation != socket->generation) continue;
    own[i].is_there = true;
    return;
  }
  if (own_count == 64) return;
  own[own_count].socket = *socket;
  own[own_count].is_there = true;
  flow_opened(&own[own_count++].socket);
}

static void look_at_own(void) {
  for (int i = 0; i < own_count; i++) own[i].is_there = false;
  each_socket(see_own, NULL);
  for (int i = 0; i < own_count; i++) {
    if (own[i].is_there) continue;
    flow_closed(&own[i].socket);
    own[i--] = own[--own_count];
  }
}

/** Sockets of the scenario, and those of this program as they were seen. */
struct each {
  void (*visit)(struct inet_socket *, void *);
  void *with;
};

static void skip_own(struct inet_socket *socket, void *with) {
  const struct each *each = with;
  if (socket->generation < OWN_GENERATION) each->visit(socket, each->with);
}

static void each_flow(void (*visit)(struct inet_socket *, void *), void *with) {
  each_socket(skip_own, &(struct each){visit, with});
  for (int i = 0; i < own_count; i++) visit(&own[i].socket, with);
}

// --- Requests -----------------------------------------------------------------------------------------------------------

static void tell_added(struct inet_socket *socket, void *with) {
  if (provider_of(socket) != *(int *)with) return;
  uint8_t bytes[32];
  socket->is_watched = enqueue(bytes, added_message(socket, bytes), false);
}

static int add_all(const uint8_t *request, uint64_t context) {
  uint32_t provider;
  memcpy(&provider, request + 32, 4);
  if (provider > 10) return D_ENOENT;
  if ((available >> provider & 1) == 0) return D_ENOTSUP;
  if ((client.watched >> provider & 1) != 0) return D_EALREADY;
  client.watched |= 1u << provider;
  each_flow(tell_added, &(int){(int)provider});
  answer(context, 0, 0);
  return 0;
}

struct polling {
  uint64_t context;
  int left;
  bool has_more;
};

static void tell_update(struct inet_socket *socket, void *with) {
  struct polling *polling = with;
  if (!socket->is_watched || socket->polled == polling->context) return;
  if (polling->left == 0) {
    polling->has_more = true;
    return;
  }
  uint8_t bytes[152 + 344 + 256];
  gather(bytes, update_message(socket, bytes, polling->context, 0));
  polling->left--;
  socket->polled = polling->context;
}

static void update_all(uint64_t context, uint16_t flags) {
  if (context == 0 || (flags & CONTINUATION) == 0) misuse("GET_UPDATE of all without a context, or CONTINUATION");
  struct polling polling = {.context = context, .left = part};
  each_flow(tell_update, &polling);
  send_gathered();
  answer(context, 0, polling.has_more ? CONTINUATION : 0);
  if (polling.has_more) return;
  updates++;
  kernel_changed();
}

struct wanted {
  uint64_t ref;
  struct inet_socket *socket;
};

static void find(struct inet_socket *socket, void *with) {
  struct wanted *wanted = with;
  if (socket->ref == wanted->ref && socket->is_watched) wanted->socket = socket;
}

static int describe_one(const uint8_t *request, uint64_t context) {
  struct wanted wanted = {0};
  memcpy(&wanted.ref, request + 16, 8);
  each_flow(find, &wanted);
  if (wanted.socket == NULL) return D_ENOENT;
  uint8_t bytes[40 + 344 + 256];
  size_t length = 40 + describe(wanted.socket, bytes + 40);
  header(bytes, context, SRC_DESC, 40, 0);
  memcpy(bytes + 12, &(uint16_t){(uint16_t)length}, 2);
  memcpy(bytes + 16, &wanted.ref, 8);
  memcpy(bytes + 32, &(uint32_t){(uint32_t)provider_of(wanted.socket)}, 4);
  enqueue(bytes, length, false);
  return 0;
}

static ssize_t control_send(struct file *file, const void *data, size_t length, int flags) {
  (void)file;
  (void)flags;
  if (!client.is_connected) return fail(D_ENOTCONN);
  struct message message = {0};
  if (length >= 16) memcpy(&message, data, 16);
  if (length < 16 || message.length != length) {
    misuse("a request of %zu bytes says that it has %u", length, message.length);
    return fail(D_EINVAL);
  }
  look_at_own();
  size_t size = message.type == ADD_ALL_SRCS ? 56 : 24;
  if (length != size) {
    misuse("request %u of %zu bytes", message.type, length);
    return fail(D_EINVAL);
  }
  int code = 0;
  uint64_t ref;
  memcpy(&ref, (const uint8_t *)data + 16, 8);
  if (message.type == ADD_ALL_SRCS) code = add_all(data, message.context);
  else if (message.type == GET_UPDATE && ref == UINT64_MAX) update_all(message.context, message.flags);
  else if (message.type == GET_SRC_DESC) code = describe_one(data, message.context);
  else misuse("request %u", message.type);
  if (code != 0) answer(message.context, code, 0);
  return (ssize_t)length;
}

static ssize_t control_recv(struct file *file, void *into, size_t length, int flags) {
  if ((flags & D_MSG_DONTWAIT) == 0 && !file->nonblocking) misuse("recv of ntstat may wait");
  struct datagram *datagram = client.first;
  if (datagram == NULL) return fail(D_EAGAIN);
  if (datagram->length > length) misuse("a datagram of %zu bytes is cut to %zu", datagram->length, length);
  size_t copied = datagram->length < length ? datagram->length : length;
  memcpy(into, datagram->bytes, copied);
  client.used -= datagram->length;
  client.first = datagram->next;
  if (client.first == NULL) {
    client.last = &client.first;
    event_clear(file->fd);
  }
  free(datagram);
  return (ssize_t)copied;
}

static int control_connect(struct file *file, const void *address, uint32_t length) {
  uint8_t expected[32] = {32, D_PF_SYSTEM, 2, 0, CONTROL_ID};
  if (length != 32 || ((const uint8_t *)address)[0] != 32) {
    misuse("sockaddr_ctl of %u bytes", length);
    return fail(D_EINVAL);
  }
  if (memcmp(address, expected, 32) != 0) return fail(D_ENOENT);
  if (client.is_connected) misuse("ntstat is connected twice");
  client.file = file;
  client.is_connected = true;
  client.last = &client.first;
  return 0;
}

static int control_setsockopt(struct file *file, int level, int name, const void *value, uint32_t length) {
  (void)file;
  if (level != D_SOL_SOCKET || name != D_SO_RCVBUF || length != 4) {
    misuse("setsockopt(%#x, %#x) of %u bytes", level, name, length);
    return fail(D_EINVAL);
  }
  int size;
  memcpy(&size, value, 4);
  if (size <= 0 || (size_t)size > most) return fail(D_ENOBUFS);
  client.room = (size_t)size;
  return 0;
}

static int control_ioctl(struct file *file, uint32_t request, void *argument) {
  (void)file;
  if (request != D_CTLIOCGINFO) {
    misuse("ioctl %#x of a kernel control", request);
    return fail(D_ENOTTY);
  }
  int code = injected("ioctl:CTLIOCGINFO");
  if (code != 0) return fail(code);
  if (strcmp((char *)argument + 4, "com.apple.network.statistics") != 0) return fail(D_ENOENT);
  memcpy(argument, &(uint32_t){CONTROL_ID}, 4);
  return 0;
}

static void control_close(struct file *file) {
  if (client.file != file) return;
  for (struct datagram *next; client.first != NULL; client.first = next) {
    next = client.first->next;
    free(client.first);
  }
  memset(&client, 0, sizeof client);
  client.room = 8192;
  own_count = 0;
}

static const struct file_kind control = {
    .name = "ntstat control",
    .recv = control_recv,
    .send = control_send,
    .connect = control_connect,
    .setsockopt = control_setsockopt,
    .ioctl = control_ioctl,
    .close = control_close,
};

static int create(int type, int protocol) {
  if (type != 2 || protocol != 2) misuse("socket(PF_SYSTEM, %d, %d)", type, protocol);
  client.room = 8192;
  return file_open(&control, event_open(), NULL);
}

static void ntstat_line(int argc, char **argv) {
  grow = number(argc, argv, "grow", grow);
  part = number(argc, argv, "part", part);
  most = number(argc, argv, "most", most);
  const char *providers = word(argc, argv, "providers", NULL);
  if (providers == NULL) return;
  available = 0;
  for (const char *at = providers; at != NULL; at = strchr(at, ',')) {
    if (*at == ',') at++;
    available |= 1u << atoi(at);
  }
}

static bool has_updated(int argc, char **argv) { return argc > 1 && updates >= atoi(argv[1]); }

__attribute__((constructor)) static void register_ntstat(void) {
  register_line("ntstat", ntstat_line);
  register_wait("updates", has_updated);
  register_socket(D_PF_SYSTEM, create);
}
