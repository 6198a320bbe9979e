// Loads loopback, and says what that costs: `loopback-load KIND COUNT` prints nanoseconds of CPU for each packet (stream: for each
// write) and nanoseconds of time. Both ends are in one thread, so that nothing depends on when a scheduler wakes whom: what
// is measured is what the kernel does for a packet from send(2) to recv(2).
//
//   flood     datagrams of 64 bytes, in bursts of 32 that are read afterwards
//   pingpong  a datagram and its answer, one after the other
//   stream    TCP, writes of 128 KiB

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DATAGRAM = 64, BURST = 32, WRITE = 1 << 17 };

static char bytes[WRITE];

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int receive(int fd, size_t size) {
  return recv(fd, bytes, size, MSG_WAITALL) == (ssize_t)size;
}

static int flood(int here, int there, long count) {
  for (long i = 0; i < count; i += BURST) {
    for (int k = 0; k < BURST; k++)
      if (send(here, bytes, DATAGRAM, 0) != DATAGRAM) return 0;
    for (int k = 0; k < BURST; k++)
      if (!receive(there, DATAGRAM)) return 0;
  }
  return 1;
}

static int pingpong(int here, int there, long count) {
  for (long i = 0; i < count; i += 2) {
    if (send(here, bytes, DATAGRAM, 0) != DATAGRAM || !receive(there, DATAGRAM)) return 0;
    if (send(there, bytes, DATAGRAM, 0) != DATAGRAM || !receive(here, DATAGRAM)) return 0;
  }
  return 1;
}

static int stream(int here, int there, long count) {
  for (long i = 0; i < count; i++)
    if (send(here, bytes, WRITE, 0) != WRITE || !receive(there, WRITE)) return 0;
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const int is_stream = strcmp(argv[1], "stream") == 0;
  int (*const load)(int, int, long) = is_stream ? stream : strcmp(argv[1], "flood") == 0 ? flood : pingpong;
  const long count = atol(argv[2]) / BURST * BURST;
  const int type = is_stream ? SOCK_STREAM : SOCK_DGRAM;
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
  double cpu = now(CLOCK_PROCESS_CPUTIME_ID), time = now(CLOCK_MONOTONIC);
  if (!load(here, there, count)) return 1;
  cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  time = now(CLOCK_MONOTONIC) - time;
  printf("%.1f %.1f\n", cpu / count, time / count);
  return 0;
}
