// A simulated libSystem: the calls of macOS that netoproc makes, served from a scenario by a kernel's rules, on Linux. Every
// descriptor is a real one of Linux, so that epoll waits for it; every misuse is written to a report that tests expect empty.
//
// Environment: NETOPROC_SIMULATOR_SCENARIO (a file, see scenario.c), NETOPROC_SIMULATOR_REPORT (a file, appended to).
// One lock: every call, every scenario line and every callback below runs under it.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Darwin's errno numbers, as far as they are given out (bsd/sys/errno.h).
enum {
  D_EPERM = 1,
  D_ENOENT = 2,
  D_ESRCH = 3,
  D_EINTR = 4,
  D_EIO = 5,
  D_ENXIO = 6,
  D_EBADF = 9,
  D_ENOMEM = 12,
  D_EACCES = 13,
  D_EFAULT = 14,
  D_EBUSY = 16,
  D_EEXIST = 17,
  D_ENODEV = 19,
  D_EINVAL = 22,
  D_EMFILE = 24,
  D_ENOTTY = 25,
  D_EAGAIN = 35,
  D_EALREADY = 37,
  D_EPROTOTYPE = 41,
  D_ENOTSUP = 45,
  D_EAFNOSUPPORT = 47,
  D_ENETDOWN = 50,
  D_ENOBUFS = 55,
  D_ENOTCONN = 57,
  D_EOPNOTSUPP = 102,
};

/** Sets errno and returns -1. */
int fail(int darwin_errno);
int errno_by_name(const char *name);

/** A line of the report: something that a program must not do. */
void misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

// --- Files ---------------------------------------------------------------------------------------------------------

struct file;

/** What a kind of descriptor can do; a call that is not there is misuse, and gives `ENOTTY` or `EINVAL`. */
struct file_kind {
  const char *name;
  ssize_t (*read)(struct file *, void *into, size_t length);
  ssize_t (*recv)(struct file *, void *into, size_t length, int flags);
  ssize_t (*send)(struct file *, const void *data, size_t length, int flags);
  int (*connect)(struct file *, const void *address, uint32_t length);
  int (*setsockopt)(struct file *, int level, int name, const void *value, uint32_t length);
  int (*ioctl)(struct file *, uint32_t request, void *argument);
  void (*close)(struct file *);
};

struct file {
  const struct file_kind *kind;
  int fd;
  bool nonblocking;
  void *data;
};

/** Gives a real descriptor a kind. It is closed by the program's close(2). Returns fd. */
int file_open(const struct file_kind *kind, int fd, void *data);
/** The file of a descriptor, or NULL. */
struct file *file_of(int fd);

/** eventfd(2) as readiness: readable while raised. */
int event_open(void);
void event_raise(int fd);
void event_clear(int fd);
/** Linux's own calls, around the simulated ones. */
ssize_t host_read(int fd, void *into, size_t length);
ssize_t host_write(int fd, const void *data, size_t length);
void host_close(int fd);

// --- What parts of the kernel register, from a constructor ------------------------------------------------------------

/** open(2) of paths that begin with `prefix`. */
void register_device(const char *prefix, int (*open)(const char *path, int flags));
/** socket(2) of a domain. */
void register_socket(int domain, int (*create)(int type, int protocol));
/** sysctl(3) by the first `count` numbers of its name; `name` is its name for sysctlbyname(3), or NULL. */
typedef int (*sysctl_handler)(const int *mib, unsigned count, void *into, size_t *length);
void register_sysctl(const char *name, const int *mib, unsigned count, sysctl_handler handler);
/** The answer of a sysctl: copies, or tells the size when `into` is NULL, or ENOMEM. */
int sysctl_answer(void *into, size_t *length, const void *data, size_t size);

/** A scenario line, by its first word; argv[0] is that word. */
typedef void (*line_handler)(int argc, char **argv);
void register_line(const char *keyword, line_handler handler);
/** `wait CONDITION …`: whether it holds now. */
void register_wait(const char *condition, bool (*holds)(int argc, char **argv));
/** Waits, in an event, until the condition argv[0] holds; other calls go on meanwhile. */
void wait_for(int argc, char **argv);
/** Something changed that a `wait` may wait for. */
void kernel_changed(void);
/** Called at the end of the program: what was left behind is misuse. */
void register_end(void (*end)(void));

// --- Scenario ---------------------------------------------------------------------------------------------------------

/** The value of word KEY=VALUE among argv, or `otherwise`. */
const char *word(int argc, char **argv, const char *key, const char *otherwise);
long long number(int argc, char **argv, const char *key, long long otherwise);
/** Hexadecimal text to bytes; returns how many. */
size_t unhex(const char *text, uint8_t *into, size_t most);
/** Ends the program: the scenario itself is wrong. */
void scenario_error(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/** A call that the scenario makes fail (`error CALL CODE [TIMES]`): its Darwin errno, or 0. */
int injected(const char *call);

/** Reads the scenario at the first call, and runs its events. */
void boot(void);
void lock(void);
void unlock(void);
