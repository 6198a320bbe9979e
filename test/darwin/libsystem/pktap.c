// pktap interfaces: bsd/net/pktap.c. Created and destroyed by ioctls of any datagram socket, by root; filters choose what
// they show; each packet comes behind a header that names its process.

#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIOCIFCREATE 0xc0206978u
#define SIOCIFDESTROY 0x80206979u
#define SIOCSDRVSPEC 0x8028697bu
#define IFT_PKTAP 254
#define DLT_RAW 12
#define PKTP_CMD_FILTER_SET 3
#define MAX_FILTERS 8
#define MAX_PKTAPS 8

struct pktap_filter {
  uint32_t op, param;
  union {
    uint32_t type;
    char name[24];
  } of;
};
_Static_assert(sizeof(struct pktap_filter) == 32, "as in bsd/net/pktap.h");

static struct pktap {
  struct interface *interface;
  struct pktap_filter filters[MAX_FILTERS];
} pktaps[MAX_PKTAPS];
static int pktap_unit;

static bool is_root(void) {
  const char *uid = getenv("NETOPROC_SIMULATOR_UID");
  return uid != NULL && strcmp(uid, "0") == 0;
}

static int create(char *name) {
  if (strcmp(name, "pktap") != 0) return fail(D_EINVAL);
  for (int i = 0; i < MAX_PKTAPS; i++) {
    if (pktaps[i].interface != NULL) continue;
    snprintf(name, 16, "pktap%d", pktap_unit++);
    pktaps[i].interface = interface_add(name, IFT_PKTAP, DLT_RAW);
    pktaps[i].interface->flags = 0x8041;
    // Ethernet, IEEE 1394, other: what macOS begins with.
    const uint32_t types[] = {6, 144, 1};
    memset(pktaps[i].filters, 0, sizeof pktaps[i].filters);
    for (int k = 0; k < 3; k++) pktaps[i].filters[k] = (struct pktap_filter){.op = 1, .param = 1, .of.type = types[k]};
    return 0;
  }
  return fail(D_ENOMEM);
}

static struct pktap *by_name(const char *name) {
  for (int i = 0; i < MAX_PKTAPS; i++) {
    if (pktaps[i].interface != NULL && strcmp(pktaps[i].interface->name, name) == 0) return &pktaps[i];
  }
  return NULL;
}

static int destroy(const char *name) {
  struct pktap *pktap = by_name(name);
  if (pktap == NULL) return fail(D_ENXIO);
  interface_remove(pktap->interface);
  pktap->interface = NULL;
  return 0;
}

static int set_filters(struct pktap *pktap, const uint8_t *ifdrv) {
  unsigned long command, length;
  const struct pktap_filter *filters;
  memcpy(&command, ifdrv + 16, 8);
  memcpy(&length, ifdrv + 24, 8);
  memcpy(&filters, ifdrv + 32, 8);
  if (command != PKTP_CMD_FILTER_SET || length != sizeof pktap->filters) {
    misuse("SIOCSDRVSPEC command %lu, %lu bytes", command, length);
    return fail(D_EINVAL);
  }
  bool ended = false;
  for (int i = 0; i < MAX_FILTERS; i++) {
    if (filters[i].op == 0) ended = true;
    else if (ended || filters[i].op > 2 || filters[i].param < 1 || filters[i].param > 2) {
      misuse("pktap filter %d: op %u, param %u", i, filters[i].op, filters[i].param);
      return fail(D_EINVAL);
    }
  }
  memcpy(pktap->filters, filters, sizeof pktap->filters);
  return 0;
}

int pktap_ioctl(struct file *file, uint32_t request, void *argument) {
  (void)file;
  int code = request == SIOCIFCREATE ? injected("ioctl:SIOCIFCREATE") : request == SIOCSDRVSPEC ? injected("ioctl:SIOCSDRVSPEC") : 0;
  if (code != 0) return fail(code);
  if (request != SIOCIFCREATE && request != SIOCIFDESTROY && request != SIOCSDRVSPEC) {
    misuse("ioctl %#x of an AF_INET socket", request);
    return fail(D_ENOTTY);
  }
  if (!is_root()) return fail(D_EPERM);
  if (request == SIOCIFCREATE) return create(argument);
  if (request == SIOCIFDESTROY) return destroy(argument);
  struct pktap *pktap = by_name(argument);
  return pktap == NULL ? fail(D_ENXIO) : set_filters(pktap, argument);
}

static bool matches(const struct pktap_filter *filter, const struct interface *interface) {
  if (filter->param == 1) return filter->of.type == 0 || filter->of.type == interface->type;
  size_t length = strnlen(filter->of.name, sizeof filter->of.name);
  bool is_whole = length > 0 && filter->of.name[length - 1] >= '0' && filter->of.name[length - 1] <= '9';
  return is_whole ? strcmp(filter->of.name, interface->name) == 0 : strncmp(filter->of.name, interface->name, length) == 0;
}

static bool passes(const struct pktap *pktap, const struct interface *interface) {
  for (int i = 0; i < MAX_FILTERS && pktap->filters[i].op != 0; i++) {
    if (matches(&pktap->filters[i], interface)) return pktap->filters[i].op == 1;
  }
  return false;
}

void pktap_tap(const struct packet *packet) {
  uint8_t header[156] = {0};
  uint32_t flags = (packet->is_outgoing ? 2 : 1) | (packet->epid >= 0 && packet->epid != packet->pid ? 4 : 0);
  uint32_t words[] = {sizeof header, 1, packet->interface->dlt};
  memcpy(header, words, sizeof words);
  memcpy(header + 12, packet->interface->name, strlen(packet->interface->name));
  memcpy(header + 36, &flags, 4);
  memcpy(header + 52, &packet->pid, 4);
  strncpy((char *)header + 56, packet->comm, 16);
  memcpy(header + 84, &packet->epid, 4);
  strncpy((char *)header + 88, packet->ecomm, 16);
  for (int i = 0; i < MAX_PKTAPS; i++) {
    if (pktaps[i].interface != NULL && passes(&pktaps[i], packet->interface))
      bpf_tap(pktaps[i].interface, packet, header, sizeof header);
  }
}

static void end(void) {
  for (int i = 0; i < MAX_PKTAPS; i++) {
    if (pktaps[i].interface != NULL) misuse("interface %s was left behind", pktaps[i].interface->name);
  }
}

__attribute__((constructor)) static void register_pktap(void) { register_end(end); }
