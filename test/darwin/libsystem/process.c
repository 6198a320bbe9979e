// Processes, their descriptors and sockets: libproc, and the sysctls KERN_PROC_PID and KERN_PROCARGS2.
//
//   process PID [comm=NAME] [uid=501] [ppid=1] [start=S.UUUUUU] [path=/…] [args="a|b c"] [env="A=1|B=2"] [dies=fds|info|socket]
//       a pid that is there already is another process from then on; dies: it ends right after its descriptors were listed, it
//       was described, or a socket of it was
//   exit PID
//   socket ID PROTO LOCAL [REMOTE] [state=established] [pid=N fd=N] [last=PID] [epid=PID] [vflag=N] [flow=user|quic] [if=N] [loopback=1]
//       PROTO tcp, udp, icmp, raw; ends are ADDRESS/PORT, of raw ADDRESS/PROTOCOL. A flow in user space has no descriptor
//   hold ID pid=N fd=N        another process holds it, too
//   use ID PID                it is the last to use it
//   state ID NAME
//   moved ID [rx=BYTES/PACKETS] [tx=BYTES/PACKETS]
//   close ID
//   many COUNT pid=N          so many TCP connections
//   interrupt                 SIGINT to the program
//   wait walks N              the processes have been listed so many times

#include "inet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROCESSES 2048
#define MAX_SOCKETS 32768
#define MAX_FD 32768
#define ARG_MAX_BYTES (1 << 20)

// bsd/sys/proc_info.h, bsd/sys/sysctl.h
#define D_PROC_ALL_PIDS 1
#define D_PROC_PIDLISTFDS 1
#define D_PROC_PIDT_SHORTBSDINFO 13
#define D_PROC_PIDFDSOCKETINFO 3
#define D_SOCKET_FDINFO_SIZE 792
#define D_SHORTBSDINFO_SIZE 64
#define D_KINFO_PROC_SIZE 648

struct process {
  bool present;
  int pid, ppid;
  unsigned uid;
  long long start_s;
  int start_us;
  char comm[17];
  char path[1024];
  char *args, *env; // words apart by |
  const char *dies;
  struct inet_socket **files; // by descriptor
};

static struct process processes[MAX_PROCESSES];
static struct inet_socket *sockets[MAX_SOCKETS];
static int socket_count;
static uint64_t generation;
static int walks;

unsigned program_uid(void) {
  const char *text = getenv("NETOPROC_SIMULATOR_UID");
  return text == NULL ? 501 : (unsigned)atoi(text);
}

static struct process *process_of(int pid) {
  for (int i = 0; i < MAX_PROCESSES; i++) {
    if (processes[i].present && processes[i].pid == pid) return &processes[i];
  }
  return NULL;
}

static struct process *add_process(int pid) {
  for (int i = 0; i < MAX_PROCESSES; i++) {
    struct process *process = &processes[i];
    if (process->present) continue;
    *process = (struct process){.present = true, .pid = pid, .ppid = 1, .uid = 501};
    process->files = calloc(MAX_FD, sizeof *process->files);
    return process;
  }
  abort();
}

/** This program, and the kernel. */
static void add_own(void) {
  static bool done;
  if (done) return;
  done = true;
  struct process *kernel = add_process(0);
  kernel->uid = 0;
  snprintf(kernel->comm, sizeof kernel->comm, "kernel_task");
  struct process *own = add_process(getpid());
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  own->uid = program_uid();
  own->start_s = now.tv_sec;
  snprintf(own->comm, sizeof own->comm, "node");
  snprintf(own->path, sizeof own->path, "/usr/local/bin/node");
}

void process_name(int pid, char *into, size_t size) {
  const struct process *process = process_of(pid);
  snprintf(into, size, "%s", process == NULL ? "" : process->comm);
}

// --- Scenario ---------------------------------------------------------------------------------------------------------

static void forget_socket(struct inet_socket *socket) {
  flow_closed(socket);
  for (int i = 0; i < socket_count; i++) {
    if (sockets[i] == socket) sockets[i] = sockets[--socket_count];
  }
  free(socket);
}

static void end_process(struct process *process) {
  for (int fd = 0; fd < MAX_FD; fd++) {
    struct inet_socket *socket = process->files[fd];
    if (socket == NULL) continue;
    process->files[fd] = NULL;
    int kept = 0;
    for (int i = 0; i < socket->holder_count; i++) {
      if (socket->holders[i] != process->pid) socket->holders[kept++] = socket->holders[i];
    }
    socket->holder_count = kept;
    if (kept == 0) forget_socket(socket);
  }
  free(process->files);
  process->present = false;
}

static char *duplicate(const char *text) { return text == NULL ? NULL : strdup(text); }

static void process_line(int argc, char **argv) {
  if (argc < 2) scenario_error("process PID");
  int pid = atoi(argv[1]);
  struct process *process = process_of(pid);
  if (process != NULL) end_process(process);
  process = add_process(pid);
  process->uid = number(argc, argv, "uid", 501);
  process->ppid = number(argc, argv, "ppid", 1);
  sscanf(word(argc, argv, "start", "1700000000.500000"), "%lld.%6d", &process->start_s, &process->start_us);
  snprintf(process->comm, sizeof process->comm, "%s", word(argc, argv, "comm", "program"));
  snprintf(process->path, sizeof process->path, "%s", word(argc, argv, "path", ""));
  process->args = duplicate(word(argc, argv, "args", NULL));
  process->env = duplicate(word(argc, argv, "env", NULL));
  process->dies = duplicate(word(argc, argv, "dies", NULL));
}

static void exit_line(int argc, char **argv) {
  struct process *process = argc < 2 ? NULL : process_of(atoi(argv[1]));
  if (process == NULL) scenario_error("exit PID");
  end_process(process);
}

static void read_end(const char *text, uint8_t *address, uint16_t *port, bool *is_v6) {
  char copy[64];
  snprintf(copy, sizeof copy, "%s", text);
  char *slash = strchr(copy, '/');
  if (slash == NULL) scenario_error("%s is no ADDRESS/PORT", text);
  *slash = '\0';
  *port = atoi(slash + 1);
  if (inet_pton(AF_INET, copy, address + 12) == 1) return;
  if (inet_pton(AF_INET6, copy, address) != 1) scenario_error("address %s", copy);
  *is_v6 = true;
}

static int state_number(const char *name) {
  static const char *names[] = {"closed",  "listen",  "syn-sent", "syn-received", "established", "close-wait",
                                "fin-wait-1", "closing", "last-ack", "fin-wait-2",   "time-wait"};
  for (int i = 0; i < 11; i++) {
    if (strcmp(names[i], name) == 0) return i;
  }
  scenario_error("state %s", name);
}

static struct inet_socket *named(int argc, char **argv) {
  for (int i = 0; argc > 1 && i < socket_count; i++) {
    if (strcmp(sockets[i]->id, argv[1]) == 0) return sockets[i];
  }
  scenario_error("no socket %s", argc < 2 ? "" : argv[1]);
}

static void hold(struct inet_socket *socket, int pid, int fd) {
  struct process *process = process_of(pid);
  if (process == NULL || fd < 0 || fd >= MAX_FD) scenario_error("no process %d, or no descriptor %d", pid, fd);
  if (socket->holder_count == MAX_HOLDERS) scenario_error("too many hold it");
  process->files[fd] = socket;
  socket->holders[socket->holder_count++] = pid;
}

static struct inet_socket *add_socket(const char *id) {
  if (socket_count == MAX_SOCKETS) scenario_error("too many sockets");
  struct inet_socket *socket = calloc(1, sizeof *socket);
  snprintf(socket->id, sizeof socket->id, "%s", id);
  return sockets[socket_count++] = socket;
}

static void socket_line(int argc, char **argv) {
  if (argc < 4) scenario_error("socket ID PROTO LOCAL");
  struct inet_socket *socket = add_socket(argv[1]);
  const char *protocol = argv[2];
  bool is_raw = strcmp(protocol, "raw") == 0;
  bool is_tcp = strcmp(protocol, "tcp") == 0;
  socket->type = is_tcp ? 1 : is_raw ? 3 : 2;
  socket->protocol = is_tcp ? D_IPPROTO_TCP : strcmp(protocol, "icmp") == 0 ? D_IPPROTO_ICMP : D_IPPROTO_UDP;
  bool is_v6 = false;
  read_end(argv[3], socket->local, &socket->local_port, &is_v6);
  bool has_remote = argc > 4 && strchr(argv[4], '=') == NULL;
  if (has_remote) read_end(argv[4], socket->remote, &socket->remote_port, &is_v6);
  if (is_raw) {
    socket->protocol = socket->local_port;
    socket->local_port = socket->remote_port = 0;
  }
  socket->vflag = number(argc, argv, "vflag", is_v6 ? 2 : 1);
  socket->state = is_tcp ? state_number(word(argc, argv, "state", has_remote ? "established" : "listen")) : 0;
  const char *flow = word(argc, argv, "flow", NULL);
  socket->generation = flow == NULL ? ++generation : 0;
  socket->is_quic = flow != NULL && strcmp(flow, "quic") == 0;
  socket->ifindex = number(argc, argv, "if", 0);
  socket->is_loopback = number(argc, argv, "loopback", 0);
  int pid = number(argc, argv, "pid", 0);
  if (word(argc, argv, "fd", NULL) != NULL) hold(socket, pid, number(argc, argv, "fd", -1));
  socket->last_pid = number(argc, argv, "last", pid);
  socket->e_pid = number(argc, argv, "epid", 0);
  const struct process *user = process_of(socket->last_pid);
  socket->uid = number(argc, argv, "uid", user == NULL ? 0 : user->uid);
  flow_opened(socket);
}

static void many_line(int argc, char **argv) {
  int count = argc < 2 ? 0 : atoi(argv[1]);
  int pid = number(argc, argv, "pid", 0);
  for (int i = 0; i < count; i++) {
    char id[24];
    snprintf(id, sizeof id, "many%d", i);
    struct inet_socket *socket = add_socket(id);
    socket->type = 1;
    socket->protocol = D_IPPROTO_TCP;
    socket->vflag = 1;
    memcpy(socket->local + 12, (uint8_t[]){192, 0, 2, 7}, 4);
    memcpy(socket->remote + 12, (uint8_t[]){198, 51, 100, (uint8_t)(i >> 14)}, 4);
    socket->local_port = 20000 + i % 16384;
    socket->remote_port = 443;
    socket->state = 4;
    socket->generation = ++generation;
    socket->last_pid = pid;
    hold(socket, pid, 10 + i);
    flow_opened(socket);
  }
}

static void hold_line(int argc, char **argv) {
  hold(named(argc, argv), number(argc, argv, "pid", 0), number(argc, argv, "fd", -1));
}

static void use_line(int argc, char **argv) {
  struct inet_socket *socket = named(argc, argv);
  if (argc < 3) scenario_error("use ID PID");
  socket->last_pid = atoi(argv[2]);
}

static void state_line(int argc, char **argv) {
  struct inet_socket *socket = named(argc, argv);
  if (argc < 3) scenario_error("state ID NAME");
  socket->state = state_number(argv[2]);
}

static void moved_line(int argc, char **argv) {
  struct inet_socket *socket = named(argc, argv);
  unsigned long long bytes = 0, packets = 0;
  if (sscanf(word(argc, argv, "rx", "0/0"), "%llu/%llu", &bytes, &packets) != 2) scenario_error("rx=BYTES/PACKETS");
  socket->rx_bytes += bytes;
  socket->rx_packets += packets;
  if (sscanf(word(argc, argv, "tx", "0/0"), "%llu/%llu", &bytes, &packets) != 2) scenario_error("tx=BYTES/PACKETS");
  socket->tx_bytes += bytes;
  socket->tx_packets += packets;
}

static void close_line(int argc, char **argv) {
  struct inet_socket *socket = named(argc, argv);
  for (int i = 0; i < MAX_PROCESSES; i++) {
    if (!processes[i].present) continue;
    for (int fd = 0; fd < MAX_FD; fd++) {
      if (processes[i].files[fd] == socket) processes[i].files[fd] = NULL;
    }
  }
  forget_socket(socket);
}

static void interrupt_line(int argc, char **argv) {
  (void)argc;
  (void)argv;
  kill(getpid(), SIGINT);
}

static bool has_walked(int argc, char **argv) { return argc > 1 && walks >= atoi(argv[1]); }

/** Sockets that this program has made itself. */
static void each_own(void (*visit)(struct inet_socket *, void *), void *with) {
  static struct inet_socket own[64];
  int count = 0;
  for (int fd = 0; fd < 4096 && count < 64; fd++) {
    const struct file *file = file_of(fd);
    if (file == NULL || strcmp(file->kind->name, "AF_INET socket") != 0) continue;
    struct inet_socket *socket = &own[count++];
    socket->type = 2;
    socket->protocol = D_IPPROTO_UDP;
    socket->vflag = 1;
    socket->generation = OWN_GENERATION + fd;
    socket->last_pid = getpid();
    socket->uid = program_uid();
    visit(socket, with);
  }
}

void each_socket(void (*visit)(struct inet_socket *, void *), void *with) {
  for (int i = 0; i < socket_count; i++) visit(sockets[i], with);
  each_own(visit, with);
}

// --- libproc ----------------------------------------------------------------------------------------------------------

static void enter(void) {
  boot();
  lock();
  add_own();
}

static int leave(int result) {
  int kept = errno;
  unlock();
  errno = kept;
  return result;
}

/** These calls tell of failure by 0. */
static int refuse(int code) {
  errno = code;
  return leave(0);
}

static bool may_look_at(const struct process *process) {
  return program_uid() == 0 || process->uid == program_uid();
}

int proc_listpids(uint32_t type, uint32_t info, void *into, int size) {
  enter();
  int code = injected("proc_listpids");
  if (code != 0) return refuse(code);
  if (type != D_PROC_ALL_PIDS || info != 0) misuse("proc_listpids(%u, %u)", type, info);
  if (size % 4 != 0) misuse("proc_listpids into %d bytes", size);
  int count = 0;
  for (int i = 0; i < MAX_PROCESSES; i++) {
    if (!processes[i].present) continue;
    if (into != NULL && (count + 1) * 4 <= size) memcpy((char *)into + count * 4, &processes[i].pid, 4);
    count++;
  }
  if (into == NULL) return leave((count + 20) * 4);
  walks++;
  kernel_changed();
  return leave(count * 4 <= size ? count * 4 : size);
}

static int list_descriptors(struct process *process, uint8_t *into, int size) {
  if (size % 8 != 0) misuse("PROC_PIDLISTFDS into %d bytes", size);
  int length = 0;
  for (int fd = 0; fd < MAX_FD; fd++) {
    // Three files, and a Unix socket, that every process has.
    uint32_t type = process->files[fd] != NULL || fd == 3 ? 2 : 1;
    if (process->files[fd] == NULL && fd > 3) continue;
    if (into != NULL && length + 8 > size) break;
    if (into != NULL) {
      memcpy(into + length, &fd, 4);
      memcpy(into + length + 4, &type, 4);
    }
    length += 8;
  }
  if (into == NULL) return length + 20 * 8;
  if (process->dies != NULL && strcmp(process->dies, "fds") == 0) end_process(process);
  return length;
}

int proc_pidinfo(int pid, int flavor, uint64_t argument, void *into, int size) {
  enter();
  (void)argument;
  int code = injected("proc_pidinfo");
  if (code != 0) return refuse(code);
  struct process *process = process_of(pid);
  if (process == NULL) return refuse(D_ESRCH);
  if (flavor == D_PROC_PIDLISTFDS) {
    if (!may_look_at(process)) return refuse(D_EPERM);
    return leave(list_descriptors(process, into, size));
  }
  if (flavor != D_PROC_PIDT_SHORTBSDINFO) {
    misuse("proc_pidinfo of flavor %d", flavor);
    return refuse(D_EINVAL);
  }
  if (size < D_SHORTBSDINFO_SIZE) {
    misuse("PROC_PIDT_SHORTBSDINFO into %d bytes", size);
    return refuse(D_ENOMEM);
  }
  uint8_t data[D_SHORTBSDINFO_SIZE] = {0};
  memcpy(data, &process->pid, 4);
  memcpy(data + 4, &process->ppid, 4);
  memcpy(data + 16, process->comm, 15);
  memcpy(data + 36, &process->uid, 4);
  memcpy(into, data, sizeof data);
  return leave(sizeof data);
}

static void describe_socket(const struct inet_socket *socket, uint8_t *data) {
  int family = socket->vflag == 1 ? 2 : 30;
  int kind = socket->protocol == D_IPPROTO_TCP && socket->type == 1 ? 2 : 1;
  memcpy(data + 24 + 152, &socket->type, 4);
  memcpy(data + 24 + 156, &socket->protocol, 4);
  memcpy(data + 24 + 160, &family, 4);
  memcpy(data + 24 + 232, &kind, 4);
  uint8_t *in = data + 24 + 240;
  // Ints that hold a port in network order.
  memcpy(in, &(uint16_t){htons(socket->remote_port)}, 2);
  memcpy(in + 4, &(uint16_t){htons(socket->local_port)}, 2);
  memcpy(in + 8, &socket->generation, 8);
  in[24] = socket->vflag;
  memcpy(in + 32, socket->remote, 16);
  memcpy(in + 48, socket->local, 16);
  if (kind == 2) memcpy(in + 80, &socket->state, 4);
}

int proc_pidfdinfo(int pid, int fd, int flavor, void *into, int size) {
  enter();
  int code = injected("proc_pidfdinfo");
  if (code != 0) return refuse(code);
  if (flavor != D_PROC_PIDFDSOCKETINFO || size != D_SOCKET_FDINFO_SIZE)
    misuse("proc_pidfdinfo of flavor %d into %d bytes", flavor, size);
  struct process *process = process_of(pid);
  if (process == NULL) return refuse(D_ESRCH);
  if (!may_look_at(process)) return refuse(D_EPERM);
  if (fd < 0 || fd >= MAX_FD || (process->files[fd] == NULL && fd > 3)) return refuse(D_EBADF);
  if (process->files[fd] == NULL && fd != 3) return refuse(D_ENOTSUP);
  uint8_t data[D_SOCKET_FDINFO_SIZE] = {0};
  if (process->files[fd] == NULL) data[24 + 232] = 3; // SOCKINFO_UN
  else describe_socket(process->files[fd], data);
  memcpy(into, data, sizeof data);
  if (process->dies != NULL && strcmp(process->dies, "socket") == 0) end_process(process);
  return leave(sizeof data);
}

int proc_pidpath(int pid, void *into, uint32_t size) {
  enter();
  if (size < 1024 || size > 4096) {
    misuse("proc_pidpath into %u bytes", size);
    return refuse(D_ENOMEM);
  }
  const struct process *process = process_of(pid);
  if (process == NULL || process->path[0] == '\0') return refuse(process == NULL ? D_ESRCH : D_ENOENT);
  snprintf(into, size, "%s", process->path);
  return leave((int)strlen(process->path));
}

const char *user_from_uid(unsigned uid, int nouser) {
  if (nouser == 0) misuse("user_from_uid(%u, 0): the result for an unknown user is overwritten by the next", uid);
  switch (uid) {
  case 0: return "root";
  case 501: return "ann";
  case 502: return "bob";
  default: return NULL;
  }
}

// --- sysctl -----------------------------------------------------------------------------------------------------------

static int kern_proc_pid(const int *mib, unsigned count, void *into, size_t *length) {
  add_own();
  if (count != 4) misuse("KERN_PROC_PID with %u numbers", count);
  int code = injected("sysctl:kern.proc.pid");
  if (code != 0) return fail(code);
  struct process *process = process_of(mib[3]);
  if (process == NULL) {
    *length = 0;
    return 0;
  }
  if (into != NULL && *length < D_KINFO_PROC_SIZE) {
    misuse("KERN_PROC_PID into %zu bytes", *length);
    return fail(D_ENOMEM);
  }
  uint8_t data[D_KINFO_PROC_SIZE] = {0};
  memcpy(data, &process->start_s, 8);
  memcpy(data + 8, &process->start_us, 4);
  memcpy(data + 40, &process->pid, 4);
  memcpy(data + 243, process->comm, 17);
  memcpy(data + 420, &process->uid, 4);
  memcpy(data + 560, &process->ppid, 4);
  int result = sysctl_answer(into, length, data, sizeof data);
  if (process->dies != NULL && strcmp(process->dies, "info") == 0) end_process(process);
  return result;
}

/** Appends words, each with its NUL. */
static size_t append(uint8_t *area, size_t at, const char *words, uint32_t *count) {
  if (words == NULL) return at;
  for (const char *word = words;; word++) {
    size_t length = strcspn(word, "|");
    memcpy(area + at, word, length);
    at += length;
    area[at++] = 0;
    ++*count;
    word += length;
    if (*word == '\0') return at;
  }
}

static int kern_procargs2(const int *mib, unsigned count, void *into, size_t *length) {
  static uint8_t area[ARG_MAX_BYTES];
  add_own();
  if (count != 3) misuse("KERN_PROCARGS2 with %u numbers", count);
  if (into != NULL && *length < ARG_MAX_BYTES) misuse("KERN_PROCARGS2 into %zu bytes gives the end of the area", *length);
  const struct process *process = process_of(mib[2]);
  if (process == NULL || !may_look_at(process) || process->args == NULL) return fail(D_EINVAL);
  memset(area, 0, sizeof area);
  uint32_t arguments = 0, variables = 0;
  size_t at = 4 + strlen(process->path) + 1;
  memcpy(area + 4, process->path, strlen(process->path));
  at = (at + 7) & ~7ul;
  at = append(area, at, process->args, &arguments);
  at = append(area, at, process->env, &variables);
  memcpy(area, &arguments, 4);
  return sysctl_answer(into, length, area, at);
}

static int kern_argmax(const int *mib, unsigned count, void *into, size_t *length) {
  (void)mib;
  (void)count;
  return sysctl_answer(into, length, &(int){ARG_MAX_BYTES}, 4);
}

__attribute__((constructor)) static void register_processes(void) {
  register_line("process", process_line);
  register_line("exit", exit_line);
  register_line("socket", socket_line);
  register_line("hold", hold_line);
  register_line("use", use_line);
  register_line("state", state_line);
  register_line("moved", moved_line);
  register_line("close", close_line);
  register_line("interrupt", interrupt_line);
  register_wait("walks", has_walked);
  register_line("many", many_line);
  register_sysctl(NULL, (int[]){1, 14, 1}, 3, kern_proc_pid);
  register_sysctl(NULL, (int[]){1, 49}, 2, kern_procargs2);
  register_sysctl(NULL, (int[]){1, 8}, 2, kern_argmax);
}
