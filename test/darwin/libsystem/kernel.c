// The system calls of the simulated libSystem, and the table of descriptors behind them.

#include "kernel.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FILES 4096
#define MAX_REGISTERED 64

// bsd/sys/fcntl.h, bsd/sys/filio.h
#define D_O_NONBLOCK 0x4
#define D_O_CLOEXEC 0x1000000
#define D_F_GETFL 3
#define D_F_SETFL 4
#define D_F_GETFD 1
#define D_F_SETFD 2
#define D_FIONBIO 0x8004667eu

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct file *files[MAX_FILES];

static struct {
  const char *prefix;
  int (*open)(const char *, int);
} devices[MAX_REGISTERED];
static int device_count;

static struct {
  int domain;
  int (*create)(int, int);
} sockets[MAX_REGISTERED];
static int socket_count;

static struct {
  const char *name;
  int mib[8];
  unsigned count;
  sysctl_handler handler;
} sysctls[MAX_REGISTERED];
static int sysctl_count;

static void (*ends[MAX_REGISTERED])(void);
static int end_count;

void lock(void) { pthread_mutex_lock(&mutex); }
void unlock(void) { pthread_mutex_unlock(&mutex); }

pthread_mutex_t *kernel_mutex(void) { return &mutex; }

int fail(int darwin_errno) {
  errno = darwin_errno;
  return -1;
}

void misuse(const char *format, ...) {
  const char *path = getenv("NETOPROC_SIMULATOR_REPORT");
  FILE *report = path == NULL ? stderr : fopen(path, "a");
  if (report == NULL) abort();
  va_list args;
  va_start(args, format);
  vfprintf(report, format, args);
  va_end(args);
  fputc('\n', report);
  if (path != NULL) fclose(report);
}

ssize_t host_read(int fd, void *into, size_t length) { return syscall(SYS_read, fd, into, length); }
ssize_t host_write(int fd, const void *data, size_t length) { return syscall(SYS_write, fd, data, length); }
void host_close(int fd) { syscall(SYS_close, fd); }

int event_open(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
void event_raise(int fd) { host_write(fd, &(uint64_t){1}, 8); }
void event_clear(int fd) { host_read(fd, &(uint64_t){0}, 8); }

int file_open(const struct file_kind *kind, int fd, void *data) {
  if (fd < 0 || fd >= MAX_FILES) abort();
  struct file *file = calloc(1, sizeof *file);
  *file = (struct file){.kind = kind, .fd = fd, .data = data};
  files[fd] = file;
  return fd;
}

struct file *file_of(int fd) { return fd < 0 || fd >= MAX_FILES ? NULL : files[fd]; }

void register_device(const char *prefix, int (*open)(const char *, int)) {
  devices[device_count].prefix = prefix;
  devices[device_count++].open = open;
}

void register_socket(int domain, int (*create)(int, int)) {
  sockets[socket_count].domain = domain;
  sockets[socket_count++].create = create;
}

void register_sysctl(const char *name, const int *mib, unsigned count, sysctl_handler handler) {
  sysctls[sysctl_count].name = name;
  if (mib != NULL) memcpy(sysctls[sysctl_count].mib, mib, count * sizeof *mib);
  sysctls[sysctl_count].count = mib == NULL ? 0 : count;
  sysctls[sysctl_count++].handler = handler;
}

void register_end(void (*end)(void)) { ends[end_count++] = end; }

int sysctl_answer(void *into, size_t *length, const void *data, size_t size) {
  if (into == NULL) {
    *length = size;
    return 0;
  }
  if (*length < size) return fail(D_ENOMEM);
  memcpy(into, data, size);
  *length = size;
  return 0;
}

__attribute__((destructor)) static void end_of_program(void) {
  for (int fd = 0; fd < MAX_FILES; fd++) {
    if (files[fd] != NULL) misuse("descriptor %d (%s) was never closed", fd, files[fd]->kind->name);
  }
  for (int i = 0; i < end_count; i++) ends[i]();
}

// --- The calls -----------------------------------------------------------------------------------------------------------

/** Enters the kernel: boots it at the first call. */
static void enter(void) {
  boot();
  lock();
}

static long leave(long result) {
  int kept = errno;
  unlock();
  errno = kept;
  return result;
}

static struct file *known(int fd, const char *call) {
  struct file *file = file_of(fd);
  if (file == NULL) misuse("%s of descriptor %d, which is not open", call, fd);
  return file;
}

int open(const char *path, int flags, ...) {
  enter();
  char call[128];
  snprintf(call, sizeof call, "open:%s", path);
  int code = injected(call);
  if (code == 0) code = injected("open");
  if (code != 0) return leave(fail(code));
  if ((flags & D_O_CLOEXEC) == 0) misuse("open(%s) without O_CLOEXEC", path);
  for (int i = 0; i < device_count; i++) {
    if (strncmp(path, devices[i].prefix, strlen(devices[i].prefix)) != 0) continue;
    int fd = devices[i].open(path, flags);
    if (fd >= 0 && (flags & D_O_NONBLOCK) != 0) file_of(fd)->nonblocking = true;
    return leave(fd);
  }
  return leave(fail(D_ENOENT));
}

int socket(int domain, int type, int protocol) {
  enter();
  int code = injected("socket");
  if (code != 0) return leave(fail(code));
  for (int i = 0; i < socket_count; i++) {
    if (sockets[i].domain == domain) return leave(sockets[i].create(type, protocol));
  }
  misuse("socket(%d, %d, %d)", domain, type, protocol);
  return leave(fail(D_EAFNOSUPPORT));
}

int close(int fd) {
  enter();
  struct file *file = known(fd, "close");
  if (file == NULL) return leave(fail(D_EBADF));
  if (file->kind->close != NULL) file->kind->close(file);
  files[fd] = NULL;
  host_close(fd);
  free(file);
  kernel_changed();
  return leave(0);
}

#define CALL(operation, error, ...)                     \
  enter();                                              \
  struct file *file = known(fd, #operation);            \
  if (file == NULL) return leave(fail(D_EBADF));        \
  int code = injected(#operation);                      \
  if (code != 0) return leave(fail(code));              \
  if (file->kind->operation == NULL) {                  \
    misuse(#operation " of a %s", file->kind->name);    \
    return leave(fail(error));                          \
  }                                                     \
  return leave(file->kind->operation(file, __VA_ARGS__))

ssize_t read(int fd, void *into, size_t length) { CALL(read, D_EINVAL, into, length); }
ssize_t recv(int fd, void *into, size_t length, int flags) { CALL(recv, D_EINVAL, into, length, flags); }
ssize_t send(int fd, const void *data, size_t length, int flags) { CALL(send, D_EINVAL, data, length, flags); }

struct pollfd {
  int fd;
  short events, revents;
};

/** Of one descriptor, now: whether a kqueue takes it (it does what epoll does), not whether it is ready. */
int poll(struct pollfd *fds, unsigned count, int timeout) {
  enter();
  if (count != 1 || timeout != 0 || fds->events != 1) misuse("poll of %u descriptors for %d ms", count, timeout);
  struct file *file = known(fds->fd, "poll");
  if (file == NULL) return leave(fail(D_EBADF));
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN};
  fds->revents = epoll_ctl(epoll, EPOLL_CTL_ADD, fds->fd, &event) == 0 ? 0 : 0x20;
  host_close(epoll);
  return leave(fds->revents != 0);
}

struct sockaddr;
int connect(int fd, const struct sockaddr *address, uint32_t length) { CALL(connect, D_EINVAL, address, length); }

int setsockopt(int fd, int level, int name, const void *value, uint32_t length) {
  CALL(setsockopt, D_EINVAL, level, name, value, length);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list args;
  va_start(args, request);
  void *argument = va_arg(args, void *);
  va_end(args);
  enter();
  struct file *file = known(fd, "ioctl");
  if (file == NULL) return leave(fail(D_EBADF));
  if (request >> 32 != 0) misuse("ioctl request %#lx is sign-extended", request);
  if ((uint32_t)request == D_FIONBIO) {
    file->nonblocking = *(int *)argument != 0;
    return leave(0);
  }
  if (file->kind->ioctl == NULL) {
    misuse("ioctl %#lx of a %s", request, file->kind->name);
    return leave(fail(D_ENOTTY));
  }
  return leave(file->kind->ioctl(file, (uint32_t)request, argument));
}

int fcntl(int fd, int command, ...) {
  va_list args;
  va_start(args, command);
  int argument = va_arg(args, int);
  va_end(args);
  enter();
  struct file *file = known(fd, "fcntl");
  if (file == NULL) return leave(fail(D_EBADF));
  switch (command) {
  case D_F_GETFL: return leave(file->nonblocking ? D_O_NONBLOCK : 0);
  case D_F_SETFL: file->nonblocking = (argument & D_O_NONBLOCK) != 0; return leave(0);
  case D_F_GETFD: return leave(1);
  case D_F_SETFD: return leave(0);
  default: misuse("fcntl command %d", command); return leave(fail(D_EINVAL));
  }
}

static int answer_sysctl(int i, const int *mib, unsigned count, void *into, size_t *length) {
  size_t given = *length;
  int result = sysctls[i].handler(mib, count, into, length);
  if (result == 0 && into != NULL && *length > given) misuse("a sysctl wrote %zu bytes into %zu", *length, given);
  return result;
}

int sysctl(const int *mib, unsigned count, void *into, size_t *length, void *set, size_t set_length) {
  enter();
  if (set != NULL || set_length != 0) misuse("sysctl sets a value");
  for (int i = 0; i < sysctl_count; i++) {
    if (sysctls[i].count == 0 || sysctls[i].count > count) continue;
    if (memcmp(mib, sysctls[i].mib, sysctls[i].count * sizeof *mib) != 0) continue;
    return leave(answer_sysctl(i, mib, count, into, length));
  }
  misuse("sysctl {%d, %d, …}", mib[0], count > 1 ? mib[1] : 0);
  return leave(fail(D_ENOENT));
}

int sysctlbyname(const char *name, void *into, size_t *length, void *set, size_t set_length) {
  enter();
  if (set != NULL || set_length != 0) misuse("sysctlbyname(%s) sets a value", name);
  char call[128];
  snprintf(call, sizeof call, "sysctl:%s", name);
  int code = injected(call);
  if (code != 0) return leave(fail(code));
  for (int i = 0; i < sysctl_count; i++) {
    if (sysctls[i].name != NULL && strcmp(name, sysctls[i].name) == 0)
      return leave(answer_sysctl(i, NULL, 0, into, length));
  }
  return leave(fail(D_ENOENT));
}
