// The scenario: a text file, one thing a line, words apart by spaces ("…" holds spaces together), # begins a remark.
//
//   KEYWORD WORD KEY=VALUE …   state; who registered KEYWORD reads it
//   error CALL CODE [TIMES]    CALL (open:/dev/bpf0, ioctl:BIOCSETIF, read, sysctl:NAME …) fails with CODE
//   start                      what follows are events, which happen one after the other while the program runs:
//   sleep MS                   nothing for so long
//   wait CONDITION WORD …      nothing until CONDITION holds; the call that made it hold returns after the events behind it, so
//                              that a scenario runs the same way however busy the machine is
//   KEYWORD …                  as above, then
//
// Conditions that parts of the kernel register are told with them. One is of all:
//
//   wait calls N [CALL]        the program has made N calls (of CALL, as above) since this wait began; the events behind it
//                              happen before the last of them does

#include "kernel.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_REGISTERED 64
#define MAX_WORDS 64
#define MAX_LINE (1 << 20)

pthread_mutex_t *kernel_mutex(void);

static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_cond_t settled = PTHREAD_COND_INITIALIZER;
/** The thread of events, once there is one. */
static pthread_t events;
static bool has_events;
/** What it waits for; NULL: it waits for nothing that a call can bring about. */
static struct {
  bool (*holds)(int, char **);
  int argc;
  char **argv;
} awaited;
static pthread_once_t booted = PTHREAD_ONCE_INIT;
static FILE *scenario;
static int line_number;

static struct {
  const char *keyword;
  line_handler handler;
} lines[MAX_REGISTERED];
static int line_count;

static struct {
  const char *condition;
  bool (*holds)(int, char **);
} waits[MAX_REGISTERED];
static int wait_count;

static struct {
  char call[128];
  int code;
  int times;
} errors[MAX_REGISTERED];
static int error_count;

/** Since the last `wait` began; of this call alone, unless it is NULL. */
static int calls;
static const char *counted_call;

static const struct {
  const char *name;
  int code;
} names[] = {
    {"EPERM", D_EPERM},   {"ENOENT", D_ENOENT}, {"ESRCH", D_ESRCH},     {"EINTR", D_EINTR},     {"EIO", D_EIO},
    {"ENXIO", D_ENXIO},   {"EBADF", D_EBADF},   {"ENOMEM", D_ENOMEM},   {"EACCES", D_EACCES},   {"EFAULT", D_EFAULT},
    {"EBUSY", D_EBUSY},   {"EEXIST", D_EEXIST}, {"ENODEV", D_ENODEV},   {"EINVAL", D_EINVAL},   {"EMFILE", D_EMFILE},
    {"ENOTTY", D_ENOTTY}, {"EAGAIN", D_EAGAIN}, {"EALREADY", D_EALREADY}, {"ENOTSUP", D_ENOTSUP}, {"ENETDOWN", D_ENETDOWN},
    {"ENOBUFS", D_ENOBUFS},
};

void scenario_error(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "scenario line %d: ", line_number);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  abort();
}

int errno_by_name(const char *name) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(name, names[i].name) == 0) return names[i].code;
  }
  scenario_error("errno %s", name);
}

void register_line(const char *keyword, line_handler handler) {
  if (line_count == MAX_REGISTERED) abort();
  lines[line_count].keyword = keyword;
  lines[line_count++].handler = handler;
}

void register_wait(const char *condition, bool (*holds)(int, char **)) {
  waits[wait_count].condition = condition;
  waits[wait_count++].holds = holds;
}

void kernel_changed(void) {
  pthread_cond_broadcast(&changed);
  if (!has_events || pthread_equal(pthread_self(), events)) return;
  while (awaited.holds != NULL && awaited.holds(awaited.argc, awaited.argv)) pthread_cond_wait(&settled, kernel_mutex());
}

const char *word(int argc, char **argv, const char *key, const char *otherwise) {
  size_t length = strlen(key);
  for (int i = 1; i < argc; i++) {
    if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=') return argv[i] + length + 1;
  }
  return otherwise;
}

long long number(int argc, char **argv, const char *key, long long otherwise) {
  const char *text = word(argc, argv, key, NULL);
  return text == NULL ? otherwise : strtoll(text, NULL, 0);
}

size_t unhex(const char *text, uint8_t *into, size_t most) {
  size_t length = 0;
  for (; text[0] != '\0' && text[1] != '\0' && length < most; text += 2) {
    unsigned byte;
    if (sscanf(text, "%2x", &byte) != 1) scenario_error("no hexadecimal digits");
    into[length++] = byte;
  }
  return length;
}

static bool has_called(int argc, char **argv) { return argc > 1 && calls >= atoi(argv[1]); }

int injected(const char *call) {
  if (counted_call == NULL || strcmp(call, counted_call) == 0) calls++;
  kernel_changed();
  for (int i = 0; i < error_count; i++) {
    if (errors[i].times == 0 || strcmp(errors[i].call, call) != 0) continue;
    if (errors[i].times > 0) errors[i].times--;
    return errors[i].code;
  }
  return 0;
}

static void error_line(int argc, char **argv) {
  if (argc < 3) scenario_error("error CALL CODE [TIMES]");
  snprintf(errors[error_count].call, sizeof errors->call, "%s", argv[1]);
  errors[error_count].code = errno_by_name(argv[2]);
  errors[error_count++].times = argc > 3 ? atoi(argv[3]) : -1;
}

static int split(char *line, char **argv) {
  int argc = 0;
  for (char *at = line; *at != '\0' && argc < MAX_WORDS;) {
    while (*at == ' ' || *at == '\t' || *at == '\n') *at++ = '\0';
    if (*at == '\0' || *at == '#') break;
    char *to = argv[argc++] = at;
    bool quoted = false;
    for (; *at != '\0' && (quoted || (*at != ' ' && *at != '\t' && *at != '\n')); at++) {
      if (*at == '"') quoted = !quoted;
      else *to++ = *at;
    }
    if (*at != '\0') at++;
    *to = '\0';
  }
  return argc;
}

void wait_for(int argc, char **argv) {
  for (int i = 0; argc > 0 && i < wait_count; i++) {
    if (strcmp(argv[0], waits[i].condition) != 0) continue;
    awaited.holds = waits[i].holds;
    awaited.argc = argc;
    awaited.argv = argv;
    pthread_cond_broadcast(&settled);
    while (!waits[i].holds(argc, argv)) pthread_cond_wait(&changed, kernel_mutex());
    return;
  }
  scenario_error("no condition %s", argc < 1 ? "" : argv[0]);
}

static void wait_line(int argc, char **argv) {
  calls = 0;
  counted_call = argc > 3 && strcmp(argv[1], "calls") == 0 ? argv[3] : NULL;
  wait_for(argc - 1, argv + 1);
}

/** Events wait for no call of the program now. */
static void release_calls(void) {
  awaited.holds = NULL;
  pthread_cond_broadcast(&settled);
}

static void sleep_line(int argc, char **argv) {
  if (argc != 2) scenario_error("sleep MS");
  long ms = atol(argv[1]);
  release_calls();
  unlock();
  nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
  lock();
}

/** Reads lines until `start`, or the end. Returns whether `start` came. */
static bool read_lines(void) {
  static char line[MAX_LINE];
  while (fgets(line, sizeof line, scenario) != NULL) {
    line_number++;
    char *argv[MAX_WORDS];
    int argc = split(line, argv);
    if (argc == 0) continue;
    if (strcmp(argv[0], "start") == 0) return true;
    int i = 0;
    while (i < line_count && strcmp(argv[0], lines[i].keyword) != 0) i++;
    if (i == line_count) scenario_error("keyword %s", argv[0]);
    lines[i].handler(argc, argv);
  }
  return false;
}

static void *run_events(void *unused) {
  (void)unused;
  lock();
  events = pthread_self();
  has_events = true;
  read_lines();
  release_calls();
  unlock();
  return NULL;
}

static void boot_once(void) {
  register_line("error", error_line);
  register_line("sleep", sleep_line);
  register_line("wait", wait_line);
  register_wait("calls", has_called);
  const char *path = getenv("NETOPROC_SIMULATOR_SCENARIO");
  scenario = path == NULL ? NULL : fopen(path, "r");
  if (scenario == NULL) {
    fprintf(stderr, "no scenario: NETOPROC_SIMULATOR_SCENARIO\n");
    abort();
  }
  lock();
  bool has_started = read_lines();
  unlock();
  pthread_t thread;
  if (has_started && pthread_create(&thread, NULL, run_events, NULL) == 0) pthread_detach(thread);
}

void boot(void) { pthread_once(&booted, boot_once); }
