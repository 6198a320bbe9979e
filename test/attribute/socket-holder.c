// Holds a UDP socket on loopback in a way that /proc/<pid>/fd does not show, prints its port, and waits.
//   thread  the first thread has ended, the socket is another one's
//   ring    an io_uring has registered it, and its descriptor is closed

#include <arpa/inet.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int opened(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(fd, (struct sockaddr *)&address, length) != 0) return -1;
  getsockname(fd, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  return fd;
}

static void *second(void *first) {
  pthread_join(*(pthread_t *)first, NULL);
  if (opened() < 0) return NULL;
  fflush(stdout);
  pause();
  return NULL;
}

static int registered(void) {
  struct io_uring_params parameters;
  memset(&parameters, 0, sizeof parameters);
  int ring = syscall(SYS_io_uring_setup, 1, &parameters);
  int fd = opened();
  if (ring < 0 || fd < 0) return -1;
  if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1) != 0) return -1;
  return close(fd);
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "thread") == 0) {
    static pthread_t first, other;
    first = pthread_self();
    if (pthread_create(&other, NULL, second, &first) == 0) pthread_exit(NULL);
    return 1;
  }
  if (registered() != 0) puts("no io_uring");
  fflush(stdout);
  pause();
  return 0;
}
