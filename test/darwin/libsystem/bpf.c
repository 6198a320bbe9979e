// The packet capture devices: bsd/net/bpf.c.
//
//   devices N            /dev/bpf0 … N-1 are there; opening the last makes the next (4, by default)
//   cloning              /dev/bpf is there, and no numbered one
//   busy N               another program has /dev/bpfN
//   reads N              more than N reads of all devices, from here to the end, are misuse: nobody is to turn in circles
//   unpollable           devices are opened that epoll refuses
//   wait filtered NAME   until a device with a filter listens on NAME
//   wait read NAME       until everything that was stored for NAME has been read

#define _GNU_SOURCE
#include "bpf-machine.h"
#include "network.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define MAX_DEVICES 64
#define MIN_BUFFER 32u
#define MAX_BUFFER (32u << 20)
#define ALIGN(n) (((n) + 3u) & ~3u)

#define BIOCSBLEN 0xc0044266u
#define BIOCPROMISC 0x20004269u
#define BIOCGDLT 0x4004426au
#define BIOCSETIF 0x8020426cu
#define BIOCSRTIMEOUT 0x8010426du
#define BIOCGSTATS 0x4008426fu
#define BIOCIMMEDIATE 0x80044270u
#define BIOCSHDRCMPLT 0x80044275u
#define BIOCSSEESENT 0x80044277u
#define BIOCSETFNR 0x8010427eu
#define BIOCSWANTPKTAP 0xc004427fu
#define DLT_RAW 12
#define DLT_PKTAP 149

static const struct {
  uint32_t request;
  const char *name;
} requests[] = {
    {BIOCSBLEN, "BIOCSBLEN"},         {BIOCPROMISC, "BIOCPROMISC"},     {BIOCGDLT, "BIOCGDLT"},
    {BIOCSETIF, "BIOCSETIF"},         {BIOCSRTIMEOUT, "BIOCSRTIMEOUT"}, {BIOCGSTATS, "BIOCGSTATS"},
    {BIOCIMMEDIATE, "BIOCIMMEDIATE"}, {BIOCSHDRCMPLT, "BIOCSHDRCMPLT"}, {BIOCSSEESENT, "BIOCSSEESENT"},
    {BIOCSETFNR, "BIOCSETFNR"},       {BIOCSWANTPKTAP, "BIOCSWANTPKTAP"},
};

/** struct bpf_hdr as it lies in a 64-bit process's buffer: a 32-bit timeval, and no padding behind bh_hdrlen on Ethernet. */
struct bpf_hdr {
  int32_t seconds, microseconds;
  uint32_t caplen, datalen;
  uint16_t hdrlen;
} __attribute__((packed));
_Static_assert(sizeof(struct bpf_hdr) == 18, "what is written of it");

enum timer { IDLE, WAITING, TIMED_OUT };

struct device {
  int minor;
  struct file *file;
  const struct interface *interface;
  bool is_gone, is_immediate, sees_sent, header_complete, wants_pktap;
  uint32_t dlt, size;
  uint8_t *store, *hold;
  uint32_t stored, held;
  struct bpf_insn program[512];
  uint32_t program_length;
  uint32_t received, dropped;
  long timeout_ms;
  enum timer timer;
  long deadline_ms;
};

static struct device *devices[MAX_DEVICES];
static bool busy[MAX_DEVICES];
static int device_count = 4;
static long reads, most_reads = -1;
static bool is_unpollable, is_cloning;
static pthread_once_t clock_started = PTHREAD_ONCE_INIT;

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** What select and kqueue would say. */
static void tell_readiness(struct device *d) {
  bool ready = !d->is_gone && (d->held > 0 || (d->stored > 0 && (d->is_immediate || d->timer == TIMED_OUT)));
  event_clear(d->file->fd);
  if (ready) event_raise(d->file->fd);
}

static void *run_clock(void *unused) {
  (void)unused;
  for (;;) {
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    lock();
    for (int i = 0; i < MAX_DEVICES; i++) {
      struct device *d = devices[i];
      if (d == NULL || d->timer != WAITING || now_ms() < d->deadline_ms) continue;
      d->timer = TIMED_OUT;
      tell_readiness(d);
    }
    unlock();
  }
  return NULL;
}

static void start_clock(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run_clock, NULL) != 0) abort();
  pthread_detach(thread);
}

static void rotate(struct device *d) {
  uint8_t *free_buffer = d->hold;
  d->hold = d->store;
  d->held = d->stored;
  d->store = free_buffer;
  d->stored = 0;
}

static uint32_t header_length(uint32_t dlt) {
  uint32_t link = dlt == 1 ? 14 : dlt == 0 ? 4 : dlt == DLT_PKTAP ? 156 : 0;
  return ALIGN(link + (uint32_t)sizeof(struct bpf_hdr)) - link;
}

static void store(struct device *d, const struct packet *packet, const uint8_t *bytes, uint32_t captured, uint32_t wire, uint32_t keep) {
  uint32_t header = header_length(d->dlt);
  uint32_t length = keep < captured ? keep : captured;
  if (header + length > d->size) length = d->size - header;
  uint32_t at = ALIGN(d->stored);
  bool full = at + header + length > d->size;
  if (full) {
    if (d->held > 0) {
      d->dropped++;
      return;
    }
    rotate(d);
    at = 0;
  }
  struct bpf_hdr hdr = {packet->seconds, packet->microseconds, length, wire, header};
  memset(d->store + at, 0, header);
  memcpy(d->store + at, &hdr, sizeof hdr);
  memcpy(d->store + at + header, bytes, length);
  d->stored = at + header + length;
  if (full || d->is_immediate || d->timer == TIMED_OUT) tell_readiness(d);
}

void bpf_tap(const struct interface *interface, const struct packet *packet, const void *front, uint32_t front_length) {
  static uint8_t whole[65536 + 256];
  for (int i = 0; i < MAX_DEVICES; i++) {
    struct device *d = devices[i];
    if (d == NULL || d->interface != interface || d->is_gone) continue;
    if (packet->is_outgoing && !d->sees_sent) continue;
    // The other tap of a pktap interface shows the packets bare.
    uint32_t skipped = d->dlt == DLT_PKTAP ? 0 : front_length;
    memcpy(whole, front == NULL ? "" : front, front_length);
    memcpy(whole + front_length, packet->bytes, packet->captured);
    const uint8_t *bytes = whole + skipped;
    uint32_t captured = packet->captured + front_length - skipped;
    uint32_t wire = packet->wire + front_length - skipped;
    d->received++;
    if (d->program_length == 0) misuse("/dev/bpf%d listens on %s without a filter", d->minor, interface->name);
    uint32_t keep = d->program_length == 0 ? captured : bpf_run(d->program, bytes, captured, wire);
    if (keep > 0) store(d, packet, bytes, captured, wire, keep);
  }
}

bool bpf_has_room(uint32_t bytes) {
  for (int i = 0; i < MAX_DEVICES; i++) {
    const struct device *d = devices[i];
    if (d == NULL || d->interface == NULL || d->is_gone) continue;
    if (d->held > 0 && ALIGN(d->stored) + bytes > d->size) return false;
  }
  return true;
}

void bpf_detach(const struct interface *interface) {
  for (int i = 0; i < MAX_DEVICES; i++) {
    if (devices[i] == NULL || devices[i]->interface != interface) continue;
    devices[i]->is_gone = true;
    tell_readiness(devices[i]);
  }
}

static ssize_t bpf_read(struct file *file, void *into, size_t length) {
  struct device *d = file->data;
  if (length != d->size) {
    misuse("read of %zu bytes from /dev/bpf%d, whose buffer has %u", length, d->minor, d->size);
    return fail(D_EINVAL);
  }
  reads++;
  if (d->interface == NULL || d->is_gone) return fail(D_ENXIO);
  if (d->program_length == 0) misuse("read from /dev/bpf%d before it has a filter", d->minor);
  if (!file->nonblocking) misuse("blocking read from /dev/bpf%d", d->minor);
  if (d->held == 0 && d->stored > 0) rotate(d);
  uint32_t given = d->held;
  if (given > 0) memcpy(into, d->hold, given);
  d->held = 0;
  d->timer = d->timeout_ms > 0 && !d->is_immediate ? WAITING : IDLE;
  d->deadline_ms = now_ms() + d->timeout_ms;
  tell_readiness(d);
  kernel_changed();
  return given == 0 ? fail(D_EAGAIN) : (ssize_t)given;
}

static int set_interface(struct device *d, const char *name) {
  const struct interface *interface = interface_by_name(name);
  if (interface == NULL) return fail(D_ENXIO);
  if ((interface->flags & 1) == 0) return fail(D_ENETDOWN);
  d->interface = interface;
  d->is_gone = false;
  d->dlt = interface->type == 254 && d->wants_pktap ? DLT_PKTAP : interface->dlt;
  if (d->store == NULL) {
    d->store = malloc(d->size);
    d->hold = malloc(d->size);
  }
  d->stored = d->held = d->received = d->dropped = 0;
  return 0;
}

static int set_filter(struct device *d, const uint8_t *argument) {
  uint32_t length;
  const struct bpf_insn *program;
  memcpy(&length, argument, 4);
  memcpy(&program, argument + 8, 8);
  const char *reason = bpf_invalid(program, length);
  if (reason != NULL) {
    misuse("filter of %u instructions: %s", length, reason);
    return fail(D_EINVAL);
  }
  memcpy(d->program, program, length * sizeof *program);
  d->program_length = length;
  return 0;
}

static int set_length(struct device *d, uint32_t *length) {
  if (d->interface != NULL) return fail(D_EINVAL);
  *length = d->size = *length < MIN_BUFFER ? MIN_BUFFER : *length > MAX_BUFFER ? MAX_BUFFER : *length;
  return 0;
}

static const char *request_name(uint32_t request) {
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    if (requests[i].request == request) return requests[i].name;
    // Group and number, without direction and size.
    if ((requests[i].request & 0xffff) == (request & 0xffff))
      misuse("ioctl %#x has another size or direction than %s", request, requests[i].name);
  }
  return NULL;
}

static int bpf_ioctl(struct file *file, uint32_t request, void *argument) {
  struct device *d = file->data;
  const char *name = request_name(request);
  if (name == NULL) {
    misuse("ioctl %#x of /dev/bpf%d", request, d->minor);
    return fail(D_ENOTTY);
  }
  // Every ioctl stops the timer, and forgets that it has run out.
  d->timer = IDLE;
  tell_readiness(d);
  char call[64];
  snprintf(call, sizeof call, "ioctl:%s", name);
  int code = injected(call);
  if (code != 0) return fail(code);
  int result = 0;
  switch (request) {
  case BIOCSBLEN: result = set_length(d, argument); break;
  case BIOCSETIF: result = set_interface(d, argument); break;
  case BIOCSETFNR: result = set_filter(d, argument); break;
  case BIOCIMMEDIATE: d->is_immediate = *(uint8_t *)argument != 0; break;
  case BIOCSSEESENT: d->sees_sent = *(uint32_t *)argument != 0; break;
  case BIOCSHDRCMPLT: d->header_complete = *(uint32_t *)argument != 0; break;
  case BIOCSWANTPKTAP: d->wants_pktap = *(uint32_t *)argument != 0; break;
  case BIOCSRTIMEOUT: d->timeout_ms = ((int64_t *)argument)[0] * 1000 + ((int32_t *)argument)[2] / 1000; break;
  case BIOCGSTATS: memcpy(argument, (uint32_t[]){d->received, d->dropped}, 8); break;
  default:
    if (d->interface == NULL) return fail(D_EINVAL);
    if (request == BIOCGDLT) *(uint32_t *)argument = d->dlt;
  }
  kernel_changed();
  return result;
}

static void bpf_close(struct file *file) {
  struct device *d = file->data;
  devices[d->minor] = NULL;
  free(d->store);
  free(d->hold);
  free(d);
}

static const struct file_kind bpf_device = {.name = "bpf device", .read = bpf_read, .ioctl = bpf_ioctl, .close = bpf_close};

static int bpf_open(const char *path, int flags) {
  int minor;
  char rest;
  if ((flags & 3) != 0) misuse("open(%s) for writing", path);
  if (is_cloning) {
    if (strcmp(path, "/dev/bpf") != 0) return fail(D_ENOENT);
    for (minor = 0; minor < MAX_DEVICES - 1 && devices[minor] != NULL;) minor++;
    device_count = MAX_DEVICES;
  } else if (sscanf(path, "/dev/bpf%d%c", &minor, &rest) != 1 || minor < 0 || minor >= device_count) return fail(D_ENOENT);
  if (busy[minor] || devices[minor] != NULL) return fail(D_EBUSY);
  if (minor == device_count - 1 && device_count < MAX_DEVICES) device_count++;
  pthread_once(&clock_started, start_clock);
  struct device *d = devices[minor] = calloc(1, sizeof *d);
  d->minor = minor;
  d->size = 4096;
  d->sees_sent = true;
  // A regular file is nothing that epoll waits for.
  int fd = file_open(&bpf_device, is_unpollable ? memfd_create("bpf", MFD_CLOEXEC) : event_open(), d);
  d->file = file_of(fd);
  return fd;
}

static void devices_line(int argc, char **argv) { device_count = argc > 1 ? atoi(argv[1]) : 4; }

static void busy_line(int argc, char **argv) {
  int minor = argc > 1 ? atoi(argv[1]) : 0;
  busy[minor] = true;
  if (minor == device_count - 1) device_count++;
}

static void unpollable_line(int argc, char **argv) {
  (void)argc, (void)argv;
  is_unpollable = true;
}

static void cloning_line(int argc, char **argv) {
  (void)argc, (void)argv;
  is_cloning = true;
}

static void reads_line(int argc, char **argv) {
  reads = 0;
  most_reads = argc > 1 ? atol(argv[1]) : 0;
}

static void end(void) {
  if (most_reads >= 0 && reads > most_reads) misuse("%ld reads, %ld at most", reads, most_reads);
}

static bool listens(const struct device *d, const char *name) {
  return d != NULL && d->interface != NULL && !d->is_gone && (strcmp(name, "any") == 0 || strcmp(d->interface->name, name) == 0);
}

static bool is_filtered(int argc, char **argv) {
  for (int i = 0; i < MAX_DEVICES; i++) {
    // One instruction refuses all: it stands there until the real filter is known.
    if (listens(devices[i], argc > 1 ? argv[1] : "any") && devices[i]->program_length > 1) return true;
  }
  return false;
}

static bool is_read(int argc, char **argv) {
  for (int i = 0; i < MAX_DEVICES; i++) {
    if (listens(devices[i], argc > 1 ? argv[1] : "any") && devices[i]->held + devices[i]->stored > 0) return false;
  }
  return true;
}

__attribute__((constructor)) static void register_bpf(void) {
  register_device("/dev/bpf", bpf_open);
  register_line("devices", devices_line);
  register_line("busy", busy_line);
  register_line("cloning", cloning_line);
  register_line("reads", reads_line);
  register_line("unpollable", unpollable_line);
  register_end(end);
  register_wait("filtered", is_filtered);
  register_wait("read", is_read);
}
