// Loads loopback, and says what that costs: `loopback-load KIND COUNT` prints nanoseconds of CPU for each packet (stream and
// transfer: for each write) and nanoseconds of time.
//
// Both ends are in one thread, so that nothing depends on when a scheduler wakes whom: what is measured is what the kernel does
// for a packet from send(2) to recv(2).
//   flood     datagrams of 64 bytes, in bursts of 32 that are read afterwards
//   ordinary  the same, of 1400 bytes
//   pingpong  a datagram of 64 bytes and its answer, one after the other
//   stream    TCP, writes of 128 KiB
// Each end is a process, as with iperf3: time tells the throughput; CPU is that of both.
//   transfer  TCP, writes of 128 KiB

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SMALL = 64, ORDINARY = 1400, BURST = 32, WRITE = 1 << 17 };

static char bytes[WRITE];

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int receive(int fd, size_t size) {
  return recv(fd, bytes, size, MSG_WAITALL) == (ssize_t)size;
}

static int bursts(int here, int there, long count, ssize_t size) {
  for (long i = 0; i < count; i += BURST) {
    for (int k = 0; k < BURST; k++)
      if (send(here, bytes, size, 0) != size) return 0;
    for (int k = 0; k < BURST; k++)
      if (!receive(there, size)) return 0;
  }
  return 1;
}

static int flood(int here, int there, long count) { return bursts(here, there, count, SMALL); }

static int ordinary(int here, int there, long count) { return bursts(here, there, count, ORDINARY); }

static int pingpong(int here, int there, long count) {
  for (long i = 0; i < count; i += 2) {
    if (send(here, bytes, SMALL, 0) != SMALL || !receive(there, SMALL)) return 0;
    if (send(there, bytes, SMALL, 0) != SMALL || !receive(here, SMALL)) return 0;
  }
  return 1;
}

static int stream(int here, int there, long count) {
  for (long i = 0; i < count; i++)
    if (send(here, bytes, WRITE, 0) != WRITE || !receive(there, WRITE)) return 0;
  return 1;
}

// Of this thread, and of children that have ended.
static double cpu(void) {
  struct rusage of;
  getrusage(RUSAGE_CHILDREN, &of);
  return now(CLOCK_PROCESS_CPUTIME_ID) + (of.ru_utime.tv_sec + of.ru_stime.tv_sec) * 1e9 +
         (of.ru_utime.tv_usec + of.ru_stime.tv_usec) * 1e3;
}

static int transfer(int here, int there, long count) {
  int status = 0;
  const pid_t reader = fork();
  if (reader == 0) {
    for (long i = 0; i < count; i++)
      if (!receive(there, WRITE)) _exit(1);
    _exit(0);
  }
  for (long i = 0; i < count; i++)
    if (send(here, bytes, WRITE, 0) != WRITE) return 0;
  return waitpid(reader, &status, 0) == reader && status == 0;
}

static const struct {
  const char *name;
  int (*run)(int, int, long);
  int type;
} loads[] = {
    {"flood", flood, SOCK_DGRAM},   {"ordinary", ordinary, SOCK_DGRAM},    {"pingpong", pingpong, SOCK_DGRAM},
    {"stream", stream, SOCK_STREAM}, {"transfer", transfer, SOCK_STREAM},
};

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  size_t which = 0;
  while (which < sizeof loads / sizeof *loads && strcmp(argv[1], loads[which].name) != 0) which++;
  if (which == sizeof loads / sizeof *loads) return 2;
  int (*const load)(int, int, long) = loads[which].run;
  const int type = loads[which].type;
  const int is_stream = type == SOCK_STREAM;
  const long count = atol(argv[2]) / BURST * BURST;
  const int room = 4 * WRITE;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in mine;
  socklen_t length = sizeof address;
  int there = socket(AF_INET, type, 0);
  const int here = socket(AF_INET, type, 0);
  // The room of a stream is that of a whole write at both ends: nobody reads meanwhile.
  setsockopt(there, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  setsockopt(here, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  bind(there, (struct sockaddr *)&address, sizeof address);
  getsockname(there, (struct sockaddr *)&address, &length);
  if (is_stream) listen(there, 1);
  if (connect(here, (struct sockaddr *)&address, sizeof address) != 0) return 1;
  if (is_stream) there = accept(there, NULL, NULL);
  else {
    getsockname(here, (struct sockaddr *)&mine, &length);
    if (connect(there, (struct sockaddr *)&mine, sizeof mine) != 0) return 1;
  }
  if (!load(here, there, count / 10 / BURST * BURST)) return 1;
  const double cpu_before = cpu(), time_before = now(CLOCK_MONOTONIC);
  if (!load(here, there, count)) return 1;
  printf("%.1f %.1f\n", (cpu() - cpu_before) / count, (now(CLOCK_MONOTONIC) - time_before) / count);
  return 0;
}
