/*
 * A DNS server whose log tells, of each answer, its id and how many microseconds it took, by the kernel's own time stamps of
 * the two packets (SO_TIMESTAMPING: Documentation/networking/timestamping.rst): however late this process gets to run, the log
 * is right. It answers "late…" after 80 ms, "silent…" never, anything else with SERVFAIL at once. Argument: its address.
 */
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Receives a message, or a time stamp of one that was sent; returns its length and when it passed the kernel, in us. */
static ssize_t receive(int fd, void *data, size_t size, struct sockaddr_in *from, int flags, long long *us) {
  char control[512];
  struct iovec part = {data, size};
  struct msghdr message = {from, from ? sizeof *from : 0, &part, 1, control, sizeof control, 0};
  ssize_t length = recvmsg(fd, &message, flags);
  *us = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); length >= 0 && c; c = CMSG_NXTHDR(&message, c)) {
    struct scm_timestamping times;
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPING) continue;
    memcpy(&times, CMSG_DATA(c), sizeof times);
    *us = times.ts[0].tv_sec * 1000000LL + times.ts[0].tv_nsec / 1000;
  }
  return length;
}

int main(int argc, char **argv) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
               SOF_TIMESTAMPING_OPT_TSONLY;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
  if (argc != 2 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) return 3;
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps) != 0 ||
      bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    perror("timed-resolver");
    return 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  for (;;) {
    unsigned char query[512];
    struct sockaddr_in from;
    long long came, went;
    ssize_t length = receive(fd, query, sizeof query, &from, 0, &came);
    if (length < 13) continue;
    /* The first label of the name is at 13. */
    if (strncmp((char *)query + 13, "silent", 6) == 0) continue;
    int late = strncmp((char *)query + 13, "late", 4) == 0;
    if (late) usleep(80000);
    query[2] |= 0x80;
    query[3] = late ? 0x80 : 0x82;
    if (sendto(fd, query, length, 0, (struct sockaddr *)&from, sizeof from) < 0) continue;
    struct pollfd stamped = {fd, 0, 0};
    if (poll(&stamped, 1, 5000) != 1) return 1;
    char none[1];
    if (receive(fd, none, sizeof none, NULL, MSG_ERRQUEUE, &went) < 0 || came == 0 || went == 0) return 1;
    printf("%d %lld\n", query[0] << 8 | query[1], went - came);
  }
}
